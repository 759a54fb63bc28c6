"""Training samples that are changed anew in each epoch: `data.augment`."""

import os
import subprocess

import h5py
import numpy as np
import pytest

from test_sequences import idx, same, trained

MODEL = """name: changed
dt: 1 ms
seed: 3
data: {set: mnist, AUGMENT encode: {scheme: poisson, max_rate: 500 Hz, duration: 6 ms}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 16, model: lif, tau_m: 10 ms}
  output: {size: 10, model: leaky_readout, tau_m: 20 ms}
projections:
  - {from: input, to: hidden, weight: {init: fan_in_uniform, gain: 3}, bias: true}
  - {from: hidden, to: output, bias: true}
train: {epochs: 2, batch: 32, validation: 0.2, optimizer: {name: adam, lr: 1e-2}, loss: cross_entropy_mean}
test: {}
"""
EVENTS = """name: events
dt: 10 ms
seed: 3
data: {set: file, file: DATA, AUGMENT events: COUNTED, encode: {scheme: direct, duration: 60 ms}}
populations:
  input: {size: 40, model: spike_source}
  hidden: {size: 16, model: lif, tau_m: 20 ms}
  output: {size: 3, model: leaky_readout, tau_m: 40 ms}
projections:
  - {from: input, to: hidden, weight: {init: kaiming_uniform, gain: 2}, bias: true}
  - {from: hidden, to: output, bias: true}
train: {epochs: 2, batch: 12, optimizer: {name: adam, lr: 1e-2}, loss: cross_entropy_mean}
test: {}
"""


def model(path, text, augment="", **more):
    text = text.replace("AUGMENT", f"augment: {augment}," if augment else "")
    for key, value in more.items():
        text = text.replace(key, value)
    path.write_text(text)
    return path


def mirrored(folder, to):
    to.mkdir()
    for file in folder.iterdir():
        data = file.read_bytes()
        if "images" in file.name:
            data = data[:16] + np.ascontiguousarray(idx(file).reshape(-1, 28, 28)[:, :, ::-1]).tobytes()
        (to / file.name).write_bytes(data)
    return to


def test_all_mirrored_is_a_mirrored_training_set(snnsim, data_folder, tmp_path):
    """Weights as from mirrored images; the test sees images as they are."""
    for name, augment, data in (("changed", "{flip: 1.0}", data_folder), ("plain", "", mirrored(data_folder, tmp_path / "m"))):
        for key in ("direct", "poisson"):
            file = model(tmp_path / f"{name}.yaml", MODEL, augment)
            snnsim(file, "-o", tmp_path / f"{name}_{key}.h5", "--data-dir", data, "--set", f"data.encode={{scheme: {key}, duration: 6 ms}}",
                   "--set", "train.validation=0")
    for key in ("direct", "poisson"):
        changed, plain = trained(tmp_path / f"changed_{key}.h5"), trained(tmp_path / f"plain_{key}.h5")
        assert all(np.array_equal(a, b) for a, b in zip(changed[:-2], plain[:-2], strict=True))
        assert changed[-1] != plain[-1]


def test_what_is_drawn_depends_on_seed_epoch_and_sample_alone(snnsim, data_folder, tmp_path):
    file = model(tmp_path / "m.yaml", MODEL, "{flip: 0.5, shift: 2}")
    call = ["--data-dir", data_folder, "--progress", "none"]
    for name, more in {"one": ["--threads", 1], "two": ["--threads", 2], "other": ["--seed", 4], "long": ["--set", "train.epochs=3"]}.items():
        snnsim(file, "-o", tmp_path / f"{name}.h5", *call, *more)
    assert same(tmp_path / "one.h5", tmp_path / "two.h5") and not same(tmp_path / "one.h5", tmp_path / "other.h5")
    plain = model(tmp_path / "plain.yaml", MODEL)
    snnsim(plain, "-o", tmp_path / "plain.h5", *call)
    assert not same(tmp_path / "one.h5", tmp_path / "plain.h5")
    with h5py.File(tmp_path / "long.h5") as run:
        losses = run["training/epochs/train_loss"][:]
    assert len(set(losses)) == 3


def write_events(path, x_of=lambda x: x, count=24, drop=False):
    """Events on 2 x 10 pixels of two polarities; `x_of` changes the columns of the training set."""
    with h5py.File(path, "w") as file:
        for seed, name in enumerate(("train", "test")):
            random = np.random.default_rng(seed)
            x = random.integers(0, 10, 30 * count)
            kept = not (drop and name == "train")
            columns = {"t": np.sort(random.integers(0, 60_000, (count, 30)), axis=1).ravel(), "y": random.integers(0, 2, 30 * count),
                       "p": random.integers(0, 2, 30 * count), "x": x_of(x) if name == "train" else x}
            for key, values in columns.items():
                file[f"{name}/{key}"] = values[:30 * count if kept else 0]
            file[f"{name}/offsets"] = np.arange(count + 1) * (30 if kept else 0)
            file[f"{name}/labels"] = np.arange(count) % 3
            file[f"{name}/x"].attrs["width"], file[f"{name}/x"].attrs["height"] = 10, 2


@pytest.mark.parametrize("counted", ["counted", "clipped"])
def test_events_are_mirrored_shifted_and_dropped(snnsim, tmp_path, counted):
    write_events(tmp_path / "a.h5")
    write_events(tmp_path / "m.h5", lambda x: 9 - x)
    write_events(tmp_path / "none.h5", drop=True)
    runs = {"flipped": ("a.h5", "{flip: 1.0}"), "mirrored": ("m.h5", ""), "dropped": ("a.h5", "{drop: 1.0}"), "none": ("none.h5", ""),
            "some": ("a.h5", "{drop: 0.5, shift: 1}"), "plain": ("a.h5", "")}
    for name, (data, augment) in runs.items():
        snnsim(model(tmp_path / f"{name}.yaml", EVENTS, augment, DATA=data, COUNTED=counted), "-o", tmp_path / f"run_{name}.h5")
    for a, b in (("flipped", "mirrored"), ("dropped", "none")):
        one, other = trained(tmp_path / f"run_{a}.h5"), trained(tmp_path / f"run_{b}.h5")
        assert all(np.array_equal(x, y) for x, y in zip(one[:-2], other[:-2], strict=True)), a
    assert not same(tmp_path / "run_some.h5", tmp_path / "run_plain.h5")
    snnsim(tmp_path / "some.yaml", "-o", tmp_path / "streamed.h5", "--set", "data.stream=always")
    assert same(tmp_path / "run_some.h5", tmp_path / "streamed.h5")


@pytest.mark.parametrize("text, augment, message", [
    (MODEL, "{drop: 0.1}", "drop leaves events out, but the images of mnist have none"),
    (MODEL, "{flip: 1.5}", "flip must be"),
    (MODEL.replace("train:", "# "), "{flip: 0.5}", "nothing is trained"),
    (MODEL, "{flop: 0.5}", "did you mean 'flip'"),
])
def test_what_cannot_be_changed_is_named(tmp_path, text, augment, message):
    if "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_BINARY does not name the program")
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "check", model(tmp_path / "m.yaml", text, augment)], capture_output=True, text=True)
    assert done.returncode != 0 and message in done.stderr and "m.yaml:4:" in done.stderr


def test_numbers_have_no_events_to_drop(snnsim, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name in ("train", "test"):
            file[f"{name}/x"], file[f"{name}/y"] = np.random.default_rng(1).random((12, 40)), np.arange(12) % 3
    file = model(tmp_path / "m.yaml", EVENTS, "{drop: 0.1}", DATA="a.h5", COUNTED="clipped")
    done = subprocess.run([os.environ["SNNSIM_BINARY"], file, "-o", tmp_path / "o.h5"], capture_output=True, text=True)
    assert "data.augment.drop leaves events out, but" in done.stderr and "train/x has numbers" in done.stderr
