"""Spikes played from files, and graded spikes in run files."""
import os
import signal
import subprocess

import h5py
import numpy as np

from conftest import in_a_long_enough_run, stop_when

MODEL = """
name: played
dt: 0.1 ms
simulate: {duration: DURATION}
populations:
  in: {model: spike_source, size: 3, FILE}
  v: {model: vsn, size: 200, y_max: 4}
projections:
  - {from: in, to: v, connect: all_to_all, delay: 1 ms, weight: {distribution: uniform, low: 0, high: 2}}
  - {from: v, to: v, connect: {rule: fixed_in_degree, n: 5}, delay: 2.5 ms, weight: {distribution: normal, mean: 0, std: 0.4}}
record: [{population: in, what: spikes}, {population: v, what: spikes}]
"""


def write_model(folder, name, file, duration="50 ms"):
    path = folder / name
    path.write_text(MODEL.replace("FILE", file).replace("DURATION", duration))
    return path


def test_a_run_can_play_what_another_recorded(snnsim, tmp_path):
    (tmp_path / "in.csv").write_text("time,cell\n12.04,2\n1.0,0\n30.26,1\n60,1\n")
    model = write_model(tmp_path, "a.yaml", "file: in.csv")
    said = snnsim("check", model).stdout
    assert "in plays 3 spikes of in.csv" in said
    assert "1 of 4 spikes of in.csv come after the end of the run and are not sent" in said
    snnsim(model, "-o", tmp_path / "a.h5", "--threads", 1)
    # The spikes that `in` sent, now from the run file.
    again = write_model(tmp_path, "b.yaml", "file: a.h5, population: in")
    snnsim(again, "-o", tmp_path / "b.h5", "--threads", 3)
    with h5py.File(tmp_path / "a.h5") as a, h5py.File(tmp_path / "b.h5") as b:
        np.testing.assert_allclose(a["spikes/in/timestamps"][:], [1.0, 12.0, 30.3])
        assert a["spikes/in/node_ids"][:].tolist() == [0, 2, 1]
        assert a.attrs["spike_digest"] == b.attrs["spike_digest"]
        assert len(str(a.attrs["inputs"][0]).split()[0].strip("b'")) == 64
        values = a["spikes/v/values"]
        assert values.attrs["units"] == "1" and len(values) == len(a["spikes/v/timestamps"]) > 100
        assert len(np.unique(values[:])) > 50 and np.abs(values[:]).max() <= 4.0
        assert "values" not in a["spikes/in"]
        np.testing.assert_array_equal(values[:], b["spikes/v/values"][:])


def test_an_interrupted_run_goes_on_with_the_same_file_only(snnsim, tmp_path):
    binary = os.environ["SNNSIM_BINARY"]

    def attempt(length, folder):
        file, whole, out = folder / "in.csv", folder / "whole.h5", folder / "a.h5"
        lines = "".join(f"{2.0 + 3.7 * k:.1f},{k % 3}\n" for k in range(int(8000 * length)))
        file.write_text(lines)
        model = write_model(folder, "a.yaml", "file: in.csv", f"{30 * length} s")
        process = subprocess.Popen([binary, model, "-o", out, "--checkpoint-every", "0.02", "--progress", "none"])
        stop_when((folder / "a.checkpoint.h5").exists, process, signal.SIGINT)
        file.write_text(lines + "9,1\n")
        resumed = subprocess.run([binary, "--resume", out], capture_output=True, text=True)
        assert resumed.returncode != 0 and "was begun with another content" in resumed.stderr
        file.write_text(lines)
        snnsim("--resume", out, "--threads", 2)
        snnsim(model, "-o", whole, "--threads", 1)
        with h5py.File(whole) as a, h5py.File(out) as b:
            assert a.attrs["spike_digest"] == b.attrs["spike_digest"]
            for name in ("timestamps", "node_ids", "values"):
                np.testing.assert_array_equal(a["spikes/v/" + name][:], b["spikes/v/" + name][:])

    in_a_long_enough_run(attempt, tmp_path)
