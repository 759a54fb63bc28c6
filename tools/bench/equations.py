#!/usr/bin/env python3
"""Cells written as equations beside the built-in cell and beside Brian2: time, and whether the networks do the same.

    tools/bench/equations.py --snnsim build/snnsim --brian-python VENV/bin/python -o tools/bench/results/equations_vs_peers_cpu.json

For models/equations/cuba.yaml: seconds of the steps on one thread, in rounds that alternate between its cell, that of models/cuba.yaml and
Brian2 (Cython). For every model of models/equations: rates here and in Brian2, over seeds. The machine and the date stand in the file.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile

import h5py
import numpy as np

from network_statistics import machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = {"cuba": 2.0, "coba_hh": 1.0, "adaptive_threshold": 2.0, "if_curve": 1.0, "phase_locking": 2.0}


def ours(snnsim, model, duration, folder, seed=1):
    run = folder / "run.h5"
    said = subprocess.run([snnsim, ROOT / "models" / model, "-o", run, "--force", "--backend", "cpu", "--threads", "1", "--set",
                           f"simulate.duration={duration} s", "--set", f"seed={seed}"], check=True, capture_output=True, text=True)
    text = said.stdout + said.stderr
    with h5py.File(run) as file:
        spikes = np.concatenate([g["timestamps"][:] for g in file["spikes"].values()])
        cells = sum(int(file["network"][name].attrs["size"]) for name in file["spikes"])
        counts = np.bincount(np.concatenate([g["node_ids"][:] for g in file["spikes"].values()]).astype(int))
    late = spikes[spikes > 500]
    return {"seconds": float(re.search(r"simulate ([\d.]+) s", text).group(1)), "rate": len(spikes) / cells / duration,
            "counts": counts, "locked": float(np.abs(np.exp(2j * np.pi * late / 20.0).mean())) if len(late) else None}


def brian(python, name, duration, seed=1):
    said = subprocess.run([python, pathlib.Path(__file__).with_name("brian_equations.py"), name, str(duration), str(seed)], check=True,
                          capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return json.loads(said.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim", help="the program (%(default)s)")
    parser.add_argument("--brian-python", help="a Python that has Brian2; without one, only ours")
    parser.add_argument("--rounds", type=int, default=5, help="of the timing (%(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="of the rates (%(default)s)")
    parser.add_argument("-o", "--output", default="equations.json", help="(%(default)s)")
    options = parser.parse_args()
    found = machine(options.snnsim)
    results = {**found, "settings": {"rounds": options.rounds, "seeds": options.seeds, "threads": 1}, "cuba": {}, "rates": {}}
    results.setdefault("date", datetime.date.today().isoformat())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        seconds = {"equations": [], "built-in": [], "Brian2": []}
        for _ in range(options.rounds):
            seconds["equations"].append(ours(options.snnsim, "equations/cuba.yaml", 10.0, folder)["seconds"])
            seconds["built-in"].append(ours(options.snnsim, "cuba.yaml", 10.0, folder)["seconds"])
            if options.brian_python:
                seconds["Brian2"].append(brian(options.brian_python, "cuba", 10.0)["seconds"])
        results["cuba"] = {who: {"median": statistics.median(s), "all": s} for who, s in seconds.items() if s}
        for example, duration in EXAMPLES.items():
            seeds = range(1, options.seeds + 1)
            own = [ours(options.snnsim, f"equations/{example}.yaml", duration, folder, seed) for seed in seeds]
            row = {"ours": [r["rate"] for r in own]}
            if example == "phase_locking":
                row["locked"] = [r["locked"] for r in own]
            if options.brian_python:
                peer = [brian(options.brian_python, example, duration, seed) for seed in seeds]
                row["Brian2"] = [r["rate"] for r in peer]
                results["brian2"] = peer[0]["brian2"]
                if example == "phase_locking":
                    row["locked in Brian2"] = [r["locked"] for r in peer]
                if example == "if_curve":
                    counts = np.zeros(1000, int)
                    counts[:len(own[0]["counts"])] = own[0]["counts"]
                    row["greatest difference of a cell's spikes"] = int(np.abs(counts - np.array(peer[0]["counts"])).max())
            results["rates"][example] = row
    with open(options.output, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
