#!/usr/bin/env python3
"""Trains small networks, exports them to NIR for each library that reads it, runs them there, and compares what comes out.

    tools/bench/nir_exports.py --snnsim build/snnsim --python PYTHON [--sinabs PYTHON] -o FILE.json

PYTHON has nir 1.0.8, nirtorch 2.6, torch, snntorch 1.0.0, spikingjelly 2.0.0, norse 1.1.0 and sinabs 3.1.3 (or that of --sinabs
has the last). All samples of the test are run, step by step; spikes of the output are compared one by one with those that
`snnsim test` records, values by their largest difference. What cannot be written for a library is kept with what was said.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import h5py
import network_statistics
import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIBRARIES = ("snntorch", "spikingjelly", "norse", "sinabs")
STEPS, SIDE, CLASSES, TRAIN, TEST = 50, 8, 4, 200, 50
HEAD = f"""name: network
seed: 7
dt: 1 ms
data: {{set: file, file: bars.npz, encode: {{scheme: direct, duration: {STEPS} ms}}}}
train: {{epochs: 5, batch: 20, optimizer: {{name: adam, lr: 5e-3}}, loss: LOSS}}
test: {{}}
populations:
"""
INPUT = f"  input: {{size: {SIDE * SIDE}, model: spike_source}}\n"
IMAGE = f"  input: {{shape: [1, {SIDE}, {SIDE}], model: spike_source}}\n"


def cells(name, size, model):
    return f"  {name}: {{size: {size}, model: {model}}}\n"


def dense(hidden, output, more=""):
    return (INPUT + cells("hidden", 40, hidden) + cells("output", CLASSES, output) +
            "projections:\n  - {from: input, to: hidden, bias: BIAS, weight: {gain: 2}}\n"
            "  - {from: hidden, to: output, bias: BIAS, weight: {gain: 2}}\n" + more)


# `RESET`: the one that the library has, as the others are refused; `BIAS`: true but where a cuba_lif is.
NETWORKS = {
    "lif": dense("lif, tau_m: 10 ms, RESET", "lif, tau_m: 20 ms, RESET"),
    "lif, scaled input": dense("lif, tau_m: 10 ms, scale_input: true, v_th: 0.2, RESET",
                               "lif, tau_m: 20 ms, scale_input: true, v_th: 0.1, RESET"),
    "lif, Euler steps": dense("lif, tau_m: 10 ms, integration: euler, RESET", "lif, tau_m: 20 ms, integration: euler, RESET"),
    "lif without leak": dense("lif, tau_m: 1e9 ms, RESET", "lif, tau_m: 1e9 ms, RESET"),
    "lif, tau_m by cell": dense("lif, tau_m: 10 ms, RESET, trainable: {tau_m: {per: cell, spread: 0.5}}",
                                "lif, tau_m: 20 ms, RESET"),
    "cuba_lif": dense("cuba_lif, tau_m: 10 ms, tau_s: 5 ms, RESET", "cuba_lif, tau_m: 10 ms, tau_s: 5 ms, RESET"
                      ).replace("BIAS", "false"),
    "recurrent lif": dense("lif, tau_m: 10 ms, RESET", "lif, tau_m: 20 ms, RESET",
                           "  - {from: hidden, to: hidden, weight: {gain: 0.7}}\n"),
    "two paths": dense("lif, tau_m: 10 ms, RESET", "lif, tau_m: 20 ms, RESET", "  - {from: input, to: output}\n"),
    "two populations in a loop": (
        INPUT + cells("hidden", 40, "lif, tau_m: 10 ms, RESET") + cells("other", 10, "lif, tau_m: 5 ms, RESET") +
        cells("output", CLASSES, "lif, tau_m: 20 ms, RESET") + "projections:\n"
        "  - {from: input, to: hidden, bias: true, weight: {gain: 2}}\n  - {from: hidden, to: other, weight: {gain: 2}}\n"
        "  - {from: other, to: hidden}\n  - {from: hidden, to: output, bias: true, weight: {gain: 2}}\n"),
    "convolution, avg_pool": (
        IMAGE + "  conv: {model: lif, tau_m: 10 ms, RESET}\n  pooled: {model: linear}\n" +
        cells("output", CLASSES, "lif, tau_m: 20 ms, RESET") + "projections:\n"
        "  - {from: input, to: conv, connect: {rule: conv2d, channels: 6, kernel: 3, padding: 1}, bias: true, weight: {gain: 2}}\n"
        "  - {from: conv, to: pooled, connect: {rule: avg_pool, kernel: 2}}\n"
        "  - {from: pooled, to: output, bias: true, weight: {gain: 2}}\n"),
    "leaky_readout": dense("lif, tau_m: 10 ms, RESET", "leaky_readout, tau_m: 20 ms"),
}
NETWORKS["convolution, sum_pool"] = NETWORKS["convolution, avg_pool"].replace("avg_pool", "sum_pool")


def write_samples(folder):
    """Spikes of bars of noise that stand where the class says."""
    random = np.random.default_rng(1)
    arrays = {}
    for name, count in (("train", TRAIN), ("test", TEST)):
        y = np.arange(count) % CLASSES
        chance = np.full((count, SIDE, SIDE), 0.05)
        for image, label in zip(chance, y):
            image[2 * label:2 * label + 2] = 0.3
        x = random.random((count, STEPS, SIDE * SIDE)) < chance.reshape(count, 1, -1)
        arrays |= {f"x_{name}": x.astype(np.float32), f"y_{name}": y}
    np.savez(os.path.join(folder, "bars.npz"), **arrays)
    np.save(os.path.join(folder, "x.npy"), arrays["x_test"])


def call(*arguments, **options):
    return subprocess.run([str(a) for a in arguments], capture_output=True, text=True, **options)


def checked(*arguments):
    done = call(*arguments)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))} failed ({done.returncode})\n{done.stdout}{done.stderr}")
    return done


def ours(run, spikes):
    """[sample][step][cell] of the output."""
    with h5py.File(run) as file:
        if not spikes:
            return file["state/output/v"][:].reshape(TEST, STEPS, CLASSES)
        out = np.zeros((TEST, STEPS, CLASSES), np.float32)
        group = file["spikes/output"]
        step = np.rint(group["timestamps"][:] / 1.0).astype(int) - 1 - group["trial"][:].astype(int) * STEPS
        out[group["trial"][:], step, group["node_ids"][:]] = 1
    return out


def compare(want, got, lag):
    """`lag`: steps that the output comes earlier there."""
    want, got = want[:, lag:], got[:, :got.shape[1] - lag]
    different = want != got
    out = {"values": int(want.size), "different": int(different.sum()),
           "samples_with_differences": int(different.any(axis=(1, 2)).sum()), "samples": int(len(want))}
    if not set(np.unique(want)) <= {0.0, 1.0}:
        return {"values": out["values"], "largest_difference": float(np.abs(want - got).max() / np.abs(want).max())}
    return out | {"spikes": int(want.sum())}


def write(args, folder, name, library):
    """Trains and exports; returns the network's path without its ending, and what there is to say so far."""
    text = (HEAD + NETWORKS[name]).replace("BIAS", "true")
    text = text.replace("RESET", f"reset: {'subtract' if library == 'sinabs' else 'zero'}")
    spikes = name != "leaky_readout"
    text = text.replace("LOSS", "cross_entropy_count" if spikes else "cross_entropy_max")
    stem = os.path.join(folder, f"{library}_{list(NETWORKS).index(name)}")
    with open(stem + ".yaml", "w", encoding="utf-8") as file:
        file.write(text)
    checked(args.snnsim, stem + ".yaml", "-o", stem + ".h5", "--backend", "cpu", "--threads", 1)
    exported = call(args.snnsim, "export", stem + ".h5", "-o", stem + ".nir", "--for", library)
    if exported.returncode:
        return None, {"refused": exported.stderr.splitlines()[0].split(": ", 3)[-1]}
    verified = call(args.snnsim, "verify", stem + ".nir").returncode == 0
    record = f"record=[{{population: output, what: {'spikes' if spikes else 'v'}, samples: {TEST}}}]"
    checked(args.snnsim, "test", stem + ".h5", "-o", stem + "_test.h5", "--set", record, "--backend", "cpu", "--threads", 1)
    return stem, {"notes": [line for line in exported.stdout.splitlines() if line.startswith("note:")], "verified": verified}


def in_library(args, folder, library):
    found, stems = {}, {}
    for name in args.networks:
        stems[name], found[name] = write(args, folder, name, library)
    stems = {name: stem for name, stem in stems.items() if stem}
    python = args.sinabs if library == "sinabs" and args.sinabs else args.python
    ran = checked(python, os.path.join(ROOT, "tools", "bench", "nir_exports_peer.py"), library, os.path.join(folder, "x.npy"),
                  *(stem + ".nir" for stem in stems.values()))
    peer = json.loads(ran.stdout.strip().splitlines()[-1])
    for name, stem in stems.items():
        found[name] |= peer["networks"][stem + ".nir"]
        if "failed" in found[name]:
            continue
        lag = 2 if name == "cuba_lif" else 0      # one of each layer
        found[name] |= {"steps_earlier_there": lag} | compare(ours(stem + "_test.h5", name != "leaky_readout"),
                                                              np.load(stem + ".npy"), lag)
    return {"versions": peer["versions"], "networks": found}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--snnsim", default="build/snnsim")
    p.add_argument("--python", required=True, help="Python that has the libraries")
    p.add_argument("--sinabs", help="Python that has Sinabs, where it is another one")
    p.add_argument("--libraries", nargs="+", default=LIBRARIES, choices=LIBRARIES)
    p.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    p.add_argument("-o", "--output", required=True)
    args = p.parse_args()
    args.snnsim = os.path.abspath(args.snnsim)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        write_samples(folder)
        for library in args.libraries:
            results[library] = in_library(args, folder, library)
            for name, found in results[library]["networks"].items():
                print(library, name, {k: v for k, v in found.items() if k not in ("said", "notes")}, flush=True)
    with open(args.output, "w", encoding="utf-8") as file:
        json.dump(network_statistics.machine(args.snnsim) | {"results": results}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
