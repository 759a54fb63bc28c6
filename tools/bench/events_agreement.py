#!/usr/bin/env python3
"""Trained networks of several kinds simulated event by event: how many of the 10,000 test images get the trainer's own answer.

    tools/bench/events_agreement.py --snnsim build/snnsim -o tools/bench/results/events_agreement.json [KIND ...]

Trains each network for an epoch or two, tests it with the trainer (in floats) and shows the same images to the event-driven engine.
"""
import argparse
import json
import os
import tempfile

import h5py
import numpy as np

from network_statistics import call, machine

MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "models")
KINDS = {
    "lif": ("mnist_lif", ["train.epochs=2"]),
    "cuba_lif": ("mnist_lif", ["train.epochs=2", "populations.hidden={size: 512, model: cuba_lif, tau_m: 10 ms, tau_s: 5 ms, v_th: 0.3}"]),
    "adaptive_lif": ("mnist_lif", ["train.epochs=2", "populations.hidden={size: 512, model: adaptive_lif, tau_m: 10 ms}"]),
    "recurrent": ("mnist_rsnn", ["train.epochs=1"]),
    "vsn": ("mnist_vsn", ["train.epochs=2"]),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; default: all")
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("-o", "--output")
    args = parser.parse_args()
    result = {**machine(args.snnsim), "networks": {}}
    for kind in args.kinds or KINDS:
        model, settings = KINDS[kind]
        with tempfile.TemporaryDirectory() as folder:
            run, shown = (os.path.join(folder, name) for name in ("run.h5", "shown.h5"))
            common = [args.snnsim, "--backend", "cpu", "--progress", "none", "-o"]
            call([common[0], os.path.join(MODELS, model + ".yaml"), *common[1:], run, "--set", "record=[]",
                  *[part for setting in settings for part in ("--set", setting)]])
            with open(os.path.join(folder, "events.yaml"), "w", encoding="utf-8") as file:
                file.write("name: events\nsimulate: {network: run.h5}\n")
            call([common[0], os.path.join(folder, "events.yaml"), *common[1:], shown])
            with h5py.File(run) as a, h5py.File(shown) as b:
                trainer, engine, label = a["test/prediction"][:], b["trials/prediction"][:], b["trials/label"][:]
        found = {"model": model, "settings": settings, "images": len(label), "equal_predictions": float(np.mean(trainer == engine)),
                 "accuracy": {"trainer": float(np.mean(trainer == label)), "engine": float(np.mean(engine == label))}}
        print(kind, json.dumps(found), flush=True)
        result["networks"][kind] = found
    if args.output:
        with open(args.output, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)
            file.write("\n")


if __name__ == "__main__":
    main()
