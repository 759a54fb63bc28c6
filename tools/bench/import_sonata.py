#!/usr/bin/env python3
"""How long `snnsim import` takes for a SONATA network of 10,000 cells and 10 million edges, and how much memory.

    tools/bench/import_sonata.py --snnsim build/snnsim -o import_sonata.json

Four files of edges: weight and delay of each edge, the same packed (gzip), weights of two types only, and edges whose places in their
group are in no order. Each is read several times; the fastest counts, as other work on the machine makes only slower, and all are written.
Exit status: 1 where one takes more than 2 s, or more memory than 1.5 times the arrays of its edges.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

from network_statistics import machine

CELLS, EDGES = 10_000, 10_000_000
FORMS = {"each edge": {}, "each edge, packed": {"compression": "gzip"}, "by type": {}, "in no order": {}}


def write(folder, form):
    """Returns the bytes of the arrays of edges."""
    random = np.random.default_rng(1)
    excites = CELLS * 4 // 5
    with h5py.File(folder / "nodes.h5", "w") as f:
        g = f.create_group("nodes/cortex")
        g["node_id"], g["node_type_id"] = np.arange(CELLS, dtype="u8"), np.where(np.arange(CELLS) < excites, 100, 101).astype("u8")
        g["node_group_id"], g["node_group_index"] = np.zeros(CELLS, "u4"), np.arange(CELLS, dtype="u8")
    target, source = np.sort(random.integers(0, CELLS, EDGES)), random.integers(0, CELLS, EDGES)
    arrays = {"source_node_id": source.astype("u8"), "target_node_id": target.astype("u8"),
              "edge_type_id": np.where(source < excites, 100, 101).astype("u4"), "edge_group_id": np.zeros(EDGES, "u2"),
              "edge_group_index": (random.permutation(EDGES) if form == "in no order" else np.arange(EDGES)).astype("u4")}
    if form != "by type":
        # Groups in no order have the same weights for both types of edges: signs would not fit.
        sign = 1 if form == "in no order" else np.where(source < excites, 1, -4)
        arrays |= {"0/syn_weight": sign * random.uniform(5, 15, EDGES), "0/delay": np.round(random.uniform(0.5, 3, EDGES), 1)}
    with h5py.File(folder / "edges.h5", "w") as f:
        g = f.create_group("edges/cortex_to_cortex")
        for name, values in arrays.items():
            g.create_dataset(name, data=values, **FORMS[form])
        for name in ("source_node_id", "target_node_id"):
            g[name].attrs["node_population"] = "cortex"
    (folder / "node_types.csv").write_text("node_type_id model_type model_template dynamics_params\n"
                                           "100 point_neuron nest:iaf_psc_alpha exc.json\n101 point_neuron nest:iaf_psc_alpha NULL\n")
    (folder / "exc.json").write_text('{"tau_m": 20.0}')
    (folder / "edge_types.csv").write_text("edge_type_id model_template syn_weight delay\n100 static_synapse 10 1.5\n101 static_synapse -40 0.8\n")
    (folder / "config.json").write_text(json.dumps({
        "run": {"dt": 0.1, "tstop": 100}, "components": {"point_neuron_models_dir": "."},
        "networks": {"nodes": [{"nodes_file": "nodes.h5", "node_types_file": "node_types.csv"}],
                     "edges": [{"edges_file": "edges.h5", "edge_types_file": "edge_types.csv"}]}}))
    return sum(values.nbytes for values in arrays.values())


def measured(snnsim, folder, form, rounds):
    # By another process: the peak of a child begins at what its parent has.
    made = subprocess.run([sys.executable, __file__, "--make", form, folder], capture_output=True, text=True, check=True)
    arrays = int(made.stdout)
    command = [snnsim, "import", folder / "config.json", "-o", folder / "m.yaml", "--force"]
    wall, cpu, peak = [], [], 0
    for _ in range(rounds):
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall.append(time.monotonic() - start)
        if status:
            sys.exit("import_sonata.py: error: snnsim import failed")
        cpu.append(usage.ru_utime + usage.ru_stime)
        peak = max(peak, usage.ru_maxrss * 1024)
    with h5py.File(folder / "m.h5") as f:
        edges = sum(len(g["source"]) for g in f["edges"].values())
    if edges != EDGES:
        sys.exit(f"import_sonata.py: error: {edges} of {EDGES} edges")
    return {"form": form, "edges": EDGES, "file_bytes": (folder / "edges.h5").stat().st_size, "array_bytes": arrays,
            "wall_seconds": round(min(wall), 3), "wall_all": [round(x, 3) for x in wall],
            "processor_seconds": round(min(cpu), 3), "peak_bytes": peak, "peak_of_arrays": round(peak / arrays, 3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("-o", "--output", help="write every value to this .json file")
    parser.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.make:
        print(write(pathlib.Path(args.make[1]), args.make[0]))
        return
    snnsim = os.path.abspath(args.snnsim)
    runs, failed = [], False
    for form in FORMS:
        with tempfile.TemporaryDirectory() as folder:
            runs.append(measured(snnsim, pathlib.Path(folder), form, args.rounds))
        run = runs[-1]
        wrong = run["peak_of_arrays"] > 1.5 or run["wall_seconds"] > 2
        failed |= wrong
        print(json.dumps(run), "WRONG" if wrong else "", flush=True)
    if args.output:
        pathlib.Path(args.output).write_text(json.dumps({**machine(snnsim), "runs": runs}, indent=1) + "\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
