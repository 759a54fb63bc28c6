"""Files that the package nir writes, and what it makes of those that are exported."""
import json
import os
import pathlib
import shutil
import subprocess

import h5py
import numpy as np
import pytest

from test_nir_export import NETWORKS, folder, trained  # noqa: F401

PYTHON = os.environ.get("SNNSIM_READERS", "")

# Every type of node, in two networks, with the shapes and numbers in which the package leaves them.
WRITE = """
import sys
import nir, numpy as np

def values(*shape, low=0.5):
    count = int(np.prod(shape))
    return (low + 0.1 * np.arange(count) / count).reshape(shape)

def chain(nodes, **more):
    names = list(nodes)
    return nir.NIRGraph(nodes, list(zip(names[:-1], names[1:])), **more)

def lif(*shape):
    return nir.LIF(tau=values(*shape, low=0.01), r=values(*shape, low=20), v_leak=np.zeros(shape), v_threshold=np.ones(shape))

cuba = dict(tau_syn=values(4, low=0.005), tau_mem=values(4, low=0.01), r=values(4, low=20), v_leak=np.zeros(4))
recurrent = nir.NIRGraph(
    {"input": nir.Input(np.array([4])), "lif": lif(4), "w_rec": nir.Linear(values(4, 4).astype(np.float32)), "output": nir.Output(np.array([4]))},
    [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")], metadata={"what": "a recurrent layer"})
flat = chain({
    "0_input": nir.Input(np.array([3])),
    "1_affine": nir.Affine(values(4, 3).astype(np.float16), values(4).astype(np.float16)),
    "2_rnn": recurrent,
    "3_linear": nir.Linear(values(4, 4)),
    "4_cuba": nir.CubaLIF(**cuba, v_threshold=np.ones(4), w_in=2.0),
    "5_scale": nir.Scale(values(4)),
    "6_if": nir.IF(r=values(4, low=1000), v_threshold=np.ones(4)),
    "7_delay": nir.Delay(np.full(4, 0.002)),
    "8_linear": nir.Linear(values(4, 4)),
    "9_li": nir.LI(tau=values(4, low=0.01), r=values(4), v_leak=np.zeros(4)),
    "9_output": nir.Output(np.array([4]))}, metadata={"dt": 1e-3, "nested": {"numbers": np.arange(3), "text": "x"}})
image = chain({
    "0_input": nir.Input(np.array([2, 8, 8])),
    "1_conv": nir.Conv2d((8, 8), values(4, 2, 3, 3).astype(np.float32), 1, 1, 1, 1, values(4).astype(np.float32)),
    "2_if": nir.IF(r=values(4, 8, 8, low=1000), v_threshold=np.ones((4, 8, 8))),
    "3_sum": nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
    "4_conv": nir.Conv2d(None, values(2, 4, 3, 3).astype(np.float32), 1, "same", 1, 1, values(2).astype(np.float32)),
    "5_lif": lif(2, 4, 4),
    "6_avg": nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
    "7_flat": nir.Flatten(None, 0, -1),
    "8_affine": nir.Affine(values(3, 8), values(3)),
    "9_cuba_li": nir.CubaLI(tau_syn=values(3, low=0.005), tau_mem=values(3, low=0.01), r=values(3), v_leak=np.zeros(3)),
    "9_output": nir.Output(np.array([3]))})
line = chain({
    "0_input": nir.Input(np.array([2, 9])),
    "1_conv": nir.Conv1d(9, values(4, 2, 3).astype(np.float32), 2, 1, 1, 1, values(4).astype(np.float32)),
    "2_lif": lif(4, 5),
    "9_output": nir.Output(np.array([4, 5]))})
for name, graph in {"flat": flat, "image": image, "line": line}.items():
    nir.write(f"{sys.argv[1]}/{name}.nir", graph)
"""
# Types, and the shapes that go in and out, as the package works them out and checks them.
READ = """
import json, sys
import nir
graph = nir.read(sys.argv[1])
print(json.dumps({"edges": len(graph.edges), "metadata": sorted(graph.metadata), "nodes": {
    name: [type(node).__name__] + [None if shape is None else [int(n) for n in shape]
                                   for kind in (node.input_type, node.output_type) for shape in kind.values()]
    for name, node in graph.nodes.items()}}))
"""


def other(script, *arguments):
    if not pathlib.Path(PYTHON).is_file():
        pytest.skip("no other readers are installed (tools/test installs tests/python/requirements.txt into build/readers)")
    found = subprocess.run([PYTHON, "-c", "import nir"], capture_output=True, text=True)
    if found.returncode:
        pytest.skip(f"nir cannot be imported: {found.stderr.splitlines()[-1]}")
    done = subprocess.run([PYTHON, "-c", script, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nir")
    other(WRITE, folder)
    return folder


def copy_plain(source, target):
    """The same network with numbers as they are, neither packed nor in chunks, and texts of a fixed length."""
    def visit(name, item):
        if isinstance(item, h5py.Group):
            target.require_group(name)
        elif item.dtype.kind == "O":
            target.create_dataset(name, data=np.asarray(item[()], dtype="S"))
        else:
            target.create_dataset(name, data=item[()])
    source.visititems(visit)


def arrays_of(model):
    """All numbers that stand beside an imported model."""
    with np.load(model.with_name(f"{model.stem}_weights.npz")) as file:
        out = {name: file[name] for name in file.files}
    with h5py.File(model.with_name(f"{model.stem}_cells.h5")) as file:
        file.visititems(lambda name, item: out.__setitem__(name, item[()]) if isinstance(item, h5py.Dataset) else None)
    return out


@pytest.mark.parametrize("name, inputs, last", [("flat", 3, "4_cuba"), ("image", 128, "5_lif"), ("line", 18, "2_lif")])
def test_a_network_of_the_package_is_read_and_runs(snnsim, written, tmp_path, name, inputs, last):
    with h5py.File(written / f"{name}.nir") as source, h5py.File(tmp_path / "plain.nir", "w") as target:
        weights = [item for item in source["node/nodes"].values() if "weight" in item]
        assert all(item["weight"].compression == "gzip" for item in weights)
        copy_plain(source, target)
    for file in (written / f"{name}.nir", tmp_path / "plain.nir"):
        snnsim("import", file, "-o", tmp_path / f"{file.stem}_model.yaml", "--dt", "1 ms", "--reset", "zero")
    first, second = (tmp_path / f"{stem}_model.yaml" for stem in (name, "plain"))
    assert first.read_text().replace(f"{name}.nir", "plain.nir").replace(f"{name}_model", "plain_model") == second.read_text()
    arrays, plain = arrays_of(first), arrays_of(second)
    assert arrays.keys() == plain.keys() and len(arrays) >= len(weights)
    for key, values in arrays.items():
        np.testing.assert_array_equal(values, plain[key], err_msg=key)
    snnsim(first, "-o", tmp_path / "run.h5", "--progress", "none")
    with np.load(tmp_path / f"{name}_model_samples.npz") as samples:
        assert samples["x_test"].shape == (1, 100, inputs)
    with h5py.File(tmp_path / "run.h5") as run:
        assert len(run[f"spikes/{last}/timestamps"]) > 0


@pytest.mark.parametrize("name", ["by_cell", "cuba_lif", "delays", "loop", "recurrent", "sparse"])
def test_the_package_reads_what_is_exported_and_checks_its_types(snnsim, trained, tmp_path, name):  # noqa: F811
    snnsim("export", trained(name), "-o", tmp_path / "net.nir")
    with h5py.File(tmp_path / "net.nir") as file:
        kinds = {node: item["type"][()].decode() for node, item in file["node/nodes"].items()}
        edges = len(file["node/edges"])
        assert file["version"][()] == b"1.0.8"
    found = json.loads(other(READ, tmp_path / "net.nir"))
    assert {node: values[0] for node, values in found["nodes"].items()} == kinds and found["edges"] == edges
    assert "dt" in found["metadata"] and name in NETWORKS
    inputs = [values for values in found["nodes"].values() if values[0] == "Input"]
    assert len(inputs) == 1 and np.prod(inputs[0][1]) == 36
    assert next(values for values in found["nodes"].values() if values[0] == "Output")[1] == [3]


@pytest.mark.parametrize("name", ["conv", "rows"])
def test_windows_that_the_package_reads_without_its_check(snnsim, trained, tmp_path, name):  # noqa: F811
    """It takes the rows of a window for its columns too, and the channels of a group for all."""
    snnsim("export", trained(name), "-o", tmp_path / "net.nir")
    found = json.loads(other(READ.replace("argv[1]", "argv[1], type_check=False"), tmp_path / "net.nir"))
    assert {"conv": "Conv2d", "rows": "Conv1d"}[name] in [values[0] for values in found["nodes"].values()]
    assert subprocess.run([PYTHON, "-c", READ, tmp_path / "net.nir"], capture_output=True).returncode


def test_what_the_package_refuses_is_refused_with_its_place(written, tmp_path):
    """An unknown field, a type that there is not, a field that is missing: nir.read raises an error for each."""
    for change, message in {"extra": "no such field", "type": "has no type 'LIFE'", "bias": "it is missing"}.items():
        path = tmp_path / f"{change}.nir"
        shutil.copy(written / "flat.nir", path)
        with h5py.File(path, "a") as file:
            node = file["node/nodes/1_affine"]
            if change == "type":
                del node["type"]
                node["type"] = "LIFE"
            elif change == "bias":
                del node["bias"]
            else:
                node["extra"] = 1.0
        assert subprocess.run([PYTHON, "-c", "import nir, sys; nir.read(sys.argv[1])", path], capture_output=True).returncode
        done = subprocess.run([os.environ["SNNSIM_BINARY"], "import", path, "-o", tmp_path / "x.yaml", "--dt", "1 ms"],
                              capture_output=True, text=True)
        assert done.returncode == 1 and f"{path}: /node/nodes/1_affine/{change}: " in done.stderr and message in done.stderr


def test_a_shape_that_costs_a_file_nothing_costs_no_memory(tmp_path):
    with h5py.File(tmp_path / "wide.nir", "w") as file:
        file["node/type"] = "NIRGraph"
        file.create_dataset("node/edges", data=np.array([["in", "out"]], dtype=object), dtype=h5py.string_dtype())
        for name, kind in {"in": "Input", "out": "Output"}.items():
            file[f"node/nodes/{name}/type"] = kind
            file[f"node/nodes/{name}/shape"] = np.array([2**31 - 1])
    done = subprocess.run(["bash", "-c", 'ulimit -v 4000000; "$@"', "-", os.environ["SNNSIM_BINARY"], "import", tmp_path / "wide.nir",
                           "-o", tmp_path / "x.yaml", "--dt", "1 ms"], capture_output=True, text=True)
    assert done.returncode == 1 and "it has 2147483647 values; a population has 16777216 cells at most" in done.stderr
    assert not list(tmp_path.glob("x*"))
