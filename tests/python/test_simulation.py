"""Simulations as their users meet them: the program, its files, and what survives a crash."""
import os
import random
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest

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
"""


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
                "v": run["state/E/v"][:], "v_time": run["state/E/v_time"][:],
                "count": [int(run[f"network/{p}"].attrs["spikes"]) for p in "EI"]}


def assert_same(a, b):
    assert a["digest"] == b["digest"] and a["count"] == b["count"]
    for key in ("E", "I"):
        for x, y in zip(a[key], b[key]):
            np.testing.assert_array_equal(x, y)
    np.testing.assert_array_equal(a["v"], b["v"])
    np.testing.assert_array_equal(a["v_time"], b["v_time"])


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
    assert a["v"].shape == (20, 3) and a["v_time"][0] == 100.0
    other = tmp_path / "b.h5"
    snnsim(model, "--set", "simulate.duration=2 s", "-o", other, "--threads", 3)
    assert_same(a, content(other))


def test_killed_and_interrupted_at_any_moment(snnsim, model, tmp_path):
    whole = tmp_path / "whole.h5"
    snnsim(model, "-o", whole)
    out = tmp_path / "runs" / "x.h5"
    partial = tmp_path / "runs" / "x.partial.h5"
    checkpoint = tmp_path / "runs" / "x.checkpoint.h5"
    rng = random.Random(1)
    first = [os.environ["SNNSIM_BINARY"], str(model), "-o", str(out), "--checkpoint-every", "0.02", "--progress", "none"]
    again = [os.environ["SNNSIM_BINARY"], "--resume", str(out), "--checkpoint-every", "0.02", "--progress", "none"]
    kills = 0
    while kills < 20:
        threads = ["--threads", str(rng.choice([1, 2, 3]))]
        command = (again if checkpoint.exists() else first + ["--force"]) + threads
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        time.sleep(rng.uniform(0.03, 0.16))
        process.send_signal(signal.SIGINT if kills % 5 == 4 else signal.SIGKILL)
        message = process.communicate()[1]
        if process.returncode == 0:
            break  # done before the signal came
        # 130: ended in good order; -SIGINT: it had not begun to listen yet
        assert process.returncode in (-signal.SIGKILL, -signal.SIGINT, 130), message
        kills += 1
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
    assert kills >= 5, "the run was over too early"
    if not out.exists() or content(out)["status"] != "finished":
        snnsim("--resume", out)
    assert_same(content(whole), content(out))
    assert sorted(p.name for p in out.parent.iterdir()) == ["x.h5"]


def test_an_existing_run_is_kept(snnsim, model, tmp_path):
    out = tmp_path / "a.h5"
    out.write_bytes(b"mine")
    result = subprocess.run([os.environ["SNNSIM_BINARY"], model, "-o", out], capture_output=True, text=True)
    assert result.returncode == 2 and "--force" in result.stderr
    assert out.read_bytes() == b"mine"
