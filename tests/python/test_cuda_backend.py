"""The CUDA backend against the CPU backend, without a device: ptxrun (tools/ptxrun) runs its PTX exactly. Both must write the
same run file, whatever order ptxrun takes of those that a device may take, and the PTX must fix every bit of every float."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest

import test_named_data
from conftest import ROOT, in_a_long_enough_run, stop_when
from test_trained_networks import write_own

sys.path.insert(0, str(ROOT / "tools"))

from gpu_parts.shortened import SHORT, SIMULATIONS, TRAININGS  # noqa: E402

MODELS = ROOT / "models"
# Cells, rules and synapses that no shipped simulation has.
OTHERS = """name: others
dt: 0.1 ms
simulate: {duration: 40 ms}
populations:
  source: {model: poisson_source, size: 40, rate: 200 Hz}
  hh: {model: hh_cond_exp_traub, size: 12, i_e: 300 pA}
  alpha: {model: iaf_psc_alpha, size: 12, i_e: 400 pA}
  graded: {model: vsn, size: 12, activation: tanh, v_th: 0.2, i_e: 0.1}
  delta: {model: iaf_psc_delta, size: 12, i_e: 200 pA}
projections:
  - {from: source, to: hh, connect: all_to_all, weight: 3 nS, delay: 1 ms, release: {p: 0.5}}
  - {from: hh, to: alpha, connect: {rule: fixed_probability, p: 0.5}, weight: 200 pA, delay: 0.5 ms, short_term: {tau_fac: 100 ms}}
  - {from: alpha, to: graded, connect: {rule: fixed_out_degree, n: 3}, weight: 0.5, delay: 1 ms}
  - {from: graded, to: graded, connect: {rule: fixed_in_degree, n: 4}, weight: 0.3, delay: 0.4 ms}
  - {from: source, to: delta, connect: {rule: fixed_in_degree, n: 10, multapses: false}, delay: 1 ms,
     weight: {distribution: uniform, low: 1.9 mV, high: 2.5 mV},
     plasticity: {rule: stdp_pre_centred, w_max: 5 mV, scaling: {rate: 20 Hz, interval: 5 ms},
                  structure: {interval: 10 ms, below: 2 mV, weight: 2.2 mV}}}
  - {from: hh, to: delta, connect: all_to_all, weight: 1 mV, delay: 1 ms, plasticity: {rule: rate_matching, a: 0.05, w_max: 3 mV}}
record:
  - {population: hh, what: v, interval: 0.5 ms}
  - {population: graded, what: spikes}
  - {population: delta, what: spikes}
  - {projection: source_to_delta, what: weight_histogram, bins: 10, interval: 8 ms}
  - {projection: hh_to_delta, what: weight_histogram, bins: 10, interval: 8 ms}
"""
# Everything that a training can be told, one after the other.
NETWORK = """name: any
seed: 3
dt: 1 ms
data: {set: mnist, train_samples: 40, test_samples: 20, encode: {scheme: poisson, duration: 5 ms}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 20, model: lif, tau_m: 5 ms}
  output: {size: 10, model: leaky_readout, tau_m: 10 ms}
projections:
  - {from: input, to: hidden, weight: {init: fan_in_uniform, gain: 3}, bias: true}
  - {from: hidden, to: output, weight: fan_in_uniform, bias: true}
train: {epochs: 2, batch: 16, optimizer: {name: adam, lr: 5e-3}, loss: cross_entropy_mean}
test: {}
record: [{population: hidden, what: spikes, samples: 5}, {population: output, what: v, samples: 5}]
"""
LOOP = ("projections=[{from: input, to: hidden, bias: true}, {from: hidden, to: hidden, weight: {init: fan_in_uniform, gain: 0.5}},"
        " {from: hidden, to: output, bias: true}]")
# A cycle of two populations, with delays inside and outside.
CYCLE = ["populations={input: {size: 784, model: spike_source}, hidden: {size: 20, model: lif, tau_m: 5 ms},"
         " other: {size: 18, model: lif, tau_m: 4 ms}, output: {size: 10, model: leaky_readout, tau_m: 10 ms}}",
         "projections=[{from: input, to: hidden, bias: true, weight: {init: fan_in_uniform, gain: 3}, delay: 1 ms},"
         " {from: hidden, to: hidden, weight: {init: fan_in_uniform, gain: 0.5}, delay: 2 ms}, {from: hidden, to: other, bias: true},"
         " {from: other, to: hidden, delay: 2 ms}, {from: other, to: other, bias: true}, {from: hidden, to: output, delay: 1 ms},"
         " {from: input, to: output, delay: 3 ms}]", "data.encode.duration=8 ms"]

# Convolutions, one of them by groups, and all pools.
WINDOWS = (
    "populations={input: {shape: [1, 28, 28], model: spike_source}, small: {model: linear}, one: {model: lif, tau_m: 5 ms}, pooled: {model: relay},"
    " two: {model: lif, tau_m: 5 ms}, three: {model: relu}, last: {model: linear}, output: {size: 10, model: leaky_readout, tau_m: 10 ms}}",
    "projections=[{from: input, to: small, connect: {rule: sum_pool, kernel: 2}},"
    " {from: small, to: one, connect: {rule: conv2d, channels: 5, kernel: 3, stride: 2}, bias: true, weight: {gain: 2}},"
    " {from: one, to: pooled, connect: {rule: max_pool, kernel: 2}},"
    " {from: pooled, to: two, connect: {rule: conv2d, channels: 18, kernel: 2, padding: 1}, bias: true, weight: {gain: 2}},"
    " {from: two, to: three, connect: {rule: conv2d, channels: 18, kernel: [1, 2], groups: 18}, bias: true, delay: 1 ms},"
    " {from: three, to: last, connect: {rule: avg_pool, kernel: 2, stride: 1}}, {from: last, to: output, bias: true}]",
    "record=[{population: two, what: spikes, samples: 5}, {population: two, what: v, samples: 5}]")


def hidden(model, **parameters):
    return f"populations.hidden={{size: 20, model: {model}" + "".join(f", {k}: {v}" for k, v in parameters.items()) + "}"


def connected(rule):
    return f"projections.0.connect={rule}"


KINDS = {
    "lif_zero_euler": [hidden("lif", reset="zero", integration="euler", scale_input="true", detach_reset="false")],
    "lif_next_step": [hidden("lif", reset_at="next_step")],
    "lif_no_reset": [hidden("lif", reset="none")],
    "lif_to_a_value": [hidden("lif", reset="zero", v_reset=-0.3, fires="above", detach_reset="false")],
    "cuba_lif_to_a_value": [hidden("cuba_lif", tau_m="8 ms", v_reset=-0.1, fires="above", detach_reset="false")],
    "leaky_integrator": ["populations={input: {size: 784, model: spike_source}, current: {size: 20, model: leaky_integrator, tau_m: 4 ms},"
                         " hidden: {size: 20, model: lif, tau_m: 5 ms, reset_at: next_step}, output: {size: 10, model: leaky_readout, tau_m: 10 ms}}",
                         "projections=[{from: input, to: current, bias: true}, {from: current, to: hidden, connect: one_to_one,"
                         " weight: {init: constant, value: 1}}, {from: hidden, to: output, bias: true}]"],
    "cuba_lif": [hidden("cuba_lif", tau_m="8 ms", v_leak=0.1)],
    "cuba_lif_euler": [hidden("cuba_lif", reset="subtract", integration="euler", detach_reset="false")],
    "adaptive_lif": [hidden("adaptive_lif", tau_m="5 ms", tau_a="20 ms", detach_reset="false")],
    "vsn_identity": [hidden("vsn", v_th=0.1, activation="identity")],
    "vsn_relu": [hidden("vsn", v_th=0.1, activation="relu", detach_reset="false")],
    "vsn_tanh": [hidden("vsn", v_th=0.1, activation="tanh")],
    "relu": [hidden("relu")], "tanh": [hidden("tanh")], "linear": [hidden("linear")],
    "spiking_output": ["populations.output={size: 10, model: lif, tau_m: 5 ms, v_th: 0.2}", "train.loss=cross_entropy_count",
                       "record=[{population: output, what: spikes}]"],
    "linear_output": ["populations.output={size: 10, model: linear}"],
    "cycle": CYCLE,
    "cycle_of_values": [*CYCLE, hidden("tanh"), "populations.other={size: 18, model: vsn, v_th: 0.2}", "test.quantize={bits: 8}"],
    "learned_delays": ["projections.0.delay={learn: synapse, max: 4 ms, sigma: {until: 0}}",
                       "projections.1.delay={learn: source, max: 4 ms}", "train.clip_norm=1", "data.encode.duration=8 ms"],
    "learned_delays_back": ["projections.0.delay={learn: source, max: 4 ms}", "projections.1.delay={learn: synapse, max: 2 ms}"],
    "learned_delays_of_values": [hidden("vsn", v_th=0.1, activation="tanh"), "data.encode={scheme: direct, duration: 6 ms}",
                                 "projections.0.delay={learn: synapse, max: 4 ms}", "projections.1.delay={learn: source, max: 3 ms}"],
    "recurrent_lif": [LOOP], "recurrent_adaptive": [LOOP, hidden("adaptive_lif", tau_m="5 ms", tau_a="20 ms")],
    **{f"encode_{name}": [f"data.encode={{scheme: {name}, duration: 5 ms{more}}}"] for name, more in
       (("direct", ", gain: 0.5"), ("regular", ", max_rate: 500 Hz"), ("latency", ", curve: rc"), ("rank_order", ""), ("phase", ""),
        ("burst", ", n_max: 3"), ("delta", ""))},
    "encode_sequence": ["populations.input.size=56", "data.encode={scheme: sequence, duration: 14 ms}"],
    "augmented": ["data.augment={flip: 0.5, shift: 3}"],
    **{f"surrogate_{name}": [f"train.surrogate={name}"] for name in
       ("superspike", "arctan", "sigmoid", "triangle", "rectangle", "straight_through", "gaussian")},
    "sgd": ["train.optimizer={name: sgd, lr: 0.1, momentum: 0.9, weight_decay: 0.001}"],
    "adamw": ["train.optimizer={name: adamw, lr: 5e-3}", "train.schedule={name: cosine, warmup: 0.5}"],
    **{f"loss_{name}": [f"train.loss={name}"] for name in ("cross_entropy_max", "cross_entropy_last", "cross_entropy_step")},
    "loss_mse_count": ["populations.output={size: 10, model: lif, tau_m: 5 ms, v_th: 0.2}", "train.loss=mse_count",
                       "record=[{population: output, what: spikes}]"],
    "fixed_probability": [connected("{rule: fixed_probability, p: 0.2}")],
    "fixed_in_degree": [connected("{rule: fixed_in_degree, n: 30}")],
    "blocks": ["populations.hidden.size=28", connected("blocks")],
    "one_to_one": ["populations.hidden.size=10", "projections.1.connect=one_to_one"],
    "sparse_cycle": [*CYCLE, connected("{rule: fixed_in_degree, n: 90}"),
                     *(f"projections.{k}.connect={{rule: fixed_in_degree, n: 2}}" for k in (1, 2, 3)),
                     "populations.hidden.dropout=0.3", "train.clip_norm=1"],
    "sparse_values": [*CYCLE, "populations.hidden={size: 20, model: tanh}", "populations.other={size: 18, model: vsn, v_th: 0.2}",
                      "test.quantize={bits: 8}", *(f"projections.{k}.connect={{rule: fixed_out_degree, n: 1}}" for k in (0, 1, 2, 3, 5))],
    "sparse_fixed_values": [hidden("vsn", v_th=0.1, activation="relu"), connected("{rule: fixed_in_degree, n: 90}"),
                            "projections.1.connect={rule: fixed_probability, p: 0.1}", "test.arithmetic=fixed", "train.epochs=3",
                            "train.prune={sparsity: 0.5, from: 1, to: 2}"],
    "sparse_shapes": ["populations={input: {shape: [1, 28, 28], model: spike_source}, conv: {model: lif, tau_m: 5 ms},"
                      " same: {shape: [3, 13, 13], model: lif, tau_m: 5 ms}, output: {size: 10, model: leaky_readout, tau_m: 10 ms}}",
                      "projections=[{from: input, to: conv, connect: {rule: conv2d, channels: 3, kernel: 3, stride: 2}, bias: true, weight: {gain: 2}},"
                      " {from: conv, to: same, connect: one_to_one, weight: {init: constant, value: 1}}, {from: input, to: same, bias: true,"
                      " connect: {rule: fixed_in_degree, n: 7}, weight: {gain: 9}}, {from: same, to: output, connect: {rule: fixed_out_degree, n: 1}}]",
                      "record=[{population: same, what: spikes, samples: 5}]"],
    "windows": [*WINDOWS], "windows_of_values": [*WINDOWS, "data.encode={scheme: direct, duration: 5 ms}"],
    "windows_with_norms": [*WINDOWS, "populations.one.batch_norm={}", "populations.two.batch_norm={scale: 2}",
                           "populations.two.dropout=0.3", "train.clip_norm=1"],
    "dropout": [LOOP, "populations.hidden.dropout=0.4"],
    "frozen": ["projections.0.trainable=false", "projections.1.bias=false"],
    "pruned": ["train.prune={sparsity: 0.7, from: 1, to: 2}", "train.epochs=3"],
    "int8": ["test.quantize={bits: 8}"],
    "int4_of_values": [hidden("vsn", v_th=0.1, activation="relu"), "test.quantize={bits: 4, scale: projection}"],
    "penalties": ["train.rate_penalty=[{population: hidden, lower: 0.1, upper: 0.2, strength: 1}]", "train.clip_norm=0.1"],
    **{model: [hidden(model, **more), connected("all_to_all"), "projections.0.bias=false", f"projections.0.weight.gain={gain}"]
       for model, gain, more in (("iaf_psc_delta", 20, {"v_th": "-65 mV", "t_ref": "1 ms"}),
                                 ("iaf_psc_exp", 20, {"c_m": "2 pF", "v_th": "-65 mV", "detach_reset": "false"}),
                                 ("izhikevich", 20, {"i_e": 4, "detach_reset": "false"}))},
    "learned": [hidden("lif", tau_m="5 ms", trainable="{tau_m: {per: cell, spread: 0.3}, v_th: {lr: 0.05}}"),
                "populations.output.trainable=[tau_m]", "projections.0.lr=1e-3", "train.clip_norm=0.1"],
    "learned_in_a_loop": [LOOP, hidden("adaptive_lif", tau_m="5 ms", tau_a="20 ms", trainable="[tau_m, tau_a, v_th, adaptation]")],
    "fixed": ["test.arithmetic=fixed"],
    "fixed_values": [hidden("vsn", v_th=0.1, activation="relu"), "test.arithmetic=fixed"],
    "best_weights": ["train.validation=0.25", "train.best_weights=true", "train.early_stopping={patience: 1}", "train.epochs=3",
                     "test.every=1"],
    # Samples of 40 steps come in two pieces.
    **{f"method_{name}": [LOOP, "train.method=" + method, "train.loss=cross_entropy_step", "data.encode.duration=40 ms", *more]
       for name, method, *more in (
           ("truncated", "{name: truncated_bptt, steps: 7}"), ("ottt", "ottt"), ("decolle", "decolle"), ("ostl", "{name: ostl, feedback: random}"),
           ("e_prop", "e_prop", hidden("adaptive_lif", tau_m="5 ms", tau_a="20 ms", detach_reset="false")))},
    "method_event_prop": ["train.method=event_prop", hidden("cuba_lif", tau_m="8 ms"), "projections.0.weight.gain=20"],
    "method_event_prop_in_a_loop": [LOOP, "train.method=event_prop", hidden("cuba_lif", tau_m="8 ms"), "projections.0.weight.gain=20"],
    "method_event_prop_of_latencies": ["train.method=event_prop", hidden("cuba_lif", tau_m="8 ms"), "projections.0.weight.gain=30",
                                       "populations.output={size: 10, model: cuba_lif, tau_m: 4 ms, v_th: 0.1}", "projections.1.weight.gain=9",
                                       "data.encode={scheme: latency, t_max: 6 ms, duration: 14 ms}",
                                       "train.loss=cross_entropy_latency", "record=[{population: output, what: spikes}]"],
    "feedback": [*WINDOWS, "train.method={name: surrogate_gradient, feedback: random}"],
    "spines": ["train.spines={shift: 1, least: 0.001}", "train.epochs=3"],
    "multiplies": ["projections=[{from: input, to: hidden, weight: {gain: 3}, bias: true}, {from: hidden, to: output, bias: true},"
                   " {from: input, to: hidden, name: dendrites, multiplies: input_to_hidden, bias: true}]"],
    "phases": ["populations={input: {size: 784, model: spike_source}, hidden: {size: 20, model: lif, tau_m: 5 ms}, dendrites: {size: 20,"
               " model: lif, tau_m: 5 ms, dendrites_of: hidden}, output: {size: 10, model: leaky_readout, tau_m: 10 ms}}", "train.epochs=null",
               "projections=[{from: input, to: hidden, weight: {gain: 3}}, {from: hidden, to: output}, {from: input, to: dendrites, weight: {gain: 3}},"
               " {from: dendrites, to: hidden, connect: one_to_one, weight: {init: constant, value: 0}}]",
               "train.phases=[{epochs: 1, learns: [input_to_hidden, hidden_to_output]}, {epochs: 1, objective: correlation,"
               " learns: [input_to_dendrites]}, {epochs: 1, learns: [input_to_hidden, dendrites_to_hidden]}]"],
}
# A simulation and a training of each sort for the modes that check more, and take longer.
CHECKED = {
    "coba": ["simulate.duration=10 ms"],
    "brunel_stdp": ["simulate.duration=5 ms", *SIMULATIONS["brunel_stdp"][1:]],
    "microcircuit": ["simulate.duration=5 ms", "scale.neurons=0.02", "scale.in_degrees=0.02"],
    "mnist_stdp": [*SIMULATIONS["mnist_stdp"], *(f"simulate.phases.{k}.present.duration=5 ms" for k in range(3))],
    "rstdp_conditioning": ["simulate.phases.0.duration=20 ms", "simulate.phases.1.present.count=1"],
    "stp_demo": ["simulate.duration=15 ms", "populations.sources.rate=100 Hz"],
    "mnist_lif": [*TRAININGS["mnist_lif"], *SHORT], "mnist_rsnn": [*TRAININGS["mnist_rsnn"], *SHORT],
    "burgers_vsn": [*TRAININGS["burgers_vsn"], *SHORT],
}
MODES = ["PTXRUN_CHECK=2", "PTXRUN_RACE=1", "PTXRUN_SHUFFLE=1", "PTXRUN_SHUFFLE=2", "PTXRUN_SHUFFLE=3"]


@pytest.fixture(scope="module")
def ptxrun():
    """Environment of a program whose CUDA calls ptxrun answers."""
    folder = os.environ.get("SNNSIM_PTXRUN", "")
    if not folder or "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_PTXRUN does not name the folder of ptxrun (a build with -DSNNSIM_PTXRUN=ON has one; ctest sets it)")
    assert (pathlib.Path(folder) / "libcudart.so.13").exists()
    return {**os.environ, "LD_LIBRARY_PATH": folder, "PTXRUN_CHECK": "1"}


@pytest.fixture(scope="module")
def data(data_folder):
    """Images, and numbers to fit, in one folder."""
    random = np.random.default_rng(5)
    for name, inputs, outputs in (("sine", 1, 1), ("burgers", 101, 101)):
        with h5py.File(data_folder / f"{name}.h5", "w") as file:
            for group, count in (("train", 40), ("test", 20)):
                x = random.uniform(0.0, 1.0, (count, inputs))
                file[f"{group}/x"], file[f"{group}/y"] = x, np.sin(3.0 * x[:, :outputs])
    write_events(data_folder / "shd.h5", 20, unit=140)
    write_events(data_folder / "order.h5", 8, unit=2)
    write_events(data_folder / "itd.h5", 11, unit=2)
    write_events(data_folder / "nmnist.h5", 10, x=34, y=34, p=2)
    write_events(data_folder / "dvs.h5", 11, x=32, y=32, p=2)
    write_events(data_folder / "cifar10.h5", 10, sets=(("", 40),), x=32, y=32, p=2)
    return data_folder


def write_events(path, classes, sets=(("train/", 40), ("test/", 20)), **places):
    """Recordings of 140 ms: events at any place up to those of each name, of each class at least one."""
    random = np.random.default_rng(7)
    with h5py.File(path, "w") as file:
        for group, count in sets:
            events = random.integers(100, 300, count)
            file[f"{group}offsets"] = np.concatenate([[0], np.cumsum(events)])
            file[f"{group}t"] = random.integers(0, 140_000, events.sum())
            for name, size in places.items():
                file[f"{group}{name}"] = random.integers(0, size, events.sum())
            if "x" in places:
                file[f"{group}x"].attrs.update({"width": places["x"], "height": places["y"]})
            file[f"{group}labels"] = np.arange(count) % classes
            file[f"{group}speaker"] = file[f"{group}subject"] = np.arange(count) % 5


def arguments(model, settings, data, out):
    """How the program is called; `model`: a shipped one or a file."""
    path = model if isinstance(model, pathlib.Path) else MODELS / f"{model}.yaml"
    text = path.read_text()
    if "set: file" in text:
        settings = [*settings, f"data.file={data / (path.stem.split('_')[0] + '.h5')}"]
    images = ["--data-dir", data] if re.search(r"set: (fashion_)?mnist", text) else []
    return [path, *(part for setting in settings for part in ("--set", setting)), *images, "--threads", "1",
            "--progress", "none", "-o", out]


def call(environment, *words):
    done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, words)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    complaints = [line for line in done.stderr.splitlines() if line.startswith("ptxrun:") and "note:" not in line]
    assert not complaints, done.stderr
    return done


# What names time, backend and device, and what a backend keeps of a synapse; nothing else may differ.
APART_GROUPS = ("profile", "progress", "energy/measured", "training/epochs/seconds")
APART_ATTRIBUTES = {"backend", "device", "started", "finished", "threads", "git", "bytes_per_synapse"}


def content(path):
    found = {}
    with h5py.File(path, "r") as file:
        def keep(name, item):
            if name.startswith(APART_GROUPS):
                return
            found.update({f"{name}@{key}": value for key, value in item.attrs.items() if key not in APART_ATTRIBUTES})
            if isinstance(item, h5py.Dataset):
                found[name] = item[()]
        keep("", file)
        file.visititems(keep)
    return found


def same(a, b):
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    return a.tolist() == b.tolist() if a.dtype.hasobject else a.tobytes() == b.tobytes()


def backend_of(path):
    with h5py.File(path) as file:
        return file.attrs["backend"]


def expect_the_same_file(one, other):
    a, b = content(one), content(other)
    assert set(a) == set(b)
    differ = [name for name in a if not same(a[name], b[name])]
    assert not differ, f"{one} and {other} differ in {differ}"
    return a


def on_both(ptxrun, tmp_path, data, model, settings, *mode):
    cpu, cuda = tmp_path / "run.cpu.h5", tmp_path / "run.cuda.h5"
    call(None, *arguments(model, settings, data, cpu), "--backend", "cpu")
    call({**ptxrun, **dict(m.split("=") for m in mode)}, *arguments(model, settings, data, cuda), "--backend", "cuda")
    assert (backend_of(cpu), backend_of(cuda)) == ("cpu", "cuda")
    return expect_the_same_file(cpu, cuda)


def spikes_of(found):
    return {name: int(value) for name, value in found.items() if re.fullmatch(r"network/\w+@spikes", name)}


def test_every_shipped_model_is_here():
    kinds = {True: set(), False: set()}
    for path in MODELS.glob("*.yaml"):
        if "\n  network:" not in path.read_text():  # those need a trained network: test_trained_networks
            kinds["\nsimulate:" in path.read_text()].add(path.stem)
    assert kinds[True] == set(SIMULATIONS) and kinds[False] == set(TRAININGS)


# Of the circuits as much as makes their cells fire and their weights change.
CIRCUITS = {
    "gain_plastic": ["simulate.phases.0.duration=5 ms", "simulate.phases.1.duration=50 ms", "simulate.phases.2.duration=5 ms",
                     "record.2.interval=5 ms", "record.3.interval=5 ms"],
    "gain_spontaneous": ["simulate.duration=40 ms"],
    "gain_wave": ["simulate.duration=40 ms"],
    "gap_ring": ["simulate.duration=60 ms"],
    "gating": ["simulate.duration=40 ms"],
    "itd": ["simulate.duration=20 ms"],
    "itd_moving": ["simulate.duration=20 ms"],
    "stem_cable": ["parameters.time=30 ms"],
    "stem_cable_cell": ["parameters.time=30 ms"],
    "stem_cell": ["parameters.time=50 ms"],
    "stem_ring": ["parameters.time=50 ms"],
    "stem_ring_teacher": ["parameters.time=40 ms"],
    "stem_teacher": ["parameters.time=40 ms"],
    "stem": ["parameters={inputs: 3, traces: 16, hidden: 32, second: 16}", "train.epochs=2", "data.encode.duration=60 ms"],
}


@pytest.fixture(scope="module")
def circuits(tmp_path_factory):
    """The circuits beside their data."""
    folder = tmp_path_factory.mktemp("circuits")
    for file in (*(MODELS / "circuits").glob("*.yaml"), *(MODELS / "circuits").glob("*.csv")):
        (folder / file.name).write_bytes(file.read_bytes())
    subprocess.run([sys.executable, ROOT / "tools" / "make_stem", "inputs", "-o", folder, "--seconds", "0.1"], check=True, capture_output=True)
    random = np.random.default_rng(5)
    with h5py.File(folder / "stem.h5", "w") as file:
        for group, count in (("train", 10), ("test", 4)):
            x = random.poisson(0.2, (count, 60, 3))
            file[f"{group}/x"], file[f"{group}/y"] = x.reshape(count, -1).astype(np.float32), x[:, :, :1] > 0
    return folder


@pytest.mark.parametrize("model", CIRCUITS)
def test_circuits(ptxrun, tmp_path, circuits, model):
    found = on_both(ptxrun, tmp_path, circuits, circuits / f"{model}.yaml", CIRCUITS[model])
    if model == "gain_plastic":
        histogram = found["weights/E_to_E/histogram"]
        assert (histogram[0] != histogram[-1]).any()
    if model == "stem":
        assert np.isfinite(found["training/epochs/train_loss"]).all()
    else:
        fired = spikes_of(found)
        assert fired.get("network/cell@spikes", sum(fired.values())) > 0


# With SNNSIM_WHOLE_MODELS=1 simulations are not shortened: minutes to an hour each.
@pytest.mark.parametrize("model", SIMULATIONS)
def test_simulations(ptxrun, tmp_path, data, model):
    whole = os.environ.get("SNNSIM_WHOLE_MODELS") == "1"
    found = on_both(ptxrun, tmp_path, data, model, [] if whole else SIMULATIONS[model])
    assert sum(spikes_of(found).values()) > 0


@pytest.mark.parametrize("mode", ["PTXRUN_CHECK=1", *MODES])
def test_other_cells(ptxrun, tmp_path, data, mode):
    (tmp_path / "others.yaml").write_text(OTHERS)
    found = on_both(ptxrun, tmp_path, data, tmp_path / "others.yaml", [], mode)
    spikes = spikes_of(found)
    assert len(spikes) == 5 and min(spikes.values()) > 0
    assert found["weights/source_to_delta/structure/grown"].sum() > 0


@pytest.mark.parametrize("model", TRAININGS)
def test_trainings(ptxrun, tmp_path, data, model):
    on_both(ptxrun, tmp_path, data, model, [*TRAININGS[model], *SHORT])


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_training(ptxrun, tmp_path, data, kind):
    (tmp_path / "any.yaml").write_text(NETWORK)
    found = on_both(ptxrun, tmp_path, data, tmp_path / "any.yaml", KINDS[kind])
    assert np.isfinite(found["training/epochs/train_loss"]).all()


@pytest.mark.parametrize("settings", [[], ["data.stream=always", "train.loss.digit=cross_entropy_max", "train.clip_norm=0.1"]])
def test_several_inputs_and_outputs(ptxrun, tmp_path, settings):
    """Bytes of one input, spikes of another; classes of one output, numbers of another."""
    (tmp_path / "named.yaml").write_text(test_named_data.MODEL)
    test_named_data.write_h5(tmp_path / "named.h5", test_named_data.sets())
    found = on_both(ptxrun, tmp_path, tmp_path, tmp_path / "named.yaml", ["train.epochs=2", *settings])
    assert np.isfinite(found["training/outputs/angle/epochs/train_loss"]).all()


# A trained network event by event: samples, lost cells, state kept, an input of values, synapses that fail and learn.
SHOWN = """name: shown
data: {set: mnist}
simulate:
  network: trained.h5
  phases:
    - {name: whole, present: {samples: test, count: 5}}
    - {name: hurt, present: {samples: train, count: 3}, lesions: [{population: hidden, share: 0.4}]}
    - {name: kept, present: {samples: test, count: 3, state: keep}, lesions: [{population: hidden, share: 0}]}
record: [{population: hidden, what: spikes}, {population: output, what: v, interval: 1 ms}]
"""
CHANGING = """projections:
  - {from: input, to: hidden, release: {p: 0.8}, plasticity: {rule: rate_matching, a: 1e-4, w_min: -2, w_max: 2}}
"""


@pytest.mark.parametrize("kind, more", [("lif_next_step", ""), ("cuba_lif", ""), ("recurrent_adaptive", ""), ("vsn_relu", ""),
                                        ("encode_direct", ""), ("encode_sequence", ""), ("izhikevich", ""), ("lif_next_step", CHANGING)])
def test_trained_networks(ptxrun, tmp_path, data, kind, more):
    (tmp_path / "any.yaml").write_text(NETWORK)
    call(None, *arguments(tmp_path / "any.yaml", KINDS[kind], data, tmp_path / "trained.h5"), "--backend", "cpu")
    (tmp_path / "shown.yaml").write_text(SHOWN + more)
    found = on_both(ptxrun, tmp_path, data, tmp_path / "shown.yaml", [])
    assert len(found["trials/prediction"]) == 11 and spikes_of(found)["network/hidden@spikes"] > 0


@pytest.mark.parametrize("kind, more", [("spikes", ""), ("values", ""), ("counted", ", stream: always")])
def test_trained_networks_on_samples_over_time(ptxrun, tmp_path, kind, more):
    model = write_own(tmp_path, kind, more)
    call(None, "run", model, "--backend", "cpu", "-o", tmp_path / "run.h5", "--progress", "none")
    shown = tmp_path / "shown.yaml"
    shown.write_text("name: shown\nsimulate: {network: run.h5, phases: [{name: a, present: {samples: test, count: 7}}]}\n"
                     "record: [{population: hidden, what: spikes}, {population: input, what: spikes}]\n")
    for backend in ("cpu", "cuda"):
        call(ptxrun, "run", shown, "--backend", backend, "-o", tmp_path / f"{backend}.h5", "--progress", "none")
    found = expect_the_same_file(tmp_path / "cpu.h5", tmp_path / "cuda.h5")
    with h5py.File(tmp_path / "run.h5") as file:
        assert found["trials/prediction"].tolist() == file["test/prediction"][:7].tolist()
    assert found["energy/simulate@samples"] == 7 and spikes_of(found)["network/hidden@spikes"] > 20


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("model", CHECKED)
def test_in_any_order_and_within_bounds(ptxrun, tmp_path, data, model, mode):
    on_both(ptxrun, tmp_path, data, model, CHECKED[model], mode)


def stop_on_the_way(environment, words, out):
    """Runs until there is a checkpoint."""
    seen = out.with_suffix(".checkpoint.h5" if "brunel" in str(words[0]) else ".partial.h5")
    process = subprocess.Popen([os.environ["SNNSIM_BINARY"], *map(str, words)], env=environment, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    stop_when(seen.exists, process, signal.SIGINT)


LONGER = {
    "brunel_stdp": lambda length: [f"simulate.duration={15 * length} ms", *SIMULATIONS["brunel_stdp"][1:]],
    "mnist_rsnn": lambda length: [*TRAININGS["mnist_rsnn"], *SHORT, f"train.epochs={int(4 * length)}"],
}


@pytest.mark.parametrize("first, then", [("cuda", "cpu"), ("cpu", "cuda")])
@pytest.mark.parametrize("model", LONGER)
def test_one_goes_on_where_the_other_stopped(ptxrun, tmp_path, data, model, first, then):
    environment = {"cuda": ptxrun, "cpu": None}

    def attempt(length, folder):
        whole, cut = folder / "whole.h5", folder / "cut.h5"
        settings = LONGER[model](length)
        words = [*arguments(model, settings, data, cut), "--backend", first, "--checkpoint-every", "0.001"]
        stop_on_the_way(environment[first], words, cut)
        with h5py.File(cut) as file:
            assert file.attrs["status"] == "interrupted" and file.attrs["backend"] == first
        images = ["--data-dir", data] if model.startswith("mnist") else []
        call(environment[then], "--resume", cut, "--backend", then, "--progress", "none", *images)
        with h5py.File(cut) as file:
            assert file.attrs["status"] == "finished"
        assert backend_of(cut) == then
        call(None, *arguments(model, settings, data, whole), "--backend", "cpu")
        expect_the_same_file(whole, cut)

    in_a_long_enough_run(attempt, tmp_path)


STUDIES = {
    "fi_curve": "set: {simulate.duration: 60 ms}, grid: {parameters.current: [400 pA, 800 pA]}",
    "mnist_lif": "set: {data.train_samples: 40, data.test_samples: 20, train.epochs: 1, data.encode.duration: 5 ms},"
                 " grid: {populations.hidden.size: [16, 24]}",
}


@pytest.mark.parametrize("model", STUDIES)
def test_studies(ptxrun, tmp_path, data, model):
    (tmp_path / "s.yaml").write_text(f"name: s\nseeds: 1..2\nmodels:\n  m: {{file: {MODELS / model}.yaml, {STUDIES[model]}}}\n")
    images = ["--data-dir", data] if model.startswith("mnist") else []
    for backend, environment in (("cpu", None), ("cuda", ptxrun)):
        call(environment, "study", tmp_path / "s.yaml", "-o", tmp_path / backend, "--jobs", "2", "--backend", backend, *images)
    runs = sorted((tmp_path / "cpu").glob("m-*.h5"))
    assert len(runs) == 4
    for run in runs:
        assert backend_of(tmp_path / "cuda" / run.name) == "cuda"
        expect_the_same_file(run, tmp_path / "cuda" / run.name)


EVOLUTIONS = {
    "structure": "task: xor_latency, population: 12, generations: 3",
    "noise": "task: winner_take_all, population: 4, generations: 2, trials: 3, tests: 2",
    "cart_pole": "task: cart_pole, method: weights, population: 4, generations: 2, trials: 1, tests: 1, wiring: {cells: 3}",
}


@pytest.mark.parametrize("case", EVOLUTIONS)
def test_evolutions(ptxrun, tmp_path, case):
    (tmp_path / "e.yaml").write_text(f"name: e\nevolve: {{{EVOLUTIONS[case]}}}\n")
    for backend, environment in (("cpu", None), ("cuda", ptxrun)):
        call(environment, "evolve", tmp_path / "e.yaml", "-o", tmp_path / backend, "--backend", backend, "--progress", "none")
    for name in ("evolve.csv", "generations.txt", "e_winner.yaml", "e_winner_spikes.csv"):
        assert (tmp_path / "cpu" / name).read_bytes() == (tmp_path / "cuda" / name).read_bytes()


def test_ptxrun_is_named_and_no_gpu(ptxrun, tmp_path, data):
    named = "ptxrun (PTX interpreted on the CPU)"  # the run file says its number too
    said = call(ptxrun, "devices").stdout
    assert f"cuda  device 0: {named}, 4 multiprocessors, 17.2 GB\n" in said and "gpu" not in said.lower()
    training = [*TRAININGS["mnist_lif"], *SHORT, "train.epochs=1"]
    for model, settings in (("coba", ["simulate.duration=2 ms"]), ("mnist_lif", training)):
        out = tmp_path / f"{model}.h5"
        said = call(ptxrun, *arguments(model, settings, data, out), "--backend", "cuda")
        with h5py.File(out) as file:
            assert file.attrs["backend"] == "cuda" and file.attrs["device"] == f"{named}, device 0"
            names = []
            file.visit(names.append)
            attributes = [str(value) for key, value in file.attrs.items() if key != "model"]
        assert not any("gpu" in text.lower() for text in [*names, *attributes, said.stdout, said.stderr])


@pytest.mark.parametrize("model, settings, fails, where", [
    ("coba", ["simulate.duration=20 ms"], "ListSpikes:150",
     r" in steps 129 to 160, in one of the kernels .*StepGroups<IafCondExp, false>, ListSpikes, .*FindStrayed"),
    ("mnist_lif", [*TRAININGS["mnist_lif"], *SHORT], "Adam:7",
     r" in epoch 2, updates? 4.*, in one of the kernels .*RowGradient<Four<float> *>, .*UpdateWeights<AdamUpdate, Four<float> *>"),
    ("mnist_lif", [*TRAININGS["mnist_lif"], *SHORT, "train.epochs=0"], "SampleLoss:2",
     r" in test samples 17 to 20, in one of the kernels .*SampleLoss")])
def test_a_fault_of_the_device_says_where(ptxrun, tmp_path, data, model, settings, fails, where):
    words = [*arguments(model, settings, data, tmp_path / "a.h5"), "--backend", "cuda", "--checkpoint-every", "0"]
    done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, words)], capture_output=True, text=True,
                          env={**ptxrun, "PTXRUN_FAIL": fails})
    assert done.returncode == 1 and not (tmp_path / "a.h5").exists()
    if "test" not in where:  # what came before is not lost
        assert f"goes on with: snnsim --resume {tmp_path / 'a.h5'} --backend cpu" in done.stderr
        images = ["--data-dir", data] if "mnist" in model else []
        call(None, "run", "--resume", tmp_path / "a.h5", "--backend", "cpu", "--progress", "none", *images)
        call(None, *arguments(model, settings, data, tmp_path / "whole.h5"), "--backend", "cpu")
        expect_the_same_file(tmp_path / "whole.h5", tmp_path / "a.h5")
    assert re.search(r"error: CUDA: an illegal memory access was encountered \(cudaErrorIllegalAddress, told by cuda\w+\(.*\)\)"
                     + where + r".*; --backend cpu computes the same .*compute-sanitizer", done.stderr)


def test_a_fault_over_a_finished_run_loses_neither(ptxrun, tmp_path, data):
    out, partial, whole = tmp_path / "a b.h5", tmp_path / "a b.partial.h5", tmp_path / "whole.h5"
    short = [*TRAININGS["mnist_lif"], *SHORT]
    call(None, *arguments("mnist_lif", ["seed=7", *short], data, out), "--backend", "cpu")
    words = [*arguments("mnist_lif", short, data, out), "--force", "--backend", "cuda", "--checkpoint-every", "0"]
    done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, words)], capture_output=True, text=True,
                          env={**ptxrun, "PTXRUN_FAIL": "Adam:7"})
    assert done.returncode == 1 and f"goes on with: snnsim --resume '{partial}' --force --backend cpu" in done.stderr
    again = ["run", "--progress", "none", "--data-dir", data, "--backend", "cpu"]
    done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, again), "--resume", out], capture_output=True, text=True)
    assert done.returncode == 2 and "is finished, and a later run that was to take its place left" in done.stderr
    call(None, *again, "--resume", partial, "--force")
    call(None, *arguments("mnist_lif", short, data, whole), "--backend", "cpu")
    expect_the_same_file(whole, out)


@pytest.mark.parametrize("setting", ["PTXRUN_SMS=0", "PTXRUN_CHECK=yes", "PTXRUN_SHUFFEL=1", "PTXRUN_MEMORY=1e9"])
def test_ptxrun_refuses_settings_that_it_would_not_follow(ptxrun, setting):
    name, value = setting.split("=")
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "devices"], capture_output=True, text=True, env={**ptxrun, name: value})
    assert done.returncode == 2 and done.stderr.startswith(f"ptxrun: {name}: ")


def test_gpu_check_rehearsed(ptxrun, tmp_path, data):
    """Its parts, as far as they need no device, with the models that take least."""
    build = pathlib.Path(os.environ["SNNSIM_BINARY"]).parent
    parts = ("digests", "factors", "training", "plastic", "energy", "profile", "sanitizer")
    words = [ROOT / "tools" / "gpu_check", "--build", build, "--minutes", "60", "--data-dir", data, "--output", tmp_path / "found.json"]
    words += [word for part in parts for word in ("--part", part)] + ["--model", "cuba", "--model", "stp_demo", "--model", "mnist_vsn"]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=ptxrun)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This is no GPU" in done.stdout
    found = json.loads((tmp_path / "found.json").read_text())
    assert "ptxrun" in found["card"]["name"] and found["card"]["is_a_device"] is False
    assert {name: part["result"] for name, part in found["parts"].items()} == {
        **dict.fromkeys(parts[:4], "passed"), **dict.fromkeys(parts[4:], "skipped")}
    results = {name: part["results"] for name, part in found["parts"].items()}
    assert results["digests"] == [{"what": "cuba", "bits": "equal"}, {"what": "stp_demo", "bits": "equal"}]
    assert [r["what"] for r in results["factors"]] == ["cuba on cuda", "cuba on cpu", "cuba, synaptic events"]
    events = results["factors"][2]
    assert events["count"] > 1000 and events["a_second_on_cuda"] == events["count"] / results["factors"][0]["seconds"]
    assert [(r["what"], r["epochs"]) for r in results["training"]] == [("mnist_vsn on cuda", 2), ("mnist_vsn on cpu", 2)]
    assert [r["what"] for r in results["plastic"]] == ["stp_demo on cuda", "stp_demo on cpu"]


def megabytes(text):
    amount, unit = re.search(r"needs about ([\d.]+) ([kMG])B of its memory", text).groups()
    return float(amount) * {"k": 1e-3, "M": 1, "G": 1e3}[unit]


@pytest.mark.parametrize("model", ["coba", "brunel_stdp", "microcircuit", "stp_demo", "mnist_lif", "mnist_rsnn", "sine_lif"])
def test_device_memory_is_foretold(ptxrun, tmp_path, data, model):
    settings = SIMULATIONS[model] if model in SIMULATIONS else [*TRAININGS[model], *SHORT]
    words = arguments(model, settings, data, tmp_path / "a.h5")
    settings_only = words[:words.index("--threads")]
    if "--data-dir" in settings_only:
        settings_only = settings_only[:settings_only.index("--data-dir")]
    foretold = megabytes(call(ptxrun, "check", *settings_only).stdout)
    done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, words), "--backend", "cuda"], capture_output=True, text=True,
                          check=True, env={**ptxrun, "PTXRUN_REPORT": "1"})
    taken = int(re.search(r"ptxrun: (\d+) bytes of device memory at most", done.stderr)[1]) * 1e-6
    assert taken <= 1.01 * foretold < 2 * taken


def test_too_little_device_memory_is_refused(ptxrun, tmp_path, data):
    words = [*arguments("coba", ["simulate.duration=1 ms"], data, tmp_path / "a.h5"), "--backend", "cuda"]

    def error(**settings):
        done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, words)], capture_output=True, text=True,
                              env={**ptxrun, **settings})
        assert done.returncode == 1 and not list(tmp_path.iterdir())
        return done.stderr
    said = error(PTXRUN_MEMORY="100000000")
    assert re.search(r"error: this model takes about \d+ MB of the memory of ptxrun .*, device 0 and 100 MB are free; .*"
                     r"--backend cpu takes about \d+ MB of the host's memory instead:\n +\d+ MB  cells of E\n", said)
    said = error(PTXRUN_FAIL="cudaMalloc:12")
    assert re.search(r"error: the device has no room for \d+ MB more: \d+ MB of its 17179 MB are free; .*--backend cpu", said)


def test_several_devices(ptxrun, tmp_path, data):
    two = {**ptxrun, "PTXRUN_DEVICES": "2", "PTXRUN_MEMORY": "100000,1000000000"}
    devices = call(two, "devices").stdout
    assert re.search(r"cuda  device 0: ptxrun .*, 100 kB\ncuda  device 1: ptxrun .*, 1.0 GB\n", devices)
    assert "backend auto: cpu (" in call(two, "check", MODELS / "coba.yaml", "--device", "1").stdout
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "check", MODELS / "coba.yaml", "--device", "5"], capture_output=True, env=two)
    assert done.returncode != 0 and b"--device 5: there is no such device; there is 0 (ptxrun" in done.stderr
    for model, settings in (("coba", ["simulate.duration=2 ms"]), ("mnist_lif", [*TRAININGS["mnist_lif"], *SHORT])):
        out = tmp_path / f"{model}.h5"
        words = arguments(model, settings, data, out)
        call(two, *words, "--backend", "cuda", "--device", "1")  # all of it, for the other has no memory
        with h5py.File(out) as file:
            assert file.attrs["device"] == "ptxrun (PTX interpreted on the CPU), device 1"
        for wrong, message in ((["--backend", "cuda"], "(PTX interpreted on the CPU), device 0 and 100 kB are free; "),
                               (["--backend", "cuda", "--device", "2"], "--device 2: there is no such device; there is 0 (ptxrun"),
                               (["--device", "0", "--backend", "cpu"], "--device names a CUDA device, and --backend cpu uses none")):
            done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, [*words, "--force", *wrong])], capture_output=True,
                                  text=True, env=two)
            assert done.returncode != 0 and message in done.stderr, done.stderr


@pytest.fixture(scope="module")
def on_ranks(ptxrun):
    """Runs on so many ranks, each with a device of ptxrun."""
    binary = os.environ["SNNSIM_BINARY"]
    devices = subprocess.run([binary, "devices"], capture_output=True, text=True, check=True).stdout
    if "\nmpi   available: Open MPI" not in devices or not shutil.which("mpirun"):
        pytest.skip("this build has no Open MPI, or there is no mpirun")

    def run(ranks, words, status=0, **variables):
        environment = {**ptxrun, "OMPI_MCA_btl_vader_single_copy_mechanism": "none", **variables}
        command = ["mpirun", "--oversubscribe", "--allow-run-as-root", "-n", str(ranks), binary, *map(str, words), "--backend", "cuda"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == status, done.stdout + done.stderr
        assert status or not [line for line in done.stderr.splitlines() if line.startswith("ptxrun:") and "note:" not in line], done.stderr
        return done

    return run


def on_cpu_and_ranks(on_ranks, tmp_path, data, model, settings, ranks, **variables):
    cpu, cuda = tmp_path / "run.cpu.h5", tmp_path / "run.ranks.h5"
    call(None, *arguments(model, settings, data, cpu), "--backend", "cpu")
    on_ranks(ranks, arguments(model, settings, data, cuda), **variables)
    with h5py.File(cuda) as file:
        assert file.attrs["backend"] == "cuda" and f" on each of {ranks} ranks (devices 0, 0" in file.attrs["device"]
        device = file.attrs["device"]
    return expect_the_same_file(cpu, cuda), device


@pytest.mark.parametrize("model", SIMULATIONS)
def test_simulations_on_ranks(on_ranks, tmp_path, data, model):
    found, device = on_cpu_and_ranks(on_ranks, tmp_path, data, model, SIMULATIONS[model], 2)
    assert sum(spikes_of(found).values()) > 0 and device.endswith("spikes by way of the host")


@pytest.mark.parametrize("ranks, way", [(2, "host"), (5, "host"), (3, "mpi"), (3, "nccl")])
def test_ways_between_ranks(on_ranks, tmp_path, data, ranks, way):
    variables = {"SNNSIM_GPU_EXCHANGE": way}
    if way == "nccl":  # one for the host's memory stands in for it
        fake = os.environ.get("SNNSIM_FAKE_NCCL", "")
        if not (pathlib.Path(fake) / "libnccl.so.2").exists():
            pytest.skip("this build found no nccl.h")
        variables["LD_LIBRARY_PATH"] = f"{fake}:{os.environ['SNNSIM_PTXRUN']}"
    (tmp_path / "others.yaml").write_text(OTHERS)
    found, device = on_cpu_and_ranks(on_ranks, tmp_path, data, tmp_path / "others.yaml", [], ranks, **variables)
    spikes = spikes_of(found)
    assert len(spikes) == 5 and min(spikes.values()) > 0
    assert found["weights/source_to_delta/structure/grown"].sum() > 0
    assert device.endswith({"host": "of the host", "nccl": "of NCCL 2.99.1"}.get(way, "")) and (way != "mpi" or "Open MPI" in device)


@pytest.mark.parametrize("mode", MODES)
def test_ranks_in_any_order(on_ranks, tmp_path, data, mode):
    (tmp_path / "others.yaml").write_text(OTHERS)
    on_cpu_and_ranks(on_ranks, tmp_path, data, tmp_path / "others.yaml", [], 3, **dict([mode.split("=")]))


@pytest.mark.parametrize("kind", ["cycle", "learned_delays", "sparse_cycle", "windows_with_norms", "learned_in_a_loop", "penalties",
                                  "method_e_prop", "method_event_prop", "phases", "int4_of_values"])
def test_kinds_of_training_on_ranks(on_ranks, tmp_path, data, kind):
    (tmp_path / "any.yaml").write_text(NETWORK)
    cpu, cuda = tmp_path / "run.cpu.h5", tmp_path / "run.ranks.h5"
    call(None, *arguments(tmp_path / "any.yaml", KINDS[kind], data, cpu), "--backend", "cpu")
    on_ranks(2, arguments(tmp_path / "any.yaml", KINDS[kind], data, cuda))
    assert backend_of(cuda) == "cuda"
    expect_the_same_file(cpu, cuda)


def test_what_ranks_may_not_ask_of_devices(on_ranks, tmp_path, data):
    words = arguments("cuba", ["simulate.duration=1 ms"], data, tmp_path / "run.h5")
    said = on_ranks(2, words, 2, SNNSIM_GPU_EXCHANGE="pigeon").stderr
    assert said.count("SNNSIM_GPU_EXCHANGE is 'pigeon'; it may be host, mpi or nccl") == 1
    said = on_ranks(2, [*words, "--device", "0"], 2).stderr
    assert said.count("--device names one device, and each of several processes takes its own") == 1
    assert not (tmp_path / "run.h5").exists()


def test_auto_never_takes_ptxrun(ptxrun, tmp_path, data):
    why = "ptxrun (PTX interpreted on the CPU) is only for tests, and needs --backend cuda"
    for model, settings in (("brunel", ["simulate.duration=1 ms"]), ("mnist_lif", [*TRAININGS["mnist_lif"], *SHORT])):
        words = arguments(model, settings, data, tmp_path / f"{model}.h5")
        said = call(ptxrun, "check", *words[:1]).stdout
        assert f"backend auto: cpu ({why})\n" in said
        words[words.index("none")] = "plain"
        assert f"cpu, 1 thread (auto: {why})" in call(ptxrun, *words).stderr
        assert backend_of(tmp_path / f"{model}.h5") == "cpu"


FLOATS = {"f16", "f16x2", "bf16", "bf16x2", "f32", "f32x2", "f64"}
ARITHMETIC = {"add", "sub", "mul", "mad", "fma", "div", "rcp", "sqrt"}


def operations(ptx):
    """Number of line, name and modifiers of each instruction."""
    for number, line in enumerate(ptx.splitlines(), 1):
        found = re.match(r"[\s{]*(?:@!?%\w+\s+)?([a-z]\w*)((?:\.[\w:]+)*)(?=[\s;])", line)
        if found:
            yield number, found[1], found[2].split(".")[1:]


def broken_promises(ptx):
    """What a card's compiler or the order of threads could make other bits of."""
    for number, name, modifiers in operations(ptx):
        floats = FLOATS.intersection(modifiers)
        if {"approx", "full", "ftz"}.intersection(modifiers) or floats and (
                name in ("atom", "red", "redux") or name in ARITHMETIC and "rn" not in modifiers):
            yield number, ".".join((name, *modifiers))


@pytest.mark.parametrize("line, broken", [
    ("\tadd.rn.f32 \t%f1, %f2, %f3;", False), ("\tadd.f32 \t%f1, %f2, %f3;", True), ("@%p1 mul.f64 %fd1, %fd2, %fd3;", True),
    ("\t@!%p1 fma.rn.f32 \t%f1, %f2, %f3, %f4;", False), ("\tfma.rn.ftz.f32 \t%f1, %f2, %f3, %f4;", True),
    ("{ sub.f32 %f1, %f2, %f3; }", True), ("\tex2.approx.f32 %f1, %f2;", True), ("\tdiv.full.f32 %f1, %f2, %f3;", True),
    ("\tdiv.rn.f32 %f1, %f2, %f3;", False), ("\tadd.s32 %r1, %r2, %r3;", False), ("\tatom.global.add.f32 %f1, [%rd1], %f2;", True),
    ("\tred.global.add.f64 [%rd1], %fd1;", True), ("\tatom.global.add.u32 %r1, [%rd1], %r2;", False),
    ("\tmin.f32 %f1, %f2, %f3;", False), ("// add.f32", False), ("$L__BB0_1:", False)])
def test_the_promise_is_looked_after(line, broken):
    assert bool(list(broken_promises(line))) == broken


def test_the_ptx_leaves_no_bit_to_the_compiler(ptxrun, tmp_path, data):
    words = [*arguments("coba", ["simulate.duration=1 ms"], data, tmp_path / "a.h5"), "--backend", "cuda"]
    done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, words)], capture_output=True, text=True, check=True,
                          env={**ptxrun, "PTXRUN_DECODE": "1", "PTXRUN_DUMP": str(tmp_path)})
    kernels = int(re.search(r"ptxrun: decoded (\d+) kernels", done.stderr)[1])
    assert "not understood" not in done.stderr
    texts = {path.name: path.read_text() for path in tmp_path.glob("*.ptx")}
    assert kernels == sum(text.count(".visible .entry") + text.count(".weak .entry") for text in texts.values())
    for name in ("StepGroups", "ArrivePlastic", "DeliverDue", "StepNeurons", "RowGradient", "Adam"):  # engine and trainer
        assert any(".entry _ZN6snnsim" in line and name in line for text in texts.values() for line in text.splitlines()), name
    count = sum(1 for text in texts.values() for _, name, m in operations(text) if name in ARITHMETIC and FLOATS.intersection(m))
    assert count > 10000
    broken = [(name, *what) for name, text in texts.items() for what in broken_promises(text)]
    assert not broken, broken[:20]
