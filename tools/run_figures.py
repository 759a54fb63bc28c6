"""The pictures of a training's run file; each is drawn into a matplotlib figure or subfigure."""

from typing import Callable, NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from run_file import populations, spikes_of, trial_count, trial_duration, trial_names

# Okabe & Ito's colours, which most people with colour blindness can tell apart.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]


def colour(k):
    return COLOURS[k % len(COLOURS)]


def separate_trials(axes, run, trials, names_at=None):
    """Lines between trials, and their labels above `names_at`."""
    duration = trial_duration(run)
    for k in range(1, trials):
        axes.axvline(k * duration, color="0.7", linewidth=0.6, zorder=0)
    axes.set_xlim(0, trials * duration)
    if names_at is None:
        return
    for k, name in enumerate(trial_names(run, trials)):
        wrong = "taken for" in name
        names_at.text((k + 0.5) * duration, 1.02, name.replace(", taken for ", " → "), ha="center", va="bottom",
                      fontsize=8, color="#D55E00" if wrong else "0.3",
                      transform=names_at.get_xaxis_transform())


def draw_raster(figure, run, trials):
    names = populations(run)
    trials = min(trials, trial_count(run))
    all_axes = figure.subplots(len(names), 1, sharex=True, squeeze=False)[::-1, 0]  # the input at the bottom
    for k, (axes, name) in enumerate(zip(all_axes, names)):
        s = spikes_of(run, name, trials)
        axes.plot(s.time, s.neuron, "," if len(s.time) > 20000 else ".", color=colour(k), markersize=1.5)
        axes.set_ylim(-0.5, s.size - 0.5)
        axes.set_ylabel(f"{name}\nneuron", color=colour(k))
        separate_trials(axes, run, trials)
    separate_trials(all_axes[-1], run, trials, names_at=all_axes[-1])
    all_axes[0].set_xlabel("time [ms]")
    figure.suptitle(f"Spikes of the first {trials} test samples (above: label, and in red label → prediction)",
                    fontsize=10)


def draw_rates(figure, run, _trials):
    axes = figure.subplots()
    dt, steps = float(run.attrs["dt"]), int(run.attrs["steps_per_sample"])
    for k, name in enumerate(populations(run)):
        s = spikes_of(run, name)
        step = np.rint(s.time / dt).astype(np.int64) - s.trial.astype(np.int64) * steps  # from 1
        counts = np.bincount(step, minlength=steps + 1)[1:steps + 1]
        hertz = counts / (s.size * s.recorded * dt) * 1000.0
        axes.stairs(hertz, np.arange(steps + 1) * dt, baseline=None, color=colour(k),
                    label=f"{name} (mean {hertz.mean():.1f} Hz)")
    axes.set(xlabel="time in the sample [ms]", ylabel="rate [spikes / neuron / s]")
    axes.set_ylim(bottom=0)
    axes.legend()
    figure.suptitle("Population rates, mean over the recorded samples", fontsize=10)


def running_mean(values, width):
    sums = np.cumsum(np.insert(np.asarray(values, dtype=float), 0, 0.0))
    return (sums[width:] - sums[:-width]) / width


def draw_training(figure, run, _trials):
    upper, lower = figure.subplots(2, 3)
    steps, epochs = run["training/steps"], run["training/epochs"]
    for axes, name in zip(upper, ["loss", "accuracy", "learning_rate"]):
        values = steps[name][:]
        if not len(values):  # real targets have no accuracy
            axes.set_axis_off()
            continue
        smooth = name != "learning_rate" and len(values) > 100
        axes.plot(np.arange(1, len(values) + 1), values, color=colour(0), linewidth=0.8,
                  alpha=0.3 if smooth else 1.0)
        if smooth:
            width = len(values) // 50
            axes.plot(np.arange(width, len(values) + 1), running_mean(values, width), color=colour(0))
        axes.set(xlabel="update", ylabel=name.replace("_", " "))
    for axes, name in zip(lower, ["loss", "accuracy"]):
        for k, part in enumerate(["train", "validation"]):
            values = epochs[f"{part}_{name}"][:]
            if len(values):
                axes.plot(np.arange(1, len(values) + 1), values, "o-", color=colour(k), markersize=4, label=part)
        if "test" in run and name in run["test"].attrs:
            axes.axhline(run["test"].attrs[name], color=colour(2), linestyle="--", label="test, at the end")
        axes.set(xlabel="epoch", ylabel=name)
        if axes.has_data():
            axes.legend()
        else:
            axes.set_axis_off()
    seconds = epochs["seconds"][:]
    lower[2].bar(np.arange(1, len(seconds) + 1), seconds, color="0.6")
    lower[2].set(xlabel="epoch", ylabel="time [s]")
    for axes in lower:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.suptitle("Training", fontsize=10)


def draw_confusion(figure, run, _trials):
    test = run["test"].attrs
    draw_counts(figure, run["test/confusion"][:],
                f"Test: {100 * test['accuracy']:.2f} % of {test['samples']} samples right")


def draw_counts(figure, counts, title):
    """A confusion matrix, [label, prediction], and the share of each label that is right."""
    axes, bars = figure.subplots(1, 2)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            axes.text(column, row, str(count), ha="center", va="center", fontsize=7,
                      color="white" if shares[row, column] > 0.5 else "black")
    axes.set(xlabel="prediction", ylabel="label", xticks=range(counts.shape[1]), yticks=range(counts.shape[0]))
    figure.colorbar(image, ax=axes, label="share of the label's samples")
    bars.bar(range(len(shares)), 100 * np.diag(shares), color=colour(0))
    bars.set(xlabel="label", ylabel="right [%]", ylim=(0, 100), xticks=range(len(shares)))
    figure.suptitle(title, fontsize=10)


def draw_weights(figure, run, _trials):
    projections = {name: group["weights"] for name, group in run["weights"].items()}
    names = sorted(projections, key=lambda name: projections[name].shape[0] != 784)  # images first
    for part, name in zip(figure.subfigures(1, len(names), squeeze=False)[0], names):
        weights = projections[name][:]
        if weights.shape[0] == 784:
            draw_receptive_fields(part, name, weights)
            continue
        limit = np.abs(weights).max(initial=1e-9)
        axes = part.subplots()
        image = axes.imshow(weights, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
        axes.set(xlabel="to neuron", ylabel="from neuron")
        part.colorbar(image, ax=axes)
        part.suptitle(f"Weights {name}", fontsize=10)


def draw_receptive_fields(figure, name, weights, columns=8):
    """The neurons with the largest weights, each as the 28 x 28 image that drives it."""
    strongest = np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")[:columns * columns]
    limit = np.quantile(np.abs(weights[:, strongest]), 0.999) + 1e-9
    rows = -(-len(strongest) // columns)
    sheet = np.full((rows * 29 - 1, columns * 29 - 1), np.nan)  # a pixel of space between images
    for k, neuron in enumerate(strongest):
        y, x = 29 * (k // columns), 29 * (k % columns)
        sheet[y:y + 28, x:x + 28] = weights[:, neuron].reshape(28, 28)
    axes = figure.subplots()
    image = axes.imshow(sheet, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    axes.set_axis_off()
    figure.colorbar(image, ax=axes)
    figure.suptitle(f"Weights {name},\n{len(strongest)} neurons with the largest", fontsize=10)


def states(run):
    """(population, variable) of each recorded state."""
    return [(p, v) for p, group in run.get("state", {}).items() for v in group if "time" in group[v].attrs]


def draw_states(figure, run, trials):
    recorded = states(run)
    steps = int(run.attrs["steps_per_sample"])
    for axes, (population, variable) in zip(figure.subplots(len(recorded), 1, squeeze=False)[:, 0], recorded):
        group = run["state"][population]
        shown = min(trials, len(group[variable]) // steps)
        values = group[variable][:shown * steps, :10]
        time = group[group[variable].attrs["time"]][:shown * steps]
        for trial in range(shown):  # a line ends with its trial: the state starts anew
            at = slice(trial * steps, (trial + 1) * steps)
            for k in range(values.shape[1]):
                axes.plot(time[at], values[at, k], color=f"C{k}", linewidth=1, label=str(k) if trial == 0 else None)
        separate_trials(axes, run, shown, names_at=axes)
        units = group[variable].attrs["units"]
        axes.set(xlabel="time [ms]", ylabel=f"{population} {variable}" + ("" if units == "1" else f" [{units}]"))
        axes.legend(title="neuron", loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7, title_fontsize=7)
    figure.suptitle("States (at most 10 neurons each)", fontsize=10)


class Panel(NamedTuple):
    name: str                  # of the picture's file
    size: tuple                # inches
    available: Callable        # does this run hold what it shows?
    draw: Callable


PANELS = [
    Panel("training", (12, 5.5), lambda run: len(run["training/steps/loss"]) > 0, draw_training),
    Panel("confusion", (12, 5.5), lambda run: "test/confusion" in run, draw_confusion),
    Panel("raster", (12, 6), lambda run: len(run["spikes"]) > 0 and trial_count(run) > 0, draw_raster),
    Panel("rates", (12, 3.5), lambda run: len(run["spikes"]) > 0 and trial_count(run) > 0, draw_rates),
    Panel("states", (12, 3.5), lambda run: len(states(run)) > 0 and trial_count(run) > 0, draw_states),
    Panel("weights", (12, 6), lambda run: len(run.get("weights", {})) > 0, draw_weights),
]
