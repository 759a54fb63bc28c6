"""Several inputs and several outputs of samples of the user's own, by name: against the same network with one of each."""

import os
import signal
import subprocess

import h5py
import numpy as np
import pytest

from conftest import in_a_long_enough_run, stop_when
from test_own_data import error_of, weights_of

CLASSES = 3
EYE, EAR, STEPS = 8, 5, 8
MODEL = """name: named
dt: 1 ms
seed: 3
data:
  set: file
  file: own.h5
  encode: {scheme: poisson, duration: 8 ms}
  inputs: {eye: image, ear: {x: sound, encode: {scheme: direct}}}
  outputs: {digit: digit, angle: angle}
populations:
  eye: {size: 8, model: spike_source}
  ear: {size: 5, model: spike_source}
  hidden: {size: 24, model: lif, tau_m: 10 ms}
  digit: {size: 3, model: leaky_readout, tau_m: 20 ms}
  angle: {size: 2, model: leaky_readout, tau_m: 20 ms}
projections:
  - {from: eye, to: hidden, weight: {init: kaiming_uniform, gain: 2}, bias: true}
  - {from: ear, to: hidden, weight: {init: kaiming_uniform, gain: 2}}
  - {from: hidden, to: digit, bias: true}
  - {from: hidden, to: angle, bias: true}
train: {epochs: 4, batch: 16, optimizer: {name: adam, lr: 1e-2}, loss: {digit: cross_entropy_mean, angle: {name: mse_mean, weight: 0.5}}}
test: {}
"""


def samples(count, seed):
    """The class is where the image is bright and in what step it sounds; the angle is that of the class, and an offset."""
    random = np.random.default_rng(seed)
    digit = np.arange(count) % CLASSES
    image = random.integers(0, 60, (count, 2, 4)).astype(np.uint8)
    sound = (random.uniform(size=(count, STEPS, EAR)) < 0.1).astype(np.uint8)
    for k in range(count):
        image[k].reshape(-1)[2 * digit[k]:2 * digit[k] + 3] = 220
        sound[k, 2 * digit[k] + 1] = 1
    angle = np.stack([np.cos(digit), np.sin(digit)], 1) + random.normal(0.0, 0.05, (count, 2))
    return {"image": image, "sound": sound, "digit": digit, "angle": angle.astype(np.float32)}


def sets(change=lambda arrays: arrays):
    return {"train": change(samples(96, 1)), "test": change(samples(31, 2))}


def write_h5(path, of):
    with h5py.File(path, "w") as file:
        for name, arrays in of.items():
            for key, values in arrays.items():
                file[f"{name}/{key}"] = values


def write(folder, change=lambda text: text, of=None):
    (folder / "m.yaml").write_text(change(MODEL))
    write_h5(folder / "own.h5", of or sets())
    return folder / "m.yaml"


def run(snnsim, folder, *settings, out="out.h5", threads=2, model="m.yaml"):
    words = [part for setting in settings for part in ("--set", setting)]
    snnsim(folder / model, "-o", folder / out, "--force", "--backend", "cpu", "--threads", threads, *words)
    return folder / out


def content(path):
    """All but times."""
    found = {}
    with h5py.File(path) as file:
        def keep(name, item):
            if name.startswith(("profile", "energy/measured", "training/epochs/seconds")):
                return
            found.update({f"{name}@{key}": np.asarray(value) for key, value in item.attrs.items()})
            if isinstance(item, h5py.Dataset):
                found[name] = item[()]
        file.visititems(keep)
    return found


def expect_same(one, other):
    a, b = content(one), content(other)
    assert set(a) == set(b)
    differ = [name for name in a if not np.array_equal(a[name], b[name], equal_nan=a[name].dtype.kind == "f")]
    assert not differ, differ


def test_each_output_learns_and_tells_what_it_did(snnsim, tmp_path):
    write(tmp_path)
    said = snnsim(tmp_path / "m.yaml", "-o", tmp_path / "out.h5", "--backend", "cpu", "--set", "train.epochs=20",
                  "--set", "train.validation=0.25", "--set", "test.every=5").stdout
    assert "test accuracy of digit " in said and "test error of angle " in said and "loss of all " in said
    y = samples(31, 2)
    with h5py.File(tmp_path / "out.h5") as file:
        test = file["test"]
        assert list(test.attrs["outputs"].astype(str)) == ["digit", "angle"]
        digit, angle = test["outputs/digit"], test["outputs/angle"]
        assert np.array_equal(digit["label"][:], y["digit"])
        accuracy = np.mean(digit["label"][:] == digit["prediction"][:])
        assert accuracy > 0.9 and digit.attrs["accuracy"] == accuracy == test.attrs["accuracy"]
        assert digit["confusion"][:].sum() == 31 and digit["recall"].shape == (CLASSES,)
        off = angle["prediction"][:].astype(float) - y["angle"]
        assert angle.attrs["error"] == pytest.approx(np.linalg.norm(off) / np.linalg.norm(y["angle"]), rel=1e-5)
        assert angle.attrs["error"] < 0.5
        assert angle.attrs["loss"] == pytest.approx(np.mean(off ** 2), rel=1e-5)
        assert test.attrs["loss"] == digit.attrs["loss"] + 0.5 * angle.attrs["loss"]
        curves = file["training/outputs"]
        for what in ("steps", "epochs"):
            name = "loss" if what == "steps" else "train_loss"
            both = curves[f"digit/{what}/{name}"][:] + 0.5 * curves[f"angle/{what}/{name}"][:]
            assert np.allclose(file[f"training/{what}/{name}"][:], both, rtol=1e-12)
        assert np.array_equal(curves["digit/steps/accuracy"][:], file["training/steps/accuracy"][:])
        assert len(curves["angle/steps/accuracy"]) == 0 and len(curves["angle/epochs/validation_loss"]) == 20
        assert len(curves["digit/test/accuracy"]) == len(curves["angle/test/error"]) == 4
        assert curves["angle/test/error"][-1] == angle.attrs["error"]


def test_same_bits_on_any_number_of_threads_streamed_and_from_npz(snnsim, tmp_path):
    write(tmp_path)
    one = run(snnsim, tmp_path, threads=1)
    for threads, settings in ((3, ()), (2, ("data.stream=always",))):
        other = run(snnsim, tmp_path, *settings, out="other.h5", threads=threads)
        expect_same(one, other)
    np.savez(tmp_path / "own.npz", **{f"{key}_{name}": values for name, arrays in sets().items()
                                      for key, values in arrays.items()})
    expect_same(one, run(snnsim, tmp_path, "data.file=own.npz", out="other.h5"))


def test_events_of_one_input_beside_pixels_of_another(snnsim, tmp_path):
    """Spikes of steps, and the same as events of a group, in .h5 and .npz."""
    def to_events(arrays):
        rows = [np.argwhere(sample) for sample in arrays.pop("sound")]
        where = np.concatenate(rows)
        return {**arrays, "sound/offsets": np.cumsum([0] + [len(row) for row in rows]),
                "sound/t": where[:, 0] * 1e-3 + 2e-4, "sound/unit": where[:, 1]}
    write(tmp_path)
    one = run(snnsim, tmp_path)
    write_h5(tmp_path / "own.h5", sets(to_events))
    expect_same(one, run(snnsim, tmp_path, out="events.h5"))
    np.savez(tmp_path / "own.npz", **{f"{key.replace('/', '_')}_{name}": values for name, arrays in sets(to_events).items()
                                      for key, values in arrays.items()})
    expect_same(one, run(snnsim, tmp_path, "data.file=own.npz", out="events.h5"))


def matrices(folder, wide):
    """Weights of two inputs to a population each, or of one input that has both: there is no synapse across."""
    random = np.random.default_rng(9)
    eye, ear = (random.normal(0.0, 0.9, (size, 12)).astype(np.float32) for size in (EYE, EAR))
    out = {"eye": eye, "ear": ear}
    if wide:
        for name, matrix, first in (("eye", eye, 0), ("ear", ear, EYE)):
            row, column = np.indices(matrix.shape)
            np.savez(folder / f"{name}.npz", format=np.array(b"coo"), shape=np.array([EYE + EAR, 12]), data=matrix.reshape(-1),
                     row=(row + first).reshape(-1), col=column.reshape(-1))
    else:
        for name, matrix in out.items():
            np.savez(folder / f"{name}.npz", w=matrix)


SIDES = """name: sides
dt: 1 ms
seed: 3
data: {set: file, file: own.h5, encode: {scheme: SCHEME, duration: 8 ms}INPUTS}
populations:
SOURCES
  left: {size: 12, model: MODEL, v_th: 0.5}
  right: {size: 12, model: MODEL, v_th: 0.5}
  output: {size: 3, model: leaky_readout, tau_m: 20 ms}
projections:
  - {from: EYE, to: left, weight: {file: eye.npz}}
  - {from: EAR, to: right, weight: {file: ear.npz}}
  - {from: left, to: output, bias: true}
  - {from: right, to: output, bias: true}
train: {epochs: 3, batch: 16, optimizer: {name: adam, lr: 1e-2}, loss: cross_entropy_mean}
test: {}
"""


@pytest.mark.parametrize("scheme, cell", [("poisson", "lif"), ("latency", "lif"), ("direct", "lif"), ("direct", "vsn")])
def test_two_inputs_side_by_side_are_one_that_is_as_wide(snnsim, tmp_path, scheme, cell):
    def model(inputs, sources, eye, ear):
        text = SIDES.replace("SCHEME", scheme).replace("INPUTS", inputs).replace("SOURCES", sources).replace("MODEL", cell)
        return text.replace("EYE", eye).replace("EAR", ear)

    def arrays(of):
        sound = of["sound"].mean(1).astype(np.float32)
        image = of["image"].reshape(-1, EYE).astype(np.float32) / np.float32(255)
        return {"x": np.concatenate([image, sound], 1), "y": of["digit"], "image": image, "sound": sound}
    write_h5(tmp_path / "own.h5", sets(arrays))
    (tmp_path / "m.yaml").write_text(model(", inputs: {eye: image, ear: sound}", "  eye: {size: 8, model: spike_source}\n"
                                           "  ear: {size: 5, model: spike_source}", "eye", "ear"))
    matrices(tmp_path, wide=False)
    two = run(snnsim, tmp_path, out="two.h5")
    (tmp_path / "m.yaml").write_text(model("", "  input: {size: 13, model: spike_source}", "input", "input"))
    matrices(tmp_path, wide=True)
    one = run(snnsim, tmp_path, out="one.h5")
    a, b = weights_of(two), weights_of(one)
    assert np.array_equal(a["eye_to_left"], b["input_to_left"][:EYE])
    assert np.array_equal(a["ear_to_right"], b["input_to_right"][EYE:])
    assert np.array_equal(a["left_to_output"], b["left_to_output"])
    with h5py.File(two) as first, h5py.File(one) as second:
        assert np.array_equal(first["training/steps/loss"][:], second["training/steps/loss"][:])
        assert np.array_equal(first["test/prediction"][:], second["test/prediction"][:])
        assert first["test"].attrs["loss"] == second["test"].attrs["loss"]
        assert len(set(first["training/steps/loss"][:])) > 10


def without_angle(text):
    return "\n".join(line for line in text.splitlines() if "angle:" not in line.partition("outputs")[0].partition("loss")[0]
                     and "to: angle" not in line) + "\n"


def test_an_output_of_weight_0_changes_nothing_of_the_other(snnsim, tmp_path):
    write(tmp_path)
    two = run(snnsim, tmp_path, "train.loss.angle.weight=0", out="two.h5")
    (tmp_path / "one.yaml").write_text(without_angle(MODEL).replace(", angle: angle", "").replace(
        "{digit: cross_entropy_mean, angle: {name: mse_mean, weight: 0.5}}", "cross_entropy_mean"))
    one = run(snnsim, tmp_path, out="one.h5", model="one.yaml")
    a, b = weights_of(two), weights_of(one)
    assert set(a) - set(b) == {"hidden_to_angle"}
    assert all(np.array_equal(a[name], b[name]) for name in b)
    with h5py.File(two) as first, h5py.File(one) as second:
        for path in ("training/steps/loss", "training/steps/accuracy", "training/outputs/digit/steps/loss",
                     "test/outputs/digit/prediction"):
            assert np.array_equal(first[path][:], second[path][:]), path


def test_one_input_and_output_with_names_is_as_without(snnsim, tmp_path):
    text = without_angle(MODEL).replace("outputs: {digit: digit, angle: angle}", "outputs: {digit: digit}").replace(
        "{digit: cross_entropy_mean, angle: {name: mse_mean, weight: 0.5}}", "cross_entropy_mean").replace(
        "inputs: {eye: image, ear: {x: sound, encode: {scheme: direct}}}", "inputs: {eye: image}")
    text = "\n".join(line for line in text.splitlines() if "ear:" not in line and "from: ear" not in line) + "\n"
    write(tmp_path, lambda _: text)
    named = run(snnsim, tmp_path, out="named.h5")
    plain = text.replace("  inputs: {eye: image}\n", "").replace("  outputs: {digit: digit}\n", "")
    write(tmp_path, lambda _: plain, sets(lambda of: {"x": of["image"], "y": of["digit"]}))
    other = run(snnsim, tmp_path, out="plain.h5")
    a, b = weights_of(named), weights_of(other)
    assert all(np.array_equal(a[name], b[name]) for name in b)
    with h5py.File(named) as first, h5py.File(other) as second:
        assert np.array_equal(first["training/steps/loss"][:], second["training/steps/loss"][:])
        assert np.array_equal(first["test/outputs/digit/prediction"][:], second["test/prediction"][:])
        assert first["test"].attrs["loss"] == second["test"].attrs["loss"]


def test_gradients_of_losses_add_up(snnsim, tmp_path):
    """One step down the gradient of a weighted sum is the weighted sum of the steps down each."""
    write(tmp_path)
    def step(digit, angle):
        run(snnsim, tmp_path, "train.epochs=1", "train.batch=96", "train.optimizer={name: sgd, lr: 1}",
            f"train.loss={{digit: {{name: cross_entropy_mean, weight: {digit}}}, angle: {{name: mse_mean, weight: {angle}}}}}")
        return weights_of(tmp_path / "out.h5")
    start, only_digit, only_angle, both = step(0, 0), step(1, 0), step(0, 1), step(0.75, 2)
    for name, first in start.items():
        sum_of_each = 0.75 * (only_digit[name] - first) + 2 * (only_angle[name] - first)
        assert np.abs(sum_of_each).max() > 1e-3
        assert np.allclose(both[name] - first, sum_of_each, atol=2e-6), name
    assert np.array_equal(only_digit["hidden_to_angle"], start["hidden_to_angle"])


def test_a_resume_ends_as_the_whole_run(snnsim, tmp_path):
    def attempt(length, folder):
        write(folder, lambda text: text.replace("epochs: 4", f"epochs: {int(200 * length)}, validation: 0.2"))
        words = [os.environ["SNNSIM_BINARY"], folder / "m.yaml", "-o", folder / "cut.h5", "--backend", "cpu", "--threads", "1",
                 "--checkpoint-every", "0.001"]
        process = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        stop_when((folder / "cut.partial.h5").exists, process, signal.SIGINT)
        snnsim("--resume", folder / "cut.h5", "--backend", "cpu", "--threads", "2")
        expect_same(run(snnsim, folder, out="whole.h5"), folder / "cut.h5")

    in_a_long_enough_run(attempt, tmp_path)


def test_the_other_commands(snnsim, tmp_path):
    write(tmp_path)
    path = run(snnsim, tmp_path)
    assert "no errors" in snnsim("check", tmp_path / "m.yaml").stdout
    snnsim("test", path, "-o", tmp_path / "again.h5", "--backend", "cpu")
    with h5py.File(path) as first, h5py.File(tmp_path / "again.h5") as second:
        assert first["test"].attrs["loss"] == second["test"].attrs["loss"]
        for name in ("digit", "angle"):
            assert np.array_equal(first[f"test/outputs/{name}/prediction"][:], second[f"test/outputs/{name}/prediction"][:])
    snnsim("weights", path, "-o", tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz") as taken, h5py.File(path) as file:
        assert np.array_equal(taken["ear_to_hidden"], file["weights/ear_to_hidden/weights"][:])
    (tmp_path / "next.yaml").write_text(MODEL.replace("epochs: 4", "epochs: 0"))
    snnsim(tmp_path / "next.yaml", "--weights", path, "-o", tmp_path / "next.h5", "--backend", "cpu")
    a, b = weights_of(path), weights_of(tmp_path / "next.h5")
    assert all(np.array_equal(a[name], b[name]) for name in a)


def test_untrained_networks_take_targets_as_they_are_stored(snnsim, tmp_path):
    write(tmp_path, lambda text: "\n".join(line for line in text.splitlines() if not line.startswith("train")) + "\n")
    with h5py.File(run(snnsim, tmp_path)) as file:
        assert "accuracy" in file["test/outputs/digit"].attrs and "error" in file["test/outputs/angle"].attrs


def test_an_array_that_nothing_takes_is_told(snnsim, tmp_path):
    write(tmp_path, of=sets(lambda of: {**of, "depth": of["angle"]}))
    said = snnsim(tmp_path / "m.yaml", "-o", tmp_path / "out.h5", "--backend", "cpu")
    assert "train/depth is not used: no population of data.inputs or data.outputs takes it" in said.stdout + said.stderr


@pytest.mark.parametrize("old, new, says", [
    ("{eye: image, ", "{eye: imge, ", "own.h5: train/imge is missing: what an input is shown; did you mean 'image'?"),
    ("{digit: digit, a", "{digit: digits, a", "own.h5: train/digits is missing: the target of each sample; did you mean 'digit'?"),
    ("{eye: image, ", "{eyes: image, ", ":8:18: there is no population 'eyes'; did you mean 'eye'?"),
    ("{eye: image, ear: {x: sound, encode: {scheme: direct}}}", "{eye: image}", ":12:8: data.inputs has nothing for the input 'ear'"),
    ("{digit: digit, angle: angle}", "{digit: digit, angel: angle}", ":9:34: there is no population 'angel'; did you mean 'angle'?"),
    ("{digit: digit, angle: angle}", "{digit: digit, hidden: angle}", "'hidden' is no output: it projects to another population"),
    ("{digit: digit, angle: angle}", "{digit: digit}", ":15:10: data.outputs has no targets for the output 'angle'"),
    ("  inputs: {eye: image, ear: {x: sound, encode: {scheme: direct}}}\n", "",
     "there is more than one input (eye, ear): name what each is shown, as in data: {inputs: {eye: eye, ear: ear}}"),
    ("  outputs: {digit: digit, angle: angle}\n", "", "there is more than one output (digit, angle): name the targets of each"),
    ("{eye: image, ", '{eye: "", ', "x is empty: the name of an array"),
    ("encode: {scheme: direct}}", "encode: {scheme: direct, duration: 4 ms}}", "all inputs are shown for the duration of data.encode"),
    (", encode: {scheme: direct}", "", "poisson is for values that are the same at every step: write scheme: direct, as in ear:"),
    ("eye: {size: 8", "eye: {size: 9", "own.h5: train/image is [96, 2, 4]: a sample has 8 values"),
    ("angle: {size: 2", "angle: {size: 4", "the output 'angle' has 4 neurons, but a sample of angle of own.h5 has 2; write size: 2"),
    ("digit: {size: 3", "digit: {size: 2", "the output 'digit' has 2 neurons, but digit of own.h5 has 3 classes"),
    ("angle: {name: mse_mean", "angel: {name: mse_mean", "data.outputs has no output 'angel'; did you mean 'angle'?"),
    ("{digit: cross_entropy_mean, ", "{", "loss has none for the output 'digit'"),
    ("angle: {name: mse_mean, weight: 0.5}", "angle: cross_entropy_mean", "own.h5: train/angle is [96, 2]: cross_entropy_mean is for classes"),
    ("{digit: cross_entropy_mean,", "{digit: cross_entropy_count,", "cross_entropy_count counts spikes, but the output 'digit' is a leaky"),
    ("weight: 0.5", "weight: -1", "weight must be at least 0"),
    ("loss: {digit", "class_weights: balanced, loss: {digit", "write class_weights beside the name of a loss"),
    ("test: {}", "test: {arithmetic: fixed}", "samples are shown to 2 populations (data.inputs), in a simulation to one"),
    ("  set: file\n", "  set: mnist\n", "inputs is for set: file; here set is mnist"),
])
def test_what_does_not_fit(tmp_path, old, new, says):
    assert MODEL.count(old) == 1
    write(tmp_path, lambda text: text.replace(old, new))
    assert says in error_of(tmp_path / "m.yaml", "-o", tmp_path / "out.h5", "--backend", "cpu")


def test_numbers_of_samples_that_differ(tmp_path):
    of = sets()
    of["train"]["sound"] = of["train"]["sound"][:90]
    write(tmp_path, of=of)
    assert "train/image has 96 samples, but" in error_of(tmp_path / "m.yaml", "-o", tmp_path / "out.h5")
    of = sets()
    of["test"]["angle"] = of["test"]["angle"][:30]
    write(tmp_path, of=of)
    assert "test/image has 31 samples, but test/angle has 30" in error_of(tmp_path / "m.yaml", "-o", tmp_path / "out.h5")


def test_a_simulation_says_that_it_shows_one_input(snnsim, tmp_path):
    write(tmp_path)
    run(snnsim, tmp_path, out="out.h5")
    (tmp_path / "s.yaml").write_text("name: s\ndata: {set: file, file: own.h5}\nsimulate: {network: out.h5}\n")
    assert "s.yaml:3:21: the network cannot be simulated: samples are shown to 2 populations (data.inputs)" in \
        error_of(tmp_path / "s.yaml", "-o", tmp_path / "s.h5")
    assert "encode writes the spikes of one input" in error_of("encode", tmp_path / "m.yaml", "-o", tmp_path / "e.h5")


def test_weights_of_classes_and_samples_names_and_splits(snnsim, tmp_path):
    """What a set may have besides holds for each output, and a file with one set is cut."""
    def one_set(name):
        def change(arrays):
            return {**arrays, "weight": np.where(arrays["digit"] == 0, 2.0, 1.0), "speaker": np.arange(len(arrays["digit"])) // 12}
        return {name: change(samples(96, 1))}
    write(tmp_path, lambda text: text.replace("outputs: {digit: digit,", "test_share: 0.25\n  groups: speaker\n"
                                              "  outputs: {digit: {y: digit, class_names: [low, middle, high]},")
          .replace("epochs: 4", "epochs: 4, validation: 0.2, best_weights: true, early_stopping: {patience: 2}"), one_set(""))
    path = run(snnsim, tmp_path)
    with h5py.File(path) as file:
        assert file["test"].attrs["samples"] == 24
        assert list(file["test/outputs/digit"].attrs["class_names"].astype(str)) == ["low", "middle", "high"]
        weighted = file["training/outputs/digit/steps/loss"][0], file["training/outputs/angle/steps/loss"][0]
    loss = "train.loss.digit={name: cross_entropy_mean, class_weights: [2, 1, 1]}"
    with h5py.File(tmp_path / "own.h5", "r+") as file:
        file["weight"][:] = 1.0
    with h5py.File(run(snnsim, tmp_path, loss, out="by_class.h5")) as file:
        assert file["training/outputs/digit/steps/loss"][0] == weighted[0]    # the samples weighed in both
        assert file["training/outputs/angle/steps/loss"][0] != weighted[1]
    assert "class_weights has 2 values, but digit has 3 classes" in error_of(
        tmp_path / "m.yaml", "-o", tmp_path / "wrong.h5", "--set", loss.replace("[2, 1, 1]", "[2, 1]"))


def test_settings_reach_what_has_a_name(snnsim, tmp_path):
    write(tmp_path)
    for setting, key in (("data.inputs.eye.encode={scheme: regular}", "steps/loss"),
                         ("data.outputs.digit.class_names=[a, b, c]", "steps/accuracy")):
        path = run(snnsim, tmp_path, setting, "train.loss.digit.weight=2", out="set.h5")
        with h5py.File(path) as file:
            both = 2 * file["training/outputs/digit/steps/loss"][:] + 0.5 * file["training/outputs/angle/steps/loss"][:]
            assert np.allclose(file["training/steps/loss"][:], both, rtol=1e-12) and len(file[f"training/outputs/digit/{key}"]) == 24
            names = list(file["test/outputs/digit"].attrs.get("class_names", []))
    assert [str(name) for name in names] == ["a", "b", "c"]


def test_one_array_for_two_inputs(snnsim, tmp_path):
    """Each encodes it in its own way."""
    write(tmp_path, lambda text: text.replace("ear: {x: sound, encode: {scheme: direct}}", "ear: {x: image, encode: {scheme: latency}}")
          .replace("ear: {size: 5", "ear: {size: 8"))
    with h5py.File(run(snnsim, tmp_path)) as file:
        events = [file["energy/test/population"][name].attrs["events"] for name in ("eye", "ear")]
    assert events[1] > 0 and events[0] != events[1]
