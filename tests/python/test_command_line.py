"""What a user sees: where texts go, words of the command line, values of --set, numbers of things, several seeds."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

import h5py
import numpy as np
import pytest

from conftest import MODEL, OVERRIDES, PATIENCE, TEST, TRAIN

NET = """name: net
dt: 1 ms
simulate: {duration: 50 ms}
populations:
  one: {model: spike_source, size: 1, file: one.csv}
  cell: {model: iaf_psc_delta, size: 1}
  noise: {model: poisson_source, size: 20, rate: 100 Hz}
projections: [{from: one, to: cell, connect: one_to_one, weight: 30 mV, delay: 1 ms}]
record: [{population: noise, what: spikes}, {population: cell, what: spikes}]
"""


def program():
    if "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    return os.environ["SNNSIM_BINARY"]


def call(*arguments, **options):
    return subprocess.run([program(), *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE, **options)


def wrong(*arguments, **options):
    """What the program says of a mistake of its user."""
    done = call(*arguments, **options)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("snnsim: error: ")
    return done.stderr


@pytest.fixture
def net(tmp_path):
    (tmp_path / "one.csv").write_text("time,cell\n5,0\n")
    (tmp_path / "net.yaml").write_text(NET)
    return tmp_path / "net.yaml"


def train(snnsim, data_folder, out, *more):
    settings = [part for override in OVERRIDES for part in ("--set", override)]
    return snnsim(MODEL, *settings, "--backend", "cpu", "--threads", "1", "--data-dir", data_folder, "-o", out, *more)


# Where texts go

def test_results_go_to_stdout_and_progress_to_stderr(snnsim, net, data_folder, tmp_path):
    shown = snnsim(net, "-o", tmp_path / "a.h5")
    assert "digest " in shown.stdout and "finished: " in shown.stdout and "digest" not in shown.stderr
    assert "net.yaml), seed 1" in shown.stderr and "ETA" in shown.stderr and "ETA" not in shown.stdout
    hidden = snnsim(net, "-o", tmp_path / "b.h5", "--progress", "none")
    assert "digest " in hidden.stdout and hidden.stderr == ""
    trained = train(snnsim, data_folder, tmp_path / "c.h5")
    assert "test accuracy" in trained.stdout and "epoch" in trained.stderr and "epoch" not in trained.stdout
    assert "test accuracy" in train(snnsim, data_folder, tmp_path / "d.h5", "--progress", "none").stdout


def test_warnings_go_to_stdout(snnsim, net, tmp_path):
    done = snnsim(net, "--set", "projections.0.weight=1 mV", "-o", tmp_path / "a.h5", "--progress", "none")
    assert "warning: the cell of 'cell' did not fire in the whole run (50 ms)" in done.stdout and done.stderr == ""


def test_compare_prints_its_table_alone(snnsim, data_folder, tmp_path):
    settings = [part for override in OVERRIDES for part in ("--set", override)]
    done = snnsim("compare", MODEL, *settings, "--backend", "cpu", "--data-dir", data_folder, "-o", "t.csv", cwd=tmp_path)
    assert done.stdout.startswith("| |") and "test accuracy 1" not in done.stdout
    assert "finished: runs/mnist_lif.h5" in done.stderr


# A bar that fits

def on_terminal(columns, *arguments, environment=None):
    """What the program writes to a terminal of so many columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([program(), *map(str, arguments)], stderr=slave, stdout=subprocess.DEVNULL,
                               env={**{k: v for k, v in os.environ.items() if k != "COLUMNS"}, **(environment or {})})
    os.close(slave)
    said = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the terminal is closed
            break
        if not part:
            break
        said += part
    os.close(master)
    assert process.wait() == 0
    return said.decode()


def bars(said):
    return [part.split("\r")[0].split("\n")[0] for part in said.split("\r\033[K")[1:]]


@pytest.mark.parametrize("columns, environment", [(120, {}), (80, {}), (40, {}), (20, {}), (5, {}), (120, {"COLUMNS": "33"})])
def test_the_bar_fits_its_terminal(net, tmp_path, columns, environment):
    said = on_terminal(columns, net, "--set", "simulate.duration=20 s", "-o", tmp_path / "a.h5", environment=environment)
    found, room = bars(said), int(environment.get("COLUMNS", columns))
    assert found and all(0 < len(bar) < room for bar in found), found
    if room >= 80:
        assert any(re.match(r"\[#*\.*\] .* ETA \d", bar) for bar in found), found


def test_the_bar_of_a_training_fits(data_folder, tmp_path):
    settings = [part for override in OVERRIDES for part in ("--set", override)]
    said = on_terminal(50, MODEL, *settings, "--backend", "cpu", "--data-dir", data_folder, "-o", tmp_path / "a.h5")
    assert bars(said) and all(0 < len(bar) < 50 for bar in bars(said))


# Words of the command line

COMMANDS = ["run", "check", "compare", "study", "encode", "events", "stats", "devices", "reference"]


@pytest.mark.parametrize("words, status", [([], 2), (["help"], 0), (["--help"], 0), (["help", "help"], 0)])
def test_the_list_of_commands(words, status):
    done = call(*words)
    assert done.returncode == status and done.stderr == ""
    assert all(re.search(rf"^ +{command} ", done.stdout, re.M) for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command):
    done = call("help", command)
    assert done.returncode == 0 and "Example" in done.stdout and done.stdout == call(command, "--help").stdout


@pytest.mark.parametrize("word, meant", [
    ("train", "snnsim MODEL.yaml"), ("simulate", "snnsim MODEL.yaml"), ("plot", "tools/plot_run.py"),
    ("resume", "--resume"), ("sweep", "snnsim study"), ("statistics", "snnsim stats"), ("stas", "did you mean 'stats'?"),
    ("frobnicate", "commands: run, check, compare"),
])
def test_words_that_are_no_commands(word, meant, tmp_path):
    assert meant in wrong(word, cwd=tmp_path) and meant in wrong(word, "model.yaml", cwd=tmp_path)
    assert meant in wrong("help", word, cwd=tmp_path)


def test_an_error_names_its_command():
    assert "`snnsim stats --help`" in wrong("stats")


# Values

@pytest.mark.parametrize("text", ["True", "TRUE", "true", "False", "FALSE", "false"])
def test_booleans(snnsim, net, text):
    said = snnsim("check", net, "--set", "projections.0.connect={rule: fixed_probability, p: 1, autapses: " + text + "}")
    assert "no errors" in said.stdout


@pytest.mark.parametrize("text", ["yes", "no", "on", "1", "tRUE"])
def test_what_is_no_boolean(net, text):
    said = wrong("check", net, "--set", "projections.0.connect={rule: fixed_probability, p: 1, autapses: " + text + "}")
    assert f"autapses must be true or false; found '{text}'" in said


def test_null_removes(snnsim, net, tmp_path):
    assert "simulate" in wrong("check", net, "--set", "simulate.duration=null")
    snnsim(net, "--set", "projections=null", "--set", "record.1=null", "-o", tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as run:
        assert "0" not in run.get("projections", {}) and list(run["spikes"]) == ["noise"]
        assert list(run.attrs["overrides"]) == ["projections=null", "record.1=null"]
    assert "has no 'projektions' to remove; did you mean 'projections'?" in wrong("check", net, "--set", "projektions=null")


def test_null_removes_the_test_of_a_training(snnsim, data_folder, tmp_path):
    done = train(snnsim, data_folder, tmp_path / "a.h5", "--set", "test=null", "--set", "record=null")
    assert "accuracy" not in done.stdout
    with h5py.File(tmp_path / "a.h5") as run:
        assert "test" not in run
    done = train(snnsim, data_folder, tmp_path / "b.h5", "--set", "test=null", "--set", "test=", "--set", "record=null")
    assert "test accuracy" in done.stdout


def test_one_thing_is_no_plural(snnsim, net, tmp_path):
    done = snnsim(net, "-o", tmp_path / "a.h5")
    said = done.stdout + done.stderr + snnsim("check", net).stdout
    assert re.search(r"cell +1 spike ", said) and "one plays 1 spike of" in said and "22 cells in 3 populations, 1 synapse;" in said
    assert not re.search(r"\b1 (spikes|synapses|cells|populations|samples|intervals|steps|biases)\b", said)


# Several seeds

def test_several_seeds(snnsim, net, tmp_path):
    out = tmp_path / "x.h5"
    said = snnsim(net, "--seeds", "1..3,7", "-o", out).stdout
    files = [tmp_path / f"x_seed{seed}.h5" for seed in (1, 2, 3, 7)]
    assert sorted(tmp_path.glob("*.h5")) == files and f"snnsim stats {files[0]} {files[1]}" in said
    for seed, path in zip((1, 2, 3, 7), files):
        snnsim(net, "--seed", seed, "-o", tmp_path / "one.h5", "--force")
        with h5py.File(path) as a, h5py.File(tmp_path / "one.h5") as b:
            assert a.attrs["seed"] == seed and a.attrs["spike_digest"] == b.attrs["spike_digest"]
    assert "x_seed1.h5 exists already" in wrong(net, "--seeds", "9,1", "-o", out)
    assert not (tmp_path / "x_seed9.h5").exists()
    snnsim(net, "--seeds", "1,2", "-o", out, "--force")
    snnsim(net, "--seeds", "4..5", cwd=tmp_path)
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == ["net_seed4.h5", "net_seed5.h5"]


@pytest.mark.parametrize("seeds, why", [
    ("1..", "no whole number"), ("5..1", "runs backwards"), ("1,1", "1 is there twice"), ("a", "no whole number"),
    ("-1", "no whole number"), ("1.5", "no whole number"), ("1,,2", "no whole number"), ("0..99999", "more than 10000 seeds"),
    ("0..18446744073709551615", "more than 10000 seeds"),
])
def test_what_are_no_seeds(net, seeds, why):
    assert why in wrong(net, f"--seeds={seeds}")


def test_seeds_and_one_seed(net):
    assert "exclude each other" in wrong(net, "--seeds", "1,2", "--seed", "3")
    assert "leave out --seeds" in wrong("--resume", "x.h5", "--seeds", "1,2")


@pytest.mark.parametrize("option", ["--seeds", "-o", "--output", "--resume", "--data-dir", "--energy"])
def test_values_that_are_empty(net, tmp_path, option):
    said = wrong(net, option, "", cwd=tmp_path)
    assert "has an empty value; write one, or leave it out" in said and option in said
    if option.startswith("--"):
        assert option in wrong(net, option + "=", cwd=tmp_path)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("command", ["encode", "stats", "study", "compare"])
def test_no_command_writes_to_an_empty_name(net, tmp_path, command):
    assert "has an empty value" in wrong(command, net, "-o", "", cwd=tmp_path)


# Options without effect

def test_options_that_a_simulation_does_not_use(snnsim, net, tmp_path):
    out = tmp_path / "x.h5"
    assert "--data-dir has no effect" in wrong(net, "--data-dir", "/nix", "-o", out)
    assert "energy x: there is no such energy model" in wrong(net, "--energy", "x", "-o", out)
    assert not list(tmp_path.glob("*.h5"))
    assert "(loihi, " in snnsim(net, "--energy", "loihi", "-o", out).stdout
    (tmp_path / "study.yaml").write_text("name: s\nmodels: {net: {file: net.yaml, grid: {populations.noise.size: [1, 2]}}}\n")
    study = ["study", tmp_path / "study.yaml", "-o", tmp_path / "s"]
    assert "--data-dir has no effect: no model of" in wrong(*study, "--data-dir", tmp_path)
    assert "--energy is for trainings" in wrong(*study, "--energy", "45nm")


def test_a_simulation_that_shows_images_takes_their_folder(snnsim, data_folder, tmp_path):
    model = tmp_path / "shown.yaml"
    model.write_text("name: shown\ndt: 1 ms\ndata: {set: mnist}\nsimulate: {phases: [{name: show, present: "
                     "{population: in, count: 2, max_rate: 100 Hz, duration: 5 ms}}]}\n"
                     "populations: {in: {model: poisson_source, size: 784, rate: 0 Hz}}\n")
    snnsim(model, "--data-dir", data_folder, "-o", tmp_path / "x.h5")


# More samples than there are

def test_a_training_is_told_of_samples_that_are_not_there(snnsim, data_folder, tmp_path):
    def warnings(name, *settings):
        more = [part for setting in settings for part in ("--set", setting)]
        said = train(snnsim, data_folder, tmp_path / name, "--set", "train.epochs=1", *more).stdout
        with h5py.File(tmp_path / name) as run:
            found = [str(w) for w in run.attrs["warnings"] if "asked for" in w or "samples is" in w]
        assert all(f"warning: {w}" in said for w in found)
        return found

    fits = (f"data.test_samples={TEST}", f"data.train_samples={TRAIN}", f"record.0.samples={TEST}")
    assert warnings("fits.h5", *fits) == []
    assert warnings("more.h5", f"data.test_samples={TEST + 1}", f"data.train_samples={TRAIN + 1}",
                    f"record.0.samples={TEST + 1}") == [
        f"data.train_samples: {TRAIN + 1} are asked for, but the data folder has {TRAIN} training samples: "
        "all of them are used",
        f"data.test_samples: {TEST + 1} are asked for, but the data folder has {TEST} test samples: "
        "all of them are used",
        f"record.0.samples: {TEST + 1} are asked for, but the data folder has {TEST} test samples: "
        "all of them are recorded"]
    told = warnings("limited.h5", f"data.test_samples={TEST - 1}", f"record.0.samples={TEST - 1}")
    assert len(told) == 1 and f"samples is {TEST}, but data.test_samples leaves {TEST - 1} test samples" in told[0]


def test_encode_is_told_of_samples_that_are_not_there(snnsim, data_folder, tmp_path):
    def encoded(*options):
        out = tmp_path / "e.h5"
        said = snnsim("encode", "--data-dir", data_folder, "-o", out, "--force", *options).stdout
        with h5py.File(out) as run:
            told = [str(w) for w in run.attrs.get("warnings", []) if "--samples" in w]
            assert all(f"warning: {w}" in said for w in told)
            return len(run["trials/label"]) if "trials/label" in run else None, told

    assert encoded("--samples", TEST)[1] == [] and encoded()[1] == [] and encoded("--first", 9, "--samples", TEST - 9)[1] == []
    assert encoded("--samples", TEST + 1)[1] == [
        f"--samples: {TEST + 1} are asked for, but the set has {TEST} samples: all of them are written"]
    assert encoded("--first", 9, "--samples", TEST)[1] == [
        f"--samples: {TEST} are asked for, but the set has {TEST - 9} samples from --first 9 on: all of them are written"]
    assert encoded("--train", "--samples", TRAIN + 1)[1] != []


# What this machine has no room for

LARGE = """name: large
dt: 0.1 ms
simulate: {duration: 1 s}
populations: {s: {model: poisson_source, size: 1000, rate: 1 Hz}, c: {model: iaf_psc_exp, size: 1000}}
projections: [{from: s, to: c, connect: {rule: fixed_total_number, n: 1000}, weight: 1 pA, delay: 1 ms}]
record: [{population: c, what: v, interval: 0.1 ms}]
"""


def test_check_warns_of_what_does_not_fit(snnsim, tmp_path):
    (tmp_path / "large.yaml").write_text(LARGE)

    def warnings(*settings):
        more = [part for setting in settings for part in ("--set", setting)]
        done = snnsim("check", "large.yaml", *more, cwd=tmp_path)
        assert "large.yaml: no errors" in done.stdout
        return done.stdout.split("\npopulation")[0]

    assert "warning" not in warnings()
    # 4 10^9 values of 4 bytes for 10^6 cells: 16,000 TB
    disk = warnings("simulate.duration=4e5 s", "populations.c.size=1000000")
    assert "warning: runs/large.h5 will have about" in disk and "and needs twice that while it is written" in disk
    assert re.search(r"16\d{3} TB  v of c", disk)
    refused = call("large.yaml", "--set", "simulate.duration=4e5 s", "--set", "populations.c.size=1000000", cwd=tmp_path)
    assert refused.returncode != 0 and "and needs twice that while it is written" in refused.stderr
    # 3 times 2^30 cells with some numbers of 4 bytes each: more than a machine has, by far
    more = "".join(f", {p}: {{model: iaf_psc_exp, size: 1073741824}}" for p in "def")
    (tmp_path / "large.yaml").write_text(LARGE.replace("size: 1000}}", "size: 1000}" + more + "}"))
    memory = warnings()
    assert "1.07 TB  cells of d" in memory
    assert re.search(r"warning: this model takes about [\d.]+ TB of memory and .* are free; smaller populations", memory)


def test_check_warns_of_a_training_that_does_not_fit(snnsim, tmp_path):
    (tmp_path / "t.yaml").write_text(
        "name: t\ndt: 1 ms\ndata: {set: mnist, encode: {scheme: poisson, duration: 5 ms}}\npopulations:\n"
        "  in: {size: 784, model: spike_source}\n  h: {size: 2000000, model: lif}\n  out: {size: 10, model: leaky_readout}\n"
        "projections: [{from: in, to: h}, {from: h, to: out}]\ntrain: {epochs: 1, batch: 1000}\ntest: {}\n")
    said = snnsim("check", "t.yaml", cwd=tmp_path).stdout
    # (784 + 10) 2 10^6 weights of 4 bytes, and as many with two moments of each in the checkpoint: 25.4 GB
    assert "warning: runs/t.h5 will have about 25.4 GB" in said
    small = snnsim("check", "t.yaml", "--set", "populations.h.size=10", cwd=tmp_path).stdout
    assert "warning" not in small


def test_statistics_of_several_runs(snnsim, net, tmp_path):
    snnsim(net, "--seeds", "1..4", "--set", "simulate.duration=500 ms", "-o", tmp_path / "x.h5")
    files = [tmp_path / f"x_seed{seed}.h5" for seed in range(1, 5)]
    rates, cvs = [], []
    for path in files:
        with h5py.File(path) as run:
            times, cells = run["spikes/noise/timestamps"][:], run["spikes/noise/node_ids"][:]
        rates.append(len(times) / 20 / 0.5)
        intervals = [np.diff(np.sort(times[cells == k])) for k in range(20)]
        cvs.append(np.mean([i.std() / i.mean() for i in intervals if len(i) >= 4]))
    said = json.loads(snnsim("stats", *files, "--json").stdout)
    assert [run["seed"] for run in said["runs"]] == [1, 2, 3, 4]
    for name, values in (("rate_hz", rates), ("cv_isi", cvs)):
        found = said["populations"]["noise"][name]
        assert found["runs"] == 4
        assert (found["mean"], found["sd"]) == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    table = snnsim("stats", *files).stdout
    assert "4 runs of net, seeds 1, 2, 3, 4" in table
    row = next(line for line in table.splitlines() if line.startswith("noise"))
    assert row.split()[1] == "mean" and float(row.split()[3]) == pytest.approx(np.mean(rates), abs=1e-3)


# A training that goes wrong

def test_a_loss_that_grows_is_warned_of(snnsim, data_folder, tmp_path):
    # Cells that spike give bounded gradients: the weights explode, and no loss is infinite.
    done = train(snnsim, data_folder, tmp_path / "a.h5", "--set", "train.optimizer={name: sgd, lr: 1e10}",
                 "--set", "train.epochs=1")
    with h5py.File(tmp_path / "a.h5") as run:
        first, end = run["training/steps/loss"][0], run["training/epochs/train_loss"][-1]
        assert end > 1e6 > first
        *_, warning = run.attrs["warnings"]
    assert f"the loss grew: {first:.4g} in update 1, {end:.4g} on average in epoch 1" in warning
    assert f"warning: {warning}" in done.stdout
    calm = train(snnsim, data_folder, tmp_path / "b.h5")
    with h5py.File(tmp_path / "b.h5") as run:
        said = list(run.attrs["warnings"])
    assert len(said) == 4 and all("is not the published file of mnist" in line for line in said)
    assert [line for line in calm.stdout.splitlines() if line.startswith("warning")] == ["warning: " + line for line in said]


def test_columns_of_check_keep_in_line(snnsim, net, tmp_path):
    longest = "a_population_with_a_name_of_more_than_forty_letters"
    net.write_text(net.read_text().replace("one:", longest + ":").replace("from: one", "from: " + longest))
    lines = snnsim("check", net, cwd=tmp_path).stdout.splitlines()
    for head, rows in (("population ", 4), ("projection ", 2)):
        first = next(k for k, line in enumerate(lines) if line.startswith(head))
        table = lines[first:first + rows]
        assert longest in table[1] and len({len(line) for line in table}) == 1, table
