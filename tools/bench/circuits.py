#!/usr/bin/env python3
"""Trained circuits and what they cost: makes the data, runs the model files of models/circuits and reads accuracies and counted
operations from their run files.

    tools/bench/circuits.py --snnsim build/snnsim --images MNIST -o circuits.json [question] [routing] [feedback] [recall]

MNIST is the folder of its four IDX files. The result is a list of entries {circuit, arm, seed, performance, acs, macs,
memory_bytes, ...}: operations and energies (45nm) are per test sample, memory is that of the weights that are there, in floats.
An entry of an older file stays, unless its circuit is measured again. Exit status: 1 where a circuit falls behind what it is
to show (the question's gate: 95 % of the accuracy for 60 % of the ACs; feedback: 2 points).
"""
import argparse
import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import h5py
import numpy as np

from network_statistics import machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNTED = {"acs": "ACs / image", "macs": "MACs / image", "neuron_updates": "neuron updates / image",
           "energy_synapses_uj": "energy / image [uJ]", "energy_in_all_uj": "energy in all [uJ]"}
# By circuit: arms, each a model and what is set in it.
ARMS = {
    "question": {"gated": ("question_gated", {}), "ungated": ("question_ungated", {})},
    "routing": {"1 of 4": ("routing", {}), "2 of 4": ("routing", {"parameters.chosen": 2}), "4 of 4": ("routing", {"parameters.clamp": 0})},
    "feedback": {"feedback": ("feedback", {}), "feed-forward": ("feedback", {"projections.3": "null"})},
}
DATA = {"feedback": "occluded"}
# Not trained: five patterns of 1,000 cells, of one of which a part is shown.
RECALL = {"units": ("hopfield", {"hopfield.cells": 1000, "hopfield.trials": 1, "parameters.patterns": 5}), "spiking": ("hopfield_spiking", {})}


def call(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"circuits.py: error: {' '.join(map(str, command))} failed:\n{done.stderr}")
    return done.stdout


def counted(snnsim, run, folder):
    table = folder / "compared.csv"
    call([snnsim, "compare", run, "-o", table, "--force", "--progress", "none"])
    with open(table, encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    return {key: float(row[column]) for key, column in COUNTED.items()}


def accuracies(file, circuit):
    label, prediction = file["test/label"][:], file["test/prediction"][:]
    right = label == prediction
    out = {"accuracy": float(right.mean())}
    if circuit == "question":
        out |= {"accuracy_what": float(right[label < 10].mean()), "accuracy_where": float(right[label >= 10].mean())}
    return out


def active_share(file):
    """Share of the spikes sent to the modules that their relays let through, before and after the choice."""
    events = {name: int(group.attrs["events"]) for name, group in file["energy/test/forward"].items()}
    return sum(events[f"relay_{k}_to_hidden_{k}"] for k in range(4)) / sum(events[f"input_to_relay_{k}"] for k in range(4))


def entry(args, folder, circuit, arm, seed):
    model, settings = ARMS[circuit][arm]
    if args.train:
        settings = {**settings, "parameters.samples": args.train}
    run = folder / "run.h5"
    settings = {"seed": seed, **settings, **dict(s.split("=", 1) for s in args.set)}
    call([args.snnsim, folder / "circuits" / f"{model}.yaml", "-o", run, "--force", "--progress", "none", "--backend", "cpu", "--threads",
          args.threads, *(f"--set={key}={value}" for key, value in settings.items())])
    with h5py.File(run) as file:
        performance = accuracies(file, circuit)
        weights = sum(int(np.count_nonzero(group[name])) for group in file["weights"].values() for name in ("weights", "weight", "bias") if name in group)
        if circuit == "routing":
            performance["active_share"] = active_share(file)
        samples, date = int(file["energy/train"].attrs["samples"]), file.attrs["finished"]
    return {"circuit": circuit, "arm": arm, "seed": seed, "settings": {k: str(v) for k, v in settings.items() if k != "seed"},
            "training_samples_seen": samples, "finished": date if isinstance(date, str) else date.decode(),
            **{k: round(v, 4) for k, v in performance.items()}, **counted(args.snnsim, run, folder), "memory_bytes": 4 * weights}


def matched(file, folder):
    """Overlap with the pattern, or the correlation of the rates of the last 100 ms with it."""
    if "recall" in file:
        return float(file["recall/overlaps"][0, 0])
    with h5py.File(folder / "circuits" / "hopfield_patterns.h5") as stored:
        pattern = stored["patterns"][0]
    late = file["spikes/E/timestamps"][:] > 800
    return float(np.corrcoef(np.bincount(file["spikes/E/node_ids"][:][late].astype(int), minlength=len(pattern)), pattern)[0, 1])


def recall_entry(args, folder, arm, seed):
    model, settings = RECALL[arm]
    call([sys.executable, ROOT / "tools" / "make_patterns", folder / "circuits", "--seed", seed])
    run = folder / "run.h5"
    said = call([args.snnsim, folder / "circuits" / f"{model}.yaml", "-o", run, "--force", "--progress", "none", "--backend", "cpu",
                 *(f"--set={key}={value}" for key, value in {"seed": seed, **settings}.items())])
    synapses, everything = re.search(r"([0-9.]+) uJ \(synapses\), ([0-9.]+) uJ with neurons and memory", said).groups()
    acs, updates = (int(re.search(r"([0-9,]+) " + what, said)[1].replace(",", "")) for what in ("ACs", "neuron updates"))
    with h5py.File(run) as file:
        match = matched(file, folder)
        stored = 1000 * 999 if "recall" in file else sum(int(g.attrs["synapses"]) for g in file["projections"].values())
    return {"circuit": "recall", "arm": arm, "seed": seed, "settings": {k: str(v) for k, v in settings.items()}, "match": round(match, 4),
            "acs": acs, "macs": 0, "neuron_updates": updates, "energy_synapses_uj": float(synapses), "energy_in_all_uj": float(everything),
            "memory_bytes": 4 * stored}


def means(entries, circuit, arm, key):
    return float(np.mean([e[key] for e in entries if e["circuit"] == circuit and e["arm"] == arm]))


def shortfalls(entries, circuits):
    found = []
    if "question" in circuits:
        of = lambda arm, key: means(entries, "question", arm, key)
        for key in ("accuracy_what", "accuracy_where"):
            if of("gated", key) < 0.95 * of("ungated", key):
                found.append(f"question: {key} {of('gated', key):.4f} gated, {of('ungated', key):.4f} ungated")
        if of("gated", "acs") > 0.6 * of("ungated", "acs"):
            found.append(f"question: {of('gated', 'acs'):.0f} ACs gated, {of('ungated', 'acs'):.0f} ungated")
    if "feedback" in circuits:
        gain = means(entries, "feedback", "feedback", "accuracy") - means(entries, "feedback", "feed-forward", "accuracy")
        if gain < 0.02:
            found.append(f"feedback: {100 * gain:+.2f} points")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("circuits", nargs="*", help=f"of {', '.join([*ARMS, 'recall'])}; default: all")
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--images", required=True, help="folder of MNIST's IDX files")
    parser.add_argument("--seeds", type=int, default=3, help="seeds 1 to N (%(default)d)")
    parser.add_argument("--train", type=int, default=0, help="so many training samples in place of the model's")
    parser.add_argument("--tested", type=int, default=0, help="so many test images; default: all")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="changes every model")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("-o", "--output", required=True, help="the .json file")
    args = parser.parse_intermixed_args()
    known = [*ARMS, "recall"]
    circuits = args.circuits or known
    if unknown := [c for c in circuits if c not in known]:
        parser.error(f"unknown circuit {unknown[0]}; there are {', '.join(known)}")
    args.snnsim = os.path.abspath(args.snnsim)
    output = pathlib.Path(args.output)
    before = json.loads(output.read_text())["entries"] if output.exists() else []
    result = {**machine(args.snnsim), "entries": [e for e in before if e["circuit"] not in circuits]}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "circuits").mkdir()
        for file in (ROOT / "models" / "circuits").glob("*.[yc][as][mv]*"):
            (folder / "circuits" / file.name).write_bytes(file.read_bytes())
        if data := [DATA.get(c, c) for c in circuits if c in ARMS]:
            call([sys.executable, ROOT / "tools" / "make_questions", args.images, *data, "-o", folder / "circuits", "--tested", args.tested])
        for circuit in circuits:
            for seed in range(1, args.seeds + 1):
                for arm in RECALL if circuit == "recall" else ARMS[circuit]:
                    result["entries"].append(recall_entry(args, folder, arm, seed) if circuit == "recall" else entry(args, folder, circuit, arm, seed))
                    print(json.dumps(result["entries"][-1]), flush=True)
                    output.write_text(json.dumps(result, indent=1) + "\n")
    for line in (found := shortfalls(result["entries"], circuits)):
        print("falls behind:", line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
