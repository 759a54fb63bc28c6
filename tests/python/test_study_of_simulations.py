"""A study of simulations: a grid of currents and seeds, from its file to its tables and figures."""

import csv
import os
import pathlib
import subprocess
import sys

import h5py
import numpy as np
import pytest

from conftest import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[2]
CURRENTS = ["300 pA", "0.4 nA", "500 pA", "0.8 nA"]
MODEL = """name: cell
dt: 0.1 ms
parameters: {current: 400 pA}
simulate: {duration: 1 s}
populations:
  cell: {size: 2, model: iaf_psc_exp, c_m: 250 pF, tau_m: 10 ms, e_l: -70 mV, v_th: -55 mV, v_reset: -70 mV, t_ref: 2 ms, i_e: $current}
  noise: {size: 20, model: poisson_source, rate: 50 Hz}
record: [{population: cell, what: spikes}, {population: noise, what: spikes}]
"""
STUDY = f"""name: fi
seeds: 2..4
stats: {{from: 200 ms}}
models:
  cell: {{file: cell.yaml, grid: {{parameters.current: [{", ".join(CURRENTS)}]}}}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cell.yaml").write_text(MODEL)
    (tmp_path / "fi.yaml").write_text(STUDY)
    return tmp_path


def study(snnsim, folder, *more):
    return snnsim("study", folder / "fi.yaml", "-o", folder / "out", "--jobs", "2", *more)


def wrong(folder, text):
    if "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    (folder / "fi.yaml").write_text(text)
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "study", folder / "fi.yaml", "-o", folder / "out"],
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2, done.stdout + done.stderr
    return done.stderr


def rate_of(current):
    """Hz, of a cell in a constant current (pA), whose steps of 0.1 ms end beyond the threshold: closed form."""
    resistance, tau, threshold, refractory = 10.0 / 250.0, 10.0, 15.0, 2.0  # mV / pA, ms, mV above rest, ms
    if resistance * current <= threshold:
        return 0.0
    rise = tau * np.log(resistance * current / (resistance * current - threshold))
    return 1000.0 / (refractory + 0.1 * np.ceil(rise / 0.1 - 1e-9))


def test_an_fi_curve(snnsim, folder):
    done = study(snnsim, folder)
    assert "12 cells, 0 finished before" in done.stderr and done.stdout.startswith("# fi\n")
    assert "digest" not in done.stdout  # the cells' own results are no result of the study
    out = folder / "out"
    rows = list(csv.DictReader(open(out / "study.csv", newline="")))
    assert [(r["parameters.current"], r["seed"]) for r in rows] == [(c, s) for c in CURRENTS for s in "234"]
    assert {r["status"] for r in rows} == {"finished"} and rows[0]["setting"] == "current=300 pA"
    for row in rows:
        number, unit = row["parameters.current"].split()
        current = float(number) * {"pA": 1.0, "nA": 1000.0}[unit]
        # In 800 ms one spike more or less has its place at the edge.
        assert float(row["cell.rate_hz"]) == pytest.approx(rate_of(current), abs=1000 / 800 + 1e-9), row
        with h5py.File(out / row["file"]) as run:
            assert run.attrs["seed"] == int(row["seed"])
            late = run["spikes/noise/timestamps"][:] > 200.0
            assert float(row["noise.rate_hz"]) == pytest.approx(late.sum() / 20 / 0.8)
    noise = [float(r["noise.rate_hz"]) for r in rows[:3]]
    line = next(line for line in done.stdout.splitlines() if line.startswith("| cell | current=300 pA | noise |"))
    assert f"| {np.mean(noise):.4g} +- {np.std(noise, ddof=1):.2g} |" in line
    with h5py.File(out / "study.h5") as file:
        assert file.attrs["kind"] == "simulations"
        assert file["cells/00003/populations/noise"].attrs["rate_hz"] == pytest.approx(float(rows[3]["noise.rate_hz"]))

    before = {p: p.stat().st_mtime_ns for p in out.glob("cell-*")}
    assert "12 cells, 12 finished before" in study(snnsim, folder).stderr
    assert before == {p: p.stat().st_mtime_ns for p in out.glob("cell-*")} and len(before) == 12

    pytest.importorskip("matplotlib")
    drawn = subprocess.run([sys.executable, ROOT / "tools" / "plot_study.py", out], capture_output=True, text=True)
    assert drawn.returncode == 0, drawn.stderr
    assert (out / "rates.png").stat().st_size > 1000 and (out / "statistics.png").stat().st_size > 1000


def test_the_curve_that_is_drawn(snnsim, folder):
    pytest.importorskip("matplotlib")
    study(snnsim, folder)
    sys.path.insert(0, str(ROOT / "python"))
    try:
        from snnsim.figures import studies
        with h5py.File(folder / "out" / "study.h5") as file:
            figure = studies.figures(file)["rates"]
    finally:
        sys.path.remove(str(ROOT / "python"))
    axes, = figure.axes
    assert axes.get_xlabel() == "parameters.current [pA]" and axes.get_ylabel() == "rate [Hz]"
    lines = {text.get_text(): container for text, container in zip(axes.get_legend().get_texts(), axes.containers)}
    assert list(lines) == ["cell", "noise"]
    x, y = lines["cell"].lines[0].get_data()
    np.testing.assert_allclose(x, [300, 400, 500, 800])
    np.testing.assert_allclose(y, [rate_of(i) for i in x], atol=1.3)


def test_a_cell_that_fails_does_not_end_the_study(snnsim, folder):
    # At 98 % of what its t_ref allows activity has run away.
    (folder / "cell.yaml").write_text(MODEL.replace("record:", "projections: [{from: cell, to: cell, connect: all_to_all, "
                                                    "weight: $w, delay: 1 ms}]\nrecord:").replace("{current", "{w: 0 pA, current"))
    (folder / "fi.yaml").write_text(STUDY.replace("2..4", "1").replace("grid: {", "grid: {parameters.w: [0 pA, 1 uA], ")
                                    .replace(", ".join(CURRENTS), "500 pA"))
    done = study(snnsim, folder)
    rows = list(csv.DictReader(open(folder / "out" / "study.csv", newline="")))
    assert [r["status"] for r in rows] == ["finished", "failed"] and rows[1]["cell.rate_hz"] == ""
    assert "warning: cell w=1 uA current=500 pA seed 1 failed: the activity of 'cell' has run away" in done.stdout
    assert "2 cells, 2 finished before" in study(snnsim, folder).stderr


@pytest.mark.parametrize("change, message", [
    (("seeds: 2..4", "seeds: 4..2"), "'4..2' runs backwards"),
    (("from: 200 ms", "from: 200"), "fi.yaml:3:"),
    (("from:", "form:"), "unknown key 'form' in stats; did you mean 'from'?"),
    (("0.4 nA", "300 pA"), "the axis has the value 300 pA already"),
    (("models:", "targets: [0.9]\nmodels:"), "targets are accuracies, which simulations do not have"),
    (("models:", "models:\n  training: {file: ROOT/models/mnist_lif.yaml}"), "trainings and simulations do not compare"),
])
def test_mistakes(folder, change, message):
    text = STUDY.replace(change[0], change[1].replace("ROOT", str(ROOT)))
    assert message in wrong(folder, text)


def test_the_grid_of_a_model_replaces_that_of_all(snnsim, folder):
    (folder / "fi.yaml").write_text("name: fi\nseeds: 1\ngrid: {parameters.current: [1 pA, 2 pA]}\nmodels:\n  a: {file: cell.yaml}\n"
                                    "  b: {file: cell.yaml, grid: {parameters.current: [3 pA]}}\n"
                                    "  c: {file: cell.yaml, set: {parameters.current: 4 pA}}\n")
    study(snnsim, folder)
    rows = list(csv.DictReader(open(folder / "out" / "study.csv", newline="")))
    assert [(r["model"], r["setting"]) for r in rows] == [("a", "current=1 pA"), ("a", "current=2 pA"), ("b", "current=3 pA"), ("c", "")]
