"""Recordings of cameras and cochleas: `snnsim events` makes samples of them, which networks are trained on."""

import os
import struct
import subprocess

import h5py
import numpy as np
import pytest

CLASSES = ("a", "b", "c")

MODEL = """name: events
dt: 10 ms
seed: 3
data: {set: file, file: out.h5, events: counted, encode: {scheme: direct, duration: 60 ms}}
populations:
  input: {size: INPUTS, model: spike_source}
  hidden: {size: 24, model: lif, tau_m: 20 ms}
  output: {size: 3, model: leaky_readout, tau_m: 40 ms}
projections:
  - {from: input, to: hidden, weight: {init: kaiming_uniform, gain: 2}, bias: true}
  - {from: hidden, to: output, bias: true}
train: {epochs: 6, batch: 12, optimizer: {name: adam, lr: 1e-2}, loss: cross_entropy_mean}
test: {}
"""


def nmnist_bytes(events):
    """x, y, t, p as five bytes each."""
    return b"".join(bytes((x, y, p << 7 | t >> 16 & 127, t >> 8 & 255, t & 255)) for x, y, t, p in events)


def stripe(label, seed, count=60):
    """Events in the columns of a class."""
    random = np.random.default_rng(seed)
    t = np.sort(random.integers(0, 60_000, count))
    return [(int(random.integers(11 * label, 11 * label + 8)), int(random.integers(0, 34)), int(when), int(k % 2))
            for k, when in enumerate(t)]


def write_nmnist(folder, counts={"Train": 36, "Test": 12}):
    """As N-MNIST is unpacked: Train/CLASS/NUMBER.bin. Returns how many events each set has."""
    events = {}
    for s, (name, count) in enumerate(counts.items()):
        for k in range(count):
            file = folder / name / CLASSES[k % 3] / f"{k:05}.bin"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(nmnist_bytes(stripe(k % 3, 1000 * s + k)))
            events[name] = events.get(name, 0) + 60
    return events


def refused(*arguments):
    """What the program says as it ends with an error."""
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "events", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode in (1, 2), done.stdout + done.stderr
    return done.stderr


def attributes(file, path):
    return dict(file[path].attrs)


def test_a_folder_of_classes_is_trained_on(snnsim, tmp_path):
    events = write_nmnist(tmp_path / "set")
    (tmp_path / "set/Train/a/readme.txt").write_text("no recording")
    out = tmp_path / "out.h5"
    said = snnsim("events", tmp_path / "set", "-o", out, "--format", "nmnist", "--pool", 2).stdout
    assert "train: 36 samples, 2,160 events" in said and "578 inputs (2 x 17 x 17)" in said
    assert "1 file in the folders is none of the format nmnist" in said
    with h5py.File(out) as file:
        assert file.attrs["format"] == "snnsim samples"
        assert [name.decode() for name in file["classes"]] == list(CLASSES)
        assert list(file["train/labels"][:6]) == [0, 1, 2, 0, 1, 2]      # the classes take turns
        assert file["train/offsets"][-1] == len(file["train/t"]) == events["Train"]
        assert (file["train/x"].attrs["width"], file["train/x"].attrs["height"]) == (17, 17)
        chosen = attributes(file, "events")
        assert (chosen["time_marks"], chosen["origin"], chosen["pool"]) == ("add", "stored", 2)
        assert attributes(file, "events/test")["events"] == events["Test"]
        first = np.array(stripe(0, 0))
        n = file["train/offsets"][1]
        for name, column in zip("xytp", (first[:, 0] // 2, first[:, 1] // 2, first[:, 2], first[:, 3])):
            assert np.array_equal(file[f"train/{name}"][:n], column)
    (tmp_path / "m.yaml").write_text(MODEL.replace("INPUTS", "578"))
    snnsim(tmp_path / "m.yaml", "-o", tmp_path / "run.h5", "--progress", "none")
    with h5py.File(tmp_path / "run.h5") as run:
        assert run["test"].attrs["accuracy"] > 0.9
        assert list(run["test"].attrs["class_names"]) == list(CLASSES)


def test_frames_hold_all_events(snnsim, tmp_path):
    events = write_nmnist(tmp_path / "set")
    for values, kind in (("count", np.uint16), ("binary", np.uint8)):
        snnsim("events", tmp_path / "set", "-o", tmp_path / "out.h5", "--format", "nmnist", "--pool", 17, "--force",
               "--duration", "60 ms", "--frame", "10 ms", "--values", values, "--polarity", "merge")
        with h5py.File(tmp_path / "out.h5") as file:
            x = file["train/x"]
            assert x.shape == (36, 6, 4) and x.dtype == kind
            assert x[:].sum() == events["Train"] if values == "count" else x[:].max() == 1
            t, offsets = np.array([e[2] for e in stripe(0, 0)]), x[0].sum(axis=1)
            if values == "count":
                assert np.array_equal(offsets, np.bincount(t // 10_000, minlength=6))
    (tmp_path / "m.yaml").write_text(MODEL.replace("INPUTS", "4").replace("events: counted, ", ""))
    snnsim(tmp_path / "m.yaml", "-o", tmp_path / "run.h5", "--progress", "none", "--set", "train.epochs=1")


def test_time_surfaces(snnsim, tmp_path):
    write_nmnist(tmp_path / "set", {"Train": 6, "Test": 3})
    shape = ["--format", "nmnist", "--pool", 17, "--polarity", "merge", "--duration", "60 ms", "--frame", "10 ms"]
    snnsim("events", tmp_path / "set", "-o", tmp_path / "out.h5", *shape, "--values", "surface", "--tau", "20 ms")
    with h5py.File(tmp_path / "out.h5") as file:
        x = file["train/x"]
        assert x.shape == (6, 6, 4) and x.dtype == np.float32
        expected = np.zeros((6, 2, 2))
        for frame in range(6):
            for column, row, t, _ in stripe(0, 0):
                end = 10_000 * (frame + 1)
                if t < end:
                    expected[frame, row // 17, column // 17] = np.exp(-(end - t) / 20_000)
        assert np.allclose(x[0], expected.reshape(6, 4), rtol=1e-6)
        assert file["events"].attrs["values"] == "surface" and file["events"].attrs["tau"] == 20
    (tmp_path / "m.yaml").write_text(MODEL.replace("INPUTS", "4").replace("events: counted, ", ""))
    snnsim(tmp_path / "m.yaml", "-o", tmp_path / "run.h5", "--progress", "none", "--set", "train.epochs=1")
    for wrong in (["--values", "surface"], ["--tau", "20 ms"]):
        assert "--tau" in refused(tmp_path / "set", "-o", tmp_path / "no.h5", *shape, *wrong)


def test_a_class_that_is_only_tested_is_told_of(snnsim, tmp_path):
    write_nmnist(tmp_path / "set", {"Train": 2, "Test": 6})      # classes a and b; a, b and c
    said = snnsim("events", tmp_path / "set", "-o", tmp_path / "out.h5", "--format", "nmnist", "--pool", 2).stdout
    assert "warning: class 2 (c) has 2 samples in the set test, and none to train with" in said
    (tmp_path / "m.yaml").write_text(MODEL.replace("INPUTS", "578"))
    done = snnsim(tmp_path / "m.yaml", "-o", tmp_path / "run.h5", "--progress", "none", "--set", "train.epochs=1", "--set", "train.batch=2")
    assert "no training sample is of class 2 (c), but 2 of the test set are" in done.stdout + done.stderr


@pytest.mark.parametrize("name, sum_told", [("shd_train.h5.zip", True), ("SSC_valid.h5.zip", True), ("Train.zip", True),
                                            ("DvsGesture.tar.gz", True), ("mine.zip", False)])
def test_archives_are_named(snnsim, tmp_path, name, sum_told):
    (tmp_path / name).write_bytes(b"PK but cut")
    said = refused(tmp_path / name, "-o", tmp_path / "out.h5", "--format", "shd")
    assert f"{name} is an archive: unpack it" in said and ("it is cut off, or another one" in said) == sum_told


def test_events_are_shown_as_spikes(snnsim, tmp_path):
    """`snnsim encode` writes what the network is shown of a file of events, several in one step as one."""
    write_nmnist(tmp_path / "set", {"Train": 6, "Test": 3})
    snnsim("events", tmp_path / "set", "-o", tmp_path / "out.h5", "--format", "nmnist", "--pool", 17)
    (tmp_path / "m.yaml").write_text(MODEL.replace("INPUTS", "8"))
    said = snnsim("encode", tmp_path / "m.yaml", "--train", "--samples", 2, "-o", tmp_path / "spikes.h5").stdout
    with h5py.File(tmp_path / "spikes.h5") as file:
        spikes = file["spikes/input"]
        steps = np.rint(spikes["timestamps"][:] / 10).astype(int)      # a sample after the other, of 6 steps each
        found = {((s - 1) // 6, (s - 1) % 6 + 1, n) for s, n in zip(steps.tolist(), spikes["node_ids"][:].tolist())}
        assert len(found) == len(steps) and f"{len(found)} spikes" in said and list(file["trials/label"]) == [0, 1]
    expected = {(k, t // 10_000 + 1, 4 * p + 2 * (y // 17) + x // 17) for k in range(2) for x, y, t, p in stripe(k, k)}
    assert found == expected
    assert "these samples have values at each step" in encode_refused(snnsim, tmp_path)


def encode_refused(snnsim, folder):
    snnsim("events", folder / "set", "-o", folder / "f.h5", "--format", "nmnist", "--pool", 17, "--duration", "60 ms", "--frame", "10 ms")
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "encode", folder / "m.yaml", "--set", "data.file=f.h5", "-o", folder / "no.h5"],
                          capture_output=True, text=True)
    assert done.returncode != 0
    return done.stderr


def write_gesture(folder):
    folder.mkdir()
    for user in (1, 2):
        slots = [(1 | 2 | user << 2 | k << 17, 1000 * k) for k in range(100)] + [(0, 5)]
        packet = struct.pack("<HHIIIIII", 1, 0, 8, 4, 0, len(slots) + 2, len(slots), 100)
        data = b"".join(struct.pack("<II", *slot) for slot in slots) + bytes(16)
        (folder / f"user{user:02}_led.aedat").write_bytes(b"#!AER-DAT3.1\r\n#!END-HEADER\r\n" + packet + data)
        (folder / f"user{user:02}_led_labels.csv").write_text(
            "class,startTime_usec,endTime_usec\n1,10000,20000\n11,50000,80000\n1,90000,95000\n")
    (folder / "trials_to_train.txt").write_text("user01_led.aedat\n")
    (folder / "trials_to_test.txt").write_text("user02_led.aedat\n\n")


def test_trials_of_gestures(snnsim, tmp_path):
    write_gesture(tmp_path / "g")
    said = snnsim("events", tmp_path / "g", "-o", tmp_path / "out.h5", "--format", "dvs_gesture").stdout
    assert "train: 3 samples, 45 events; left out: 1 invalid, 2 unused slots, 55 outside trial" in said
    with h5py.File(tmp_path / "out.h5") as file:
        assert list(file["test/labels"]) == [0, 10, 0] and list(file["test/subject"]) == [2, 2, 2]
        assert list(file["test/offsets"]) == [0, 10, 40, 45]
        assert list(file["test/t"][:3]) == [0, 1000, 2000] and list(file["test/x"][10:12]) == [50, 51]
        assert set(file["test/y"]) == {2} and set(file["test/p"]) == {1}
        assert file["events"].attrs["origin"] == "trial"
    snnsim("events", tmp_path / "g/user01_led.aedat", "-o", tmp_path / "one.h5", "--format", "dvs_gesture",
           "--origin", "stored", "--invalid", "keep", "--slots", "all")
    with h5py.File(tmp_path / "one.h5") as file:      # one set, with the times of the recording
        assert file["t"][0] == 10_000 and file["events/all"].attrs["left_out_outside_trial"] == 55 + 3


def test_a_list_of_dvs128_files(snnsim, tmp_path):
    data = bytes.fromhex("0000090b00000064 000000fe0000006e 00007f0100000078 0000890b00000080")
    (tmp_path / "r.aedat").write_bytes(b"#!AER-DAT2.0\r\n" + data)
    (tmp_path / "list.csv").write_text("r.aedat,2\nr.aedat,0\n")
    expected = {"spikingjelly": [(118, 122, 0), (127, 0, 1), (0, 127, 0)], "raw": [(5, 9, 1), (127, 0, 0), (0, 127, 1)],
                "aermanager": [(9, 5, 1), (0, 127, 0), (127, 0, 1)]}
    for layout, events in expected.items():
        more = [] if layout == "spikingjelly" else ["--layout", layout, "--force"]
        said = snnsim("events", tmp_path / "list.csv", "-o", tmp_path / "out.h5", "--format", "cifar10_dvs", *more).stdout
        assert "2 no pixel" in said
        with h5py.File(tmp_path / "out.h5") as file:
            assert list(file["labels"]) == [2, 0] and file["events"].attrs["layout"] == layout
            assert list(zip(file["x"][:3], file["y"][:3], file["p"][:3])) == events


def write_shd(path, counts, dtype=np.float16):
    random = np.random.default_rng(len(counts))
    vlen = h5py.vlen_dtype
    with h5py.File(path, "w") as file:
        times = file.create_dataset("spikes/times", (len(counts),), vlen(dtype))
        units = file.create_dataset("spikes/units", (len(counts),), vlen(np.uint16))
        for k, n in enumerate(counts):
            times[k] = random.uniform(0, 1.3, n).astype(dtype)
            units[k] = random.integers(0, 700, n).astype(np.uint16)
        file["labels"] = (np.arange(len(counts)) % 3).astype(np.uint16)
        file["extra/speaker"] = (np.arange(len(counts)) % 2).astype(np.uint16)
        file["extra/keys"] = np.array(["zero", "one", "two"], "S8")


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_spoken_digits(snnsim, tmp_path, dtype):
    write_shd(tmp_path / "shd_train.h5", [5, 0, 1, 300], dtype)
    write_shd(tmp_path / "shd_test.h5", [7, 2], dtype)
    said = snnsim("events", tmp_path / "shd_train.h5", "--test", tmp_path / "shd_test.h5", "-o", tmp_path / "out.h5",
                  "--format", "shd", "--pool", 5).stdout
    assert "140 inputs (140 channels)" in said and "its MD5 is" in said and "train: 1 sample has no events" in said
    with h5py.File(tmp_path / "out.h5") as file, h5py.File(tmp_path / "shd_train.h5") as shd:
        assert list(file["train/offsets"]) == [0, 5, 5, 6, 306]
        assert list(file["train/speaker"]) == [0, 1, 0, 1] and [k.decode() for k in file["classes"]] == ["zero", "one", "two"]
        t = np.concatenate([np.floor(row.astype(np.float64) * 1e6) for row in shd["spikes/times"]])
        assert np.array_equal(file["train/t"][:], t.astype(np.int64))
        assert np.array_equal(file["train/unit"][:], np.concatenate([row for row in shd["spikes/units"]]) // 5)


def test_copies_follow_their_sample(snnsim, tmp_path):
    write_shd(tmp_path / "a.h5", [50, 60])
    both = [tmp_path / "a.h5", "--test", tmp_path / "a.h5", "--format", "shd", "--shift", "3", "--drop", "0.2", "--copies", "2"]
    said = snnsim("events", *both, "-o", tmp_path / "out.h5").stdout
    assert "train: 6 samples" in said and "test: 2 samples" in said and "dropped" in said
    snnsim("events", *both, "-o", tmp_path / "again.h5")
    snnsim("events", *both, "-o", tmp_path / "other.h5", "--seed", "2")
    with h5py.File(tmp_path / "out.h5") as file, h5py.File(tmp_path / "again.h5") as again, h5py.File(tmp_path / "other.h5") as other:
        assert list(file["train/labels"]) == [0, 0, 0, 1, 1, 1] and list(file["train/speaker"]) == [0, 0, 0, 1, 1, 1]
        assert np.array_equal(file["train/unit"], again["train/unit"]) and not np.array_equal(file["train/unit"], other["train/unit"])
        assert np.array_equal(file["train/unit"][:50], file["test/unit"][:50])
        assert file["events/test"].attrs["left_out_dropped"] == 0
    assert "name the test samples" in refused(*both[:1], *both[3:], "-o", tmp_path / "one.h5")


def test_whole_persons_are_held_out(snnsim, tmp_path):
    write_gesture(tmp_path / "g")
    for name in ("trials_to_train.txt", "trials_to_test.txt"):
        (tmp_path / "g" / name).unlink()
    snnsim("events", tmp_path / "g", "-o", tmp_path / "out.h5", "--format", "dvs_gesture", "--pool", 32, "--polarity", "merge")
    with h5py.File(tmp_path / "out.h5") as file:
        assert list(file["subject"]) == [1, 1, 1, 2, 2, 2]
    (tmp_path / "m.yaml").write_text(MODEL.replace("INPUTS", "16").replace("size: 3", "size: 11").replace(
        "file: out.h5", "file: out.h5, groups: subject, test_share: 0.5"))
    snnsim(tmp_path / "m.yaml", "-o", tmp_path / "run.h5", "--progress", "none", "--set", "train.epochs=1")
    with h5py.File(tmp_path / "run.h5") as run:
        assert len(run["test/label"]) == 3      # those of one of the two


WRONG = [
    ("cut", [], "00000.bin: 7 bytes are no multiple of 5: event 1"),
    ("outside", [], "event 0 (from 0) is at x = 40"),
    ("", ["--layout", "raw"], "--layout is none of the choices of the format nmnist"),
    ("", ["--duration", "10"], "--duration"),
    ("", ["--crop", "0,0,40,40"], "is not within the sensor"),
    ("", ["--test", "none"], "cannot open"),
    ("empty", [], "there are no files .bin"),
    ("file", [], "of one recording nothing tells the class"),
]


@pytest.mark.parametrize("case, options, message", WRONG, ids=[f"{c}{''.join(o[:1])}" for c, o, _ in WRONG])
def test_what_is_wrong_is_named(snnsim, tmp_path, case, options, message):
    folder = tmp_path / "set" / "a"
    folder.mkdir(parents=True)
    data = {"cut": bytes(7), "outside": bytes((40, 0, 0, 0, 0))}.get(case, bytes(5))
    (folder / "00000.bin").write_bytes(data)
    if case == "empty":
        (folder / "00000.bin").unlink()
    path = folder / "00000.bin" if case == "file" else tmp_path / "set"
    assert message in refused(path, "-o", tmp_path / "out.h5", "--format", "nmnist", *options)
    assert not (tmp_path / "out.h5").exists()


def test_other_files_are_not_overwritten(snnsim, tmp_path):
    write_nmnist(tmp_path / "set", {"Train": 3, "Test": 3})
    out = tmp_path / "out.h5"
    out.write_text("mine")
    for force in ([], ["--force"]):
        assert "out.h5" in refused(tmp_path / "set", "-o", out, "--format", "nmnist", *force)
        assert out.read_text() == "mine"
