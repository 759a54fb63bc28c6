"""Searches for parameters: what they find, that they repeat and go on, and what is told of files that make no sense."""

import csv
import os
import shlex
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest

from test_own_data import error_of

MODEL = """name: cell
dt: 0.1 ms
parameters: {current: 400 pA, tau: 10 ms}
simulate: {duration: 500 ms}
populations:
  cell: {size: 1, model: iaf_psc_exp, c_m: 250 pF, tau_m: $tau, e_l: -70 mV, v_th: -55 mV, v_reset: -70 mV, t_ref: 2 ms, i_e: $current}
  other: {size: 1, model: iaf_psc_exp, i_e: $current}
record: [{population: cell, what: spikes}]
"""
SEARCH = """name: rate
model: m.yaml
evaluations: 60
goal: 0.02
vary:
  parameters.current: {from: 200 pA, to: 1000 pA}
objective:
  - {measure: rate_hz, population: cell, target: 50}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "m.yaml").write_text(MODEL)
    return tmp_path


def search(snnsim, folder, text, *more, out="out"):
    (folder / "s.yaml").write_text(text)
    return snnsim("search", folder / "s.yaml", "-o", folder / out, *more)


def rows(folder, out="out"):
    with open(folder / out / "search.csv", newline="") as file:
        return list(csv.DictReader(file))


def refused(folder, text):
    (folder / "s.yaml").write_text(text)
    return error_of("search", folder / "s.yaml", "-o", folder / "out")


def test_cma_es_finds_the_current_of_a_rate(snnsim, folder):
    said = search(snnsim, folder, SEARCH, "--jobs", 2)
    best = min(rows(folder), key=lambda r: float(r["cost"] or "inf"))
    assert float(best["cost"]) <= 0.02 and abs(float(best["cell.rate_hz"]) - 50) <= 1
    # The cell's rate by hand: t_ref + tau ln(I R / (I R - 15 mV)), R = tau / C.
    drive = float(best["parameters.current"].removesuffix(" pA")) * 10 / 250
    assert 1000 / (2 + 10 * np.log(drive / (drive - 15))) == pytest.approx(50, abs=2.5)
    assert "The best again" in said.stdout and f"--set 'parameters.current={best['parameters.current']}'" in said.stdout
    kept = [name for name in os.listdir(folder / "out") if name.startswith("rate-")]
    assert kept == [best["file"]]
    with h5py.File(folder / "out/search.h5") as file:
        assert file.attrs["format"] == "snnsim search" and file["points/number"].shape == (len(rows(folder)), 1)
        assert np.nanmin(file["points/cost"][:]) == float(best["cost"])


def test_the_table_depends_on_neither_processes_nor_a_second_call(snnsim, folder):
    search(snnsim, folder, SEARCH, "--jobs", 1)
    first = (folder / "out/search.csv").read_bytes()
    search(snnsim, folder, SEARCH, "--jobs", 3, out="three")
    assert (folder / "three/search.csv").read_bytes() == first
    runs = (folder / "out/runs.txt").read_text().count("rate-")
    search(snnsim, folder, SEARCH)
    assert (folder / "out/search.csv").read_bytes() == first
    assert (folder / "out/runs.txt").read_text().count("rate-") == runs


def test_another_window_is_measured_anew(snnsim, folder):
    text = SEARCH.replace("evaluations: 60\ngoal: 0.02", "method: grid").replace("to: 1000 pA", "to: 600 pA, points: 2")
    search(snnsim, folder, text)
    search(snnsim, folder, text + "stats: {from: 499 ms}\n")
    assert [float(r["cell.rate_hz"]) for r in rows(folder)] == [0, 0]


def test_a_search_that_was_killed_ends_in_the_same_table(snnsim, folder):
    text = SEARCH.replace("goal: 0.02", "seed: 3").replace("evaluations: 60", "evaluations: 24")
    search(snnsim, folder, text)
    running = subprocess.Popen([os.environ["SNNSIM_BINARY"], "search", folder / "s.yaml", "-o", folder / "killed"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    journal = folder / "killed/runs.txt"
    until = time.time() + 60
    while time.time() < until and not (journal.exists() and journal.read_text().count("rate-") >= 5):
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    before = journal.read_text().count("rate-")
    with open(journal, "a") as file:
        file.write("rate-0123456789abcdef.h5\tcell.rate_hz@01234567=1")   # a line that was cut off
    search(snnsim, folder, text, out="killed")
    assert 5 <= before < 24
    assert (folder / "killed/search.csv").read_bytes() == (folder / "out/search.csv").read_bytes()


def test_grid_and_random_try_what_they_say(snnsim, folder):
    grid = SEARCH.replace("evaluations: 60\ngoal: 0.02", "method: grid").replace("to: 1000 pA}", "to: 600 pA, points: 3}\n"
        "  parameters.tau: {values: [10 ms, 20 ms]}")
    search(snnsim, folder, grid)
    tried = [(r["parameters.current"], r["parameters.tau"]) for r in rows(folder)]
    assert tried == [(c, t) for c in ("200 pA", "400 pA", "600 pA") for t in ("10 ms", "20 ms")]
    random = SEARCH.replace("goal: 0.02", "method: random").replace("60", "20").replace("to: 1000 pA}", "to: 800 pA, scale: log}\n"
        "  populations.other.size: {from: 1, to: 3, whole: true}")
    search(snnsim, folder, random.replace("name: rate", "name: drawn"), out="random")
    drawn = rows(folder, "random")
    assert len(drawn) == 20 and {r["populations.other.size"] for r in drawn} == {"1", "2", "3"}
    currents = [float(r["parameters.current"].removesuffix(" pA")) for r in drawn]
    assert 200 <= min(currents) < 400 < max(currents) <= 800 and len(set(currents)) == 20


def test_several_objectives_and_seeds(snnsim, folder):
    (folder / "m.yaml").write_text(MODEL + "stimuli: [{to: cell, kind: poisson, rate: 5 kHz, weight: 30 pA}]\n")
    text = SEARCH.replace("goal: 0.02", "seeds: 2").replace("60", "8") + "  - {measure: acs, aim: minimise, weight: 1e-9}\n"
    search(snnsim, folder, text, "--keep")
    for r in rows(folder):
        expected = abs(float(r["cell.rate_hz"]) - 50) / 50 + 1e-9 * float(r["acs"])
        assert float(r["cost"]) == pytest.approx(expected)
    assert len([name for name in os.listdir(folder / "out") if name.startswith("rate-")]) == 2 * len(rows(folder))


def test_a_run_that_fails_is_told_and_the_worst(snnsim, folder):
    # At 98 % of what its t_ref allows activity has run away.
    (folder / "m.yaml").write_text(MODEL.replace("{current", "{w: 0 pA, current").replace("record:", "projections: [{from: cell, to: cell, "
                                   "connect: all_to_all, weight: $w, delay: 1 ms}]\nrecord:"))
    text = SEARCH.replace("evaluations: 60\ngoal: 0.02", "method: grid").replace(
        "parameters.current: {from: 200 pA, to: 1000 pA}", "parameters.w: {values: [0 pA, 1 uA]}")
    said = search(snnsim, folder, text)
    good, bad = rows(folder)
    assert float(good["cost"]) < 1 and bad["cost"] == "" and "has run away" in bad["failure"]
    assert "1 of 2 points failed and count as the worst; the first, w = 1 uA: the activity of 'cell' has run away" in said.stdout
    search(snnsim, folder, text)
    assert rows(folder) == [good, bad]


ERRORS = {
    "nothing_varies": ("vary:\n  parameters.current: {from: 200 pA, to: 1000 pA}", "vary: {}", "5:7", "vary names no parameter"),
    "an_empty_range": ("to: 1000 pA", "to: 200 pA", "6:42", "there is nothing to vary"),
    "two_units": ("to: 1000 pA", "to: 1 nA", "6:42", "write both in one unit"),
    "no_end": (", to: 1000 pA", "", "6:23", "missing the key 'to'"),
    "no_such_parameter": ("parameters.current", "parameters.curent", "6:3", "curent"),
    "outside_of_its_bounds": ("parameters.current: {from: 200 pA, to: 1000 pA}", "parameters.tau: {from: 0 ms, to: 20 ms}", "6:3",
                              "with parameters.tau = 0 ms the model is not sound"),
    "no_such_measure": ("rate_hz", "rate", "8:5", "no measure 'rate'"),
    "no_such_population": ("population: cell", "population: cel", "8:5", "did you mean 'cell'"),
    "not_recorded": ("population: cell", "population: other", "8:5", "record no spikes of 'other'"),
    "no_accuracy": ("measure: rate_hz, population: cell", "measure: accuracy", "8:5", "no phase predicts classes"),
    "no_aim": (", target: 50", "", "8:5", "say what 'rate_hz' is to be"),
    "two_aims": ("target: 50", "target: 50, aim: maximise", "8:59", "leave aim or target out"),
    "no_budget": ("evaluations: 60\n", "", "1:1", "needs the key 'evaluations'"),
    "unknown_key": ("goal: 0.02", "gaol: 0.02", "4:1", "unknown key 'gaol'"),
    "values_of_cma_es": ("{from: 200 pA, to: 1000 pA}", "{values: [200 pA, 300 pA]}", "6:32", "cma_es moves through a range"),
    "log_from_zero": ("from: 200 pA, to: 1000 pA", "from: 0 pA, to: 1000 pA, scale: log", "6:30", "must begin above 0"),
    "start_outside": ("to: 1000 pA", "to: 1000 pA, start: 1200 pA", "6:58", "start must be in the range"),
    "points_of_cma_es": ("to: 1000 pA", "to: 1000 pA, points: 4", "6:59", "points is a key of a grid"),
    "a_seed_that_is_set": ("evaluations: 60", "set: {seed: 3}\nevaluations: 60", "3:7", "runs have the seeds 1, 2, ..."),
    "a_wrong_setting": ("evaluations: 60", "set: {simulate.durration: 3 s}\nevaluations: 60", "--set simulate.durration=3 s", "did you mean 'duration'"),
    "no_name": ("name: rate", "name: ../rate", "1:7", "letters, digits"),
    "whole_without_two": ("to: 1000 pA", "to: 200.5 pA, whole: true", "6:42", "no two whole numbers"),
    "whole_forgotten": ("parameters.current: {from: 200 pA, to: 1000 pA}", "populations.other.size: {from: 2, to: 5}", "6:3",
                        "whole: true takes whole numbers alone"),
    "goal_of_a_grid": ("evaluations: 60", "method: grid", "4:7", "leave goal out"),
    "stats_after_the_end": ("goal: 0.02", "stats: {from: 600 ms}", "4:8", "nothing lies from 600 ms to 500 ms"),
    "stats_of_a_voltage": ("goal: 0.02", "stats: {from: 600 mV}", "4:15", "time"),
    "a_search_of_a_search": ("m.yaml", "s.yaml", "s.yaml is a search", "does not take"),
    "no_model": ("m.yaml", "none.yaml", "none.yaml", ""),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_makes_no_sense_is_told_with_its_place(folder, case):
    old, new, place, wanted = ERRORS[case]
    assert old in SEARCH
    said = refused(folder, SEARCH.replace(old, new))
    assert wanted in said and (f"s.yaml:{place}" if place[0].isdigit() else place) in said, said


def test_what_trainings_do_not_have_is_told(folder):
    (folder / "m.yaml").write_text("""name: net
dt: 1 ms
data: {set: mnist, encode: {scheme: direct}}
populations: {input: {size: 784, model: spike_source}, output: {size: 10, model: linear}}
projections: [{from: input, to: output}]
train: {epochs: 1, batch: 50, optimizer: {name: adam, lr: 1e-2}, loss: cross_entropy_last}
""")
    text = SEARCH.replace("parameters.current: {from: 200 pA, to: 1000 pA}", "train.optimizer.lr: {from: 1e-4, to: 1e-1, scale: log}")
    assert "rate_hz is a statistic of simulations" in refused(folder, text)
    assert "no section test" in refused(folder, text.replace("measure: rate_hz, population: cell", "measure: accuracy"))


def test_a_failure_from_outside_is_tried_again(snnsim, folder):
    text = SEARCH.replace("goal: 0.02", "method: grid").replace("evaluations: 60\n", "").replace("to: 1000 pA", "to: 800 pA, points: 3")
    search(snnsim, folder, text)
    first = (folder / "out/search.csv").read_bytes()
    names = [r["file"] for r in rows(folder)]
    (folder / "again").mkdir()
    (folder / "again" / names[1]).mkdir()      # a folder where the run is to be written
    said = search(snnsim, folder, text, out="again")
    assert "1 of 3 points failed" in said.stdout
    (folder / "again" / names[1]).rmdir()
    search(snnsim, folder, text, out="again")
    assert (folder / "again/search.csv").read_bytes() == first
    for name in names:
        (folder / "none" / name).mkdir(parents=True)
    said = error_of("search", folder / "s.yaml", "-o", folder / "none")
    assert "all runs of the first generation failed" in said and "folder" in said
    assert not [name for name in os.listdir(folder / "again") if name.endswith((".log", ".partial.h5"))]


def test_the_best_again_is_the_run_that_was_the_best(snnsim, folder):
    (folder / "m.yaml").write_text("seed: 7\n" + MODEL + "stimuli: [{to: cell, kind: poisson, rate: 5 kHz, weight: 30 pA}]\n")
    said = search(snnsim, folder, SEARCH.replace("evaluations: 60", "evaluations: 8"))
    best = min(rows(folder), key=lambda r: float(r["cost"] or "inf"))
    command = next(line for line in said.stdout.splitlines() if line.startswith("    snnsim ")).strip()
    snnsim(*shlex.split(command)[1:], "-o", folder / "best.h5")
    with h5py.File(folder / "best.h5") as file:
        assert len(file["spikes/cell/timestamps"]) / 0.5 == pytest.approx(float(best["cell.rate_hz"]))


def test_whole_numbers_are_drawn_alike(snnsim, folder):
    text = SEARCH.replace("goal: 0.02", "method: random").replace("60", "90").replace(
        "parameters.current: {from: 200 pA, to: 1000 pA}", "populations.other.size: {from: 1, to: 3, whole: true}")
    search(snnsim, folder, text)
    drawn = [r["populations.other.size"] for r in rows(folder)]
    assert all(20 <= drawn.count(k) <= 40 for k in "123")
    text = text.replace("method: random", "method: grid").replace("evaluations: 90\n", "").replace("whole: true", "whole: true, points: 5")
    search(snnsim, folder, text, out="grid")
    assert [r["populations.other.size"] for r in rows(folder, "grid")] == ["1", "2", "3"]
    search(snnsim, folder, text.replace("{from: 1, to: 3, whole: true, points: 5}", "[1, 3]"), out="list")
    assert [r["populations.other.size"] for r in rows(folder, "list")] == ["1", "3"]


def test_other_files_are_named_for_what_they_are(folder):
    (folder / "s.yaml").write_text(SEARCH)
    assert "is a search" in error_of("run", folder / "s.yaml")
    assert "is the model of a simulation" in error_of("search", folder / "m.yaml")
