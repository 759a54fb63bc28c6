"""tools/saccades: images as the events of a camera that moves, in files that the program reads."""

import struct
import subprocess
import sys

import h5py
import numpy as np
import pytest

from conftest import ROOT, write_idx

TOOL = ROOT / "tools" / "saccades"


def call(*words):
    return subprocess.run([sys.executable, TOOL, *map(str, words)], capture_output=True, text=True)


def made(*words):
    done = call(*words)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout


def test_a_folder_and_a_file_have_the_same_events(snnsim, data_folder, tmp_path):
    some = ["--train", 12, "--test", 6]
    said = made(data_folder, "-o", tmp_path / "set", *some)
    assert said == made(data_folder, "-o", tmp_path / "samples.h5", *some) and said.startswith("Train: 12 samples")
    made(data_folder, "-o", tmp_path / "again.h5", *some)
    assert (tmp_path / "again.h5").read_bytes() == (tmp_path / "samples.h5").read_bytes()
    # By the program's own reader of N-MNIST, whose samples take turns.
    snnsim("events", tmp_path / "set", "-o", tmp_path / "read.h5", "--format", "nmnist")
    with h5py.File(tmp_path / "samples.h5") as ours, h5py.File(tmp_path / "read.h5") as read:
        for name in ("train", "test"):
            a, b = ours[name], read[name]
            assert (a["x"].attrs["width"], a["x"].attrs["height"]) == (b["x"].attrs["width"], b["x"].attrs["height"]) == (34, 34)
            for label in np.unique(a["labels"]):
                k, n = (np.flatnonzero(s["labels"][:] == label)[0] for s in (a, b))
                for key in "txyp":
                    one, other = (s[key][s["offsets"][i]:s["offsets"][i + 1]] for s, i in ((a, k), (b, n)))
                    assert np.array_equal(one, other) and len(one) > 100
        t = ours["train/t"][:ours["train/offsets"][1]]
        assert 0 <= t.min() and t.max() < 300_000 and (np.diff(t) >= 0).all()


def test_an_edge_that_moves_is_seen_by_its_side(tmp_path):
    """White to the right of the middle: where the camera moves right, pixels left of the edge turn bright."""
    image = np.zeros((2, 28, 28))
    image[:, :, 14:] = 255
    for stem in ("train", "t10k"):
        write_idx(tmp_path / f"{stem}-images-idx3-ubyte", image)
        write_idx(tmp_path / f"{stem}-labels-idx1-ubyte", np.array([0, 1]))
    said = made(tmp_path, "-o", tmp_path / "s.h5", "--mismatch", 0)
    assert "Test: 2 samples" in said
    with h5py.File(tmp_path / "s.h5") as file:
        s = file["train"]
        n = s["offsets"][1]
        t, x, y, p = (s[key][:n] for key in "txyp")
        middle = (y > 10) & (y < 23) & (x > 8) & (x < 26)
        rising, falling = middle & (t < 200_000), middle & (t >= 200_000)
        assert p[rising].all() and rising.sum() > 50      # the camera moves right for two saccades, ...
        assert not p[falling].any() and falling.sum() > 50      # ... and back in the third
        assert np.array_equal(s["x"][:n], s["x"][n:2 * n])      # both images are alike


@pytest.mark.parametrize("change, words, message", [
    (lambda f: (f / "train-labels-idx1-ubyte").unlink(), [], "there is no train-labels-idx1-ubyte (nor"),
    (lambda f: (f / "t10k-images-idx3-ubyte").write_bytes(struct.pack(">BBBB3I", 0, 0, 8, 3, 9, 28, 28)), [], "cut off, or damaged"),
    (lambda f: (f / "t10k-images-idx3-ubyte").write_bytes(b"no"), [], "is no IDX file of bytes"),
    (lambda f: write_idx(f / "t10k-images-idx3-ubyte", np.zeros((2, 8, 8))), [], "images of 8 x 8"),
    (lambda f: None, ["--step", "7"], "--step must divide"),
    (lambda f: None, ["--threshold", "0"], "must be at least"),
    (lambda f: (f / "out").mkdir(), [], "is there already"),
])
def test_what_is_wrong_is_named(tmp_path, change, words, message):
    for stem in ("train", "t10k"):
        write_idx(tmp_path / f"{stem}-images-idx3-ubyte", np.zeros((2, 28, 28)))
        write_idx(tmp_path / f"{stem}-labels-idx1-ubyte", np.array([0, 1]))
    change(tmp_path)
    done = call(tmp_path, "-o", tmp_path / "out", *words)
    assert done.returncode != 0 and message in done.stderr and "Traceback" not in done.stderr
