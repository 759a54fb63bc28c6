"""What a command may write over, two processes and one file, signals, and first checkpoints."""
import json
import os
import pty
import resource
import shutil
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest

from conftest import PATIENCE, ROOT, TEST, TRAIN, wait_for, write_bars

PROGRAM = os.environ.get("SNNSIM_BINARY", "")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="SNNSIM_BINARY does not name the program (ctest sets it)")
# It ends only when it is told to: more time than anybody waits for.
ENDLESS = """
name: endless
dt: 0.1 ms
simulate: {duration: 100000 s}
populations:
  S: {model: poisson_source, size: 20, rate: 20 Hz}
  E: {model: iaf_psc_exp, size: 20}
projections:
  - {from: S, to: E, connect: all_to_all, weight: 100 pA}
"""
SHORT = ENDLESS.replace("100000 s", "100 ms") + "record: [{population: S, what: spikes}]\n"
TRAINING = """
name: t
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, max_rate: 500 Hz, duration: 3 ms}}
populations:
  input: {size: 784, model: spike_source}
  output: {size: 10, model: leaky_readout}
projections: [{from: input, to: output}]
train: {epochs: 1, batch: 50}
test: {}
"""


def call(*arguments, **options):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE, **options)


def refused(*arguments, says, status=2, **options):
    done = call(*arguments, **options)
    assert done.returncode == status and says in done.stderr, (done.returncode, done.stdout, done.stderr)
    return done.stderr


def good(*arguments, **options):
    done = call(*arguments, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def start(*arguments, **options):
    options = {"stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL, "text": True, **options}
    return subprocess.Popen([PROGRAM, *map(str, arguments)], **options)


def wait_until(there, process):
    """As long as the process runs."""
    assert wait_for(there, process), process.communicate()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "m.yaml").write_text(SHORT)
    (tmp_path / "endless.yaml").write_text(ENDLESS)
    (tmp_path / "t.yaml").write_text(TRAINING)
    return tmp_path


@pytest.fixture
def run_file(folder):
    good("m.yaml", "-o", "r.h5", cwd=folder)
    return folder / "r.h5"


def test_force_replaces_no_input_and_no_foreign_file(folder):
    (folder / "e.csv").write_text("source,target,weight (pA)\n0,0,100\n")
    (folder / "s.txt").write_text("1.0, 3\n")
    with h5py.File(folder / "edges.h5", "w") as file:
        file["source"], file["target"] = [0], [1]
    model = SHORT.replace("connect: all_to_all, weight: 100 pA", "connect: {rule: list, file: e.csv}")
    model = model.replace("model: poisson_source, size: 20, rate: 20 Hz", "model: spike_source, size: 20, file: s.txt")
    (folder / "m.yaml").write_text(model)
    os.link(folder / "m.yaml", folder / "hard.h5")
    os.symlink("m.yaml", folder / "soft.h5")
    os.symlink("endless.yaml", folder / "other.h5")
    before = {p: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    for name, says in {"m.yaml": "is the model", "hard.h5": "is the model", "soft.h5": "is the model",
                       "e.csv": "is no run file of snnsim", "s.txt": "is no run file of snnsim",
                       "edges.h5": "is no run file of snnsim", "endless.yaml": "is no run file of snnsim",
                       "other.h5": "is no run file of snnsim", ".": "is a folder"}.items():
        refused("m.yaml", "-o", name, "--force", says=says, cwd=folder)
    assert before == {p: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    good("m.yaml", "-o", "new.h5", cwd=folder)
    refused("m.yaml", "-o", "new.h5", says="--force", cwd=folder)
    good("m.yaml", "-o", "new.h5", "--force", cwd=folder)


def test_a_run_that_is_played_is_not_replaced(folder, run_file):
    played = SHORT.replace("model: poisson_source, size: 20, rate: 20 Hz", "model: spike_source, size: 20, file: r.h5")
    (folder / "again.yaml").write_text(played)
    before = run_file.read_bytes()
    os.symlink("r.h5", folder / "link.h5")
    for name in ("r.h5", "./r.h5", "link.h5"):
        refused("again.yaml", "-o", name, "--force", says="is a file that the model reads", cwd=folder)
    assert before == run_file.read_bytes()


def test_unfinished_forms_are_protected_too(folder):
    (folder / "x.checkpoint.h5").write_text("my notes")
    refused("m.yaml", "-o", "x.h5", "--force", says="x.checkpoint.h5 is no", cwd=folder)
    (folder / "y.partial.h5").write_text("my notes")
    refused("m.yaml", "-o", "y.h5", "--force", says="y.partial.h5 is no", cwd=folder)
    assert (folder / "x.checkpoint.h5").read_text() == (folder / "y.partial.h5").read_text() == "my notes"
    refused("m.yaml", "-o", "z.partial.h5", says="that of an unfinished run", cwd=folder)
    assert not [p for p in folder.iterdir() if p.suffix == ".lock"]


def test_names_that_say_something_else(folder, run_file):
    refused("m.yaml", "-o", "x.lock", says="x.lock: a name that ends in '.lock' is that of a lock", cwd=folder)
    assert not (folder / "x.lock").exists()
    refused("compare", "t.yaml", "-o", "x.json", says="-o x.json: the table is CSV; name a .csv file", cwd=folder)
    refused("stats", "r.h5", "r.h5", says="r.h5 is named twice: it would count as two runs", cwd=folder)


def test_tables_need_force_and_replace_tables_only(folder, run_file):
    (folder / "notes.json").write_text('{"a": 1}')
    refused("stats", "r.h5", "-o", "notes.json", "--force", says="is no table of `snnsim stats`", cwd=folder)
    good("stats", "r.h5", "-o", "s.json", cwd=folder)
    (folder / "s.json").write_text((folder / "s.json").read_text() + "\n\n")
    refused("stats", "r.h5", "-o", "s.json", says="s.json exists already", cwd=folder)
    good("stats", "r.h5", "-o", "s.json", "--force", cwd=folder)
    assert not (folder / "s.json").read_text().endswith("\n\n") and json.loads((folder / "s.json").read_text())
    assert (folder / "notes.json").read_text() == '{"a": 1}'


def test_training_outputs(folder, data_folder):
    common = ["--data-dir", data_folder, "--backend", "cpu"]
    refused("t.yaml", "-o", "t.yaml", "--force", *common, says="is the model", cwd=folder)
    refused("t.yaml", "-o", "m.yaml", "--force", *common, says="is no run file of snnsim", cwd=folder)
    refused("encode", "t.yaml", "-o", "t.yaml", "--force", *common[:2], says="is the model", cwd=folder)
    refused("encode", "t.yaml", "-o", "m.yaml", "--force", *common[:2], says="is no run file", cwd=folder)
    good("compare", "t.yaml", "-o", "c.csv", *common, cwd=folder)
    refused("compare", "t.yaml", "-o", "c.csv", *common, says="c.csv exists already", cwd=folder)
    good("compare", "t.yaml", "-o", "c.csv", "--force", *common, cwd=folder)
    (folder / "edges.csv").write_text("source,target\n0,1\n")
    refused("compare", "t.yaml", "-o", "edges.csv", "--force", *common, says="is no table of", cwd=folder)
    refused("compare", "t.yaml", "-o", "t.yaml", "--force", *common, says="is what is compared", cwd=folder)
    assert (folder / "edges.csv").read_text() == "source,target\n0,1\n" and (folder / "t.yaml").read_text() == TRAINING


def test_studies_keep_to_their_own_tables(folder, data_folder):
    study = "name: a\nmodels: {t: t.yaml}\n"
    (folder / "a.yaml").write_text(study)
    (folder / "b.yaml").write_text(study.replace("name: a", "name: b"))
    (folder / "out").mkdir()
    (folder / "out" / "study.md").write_text("my notes\n")
    common = ["-o", "out", "--data-dir", data_folder, "--backend", "cpu"]
    refused("study", "a.yaml", "--force", *common, says="study.md is no text of `snnsim study`", cwd=folder)
    (folder / "out" / "study.md").unlink()
    good("study", "a.yaml", *common, cwd=folder)
    good("study", "a.yaml", *common, cwd=folder)  # it goes on, and has nothing to do
    refused("study", "b.yaml", *common, says="study.h5 exists already", cwd=folder)
    good("study", "b.yaml", "--force", *common, cwd=folder)
    assert (folder / "out" / "study.md").read_text().startswith("# b\n")


@pytest.mark.parametrize("how", ["anew", "resume"])
def test_two_processes_and_one_file(folder, how):
    first = start("endless.yaml", "-o", "x.h5", "--checkpoint-every", "0.05", cwd=folder)
    try:
        wait_until((folder / "x.checkpoint.h5").exists, first)
        second = {"anew": ["endless.yaml", "-o", "x.h5", "--force"], "resume": ["--resume", "x.h5"]}[how]
        said = refused(*second, says="x.h5 is being written by", cwd=folder)
        assert f"process {first.pid};" in said
        refused("endless.yaml", "-o", folder / "sub" / ".." / "x.h5", "--force", says="being written", cwd=folder)
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate()
    assert (folder / "x.lock").exists()  # it bars nobody once its process is gone
    again = start("--resume", "x.h5", "--checkpoint-every", "0.05", cwd=folder)
    before = (folder / "x.checkpoint.h5").stat().st_mtime_ns
    wait_until(lambda: (folder / "x.checkpoint.h5").stat().st_mtime_ns != before, again)
    again.send_signal(signal.SIGINT)
    assert again.wait(timeout=PATIENCE) == 130, again.communicate()
    assert not (folder / "x.lock").exists() and (folder / "x.h5").exists()


def test_two_trainings_and_one_file(folder, data_folder):
    command = ["t.yaml", "-o", "x.h5", "--set", "train.epochs=1000000", "--data-dir", data_folder, "--backend", "cpu",
               "--threads", "1", "--progress", "none"]
    first = start(*command, cwd=folder)
    wait_until((folder / "x.partial.h5").exists, first)
    assert f"process {first.pid};" in refused(*command, "--force", says="is being written by", cwd=folder)
    first.send_signal(signal.SIGHUP)
    assert first.wait(timeout=PATIENCE) == 130, first.communicate()
    with h5py.File(folder / "x.h5") as run:
        assert run.attrs["status"] == "interrupted" and "checkpoints/last" in run
        assert [line.split("  ")[1] for line in run.attrs["inputs"]] == ["set: mnist"]
    assert not (folder / "x.lock").exists()


def test_a_resume_with_other_images_is_refused(folder, data_folder):
    (folder / "other").mkdir()
    for stem, count in ("train", TRAIN), ("t10k", TEST):
        write_bars(folder / "other", stem, count, 7)
    training = ["t.yaml", "--set", "train.epochs=1000000"]
    phases = [ROOT / "models" / "mnist_stdp.yaml", "--set", "parameters.n=20", "--set", "simulate.phases.0.present.passes=10000",
              "--set", "simulate.phases.1.present.count=60"]
    for model, partial in (training, "x.partial.h5"), (phases, "x.checkpoint.h5"):
        process = start(*model, "-o", "x.h5", "--force", "--data-dir", data_folder, "--backend", "cpu", "--threads", "1", "--progress", "none",
                        "--checkpoint-every", "0.05", cwd=folder)
        wait_until((folder / partial).exists, process)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) == 130, process.communicate()
        refused("--resume", "x.h5", "--data-dir", "other", status=1, cwd=folder,
                says="x.h5 was begun with other samples of mnist; name their folder with --data-dir")
        with h5py.File(folder / "x.h5") as run:
            assert run.attrs["status"] == "interrupted"


@pytest.mark.parametrize("command", [["check", "m.yaml"], ["reference"], ["devices"], ["--help"], ["stats", "m.h5"]])
def test_a_full_device_is_an_error(folder, command):
    good("m.yaml", "-o", "m.h5", cwd=folder)
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, *command], cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and done.stderr.startswith("snnsim: error: writing to stdout failed: No space left"), done


def test_more_spikes_than_memory_are_refused(folder, data_folder):
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (5 * 10**8, 5 * 10**8))
    done = call("encode", "--train", "--samples", 200, "--set", "data.encode.duration=1 s", "-o", "e.h5", "--data-dir", data_folder,
                cwd=folder, preexec_fn=limit)
    assert done.returncode == 1 and "encoding 200 samples, about " in done.stderr, done
    assert not list(folder.glob("e.h5*"))


def test_the_first_checkpoint_comes_soon_and_resumes(folder):
    process = start("endless.yaml", "-o", "x.h5", "--checkpoint-every", "100000", cwd=folder)
    wait_until((folder / "x.checkpoint.h5").exists, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with h5py.File(folder / "x.checkpoint.h5") as checkpoint:
        assert checkpoint.attrs["steps"] > 0
    again = start("--resume", "x.h5", cwd=folder)
    wait_until(lambda: not (folder / "x.h5").exists() and (folder / "x.lock").exists()
               and str(again.pid) in (folder / "x.lock").read_text(), again)
    again.send_signal(signal.SIGTERM)
    again.communicate()
    help_text = " ".join(good("run", "--help").stdout.split())
    assert "a checkpoint every so many seconds (10)" in help_text and "the first comes after 5" in help_text


def test_short_epochs_are_no_reason_for_a_checkpoint(folder, data_folder):
    """One is there from the start, the next is due after seconds, of which the test waits two; a signal leaves one at once."""
    process = start("t.yaml", "-o", "t.h5", "--data-dir", data_folder, "--set", "train.epochs=1000000", "--checkpoint-every", "100000",
                    "--threads", "1", cwd=folder)
    partial = folder / "t.partial.h5"
    wait_until(partial.exists, process)
    first = partial.stat()
    until = time.monotonic() + 2.0
    while time.monotonic() < until:
        assert process.poll() is None and partial.stat().st_ino == first.st_ino and partial.stat().st_mtime_ns == first.st_mtime_ns
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.communicate()
    with h5py.File(folder / "t.h5") as run:
        assert run.attrs["status"] == "interrupted" and "checkpoints/last" in run
        assert len(run["training/epochs/train_loss"]) > 1


def test_a_terminal_that_goes(folder):
    """The terminal's end comes as SIGHUP, twice where a shell is between, and nobody reads what is written."""
    master, slave = pty.openpty()
    process = subprocess.Popen([PROGRAM, "endless.yaml", "-o", "x.h5", "--checkpoint-every", "0.05"], cwd=folder,
                               stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    wait_until((folder / "x.checkpoint.h5").exists, process)
    os.close(master)
    for _ in range(2):
        process.send_signal(signal.SIGHUP)
    process.wait(timeout=PATIENCE)
    assert process.returncode >= 0  # ended by itself
    with h5py.File(folder / "x.h5") as run:
        assert run.attrs["status"] == "interrupted"


def test_nohup(folder):
    process = start("endless.yaml", "-o", "x.h5", "--checkpoint-every", "0.02", cwd=folder,
                    preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    checkpoint = folder / "x.checkpoint.h5"
    wait_until(checkpoint.exists, process)
    process.send_signal(signal.SIGHUP)
    before = checkpoint.stat().st_mtime_ns
    wait_until(lambda: checkpoint.stat().st_mtime_ns > before + 200_000_000, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 130, process.communicate()


def test_the_wrong_kind_of_file_is_told_with_its_command(folder, run_file, data_folder):
    (folder / "s.yaml").write_text("name: a\nmodels: {t: t.yaml}\n")
    (folder / "e.yaml").write_text("name: e\nsource: me\nfloat: {mac: 4.6 pJ}\n")
    good("t.yaml", "-o", "t.h5", "--data-dir", data_folder, "--backend", "cpu", cwd=folder)
    for command in ([], ["run"], ["check"]):
        refused(*command, "s.yaml", says="s.yaml is a study, which `snnsim ", cwd=folder)
        refused(*command, "s.yaml", says="run it with `snnsim study s.yaml`", cwd=folder)
        refused(*command, "e.yaml", says="e.yaml is an energy model", cwd=folder)
        refused(*command, "e.yaml", says="--energy e.yaml", cwd=folder)
        refused(*command, "r.h5", says="r.h5 is the run file of a simulation", cwd=folder)
        refused(*command, "r.h5", says="`snnsim stats r.h5`", cwd=folder)
        refused(*command, "t.h5", says="t.h5 is the run file of a training", cwd=folder)
    refused("study", "m.yaml", says="m.yaml is the model of a simulation", cwd=folder)
    refused("study", "t.yaml", says="run it with `snnsim t.yaml`", cwd=folder)
    refused("compare", "m.yaml", says="its run file can be compared", cwd=folder)
    refused("compare", "t.yaml", "r.h5", says="r.h5 is the run file of a simulation", cwd=folder)
    refused("compare", "s.yaml", says="run it with `snnsim study s.yaml`", cwd=folder)
    good("encode", "--data-dir", data_folder, "--samples", 2, "-o", "n.h5", cwd=folder)
    refused("compare", "t.yaml", "n.h5", says="n.h5 holds no tested network: name the run of a training", cwd=folder)
    (folder / "n.h5").unlink()
    refused("stats", "m.yaml", says="run it with `snnsim m.yaml`", cwd=folder)
    refused("encode", "m.yaml", "-o", "n.h5", says="m.yaml is the model of a simulation", cwd=folder)
    for message in (call("s.yaml", cwd=folder), call("stats", "m.yaml", cwd=folder)):
        assert message.stderr.count("\n") == 1, message.stderr


@pytest.mark.parametrize("seed, says", [
    ("-1", "seed must be a non-negative whole number; found '-1'"), ("0x10", "write it in decimal digits: 16"),
    ("1e20", "seed must be"), ("99999999999999999999", "at most 18446744073709551615"), ("010", "leading 0"),
])
def test_seeds_are_decimal(folder, seed, says):
    for arguments in (["--seed", seed], ["--seed=" + seed], ["--set", "seed=" + seed]):
        refused("m.yaml", "-o", "x.h5", *arguments, says=says, cwd=folder)
    assert not (folder / "x.h5").exists()


@pytest.mark.parametrize("option, value, says", [
    ("--threads", "0", "must be at least 1"), ("--threads", "-1", "must be at least 1"),
    ("--threads", "0x2", "decimal digits: 2"), ("--threads", "5000", "must be at most 4096"),
    ("--threads", "1.5", "must be a whole number"), ("--threads", "99999999999999999999", "must be at most 4096"),
    ("--checkpoint-every", "nan", "must be finite"), ("--checkpoint-every", "-1", "must be between 0 and"),
    ("--checkpoint-every", "0x1", "hexadecimal"), ("--checkpoint-every", "10s", "must be a number; found '10s'"),
    ("--idle-baseline", "inf", "must be finite"), ("--pue", "0.5", "must be between 1 and 10"),
    ("--co2e", "0x10 g/kWh", "is not an amount"),
])
def test_numbers_of_options_are_decimal(folder, option, value, says):
    refused("m.yaml", "-o", "x.h5", option, value, says=says, cwd=folder)
    refused("m.yaml", "-o", "x.h5", f"{option}={value}", says=says, cwd=folder)


def test_a_message_is_short(folder):
    long = "x" * 100_000
    for arguments in (["m.yaml", "--set", "seed=" + long], ["m.yaml", "--set", long], [long], [long + ".yaml"],
                      ["m.yaml", "-o", long], ["t.yaml", "--energy", long], ["stats", long], ["m.yaml", "--threads", long],
                      ["--resume", long + ".h5"], ["study", long], ["m.yaml", "--" + long], ["check", "m.yaml", long]):
        done = call(*arguments, cwd=folder)
        assert done.returncode in (1, 2) and len(done.stderr) < 5000, (arguments[0][:20], len(done.stderr))
    (folder / "long.yaml").write_text("name: [" + "1, " * 3_000_000)
    done = call("check", "long.yaml", cwd=folder)
    assert done.returncode == 2 and len(done.stderr) < 1000 and "never closed" in done.stderr, done.stderr[:500]
    (folder / "e.csv").write_text("source,target\n0," + long * 10 + "\n")
    (folder / "m.yaml").write_text(SHORT.replace("connect: all_to_all", "connect: {rule: list, file: e.csv}"))
    assert len(call("check", "m.yaml", cwd=folder).stderr) < 3000


def test_the_size_is_foretold(folder):
    text = SHORT.replace("100 ms", "10 s").replace("{population: S, what: spikes}",
                                                   "{population: S, what: spikes}, {population: E, what: v}")
    (folder / "m.yaml").write_text(text)
    told = good("check", "m.yaml", cwd=folder).stdout
    assert "run file, about 9 MB:" in told, told  # 100,000 values of 20 cells, 4 bytes each, and their times
    good("m.yaml", "-o", "x.h5", cwd=folder)
    with h5py.File(folder / "x.h5") as run:
        values, spikes = run["state/E/v"].size, run["spikes/S/timestamps"].size
    foretold = 4 * values + 8 * (values // 20) + 16 * 20 * 20 * 10
    assert abs((folder / "x.h5").stat().st_size - foretold) < 0.1 * foretold
    assert abs(spikes - 20 * 20 * 10) < 5 * np.sqrt(20 * 20 * 10)


def test_a_run_that_does_not_fit_is_refused(folder):
    disk = folder / "disk"
    disk.mkdir()
    if not shutil.which("unshare") or subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", disk],
                                                     capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system needs the right to")
    (folder / "m.yaml").write_text(SHORT.replace("100 ms", "10 s").replace("{population: S, what: spikes}",
                                                                           "{population: E, what: v}"))
    script = f"mount -t tmpfs -o size=4m tmpfs {disk} && {PROGRAM} {folder}/m.yaml -o {disk}/x.h5; echo $?; ls {disk}"
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True)
    assert "will have about 9 MB" in done.stderr and "4 MB are free" in done.stderr, done.stderr
    assert done.stdout.split() == ["1"], done.stdout


def test_all_files_of_a_model_are_told_at_once(folder):
    (folder / "m.yaml").write_text("""
name: files
dt: 0.1 ms
simulate: {duration: 10 ms}
populations:
  A: {model: spike_source, size: 3, file: a.txt}
  B: {model: spike_source, size: 3, file: b.txt}
  E: {model: iaf_psc_exp, size: 3}
projections:
  - {from: A, to: E, connect: {rule: list, file: a.csv}, weight: 1 pA}
  - {from: B, to: E, connect: {rule: list, file: b.csv}, weight: 1 pA}
""")
    (folder / "a.txt").write_text("1.0, 7\n")
    (folder / "b.txt").write_text("-1.0, 1\n")
    (folder / "a.csv").write_text("source,target\n0,5\n")
    (folder / "b.csv").write_text("source,goal\n0,1\n")
    for command in (["check"], ["-o", "x.h5"]):
        said = call(*command, "m.yaml", cwd=folder).stderr
        for part in ("a.txt", "b.txt", "a.csv:2", "b.csv:1: unknown column 'goal'", "m.yaml:10:5: A_to_E: a.csv:2: "):
            assert part in said, said
