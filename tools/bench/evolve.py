#!/usr/bin/env python3
"""How often, how soon and how well `snnsim evolve` solves its tasks: models/evolve with seeds 1, 2, ...

    tools/bench/evolve.py --snnsim build/snnsim -o evolve.json
    tools/bench/evolve.py --seeds 10      # as in docs/evolve.md

Of each task and seed: generations until the goal (or all), circuits tried, the winner's score on fresh trials that chose nothing (of
cart_pole mean steps of 500 over 100 starts), its spikes a trial, cells and edges, and seconds of the whole command. `accept` is what
the score has to be. The machine and the date stand in the file.
"""
import argparse
import csv
import json
import pathlib
import re
import subprocess
import tempfile
import time

import h5py

from network_statistics import machine

MODELS = pathlib.Path(__file__).resolve().parents[2] / "models" / "evolve"
ACCEPT = {"coincidence": 0.95, "order": 0.9, "xor_latency": 1.0, "winner_take_all": 0.95, "cart_pole": 475}


def measure(program, task, seed, threads, folder):
    text = (MODELS / f"{task}.yaml").read_text()
    file = folder / f"{task}.yaml"
    file.write_text(re.sub(r"^seed: \d+$", f"seed: {seed}", text, flags=re.M))
    out = folder / f"{task}_{seed}"
    start = time.perf_counter()
    subprocess.run([program, "evolve", file, "-o", out, "--threads", str(threads), "--progress", "none"], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    with open(out / "evolve.csv", newline="") as table:
        rows = list(csv.DictReader(table))
    with h5py.File(out / "evolve.h5") as result:
        winner = rows[int(result.attrs["winner_generation"]) - 1]
        population = len((out / "generations.txt").read_text().splitlines()[1].split()) - 3
        return {"task": task, "method": str(result.attrs["method"]), "seed": seed, "generations": len(rows),
                "circuits": len(rows) * population, "score": float(result.attrs["winner_score"]), "accept": ACCEPT[task],
                "accepted": bool(result.attrs["winner_score"] >= ACCEPT[task]), "spikes": float(result.attrs["winner_spikes"]),
                "cells": int(winner["cells"]), "edges": int(winner["edges"]), "seconds": round(seconds, 3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tasks", nargs="+", default=list(ACCEPT), choices=list(ACCEPT))
    parser.add_argument("-o", "--output", default="evolve.json")
    options = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for task in options.tasks:
            runs = [measure(options.snnsim, task, seed, options.threads, pathlib.Path(folder)) for seed in range(1, options.seeds + 1)]
            found += runs
            print(f"{task}: {sum(r['accepted'] for r in runs)} of {len(runs)} seeds, generations "
                  f"{sorted(r['generations'] for r in runs)}, least score {min(r['score'] for r in runs):.4g}, "
                  f"seconds {max(r['seconds'] for r in runs):.2f} at most", flush=True)
    result = {**machine(options.snnsim), "threads": options.threads, "runs": found}
    pathlib.Path(options.output).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
