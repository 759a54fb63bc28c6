"""The shipped plasticity models in short: what their rules are published to do, and exact resume."""

import os
import signal
import subprocess

import h5py
import numpy as np
import pytest

from conftest import ROOT, in_a_long_enough_run, stop_when


def run_model(snnsim, path, name, *settings):
    snnsim(ROOT / "models" / f"{name}.yaml", "-o", path, "--progress", "none", *(p for s in settings for p in ("--set", s)))
    return h5py.File(path, "r")


def times_of(run, population, cell):
    return run[f"spikes/{population}/timestamps"][:][run[f"spikes/{population}/node_ids"][:] == cell]


def test_the_stdp_window(snnsim, tmp_path):
    with run_model(snnsim, tmp_path / "a.h5", "stdp_window", "simulate.duration=10 s") as run:
        weights = run["weights/synapse"]
        assert weights["weight"].attrs["units"] == "mV" and (weights["source"][:] == weights["target"][:]).all()
        differences = []
        for cell in range(121):
            pre, post = times_of(run, "source", cell) + 0.1, times_of(run, "target", cell)
            ages = np.subtract.outer(post, pre)  # positive: the target fires later
            change = (0.005 * np.exp(-ages[ages > 0.05] / 20).sum() - 0.00525 * np.exp(ages[ages < -0.05] / 20).sum())
            assert abs(weights["weight"][cell] - 0.5 - change) < 1e-6
            differences.append(ages[0, 0])
        assert min(differences) < -55 and max(differences) > 55


def test_triplets_depend_on_frequency(snnsim, tmp_path):
    with run_model(snnsim, tmp_path / "a.h5", "triplet_frequency", "simulate.duration=10 s",
                   "populations.source.rate.low=1 Hz") as run:
        pairs = np.bincount(run["spikes/source/node_ids"][:].astype(int), minlength=300)
        changes = {}
        for target in ("after", "before"):
            weight = run[f"weights/source_to_{target}/weight"][:]
            per_60 = 60 * (weight - 0.5) / 0.01 / pairs  # the learning rate is 0.01
            changes[target] = [per_60[(pairs >= 10 * f) & (pairs < 10 * (f + 10))].mean() for f in range(0, 50, 10)]
        assert (np.diff(changes["after"]) > 0).all() and changes["after"][0] < 0.12 and changes["after"][-1] > 0.5
        assert changes["before"][0] < -0.2 and changes["before"][-1] > 0.2


def test_inputs_compete(snnsim, tmp_path):
    with run_model(snnsim, tmp_path / "a.h5", "song_abbott", "simulate.duration=40 s", "projections.0.plasticity.a_plus=0.03",
                   "projections.0.plasticity.a_minus=0.0315") as run:
        weight = run["weights/input_to_cell/weight"][:]
        tenths = np.histogram(weight, 10, (0, 1))[0] / len(weight)
        assert tenths[0] > 0.12 and tenths[-1] > 0.12 and (tenths[3:7] < 0.1).all(), tenths
        assert 8 < run["rates/cell/rate"][-20:].mean() < 30
        snapshots = run["weights/input_to_cell/snapshots"]
        assert snapshots.shape == (4, 1000) and snapshots.attrs["units"] == "nS"
        np.testing.assert_array_equal(snapshots[-1], weight)
        np.testing.assert_allclose(run["weights/input_to_cell/snapshots_time"][:], [1e4, 2e4, 3e4, 4e4])


def test_inhibition_finds_the_rate(snnsim, tmp_path):
    with run_model(snnsim, tmp_path / "a.h5", "inhibitory_plasticity", "simulate.duration=20 s",
                   "projections.0.plasticity.eta=0.005", "record.2.interval=10 s") as run:
        rate = run["rates/E/rate"][:]
        assert rate[0] > 20 and abs(rate[-8:].mean() - 5) < 0.75
        late = run["spikes/E/node_ids"][:][run["spikes/E/timestamps"][:] > 12e3]
        of_cells = np.bincount(late.astype(int), minlength=100) / 8.0
        assert of_cells.min() > 3 and of_cells.max() < 8


def test_short_term_plasticity(snnsim, tmp_path):
    with run_model(snnsim, tmp_path / "a.h5", "stp_demo") as run:
        def released(population, weight):
            return run[f"state/{population}/input_ex"][1:20] / weight  # a spike every 50 ms
        np.testing.assert_allclose(released("depressed", 250)[:5, 0], [0.5, 0.2651, 0.1548, 0.1030, 0.0787], atol=1e-4)
        np.testing.assert_allclose(released("facilitated", 1540)[:5, 0], [0.03, 0.0553, 0.0757, 0.0918, 0.1043], atol=1e-4)
        drawn = released("random", 250)
        np.testing.assert_allclose(drawn.mean(axis=1), released("depressed", 250)[:, 0], rtol=0.06)
        assert abs(drawn[0].std() / drawn[0].mean() - np.sqrt(0.2)) < 0.02
        assert set(np.unique(np.round(5 * drawn[0]))) <= {0, 1, 2, 3, 4, 5}


def content(path):
    with h5py.File(path, "r") as run:
        return run.attrs["spike_digest"], {k: run[f"weights/input_to_cell/{k}"][:] for k in run["weights/input_to_cell"]}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_weights_after_a_resume(snnsim, tmp_path, number):
    model = ROOT / "models" / "song_abbott.yaml"

    def attempt(length, folder):
        settings = ["--set", f"simulate.duration={20 * length} s", "--set", "record.1.interval=500 ms", "--progress", "none"]
        whole, out = folder / "whole.h5", folder / "x.h5"
        process = subprocess.Popen([os.environ["SNNSIM_BINARY"], model, "-o", out, "--checkpoint-every", "0.05", *settings])
        stop_when((folder / "x.checkpoint.h5").exists, process, number)
        snnsim("--resume", out, "--threads", 3, "--progress", "none")
        snnsim(model, "-o", whole, *settings)
        with h5py.File(out) as run:
            assert run.attrs["threads"] == 3 and run.attrs["device"] == "cpu, 3 threads"  # where it ended
        (digest, weights), (other_digest, others) = content(whole), content(out)
        assert digest == other_digest
        for name, values in weights.items():
            np.testing.assert_array_equal(values, others[name], err_msg=name)

    in_a_long_enough_run(attempt, tmp_path)
