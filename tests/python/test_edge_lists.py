"""Synapses from a file: what h5py writes is read, stored with its hash, and must not change before a resume."""
import os
import signal
import subprocess

import h5py
import numpy as np

from conftest import in_a_long_enough_run, stop_when

MODEL = """
name: listed
dt: 0.1 ms
simulate: {duration: 100 s}
populations:
  a: {model: regular_source, size: 20, rate: 50 Hz}
  b: {model: iaf_psc_exp, size: 10}
projections:
  - {from: a, to: b, name: first, connect: {rule: list, file: edges.h5}}
  - {from: a, to: b, name: second, connect: all_to_all, weight: 10 pA}
record: [{population: b, what: v, interval: 1 ms}]
"""


def write_edges(path, weight):
    with h5py.File(path, "w") as f:
        f["source"] = np.arange(20, dtype=np.uint64)
        f["target"] = np.arange(20) % 10
        f["weight"] = np.full(20, weight)
        f["weight"].attrs["units"] = "nA"
        f["delay"] = np.linspace(0.1, 2.0, 20)


def test_a_list(snnsim, tmp_path):
    model, edges, out = tmp_path / "m.yaml", tmp_path / "edges.h5", tmp_path / "a.h5"
    model.write_text(MODEL)
    write_edges(edges, 0.2)
    snnsim(model, "--set", "simulate.duration=100 ms", "-o", out)
    with h5py.File(out) as run:
        digest, name = run.attrs["inputs"][0].split("  ")
        assert name == "edges.h5" and len(digest) == 64
        assert [run[f"projections/{k}"].attrs["name"] for k in range(2)] == ["first", "second"]
        assert [run[f"projections/{k}"].attrs["synapses"] for k in range(2)] == [20, 200]
        assert [run[f"projections/{k}"].attrs["bytes_per_synapse"] for k in range(2)] == [4, 0]
        step = run["network/b"].attrs["weight_steps"]
        assert len(step) >= 1 and np.log2(step[0]) % 1 == 0 and 0 < step[0] <= 0.1
        assert run["state/b/v"][:].max() > run["state/b/v"][0].max() + 1


def test_a_data_set_that_is_no_column_is_not_read(snnsim, tmp_path):
    """It claims 8 TB, which would be told if it were read."""
    (tmp_path / "m.yaml").write_text(MODEL)
    write_edges(tmp_path / "edges.h5", 0.2)
    with h5py.File(tmp_path / "edges.h5", "a") as f:
        f.create_dataset("positions", (10**12,), "f8", chunks=(1024,))
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "check", tmp_path / "m.yaml"], capture_output=True, text=True)
    assert done.returncode == 1 and "edges.h5: unknown column 'positions' (known: source, target, weight, delay)" in done.stderr


def test_a_file_that_changed(snnsim, tmp_path):
    def attempt(length, folder):
        model, edges, out = folder / "m.yaml", folder / "edges.h5", folder / "a.h5"
        model.write_text(MODEL)
        write_edges(edges, 0.2)
        program = [os.environ["SNNSIM_BINARY"]]
        process = subprocess.Popen(program + [model, "-o", out, "--set", f"simulate.duration={100 * length} s",
                                              "--checkpoint-every", "0.02", "--progress", "none"])
        stop_when((folder / "a.checkpoint.h5").exists, process, signal.SIGKILL)
        good = edges.read_bytes()
        write_edges(edges, 0.3)
        result = subprocess.run(program + ["--resume", out], capture_output=True, text=True)
        assert result.returncode != 0 and "another content of 'edges.h5'" in result.stderr
        edges.write_bytes(good)
        snnsim("--resume", out)

    in_a_long_enough_run(attempt, tmp_path)
