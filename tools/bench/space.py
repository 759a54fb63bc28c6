#!/usr/bin/env python3
"""What stencils and rows that are drawn anew cost: a grid of Izhikevich cells with nearest neighbours, stored as a stencil and as
rows, and random networks, procedural and stored.

    tools/bench/space.py --snnsim build/snnsim -o space.json
    tools/bench/space.py --side 1024 --both 20000 100000 --drawn 1000000 --rounds 3    # as in docs/results.md

Of each form: seconds of the simulation and of its parts, synapses, peak memory. The grid is the same network twice: a kernel of 1
changes nothing but that rows are stored. The machine, the date and all settings stand in the file.
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
    initial: {{v: {v}, u: -14}}
    i_e: {i_e}
    space: {{grid: [{side}, {side}], extent: [{side}, {side}], periodic: true}}
projections:
  - {{from: E, to: E, connect: {{rule: fixed_probability, autapses: false, mask: moore{kernel}}}, weight: 12, delay: 1 ms}}
stimuli: {noise}
record: []
"""
DRIVES = {"noise": {"i_e": 0, "v": "-70 mV", "noise": "[{to: E, kind: noise, std: 3.6}]"},
          "a constant current": {"i_e": 6, "v": "{distribution: uniform, low: -75 mV, high: -50 mV}", "noise": "[]"}}
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
    updates = int(re.search(r"in all: ([\d,]+) neuron updates", said).group(1).replace(",", ""))
    parts = re.search(r"threads together: (.*)", said).group(1)
    with h5py.File(folder / "run.h5") as file:
        seconds = round(float(file["profile/simulate"][0]), 4)  # what is printed may be 0.00
        return {"seconds": seconds, "cell_steps_per_second": round(updates / seconds),
                "seconds_of_parts": {name: float(s) for name, s in re.findall(r"(\w+) ([\d.]+) s", parts)},
                "cpu_seconds_in_all": round(used.ru_utime + used.ru_stime, 2), "memory_mb": round(used.ru_maxrss / 1024),
                "synapses": int(sum(p.attrs["synapses"] for p in file["projections"].values()))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim", help="the program (%(default)s)")
    parser.add_argument("--side", type=int, default=256, help="cells along a side of the grid (%(default)s)")
    parser.add_argument("--both", type=int, nargs="*", default=[20000], help="cells of random networks that are stored, too (%(default)s)")
    parser.add_argument("--drawn", type=int, nargs="*", default=[], help="cells of random networks that are drawn only")
    parser.add_argument("--degree", type=int, default=1000, help="their synapses a cell (%(default)s)")
    parser.add_argument("--duration", type=int, default=100, help="of each run, in ms (%(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="that alternate; the quickest run of each form counts (%(default)s)")
    parser.add_argument("-o", "--output", default="space.json", help="(%(default)s)")
    options = parser.parse_args()

    def random(cells, procedural):
        return RANDOM.format(cells=cells, degree=options.degree, duration=options.duration, rule="fixed_out_degree",
                             procedural="true" if procedural else "false", weight=-100 / options.degree)

    models = {f"grid of {options.side} x {options.side}, {drive}, {form}":
              GRID.format(side=options.side, duration=options.duration, kernel=kernel, **DRIVES[drive])
              for drive in DRIVES for form, kernel in (("stencil", ""), ("rows", ", kernel: constant"))}
    for cells in options.both:
        models |= {f"{cells:,} cells, drawn": random(cells, True), f"{cells:,} cells, stored": random(cells, False)}
    models |= {f"{cells:,} cells, drawn": random(cells, True) for cells in options.drawn}
    results = {**machine(options.snnsim), "settings": {k: v for k, v in vars(options).items() if k not in ("snnsim", "output")}, "runs": {}}
    with tempfile.TemporaryDirectory() as name:
        for _ in range(options.rounds):
            for what, text in models.items():
                found = run(options.snnsim, pathlib.Path(name), text, options.threads)
                best = results["runs"].get(what)
                if found and (best is None or found["seconds"] < best["seconds"]):
                    results["runs"][what] = found
                print(what, found, flush=True)
    with open(options.output, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
