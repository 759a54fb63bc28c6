"""Samples of the user's own: numbers and classes from .h5 and .npz, samples in steps, events, splits, weights, streaming."""

import os
import subprocess

import h5py
import numpy as np
import pytest

MODEL = """name: own
dt: 1 ms
seed: 3
data: {set: file, file: DATA, encode: {scheme: SCHEME, duration: 8 ms}}
populations:
  input: {size: 12, model: spike_source}
  hidden: {size: 24, model: lif, tau_m: 10 ms}
  output: {size: CLASSES, model: leaky_readout, tau_m: 20 ms}
projections:
  - {from: input, to: hidden, weight: {init: kaiming_uniform, gain: 2}, bias: true}
  - {from: hidden, to: output, bias: true}
train: {epochs: 4, batch: 16, optimizer: {name: adam, lr: 1e-2}, loss: cross_entropy_mean}
test: {}
"""
CLASSES = 3


def numbers(count, seed, shape=(12,)):
    """A third of the inputs is bright: which, is the class."""
    random = np.random.default_rng(seed)
    y = np.arange(count) % CLASSES
    x = random.uniform(0.0, 0.3, (count, 12))
    for k in range(count):
        x[k, 4 * y[k]:4 * y[k] + 4] += 0.7
    return x.reshape(count, *shape), y


def write_h5(path, sets, **more):
    with h5py.File(path, "w") as file:
        for name, arrays in sets.items():
            for key, values in arrays.items():
                file[f"{name}/{key}" if name else key] = values
        for key, values in more.items():
            file[key.replace("__", "/")] = values


def two_sets(change=lambda x, y: (x, y), shape=(12,)):
    out = {}
    for seed, (name, count) in enumerate((("train", 96), ("test", 31))):
        x, y = change(*numbers(count, seed, shape))
        out[name] = {"x": x, "y": y}
    return out


def write_model(folder, data="own.h5", scheme="poisson", classes=CLASSES, change=lambda text: text):
    text = MODEL.replace("DATA", data).replace("SCHEME", scheme).replace("CLASSES", str(classes))
    (folder / "m.yaml").write_text(change(text))
    return folder / "m.yaml"


def run(snnsim, folder, *settings, out="out.h5", threads=2):
    sets = [part for setting in settings for part in ("--set", setting)]
    done = snnsim(folder / "m.yaml", "-o", folder / out, "--force", "--backend", "cpu", "--threads", threads, *sets)
    return done.stdout


def weights_of(path):
    with h5py.File(path) as file:
        return {name: file[f"weights/{name}/weights"][:] for name in file["weights"]}


def same_runs(a, b):
    with h5py.File(a) as one, h5py.File(b) as other:
        assert one["test"].attrs["loss"] == other["test"].attrs["loss"]
        assert np.array_equal(one["test/prediction"][:], other["test/prediction"][:])
    one, other = weights_of(a), weights_of(b)
    assert all(np.array_equal(one[name], other[name]) for name in one)


def error_of(*arguments):
    if "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode != 0, done.stdout
    return done.stderr


def accuracy(path):
    with h5py.File(path) as file:
        return file["test"].attrs["accuracy"]


def test_bytes_are_shown_as_images_are(snnsim, tmp_path):
    """uint8 in any shape: value / 255, as real numbers of the same value."""
    def to_bytes(x, y):
        return np.round(x / 1.0 * 255).astype(np.uint8), y
    write_model(tmp_path)
    write_h5(tmp_path / "own.h5", two_sets(to_bytes, (3, 4)))
    run(snnsim, tmp_path, out="bytes.h5")
    assert accuracy(tmp_path / "bytes.h5") > 0.9
    write_h5(tmp_path / "own.h5", two_sets(lambda x, y: (to_bytes(x, y)[0].astype(np.float32) / np.float32(255), y)))
    run(snnsim, tmp_path, out="reals.h5")
    same_runs(tmp_path / "bytes.h5", tmp_path / "reals.h5")


def test_arrays_in_other_places_of_hdf5(snnsim, tmp_path):
    """Behind an external link, behind a user block, in chunks or not: the same samples, and streamed where that can be."""
    sets = two_sets()
    write_model(tmp_path)
    write_h5(tmp_path / "own.h5", sets)
    run(snnsim, tmp_path, out="plain.h5")
    os.rename(tmp_path / "own.h5", tmp_path / "other.h5")

    def expect_the_same(why_not_streamed=""):
        run(snnsim, tmp_path, out="again.h5")
        same_runs(tmp_path / "plain.h5", tmp_path / "again.h5")
        if why_not_streamed:
            assert why_not_streamed in error_of(tmp_path / "m.yaml", "-o", tmp_path / "not.h5", "--set", "data.stream=always")
        else:
            run(snnsim, tmp_path, "data.stream=always", out="again.h5")
            same_runs(tmp_path / "plain.h5", tmp_path / "again.h5")
    with h5py.File(tmp_path / "own.h5", "w") as file:
        for name in ("train/x", "train/y", "test/x", "test/y"):
            file[name] = h5py.ExternalLink("other.h5", name)
    expect_the_same("it lies in another file")
    for chunked in (False, True):
        with h5py.File(tmp_path / "other.h5") as stored, h5py.File(tmp_path / "own.h5", "w", userblock_size=512) as file:
            for name in ("train/x", "train/y", "test/x", "test/y"):
                values = stored[name][:]
                file.create_dataset(name, data=values, chunks=(8, *values.shape[1:]) if chunked else None)
        expect_the_same("it is stored in chunks, behind a user block" if chunked else "")


@pytest.mark.parametrize("scheme", ["direct", "poisson", "regular", "latency", "rank_order", "phase", "burst", "delta"])
def test_every_encoder_takes_real_numbers(snnsim, tmp_path, scheme):
    extra = {"poisson": ", max_rate: 500 Hz", "burst": ", n_max: 3"}.get(scheme, "")
    write_model(tmp_path, scheme=scheme + extra)
    write_h5(tmp_path / "own.h5", two_sets())
    run(snnsim, tmp_path, "train.epochs=8")
    assert accuracy(tmp_path / "out.h5") > 0.6


@pytest.mark.parametrize("loss", ["cross_entropy_max", "cross_entropy_last", "cross_entropy_step", "mse_count"])
def test_every_loss_of_classes(snnsim, tmp_path, loss):
    write_model(tmp_path, change=lambda t: t.replace("leaky_readout, tau_m: 20 ms", "lif, tau_m: 20 ms")
                if loss == "mse_count" else t)
    write_h5(tmp_path / "own.h5", two_sets())
    run(snnsim, tmp_path, f"train.loss={loss}", "train.epochs=8")
    assert accuracy(tmp_path / "out.h5") > 0.6


def test_npz_is_read_as_h5_is(snnsim, tmp_path):
    sets = two_sets()
    write_model(tmp_path)
    write_h5(tmp_path / "own.h5", sets)
    run(snnsim, tmp_path, out="h5.h5")
    arrays = {f"{key}_{name}": values for name, each in sets.items() for key, values in each.items()}
    arrays["x_train"] = np.asfortranarray(arrays["x_train"])
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "own.npz", **arrays)
        write_model(tmp_path, "own.npz")
        run(snnsim, tmp_path, out="npz.h5")
        same_runs(tmp_path / "h5.h5", tmp_path / "npz.h5")


def test_many_classes_and_their_names(snnsim, tmp_path):
    """300 classes do not fit a byte; the classes come from the labels, the names from the file."""
    def many(x, y):
        return x, np.arange(len(y)) * 37 % 300
    sets = two_sets(many)
    write_model(tmp_path, classes=300)
    write_h5(tmp_path / "own.h5", sets, classes=np.array([f"c{k}" for k in range(300)], dtype="S8"))
    text = run(snnsim, tmp_path, "train.epochs=1")
    missing = min(set(range(300)) - set(sets["train"]["y"].tolist()))
    assert "recall" in text and f"no training sample is of class {missing} (c{missing})" in text
    with h5py.File(tmp_path / "out.h5") as file:
        test = file["test"]
        assert test["label"][:].tolist() == sets["test"]["y"].tolist() and test["label"].dtype == np.int32
        assert test["confusion"].shape == (300, 300) and test["confusion"][:].sum() == 31
        assert test.attrs["classes"] == 300 and test.attrs["class_names"][299] == "c299"
        found = test["recall"][:]
        label, prediction = test["label"][:], test["prediction"][:]
        for k in np.unique(label):
            assert found[k] == np.mean(prediction[label == k] == k)
        assert np.isnan(found[1])


STEPS = 8


def in_steps(count, seed):
    """Spikes of the inputs of the class, which differ in when they come."""
    random = np.random.default_rng(seed)
    y = np.arange(count) % CLASSES
    x = (random.uniform(size=(count, STEPS, 12)) < 0.05).astype(np.uint8)
    for k in range(count):
        x[k, :, 4 * y[k]:4 * y[k] + 4] |= (random.uniform(size=(STEPS, 4)) < 0.5).astype(np.uint8)
    return x, y


def events_of(x, dt=1000):
    """Times in us within each step, in no order, and the unit of each."""
    offsets, t, unit = [0], [], []
    random = np.random.default_rng(5)
    for sample in x:
        step, cell = np.nonzero(sample)
        order = random.permutation(len(step))
        t += (step[order] * dt + random.integers(0, dt, len(step))).tolist()
        unit += cell[order].tolist()
        offsets.append(len(t))
    return {"offsets": np.array(offsets), "t": np.array(t, np.int64), "unit": np.array(unit, np.uint16)}


def test_steps_and_events_of_the_same_spikes_are_the_same_run(snnsim, tmp_path):
    train, test = in_steps(96, 1), in_steps(31, 2)
    write_model(tmp_path, scheme="direct")
    write_h5(tmp_path / "own.h5", {"train": {"x": train[0], "y": train[1]}, "test": {"x": test[0], "y": test[1]}})
    run(snnsim, tmp_path, out="steps.h5")
    assert accuracy(tmp_path / "steps.h5") > 0.9
    with h5py.File(tmp_path / "steps.h5") as file:
        operations = file["energy/test/forward/input_to_hidden"].attrs
        # Spikes are added, not multiplied.
        assert operations["acs"] == test[0].sum() * 24 and operations["macs"] == 0
    write_h5(tmp_path / "own.h5", {"train": {"y": train[1], **events_of(train[0])},
                                   "test": {"y": test[1], **events_of(test[0])}})
    run(snnsim, tmp_path, out="events.h5")
    same_runs(tmp_path / "steps.h5", tmp_path / "events.h5")
    # The same numbers as real ones are multiplied, and give the same sums.
    write_h5(tmp_path / "own.h5", {"train": {"x": train[0].astype("f4"), "y": train[1]},
                                   "test": {"x": test[0].astype("f4"), "y": test[1]}})
    run(snnsim, tmp_path, out="reals.h5")
    assert accuracy(tmp_path / "reals.h5") > 0.9
    with h5py.File(tmp_path / "reals.h5") as file:
        assert file["energy/test/forward/input_to_hidden"].attrs["macs"] == test[0].sum() * 24


def test_several_events_in_a_step_are_one_spike_or_counted(snnsim, tmp_path):
    train, test = in_steps(96, 1), in_steps(31, 2)
    twice = {name: {"y": y, **events_of(np.repeat(x, 2, axis=0))} for name, (x, y) in (("train", train), ("test", test))}
    for each in twice.values():  # two samples of the same spikes become one with all twice
        each["offsets"] = each["offsets"][::2]
    write_model(tmp_path, scheme="direct")
    write_h5(tmp_path / "own.h5", twice)
    run(snnsim, tmp_path, out="clipped.h5")
    with h5py.File(tmp_path / "clipped.h5") as file:
        assert file["energy/test/forward/input_to_hidden"].attrs["acs"] == test[0].sum() * 24
    run(snnsim, tmp_path, "data.events=counted", out="counted.h5")
    write_h5(tmp_path / "own.h5", {"train": {"x": 2 * train[0], "y": train[1]}, "test": {"x": 2 * test[0], "y": test[1]}})
    run(snnsim, tmp_path, out="two.h5")
    same_runs(tmp_path / "counted.h5", tmp_path / "two.h5")


def test_events_of_a_sensor(snnsim, tmp_path):
    """x, y, p of a sensor of 2 x 3: input (p * height + y) * width + x. -1 is OFF, which is said."""
    train, test = in_steps(96, 1), in_steps(31, 2)
    write_model(tmp_path, scheme="direct")
    write_h5(tmp_path / "own.h5", {"train": {"x": train[0], "y": train[1]}, "test": {"x": test[0], "y": test[1]}})
    run(snnsim, tmp_path, out="steps.h5")

    def sensor(x, y):
        events = events_of(x)
        unit = events.pop("unit").astype(int)
        return {"labels": y, **events, "x": unit % 3, "y": unit // 3 % 2, "p": np.where(unit // 6 > 0, 1, -1)}
    write_h5(tmp_path / "own.h5", {"train": sensor(*train), "test": sensor(*test)})
    said = run(snnsim, tmp_path, "data.height=2", "data.width=3", out="sensor.h5")
    assert "train/p is -1 and 1: -1 is read as 0 (OFF)" in said
    same_runs(tmp_path / "steps.h5", tmp_path / "sensor.h5")
    with h5py.File(tmp_path / "own.h5", "a") as file:
        for name in ("train", "test"):
            file[f"{name}/x"].attrs["height"], file[f"{name}/x"].attrs["width"] = 2, 3
    run(snnsim, tmp_path, out="attributes.h5")
    same_runs(tmp_path / "steps.h5", tmp_path / "attributes.h5")
    assert "event 0 of sample" in error_of("check", tmp_path / "m.yaml", "--set", "data.height=2", "--set", "data.width=2",
                                           "--set", "populations.input.size=8")


def write_shd(path, x, y, speakers, dtype):
    """As the Heidelberg digits are stored."""
    with h5py.File(path, "w") as file:
        rows = len(x)
        times = file.create_dataset("spikes/times", (rows,), dtype=h5py.vlen_dtype(dtype))
        units = file.create_dataset("spikes/units", (rows,), dtype=h5py.vlen_dtype(np.uint16))
        for k in range(rows):
            step, unit = np.nonzero(x[k])
            times[k], units[k] = ((step + 0.5) / 1000).astype(dtype), unit.astype(np.uint16)
        file["labels"], file["extra/speaker"] = y.astype(np.uint16), speakers.astype(np.uint16)
        file["extra/keys"] = np.array(["zero", "one", "two"], dtype="S5")


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_the_layout_of_shd(snnsim, tmp_path, dtype):
    train, test = in_steps(96, 1), in_steps(31, 2)
    train[0][5] = 0  # a row without events
    train[0][6] = 0
    train[0][6, 3, 2] = 1  # and one with one
    write_model(tmp_path, scheme="direct")
    write_h5(tmp_path / "own.h5", {"train": {"x": train[0], "y": train[1]}, "test": {"x": test[0], "y": test[1]}})
    run(snnsim, tmp_path, out="steps.h5")
    speakers = np.arange(96) % 4
    write_shd(tmp_path / "shd_train.h5", *train, speakers, dtype)
    write_shd(tmp_path / "shd_test.h5", *test, np.full(31, 9), dtype)
    write_model(tmp_path, "shd_train.h5, test_file: shd_test.h5", scheme="direct")
    said = run(snnsim, tmp_path, out="shd.h5")
    same_runs(tmp_path / "steps.h5", tmp_path / "shd.h5")
    assert "(zero)" in said or "(one)" in said or "(two)" in said
    said = run(snnsim, tmp_path, "data.encode.duration=5 ms", out="late.h5")
    late = int(train[0][:, 5:].sum())
    assert f"{late:,} events are later than the 5 ms" in said


def test_splits_hold_out_whole_groups(snnsim, tmp_path):
    """Of 4 speakers one is for testing and one for validation: the training is one of the two others alone."""
    x, y = numbers(120, 1)
    groups = np.repeat([3, 8, 8, 11, 20, 20], 20)
    write_model(tmp_path, "own.h5, test_share: 0.25, groups: speaker")
    write_h5(tmp_path / "own.h5", {"": {"x": x, "y": y, "speaker": groups}})
    run(snnsim, tmp_path, "train.validation=0.34", out="groups.h5")
    with h5py.File(tmp_path / "groups.h5") as file:
        tested = file["test"].attrs["samples"]
        steps = len(file["training/steps/loss"])
        labels = file["test/label"][:]
    held = {count: [g for g in (3, 8, 11, 20) if (groups == g).sum() == count] for count in (20, 40)}
    assert tested in held
    candidates = [g for g in held[tested] if np.array_equal(y[groups == g], labels)]
    assert candidates
    left = 120 - tested
    # Whole groups: what is left is a sum of their sizes, and each epoch has as many updates.
    assert steps // 4 in {-(-(left - v) // 16) for v in (20, 40)}
    assert "leave data.test_share out" in error_of("check", write_with_test(tmp_path))


def write_with_test(folder):
    write_h5(folder / "own.h5", {name: {**each, "speaker": np.zeros(len(each["y"]), int)}
                                 for name, each in two_sets().items()})
    return folder / "m.yaml"


def test_validation_samples_of_their_own(snnsim, tmp_path):
    sets = two_sets()
    x, y = numbers(30, 9)
    write_model(tmp_path)
    write_h5(tmp_path / "own.h5", {**sets, "valid": {"x": x, "y": y}})
    run(snnsim, tmp_path, "train.best_weights=true", out="own_valid.h5")
    with h5py.File(tmp_path / "own_valid.h5") as file:
        assert len(file["training/epochs/validation_accuracy"]) == 4 and len(file["training/steps/loss"]) == 4 * 6
    write_h5(tmp_path / "own.h5", sets)
    run(snnsim, tmp_path, out="none.h5")
    write_h5(tmp_path / "other.h5", {"": {"x": x, "y": y}})
    write_model(tmp_path, "own.h5, valid_file: other.h5")
    run(snnsim, tmp_path, "train.best_weights=true", out="file.h5")
    same_runs(tmp_path / "own_valid.h5", tmp_path / "file.h5")
    # They train nothing.
    run(snnsim, tmp_path, out="seen.h5")
    same_runs(tmp_path / "none.h5", tmp_path / "seen.h5")
    assert "has validation samples of its own" in error_of("check", tmp_path / "m.yaml", "--set", "train.validation=0.1")
    write_model(tmp_path)
    assert "train.best_weights needs validation samples" in error_of("check", tmp_path / "m.yaml", "--set",
                                                                    "train.best_weights=true")


def test_weights_of_samples_and_classes(snnsim, tmp_path):
    """A weight of 0 leaves a sample out, as to the gradient; classes and samples multiply."""
    sets = two_sets()
    y = sets["train"]["y"]
    one = ["train.epochs=1", "train.batch=96", "train.optimizer={name: sgd, lr: 0.1}", "test={}"]
    weight = np.random.default_rng(1).uniform(0.0, 2.0, 96).astype("f4")
    each = np.array([0.5, 2.0, 1.5])
    write_model(tmp_path)
    start = weights_of_start(snnsim, tmp_path, sets)
    moved = {}
    for name, stored, listed in (("both", weight, "[0.5, 2, 1.5]"),
                                 ("product", (weight.astype(float) * each[y]).astype("f4"), "[]"),
                                 ("double", (2 * weight.astype(float) * each[y]).astype("f4"), "[]")):
        write_h5(tmp_path / "own.h5", {**sets, "train": {**sets["train"], "weight": stored}})
        run(snnsim, tmp_path, *one, *([f"train.class_weights={listed}"] if listed != "[]" else []), out=f"{name}.h5")
        moved[name] = {k: w - start[k] for k, w in weights_of(tmp_path / f"{name}.h5").items()}
    same_runs(tmp_path / "both.h5", tmp_path / "product.h5")
    for k in moved["both"]:  # the gradient is proportional to the weight
        assert moved["double"][k] == pytest.approx(2 * moved["both"][k], rel=2e-2, abs=1e-6)
    # balanced: samples / (classes * samples of the class)
    keep = np.concatenate([np.nonzero(y == 0)[0], np.nonzero(y == 1)[0][:8], np.nonzero(y == 2)[0][:16]])
    few = {"x": sets["train"]["x"][keep], "y": y[keep]}
    write_h5(tmp_path / "own.h5", {**sets, "train": few})
    run(snnsim, tmp_path, *one, "train.class_weights=balanced", out="balanced.h5")
    listed = ", ".join(repr(56 / (3 * n)) for n in (32, 8, 16))
    run(snnsim, tmp_path, *one, f"train.class_weights=[{listed}]", out="listed.h5")
    same_runs(tmp_path / "balanced.h5", tmp_path / "listed.h5")
    assert "class_weights has 2 values, but own.h5 has 3 classes" in error_of(
        "run", tmp_path / "m.yaml", "-o", tmp_path / "x.h5", "--set", "train.class_weights=[1, 2]")


def weights_of_start(snnsim, folder, sets):
    write_h5(folder / "own.h5", sets)
    run(snnsim, folder, "train.epochs=0", out="start.h5")
    return weights_of(folder / "start.h5")


@pytest.mark.parametrize("kind", ["contiguous", "chunked", "packed", "bytes", "half", "npz", "steps", "events"])
def test_streamed_samples_give_the_same_bits(snnsim, tmp_path, kind):
    sets = two_sets()
    scheme = "poisson"
    if kind == "bytes":
        sets = two_sets(lambda x, y: (np.round(x * 255).astype(np.uint8), y), (3, 4))
    if kind == "half":
        sets = two_sets(lambda x, y: (x.astype(np.float16), y))
    if kind in ("steps", "events"):
        scheme = "direct"
        for name, seed in (("train", 1), ("test", 2)):
            x, y = in_steps(len(sets[name]["y"]), seed)
            sets[name] = {"y": y, **events_of(x)} if kind == "events" else {"x": x, "y": y}
    data = "own.npz" if kind == "npz" else "own.h5"
    write_model(tmp_path, data, scheme)
    if kind == "npz":
        np.savez(tmp_path / data, **{f"{key}_{name}": v for name, each in sets.items() for key, v in each.items()})
    else:
        with h5py.File(tmp_path / data, "w") as file:
            for name, each in sets.items():
                for key, values in each.items():
                    how = {}
                    if key == "x" and kind in ("chunked", "packed"):
                        how = {"chunks": (5, *values.shape[1:])}
                        if kind == "packed":
                            how |= {"compression": "gzip", "shuffle": True}
                    file.create_dataset(f"{name}/{key}", data=values, **how)
    settings = ["train.validation=0.1", "data.train_samples=90"]
    run(snnsim, tmp_path, *settings, "data.stream=never", out="memory.h5")
    run(snnsim, tmp_path, *settings, "data.stream=always", out="stream.h5")
    same_runs(tmp_path / "memory.h5", tmp_path / "stream.h5")
    with h5py.File(tmp_path / "memory.h5") as a, h5py.File(tmp_path / "stream.h5") as b:
        assert np.array_equal(a["training/steps/loss"][:], b["training/steps/loss"][:])
        assert np.array_equal(a["training/epochs/validation_loss"][:], b["training/epochs/validation_loss"][:])


def change_of(name, key, change):
    def changed(sets):
        sets[name][key] = change(sets[name][key])
        return sets
    return changed


def with_values(index, value):
    def change(x):
        x = np.array(x, dtype=float)
        x[index] = value
        return x
    return change


@pytest.mark.parametrize("change, message", [
    (change_of("train", "x", with_values((7, 2), np.nan)), "own.h5: train/x is nan in sample 7, value 2 (from 0)"),
    (change_of("test", "x", with_values((7, 2), 1.5)), "test/x is 1.5 in sample 7, value 2 (from 0); poisson takes values from 0 to 1"),
    (change_of("train", "x", with_values((0, 0), -0.1)), "train/x is -0.1 in sample 0, value 0 (from 0)"),
    (change_of("train", "y", lambda y: y[:-1]), "train/x has 96 samples, but train/y has 95"),
    (change_of("train", "y", lambda y: y - 1), "train/y is -1 in sample 0 (from 0); classes are numbered from 0"),
    (change_of("train", "y", lambda y: y + 0.5), "train/y is 0.5 in sample 0 (from 0); cross_entropy_mean is for classes, which are whole "
                                                "numbers; real numbers take loss: mse_mean"),
    (change_of("train", "y", lambda y: np.eye(3)[y]), "train/y is [96, 3]: cross_entropy_mean is for classes"),
    (change_of("test", "y", lambda y: y + 2), "the output 'output' has 3 neurons, but own.h5 has 5 classes, 0 to 4"),
    (change_of("train", "x", lambda x: x[:, :7]), "a sample of train/x has 7 values, but one of test/x has 12"),
    (lambda sets: {k: {"x": v["x"][:, :7], "y": v["y"]} for k, v in sets.items()},
     "the input 'input' has 12 neurons, but a sample of own.h5 has 7; write size: 7"),
    (change_of("train", "x", lambda x: x[:0]), "train/x is empty"),
    (change_of("train", "x", lambda x: np.full(x.shape, b"a", dtype="S1")), "train/x must hold numbers; it holds texts"),
    (change_of("test", "x", lambda x: (x * 255).astype(np.uint8)), "train/x is float64, but"),
    (lambda sets: {"train": sets["train"]}, "there are no test samples"),
    (lambda sets: {k: {"x": np.zeros((len(v["y"]), 5, 12)), "y": v["y"]} for k, v in sets.items()},
     "train/x is [96, 5, 12], in steps; poisson is for values that are the same at every step"),
])
def test_mistakes_in_numbers(tmp_path, change, message):
    write_model(tmp_path)
    write_h5(tmp_path / "own.h5", change(two_sets()))
    assert message in error_of("check", tmp_path / "m.yaml")


@pytest.mark.parametrize("change, message", [
    (change_of("train", "offsets", lambda o: np.where(np.arange(len(o)) == 3, 0, o)), "offsets ascend"),
    (change_of("train", "offsets", lambda o: o + 0.5), "must be whole numbers"),
    (change_of("train", "offsets", lambda o: o[:-1]), "train/offsets ends with"),
    (change_of("train", "unit", lambda u: np.where(np.arange(len(u)) == 0, 12, u)),
     "train/unit is 12 in event 0 of sample 0 (from 0); the input has 12 neurons"),
    (change_of("train", "unit", lambda u: u[:-1]), "both must have one value for each event"),
    (change_of("train", "t", lambda t: -t - 1), "in event 0 of sample 0 (from 0); times start at 0"),
    (change_of("test", "unit", lambda u: u.astype(float)), "test/unit must be whole numbers"),
])
def test_mistakes_in_events(tmp_path, change, message):
    train, test = in_steps(96, 1), in_steps(31, 2)
    write_model(tmp_path, scheme="direct")
    write_h5(tmp_path / "own.h5", change({"train": {"y": train[1], **events_of(train[0])},
                                          "test": {"y": test[1], **events_of(test[0])}}))
    assert message in error_of("check", tmp_path / "m.yaml")


def test_samples_in_steps_need_as_many(tmp_path):
    train, test = in_steps(96, 1), in_steps(31, 2)
    write_model(tmp_path, scheme="direct")
    write_h5(tmp_path / "own.h5", {"train": {"x": train[0], "y": train[1]}, "test": {"x": test[0], "y": test[1]}})
    message = error_of("check", tmp_path / "m.yaml", "--set", "data.encode.duration=9 ms")
    assert "train/x is [96, 8, 12], 8 steps, but a sample is shown for 9 steps" in message and "write duration: 8 ms" in message


def test_mistakes_while_streaming_name_the_sample(tmp_path):
    sets = two_sets()
    sets["train"]["x"] = np.tile(sets["train"]["x"], (4, 1))  # beyond those that are looked at first
    sets["train"]["y"] = np.tile(sets["train"]["y"], 4)
    sets["train"]["x"][300, 5] = np.inf
    write_model(tmp_path)
    write_h5(tmp_path / "own.h5", sets)
    message = error_of("run", tmp_path / "m.yaml", "-o", tmp_path / "a.h5", "--set", "data.stream=always", "--backend", "cpu")
    assert "train/x is inf in sample 300, value 5 (from 0)" in message


def test_what_is_hardly_meant_so(snnsim, tmp_path):
    sets = two_sets()
    for each in sets.values():
        each["x"][:, 3] = 0.25
    write_model(tmp_path, "own.h5, class_names: [a, b, c, d]", classes=5)
    write_h5(tmp_path / "own.h5", sets)
    said = run(snnsim, tmp_path, "train.epochs=1")
    assert "1 of 12 inputs have the same value in all training samples" in said
    assert "no training sample is of class 3 (d)" in said
    assert "only the first so many neurons are read" in said
    assert "train/y is 2 in sample 2 (from 0); there are 2 class names" in error_of(
        "check", tmp_path / "m.yaml", "--set", "data.class_names=[a, b]")


SIMULATION = """name: shown
seed: 2
dt: 1 ms
data: {set: file, file: own.h5}
populations:
  input: {size: 12, model: poisson_source}
  cells: {size: 6, model: iaf_psc_delta, tau_m: 20 ms, e_l: 0 mV, v_th: 10 mV, v_reset: 0 mV, t_ref: 2 ms}
projections:
  - from: input
    to: cells
    connect: all_to_all
    delay: 1 ms
    weight: {distribution: uniform, low: 0 mV, high: 4 mV}
    plasticity: {rule: stdp, w_max: 8 mV, a_plus: 0.05, a_minus: 0.04}
simulate:
  phases:
    - name: learn
      present: {population: input, samples: train, responses: cells, count: 60, order: shuffled, max_rate: 200 Hz, duration: 50 ms,
                rest: 20 ms, assign: true}
    - name: test
      plastic: false
      present: {population: input, samples: test, responses: cells, max_rate: 200 Hz, duration: 50 ms, rest: 20 ms, evaluate: true}
record:
  - {population: input, what: spikes}
  - {population: cells, what: spikes}
"""


def test_phases_show_samples_of_the_users_own(snnsim, tmp_path):
    (tmp_path / "s.yaml").write_text(SIMULATION)
    sets = two_sets(lambda x, y: (np.round(x * 255).astype(np.uint8), y), (3, 4))
    digests = []
    for values in (lambda x: x, lambda x: x / 255.0):
        write_h5(tmp_path / "own.h5", {name: {"x": values(each["x"]), "y": each["y"]} for name, each in sets.items()})
        snnsim(tmp_path / "s.yaml", "-o", tmp_path / "s.h5", "--force", "--backend", "cpu")
        with h5py.File(tmp_path / "s.h5") as file:
            digests.append(file.attrs["spike_digest"])
            assert file["trials/label"][60:].tolist() == sets["test"]["y"].tolist()
            assert file["phases/test/confusion"].shape == (CLASSES, CLASSES)
            assert any("own.h5" in line for line in file.attrs["inputs"])
            rates = np.zeros((CLASSES, 12))
            spikes, start = file["spikes/input/timestamps"][:], file["trials/start"][:]
            trial = np.searchsorted(start, spikes) - 1
            np.add.at(rates, (file["trials/label"][:][trial], file["spikes/input/node_ids"][:]), 1)
        assert [row.argmax() // 4 for row in rates] == [0, 1, 2]
    # Rates are 32-bit numbers of reals and 64-bit ones of bytes; few spikes differ, if any.
    assert len(digests[0]) == 64
    write_h5(tmp_path / "own.h5", {name: {"x": 2.0 * each["x"] / 255.0, "y": each["y"]} for name, each in sets.items()})
    message = error_of("run", tmp_path / "s.yaml", "-o", tmp_path / "x.h5", "--backend", "cpu")
    assert "a phase, which shows them as rates, takes values from 0 to 1" in message
    (tmp_path / "s.yaml").write_text(SIMULATION.replace("input: {size: 12", "input: {size: 13"))
    write_h5(tmp_path / "own.h5", sets)
    message = error_of("run", tmp_path / "s.yaml", "-o", tmp_path / "x.h5", "--backend", "cpu")
    assert "the input 'input' has 13 neurons, but" in message and "train/x is [96, 3, 4]: a sample has 12 values" in message


def test_encode_writes_spikes_of_own_samples(snnsim, tmp_path):
    sets = two_sets()
    write_model(tmp_path, scheme="latency")
    write_h5(tmp_path / "own.h5", sets)
    snnsim("encode", tmp_path / "m.yaml", "-o", tmp_path / "e.h5", "--samples", 5)
    with h5py.File(tmp_path / "e.h5") as file:
        assert file["trials/label"][:].tolist() == sets["test"]["y"][:5].tolist()
        spikes = file["spikes/input"]
        first = spikes["node_ids"][:][spikes["trial"][:] == 0]
        x = sets["test"]["x"][0].astype("f4")
        assert sorted(first.tolist()) == np.nonzero(x >= 0.01)[0].tolist()


def test_a_folder_of_arrays_is_as_an_archive_of_them(snnsim, tmp_path):
    """x_train.npy, y_train.npy, ... in a folder; numbers, steps and events."""
    steps = two_sets(lambda x, y: (np.stack([x, 1 - x] * 4, axis=1).astype(np.float32), y))
    events = {name: {"offsets": 3 * np.arange(len(sets["y"]) + 1), "t": np.tile([0, 1000, 6500], len(sets["y"])),
                     "unit": np.tile([0, 1, 2], len(sets["y"])) + np.repeat(4 * sets["y"], 3), "y": sets["y"]}
              for name, sets in two_sets().items()}
    for case, sets, scheme in (("numbers", two_sets(), "poisson"), ("steps", steps, "direct"), ("events", events, "direct")):
        arrays = {f"{key}_{name}": values for name, arrays in sets.items() for key, values in arrays.items()}
        np.savez(tmp_path / f"{case}.npz", **arrays)
        (tmp_path / case).mkdir()
        for name, values in arrays.items():
            np.save(tmp_path / case / f"{name}.npy", values)
        for data, out in ((f"{case}.npz", "npz.h5"), (f"{case}/", "npy.h5")):
            write_model(tmp_path, data, scheme)
            run(snnsim, tmp_path, out=out)
        same_runs(tmp_path / "npz.h5", tmp_path / "npy.h5")
        run(snnsim, tmp_path, "data.stream=always", out="stream.h5")
        same_runs(tmp_path / "npz.h5", tmp_path / "stream.h5")
        with h5py.File(tmp_path / "npy.h5") as file:
            named = [str(line) for line in file.attrs["inputs"]]
        assert sorted(line[66:] for line in named) == sorted(f"{case}/{name}.npy" for name in arrays)


@pytest.mark.parametrize("change, message", [
    (lambda folder: (folder / "y_train.npy").unlink(), "y_train is missing"),
    (lambda folder: (folder / "x_test.npy").write_bytes(b"no array"), "x_test.npy"),
    (lambda folder: (folder / "x_test.npy").write_bytes((folder / "x_test.npy").read_bytes()[:300]), "x_test.npy"),
    (lambda folder: [file.unlink() for file in folder.iterdir()], "x_train is missing"),
])
def test_what_is_wrong_in_a_folder_is_named(tmp_path, change, message):
    folder = tmp_path / "arrays"
    folder.mkdir()
    for name, arrays in two_sets().items():
        for key, values in arrays.items():
            np.save(folder / f"{key}_{name}.npy", values)
    change(folder)
    said = error_of(write_model(tmp_path, "arrays/"), "-o", tmp_path / "out.h5")
    assert message in said
