#!/usr/bin/env python3
"""Times layers of the training beside the same in PyTorch-based peers: ours and each peer in turn, several rounds.

    tools/bench/layers_vs_peers.py recurrent --python VENV/bin/python -o recurrent.json
    tools/bench/layers_vs_peers.py convolution --python VENV/bin/python --mnist FOLDER -o convolution.json
    tools/bench/layers_vs_peers.py tau --mnist FOLDER -o tau.json

recurrent: 700-256-20, T = 100 steps of 10 ms, batch 128, on events drawn with the statistics of SHD (about 8,000 spikes
a sample over 0.4 to 1.1 s, channels in bands that drift; shd_like() below; 8,156 samples, as SHD has for training).
convolution: 28x28x1-32C3-64C3-P2-128-10, T = 10, batch 128, MNIST as Bernoulli spikes. Both LIF, fp32, cross entropy of
output spike counts, Adam. tau: ours alone, 784-1000-10, T = 25, with tau_m of each layer learned and not. Ours: a whole epoch of --samples. Peers (layers_peer.py): some batches, scaled to as many samples.
Reported: medians, ratios of medians, and every value. Run it on an otherwise idle machine.
"""
import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile

import h5py
import numpy as np

from train_vs_peers import child_peak_bytes

HERE = os.path.dirname(os.path.abspath(__file__))
SHD_SAMPLES, CHANNELS, CLASSES, STEPS, STEP_US = 8156, 700, 20, 100, 10_000

RECURRENT = """name: recurrent_speed
seed: 1
dt: 10 ms
data: {set: file, file: shd_like.h5, encode: {scheme: direct, duration: 1000 ms}}
populations:
  input:  {size: 700, model: spike_source}
  hidden: {size: 256, model: lif, tau_m: 94.91 ms, v_th: 1.0, reset: subtract}
  output: {size: 20, model: lif, tau_m: 94.91 ms, v_th: 1.0, reset: subtract}
projections:
  - {from: input, to: hidden, weight: fan_in_uniform, bias: true}
  - {from: hidden, to: hidden, weight: fan_in_uniform, bias: true}
  - {from: hidden, to: output, weight: fan_in_uniform, bias: true}
train: {surrogate: {name: fast_sigmoid, slope: 25}, epochs: 1, batch: 128, optimizer: {name: adam, lr: 1e-3}, loss: cross_entropy_count}
"""
CONVOLUTION = """name: convolution_speed
seed: 1
dt: 1 ms
data: {set: mnist, train_samples: SAMPLES, encode: {scheme: poisson, max_rate: 1000 Hz, duration: 10 ms}}
populations:
  input:  {shape: [1, 28, 28], model: spike_source}
  conv1:  {shape: [32, 26, 26], model: lif, tau_m: 9.491 ms, v_th: 1.0, reset: subtract}
  conv2:  {shape: [64, 24, 24], model: lif, tau_m: 9.491 ms, v_th: 1.0, reset: subtract}
  pool:   {shape: [64, 12, 12], model: linear}
  hidden: {size: 128, model: lif, tau_m: 9.491 ms, v_th: 1.0, reset: subtract}
  output: {size: 10, model: lif, tau_m: 9.491 ms, v_th: 1.0, reset: subtract}
projections:
  - {from: input, to: conv1, connect: {rule: conv2d, channels: 32, kernel: 3}, weight: fan_in_uniform, bias: true}
  - {from: conv1, to: conv2, connect: {rule: conv2d, channels: 64, kernel: 3}, weight: fan_in_uniform, bias: true}
  - {from: conv2, to: pool, connect: {rule: avg_pool, kernel: 2}}
  - {from: pool, to: hidden, weight: fan_in_uniform, bias: true}
  - {from: hidden, to: output, weight: fan_in_uniform, bias: true}
train: {surrogate: {name: fast_sigmoid, slope: 25}, epochs: 1, batch: 128, optimizer: {name: adam, lr: 1e-3}, loss: cross_entropy_count}
"""
TAU = """name: tau_speed
seed: 1
dt: 1 ms
data: {set: mnist, train_samples: SAMPLES, encode: {scheme: poisson, max_rate: 1000 Hz, duration: 25 ms}}
populations:
  input:  {size: 784, model: spike_source}
  hidden: {size: 1000, model: lif, tau_m: 10 ms, v_th: 1.0, reset: subtract, trainable: TRAINABLE}
  output: {size: 10, model: leaky_readout, tau_m: 20 ms, trainable: TRAINABLE}
projections:
  - {from: input, to: hidden, weight: fan_in_uniform, bias: true}
  - {from: hidden, to: output, weight: fan_in_uniform, bias: true}
train: {surrogate: {name: fast_sigmoid, slope: 25}, epochs: 1, batch: 128, optimizer: {name: adam, lr: 1e-3}, loss: cross_entropy_mean}
"""
TEXTS = {"recurrent": {"snnsim": RECURRENT}, "convolution": {"snnsim": CONVOLUTION},
         "tau": {"snnsim": TAU.replace("TRAINABLE", "{tau_m: {as: sigmoid}}"), "fixed": TAU.replace(", trainable: TRAINABLE", "")}}


def shd_like(path, samples, seed=1):
    """Events of spoken digits that nobody spoke: the number of spikes of a sample is lognormal with a mean of 8,000, its
    length even between 0.4 and 1.1 s. Three bands of channels by class, as formants, drift over the time of a sample;
    a tenth of the spikes is anywhere."""
    random = np.random.default_rng(seed)
    bands = random.uniform(60, 640, (CLASSES, 3, 2))            # where each begins and ends
    labels = np.arange(samples, dtype=np.int32) % CLASSES
    counts = np.minimum(random.lognormal(np.log(8000) - 0.045, 0.3, samples), 25_000).astype(np.int64)
    lengths = random.uniform(0.4e6, 1.1e6, samples)
    t, unit = [], []
    for label, count, length in zip(labels, counts, lengths):
        when = np.sort(random.beta(2.0, 2.2, count))
        band = bands[label, random.integers(0, 3, count)]
        channel = random.normal(band[:, 0] + (band[:, 1] - band[:, 0]) * when, 35.0)
        anywhere = random.random(count) < 0.1
        channel[anywhere] = random.uniform(0, CHANNELS, np.count_nonzero(anywhere))
        t.append(np.minimum(when * length, STEPS * STEP_US - 1).astype(np.int64))
        unit.append(np.clip(channel, 0, CHANNELS - 1).astype(np.uint16))
    with h5py.File(path, "w") as file:
        file["train/offsets"] = np.concatenate([[0], np.cumsum(counts)])
        file["train/t"], file["train/unit"], file["train/y"] = np.concatenate(t), np.concatenate(unit), labels
        file["train/labels"] = labels
        file["train/t"].attrs["unit"] = "us"
        file.attrs.update({"steps": STEPS, "step_us": STEP_US, "channels": CHANNELS})


def ours(args, folder, text):
    model = os.path.join(folder, "model.yaml")
    with open(model, "w", encoding="utf-8") as file:
        file.write(text.replace("SAMPLES", str(args.samples)))
    run = os.path.join(folder, "run.h5")
    more = ["--data-dir", args.mnist] if args.mnist else []
    _, peak = child_peak_bytes([args.snnsim, model, "-o", run, "--force", "--threads", str(args.threads), "--progress", "none",
                                "--backend", "cpu", *more])
    with h5py.File(run) as file:
        epochs = file["training/epochs"]
        return {"epoch_s": statistics.median(epochs["seconds"][:]), "peak_bytes": peak, "loss": float(epochs["train_loss"][-1])}


def peer(args, folder, name):
    data = os.path.join(folder, "shd_like.h5") if args.kind == "recurrent" else args.mnist
    out, _ = child_peak_bytes([args.python, os.path.join(HERE, "layers_peer.py"), args.kind, name, "--data", data,
                               "--threads", str(args.threads), "--batches", str(args.batches)])
    line = json.loads(out.strip().splitlines()[-1])
    line["epoch_s"] *= args.samples / line["samples"]
    return line


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("kind", choices=list(TEXTS))
    p.add_argument("--snnsim", default="build/snnsim")
    p.add_argument("--python", help="Python that has PyTorch and the peers; not of tau")
    p.add_argument("--mnist", help="folder with the four IDX files, of convolution and tau")
    p.add_argument("--names", nargs="+", default=["spikingjelly", "snntorch"])
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--samples", type=int, help="of our epoch; default: 8,156 of recurrent, else 60,000")
    p.add_argument("--batches", type=int, default=8, help="of each timing of a peer")
    p.add_argument("-o", "--output", required=True)
    args = p.parse_args()
    args.snnsim = os.path.abspath(args.snnsim)
    args.samples = args.samples or (SHD_SAMPLES if args.kind == "recurrent" else 60_000)
    if (args.kind != "recurrent") != bool(args.mnist):
        p.error("convolution and tau need --mnist, recurrent does not")
    if args.kind == "tau":
        args.names = []
    elif not args.python:
        p.error(f"{args.kind} needs --python")
    else:
        args.python = os.path.abspath(args.python)

    rows = {name: [] for name in [*TEXTS[args.kind], *args.names]}
    with tempfile.TemporaryDirectory() as folder:
        if args.kind == "recurrent":
            shd_like(os.path.join(folder, "shd_like.h5"), args.samples)
        for _ in range(args.rounds):
            for name, text in TEXTS[args.kind].items():
                rows[name].append(ours(args, folder, text))
            for name in args.names:
                rows[name].append(peer(args, folder, name))
            print({name: round(r[-1]["epoch_s"], 2) for name, r in rows.items()}, flush=True)

    def median(name, key):
        return statistics.median(r[key] for r in rows[name])

    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    result = {
        "date": datetime.date.today().isoformat(), "cpu": cpu, "cores": os.cpu_count(), "system": platform.platform(),
        "snnsim": subprocess.run([args.snnsim, "--version"], capture_output=True, text=True).stdout.strip(),
        "kind": args.kind, "threads": args.threads, "samples": args.samples,
        "epoch_s": {n: median(n, "epoch_s") for n in rows},
        "peak_bytes": {n: median(n, "peak_bytes") for n in rows},
        "epoch_ratio": {n: median(n, "epoch_s") / median("snnsim", "epoch_s") for n in rows if n != "snnsim"},
        "peak_memory_share": {n: median("snnsim", "peak_bytes") / median(n, "peak_bytes") for n in rows if n != "snnsim"},
        "rounds": rows,
    }
    with open(args.output, "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    print(json.dumps({k: v for k, v in result.items() if k != "rounds"}, indent=1))


if __name__ == "__main__":
    sys.exit(main())
