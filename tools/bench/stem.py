#!/usr/bin/env python3
"""A temporal network that stands in for a biophysical cell: trains it by the spikes of a teacher, lets it run by itself, and compares.

    tools/bench/stem.py --snnsim build/snnsim -o stem.json [--figure stem.png]

Teachers: `soma`, a Hodgkin-Huxley cell (models/circuits/stem_teacher.yaml), and `cable`, the same with five passive compartments
(stem_cable.yaml). Students: `stem` (stem.yaml) and the control `linear`, the same without its bends: one linear layer of
traces, own spikes too, a logistic function and a threshold. All run as cells written as equations. Of the ten test cells, 10 s each, per seed (of inputs and
training): coincidences (Gamma, 2 ms), rate over that of the teacher and the greatest error of a cell's rate, ROC AUC by steps of 1 ms
with the teacher's spikes told, and van Rossum's squared distance (tau 10 ms) over half the number of spikes of both (1: no spike has
its like).

Then, of the first seed: rates where all synapses of a cell have one rate; the ring of 100 teachers against that of cells that stand
in; and speed on one thread, in cell seconds a second: of 1,000 cells without input, and of the runs above, which play the same
spikes. The best of --rounds, which take turns.

Exit status: 1 where it misses: Gamma 0.75 (soma), 0.65 (cable); AUC 0.98; rate 10 %; the control must be worse; 20 times the speed;
rates in the ring within 15 %.
"""
import argparse
import importlib.machinery
import importlib.util
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np

from network_statistics import machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEACHERS = {"soma": ("stem_teacher", "stem_cell", {}),
            "cable": ("stem_cable", "stem_cable_cell", {"parameters.inputs": 13, "parameters.traces": 32, "parameters.second": 32,
                                                        "parameters.samples": "stem_cable_samples.h5"})}
STUDENTS = {"stem": {}, "linear": {"populations.hidden.model": "linear", "populations.second.model": "linear"}}
GAMMA = {"soma": 0.75, "cable": 0.65}
RATES = [0.5, 2, 5, 10, 15, 20]     # Hz, of all synapses
KINDS = {"soma": ["E", "I"], "cable": [f"{kind}{c}" for kind in "EI" for c in range(6)]}


def tool():
    """tools/make_stem, as a module."""
    loader = importlib.machinery.SourceFileLoader("make_stem", str(ROOT / "tools" / "make_stem"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_stem", loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


make_stem = tool()


def call(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"stem.py: error: {' '.join(map(str, command))} failed:\n{done.stderr}")


class Bench:
    def __init__(self, snnsim, folder, threads):
        self.snnsim, self.folder, self.threads = snnsim, folder, threads

    def run(self, model, out, settings=None, threads=None):
        path = self.folder / f"{out}.h5"
        call(self.snnsim, self.folder / f"{model}.yaml", "-o", path, "--force", "--progress", "none", "--backend", "cpu",
             "--threads", threads or self.threads, *(f"--set={k}={v}" for k, v in (settings or {}).items()))
        return path

    def make(self, *command):
        call(sys.executable, ROOT / "tools" / "make_stem", *command)


def trains(path, first=0):
    """Ascending times of the spikes of each cell from `first` on."""
    with h5py.File(path) as file:
        times, cells = file["spikes/cell/timestamps"][:], file["spikes/cell/node_ids"][:].astype(int)
        count = int(file["network/cell"].attrs["size"])
    return [np.sort(times[cells == k]) for k in range(first, count)]


def van_rossum(a, b, tau=10.0):
    """Squared distance of two trains, each spike an exponential; a spike without its like counts 1/2."""
    def pairs(x, y):
        return np.exp(-np.abs(x[:, None] - y[None, :]) / tau).sum()

    return 0.5 * (pairs(a, a) + pairs(b, b) - 2 * pairs(a, b))


def area(score, fired):
    """Under the ROC curve."""
    values, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    ones = fired.sum()
    return float((ranks[fired > 0].sum() - ones * (ones + 1) / 2) / (ones * (fired.size - ones)))


def compared(found, wanted, duration):
    gap = duration + 100.0
    row = lambda all: np.concatenate([k * gap + t for k, t in enumerate(all)])  # noqa: E731
    spikes = [sum(map(len, all)) for all in (found, wanted)]
    return {"gamma": round(make_stem.coincidence(row(found), row(wanted), duration * len(wanted)), 4),
            "gamma_of_cells": [round(make_stem.coincidence(f, w, duration), 4) for f, w in zip(found, wanted)],
            "rate_hz": round(1000 * spikes[0] / duration / len(found), 3), "teacher_rate_hz": round(1000 * spikes[1] / duration / len(wanted), 3),
            "rate_ratio": round(spikes[0] / spikes[1], 4),
            "greatest_rate_error": round(max(abs(len(f) / len(w) - 1) for f, w in zip(found, wanted)), 4),
            "van_rossum": round(2 * sum(van_rossum(f, w) for f, w in zip(found, wanted)) / sum(spikes), 4)}


def trained(bench, teacher, student, seed, epochs, runs):
    model, cell, sizes = TEACHERS[teacher]
    settings = {"seed": seed, **sizes, **STUDENTS[student], **({"train.epochs": epochs} if epochs else {})}
    run = bench.folder / f"{teacher}_{student}.h5"
    kept = runs and pathlib.Path(runs) / f"{teacher}_{student}_{seed}.h5"
    if kept and kept.exists():
        shutil.copy(kept, run)
    else:
        bench.run("stem", run.stem, settings)
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(run, kept)
    alone = bench.folder / f"{teacher}_{student}_cell.yaml"
    shutil.copy(bench.folder / f"{cell}.yaml", alone)
    bench.make("cell", run, alone, "--samples", bench.folder)
    first = make_stem.TRAINING + make_stem.VALIDATION
    found, wanted = trains(bench.run(alone.stem, alone.stem), first), trains(bench.folder / f"{model}.h5", first)
    with h5py.File(run) as file:
        weights = sum(int(np.count_nonzero(g[n])) for g in file["weights"].values() for n in ("weights", "weight", "bias") if n in g)
        epochs = len(file["training/epochs/train_loss"])
    network = make_stem.Stem(run)
    with h5py.File(bench.folder / make_stem.FILES[(len(network.into) - 1) // 2]) as file:
        x, fired = file["test/x"][:], file["test/y"][:]
    told = network.is_told(x.reshape(len(wanted), -1, len(network.into)))
    text = alone.read_text()
    threshold, sum_kept = float(re.search(r"threshold: u > (\S+)", text)[1]), 1 + float(re.search(r"du/dt = \((\S+)\*u", text)[1])
    return {"teacher": teacher, "student": student, "seed": seed, "epochs": epochs, "weights": weights, "threshold": threshold, "sum_kept": round(sum_kept, 4),
            "auc": round(area(told.ravel(), fired.ravel()), 4), **compared(found, wanted, 5 * make_stem.SAMPLE)}


def one_rate(bench, rate):
    """Mean rates of the teacher and of what stands in for it, where each synapse of a cell has this rate."""
    found = []
    for model, excites, inhibits in (("stem_teacher", "1.6 nS", "-16 nS"), ("soma_stem_cell", "1, receptor: E", "1, receptor: I")):
        stimuli = ", ".join(f"{{to: cell, kind: poisson, rate: {n * rate} Hz, weight: {w}}}" for n, w in ((100, excites), (25, inhibits)))
        path = bench.run(model, "one_rate", {"populations.E": "null", "populations.I": "null", "projections": "[]", "stimuli": f"[{stimuli}]",
                                             "parameters.time": "4 s"})
        found.append(round(float(np.mean([len(t) / 4 for t in trains(path)])), 3))
    return {"synapses_hz": rate, "teacher_hz": found[0], "stem_hz": found[1]}


def ring(bench):
    rates = {}
    for kind, model in (("teacher", "stem_ring_teacher"), ("stem", "stem_ring")):
        with h5py.File(bench.run(model, model, {"simulate.runaway": "allow"})) as file:
            seconds = int(file.attrs["steps"]) * float(file.attrs["dt"]) / 1000
            rates[kind] = {name: round(len(file[f"spikes/{name}/timestamps"]) / seconds / int(file[f"network/{name}"].attrs["size"]), 3) for name in "EI"}
    mean = {kind: 0.8 * r["E"] + 0.2 * r["I"] for kind, r in rates.items()}
    return {**rates, "rate_ratio": round(mean["stem"] / mean["teacher"], 4)}


def speed(bench, teacher, rounds):
    """Cell seconds a second."""
    model, cell, _ = TEACHERS[teacher]
    silent = {**{f"populations.{name}": "null" for name in KINDS[teacher]}, "projections": "[]", "populations.cell.size": 1000}
    parts = {f"populations.d{k}.size": 1000 for k in range(1, 6)} if teacher == "cable" else {}
    jobs = {"alone": {"teacher": (model, {**silent, **parts, "parameters.time": "0.2 s"}),
                      "stem": (f"{teacher}_stem_cell", {**silent, "parameters.time": "10 s"})},
            "with_inputs": {"teacher": (model, {}), "stem": (f"{teacher}_stem_cell", {})}}
    found = {}
    for name, pair in jobs.items():
        taken = {kind: [] for kind in pair}
        for _ in range(rounds):
            for kind, (which, settings) in pair.items():
                with h5py.File(bench.run(which, "speed", settings, threads=1)) as file:
                    seconds = int(file.attrs["steps"]) * float(file.attrs["dt"]) / 1000
                    taken[kind].append(int(file["network/cell"].attrs["size"]) * seconds / float(file["profile/simulate"][0]))
        found[name] = {kind: round(max(t), 1) for kind, t in taken.items()}
        found[name]["ratio"] = round(found[name]["stem"] / found[name]["teacher"], 1)
    return found


def draw(bench, path):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    first = make_stem.TRAINING + make_stem.VALIDATION
    figure, axes = plt.subplots(2, 1, figsize=(9, 4.6), sharex=True, layout="constrained")
    for axis, (teacher, (model, _, _)) in zip(axes, TEACHERS.items()):
        for k, (wanted, found) in enumerate(zip(trains(bench.folder / f"{model}.h5", first), trains(bench.folder / f"{teacher}_stem_cell.h5", first))):
            for times, low, color in ((wanted, k, "black"), (found, k + 0.42, "tab:red")):
                axis.vlines(times[times <= 2000], low, low + 0.38, color=color, linewidth=1.2)
        axis.set(ylabel=f"cell ({teacher})", yticks=np.arange(0, 10, 3) + 0.4, yticklabels=range(0, 10, 3), xlim=(0, 2000), ylim=(-0.2, 10))
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_title("spikes of teachers (black) and of the networks in their place (red)", fontsize=10)
    axes[1].set_xlabel("time (ms)")
    figure.savefig(path, dpi=90)


def misses(result):
    found = []
    for e in (e for e in result["entries"] if e["student"] == "stem"):
        name = f"{e['teacher']}, seed {e['seed']}"
        if e["gamma"] < GAMMA[e["teacher"]]:
            found.append(f"{name}: Gamma {e['gamma']}")
        if e["auc"] < 0.98:
            found.append(f"{name}: AUC {e['auc']}")
        if abs(e["rate_ratio"] - 1) > 0.1:
            found.append(f"{name}: rate {e['rate_ratio']} of the teacher's")
        if any(c["gamma"] >= e["gamma"] for c in result["entries"] if c["student"] == "linear" and (c["teacher"], c["seed"]) == (e["teacher"], e["seed"])):
            found.append(f"{name}: the control is no worse")
    found += [f"{name}: {s['alone']['ratio']} times the speed" for name, s in result["speed"].items() if s["alone"]["ratio"] < 20]
    if abs(result["ring"]["rate_ratio"] - 1) > 0.15:
        found.append(f"ring: rate {result['ring']['rate_ratio']} of the teachers'")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--seeds", type=int, default=2, help="seeds 1 to N (%(default)d)")
    parser.add_argument("--first-seed", type=int, default=1, help="begin with this one; what the output file has of those before stays")
    parser.add_argument("--epochs", type=int, default=0, help="of training in place of the model's")
    parser.add_argument("--rounds", type=int, default=3, help="of the measurements of speed (%(default)d)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", help="folder that trained networks are kept in; those that are there are not trained again")
    parser.add_argument("--figure", help="write a picture of the spikes of the first seed")
    parser.add_argument("--models", help="also write the cells of the first seed into the model files of this folder")
    parser.add_argument("-o", "--output", required=True, help="the .json file")
    args = parser.parse_args()
    output = pathlib.Path(args.output)
    before = json.loads(output.read_text()) if args.first_seed > 1 else {}
    result = {**before, **machine(args.snnsim), "entries": [e for e in before.get("entries", []) if e["seed"] < args.first_seed]}
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(pathlib.Path(args.snnsim).resolve(), pathlib.Path(name), args.threads)
        for file in (ROOT / "models" / "circuits").glob("stem*.yaml"):
            shutil.copy(file, bench.folder)
        for seed in range(args.first_seed, args.seeds + 1):
            bench.make("inputs", "-o", bench.folder, "--seed", seed)
            for teacher, (model, cell, _) in TEACHERS.items():
                bench.make("samples", bench.run(model, model), "-o", bench.folder)
                for student in STUDENTS:
                    result["entries"].append(trained(bench, teacher, student, seed, args.epochs, args.runs))
                    print(json.dumps(result["entries"][-1]), flush=True)
                if seed == 1 and args.models:
                    shown = [cell, "stem_ring"] if teacher == "soma" else [cell]
                    bench.make("cell", bench.folder / f"{teacher}_stem.h5", *(pathlib.Path(args.models) / f"{m}.yaml" for m in shown), "--samples", bench.folder)
            if seed == 1:
                if args.figure:
                    draw(bench, args.figure)
                bench.make("cell", bench.folder / "soma_stem.h5", bench.folder / "stem_ring.yaml", "--samples", bench.folder)
                result["one_rate"] = [one_rate(bench, rate) for rate in RATES]
                result["ring"] = ring(bench)
                result["speed"] = {teacher: speed(bench, teacher, args.rounds) for teacher in TEACHERS}
                print(json.dumps({key: result[key] for key in ("one_rate", "ring", "speed")}), flush=True)
            output.write_text(json.dumps(result, indent=1) + "\n")
    for line in (found := misses(result)):
        print("misses:", line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
