"""The pictures of a simulation's phases: what was recognised, what cells stand for, thresholds that adapted."""

import numpy as np

from run_figures import Panel, colour, draw_counts


def phases(run):
    """The groups of the phases, in their order."""
    group = run.get("phases")
    return [] if group is None else [(name, group[name]) for name in group.attrs["phases"]]


def evaluated(run):
    return [(name, g) for name, g in phases(run) if "confusion" in g and "running_accuracy" not in g]


def learning(run):
    return [(name, g) for name, g in phases(run) if "running_accuracy" in g]


def assigned(run):
    return [(name, g) for name, g in phases(run) if "assignment" in g]


def thresholds(run):
    """(population, theta) at the end."""
    return [(name, g["theta"][:]) for name, g in run.get("final", {}).items() if "theta" in g and np.ptp(g["theta"][:]) > 0]


def draw_evaluated(figure, run, _shown):
    found = evaluated(run)
    for part, (name, group) in zip(figure.subfigures(len(found), 1, squeeze=False)[:, 0], found):
        a = group.attrs
        title = f"Phase {name}: {100 * a['accuracy']:.2f} % of {a['samples']} samples right, {a['unanswered']} unanswered"
        draw_counts(part, group["confusion"][:], title)


def draw_learning(figure, run, _shown):
    axes = figure.subplots()
    for k, (name, group) in enumerate(learning(run)):
        accuracy = group["running_accuracy"][:]
        window = group.attrs["running"]
        axes.plot(window * np.arange(2, len(accuracy) + 2), 100 * accuracy, color=colour(k), label=name)
    axes.set(xlabel="samples", ylabel="right [%]", ylim=(0, 100))
    axes.legend(fontsize=8)
    figure.suptitle("Accuracy while it learns: cells are assigned by the samples before those that are predicted", fontsize=10)


def draw_cells(figure, run, _shown):
    found, adapted = assigned(run), thresholds(run)
    for axes, (name, group) in zip(figure.subplots(1, len(found) + len(adapted), squeeze=False)[0], found):
        classes, cells = np.unique(group["assignment"][:], return_counts=True)
        axes.bar(["none" if c < 0 else str(c) for c in classes], cells, color=colour(0))
        axes.set(xlabel="class", ylabel="cells", title=f"assigned in phase {name}")
    for axes, (name, theta) in zip(figure.axes[len(found):], adapted):
        axes.hist(theta, 40, color=colour(1))
        axes.set(xlabel="theta [mV]", ylabel="cells", title=f"adaptive threshold of {name}")
    figure.suptitle("Cells", fontsize=10)


PHASE_PANELS = [
    Panel("learning", (12, 3.5), lambda run: len(learning(run)) > 0, draw_learning),
    Panel("confusion", (12, 5.5), lambda run: len(evaluated(run)) > 0, draw_evaluated),
    Panel("cells", (12, 3.5), lambda run: len(assigned(run)) + len(thresholds(run)) > 0, draw_cells),
]
