#!/usr/bin/env python3
"""Measures what a second thread brings to a simulation, beside what a second core brings on the machine at that time.

    tools/bench/thread_scaling.py --snnsim build/snnsim -o thread_scaling.json

Three kinds of run in turn, several rounds: one thread; two threads; two processes of one thread each at once, with the same
model. The processes share nothing but the machine: their throughput over that of one alone is the ceiling for two threads, less
than 2 where virtual cores share a physical one, its caches or its clock with each other or with neighbours. Reported: medians of
the real-time factors (wall time over biological time, of the simulation without construction), the scaling (one thread over
two), the ceiling, both of each round, and every value. Run it on an otherwise idle machine.
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

# name: model, overrides
CASES = {
    "brunel": ("brunel.yaml", []),
    "microcircuit_0.2": ("microcircuit.yaml", ["scale.neurons=0.2", "scale.in_degrees=0.2"]),
}


def factors(snnsim, case, duration, threads, processes=1):
    """Real-time factors of so many runs at once."""
    model, overrides = CASES[case]
    with tempfile.TemporaryDirectory() as folder:
        running = []
        for k in range(processes):
            command = [snnsim, os.path.join(HERE, "..", "..", "models", model), "-o", os.path.join(folder, f"{k}.h5"),
                       "--threads", str(threads), "--progress", "plain"]
            for setting in (f"simulate.duration={duration:g} ms", "record=[]", *overrides):
                command += ["--set", setting]
            running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        said = [process.communicate()[0] for process in running]
    for process, text in zip(running, said):
        if process.returncode:
            sys.exit(f"thread_scaling.py: error: {' '.join(process.args)} failed:\n{text}")
    return [float(re.search(r"simulate ([\d.]+) s", text).group(1)) / (duration * 1e-3) for text in said]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--duration", type=float, default=2000.0, help="biological ms (%(default)g)")
    parser.add_argument("-o", "--output", help="write every value to this .json file")
    args = parser.parse_args()
    snnsim = os.path.abspath(args.snnsim)
    cases = {}
    for case in args.cases:
        rounds = []
        for _ in range(args.rounds):
            one, = factors(snnsim, case, args.duration, 1)
            two, = factors(snnsim, case, args.duration, 2)
            pair = factors(snnsim, case, args.duration, 1, processes=2)
            rounds.append({"rtf_1": one, "rtf_2": two, "rtf_of_two_processes": pair, "scaling": one / two,
                           "ceiling": sum(one / each for each in pair)})
            print(case, {key: value if key == "rtf_of_two_processes" else round(value, 3)
                         for key, value in rounds[-1].items()}, flush=True)
        median = {key: statistics.median(r[key] for r in rounds) for key in ("rtf_1", "rtf_2", "scaling", "ceiling")}
        cases[case] = {"median": median, "rounds": rounds}
        print(f"{case}: two threads are {median['scaling']:.2f} x as fast as one; the machine lets two processes do "
              f"{median['ceiling']:.2f} x the work of one")
    if args.output:
        with open(args.output, "w", encoding="utf-8") as file:
            json.dump({**machine(snnsim), "duration_ms": args.duration, "cases": cases}, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
