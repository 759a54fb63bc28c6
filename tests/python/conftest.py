"""A small data set, and the run files that the program makes of it."""

import os
import pathlib
import signal
import struct
import subprocess
import time

import h5py
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "mnist_lif.yaml"
STEPS = 6        # of 0.5 ms a sample
TRAIN, TEST = 200, 50
OVERRIDES = ["dt=0.5 ms", "data.encode.duration=3 ms", "populations.hidden.size=32", "train.epochs=2",
             "train.batch=50", "train.validation=0.1", "record.0.samples=7", f"record.1.samples={TEST}",
             "record.2.samples=5", "seed=11"]
# 1.5 s of a network of 4,000 cells; the spikes of the first 1,000 of E, none of I, three traces.
NETWORK = ROOT / "models" / "cuba.yaml"
NETWORK_OVERRIDES = ["simulate.duration=1500 ms",
                     "record=[{population: E, what: spikes, cells: 1000}, {population: E, what: v, cells: 3}]"]
# Seconds after which something is taken to hang: far beyond what any of it takes on the slowest machine.
PATIENCE = 3600.0
# A suite under nohup hears of no SIGHUP, and what it starts would inherit that; a handler is not inherited.
if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)


def wait_for(seen, process=None):
    """Waits until `seen()` is true, or `process` has ended; returns what `seen()` is then."""
    start = time.monotonic()
    while not (found := seen()):
        if process is not None and process.poll() is not None:
            return seen()
        assert time.monotonic() < start + PATIENCE, "what was waited for did not happen"
        time.sleep(0.002)
    return found


class OverTooEarly(Exception):
    """A run had finished before it could be stopped."""


def stop_when(seen, process, number):
    """Sends the signal to the running program once `seen()` is true."""
    wait_for(seen, process)
    process.send_signal(number)
    said = process.communicate()[1]
    if process.returncode == 0:
        raise OverTooEarly
    assert process.returncode == (130 if number in (signal.SIGINT, signal.SIGTERM) else -number), said
    return said


def in_a_long_enough_run(attempt, folder):
    """Calls `attempt(length, folder)` with 1, 2, 4 ... until its run lasts long enough to be stopped on the way:
    no machine is too fast. $SNNSIM_TEST_LENGTH is another first length; with 0.1 all runs begin ten times shorter."""
    length = float(os.environ.get("SNNSIM_TEST_LENGTH", 1))
    while length < 1e6:
        part = folder / f"{length:g}"
        part.mkdir()
        try:
            return attempt(length, part)
        except OverTooEarly:
            length *= 2
    raise AssertionError("the program ends before it can be stopped, however long the run")


def write_idx(path, array):
    """An array of bytes as an IDX file."""
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


def write_bars(folder, stem, count, seed):
    """Images with a bright bar where the label says, and noise."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 10
    images = random.integers(0, 40, (count, 28, 28))
    for image, label in zip(images, labels):
        image[2 * label + 4:2 * label + 6, 4:24] = 255
    write_idx(folder / f"{stem}-images-idx3-ubyte", images)
    write_idx(folder / f"{stem}-labels-idx1-ubyte", labels)


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_bars(folder, "train", TRAIN, 1)
    write_bars(folder, "t10k", TEST, 2)
    return folder


@pytest.fixture(scope="session")
def snnsim():
    """Calls the program; the test fails with what it said when it fails."""
    binary = os.environ.get("SNNSIM_BINARY")
    if not binary:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")

    def call(*arguments, **options):
        done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return call


@pytest.fixture(scope="session")
def run_path(snnsim, data_folder, tmp_path_factory):
    """The run file of the small data set; two folders on the way are not there yet."""
    path = tmp_path_factory.mktemp("run") / "new" / "folder" / "bars.h5"
    settings = [part for override in OVERRIDES for part in ("--set", override)]
    snnsim(MODEL, *settings, "--backend", "cpu", "--threads", "2", "--data-dir", data_folder, "-o", path)
    return path


@pytest.fixture
def run(run_path):
    with h5py.File(run_path, "r") as file:
        yield file


@pytest.fixture(scope="session")
def simulation_path(snnsim, tmp_path_factory):
    """The run file of a simulation."""
    path = tmp_path_factory.mktemp("simulation") / "network.h5"
    settings = [part for override in NETWORK_OVERRIDES for part in ("--set", override)]
    snnsim(NETWORK, *settings, "--progress", "none", "-o", path)
    return path


@pytest.fixture
def simulation(simulation_path):
    with h5py.File(simulation_path, "r") as file:
        yield file
