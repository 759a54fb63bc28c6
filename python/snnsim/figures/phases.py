"""The pictures of a simulation's phases: what was recognised, what cells stand for, thresholds that adapted."""

import re

import numpy as np

from .trainings import WIDTH, Panel, colour, draw_counts, legend_beside, running_mean

LEAST_TRIALS = 20      # that answers over time are drawn of
RUNNING_TRIALS = 20    # of one pattern, that an answer is the mean of


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
        draw_counts(part, group["confusion"][:])
        part.suptitle(f"Phase {name}: {100 * a['accuracy']:.2f} % of {a['samples']} samples right, "
                      f"{a['unanswered']} unanswered", fontsize=9)
    return "Predictions"


def draw_learning(figure, run, _shown):
    axes = figure.subplots()
    for k, (name, group) in enumerate(learning(run)):
        accuracy = group["running_accuracy"][:]
        window = group.attrs["running"]
        axes.plot(window * np.arange(2, len(accuracy) + 2), 100 * accuracy, color=colour(k), label=name)
    axes.set(xlabel="samples", ylabel="right [%]", ylim=(0, 102))
    legend_beside(axes)
    return "Accuracy while it learns: cells are assigned by the samples before those that are predicted"


def trained_on_patterns(run):
    """(name, labels, spikes) of each phase that counted what patterns were answered with and predicts nothing from it."""
    if "trials/spikes" not in run or "trials/label" not in run:
        return []
    phase, label, spikes = (run[f"trials/{key}"][:] for key in ("phase", "label", "spikes"))
    found = []
    for k, (name, group) in enumerate(phases(run)):
        mine = phase == k
        if mine.sum() >= LEAST_TRIALS and "confusion" not in group and "running_accuracy" not in group \
                and "assignment" not in group:
            found.append((name, label[mine], spikes[mine]))
    return found


def rewarded_label(run):
    """The label that the model rewards, from the model's text and what was set on the command line; None where none is told."""
    text = "\n".join([str(run.attrs["model"]), *map(str, np.atleast_1d(run.attrs.get("overrides", [])))])
    told = re.findall(r"reward:\s*\{[^}]*?\blabel:\s*(\d+)", text) + re.findall(r"reward\.label\s*=\s*(\d+)", text)
    return int(told[-1]) if told else None


def running_response(spikes, width):
    """The mean over so many presentations of a pattern, and which of its presentations each mean ends with."""
    return running_mean(spikes, width), np.arange(width, len(spikes) + 1)


def draw_responses(figure, run, _shown):
    found = trained_on_patterns(run)
    rewarded = rewarded_label(run)
    for axes, (name, label, spikes) in zip(figure.subplots(1, len(found), squeeze=False)[0], found):
        for k in np.unique(label):
            at = np.flatnonzero(label == k)
            width = min(RUNNING_TRIALS, max(len(at) // 2, 1))
            mean, ends = running_response(spikes[at], width)
            main = rewarded is None or k == rewarded
            axes.plot(at[ends - 1] + 1, mean, color=(colour(1) if k == rewarded else f"C{k % 10}") if main else "0.7",
                      linewidth=2.2 if k == rewarded else 1.0, zorder=3 if main else 2,
                      label=f"pattern {k}, rewarded" if k == rewarded else f"pattern {k}" if rewarded is None else
                      "the others" if k == min(set(label) - {rewarded}) else None)
        axes.set(xlabel="presentations", ylabel="spikes in answer to a pattern", title=f"phase {name}")
        legend_beside(axes)
    return f"Conditioning: answers, mean of the last {RUNNING_TRIALS} presentations of a pattern"


def draw_cells(figure, run, _shown):
    found, adapted = assigned(run), thresholds(run)
    for axes, (name, group) in zip(figure.subplots(1, len(found) + len(adapted), squeeze=False)[0], found):
        classes, cells = np.unique(group["assignment"][:], return_counts=True)
        axes.bar(["none" if c < 0 else str(c) for c in classes], cells, color=colour(0))
        axes.set(xlabel="class", ylabel="cells", title=f"assigned in phase {name}")
    for axes, (name, theta) in zip(figure.axes[len(found):], adapted):
        axes.hist(theta, 40, color=colour(1))
        axes.set(xlabel="theta [mV]", ylabel="cells", title=f"adaptive threshold of {name}")
    return "Cells"


PHASE_PANELS = [
    Panel("responses", (WIDTH, 4), lambda run: len(trained_on_patterns(run)) > 0, draw_responses),
    Panel("learning", (WIDTH, 3.5), lambda run: len(learning(run)) > 0, draw_learning),
    Panel("confusion", lambda run, _: (WIDTH, 5.5 * len(evaluated(run))), lambda run: len(evaluated(run)) > 0, draw_evaluated),
    Panel("cells", (WIDTH, 3.5), lambda run: len(assigned(run)) + len(thresholds(run)) > 0, draw_cells),
]
