"""A run: the HDF5 file of a training or simulation, with its arrays as numpy has them."""

import importlib
import mmap
import os
import shutil
import weakref

import numpy as np

from snnsim.errors import ClosedError, DataError, FileError, UsageError
from snnsim.run_parts import Named, Spikes, Values, Weights, constant, plain

# Attributes of the file that have members of their own, or are of its format.
TOLD_ELSEWHERE = ("model", "overrides", "inputs", "warnings", "format", "magic", "version")


def needs(module, what, package=None):
    """The module, or an error that says how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"{what} needs {module} ({error}): pip install {package or module}") from error


def files_beside(path):
    """The file of a run, and those of an unfinished one beside it."""
    stem = os.path.splitext(path)[0]
    return [path, f"{stem}.checkpoint.h5", f"{stem}.partial.h5"]


def remove(paths):
    for path in paths:
        try:
            os.unlink(path)
        except OSError:    # never written, or gone with its folder
            pass


class Run:
    """A run of snnsim, finished, interrupted or failed: what it recorded, learnt, tested and counted.

    The file is opened when something is asked for, and stays open until close(), the end of a `with`, or until nobody holds
    the run. Arrays are read-only numpy arrays; what lies in one piece in the file is mapped, not copied. Arrays that were
    handed out stay valid after close().

    kind                  "training" or "simulation"
    status                "finished", "interrupted", "failed" or "running"
    name, seed            of the model; dt is its step in ms
    digest                spike_digest, the same for the same spikes on every machine; None where the file has none
    model, overrides      text of the model file; the key=value that were set
    inputs, warnings      lists of text: SHA-256 and name of files that the model names; what the summary warned of
    provenance            dict: version, host, device, times, ...
    seconds               dict: wall time by phase of the run (data, train, test, build, simulate, ...); with --profile also of
                          the phases of a step, all threads together
    populations           by name, in the model's order: dict of model, size and parameters
    spikes                by population: Spikes (time in ms, cell, step, trial, value)
    states, rates         states[population][variable] and rates[population]: Values (values, time in ms, cells, units)
    weights               by projection: Weights [source, target] of a training, or, where few pairs are connected, the arrays
                          source, target, weight, bias; of a simulation with plasticity the arrays source, target, delay,
                          weight, and snapshots, histogram, changes ... where they were recorded
    curves                of a training: step_loss, step_accuracy, epoch_train_loss, ..., test_accuracy; curves.outputs[name]
    trials                arrays with a value for each recorded sample: start, stop (ms), label, prediction, ...
    phases                by name: start, stop, samples, accuracy, confusion, ... of a simulation with phases
    final                 states at the end of a simulation with phases, by population and variable
    test                  accuracy, loss, label, prediction, confusion, error, outputs ... of the test; empty without one
    accuracy, loss        of the test; None where it has none
    counts                nested dict of numbers: counts["test"]["forward"][projection]["acs"], summed over its "samples"
    measured              nested dict: what counters of the machine measured in joules, or why there is none
    """

    def __init__(self, path, temporary=False, *, folder=None, summary=""):
        """path: the run file. temporary: it, and its checkpoint, are removed at close() or with the last reference.
        folder: instead, what goes is a folder. summary: what the command would print of it.
        Raises FileError where there is no such file."""
        self._path = os.fspath(path)
        self._where = os.path.abspath(self._path)
        if not os.path.isfile(self._where):
            there = "is no file" if os.path.exists(self._where) else "is not there"
            raise FileError(f"the run {self._path} {there}")
        self._file = self._map = None
        self._closed = False
        self._arrays = {}
        self._remove = weakref.finalize(self, remove, files_beside(self._where)) if temporary else None
        self._folder, self.summary = folder, summary
        if folder is not None:
            self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    # The file

    @property
    def path(self):
        return self._path

    @property
    def closed(self):
        return self._closed

    @property
    def temporary(self):
        """Whether the file goes with the run."""
        return self._remove is not None

    def close(self):
        """Closes the file, and removes a temporary one. Arrays that were handed out stay valid; closing twice is fine."""
        self._closed = True
        if self._file is not None:
            self._file.close()
        self._file = self._map = None
        self._arrays = {}
        if self._remove is not None:
            self._remove()

    def keep_folder(self):
        """Closes the run without removing its temporary folder, which is returned."""
        self._remove.detach()
        self._remove = None
        self.close()
        return self._folder

    def __reduce__(self):
        """A run is pickled and copied as the path of its file."""
        if self.temporary:
            raise TypeError("this run lies in a temporary file, which goes with it; save() it, and copy or pickle that one")
        return Run, (self._where,)

    def __enter__(self):
        self._open("with")
        return self

    def __exit__(self, *_):
        self.close()

    def save(self, path, force=False):
        """Copies the run file, and the checkpoint that an interrupted one goes on from; returns the Run of the copy.

        Folders on the way are made. An existing file is refused without force=True, which replaces run files only
        (UsageError)."""
        self._open("save()")
        from snnsim.figures.run_file import RunFileError, open_run
        from snnsim.figures.whole_file import whole_file
        path = os.fspath(path)
        if path.endswith((".partial.h5", ".checkpoint.h5")):
            raise UsageError(f"save: {path} is the name of an unfinished run; name another file")
        if os.path.realpath(path) == os.path.realpath(self._where):
            raise UsageError(f"save: {path} is the file of this run itself; name another file")
        if os.path.exists(path):
            if not force:
                raise UsageError(f"save: {path} exists already; force=True overwrites it")
            try:
                open_run(path).close()
            except RunFileError as error:
                raise UsageError(f"save: {path} is no run of snnsim, and is not overwritten; name another file") from error
        pairs = list(zip(files_beside(self._where)[:2], files_beside(path)[:2]))
        try:
            os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
            for source, target in reversed(pairs):    # the run file last: with it the copy is complete
                if os.path.exists(source):
                    with whole_file(target) as part:
                        shutil.copyfile(source, part)
        except OSError as error:
            raise FileError(f"save: cannot write {error.filename or path}: {error.strerror}") from error
        return Run(path)

    def _open(self, what):
        """The file as h5py has it; what: what was asked for."""
        if self._closed:
            raise ClosedError(f"{what}: the run {self._path} is closed")
        if self._file is None:
            needs("h5py", "reading a run")
            from snnsim.figures.run_file import RunFileError, open_run
            try:
                self._file = open_run(self._where)
            except RunFileError as error:
                raise FileError(str(error).replace(self._where, self._path)) from error
        return self._file

    def _attribute(self, name, what=None):
        value = self._open(what or name).attrs.get(name)
        return None if value is None else plain(value)

    def _array(self, dataset):
        """A data set as a read-only array, mapped or read once; of a run under way what is there now."""
        if self._file.attrs["status"] == "running":
            dataset.id.refresh()
            return constant(read(dataset))
        found = self._arrays.get(dataset.name)
        if found is None:
            found = self._mapped(dataset)
            found = constant(read(dataset)) if found is None else found
            self._arrays[dataset.name] = found
        return found

    def _mapped(self, dataset):
        """The array in the file itself; None where it does not lie there in one piece, at an address for its type."""
        kind, offset = dataset.dtype, dataset.id.get_offset()
        if dataset.chunks or dataset.external or dataset.is_virtual or kind.hasobject or not offset or not dataset.size \
                or offset % kind.alignment:
            return None
        if self._map is None:
            self._map = mmap.mmap(self._file.id.get_vfd_handle(), 0, access=mmap.ACCESS_READ)
        # The map lives as long as an array on it, also of a file that was removed.
        return np.frombuffer(self._map, kind, dataset.size, offset).reshape(dataset.shape)

    # What was run

    @property
    def kind(self):
        from snnsim.figures.run_file import is_simulation
        return "simulation" if is_simulation(self._open("kind")) else "training"

    @property
    def status(self):
        return self._attribute("status")

    @property
    def name(self):
        return self._attribute("model_name", "name")

    @property
    def seed(self):
        return self._attribute("seed")

    @property
    def dt(self):
        return self._attribute("dt")

    @property
    def digest(self):
        return self._attribute("spike_digest", "digest")

    @property
    def model(self):
        return self._attribute("model")

    @property
    def overrides(self):
        return self._attribute("overrides") or []

    @property
    def inputs(self):
        return self._attribute("inputs") or []

    @property
    def warnings(self):
        return self._attribute("warnings") or []

    @property
    def provenance(self):
        attributes = self._open("provenance").attrs
        return {name: plain(attributes[name]) for name in attributes
                if name not in TOLD_ELSEWHERE and not name.endswith("_units")}

    @property
    def seconds(self):
        profile = self._open("seconds").get("profile", {})
        return {name: float(profile[name][0]) for name in profile}

    @property
    def populations(self):
        return Named(self, "populations", lambda file: in_order(file, "network"),
                     lambda file, name: {key: plain(value) for key, value in file["network"][name].attrs.items()})

    # What was recorded

    @property
    def spikes(self):
        self._open("spikes")
        return Named(self, "spikes", lambda file: in_order(file, "spikes"), self._spikes)

    def _spikes(self, file, name):
        from snnsim.figures.run_file import RunFileError, columns, time_and_cell
        group = file["spikes"][name]
        names = ["timestamps", "node_ids", *(key for key in ("trial", "values") if key in group)]
        if file.attrs["status"] == "running":
            for key in names:
                group[key].id.refresh()
            try:
                found = time_and_cell(file, name) if self.kind == "simulation" else columns(group, *names[:2])
            except RunFileError as error:
                raise DataError(str(error).replace(self._where, self._path)) from error
            found = {key: constant(values) for key, values in zip(names, found)}
            for key in names[2:]:
                found[key] = self._array(group[key])[:len(found["timestamps"])]
        else:
            found = {key: self._array(group[key]) for key in names}
        lengths = {key: len(values) for key, values in found.items()}
        if len(set(lengths.values())) > 1:
            raise DataError(f"{self._path}: the arrays of 'spikes/{name}' have "
                            f"{', '.join(f'{n} ({key})' for key, n in lengths.items())} values; the file is damaged")
        cells = self._array(group["recorded_node_ids"]) if "recorded_node_ids" in group else every_cell(file, name)
        return Spikes(name, self.dt, found["timestamps"], found["node_ids"], cells, found.get("trial"), found.get("values"),
                      plain(group.attrs["trials"]) if "trials" in group.attrs else None)

    @property
    def states(self):
        self._open("states")
        return Named(self, "states", lambda file: in_order(file, "state"), lambda file, name: Named(
            self, f"states[{name!r}]", lambda file: timed(file["state"][name]),
            lambda file, variable: self._values(file, file["state"][name], variable, f"{variable} of {name}", name)))

    @property
    def rates(self):
        self._open("rates")
        return Named(self, "rates", lambda file: in_order(file, "rates"), lambda file, name: self._values(
            file, file["rates"][name], "rate", f"rate of {name}"))

    def _values(self, file, group, variable, name, population=None):
        values = group[variable]
        time = self._array(group[values.attrs["time"]])
        found = self._array(values)
        if len(time) != len(found) and file.attrs["status"] != "running":
            raise DataError(f"{self._path}: {name} has {len(found)} values at {len(time)} times; the file is damaged")
        if len(time) != len(found):    # one was written between the two
            rows = min(len(time), len(found))
            time, found = time[:rows], found[:rows]
        cells = None
        if population is not None:
            ids = values.attrs.get("node_ids")
            cells = constant(np.arange(values.shape[1], dtype=np.uint64)) if ids is None else self._array(group[ids])
        return Values(name, found, time, plain(values.attrs["units"]), cells)

    @property
    def trials(self):
        return self._part("trials", "trials")

    @property
    def phases(self):
        self._open("phases")

        def names(file):
            return [plain(name) for name in file["phases"].attrs["phases"]] if "phases" in file else []
        return Named(self, "phases", names, lambda file, name: self._part(f"phases/{name}", f"phases[{name!r}]"))

    @property
    def final(self):
        return self._part("final", "final")

    # What was learnt

    @property
    def curves(self):
        self._open("curves")
        return self._curves("training", "curves")

    def _curves(self, place, what):
        """step_*, epoch_* and test_* of a group with steps, epochs and test, and `outputs`, the same of each output."""
        def names(file):
            group = file.get(place, {})
            found = [f"{prefix}_{name}" for part, prefix in CURVES for name in group.get(part, {})]
            return found + ["outputs"] * ("outputs" in group)

        def get(file, name):
            if name == "outputs":
                return Named(self, f"{what}.outputs", lambda file: in_order(file, f"{place}/outputs"),
                             lambda file, output: self._curves(f"{place}/outputs/{output}", f"{what}.outputs[{output!r}]"))
            prefix, key = name.split("_", 1)
            part = next(part for part, its in CURVES if its == prefix)
            return self._array(file[place][part][key])
        return Named(self, what, names, get)

    @property
    def weights(self):
        self._open("weights")
        return Named(self, "weights", lambda file: list(file.get("weights", {})), self._weights)

    def _weights(self, file, name):
        group = file["weights"][name]
        if "weights" not in group:
            return self._part(f"weights/{name}", f"weights[{name!r}]")
        bias, mask = (self._array(group[key]) if key in group else None for key in ("bias", "mask"))
        told = {key: plain(group.attrs[key]) for key in ("from", "to", "delay", "trainable") if key in group.attrs}
        if "delays" in group:
            told["delay"] = self._array(group["delays"])
        return Weights(name, self._array(group["weights"]), bias, mask, told.get("from"), told.get("to"), told.get("delay"),
                       bool(told.get("trainable", True)), plain(group["weights"].attrs["units"]))

    @property
    def test(self):
        return self._part("test", "test")

    @property
    def accuracy(self):
        self._open("accuracy")
        return self.test.get("accuracy")

    @property
    def loss(self):
        self._open("loss")
        return self.test.get("loss")

    # What was counted

    @property
    def counts(self):
        energy = self._open("counts").get("energy", {})
        return {phase: numbers_in(energy[phase]) for phase in energy if phase != "measured"}

    @property
    def measured(self):
        file = self._open("measured")
        return all_in(file["energy/measured"]) if "energy/measured" in file else {}

    def _part(self, place, what):
        """Attributes, arrays and groups of a group, by name."""
        self._open(what)

        def names(file):
            group = file.get(place)
            return [] if group is None else [a for a in group.attrs if not a.endswith("_units")] + list(group)

        def get(file, name):
            group = file[place]
            if name not in group:
                return plain(group.attrs[name])
            if hasattr(group[name], "shape"):
                return self._array(group[name])
            return self._part(f"{place}/{name}", f"{what}.{name}")
        return Named(self, what, names, get)

    # What can be made of it

    def plot(self, what=None, start=None, stop=None, trials=10):
        """Draws the run as tools/plot_run.py does; returns a matplotlib Figure.

        what: None for all pictures that there are, one below the other; the name of one ("raster", "rates", "states",
        "training", "confusion", "weights", ...), or a list of names. start, stop: of a simulation, the part that is shown, in
        ms or as text ("200 ms"). trials: of a training, the samples shown in rasters and traces.
        """
        from snnsim.run_exports import plot
        return plot(self, what, start, stop, trials)

    def to_neo(self):
        """The run as a neo.Block: a Segment for each recorded sample of a training, one of a simulation.

        A SpikeTrain for each recorded cell (annotations population and cell), empty of cells that were silent; recorded
        states as AnalogSignal, or IrregularlySampledSignal where their times are not evenly spaced.
        """
        from snnsim.run_exports import to_neo
        return to_neo(self)

    def to_pandas(self, what="spikes"):
        """A pandas.DataFrame of "spikes" (a row a spike), "states" (a row a value), "curves" (a row an update, epoch or test,
        NaN where a curve is shorter), "trials" (a row a sample) or "counts" (a row a projection or population)."""
        from snnsim.run_exports import to_pandas
        return to_pandas(self, what)

    def __repr__(self):
        if self._closed:
            return f"<Run {self._path}, closed>"
        parts = [f"{self.name}", self.kind, self.status]
        if self.accuracy is not None:
            parts.append(f"accuracy {100 * self.accuracy:.2f} %")
        if self.loss is not None:
            parts.append(f"loss {self.loss:.4g}")
        file = self._open("repr")
        if self.kind == "simulation" and "steps" in file.attrs:
            sent = [int(group.attrs["spikes"]) for group in file.get("network", {}).values() if "spikes" in group.attrs]
            parts.append(f"{int(file.attrs['steps']) * self.dt:g} ms, {sum(sent):,} spikes")
        return f"<Run {self._path}: {', '.join(parts)}>"


CURVES = (("steps", "step"), ("epochs", "epoch"), ("test", "test"))    # group in the file, prefix of the name


def read(dataset):
    """A data set as an array of its own; text as str."""
    return dataset.asstr()[...] if dataset.dtype.kind == "O" else np.asarray(dataset[...])


def in_order(file, place):
    """Populations of a group, in the model's order."""
    from snnsim.figures.run_file import in_order as ordered
    return ordered(file, list(file.get(place, {})))


def every_cell(file, population):
    network = file.get(f"network/{population}")
    if network is None:
        raise DataError(f"{file.filename} does not tell the size of '{population}'; the file is damaged")
    return constant(np.arange(int(network.attrs["size"]), dtype=np.uint64))


def timed(group):
    """The variables among a group's data sets: those that name their times."""
    return [name for name in group if "time" in group[name].attrs]


def numbers_in(group):
    """Numbers of a group and of those in it, as nested dicts."""
    found = {name: plain(value) for name, value in group.attrs.items()}
    found = {name: value for name, value in found.items() if isinstance(value, (int, float))}
    return {**found, **{name: numbers_in(group[name]) for name in group}}


def all_in(group):
    """Attributes of a group and of those in it, as nested dicts; units stay beside their numbers."""
    return {**{name: plain(value) for name, value in group.attrs.items()}, **{name: all_in(group[name]) for name in group}}
