"""Samples whose values are shown one part after the other: `scheme: sequence`."""

import os
import subprocess

import h5py
import numpy as np
import pytest

MODEL = """name: parts
dt: 1 ms
seed: 3
data: {DATA, encode: {scheme: SCHEME, duration: 28 ms}}
populations:
  input: {size: 28, model: spike_source}
  hidden: {size: 16, model: adaptive_lif, tau_m: 10 ms, tau_a: 30 ms}
  output: {size: 10, model: leaky_readout, tau_m: 20 ms}
projections:
  - {from: input, to: hidden, bias: true}
  - {from: hidden, to: hidden, weight: {init: fan_in_uniform, gain: 0.5}}
  - {from: hidden, to: output, bias: true}
train: {epochs: 2, batch: 32, optimizer: {name: adam, lr: 1e-2}, loss: cross_entropy_mean}
test: {}
"""


def idx(path):
    data = path.read_bytes()
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3])


def images_of(folder, kind):
    stems = {"train": "train", "test": "t10k"}
    return {name: {"x": kind(idx(folder / f"{stem}-images-idx3-ubyte").reshape(-1, 28, 28)),
                   "y": idx(folder / f"{stem}-labels-idx1-ubyte").astype(np.int32)} for name, stem in stems.items()}


def write(path, sets):
    with h5py.File(path, "w") as file:
        for name, arrays in sets.items():
            for key, values in arrays.items():
                file[f"{name}/{key}"] = values


def write_model(path, data="set: mnist", scheme="sequence", change=lambda text: text):
    path.write_text(change(MODEL.replace("DATA", data).replace("SCHEME", scheme)))
    return path


def trained(path):
    with h5py.File(path) as file:
        weights = [file[f"weights/{name}/weights"][:] for name in file["weights"]]
        return [*weights, file["test/prediction"][:], np.array(file["test"].attrs["loss"])]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(trained(a), trained(b), strict=True))


def refused(*arguments):
    done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode in (1, 2), done.stdout + done.stderr
    return done.stderr


def test_rows_of_images_are_steps(snnsim, data_folder, tmp_path):
    """MNIST's rows, and the same images in files of one's own in three forms, train to the same bits."""
    out = tmp_path / "mnist.h5"
    snnsim(write_model(tmp_path / "mnist.yaml"), "-o", out, "--data-dir", data_folder, "--threads", 2)
    forms = {"bytes": ("sequence", lambda x: x.reshape(-1, 784)), "image": ("sequence", lambda x: x),
             "reals": ("sequence", lambda x: x.astype(np.float32) / np.float32(255)),
             "steps": ("direct", lambda x: x.astype(np.float32) / np.float32(255))}
    for name, (scheme, kind) in forms.items():
        write(tmp_path / f"{name}_x.h5", images_of(data_folder, kind))
        model = write_model(tmp_path / f"{name}.yaml", f"set: file, file: {name}_x.h5", scheme)
        snnsim(model, "-o", tmp_path / f"{name}.h5", "--threads", 1)
        assert same(out, tmp_path / f"{name}.h5"), name
    snnsim(tmp_path / "bytes.yaml", "-o", tmp_path / "stream.h5", "--set", "data.stream=always")
    assert same(out, tmp_path / "stream.h5")


def test_a_sequence_is_simulated_as_it_was_trained(snnsim, data_folder, tmp_path):
    model = write_model(tmp_path / "m.yaml")
    snnsim(model, "-o", tmp_path / "run.h5", "--data-dir", data_folder, "--set", "test.arithmetic=fixed")
    (tmp_path / "s.yaml").write_text("name: s\nsimulate:\n  network: run.h5\n  phases: [{name: p, present: {samples: test}}]\n")
    snnsim(tmp_path / "s.yaml", "-o", tmp_path / "s.h5", "--data-dir", data_folder)
    with h5py.File(tmp_path / "run.h5") as run, h5py.File(tmp_path / "s.h5") as simulated:
        predictions = simulated["trials/prediction"][:]
        assert np.array_equal(predictions, run["test/prediction"][:])


@pytest.mark.parametrize("change, message", [
    (lambda t: t.replace("28 ms", "27 ms"), "m.yaml:4:60: the input 'input': the 784 values of a sample are 28 steps of 28 inputs, "
                                            "but it is shown for 27 steps; write duration: 28 ms"),
    (lambda t: t.replace("size: 28", "size: 30"), "are no whole number of steps of 30 inputs; write a size that divides them"),
    (lambda t: t.replace("size: 28", "size: 1"), "write duration: 784 ms"),
])
def test_what_does_not_fit_is_named(data_folder, tmp_path, change, message):
    if "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_BINARY does not name the program")
    model = write_model(tmp_path / "m.yaml", change=change)
    assert message.partition("the input")[2] in refused("check", model)
    own = write_model(tmp_path / "own.yaml", "set: file, file: own.h5", change=change)
    write(tmp_path / "own.h5", images_of(data_folder, lambda x: x))
    said = refused(own, "-o", tmp_path / "out.h5")
    assert message.partition("': ")[2] in said and "train/x is [200, 28, 28]" in said
