"""Methods of learning, phases of a training, dendrites and spines: what runs of them hold."""

import os
import pathlib
import signal
import subprocess

import h5py
import numpy as np
import pytest

from conftest import in_a_long_enough_run, stop_when

MODELS = pathlib.Path(__file__).resolve().parents[2] / "models"
METHODS = sorted(path.stem for path in (MODELS / "methods").glob("*.yaml"))
NET = """name: net
seed: 3
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, max_rate: 300 Hz, duration: 70 ms}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 20, model: lif, tau_m: 10 ms}
  output: {size: 10, model: leaky_readout, tau_m: 10 ms}
projections:
  - {from: input, to: hidden, connect: all_to_all, bias: true}
  - {from: hidden, to: hidden, connect: all_to_all}
  - {from: hidden, to: output, connect: all_to_all}
train: {method: surrogate_gradient, epochs: 1, batch: 25, loss: cross_entropy_step}
test: {}
record:
  - {population: hidden, what: spikes, samples: 30}
  - {population: output, what: v, samples: 30}
"""


@pytest.fixture
def train(snnsim, data_folder, tmp_path):
    def call(model, name, *settings, threads=1):
        path = model
        if isinstance(model, str):
            path = tmp_path / "m.yaml"
            path.write_text(model)
        snnsim(path, *(f"--set={s}" for s in settings), "--data-dir", data_folder, "--backend", "cpu", "--threads", threads,
               "-o", tmp_path / name, "--force")
        return tmp_path / name
    return call


def weights_of(path):
    with h5py.File(path) as file:
        return {f"{name}/{part}": group[part][()] for name, group in file["weights"].items() for part in group}


def same(a, b, names=None):
    a, b = weights_of(a), weights_of(b)
    names = names or set(a)
    return all(np.array_equal(value, b[key]) for key, value in a.items() if key.split("/")[0] in names)


@pytest.mark.parametrize("name", METHODS)
def test_each_model_learns_with_the_same_bits_on_two_threads(train, name):
    path = MODELS / "methods" / f"{name}.yaml"
    short = [] if "phases:" in path.read_text() else ["train.epochs=2"]
    short += ["train.spines={shift: 0.2, until: 8}", "train.optimizer.lr=1e-3"] if name == "spines" else []
    # Those whose output fires late need some more.
    short += ["train.batch=20", "train.epochs=8"] if name in ("spines", "dendritic_integration") else ["train.batch=50"]
    short += ["populations.hidden.size=32"] if name in ("e_prop", "ostl", "truncated_bptt", "event_prop") else []
    one, two = train(path, "one.h5", *short), train(path, "two.h5", *short, threads=2)
    assert same(one, two)
    with h5py.File(one) as file:
        loss = file["training/steps/loss"][:]
    assert np.isfinite(loss).all() and loss[-4:].mean() < loss[:4].mean()


@pytest.mark.parametrize("method", ["ottt", "ostl", "e_prop", "decolle", "{name: truncated_bptt, steps: 32}"])
def test_pieces_of_a_sample_are_the_sample(train, method):
    """70 steps in pieces of 32: what is tested, recorded and counted is as if they were computed at once, but for the order of sums: a
    source that fires in all steps of a piece is added first there."""
    whole, pieces = train(NET, "whole.h5", "train.epochs=0"), train(NET, "pieces.h5", "train.epochs=0", f"train.method={method}")
    with h5py.File(whole) as a, h5py.File(pieces) as b:
        for name in "timestamps", "node_ids":
            assert np.array_equal(a[f"spikes/hidden/{name}"][:], b[f"spikes/hidden/{name}"][:])
        assert len(a["spikes/hidden/node_ids"]) > 1000
        assert np.allclose(a["state/output/v"][:], b["state/output/v"][:], atol=1e-5)
        assert np.array_equal(a["test/prediction"][:], b["test/prediction"][:])
        assert a["test"].attrs["loss"] == pytest.approx(b["test"].attrs["loss"], rel=1e-6)
        for name, of in a["energy/test/forward"].items():
            assert dict(of.attrs) == dict(b[f"energy/test/forward/{name}"].attrs)


def test_a_piece_as_long_as_the_sample_is_back_propagation(train):
    assert same(train(NET, "whole.h5"), train(NET, "piece.h5", "train.method={name: truncated_bptt, steps: 70}"))


@pytest.mark.parametrize("method", ["ottt", "ostl", "e_prop", "{name: truncated_bptt, steps: 32}"])
def test_targets_of_each_step_come_in_pieces_too(train, snnsim, tmp_path, method):
    """33 steps, one more than a piece has; an untrained network has the loss of the whole."""
    rng = np.random.default_rng(1)
    with h5py.File(tmp_path / "d.h5", "w") as file:
        for part in "train", "test":
            file[f"{part}/x"] = rng.random((20, 6), np.float32)
            file[f"{part}/y"] = rng.random((20, 33, 1), np.float32)
    net = NET.replace("set: mnist,", "set: file, file: d.h5,").replace("70 ms", "33 ms").replace("784", "6").replace("size: 10,", "size: 1,")
    net = net.replace("cross_entropy_step", "mse_step")
    whole, pieces = train(net, "whole.h5", "train.epochs=0"), train(net, "pieces.h5", "train.epochs=0", f"train.method={method}")
    with h5py.File(whole) as a, h5py.File(pieces) as b:
        assert np.allclose(a["test/prediction"][:], b["test/prediction"][:], atol=1e-5)
        assert a["test"].attrs["loss"] == pytest.approx(b["test"].attrs["loss"], rel=1e-5)
    learned = train(net, "learned.h5", "train.epochs=8", "train.batch=10", f"train.method={method}")
    with h5py.File(learned) as file:
        loss = file["training/steps/loss"][:]
    assert loss[-2:].mean() < loss[:2].mean()


SPARSE = """name: sparse
seed: 3
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, max_rate: 300 Hz, duration: 40 ms}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 100, model: cuba_lif}
  output: {size: 10, model: leaky_readout}
projections:
  - {from: input, to: hidden, connect: {rule: fixed_in_degree, n: 40}, weight: {gain: 3}}
  - {from: hidden, to: output, connect: {rule: fixed_out_degree, n: 1}}
train: {method: event_prop, epochs: 6, batch: 20, optimizer: {name: adam, lr: 5e-3}, loss: cross_entropy_mean}
test: {}
"""


def test_event_prop_learns_single_synapses(train):
    one, two = train(SPARSE, "one.h5"), train(SPARSE, "two.h5", threads=2)
    assert same(one, two)
    with h5py.File(one) as file:
        loss = file["training/steps/loss"][:]
    assert loss[-5:].mean() < 0.9 * loss[:5].mean()


def test_an_output_that_sends_nothing_is_told(snnsim, data_folder, tmp_path):
    (tmp_path / "m.yaml").write_text(SPARSE.replace("leaky_readout", "cuba_lif").replace("cross_entropy_mean", "cross_entropy_latency"))
    said = snnsim(tmp_path / "m.yaml", "--set", "train.epochs=0", "--data-dir", data_folder, "--backend", "cpu", "-o", tmp_path / "run.h5")
    assert "class 0 was predicted for all" in said.stdout + said.stderr


def test_a_phase_leaves_the_spines_of_others(train):
    phases = "train.phases=[{epochs: 2, learns: [input_to_hidden]}, {epochs: 2, learns: [hidden_to_output]}]"
    of = ["train.epochs=null", "train.batch=20", "train.spines={shift: 1.5, until: 4}"]
    path = MODELS / "methods" / "spines.yaml"
    first = train(path, "first.h5", *of, phases.replace(", {epochs: 2, learns: [hidden_to_output]}", "").replace("epochs: 2", "epochs: 4"))
    both = train(path, "both.h5", *of, phases)
    untrained = train(path, "none.h5", "train.epochs=0", "train.spines=null")
    assert same(first, untrained, {"hidden_to_output"}) and not same(first, untrained, {"input_to_hidden"})
    assert not same(both, untrained, {"hidden_to_output"})


SMALL = ["populations.hidden.size=24"]
PHASES = ("train.phases=[{{epochs: {0}, learns: [input_to_hidden, hidden_to_output]}}, {{epochs: {0}, objective: correlation, learns: [input_to_d1]}},"
          " {{epochs: {0}, learns: [input_to_hidden, hidden_to_output, d1_to_hidden]}}]")


@pytest.mark.parametrize(("name", "more"), [("e_prop", SMALL), ("truncated_bptt", SMALL), ("spines", ["train.spines={{shift: 1.5, until: 6}}"]), ("perforated", [PHASES])])
def test_a_resumed_training_has_the_same_bits(snnsim, data_folder, tmp_path, name, more):
    def attempt(length, part):
        path, cut, whole = MODELS / "methods" / f"{name}.yaml", part / "cut.h5", part / "whole.h5"
        long = [f"--set={s.format(max(1, int(4 * length)))}" for s in more]
        long += [] if name == "perforated" else [f"--set=train.epochs={int(10 * length)}"]
        common = [path, "--threads", "1", "--backend", "cpu", "--data-dir", data_folder, "--set=train.batch=10", *long]
        process = subprocess.Popen([os.environ["SNNSIM_BINARY"], *map(str, common), "-o", str(cut), "--checkpoint-every", "0.01"],
                                   stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        stop_when((part / "cut.partial.h5").exists, process, signal.SIGINT)
        snnsim("run", "--resume", cut, "--data-dir", data_folder)
        snnsim(*common, "-o", whole)
        assert same(whole, cut)
        with h5py.File(whole) as a, h5py.File(cut) as b:
            assert np.array_equal(a["training/steps/loss"][:], b["training/steps/loss"][:])
            assert np.array_equal(a["test/prediction"][:], b["test/prediction"][:])

    in_a_long_enough_run(attempt, tmp_path)


def refused(tmp_path, data_folder, text, *settings):
    (tmp_path / "m.yaml").write_text(text)
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "check", tmp_path / "m.yaml", *(f"--set={s}" for s in settings)],
                          capture_output=True, text=True, timeout=600)
    assert done.returncode != 0, done.stdout
    return done.stderr


@pytest.mark.parametrize(("settings", "message"), [
    (["train.method=ottt", "train.loss=cross_entropy_max"], "cross_entropy_max is known only when a sample has ended, and ottt learns before"),
    (["train.method=ottt", "populations.hidden.model=cuba_lif"], "ottt follows inputs by one trace, which decays as the membrane of their target; 'hidden' (cuba_lif) is not such a cell"),
    (["train.method=ostl", "projections.0.delay=2 ms"], "ostl has a part of a sample's steps at a time, and no spike waits for the next; leave the delay out"),
    (["train.method=e_prop", "projections.1.delay=3 ms"], "on a cycle write a delay of one dt"),
    (["train.method=e_prop", "populations.hidden.batch_norm={}"], "batch_norm goes by all steps of a sample, and e_prop has some of them"),
    (["train.method=decolle", "train.rate_penalty=[{population: hidden, strength: 1}]"], "a rate is that of a whole sample"),
    (["train.method=event_prop"], "'hidden' is a lif"),
    (["train.method=event_prop", "train.loss=cross_entropy_max"], "an output is highest where a spike arrives"),
    (["train.method=event_prop", "train.surrogate=arctan"], "event_prop has the derivative of spike times, and needs no surrogate"),
    (["train.loss=cross_entropy_latency"], "cross_entropy_latency goes by spikes, but the output 'output' is a leaky_readout"),
    (["train.method={name: truncated_bptt}"], "steps"),
    (["train.method={name: truncated_bptt, steps: 0}"], "steps"),
    (["train.method=bptt"], "unknown"),
    (["train.phases=[{epochs: 1, learns: [nothing]}]", "train.epochs=null"], "there is no projection 'nothing'"),
    (["train.phases=[{epochs: 1, objective: correlation, learns: [input_to_hidden]}]", "train.epochs=null"], "'hidden', which are no dendrites"),
    (["train.phases=[{epochs: 1}]"], "the epochs are those of train.phases"),
    (["populations.hidden.dendrites_of=output"], "20 dendrites, and 'output' 10 cells"),
    (["populations.hidden.dendrites_of=hidden"], "name a population whose cells learn"),
    (["train.phases=[{epochs: 1, objective: correlation, learns: [input_to_dendrites]}]", "train.epochs=null"],
     "there is no projection 'input_to_dendrites'"),
    (["projections.1={from: hidden, to: hidden}", "populations.hidden.dendrites_of=output", "populations.hidden.size=10",
      "projections.2={from: hidden, to: hidden, name: more}"], "'hidden' has no projection to 'output', whose dendrites it holds"),
    (["train.spines={shift: 1, gain_low: 2, gain_high: 1}"], "gain_low (2) is greater than gain_high (1)"),
    (["train.spines={shift: 1, until: 5}"], "until (5) comes after the last of 1 epochs"),
    (["train.spines={shift: 1}", "train.best_weights=true", "train.validation=0.1"], "could end with weights from before the shift was whole"),
    (["train.spines={shift: 1}", "projections.0.weight={init: constant, value: 0.1}"], "the shift of spines is in standard deviations"),
    (["train.phases=[{epochs: 1, learns: []}]", "train.epochs=null"], "an empty list; name the projections that learn"),
    (["train.phases=[{epochs: 1, objective: correlation, learns: [input_to_hidden]}]", "train.epochs=null", "train.batch=1"],
     "needs at least 2 samples"),
    (["train.method=ottt", "populations.hidden.detach_reset=false"], "ottt has no gradient through a reset"),
    (["train.method=event_prop", "populations.output.model=cuba_lif"], "cross_entropy_step of the spikes of 'output' has no derivative"),
    (["train.method=event_prop", "train.loss=mse_count"], "which sends none; use loss: cross_entropy_mean\n"),
    (["data.set=file", "data.file=d.h5", "train.loss=binary_cross_entropy_step", "populations.output.model=lif"], "the spikes of 'output' are never below 0; make it a leaky_readout"),
    (["projections.2.multiplies=hidden_to_hidden"], "both must have the same ends"),
    (["projections.0.multiplies=input_to_hidden"], "it cannot multiply itself"),
    (["projections.0.multiplies=somewhere"], "there is no projection 'somewhere'"),
])
def test_what_cannot_be_trained_is_told(tmp_path, data_folder, settings, message):
    said = refused(tmp_path, data_folder, NET, *settings)
    assert message in said
    assert "m.yaml:" in said or "--set" in said, said


PRODUCT = ("projections=[{from: input, to: hidden, bias: true}, {from: hidden, to: output}, {from: input, to: hidden, name: V,"
           " multiplies: input_to_hidden, bias: true}%s]")


def test_a_norm_behind_a_product_needs_a_bias_beside_it(snnsim, tmp_path, data_folder):
    norm = [PRODUCT % "", "populations.hidden.batch_norm={shift: 0.5}"]
    said = refused(tmp_path, data_folder, NET, *norm)
    assert "and those that lead to 'hidden' are multiplied; add a projection beside them with bias: true, or leave batch_norm out" in said
    norm[0] = PRODUCT % ", {from: input, to: hidden, name: U, bias: true}"
    assert "no errors" in snnsim("check", tmp_path / "m.yaml", *(f"--set={s}" for s in norm)).stdout


def test_check_tells_how_weights_learn(snnsim):
    said = snnsim("check", MODELS / "methods" / "perforated_lif.yaml").stdout
    assert "learns by surrogate_gradient\nphase 1: 4 epochs; input_to_hidden, hidden_to_output learn\n" in said
    assert "phase 2: 2 epochs, objective correlation; input_to_d1 learns\n" in said and "32  dendrites of hidden\n" in said
    said = snnsim("check", MODELS / "methods" / "dendritic_integration.yaml").stdout
    assert "trainable, multiplies input_to_hidden\n" in said


@pytest.mark.parametrize("name", ["perforated", "perforated_lif"])
def test_phases_leave_all_else_as_it_is(train, name):
    """Perforated back-propagation: dendrites learn while the network stays, bit for bit, and join it without a jump."""
    path = MODELS / "methods" / f"{name}.yaml"
    phases = ["{epochs: 2, learns: [input_to_hidden, hidden_to_output]}", "{epochs: 2, objective: correlation, learns: [input_to_d1]}",
              "{epochs: 2, learns: [input_to_hidden, hidden_to_output, d1_to_hidden]}"]
    runs = [train(path, f"{k}.h5", f"train.phases=[{', '.join(phases[:k])}]") for k in (1, 2, 3)]
    base = {"input_to_hidden", "hidden_to_output"}
    assert same(runs[0], runs[1], base) and not same(runs[1], runs[2], base)
    assert not same(runs[0], runs[1], {"input_to_d1"}) and same(runs[1], runs[2], {"input_to_d1"})
    assert same(runs[0], runs[2], {"input_to_d2", "d1_to_d2", "input_to_d3"})
    with h5py.File(runs[0]) as a, h5py.File(runs[1]) as b, h5py.File(runs[2]) as c:
        assert a["test"].attrs["loss"] == b["test"].attrs["loss"]
        assert np.array_equal(a["test/prediction"][:], b["test/prediction"][:])
        assert np.any(c["weights/d1_to_hidden/weight"][:] != 0)


def test_spines_leave_exact_zeros(train):
    path = MODELS / "methods" / "spines.yaml"
    run = train(path, "run.h5", "train.epochs=6", "train.batch=20", "train.spines={shift: 1.5, until: 5}", "train.optimizer.lr=1e-3")
    with h5py.File(run) as file:
        left = file["training/epochs/connected"][:]
        weights = np.concatenate([group["weights"][:].ravel() for group in file["weights"].values()])
        acs = sum(int(g.attrs["acs"]) + int(g.attrs["macs"]) for g in file["energy/test/forward"].values())
        dense = sum(int(g.attrs["dense"]) for g in file["energy/test/forward"].values())
    assert left[-1] == pytest.approx(np.count_nonzero(weights) / len(weights))
    assert left[0] > 0.95 and left[-1] < 0.4 and np.all(np.diff(left) < 0.01)
    assert acs < dense * left[-1] * 2


def test_spines_that_leave_cells_without_input_are_told(snnsim, data_folder, tmp_path):
    said = snnsim(MODELS / "methods" / "spines.yaml", "--set", "train.epochs=2", "--set", "train.spines={shift: 100, until: 1}", "--data-dir",
                  data_folder, "--backend", "cpu", "-o", tmp_path / "run.h5").stdout
    assert "warning: spines left none of the weights of input_to_hidden (200704), fewer than one for each of 256 cells; a smaller " in said


def test_a_parity_that_a_small_net_cannot_learn_is_learned_with_dendrites(snnsim, tmp_path):
    """Four hidden cells and the parity of eight bits: each dendrite lowers the loss until all is right."""
    bits = np.array([[(k >> i) & 1 for i in range(8)] for k in range(256)], np.float32)
    labels = bits.sum(1).astype(np.int32) % 2
    with h5py.File(tmp_path / "parity.h5", "w") as file:
        for part in "train", "test":
            file[f"{part}/x"], file[f"{part}/y"] = 2 * bits - 1, labels
    count, phases = 8, ["{epochs: 800, learns: [input_to_hidden, hidden_to_output]}"]
    populations, projections = [], []
    for k in range(1, count + 1):
        populations.append(f"  d{k}: {{size: 4, model: tanh, dendrites_of: hidden}}")
        projections.append(f"  - {{from: input, to: d{k}, connect: all_to_all, weight: kaiming_uniform, bias: true}}")
        projections += [f"  - {{from: d{n}, to: d{k}, connect: one_to_one, weight: {{init: normal, mean: 0, std: 0.5}}}}" for n in range(1, k)]
        projections.append(f"  - {{from: d{k}, to: hidden, connect: one_to_one, weight: {{init: constant, value: 0}}}}")
        phases.append(f"{{epochs: 600, objective: correlation, learns: [{', '.join([f'input_to_d{k}', *(f'd{n}_to_d{k}' for n in range(1, k))])}]}}")
        phases.append(f"{{epochs: 600, learns: [{', '.join(['input_to_hidden', 'hidden_to_output', *(f'd{n}_to_hidden' for n in range(1, k + 1))])}]}}")
    text = "\n".join(["name: parity", "seed: 2", "dt: 1 ms", "data: {set: file, file: parity.h5, encode: {scheme: direct}}", "populations:",
                      "  input: {size: 8, model: spike_source}", "  hidden: {size: 4, model: relu}", *populations,
                      "  output: {size: 2, model: linear}", "projections:", "  - {from: input, to: hidden, connect: all_to_all, bias: true}",
                      "  - {from: hidden, to: output, connect: all_to_all, bias: true}", *projections,
                      "train:", "  batch: 256", "  loss: cross_entropy_mean", "  optimizer: {name: adam, lr: 2e-3}",
                      f"  phases: [{', '.join(phases)}]", "test: {}"])
    (tmp_path / "m.yaml").write_text(text)
    snnsim(tmp_path / "m.yaml", "--backend", "cpu", "--threads", 1, "-o", tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5") as file:
        loss, accuracy = file["training/epochs/train_loss"][:], file["training/epochs/train_accuracy"][:]
    ends = [799 + 1200 * k for k in range(count + 1)]
    solved = int(np.argmax(accuracy[ends] == 1.0))
    assert solved > 0 and accuracy[799] < 0.9, accuracy[ends]
    assert np.all(np.diff(loss[ends][:solved + 1]) < 0.0), loss[ends]
