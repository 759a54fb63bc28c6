"""Networks in space: positions in the run file, pictures and movies of them, windows and positions from files."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from conftest import ROOT

MODEL = """
name: space
dt: 0.5 ms
simulate: {duration: 60 ms}
populations:
  E: {model: izhikevich, initial: {v: {distribution: uniform, low: -65 mV, high: 20 mV}},
      space: {grid: [12, 8], extent: [3, 2], periodic: true, unit: mm}}
  F: {model: izhikevich, size: 5, space: {positions: {file: points.csv}}}
projections:
  - {from: E, to: E, connect: {rule: all_to_all, autapses: false, mask: moore}, weight: 4, delay: 1 ms}
  - {from: F, to: F, connect: {rule: all_to_all, mask: {shape: circle, radius: 1}}, weight: 1, delay: 1 ms}
stimuli:
  - {to: F, kind: dc, amplitude: 12}
record:
  - {population: E, what: spikes}
  - {population: F, what: spikes}
"""
POINTS = np.array([[0, 0], [1, 0], [0, 1.5], [2, 2], [2.5, 2]], float)


@pytest.fixture(scope="module")
def in_space(snnsim, tmp_path_factory):
    folder = tmp_path_factory.mktemp("space")
    (folder / "model.yaml").write_text(MODEL)
    np.savetxt(folder / "points.csv", POINTS, delimiter=",", header="x,y", comments="")
    snnsim(folder / "model.yaml", "-o", folder / "run.h5", "--progress", "none")
    return folder / "run.h5"


def test_a_run_says_where_its_cells_are(in_space):
    with h5py.File(in_space) as run:
        grid = run["network/E/positions"]
        assert grid.shape == (96, 2) and grid.attrs["units"] == "mm" and grid.attrs["periodic"] == 1
        np.testing.assert_allclose(grid.attrs["extent"], [3, 2])
        np.testing.assert_array_equal(grid.attrs["grid"], [12, 8])
        np.testing.assert_allclose(grid[:3], [[-1.375, 0.875], [-1.375, 0.625], [-1.375, 0.375]])
        free = run["network/F/positions"]
        np.testing.assert_allclose(free[:], POINTS)
        np.testing.assert_allclose(free.attrs["extent"], [3, 2])    # rounded up to whole numbers
        assert [group.attrs["synapses"] for group in run["projections"].values()] == [96 * 8, 5 + 2 + 2]
        assert any("points.csv" in str(line) for line in run.attrs["inputs"])


def test_pictures_and_movies(in_space, tmp_path):
    pytest.importorskip("matplotlib")
    tool = [sys.executable, ROOT / "tools/plot_run.py", in_space, "-o"]
    subprocess.run([*tool, tmp_path / "pictures/"], check=True, capture_output=True)
    assert (tmp_path / "pictures/space.png").stat().st_size > 5000
    subprocess.run([*tool, tmp_path / "movie.gif", "--dpi", "40"], check=True, capture_output=True)
    from PIL import Image
    with Image.open(tmp_path / "movie.gif") as movie:
        assert movie.n_frames > 20
    done = subprocess.run([*tool, tmp_path / "movie.mp4", "--dpi", "40"], capture_output=True, text=True)
    assert (tmp_path / "movie.mp4").exists() if done.returncode == 0 else "ffmpeg" in done.stderr


def test_counts_are_where_the_cells_are(in_space):
    pytest.importorskip("matplotlib")
    sys.path.insert(0, str(ROOT / "python"))
    from snnsim.figures import space
    from snnsim.figures.run_file import simulated
    with h5py.File(in_space) as run:
        shown = simulated(run)
        p = space.placed(run, shown)[0]
        counts = space.counts_of(p, space.frame_edges(shown, 6, 0.5), 0.5)
        assert counts.sum() == len(run["spikes/E/node_ids"]) and counts.shape == (6, 96)
        image = space.as_image(space.layer_of(run, "E"), np.arange(96))
        assert image.shape == (8, 12) and image[0, 0] == 0 and image[7, 0] == 7 and image[0, 1] == 8


def test_a_convolution_of_a_file(snnsim, tmp_path):
    kernel = np.arange(1, 19, dtype=np.float32).reshape(1, 2, 3, 3)
    np.save(tmp_path / "kernel.npy", kernel)
    (tmp_path / "model.yaml").write_text("""
name: conv
dt: 1 ms
simulate: {duration: 4 ms}
populations:
  A: {model: spike_source, file: spikes.csv, space: {grid: [5, 4, 2], order: rows}}
  B: {model: iaf_psc_delta, v_th: 1000 mV, tau_m: 1e6 ms, space: {grid: [3, 2], order: rows}}
projections:
  - {from: A, to: B, connect: {rule: conv, file: kernel.npy}, delay: 1 ms}
record:
  - {population: B, what: v, interval: 1 ms}
""")
    rng = np.random.default_rng(1)
    sent = rng.random((2, 4, 5)) < 0.5
    (tmp_path / "spikes.csv").write_text("time,cell\n" + "".join(f"1,{n}\n" for n in np.flatnonzero(sent)))
    snnsim(tmp_path / "model.yaml", "-o", tmp_path / "run.h5", "--progress", "none")
    with h5py.File(tmp_path / "run.h5") as run:
        v = run["state/B/v"][:]
    wanted = [(kernel[0] * sent[:, y:y + 3, x:x + 3]).sum() for y in range(2) for x in range(3)]
    np.testing.assert_allclose(v[-1] - v[0], wanted, rtol=1e-3)


@pytest.mark.parametrize("points, wrong", [("x,y\n0,0\n", "there are 1 positions, but 'F' has 5 cells"),
                                           ("x\n" + "1\n" * 5, "anchor of the mask has 2 numbers, but the cells have 1")])
def test_positions_that_do_not_fit(tmp_path, points, wrong):
    (tmp_path / "model.yaml").write_text(MODEL.replace("radius: 1}", "radius: 1, anchor: [0, 0]}"))
    (tmp_path / "points.csv").write_text(points)
    done = subprocess.run([os.environ["SNNSIM_BINARY"], tmp_path / "model.yaml", "-o", tmp_path / "run.h5"], capture_output=True, text=True)
    assert done.returncode != 0 and "model.yaml:" in done.stderr and wrong in done.stderr, done.stderr
