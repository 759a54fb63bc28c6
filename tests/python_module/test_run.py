"""Run: all that a run file holds, as numpy has it, against what h5py reads."""

import gc
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import snnsim
from conftest import MODELS, SIMULATION

h5py = pytest.importorskip("h5py")
PATIENCE = 600.0    # s; far beyond what it takes on the slowest machine
KINDS = {"training": "training", "simulation": "simulation", "phases": "simulation", "named": "training"}


@pytest.fixture
def run(made, request):
    with snnsim.Run(made(request.param)) as run:
        yield run


@pytest.fixture
def file(run):
    with h5py.File(run.path, "r") as file:
        yield file


each = pytest.mark.parametrize("run", KINDS, indirect=True)
training = pytest.mark.parametrize("run", ["training"], indirect=True)
simulation = pytest.mark.parametrize("run", ["simulation"], indirect=True)
phases = pytest.mark.parametrize("run", ["phases"], indirect=True)
named = pytest.mark.parametrize("run", ["named"], indirect=True)


def same(found, expected):
    np.testing.assert_array_equal(found, expected)
    assert isinstance(found, np.ndarray) and found.dtype == expected.dtype and not found.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        found[...] = 0
    return True


@each
def test_what_was_run(run, file, request):
    name = request.node.callspec.params["run"]
    assert run.kind == KINDS[name] and run.status == "finished" and not run.closed and not run.temporary
    assert (run.name, run.seed, run.dt) == (file.attrs["model_name"], file.attrs["seed"], file.attrs["dt"])
    assert type(run.seed) is int and type(run.dt) is float
    assert run.model == MODELS[name] and run.overrides == []
    assert run.digest == file.attrs["spike_digest"] if "spike_digest" in file.attrs else run.digest is None
    assert run.inputs == [str(text) for text in file.attrs["inputs"]]
    assert run.warnings == [str(text) for text in file.attrs["warnings"]]
    assert list(run.populations) == [str(p) for p in file["network"].attrs["populations"]]
    for population, about in run.populations.items():
        assert about["size"] == file["network"][population].attrs["size"] and about["model"]
    assert run.provenance["backend"] == "cpu" and run.provenance["threads"] == 2
    assert "model" not in run.provenance and all(isinstance(v, (str, int, float)) for v in run.provenance.values())
    assert run.seconds == {name: values[0] for name, values in file["profile"].items()} and run.seconds
    assert run.name in repr(run) and run.kind in repr(run) and "finished" in repr(run)


@each
def test_spikes(run, file):
    assert set(run.spikes) == set(file["spikes"]) and len(run.spikes) == len(file["spikes"])
    for name, spikes in run.spikes.items():
        group = file["spikes"][name]
        assert same(spikes.time, group["timestamps"][:]) and same(spikes.cell, group["node_ids"][:])
        assert spikes.population == name and len(spikes) == len(group["timestamps"])
        assert spikes.step.dtype == np.uint32 and not spikes.step.flags.writeable
        np.testing.assert_allclose(spikes.step * run.dt, spikes.time, rtol=1e-12)
        assert same(spikes.trial, group["trial"][:]) if run.kind == "training" else spikes.trial is None
        assert same(spikes.value, group["values"][:]) if "values" in group else spikes.value is None
        assert set(np.unique(spikes.cell)) <= set(spikes.cells)


@simulation
def test_recorded_cells(run):
    assert list(run.spikes) == ["noise", "E", "silent", "graded"]    # as in the model
    assert list(run.spikes["E"].cells) == [0, 3, 7, 9] and list(run.spikes.silent.cells) == [0, 1, 2]
    assert len(run.spikes["E"]) > 0 and len(run.spikes["silent"]) == 0
    assert len(run.spikes["graded"]) > 0 and len(run.spikes["graded"].value) == len(run.spikes["graded"])
    assert run.spikes["E"].trials is None and "no spike" not in repr(run.spikes["E"])


@training
def test_trials(run, file):
    assert set(run.trials) == set(file["trials"])
    for name, values in run.trials.items():
        assert same(values, file["trials"][name][:])
    spikes = run.spikes["hidden"]
    assert spikes.trials == 9 and spikes.trial.max() <= 8
    start, stop = run.trials.start[spikes.trial], run.trials.stop[spikes.trial]
    assert len(spikes) and ((spikes.time > start) & (spikes.time <= stop)).all()


@pytest.mark.parametrize("run", ["training", "simulation"], indirect=True)
def test_states(run, file):
    assert list(run.states) == list(file["state"])
    for population, variables in run.states.items():
        assert list(variables) == ["v"]
        state, group = variables["v"], file["state"][population]
        assert same(state.values, group["v"][:]) and same(state.time, group["v_time"][:])
        assert state.units == group["v"].attrs["units"] and len(state) == len(state.time) == len(state.values)
        np.testing.assert_array_equal(np.asarray(state), state.values)
        np.testing.assert_array_equal(state[2:4, 0], state.values[2:4, 0])
        assert len(state.cells) == state.values.shape[1]
    if run.kind == "simulation":
        assert list(run.states["E"]["v"].cells) == [2, 3, 8] and run.states["E"]["v"].units == "mV"


@simulation
def test_rates(run, file):
    rate = run.rates["E"]
    assert same(rate.values, file["rates/E/rate"][:]) and same(rate.time, file["rates/E/rate_time"][:])
    assert rate.units == "Hz" and rate.cells is None and list(run.rates) == ["E"]


@training
def test_curves(run, file):
    groups = {"step": "steps", "epoch": "epochs", "test": "test"}
    names = {f"{prefix}_{name}" for prefix, group in groups.items() for name in file["training"][group]}
    assert set(run.curves) == names and {"step_loss", "epoch_train_accuracy", "epoch_validation_loss"} <= names
    for name, values in run.curves.items():
        prefix, key = name.split("_", 1)
        assert same(values, file["training"][groups[prefix]][key][:])
    assert len(run.curves.epoch_train_accuracy) == 3 and len(run.curves.step_loss) > 3


@named
def test_named_outputs(run, file):
    assert set(run.curves.outputs) == {"digit", "angle"} == set(run.test.outputs)
    for name, curves in run.curves.outputs.items():
        group = file["training/outputs"][name]
        assert len(curves) > 0
        for curve, values in curves.items():
            prefix, key = curve.split("_", 1)
            assert same(values, group[{"step": "steps", "epoch": "epochs", "test": "test"}[prefix]][key][:])
    assert same(run.test.outputs["angle"].prediction, file["test/outputs/angle/prediction"][:])
    assert run.test.outputs["digit"].accuracy == file["test/outputs/digit"].attrs["accuracy"]


@training
def test_trained_weights(run, file):
    assert set(run.weights) == set(file["weights"]) == {"eye_to_hidden", "hidden_to_digit"}
    for name, weights in run.weights.items():
        group = file["weights"][name]
        assert same(np.asarray(weights), group["weights"][:]) and same(weights[:], group["weights"][:])
        assert weights.shape == group["weights"].shape and len(weights) == weights.shape[0]
        assert (weights.source, weights.target) == tuple(name.split("_to_")) and weights.delay == 0.0 and weights.trainable
        assert same(weights.bias, group["bias"][:]) if "bias" in group else weights.bias is None
        assert same(weights.mask, group["mask"][:]) if "mask" in group else weights.mask is None
    assert run.weights["eye_to_hidden"].bias.shape == (24,) and run.weights["eye_to_hidden"].mask is None
    mask = run.weights["hidden_to_digit"].mask
    assert mask.shape == (24, 3) and 0 < np.count_nonzero(mask) < mask.size
    assert (run.weights["hidden_to_digit"][mask == 0] == 0).all()
    assert np.asarray(run.weights["eye_to_hidden"], dtype=np.float64).dtype == np.float64


@simulation
def test_plastic_weights(run, file):
    weights, group = run.weights["noise_to_E"], file["weights/noise_to_E"]
    assert set(weights) == set(group) | set(group.attrs) >= {"source", "target", "delay", "weight", "snapshots", "changes"}
    for name in ("source", "target", "delay", "weight", "snapshots", "snapshots_time"):
        assert same(weights[name], group[name][:]) and weights[name] is getattr(weights, name)
    assert weights.snapshots.shape == (4, 200)
    assert same(weights.changes.weight, group["changes/weight"][:]) and len(weights.changes.time) > 0


@training
def test_the_test(run, file):
    assert run.accuracy == run.test.accuracy == file["test"].attrs["accuracy"] and type(run.accuracy) is float
    assert run.loss == run.test["loss"] == file["test"].attrs["loss"] and run.test.samples == 31
    for name in ("label", "prediction", "confusion"):
        assert same(run.test[name], file["test"][name][:])
    assert f"accuracy {100 * run.accuracy:.2f} %" in repr(run)


@simulation
def test_what_a_simulation_has_not(run):
    assert run.accuracy is None and run.loss is None
    for empty in (run.test, run.curves, run.trials, run.phases, run.final):
        assert list(empty) == [] and len(empty) == 0
    with pytest.raises(KeyError, match="test has no 'accuracy'; there is none"):
        run.test["accuracy"]
    sent = sum(group["spikes"] for group in run.populations.values())
    assert f"200 ms, {sent:,} spikes" in repr(run)


@phases
def test_phases(run, file):
    assert list(run.phases) == ["label", "test"]
    assert run.phases["test"].accuracy == file["phases/test"].attrs["accuracy"]
    assert same(run.phases.test.confusion, file["phases/test/confusion"][:])
    assert same(run.phases.label.assignment, file["phases/label/assignment"][:])
    assert (run.phases.test.start, run.phases.test.stop) == (600.0, 1200.0)
    assert same(run.final["E"].v, file["final/E/v"][:]) and same(run.trials.prediction, file["trials/prediction"][:])


@each
def test_counts(run, file):
    assert set(run.counts) == set(file["energy"]) - {"measured"} and run.counts
    for phase, parts in run.counts.items():
        assert type(parts["samples"]) is int
        for part in set(parts) - {"samples"}:
            for name, counts in parts[part].items():
                expected = {k: v for k, v in file["energy"][phase][part][name].attrs.items() if k != "units"}
                assert counts == expected and all(type(v) in (int, float) for v in counts.values())
    measured = file["energy/measured"]
    assert set(run.measured) == set(measured) | set(measured.attrs)
    phase = next(iter(measured))
    assert run.measured[phase]["seconds"] == measured[phase].attrs["seconds"]


@training
def test_no_copy_where_the_file_allows_it(run, file):
    """What is contiguous and at an address for its type is mapped; the file's bytes show through."""
    def mapped(array):
        while isinstance(array, np.ndarray):
            array = array.base
        return array is not None

    dataset = file["weights/eye_to_hidden/weights"]
    assert dataset.chunks is None and dataset.id.get_offset() % 4 == 0
    weights = run.weights["eye_to_hidden"].values
    assert mapped(weights) and run.weights["eye_to_hidden"].values is weights
    for name, dataset in ((name, file["trials"][name]) for name in file["trials"]):
        aligned = dataset.id.get_offset() % dataset.dtype.alignment == 0
        assert mapped(run.trials[name]) == aligned and run.trials[name].flags.aligned


@simulation
def test_chunked_arrays_are_read_once(run):
    assert run.spikes["E"].time is run.spikes["E"].time and run.states["E"]["v"].values is run.states["E"]["v"].values


def test_unknown_names(made):
    run = snnsim.Run(made("simulation"))
    with pytest.raises(KeyError) as caught:
        run.spikes["nois"]
    assert str(caught.value) == "spikes has no 'nois'; did you mean 'noise'? (there are: noise, E, silent, graded)"
    with pytest.raises(AttributeError, match="did you mean 'noise'"):
        run.spikes.nois
    with pytest.raises(KeyError, match=r"states\['E'\] has no 'u'.*there are: v"):
        run.states["E"]["u"]
    with pytest.raises(KeyError, match="weights has no 'noise_to_e'; did you mean 'noise_to_E'"):
        run.weights["noise_to_e"]
    with pytest.raises(KeyError, match="phases has no 'a'; there is none"):
        run.phases["a"]
    assert "E" in run.spikes and "F" not in run.spikes and run.spikes.get("F") is None
    assert "noise" in dir(run.spikes) and repr(run.spikes) == "<spikes: noise, E, silent, graded>"


MEMBERS = ["kind", "status", "name", "seed", "dt", "digest", "model", "overrides", "inputs", "warnings", "provenance", "seconds",
           "populations", "spikes", "states", "rates", "weights", "curves", "trials", "phases", "final", "test", "accuracy",
           "loss", "counts", "measured"]


def test_closed(made):
    run = snnsim.Run(made("training"))
    spikes, weights, views = run.spikes["hidden"], run.weights["eye_to_hidden"][:], {m: getattr(run, m) for m in MEMBERS}
    expected = [spikes.time.copy(), weights.copy()]
    run.close()
    run.close()
    assert run.closed and repr(run) == f"<Run {run.path}, closed>"
    public = {m for m in dir(snnsim.Run) if not m.startswith("_") and isinstance(getattr(snnsim.Run, m), property)}
    assert public == {*MEMBERS, "path", "closed", "temporary"}
    for member in MEMBERS:
        with pytest.raises(snnsim.ClosedError) as caught:
            list(getattr(run, member))    # mappings are read when they are asked
        told = str(caught.value)
        assert told.endswith(f": the run {run.path} is closed")
        assert told.startswith(member)
    for call in (run.plot, run.to_neo, run.to_pandas, lambda: run.save("x.h5"), run.__enter__):
        with pytest.raises(snnsim.ClosedError):
            call()
    with pytest.raises(snnsim.ClosedError, match=r"spikes\['hidden'\]: the run"):
        views["spikes"]["hidden"]
    with pytest.raises(snnsim.ClosedError, match="spikes: the run"):
        list(views["spikes"])
    with pytest.raises(ValueError):
        run.spikes
    # What was handed out stays.
    np.testing.assert_array_equal(spikes.time, expected[0])
    np.testing.assert_array_equal(weights, expected[1])
    assert len(spikes.step) == len(spikes)


def test_with(made):
    with snnsim.Run(str(made("simulation"))) as run:
        assert run.path == str(made("simulation")) and len(run.spikes["noise"]) > 0
    assert run.closed and made("simulation").exists()


def temporary(path):
    beside = [path.with_suffix(".checkpoint.h5"), path.with_suffix(".partial.h5")]
    for name in beside:
        name.write_bytes(b"")
    return snnsim.Run(path, temporary=True), [path, *beside]


def test_temporary_files_go_with_close(copy_of):
    run, files = temporary(copy_of("training"))
    assert run.temporary
    weights = run.weights["eye_to_hidden"][:]
    expected = weights.copy()
    run.close()
    assert not any(path.exists() for path in files)
    np.testing.assert_array_equal(weights, expected)    # of a file that is gone


def test_temporary_files_go_with_the_last_reference(copy_of):
    run, files = temporary(copy_of("training"))
    spikes = run.spikes    # holds the run
    weights = run.weights["eye_to_hidden"][:]
    expected = weights.copy()
    del run
    gc.collect()
    assert files[0].exists() and len(spikes["eye"]) > 0
    del spikes
    assert not any(path.exists() for path in files)    # no cycle: without the collector
    np.testing.assert_array_equal(weights, expected)


def test_temporary_files_go_with_the_interpreter(copy_of):
    path = copy_of("training")
    script = f"import snnsim; run = snnsim.Run({str(path)!r}, temporary=True); run.name"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=pathlib.Path(snnsim.__file__).parents[1])
    assert not path.exists()


def test_save(made, copy_of, tmp_path):
    run, files = temporary(copy_of("training"))
    target = tmp_path / "new" / "folder" / "kept.h5"
    with run.save(target) as kept:
        assert kept.path == str(target) and not kept.temporary and kept.digest == run.digest
    assert target.read_bytes() == made("training").read_bytes() and target.with_suffix(".checkpoint.h5").exists()
    with pytest.raises(snnsim.UsageError, match="exists already; force=True"):
        run.save(target)
    run.save(target, force=True).close()
    with pytest.raises(snnsim.UsageError, match="the file of this run itself"):
        run.save(run.path, force=True)
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    with pytest.raises(snnsim.UsageError, match="is no run of snnsim"):
        run.save(other, force=True)
    assert other.read_text() == "mine"
    with pytest.raises(snnsim.UsageError, match="unfinished run"):
        run.save(tmp_path / "x.partial.h5")
    with pytest.raises(snnsim.FileError, match="cannot write"):
        run.save(other / "x.h5")
    run.close()
    assert target.exists()


def test_files_that_are_no_runs(tmp_path, made):
    with pytest.raises(snnsim.FileError, match="none.h5 is not there"):
        snnsim.Run(tmp_path / "none.h5")
    with pytest.raises(snnsim.FileError, match="is no file"):
        snnsim.Run(tmp_path)
    (tmp_path / "a.h5").write_text("text")
    with pytest.raises(snnsim.FileError, match="a.h5 cannot be opened as an HDF5 file"):
        snnsim.Run(tmp_path / "a.h5").name
    with h5py.File(tmp_path / "b.h5", "w"):
        pass
    with pytest.raises(OSError, match="not a run file of snnsim"):
        snnsim.Run(tmp_path / "b.h5").name


def test_the_path_holds_when_the_folder_changes(made, monkeypatch, tmp_path):
    monkeypatch.chdir(made("training").parent)
    run = snnsim.Run(made("training").name)
    monkeypatch.chdir(tmp_path)
    assert run.name == "learns" and run.path == made("training").name


def test_damaged_spikes(copy_of):
    path = copy_of("training")
    with h5py.File(path, "a") as file:
        del file["spikes/hidden/trial"]
        file["spikes/hidden/trial"] = np.zeros(3, np.uint32)
    with pytest.raises(snnsim.DataError, match="arrays of 'spikes/hidden' have .* 3 .trial. values"):
        snnsim.Run(path).spikes["hidden"]


def test_a_run_under_way_and_interrupted(program, tmp_path):
    """The file of a simulation grows while it is read; Ctrl-C leaves one with status interrupted."""
    (tmp_path / "a.yaml").write_text(SIMULATION.replace("200 ms", "100000 s").split("  - {projection")[0])
    command = [program, tmp_path / "a.yaml", "-o", tmp_path / "a.h5", "--progress", "none"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    partial = tmp_path / "a.partial.h5"
    try:
        growing, before, began = None, 0, time.monotonic()
        while growing is None or len(growing.spikes["E"]) < 1000:
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < began + PATIENCE, "the file does not grow"
            if growing is None and partial.exists():
                try:
                    growing = snnsim.Run(partial)
                    growing.name
                except (snnsim.FileError, OSError):    # its first bytes are being written
                    growing = None
            elif growing is not None:
                before = len(growing.spikes["E"])
            time.sleep(0.01)
        assert growing.status == "running" and growing.kind == "simulation" and "running" in repr(growing)
        spikes, state = growing.spikes["E"], growing.states["E"]["v"]
        assert len(spikes) >= before and (np.diff(spikes.time) >= 0).all() and spikes.time[0] > 0
        assert len(spikes.time) == len(spikes.cell) == len(spikes.step) and not spikes.time.flags.writeable
        assert len(state.values) == len(state.time) > 0
        growing.close()
    finally:
        process.send_signal(signal.SIGINT)
        said = process.communicate()[0]
    assert process.returncode == 130, said
    with snnsim.Run(tmp_path / "a.h5") as run:
        assert run.status == "interrupted" and "interrupted" in repr(run) and len(run.spikes["E"]) >= len(spikes)
        np.testing.assert_array_equal(run.spikes["E"].time[:len(spikes)], spikes.time)
        with run.save(tmp_path / "kept.h5") as kept:    # with what it goes on from
            assert kept.status == "interrupted"
            assert (tmp_path / "kept.checkpoint.h5").read_bytes() == (tmp_path / "a.checkpoint.h5").read_bytes()


def test_an_open_run_does_not_stop_the_program(program, copy_of, tmp_path):
    """The same output written anew: the open run keeps what it had."""
    path = copy_of("simulation")
    (tmp_path / "a.yaml").write_text(SIMULATION.replace("seed: 3", "seed: 4"))
    with snnsim.Run(path) as run:
        time = run.spikes["noise"].time.copy()
        subprocess.run([program, tmp_path / "a.yaml", "-o", path, "--force"], check=True, capture_output=True)
        np.testing.assert_array_equal(run.spikes["noise"].time, time)
        with snnsim.Run(path) as new:
            assert new.seed == 4 and run.seed == 3
