#!/usr/bin/env python3
"""What stencils and rows that are drawn anew cost: a grid of Izhikevich cells with nearest neighbours, stored as a stencil and as
rows, and a large random network, procedural and stored.

    tools/bench/space.py --snnsim build/snnsim -o space.json
    tools/bench/space.py --snnsim build/snnsim --side 1024 --cells 1000000 --degree 1000    # as in docs/results.md

Of each run: seconds of the simulation itself, cell steps a second, seconds of all threads together in each part of a step, synapses,
peak memory; null where it failed. The grid is the same network twice: a kernel of 1 changes nothing but that rows are stored. The
machine, the date and all settings stand in the file. On a machine that has other things to do, `cpu_seconds_in_all` of runs of two
lengths, subtracted, says more than the clock on the wall.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile

import h5py

from network_statistics import machine

GRID = """name: grid
dt: 1 ms
simulate: {{duration: {duration} ms}}
populations:
  E:
    model: izhikevich
    initial: {{v: -70 mV, u: -14}}
    space: {{grid: [{side}, {side}], extent: [{side}, {side}], periodic: true}}
projections:
  - {{from: E, to: E, connect: {{rule: fixed_probability, autapses: false, mask: moore{kernel}}}, weight: 12, delay: 1 ms}}
stimuli:
  - {{to: E, kind: noise, std: 3.6}}
record: []
"""
# Inhibition keeps it at some Hz, whatever the degree.
RANDOM = """name: random
dt: 0.1 ms
simulate: {{duration: {duration} ms}}
populations:
  E: {{model: iaf_psc_delta, size: {cells}, i_e: 0 pA, initial: {{v: {{distribution: uniform, low: -70 mV, high: -55 mV}}}}}}
projections:
  - {{from: E, to: E, connect: {{rule: {rule}, n: {degree}}}, weight: {weight} mV, delay: 1.5 ms, procedural: {procedural}}}
stimuli:
  - {{to: E, kind: poisson, rate: 9 kHz, weight: 0.2 mV}}
record: []
"""


def run(snnsim, folder, text, threads):
    """Seconds of the steps, synapses, and peak memory of one run; None where it failed (too little memory)."""
    model = folder / "model.yaml"
    model.write_text(text)
    process = subprocess.Popen([snnsim, model, "-o", folder / "run.h5", "--force", "--backend", "cpu", "--threads", str(threads),
                                "--progress", "plain", "--profile"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        print(said)
        return None
    seconds = float(re.search(r"simulate ([\d.]+) s", said).group(1))
    updates = int(re.search(r"in all: ([\d,]+) neuron updates", said).group(1).replace(",", ""))
    parts = re.search(r"threads together: (.*)", said).group(1)
    with h5py.File(folder / "run.h5") as file:
        return {"seconds": seconds, "cell_steps_per_second": round(updates / seconds),
                "seconds_of_parts": {name: float(s) for name, s in re.findall(r"(\w+) ([\d.]+) s", parts)},
                "cpu_seconds_in_all": round(used.ru_utime + used.ru_stime, 2), "memory_mb": round(used.ru_maxrss / 1024),
                "synapses": int(sum(p.attrs["synapses"] for p in file["projections"].values()))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim", help="the program (%(default)s)")
    parser.add_argument("--side", type=int, default=256, help="cells along a side of the grid (%(default)s)")
    parser.add_argument("--cells", type=int, default=20000, help="of the random network (%(default)s)")
    parser.add_argument("--degree", type=int, default=1000, help="its synapses a cell (%(default)s)")
    parser.add_argument("--duration", type=int, default=100, help="of each run, in ms (%(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="(%(default)s)")
    parser.add_argument("--stored", action="store_true", help="the random network stored, too: 4 bytes a synapse")
    parser.add_argument("-o", "--output", default="space.json", help="(%(default)s)")
    options = parser.parse_args()
    results = {"machine": machine(options.snnsim), "settings": vars(options), "runs": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for form, kernel in (("stencil", ""), ("rows", ", kernel: constant")):
            results["runs"][f"grid, {form}"] = run(options.snnsim, folder,
                                                   GRID.format(side=options.side, duration=options.duration, kernel=kernel),
                                                   options.threads)
        for rule in ("fixed_out_degree", "fixed_in_degree"):
            for procedural in ("true", "false") if options.stored else ("true",):
                results["runs"][f"{rule}, {'procedural' if procedural == 'true' else 'stored'}"] = run(
                    options.snnsim, folder, RANDOM.format(cells=options.cells, degree=options.degree, duration=options.duration,
                                                          rule=rule, procedural=procedural, weight=-100 / options.degree), options.threads)
    with open(options.output, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    for what, found in results["runs"].items():
        print(what, found)


if __name__ == "__main__":
    main()
