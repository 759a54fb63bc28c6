#!/usr/bin/env python3
"""Measures how the time of delivery follows the spikes: the Brunel network at full drive and at one that makes its cells fire
a tenth as often, in turn, several rounds.

    tools/bench/work_follows_spikes.py --snnsim build/snnsim -o work_follows_spikes.json

Times are those of `--profile`: seconds of all threads together. Reported: medians, their ratios, and every value. Delivery
should fall at least 0.8 times as much as the rates. Exit status: 0 it does, 1 it does not.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

from network_statistics import HERE, machine

DRIVES = {"full": 20.0, "low": 9.1}   # kHz


def measured(snnsim, drive, duration, threads):
    with tempfile.TemporaryDirectory() as folder:
        command = [snnsim, os.path.join(HERE, "..", "..", "models", "brunel.yaml"), "-o", os.path.join(folder, "run.h5"),
                   "--threads", str(threads), "--progress", "plain", "--profile"]
        for setting in (f"simulate.duration={duration:g} ms", "record=[]", *(f"stimuli.{k}.rate={drive} kHz" for k in (0, 1))):
            command += ["--set", setting]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"work_follows_spikes.py: error: {' '.join(command)} failed:\n{done.stderr}")
    said = done.stdout + done.stderr
    line = re.search(r"threads together: (.*) ([\d,]+) synaptic events", said)
    seconds = {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+) s", line.group(1))}
    spikes = sum(int(n.replace(",", "")) for n in re.findall(r"([\d,]+) spikes ", said))
    return {"rate_hz": spikes / 12500 / (duration * 1e-3), "events": int(line.group(2).replace(",", "")),
            "simulate_s": float(re.search(r"simulate ([\d.]+) s", said).group(1)), **{f"{k}_s": v for k, v in seconds.items()}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--duration", type=float, default=1000.0, help="biological ms (%(default)g)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--low", type=float, default=DRIVES["low"], help="the low drive, kHz (%(default)g)")
    parser.add_argument("-o", "--output", help="write every value to this .json file")
    args = parser.parse_args()
    snnsim = os.path.abspath(args.snnsim)
    rounds = {name: [] for name in DRIVES}
    for _ in range(args.rounds):
        for name, drive in {**DRIVES, "low": args.low}.items():
            rounds[name].append(measured(snnsim, drive, args.duration, args.threads))
            print(name, rounds[name][-1], flush=True)
    median = {name: {key: statistics.median(r[key] for r in rows) for key in rows[0]} for name, rows in rounds.items()}
    falls = {key: median["full"][key] / median["low"][key] for key in ("rate_hz", "events", "delivery_s", "simulate_s")}
    print("falls by:", {key: round(value, 2) for key, value in falls.items()})
    if args.output:
        with open(args.output, "w", encoding="utf-8") as file:
            json.dump({**machine(snnsim), "threads": args.threads, "duration_ms": args.duration, "low_khz": args.low,
                       "falls_by": falls, "median": median, "rounds": rounds}, file, indent=1)
            file.write("\n")
    return 0 if falls["delivery_s"] >= 0.8 * falls["rate_hz"] else 1


if __name__ == "__main__":
    sys.exit(main())
