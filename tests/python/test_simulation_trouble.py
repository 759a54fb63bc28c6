"""Simulations that cannot go on: numbers that make no sense, disks that fill, files that vanish. What was written stays."""
import os
import resource
import shutil
import signal
import subprocess

import h5py
import numpy as np
import pytest

from conftest import PATIENCE, stop_when, wait_for
from test_simulation import MODEL

NUMBERS = """
name: numbers
dt: 0.1 ms
simulate: {duration: 200 ms}
populations:
  good: {model: regular_source, size: 30, rate: 100 Hz}
  bad: {model: iaf_psc_exp, size: 40, c_m: 0.001 pF}
stimuli:
  - {to: bad, kind: dc, amplitude: -3e38 pA, start: 50.5 ms}
record:
  - {population: good, what: spikes}
  - {population: bad, what: v, cells: 2, interval: 1 ms}
  - {population: good, what: rate, interval: 10 ms}
"""
RUNAWAY = """
name: runaway
dt: 0.1 ms
simulate: {duration: 10 s}
populations:
  S: {model: poisson_source, size: 100, rate: 20 Hz}
  E: {model: iaf_psc_exp, size: 200, t_ref: 2 ms}
projections:
  - {from: S, to: E, connect: all_to_all, weight: 200 pA}
  - {from: E, to: E, connect: {rule: fixed_in_degree, n: 50}, weight: 2 nA, delay: 1 ms}
record:
  - {population: E, what: spikes}
"""


def start(*arguments, **options):
    return subprocess.Popen([os.environ["SNNSIM_BINARY"], *map(str, arguments), "--progress", "none"],
                            stderr=subprocess.PIPE, text=True, **options)


def fails(*arguments, **options):
    """What the program says."""
    process = start(*arguments, **options)
    message = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 1, message
    return message


@pytest.fixture
def write(snnsim, tmp_path):
    def to(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path
    return to


@pytest.mark.parametrize("threads", [1, 3])
def test_a_state_that_is_no_number(write, tmp_path, threads):
    out = tmp_path / "n.h5"
    message = fails(write("n.yaml", NUMBERS), "-o", out, "--threads", threads)
    assert "v of cell 0 of 'bad' is infinite; it became so between 48 ms and 51.2 ms" in message
    assert f"{out} holds all up to there" in message
    with h5py.File(out) as run:
        assert run.attrs["status"] == "failed" and "cell 0 of 'bad'" in run.attrs["error"]
        assert run.attrs["steps"] == 512
        assert run["spikes/good/timestamps"][-1] <= 51.2 and len(run["spikes/good/timestamps"]) == 30 * 5
        assert run["network/good"].attrs["spikes"] == 30 * 5
        assert len(run["state/bad/v"]) == 51 and len(run["rates/good/rate"]) == 5
        assert np.isfinite(run["state/bad/v"][:50]).all()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["n.h5", "n.yaml"]
    again = subprocess.run([os.environ["SNNSIM_BINARY"], "--resume", out], capture_output=True, text=True)
    assert again.returncode == 2 and "would again" in again.stderr and "cell 0 of 'bad'" in again.stderr


def test_activity_that_runs_away(snnsim, write, tmp_path):
    model, out = write("r.yaml", RUNAWAY), tmp_path / "r.h5"
    digests = set()
    for threads in (1, 2):
        message = fails(model, "-o", out, "--threads", threads, "--force")
        assert "the activity of 'E' has run away: from 105 ms to 210 ms its cells fired at 476." in message, message
        with h5py.File(out) as run:
            assert run.attrs["status"] == "failed" and run.attrs["steps"] == 2100
            assert 209 < run["spikes/E/timestamps"][-1] <= 210
            digests.add(run.attrs["spike_digest"])
    assert len(digests) == 1
    assert "status: failed" in snnsim("stats", out).stdout
    allowed = tmp_path / "allowed.h5"
    snnsim(model, "-o", allowed, "--set", "simulate.runaway=allow", "--set", "simulate.duration=300 ms")


def test_bursts_and_sources_are_no_runaway(snnsim, write, tmp_path):
    burst = RUNAWAY.replace("duration: 10 s", "duration: 400 ms").replace("rate: 20 Hz", "rate: 5 kHz")
    burst = burst.replace("  - {from: E, to: E", "  - {from: E, to: S2")  # one way: nothing feeds itself
    burst = burst.replace("projections:", "  S2: {model: iaf_psc_exp, size: 10, t_ref: 0 ms}\nprojections:")
    snnsim(write("one_way.yaml", burst), "-o", tmp_path / "a.h5")
    # All fire as fast as they can for 80 ms of every 100.
    short = RUNAWAY.replace("duration: 10 s", "duration: 150 ms").replace("weight: 2 nA", "weight: 0 nA") + (
        "stimuli: [{to: E, kind: dc, amplitude: 1 uA, start: 10 ms, stop: 90 ms}]\n")
    snnsim(write("short.yaml", short), "-o", tmp_path / "b.h5")
    with h5py.File(tmp_path / "b.h5") as run:
        time = run["spikes/E/timestamps"][:]
        assert ((time > 20) & (time <= 80)).sum() > 0.95 * 200 * 60 / 2.1


def digest_of(path):
    with h5py.File(path) as run:
        assert run.attrs["status"] == "finished"
        return run.attrs["spike_digest"], run["spikes/E/timestamps"][:], run["rates/E/rate"][:]


def assert_same_run(a, b):
    for x, y in zip(digest_of(a), digest_of(b)):
        np.testing.assert_array_equal(x, y)


def beginning_of(path, whole):
    """What the unfinished file holds is the beginning of the whole; how many spikes."""
    with h5py.File(path, "r", libver="latest", swmr=True) as part, h5py.File(whole) as all_of_it:
        written = part["progress/time"][:]
        whole_times = all_of_it["spikes/E/timestamps"][:]
        count = np.searchsorted(whole_times, written.max(initial=0.0) + 0.05)
        np.testing.assert_array_equal(part["spikes/E/timestamps"][:count], whole_times[:count])
    return count


@pytest.fixture(scope="module")
def small(snnsim, tmp_path_factory):
    """A model whose run file has about 1 MB, and an undisturbed run."""
    folder = tmp_path_factory.mktemp("whole")
    model, whole = folder / "small.yaml", folder / "whole.h5"
    model.write_text(MODEL.replace("200 s", "40 s"))
    snnsim(model, "-o", whole)
    return model, whole


def test_a_file_that_may_not_grow(snnsim, small, tmp_path):
    model, whole = small
    out, partial = tmp_path / "x.h5", tmp_path / "x.partial.h5"
    limit = whole.stat().st_size // 2
    message = fails(model, "-o", out, "--checkpoint-every", "0.02",
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert f"cannot write {partial}" in message and "File too large" in message, message
    assert f"--resume {out}" in message and not out.exists()
    snnsim("--resume", out)
    assert_same_run(out, whole)


def mounts(folder):
    """Whether this process may mount a file system of its own."""
    folder.mkdir()
    return subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", str(folder)],
                          capture_output=True).returncode == 0 if shutil.which("unshare") else False


def test_a_disk_that_fills(small, tmp_path):
    if not mounts(tmp_path / "try"):
        pytest.skip("mounting a small file system needs the right to")
    model, whole = small
    disk, copy, beginning = tmp_path / "disk", tmp_path / "copy.h5", tmp_path / "beginning.h5"
    disk.mkdir()
    program = os.environ["SNNSIM_BINARY"]
    script = f"""
        mount -t tmpfs -o size={whole.stat().st_size * 2 // 3} tmpfs {disk} || exit 99
        {program} {model} -o {disk}/x.h5 --checkpoint-every 0.02 --progress none; echo "first $?" >&2
        mount -o remount,size=100m {disk} || exit 99
        {program} stats {disk}/x.partial.h5 || exit 98
        cp {disk}/x.partial.h5 {beginning}
        {program} --resume {disk}/x.h5 --progress none; echo "second $?" >&2
        ls {disk} >&2; cp {disk}/x.h5 {copy}"""
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No space left on device" in done.stderr and f"--resume {disk}/x.h5" in done.stderr
    assert done.stderr.split()[-5:] == ["first", "1", "second", "0", "x.h5"], done.stderr
    assert_same_run(copy, whole)
    assert beginning_of(beginning, whole) > 1000


ENDLESS = MODEL.replace("200 s", "1e5 s")  # ends when told to


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_file_that_vanishes(snnsim, write, tmp_path, what):
    model = write("endless.yaml", ENDLESS)
    out, kept = tmp_path / "runs" / "x.h5", tmp_path / "kept"
    partial, checkpoint = out.with_name("x.partial.h5"), out.with_name("x.checkpoint.h5")
    process = start(model, "-o", out, "--checkpoint-every", "0.05")
    wait_for(checkpoint.exists, process)
    os.rename(partial if what == "file" else out.parent, kept)
    message = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 1 and f"{partial} is no longer there" in message, message
    assert "DIAG" not in message
    assert not out.exists()
    if what == "file":
        done = subprocess.run([os.environ["SNNSIM_BINARY"], "--resume", out], capture_output=True, text=True)
        assert done.returncode == 1 and "what the run had recorded is gone" in done.stderr, done.stderr
        os.rename(kept, partial)
    else:
        shutil.rmtree(out.parent, ignore_errors=True)  # what was written there afterwards
        os.rename(kept, out.parent)
    beginning = subprocess.run([os.environ["SNNSIM_BINARY"], "stats", partial], capture_output=True, text=True)
    assert beginning.returncode == 0 and "status: running" in beginning.stdout, beginning.stderr


def test_data_older_than_the_checkpoint_are_told(snnsim, write, tmp_path):
    """An interrupted run that went on: its first file and its later checkpoint do not belong together."""
    model, out, old = write("endless.yaml", ENDLESS), tmp_path / "x.h5", tmp_path / "old.h5"
    partial, checkpoint = tmp_path / "x.partial.h5", tmp_path / "x.checkpoint.h5"
    stop_when(checkpoint.exists, start(model, "-o", out, "--checkpoint-every", "0.02"), signal.SIGINT)
    shutil.copy(out, old)
    before = checkpoint.stat()
    process = start("--resume", out, "--checkpoint-every", "0.02")
    # It writes a new checkpoint once it has gone on.
    stop_when(lambda: partial.exists() and checkpoint.stat().st_mtime_ns > before.st_mtime_ns, process, signal.SIGINT)
    shutil.copy(old, out)
    message = fails("--resume", out)
    assert "ends at" in message and "checkpoint" in message, message
