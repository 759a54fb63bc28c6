#!/usr/bin/env python3
"""Learns MNIST with models/mnist_stdp.yaml over seeds and holds it against Diehl & Cook (2015).

    tools/bench/learn_mnist_stdp.py --snnsim build/snnsim --cells 100 400 --seeds 2 -o mnist_stdp.json
    tools/bench/learn_mnist_stdp.py runs/a.h5 runs/b.h5 -o mnist_stdp.json     # what finished runs hold

Reported of each run: test accuracy (classes assigned by training images only), spikes of E an image, how often images had to be
shown again, wall time, and how much the receptive field of a cell looks like the mean image of its class: the cosine between
both, mean over cells. One pass of 60,000 images takes about a quarter of an hour with 400 cells. Needs h5py, numpy.
"""
import argparse
import gzip
import json
import os
import pathlib
import statistics
import sys
import tempfile

import h5py
import numpy as np

from network_statistics import HERE, call, machine

LIMITS = {"accuracy": {100: 0.82, 400: 0.87, 1600: 0.90}, "likeness": 0.6, "spikes": (5, 40)}


def read_idx(folder, name, offset):
    """The bytes of an MNIST file, packed or not."""
    path = pathlib.Path(folder) / name
    data = path.read_bytes() if path.exists() else gzip.decompress(pathlib.Path(f"{path}.gz").read_bytes())
    return np.frombuffer(data, np.uint8, offset=offset)


def likeness(run, folder):
    """Mean cosine between the weights of a cell and the mean training image of its class."""
    images = read_idx(folder, "train-images-idx3-ubyte", 16).reshape(-1, 784).astype(float)
    labels = read_idx(folder, "train-labels-idx1-ubyte", 8)
    means = np.array([images[labels == c].mean(axis=0) for c in range(10)])
    w, assignment = run["weights/input_to_E"], run["phases/label/assignment"][:]
    fields = np.zeros((784, len(assignment)))
    fields[w["source"][:], w["target"][:]] = w["weight"][:]
    cells = assignment >= 0
    mine, wanted = fields[:, cells].T, means[assignment[cells]]
    return float(((mine * wanted).sum(1) / np.linalg.norm(mine, axis=1) / np.linalg.norm(wanted, axis=1)).mean())


def facts(path, folder):
    with h5py.File(path, "r") as run:
        phase, spikes = run["trials/phase"][:], run["trials/spikes"][:]
        test, train = run["phases/test"].attrs, run["phases/train"].attrs
        return {"cells": len(run["phases/label/assignment"]), "seed": int(run.attrs["seed"]),
                "accuracy": float(test["accuracy"]), "test_images": int(test["samples"]), "unanswered": int(test["unanswered"]),
                "training_images": int(train["samples"]), "shown_again": int(train["shown_again"]),
                "spikes_an_image": {name: float(spikes[phase == k].mean())
                                    for k, name in enumerate(run["phases"].attrs["phases"])},
                "unassigned_cells": int((run["phases/label/assignment"][:] < 0).sum()), "likeness": likeness(run, folder),
                "threads": int(run.attrs["threads"]), "seconds": float(run["profile/simulate"][0]),
                "digest": run.attrs["spike_digest"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", help="finished runs; default: run them")
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--cells", nargs="+", type=int, default=[100, 400])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--passes", type=int, default=1, help="of the 60,000 training images")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--data", default=os.path.expanduser("~/.cache/snnsim/mnist"), help="folder of MNIST's idx files")
    parser.add_argument("-o", "--output", help="write every value to this .json file")
    args = parser.parse_args()
    snnsim = os.path.abspath(args.snnsim)
    found = [facts(path, args.data) for path in args.runs]
    for cells in args.cells if not args.runs else []:
        for seed in range(1, args.seeds + 1):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "run.h5")
                settings = [f"parameters.n={cells}", f"seed={seed}", f"simulate.phases.0.present.passes={args.passes}"]
                call([snnsim, os.path.join(HERE, "..", "..", "models", "mnist_stdp.yaml"), "-o", path, "--progress", "none",
                      "--threads", str(args.threads), *(part for s in settings for part in ("--set", s))])
                found.append(facts(path, args.data))
                print(found[-1], flush=True)
    good = True
    for cells in sorted({f["cells"] for f in found}):
        mine = [f for f in found if f["cells"] == cells]
        accuracy, alike = (statistics.fmean(f[q] for f in mine) for q in ("accuracy", "likeness"))
        spikes = statistics.fmean(f["spikes_an_image"]["train"] for f in mine)
        within = {"accuracy": accuracy >= LIMITS["accuracy"].get(cells, 0.0), "likeness": alike >= LIMITS["likeness"],
                  "spikes": LIMITS["spikes"][0] <= spikes <= LIMITS["spikes"][1]}
        good = good and all(within.values())
        seeds = ", ".join(f"{100 * f['accuracy']:.2f}" for f in mine)
        print(f"{cells} cells, {len(mine)} seeds: {100 * accuracy:.2f} % right ({seeds}), "
              f"likeness {alike:.3f}, {spikes:.1f} spikes an image; below its limit: "
              f"{', '.join(q for q, fine in within.items() if not fine) or 'nothing'}")
    if args.output:
        with open(args.output, "w", encoding="utf-8") as file:
            json.dump({**machine(snnsim), "limits": LIMITS, "runs": found}, file, indent=1)
            file.write("\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
