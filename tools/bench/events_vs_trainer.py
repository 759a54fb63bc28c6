#!/usr/bin/env python3
"""A trained network simulated event by event beside the trainer's own test of it: in turn, several rounds.

    tools/bench/events_vs_trainer.py --snnsim build/snnsim -o tools/bench/results/events_vs_trainer.json

Trains the model (one epoch by default: speed depends on rates, hardly on the last percent of accuracy), then times the test of the
10,000 images by the trainer (`train.epochs=0` from the weights of the run) and the simulation of the same images. Reported: images
per second of both, their ratio, predictions that are equal, and synaptic events per second of the simulation. Run it on an otherwise
idle machine.
"""
import argparse
import json
import os
import re
import statistics
import tempfile

import h5py
import numpy as np

from network_statistics import call, machine

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def seconds(path, phase):
    with h5py.File(path) as run:
        return float(run[f"profile/{phase}"][0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--model", default=os.path.join(ROOT, "models", "mnist_lif.yaml"))
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("-o", "--output")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        def path(name):
            return os.path.join(folder, name)

        common = ["--threads", str(args.threads), "--backend", "cpu", "--progress", "none", "--force"]
        call([args.snnsim, args.model, *common, "--set", f"train.epochs={args.epochs}", "--set", "record=[]", "-o", path("run.h5")])
        with open(path("events.yaml"), "w", encoding="utf-8") as file:
            file.write("name: events\nsimulate: {network: run.h5}\n")
        simulation = [args.snnsim, path("events.yaml"), *common, "-o", path("events.h5")]
        said = call([*simulation, "--profile"])
        events = int(re.search(r"([\d,]+) synaptic events", said).group(1).replace(",", ""))
        trainer, engine = [], []
        for _ in range(args.rounds):
            call([args.snnsim, args.model, *common, "--set", "train.epochs=0", "--set", "record=[]", "--weights", path("run.h5"),
                  "-o", path("test.h5")])
            trainer.append(seconds(path("test.h5"), "test"))
            call(simulation)
            engine.append(seconds(path("events.h5"), "simulate"))
        with h5py.File(path("run.h5")) as run, h5py.File(path("events.h5")) as shown:
            images = len(run["test/label"])
            equal = float(np.mean(run["test/prediction"][:] == shown["trials/prediction"][:]))
            accuracy = [float(run["test"].attrs["accuracy"]), float(shown["phases/test"].attrs["accuracy"])]
    rates = {"trainer": images / statistics.median(trainer), "engine": images / statistics.median(engine)}
    result = {**machine(args.snnsim), "model": os.path.basename(args.model), "threads": args.threads, "images": images,
              "images_per_s": rates, "ratio": rates["engine"] / rates["trainer"], "equal_predictions": equal,
              "accuracy": dict(zip(("trainer", "engine"), accuracy)), "synaptic_events": events,
              "synaptic_events_per_s": events / statistics.median(engine), "seconds": {"trainer": trainer, "engine": engine}}
    print(json.dumps(result, indent=2))
    if args.output:
        with open(args.output, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)
            file.write("\n")


if __name__ == "__main__":
    main()
