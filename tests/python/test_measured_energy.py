"""Measured energy in run files, with a folder in place of sysfs whose counters move."""
import array
import fcntl
import os
import signal
import subprocess
import termios
import threading
import time

import h5py
import pytest

from conftest import MODEL, OVERRIDES, TEST, in_a_long_enough_run, stop_when
from test_tables import read_csv

NETWORK = """
name: net
dt: 0.1 ms
simulate: {duration: 2 s}
populations: {E: {model: iaf_psc_delta, size: 100}}
stimuli: [{to: E, kind: poisson, rate: 8 kHz, weight: 0.2 mV}]
"""


class Powercap:
    """One package whose counter moves whenever it is read, and a counter of DRAM that stands still."""

    def __init__(self, root):
        self.root, self.stop, self.energy = root, threading.Event(), 0
        self.step = 100_000  # uJ
        for zone, name in (("intel-rapl:0", "package-0"), ("intel-rapl:0:0", "dram")):
            (root / zone).mkdir()
            for file, text in (("name", name), ("energy_uj", "0"), ("max_energy_range_uj", "262143328850")):
                (root / zone / file).write_text(text + "\n")
        self.counter = root / "intel-rapl:0" / "energy_uj"
        self.counter.unlink()
        os.mkfifo(self.counter)

    def __enter__(self):
        self.pipe = os.open(self.counter, os.O_RDWR)  # both ends: neither side waits for the other to open it
        self.thread = threading.Thread(target=self.count)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        os.close(self.pipe)

    def count(self):
        """The pipe always holds one number; who reads it waits for the next."""
        while not self.stop.wait(0.0002):
            waiting = array.array("i", [0])
            fcntl.ioctl(self.pipe, termios.FIONREAD, waiting)
            if waiting[0] == 0:
                self.energy += self.step
                os.write(self.pipe, f"{self.energy}\n".encode())


@pytest.fixture
def powercap(tmp_path, monkeypatch):
    root = tmp_path / "powercap"
    root.mkdir()
    monkeypatch.setenv("SNNSIM_POWERCAP", str(root))
    return Powercap(root)


def train(snnsim, data_folder, out, *more):
    settings = [part for override in OVERRIDES for part in ("--set", override)]
    return snnsim(MODEL, *settings, "--backend", "cpu", "--threads", "1", "--data-dir", data_folder, "-o", out, *more)


def test_a_training(snnsim, data_folder, tmp_path, powercap):
    out = tmp_path / "run.h5"
    start = time.monotonic()
    with powercap:
        said = train(snnsim, data_folder, out, "--idle-baseline", "0.2", "--pue", "2", "--co2e", "500 g/kWh").stdout
    took = time.monotonic() - start
    with h5py.File(out) as run:
        measured = run["energy/measured"]
        joules = 0
        for phase in ("data", "start", "train", "test"):
            package = measured[phase]["package-0"].attrs
            joules += package.get("joules", 0)
            assert 0 < run["profile"][phase][0] <= measured[phase].attrs["seconds"] <= took
            assert "joules" not in measured[phase]["dram-0"].attrs
            assert "did not move" in measured[phase]["dram-0"].attrs["joules_unavailable"]
        package = dict(measured["train/package-0"].attrs)
        assert package["joules"] > 0 and package["joules_units"] == "J" and package["source"] == "RAPL counter"
        assert package["idle_joules"] > 0
        test_joules = measured["test/package-0"].attrs["joules"]
        total = dict(measured.attrs)
        assert total["joules"] == pytest.approx(joules)
        assert total["energy_with_pue"] == pytest.approx(2 * joules / 3.6e6)
        assert total["energy_with_pue_units"] == "kWh"
        assert total["co2e"] == pytest.approx(0.5 * total["energy_with_pue"]) and total["co2e_units"] == "kg"
        assert "dram" in total["joules_without"]
    line = next(line for line in said.splitlines() if line.startswith("measured energy: package "))
    assert "above idle" in line and "with PUE 2" in line
    assert "unavailable" not in said and "did not move" not in said  # `snnsim devices` says why

    table = snnsim("compare", out, "-o", tmp_path / "t.csv").stdout
    row, = read_csv(tmp_path / "t.csv")
    for name, wanted in {"measured energy of training [J]": package["joules"],
                         "above idle [J]": package["joules"] - package["idle_joules"],
                         "measured energy of the test / image [mJ]": 1e3 * test_joules / TEST,
                         "measured energy of the run with PUE [kWh]": total["energy_with_pue"],
                         "CO2e of the run [g]": 1e3 * total["co2e"]}.items():
        assert float(row[name]) == pytest.approx(wanted, rel=1e-12, abs=0), name
    assert row["measured energy of training, parts"].startswith("package ")
    assert row["measured energy of training, parts"].endswith(", dram unavailable")
    assert "dram unavailable (" in row["measured energy, notes"] and "did not move" in row["measured energy, notes"]
    row = next(line for line in table.splitlines() if line.startswith("| measured energy of training [J] |"))
    assert "(package " in row and "dram unavailable" in row
    assert "PUE 2, 500 g CO2e per kWh" in table


def test_a_machine_without_counters(snnsim, data_folder, tmp_path, powercap):
    for zone in ("intel-rapl:0:0", "intel-rapl:0"):
        for file in (powercap.root / zone).iterdir():
            file.unlink()
        (powercap.root / zone).rmdir()
    out = tmp_path / "run.h5"
    done = train(snnsim, data_folder, out)
    assert "unavailable" not in done.stdout + done.stderr and "RAPL" not in done.stdout + done.stderr
    assert "shows no RAPL zone" in snnsim("devices").stdout
    with h5py.File(out) as run:
        measured = run["energy/measured"]
        assert "joules" not in measured.attrs and "shows no RAPL zone" in measured.attrs["joules_unavailable"]
        assert "joules" not in measured["train/package"].attrs
    assert "| measured energy of training [J] | unavailable |" in snnsim("compare", out, "-o", tmp_path / "t.csv").stdout
    row, = read_csv(tmp_path / "t.csv")
    measured = [name for name in row if name.startswith(("measured", "above", "CO2e")) and name.endswith("]")]
    assert len(measured) == 5 and [row[name] for name in measured] == [""] * 5
    assert "shows no RAPL zone" in row["measured energy, notes"] and row["measured energy of training, parts"] == "package unavailable, dram unavailable"


def test_a_simulation(snnsim, tmp_path, powercap):
    model, out = tmp_path / "net.yaml", tmp_path / "net.h5"
    model.write_text(NETWORK)
    start = time.monotonic()
    with powercap:
        said = snnsim(model, "-o", out).stdout
    took = time.monotonic() - start
    with h5py.File(out) as run:
        simulated = run["energy/measured/simulate"]
        assert 0 < run["profile/simulate"][0] <= simulated.attrs["seconds"] <= took
        assert simulated["package-0"].attrs["joules"] > 0
        assert "build" in run["energy/measured"]
    assert "measured energy: package " in said


def test_a_simulation_that_is_resumed_adds_up(snnsim, tmp_path, powercap):
    def attempt(length, folder):
        model, out = folder / "net.yaml", folder / "net.h5"
        model.write_text(NETWORK)
        process = subprocess.Popen([os.environ["SNNSIM_BINARY"], model, "--set", f"simulate.duration={300 * length} s",
                                    "-o", out, "--progress", "none"], stderr=subprocess.PIPE, text=True)
        stop_when(lambda: advanced(folder / "net.partial.h5"), process, signal.SIGINT)
        with h5py.File(out) as run:
            first, seconds = run["energy/measured/simulate/package-0"].attrs["joules"], run["profile/simulate"][0]
        powercap.step = 10**9  # 1 kJ a reading, so that both parts can be told from the sum
        snnsim("--resume", out)
        powercap.step = 100_000
        with h5py.File(out) as run:
            whole = run["energy/measured/simulate"]
            assert whole["package-0"].attrs["joules"] > 1000
            assert 0.05 < whole["package-0"].attrs["joules"] % 1000 <= first + 1e-6
            assert 0 < seconds < run["profile/simulate"][0] <= whole.attrs["seconds"]

    with powercap:
        in_a_long_enough_run(attempt, tmp_path)


def advanced(path):
    """Whether the file of a running simulation holds something."""
    try:
        with h5py.File(path, "r", libver="latest", swmr=True) as run:
            return len(run["progress/time"]) > 0
    except (OSError, KeyError):
        return False
