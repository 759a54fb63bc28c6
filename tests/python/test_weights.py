"""What a run file keeps of weights that change: histograms, single synapses, synapses that go and grow; warnings; pictures."""

import os
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest

from conftest import ROOT, in_a_long_enough_run, stop_when

MODEL = """name: weights
dt: 0.5 ms
simulate: {duration: 4 s}
populations:
  image: {model: poisson_source, size: 16, rate: 40 Hz}
  cell: {model: iaf_psc_delta, size: 3, tau_m: 20 ms, e_l: 0 mV, v_th: 4 mV, v_reset: 0 mV, t_ref: 2 ms}
  silent: {model: iaf_psc_delta, size: 5}
projections:
  - {from: image, to: cell, connect: all_to_all, weight: {distribution: uniform, low: 0.2 mV, high: 0.8 mV}, delay: 1 ms,
     plasticity: {rule: stdp, a_plus: 0.02, a_minus: 0.021, w_max: 1 mV, schedule: {times: [3 s], factors: [0]}}}
  - {from: image, to: cell, name: sparse, connect: {rule: fixed_in_degree, n: 6, multapses: false}, weight: 0.5 mV, delay: 1 ms,
     plasticity: {rule: stdp, a_plus: 0.02, a_minus: 0.04, w_max: 1 mV, structure: {interval: 500 ms, below: 0.1 mV, weight: 0.5 mV}}}
  - {from: image, to: silent, connect: all_to_all, weight: 0 mV, plasticity: {rule: stdp, w_max: 1 mV}}
record:
  - {population: image, what: spikes}
  - {population: cell, what: spikes}
  - {projection: image_to_cell, what: weight_histogram, bins: 8, interval: 250 ms}
  - {projection: image_to_cell, what: weight, synapses: [[0, 0], [15, 2]]}
"""


@pytest.fixture(scope="module")
def said_and_path(snnsim, tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    (folder / "weights.yaml").write_text(MODEL)
    done = snnsim(folder / "weights.yaml", "-o", folder / "weights.h5", "--threads", 2)
    return done.stdout + done.stderr, folder / "weights.h5"


@pytest.fixture
def weights(said_and_path):
    with h5py.File(said_and_path[1], "r") as run:
        yield run


def test_histograms(weights):
    group = weights["weights/image_to_cell"]
    assert group["histogram"].shape == (16, 8) and group["histogram"].dtype == np.uint64
    assert (group["histogram"][:].sum(axis=1) == 48).all()
    np.testing.assert_allclose(group["histogram_edges"][:], np.linspace(0, 1, 9))
    np.testing.assert_allclose(group["histogram_time"][:], np.arange(250, 4001, 250))
    final = np.histogram(group["weight"][:].astype(float), 8, (0, 1))[0]
    np.testing.assert_array_equal(group["histogram"][-1], final)
    np.testing.assert_array_equal(group["histogram"][-1], group["histogram"][11])  # the rate is 0 from 3 s on


def test_single_synapses(weights):
    group = weights["weights/image_to_cell"]
    changes = group["changes"]
    assert list(changes["source"]) == [0, 15] and list(changes["target"]) == [0, 2]
    time, synapse, weight = (changes[k][:] for k in ("time", "synapse", "weight"))
    assert (np.diff(time) >= 0).all() and list(time[:2]) == [0.5, 0.5] and 2500 < time[-1] <= 3000.5
    pre = weights["spikes/image/timestamps"][:][weights["spikes/image/node_ids"][:] == 15] + 1.0
    post = weights["spikes/cell/timestamps"][:][weights["spikes/cell/node_ids"][:] == 2]
    mine = time[synapse == 1][1:]
    assert len(mine) > 50 and np.isin(np.round(mine * 2), np.round(np.concatenate((pre, post)) * 2)).all()
    for k, (source, target) in enumerate(((0, 0), (15, 2))):
        final = group["weight"][:][(group["source"][:] == source) & (group["target"][:] == target)]
        assert weight[synapse == k][-1] == final


def test_structure(said_and_path, weights):
    group = weights["weights/sparse"]
    structure = group["structure"]
    np.testing.assert_allclose(structure["time"][:], np.arange(500, 4001, 500))
    assert structure["pruned"][:].sum() > 3
    np.testing.assert_array_equal(structure["pruned"][:], structure["grown"][:])
    assert (np.bincount(group["target"][:], minlength=3) == 6).all()
    assert len(set(zip(group["source"][:], group["target"][:]))) == 18
    n = structure["pruned"][:].sum()
    assert f"{n} synapses pruned, {n} grown, in 8 intervals" in said_and_path[0]


def test_warnings(said_and_path, weights):
    told = list(weights.attrs["warnings"])
    assert told == ["80 of the 80 weights of 'image_to_silent' (100.0 %) lie at a bound: 80 at w_min (0 mV), 0 at w_max (1 mV)",
                    "none of the 5 cells of 'silent' fired in the whole run (4000 ms)"]
    for text in told:
        assert f"warning: {text}\n" in said_and_path[0]


def everything(path):
    """All data sets below /weights, and the digest."""
    found = {}
    with h5py.File(path, "r") as run:
        run["weights"].visititems(lambda name, x: found.__setitem__(name, x[:]) if isinstance(x, h5py.Dataset) else None)
        return run.attrs["spike_digest"], found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_all_of_it_after_a_resume(snnsim, tmp_path, number):
    def attempt(length, folder):
        model, whole, out = folder / "weights.yaml", folder / "whole.h5", folder / "x.h5"
        model.write_text(MODEL)
        settings = ["--set", f"simulate.duration={200 * length} s", "--set", "record.2.interval=2 s", "--set",
                    f"projections.0.plasticity.schedule.times=[{150 * length} s]", "--progress", "none"]
        process = subprocess.Popen([os.environ["SNNSIM_BINARY"], model, "-o", out, "--checkpoint-every", "0.05",
                                    "--threads", "1", *settings])
        stop_when((folder / "x.checkpoint.h5").exists, process, number)
        snnsim("--resume", out, "--threads", 3, "--progress", "none")
        snnsim(model, "-o", whole, "--threads", 1, *settings)
        (digest, sets), (other_digest, others) = everything(whole), everything(out)
        assert digest == other_digest and sets.keys() == others.keys()
        for name, values in sets.items():
            np.testing.assert_array_equal(values, others[name], err_msg=name)

    in_a_long_enough_run(attempt, tmp_path)


def test_pictures(said_and_path, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "plot_run.py"), str(said_and_path[1]), "-o", str(tmp_path)],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = {p.name for p in tmp_path.glob("*.png")}
    assert {"receptive_fields.png", "weight_histograms.png", "weight_changes.png", "structure.png"} <= names


def test_receptive_fields_are_the_weights_of_all_sources(weights):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    sys.path.insert(0, str(ROOT / "python"))
    from snnsim.figures import weights as figures
    found = {name: matrix for name, _, matrix in figures.receptive_fields(weights)}
    assert set(found) == {"image_to_cell", "image_to_silent"}  # not the sparse one
    group = weights["weights/image_to_cell"]
    np.testing.assert_array_equal(found["image_to_cell"][group["source"][:], group["target"][:]], group["weight"][:])
    sheet, shown = figures.sheet_of(found["image_to_cell"])
    assert shown == 3 and sheet.shape == (9, 9)
    np.testing.assert_array_equal(sheet[:4, 5:], found["image_to_cell"][:, 1].reshape(4, 4))
