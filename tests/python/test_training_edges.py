"""Corners of trainings: a batch beyond the data, pruning that would leave nothing, bits at their limits."""

import os
import subprocess

import h5py
import numpy as np
import pytest

from conftest import PATIENCE, TEST, TRAIN

MODEL = """name: t
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, max_rate: 300 Hz, duration: 100 ms}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 100, model: lif}
  output: {size: 10, model: leaky_readout}
projections: [{from: input, to: hidden}, {from: hidden, to: output}]
train: {epochs: 2, batch: 180, validation: 0.1}
test: {batch: 50}
"""


@pytest.fixture
def train(snnsim, data_folder, tmp_path):
    (tmp_path / "m.yaml").write_text(MODEL)

    def call(name, *settings):
        out = tmp_path / name
        said = snnsim(tmp_path / "m.yaml", *[part for s in settings for part in ("--set", s)], "--data-dir", data_folder,
                      "--backend", "cpu", "-o", out).stdout
        return out, said

    return call


def refusal(folder, *arguments):
    (folder / "m.yaml").write_text(MODEL)
    done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2, done.stdout + done.stderr
    return done.stderr


def test_a_batch_beyond_the_data_is_all_of_them(train):
    """Steps and cells for 65,536 samples would take tens of GB."""
    shown = TRAIN - TRAIN // 10
    whole, said = train("whole.h5")
    assert "train.batch" not in said
    huge, said = train("huge.h5", "train.batch=65536", "test.batch=65536")
    assert f"warning: train.batch: 65536 is more than the {shown} samples of an epoch, which is one update of them all" in said
    with h5py.File(whole) as a, h5py.File(huge) as b:
        assert len(a["training/steps/loss"]) == len(b["training/steps/loss"]) == 2
        for path in ("training/steps/loss", "training/epochs/validation_loss", "test/prediction",
                     "weights/input_to_hidden/weights", "weights/hidden_to_output/weights"):
            assert np.array_equal(a[path][()], b[path][()]), path
        assert b["test"].attrs["samples"] == TEST and a["test"].attrs["loss"] == b["test"].attrs["loss"]


def test_pruning_that_leaves_nothing_is_refused(snnsim, data_folder, tmp_path):
    model = tmp_path / "m.yaml"

    def prune(sparsity):
        return ["--set", f"train.prune={{sparsity: {sparsity}, from: 1, to: 1}}"]

    cells = {"input_to_hidden": "input_to_hidden (78400), fewer than one for each of 100 cells; write at most 0.99872",
             "hidden_to_output": "hidden_to_output (1000), fewer than one for each of 10 cells; write at most 0.9900"}
    for sparsity, left, name in (0.9999999, "none", "input_to_hidden"), (0.9999, "8", "input_to_hidden"), (0.992, "8", "hidden_to_output"):
        for command in (["check", model], ["run", model, "-o", tmp_path / "x.h5", "--data-dir", data_folder]):
            said = refusal(tmp_path, *command, *prune(sparsity))
            assert "m.yaml" in said and f"sparsity {sparsity} leaves {left} of the weights of {cells[name]}" in said
            assert not (tmp_path / "x.h5").exists()
    written = tmp_path / "written.yaml"
    written.write_text(MODEL.replace("epochs: 2", "prune: {sparsity: 0.992, from: 1, to: 1}, epochs: 2"))
    assert "written.yaml:9:16: sparsity 0.992 leaves 8 of the weights" in refusal(tmp_path, "check", written)
    for sparsity in (0, 1, 1.5, -0.1):
        assert "sparsity" in refusal(tmp_path, "check", model, *prune(sparsity))
    snnsim("run", model, "-o", tmp_path / "x.h5", "--data-dir", data_folder, *prune(0.99))
    with h5py.File(tmp_path / "x.h5") as run:
        assert np.count_nonzero(run["weights/hidden_to_output/weights"]) == 10


@pytest.mark.parametrize("bits", [2, 16])
def test_bits_at_their_limits(train, bits):
    exact, _ = train("exact.h5")
    rounded, _ = train("rounded.h5", f"test.quantize={{bits: {bits}, scale: projection}}")
    with h5py.File(exact) as a, h5py.File(rounded) as b:
        for name in ("input_to_hidden", "hidden_to_output"):
            w, r = a[f"weights/{name}/weights"][()].astype(float), b[f"weights/{name}/weights"][()].astype(float)
            step = np.abs(w).max() / (2 ** (bits - 1) - 1)
            assert np.abs(r - w).max() <= 0.505 * step and np.abs(r / step - np.round(r / step)).max() < 0.01
            assert len(np.unique(r)) <= 2 ** bits - 1


@pytest.mark.parametrize("bits", [1, 17, 0, -3])
def test_bits_beyond_their_limits_are_refused(tmp_path, snnsim, bits):
    assert "bits must be" in refusal(tmp_path, "check", tmp_path / "m.yaml", "--set", f"test.quantize={{bits: {bits}}}")


def test_a_population_that_sends_nothing_is_told(train):
    silent = "warning: 'hidden' sent nothing in the whole test"
    _, said = train("sound.h5", "train.epochs=1", "data.encode.duration=8 ms")
    assert silent not in said
    out, said = train("silent.h5", "train.epochs=1", "data.encode.duration=8 ms", "populations.hidden={size: 20, model: lif, v_th: 1000}")
    assert silent in said and "'input'" not in said
    with h5py.File(out) as file:
        assert any("'hidden' sent nothing" in str(w) for w in file.attrs["warnings"])
