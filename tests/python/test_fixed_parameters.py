"""Parameters of neurons by cell that a file gives and no training changes: `trainable: {tau_m: {as: fixed, file: ...}}`."""

import subprocess

import h5py
import numpy as np
import pytest

MODEL = """name: fixed
seed: 1
dt: 1 ms
data: {set: file, file: x.npz, encode: {scheme: direct, duration: 30 ms}}
populations:
  input: {size: 4, model: spike_source}
  cells: {size: 6, model: lif, tau_m: 10 ms, reset: zero, integration: INTEGRATION, trainable: {tau_m: {as: fixed, per: cell, FILE}}}
  output: {size: 2, model: leaky_readout}
projections:
  - {from: input, to: cells, weight: {init: uniform, low: 0, high: 0.6}}
  - {from: cells, to: output}
train: {epochs: 2, batch: 8, optimizer: {name: adam, lr: 1e-2, weight_decay: 0.1}, loss: cross_entropy_mean}
test: {}
record: [{population: cells, what: v, samples: 3}]
"""
TAU = np.array([3.0, 5.0, 9.0, 17.0, 33.0, 65.0])


def written(tmp_path, integration="exact", file="file: tau.npy", tau=TAU):
    rng = np.random.default_rng(3)
    x = (rng.random((16, 30, 4)) < 0.3).astype(np.uint8)
    y = rng.integers(0, 2, 16)
    np.savez(tmp_path / "x.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    np.save(tmp_path / "tau.npy", np.asarray(tau))
    path = tmp_path / "m.yaml"
    path.write_text(MODEL.replace("INTEGRATION", integration).replace("FILE", file))
    return x


@pytest.mark.parametrize("integration", ["exact", "euler"])
def test_values_of_a_file_stay_and_are_what_cells_have(snnsim, tmp_path, integration):
    x = written(tmp_path, integration)
    snnsim("m.yaml", "-o", "m.h5", "--progress", "none", cwd=tmp_path)
    with h5py.File(tmp_path / "m.h5") as run:
        np.testing.assert_array_equal(run["learned/cells/tau_m"][:], TAU)
        w, v = run["weights/input_to_cells/weights"][:], run["state/cells/v"][:]
    beta = np.exp(-1 / TAU) if integration == "exact" else 1 - 1 / TAU
    wanted, u = [], np.zeros(6)
    for step in range(30):
        u = beta * u + x[0, step] @ w
        u = np.where(u >= 1.0, 0.0, u)
        wanted.append(u)
    np.testing.assert_allclose(v[:30], wanted, atol=1e-5)
    # A test, and a training that begins with the run, have them too.
    snnsim("test", "m.h5", "-o", "again.h5", "--progress", "none", cwd=tmp_path)
    snnsim("m.yaml", "--weights", "m.h5", "-o", "more.h5", "--progress", "none", cwd=tmp_path)
    for name in ("again.h5", "more.h5"):
        with h5py.File(tmp_path / name) as run:
            np.testing.assert_array_equal(run["learned/cells/tau_m"][:], TAU)


@pytest.mark.parametrize("keys, said", [
    ({"file": "spread: 0.1"}, "fixed takes the values of a file"),
    ({"tau": TAU[:5]}, "5 values"),
    ({"tau": -TAU}, "must be inside its limits"),
    ({"tau": TAU / 6, "integration": "euler"}, "must be inside its limits (at least 1)"),
])
def test_values_that_no_cell_can_have_are_told(tmp_path, snnsim, keys, said):
    import os
    written(tmp_path, **keys)
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "m.yaml", "-o", "m.h5"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0 and said in done.stderr and "m.yaml:7:" in done.stderr, done.stderr
