#!/usr/bin/env python3
"""Trains on a data set that is streamed from disk, and on as much of it as memory holds: samples per second, and peak memory.

    tools/bench/streaming.py --snnsim build/snnsim --folder DIR --gigabytes 10 -o streaming.json

Writes DIR/streamed.h5 and DIR/resident.h5 (random images of 64 x 64 real numbers, ten classes; the second is the first
of them), trains an epoch on each in turn, and removes both. The rate is that of the updates, as the run file has it:
without start, reading into memory, and test. The system's cache holds as much of the file as it has room for; with
--cold it is emptied of it before each run, as far as the system lets a user.
"""
import argparse
import json
import os
import statistics
import subprocess

import h5py
import numpy as np

from network_statistics import machine

SIDE, CLASSES, TEST = 64, 10, 1000
MODEL = """name: streaming
dt: 1 ms
data: {{set: file, file: {file}, stream: {stream}, encode: {{scheme: poisson, max_rate: 200 Hz, duration: 10 ms}}}}
populations:
  input: {{size: {inputs}, model: spike_source}}
  hidden: {{size: 256, model: lif, tau_m: 10 ms}}
  output: {{size: 10, model: leaky_readout, tau_m: 20 ms}}
projections:
  - {{from: input, to: hidden, bias: true}}
  - {{from: hidden, to: output, bias: true}}
train: {{epochs: 1, batch: 128, optimizer: {{name: adam, lr: 1e-3}}, loss: cross_entropy_mean}}
"""


def write(path, samples):
    """Bright columns, which are the class, over noise: the same samples in any file."""
    with h5py.File(path, "w") as file:
        for name, count in (("train", samples), ("test", TEST)):
            x = file.create_dataset(f"{name}/x", (count, SIDE, SIDE), dtype="f4")
            y = np.arange(count) % CLASSES
            file[f"{name}/y"] = y
            noise = np.random.default_rng(1).uniform(0.0, 0.3, (1024 + SIDE, SIDE, SIDE)).astype("f4")
            for first in range(0, count, 1024):
                block = noise[first // 1024 % SIDE:][:min(1024, count - first)].copy()
                for label in range(CLASSES):
                    block[y[first:first + len(block)] == label, :, 6 * label:6 * label + 6] += 0.5
                x[first:first + len(block)] = block


def forget(path):
    """Lets the system's cache drop the file."""
    with open(path, "rb") as file:
        os.fdatasync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def run(snnsim, model, out, threads):
    process = subprocess.Popen([snnsim, model, "-o", out, "--force", "--backend", "cpu", "--threads", str(threads),
                                "--progress", "none"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    with h5py.File(out) as file:
        seconds = float(file["training/epochs/seconds"][:].sum())
        samples = int(file["energy/train"].attrs["samples"])
    return {"samples_per_s": samples / seconds, "peak_mb": usage.ru_maxrss / 1024, "epoch_s": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", required=True)
    parser.add_argument("--folder", required=True, help="with room for the data")
    parser.add_argument("--gigabytes", type=float, default=10.0)
    parser.add_argument("--resident", type=float, default=1.0, help="gigabytes of the part that is trained on from memory")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("-o", "--output", required=True)
    given = parser.parse_args()
    sample = 4 * SIDE * SIDE
    kinds = {"streamed": (given.gigabytes, "always"), "resident": (given.resident, "never")}
    files, results = {}, {name: [] for name in kinds}
    try:
        for name, (gigabytes, stream) in kinds.items():
            files[name] = os.path.join(given.folder, f"{name}.h5")
            write(files[name], int(gigabytes * 1e9 / sample))
            with open(os.path.join(given.folder, f"{name}.yaml"), "w") as model:
                model.write(MODEL.format(file=f"{name}.h5", stream=stream, inputs=SIDE * SIDE))
        sizes = {name: os.path.getsize(path) for name, path in files.items()}
        for _ in range(given.rounds):
            for name, path in files.items():
                if given.cold:
                    forget(path)
                model, out = (os.path.join(given.folder, f"{name}.{end}") for end in ("yaml", "run.h5"))
                results[name].append(run(given.snnsim, model, out, given.threads))
                print(name, results[name][-1], flush=True)
    finally:
        for name in kinds:
            for end in ("h5", "yaml", "run.h5"):
                path = os.path.join(given.folder, f"{name}.{end}")
                if os.path.exists(path):
                    os.remove(path)
    median = {name: {key: statistics.median(r[key] for r in rounds) for key in rounds[0]} for name, rounds in results.items()}
    summary = {**machine(given.snnsim), "threads": given.threads, "cold": given.cold,
               "file_bytes": sizes, "rounds": results, "median": median,
               "streamed_to_resident": median["streamed"]["samples_per_s"] / median["resident"]["samples_per_s"]}
    with open(given.output, "w") as out:
        json.dump(summary, out, indent=1)
        out.write("\n")
    print(f"streamed / resident: {summary['streamed_to_resident']:.3f}, peak {median['streamed']['peak_mb']:.0f} MB")


if __name__ == "__main__":
    main()
