#!/usr/bin/env python3
"""GAIN on a large grid: what it takes as a stencil, beside the same network stored as rows, and beside the network of
models/circuits/gain_spontaneous.yaml at the same number of fields.

    tools/bench/gain_speed.py --snnsim build/snnsim -o gain_speed.json

`stencil`: the cells and noise of the model file on two sheets, so that each field has an excitatory and an inhibitory cell; each reaches
the nearest fields of both, with one weight: its mean in the file, times the share of the cells that send it there. `rows`: the same
network, whose rows are stored, as a kernel of 1 asks for; it must send the same spikes to the bit. `as in the file`: one cell a field, four
fifths of them excitatory, at places and with weights that are drawn, which only rows can hold. The forms take turns, and of each the
run that took the least time of the processor counts, building included: wall times are those of a machine that may have other work. Exit
status: 1 where stencil and rows differ.
"""
import argparse
import json
import pathlib
import sys
import tempfile

import h5py

from network_statistics import machine
from space import run

FILE = pathlib.Path(__file__).resolve().parents[2] / "models/circuits/gain_spontaneous.yaml"
SHEETS = """populations:
  E:
    model: izhikevich_exp
    c: {{distribution: uniform, low: -65, high: -50, power: 2, draw: kind}}
    d: {{distribution: uniform, low: 8, high: 2, power: 2, draw: kind}}
    space: &sheet {{grid: [{side}, {side}], extent: [{side}, {side}]}}
  I:
    model: izhikevich_exp
    a: {{distribution: uniform, low: 0.02, high: 0.1, draw: kind}}
    b: {{distribution: uniform, low: 0.25, high: 0.2, draw: kind}}
    d: 2
    space: *sheet
projections:
  - {{from: E, to: E, connect: &near {{rule: fixed_probability, autapses: false, mask: moore{kernel}}}, weight: 3.2, delay: 1 ms}}
  - {{from: E, to: I, connect: &field {{rule: fixed_probability, mask: moore{kernel}}}, weight: 3.2, delay: 1 ms}}
  - {{from: I, to: E, connect: *field, weight: -1.6, delay: 1 ms}}
  - {{from: I, to: I, connect: *near, weight: -1.6, delay: 1 ms}}
stimuli:
  - {{to: E, kind: noise, std: 5}}
  - {{to: I, kind: noise, std: 2}}
record: []
"""


def replaced(text, old, new):
    if old not in text:
        sys.exit(f"gain_speed.py: error: {FILE} has no '{old}' any more")
    return text.replace(old, new)


def models(side, duration):
    """Of each form its text."""
    text = replaced(FILE.read_text(encoding="utf-8"), "duration: 5 s", f"duration: {duration} ms")
    cells = text.index("\npopulations:\n") + 1
    own = replaced(text[:text.index("\nrecord:\n")], "[32, 32]", f"[{side}, {side}]")
    own = replaced(own, "size: 819", f"size: {round(0.8 * side * side)}")
    own = replaced(own, "size: 205", f"size: {side * side - round(0.8 * side * side)}")
    return {"stencil": text[:cells] + SHEETS.format(side=side, kernel=""),
            "rows": text[:cells] + SHEETS.format(side=side, kernel=", kernel: constant"),
            "as in the file": own + "\nrecord: []\n"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim", help="the program (%(default)s)")
    parser.add_argument("--side", type=int, default=1024, help="fields along a side of the grid (%(default)s)")
    parser.add_argument("--duration", type=int, default=200, help="of each run, in ms (%(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--note", default="", help="kept beside the values: what else the machine did")
    parser.add_argument("-o", "--output", default="gain_speed.json", help="(%(default)s)")
    options = parser.parse_args()

    settings = {k: v for k, v in vars(options).items() if k not in ("snnsim", "output")}
    results = {**machine(options.snnsim), "settings": settings, "runs": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for _ in range(options.rounds):
            for form, text in models(options.side, options.duration).items():
                found = run(options.snnsim, folder, text, options.threads)
                if not found:
                    sys.exit(1)
                with h5py.File(folder / "run.h5") as file:
                    digest = file.attrs["spike_digest"]
                    found["spike_digest"] = digest.decode() if isinstance(digest, bytes) else str(digest)
                    found["cells"] = int(sum(p.attrs["size"] for p in file["network"].values()))
                    spikes = sum(p.attrs["spikes"] for p in file["network"].values())
                    found["rate_hz"] = round(float(spikes / found["cells"] / options.duration * 1000), 2)
                best = results["runs"].setdefault(form, found)
                if found["spike_digest"] != best["spike_digest"]:
                    sys.exit(f"gain_speed.py: error: two runs of {form} sent other spikes")
                if found["cpu_seconds_in_all"] < best["cpu_seconds_in_all"]:
                    results["runs"][form] = found
                print(form, found, flush=True)
    with open(options.output, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    if results["runs"]["stencil"]["spike_digest"] != results["runs"]["rows"]["spike_digest"]:
        sys.exit("gain_speed.py: error: the stencil and the rows sent other spikes")


if __name__ == "__main__":
    main()
