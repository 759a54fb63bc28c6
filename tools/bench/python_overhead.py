#!/usr/bin/env python3
"""What a run costs from Python beside the command: the same models, the one and the other in turn, on one machine.

    PYTHON tools/bench/python_overhead.py --snnsim build/snnsim -o tools/bench/results/python_overhead.json [--rounds 7]

PYTHON has the package installed. The command is timed from its start to its end; the call from Python in an interpreter that
runs already, as a notebook's does. `arrays`: snnsim.train on MNIST's arrays, beside the command on the same arrays in a .npz file.
"""
import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import snnsim

from network_statistics import call, machine

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "snnsim")
SETTINGS = {"mnist_lif": {"train.epochs": 1, "record": []}, "brunel": {}}
MORE_ROUNDS = {"brunel": 5}    # of a run that takes a second


def model_file(name):
    return os.path.join(ROOT, "models", f"{name}.yaml")


def idx(folder, stem):
    """An array of MNIST's files."""
    for name, opened in ((stem, open), (f"{stem}.gz", gzip.open)):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with opened(path, "rb") as file:
                data = file.read()
            dims = data[3]
            shape = np.frombuffer(data, ">u4", dims, 4)
            return np.frombuffer(data, np.uint8, offset=4 + 4 * dims).reshape(shape).copy()
    sys.exit(f"there is no {stem} in {folder}: run `snnsim models/mnist_lif.yaml` once, or name another folder with --mnist")


def timed(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare(command, python, rounds):
    """Seconds of each in turn; the one that begins changes from round to round."""
    seconds = {"command": [], "python": []}
    for k in range(rounds + 1):
        order = [("command", command), ("python", python)]
        for name, function in order if k % 2 else order[::-1]:
            seconds[name].append(timed(function))
    kept = {name: values[1:] for name, values in seconds.items()}    # the first round warms caches
    ratios = [p / c for c, p in zip(kept["command"], kept["python"])]
    return {"seconds": {name: statistics.median(values) for name, values in kept.items()}, "rounds": rounds,
            "python_over_command": statistics.median(ratios), "ratios": [round(r, 4) for r in ratios]}


def of_models(program, name, folder, rounds):
    settings = SETTINGS[name]
    sets = [part for key, value in settings.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    output = os.path.join(folder, f"{name}.h5")

    def command():
        call([program, model_file(name), "--backend", "cpu", "--progress", "none", "--force", "-o", output, *sets])

    def python():
        snnsim.run(model_file(name), set=settings, backend="cpu", progress=False, force=True, output=output).close()

    return compare(command, python, rounds)


def of_arrays(program, mnist, folder, rounds):
    x, y = idx(mnist, "train-images-idx3-ubyte"), idx(mnist, "train-labels-idx1-ubyte")
    xt, yt = idx(mnist, "t10k-images-idx3-ubyte"), idx(mnist, "t10k-labels-idx1-ubyte")
    file, output = os.path.join(folder, "mnist.npz"), os.path.join(folder, "arrays.h5")
    np.savez(file, x_train=x, y_train=y, x_test=xt, y_test=yt)

    def command():
        call([program, model_file("mnist_lif"), "--backend", "cpu", "--progress", "none", "--force", "-o", output,
              "--set", "data.set=file", "--set", f"data.file={file}", "--set", "train.epochs=1", "--set", "record=[]"])

    def python():
        snnsim.train(model_file("mnist_lif"), x, y, xt, yt, set=SETTINGS["mnist_lif"], backend="cpu", progress=False, force=True,
                     output=output).close()

    return compare(command, python, rounds)


def imports():
    """Milliseconds of `import snnsim` beyond an interpreter that does nothing, and until a run can begin, numpy included."""
    def median(code):
        return statistics.median(timed(lambda: subprocess.run([sys.executable, "-c", code], check=True)) for _ in range(15))
    bare = median("pass")
    return {name: round(1e3 * (median(code) - bare), 1) for name, code in (
        ("import snnsim", "import snnsim"), ("import snnsim; snnsim.run, snnsim.train, snnsim.Simulation",
                                             "import snnsim; snnsim.run, snnsim.train, snnsim.Simulation"),
        ("import numpy", "import numpy"))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--mnist", default=os.path.join(CACHE, "mnist"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("-o", "--output")
    args = parser.parse_args()
    warnings.simplefilter("ignore", snnsim.RunWarning)
    result = {**machine(args.snnsim), "python": sys.version.split()[0], "numpy": np.__version__, "import_ms": imports(), "cases": {}}
    with tempfile.TemporaryDirectory() as folder:
        for name in SETTINGS:
            result["cases"][name] = of_models(args.snnsim, name, folder, args.rounds * MORE_ROUNDS.get(name, 1))
            print(name, json.dumps(result["cases"][name]), flush=True)
        result["cases"]["arrays"] = of_arrays(args.snnsim, args.mnist, folder, args.rounds)
        print("arrays", json.dumps(result["cases"]["arrays"]), flush=True)
    print(json.dumps(result["import_ms"]))
    if args.output:
        with open(args.output, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)
            file.write("\n")


if __name__ == "__main__":
    main()
