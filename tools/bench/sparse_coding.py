#!/usr/bin/env python3
"""Sparse coding by competing cells, graded and spiking, beside the LASSO by coordinate descent, and beside a dense autoencoder.

    tools/bench/sparse_coding.py --snnsim build/snnsim --images MNIST -o sparse_coding.json [--figure sparse.png] [patches] [digits] [autoencoder]

MNIST is the folder of its four IDX files. `patches`: models/circuits/lca.yaml and lca_spiking.yaml on patches of 8 x 8 pixels of test
images; a spiking cell's coefficient is its rate from 300 ms on. `digits`: models/circuits/sparse_code.yaml and sparse_code_lif.yaml,
accuracy of the read-out, and of the first 500 test images the SNR of what the dictionary makes of their code (of spikes: of the
second half of the steps). `autoencoder`: 784-n-784 of linear cells on 20,000 images, the least n of a ladder whose SNR on
those images is not below that of a code, which `digits` must have measured. SNR is 10 log10(sum x^2 / sum (x - Phi a)^2). Energies
are those of 45nm. A part of an older file stays, unless it is measured again. Exit status: 1 where an SNR (in dB) is a tenth below
that of the LASSO, more than 15 % of the atoms are active, the kurtosis of coefficients is 3 or less, or a read-out reaches less than 95 %.
"""
import argparse
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np

from circuits import call, counted
from network_statistics import machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_loader("make_dictionary", importlib.machinery.SourceFileLoader("make_dictionary", str(ROOT / "tools" / "make_dictionary")))
make_dictionary = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_dictionary)
SHOWN = 500                                   # test images whose code is looked at
LADDER = (8, 16, 24, 32, 48, 64, 96, 128)     # hidden cells of the autoencoder
DURATION, START, UNIT = 700, 300, 0.2         # ms of lca_spiking.yaml, ms that are left out, spikes a ms for a unit of the code
AUTOENCODER = """
name: autoencoder
seed: 1
dt: 1 ms
data: {set: file, file: images.h5, encode: {scheme: direct}}
populations:
  input:  {size: 784, model: spike_source}
  hidden: {size: 64, model: linear}
  output: {size: 784, model: linear}
projections:
  - {from: input, to: hidden, connect: all_to_all, weight: fan_in_uniform, bias: true}
  - {from: hidden, to: output, connect: all_to_all, weight: fan_in_uniform, bias: true}
train: {epochs: 20, batch: 128, optimizer: {name: adam, lr: 3e-3}, schedule: cosine, loss: mse_mean}
test: {}
record: [{population: output, what: v, samples: 500}]
"""


def lasso(x, atoms, price, signed, tolerance=1e-8):
    """[sample][atom]: of the least |x - Phi a|^2 / 2 + price |a|, by coordinate descent."""
    overlap = atoms.T @ atoms
    code = np.zeros((len(x), atoms.shape[1]))
    rest = x @ atoms                         # Phi^T (x - Phi a)
    for _ in range(2000):
        moved = 0.0
        for j in range(len(overlap)):
            u = rest[:, j] + overlap[j, j] * code[:, j]
            new = np.maximum(u - price, 0) - (np.maximum(-u - price, 0) if signed else 0)
            step = new / overlap[j, j] - code[:, j]
            rest -= step[:, None] * overlap[j]
            code[:, j] += step
            moved = max(moved, np.abs(step).max())
        if moved < tolerance:
            return code
    sys.exit("sparse_coding.py: error: coordinate descent does not come to rest")


def snr(x, made):
    return float(10 * np.log10((x ** 2).sum() / ((x - made) ** 2).sum()))


def said_of(x, atoms, code, best):
    """What there is to say of a code, beside the best one."""
    away = code - code.mean()
    return {"snr_db": round(snr(x, code @ atoms.T), 3), "active": round(float((code != 0).mean()), 4),
            "kurtosis": round(float((away ** 4).mean() / (away ** 2).mean() ** 2), 2),
            "distance_from_lasso": round(float(np.sqrt(((code - best) ** 2).mean() / (best ** 2).mean())), 4)}


def run(args, model, out, settings):
    return call([args.snnsim, model, "-o", out, "--force", "--progress", "none", "--backend", "cpu", "--threads", args.threads,
                 *(f"--set={key}={value}" for key, value in settings.items())])


def code_of_patches(file, model, number, price):
    if model == "lca":
        u = file["state/code/u"][-1].reshape(number, -1)
        return np.sign(u) * np.maximum(np.abs(u) - price, 0)
    times, cells = file["spikes/code/timestamps"][:], file["spikes/code/node_ids"][:].astype(int)
    counts = np.bincount(cells[times > START], minlength=int(file["network/code"].attrs["size"])).reshape(number, 2, -1)
    return (counts[:, 0] - counts[:, 1]) / (DURATION - START) / UNIT


def patches(args, folder):
    call([sys.executable, ROOT / "tools" / "make_dictionary", args.images, "patches", "-o", folder, *args.tool])
    with h5py.File(folder / "lca_patches.h5") as file:
        x, atoms, price = file["patches"][:], file["dictionary"][:], float(file["lambda"][()])
    best = lasso(x, atoms, price, True)
    out = {"atoms": atoms.shape[1], "patches": len(x), "lambda": price, "lasso": said_of(x, atoms, best, best)}
    codes = {}
    for model in "lca", "lca_spiking":
        shutil.copy(ROOT / "models" / "circuits" / f"{model}.yaml", folder)
        printed = run(args, folder / f"{model}.yaml", folder / "run.h5", {})
        with h5py.File(folder / "run.h5") as file:
            codes[model] = code = code_of_patches(file, model, len(x), price)
        acs, macs, updates = (int(re.search(r"([0-9,]+) " + what, printed)[1].replace(",", "")) / len(x) for what in ("ACs", "MACs", "neuron updates"))
        out[model] = {**said_of(x, atoms, code, best), "macs": macs, "acs": acs, "neuron_updates": updates}
    if args.figure:
        draw(x, atoms, best, codes, args.figure)
    return out


def draw(x, atoms, best, codes, path):
    """The atoms; patches with what the spiking network's code makes of them; coefficients over those of the LASSO."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    tiled = lambda images, columns: np.block([[np.pad(image.reshape(8, 8), 1, constant_values=np.nan) for image in images[k:k + columns]]
                                              for k in range(0, len(images), columns)])
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
    axes[0].imshow(tiled(atoms.T / np.abs(atoms).max(0)[:, None], 8), cmap="RdBu_r", vmin=-1, vmax=1)
    axes[0].set_title("atoms")
    axes[1].imshow(tiled([image for pair in zip(x[:32], codes["lca_spiking"][:32] @ atoms.T) for image in pair], 8), cmap="gray", vmin=0, vmax=1)
    axes[1].set_title("patches, each beside what its rates say")
    for model, name, marker in ("lca_spiking", "rate / (200 Hz)", "."), ("lca", "value", "x"):
        axes[2].plot(best.ravel(), codes[model].ravel(), marker, markersize=4, alpha=0.5, label=name)
    axes[2].set_xlabel("coefficient of the LASSO")
    axes[2].set_ylabel("what a cell sends")
    axes[2].legend(frameon=False)
    for ax in axes[:2]:
        ax.axis("off")
    figure.savefig(path, dpi=90)


def code_of_digits(file, what, samples, atoms):
    """At the last step; of spikes, how often a cell fires in the second half of a sample."""
    if what == "v":
        return np.maximum(file["state/code/v"][:].reshape(samples, -1, atoms)[:, -1], 0)
    times, cells, trials = (file[f"spikes/code/{key}"][:] for key in ("timestamps", "node_ids", "trial"))
    start, stop = file["trials/start"][:], file["trials/stop"][:]
    half = float(stop[0] - start[0]) / 2
    late = times - start[trials] > half
    counts = np.zeros((samples, atoms))
    np.add.at(counts, (trials[late].astype(int), cells[late].astype(int)), 1)
    return counts / half / UNIT


def digits(args, folder):
    call([sys.executable, ROOT / "tools" / "make_dictionary", args.images, "digits", "-o", folder, *args.tool])
    with h5py.File(folder / "lca_digits.h5") as file:
        atoms, price = file["dictionary"][:].astype(float), float(file["lambda"][()])
    x = shown_images(args)
    best = lasso(x, atoms, price, False, 1e-5)
    out = {"atoms": atoms.shape[1], "images": len(x), "lambda": price, "lasso": said_of(x, atoms, best, best)}
    for model, what in ("sparse_code", "v"), ("sparse_code_lif", "spikes"):
        shutil.copy(ROOT / "models" / "circuits" / f"{model}.yaml", folder)
        rows = []
        for seed in range(1, args.seeds + 1):
            settings = {"seed": seed, "record": f"[{{population: code, what: {what}, samples: {len(x)}}}]", **args.settings}
            run(args, folder / f"{model}.yaml", folder / "run.h5", settings)
            with h5py.File(folder / "run.h5") as file:
                accuracy = float((file["test/label"][:] == file["test/prediction"][:]).mean())
                code = code_of_digits(file, what, len(x), atoms.shape[1])
            rows.append({"seed": seed, "accuracy": accuracy, **counted(args.snnsim, folder / "run.h5", folder)})
            print(model, json.dumps(rows[-1]), flush=True)
        out[model] = {**said_of(x, atoms, code, best), "runs": rows}
    return out


def shown_images(args):
    return images(args.images, "t10k", SHOWN).reshape(-1, 784) / 255


def images(folder, begin, number):
    return make_dictionary.saccades.read_set(folder, begin, number)[0]


def autoencoder(args, folder, codes):
    with h5py.File(folder / "images.h5", "w") as file:
        for part, begin, number in ("train", "train", 20000), ("test", "t10k", SHOWN):
            x = images(args.images, begin, number)
            file[f"{part}/x"], file[f"{part}/y"] = x, x.reshape(len(x), -1).astype(np.float32) / 255
    x = shown_images(args)
    (folder / "autoencoder.yaml").write_text(AUTOENCODER)
    rows, most = [], max(codes[model]["snr_db"] for model in ("sparse_code", "sparse_code_lif"))
    for cells in LADDER:
        run(args, folder / "autoencoder.yaml", folder / "run.h5", {"populations.hidden.size": cells, **args.settings})
        with h5py.File(folder / "run.h5") as file:
            made = file["state/output/v"][:].reshape(len(x), -1)
        rows.append({"cells": cells, "snr_db": round(snr(x, made), 3), **counted(args.snnsim, folder / "run.h5", folder)})
        print("autoencoder", json.dumps(rows[-1]), flush=True)
        if rows[-1]["snr_db"] >= most:
            break
    return {"runs": rows}


def shortfalls(result):
    found = []
    for name, model in (("patches", "lca"), ("patches", "lca_spiking"), ("digits", "sparse_code"), ("digits", "sparse_code_lif")):
        if name not in result:
            continue
        m, best = result[name][model], result[name]["lasso"]["snr_db"]
        if m["kurtosis"] <= 3:
            found.append(f"{model}: a kurtosis of {m['kurtosis']}")
        if name == "patches" and (m["snr_db"] < 0.9 * best or m["active"] > 0.15):
            found.append(f"{model}: {m['snr_db']} dB (LASSO {best}), {100 * m['active']:.1f} % active")
        if name == "digits" and (mean := np.mean([r["accuracy"] for r in m["runs"]])) < 0.95:
            found.append(f"{model}: {100 * mean:.2f} %")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help="of patches, digits, autoencoder; default: all")
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--images", required=True, help="folder of MNIST's IDX files")
    parser.add_argument("--seeds", type=int, default=3, help="of the read-out, seeds 1 to N (%(default)d)")
    parser.add_argument("--tool", action="append", default=[], metavar="OPTION", help="given to tools/make_dictionary, as --tool=--updates=10")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="changes what is trained")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--figure", help="write a picture of the patches' code")
    parser.add_argument("-o", "--output", required=True, help="the .json file")
    args = parser.parse_intermixed_args()
    known = ["patches", "digits", "autoencoder"]
    if unknown := [p for p in args.parts if p not in known]:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(known)}")
    args.snnsim, args.images = os.path.abspath(args.snnsim), os.path.abspath(args.images)
    args.settings = dict(s.split("=", 1) for s in args.set)
    output = pathlib.Path(args.output)
    before = json.loads(output.read_text()) if output.exists() else {}
    result = {**machine(args.snnsim), **{part: before[part] for part in known if part in before}}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for part in args.parts or known:
            if part == "autoencoder" and "digits" not in result:
                parser.error("autoencoder needs what digits measures; name digits too")
            result[part] = autoencoder(args, folder, result["digits"]) if part == "autoencoder" else globals()[part](args, folder)
            output.write_text(json.dumps(result, indent=1) + "\n")
    for line in (found := shortfalls(result)):
        print("falls behind:", line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
