"""Figures of a search: the cost of each point it tried and the best so far, and the cost against each parameter."""

import numpy as np
from matplotlib.figure import Figure

from .trainings import colour


def figures(file):
    """{name: Figure} of an open search.h5."""
    cost = file["points/cost"][:]
    known = np.isfinite(cost)
    if not known.any():
        return {"search": None, "parameters": None}
    number = np.arange(1, len(cost) + 1)
    best = np.minimum.accumulate(np.where(known, cost, np.inf))
    course = Figure(figsize=(7, 4.5), layout="constrained")
    axes = course.subplots()
    axes.plot(number[known], cost[known], ".", color="0.6", label="points")
    axes.step(number[np.isfinite(best)], best[np.isfinite(best)], where="post", color=colour(0), label="best so far")
    for k in number[~known]:
        axes.axvline(k, color=colour(3), linewidth=0.5, alpha=0.5, zorder=0)
    failed = (~known).sum()
    axes.set(xlabel="points tried", ylabel="cost", title=f"{failed} failed (lines)" if failed else "")
    if cost[known].min() > 0 and cost[known].max() > 20 * cost[known].min():
        axes.set_yscale("log")
    axes.legend(fontsize=8)
    return {"search": course, "parameters": draw_parameters(file, cost, known)}


def draw_parameters(file, cost, known):
    """Cost against each parameter that is a number; the later a point, the darker."""
    names, units, scales = (list(map(str, file.attrs[name])) for name in ("parameters", "units", "scales"))
    numbers = file["points/number"][:]
    drawn = [k for k in range(len(names)) if np.isfinite(numbers[known, k]).all()]
    if not drawn:
        return None
    columns = min(3, len(drawn))
    rows = -(-len(drawn) // columns)
    figure = Figure(figsize=(3.7 * columns, 3.2 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    order = np.arange(len(cost))[known]
    for axes, k in zip(panels, drawn):
        axes.scatter(numbers[known, k], cost[known], c=order, cmap="Blues", vmin=-len(cost) / 2, s=12)
        least = order[np.argmin(cost[known])]
        axes.plot(numbers[least, k], cost[least], "x", color=colour(3))
        axes.set_xscale(scales[k])
        axes.set_xlabel(f"{names[k]} [{units[k]}]" if units[k] else names[k])
    for axes in panels[len(drawn):]:
        axes.set_visible(False)
    for axes in panels[::columns]:
        axes.set_ylabel("cost")
    return figure
