"""Trainings whose projections have few synapses: their run files, and what they take."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

MODEL = """name: sparse
seed: 4
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, duration: 5 ms}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 60, model: lif, tau_m: 5 ms}
  output: {size: 10, model: leaky_readout, tau_m: 10 ms}
projections:
  - {from: input, to: hidden, connect: {rule: fixed_in_degree, n: 90}, weight: {init: fan_in_uniform, gain: 6}, bias: true}
  - {from: hidden, to: hidden, connect: {rule: fixed_probability, p: 0.1}, weight: {init: fan_in_uniform, gain: 2}}
  - {from: hidden, to: output, connect: blocks, bias: true}
train: {epochs: 2, batch: 20, optimizer: {name: adam, lr: 5e-3}, loss: cross_entropy_mean}
test: {}
"""
PROJECTIONS = ["input_to_hidden", "hidden_to_hidden", "hidden_to_output"]


def synapses_of(path):
    with h5py.File(path) as file:
        return {name: {part: group[part][()] for part in group} for name, group in file["weights"].items()}


def expect_the_same(one, other):
    a, b = synapses_of(one), synapses_of(other)
    assert set(a) == set(b) == set(PROJECTIONS)
    for name in a:
        assert set(a[name]) == set(b[name])
        assert all(np.array_equal(a[name][part], b[name][part]) for part in a[name]), name


@pytest.fixture
def train(snnsim, data_folder, tmp_path):
    (tmp_path / "m.yaml").write_text(MODEL)

    def call(name, *settings, threads=2, more=()):
        snnsim(tmp_path / "m.yaml", *(part for one in settings for part in ("--set", one)), "--data-dir", data_folder, "--backend", "cpu",
               "--threads", threads, *more, "-o", tmp_path / name)
        return tmp_path / name
    return call


def test_synapses_stand_one_by_one(train, snnsim, data_folder, tmp_path):
    run = train("run.h5")
    found = synapses_of(run)
    first = found["input_to_hidden"]
    assert set(first) == {"source", "target", "weight", "bias"} and len(first["weight"]) == 60 * 90
    assert np.array_equal(np.bincount(first["target"], minlength=60), np.full(60, 90))
    assert np.array_equal(found["hidden_to_output"]["target"], np.arange(60) // 6)
    assert 0.07 < len(found["hidden_to_hidden"]["weight"]) / 3600 < 0.13
    for threads in (1, 3):
        expect_the_same(run, train(f"{threads}.h5", threads=threads))

    # They go on: to a training with the file's synapses alone, to arrays and back, to a test.
    snnsim("weights", run, "-o", tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz") as arrays:
        assert np.array_equal(arrays["input_to_hidden.weight"], first["weight"])
        assert np.array_equal(arrays["input_to_hidden.bias"], first["bias"])
    all_to_all = [f"projections.{k}.connect=all_to_all" for k in range(3)]
    for name in ("run.h5", "w.npz"):
        expect_the_same(run, train(f"again_{name}.h5", "train.epochs=0", *all_to_all, more=["--weights", tmp_path / name]))
    snnsim("test", run, "--data", data_folder, "-o", tmp_path / "test.h5")
    with h5py.File(run) as a, h5py.File(tmp_path / "test.h5") as b:
        assert a["test"].attrs["loss"] == b["test"].attrs["loss"]


def test_pruned_synapses_are_gone(train):
    pruned = synapses_of(train("pruned.h5", "train.prune={sparsity: 0.5, from: 1, to: 1}"))
    assert len(pruned["input_to_hidden"]["weight"]) == 60 * 45 and len(pruned["hidden_to_output"]["weight"]) == 30
    assert all(np.all(p["weight"] != 0) for p in pruned.values())


def test_memory_follows_the_synapses(data_folder, tmp_path):
    """Full matrices would take 10 GB: 400 million pairs with weight, gradient and moments, and once more for the way back."""
    binary = os.environ.get("SNNSIM_BINARY")
    if not binary:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    model = MODEL
    for small, large in (("size: 60", "size: 20000"), ("n: 90", "n: 10"), ("p: 0.1", "p: 0.0005"), ("duration: 5 ms", "duration: 2 ms"),
                         ("connect: blocks", "connect: {rule: fixed_out_degree, n: 1}")):
        assert small in model
        model = model.replace(small, large)
    (tmp_path / "large.yaml").write_text(model)
    settings = ["data.train_samples=10", "data.test_samples=10", "train.epochs=1", "train.batch=5"]
    command = [binary, tmp_path / "large.yaml", *(part for one in settings for part in ("--set", one)), "--data-dir", data_folder,
               "--backend", "cpu", "--threads", "2", "--progress", "none", "-o", tmp_path / "large.h5"]
    # A small process starts it: until a program has been loaded, what starts it counts as its memory.
    measure = ("import resource, subprocess, sys; print(subprocess.run(sys.argv[1:], stdout=2).returncode,"
               " resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    done = subprocess.run([sys.executable, "-c", measure, *map(str, command)], capture_output=True, text=True, check=True)
    code, peak = map(int, done.stdout.split())
    assert code == 0, done.stderr
    assert peak < 400_000    # KB
    found = synapses_of(tmp_path / "large.h5")
    assert abs(len(found["hidden_to_hidden"]["weight"]) - 200_000) < 3000
