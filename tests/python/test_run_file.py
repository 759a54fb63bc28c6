"""A run file as a user meets it with h5py: the layout, the units, and that its parts agree with each other."""

import datetime
import hashlib
import os

import h5py
import numpy as np
import pytest

from conftest import MODEL, OVERRIDES, STEPS, TEST, TRAIN


def spike_digest(population, step, trial, neuron):
    """SHA-256 over the name and (trial, step in the trial from 1, neuron), 32 bits each, little endian."""
    words = np.stack([trial, step, neuron], axis=1).astype("<u4")
    return hashlib.sha256(population.encode() + b"\n" + words.tobytes()).hexdigest()


def spikes(run, population):
    """(step in the trial, from 1; trial; neuron)"""
    group = run["spikes"][population]
    trial = group["trial"][:].astype(int)
    step = np.rint(group["timestamps"][:] / run.attrs["dt"]).astype(int) - trial * STEPS
    return step, trial, group["node_ids"][:].astype(int)


def test_the_root_tells_where_the_run_comes_from(run):
    root = run.attrs
    text = MODEL.read_text()
    assert root["format"] == "snnsim run"
    assert root["model_name"] == "mnist_lif"
    assert root["model"] == text
    assert root["model_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert list(root["overrides"]) == OVERRIDES
    assert root["seed"] == 11
    assert (root["dt"], root["dt_units"], root["steps_per_sample"]) == (0.5, "ms", STEPS)
    assert root["backend"] == "cpu"
    assert root["status"] == "finished"
    assert root["snnsim_version"] and root["device"] and root["host"]
    started, finished = (datetime.datetime.strptime(root[k], "%Y-%m-%dT%H:%M:%SZ") for k in ("started", "finished"))
    assert started <= finished


def test_every_dataset_has_a_unit(run):
    without = []
    run.visititems(lambda name, item: without.append(name)
                   if isinstance(item, h5py.Dataset) and not isinstance(item.attrs.get("units"), str) else None)
    assert without == []
    assert run["spikes/hidden/timestamps"].attrs["units"] == "ms"
    assert run["trials/start"].attrs["units"] == "ms"
    assert run["state/output/v_time"].attrs["units"] == "ms"
    assert run["training/epochs/seconds"].attrs["units"] == "s"
    assert run["training/steps/loss"].attrs["units"] == "1"


def test_the_file_is_sonata(run):
    assert run.attrs["magic"] == 0x0A7A and run.attrs["magic"].dtype == np.uint32
    assert list(run.attrs["version"]) == [0, 1] and run.attrs["version"].dtype == np.uint32
    assert sorted(run["spikes"]) == ["hidden", "input"]  # readers take every name here for a population


@pytest.mark.parametrize("population, size", [("input", 784), ("hidden", 32)])
def test_spikes_follow_sonata(run, population, size):
    group = run["spikes"][population]
    sorting = group.attrs.get_id("sorting").dtype
    assert h5py.check_enum_dtype(sorting) == {"none": 0, "by_id": 1, "by_time": 2}
    assert group.attrs["sorting"] == 2
    assert group["node_ids"].attrs["sorting"] == "by_time"
    times, ids = group["timestamps"], group["node_ids"]
    assert times.dtype == np.float64 and ids.dtype == np.uint64
    assert times.shape == ids.shape == group["trial"].shape and times.shape[0] > 0
    assert times.compression is None and ids.compression is None
    assert np.all(np.diff(times[:]) >= 0)
    assert ids[:].max() < size


def test_trials_follow_each_other_and_hold_their_spikes(run):
    start, stop = run["trials/start"][:], run["trials/stop"][:]
    np.testing.assert_array_equal(start, 3.0 * np.arange(TEST))
    np.testing.assert_array_equal(stop, start + 3.0)
    for population, trials in (("input", 7), ("hidden", TEST)):
        group = run["spikes"][population]
        assert group.attrs["trials"] == trials
        trial, time = group["trial"][:], group["timestamps"][:]
        assert trial.max() < trials
        assert np.all((start[trial] < time) & (time <= stop[trial]))
    np.testing.assert_array_equal(run["trials/label"][:], run["test/label"][:])
    np.testing.assert_array_equal(run["trials/prediction"][:], run["test/prediction"][:])
    np.testing.assert_array_equal(run["trials/sample"][:], np.arange(TEST))


def test_the_digest_can_be_computed_from_the_file(run):
    digests = {name: spike_digest(name, *spikes(run, name)) for name in run["spikes"]}
    for name, digest in digests.items():
        assert run["spikes"][name].attrs["spike_digest"] == digest
    in_order = digests["hidden"] + digests["input"]
    assert run.attrs["spike_digest"] == hashlib.sha256(in_order.encode()).hexdigest()


def test_weights_and_spikes_give_the_recorded_membrane(run):
    """v(k) = exp(-dt / tau_m) v(k - 1) + W s(k) + b, with the spikes s that carry the same time as v(k)."""
    output = run["network/output"].attrs
    assert (output["model"], output["size"], output["tau_m_units"]) == ("leaky_readout", 10, "ms")
    weights, bias = run["weights/hidden_to_output/weights"][:], run["weights/hidden_to_output/bias"][:]
    assert weights.shape == (32, 10) and bias.shape == (10,)
    v = run["state/output/v"]
    assert v.shape == (5 * STEPS, 10) and v.dtype == np.float32
    np.testing.assert_array_equal(run["state/output"][v.attrs["time"]][:], 0.5 * np.arange(1, 5 * STEPS + 1))
    fired = np.zeros((TEST, STEPS + 1, 32))
    step, trial, neuron = spikes(run, "hidden")
    fired[trial, step, neuron] = 1
    expected = np.zeros((5, STEPS, 10))
    for k in range(STEPS):
        before = expected[:, k - 1] if k else 0.0
        expected[:, k] = np.exp(-0.5 / output["tau_m"]) * before + fired[:5, k + 1] @ weights + bias
    np.testing.assert_allclose(v[:], expected.reshape(-1, 10), rtol=1e-5, atol=1e-5)


def test_the_test_agrees_with_its_predictions(run):
    test = run["test"]
    label, prediction = test["label"][:], test["prediction"][:]
    np.testing.assert_array_equal(label, np.arange(TEST) % 10)
    assert test.attrs["samples"] == TEST
    assert test.attrs["accuracy"] == pytest.approx(np.mean(label == prediction), abs=1e-12)
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (label, prediction), 1)
    np.testing.assert_array_equal(test["confusion"][:], expected)


def test_training_leaves_its_curves(run):
    updates = 2 * -(-int(TRAIN * 0.9) // 50)
    for name in ("loss", "accuracy", "learning_rate"):
        curve = run["training/steps"][name]
        assert curve.shape == (updates,) and curve.dtype == np.float64 and np.all(np.isfinite(curve[:]))
    for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds"):
        assert run["training/epochs"][name].shape == (2,)
    assert run["training/epochs/train_loss"][1] < run["training/epochs/train_loss"][0]
    assert "checkpoints" not in run  # a finished run has nothing left to resume


def test_libsonata_reads_the_spikes(run, run_path):
    libsonata = pytest.importorskip("libsonata", reason="libsonata is not installed")
    reader = libsonata.SpikeReader(str(run_path))
    assert sorted(reader.get_population_names()) == ["hidden", "input"]
    for name in ("hidden", "input"):
        population, group = reader[name], run["spikes"][name]
        assert str(population.sorting).split(".")[-1] == "by_time"
        times = group["timestamps"][:]
        assert population.times == (times[0], times[-1])
        expected = list(zip(group["node_ids"][:].tolist(), times.tolist()))
        assert [tuple(s) for s in population.get()] == expected
        first = population.get(tstart=0.0, tstop=3.0)
        assert len(first) == np.sum(times <= 3.0) > 0


def test_encoded_samples_have_the_same_layout(snnsim, data_folder, tmp_path):
    path = tmp_path / "spikes.h5"
    snnsim("encode", "--set", "data.encode={scheme: latency, duration: 20 ms}", "--data-dir", data_folder,
           "--samples", "4", "-o", path)
    with h5py.File(path, "r") as run:
        assert list(run["spikes"]) == ["input"]
        assert run["spikes/input"].attrs["sorting"] == 2
        assert run["spikes/input"].attrs["trials"] == 4
        assert list(run["trials/label"][:]) == [0, 1, 2, 3]
        assert np.all(np.diff(run["spikes/input/timestamps"][:]) >= 0)


def test_an_empty_recording_is_two_empty_datasets(snnsim, data_folder, tmp_path):
    path = tmp_path / "silent.h5"
    snnsim(MODEL, "--set", "populations.hidden.v_th=1e6", "--set", "train.epochs=0", "--backend", "cpu",
           "--progress", "none", "--data-dir", data_folder, "-o", path)
    with h5py.File(path, "r") as run:
        group = run["spikes/hidden"]
        assert group["timestamps"].shape == group["node_ids"].shape == (0,)
        assert group.attrs["sorting"] == 2 and group["timestamps"].attrs["units"] == "ms"
    assert os.listdir(tmp_path) == ["silent.h5"]
