#!/usr/bin/env python3
"""Hopfield networks: how well they recall at a load, and how long a sweep of 10,000 units takes.

    tools/bench/hopfield.py --snnsim build/snnsim -o hopfield.json

Of each setting: the mean overlap at the end with the pattern that a trial started from, the least, the share of trials of 0.95 and
more, sweeps, seconds a sweep of a trial (one thread), operations and energy of a trial (45nm, of the stored matrix), memory of the matrix
and of the patterns. Exit status: 1 where a sweep of 10,000 units takes more than 0.1 s, or a recall is not what it must be (overlap of
0.99 and more at loads up to 0.10, 0.6 and less at 0.20; of 500 units and 25 patterns 0.98 in 95 % of the trials with 20 % of the units
flipped, 0.95 in 80 % with 30 %).
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import h5py
import numpy as np

from network_statistics import machine

SETTINGS = [{"cells": 1000, "patterns": p, "flip": 0.0, "trials": 24} for p in (50, 100, 120, 138, 150, 200)]
SETTINGS += [{"cells": 500, "patterns": 25, "flip": f, "trials": 400} for f in (0.2, 0.3)]
SETTINGS += [{"cells": 1000, "patterns": 50, "flip": 0.0, "trials": 24, "temperature": t, "max_sweeps": 60} for t in (0.2, 0.5, 1.5)]
SETTINGS += [{"cells": 10000, "patterns": p, "flip": 0.2, "trials": 4} for p in (100, 500, 1000)]


def measured(snnsim, settings, folder):
    model, out = folder / "m.yaml", folder / "run.h5"
    model.write_text("name: m\nhopfield: " + json.dumps(settings).replace('"', "") + "\n")
    done = subprocess.run([snnsim, model, "-o", out, "--force", "--threads", "1", "--backend", "cpu", "--progress", "none"],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"hopfield.py: error: snnsim failed:\n{done.stderr}")
    with h5py.File(out) as file:
        overlaps, sweeps = file["recall/overlaps"][:], file["recall/sweeps"][:]
        seconds = float(file["profile/recall"][0])
        counts, top = dict(file["energy/simulate/forward/units_to_units"].attrs), dict(file["energy/simulate"].attrs)
    trials = np.arange(len(overlaps))
    own = overlaps[trials, trials % overlaps.shape[1]]
    energy = re.search(r"([\d.]+ \S+) \(synapses\), ([\d.]+ \S+) with", done.stdout)
    return {"settings": settings, "overlap_mean": round(float(own.mean()), 4), "overlap_least": round(float(own.min()), 4),
            "share_098": round(float((own >= 0.98).mean()), 4), "share_095": round(float((own >= 0.95).mean()), 4),
            "sweeps_mean": round(float(sweeps.mean()), 2), "seconds_a_sweep": round(seconds / int(sweeps.sum()), 6),
            "acs_a_trial": int(counts["acs"]) // len(trials), "energy_synapses": energy.group(1), "energy_in_all": energy.group(2),
            "bytes_of_matrix": int(top["bytes_of_matrix"]), "bytes_of_patterns": int(top["bytes_of_patterns"])}


def wrong(run):
    s, load = run["settings"], run["settings"]["patterns"] / run["settings"]["cells"]
    if s["cells"] == 10000 and run["seconds_a_sweep"] > 0.1:
        return f"a sweep takes {run['seconds_a_sweep']} s"
    if s.get("temperature"):
        return None
    if s["cells"] == 1000 and ((load <= 0.10 and run["overlap_mean"] < 0.99) or (load >= 0.20 and run["overlap_mean"] > 0.6)):
        return f"overlap {run['overlap_mean']}"
    if s["cells"] == 500 and (run["share_098"] < 0.95 if s["flip"] == 0.2 else run["share_095"] < 0.8):
        return f"recalled in {run['share_095']} of the trials"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("-o", "--output", help="write every value to this .json file")
    args = parser.parse_args()
    snnsim = os.path.abspath(args.snnsim)
    runs, failed = [], False
    with tempfile.TemporaryDirectory() as folder:
        for settings in SETTINGS:
            runs.append(measured(snnsim, settings, pathlib.Path(folder)))
            said = wrong(runs[-1])
            failed |= said is not None
            print(json.dumps(runs[-1]), "WRONG: " + said if said else "", flush=True)
    if args.output:
        pathlib.Path(args.output).write_text(json.dumps({**machine(snnsim), "runs": runs}, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
