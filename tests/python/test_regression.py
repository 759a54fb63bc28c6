"""Trainings on real numbers from a file: what the run file holds, mistakes in the data, resume, and tools/make_regression."""

import os
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest

from conftest import ROOT, in_a_long_enough_run, stop_when

TOOL = ROOT / "tools" / "make_regression"
MODEL = """name: lines
dt: 1 ms
data: {set: file, file: lines.h5, encode: {scheme: direct, duration: 2 ms}}
populations:
  input: {size: 1, model: spike_source}
  hidden: {size: 16, model: vsn, v_th: 0.1, activation: relu}
  output: {size: 2, model: linear}
projections:
  - {from: input, to: hidden, bias: true}
  - {from: hidden, to: output, bias: true}
train: {epochs: 20, batch: 16, optimizer: {name: adam, lr: 1e-2}, loss: mse_mean, validation: 0.1}
test: {every: 10}
record: [{population: hidden, what: spikes, samples: 3}, {population: output, what: v, samples: 3}]
"""


def write_lines(path, change=lambda name, values: values):
    """y = (x, 1 - x)"""
    with h5py.File(path, "w") as file:
        for group, count in (("train", 100), ("test", 30)):
            x = np.linspace(0.1, 1.0, count)[:, None]
            for name, values in ((f"{group}/x", x), (f"{group}/y", np.hstack([x, 1.0 - x]))):
                values = change(name, values)
                if values is not None:
                    file[name] = values


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "m.yaml").write_text(MODEL)
    write_lines(tmp_path / "lines.h5")
    return tmp_path


def error_of(*arguments):
    if "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode != 0, done.stderr
    return done.stderr


def test_samples_that_are_not_there_are_told_of(snnsim, folder):
    settings = ["--set", "record.0.samples=31", "--set", "data.train_samples=101", "--set", "data.test_samples=30"]
    wanted = ["data.train_samples: 101 are asked for, but lines.h5 has 100 training samples: all of them are used",
              "record.0.samples: 31 are asked for, but lines.h5 has 30 test samples: all of them are recorded"]
    checked = snnsim("check", folder / "m.yaml", *settings).stdout
    snnsim(folder / "m.yaml", *settings, "--set", "train.epochs=1", "-o", folder / "a.h5", "--backend", "cpu")
    with h5py.File(folder / "a.h5") as run:
        told = [str(w) for w in run.attrs["warnings"]]
    for line in wanted:
        assert f"warning: {line}\n" in checked and line in told
    assert sum("asked for" in w for w in told) == 2


def test_the_run_file_holds_error_and_outputs(snnsim, folder):
    out = folder / "a.h5"
    done = snnsim(folder / "m.yaml", "-o", out, "--backend", "cpu")
    with h5py.File(out) as run, h5py.File(folder / "lines.h5") as data:
        assert len(run.attrs["warnings"]) == 0
        test, y = run["test"], data["test/y"][:]
        assert test["prediction"].shape == y.shape and "accuracy" not in test.attrs and "label" not in test
        error = np.linalg.norm(test["prediction"][:] - y) / np.linalg.norm(y)
        assert test.attrs["error"] == pytest.approx(error, rel=1e-5) and error < 0.2
        assert test.attrs["loss"] == pytest.approx(np.mean((test["prediction"][:] - y) ** 2), rel=1e-4)
        assert test.attrs["samples"] == 30
        assert len(run["training/steps/accuracy"]) == 0 and len(run["training/steps/loss"]) == 20 * 6
        assert run["training/test/error"][-1] == test.attrs["error"] and len(run["training/test/error"]) == 2
        assert len(run["training/epochs/validation_loss"]) == 20
        digest, name = run.attrs["inputs"][0].split("  ")
        assert name == "lines.h5" and len(digest) == 64
        # The output is the mean over both steps.
        v = run["state/output/v"][:].reshape(3, 2, 2).mean(axis=1)
        assert v == pytest.approx(test["prediction"][:3], abs=1e-6)
        assert run["trials/sample"][:].tolist() == [0, 1, 2]
        # Real numbers are multiplied: once a sample, as they are the same at every step.
        assert run["energy/test/forward/input_to_hidden"].attrs["macs"] == 30 * 16
    assert f"test error {error:.4f} (relative L2)" in done.stdout and "accuracy" not in done.stdout + done.stderr
    table = snnsim("compare", out, "-o", folder / "c.csv").stdout
    assert "| test accuracy [%] | - |" in table and f"| test error (relative L2) | {error:.4f} |" in table
    pytest.importorskip("matplotlib")
    subprocess.run([sys.executable, ROOT / "tools" / "plot_run.py", out, "-o", folder / "a.html"], check=True,
                   capture_output=True)


@pytest.mark.parametrize("change, message", [
    (lambda name, v: None if name == "test/y" else v, "lines.h5: test/y is missing"),
    (lambda name, v: v[:-1] if name == "train/x" else v, "lines.h5: train/x has 99 samples, but train/y has 100"),
    (lambda name, v: np.where(np.arange(len(v))[:, None] == 7, np.nan, v) if name == "train/y" else v,
     "lines.h5: train/y is nan in sample 7, value 0 (from 0)"),
    (lambda name, v: v[:, 0] if name == "test/x" else v, "test/x has 1 dimensions; it must have two"),
    (lambda name, v: np.hstack([v, v]) if name.endswith("x") else v,
     "m.yaml:5:3: the input 'input' has 1 neurons, but a sample of lines.h5 has 2; write size: 2"),
    (lambda name, v: v[:, :1] if name.endswith("y") else v,
     "m.yaml:7:3: the output 'output' has 2 neurons, but a sample of lines.h5 has 1"),
    (lambda name, v: v[:, :1] if name == "test/y" else v, "a sample of train/y has 2 values, but one of test/y has 1"),
    (lambda name, v: 0 * v if name == "test/y" else v, "test/y is zero everywhere"),
])
def test_mistakes_in_the_data(folder, change, message):
    write_lines(folder / "lines.h5", change)
    for command in ("run", "check"):
        assert message in error_of(command, folder / "m.yaml"), command


def test_a_missing_file_is_told_with_its_place(folder):
    (folder / "lines.h5").unlink()
    message = error_of("check", folder / "m.yaml")
    assert f"m.yaml:3:25: cannot open {folder}/lines.h5: there is no such file" in message


@pytest.mark.parametrize("change, message", [
    (("loss: mse_mean", "loss: cross_entropy_mean"), "cross_entropy_mean is for classes"),
    ((", loss: mse_mean", ""), "cross_entropy_max is for classes"),
    (("file: lines.h5, ", ""), "data is missing the key 'file'"),
    (("lines.h5", "lines.csv"), "m.yaml:3:25: file must end in .h5, .hdf5 or .npz"),
    (("validation: 0.1", "validation: 0.1, best_weights: true"), "best_weights goes by accuracy"),
    (("set: file", "set: mnist"), "file is for set: file; here set is mnist"),
])
def test_mistakes_in_the_model(folder, change, message):
    (folder / "m.yaml").write_text(MODEL.replace(*change))
    assert message in error_of("check", folder / "m.yaml")


def test_goes_on_with_the_same_bits_and_the_same_data_only(snnsim, folder):
    def attempt(length, part):
        model, whole, cut = part / "m.yaml", part / "whole.h5", part / "cut.h5"
        model.write_text((folder / "m.yaml").read_text())
        write_lines(part / "lines.h5")
        long = ["--set", f"train.epochs={int(400 * length)}", "--set", "test.every=0"]
        process = subprocess.Popen([os.environ["SNNSIM_BINARY"], model, "-o", cut, "--threads", "2", "--progress", "none",
                                    *long])
        stop_when((part / "cut.partial.h5").exists, process, signal.SIGINT)
        data = (part / "lines.h5").read_bytes()
        write_lines(part / "lines.h5", lambda name, v: 2 * v)
        assert "another content of 'lines.h5'" in error_of("run", "--resume", cut)
        (part / "lines.h5").write_bytes(data)
        snnsim("run", "--resume", cut)
        snnsim(model, "-o", whole, "--threads", "1", *long)
        with h5py.File(whole) as a, h5py.File(cut) as b:
            assert a["test"].attrs["error"] == b["test"].attrs["error"]
            assert np.array_equal(a["test/prediction"][:], b["test/prediction"][:])

    in_a_long_enough_run(attempt, folder)


def test_a_study_of_errors(snnsim, folder):
    (folder / "s.yaml").write_text("name: s\nseeds: 2\nmodels:\n"
                                   "  vsn: {file: m.yaml, grid: {populations.hidden.size: [4, 16]}}\n")
    snnsim("study", folder / "s.yaml", "-o", folder / "out", "--backend", "cpu")
    text = (folder / "out" / "study.md").read_text()
    assert "| vsn | size=16 | error 0." in text and "### Pareto front by synaptic arithmetic" in text
    with h5py.File(folder / "out" / "study.h5") as file:
        cell = file["cells/00003"]
        assert np.isnan(cell.attrs["accuracy"]) and 0 < cell.attrs["error"] < 0.5
    (folder / "s.yaml").write_text((folder / "s.yaml").read_text() + "targets: [0.9]\n")
    assert "targets are accuracies" in error_of("study", folder / "s.yaml", "-o", folder / "out")
    pytest.importorskip("matplotlib")
    subprocess.run([sys.executable, ROOT / "tools" / "plot_study.py", folder / "out"], check=True, capture_output=True)


def test_variable_spikes_learn_a_function(snnsim, tmp_path):
    """models/sine_vsn.yaml in short: 600 updates instead of 3000."""
    subprocess.run([sys.executable, TOOL, tmp_path, "sine"], check=True, capture_output=True)
    (tmp_path / "sine_vsn.yaml").write_text((ROOT / "models" / "sine_vsn.yaml").read_text())
    snnsim(tmp_path / "sine_vsn.yaml", "--set", "train.epochs=75", "-o", tmp_path / "a.h5", "--backend", "cpu")
    with h5py.File(tmp_path / "a.h5") as run:
        assert run["test"].attrs["error"] < 0.25
        for layer in ("first", "second"):
            activity = run[f"energy/test/population/{layer}"].attrs
            assert 0.0 < activity["events"] / activity["possible"] <= 0.6


def test_burgers_equation_is_solved():
    """Against diffusion, which is all that happens to small waves, and the transformation of Cole and Hopf."""
    tool = {"__name__": "make_regression", "__file__": str(TOOL)}
    exec(compile(TOOL.read_text(), str(TOOL), "exec"), tool)
    # Small waves only diffuse: u_k(t) = u_k(0) exp(-nu (2 pi k)^2 t).
    start = np.zeros((1, 4), complex)
    start[0, 2] = 1e-6
    end = tool["solve_burgers"](start)
    assert abs(end[0, 2]) == pytest.approx(1e-6 * np.exp(-0.01 * (4 * np.pi) ** 2), rel=1e-6)
    # A sine wave, by the Cole-Hopf transformation: u = -2 nu d/dx log(phi), phi the heat equation's solution.
    nu, x = 0.01, np.linspace(0.0, 1.0, 101)
    start = np.zeros((1, 4), complex)
    start[0, 1] = -0.5j * 0.3  # 0.3 sin(2 pi x)
    points = 4096
    grid = np.arange(points) / points
    phi = np.fft.rfft(np.exp(-0.3 * (1 - np.cos(2 * np.pi * grid)) / (4 * np.pi * nu)))
    wave = 2 * np.pi * np.arange(len(phi))
    phi = phi * np.exp(-nu * wave ** 2)
    wanted = -2 * nu * np.fft.irfft(1j * wave * phi, n=points) / np.fft.irfft(phi, n=points)
    found = tool["on_grid"](tool["solve_burgers"](start, nu))[0]
    assert found == pytest.approx(np.interp(x, np.append(grid, 1.0), np.append(wanted, wanted[0])), abs=1e-5)


def test_a_model_names_its_energy_model(snnsim, folder):
    (folder / "own.yaml").write_text("name: own\nsource: a guess\nfloat: {mac: 2 pJ, ac: 1 pJ, read: 1 pJ, write: 1 pJ}\n")
    (folder / "m.yaml").write_text(MODEL + "energy: own.yaml\n")
    short = ["--set", "train.epochs=1", "--backend", "cpu"]
    assert "(own, a guess)" in snnsim(folder / "m.yaml", "-o", folder / "a.h5", *short).stdout
    assert "(45nm, " in snnsim(folder / "m.yaml", "-o", folder / "b.h5", "--energy", "45nm", *short).stdout
    snnsim(folder / "m.yaml", "-o", folder / "c.h5", "--set", "energy=truenorth", *short)
    assert "Energy of own" in snnsim("compare", folder / "a.h5", folder / "b.h5", "-o", folder / "t.csv").stdout
    assert "choose one for all with --energy" in error_of("compare", folder / "a.h5", folder / "c.h5", "-o", folder / "u.csv")


BY_STEP = """name: by_step
seed: 1
dt: 1 ms
data: {set: file, file: steps.h5, encode: {scheme: direct, duration: 7 ms}}
populations:
  input: {size: 5, model: spike_source}
  output: {size: 2, model: leaky_readout, tau_m: 3 ms}
projections:
  - {from: input, to: output, weight: {init: normal, std: 0.5}}
train: {epochs: 100, batch: 10, optimizer: {name: adam, lr: 2e-2}, loss: mse_step}
test: {}
"""


def steps_file(folder, shape_of_y=lambda y: y):
    """Targets that a leaky readout with other weights gives: [sample][step][output]."""
    rng = np.random.default_rng(1)
    x = (rng.random((40, 7, 5)) < 0.3).astype(np.float32)
    w = rng.normal(size=(5, 2))
    y, v = np.zeros((40, 7, 2), np.float32), np.zeros((40, 2))
    for t in range(7):
        v = np.exp(-1 / 3) * v + x[:, t] @ w
        y[:, t] = v
    with h5py.File(folder / "steps.h5", "w") as file:
        for part in "train", "test":
            file[f"{part}/x"], file[f"{part}/y"] = x, shape_of_y(y)
    (folder / "by_step.yaml").write_text(BY_STEP)
    return y


def test_an_output_follows_the_targets_of_each_step(snnsim, tmp_path):
    y = steps_file(tmp_path)
    snnsim("by_step.yaml", "-o", "run.h5", "--progress", "none", cwd=tmp_path)
    with h5py.File(tmp_path / "run.h5") as run:
        found = run["test/prediction"][:].reshape(y.shape)
        assert run["test"].attrs["error"] == pytest.approx(np.sqrt(((found - y) ** 2).sum() / (y ** 2).sum()), rel=1e-4)
        assert run["test"].attrs["error"] < 0.1


def test_an_output_says_how_likely_something_is_in_each_step(snnsim, tmp_path):
    """A step of plain gradient descent from known weights, and what is learned."""
    y = steps_file(tmp_path, lambda y: y > 0.3) > 0.3
    binary = ["--set=train.loss=binary_cross_entropy_step", "--progress", "none"]
    weights = []
    for epochs in (0, 1):
        snnsim("by_step.yaml", "-o", "run.h5", "--force", f"--set=train.epochs={epochs}", "--set=train.batch=40", "--set=train.optimizer={name: sgd, lr: 0.5}",
               *binary, cwd=tmp_path)
        with h5py.File(tmp_path / "run.h5") as run:
            weights.append(run["weights/input_to_output/weights"][:].astype(float))
            if epochs == 0:
                said, loss, error = run["test/prediction"][:].reshape(y.shape), run["test"].attrs["loss"], run["test"].attrs["error"]
    with h5py.File(tmp_path / "steps.h5") as file:
        x = file["train/x"][:]
    trace, gradient, likely = np.zeros((40, 5)), 0.0, []
    for t in range(7):
        trace = np.exp(-1 / 3) * trace + x[:, t]
        likely.append(1 / (1 + np.exp(-trace @ weights[0])))
        gradient = gradient + trace.T @ (likely[-1] - y[:, t]) / y.size
    likely = np.stack(likely, 1)
    assert said == pytest.approx(likely, abs=1e-6)
    assert error == pytest.approx(np.sqrt(((likely - y) ** 2).sum() / y.sum()), rel=1e-5)
    assert loss == pytest.approx(-np.log(np.where(y, likely, 1 - likely)).mean(), rel=1e-5)
    assert weights[1] - weights[0] == pytest.approx(-0.5 * gradient, abs=1e-6)
    snnsim("by_step.yaml", "-o", "run.h5", "--force", *binary, cwd=tmp_path)
    with h5py.File(tmp_path / "run.h5") as run:
        assert ((run["test/prediction"][:].reshape(y.shape) > 0.5) == y).mean() > 0.85


def test_what_is_likely_lies_between_0_and_1(tmp_path):
    steps_file(tmp_path, lambda y: np.where(y < 0, 0.5, 1.5))
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "by_step.yaml", "--set=train.loss=binary_cross_entropy_step"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "y is 1.5 in sample 0, value" in done.stderr
    assert "binary_cross_entropy_step takes targets from 0 to 1" in done.stderr


@pytest.mark.parametrize("shape", [lambda y: y.transpose(0, 2, 1), lambda y: y.reshape(40, 14), lambda y: y[..., None], lambda y: y[:, :6]])
def test_targets_of_each_step_have_the_shape_of_steps_and_outputs(tmp_path, shape):
    steps_file(tmp_path, shape)
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "by_step.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "mse_step needs a target for each of 7 steps and 2 outputs, [40, 7, 2]" in done.stderr
