"""The pictures of weights that change in a simulation; each is drawn into a matplotlib figure or subfigure."""

import math

import numpy as np

from .run_file import simulated, size_of
from .trainings import WIDTH, Panel, colour, legend_above, legend_beside

MOST_FIELDS = 100      # receptive fields of a projection
LEAST_SIDE = 4         # of an image that a source may be
WEIGHT_BINS = 50


def projections(run):
    """Name and group of each projection whose weights the file holds."""
    return list(run.get("weights", {}).items())


def with_data(run, name):
    return [(p, group) for p, group in projections(run) if name in group]


def axes_of(figure, found):
    return figure.subplots(1, len(found), squeeze=False)[0]


def unit_of(dataset):
    return "" if dataset.attrs["units"] == "1" else f" [{dataset.attrs['units']}]"


def edges_of(times, whole):
    """Edges between the times of records, so that each lies inside its own; none lies outside the run."""
    middle = (times[1:] + times[:-1]) / 2
    first = times[0] - (middle[0] - times[0]) if len(middle) else times[0] - 0.5
    last = times[-1] + (times[-1] - middle[-1]) if len(middle) else times[-1] + 0.5
    return np.concatenate(([max(first, whole.start)], middle, [min(last, whole.stop)]))


def histograms_over_time(run):
    """(name, unit, ms, edges, counts [time, bin]) of each projection: recorded as such, or from snapshots of all weights."""
    found = []
    for name, group in projections(run):
        if "histogram" in group and len(group["histogram_time"]):
            found.append((name, unit_of(group["histogram_edges"]), group["histogram_time"][:],
                          group["histogram_edges"][:], group["histogram"][:]))
        elif "snapshots" in group and len(group["snapshots_time"]) > 1:
            snapshots = group["snapshots"][:]
            edges = weight_edges(snapshots[np.isfinite(snapshots)])
            counts = np.array([np.histogram(s[np.isfinite(s)], edges)[0] for s in snapshots])
            found.append((name, unit_of(group["snapshots"]), group["snapshots_time"][:], edges, counts))
    return found


def draw_histograms(figure, run, _shown):
    found = histograms_over_time(run)
    for axes, (name, unit, time, edges, counts) in zip(axes_of(figure, found), found):
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        image = axes.pcolormesh(edges_of(time, simulated(run)) / 1000.0, edges, share.T, cmap="viridis", rasterized=True,
                                vmax=max(np.quantile(share, 0.99), 1e-9))
        figure.colorbar(image, ax=axes, label="share of the synapses")
        axes.set(xlabel="time [s]", ylabel=f"weight{unit}", title=name)
    return "Weights over time"


def weight_edges(values):
    """Bins from the least weight to the largest; one around weights that are all the same."""
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        low, high = low - max(abs(low), 1e-3) / 20, high + max(abs(high), 1e-3) / 20
    return np.linspace(low, high, WEIGHT_BINS + 1)


def draw_final_weights(figure, run, _shown):
    found = with_data(run, "weight")
    for axes, (name, group) in zip(axes_of(figure, found), found):
        weight = group["weight"][:]
        axes.hist(weight, weight_edges(weight), color=colour(0))
        axes.set(xlabel=f"weight{unit_of(group['weight'])}", ylabel="synapses",
                 title=f"{name}: {len(weight)} synapses, mean {weight.mean() if len(weight) else 0:.4g}")
    return "Weights at the end"


def draw_changes(figure, run, _shown):
    found = with_data(run, "changes")
    for axes, (name, group) in zip(axes_of(figure, found), found):
        changes = group["changes"]
        time, synapse, weight = (changes[key][:] for key in ("time", "synapse", "weight"))
        for k, (source, target) in enumerate(zip(changes["source"][:], changes["target"][:])):
            mine = synapse == k
            axes.step(time[mine] / 1000.0, weight[mine], where="post", color=colour(k), linewidth=0.9,
                      label=f"{source} → {target}")
        axes.set(xlabel="time [s]", ylabel=f"weight{unit_of(changes['weight'])}", title=name)
        legend_beside(axes)
    return "Weights of single synapses"


def ends(run, name):
    """Sizes of the populations that a projection joins."""
    for group in run["projections"].values():
        if group.attrs["name"] == name:
            return [size_of(run, group.attrs[end]) for end in ("from", "to")]
    raise KeyError(name)


def matrix(run, name, group):
    """Final weights as [source, target]; None where the projection does not join all pairs once."""
    sources, targets = ends(run, name)
    pair = group["source"][:].astype(np.int64) * targets + group["target"][:]
    if len(pair) != sources * targets or len(np.unique(pair)) != len(pair):
        return None
    weights = np.empty(len(pair))
    weights[pair] = group["weight"][:]
    return weights.reshape(sources, targets)


def side_of(run, name):
    """Of the square image that the sources are; 0 where they are none."""
    side = math.isqrt(ends(run, name)[0])
    return side if side >= LEAST_SIDE and side * side == ends(run, name)[0] else 0


def receptive_fields(run):
    """(name, unit, [source, target]) of each projection from what may be an image to all of its targets."""
    found = []
    for name, group in with_data(run, "weight"):
        weights = matrix(run, name, group) if side_of(run, name) else None
        if weights is not None:
            found.append((name, unit_of(group["weight"]), weights))
    return found


def sheet_of(weights):
    """A grid of images, a target each, with a pixel of space between them."""
    side, shown = math.isqrt(len(weights)), min(weights.shape[1], MOST_FIELDS)
    columns = math.ceil(math.sqrt(shown))
    rows = -(-shown // columns)
    sheet = np.full((rows * (side + 1) - 1, columns * (side + 1) - 1), np.nan)
    for k in range(shown):
        y, x = (side + 1) * (k // columns), (side + 1) * (k % columns)
        sheet[y:y + side, x:x + side] = weights[:, k].reshape(side, side)
    return sheet, shown


def draw_receptive_fields(figure, run, _shown):
    found = receptive_fields(run)
    for part, (name, unit, weights) in zip(figure.subfigures(1, len(found), squeeze=False)[0], found):
        sheet, shown = sheet_of(weights)
        axes = part.subplots()
        image = axes.imshow(sheet, cmap="viridis", interpolation="nearest", vmin=min(weights.min(), 0.0),
                            vmax=max(weights.max(), 0.0) or 1e-9)
        axes.set_axis_off()
        part.colorbar(image, ax=axes, label=f"weight{unit}")
        axes.set_title(f"{name}: cells 0 to {shown - 1} of {weights.shape[1]}" if shown > 1 else name, fontsize=9)
    return "Receptive fields"


def draw_structure(figure, run, _shown):
    found = with_data(run, "structure")
    for axes, (name, group) in zip(axes_of(figure, found), found):
        structure = group["structure"]
        for k, what in enumerate(("pruned", "grown")):
            axes.plot(structure["time"][:] / 1000.0, structure[what][:], ".-", color=colour(k),
                      label=f"{what}, {structure[what][:].sum()} in all")
        axes.set(xlabel="time [s]", ylabel="synapses an interval")
        legend_above(axes)
        axes.set_title(name, pad=22)
    return "Structural plasticity"


WEIGHT_PANELS = [
    Panel("final_weights", (WIDTH, 3.5), lambda run: len(with_data(run, "weight")) > 0, draw_final_weights),
    Panel("receptive_fields", (WIDTH, 6), lambda run: len(receptive_fields(run)) > 0, draw_receptive_fields),
    Panel("weight_histograms", (WIDTH, 4), lambda run: len(histograms_over_time(run)) > 0, draw_histograms),
    Panel("weight_changes", (WIDTH, 4), lambda run: len(with_data(run, "changes")) > 0, draw_changes),
    Panel("structure", (WIDTH, 3.5), lambda run: len(with_data(run, "structure")) > 0, draw_structure),
]
