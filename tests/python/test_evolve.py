"""Evolutions of small circuits: that tasks are solved, that winners are models with the same spikes, that they repeat and go on."""

import csv
import os
import pathlib
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from test_own_data import error_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ROOT / "models" / "evolve"
SMALL = """name: small
seed: 3
evolve:
  task: winner_take_all
  population: 30
  generations: 25
  trials: 20
  tests: 50
"""


def evolve(snnsim, folder, text, *more, out="out"):
    (folder / "e.yaml").write_text(text)
    return snnsim("evolve", folder / "e.yaml", "-o", folder / out, "--progress", "none", *more)


def rows(folder, out="out"):
    with open(folder / out / "evolve.csv", newline="") as file:
        return list(csv.DictReader(file))


def expect_winner_to_repeat(snnsim, folder, name):
    """The model of the winner has the spikes that the evolution recorded."""
    snnsim(folder / f"{name}_winner.yaml", "-o", folder / "winner.h5", "--progress", "none")
    with h5py.File(folder / "evolve.h5") as file, h5py.File(folder / "winner.h5") as run:
        group = run["spikes/cells"]
        spikes = sorted(zip(np.rint(group["timestamps"][:]), group["node_ids"][:]))
        recorded = sorted(zip(file["winner/spikes/time"][:], file["winner/spikes/cell"][:]))
        assert spikes == recorded
        return recorded


# Each in seconds; what their scores on fresh trials must be.
SOLVED = {"coincidence": 0.95, "order": 0.9, "xor_latency": 1.0, "winner_take_all": 0.93}


@pytest.mark.parametrize("task", SOLVED)
def test_a_shipped_task_is_solved(snnsim, tmp_path, task):
    said = snnsim("evolve", MODELS / f"{task}.yaml", "-o", tmp_path, "--progress", "none").stdout
    assert "was reached" in said
    with h5py.File(tmp_path / "evolve.h5") as file:
        assert file.attrs["winner_score"] >= SOLVED[task]
        assert len(file["generations/best_fitness"]) <= 200
    assert len(expect_winner_to_repeat(snnsim, tmp_path, task)) > 0


WEIGHTS = {
    "order": "name: small\nevolve: {task: order, method: weights, population: 20, generations: 60, goal: 0.95, wiring: {cells: 2}}\n",
    "cart_pole": "name: small\nevolve: {task: cart_pole, method: weights, population: 12, generations: 12, tests: 5, wiring: {cells: 8}}\n",
}


@pytest.mark.parametrize("task", WEIGHTS)
def test_weights_of_a_wiring_that_stays(snnsim, tmp_path, task):
    evolve(snnsim, tmp_path, WEIGHTS[task])
    found = rows(tmp_path)
    assert len({r["cells"] for r in found}) == 1
    fitness = [float(r["mean_fitness"]) for r in found]
    if task == "order":
        assert float(found[-1]["test_score"]) >= 0.95
    else:
        assert max(float(r["best_fitness"]) for r in found) > 1.5 * float(found[0]["mean_fitness"]) and fitness[-1] > fitness[0]
    assert expect_winner_to_repeat(snnsim, tmp_path / "out", "small")


def test_a_spike_costs_what_the_file_says(snnsim, tmp_path):
    evolve(snnsim, tmp_path, SMALL)
    evolve(snnsim, tmp_path, SMALL + "  energy_weight: 0.02\n", out="dear")
    dear = rows(tmp_path, "dear")
    assert np.mean([float(r["spikes"]) for r in dear[-10:]]) < 0.8 * np.mean([float(r["spikes"]) for r in rows(tmp_path)[-10:]])
    # Of the fittest: half of score and nearness, less its spikes.
    assert all(float(r["best_fitness"]) <= 1 - 0.02 * float(r["spikes"]) for r in dear)


def test_the_table_depends_on_neither_threads_nor_a_second_call(snnsim, tmp_path):
    evolve(snnsim, tmp_path, SMALL, "--threads", 1)
    first = (tmp_path / "out/evolve.csv").read_bytes()
    journal = (tmp_path / "out/generations.txt").read_bytes()
    assert len(rows(tmp_path)) == 25 and len({r["best_fitness"] for r in rows(tmp_path)}) > 10
    evolve(snnsim, tmp_path, SMALL, "--threads", 3, out="three")
    assert (tmp_path / "three/evolve.csv").read_bytes() == first
    evolve(snnsim, tmp_path, SMALL)
    assert (tmp_path / "out/evolve.csv").read_bytes() == first and (tmp_path / "out/generations.txt").read_bytes() == journal


@pytest.mark.parametrize("method", ["structure", "weights"])
def test_one_that_was_killed_ends_in_the_same_table(snnsim, tmp_path, method):
    text = SMALL + f"  method: {method}\n"
    evolve(snnsim, tmp_path, text)
    running = subprocess.Popen([os.environ["SNNSIM_BINARY"], "evolve", tmp_path / "e.yaml", "-o", tmp_path / "killed", "--threads", "1"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal = tmp_path / "killed/generations.txt"
    until = time.time() + 60
    while time.time() < until and not (journal.exists() and journal.read_text().count("\n") >= 5):
        time.sleep(0.001)
    running.send_signal(signal.SIGKILL)
    running.wait()
    lines = journal.read_text().splitlines(keepends=True)
    assert len(lines) >= 5
    journal.write_text("".join(lines[:5]) + lines[2][:40])    # four generations, and a line that was cut off
    for name in os.listdir(tmp_path / "killed"):
        if name.startswith("evolve"):
            os.remove(tmp_path / "killed" / name)             # where it was faster than this test
    evolve(snnsim, tmp_path, text, out="killed")
    for name in ("evolve.csv", "generations.txt", "small_winner.yaml"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_more_generations_go_on_and_other_settings_do_not(snnsim, tmp_path):
    evolve(snnsim, tmp_path, SMALL)
    before = rows(tmp_path)
    evolve(snnsim, tmp_path, SMALL.replace("25", "28"))
    assert len(rows(tmp_path)) == 28 and rows(tmp_path)[:25] == before
    (tmp_path / "e.yaml").write_text(SMALL.replace("seed: 3", "seed: 4"))
    assert "other settings" in error_of("evolve", tmp_path / "e.yaml", "-o", tmp_path / "out")
    evolve(snnsim, tmp_path, SMALL.replace("seed: 3", "seed: 4"), "--force")
    assert rows(tmp_path)[0] != before[0]


def test_figures(snnsim, tmp_path):
    evolve(snnsim, tmp_path, SMALL)
    done = subprocess.run([sys.executable, ROOT / "tools/plot_study.py", tmp_path / "out", "--dpi", "50"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/evolution.png").stat().st_size > 3000


ERRORS = {
    "no_such_task": ("winner_take_all", "winner_takes_all", "4:9", "did you mean 'winner_take_all'"),
    "one_circuit": ("population: 30", "population: 1", "5:15", "between 2 and"),
    "no_generations": ("  generations: 25\n", "", "4:3", "missing the key 'generations'"),
    "an_unknown_key": ("trials: 20", "trails: 20", "7:3", "did you mean 'trials'"),
    "a_key_of_another_task": ("trials: 20", "window: 3 ms", "7:11", "window is a key of coincidence"),
    "nothing_reaches_the_outputs": ("trials: 20", "method: weights\n  wiring: {cells: 0, direct: false}", "8:11",
                                    "no cells between inputs and outputs and no direct edges"),
    "a_key_of_another_method": ("trials: 20", "wiring: {cells: 2}", "7:11", "wiring is a key of the method weights"),
    "too_many_cells": ("trials: 20", "neat: {cells: 40}", "7:17", "between 2 and 32"),
    "a_goal_beyond_all": ("trials: 20", "goal: 1.5", "7:9", "at most 1"),
    "no_contrast": ("trials: 20", "weak: 300 Hz", "7:9", "weak must be below strong"),
    "more_than_a_spike_a_step": ("trials: 20", "strong: 3000 Hz", "7:11", "strong must be at most 1000 Hz"),
    "a_name_that_is_none": ("name: small", "name: ../a", "1:7", "letters, digits"),
    "no_section": ("evolve:", "evolv:", "3:1", "unknown key 'evolv'"),
    "not_whole": ("task: winner_take_all", "task: coincidence\n  window: 2.5 ms", "5:11", "whole milliseconds"),
    "beyond_memory": ("population: 30", "population: 100000\n  trials: 20000", "5:15", "fit into memory"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_is_wrong_is_told_with_its_place(tmp_path, case):
    old, new, place, message = ERRORS[case]
    assert old in SMALL
    text = SMALL.replace(old, new, 1)
    if case == "beyond_memory":
        text = text.replace("  trials: 20\n", "")
    (tmp_path / "e.yaml").write_text(text)
    said = error_of("evolve", tmp_path / "e.yaml", "-o", tmp_path / "out")
    assert f"e.yaml:{place}: " in said and message in said, said
    assert not (tmp_path / "out").exists()


def test_files_of_other_kinds(snnsim, tmp_path):
    (tmp_path / "e.yaml").write_text(SMALL)
    assert "run it with `snnsim evolve" in error_of(tmp_path / "e.yaml")
    assert "is a search, which `snnsim evolve` does not take" in error_of("evolve", ROOT / "models/searches/cell_rate.yaml")
    evolve(snnsim, tmp_path, SMALL)
    assert "the result of an evolution" in error_of("stats", tmp_path / "out/evolve.h5")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/generations.txt").write_text("mine\n")
    assert "no list of generations" in error_of("evolve", tmp_path / "e.yaml", "-o", tmp_path / "other")
