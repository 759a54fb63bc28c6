"""Values of single cells and waveforms, as NumPy and h5py write them."""

import hashlib
import os
import signal
import subprocess

import h5py
import numpy as np
import pytest

MODEL = """name: given
dt: 0.1 ms
simulate: {duration: DURATION}
populations:
  c: {size: 20, model: iaf_psc_exp, v_th: 1000 mV, i_e: I_E, initial: {v: {linspace: [-70 mV, -60 mV]}}}
stimuli: [{to: c, kind: waveform, WAVEFORM}]
record: [{population: c, what: v}, {population: c, what: current}]
"""


def write(folder, i_e, waveform, duration="20 ms"):
    path = folder / "given.yaml"
    path.write_text(MODEL.replace("I_E", i_e).replace("WAVEFORM", waveform).replace("DURATION", duration))
    return path


def exact(v, current, e_l=-70.0, tau=10.0, c_m=250.0, dt=0.1):
    """iaf_psc_exp without spikes: [time][cell]."""
    decay, out = np.exp(-dt / tau), []
    for row in current:
        v = e_l + (v - e_l) * decay + tau / c_m * (1 - decay) * row
        out.append(v)
    return np.array(out)


@pytest.mark.parametrize("kind", ["npy", "npy32", "h5", "csv"])
def test_numbers_of_numpy_h5py_and_text(snnsim, tmp_path, kind):
    random = np.random.default_rng(3)
    i_e = np.round(random.normal(100, 40, 20), 3)
    wave = np.round(random.normal(0, 200, (40, 20)), 3)
    if kind.startswith("npy"):
        dtype = np.float32 if kind == "npy32" else np.float64
        np.save(tmp_path / "i.npy", i_e.astype(dtype))
        np.save(tmp_path / "w.npy", wave.astype(dtype))
        given, waveform, files = "{file: i.npy, unit: pA}", "file: w.npy, unit: pA", ["i.npy", "w.npy"]
    elif kind == "h5":
        with h5py.File(tmp_path / "f.h5", "w") as file:
            file["x/i"] = i_e / 1000
            file["x/i"].attrs["units"] = "nA"
            file.create_dataset("w", data=wave, compression="gzip").attrs["units"] = "pA"
        given, waveform, files = "{file: f.h5, dataset: x/i}", "file: f.h5, dataset: w", ["f.h5"]
    else:
        np.savetxt(tmp_path / "i.csv", i_e, header="i (pA)", comments="")
        np.savetxt(tmp_path / "w.csv", wave, header=",".join(f"c{k} (pA)" for k in range(20)), comments="", delimiter=",")
        given, waveform, files = "{file: i.csv}", "file: w.csv", ["i.csv", "w.csv"]
    model = write(tmp_path, given, waveform + ", interval: 0.4 ms, start: 1 ms")
    snnsim(model, "-o", tmp_path / "a.h5", "--progress", "none", "--threads", 2)
    current = np.zeros((200, 20))
    current[10:170] = np.repeat(wave, 4, axis=0)
    with h5py.File(tmp_path / "a.h5") as run:
        np.testing.assert_allclose(run["state/c/current"][:], current, rtol=1e-6, atol=1e-4)
        wanted = exact(np.linspace(-70, -60, 20), current + i_e)
        np.testing.assert_allclose(run["state/c/v"][:], wanted, atol=2e-3)
        inputs = sorted(line.decode() if isinstance(line, bytes) else str(line) for line in run.attrs["inputs"])
    assert inputs == sorted(f"{hashlib.sha256((tmp_path / f).read_bytes()).hexdigest()}  {tmp_path / f}" for f in files)


def test_a_resume_wants_the_same_values(snnsim, tmp_path):
    np.save(tmp_path / "i.npy", np.linspace(0, 100, 20))
    np.save(tmp_path / "w.npy", np.arange(30.0))
    model = write(tmp_path, "{file: i.npy, unit: pA}", "file: w.npy, unit: pA, interval: 1 ms", "2000 s")
    out = tmp_path / "a.h5"
    settings = ["--set", "record=[{population: c, what: v, interval: 1 s}]"]
    process = subprocess.Popen([os.environ["SNNSIM_BINARY"], str(model), "-o", str(out), "--checkpoint-every", "0.02",
                                "--progress", "none", *settings])
    while not (tmp_path / "a.checkpoint.h5").exists():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    np.save(tmp_path / "i.npy", np.linspace(0, 101, 20))
    again = subprocess.run([os.environ["SNNSIM_BINARY"], "--resume", str(out)], capture_output=True, text=True)
    assert again.returncode != 0 and "i.npy" in again.stderr
