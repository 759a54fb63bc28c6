#!/usr/bin/env python3
"""How long the import of large networks of other tools takes: makes them, imports each several times and takes the median.

    tools/bench/import_networks.py --snnsim build/snnsim -o tools/bench/results/import_networks.json [--rounds 7] [CASE ...]

Cases: nir_contiguous, nir_gzip (100 MB of weights of 32 bits, as h5py stores them and packed as nir does). The command is timed
from its start to its end; its input was just written and lies in the system's memory, its output goes to a folder of the system
(TMPDIR). `cpu_s` is what it took of the processor, which other programs on the machine do not change. A case of an older file
stays, unless it is measured again.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

from network_statistics import machine

NIR_CELLS = 3536    # two layers of 3536 x 3536 weights are 100 MB


def nir(path, **storage):
    """A network of two dense layers of LIF cells, in the form that nir 1.0.8 writes."""
    rng = np.random.default_rng(1)
    text = h5py.string_dtype()
    chain = ["input", "fc1", "lif1", "fc2", "lif2", "output"]
    with h5py.File(path, "w") as file:
        file["version"] = "1.0.8"
        nodes = file.create_group("node/nodes")
        file["node/type"] = "NIRGraph"
        file.create_dataset("node/edges", data=np.array(list(zip(chain[:-1], chain[1:])), dtype=object), dtype=text)
        for name in chain:
            node = nodes.create_group(name)
            if name in ("input", "output"):
                node["type"] = name.capitalize()
                node.create_dataset("shape", data=np.array([NIR_CELLS]), **storage)
            elif name.startswith("fc"):
                node["type"] = "Affine"
                weight = rng.standard_normal((NIR_CELLS, NIR_CELLS)) / np.sqrt(NIR_CELLS)
                node.create_dataset("weight", data=weight.astype(np.float32), **storage)
                node.create_dataset("bias", data=np.zeros(NIR_CELLS, np.float32), **storage)
            else:
                node["type"] = "LIF"
                for field, value in {"tau": 0.01, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}.items():
                    node.create_dataset(field, data=np.full(NIR_CELLS, value), **storage)
    return {"weights": 2 * NIR_CELLS**2}


# By case: the network's file, what makes it, and the options of the import.
CASES = {
    "nir_contiguous": ("net.nir", nir, ["--dt", "1 ms", "--reset", "zero"]),
    "nir_gzip": ("net.nir", lambda path: nir(path, compression="gzip"), ["--dt", "1 ms", "--reset", "zero"]),
}


def run(command):
    """Seconds from start to end, of the processor, and the most bytes of memory."""
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"import_networks.py: error: {' '.join(map(str, command))} failed")
    return {"seconds": seconds, "cpu_s": used.ru_utime + used.ru_stime, "peak_bytes": 1024 * used.ru_maxrss}


def measure(name, snnsim, rounds):
    file, make, options = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / file
        size = make(path)
        runs = [run([snnsim, "import", path, "-o", pathlib.Path(folder) / "model.yaml", "--force", *options]) for _ in range(rounds)]
        entry = {**size, "file_bytes": path.stat().st_size, "rounds": rounds}
    entry.update({key: round(statistics.median(r[key] for r in runs), 3) for key in ("seconds", "cpu_s")})
    entry["peak_bytes"] = max(r["peak_bytes"] for r in runs)
    entry["all_seconds"] = [round(r["seconds"], 3) for r in runs]
    return entry


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("-o", "--output")
    parser.add_argument("case", nargs="*", choices=[*CASES, []], default=[])
    args = parser.parse_args()
    older = json.loads(pathlib.Path(args.output).read_text()) if args.output and os.path.exists(args.output) else {}
    result = {**machine(args.snnsim), "cases": older.get("cases", {})}
    for name in args.case or CASES:
        result["cases"][name] = measure(name, args.snnsim, args.rounds)
        print(name, json.dumps(result["cases"][name]), flush=True)
    if args.output:
        with open(args.output, "w", encoding="utf-8") as out:
            json.dump(result, out, indent=2)
            out.write("\n")


if __name__ == "__main__":
    main()
