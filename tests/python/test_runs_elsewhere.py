"""The runs of studies and searches on the processes of mpirun, and by a launcher: the tables and run files of one process."""

import os
import pathlib
import re
import signal
import subprocess

import pytest

from conftest import PATIENCE, wait_for
from test_cuda_backend import expect_the_same_file
from test_ranks import finished, mpi  # noqa: F401
from test_signals import binary, ended, interrupted, running_study  # noqa: F401

MODEL = """name: cell
dt: 0.1 ms
parameters: {current: 400 pA}
simulate: {duration: 1 s}
populations:
  cell: {size: 2, model: iaf_psc_exp, c_m: 250 pF, tau_m: 10 ms, e_l: -70 mV, v_th: -55 mV, v_reset: -70 mV, t_ref: 2 ms, i_e: $current}
  noise: {size: 20, model: poisson_source, rate: 50 Hz}
record: [{population: cell, what: spikes}, {population: noise, what: spikes}]
"""
STUDY = "name: fi\nseeds: 3\nmodels:\n  cell: {file: cell.yaml, grid: {parameters.current: [300 pA, 500 pA]}}\n"
SEARCH = """name: rate
model: cell.yaml
evaluations: 24
vary: {parameters.current: {from: 200 pA, to: 1000 pA}}
objective: [{measure: rate_hz, population: cell, target: 50}]
"""
# Writes down what it is to start, and starts it as a child.
LAUNCHER = """#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
shift
"$@"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cell.yaml").write_text(MODEL)
    (tmp_path / "fi.yaml").write_text(STUDY)
    (tmp_path / "rate.yaml").write_text(SEARCH)
    (tmp_path / "a launcher").write_text(LAUNCHER)
    (tmp_path / "a launcher").chmod(0o755)
    return tmp_path


def expect_the_same_study(one, other):
    assert (one / "study.csv").read_bytes() == (other / "study.csv").read_bytes()
    assert (one / "study.md").read_bytes() == (other / "study.md").read_bytes()
    runs = sorted(path.name for path in one.glob("cell-*"))
    assert runs == sorted(path.name for path in other.glob("cell-*")) and all(name.endswith(".h5") for name in runs)
    for name in [*runs, "study.h5"]:
        expect_the_same_file(one / name, other / name)


@pytest.mark.parametrize("ranks, jobs", [(2, 2), (4, 1)])
def test_a_study_on_ranks(mpi, snnsim, folder, ranks, jobs):  # noqa: F811
    snnsim("study", folder / "fi.yaml", "-o", folder / "one")
    said = finished(mpi(ranks, "study", folder / "fi.yaml", "-o", folder / "ranks", "--jobs", jobs))
    assert said.count("6 cells, 0 finished before") == 1
    expect_the_same_study(folder / "one", folder / "ranks")
    assert "6 cells, 6 finished before" in finished(mpi(ranks, "study", folder / "fi.yaml", "-o", folder / "ranks"))


def test_a_search_on_ranks(mpi, snnsim, folder):  # noqa: F811
    snnsim("search", folder / "rate.yaml", "-o", folder / "one", "--keep")
    finished(mpi(3, "search", folder / "rate.yaml", "-o", folder / "ranks", "--keep"))
    one, ranks = folder / "one", folder / "ranks"
    assert (one / "search.csv").read_bytes() == (ranks / "search.csv").read_bytes()
    assert sorted((one / "runs.txt").read_text().splitlines()) == sorted((ranks / "runs.txt").read_text().splitlines())
    for run in one.glob("rate-*"):
        expect_the_same_file(run, ranks / run.name)


def test_cells_that_fail_on_ranks_do_not_end_the_study(mpi, folder):  # noqa: F811
    # At 98 % of what its t_ref allows activity has run away.
    (folder / "cell.yaml").write_text(MODEL.replace("record:", "projections: [{from: cell, to: cell, connect: all_to_all, "
                                                    "weight: $w, delay: 1 ms}]\nrecord:").replace("{current", "{w: 0 pA, current"))
    (folder / "fi.yaml").write_text(STUDY.replace("grid: {", "grid: {parameters.w: [0 pA, 1 uA], ").replace("300 pA, ", ""))
    said = finished(mpi(3, "study", folder / "fi.yaml", "-o", folder / "out"))
    assert said.count("warning: cell w=1 uA current=500 pA seed") == 3 and said.count("has run away") == 3 and "6/6" in said, said


def test_what_is_wrong_with_a_study_is_said_once(mpi, folder):  # noqa: F811
    (folder / "fi.yaml").write_text(STUDY.replace("seeds", "sees"))
    said = finished(mpi(3, "study", folder / "fi.yaml", "-o", folder / "out"), 2)
    assert said.count("did you mean 'seeds'?") == 1, said
    said = finished(mpi(2, "check", folder / "cell.yaml"), 2)
    assert said.count("share out the runs of a study or a search; start `snnsim check` without mpirun") == 1, said


@pytest.fixture
def study_on_ranks(mpi, running_study, data_folder, tmp_path):  # noqa: F811
    """Starts a study of two cells that never end, one on each of two ranks."""
    def start():
        words = ["study", tmp_path / "study.yaml", "-o", tmp_path / "out", "--data-dir", data_folder]
        process = mpi(2, *words, start_new_session=True)
        wait_for(lambda: len(list(tmp_path.glob("out/*.partial.h5"))) == 2, process)
        assert process.poll() is None, process.stderr.read()
        return process
    return start


def jobs_of(folder):
    """(its parent's rank, its number) of each run of the study in the folder that runs."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes()
            if b"\0--checkpoint-every\0" not in words or f"{folder}/out/".encode() not in words:
                continue
            parent = re.search(r"^PPid:\t(\d+)", (entry / "status").read_text(), re.M)[1]
            environment = pathlib.Path(f"/proc/{parent}/environ").read_bytes()
            own = (entry / "environ").read_bytes()
        except OSError:
            continue
        assert not re.search(rb"(^|\0)(OMPI|PMIX?|MPI)_", own)
        found.append((int(re.search(rb"(?:OMPI_COMM_WORLD|PMI)_RANK=(\d+)", environment)[1]), int(parent)))
    return sorted(found)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_each_rank_runs_cells_and_a_signal_ends_them(study_on_ranks, tmp_path, number):
    process = study_on_ranks()
    assert [rank for rank, _ in jobs_of(tmp_path)] == [0, 1]
    process.send_signal(number)
    process.communicate(timeout=PATIENCE)
    assert wait_for(lambda: not jobs_of(tmp_path) and interrupted(tmp_path) == 2)


def test_a_rank_that_is_killed_ends_the_study_and_its_cells(study_on_ranks, tmp_path):
    process = study_on_ranks()
    os.kill(jobs_of(tmp_path)[1][1], signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    assert process.returncode != 0
    assert wait_for(lambda: not jobs_of(tmp_path))


def launched(folder, command, *words):
    environment = {**os.environ, "CALLS": str(folder / "calls.txt")}
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "study", folder / "fi.yaml", "-o", folder / "out", "--launcher", command,
                           *words], capture_output=True, text=True, cwd=folder, env=environment, timeout=PATIENCE)
    calls = folder / "calls.txt"
    return done, calls.read_text().splitlines() if calls.exists() else []


def test_a_launcher_starts_each_run(snnsim, folder):
    snnsim("study", folder / "fi.yaml", "-o", folder / "one")
    done, calls = launched(folder, "'./a launcher' \"two words\"", "--jobs", "3")
    assert done.returncode == 0, done.stderr
    expect_the_same_study(folder / "one", folder / "out")
    program = pathlib.Path(os.environ["SNNSIM_BINARY"]).resolve()
    assert len(calls) == 6 and all(c.startswith(f"two words {program} run ") and " --threads " not in c for c in calls)
    assert "6 cells, 6 finished before" in launched(folder, "nice")[0].stderr


def test_threads_of_launched_runs(folder):
    (folder / "fi.yaml").write_text(STUDY.replace("seeds: 3", "seeds: 1"))
    done, calls = launched(folder, "'./a launcher' -", "--threads", "2")
    assert done.returncode == 0 and len(calls) == 2 and all(c.endswith(" --threads 2") for c in calls)


@pytest.mark.parametrize("command, message", [
    ("sruhn -n1", "--launcher: there is no program 'sruhn' in PATH"),
    ("./srun", "--launcher: there is no program './srun'"),
    ("nice 'a", "--launcher nice 'a: the quote ' does not end"),
    (" ", "--launcher names no program"),
])
def test_launchers_that_are_none(snnsim, folder, command, message):
    done, _ = launched(folder, command)
    assert done.returncode == 2 and message in done.stderr and not (folder / "out").exists(), done.stderr


def test_a_launcher_and_ranks(mpi, folder):  # noqa: F811
    said = finished(mpi(2, "study", folder / "fi.yaml", "-o", folder / "out", "--launcher", "nice"), 2)
    assert said.count("leave one of them out") == 1, said


def test_a_launched_run_that_is_killed_ends_the_study(snnsim, folder):
    (folder / "a launcher").write_text("#!/bin/sh\nexit 137\n")
    done, _ = launched(folder, "'./a launcher'")
    assert done.returncode == 1 and "was ended by signal 9 (Killed)" in done.stderr, done.stderr


def test_a_launcher_that_fails_is_told(snnsim, folder):
    (folder / "a launcher").write_text("#!/bin/sh\necho no machine is free >&2\nexit 255\n")
    done, _ = launched(folder, "'./a launcher'")
    assert done.returncode == 1 and "no machine is free" in done.stderr, done.stderr


@pytest.mark.parametrize("command", ["'./a launcher' -", "nice"])
def test_a_signal_to_a_study_ends_what_its_launcher_started(running_study, folder, command):  # noqa: F811
    process = running_study("--launcher", command, cwd=folder, env={**os.environ, "CALLS": os.devnull})
    process.send_signal(signal.SIGINT)
    assert ended(process) == 130
    assert wait_for(lambda: interrupted(folder) == 2)


def test_the_runs_of_a_launcher_that_they_replaced_end_with_the_study(running_study, folder):  # noqa: F811
    running_study("--launcher", "nice").kill()
    assert wait_for(lambda: not list(folder.glob("out/*.lock")) and interrupted(folder) == 2)
