#!/usr/bin/env python3
"""What an evolved circuit is worth as a module: copies of the coincidence detector, frozen, between the trained weights of an MNIST
network, beside the same network with a trained layer in their place.

    tools/bench/evolve_modules.py --snnsim build/snnsim --data-dir ~/.cache/snnsim/mnist -o evolve_modules.json

All networks have 784 inputs, of which each cell of the first layer has --inputs, drawn at random, one or two layers of spiking cells, and
a readout. `modules`: as many cells as there are ends of 64 modules, then the modules, whose weights, delays and time constants stay as `snnsim evolve models/evolve/coincidence.yaml` found them. `plain`: layers
of the same sizes, all edges trained. `one layer`: 64 cells alone. Each cell of a module is a population with a cell for each copy, so that an edge of
the module is a projection one_to_one. Accuracy and additions of weights (ACs) are those of the test, by sample.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import tempfile

import h5py
import yaml

from network_statistics import machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
HIDDEN = "lif, tau_m: 10 ms, v_th: 1.0, reset: subtract"


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def modules(winner, copies):
    """Populations and projections of `copies` of the winner, its ends, and the name of its output."""
    spec = yaml.safe_load(winner.read_text())
    cells, ends = spec["populations"]["cells"], spec["populations"]["inputs"]["size"]
    populations = [f"  end_{k}: {{size: {copies}, model: {HIDDEN}}}" for k in range(ends)]
    populations += [f"  cell_{k}: {{size: {copies}, model: lif, tau_m: {cells['tau_m']['values'][k]}, v_th: {cells['v_th']['values'][k]}, reset: zero}}"
                    for k in range(cells["size"])]
    projections = [f"  - {{from: input, to: end_{k}, connect: all_to_all, weight: fan_in_uniform, bias: true}}" for k in range(ends)]
    for projection in spec["projections"]:
        before = "end" if projection["from"] == "inputs" else "cell"
        projections += [f"  - {{from: {before}_{e['source']}, to: cell_{e['target']}, connect: one_to_one, "
                        f"weight: {{init: constant, value: {e['weight']}}}, delay: {e['delay (ms)']} ms, trainable: false}}"
                        for e in rows(winner.parent / projection["connect"]["file"])]
    return populations, projections, "cell_0", ends


def layers(sizes):
    names = ["input"] + [f"hidden_{k}" for k in range(len(sizes))]
    populations = [f"  {n}: {{size: {s}, model: {HIDDEN}}}" for n, s in zip(names[1:], sizes)]
    projections = [f"  - {{from: {a}, to: {b}, connect: all_to_all, weight: fan_in_uniform, bias: true}}" for a, b in zip(names, names[1:])]
    return populations, projections, names[-1]


def model(name, populations, projections, last, options):
    drawn = f"{{rule: fixed_in_degree, n: {options.inputs}}}" if options.inputs < 784 else "all_to_all"
    projections = [p.replace("connect: all_to_all", f"connect: {drawn}") if "from: input," in p else p for p in projections]
    return "\n".join([f"name: {name}", "seed: 1", "dt: 1 ms",
                      f"data: {{set: mnist, train_samples: {options.samples}, encode: {{scheme: poisson, max_rate: {options.max_rate} Hz, duration: {options.duration} ms}}}}",
                      "populations:", "  input: {size: 784, model: spike_source}", *populations, "  output: {size: 10, model: leaky_readout, tau_m: 20 ms}",
                      "projections:", *projections, f"  - {{from: {last}, to: output, connect: all_to_all, weight: fan_in_uniform, bias: true}}",
                      f"train: {{validation: {options.validation}, surrogate: {{name: fast_sigmoid, slope: 25}}, epochs: {options.epochs}, batch: 64, "
                      "optimizer: {name: adam, lr: 2e-3}, schedule: cosine, loss: cross_entropy_mean}", "test: {}", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--copies", type=int, default=64)
    parser.add_argument("--samples", type=int, default=10000)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--duration", type=int, default=40, help="of a sample, ms")
    parser.add_argument("--max-rate", type=int, default=1000, help="of a white pixel, Hz (%(default)d)")
    parser.add_argument("--inputs", type=int, default=400, help="that each cell of the first layer has, drawn at random (%(default)d; 784: all)")
    parser.add_argument("--validation", type=float, default=0, help="share of the training samples held out, whose accuracy is told too")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("-o", "--output", default="evolve_modules.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([options.snnsim, "evolve", ROOT / "models/evolve/coincidence.yaml", "-o", folder / "found", "--progress", "none"],
                       check=True, stdout=subprocess.DEVNULL)
        populations, projections, last, ends = modules(folder / "found/coincidence_winner.yaml", options.copies)
        networks = {"modules": (populations, projections, last), "plain": layers([ends * options.copies, options.copies]),
                    "one layer": layers([options.copies])}
        found = []
        for what, network in networks.items():
            file = folder / f"{what.replace(' ', '_')}.yaml"
            file.write_text(model(file.stem, *network, options))
            for seed in range(1, options.seeds + 1):
                run = folder / f"{file.stem}_{seed}.h5"
                subprocess.run([options.snnsim, file, "-o", run, "--set", f"seed={seed}", "--data-dir", options.data_dir, "--threads",
                                str(options.threads), "--progress", "none"], check=True, stdout=subprocess.DEVNULL)
                with h5py.File(run) as result:
                    counts = result["energy/test"]
                    acs = {name: float(p.attrs["acs"]) / counts.attrs["samples"] for name, p in counts["forward"].items()}
                    found.append({"network": what, "seed": seed, "accuracy": float(result["test"].attrs["accuracy"]),
                                  "acs": sum(acs.values()), "acs_behind_the_first_layer": sum(n for name, n in acs.items() if not name.startswith("input_"))})
                    if options.validation:
                        found[-1]["validation_accuracy"] = float(result["training/epochs/validation_accuracy"][-1])
                print(found[-1], flush=True)
    pathlib.Path(options.output).write_text(json.dumps({**machine(options.snnsim), "copies": options.copies, "samples": options.samples,
                                                        "epochs": options.epochs, "duration_ms": options.duration, "max_rate_hz": options.max_rate, "inputs_each": options.inputs, "runs": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
