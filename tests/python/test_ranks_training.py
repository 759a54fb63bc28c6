"""Several processes that train together (mpirun): the run file of one process, whatever is trained and however many there are."""

import os
import pathlib
import shutil
import signal

import h5py
import pytest

import test_named_data
from conftest import OverTooEarly, PATIENCE, in_a_long_enough_run, wait_for
from test_cuda_backend import KINDS, MODELS, NETWORK, SHORT, TRAININGS, arguments, data  # noqa: F401
from test_ranks import expect_the_same_file, finished, is_rank, mpi, one_process  # noqa: F401
from test_trained_networks import write_own


def expect_the_file_of_one_process(mpi, folder, ranks, words):  # noqa: F811
    """`words`: how the program is called, but for the file that it writes."""
    alone, together = folder / "alone.h5", folder / "together.h5"
    one_process([*words, "-o", alone])
    finished(mpi(ranks, *words, "-o", together))
    expect_the_same_file(alone, together)
    return together


def of_kind(kind, folder, data, *settings):  # noqa: F811
    (folder / "any.yaml").write_text(NETWORK)
    return arguments(folder / "any.yaml", [*KINDS[kind], *settings], data, "")[:-2]


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_training(mpi, tmp_path, data, kind):  # noqa: F811
    expect_the_file_of_one_process(mpi, tmp_path, 3, of_kind(kind, tmp_path, data))


# A last update of 4 samples, some of several parts.
@pytest.mark.parametrize("ranks", [2, 7])
@pytest.mark.parametrize("kind", ["windows", "windows_with_norms", "sparse_cycle", "learned_delays", "penalties", "method_e_prop", "phases"])
def test_ranks_without_samples(mpi, tmp_path, data, kind, ranks):  # noqa: F811
    expect_the_file_of_one_process(mpi, tmp_path, ranks, of_kind(kind, tmp_path, data, "train.batch=6"))


@pytest.mark.parametrize("model", TRAININGS)
def test_shipped_trainings(mpi, tmp_path, data, model):  # noqa: F811
    expect_the_file_of_one_process(mpi, tmp_path, 2, arguments(model, [*TRAININGS[model], *SHORT], data, "")[:-2])


@pytest.mark.parametrize("settings", [[], ["data.stream=always", "train.loss.digit=cross_entropy_max", "train.clip_norm=0.1"]])
def test_several_inputs_and_outputs(mpi, tmp_path, settings):  # noqa: F811
    (tmp_path / "named.yaml").write_text(test_named_data.MODEL)
    test_named_data.write_h5(tmp_path / "named.h5", test_named_data.sets())
    expect_the_file_of_one_process(mpi, tmp_path, 3, arguments(tmp_path / "named.yaml", ["train.epochs=2", *settings], tmp_path, "")[:-2])


def test_samples_that_are_read_on_the_way(mpi, tmp_path):  # noqa: F811
    model = write_own(tmp_path, "counted", ", stream: always")
    expect_the_file_of_one_process(mpi, tmp_path, 2, ["run", model, "--progress", "none"])


def test_a_finished_run_is_tested_again(mpi, tmp_path, data):  # noqa: F811
    words = of_kind("learned", tmp_path, data)
    one_process([*words, "-o", tmp_path / "run.h5"])
    images = words[words.index("--data-dir") + 1]
    again = ["test", tmp_path / "run.h5", "--data", images, "--set", "data.test_samples=13"]
    tested = expect_the_file_of_one_process(mpi, tmp_path, 3, again)
    with h5py.File(tested) as file:
        assert len(file["test/prediction"]) == 13 and " on each of 3 ranks" in file.attrs["device"]


def test_no_device_is_named(mpi, tmp_path):  # noqa: F811
    said = finished(mpi(2, MODELS / "mnist_lif.yaml", "--device", "0", "-o", tmp_path / "run.h5"), 2)
    assert said.count("--device names one device, and each of several processes takes its own") == 1, said


def test_data_that_are_not_there_are_one_error(mpi, tmp_path):  # noqa: F811
    said = finished(mpi(3, MODELS / "mnist_lif.yaml", "--data-dir", tmp_path / "none", "-o", tmp_path / "run.h5"), 1)
    assert said.count("snnsim: error:") == 1, said


def test_a_rank_that_dies_ends_all_and_the_training_goes_on(mpi, tmp_path, data):  # noqa: F811
    def attempt(length, folder):
        words = of_kind("learned", folder, data, f"train.epochs={max(2, round(30 * length))}", "train.validation=0.25")
        alone, together, other = (folder / f"{name}.h5" for name in ("alone", "together", "other"))
        partial = together.with_suffix(".partial.h5")
        process = mpi(3, *words, "--checkpoint-every", "0.1", "-o", together, start_new_session=True)
        wait_for(lambda: updates_in(partial) > 4, process)
        followers = [int(entry.name) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit() and is_rank(entry, 2, together)]
        if not followers:
            process.communicate()
            raise OverTooEarly
        os.kill(followers[0], signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
        if process.returncode == 0 or together.exists():  # the first rank was done already
            raise OverTooEarly
        one_process([*words, "-o", alone])
        shutil.copy(partial, other.with_suffix(".partial.h5"))
        images = words[words.index("--data-dir"):][:2]
        one_process(["--resume", together, "--threads", "1", *images])
        finished(mpi(2, "--resume", other, "--threads", "1", *images))
        expect_the_same_file(alone, together)
        expect_the_same_file(alone, other)

    in_a_long_enough_run(attempt, tmp_path)


def updates_in(partial):
    """Those of a checkpoint, 0 before there is one."""
    try:
        with h5py.File(partial) as file:
            return len(file["training/steps/loss"]) if "training/steps/loss" in file else 0
    except OSError:
        return 0
