#!/usr/bin/env python3
"""Times training of 784-1000-10 side by side with PyTorch-based peers: ours and each peer in turn, several rounds.

    tools/bench/train_vs_peers.py --snnsim build/snnsim --peers FOLDER --python VENV/bin/python --mnist FOLDER -o FILE.json

FOLDER of --peers holds the peers' scripts (train_snntorch.py, train_spikingjelly.py, ...); each prints one JSON line with
epoch_s, infer_images_per_s and peak_bytes. Ours: a whole epoch of tools/bench/mnist_784_1000_10.yaml, and its test set.
Accuracy after 1 and 3 epochs, of ours and of the fastest peer, over some seeds. Reported: medians, ratios of medians, and every value. Run it on an otherwise idle machine.
"""
import argparse
import datetime
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile

import h5py

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mnist_784_1000_10.yaml")


def child_peak_bytes(command, **options):
    """Runs a command; returns what it printed and its peak memory."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed ({status})")
    return out, usage.ru_maxrss * 1024


def ours(args, epochs=1, seed=1):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "run.h5")
        _, peak = child_peak_bytes([args.snnsim, MODEL, "-o", path, "--threads", str(args.threads), "--data-dir", args.mnist,
                                    "--set", f"train.epochs={epochs}", "--set", f"seed={seed}", "--progress", "none", "--backend", "cpu"])
        with h5py.File(path) as run:
            return {"epoch_s": statistics.median(run["training/epochs/seconds"][:]),
                    "infer_images_per_s": int(run["test"].attrs["samples"]) / float(run["profile/test"][0]),
                    "peak_bytes": peak, "accuracy": float(run["test"].attrs["accuracy"])}


def peer(args, name):
    out, _ = child_peak_bytes([args.python, f"train_{name}.py", "--threads", str(args.threads), "--data", args.mnist,
                               "--batches", str(args.batches)], cwd=args.peers)
    line = json.loads(out.strip().splitlines()[-1])
    return {key: line[key] for key in ("epoch_s", "infer_images_per_s", "peak_bytes")} | {"version": line["version"]}


def accuracies(args, name):
    """Test accuracy after 1 and after 3 epochs, a row a seed."""
    out = []
    for seed in range(1, args.accuracy_seeds + 1):
        if name == "snnsim":
            out.append([ours(args, epochs, seed)["accuracy"] for epochs in (1, 3)])
        else:
            line, _ = child_peak_bytes([args.python, f"train_{name}.py", "--threads", str(args.threads), "--data", args.mnist,
                                        "--epochs", "3", "--seed", str(seed)], cwd=args.peers)
            accuracy = json.loads(line.strip().splitlines()[-1])["test_accuracy"]
            out.append([accuracy[0], accuracy[2]])
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--snnsim", default="build/snnsim")
    p.add_argument("--peers", required=True, help="folder of the peers' scripts")
    p.add_argument("--python", required=True, help="Python that has the peers")
    p.add_argument("--mnist", required=True, help="folder with the four idx files")
    p.add_argument("--names", nargs="+", default=["spikingjelly", "snntorch"])
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--batches", type=int, default=30, help="batches per timing of a peer")
    p.add_argument("--accuracy-seeds", type=int, default=2, help="seeds of 3 epochs that accuracy is measured with")
    p.add_argument("-o", "--output", required=True)
    args = p.parse_args()
    args.snnsim, args.python = os.path.abspath(args.snnsim), os.path.abspath(args.python)

    rows = {name: [] for name in ["snnsim", *args.names]}
    for _ in range(args.rounds):
        rows["snnsim"].append(ours(args))
        for name in args.names:
            rows[name].append(peer(args, name))
        print({name: round(r[-1]["epoch_s"], 2) for name, r in rows.items()}, flush=True)

    def median(name, key):
        return statistics.median(r[key] for r in rows[name])

    fastest = min(args.names, key=lambda n: median(n, "epoch_s"))
    quickest = max(args.names, key=lambda n: median(n, "infer_images_per_s"))
    leanest = min(args.names, key=lambda n: median(n, "peak_bytes"))
    accuracy = {name: accuracies(args, name) for name in ("snnsim", fastest)}
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    result = {
        "date": datetime.date.today().isoformat(), "cpu": cpu, "cores": os.cpu_count(), "system": platform.platform(),
        "snnsim": subprocess.run([args.snnsim, "--version"], capture_output=True, text=True).stdout.strip(),
        "threads": args.threads, "network": "784-1000-10, T = 25, batch 128, Poisson, fp32",
        "epoch_s": {n: median(n, "epoch_s") for n in rows},
        "infer_images_per_s": {n: median(n, "infer_images_per_s") for n in rows},
        "peak_bytes": {n: median(n, "peak_bytes") for n in rows},
        "epoch_ratio_to_fastest_peer": median(fastest, "epoch_s") / median("snnsim", "epoch_s"),
        "infer_ratio_to_fastest_peer": median("snnsim", "infer_images_per_s") / median(quickest, "infer_images_per_s"),
        "peak_memory_share_of_leanest_peer": median("snnsim", "peak_bytes") / median(leanest, "peak_bytes"),
        "accuracy_after_1_and_3_epochs": accuracy,
        "rounds": rows,
    }
    with open(args.output, "w") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    print(json.dumps({k: v for k, v in result.items() if k != "rounds"}, indent=1))


if __name__ == "__main__":
    main()
