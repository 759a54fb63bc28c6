"""Finds the package, installed or in the source tree, and makes the runs that the tests read: a training and simulations."""

import importlib.util
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What a script starts in the background ignores Ctrl-C; the tests press it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if importlib.util.find_spec("snnsim") is None:
    sys.path.insert(0, str(ROOT / "python"))

TRAINING = """name: learns
dt: 1 ms
seed: 3
data:
  set: file
  file: own.h5
  encode: {scheme: poisson, duration: 8 ms}
populations:
  eye: {size: 8, model: spike_source}
  hidden: {size: 24, model: lif, tau_m: 10 ms}
  digit: {size: 3, model: leaky_readout, tau_m: 20 ms}
projections:
  - {from: eye, to: hidden, weight: {init: kaiming_uniform, gain: 2}, bias: true}
  - {from: hidden, to: digit, connect: {rule: fixed_probability, p: 0.5}, weight: fan_in_uniform}
train: {epochs: 3, batch: 16, optimizer: {name: adam, lr: 1e-2}, validation: 0.1, loss: cross_entropy_mean}
test: {}
record:
  - {population: eye, what: spikes, samples: 4}
  - {population: hidden, what: spikes, samples: 9}
  - {population: digit, what: v, samples: 5}
"""
SIMULATION = """name: small
seed: 3
dt: 0.1 ms
simulate: {duration: 200 ms}
populations:
  noise: {model: poisson_source, size: 20, rate: 50 Hz}
  E: {model: iaf_psc_delta, size: 10, tau_m: 20 ms, e_l: 0 mV, v_th: 20 mV, v_reset: 10 mV, t_ref: 2 ms}
  silent: {model: iaf_psc_delta, size: 3}
  graded: {model: vsn, size: 2, i_e: 0.3}
projections:
  - {from: noise, to: E, connect: all_to_all, weight: {distribution: uniform, low: 1 mV, high: 3 mV}, delay: 1 ms,
     plasticity: {rule: stdp, a_plus: 0.01, a_minus: 0.0105, w_max: 5 mV}}
record:
  - {population: E, what: spikes, cells: [0, 3, 7, 9]}
  - {population: noise, what: spikes}
  - {population: silent, what: spikes}
  - {population: graded, what: spikes}
  - {population: E, what: v, cells: [2, 3, 8], interval: 0.5 ms}
  - {population: E, what: rate, interval: 10 ms}
  - {projection: noise_to_E, what: weight, interval: 50 ms}
  - {projection: noise_to_E, what: weight, synapses: [[0, 0], [7, 0]]}
"""
PHASES = """name: shown
seed: 2
dt: 1 ms
simulate:
  phases:
    - {name: label, present: &p {population: input, samples: patterns, patterns: {number: 3, cells: 5}, max_rate: 100 Hz,
                                 duration: 50 ms, count: 12, responses: E, assign: true}}
    - {name: test, present: {<<: *p, assign: false, evaluate: true}}
populations:
  input: {model: poisson_source, size: 20, rate: 0 Hz}
  E: {model: iaf_psc_delta, size: 10, tau_m: 20 ms, e_l: 0 mV, v_th: 20 mV, v_reset: 10 mV, t_ref: 2 ms}
projections:
  - {from: input, to: E, connect: all_to_all, weight: {distribution: uniform, low: 1 mV, high: 8 mV}, delay: 1 ms}
record:
  - {population: E, what: spikes}
"""
# Two outputs by name, one of classes and one of real numbers.
NAMED = """name: named
dt: 1 ms
seed: 3
data:
  set: file
  file: own.h5
  encode: {scheme: poisson, duration: 8 ms}
  outputs: {digit: y, angle: angle}
populations:
  eye: {size: 8, model: spike_source}
  hidden: {size: 24, model: lif, tau_m: 10 ms}
  digit: {size: 3, model: leaky_readout, tau_m: 20 ms}
  angle: {size: 2, model: leaky_readout, tau_m: 20 ms}
projections:
  - {from: eye, to: hidden, weight: {init: kaiming_uniform, gain: 2}}
  - {from: hidden, to: digit}
  - {from: hidden, to: angle}
train: {epochs: 2, batch: 16, loss: {digit: cross_entropy_mean, angle: mse_mean}}
test: {}
"""
MODELS = {"training": TRAINING, "simulation": SIMULATION, "phases": PHASES, "named": NAMED}


def write_samples(path):
    """Of three classes: where an image of 8 pixels is bright."""
    import h5py
    import numpy as np
    random = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        for name, count in (("train", 96), ("test", 31)):
            y = np.arange(count) % 3
            x = random.integers(0, 60, (count, 8))
            for k in range(count):
                x[k, 2 * y[k]:2 * y[k] + 3] = 220
            file[f"{name}/x"], file[f"{name}/y"] = x.astype(np.uint8), y
            file[f"{name}/angle"] = np.stack([np.cos(y), np.sin(y)], 1).astype(np.float32)


@pytest.fixture(scope="session")
def program():
    binary = os.environ.get("SNNSIM_BINARY")
    if not binary:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    return binary


@pytest.fixture(scope="session")
def made(program, tmp_path_factory):
    """The run file of one of the models, made once; tests that change it take a copy."""
    pytest.importorskip("h5py")
    folder = tmp_path_factory.mktemp("runs")
    write_samples(folder / "own.h5")

    def of(name):
        path = folder / f"{name}_run.h5"
        if not path.exists():
            (folder / f"{name}.yaml").write_text(MODELS[name])
            done = subprocess.run([program, folder / f"{name}.yaml", "-o", path, "--backend", "cpu", "--threads", "2"],
                                  capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        return path

    return of


@pytest.fixture
def copy_of(made, tmp_path):
    """A copy of a run file that a test may remove or damage."""
    def of(name):
        return pathlib.Path(shutil.copy(made(name), tmp_path / f"{name}.h5"))

    return of
