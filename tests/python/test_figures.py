"""What the pictures of runs show: every shipped simulation in short, drawn and looked at by its parts."""

import functools
import subprocess
import sys

import h5py
import numpy as np
import pytest

from conftest import PATIENCE, ROOT

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
sys.path.insert(0, str(ROOT / "python"))

from snnsim.figures import pictures as all_pictures  # noqa: E402
from snnsim.figures import protocols, simulations  # noqa: E402
from snnsim.figures.phases import trained_on_patterns  # noqa: E402
from snnsim.figures.run_file import is_simulation, open_run, simulated, title_of  # noqa: E402

SHORT = {
    "adex_patterns": ["simulate.duration=300 ms"],
    "astrocytes": ["simulate.duration=200 ms"],
    "brunel": ["simulate.duration=60 ms"],
    "brunel_stdp": ["simulate.duration=40 ms", "record.1.interval=10 ms"],
    "brunel_wang": ["simulate.duration=100 ms"],
    "clopath": [],
    "coba": ["simulate.duration=200 ms"],
    "cuba": ["simulate.duration=200 ms"],
    "grid_waves": ["simulate.duration=100 ms"],
    "fi_curve": ["simulate.duration=300 ms"],
    "gap_junctions": ["simulate.duration=200 ms"],
    "inhibitory_plasticity": ["simulate.duration=3 s", "record.2.interval=1 s"],
    "izhikevich_1000": ["simulate.duration=300 ms"],
    "izhikevich_patterns": [],
    "microcircuit": ["simulate.duration=60 ms", "scale.neurons=0.02", "scale.in_degrees=0.02"],
    "rstdp_conditioning": ["simulate.phases.0.duration=500 ms", "simulate.phases.1.present.count=60"],
    "song_abbott": ["simulate.duration=4 s", "record.1.interval=2 s"],
    "stdp_window": ["simulate.duration=5 s"],
    "stp_demo": [],
    "triplet_frequency": ["simulate.duration=3 s"],
}
ONE_CELL = """
name: one
seed: 4
dt: 0.1 ms
simulate: {duration: 100 ms}
populations: {cell: {model: regular_source, size: 1, rate: 20 Hz}}
record: [{population: cell, what: spikes}]
"""


@pytest.fixture(scope="session")
def runs(snnsim, tmp_path_factory):
    """The run file of a model, simulated once."""
    folder = tmp_path_factory.mktemp("figures")

    def of(name):
        path = folder / f"{name}.h5"
        if not path.exists():
            model = ROOT / "models" / f"{name}.yaml"
            snnsim(model, "-o", path, "--progress", "none", *(p for s in SHORT[name] for p in ("--set", s)))
        return path

    return of


def panels_of(run):
    return all_pictures.panels_of(run), simulated(run) if is_simulation(run) else 10


@functools.lru_cache(maxsize=None)
def pictures(path):
    """(panel's name, figure) of all that a run file has pictures of, laid out."""
    with open_run(path) as run:
        panels, shown = panels_of(run)
        figures = [(panel.name, all_pictures.draw_one(panel, run, shown)) for panel in panels]
    for _, figure in figures:
        figure.draw_without_rendering()
    return figures


def texts(figure):
    return [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text"))]


@pytest.mark.parametrize("name", sorted(SHORT))
def test_pictures_have_a_title_no_holes_and_nothing_over_their_data(runs, name):
    path = runs(name)
    with open_run(path) as run:
        title = title_of(run)
        assert title.startswith(f"{name}, seed {run.attrs['seed']}, ") and title.endswith(("ms", " s"))
    names = []
    for panel, figure in pictures(path):
        names.append(panel)
        assert title in texts(figure)
        boxes = [axes.get_window_extent() for axes in figure.axes]
        for axes in figure.axes:
            assert axes.has_data() or "no spikes" in texts(axes), (panel, axes)
            legend = axes.get_legend()
            if legend is not None:
                extent = legend.get_window_extent()
                overlap = [b for b in boxes if extent.x0 < b.x1 - 1 and b.x0 + 1 < extent.x1
                           and extent.y0 < b.y1 - 1 and b.y0 + 1 < extent.y1]
                assert not overlap, f"{panel}: a legend lies over axes"
        width, height = figure.get_size_inches() * figure.dpi
        assert all(-1 <= b.x0 and b.x1 <= width + 1 and -1 <= b.y0 and b.y1 <= height + 1 for b in boxes), panel
    expected = {"stdp_window": "stdp_window", "triplet_frequency": "weight_by_frequency", "song_abbott": "final_weights",
                "brunel_stdp": "final_weights", "inhibitory_plasticity": "final_weights", "rstdp_conditioning": "responses",
                "stp_demo": "states"}
    assert name not in expected or expected[name] in names
    # Rates over time and distributions of single cells say nothing.
    assert ("rates" in names) == (name not in ("adex_patterns", "clopath", "izhikevich_patterns", "song_abbott", "stp_demo",
                                                "rstdp_conditioning"))


def test_every_shipped_simulation_is_drawn_here():
    shipped = {p.stem for p in (ROOT / "models").glob("*.yaml") if "\nsimulate:" in p.read_text() and "\n  network:" not in p.read_text()}
    assert shipped - {"mnist_stdp"} == set(SHORT)  # mnist_stdp: tests/python/test_phases.py


def test_trainings_have_no_legends_over_their_data_either(run_path):
    seen = 0
    for panel, figure in pictures(run_path):
        assert any("bars" in t or "mnist_lif, seed 11" in t for t in texts(figure)), panel
        boxes = [axes.get_window_extent() for axes in figure.axes]
        for axes in figure.axes:
            if axes.get_legend() is not None:
                extent = axes.get_legend().get_window_extent()
                assert not any(extent.overlaps(b.shrunk(0.99, 0.99)) for b in boxes), panel
                seen += 1
    assert seen >= 4


def test_the_spikes_of_one_cell_are_thick_marks(snnsim, tmp_path):
    (tmp_path / "one.yaml").write_text(ONE_CELL)
    snnsim(tmp_path / "one.yaml", "-o", tmp_path / "one.h5", "--progress", "none")
    pytest.importorskip("matplotlib.backends.backend_agg")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    ((_, figure),) = pictures(tmp_path / "one.h5")
    (axes,) = figure.axes
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3].min(axis=2)
    for ms in (50, 100 - 0.2):  # the second at the right border
        x, y = axes.transData.transform((ms if ms == 50 else 100, 0))
        row, column = pixels.shape[0] - int(round(y)), min(int(round(x)), pixels.shape[1] - 1)
        around = pixels[row - 15:row + 15, column - 2:column + 3] < 180
        assert around.any(axis=1).sum() >= 10, "a mark is at least 10 pixels high"
    empty = pixels[row - 10:row + 10, int(axes.transData.transform((25, 0))[0]) - 5:][:, :10]
    assert (empty > 180).all()


@pytest.mark.parametrize("panel", ["raster", "states"])
def test_height_grows_with_the_populations(runs, panel):
    heights = {name: dict(pictures(runs(name)))[panel].get_size_inches()[1] for name in ("izhikevich_patterns", "adex_patterns")}
    assert heights["izhikevich_patterns"] > 2 * heights["adex_patterns"] > 4  # 20 and 8 populations
    figure = dict(pictures(runs("izhikevich_patterns")))[panel]
    assert min(axes.get_window_extent().height for axes in figure.axes) > 15  # pixels, at 100 dpi


def test_membranes_do_not_cross_and_their_spikes_are_marked(runs):
    path = runs("coba")
    (axes,) = dict(pictures(path))["states"].axes
    with h5py.File(path, "r") as run:
        v, ids = run["state/E/v"][:], run["state/E/v_node_ids"][:] if "v_node_ids" in run["state/E"] else np.arange(99)
        spikes, cells = run["spikes/E/timestamps"][:], run["spikes/E/node_ids"][:]
    lines = [line for line in axes.get_lines() if len(line.get_xdata()) == len(v)]
    marks = [line for line in axes.get_lines() if line.get_marker() == "|"]
    assert len(lines) == len(marks) == min(v.shape[1], simulations.MOST_TRACES)
    for k, (line, mark) in enumerate(zip(lines, marks)):
        np.testing.assert_allclose(np.diff(line.get_ydata()), np.diff(v[:, k]), atol=1e-3)  # moved as a whole
        np.testing.assert_array_equal(np.sort(mark.get_xdata()), spikes[cells == ids[k]])
        assert (mark.get_ydata() > line.get_ydata().max()).all()
        if k:
            assert line.get_ydata().max() < lines[k - 1].get_ydata().min() or np.ptp(v[:, k]) == 0
            assert len(mark.get_ydata()) == 0 or mark.get_ydata().max() < lines[k - 1].get_ydata().min()


def test_the_window_is_that_of_the_rule(runs):
    """w = 0.5 + pairs A exp(-|difference| / tau), with the parameters of the model's file."""
    with open_run(runs("stdp_window")) as run:
        ((name, unit, ms, weight),) = protocols.windows(run)
    assert (name, unit) == ("synapse", " [mV]") and ms.min() < -50 and ms.max() > 50 and len(ms) > 100
    after = ms > 1
    ratio = (weight[after] - 0.5) / np.exp(-ms[after] / 20)
    assert 0.0199 < ratio.min() and ratio.max() < 0.0251  # 4 or 5 pairs of 0.005
    ratio = (0.5 - weight[ms < -1]) / np.exp(ms[ms < -1] / 20)
    assert 0.0209 < ratio.min() and ratio.max() < 0.0263  # of 0.00525


def test_networks_are_no_pairing_protocols(runs):
    for name in ("song_abbott", "brunel_stdp", "inhibitory_plasticity"):
        with open_run(runs(name)) as run:
            assert not protocols.windows(run) and not protocols.by_frequency(run)


def test_frequencies_are_those_of_the_sources(runs):
    path = runs("triplet_frequency")
    with open_run(path) as run:
        found = {name: (hertz, weight) for name, _, hertz, weight in protocols.by_frequency(run)}
        cells, times = run["spikes/source/node_ids"][:], run["spikes/source/timestamps"][:]
        weights = run["weights/source_to_after/weight"][:]
    assert set(found) == {"source_to_after", "source_to_before"}
    expected = []
    for cell in range(300):
        mine = times[cells == cell]
        if len(mine) > 1:
            expected.append((1000 * (len(mine) - 1) / (mine[-1] - mine[0]), weights[cell]))
    np.testing.assert_allclose(np.array(found["source_to_after"]).T, expected, rtol=1e-9)


def test_the_conditioning_curve_is_the_mean_of_answers(runs):
    path = runs("rstdp_conditioning")
    with open_run(path) as run:
        ((name, label, spikes),) = trained_on_patterns(run)
        mine = run["trials/phase"][:] == 1
        np.testing.assert_array_equal(label, run["trials/label"][mine])
        answers = run["trials/spikes"][mine][label == 0].astype(float)
    figure = dict(pictures(path))["responses"]
    (rewarded,) = [line for line in figure.axes[0].get_lines() if line.get_label() == "pattern 0, rewarded"]
    width = len(answers) - len(rewarded.get_ydata()) + 1
    np.testing.assert_allclose(rewarded.get_ydata(), np.convolve(answers, np.ones(width) / width, "valid"))
    assert name == "conditioning" and rewarded.get_xdata()[-1] == np.flatnonzero(label == 0)[-1] + 1


def plot(*arguments):
    return subprocess.run([sys.executable, str(ROOT / "tools" / "plot_run.py"), *map(str, arguments)],
                          capture_output=True, text=True, timeout=PATIENCE)


@pytest.mark.parametrize("kind, start", [("pdf", b"%PDF-"), ("svg", b"<?xml"), ("PNG", b"\x89PNG\r\n")])
def test_pictures_of_vectors(runs, tmp_path, kind, start):
    picture = tmp_path / f"x.{kind}"
    done = plot(runs("stp_demo"), "-o", picture)
    assert (done.returncode, done.stdout) == (0, f"{picture}\n"), done.stderr
    first = picture.read_bytes()
    assert first.startswith(start)
    assert plot(runs("stp_demo"), "-o", picture).returncode == 0 and picture.read_bytes() == first  # undated
    if kind == "svg":
        assert b"stp_demo" in first or b"<path" in first


def test_a_folder_of_vectors(runs, tmp_path):
    done = plot(runs("stdp_window"), "-o", f"{tmp_path}/p/", "--format", "svg")
    assert done.returncode == 0, done.stderr
    assert {"stdp_window.svg", "final_weights.svg", "raster.svg"} <= {p.name for p in (tmp_path / "p").iterdir()}


def test_damaged_files_are_told_in_one_line(runs, tmp_path):
    whole = runs("stp_demo").read_bytes()
    random = np.random.default_rng(1)
    path = tmp_path / "damaged.h5"
    cases = [whole[:n] for n in (0, 1, 8, 100, 2048, len(whole) // 2, len(whole) - 1)]
    for _ in range(4):
        damaged = bytearray(whole)
        for at in random.integers(8, len(whole), 200):
            damaged[at] = random.integers(256)
        cases.append(bytes(damaged))
    told = 0
    for content in cases:
        path.write_bytes(content)
        done = plot(path, "--dpi", 20)
        assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
        if done.returncode == 1:
            assert done.stderr.startswith("plot_run.py: error: ") and str(path) in done.stderr
            assert len(done.stderr.splitlines()) == 1, done.stderr
            told += 1
    assert told >= 6


def set_text(name):
    def change(file):
        file.attrs[name] = "x"
    return change


def spikes_of_another_kind(file):
    del file["spikes/cell/timestamps"]
    file["spikes/cell/timestamps"] = [["a", "b"]]


def fewer_cells(file):
    file["spikes/cell/node_ids"][...] = 10**6


@pytest.fixture
def changed_run(snnsim, tmp_path):
    """The run file of one cell with a change."""
    def make(change):
        (tmp_path / "one.yaml").write_text(ONE_CELL)
        path = tmp_path / "one.h5"
        snnsim(tmp_path / "one.yaml", "-o", path, "--progress", "none")
        with h5py.File(path, "r+") as file:
            change(file)
        return path
    return make


@pytest.mark.parametrize("change", [set_text("dt"), set_text("steps"), spikes_of_another_kind, fewer_cells,
                                    lambda file: file.attrs.__delitem__("status")])
def test_values_of_another_kind_are_told_in_one_line(changed_run, change):
    path = changed_run(change)
    done = plot(path)
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr
    assert done.returncode == 0 or (len(done.stderr.splitlines()) == 1 and str(path) in done.stderr), done.stderr


def test_a_folder_is_no_run_file(tmp_path):
    done = plot(tmp_path)
    assert done.returncode == 1 and done.stderr == f"plot_run.py: error: {tmp_path} is no file\n"


def shorter(file):
    times = file["spikes/cell/timestamps"][:]
    del file["spikes/cell/timestamps"]
    file["spikes/cell/timestamps"] = times[:-1]


def set_spike(name, value):
    def change(file):
        file[f"spikes/cell/{name}"][-1] = value
    return change


def without(name):
    def change(file):
        del file[name]
    return change


@pytest.mark.parametrize("change, told", [
    (shorter, "'spikes/cell/timestamps' has 1 value, but 'node_ids' has 2"),
    (set_spike("timestamps", 1e300), "(cell 0 at 1e+300 ms) does not fit"),
    (set_spike("timestamps", np.nan), "(cell 0 at nan ms) does not fit"),
    (set_spike("timestamps", 1.0), "spike 1 of 'spikes/cell' (cell 0 at 1 ms) does not fit"),
    (set_spike("node_ids", 1), "(cell 1 at 100 ms) does not fit: cells are 0 to 0"),
    (set_spike("node_ids", 2**64 - 1), "does not fit"),
    (lambda file: file.attrs.__setitem__("steps", 10**18), "the attribute 'steps' cannot be 1000000000000000000"),
    (without("network/cell"), "'network/cell' is missing"),
    (without("spikes/cell/node_ids"), "'node_ids' is missing"),
])
def test_spikes_that_do_not_fit_are_told_and_not_drawn(changed_run, tmp_path, change, told):
    path = changed_run(change)
    done = plot(path)
    assert done.returncode == 1 and not (tmp_path / "one.png").exists()
    assert done.stderr.startswith(f"plot_run.py: error: {path}") and told in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1 and "Unable to" not in done.stderr


@pytest.mark.parametrize("kind", ["png", "svg", "pdf", "html", "folder"])
def test_a_picture_that_cannot_be_written_leaves_nothing(runs, tmp_path, kind):
    """A limit on the size of files, as a disk that is full."""
    run = runs("stp_demo")
    folder = tmp_path / "pictures"
    folder.mkdir()
    output = folder if kind == "folder" else folder / f"x.{kind}"
    limited = f"ulimit -f 1; exec {sys.executable} {ROOT}/tools/plot_run.py {run} -o {output}"
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("plot_run.py: error: cannot write ") and "File too large" in done.stderr
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(runs, tmp_path):
    done = plot(runs("stp_demo"), "-o", tmp_path / "none" / "x.png")
    assert done.returncode == 1
    assert done.stderr == f"plot_run.py: error: cannot write {tmp_path}/none/x.png: No such file or directory\n"


def test_a_protocol_that_was_not_finished_is_told(snnsim, tmp_path):
    path = tmp_path / "short.h5"
    snnsim(ROOT / "models" / "stdp_window.yaml", "-o", path, "--progress", "none", "--set", "simulate.duration=200 ms")
    figures = dict(pictures(path))
    assert "stdp_window" not in figures
    assert any("not finished" in t for t in texts(figures["unfinished_protocol"]))
    assert figures["distributions"].axes[0].get_xlim()[0] == 0    # a rate is not below 0


def test_finished_protocols_and_networks_are_not_called_unfinished(runs):
    for name in ("stdp_window", "triplet_frequency", "song_abbott", "inhibitory_plasticity"):
        assert "unfinished_protocol" not in dict(pictures(runs(name)))


def test_weights_over_time_end_with_the_run(runs):
    for name in ("inhibitory_plasticity", "song_abbott"):
        with open_run(runs(name)) as run:
            whole = simulated(run)
        (mesh,) = [c for c in dict(pictures(runs(name)))["weight_histograms"].axes[0].collections]
        seconds = mesh.get_coordinates()[0, :, 0]
        assert seconds[0] >= 0 and seconds[-1] == whole.stop / 1000 and (np.diff(seconds) > 0).all()


def test_names_beside_rates_do_not_touch_their_ticks(runs):
    figure = dict(pictures(runs("microcircuit")))["rates"]
    for axes in figure.axes:
        name = axes.yaxis.label.get_window_extent()
        ticks = [t.get_window_extent() for t in axes.get_yticklabels() if t.get_text()]
        assert all(name.x1 + 8 < t.x0 for t in ticks)
