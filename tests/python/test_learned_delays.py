"""Delays that are learned: a task that needs them, what the run file holds, resume, and mistakes in the model."""

import os
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest

from conftest import ROOT, in_a_long_enough_run, stop_when

MODEL = (ROOT / "models" / "order_delays.yaml").read_text()
SOURCES = "projections.0.delay={learn: source, max: 25 ms}"


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """A folder with models/order_delays.yaml and its data."""
    folder = tmp_path_factory.mktemp("order")
    subprocess.run([sys.executable, ROOT / "tools" / "make_delays", folder, "order"], check=True, capture_output=True)
    (folder / "order_delays.yaml").write_text(MODEL)
    return folder / "order_delays.yaml"


def settings(*values):
    return [part for value in values for part in ("--set", value)]


def error_of(*arguments):
    if "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode != 0, done.stdout
    return done.stderr


@pytest.fixture(scope="module")
def learned(snnsim, order):
    out = order.parent / "learned.h5"
    snnsim(order, "-o", out, "--backend", "cpu", *settings("train.epochs=20"))
    return out


def accuracy(path):
    with h5py.File(path) as run:
        return run["test"].attrs["accuracy"]


def test_the_order_of_two_spikes_takes_delays(snnsim, order, learned):
    without = order.parent / "without.h5"
    snnsim(order, "-o", without, "--backend", "cpu", *settings("train.epochs=20", "projections.0.delay=0 ms"))
    assert accuracy(learned) > 0.9
    assert accuracy(without) < 0.5


def test_the_run_file_holds_delays_of_whole_steps(snnsim, order, learned):
    with h5py.File(learned) as run:
        delays = run["weights/input_to_hidden/delays"]
        assert delays.shape == (2, 32) and delays.attrs["units"] == "ms"
        assert np.array_equal(delays[:], np.round(delays[:])) and 0 <= delays[:].min() < delays[:].max() <= 25
        assert "delays" not in run["weights/hidden_to_output"]
        # Each spike acts once on each target, of those whose delay lets it arrive: all do here.
        forward = run["energy/test/forward/input_to_hidden"].attrs
        assert forward["acs"] == 800 * 2 * 32
        # While delays are learned it acts at all 26 taps.
        trained = run["energy/train/forward/input_to_hidden"].attrs
        assert trained["acs"] == 20 * 1600 * 2 * 32 * 26
        kept = delays[:]
    archive = order.parent / "w.npz"
    snnsim("weights", learned, "-o", archive, "--force")
    assert np.array_equal(np.load(archive)["input_to_hidden.delay"], kept)
    again = order.parent / "again.h5"
    snnsim("test", learned, "-o", again, "--force")
    assert accuracy(again) == accuracy(learned)
    # From an archive or a run, delays come with weights.
    for file in (archive, learned):
        snnsim(order, "-o", order.parent / "more.h5", "--force", "--backend", "cpu", *settings(
            "train.epochs=0", f"projections.0.weight={{file: {file}, dataset: input_to_hidden}}",
            f"projections.1.weight={{file: {file}, dataset: hidden_to_output}}",
            f"projections.1.bias={{file: {file}, dataset: hidden_to_output}}"))
        assert accuracy(order.parent / "more.h5") == accuracy(learned)
    told = error_of(order, "-o", order.parent / "x.h5", *settings(
        "projections.0.delay=2 ms", f"projections.0.weight={{file: {learned}, dataset: input_to_hidden}}"))
    assert "which input_to_hidden would lose; write delay: {learn: synapse, max:" in told
    told = error_of(order, "-o", order.parent / "x.h5", *settings(
        "projections.0.delay.max=3 ms", f"projections.0.weight={{file: {learned}, dataset: input_to_hidden}}"))
    assert "but delay.max of input_to_hidden is 3 ms" in told


def test_sources_have_one_delay_each(snnsim, order):
    out = order.parent / "sources.h5"
    snnsim(order, "-o", out, "--backend", "cpu", *settings(SOURCES, "train.epochs=2"))
    with h5py.File(out) as run:
        delays = run["weights/input_to_hidden/delays"][:]
        assert delays.shape == (2,) and np.array_equal(delays, np.round(delays))


@pytest.mark.parametrize("by", ["synapse", "source"])
def test_a_resumed_training_has_the_same_bits(snnsim, order, by):
    def attempt(length, part):
        model, whole, cut = part / "m.yaml", part / "whole.h5", part / "cut.h5"
        model.write_text(MODEL)
        (part / "order.h5").write_bytes((order.parent / "order.h5").read_bytes())
        long = settings(f"train.epochs={int(8 * length)}", f"projections.0.delay.learn={by}", "train.validation=0.1",
                        "train.best_weights=true")
        process = subprocess.Popen([os.environ["SNNSIM_BINARY"], model, "-o", cut, "--threads", "2", "--progress", "none",
                                    "--backend", "cpu", *long])
        stop_when((part / "cut.partial.h5").exists, process, signal.SIGINT)
        snnsim("run", "--resume", cut)
        snnsim(model, "-o", whole, "--threads", "1", "--backend", "cpu", *long)
        with h5py.File(whole) as a, h5py.File(cut) as b:
            for name in ("weights/input_to_hidden/weights", "weights/input_to_hidden/delays", "training/steps/loss",
                         "test/prediction"):
                assert np.array_equal(a[name][:], b[name][:]), name

    where = order.parent / by
    where.mkdir()
    in_a_long_enough_run(attempt, where)


@pytest.mark.parametrize("change, message", [
    (["projections.0.delay.max=80 ms"], "max (80 ms) is 80 steps of dt (1 ms); at most 64 can be learned: write at most 64 ms"),
    (["data.encode.duration=20 ms"], "max (25 ms) is more delay than a sample has time (20 ms): what is sent would arrive after"),
    (["projections.0.delay.max=2.5 ms"], "max must be a whole multiple of dt (1 ms): 2 ms or 3 ms"),
    (["projections.0.delay.max=-3 ms"], "max must be greater than 0 ms; found '-3 ms'"),
    (["projections.0.delay={learn: synapse}"], "is missing the key 'max'"),
    (["projections.0.delay={max: 3 ms}"], "is missing the key 'learn'"),
    (["projections.0.delay.learn=target"], "learn cannot be 'target'"),
    (["projections.0.delay.sigma={to: 0 ms}"], "to must be greater than 0 ms"),
    (["projections.0.delay.sigma={to: 0.05 ms}"], "to (0.05 ms) is less than 0.1 dt"),
    (["projections.0.delay.sigma={from: 2 ms, to: 3 ms}"], "to (3 ms) is greater than from (2 ms)"),
    (["projections.0.delay.sigma={to: 13 ms}"], "to (13 ms) is greater than from (12.5 ms, half of max)"),
    (["projections.0.delay.sigma={until: 2}"], "until must be"),
    (["projections.0.delay.value=3 ms"], "value is that of init: constant"),
    (["projections.0.delay.init=constant", "projections.0.delay.value=26 ms"], "value (26 ms) is longer than max (25 ms)"),
    (["projections.0.delay.lr=0"], "lr must be greater than 0"),
    (["projections.0.delay.longest=3 ms"], "unknown key 'longest' in delay"),
    (["projections.0.trainable=false"], "trainable: false keeps a projection as it is, and its delay is to be learned"),
    (["projections.0.delay=[1 ms]"], "delay must be a single value"),
    (["projections.1.to=hidden", "projections.1.delay={learn: source, max: 3 ms}"], "delays are learned of projections that go forward"),
])
def test_mistakes_in_the_model(order, change, message):
    told = error_of("check", order, *settings(*change))
    assert message in told


def test_what_check_says(snnsim, order):
    said = snnsim("check", order).stdout
    assert "learned delays of each synapse up to 25 ms" in said and "delays input_to_hidden" in said
