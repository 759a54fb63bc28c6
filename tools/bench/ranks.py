#!/usr/bin/env python3
"""One network on one process and on several: time in turns, and memory of each rank.

    tools/bench/ranks.py --snnsim build/snnsim -o tools/bench/results/ranks.json [--rounds 9] [--parts time memory]

Time: models/microcircuit.yaml at 0.2 for 2 s, on one process of two threads and on 2 and 4 ranks of one, in turns; a ratio is the
median of those of each round. Memory: the same at 0.3 of the cells and 0.6 of the inputs, the peak of each rank less that of the
same with hardly a network, against that of one process by its ranks. All runs must have one digest. A part of an older file stays,
unless it is measured again.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

from network_statistics import machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "microcircuit.yaml"
AS = {"1 process, 2 threads": (1, 2), "2 ranks, 1 thread": (2, 1), "4 ranks, 1 thread": (4, 1)}


def run(snnsim, ranks, threads, settings, folder):
    """Output, and the peak memory of each rank in bytes."""
    out = pathlib.Path(folder) / "run.h5"
    out.unlink(missing_ok=True)
    command = [sys.executable, __file__, "--one", folder, snnsim, MODEL, "--threads", threads, "-o", out]
    for setting in settings:
        command += ["--set", setting]
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    if ranks > 1:
        command = ["mpirun", "--oversubscribe", "-n", ranks, *command]
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"ranks.py: error: {done.stderr}")
    peaks = []
    for path in sorted(pathlib.Path(folder).glob("peak*")):
        peaks.append(int(path.read_text()))
        path.unlink()
    return done.stdout + done.stderr, peaks


def one(folder, command):
    """Runs a rank, and writes down its peak memory."""
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    rank = os.environ.get("OMPI_COMM_WORLD_RANK", "0")
    (pathlib.Path(folder) / f"peak{int(rank):04}").write_text(str(1024 * used.ru_maxrss))
    sys.exit(os.waitstatus_to_exitcode(status))


def digest(text):
    return re.search(r"^digest (\w+)", text, re.M)[1]


def require_one(digests):
    if len(set(digests)) != 1:
        sys.exit(f"ranks.py: error: digests differ: {digests}")


def time(snnsim, rounds, folder):
    settings = ["scale.neurons=0.2", "scale.in_degrees=0.2", "simulate.duration=2 s"]
    seconds = {name: [] for name in AS}
    build = {name: [] for name in AS}
    digests = []
    for _ in range(rounds):
        for name, (ranks, threads) in AS.items():
            text, _ = run(snnsim, ranks, threads, settings, folder)
            took = re.search(r"^time: build ([\d.]+) s, simulate ([\d.]+) s", text, re.M)
            build[name].append(float(took[1]))
            seconds[name].append(float(took[2]))
            digests.append(digest(text))
    require_one(digests)
    alone = seconds["1 process, 2 threads"]
    return {"network": "microcircuit at 0.2, 2 s", "rounds": rounds, "simulate_s": seconds, "build_s": build,
            "ratio": {name: round(statistics.median(s / a for s, a in zip(all_s, alone)), 3) for name, all_s in seconds.items()}}


def memory(snnsim, folder):
    large = ["scale.neurons=0.3", "scale.in_degrees=0.6", "simulate.duration=10 ms"]
    small = ["scale.neurons=0.005", "scale.in_degrees=0.005", "simulate.duration=10 ms"]
    result, digests = {"network": "microcircuit at 0.3 of the cells, 0.6 of the inputs"}, []
    for name, (ranks, threads) in {"1 process": (1, 1), "2 ranks": (2, 1), "4 ranks": (4, 1)}.items():
        text, peaks = run(snnsim, ranks, threads, large, folder)
        _, without = run(snnsim, ranks, threads, small, folder)
        digests.append(digest(text))
        result[name] = {"peak_bytes": peaks, "peak_bytes_without": without,
                        "network_bytes": [p - w for p, w in zip(peaks, without)]}
    require_one(digests)
    whole = result["1 process"]["network_bytes"][0]
    for ranks in (2, 4):
        entry = result[f"{ranks} ranks"]
        entry["share"] = [round(b * ranks / whole, 3) for b in entry["network_bytes"]]  # 1: network / ranks
    return result


def main():
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--parts", nargs="+", choices=["time", "memory"], default=["time", "memory"])
    parser.add_argument("-o", "--output")
    args = parser.parse_args()
    older = json.loads(pathlib.Path(args.output).read_text()) if args.output and os.path.exists(args.output) else {}
    result = {**older, **machine(args.snnsim)}
    with tempfile.TemporaryDirectory() as folder:
        if "time" in args.parts:
            result["time"] = time(args.snnsim, args.rounds, folder)
            print(json.dumps(result["time"]["ratio"]), flush=True)
        if "memory" in args.parts:
            result["memory"] = memory(args.snnsim, folder)
            print(json.dumps(result["memory"]), flush=True)
    if args.output:
        with open(args.output, "w", encoding="utf-8") as out:
            json.dump(result, out, indent=2)
            out.write("\n")


if __name__ == "__main__":
    main()
