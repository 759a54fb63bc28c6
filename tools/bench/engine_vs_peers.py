#!/usr/bin/env python3
"""Times network simulations side by side with NEST and Brian2: ours and each peer in turn, several rounds.

    tools/bench/engine_vs_peers.py --snnsim build/snnsim --peers FOLDER --nest PYTHON --brian PYTHON -o FILE.json

FOLDER of --peers holds the peers' scripts (nest_cuba.py, brian_brunel.py, ...); each prints one JSON line with build_s, sim_s,
bio_ms and peak_bytes. Ours: the shipped models, with the same network, dt and number of threads, recording nothing, as the
peers. Reported: medians, ratios of medians, and every value. Run it on an otherwise idle machine.
"""
import argparse
import datetime
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# name: model file, overrides, biological ms, NEST's script and arguments, Brian2's
CASES = {
    "cuba": ("cuba.yaml", [], 10000, ("nest_cuba.py", []), ("brian_cuba.py", [])),
    "brunel": ("brunel.yaml", [], 1000, ("nest_brunel.py", []), ("brian_brunel.py", [])),
    "microcircuit_0.2": ("microcircuit.yaml", ["scale.neurons=0.2", "scale.in_degrees=0.2"], 1000,
                         ("nest_microcircuit.py", ["--scale", "0.2"]), None),
}


def measured(command, **options):
    """Runs a command; returns what it printed (both streams) and its peak memory."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    out, err = process.communicate()
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed ({process.returncode})\n{err}")
    return out, err, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def run_ours(args, model, settings, more=(), threads=None):
    """Runs a model recording nothing; returns what was measured, and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [args.snnsim, os.path.join(ROOT, "models", model), "--threads", str(threads or args.threads),
                   "--progress", "plain", "-o", os.path.join(folder, "run.h5"), "--set", "record=[]", *more]
        for setting in settings:
            command += ["--set", setting]
        # In a process of its own, whose only child is the program: the peak is then the program's.
        wrapper = ("import resource, subprocess, sys; p = subprocess.run(sys.argv[1:], stderr=subprocess.PIPE, text=True); "
                   "sys.stderr.write(p.stderr); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024); "
                   "sys.exit(p.returncode)")
        out, err, _ = measured([sys.executable, "-c", wrapper, *command])
    said = err + out
    return {"build_s": float(re.search(r"build ([\d.]+) s", said).group(1)),
            "sim_s": float(re.search(r"simulate ([\d.]+) s", said).group(1)),
            "synapses": int(re.search(r"([\d,]+) synapses?", said).group(1).replace(",", "")),
            "peak_bytes": int(out.split()[-1]), "digest": re.search(r"digest (\w+)", said).group(1)}, said


def ours(args, case):
    model, overrides, bio, _, _ = CASES[case]
    result, _ = run_ours(args, model, [f"simulate.duration={bio} ms", *overrides])
    return result | {"rtf": result["sim_s"] / (bio * 1e-3)}


def peer(args, python, script, more, bio):
    out, _, _ = measured([python, script, "--threads", str(args.threads), "--sim-ms", str(bio), *more], cwd=args.peers)
    line = json.loads(out.strip().splitlines()[-1])
    return {k: line.get(k) for k in ("version", "build_s", "sim_s", "rtf", "synapses", "peak_bytes", "threads", "openmp",
                                     "mean_rate_hz")}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--snnsim", default="build/snnsim")
    p.add_argument("--peers", required=True, help="folder of the peers' scripts")
    p.add_argument("--nest", help="Python that has NEST")
    p.add_argument("--brian", help="Python that has Brian2")
    p.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("-o", "--output", required=True)
    args = p.parse_args()
    args.snnsim = os.path.abspath(args.snnsim)

    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    result = {"date": datetime.date.today().isoformat(), "cpu": cpu, "cores": os.cpu_count(), "system": platform.platform(),
              "threads": args.threads,
              "snnsim": subprocess.run([args.snnsim, "--version"], capture_output=True, text=True).stdout.strip(), "cases": {}}
    for case in args.cases:
        _, _, bio, nest, brian = CASES[case]
        rows = {"snnsim": []}
        for _ in range(args.rounds):
            rows["snnsim"].append(ours(args, case))
            if args.nest and nest:
                rows.setdefault("nest", []).append(peer(args, args.nest, nest[0], nest[1], bio))
            if args.brian and brian:  # its better thread count
                for threads, name in ((1, "brian2_1"), (args.threads, "brian2_2")):
                    more = ["--openmp", "0" if threads == 1 else str(threads), "--repeat", "1", *brian[1]]
                    rows.setdefault(name, []).append(peer(args, args.brian, brian[0], more, bio))
            print(case, {n: round(r[-1]["rtf"], 4) for n, r in rows.items()}, flush=True)
        median = {n: {k: statistics.median(x[k] for x in r) for k in ("build_s", "sim_s", "rtf", "peak_bytes")}
                  for n, r in rows.items()}
        own = median["snnsim"]
        result["cases"][case] = {
            "bio_ms": bio, "synapses": rows["snnsim"][0]["synapses"], "median": median,
            "bytes_per_synapse": own["peak_bytes"] / rows["snnsim"][0]["synapses"],
            "times_faster": {n: m["rtf"] / own["rtf"] for n, m in median.items() if n != "snnsim"},
            "construction_times_faster": {n: m["build_s"] / max(own["build_s"], 0.01) for n, m in median.items() if n == "nest"},
            "rounds": rows}
    with open(args.output, "w") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    for case, c in result["cases"].items():
        print(case, {k: v for k, v in c.items() if k != "rounds"})


if __name__ == "__main__":
    main()
