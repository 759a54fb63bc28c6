"""Reads the run files of snnsim: opens with a clear error, and gives spikes by trial or, of a simulation, by time."""

import os
from typing import NamedTuple

import h5py
import numpy as np


MOST_STEPS = 2**32    # of a run, as in snnsim


class RunFileError(Exception):
    """The file is not there, is no run file, or its parts do not fit together."""


def open_run(path):
    """The file as h5py sees it; raises RunFileError for anything but a run file."""
    if not os.path.exists(path):
        raise RunFileError(f"there is no file {path}")
    if not os.path.isfile(path):  # a folder; a pipe would wait for a writer
        raise RunFileError(f"{path} is no file")
    ways = [{}, {"libver": "latest", "swmr": True}]    # the second: a file that grows, or whose writer was killed
    if os.fspath(path).endswith(".partial.h5"):
        # As what it is from the start, and without a lock, for which a simulation that is about to append would end.
        ways = [{**way, "locking": False} for way in reversed(ways)]
    try:
        run = h5py.File(path, "r", **ways[0])
    except OSError as e:
        try:
            run = h5py.File(path, "r", **ways[1])
        except (OSError, ValueError):
            why = os.strerror(e.errno).lower() if e.errno else "it is none, or damaged"
            raise RunFileError(f"{path} cannot be opened as an HDF5 file: {why}") from e
    if str(run.attrs.get("format")) != "snnsim run":
        run.close()
        raise RunFileError(f"{path} is an HDF5 file, but not a run file of snnsim "
                           "(its attribute 'format' should be 'snnsim run')")
    return run


def is_simulation(run):
    """A simulation is one stretch of time; the runs of trainings, and encoded samples, have trials."""
    return "steps_per_sample" not in run.attrs and not is_recall(run)


class Spikes(NamedTuple):
    """What one population sent in the first trials."""
    time: np.ndarray    # ms, from the start of the first trial
    neuron: np.ndarray
    trial: np.ndarray
    size: int           # neurons in the population
    recorded: int       # trials recorded in all, silent ones included


def columns(group, *names):
    """Data sets with a value for each spike; they have one length, but for those of a run under way."""
    found = [group[name][:] for name in names]
    lengths = [len(values) for values in found]
    if group.file.attrs["status"] == "running":
        return [values[:min(lengths)] for values in found]
    if len(set(lengths)) > 1:
        raise RunFileError(f"{group.file.filename}: '{group.name[1:]}/{names[0]}' has {lengths[0]} value{'s' * (lengths[0] != 1)}, but "
                           + ", ".join(f"'{name}' has {n}" for name, n in zip(names[1:], lengths[1:])))
    return found


def size_of(run, population):
    """Cells of a population."""
    if f"network/{population}" not in run:
        raise KeyError(f"network/{population}")
    return int(run[f"network/{population}"].attrs["size"])


def time_and_cell(run, population):
    """ms and number of the cell of each recorded spike of a simulation, in order of time."""
    group = run["spikes"][population]
    time, cell = columns(group, "timestamps", "node_ids")
    if run.attrs["status"] == "running" and (time == 0).any():    # room that is not written yet
        time, cell = time[:np.argmax(time == 0)], cell[:np.argmax(time == 0)]
    size, dt = size_of(run, population), float(run.attrs["dt"])
    stop = (MOST_STEPS if run.attrs["status"] == "running" else int(run.attrs["steps"])) * dt + dt / 2
    fits = (time > 0) & (time <= stop) & (cell < size)    # not so where a time is no number
    fits[1:] &= time[1:] >= time[:-1]
    if not fits.all():
        k = int(np.argmin(fits))
        raise RunFileError(f"{run.filename}: spike {k} of 'spikes/{population}' (cell {cell[k]} at {time[k]:g} ms) does not fit: "
                           f"cells are 0 to {size - 1}, times ascend to the end of the run")
    return time, cell


def in_order(run, names):
    """Populations in the order of the model, where the file tells it."""
    told = [str(name) for name in run["network"].attrs.get("populations", [])] if "network" in run else []
    return [name for name in told if name in names] + [name for name in names if name not in told]


def populations(run):
    """Populations with recorded spikes, in the order of computation where the file tells it."""
    names = in_order(run, run["spikes"])
    sources = [g.attrs["from"] for g in run.get("weights", {}).values()]
    targets = [g.attrs["to"] for g in run.get("weights", {}).values() if g.attrs["from"] != g.attrs["to"]]

    def depth(name):  # 0: receives from nobody; 2: sends to nobody else
        return 0 if name not in targets else 2 if name not in sources else 1

    return sorted(names, key=depth)


def spikes_of(run, population, trials=None):
    """Spikes of the first so many trials; of all without a number."""
    group = run["spikes"][population]
    time, neuron, trial = columns(group, "timestamps", "node_ids", "trial")
    # Sorted by time, hence by trial.
    end = len(trial) if trials is None else np.searchsorted(trial, trials)
    time, neuron = time[:end], neuron[:end]
    network = run.get(f"network/{population}")
    size = int(network.attrs["size"]) if network is not None else int(neuron.max(initial=0)) + 1
    return Spikes(time, neuron, trial[:end], size, int(group.attrs["trials"]))


def trial_count(run):
    return len(run["trials/start"]) if "trials" in run else 0


def trial_duration(run):
    """ms"""
    return float(run.attrs["dt"] * run.attrs["steps_per_sample"])


def trial_names(run, trials):
    """Label of each trial, with the prediction beside it where that is another; real targets have only a number."""
    if "trials/label" not in run:
        return [str(sample) for sample in run["trials/sample"][:trials]]
    labels = run["trials/label"][:trials]
    predictions = run["trials/prediction"][:trials] if "trials/prediction" in run else labels
    return [str(a) if a == b else f"{a}, taken for {b}" for a, b in zip(labels, predictions)]


class Stretch(NamedTuple):
    """A stretch of time, in ms."""
    start: float
    stop: float


def simulated(run):
    """The time a simulation's file holds; that of a run under way ends with its last spike."""
    dt = float(run.attrs["dt"])
    if "steps" in run.attrs and run.attrs["status"] != "running":
        steps = int(run.attrs["steps"])
        if not 0 <= steps < MOST_STEPS:
            raise RunFileError(f"{run.filename}: the attribute 'steps' cannot be {steps}")
        return Stretch(0.0, steps * dt)
    times = [time_and_cell(run, name)[0] for name in run["spikes"]]
    return Stretch(0.0, max((time[-1] for time in times if len(time)), default=0.0))


def is_recall(run):
    """Of a Hopfield network."""
    return str(run.attrs.get("kind")) == "hopfield"


def title_of(run):
    """What every picture says above: the model, its seed and how long it ran."""
    if is_simulation(run):
        milliseconds = simulated(run).stop
        duration = f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds:g} ms"
    elif is_recall(run):
        duration = f"{len(run['recall/overlaps'])} trials"
    else:
        duration = f"{trial_duration(run):g} ms a sample"
    status = "" if run.attrs["status"] == "finished" else f", {run.attrs['status']}"
    return f"{run.attrs['model_name']}, seed {run.attrs['seed']}, {duration}{status}"


class CellSpikes(NamedTuple):
    """What the recorded cells of one population sent in a stretch of time."""
    population: str
    time: np.ndarray    # ms
    cell: np.ndarray    # its place among those recorded
    cells: int          # recorded
    size: int           # of the population


def spikes_between(run, stretch):
    """Of each population with recorded spikes; those with start < time <= stop."""
    found = []
    for name in in_order(run, run["spikes"]):
        group = run["spikes"][name]
        time, cell = time_and_cell(run, name)
        first, last = np.searchsorted(time, stretch, side="right")
        size = size_of(run, name)
        cell = cell[first:last]
        if "recorded_node_ids" in group:  # ascending
            cell = np.searchsorted(group["recorded_node_ids"][:], cell)
        found.append(CellSpikes(name, time[first:last], cell,
                                int(group.attrs.get("cells_recorded", size)), size))
    return found
