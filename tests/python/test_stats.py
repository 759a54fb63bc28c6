"""snnsim stats: its numbers are those that numpy finds in the same run file."""

import json
import os
import subprocess

import h5py
import numpy as np
import pytest

from conftest import PATIENCE

FROM, TO = 200.0, 1400.0  # ms


@pytest.fixture(scope="module")
def stats(snnsim, simulation_path):
    return json.loads(snnsim("stats", simulation_path, "--from", "200 ms", "--to", "1.4 s", "--json").stdout)


@pytest.fixture
def trains(simulation):
    """Spikes of each recorded cell of E between FROM and TO, in steps; a step has the time of its end."""
    group, dt = simulation["spikes/E"], simulation.attrs["dt"]
    step = np.rint(group["timestamps"][:] / dt).astype(int)
    inside = (step > round(FROM / dt)) & (step <= round(TO / dt))
    cell, step = group["node_ids"][:][inside], step[inside] - round(FROM / dt) - 1
    return [step[cell == k] for k in range(group.attrs["cells_recorded"])]


def counts(trains, bin_ms, dt=0.1):
    """[cell, bin]; whole bins only."""
    width = round(bin_ms / dt)
    bins = round((TO - FROM) / dt) // width
    return np.array([np.bincount(t[t < bins * width] // width, minlength=bins) for t in trains])


def test_the_window_and_the_bins_are_told(stats):
    assert (stats["model"], stats["seed"], stats["status"]) == ("cuba", 1, "finished")
    assert (stats["from_ms"], stats["to_ms"]) == (FROM, TO)
    assert [stats[k] for k in ("synchrony_bin_ms", "fano_window_ms", "correlation_bin_ms")] == pytest.approx([3, 100, 2])


def test_populations_come_in_the_order_of_the_model(snnsim, tmp_path):
    model, out = tmp_path / "m.yaml", tmp_path / "m.h5"
    populations = ", ".join(f"{name}: {{model: regular_source, size: 2, rate: 100 Hz}}" for name in ("z", "b", "a"))
    model.write_text(f"name: m\ndt: 1 ms\nsimulate: {{duration: 50 ms}}\npopulations: {{{populations}}}\n"
                     "record: [{population: b, what: spikes}]\n")
    snnsim(model, "-o", out)
    assert list(json.loads(snnsim("stats", out, "--json").stdout)["populations"]) == ["z", "b", "a"]
    with h5py.File(out) as run:
        assert [str(n) for n in run["network"].attrs["populations"]] == ["z", "b", "a"]


def test_rates(stats, trains):
    hertz = np.array([len(t) for t in trains]) / ((TO - FROM) / 1000)
    e = stats["populations"]["E"]
    assert (e["cells"], e["cells_recorded"], e["spikes"]) == (3200, 1000, sum(map(len, trains)))
    assert (e["rate_hz"], e["rate_sd_hz"]) == pytest.approx((hertz.mean(), hertz.std()), rel=1e-12)
    assert e["rate_hz"] > 1


def test_variation_of_intervals(stats, trains):
    intervals = [np.diff(t) for t in trains if len(t) >= 5]
    e = stats["populations"]["E"]
    assert e["cv_isi_cells"] == len(intervals) > 100
    assert e["cv_isi"] == pytest.approx(np.mean([i.std() / i.mean() for i in intervals]), rel=1e-10)


def test_fano_factor(stats, trains):
    c = counts(trains, 100)
    c = c[c.sum(axis=1) > 0]
    e = stats["populations"]["E"]
    assert e["fano_cells"] == len(c)
    assert e["fano"] == pytest.approx(np.mean(c.var(axis=1) / c.mean(axis=1)), rel=1e-10)


@pytest.mark.parametrize("bin_ms", [3, 7])
def test_synchrony(snnsim, simulation_path, trains, bin_ms):
    stats = json.loads(snnsim("stats", simulation_path, "--from", "200 ms", "--to", "1.4 s", "--bin", f"{bin_ms} ms",
                              "--json").stdout)
    c = counts(trains, bin_ms).sum(axis=0)
    assert stats["populations"]["E"]["synchrony"] == pytest.approx(c.var() / c.mean(), rel=1e-10)


def test_correlation(stats, trains):
    c = counts(trains, 2)
    c = c[c.std(axis=1) > 0][:200]
    r = np.corrcoef(c)
    e = stats["populations"]["E"]
    assert e["correlation_cells"] == len(c) == 200
    assert e["correlation"] == pytest.approx(r[np.triu_indices(200, 1)].mean(), abs=1e-12)


def test_a_population_that_is_not_recorded(stats, simulation):
    i, network = stats["populations"]["I"], simulation["network/I"].attrs
    assert (i["cells"], i["cells_recorded"], i["spikes"], i["rate_hz"], i["synchrony"]) == (800, 0, None, None, None)
    assert i["counted_rate_hz"] == pytest.approx(network["spikes"] / 800 / 1.5)


def test_the_table_says_what_is_not_recorded(snnsim, simulation_path, tmp_path):
    path = tmp_path / "stats.json"
    said = snnsim("stats", simulation_path, "-o", path).stdout
    assert "rate [Hz]" in said and str(path) in said
    assert "E: only 1,000 of 3,200 cells are recorded" in said and "I: spikes not recorded" in said
    assert json.loads(path.read_text())["populations"]["E"]["cells"] == 3200


def test_a_training_has_rates(snnsim, run_path, run):
    populations = json.loads(snnsim("stats", run_path, "--json").stdout)["populations"]
    hidden = run["spikes/hidden"]
    seconds = hidden.attrs["trials"] * run.attrs["steps_per_sample"] * run.attrs["dt"] / 1000
    assert populations["hidden"]["rate_hz"] == pytest.approx(len(hidden["node_ids"]) / 32 / seconds)
    assert populations["hidden"]["cv_isi"] is None
    assert populations["output"]["cells_recorded"] == 0


@pytest.mark.parametrize("arguments, status, message", [
    (["--from", "200"], 2, "--from needs a unit: write '200 ms'"),
    (["--to", "2 s"], 2, "ends at 1500 ms"),
    (["-o", "x.h5"], 2, "-o x.h5: name a .json or a .csv file"),
])
def test_what_does_not_fit_is_an_error(simulation_path, arguments, status, message):
    if "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_BINARY does not name the program")
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "stats", str(simulation_path), *arguments],
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == status
    assert done.stderr.startswith("snnsim: error: ") and message in done.stderr
