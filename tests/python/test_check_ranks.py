"""`snnsim check --ranks`: what is said of several processes before there are any, and the model of many (tools/bench/scale_model.py)."""

import json
import os
import re
import subprocess
import sys

import pytest

from conftest import ROOT
from test_ranks import finished, mpi  # noqa: F401

sys.path.insert(0, str(ROOT / "tools" / "bench"))
import scale_model  # noqa: E402

CUBA = ROOT / "models" / "cuba.yaml"


def test_parts_and_what_is_exchanged(snnsim):
    said = snnsim("check", CUBA, "--ranks", 4, "--threads", 2, "--rate", "E: 6 Hz", "--rate", "I: 5 Hz").stdout
    each = scale_model.parts_of(said.partition("memory of each of 4 ranks with 2 threads, about:")[2].partition("of the first")[0])
    assert each["all"] == pytest.approx(sum(size for name, size in each.items() if name != "all"), rel=0.05)
    assert each["its synapses"] == pytest.approx(320_000, rel=0.02)    # a fourth of 320,000 of 4 bytes
    assert "  23,200 spikes a second\n    E: 6 Hz (--rate)\n    I: 5 Hz (--rate)\n" in said    # 3,200 and 800 cells
    assert "every 0.1 ms (the shortest delay), 10,000 times a second" in said


def test_rates_of_a_run(snnsim, tmp_path):
    run = tmp_path / "run.h5"
    snnsim(CUBA, "--set", "simulate.duration=200 ms", "-o", run, "--progress", "none")
    said = snnsim("check", CUBA, "--ranks", 2, "--rates", run, "--rate", "I: 5 Hz").stdout
    stats = json.loads(snnsim("stats", run, "--json").stdout)["populations"]
    (rate,) = re.findall(rf"    E: ([\d.]+) Hz \({re.escape(str(run))}\)", said)
    assert float(rate) == pytest.approx(stats["E"]["rate_hz"], rel=1e-3)
    assert "I: 5 Hz (--rate)" in said


def refused(*words):
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "check", *map(str, words)], capture_output=True, text=True)
    assert done.returncode in (1, 2), done.stdout
    return done.stderr


def test_what_does_not_fit_is_told(snnsim, tmp_path):
    assert "requires --ranks" in refused(CUBA, "--threads", 2)
    assert "is a training" in refused(ROOT / "models" / "mnist_lif.yaml", "--ranks", 2)
    assert "no population 'X' (there are: E, I)" in refused(CUBA, "--ranks", 2, "--rate", "X: 1 Hz")
    run = tmp_path / "run.h5"
    snnsim(ROOT / "models" / "fi_curve.yaml", "--set", "simulate.duration=10 ms", "-o", run, "--progress", "none")
    assert "no rates of the populations of 'cuba'; name a simulation of this model" in refused(CUBA, "--ranks", 2, "--rates", run)
    assert refused(CUBA, "--ranks", 2, "--rates", tmp_path / "none.h5")


def test_ranks_share_the_memory_of_their_machine(mpi, tmp_path):  # noqa: F811
    model = tmp_path / "large.yaml"
    model.write_text(scale_model.MODEL.format(80_000_000, 20_000_000))
    said = finished(mpi(3, model, "--threads", "1", "-o", tmp_path / "run.h5"), 1)
    assert said.count("snnsim: error:") == 1, said
    assert "of memory for all of its 3 ranks, which share this machine," in said and "its synapses" in said


def test_more_cells_than_there_are_numbers(tmp_path):
    model = tmp_path / "many.yaml"
    cell = "{size: 1000000000, model: iaf_psc_exp}"
    model.write_text("name: many\nsimulate: {duration: 1 ms}\npopulations: {" + ", ".join(f"P{k}: {cell}" for k in range(5)) + "}\n")
    assert "all populations together have 5,000,000,000 cells; at most 4,294,967,295" in refused(model)


def test_a_model_without_waits_takes_what_it_computes():
    rank = scale_model.Rank.__new__(scale_model.Rank)
    rank.cells, rank.step, rank.message, rank.known, rank.spike, rank.jitter = 1000, 1e-5, 0.0, [2, 4], [1e-7, 1e-7], 0.0
    free = {"latency": 0.0, "bandwidth": float("inf"), "overhead": 0.0}
    for ranks in (1, 4):
        row = scale_model.simulate(rank, ranks, 15, scale_model.doubling, free)
        own = 1e-5 * scale_model.CELLS / 1000 / scale_model.DT
        spikes = 1e-7 * ranks * scale_model.CELLS * scale_model.RATE if ranks > 1 else 0.0
        assert row["own_s"] == pytest.approx(own) and row["spikes_s"] == pytest.approx(spikes)
        assert row["s"] == pytest.approx(own + spikes, rel=0.01)
    rank.jitter = 0.1
    slower = scale_model.simulate(rank, 4, 1, scale_model.doubling, {**free, "latency": 1e-3})
    assert slower["exchange_s"] == pytest.approx(20.0, rel=0.02)    # 2 rounds of 1 ms, 10,000 times
    assert slower["s"] > slower["own_s"] + slower["spikes_s"] + slower["exchange_s"]    # and they wait for the slowest


def test_memory_on_the_page_is_what_check_says():
    row = next(r for r in json.loads((scale_model.RESULTS / "scale.json").read_text())["memory"] if r["cells"] == 10 ** 6)
    assert scale_model.memory(os.environ["SNNSIM_BINARY"], 10 ** 6, row["threads"]) == row
