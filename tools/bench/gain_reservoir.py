#!/usr/bin/env python3
"""GAIN as a reservoir: how well a linear read-out of its spikes tells the digits of MNIST, beside cells without synapses and a reservoir
whose cells are all connected.

    tools/bench/gain_reservoir.py --snnsim build/snnsim --images MNIST -o gain_reservoir.json

Each of 28 x 28 Izhikevich cells (those of models/circuits/gain_wave.yaml) gets a pixel as a current from 0 to 15 for 100 ms, then 150 ms
nothing. `grid`: every cell reaches its eight nearest neighbours with one weight. `alone`: no synapses. `all to all`: every cell reaches all
others with normal weights of mean 0. The weights of grid and all to all are the best of a few by training samples held out. Features are
the spike counts in four bins of 25 ms; the read-out is ridge regression to one-hot targets, its penalty chosen by the same samples.
Operations are those of the run: an addition for every spike and synapse. MNIST is the folder of its four IDX files.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile
import time

import h5py
import numpy as np

from learn_mnist_stdp import read_idx
from network_statistics import machine

SHOWN, REST, BINS, CELLS, MOST = 100, 150, 4, 784, 15.0
MODEL = """name: reservoir
seed: 1
dt: 0.5 ms
simulate: {{duration: {duration} ms, runaway: allow}}
models:
  izhikevich_exp:
    parameters: {{a: 0.02, b: 0.2, c: -65, d: 8, tau_s: 5 ms}}
    state: {{v: -65, u: -13, s: 0}}
    equations:
      - dv/dt = (0.04 * v**2 + 5 * v + 140 - u + s + I) / ms
      - du/dt = a * (b * v - u) / ms
      - ds/dt = -s / tau_s
    receptors: {{in: s += w}}
    current: 1
    threshold: v >= 30
    reset: [v = c, u += d]
    method: euler
populations:
  E: {{model: izhikevich_exp, space: {{grid: [28, 28], extent: [28, 28], order: rows}}}}
projections: {projections}
stimuli:
  - {{to: E, kind: waveform, file: images.h5, dataset: x}}
record:
  - {{population: E, what: spikes}}
"""
GRID = "\n  - {{from: E, to: E, connect: {{rule: all_to_all, autapses: false, mask: moore}}, weight: {}, delay: 1 ms}}"
DENSE = ("\n  - {{from: E, to: E, connect: {{rule: all_to_all, autapses: false}}, "
         "weight: {{distribution: normal, mean: 0, std: {}}}, delay: 1 ms}}")
ARMS = {"alone": (None, [0.0]), "grid": (GRID, [4.0, 5.0]), "all to all": (DENSE, [0.1, 0.2, 0.4])}


def write_images(path, images):
    rows = np.zeros((2 * len(images), CELLS), np.float32)
    rows[::2] = images / 255.0 * MOST
    times = np.arange(len(images))[:, None] * (SHOWN + REST) + np.array([0, SHOWN])
    with h5py.File(path, "w") as file:
        for name, values, unit in ("x", rows, "1"), ("times", times.ravel().astype(float), "ms"):
            file[name] = values
            file[name].attrs["units"] = unit


def simulate(args, folder, projections, count):
    """Features [sample][bin and cell], and what the run counted."""
    model, run = folder / "reservoir.yaml", folder / "run.h5"
    model.write_text(MODEL.format(duration=count * (SHOWN + REST), projections=projections or "[]"))
    start = time.monotonic()
    subprocess.run([args.snnsim, model, "-o", run, "--force", "--progress", "none", "--threads", str(args.threads)], check=True, stdout=subprocess.DEVNULL)
    with h5py.File(run) as file:
        times, cells = file["spikes/E/timestamps"][:] - 1e-6, file["spikes/E/node_ids"][:].astype(np.int64)
        forward = file.get("energy/simulate/forward", {})  # none without synapses
        acs = sum(int(group.attrs["acs"]) for group in forward.values())
    sample = (times // (SHOWN + REST)).astype(np.int64)
    bins = ((times - sample * (SHOWN + REST)) // (SHOWN / BINS)).astype(np.int64)
    seen = bins < BINS
    features = np.bincount((sample * BINS + bins)[seen] * CELLS + cells[seen], minlength=count * BINS * CELLS)
    return features.reshape(count, -1).astype(np.float32), acs / count, len(times) / count, time.monotonic() - start


class Readout:
    """Ridge regression by the eigenvectors of the features' covariance, so that each penalty costs little."""

    def __init__(self, features, labels):
        self.mean = features.mean(0)
        centred = features - self.mean
        self.values, self.vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        self.products = self.vectors.T @ (centred.T @ (np.eye(10, dtype=np.float32)[labels] - 0.1))

    def right(self, penalty, features, labels):
        weights = self.vectors @ (self.products / (self.values + penalty)[:, None])
        return float((((features - self.mean) @ weights).argmax(1) == labels).mean())


def best_penalty(features, labels, held):
    readout = Readout(features[:-held], labels[:-held])
    return max((readout.right(p, features[-held:], labels[-held:]), p) for p in 10.0 ** np.arange(0, 6))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--images", required=True, help="folder of MNIST's IDX files")
    parser.add_argument("--train", type=int, default=10000)
    parser.add_argument("--test", type=int, default=10000)
    parser.add_argument("--chosen-by", type=int, default=3000, help="training samples that a weight is chosen by, a third of them held out")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS), help="those measured; of a file that is there the others stay")
    parser.add_argument("-o", "--output", required=True, help="the .json file")
    args = parser.parse_args()
    def first(of, offset, values):
        sets = [read_idx(args.images, f"{begin}-{of}", offset)[:values * n] for begin, n in (("train", args.train), ("t10k", args.test))]
        return np.concatenate(sets)

    images, labels = first("images-idx3-ubyte", 16, CELLS).reshape(-1, CELLS), first("labels-idx1-ubyte", 8, 1)
    output = pathlib.Path(args.output)
    before = json.loads(output.read_text())["arms"] if output.exists() else {}
    result = {**machine(args.snnsim), "train": args.train, "test": args.test, "chosen_by": args.chosen_by, "arms": {name: before[name] for name in ARMS if name in before}}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for arm in args.arms:
            projections, weights = ARMS[arm]
            tried = {}
            if len(weights) > 1:
                write_images(folder / "images.h5", images[:args.chosen_by])
                for w in weights:
                    features = simulate(args, folder, projections.format(w), args.chosen_by)[0]
                    tried[w] = best_penalty(features, labels[:args.chosen_by], args.chosen_by // 3)[0]
            weight = max(tried, key=tried.get) if tried else weights[0]
            write_images(folder / "images.h5", images)
            features, acs, spikes, seconds = simulate(args, folder, projections and projections.format(weight), len(images))
            train, test = slice(0, args.train), slice(args.train, None)
            penalty = best_penalty(features[train], labels[train], args.train // 5)[1]
            accuracy = Readout(features[train], labels[train]).right(penalty, features[test], labels[test])
            result["arms"][arm] = {"weight": weight, "tried": tried, "penalty": penalty, "accuracy": accuracy, "spikes": spikes, "acs": acs,
                                   "simulated_in_s": round(seconds, 1)}
            print(arm, json.dumps(result["arms"][arm]), flush=True)
    output.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
