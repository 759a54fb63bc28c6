"""A small study from its file to its tables and figures."""

import csv
import os
import pathlib
import subprocess
import sys

import h5py
import numpy as np
import pytest

from conftest import TEST, TRAIN, write_bars

PLOT = pathlib.Path(__file__).resolve().parents[2] / "tools" / "plot_study.py"
MODEL = """name: small
dt: 1 ms
data: {set: mnist, encode: {scheme: direct}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 16, model: relu}
  output: {size: 10, model: linear}
projections:
  - {from: input, to: hidden, bias: true}
  - {from: hidden, to: output, bias: true}
train: {epochs: 2, batch: 50, optimizer: {name: adam, lr: 1e-2}, loss: cross_entropy_last}
test: {every: 1}
"""
STUDY = """name: tiny
seeds: 3
models:
  ann: {file: small.yaml, grid: {populations.hidden.size: [8, 16]}}
  int8: {file: small.yaml, set: {test.quantize: {bits: 8}}}
  untrained: {file: small.yaml, set: {train.epochs: 0}}
targets: [0.1, 1.0]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "small.yaml").write_text(MODEL)
    (tmp_path / "tiny.yaml").write_text(STUDY)
    return tmp_path


def study(snnsim, data_folder, folder, *more):
    return snnsim("study", folder / "tiny.yaml", "-o", folder / "out", "--backend", "cpu", "--data-dir", data_folder,
                  "--jobs", "2", *more)


def test_a_study_ends_in_tables_and_is_not_run_twice(snnsim, data_folder, folder):
    first = study(snnsim, data_folder, folder)
    assert "12 cells, 0 finished before" in first.stderr
    out = folder / "out"
    assert {"study.h5", "study.csv", "study.md"} <= set(os.listdir(out))
    assert not [name for name in os.listdir(out) if name.endswith(".log") or "partial" in name]
    rows = list(csv.DictReader(open(out / "study.csv")))
    assert len(rows) == 12
    with h5py.File(out / "study.h5") as file:
        cell = file["cells/00000"]
        assert (cell.attrs["model"], cell.attrs["setting"], cell.attrs["seed"]) == ("ann", "size=8", 1)
        assert cell["test_epoch"][:].tolist() == [1, 2]
        with h5py.File(out / cell.attrs["file"]) as run:
            assert run["test"].attrs["accuracy"] == cell.attrs["accuracy"] == cell["test_accuracy"][-1]
            macs = sum(g.attrs["macs"] for g in run["energy/test/forward"].values()) / run["energy/test"].attrs["samples"]
        assert cell.attrs["macs"] == pytest.approx(macs)
        assert cell.attrs["energy_uJ"] == pytest.approx(4.6e-6 * macs)
        assert file["cells/00006"].attrs["precision"] == "int8"
        assert file["cells/00006"].attrs["energy_uJ"] == pytest.approx(0.23e-6 * file["cells/00006"].attrs["macs"])
        # Garg et al. 2026: 256 x 256, one and two steps.
        assert file["break_even/activity"][0, 2] == pytest.approx(0.906, abs=0.002)
    text = (out / "study.md").read_text()
    assert "### 10 % test accuracy, cheapest by synaptic arithmetic" in text
    assert "| untrained | not reached: at best" in text and "NeuroBench" in text and "syops-counter" in text

    before = {name: os.stat(out / name).st_mtime_ns for name in os.listdir(out) if name.count("-")}
    assert "12 cells, 12 finished before" in study(snnsim, data_folder, folder).stderr
    assert before == {name: os.stat(out / name).st_mtime_ns for name in before}
    (folder / "tiny.yaml").write_text(STUDY.replace("[8, 16]", "[8, 12]"))
    assert "12 cells, 9 finished before" in study(snnsim, data_folder, folder).stderr

    pytest.importorskip("matplotlib")
    subprocess.run([sys.executable, PLOT, out], check=True, capture_output=True)
    assert {"curves.png", "pareto.png", "activity.png", "iso.png"} <= set(os.listdir(out))


@pytest.mark.parametrize("change, message", [
    (("seeds: 3", "seeds: [1, 2, 1]"), "tiny.yaml:2:15: the seed 1 is there twice"),
    (("seeds: 3", "seeds: many"), "tiny.yaml:2:8: seeds must be a non-negative whole number"),
    (("models:", "modles:"), "did you mean 'models'?"),
    (("small.yaml, grid", "small.yaml, gird"), "tiny.yaml:4:27: unknown key 'gird' in ann; did you mean 'grid'?"),
    (("hidden.size: [8", "hidden.sise: [8"), "sise"),
    (("[0.1, 1.0]", "[0.1, 98]"), "a target is an accuracy"),
])
def test_mistakes_are_told_with_their_place(folder, change, message):
    binary = os.environ.get("SNNSIM_BINARY")
    if not binary:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    (folder / "tiny.yaml").write_text(STUDY.replace(*change))
    done = subprocess.run([binary, "study", folder / "tiny.yaml", "-o", folder / "out"], capture_output=True, text=True)
    assert done.returncode == 2 and message in done.stderr, done.stderr
    assert not os.path.exists(folder / "out")


def test_what_was_made_of_other_images_is_not_taken_for_that_of_these(snnsim, data_folder, folder, tmp_path):
    """Of the cells of a study and the runs of compare; a test of a run says it."""
    other = tmp_path / "cache" / "snnsim" / "mnist"
    other.mkdir(parents=True)
    for stem, count in ("train", TRAIN), ("t10k", TEST):
        write_bars(other, stem, count, 7)
    (folder / "tiny.yaml").write_text("name: tiny\nseeds: 1\nmodels:\n  ann: {file: small.yaml}\n")

    def call(*arguments):
        return subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, arguments)], capture_output=True, text=True, cwd=folder)

    def both(command, says):
        common = [*command, "--backend", "cpu"]
        assert call(*common, "--data-dir", data_folder).returncode == 0
        assert call(*common, "--data-dir", data_folder).returncode == 0
        done = call(*common, "--data-dir", other)
        assert done.returncode == 2 and says in done.stderr, done

    both(["study", "tiny.yaml", "-o", "out"], "was made with other samples of mnist than those that are found now; name their folder with --data-dir")
    both(["compare", "small.yaml"], "of other settings or other samples; --force replaces it")
    done = call("test", "runs/small.h5", "-o", "tested.h5", "--backend", "cpu", "--data-dir", other)
    assert done.returncode == 0 and "are others" not in done.stdout, done
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "test", "runs/small.h5", "-o", "tested2.h5", "--backend", "cpu"], capture_output=True,
                          text=True, cwd=folder, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert done.returncode == 0 and "the samples of mnist are others than those of runs/small.h5; --data-dir names their folder" in done.stdout, done


def test_a_training_that_fails_is_told_and_does_not_end_the_study(folder, data_folder):
    binary = os.environ.get("SNNSIM_BINARY")
    if not binary:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    other = MODEL.replace("set: mnist", "set: file, file: other.h5")
    (folder / "other.yaml").write_text(other)
    (folder / "tiny.yaml").write_text(STUDY.replace("models:", "models:\n  broken: {file: other.yaml}"))
    run = lambda: subprocess.run([binary, "study", folder / "tiny.yaml", "-o", folder / "out", "--backend", "cpu", "--data-dir", data_folder],
                                 capture_output=True, text=True)
    (folder / "other.h5").write_bytes(b"no samples")
    done = run()
    assert done.returncode == 1 and "3 of 15 cells failed" in done.stderr and "warning: broken  seed 1 failed:" in done.stderr, done.stderr
    assert "warning: broken  seed 3 failed:" in done.stdout and "other.h5" in done.stdout
    rows = list(csv.DictReader(open(folder / "out" / "study.csv")))
    assert len(rows) == 12 and {r["model"] for r in rows} == {"ann", "int8", "untrained"}
    assert "| broken | fewer than 3 seeds finished |" in (folder / "out" / "study.md").read_text()
    with h5py.File(folder / "out" / "study.h5") as file:
        assert len(file["cells"]) == 12
    assert "15 cells, 12 finished before" in run().stderr


def test_a_study_of_which_all_fails_says_why(folder, data_folder):
    binary = os.environ.get("SNNSIM_BINARY")
    if not binary:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    done = subprocess.run([binary, "study", folder / "tiny.yaml", "-o", folder / "out", "--data-dir", folder],
                          capture_output=True, text=True)
    assert done.returncode == 1 and "ann size=8 seed 1 failed" in done.stderr and "is not there" in done.stderr
