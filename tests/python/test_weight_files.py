"""Weights of simulations that lie in files: delays, units, scale, the grid of the sums, and rules that change them."""

import os
import subprocess

import h5py
import numpy as np
import pytest

from conftest import PATIENCE

MODEL = """name: s
dt: 1 ms
simulate: {duration: 200 ms}
populations:
  a: {size: 12, model: poisson_source, rate: 100 Hz}
  b: {size: 20, model: lif, tau_m: 10 ms}
projections:
  - {from: a, to: b, connect: all_to_all, weight: {file: w.npy}}
record: [{population: b, what: spikes}]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "m.yaml").write_text(MODEL)
    np.save(tmp_path / "w.npy", np.random.default_rng(1).uniform(0, 0.4, (12, 20)))
    return tmp_path


def call(folder, *settings, out="out.h5"):
    words = [os.environ["SNNSIM_BINARY"], "m.yaml", "--force", "--progress", "none", "--backend", "cpu", "-o", out]
    for s in settings:
        words += ["--set", s]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, cwd=folder)
    assert done.returncode in (0, 1, 2), done.stderr
    return done


def run(folder, *settings):
    done = call(folder, *settings)
    assert done.returncode == 0, done.stderr
    return folder / "out.h5"


def spikes(path):
    with h5py.File(path) as file:
        return file["spikes/b/timestamps"][:], file["spikes/b/node_ids"][:]


def error_of(folder, *settings):
    done = call(folder, *settings)
    assert done.returncode != 0, done.stdout
    return done.stderr


DELAY = "projections.0.delay={distribution: uniform, low: 1 ms, high: 5 ms}"


def test_each_synapse_draws_its_delay_as_without_a_file(snnsim, folder):
    np.save(folder / "w.npy", np.full((12, 20), 0.25))
    constant = spikes(run(folder, "projections.0.weight=0.25", DELAY))
    assert len(constant[0]) > 20
    of_file = spikes(run(folder, DELAY))
    assert all(np.array_equal(a, b) for a, b in zip(constant, of_file))
    assert not np.array_equal(of_file[0], spikes(run(folder, "projections.0.delay=1 ms"))[0])


def test_delays_of_synapses_that_learn_are_drawn(snnsim, folder):
    path = run(folder, DELAY, "projections.0.plasticity={rule: stdp, w_max: 2, normalise: {sum: 3, interval: 20 ms}}")
    with h5py.File(path) as file:
        delay = file["weights/a_to_b/delay"][:]
    assert set(delay) == {1.0, 2.0, 3.0, 4.0, 5.0} and len(delay) == 240


def test_the_unit_of_a_file_counts(snnsim, folder):
    with h5py.File(folder / "w.h5", "w") as file:
        file["a_to_b"] = np.full((12, 20), 0.9)
        file["a_to_b"].attrs["units"] = "nA"
    cells = "populations.b={size: 20, model: iaf_psc_exp}"
    in_file = spikes(run(folder, cells, "projections.0.weight={file: w.h5}"))
    assert len(in_file[0]) > 20
    assert all(np.array_equal(a, b) for a, b in zip(in_file, spikes(run(folder, cells, "projections.0.weight=0.9 nA"))))
    assert "its weights have the unit nA, but 'b' (lif) takes a number without a unit" in error_of(
        folder, "projections.0.weight={file: w.h5}")


@pytest.mark.parametrize("setting, message", [
    ("scale={neurons: 0.5}", "scale cannot make what a file holds smaller; leave scale out"),
    ("projections.0.connect={rule: all_to_all, own: false}", "the file says which synapses there are; leave own out"),
    ("projections.0.connect={rule: all_to_all, autapses: false}", "the file says which synapses there are; leave autapses out"),
])
def test_what_a_file_decides_alone(snnsim, folder, setting, message):
    assert message in error_of(folder, setting)


def test_a_large_weight_does_not_take_the_others_their_digits(snnsim, folder):
    weights = np.load(folder / "w.npy")
    before = spikes(run(folder))
    weights[0, 0] = 1e4  # of one pair: all other cells fire as before
    np.save(folder / "w.npy", weights)
    after = spikes(run(folder))
    assert len(before[0]) > 20
    others = [np.column_stack([t[cell > 0], cell[cell > 0]]) for t, cell in (before, after)]
    assert abs(len(others[0]) - len(others[1])) <= 0.02 * len(others[0])
    with h5py.File(folder / "out.h5") as file:
        assert max(file["network/b"].attrs["weight_steps"]) < 0.002
    weights[0, 0] = 1e30
    np.save(folder / "w.npy", weights)
    said = error_of(folder)
    assert "of the 240 weights in w.npy that are not 0 would become 0, the first that of 0 to 1" in said
    assert "of 0 to 0; make that one smaller" in said
