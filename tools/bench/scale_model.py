#!/usr/bin/env python3
"""Simulates the exchange of up to 1,024 ranks, and tells the memory of networks of up to 1e10 cells: the tables of docs/scale.md.

    tools/bench/scale_model.py --snnsim build/snnsim -o tools/bench/results/scale.json

What a rank takes for a window comes from tools/bench/results/exchange.json (measured: one rank of as many, with all their spikes), what
an exchange takes on this machine too; on a cluster it is latency and volume of a published network. Of each window every rank draws its
time and its spikes; it may be a window ahead of the slowest, as the engine lets it. Memory is what `snnsim check --ranks` says.
"""
import argparse
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

from network_statistics import machine

RESULTS = pathlib.Path(__file__).resolve().parent / "results"
DT, RATE = 0.1e-3, 4.0                       # s, Hz: those of tools/bench/exchange.cpp
CELLS, IN_DEGREE = 100_000, 10_000           # of a rank: 1e9 synapses
# One rank a machine. Latency: osu_latency in QLogic's user guide of its InfiniBand adapters (IB6054601-00 H, page 118). Bandwidth: line rate
# of HDR. Overhead: what a core takes to send or receive one message, an assumption.
NETWORK = {"latency": 1.06e-6, "bandwidth": 25e9, "overhead": 0.25e-6}
SLOW = {"latency": 5e-6, "bandwidth": 12.5e9 / 10, "overhead": 0.5e-6}     # as Ethernet of 10 Gb/s


# What a collective takes where each of `ranks` gives so many bytes.
def linear(ranks, size, net):
    """All send to all: what Open MPI 4.1 does for MPI_Iallgather unless it is told otherwise."""
    return net["latency"] + (ranks - 1) * (2 * net["overhead"] + size / net["bandwidth"])


def doubling(ranks, size, net):
    """Recursive doubling, or Bruck where ranks are no power of two."""
    return math.ceil(math.log2(ranks)) * (net["latency"] + 2 * net["overhead"]) + (ranks - 1) * size / net["bandwidth"]


def ring(ranks, size, net):
    return (ranks - 1) * (net["latency"] + 2 * net["overhead"] + size / net["bandwidth"])


COLLECTIVES = {"linear": linear, "recursive doubling": doubling, "ring": ring}


class Rank:
    """What one rank of so many takes of a window, from the dry runs."""

    def __init__(self, dry):
        rows = [r for r in dry if r["delays"] == 1]
        self.cells = rows[0]["cells"]
        long = {r["ranks"]: r for r in rows if r["delay_ms"] == 1.5}
        short = {r["ranks"]: r for r in rows if r["delay_ms"] == DT * 1e3}
        alone = long[1]
        self.step = alone["cpu_median_s"] / alone["window_steps"]     # of its own cells and synapses
        most = max(short)
        # Of two window lengths one learns what a window takes for each rank that there is.
        steps = long[most]["window_steps"]
        per_step = (long[most]["cpu_median_s"] - short[most]["cpu_median_s"]) / (steps - 1)
        self.message = max(0.0, short[most]["cpu_median_s"] - per_step) / most
        self.known = sorted(n for n in long if n > 1)
        self.spike = [(long[n]["cpu_median_s"] - long[n]["window_steps"] * self.step - n * self.message) /
                      (n * self.cells * RATE * DT * long[n]["window_steps"]) for n in self.known]
        self.jitter = float(np.median([r["cpu_sd_s"] / r["cpu_median_s"] for r in long.values()]))

    def of_spike(self, ranks):
        return float(np.interp(math.log(ranks), [math.log(n) for n in self.known], self.spike))

    def window(self, ranks, steps, cells):
        """Its own, the spikes of all, and their messages."""
        spikes = ranks * cells * RATE * DT * steps if ranks > 1 else 0.0
        return steps * self.step * cells / self.cells, spikes * self.of_spike(ranks) if ranks > 1 else 0.0, ranks * self.message if ranks > 1 else 0.0


def simulate(rank, ranks, delay_steps, collective, net, windows=300, seed=1):
    """Seconds for a second of the network, in all and by part. A window is half of the delay, where that can be."""
    random = np.random.default_rng(seed)
    steps = delay_steps // 2 if delay_steps > 1 and ranks > 1 else delay_steps
    overlaps = steps < delay_steps
    own, spikes, messages = rank.window(ranks, steps, CELLS)
    compute = own + spikes + messages
    mean = CELLS * RATE * DT * steps
    piece = 64.0
    started = np.zeros(ranks)          # when a rank has said what it has to say of a window
    arrived = 0.0                      # when all of the last one was there
    exchange = 0.0
    for _ in range(windows):
        takes = np.maximum(0.5 * compute, random.normal(compute, rank.jitter * compute, ranks))
        if ranks == 1:
            started = started + takes
            continue
        said = random.poisson(mean, ranks).max() + 3 * 2 * steps + 4       # of the rank with the most
        time = collective(ranks, 4.0 * piece, net)
        if said > piece:               # a second round, and larger pieces from then on
            time += collective(ranks, 4.0 * mean, net)
            piece = 1.25 * said
        exchange += time
        if overlaps:                   # stepped while the last window comes in
            stepped = started + takes
            started = np.maximum(stepped, arrived)
            arrived = started.max() + time
        else:
            stepped = np.maximum(started, arrived) + takes
            arrived = stepped.max() + time
            started = np.full(ranks, arrived)
    per_second = 1.0 / (DT * steps)
    all_of_it = max(float(started.max()), arrived if not overlaps else 0.0) / windows * per_second
    return {"ranks": ranks, "delay_ms": delay_steps * DT * 1e3, "s": all_of_it, "own_s": own * per_second, "spikes_s": spikes * per_second,
            "messages_s": messages * per_second, "exchange_s": exchange / windows * per_second,
            "waiting_s": max(0.0, all_of_it - compute * per_second), "sent_bytes_per_s": 4.0 * mean * per_second}


def here(measured, cores):
    """Windows of 1 to 8 ranks on this machine: as measured, and as the model has them."""
    gathers = {r["ranks"]: [(g["bytes"], g["seconds"]) for g in r["gather"]] for r in measured["gather"]["rows"]}
    rows = []
    for row in measured["windows"]["rows"]:
        n, alone = row["ranks"], row["one_alone"]
        compute = alone["cpu_median_s"] * max(1.0, n / cores)
        exchange = 0.0
        if n > 1:
            size = alone["received_bytes"] / (n - 1)
            exchange = float(np.interp(size, *zip(*gathers[n])))
        rows.append({"ranks": n, "measured_s": row["together"]["wall_median_s"], "compute_s": compute, "exchange_s": exchange,
                     "error": (compute + exchange) / row["together"]["wall_median_s"] - 1.0})
    return rows


MODEL = """name: scale
dt: 0.1 ms
simulate: {{duration: 1 s}}
populations:
  E: &cell {{size: {0}, model: iaf_psc_exp, rate: 4 Hz}}
  I: {{<<: *cell, size: {1}}}
projections:
  - {{from: E, to: E, connect: {{rule: fixed_in_degree, n: 8000}}, weight: 1 pA, delay: 1.5 ms}}
  - {{from: E, to: I, connect: {{rule: fixed_in_degree, n: 8000}}, weight: 1 pA, delay: 1.5 ms}}
  - {{from: I, to: E, connect: {{rule: fixed_in_degree, n: 2000}}, weight: -4 pA, delay: 1.5 ms}}
  - {{from: I, to: I, connect: {{rule: fixed_in_degree, n: 2000}}, weight: -4 pA, delay: 1.5 ms}}
record: [{{population: E, what: spikes}}, {{population: I, what: spikes}}]
"""
UNITS = {"bytes": 1.0, "byte": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}


def parts_of(text):
    return {name.strip(): float(number.replace(",", "")) * UNITS[unit]
            for name, number, unit in re.findall(r"^  (\S.*?) +([\d.,]+) (bytes?|kB|MB|GB|TB)$", text, re.M)}


def memory(snnsim, cells, threads):
    """By part, of each rank and of the first beside it; 1e5 cells a rank."""
    ranks = cells // CELLS
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "scale.yaml"
        path.write_text(MODEL.format(cells * 4 // 5, cells // 5))
        done = subprocess.run([snnsim, "check", path, "--ranks", str(ranks), "--threads", str(threads)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"scale_model.py: error: {done.stderr}")
    each, _, rest = done.stdout.partition("memory of each of")[2].partition("of the first beside it")
    first, _, exchange = rest.partition("exchange, in")
    sent, received = (float(n) * UNITS[u] for n, u in re.findall(r", ([\d.]+) (bytes|kB|MB|GB|TB) a second", exchange))
    return {"cells": cells, "ranks": ranks, "threads": threads, "each": parts_of(each), "first": parts_of(first),
            "sent_bytes_per_s": sent, "received_bytes_per_s": received}


def on_paper(half, row, times):
    """So many times as many ranks as `row`, which has twice as many as `half`: what grows with them goes on to grow."""
    def of(name, which="each"):
        return row[which][name] + 2.0 * (times - 1) * (row[which][name] - half[which].get(name, 0.0))

    each = {name: of(name) for name in row["each"] if name != "all"}
    return {"cells": times * row["cells"], "ranks": times * row["ranks"], "threads": row["threads"], "each": {**each, "all": sum(each.values())},
            "first": {name: of(name, "first") for name in row["first"]}, "sent_bytes_per_s": row["sent_bytes_per_s"],
            "received_bytes_per_s": times * row["received_bytes_per_s"], "on_paper": True}


def directed(ranks, threads=1):
    """Share of a source's spikes that a rank has a synapse for, and what it would get of those alone against all, at twice the bytes."""
    hit = -math.expm1(-IN_DEGREE / ranks)
    return {"ranks": ranks, "hit": hit, "volume": 2.0 * hit, "hit_of_thread": -math.expm1(-IN_DEGREE / (ranks * threads)), "threads": threads}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    measured = json.loads((RESULTS / "exchange.json").read_text())
    rank = Rank(measured["dry"]["rows"])
    weak = []
    for delay in (1, 5, 15):
        for ranks in (1, 8, 64, 256, 1024):
            row = simulate(rank, ranks, delay, doubling, NETWORK)
            base = row if ranks == 1 else next(r for r in weak if r["ranks"] == 1 and r["delay_ms"] == row["delay_ms"])
            computed = row["own_s"] + row["spikes_s"]
            weak.append({**row, "efficiency": base["s"] / row["s"], "exchange_only_efficiency": computed / max(computed, row["s"])})
    exchanges = [{"ranks": 1024, "bytes": size, "network": name, **{c: f(1024, size, net) for c, f in COLLECTIVES.items()}}
                 for name, net in (("InfiniBand", NETWORK), ("10 Gb/s Ethernet", SLOW)) for size in (64, 1024, 2400, 16384)]
    half, large = memory(args.snnsim, 5 * 10 ** 8, 8), memory(args.snnsim, 10 ** 9, 8)
    result = {**machine(args.snnsim), "network": NETWORK, "slow": SLOW,
              "rank": {"step_s": rank.step * CELLS / rank.cells, "spike_s": dict(zip(map(str, rank.known), rank.spike)),
                       "message_s": rank.message, "jitter": rank.jitter},
              "here": here(measured, measured["windows"]["cores"]), "weak": weak, "collectives": exchanges,
              "memory": [*(memory(args.snnsim, cells, 8) for cells in (10 ** 6, 10 ** 8)), on_paper(half, large, 10)],
              "directed": [directed(n, 48) for n in (64, 1024, 10_000, 100_000)]}
    pathlib.Path(args.output).write_text(json.dumps(result, indent=1) + "\n")
    for row in result["here"]:
        print({k: f"{v:.3g}" for k, v in row.items()})
    for row in weak:
        print({k: f"{v:.3g}" for k, v in row.items()})


if __name__ == "__main__":
    sys.exit(main())
