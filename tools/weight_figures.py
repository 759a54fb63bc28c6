"""The pictures of weights that change in a simulation; each is drawn into a matplotlib figure or subfigure."""

import math

import numpy as np

from run_figures import Panel, colour

MOST_FIELDS = 100      # receptive fields of a projection
LEAST_SIDE = 4         # of an image that a source may be


def projections(run):
    """Name and group of each projection whose weights the file holds."""
    return list(run.get("weights", {}).items())


def with_data(run, name):
    return [(p, group) for p, group in projections(run) if name in group]


def axes_of(figure, found):
    return figure.subplots(1, len(found), squeeze=False)[0]


def unit_of(dataset):
    return "" if dataset.attrs["units"] == "1" else f" [{dataset.attrs['units']}]"


def edges_of(times):
    """Edges between the times of records, so that each lies inside its own."""
    middle = (times[1:] + times[:-1]) / 2
    first = times[0] - (middle[0] - times[0]) if len(middle) else times[0] - 0.5
    last = times[-1] + (times[-1] - middle[-1]) if len(middle) else times[-1] + 0.5
    return np.concatenate(([first], middle, [last]))


def draw_histograms(figure, run, _shown):
    found = with_data(run, "histogram")
    for axes, (name, group) in zip(axes_of(figure, found), found):
        counts, time = group["histogram"][:], group["histogram_time"][:]
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        if len(time):
            image = axes.pcolormesh(edges_of(time) / 1000.0, group["histogram_edges"][:], share.T, cmap="viridis",
                                    vmax=max(np.quantile(share, 0.99), 1e-9))
            figure.colorbar(image, ax=axes, label="share of the synapses")
        axes.set(xlabel="time [s]", ylabel=f"weight{unit_of(group['histogram_edges'])}", title=name)
    figure.suptitle("Weights over time", fontsize=10)


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
        axes.legend(fontsize=7)
    figure.suptitle("Weights of single synapses", fontsize=10)


def ends(run, name):
    """Sizes of the populations that a projection joins."""
    for group in run["projections"].values():
        if group.attrs["name"] == name:
            return [int(run[f"network/{group.attrs[end]}"].attrs["size"]) for end in ("from", "to")]
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
        part.suptitle(f"Receptive fields, {name}: cells 0 to {shown - 1} of {weights.shape[1]}", fontsize=10)


def draw_structure(figure, run, _shown):
    found = with_data(run, "structure")
    for axes, (name, group) in zip(axes_of(figure, found), found):
        structure = group["structure"]
        for k, what in enumerate(("pruned", "grown")):
            axes.plot(structure["time"][:] / 1000.0, structure[what][:], ".-", color=colour(k),
                      label=f"{what}, {structure[what][:].sum()} in all")
        axes.set(xlabel="time [s]", ylabel="synapses an interval", title=name)
        axes.legend(fontsize=7)
    figure.suptitle("Structural plasticity", fontsize=10)


WEIGHT_PANELS = [
    Panel("receptive_fields", (12, 6), lambda run: len(receptive_fields(run)) > 0, draw_receptive_fields),
    Panel("weight_histograms", (12, 4), lambda run: len(with_data(run, "histogram")) > 0, draw_histograms),
    Panel("weight_changes", (12, 4), lambda run: len(with_data(run, "changes")) > 0, draw_changes),
    Panel("structure", (12, 3.5), lambda run: len(with_data(run, "structure")) > 0, draw_structure),
]
