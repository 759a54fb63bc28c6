"""Several processes that simulate together (mpirun): the run file of one process, whatever the model, and one error for all."""

import itertools
import os
import pathlib
import shutil
import signal
import subprocess

import h5py
import numpy as np
import pytest

from conftest import OverTooEarly, PATIENCE, in_a_long_enough_run, wait_for
from test_cuda_backend import MODELS, OTHERS, SIMULATIONS, arguments, content, data, same  # noqa: F401

# More processes than cores, also as root in a container.
LAUNCH = ["--oversubscribe", "--allow-run-as-root"]
ENVIRONMENT = {**os.environ, "OMPI_MCA_btl_vader_single_copy_mechanism": "none"}


@pytest.fixture(scope="module")
def mpi():
    """How so many ranks are started."""
    binary = os.environ.get("SNNSIM_BINARY")
    if not binary:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    devices = subprocess.run([binary, "devices"], capture_output=True, text=True, check=True).stdout
    if "\nmpi   available" not in devices or not shutil.which("mpirun"):
        pytest.skip("this build has no MPI, or there is no mpirun")
    open_mpi = "Open MPI" in devices

    def start(ranks, *words, **options):
        command = ["mpirun", *(LAUNCH if open_mpi else []), "-n", str(ranks), binary, *map(str, words)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, **options)

    start.open = open_mpi
    return start


def finished(process, status=0):
    out, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == status, out + said
    return out + said


def one_process(words):
    subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, words)], capture_output=True, text=True, check=True)


def expect_the_same_file(one, other):
    a, b = content(one), content(other)
    assert set(a) == set(b)
    differ = [name for name in a if not same(a[name], b[name])]
    assert not differ, f"{one} and {other} differ in {differ}"


# Each shipped model on one of these numbers of ranks: all on all of them take minutes.
@pytest.mark.parametrize("model, ranks", zip(SIMULATIONS, itertools.cycle([2, 4, 3])))
def test_the_run_file_of_one_process(mpi, tmp_path, data, model, ranks):  # noqa: F811
    alone, together = tmp_path / "alone.h5", tmp_path / "together.h5"
    one_process(arguments(model, SIMULATIONS[model], data, alone))
    finished(mpi(ranks, *arguments(model, SIMULATIONS[model], data, together)))
    expect_the_same_file(alone, together)


@pytest.mark.parametrize("ranks", [1, 2, 4, 5])
def test_other_cells(mpi, tmp_path, data, ranks):  # noqa: F811
    model = tmp_path / "others.yaml"
    model.write_text(OTHERS)
    alone, together = tmp_path / "alone.h5", tmp_path / "together.h5"
    one_process(arguments(model, [], data, alone))
    finished(mpi(ranks, *arguments(model, [], data, together)))
    expect_the_same_file(alone, together)


def test_a_wrong_model_is_one_error(mpi, tmp_path):
    model = tmp_path / "wrong.yaml"
    model.write_text((MODELS / "cuba.yaml").read_text().replace("tau_m: 20 ms", "tau_m: 20 mV"))
    said = finished(mpi(3, model, "-o", tmp_path / "run.h5"), 2)
    assert said.count("snnsim: error:") == 1, said
    assert not (tmp_path / "run.h5").exists()


def test_what_one_rank_alone_finds_wrong_is_told_as_one_process_tells_it(mpi, tmp_path):
    """Cell 8 of ten, which the last rank owns, has no weights."""
    with h5py.File(tmp_path / "edges.h5", "w") as file:
        file["source"], file["target"] = np.zeros(9, dtype=int), [k for k in range(10) if k != 8]
    model = tmp_path / "wrong.yaml"
    model.write_text("""name: wrong
dt: 0.1 ms
simulate: {duration: 20 ms}
populations: {a: {model: poisson_source, size: 1, rate: 10 Hz}, b: {model: iaf_psc_delta, size: 10}}
projections:
  - {from: a, to: b, connect: {rule: list, file: edges.h5}, weight: 1 mV, delay: 1 ms,
     plasticity: {rule: stdp, w_max: 2 mV, normalise: {sum: 1 mV, interval: 1 s}}}
""")
    alone = subprocess.run([os.environ["SNNSIM_BINARY"], model, "-o", tmp_path / "run.h5"], capture_output=True, text=True)
    assert alone.returncode == 2 and "cell 8 of 'b' has no weights to normalise" in alone.stderr, alone.stderr
    said = finished(mpi(3, model, "-o", tmp_path / "run.h5"), 2)
    assert said.count(alone.stderr.splitlines()[0]) == 1, said


def test_a_process_that_no_mpirun_started_is_alone(mpi, tmp_path):
    """In a script of Slurm's sbatch, in a step of one task, and where the library's own mpirun is not at work."""
    def run(**variables):
        return subprocess.run([os.environ["SNNSIM_BINARY"], "check", MODELS / "cuba.yaml"], capture_output=True, text=True,
                              env={**os.environ, **variables})
    for variables in ({"SLURM_NTASKS": "4", "SLURM_PROCID": "1", "SLURM_JOB_ID": "7"},
                      {"SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "1", "PMIX_RANK": "0"}):
        done = run(**variables)
        assert done.returncode == 0 and done.stdout == run().stdout, done.stderr
    done = run(PMI_SIZE="4", PMI_RANK="3") if mpi.open else run(OMPI_COMM_WORLD_SIZE="4")
    assert done.returncode == 2 and "4 processes were started together, of which" in done.stderr, done.stderr


def test_other_commands_are_refused(mpi):
    said = finished(mpi(2, "check", MODELS / "mnist_lif.yaml"), 2)
    assert said.count("start `snnsim check` without mpirun") == 1, said


def test_a_rank_that_dies_ends_all_and_the_run_goes_on_from_its_checkpoint(mpi, tmp_path):
    def attempt(length, folder):
        # Ranks meet once a ms, which a machine that is busy with other things bears too.
        settings = [f"simulate.duration={length} s", *(f"projections.{k}.delay=1 ms" for k in range(4))]
        words = [MODELS / "cuba.yaml", *(part for setting in settings for part in ("--set", setting)), "--threads", "1",
                 "--checkpoint-every", "0.1"]
        alone, together = folder / "alone.h5", folder / "together.h5"
        process = mpi(3, *words, "-o", together, start_new_session=True)
        wait_for(lambda: (folder / "together.checkpoint.h5").exists(), process)
        followers = [int(entry.name) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit() and is_rank(entry, 2, together)]
        if not followers:
            process.communicate()
            raise OverTooEarly
        os.kill(followers[0], signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
        if process.returncode == 0:
            raise OverTooEarly
        one_process([*words, "-o", alone])
        other = folder / "other.h5"
        for ending in ("partial.h5", "checkpoint.h5"):
            shutil.copy(together.with_suffix(f".{ending}"), other.with_suffix(f".{ending}"))
        one_process(["--resume", together])
        finished(mpi(2, "--resume", other, "--threads", "1"))
        expect_the_same_file(alone, together)
        expect_the_same_file(alone, other)

    in_a_long_enough_run(attempt, tmp_path)


def is_rank(process, rank, output):
    """Whether /proc/N is this rank of the run."""
    try:
        of = (process / "environ").read_bytes().split(b"\0")
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return f"OMPI_COMM_WORLD_RANK={rank}".encode() in of and str(output).encode() in words
