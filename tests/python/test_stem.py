"""Temporal networks that stand in for biophysical cells: models/circuits/stem*.yaml, tools/make_stem and the measures of tools/bench/stem.py."""

import re
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pytest

from conftest import ROOT

CIRCUITS = ROOT / "models" / "circuits"
sys.path.insert(0, str(ROOT / "tools" / "bench"))
import stem as bench  # noqa: E402

make_stem = bench.make_stem
TESTED = make_stem.TRAINING + make_stem.VALIDATION      # the first of the test cells
SECONDS = 4


@pytest.fixture(scope="module")
def played(snnsim, tmp_path_factory):
    """The models beside inputs that no cell was trained with; runs them for SECONDS."""
    folder = tmp_path_factory.mktemp("stem")
    for file in CIRCUITS.glob("stem*.yaml"):
        shutil.copy(file, folder)
    make("inputs", "-o", folder, "--seconds", SECONDS, "--seed", 77)

    def run(name, *settings):
        out = folder / f"{name}.h5"
        if settings or not out.exists():
            snnsim(folder / f"{name}.yaml", "-o", out, "--force", "--progress", "none", *(f"--set={s}" for s in settings))
        return out
    run.folder = folder
    return run


def make(*command):
    return subprocess.run([sys.executable, str(ROOT / "tools" / "make_stem"), *map(str, command)], capture_output=True, text=True, check=True)


def test_inputs_are_poisson_trains_whose_rates_change(played):
    with h5py.File(played.folder / "stem_inputs.h5") as file:
        counts = {}
        for name, each in (("E", 100), ("I", 25), ("E0", 17), ("E5", 16), ("I0", 5), ("I5", 4)):
            times, sources = file[f"spikes/{name}/timestamps"][:], file[f"spikes/{name}/node_ids"][:].astype(int)
            assert sources.max() < each * make_stem.CELLS and (np.diff(times) >= 0).all() and times.max() <= 1000 * SECONDS
            counts[name] = np.bincount(sources // each, minlength=make_stem.CELLS)
            assert len(times) / len(counts[name]) / each / SECONDS == pytest.approx(10, rel=0.05)
            step = np.floor(times + 0.5).astype(int)
            assert len(np.unique(step * 100000 + sources)) == len(times)       # no source twice in a step
        parts = sum(len(file[f"spikes/E{c}/timestamps"]) for c in range(6))
        assert parts == counts["E"].sum()
    # Ten cells have synapses of one rate, so that their sums vary more than those of all others.
    together = np.zeros(make_stem.CELLS, bool)
    together[make_stem.TOGETHER] = True
    assert counts["E"][together].std() > 2 * counts["E"][~together].std()


@pytest.mark.parametrize("teacher, student, least", [("stem_teacher", "stem_cell", 0.75), ("stem_cable", "stem_cable_cell", 0.65)])
def test_the_shipped_cells_fire_when_their_teachers_do(played, teacher, student, least):
    time = f"parameters.time={SECONDS} s"
    wanted, found = (bench.trains(played(model, time), TESTED) for model in (teacher, student))
    measured = bench.compared(found, wanted, 1000 * SECONDS)
    assert 1 < measured["teacher_rate_hz"] < 20
    assert measured["gamma"] >= least and abs(measured["rate_ratio"] - 1) <= 0.1
    assert measured["van_rossum"] < 0.5
    # Spikes of other cells are as far away as chance has it.
    strange = bench.compared(found[1:] + found[:1], wanted, 1000 * SECONDS)
    assert abs(strange["gamma"]) < 0.1 and strange["van_rossum"] > 0.7


def test_a_ring_of_them_fires_as_a_ring_of_teachers(played):
    rates = []
    for model in ("stem_ring_teacher", "stem_ring"):
        with h5py.File(played(model, "parameters.time=3 s")) as file:
            rates.append(sum(len(file[f"spikes/{name}/timestamps"]) for name in "EI") / 300)
    assert 5 < rates[0] < 20 and abs(rates[1] / rates[0] - 1) <= 0.15


def test_a_cell_made_of_a_run_fires_as_the_network_does_step_by_step(played):
    """The equations in the engine against the network in numpy, after little training."""
    folder, time = played.folder, f"parameters.time={SECONDS} s"
    make("samples", played("stem_teacher", time), "-o", folder)
    run = played("stem", "train.epochs=4", "parameters.traces=8", "parameters.hidden=12", "parameters.second=6")
    mine = folder / "mine.yaml"
    shutil.copy(folder / "stem_cell.yaml", mine)
    make("cell", run, mine)
    assert mine.read_text() != (CIRCUITS / "stem_cell.yaml").read_text()
    network, text = make_stem.Stem(run), mine.read_text()
    threshold, sum_kept = float(re.search(r"threshold: u > (\S+)", text)[1]), 1 + float(re.search(r"du/dt = \((\S+)\*u", text)[1])
    with h5py.File(folder / make_stem.FILES[1]) as file:
        x, told = file["test/x"][:].reshape(make_stem.CELLS - TESTED, -1, 3), file["test/y"][:]
        assert list(file.attrs["receptors"]) == ["E", "I"]
    fired = network.runs_alone(x, threshold, sum_kept)
    steps = np.zeros_like(fired)
    for k, times in enumerate(bench.trains(played("mine", time), TESTED)):
        steps[k, np.rint(times).astype(int) - 1] = True
    assert 0.2 < fired.sum() / told.sum() < 5
    assert (steps != fired).sum() <= 0.01 * fired.sum()          # sums in another order
    # What the trainer computed with the teacher's spikes told is what numpy computes, from 1 % on of its range: weights are rounded.
    with h5py.File(run) as file:
        prediction = file["test/prediction"][:]
    first = network.is_told(x)[:, :make_stem.SAMPLE]             # later samples begin without a past in the trainer
    assert np.allclose(first, prediction[::x.shape[1] // make_stem.SAMPLE], atol=0.01 * np.ptp(prediction))


def test_mistakes_are_told(played, tmp_path):
    def said(*command):
        done = subprocess.run([sys.executable, str(ROOT / "tools" / "make_stem"), *map(str, command)], capture_output=True, text=True)
        assert done.returncode == 1
        return done.stderr

    assert "No such file" in said("samples", tmp_path / "none.h5", "-o", tmp_path)
    assert "has to have 65 cells" in said("samples", played("stem_teacher", "parameters.time=1 s"), "-o", played.folder)


def test_measures_of_spike_trains():
    gamma = make_stem.coincidence
    a = np.array([100.0, 300.0, 500.0])
    assert gamma(a, a, 1000.0) == pytest.approx(1.0)
    assert gamma(a + 2.0, a, 1000.0) == pytest.approx(1.0) and gamma(a + 2.5, a, 1000.0) < 0
    # One of two: (1 - 2 nu Delta N) / (N) / (1 - 2 nu Delta), nu = 2 / 1000.
    assert gamma(np.array([100.0, 200.0]), np.array([100.0, 300.0]), 1000.0) == pytest.approx((1 - 0.016) / 2 / (1 - 0.008))
    rng = np.random.default_rng(3)
    x, y = (np.sort(rng.uniform(0, 1e6, 20000)) for _ in "ab")
    assert abs(gamma(x, y, 1e6)) < 0.02
    assert bench.van_rossum(a, a) == pytest.approx(0.0)
    assert bench.van_rossum(a, a[:0]) == pytest.approx(1.5) and bench.van_rossum(a[:1], a[:1] + 5) == pytest.approx(1 - np.exp(-0.5))
    assert bench.area(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1])) == pytest.approx(0.75)
    assert bench.area(np.zeros(10), np.arange(10) < 3) == pytest.approx(0.5)
