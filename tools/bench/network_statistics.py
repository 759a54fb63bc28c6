#!/usr/bin/env python3
"""Compares the activity of whole networks with that of another simulator: several seeds of a model, each population's
rate, irregularity (CV of the inter-spike intervals) and synchrony, as `snnsim stats` defines them.

    tools/bench/network_statistics.py --snnsim build/snnsim -o network_statistics.json
    tools/bench/network_statistics.py --snnsim build/snnsim cuba --seeds 2        # in seconds

Both simulators draw their own networks, so only means over seeds can be compared. They agree where they differ by no
more than three standard errors, those of both sides added in quadrature. With few seeds of ours (less than 5) the
standard deviation between seeds is the reference's. The references lie in tools/bench/golden, with the program that
made them. Exit status: 0 all agree, 1 some do not.
"""
import argparse
import datetime
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["cuba", "microcircuit_0.1"]
QUANTITIES = ["rate_hz", "cv_isi", "synchrony"]
ERRORS = 3           # standard errors that a difference may have
FEWEST_SEEDS = 5     # that a standard deviation of our own is taken from


def load_reference(name):
    with open(os.path.join(HERE, "golden", name + ".json"), encoding="utf-8") as file:
        return json.load(file)


def call(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"network_statistics.py: error: {' '.join(command)} failed ({done.returncode}):\n"
                 f"{done.stdout}{done.stderr}")
    return done.stdout


def statistics_of_seed(snnsim, reference, seed, threads=0, overrides=()):
    """Simulates one network for as long as the reference; what `snnsim stats` says about each of its populations."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "run.h5")
        settings = [f"simulate.duration={reference['discarded_ms'] + reference['sim_ms']} ms",
                    f"dt={reference['dt_ms']} ms", f"seed={seed}", *reference["set"], *overrides]
        command = [snnsim, os.path.join(HERE, "..", "..", reference["model"]), "-o", path, "--progress", "none"]
        if threads:
            command += ["--threads", str(threads)]
        call(command + [part for setting in settings for part in ("--set", setting)])
        stats = json.loads(call([snnsim, "stats", path, "--from", f"{reference['discarded_ms']} ms", "--json"]))
    return {name: {quantity: population[quantity] for quantity in QUANTITIES}
            for name, population in stats["populations"].items()}


def compare(reference, seeds):
    """One row a population and quantity; `seeds` holds what statistics_of_seed gave for each."""
    rows = []
    for population, quantities in reference["populations"].items():
        for quantity, theirs in quantities.items():
            values = [seed[population][quantity] for seed in seeds]
            own_sd = statistics.stdev(values) if len(values) >= FEWEST_SEEDS else None
            error = math.hypot((theirs["sd"] if own_sd is None else own_sd) / math.sqrt(len(values)),
                               theirs["sd"] / math.sqrt(reference["seeds"]))
            mean = statistics.fmean(values)
            rows.append({"population": population, "quantity": quantity, "mean": mean, "sd": own_sd,
                         "reference_mean": theirs["mean"], "reference_sd": theirs["sd"], "standard_error": error,
                         "errors_apart": (mean - theirs["mean"]) / error,
                         "agrees": abs(mean - theirs["mean"]) <= ERRORS * error})
    return rows


def table(rows):
    lines = [f"{'population':<12} {'quantity':<10} {'mean':>9} {'reference':>10} {'error':>8} {'errors apart':>13}"]
    for r in rows:
        lines.append(f"{r['population']:<12} {r['quantity']:<10} {r['mean']:>9.4f} {r['reference_mean']:>10.4f} "
                     f"{r['standard_error']:>8.4f} {r['errors_apart']:>+13.2f}{'' if r['agrees'] else '  DIFFERS'}")
    return "\n".join(lines)


def machine(snnsim):
    cpu = "?"
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            cpu = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "?")
    return {"date": datetime.date.today().isoformat(), "cpu": cpu, "cores": os.cpu_count(),
            "system": platform.platform(), "snnsim": call([snnsim, "--version"]).strip()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; default: all")
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--seeds", type=int, help="seeds 1 to N; default: as many as the reference has")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides",
                        help="changes the model: the comparison should then fail")
    parser.add_argument("--threads", type=int, default=0, help="default: all cores")
    parser.add_argument("-o", "--output", help="write every value to this .json file")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in NAMES]
    if unknown:
        parser.error(f"unknown reference {unknown[0]}; there are {', '.join(NAMES)}")
    if args.seeds is not None and args.seeds < 1:
        parser.error("--seeds must be at least 1")
    snnsim = os.path.abspath(args.snnsim)
    if not os.access(snnsim, os.X_OK):
        parser.error(f"--snnsim {args.snnsim}: there is no such program; build it first")

    result = {**machine(snnsim), "allowed_standard_errors": ERRORS, "overrides": args.overrides, "networks": {}}
    for name in args.names or NAMES:
        reference = load_reference(name)
        numbers = range(1, (args.seeds or reference["seeds"]) + 1)
        seeds = [statistics_of_seed(snnsim, reference, n, args.threads, args.overrides) for n in numbers]
        rows = compare(reference, seeds)
        print(f"{name}: {len(seeds)} seeds of {reference['sim_ms']} ms, reference {reference['made_with']}, "
              f"{reference['seeds']} seeds\n{table(rows)}\n", flush=True)
        result["networks"][name] = {
            "reference": reference["made_with"], "reference_seeds": reference["seeds"], "sim_ms": reference["sim_ms"],
            "discarded_ms": reference["discarded_ms"], "agrees": all(r["agrees"] for r in rows), "comparison": rows,
            "seeds": [{"seed": n, "populations": s} for n, s in zip(numbers, seeds)]}
    if args.output:
        with open(args.output, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    return 0 if all(network["agrees"] for network in result["networks"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
