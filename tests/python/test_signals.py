"""Every rule ends or is refused, and a signal ends whatever the program does."""

import math
import os
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest

from conftest import OverTooEarly, in_a_long_enough_run, wait_for, write_bars

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture(scope="module")
def binary():
    path = os.environ.get("SNNSIM_BINARY")
    if not path:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    return path


def ended(process):
    """Its exit status; a program that does not end fails here, and is ended."""
    try:
        process.communicate(timeout=200)
    finally:
        process.kill()
    return process.returncode


def model(folder, size, rule, duration="20 ms", more=""):
    path = folder / "m.yaml"
    path.write_text(f"""name: m
dt: 0.1 ms
simulate: {{duration: {duration}}}
populations:
  b: {{size: {size}, model: poisson_source, rate: 10 kHz}}
  c: {{size: {size}, model: iaf_psc_delta, i_e: 1000 pA}}
projections: [{{from: c, to: c, connect: {{{rule}}}, weight: 1 mV}}, {{from: b, to: c, weight: 0.001 mV, {more}}}]
""")
    return path


@pytest.mark.parametrize("more", ["", ", procedural: true"])
@pytest.mark.parametrize("rule", ["fixed_in_degree, n: 1", "fixed_out_degree, n: 1", "fixed_total_number, n: 2",
                                  "fixed_total_number, p: 0.5", "fixed_out_degree, n: 1, multapses: false"])
@pytest.mark.parametrize("scaled", [False, True])
def test_a_rule_without_a_partner_is_refused(binary, tmp_path, rule, more, scaled):
    if "in_degree" in rule and more:
        pytest.skip("fixed_in_degree cannot be procedural")
    path = tmp_path / "m.yaml"
    path.write_text(f"""name: m
dt: 0.1 ms
simulate: {{duration: 20 ms}}
populations: {{b: {{size: {10 if scaled else 1}, model: iaf_psc_delta, i_e: 1000 pA}}}}
projections: [{{from: b, to: b, connect: {{rule: {rule}, autapses: false}}, weight: 1 mV{more}}}]
{"scale: {neurons: 0.1}" if scaled else ""}
""")
    for command in (["check", path], ["run", path, "-o", tmp_path / "x.h5"]):
        done = subprocess.run([binary, *command], capture_output=True, text=True, timeout=100)
        assert done.returncode == 2, done.stdout + done.stderr
        name = rule.split(",")[0]
        assert f"m.yaml:5:41: {name} finds no partner: 'b' has one cell" in done.stderr


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_building_of_a_network(binary, tmp_path, number):
    """100 million synapses, of which the first memory is a sign; the run itself would take days."""
    path = model(tmp_path, 20000, "rule: fixed_in_degree, n: 2500", "4e5 s", "connect: {rule: fixed_in_degree, n: 2500}")
    process = subprocess.Popen([binary, path, "-o", tmp_path / "x.h5"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def resident():
        with open(f"/proc/{process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    while resident() < 100e6:
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(number)
    assert ended(process) in (-number, 130)
    assert not (tmp_path / "x.h5").exists() and not (tmp_path / "x.lock").exists()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_slow_steps_one_by_one(binary, tmp_path, number):
    """Each step draws three million synapses anew: a run of 100 of them takes seconds anywhere."""
    path = model(tmp_path, 3000, "rule: one_to_one", "4e5 s",
                 "connect: {rule: fixed_out_degree, n: 1000}, procedural: true")
    process = subprocess.Popen([binary, path, "-o", tmp_path / "x.h5"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path / "x.partial.h5").exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(number)
    assert ended(process) in (-number, 130)
    if process.returncode == 130:
        with h5py.File(tmp_path / "x.h5") as file:
            assert file.attrs["status"] == "interrupted"
            assert file["progress/time"][-1] < 9.99  # ms: fewer than the first 100 steps


@pytest.fixture
def running_study(binary, data_folder, tmp_path):
    """Starts a study of two cells that never end."""
    (tmp_path / "m.yaml").write_text("""name: m
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, max_rate: 500 Hz, duration: 4 ms}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 20, model: lif}
  output: {size: 10, model: leaky_readout}
projections: [{from: input, to: hidden}, {from: hidden, to: output}]
train: {epochs: 1000000}
test: {}
""")
    (tmp_path / "study.yaml").write_text("name: s\nseeds: 2\nmodels: {m: {file: m.yaml}}\n")

    def start(*words, **options):
        process = subprocess.Popen([binary, "study", tmp_path / "study.yaml", "-o", tmp_path / "out", "--data-dir", data_folder,
                                    "--jobs", "2", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options)
        wait_for(lambda: len(list(tmp_path.glob("out/*.partial.h5"))) == 2, process)
        assert process.poll() is None, process.stderr.read()
        return process
    return start


def interrupted(folder):
    """How many cells of the study were stopped in good order."""
    count = 0
    for run in folder.glob("out/*.h5"):
        if ".partial" not in run.name and ".checkpoint" not in run.name:
            with h5py.File(run) as file:
                count += file.attrs["status"] == "interrupted"
    return count


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_to_a_study_ends_its_cells(running_study, tmp_path, number):
    """To the study alone, not to the cells that it started."""
    process = running_study()
    process.send_signal(number)
    assert ended(process) == 130 and interrupted(tmp_path) == 2


def test_a_study_under_nohup_ends_too(running_study, tmp_path):
    process = running_study(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    process.send_signal(signal.SIGTERM)
    assert ended(process) == 130 and interrupted(tmp_path) == 2


def test_the_cells_of_a_study_that_is_killed_end(running_study, tmp_path):
    running_study().kill()
    assert wait_for(lambda: not list(tmp_path.glob("out/*.lock")) and interrupted(tmp_path) == 2)


TRAINING = """name: t
dt: 0.1 ms
data: {{set: mnist, encode: {{scheme: poisson, max_rate: 300 Hz, duration: {duration} ms}}}}
populations:
  input: {{size: 784, model: spike_source}}
  hidden: {{size: {hidden}, model: lif}}
  output: {{size: 10, model: leaky_readout}}
projections: [{{from: input, to: hidden}}, {{from: hidden, to: output}}]
train: {{epochs: 1, batch: 1, validation: {validation}}}
test: {{every: {every}}}
"""
EVALUATIONS = ["validation", "test.every", "test"]


def training(folder, evaluation, samples, duration, hidden):
    """One update of a training, or two, then an evaluation of `samples`; its model and data are in the folder."""
    validates = evaluation == "validation"
    for stem, count in (("train", samples + 1 if validates else 2), ("t10k", 2 if validates else samples)):
        write_bars(folder, stem, count, 1)
    text = TRAINING.format(duration=duration, hidden=hidden, every=int(evaluation == "test.every"),
                           validation=samples / (samples + 1) if validates else 0)
    (folder / "t.yaml").write_text(text)
    return folder / "t.yaml"


def processor_seconds(process):
    if process.poll() is not None:
        return math.inf
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def stopped_in_evaluation(binary, folder, evaluation, number):
    """The exit status of the program of that folder, which gets the signal when the evaluation is under way."""
    said, partial = folder / "said.txt", folder / "t.partial.h5"

    def under_way():
        if evaluation != "test":
            return f"[{20 * '#'}]" in said.read_text()  # all updates of the epoch are done
        if not partial.exists():
            return False
        with h5py.File(partial) as file:
            return file["checkpoints/last"].attrs["epoch"] == 1

    with open(said, "w") as errors:
        process = subprocess.Popen([binary, folder / "t.yaml", "-o", folder / "t.h5", "--data-dir", folder, "--progress", "bar"],
                                   stdout=subprocess.DEVNULL, stderr=errors, env={**os.environ, "COLUMNS": "200"},
                                   preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
        wait_for(under_way, process)
        start = processor_seconds(process)
        wait_for(lambda: processor_seconds(process) > start + 0.1, process)  # no longer writing the checkpoint, but computing
        process.send_signal(number)
        return ended(process)


@pytest.mark.parametrize("evaluation, number", zip(EVALUATIONS, [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]))
def test_a_signal_ends_an_evaluation_of_hours(binary, tmp_path, evaluation, number):
    training(tmp_path, evaluation, 20000, 1000, 1000)
    assert stopped_in_evaluation(binary, tmp_path, evaluation, number) == 130
    assert not (tmp_path / "t.partial.h5").exists()
    with h5py.File(tmp_path / "t.h5") as file:
        assert file.attrs["status"] == "interrupted" and "test" not in file
        done = int(evaluation == "test")
        assert file["checkpoints/last"].attrs["epoch"] == done and len(file["training/epochs/train_loss"]) == done


@pytest.mark.parametrize("evaluation", EVALUATIONS)
def test_an_evaluation_that_was_stopped_is_done_again(binary, snnsim, tmp_path, evaluation):
    def attempt(length, folder):
        assert length < 100, "the signal was not seen before the evaluation was over"
        training(folder, evaluation, int(2000 * length), 20, 300)
        if stopped_in_evaluation(binary, folder, evaluation, signal.SIGINT) == 0:
            raise OverTooEarly
        with h5py.File(folder / "t.h5") as file:
            if evaluation != "test" and file["checkpoints/last"].attrs["epoch"] == 1:
                raise OverTooEarly
        snnsim("--resume", folder / "t.h5", "--data-dir", folder)
        snnsim(folder / "t.yaml", "-o", folder / "whole.h5", "--data-dir", folder)
        with h5py.File(folder / "t.h5") as a, h5py.File(folder / "whole.h5") as b:
            for path in ("training/epochs/train_loss", "training/epochs/validation_loss", "training/test/accuracy",
                         "test/prediction", "weights/input_to_hidden/weights", "weights/hidden_to_output/weights"):
                assert np.array_equal(a[path][()], b[path][()]), path
            assert a["test"].attrs["loss"] == b["test"].attrs["loss"] and "checkpoints" not in a

    in_a_long_enough_run(attempt, tmp_path)


def test_a_test_without_a_training_is_done_again(binary, snnsim, tmp_path):
    def attempt(length, folder):
        write_bars(folder, "train", 2, 1)
        write_bars(folder, "t10k", int(2000 * length), 2)
        model = TRAINING.format(duration=2, hidden=100, every=0, validation=0)
        (folder / "t.yaml").write_text("\n".join(line for line in model.splitlines() if not line.startswith("train:")))
        said = folder / "said.txt"
        with open(said, "w") as errors:
            process = subprocess.Popen([binary, folder / "t.yaml", "-o", folder / "t.h5", "--data-dir", folder],
                                       stdout=subprocess.DEVNULL, stderr=errors)
            wait_for(lambda: "weights:" in said.read_text(), process)  # what is told before the test begins
            process.send_signal(signal.SIGINT)
            status = ended(process)
        if status == 0 or status == -signal.SIGINT and not (folder / "t.h5").exists():
            raise OverTooEarly
        assert status == 130
        snnsim("--resume", folder / "t.h5", "--data-dir", folder)
        snnsim(folder / "t.yaml", "-o", folder / "whole.h5", "--data-dir", folder)
        with h5py.File(folder / "t.h5") as a, h5py.File(folder / "whole.h5") as b:
            assert a["test"].attrs["loss"] == b["test"].attrs["loss"]
            assert np.array_equal(a["test/prediction"][:], b["test/prediction"][:])

    in_a_long_enough_run(attempt, tmp_path)
