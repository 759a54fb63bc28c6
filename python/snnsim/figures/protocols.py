"""The pictures of pairing protocols: what weights became, by the time difference or by the frequency of the pairs."""

import numpy as np

from .run_file import size_of, time_and_cell
from .trainings import WIDTH, Panel, colour, legend_beside
from .weights import axes_of, unit_of, with_data

LEAST_SYNAPSES = 10    # of a protocol, each with a difference or frequency of its own
LEAST_PAIRS = 2        # of spikes of a synapse


def trains(run, population):
    """ms of the spikes of each cell of a population that is recorded as a whole; None where it is not."""
    group = run["spikes"].get(population)
    size = size_of(run, population)
    if group is None or int(group.attrs.get("cells_recorded", size)) != size:
        return None
    time, cell = time_and_cell(run, population)
    order = np.argsort(cell, kind="stable")
    return np.split(time[order], np.searchsorted(cell[order], np.arange(1, size)))


def ends_of(run, name):
    """Names of the populations that a projection joins."""
    for group in run["projections"].values():
        if group.attrs["name"] == name:
            return str(group.attrs["from"]), str(group.attrs["to"])
    raise KeyError(name)


def one_synapse_each(group):
    sources = group["source"][:]
    return len(sources) >= LEAST_SYNAPSES and len(np.unique(sources)) == len(sources)


def lag(before, after, delay, dt):
    """Target's spike - arrival of the source's, in ms, where that is the same for all pairs of nearest spikes; else None."""
    arrivals = before + delay
    if len(arrivals) < LEAST_PAIRS or len(after) < LEAST_PAIRS:
        return None
    at = np.searchsorted(after, arrivals)
    earlier, later = after[np.maximum(at - 1, 0)] - arrivals, after[np.minimum(at, len(after) - 1)] - arrivals
    nearest = np.where(np.abs(earlier) <= np.abs(later), earlier, later)
    nearest = nearest[arrivals <= after[-1] + np.abs(np.median(nearest)) + dt]  # the last may have no partner any more
    return float(np.median(nearest)) if np.ptp(nearest) < 1.5 * dt else None


def windows(run):
    """(name, unit, ms, weight) of each projection whose synapses see pairs of spikes of different time differences."""
    found = []
    for name, group in with_data(run, "weight"):
        source, target = ends_of(run, name)
        before, after = trains(run, source), trains(run, target)
        if not one_synapse_each(group) or before is None or after is None:
            continue
        dt = float(run.attrs["dt"])
        parts = zip(group["source"][:], group["target"][:], group["delay"][:], group["weight"][:])
        pairs = [(lag(before[s], after[t], d, dt), w) for s, t, d, w in parts]
        pairs = np.array(sorted((ms, w) for ms, w in pairs if ms is not None))
        if len(pairs) >= LEAST_SYNAPSES and np.ptp(pairs[:, 0]) > 10 * dt:
            found.append((name, unit_of(group["weight"]), pairs[:, 0], pairs[:, 1]))
    return found


def draw_windows(figure, run, _shown):
    found = windows(run)
    for axes, (name, unit, ms, weight) in zip(axes_of(figure, found), found):
        axes.axvline(0, color="0.7", linewidth=0.8)
        for side, k in ((ms < 0, 1), (ms >= 0, 0)):
            axes.plot(ms[side], weight[side], ".-", color=colour(k), linewidth=0.8)
        axes.set(xlabel="spike of the target - arrival of the source's [ms]", ylabel=f"weight at the end{unit}", title=name)
    return "STDP window: what pairs of spikes at a fixed time difference made of the weights"


def by_frequency(run):
    """(name, unit, Hz, weight) of each projection whose sources fire regularly, each at a rate of its own."""
    found = []
    for name, group in with_data(run, "weight"):
        before = trains(run, ends_of(run, name)[0])
        if not one_synapse_each(group) or before is None:
            continue
        intervals = [np.diff(t) for t in before]
        if not all(len(i) == 0 or np.ptp(i) <= 2.5 * float(run.attrs["dt"]) for i in intervals):
            continue
        hertz = np.array([1000.0 / i.mean() if len(i) else np.nan for i in intervals])[group["source"][:]]
        told = np.isfinite(hertz)
        if told.sum() >= LEAST_SYNAPSES and hertz[told].max() > 2 * hertz[told].min():
            found.append((name, unit_of(group["weight"]), hertz[told], group["weight"][:][told]))
    return found


def draw_by_frequency(figure, run, _shown):
    axes = figure.subplots()
    for k, (name, unit, hertz, weight) in enumerate(by_frequency(run)):
        axes.plot(hertz, weight, ".", color=colour(k), label=name)
        axes.set(xlabel="rate of the source [Hz]", ylabel=f"weight at the end{unit}")
    legend_beside(axes)
    return "What pairs of spikes made of the weights, by their frequency"


def unfinished(run):
    """Projections that would be a protocol's, if their cells had fired more than once."""
    found = []
    for name, group in with_data(run, "weight"):
        before, after = (trains(run, population) for population in ends_of(run, name))
        if one_synapse_each(group) and before is not None and after is not None:
            counts = [max((len(times) for times in side), default=0) for side in (before, after)]
            if max(counts) > 0 and min(counts) < LEAST_PAIRS:
                found.append(name)
    return found


def draw_unfinished(figure, run, _shown):
    figure.text(0.5, 0.3, f"{', '.join(unfinished(run))}: no cell fired more than once before or behind these synapses.\n"
                f"A window or a curve needs {LEAST_PAIRS} pairs of spikes of each: simulate longer.",
                ha="center", va="center", color="0.3", fontsize=9)
    return "Pairing protocol: not finished"


PROTOCOL_PANELS = [
    Panel("stdp_window", (WIDTH, 4.5), lambda run: len(windows(run)) > 0, draw_windows),
    Panel("unfinished_protocol", (WIDTH, 1.1), lambda run: not windows(run) and not by_frequency(run) and len(unfinished(run)) > 0,
          draw_unfinished),
    Panel("weight_by_frequency", (WIDTH, 4), lambda run: len(by_frequency(run)) > 0, draw_by_frequency),
]
