#!/usr/bin/env python3
"""Runs the shipped networks and holds their activity against what the literature reports for them.

    tools/bench/acceptance.py --snnsim build/snnsim -o acceptance.json
    tools/bench/acceptance.py --snnsim build/snnsim brunel_AI --nest PYTHON    # the same state in NEST, for comparison

Rates, irregularity (CV of the inter-spike intervals) and synchrony are those of `snnsim stats`, means over seeds. Rates of
the Brunel network: all within the tolerance around the rate that Brunel (2000) gives for the state, from 100 to 400 ms.
Quantities without limits are reported only. Exit status: 0 all within their limits, 1 some are not.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from typing import NamedTuple

from network_statistics import HERE, QUANTITIES, call, machine


def brunel(g, eta):
    """A state of models/brunel.yaml: strength of inhibition, external rate in units of what threshold needs."""
    return [f"projections.{k}.weight={-0.1 * g:.4g} mV" for k in (2, 3)] + [
        f"stimuli.{k}.rate={10 * eta:.4g} kHz" for k in (0, 1)]


class Case(NamedTuple):
    model: str
    overrides: list
    seeds: int
    start_ms: float
    stop_ms: float
    limits: dict      # of quantities: (least, most), for every population
    bin_ms: float = 3  # of synchrony


CASES = {
    # Brette et al. (2007), Vogels & Abbott (2005); the activity must outlast the start.
    "cuba": Case("cuba", [], 3, 500, 2500, {"rate_hz": (5, 7)}),
    "coba": Case("coba", [], 3, 500, 2000, {"rate_hz": (16, 24)}),
    # Izhikevich (2003).
    "izhikevich_1000": Case("izhikevich_1000", [], 5, 0, 1000, {"rate_hz": (6.5, 9)}),
    # Brunel (2000), figure 8: C, B, D, A.
    "brunel_AI": Case("brunel", brunel(5, 2), 1, 100, 400, {"rate_hz": (37.7 * 0.9, 37.7 * 1.1)}),
    "brunel_SI_fast": Case("brunel", brunel(6, 4), 1, 100, 400, {"rate_hz": (60.7 * 0.8, 60.7 * 1.2)}),
    "brunel_SI_slow": Case("brunel", brunel(4.5, 0.9), 1, 100, 400, {"rate_hz": (5.5 * 0.65, 5.5 * 1.35)}),
    "brunel_SR": Case("brunel", brunel(3, 2), 1, 100, 400, {"rate_hz": (200, 476), "synchrony": (100, None)}, bin_ms=1),
}


def run_seed(snnsim, case, seed, threads=0):
    """What `snnsim stats` says about each population."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "run.h5")
        settings = [f"simulate.duration={case.stop_ms:g} ms", f"seed={seed}", *case.overrides]
        command = [snnsim, os.path.join(HERE, "..", "..", "models", case.model + ".yaml"), "-o", path, "--progress", "none"]
        if threads:
            command += ["--threads", str(threads)]
        call(command + [part for setting in settings for part in ("--set", setting)])
        stats = json.loads(call([snnsim, "stats", path, "--from", f"{case.start_ms:g} ms", "--bin", f"{case.bin_ms:g} ms", "--json"]))
    return {name: {q: population[q] for q in QUANTITIES} for name, population in stats["populations"].items()}


def judge(case, seeds):
    """One row a population and quantity: the mean over seeds, its limits, and whether it is within them."""
    rows = []
    for population in seeds[0]:
        for quantity in QUANTITIES:
            values = [s[population][quantity] for s in seeds if s[population][quantity] is not None]
            least, most = case.limits.get(quantity, (None, None))
            mean = statistics.fmean(values) if values else None
            good = least is None and most is None or mean is not None and (
                (least is None or mean >= least) and (most is None or mean <= most))
            rows.append({"population": population, "quantity": quantity, "mean": mean, "least": least, "most": most,
                         "good": good})
    return rows


def table(rows):
    def text(value):
        return "-" if value is None else f"{value:.3f}"
    lines = [f"{'population':<12} {'quantity':<10} {'mean':>10} {'least':>10} {'most':>10}"]
    lines += [f"{r['population']:<12} {r['quantity']:<10} {text(r['mean']):>10} {text(r['least']):>10} {text(r['most']):>10}"
              + ("" if r["good"] else "  OUTSIDE") for r in rows]
    return "\n".join(lines)


def nest_state(python, name, seed):
    """The state of the Brunel network in NEST: {population: quantities}."""
    g, eta = {"brunel_SR": (3, 2), "brunel_SI_fast": (6, 4), "brunel_AI": (5, 2), "brunel_SI_slow": (4.5, 0.9)}[name]
    case = CASES[name]
    done = subprocess.run([python, os.path.join(HERE, "brunel_nest.py"), "--g", str(g), "--eta", str(eta), "--seed", str(seed),
                           "--bin-ms", str(case.bin_ms), "--from-ms", str(case.start_ms), "--to-ms", str(case.stop_ms)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"acceptance.py: error: NEST failed:\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def save(path, result):
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(CASES)}; default: all")
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--seeds", type=int, help="seeds 1 to N; default: as many as the case has")
    parser.add_argument("--threads", type=int, default=0, help="default: all cores")
    parser.add_argument("--nest", metavar="PYTHON", help="a Python that has NEST: the Brunel states there, too")
    parser.add_argument("-o", "--output", help="write every value to this .json file")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in CASES]
    if unknown:
        parser.error(f"unknown case {unknown[0]}; there are {', '.join(CASES)}")
    snnsim = os.path.abspath(args.snnsim)
    if not os.access(snnsim, os.X_OK):
        parser.error(f"--snnsim {args.snnsim}: there is no such program; build it first")
    result = {**machine(snnsim), "cases": {}}
    for name in args.names or CASES:
        case = CASES[name]
        numbers = range(1, (args.seeds or case.seeds) + 1)
        seeds = [run_seed(snnsim, case, n, args.threads) for n in numbers]
        rows = judge(case, seeds)
        print(f"{name}: {len(seeds)} seeds, {case.start_ms:g} to {case.stop_ms:g} ms\n{table(rows)}", flush=True)
        result["cases"][name] = {"overrides": case.overrides, "start_ms": case.start_ms, "stop_ms": case.stop_ms,
                                 "good": all(r["good"] for r in rows), "quantities": rows,
                                 "seeds": [{"seed": n, "populations": s} for n, s in zip(numbers, seeds)]}
        if args.nest and name.startswith("brunel"):
            theirs = nest_state(args.nest, name, 1)
            print(f"  NEST: {theirs}", flush=True)
            result["cases"][name]["nest"] = theirs
        print(flush=True)
        save(args.output, result)
    return 0 if all(case["good"] for case in result["cases"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
