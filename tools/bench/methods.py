#!/usr/bin/env python3
"""Methods of learning side by side: accuracy, time, memory and operations on one network, what the models of models/methods reach, memory over
the steps of a sample, and the time of EventProp's way back beside that of back-propagation.

    tools/bench/methods.py --snnsim build/snnsim -o methods.json

`network`: 784-256-10, 25 steps of Poisson trains, each method on the same net and seeds. `memory`: most memory of a training of 256 samples
with 25 and with 1000 steps. `event_prop`: cuba_lif cells in models/mnist_lif.yaml's net, 200 steps; the processor time of the way back and of
the update is that of a training of 6144 samples less that of tests of as many, before it and after it in the mean, as cells come to fire more
in between; arms in turns.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

from network_statistics import machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
METHODS = {
    "surrogate_gradient": "surrogate_gradient", "truncated_bptt": "{name: truncated_bptt, steps: 5}", "ottt": "ottt", "ostl": "ostl",
    "e_prop": "e_prop", "decolle": "decolle", "feedback_alignment": "{name: surrogate_gradient, feedback: random}"}
CUBA = "{size: 512, model: cuba_lif, tau_m: 10 ms, tau_s: 5 ms}"


def run(args, model, settings, output):
    """Seconds, most memory, and seconds of a processor."""
    command = [args.snnsim, model, "-o", output, "--force", "--progress", "none", "--backend", "cpu", "--threads", str(args.threads),
               *(f"--set={key}={value}" for key, value in settings.items())]
    start = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"methods.py: error: {' '.join(map(str, command))} failed:\n{said}")
    return time.monotonic() - start, used.ru_maxrss * 1024, used.ru_utime + used.ru_stime


def learned(path):
    with h5py.File(path) as file:
        backward = file["energy/train/backward"].values()
        samples = int(file["energy/train"].attrs["samples"])
        return {"accuracy": float((file["test/label"][:] == file["test/prediction"][:]).mean()),
                **{f"backward_{kind}_per_sample": sum(int(g.attrs[kind]) for g in backward) / samples for kind in ("acs", "macs")}}


def accuracy(args, folder, model, settings, seeds):
    rows = []
    for seed in range(1, seeds + 1):
        seconds, memory, _ = run(args, model, {"seed": seed, "record": "[]", **settings}, folder / "run.h5")
        rows.append({"seconds": seconds, "memory": memory, **learned(folder / "run.h5")})
    return {"seeds": seeds, "accuracy": [row["accuracy"] for row in rows], "seconds": statistics.median(row["seconds"] for row in rows),
            **{key: rows[0][key] for key in ("memory", "backward_acs_per_sample", "backward_macs_per_sample")}}


def perforated(args, folder):
    """A net, the same with dendrites that learn by correlation or by the gradient, and one of as many parameters, all as long."""
    model = ROOT / "models/methods/perforated.yaml"
    text = model.read_text()
    by_gradient = folder / "by_gradient.yaml"
    by_gradient.write_text(text.replace("objective: correlation, ", ""))
    epochs = "[{epochs: 16, learns: [input_to_hidden, hidden_to_output]}]"
    arms = {"net": (model, {"train.phases": epochs}), "dendrites": (model, {}), "by the gradient": (by_gradient, {}),
            "wider net": (ROOT / "models/mnist_ann.yaml", {"populations.hidden.size": 65, "train.epochs": 16})}
    return {name: accuracy(args, folder, path, settings, 5) for name, (path, settings) in arms.items()}


def perforated_lif(args, folder):
    """The spiking net, as long without dendrites and with those that learn by correlation."""
    model = ROOT / "models/methods/perforated_lif.yaml"
    net = {"train.phases": "[{epochs: 16, learns: [input_to_hidden, hidden_to_output]}]"}
    return {"spiking net": accuracy(args, folder, model, net, args.seeds), "spiking dendrites": accuracy(args, folder, model, {}, args.seeds)}


def parity_model(together):
    """Eight dendrites of each of four hidden cells, so many in a phase; with it the last epochs of the phases in which the cells learn."""
    first, learned, populations, projections = ["input_to_hidden", "hidden_to_output"], [], [], []
    phases, ends = [f"{{epochs: 800, learns: [{', '.join(first)}]}}"], [799]
    for cycle in range(8 // together):
        before, entering = [f"d{n}" for n in range(1, cycle * together + 1)], []
        for k in range(cycle * together + 1, (cycle + 1) * together + 1):
            populations.append(f"  d{k}: {{size: 4, model: tanh, dendrites_of: hidden}}")
            projections += [f"  - {{from: input, to: d{k}, connect: all_to_all, weight: kaiming_uniform, bias: true}}",
                            *(f"  - {{from: {d}, to: d{k}, connect: one_to_one, weight: {{init: normal, mean: 0, std: 0.5}}}}" for d in before),
                            f"  - {{from: d{k}, to: hidden, connect: one_to_one, weight: {{init: constant, value: 0}}}}"]
            entering += [f"input_to_d{k}", *(f"{d}_to_d{k}" for d in before)]
            learned.append(f"d{k}_to_hidden")
        phases += [f"{{epochs: 600, objective: correlation, learns: [{', '.join(entering)}]}}",
                   f"{{epochs: 600, learns: [{', '.join(first + learned)}]}}"]
        ends.append(ends[-1] + 1200)
    text = ["name: parity", "dt: 1 ms", "data: {set: file, file: parity.h5, encode: {scheme: direct}}", "populations:",
            "  input: {size: 8, model: spike_source}", "  hidden: {size: 4, model: relu}", *populations, "  output: {size: 2, model: linear}",
            "projections:", "  - {from: input, to: hidden, connect: all_to_all, bias: true}",
            "  - {from: hidden, to: output, connect: all_to_all, bias: true}", *projections, "train:", "  batch: 256",
            "  loss: cross_entropy_mean", "  optimizer: {name: adam, lr: 2e-3}", f"  phases: [{', '.join(phases)}]", "test: {}"]
    return "\n".join(text), ends


def parity(args, folder):
    """The parity of eight bits by four hidden cells and up to eight dendrites of each, one or two in a phase: loss and share right at the end of
    each phase of the cells."""
    bits = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(np.float32)
    with h5py.File(folder / "parity.h5", "w") as file:
        for part in "train", "test":
            file[f"{part}/x"], file[f"{part}/y"] = 2 * bits - 1, bits.sum(1).astype(np.int32) % 2
    out = []
    for together in 1, 2:
        text, ends = parity_model(together)
        (folder / "parity.yaml").write_text(text)
        for seed in range(1, 6):
            run(args, folder / "parity.yaml", {"seed": seed}, folder / "run.h5")
            with h5py.File(folder / "run.h5") as file:
                out.append({"together": together, "seed": seed, "loss": file["training/epochs/train_loss"][:][ends].round(4).tolist(),
                            "right": file["training/epochs/train_accuracy"][:][ends].round(4).tolist()})
    return out


def memory(args, folder):
    out = {}
    for name, method in METHODS.items():
        most = {}
        for steps in 25, 1000:
            settings = {"train.method": method, "train.loss": "cross_entropy_step", "train.epochs": 1, "data.train_samples": 256,
                        "data.test_samples": 256, "record": "[]", "populations.hidden.size": 256, "data.encode.duration": f"{steps} ms"}
            most[str(steps)] = run(args, ROOT / "models/mnist_lif.yaml", settings, folder / "run.h5")[1]
        out[name] = {**most, "ratio": most["1000"] / most["25"]}
    return out


def event_prop(args, folder):
    samples = 6144
    base = {"record": "[]", "populations.hidden": CUBA, "data.encode.duration": "200 ms", "train.epochs": 1, "data.train_samples": samples}
    arms = {"bptt": {"train.method": "surrogate_gradient"}, "event_prop": {"train.method": "event_prop", "train.surrogate": "null"}}
    rounds, spikes = {name: [] for name in arms}, {}
    for _ in range(args.rounds):
        for name, settings in arms.items():
            def seconds(more):
                return run(args, ROOT / "models/mnist_lif.yaml", {**base, **settings, **more}, folder / "a.h5")[2]

            short = seconds({"data.test_samples": 10, "train.epochs": 0})
            before = seconds({"data.test_samples": samples, "train.epochs": 0}) - short
            tested = seconds({"data.test_samples": samples}) - short
            trained = seconds({"data.test_samples": 10}) - short
            forward = (before + tested - trained) / 2
            rounds[name].append({"before": before, "after": tested - trained, "forward": forward, "back": trained - forward})
            with h5py.File(folder / "a.h5") as file:
                spikes[name] = {p: g.attrs["events"] / samples for p, g in file["energy/train/forward"].items()}
    back = {name: statistics.median(r["back"] for r in rows) for name, rows in rounds.items()}
    whole = {name: statistics.median(r["back"] + r["forward"] for r in rows) for name, rows in rounds.items()}
    return {"samples": samples, "spikes_per_sample": spikes, "rounds": rounds, "back_s": back, "ratio": back["event_prop"] / back["bptt"],
            "ratio_of_training": whole["event_prop"] / whole["bptt"]}


PARTS = {"memory": memory, "event_prop": event_prop, "perforated": perforated, "perforated_lif": perforated_lif, "parity": parity}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--parts", default="network,models,memory,event_prop,perforated,perforated_lif,parity")
    parser.add_argument("--models", help="names of those of part models that are run; others stay as they are in the .json file")
    parser.add_argument("-o", "--output", required=True, help="the .json file; parts that are not asked for stay as they are there")
    args = parser.parse_args()
    output = pathlib.Path(args.output)
    result = json.loads(output.read_text()) if output.exists() else {}
    result.update(machine(args.snnsim))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for part in args.parts.split(","):
            if part == "network":
                result[part] = {name: accuracy(args, folder, ROOT / "models/mnist_lif.yaml",
                                               {"train.method": method, "train.loss": "cross_entropy_step", "populations.hidden.size": 256,
                                                "train.epochs": 3}, args.seeds) for name, method in METHODS.items()}
            elif part == "models":
                names = args.models.split(",") if args.models else sorted(p.stem for p in (ROOT / "models/methods").glob("*.yaml"))
                found = {name: accuracy(args, folder, ROOT / f"models/methods/{name}.yaml", {}, 1) for name in names}
                result[part] = dict(sorted({**(result.get(part, {}) if args.models else {}), **found}.items()))
            else:
                result[part] = PARTS[part](args, folder)
            output.write_text(json.dumps(result, indent=1) + "\n")
            print(part, json.dumps(result[part], indent=1))


main()
