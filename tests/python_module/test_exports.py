"""Runs as matplotlib, neo and pandas have them, against what h5py reads."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest

import snnsim
h5py = pytest.importorskip("h5py")
each = pytest.mark.parametrize("name", ["training", "simulation", "phases", "named"])


@pytest.fixture
def run(made, name):
    with snnsim.Run(made(name)) as run:
        yield run


@pytest.fixture
def file(run):
    with h5py.File(run.path, "r") as file:
        yield file


class TestPandas:
    @pytest.fixture(autouse=True)
    def pandas(self):
        return pytest.importorskip("pandas")

    @each
    def test_spikes(self, run, file):
        table = run.to_pandas()
        assert len(table) == sum(len(group["node_ids"]) for group in file["spikes"].values())
        for population, group in file["spikes"].items():
            part = table[table["population"] == population]
            np.testing.assert_array_equal(part["time"], group["timestamps"][:])
            np.testing.assert_array_equal(part["cell"], group["node_ids"][:])
            if "trial" in group:
                np.testing.assert_array_equal(part["trial"], group["trial"][:])
            if "values" in group:
                np.testing.assert_array_equal(part["value"], group["values"][:])
        if len(file["spikes"]):
            np.testing.assert_allclose(table["step"] * run.dt, table["time"])
        assert ("trial" in table) == (run.kind == "training" and len(file["spikes"]) > 0)

    @pytest.mark.parametrize("name", ["training", "simulation"])
    def test_states(self, run, file):
        table = run.to_pandas("states")
        (population, group), = file["state"].items()
        values, time = group["v"][:], group["v_time"][:]
        assert len(table) == values.size and set(table["population"]) == {population} and set(table["variable"]) == {"v"}
        cells = group[group["v"].attrs["node_ids"]][:] if "node_ids" in group["v"].attrs else range(values.shape[1])
        for k, cell in enumerate(cells):
            part = table[table["cell"] == cell]
            np.testing.assert_array_equal(part["value"], values[:, k])
            np.testing.assert_array_equal(part["time"], time)

    @pytest.mark.parametrize("name", ["training", "named"])
    def test_curves(self, run, file):
        table = run.to_pandas("curves")
        assert table.index[0] == 1
        loss = file["training/steps/loss"][:]
        assert len(loss) > 1 and len(table) == len(loss)
        np.testing.assert_array_equal(table["step_loss"].dropna(), loss)
        epochs = table["epoch_train_loss"].dropna()
        np.testing.assert_array_equal(epochs, file["training/epochs/train_loss"][:])
        assert list(epochs.index) == list(range(1, len(epochs) + 1))
        if "outputs" in file["training"]:
            assert {name.split(".")[0] for name in table if "." in name} == {"digit", "angle"}

    @pytest.mark.parametrize("name", ["training", "phases"])
    def test_trials(self, run, file):
        table = run.to_pandas("trials")
        assert set(table) == set(file["trials"]) and len(table) == len(file["trials/start"]) > 0
        for column in table:
            np.testing.assert_array_equal(table[column], file["trials"][column][:])

    @each
    def test_counts(self, run, file):
        table = run.to_pandas("counts")
        for phase, part, of in table.index:
            attributes = file["energy"][phase][part][of].attrs
            row = table.loc[(phase, part, of)].dropna()
            assert set(row.index) == set(attributes) - {"units"} and all(row[key] == attributes[key] for key in row.index)
        groups = [part for phase in set(file["energy"]) - {"measured"} for part in file["energy"][phase].values()]
        assert len(table) == sum(len(group) for group in groups) > 0

    @pytest.mark.parametrize("name", ["simulation"])
    def test_others(self, run):
        assert run.to_pandas("curves").empty and run.to_pandas("trials").empty
        with pytest.raises(snnsim.UsageError, match="no 'spike'; did you mean 'spikes'"):
            run.to_pandas("spike")


class TestNeo:
    @pytest.fixture(autouse=True)
    def neo(self):
        return pytest.importorskip("neo")

    @pytest.mark.parametrize("name", ["simulation", "phases"])
    def test_a_simulation_is_a_segment(self, run, file):
        block = run.to_neo()
        segment, = block.segments
        assert block.name == run.name and block.annotations["seed"] == run.seed
        trains = {(t.annotations["population"], t.annotations["cell"]): t for t in segment.spiketrains}
        expected = {(p, int(c)) for p, spikes in run.spikes.items() for c in spikes.cells}
        assert set(trains) == expected and len(segment.spiketrains) == len(expected)    # silent ones too
        duration = file.attrs["steps"] * file.attrs["dt"]
        for (population, cell), train in trains.items():
            group = file["spikes"][population]
            mine = group["node_ids"][:] == cell
            np.testing.assert_array_equal(train.magnitude, group["timestamps"][:][mine])
            assert train.units == "ms" or str(train.dimensionality) == "ms"
            assert float(train.t_start) == 0.0 and float(train.t_stop) == pytest.approx(duration)
            if "values" in group:
                np.testing.assert_array_equal(train.array_annotations["value"], group["values"][:][mine])
        assert (0 if run.name == "shown" else 3) <= sum(len(t) == 0 for t in trains.values())

    @pytest.mark.parametrize("name", ["simulation"])
    def test_states(self, run, file):
        segment, = run.to_neo().segments
        signal, = segment.analogsignals
        assert segment.irregularlysampledsignals == [] or len(segment.irregularlysampledsignals) == 0
        np.testing.assert_array_equal(signal.magnitude, file["state/E/v"][:])
        assert str(signal.dimensionality) == "mV" and list(signal.array_annotations["cell"]) == [2, 3, 8]
        np.testing.assert_allclose(signal.times.rescale("ms").magnitude, file["state/E/v_time"][:])

    @pytest.mark.parametrize("name", ["training"])
    def test_a_training_has_a_segment_a_sample(self, run, file):
        block = run.to_neo()
        assert len(block.segments) == len(file["trials/start"])
        start = file["trials/start"][:]
        for k, segment in enumerate(block.segments):
            assert segment.annotations["label"] == file["trials/label"][k]
            populations = {t.annotations["population"] for t in segment.spiketrains}
            assert populations == {p for p in file["spikes"] if k < file["spikes"][p].attrs["trials"]}
            for train in segment.spiketrains:
                group = file["spikes"][train.annotations["population"]]
                mine = (group["trial"][:] == k) & (group["node_ids"][:] == train.annotations["cell"])
                np.testing.assert_allclose(train.magnitude, group["timestamps"][:][mine] - start[k])
                assert float(train.t_stop) == 8.0
            signals = segment.analogsignals
            assert len(signals) == (1 if k < 5 else 0)
            if signals:
                np.testing.assert_array_equal(signals[0].magnitude, file["state/digit/v"][8 * k:8 * (k + 1)])
                np.testing.assert_allclose(signals[0].times.rescale("ms").magnitude, np.arange(1, 9))
                assert signals[0].dimensionality.string == "dimensionless"

    @pytest.mark.parametrize("name", ["simulation"])
    def test_times_that_are_not_even(self, copy_of, name):
        path = copy_of("simulation")
        with h5py.File(path, "a") as file:
            file["state/E/v_time"][0] -= 0.2
        with snnsim.Run(path) as run:
            segment, = run.to_neo().segments
            assert len(segment.analogsignals) == 0
            signal, = segment.irregularlysampledsignals
            np.testing.assert_array_equal(signal.times.magnitude, run.states["E"]["v"].time)
            np.testing.assert_array_equal(signal.magnitude, run.states["E"]["v"].values)


class TestPlot:
    @pytest.fixture(autouse=True)
    def matplotlib(self):
        return pytest.importorskip("matplotlib")

    @pytest.mark.parametrize("name, titles", [
        ("training", ["Spikes of the first 9 test samples", "Population rates", "States"]),
        ("simulation", ["Spikes", "Population rates", "States"]), ("phases", ["Spikes", "Phase test"])])
    def test_all_pictures(self, run, titles):
        figure = run.plot()
        figure.draw_without_rendering()
        told = [part._suptitle.get_text() for part in figure.subfigs]
        told += [part._suptitle.get_text() for sub in figure.subfigs for part in sub.subfigs if part._suptitle]
        assert all(any(text.startswith(title.split(" first")[0]) for text in told) for title in titles), told
        assert run.name in figure._suptitle.get_text()

    @pytest.mark.parametrize("name", ["simulation"])
    def test_notebooks_show_it_without_pyplot(self, run):
        formatters = pytest.importorskip("IPython.core.formatters", reason="IPython is not installed")
        shown = formatters.PNGFormatter()(run.plot("raster"))
        assert shown is not None and shown.startswith(b"\x89PNG")

    @pytest.mark.parametrize("name", ["simulation"])
    def test_a_part_of_a_simulation(self, run):
        for start, stop in (("50 ms", "0.1 s"), (50, 100.0), (np.float32(50), "100 ms")):
            figure = run.plot("raster", start, stop)
            assert len(figure.subfigs) == 1 and figure.subfigs[0].axes[0].get_xlim() == (50.0, 100.0)
        assert len(run.plot(["raster", "states"], stop="50 ms").subfigs) == 2
        for wrong, told in [(dict(start="150 ms", stop="50 ms"), "is no part of it"), (dict(stop=300), "is no part of it"),
                            (dict(start="5"), "start is '5'; write '200 ms'"), (dict(stop=True), "stop is True"),
                            (dict(what="rastr"), "did you mean 'raster'"), (dict(what=[]), "empty list")]:
            with pytest.raises(snnsim.UsageError, match=told):
                run.plot(**wrong)

    @pytest.mark.parametrize("name", ["training"])
    def test_samples_of_a_training(self, run):
        assert run.plot("raster", trials=2).subfigs[0].axes[0].get_xlim() == (0.0, 16.0)
        with pytest.raises(snnsim.UsageError, match="start and stop are for simulations"):
            run.plot(start=3)
        for wrong in (0, 1.5, True, "3"):
            with pytest.raises(snnsim.UsageError, match="trials is"):
                run.plot(trials=wrong)


def test_missing_packages_are_told(made, monkeypatch):
    with snnsim.Run(made("simulation")) as run:
        for module, call in (("neo", run.to_neo), ("pandas", run.to_pandas), ("matplotlib", run.plot)):
            monkeypatch.setitem(sys.modules, module, None)
            with pytest.raises(ImportError, match=f"pip install {module}"):
                call()
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match="pip install h5py"):
        snnsim.Run(made("simulation")).name


def test_importing_loads_no_large_package():
    """Nothing but numpy, also of Run; the figures do without the compiled part."""
    script = ("import sys; before = set(sys.modules); import snnsim, snnsim.figures, snnsim.model\n"
              "snnsim.Run, snnsim.ModelError\n"
              "large = {'h5py', 'yaml', 'matplotlib', 'pandas', 'neo', 'tqdm', 'snnsim._core'}\n"
              "sys.exit(' '.join(sorted(large & (set(sys.modules) - before))) or 0)")
    place = pathlib.Path(snnsim.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=place)
    assert done.returncode == 0, done.stderr
    with pytest.raises(AttributeError, match="no attribute 'Rnu'"):
        snnsim.Rnu
    assert "Run" in dir(snnsim) and "Run" in snnsim.__all__
