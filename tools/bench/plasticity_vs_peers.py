#!/usr/bin/env python3
"""Times networks that learn side by side with NEST and Brian2: ours and the peer in turn, several rounds.

    tools/bench/plasticity_vs_peers.py --snnsim build/snnsim --peers FOLDER --nest PYTHON --brian PYTHON --mnist FOLDER -o FILE.json

brunel_stdp: the network of models/brunel.yaml (12,500 cells, 10 %) with additive pair STDP, dendritic delay, on the 10 million
synapses between excitatory cells, against nest_brunel.py --stdp of --peers (NEST's stdp_synapse). A run apart of each, not
timed, gives the rates, the mean weight at the end and the plastic events: for every synapse the arrivals and the spikes of its
target. mnist_stdp: training images of models/mnist_stdp.yaml, each shown once, against brian_mnist_stdp.py, with and without
OpenMP; the faster counts, and its compilation apart. Reported: medians, ratios of medians, and every value. Run it on an
otherwise idle machine.
"""
import argparse
import json
import os
import re
import statistics
import tempfile

import h5py

from engine_vs_peers import ROOT, measured, peer, run_ours
from network_statistics import machine

HERE = os.path.dirname(os.path.abspath(__file__))
# NEST: w += lambda Wmax x, w -= alpha lambda Wmax y with lambda 0.001, alpha 1.05, Wmax 2 J.
PLASTIC = "{rule: stdp, a_plus: 0.001, a_minus: 0.00105, tau_plus: 20 ms, tau_minus: 20 ms, w_max: 0.2 mV, dendritic: true}"


def brunel_settings(args):
    return [f"simulate.duration={args.brunel_ms:g} ms", f"projections.0.plasticity={PLASTIC}"]


def with_events(rate_e, synapses, ms):
    """An arrival and a spike of the target for each synapse and spike; cells of E have as many of both in the mean."""
    return {"plastic_synapses": synapses, "plastic_events": 2 * rate_e * ms * 1e-3 * synapses}


def our_activity(args):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "run.h5")
        command = [args.snnsim, os.path.join(ROOT, "models", "brunel.yaml"), "--threads", str(args.threads), "--progress", "none",
                   "-o", path]
        for setting in (*brunel_settings(args), "record=[]"):
            command += ["--set", setting]
        measured(command)
        with h5py.File(path) as run:
            rates = {name: int(cells.attrs["spikes"]) / int(cells.attrs["size"]) / (args.brunel_ms * 1e-3)
                     for name, cells in run["network"].items()}
            weight = run["weights/E_to_E/weight"]
            return {"rate_hz": rates, "mean_weight_mv": float(weight[:].mean(dtype="f8")),
                    **with_events(rates["E"], len(weight), args.brunel_ms)}


def nest_activity(args):
    out, _, _ = measured([args.nest, os.path.join(HERE, "brunel_nest.py"), "--stdp", "--from-ms", "0", "--to-ms",
                          str(args.brunel_ms), "--threads", str(args.threads)])
    line = json.loads(out.strip().splitlines()[-1])
    rates = {name: line[name]["rate_hz"] for name in "EI"}
    return {"rate_hz": rates, "mean_weight_mv": line["mean_weight_mv"],
            **with_events(rates["E"], line["plastic_synapses"], args.brunel_ms)}


def medians(rows, keys):
    return {name: {key: statistics.median(row[key] for row in several) for key in keys} for name, several in rows.items()}


def brunel(args):
    rows = {"snnsim": [], "nest": []}
    for _ in range(args.rounds):
        row, said = run_ours(args, "brunel.yaml", brunel_settings(args))
        rows["snnsim"].append(row | {"bytes_per_plastic_synapse": float(re.search(r"([\d.]+) \(E_to_E\)", said).group(1))})
        rows["nest"].append(peer(args, args.nest, "nest_brunel.py", ["--stdp"], args.brunel_ms))
        print("brunel_stdp", {name: several[-1]["sim_s"] for name, several in rows.items()}, flush=True)
    activity = {"snnsim": our_activity(args), "nest": nest_activity(args)}
    median = medians(rows, ("build_s", "sim_s", "peak_bytes"))
    return {"bio_ms": args.brunel_ms, "median": median, "activity": activity,
            "times_faster": median["nest"]["sim_s"] / median["snnsim"]["sim_s"],
            "construction_times_faster": median["nest"]["build_s"] / max(median["snnsim"]["build_s"], 0.01),
            # All memory of the process over the plastic synapses alone, and what the projection takes by itself.
            "peak_bytes_per_plastic_synapse": {name: m["peak_bytes"] / activity[name]["plastic_synapses"]
                                               for name, m in median.items()},
            "bytes_per_plastic_synapse": rows["snnsim"][0]["bytes_per_plastic_synapse"], "rounds": rows}


def mnist(args):
    phase = (f"{{name: train, present: {{population: input, samples: train, count: {args.images}, max_rate: 63.75 Hz, "
             "duration: 350 ms, rest: 150 ms, responses: E}}")
    rows = {"snnsim_1": [], f"snnsim_{args.threads}": [], "brian2_1": [], f"brian2_{args.threads}": []}
    for _ in range(args.rounds):
        for threads in dict.fromkeys((1, args.threads)):
            row, said = run_ours(args, "mnist_stdp.yaml", [f"simulate.phases=[{phase}]"], ["--data-dir", args.mnist], threads)
            spikes = {name: int(count.replace(",", "")) for name, count in re.findall(r"^ +(\w+) +([\d,]+) spikes", said, re.M)}
            rows[f"snnsim_{threads}"].append(row | {"spikes": spikes})
            out, _, _ = measured([args.brian, os.path.join(HERE, "brian_mnist_stdp.py"), "--mnist", args.mnist, "--images",
                                  str(args.images), "--openmp", "0" if threads == 1 else str(threads), "--traces", args.traces])
            rows[f"brian2_{threads}"].append(json.loads(out.strip().splitlines()[-1]))
        print("mnist_stdp", {name: several[-1]["sim_s"] for name, several in rows.items()}, flush=True)
    median = medians(rows, ("build_s", "sim_s"))
    best = {who: min((name for name in rows if name.startswith(who)), key=lambda name: median[name]["sim_s"])
            for who in ("snnsim", "brian2")}
    return {"images": args.images, "median": median, "best": best, "spikes": {name: several[0]["spikes"]
                                                                             for name, several in rows.items()},
            "compile_s": statistics.median(row["compile_s"] for row in rows[best["brian2"]]),
            "times_faster": median[best["brian2"]]["sim_s"] / median[f"snnsim_{args.threads}"]["sim_s"],
            "times_faster_both_at_their_best": median[best["brian2"]]["sim_s"] / median[best["snnsim"]]["sim_s"],
            "rounds": rows}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--snnsim", default="build/snnsim")
    p.add_argument("--peers", help="folder of the peers' scripts")
    p.add_argument("--nest", help="Python that has NEST; without: no brunel_stdp")
    p.add_argument("--brian", help="Python that has Brian2; without: no mnist_stdp")
    p.add_argument("--mnist", help="folder with the idx files")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--brunel-ms", type=float, default=1000.0, help="biological time (%(default)g)")
    p.add_argument("--images", type=int, default=200)
    p.add_argument("--traces", choices=["per_synapse", "lean"], default="lean", help="of brian_mnist_stdp.py (%(default)s)")
    p.add_argument("-o", "--output", required=True)
    args = p.parse_args()
    if args.nest and not args.peers:
        p.error("--nest needs --peers")
    if args.brian and not args.mnist:
        p.error("--brian needs --mnist")
    args.snnsim = os.path.abspath(args.snnsim)
    result = {**machine(args.snnsim), "threads": args.threads, "cases": {}}
    if args.nest:
        result["cases"]["brunel_stdp"] = brunel(args)
    if args.brian:
        result["cases"]["mnist_stdp"] = mnist(args)
    with open(args.output, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
        file.write("\n")
    for case, values in result["cases"].items():
        print(case, json.dumps({k: v for k, v in values.items() if k != "rounds"}, indent=1))


if __name__ == "__main__":
    main()
