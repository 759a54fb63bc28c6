"""Parameters of neurons that are trained: what a run keeps of them, and what goes on from it."""

import h5py
import numpy as np
import pytest

MODEL = """name: learns
seed: 3
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, max_rate: 400 Hz, duration: 8 ms}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 24, model: lif, tau_m: 8 ms, trainable: {tau_m: {per: cell, spread: 0.2, lr: 0.05}, v_th: {lr: 0.02}}}
  output: {size: 10, model: leaky_readout, tau_m: 20 ms}
projections:
  - {from: input, to: hidden, weight: fan_in_uniform, bias: true}
  - {from: hidden, to: output, weight: fan_in_uniform, bias: true}
train: {epochs: 2, batch: 20, optimizer: {name: adam, lr: 5e-3}, loss: cross_entropy_mean}
test: {}
"""


@pytest.fixture(scope="module")
def learned(snnsim, data_folder, tmp_path_factory):
    """A model that learns, its run, and how to run it."""
    folder = tmp_path_factory.mktemp("learned")
    (folder / "m.yaml").write_text(MODEL)

    def run(name, *arguments, model="m.yaml"):
        snnsim(folder / model, "--data-dir", data_folder, "--progress", "none", "-o", folder / name, *arguments)
        return folder / name

    run.folder = folder
    run.path = run("run.h5")
    return run


def values(path, *names):
    with h5py.File(path) as file:
        return [file[name][:] for name in names]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


LEARNED = ("learned/hidden/tau_m", "learned/hidden/v_th", "weights/input_to_hidden/weights")


def test_a_run_keeps_what_was_learned(learned):
    with h5py.File(learned.path) as file:
        tau, v_th = file["learned/hidden/tau_m"], file["learned/hidden/v_th"]
        assert tau.shape == v_th.shape == (24,)
        assert tau.attrs["units"] == "ms" and v_th.attrs["units"] == "1"
        assert len(set(tau[:])) == 24 and len(set(v_th[:])) == 1
        start = file["learned_from/hidden/tau_m"][:]
        assert 5 < np.median(start) < 12 and np.all(start > 0) and np.mean(start != tau[:]) > 0.5
        assert file["learned_from/hidden/v_th"][0] == 1.0 != v_th[0]
        curve = file["training/learned/hidden/tau_m/mean"]
        assert curve.shape == (2,) and curve[-1] == pytest.approx(np.mean(tau[:])) and curve.attrs["units"] == "ms"
        assert file["training/learned/hidden/tau_m/std"][-1] == pytest.approx(np.std(tau[:]))


def test_stats_and_check_tell_of_them(learned, snnsim):
    said = snnsim("stats", learned.path).stdout
    assert "learned hidden tau_m: " in said and "learned hidden v_th: 1 -> " in said
    assert "trainable: tau_m per cell, v_th" in snnsim("check", learned.folder / "m.yaml").stdout


def test_any_threads_and_a_resume_give_the_same_bits(learned, snnsim, data_folder):
    for threads in ("1", "3"):
        assert same(values(learned(f"{threads}.h5", "--threads", threads), *LEARNED), values(learned.path, *LEARNED))


def test_a_test_has_what_the_run_learned(learned, snnsim, data_folder):
    again = learned.folder / "again.h5"
    snnsim("test", learned.path, "--data-dir", data_folder, "--progress", "none", "-o", again)
    assert same(values(again, *LEARNED, "test/prediction"), values(learned.path, *LEARNED, "test/prediction"))


def test_another_training_goes_on_from_it(learned):
    none = ("--set", "train.epochs=0")
    taken = learned("taken.h5", "--weights", learned.path, *none)
    assert same(values(taken, *LEARNED), values(learned.path, *LEARNED))
    file = ("--set", "populations.hidden.trainable={tau_m: {per: cell, file: run.h5, dataset: learned/hidden/tau_m}}")
    one = learned("one.h5", *none, *file)
    assert same(values(one, LEARNED[0]), values(learned.path, LEARNED[0]))


def test_files_that_do_not_fit(learned, snnsim, data_folder):
    np.save(learned.folder / "short.npy", np.ones(3))
    np.save(learned.folder / "below.npy", np.full(24, -1.0))
    for file, said in (("short.npy", "it has 3 values, but 'hidden' has 24 cells"),
                       ("below.npy", "value 0 (from 0) of tau_m is -1 ms: it must be inside its limits (greater than 0)"),
                       ("none.npy", "none.npy: ")):
        with pytest.raises(AssertionError, match="tau_m of 'hidden'") as error:
            learned("wrong.h5", "--set", f"populations.hidden.trainable={{tau_m: {{per: cell, file: {file}}}}}")
        assert said in str(error.value)


def test_learned_time_constants_help(learned):
    """Parameters alone, with weights that stay: the loss falls."""
    fixed = ("--set", "projections.0.trainable=false", "--set", "projections.0.bias={trainable: false}",
             "--set", "projections.1.trainable=false", "--set", "train.epochs=8")
    path = learned("alone.h5", *fixed)
    loss = values(path, "training/epochs/train_loss")[0]
    assert loss[-1] < loss[0]
    assert same(values(path, LEARNED[2]), values(learned("start.h5", "--set", "train.epochs=0"), LEARNED[2]))
