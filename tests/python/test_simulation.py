"""Simulations as their users meet them: the program, its files, and what survives a crash."""
import json
import os
import random
import signal
import socket
import subprocess

import h5py
import numpy as np
import pytest

from conftest import OverTooEarly, in_a_long_enough_run, wait_for

MODEL = """
name: small
seed: 3
dt: 0.1 ms
simulate: {duration: 200 s}
populations:
  E: &cell
    {model: iaf_psc_exp, size: 320, c_m: 200 pF, tau_m: 20 ms, e_l: -49 mV, v_th: -50 mV, v_reset: -60 mV, t_ref: 5 ms,
     tau_syn_ex: 5 ms, tau_syn_in: 10 ms, initial: {v: {distribution: uniform, low: -60 mV, high: -50 mV}}}
  I: {<<: *cell, size: 80}
projections:
  - {from: E, to: E, connect: {rule: fixed_probability, p: 0.2}, weight: 16.2 pA, delay: 1.2 ms}
  - {from: E, to: I, connect: {rule: fixed_probability, p: 0.2}, weight: 16.2 pA, delay: 0.4 ms}
  - {from: I, to: E, connect: {rule: fixed_probability, p: 0.2}, weight: -90 pA, delay: 0.4 ms}
  - {from: I, to: I, connect: {rule: fixed_probability, p: 0.2}, weight: -90 pA, delay: 0.4 ms}
record:
  - {population: E, what: spikes}
  - {population: I, what: spikes, cells: 10}
  - {population: E, what: v, cells: 3, interval: 100 ms}
  - {population: E, what: rate, interval: 70 ms}
  - {population: I, what: input, cells: 37, interval: 90 ms}
"""
VALUES = ["state/E/v", "rates/E/rate", "state/I/input"]


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(MODEL)
    return path


def content(path):
    with h5py.File(path) as run:
        return {"digest": run.attrs["spike_digest"], "status": run.attrs["status"],
                "E": (run["spikes/E/timestamps"][:], run["spikes/E/node_ids"][:]),
                "I": (run["spikes/I/timestamps"][:], run["spikes/I/node_ids"][:]),
                "values": [run[name][:] for value in VALUES for name in (value, value + "_time")],
                "count": [int(run[f"network/{p}"].attrs["spikes"]) for p in "EI"]}


def assert_same(a, b):
    assert a["digest"] == b["digest"] and a["count"] == b["count"]
    for key in ("E", "I"):
        for x, y in zip(a[key], b[key]):
            np.testing.assert_array_equal(x, y)
    for x, y in zip(a["values"], b["values"]):
        np.testing.assert_array_equal(x, y)


def test_the_file(snnsim, model, tmp_path):
    out = tmp_path / "a.h5"
    snnsim(model, "--set", "simulate.duration=2 s", "-o", out, "--threads", 2)
    a = content(out)
    assert a["status"] == "finished"
    assert a["count"][0] == len(a["E"][0]) > 100
    assert a["E"][1].max() < 320 and a["I"][1].max() < 10 < a["count"][1]
    assert (np.diff(a["E"][0]) >= 0).all() and 0 < a["E"][0][0] and a["E"][0][-1] <= 2000
    steps = a["E"][0] / 0.1
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)
    v, v_time = a["values"][:2]
    assert v.shape == (20, 3) and v_time[0] == 100.0
    other = tmp_path / "b.h5"
    snnsim(model, "--set", "simulate.duration=2 s", "-o", other, "--threads", 3)
    assert_same(a, content(other))


def test_rates_and_inputs(snnsim, model, tmp_path):
    out = tmp_path / "a.h5"
    records = ["spikes", "rate, interval: 10 ms", "input, cells: 30, interval: 5 ms", "input_ex", "input_in", "current"]
    snnsim(model, "-o", out, "--set", "simulate.duration=0.5 s", "--set", "stimuli=[{to: E, kind: dc, amplitude: 3 pA}]",
           "--set", "record=[" + ", ".join(f"{{population: E, what: {r}}}" for r in records) + "]")
    with h5py.File(out) as run:
        rate, group = run["rates/E/rate"], run["state/E"]
        np.testing.assert_allclose(run["rates/E"][rate.attrs["time"]][:], 10.0 * np.arange(1, 51))
        counts = np.histogram(run["spikes/E/timestamps"][:] - 0.05, 10.0 * np.arange(51))[0]
        np.testing.assert_allclose(rate[:], counts / (320 * 0.01), rtol=1e-6)
        assert rate.attrs["units"] == "Hz" and counts.sum() > 100
        both = (group["input_ex"][:] + group["input_in"][:]).reshape(100, 50, 320).sum(axis=1)
        np.testing.assert_allclose(group["input"][:], both[:, :30], atol=1e-2)
        np.testing.assert_allclose(group["input_ex"][:] % 16.2, 0.0, atol=1e-2)  # whole spikes
        assert group["input_ex"][:].max() > 16 and group["input_in"][:].min() < -80
        assert (group["current"][:] == 3.0).all()
        assert {group[v].attrs["units"] for v in ("input", "input_ex", "current")} == {"pA"}


def test_chosen_cells(snnsim, model, tmp_path):
    """Records of chosen cells are parts of those of all cells, and the file tells whose they are."""
    runs = {}
    for name, cells in (("all", "0"), ("list", "[300, 3, 17, 40]"), ("random", "{random: 50}")):
        records = ["spikes", "v, interval: 50 ms", "rate, interval: 100 ms"]
        snnsim(model, "-o", tmp_path / f"{name}.h5", "--set", "simulate.duration=2 s",
               "--set", "record=[" + ", ".join(f"{{population: E, what: {r}, cells: {cells}}}" for r in records) + "]")
        runs[name] = h5py.File(tmp_path / f"{name}.h5")
    whole = runs["all"]
    assert "recorded_node_ids" not in whole["spikes/E"]
    np.testing.assert_array_equal(whole["state/E/v_node_ids"][:], np.arange(320))
    for name, run in runs.items():
        assert run.attrs["spike_digest"] == whole.attrs["spike_digest"]
        ids = run["state/E"][run["state/E/v"].attrs["node_ids"]][:]
        if name == "list":
            assert list(ids) == [3, 17, 40, 300]
        if name == "random":
            assert len(set(ids)) == 50 and list(ids) != list(range(50)) and (np.diff(ids.astype(int)) > 0).all()
        np.testing.assert_array_equal(run["state/E/v"][:], whole["state/E/v"][:][:, ids])
        chosen = np.isin(whole["spikes/E/node_ids"][:], ids)
        for of_spikes in ("timestamps", "node_ids"):
            np.testing.assert_array_equal(run["spikes/E"][of_spikes][:], whole["spikes/E"][of_spikes][:][chosen])
        assert run["spikes/E"].attrs["cells_recorded"] == len(ids)
        if name != "all":
            np.testing.assert_array_equal(run["spikes/E/recorded_node_ids"][:], ids)
        counts = np.histogram(run["spikes/E/timestamps"][:] - 0.05, 100.0 * np.arange(21))[0]
        np.testing.assert_allclose(run["rates/E/rate"][:], counts / (len(ids) * 0.1), rtol=1e-5)
        said = json.loads(snnsim("stats", tmp_path / f"{name}.h5", "--json").stdout)["populations"]["E"]
        rates = np.bincount(whole["spikes/E/node_ids"][:].astype(int), minlength=320)[ids] / 2.0
        assert said["cells_recorded"] == len(ids) and said["rate_hz"] == pytest.approx(rates.mean())
        assert said["rate_sd_hz"] == pytest.approx(rates.std())
    for run in runs.values():
        run.close()


def test_a_profile(snnsim, model, tmp_path):
    out, plain = tmp_path / "a.h5", tmp_path / "b.h5"
    for path, more in ((out, ["--profile"]), (plain, [])):
        snnsim(model, "-o", path, "--set", "simulate.duration=0.5 s", "--threads", 2, *more)
    with h5py.File(out) as run, h5py.File(plain) as other:
        assert run.attrs["spike_digest"] == other.attrs["spike_digest"]
        phases = ("delivery", "stimuli", "updates", "recording", "waiting")
        assert all(run["profile"][phase][0] >= 0 and run["profile"][phase].attrs["units"] == "s" for phase in phases)
        assert "delivery" not in other["profile"]
        events = int(run["profile"].attrs["synaptic_events"])  # each spike has 0.2 * 400 targets, about
        spikes = sum(int(run[f"network/{p}"].attrs["spikes"]) for p in "EI")
        assert 0.85 * 80 * spikes < events < 1.15 * 80 * spikes


def changes_of(*paths):
    """A function that tells how often any of the files has been seen to appear, grow or be replaced."""
    def look():
        found = []
        for path in paths:
            try:
                status = path.stat()
                found.append((status.st_ino, status.st_size, status.st_mtime_ns))
            except FileNotFoundError:
                found.append(None)
        return found

    seen = [look(), 0]

    def count():
        now = look()
        if now != seen[0]:
            seen[:] = now, seen[1] + 1
        return seen[1]
    return count


def killed_often(snnsim, model, folder):
    """20 signals, each after so many changes of its files; OverTooEarly where the run ends before."""
    whole, out = folder / "whole.h5", folder / "runs" / "x.h5"
    snnsim(model, "-o", whole)
    partial, checkpoint = out.with_name("x.partial.h5"), out.with_name("x.checkpoint.h5")
    rng = random.Random(1)
    first = [os.environ["SNNSIM_BINARY"], str(model), "-o", str(out), "--checkpoint-every", "0.02", "--progress", "none"]
    again = [os.environ["SNNSIM_BINARY"], "--resume", str(out), "--checkpoint-every", "0.02", "--progress", "none"]
    for kills in range(20):
        changed, wanted = changes_of(partial, checkpoint), rng.randrange(4)
        command = (again if checkpoint.exists() else first + ["--force"]) + ["--threads", str(rng.choice([1, 2, 3]))]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: changed() >= wanted, process)
        process.send_signal(signal.SIGINT if kills % 5 == 4 else signal.SIGKILL)
        message = process.communicate()[1]
        if process.returncode == 0:
            raise OverTooEarly
        # 130: ended in good order; -SIGINT: it had not begun to listen yet
        assert process.returncode in (-signal.SIGKILL, -signal.SIGINT, 130), message
        left = out if out.exists() and not partial.exists() else partial
        if left.exists():  # what was written can be read, and is the beginning of the whole
            with h5py.File(whole) as a:
                try:
                    b = h5py.File(left, "r")
                except OSError:
                    b = h5py.File(left, "r", libver="latest", swmr=True)
                with b:
                    times = b["spikes/E/timestamps"][:]
                    np.testing.assert_array_equal(times, a["spikes/E/timestamps"][:len(times)])
    snnsim("--resume", out)
    assert_same(content(whole), content(out))
    assert sorted(p.name for p in out.parent.iterdir()) == ["x.h5"]


def test_killed_and_interrupted_at_any_moment(snnsim, tmp_path):
    def attempt(length, folder):
        model = folder / "small.yaml"
        model.write_text(MODEL.replace("200 s", f"{200 * length} s"))
        killed_often(snnsim, model, folder)

    in_a_long_enough_run(attempt, tmp_path)


def test_what_a_killed_writer_left_of_a_checkpoint_goes_with_it(snnsim, model, tmp_path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    (tmp_path / f"a.checkpoint.h5.{socket.gethostname()}.{gone.pid}.tmp").write_bytes(b"half of it")
    snnsim(model, "--set", "simulate.duration=100 ms", "-o", tmp_path / "a.h5")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.h5", "small.yaml"]


def test_an_existing_run_is_kept(snnsim, model, tmp_path):
    out = tmp_path / "a.h5"
    out.write_bytes(b"mine")
    result = subprocess.run([os.environ["SNNSIM_BINARY"], model, "-o", out], capture_output=True, text=True)
    assert result.returncode == 2 and "--force" in result.stderr
    assert out.read_bytes() == b"mine"
