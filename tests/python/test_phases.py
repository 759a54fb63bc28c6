"""Phases that show images: mnist_stdp.yaml in small, its run file, and exact resume."""

import os
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest

from conftest import ROOT, TEST, TRAIN, in_a_long_enough_run, stop_when

SETTINGS = ["parameters.n=20", "simulate.phases.0.present.running=20", "simulate.phases.1.present.count=60",
            "projections.0.plasticity.learning_rate=5"]
OPTIONS = ["--progress", "none", *(part for setting in SETTINGS for part in ("--set", setting))]
MODEL = ROOT / "models" / "mnist_stdp.yaml"


@pytest.fixture(scope="module")
def learned(snnsim, data_folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("phases") / "run.h5"
    snnsim(MODEL, "-o", path, "--data-dir", data_folder, *OPTIONS)
    return path


def test_what_is_shown(learned):
    with h5py.File(learned, "r") as run:
        trials = {name: values[:] for name, values in run["trials"].items()}
        assert list(run["phases"].attrs["phases"]) == ["train", "label", "test"]
        assert [(trials["phase"] == k).sum() for k in range(3)] == [TRAIN, 60, TEST]
        np.testing.assert_array_equal(trials["sample"][:TRAIN], np.arange(TRAIN))
        np.testing.assert_array_equal(trials["label"], trials["sample"] % 10)
        np.testing.assert_allclose(trials["stop"] - trials["start"], 350)
        # The next image comes after the rest, or later by what was shown again.
        np.testing.assert_allclose(np.diff(trials["start"]), 500 * (1 + trials["repeats"][1:]))
        assert (trials["spikes"][trials["repeats"] < 20] >= 5).all()
        for name, phase in run["phases"].items():
            assert phase.attrs["stop"] - phase.attrs["start"] == 500 * (phase.attrs["samples"] + phase.attrs["shown_again"])


def test_what_is_learned(learned):
    with h5py.File(learned, "r") as run:
        test = run["phases/test"]
        trials = run["trials"]
        shown = trials["phase"][:] == 2
        right = trials["prediction"][shown] == trials["label"][shown]
        assert test.attrs["accuracy"] == right.mean() and right.mean() > 0.5
        confusion = np.zeros((10, 10), int)
        answered = trials["prediction"][shown] >= 0
        np.add.at(confusion, (trials["label"][shown][answered], trials["prediction"][shown][answered]), 1)
        np.testing.assert_array_equal(test["confusion"][:], confusion)
        assert test.attrs["unanswered"] == (~answered).sum()
        assignment = run["phases/label/assignment"][:]
        assert assignment.shape == (20,) and set(assignment) <= set(range(-1, 10)) and len(set(assignment)) > 4
        assert "assignment" not in test and len(run["phases/train/running_accuracy"]) == TRAIN // 20 - 1
        # Weights sum to what they were last set to, but for cells that answered the last image; thresholds have grown.
        weights = run["weights/input_to_E"]
        sums = np.bincount(weights["target"][:], weights["weight"][:])
        assert (abs(sums - 78) < 1e-3).sum() >= 15 and weights["weight"][:].min() >= 0 and weights["weight"][:].max() <= 1
        assert run["final/E/theta"].shape == (20,) and run["final/E/theta"][:].max() > 20
        spikes = run["phases/train/spikes"][1]
        assert abs((run["final/E/theta"][:] - 20).sum() - 0.05 * spikes) < 0.01 * spikes


def test_cells_look_like_what_they_stand_for(learned, data_folder):
    images = np.frombuffer((data_folder / "train-images-idx3-ubyte").read_bytes(), np.uint8, offset=16).reshape(-1, 784)
    with h5py.File(learned, "r") as run:
        w = run["weights/input_to_E"]
        fields = np.zeros((784, 20))
        fields[w["source"][:], w["target"][:]] = w["weight"][:]
        likeness = []
        for cell, label in enumerate(run["phases/label/assignment"][:]):
            if label >= 0:
                mean = images[np.arange(len(images)) % 10 == label].mean(axis=0)
                likeness.append(fields[:, cell] @ mean / np.linalg.norm(fields[:, cell]) / np.linalg.norm(mean))
        assert np.mean(likeness) > 0.6


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_goes_on_exactly(learned, snnsim, data_folder, tmp_path, number):
    def attempt(length, folder):
        longer = [*OPTIONS, "--set", f"simulate.phases.0.present.rest={150 * length} ms"]
        out = folder / "x.h5"
        process = subprocess.Popen([os.environ["SNNSIM_BINARY"], MODEL, "-o", out, "--data-dir", data_folder, "--threads", "1",
                                    "--checkpoint-every", "0.05", *longer])
        stop_when((folder / "x.checkpoint.h5").exists, process, number)
        snnsim("--resume", out, "--data-dir", data_folder, "--threads", 2, "--progress", "none")
        whole = learned
        if length != 1:
            whole = folder / "whole.h5"
            snnsim(MODEL, "-o", whole, "--data-dir", data_folder, *longer)
        with h5py.File(whole, "r") as a, h5py.File(out, "r") as b:
            assert a.attrs["spike_digest"] == b.attrs["spike_digest"]
            for group in ("trials", "weights/input_to_E", "final/E", "phases/train", "phases/label", "phases/test"):
                for name, values in a[group].items():
                    np.testing.assert_array_equal(values[:], b[group][name][:], err_msg=f"{group}/{name}")

    in_a_long_enough_run(attempt, tmp_path)


def test_too_few_images_are_an_error(data_folder, tmp_path):
    done = subprocess.run([os.environ["SNNSIM_BINARY"], MODEL, "-o", tmp_path / "x.h5", "--data-dir", data_folder],
                          capture_output=True, text=True)
    assert done.returncode == 1 and "phase 'label' shows samples 0 to 9999, but there are only 200" in done.stderr


def test_it_is_drawn(learned, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    folder = tmp_path / "figures"
    subprocess.run([sys.executable, ROOT / "tools" / "plot_run.py", learned, "-o", f"{folder}/"], check=True)
    assert {"learning.png", "confusion.png", "cells.png"} <= {p.name for p in folder.iterdir()}


def test_the_rewarded_stimulus_is_answered_more_strongly(snnsim, tmp_path):
    settings = ["simulate.phases.1.present.count=400", "simulate.phases.1.present.reward.amount=200",
                "simulate.phases.1.present.window=15 ms"]
    snnsim(ROOT / "models" / "rstdp_conditioning.yaml", "-o", tmp_path / "c.h5", "--progress", "none",
           *(part for setting in settings for part in ("--set", setting)))
    with h5py.File(tmp_path / "c.h5", "r") as run:
        label, spikes = run["trials/label"][:], run["trials/spikes"][:].astype(float)
        assert set(label) == set(range(10)) and (spikes >= 50).all()  # the cells of the pattern fire
        late = np.arange(len(label)) >= 200
        rewarded, others = spikes[late & (label == 0)], spikes[late & (label != 0)]
        assert rewarded.mean() > others.mean() + 2 * others.std() / np.sqrt(len(rewarded))
