"""Counted operations against an independent count, from the recorded spikes and the weights of a small run."""

import h5py
import numpy as np
import pytest

from conftest import write_bars

TEST, STEPS, EPOCHS, TRAIN = 50, 6, 3, 200
LIF = """name: counts
dt: 1 ms
data: {{set: mnist, encode: {{scheme: {scheme}, duration: 6 ms}}}}
populations:
  input: {{size: 784, model: spike_source}}
  hidden: {{size: 32, model: {model}}}
  output: {{size: 10, model: leaky_readout}}
projections:
  - {{from: input, to: hidden, connect: {{rule: fixed_probability, p: 0.3}}, bias: true}}
  - {{from: hidden, to: output, bias: true}}
  - {{from: hidden, to: hidden, weight: {{init: uniform, low: -0.05, high: 0.05}}}}
train: {{epochs: 3, batch: 50, prune: {{sparsity: 0.5, from: 1, to: 2}}, loss: cross_entropy_mean}}
test: {{}}
record:
  - {{population: input, what: spikes, samples: 50}}
  - {{population: hidden, what: spikes, samples: 50}}
"""


def make(snnsim, data_folder, folder, text, *settings):
    (folder / "counts.yaml").write_text(text)
    path = folder / "counts.h5"
    snnsim(folder / "counts.yaml", *settings, "--progress", "none", "--backend", "cpu", "--data-dir", data_folder,
           "--force", "-o", path)
    return h5py.File(path, "r")


def sent(run, population, size):
    """Whether a neuron sent something: [sample, step, neuron]."""
    group = run[f"spikes/{population}"]
    out = np.zeros((TEST, STEPS, size), bool)
    trial = group["trial"][:].astype(int)
    step = np.rint(group["timestamps"][:] / run.attrs["dt"]).astype(int) - 1 - trial * STEPS
    out[trial, step, group["node_ids"][:].astype(int)] = True
    return out


def attributes(run, path):
    return {k: v for k, v in run[path].attrs.items()}


def test_spikes_and_weights_give_the_counts_exactly(snnsim, data_folder, tmp_path):
    with make(snnsim, data_folder, tmp_path, LIF.format(scheme="poisson, max_rate: 400 Hz", model="lif, v_th: 0.5")) as run:
        size = {"input": 784, "hidden": 32, "output": 10}
        spikes = {name: sent(run, name, size[name]) for name in ("input", "hidden")}
        assert spikes["hidden"].sum() > 100
        for name, source, target in (("input_to_hidden", "input", "hidden"), ("hidden_to_output", "hidden", "output"),
                                     ("hidden_to_hidden", "hidden", "hidden")):
            recurrent = source == target
            arriving = spikes[source][:, :-1] if recurrent else spikes[source]
            steps = STEPS - 1 if recurrent else STEPS
            weights = run[f"weights/{name}/weights"][:]
            fan_out = (weights != 0).sum(axis=1)
            acs = int((arriving.sum(axis=(0, 1)) * fan_out).sum())
            there = (weights.size if source != "input" else None)
            counted = attributes(run, f"energy/test/forward/{name}")
            assert (counted["acs"], counted["macs"], counted["analog"]) == (acs, 0, 0)
            assert counted["events"] == arriving.sum()
            assert counted["inputs"] == size[source] * steps * TEST
            assert counted["reads"] == arriving.sum() + acs
            if there:
                assert counted["dense"] == there * steps * TEST
            assert counted["syops_acs"] == pytest.approx(
                (counted["dense"] + counted["biases"]) * arriving.sum() / counted["inputs"], rel=1e-12)
        # Half of the weights that the rule left were pruned.
        dense = run["energy/test/forward/input_to_hidden"].attrs["dense"] / (STEPS * TEST)
        assert np.count_nonzero(run["weights/input_to_hidden/weights"]) == dense - round(dense / 2)

        hidden = attributes(run, "energy/test/population/hidden")
        assert hidden["events"] == spikes["hidden"].sum()
        assert hidden["updates"] == hidden["possible"] == 32 * STEPS * TEST
        assert hidden["reads"] == 32 * TEST * (1 + STEPS + 2)      # bias, state at each step, two parameters
        assert hidden["writes"] == hidden["events"] + 32 * STEPS * TEST
        assert run["energy/test/population/output"].attrs["updates"] == 10 * STEPS * TEST
        assert run["energy/test"].attrs["samples"] == TEST
        for convention in ("NeuroBench", "syops-counter"):
            assert convention in run["energy/test"].attrs["convention"]


def test_training_is_counted_apart_forward_and_backward(snnsim, data_folder, tmp_path):
    # At a learning rate of next to nothing every epoch of a deterministic code sends the same spikes.
    text = LIF.format(scheme="latency, t_max: 5 ms", model="lif, v_th: 0.5").replace(
        ", prune: {sparsity: 0.5, from: 1, to: 2}", ", optimizer: {name: sgd, lr: 1e-30}")
    with make(snnsim, data_folder, tmp_path, text) as run:
        assert run["energy/train"].attrs["samples"] == EPOCHS * TRAIN
        weights = run["weights/input_to_hidden/weights"][:]
        fan_out = (weights != 0).sum(axis=1)
        # Latency: a pixel of at least 0.01 spikes once.
        images = np.fromfile(data_folder / "train-images-idx3-ubyte", np.uint8)[16:].reshape(TRAIN, 784)
        acs = int((images > 2).sum(axis=0) @ fan_out) * EPOCHS
        forward = attributes(run, "energy/train/forward/input_to_hidden")
        backward = attributes(run, "energy/train/backward/input_to_hidden")
        assert forward["acs"] == acs
        assert (backward["acs"], backward["macs"]) == (acs, 0)
        assert backward["weight_updates"] == EPOCHS * TRAIN // 50 * (fan_out.sum() + 32)
        readout = attributes(run, "energy/train/backward/hidden_to_output")
        assert readout["macs"] == 320 * STEPS * EPOCHS * TRAIN    # the gradient that goes down
        assert readout["acs"] == run["energy/train/forward/hidden_to_output"].attrs["acs"]


def test_event_prop_counts_what_it_multiplies(snnsim, tmp_path):
    """Where its gradient goes by the spikes of the targets: each of them times the inputs that sent anything in the sample; errors go
    back at the spikes alone. Training and test show the same images, and next to nothing is learned."""
    for stem in "train", "t10k":
        write_bars(tmp_path, stem, TEST, 1)
    text = LIF.format(scheme="direct", model="cuba_lif, tau_m: 5 ms, tau_s: 3 ms, v_th: 0.1").replace(
        "  - {from: hidden, to: hidden, weight: {init: uniform, low: -0.05, high: 0.05}}\n", "").replace(
        "connect: {rule: fixed_probability, p: 0.3}, ", "").replace(
        "prune: {sparsity: 0.5, from: 1, to: 2}", "method: event_prop, optimizer: {name: sgd, lr: 1e-30}")
    with make(snnsim, tmp_path, tmp_path, text) as run:
        hidden, senders = sent(run, "hidden", 32).sum(axis=(1, 2)), sent(run, "input", 784).any(axis=1).sum(axis=1)
        assert hidden.sum() > 100 and len(set(senders)) > 1
        first, second = (attributes(run, f"energy/train/backward/{name}") for name in ("input_to_hidden", "hidden_to_output"))
        assert (first["macs"], first["acs"]) == (EPOCHS * int(hidden @ senders), 0)
        assert second["macs"] == second["acs"] == EPOCHS * hidden.sum() * 10


def test_sums_that_multiply_others_are_macs(snnsim, data_folder, tmp_path):
    text = LIF.format(scheme="poisson, max_rate: 400 Hz", model="lif, v_th: 0.5").replace(
        "  - {from: hidden, to: hidden, weight: {init: uniform, low: -0.05, high: 0.05}}",
        "  - {from: input, to: hidden, name: V, multiplies: input_to_hidden}").replace(", prune: {sparsity: 0.5, from: 1, to: 2}", "")
    with make(snnsim, data_folder, tmp_path, text) as run:
        counted = attributes(run, "energy/test/forward/V")
        assert counted["macs"] == 32 * STEPS * TEST
        assert counted["acs"] == sent(run, "input", 784).sum() * 32
        assert run["energy/test/forward/input_to_hidden"].attrs["macs"] == 0
        assert run["energy/train/backward/V"].attrs["macs"] == 2 * 32 * STEPS * EPOCHS * TRAIN


def test_values_are_macs_and_constant_input_counts_once(snnsim, data_folder, tmp_path):
    text = LIF.format(scheme="direct", model="vsn, v_th: 0.2").replace(
        "  - {from: hidden, to: hidden, weight: {init: uniform, low: -0.05, high: 0.05}}\n", "")
    with make(snnsim, data_folder, tmp_path, text) as run:
        pixels, hidden = sent(run, "input", 784), sent(run, "hidden", 32)
        assert np.all(pixels == pixels[:, :1])
        fan_out = (run["weights/input_to_hidden/weights"][:] != 0).sum(axis=1)
        first = attributes(run, "energy/test/forward/input_to_hidden")
        assert (first["macs"], first["acs"], first["analog"]) == (int(pixels[:, 0].sum(axis=0) @ fan_out), 0, 1)
        fan_out = (run["weights/hidden_to_output/weights"][:] != 0).sum(axis=1)
        second = attributes(run, "energy/test/forward/hidden_to_output")
        assert second["macs"] == int(hidden.sum(axis=(0, 1)) @ fan_out) and second["acs"] == 0
        assert run["energy/test/population/hidden"].attrs["graded"] == 1


def test_counts_of_a_seed_are_the_same_in_every_run(snnsim, data_folder, tmp_path):
    def counts(threads):
        with make(snnsim, data_folder, tmp_path, LIF.format(scheme="poisson", model="lif"), "--threads", threads) as run:
            found = {}
            for phase in ("test", "train"):
                run["energy"][phase].visititems(
                    lambda name, group: found.update({f"{phase}/{name}": dict(group.attrs)}))
            return found
    assert counts(1) == counts(2)
