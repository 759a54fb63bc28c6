"""The circuits of models/circuits do what they are there to show."""

import h5py
import numpy as np
import pytest

from conftest import ROOT

CIRCUITS = ROOT / "models" / "circuits"


@pytest.fixture
def circuit(snnsim, tmp_path):
    def run(name, **parameters):
        out = tmp_path / "run.h5"
        snnsim(CIRCUITS / f"{name}.yaml", "-o", out, "--force", "--progress", "none",
               *(f"--set=parameters.{k}={v}" for k, v in parameters.items()))
        return h5py.File(out)
    return run


def spikes(file, name):
    return file[f"spikes/{name}/timestamps"][:], file[f"spikes/{name}/node_ids"][:]


def order(file, name, times):
    """Kuramoto's R of the phases between spikes; counts of spikes."""
    t, cells = spikes(file, name)
    trains = [np.sort(t[cells == k]) for k in range(file[f"network/{name}"].attrs["size"])]
    found = []
    for time in times:
        before = [np.searchsorted(train, time, side="right") for train in trains]
        phases = [(time - train[k - 1]) / (train[k] - train[k - 1]) for train, k in zip(trains, before)]
        found.append(abs(np.exp(2j * np.pi * np.array(phases)).mean()))
    return np.array(found), [len(train) for train in trains]


def test_gap_junctions_spread_the_spikes_of_a_ring_and_spikelets_join_them(circuit):
    with circuit("gap_ring") as file:
        joined, fewer = order(file, "joined", [250, 300, 400])
        alone, counts = order(file, "alone", [100, 250, 400])
    assert (joined <= 0.01).all() and np.allclose(alone, 0.479, atol=0.01)
    assert set(counts) == {16, 17} and set(fewer) <= {12, 13}
    with circuit("gap_ring", spikelet=1) as file:
        assert (order(file, "joined", [250, 400])[0] > 0.99).all()


def crossing(file):
    """First spike of each column of the sheet, NaN where there is none."""
    t, cells = spikes(file, "E")
    x = file["network/E/positions"][:, 0]
    return np.array([t[x[cells] == column].min(initial=np.inf) for column in np.unique(x)])


def test_a_front_crosses_the_grid_at_a_constant_speed(circuit):
    with circuit("gain_wave") as file:
        first = crossing(file)
    assert np.isfinite(first).all() and (np.diff(first) > 0).all()
    steps = np.diff(first[8:25])                       # the middle half
    assert abs(steps / steps.mean() - 1).max() <= 0.1
    assert 1 / steps.mean() == pytest.approx(0.24, abs=0.02)   # columns a ms, as docs/circuits.md says


def test_a_weak_grid_lets_no_front_through(circuit):
    with circuit("gain_wave", w=2.2) as file:
        assert not np.isfinite(crossing(file)[8:]).any()
    with circuit("gain_wave", w=3.2) as file:
        assert np.isfinite(crossing(file)[8:]).any()


BIN = 20.0


def rate(file, name, stop=20000.0):
    t, _ = spikes(file, name)
    return np.histogram(t, np.arange(0.0, stop + 1, BIN))[0] / file[f"network/{name}"].attrs["size"] / (1e-3 * BIN)


def correlation(signal, answer):
    """That of the lag (up to 100 ms) at which it is greatest."""
    at = [np.corrcoef(signal[:len(signal) - lag], answer[lag:])[0, 1] for lag in range(6)]
    return max(at, key=abs)


def signals():
    t = 1e-3 * np.arange(BIN / 2, 20000.0, BIN)
    return 20 + 20 * np.sin(2 * np.pi * 2 * t), 20 + 20 * np.sin(2 * np.pi * 2.7 * t)


def test_a_gate_of_balanced_inhibition_lets_a_signal_through_when_it_is_opened(circuit):
    a, b = signals()
    with circuit("gating") as file:
        closed = rate(file, "target_a"), rate(file, "target_b")
    assert abs(correlation(a, closed[0])) <= 0.25 and abs(correlation(b, closed[1])) <= 0.25
    assert max(c.mean() for c in closed) <= 3
    with circuit("gating", open_a="450 pA") as file:
        opened = rate(file, "target_a"), rate(file, "target_b")
    assert correlation(a, opened[0]) >= 0.7 and opened[0].mean() > 20
    for signal, answer in ((b, opened[0]), (a, opened[1]), (b, opened[1])):     # off the path
        assert abs(correlation(signal, answer)) <= 0.25


def test_a_gate_opens_within_50_ms(circuit):
    with circuit("gating", open_a="450 pA", **{"from": "10 s"}) as file:
        t, _ = spikes(file, "relay_a")
        target, _ = spikes(file, "target_a")
    assert not ((t > 10050) & (t < 20000)).any() and (t < 10000).any()
    # The signal is high from 10.0 to 10.25 s, as it was half a second before.
    count = lambda low, high: ((target >= low) & (target < high)).sum()
    assert count(10050, 10150) > 10 * count(9550, 9650)


@pytest.mark.parametrize("alpha", [0, 1])
def test_astrocytes_lower_or_raise_the_first_release(circuit, alpha):
    """The second spikes find what the first have left: more where it was little."""
    with circuit("gliotransmission", alpha=alpha) as file:
        released = [column[column != 0] for column in file["state/targets/input"][:].T]
        calcium = file["state/glia/c"][:]
    assert [len(r) for r in released] == [16, 16, 16] and released[0][0] == pytest.approx(0.6, rel=1e-3)
    assert ((calcium[1:] >= 0.5) & (calcium[:-1] < 0.5)).any(axis=0).tolist() == [False, True, True]
    for modulated, expected in zip(released[1:], ((0.1431, 0.2151), (0.0463, 0.0804)) if alpha == 0 else ((0.9046, 0.1774), (0.9691, 0.1224))):
        assert modulated[:2] == pytest.approx(expected, rel=5e-3)      # an independent integration with scipy
        assert (modulated[0] < released[0][0]) == (alpha == 0)
