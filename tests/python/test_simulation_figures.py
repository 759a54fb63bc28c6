"""What the pictures of a simulation show, without drawing them."""

import json
import sys

import numpy as np
import pytest

from conftest import ROOT

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
sys.path.insert(0, str(ROOT / "python"))

from snnsim.figures import simulations as figures  # noqa: E402
from snnsim.figures.run_file import CellSpikes, Stretch, is_simulation, simulated, spikes_between  # noqa: E402


def spikes(time, cell, cells):
    return CellSpikes("p", np.array(time, float), np.array(cell, np.uint64), cells, cells)


def test_cells_are_spread_evenly():
    assert list(figures.evenly(4, 8)) == [0, 2, 4, 6]
    assert list(figures.evenly(10, 3)) == [0, 1, 2]
    assert list(figures.evenly(3, 0)) == []


def test_a_raster_has_room_for_some_thousand_cells_and_spikes():
    large, small = spikes([], [], 99900), spikes([], [], 100)
    assert [len(c) for c in figures.cells_shown([large, small])] == [1998, figures.FEWEST_CELLS]
    busy = spikes(np.zeros(300000), np.zeros(300000), 1000)
    assert len(figures.cells_shown([busy])[0]) == 100
    assert len(figures.cells_shown([spikes([], [], 300)])[0]) == 300


def test_a_file_has_the_spikes_after_the_start_until_the_end(simulation, run):
    assert is_simulation(simulation) and not is_simulation(run)
    assert simulated(simulation) == (0.0, 1500.0)
    time = simulation["spikes/E/timestamps"][:]
    start, stop = time[100], time[5000]
    (found,) = spikes_between(simulation, Stretch(start, stop))
    assert (found.population, found.cells, found.size) == ("E", 1000, 3200)
    np.testing.assert_array_equal(found.time, time[(time > start) & (time <= stop)])


def test_bins_are_round_numbers_of_whole_steps():
    np.testing.assert_allclose(figures.bin_edges(Stretch(100.0, 103.5), 0.1), [100, 101, 102, 103])
    assert np.diff(figures.bin_edges(Stretch(0.0, 1000.0), 0.1))[0] == pytest.approx(5.0)
    np.testing.assert_allclose(figures.bin_edges(Stretch(0.0, 12.0), 4.0), [0, 4, 8, 12])


def test_rates_and_irregularities_are_those_of_the_cells():
    p = spikes([1, 2, 5, 6, 9, 9.5], [0, 0, 0, 0, 0, 1], 3)
    np.testing.assert_allclose(figures.cell_rates(p, Stretch(0.0, 10.0)), [500, 100, 0])
    np.testing.assert_allclose(figures.cell_irregularities(p), [0.5])  # intervals 1, 3, 1, 3


def test_irregularities_are_those_of_snnsim_stats(snnsim, simulation_path, simulation):
    e = json.loads(snnsim("stats", simulation_path, "--json").stdout)["populations"]["E"]
    (found,) = spikes_between(simulation, simulated(simulation))
    cv = figures.cell_irregularities(found)
    assert (len(cv), cv.mean()) == (e["cv_isi_cells"], pytest.approx(e["cv_isi"], rel=1e-9))
    assert figures.cell_rates(found, simulated(simulation)).mean() == pytest.approx(e["rate_hz"], rel=1e-12)


def test_histograms_hold_every_value_in_its_middle():
    edges = figures.histogram_edges(np.array([0, 5, 10, 15.0]), 5.0)
    assert edges[0] == -2.5 and edges[-1] > 15
    counts = np.histogram([0, 5, 10, 15.0], edges)[0]
    assert list(counts[:4]) == [1, 1, 1, 1]
    assert len(figures.histogram_edges(np.linspace(0, 500, 10001), 0.1)) <= figures.HISTOGRAM_BINS + 2
    assert len(figures.histogram_edges(np.zeros(0))) > 1
