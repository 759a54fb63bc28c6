"""The pictures of a training's run file; each is drawn into a matplotlib figure or subfigure."""

from typing import Callable, NamedTuple

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from .run_file import populations, spikes_of, trial_count, trial_duration, trial_names

# Okabe & Ito's colours, which most people with colour blindness can tell apart.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]


WIDTH = 12           # inches, of every picture
LONG = 10_000        # ms that are written in s
DENSE = 5000         # so many marks become pixels in a picture of vectors
THICK_ROW = 3.0      # points; cells that have that much height get ticks, others dots


def colour(k):
    return COLOURS[k % len(COLOURS)]


def legend_beside(axes, **options):
    """Never over data: to the right of the axes."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, title_fontsize=8, frameon=False, **options)


def legend_above(axes):
    """Where several axes stand side by side: above them."""
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8, frameon=False, ncol=len(handles))


def time_axis(axes, shown):
    """Times are in ms; long ones are written in s."""
    axes.set_xlim(shown)
    if shown[1] - shown[0] >= LONG:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda ms, _: f"{ms / 1000:g}"))
    axes.set_xlabel("time [s]" if shown[1] - shown[0] >= LONG else "time [ms]")


def strip_height(cells, most):
    """Inches of a raster's strip: one cell can be seen, many do not take the whole page."""
    return min(0.4 + 0.03 * cells, most)


def strip_heights(counts):
    """Of the strips of a raster, from the first; few populations get more height each."""
    most = max(0.8, 5.0 / max(len(counts), 1))
    return [strip_height(count, most) for count in counts]


def mark_spikes(axes, time, row, rows, inches, colour_of_marks):
    """Spikes of `rows` rows in axes of that height: upright ticks as high as a row where there is room, else dots."""
    points = 72 * inches / max(rows, 1)
    many = len(time) > DENSE
    if points >= THICK_ROW:
        style = {"marker": "|", "markersize": min(0.8 * points, 14), "markeredgewidth": 1.4 if points > 8 else 0.8}
    else:
        style = {"marker": "," if len(time) > 3 * DENSE else ".", "markersize": 1.5}
    axes.plot(time, row, linestyle="none", color=colour_of_marks, rasterized=many, **style)
    axes.set_ylim(-0.5, max(rows, 1) - 0.5)
    if len(time) == 0:
        axes.text(0.5, 0.5, "no spikes", ha="center", va="center", color="0.5", fontsize=9, transform=axes.transAxes)


def drawn(panel, figure, run, shown):
    """Draws it, with the panel's own title."""
    title = panel.draw(figure, run, shown)
    figure.suptitle(title, fontsize=10)


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
    spikes = [spikes_of(run, name, trials) for name in names]
    heights = strip_heights([s.size for s in spikes])
    # The input at the bottom.
    all_axes = figure.subplots(len(names), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights[::-1]})[::-1, 0]
    for k, (axes, name, s, height) in enumerate(zip(all_axes, names, spikes, heights)):
        mark_spikes(axes, s.time, s.neuron, s.size, height, colour(k))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        axes.set_ylabel(f"{name}\nneuron", color=colour(k))
        separate_trials(axes, run, trials)
    separate_trials(all_axes[-1], run, trials, names_at=all_axes[-1])
    all_axes[0].set_xlabel("time [ms]")
    if "trials/label" not in run:
        return f"Spikes of the first {trials} test samples"
    return f"Spikes of the first {trials} test samples (above: label, and in red label → prediction)"


def raster_size(run, trials):
    heights = strip_heights([spikes_of(run, name, 0).size for name in populations(run)])
    return (WIDTH, sum(heights) + 0.9)


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
    legend_beside(axes)
    return "Population rates, mean over the recorded samples"


def running_mean(values, width):
    sums = np.cumsum(np.insert(np.asarray(values, dtype=float), 0, 0.0))
    return (sums[width:] - sums[:-width]) / width


def training_curves(run):
    """(kind, name) of what there is to draw: a regression has no accuracy."""
    steps = [("steps", name) for name in ("loss", "accuracy", "learning_rate") if len(run["training/steps"][name])]
    epochs = [("epochs", name) for name in ("loss", "accuracy")
              if any(len(run[f"training/epochs/{part}_{name}"]) for part in ("train", "validation"))]
    times = [("epochs", "seconds")] if len(run["training/epochs/seconds"]) else []
    return steps, epochs + times


def draw_steps(axes, values, name):
    smooth = name != "learning_rate" and len(values) > 100
    axes.plot(np.arange(1, len(values) + 1), values, color=colour(0), linewidth=0.8, alpha=0.3 if smooth else 1.0,
              label="each update" if smooth else None)
    if smooth:
        width = len(values) // 50
        axes.plot(np.arange(width, len(values) + 1), running_mean(values, width), color=colour(0),
                  label=f"mean of {width}")
    axes.set(xlabel="update", ylabel=name.replace("_", " "))
    legend_above(axes)


def draw_epochs(axes, run, name):
    epochs = run["training/epochs"]
    if name == "seconds":
        seconds = epochs["seconds"][:]
        axes.bar(np.arange(1, len(seconds) + 1), seconds, color="0.6")
        axes.set(xlabel="epoch", ylabel="time [s]")
    else:
        for k, part in enumerate(["train", "validation"]):
            values = epochs[f"{part}_{name}"][:]
            if len(values):
                axes.plot(np.arange(1, len(values) + 1), values, "o-", color=colour(k), markersize=4, label=part)
        if "test" in run and name in run["test"].attrs:
            axes.axhline(run["test"].attrs[name], color=colour(2), linestyle="--", label="test, at the end")
        axes.set(xlabel="epoch", ylabel=name)
        legend_above(axes)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def draw_training(figure, run, _trials):
    rows = [row for row in training_curves(run) if row]
    for part, row in zip(figure.subfigures(len(rows), 1, squeeze=False)[:, 0], rows):
        for axes, (kind, name) in zip(part.subplots(1, len(row), squeeze=False)[0], row):
            if kind == "steps":
                draw_steps(axes, run["training/steps"][name][:], name)
            else:
                draw_epochs(axes, run, name)
    return "Training"


def draw_confusion(figure, run, _trials):
    test = run["test"].attrs
    draw_counts(figure, run["test/confusion"][:], [str(name) for name in test.get("class_names", [])])
    return f"Test: {100 * test['accuracy']:.2f} % of {test['samples']} samples right"


def draw_counts(figure, counts, names=()):
    """A confusion matrix, [label, prediction], and the share of each label that is right."""
    many = len(counts) > 20  # there is no room for a number in each field, or for each label
    ticks = range(0, len(counts), -(-len(counts) // 20))
    axes, bars = figure.subplots(1, 2)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count and not many:
            axes.text(column, row, str(count), ha="center", va="center", fontsize=7,
                      color="white" if shares[row, column] > 0.5 else "black")
    axes.set(xlabel="prediction", ylabel="label", xticks=ticks, yticks=ticks)
    figure.colorbar(image, ax=axes, label="share of the label's samples")
    bars.bar(range(len(shares)), 100 * np.diag(shares), color=colour(0))
    bars.set(xlabel="label", ylabel="right [%]", ylim=(0, 100), xticks=ticks)
    if len(names) == len(counts):
        for axis in (axes.xaxis, axes.yaxis, bars.xaxis):
            axis.set_ticklabels([names[k] for k in ticks])
        for part in (axes, bars):
            part.tick_params(axis="x", rotation=90)


MOST_PAIRS = 4_000_000  # of a picture of what is stored synapse by synapse


def shape_of(run, group):
    """(sources, targets) of a projection; of a window as its weights are stored."""
    if "weights" in group:
        return group["weights"].shape
    return tuple(int(run["network"][group.attrs[end]].attrs["size"]) for end in ("from", "to"))


def matrix_of(run, group):
    if "weights" in group:
        return group["weights"][:]
    matrix = np.zeros(shape_of(run, group), dtype=np.float32)
    matrix[group["source"][:], group["target"][:]] = group["weight"][:]
    return matrix


def draw_weights(figure, run, _trials):
    projections = dict(run["weights"].items())
    shapes = {name: shape_of(run, group) for name, group in projections.items()}
    names = sorted(projections, key=lambda name: shapes[name][0] != 784)  # images first
    for part, name in zip(figure.subfigures(1, len(names), squeeze=False)[0], names):
        if "weights" not in projections[name] and np.prod(shapes[name]) > MOST_PAIRS:
            axes = part.subplots()
            axes.hist(projections[name]["weight"][:], bins=100, color=colour(0))
            axes.set(xlabel="weight", ylabel="synapses")
            axes.set_title(name, fontsize=9)
            continue
        weights = matrix_of(run, projections[name])
        if weights.shape[0] == 784:
            draw_receptive_fields(part, name, weights)
            continue
        limit = np.abs(weights).max(initial=1e-9)
        axes = part.subplots()
        image = axes.imshow(weights, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
        axes.set(xlabel="to neuron", ylabel="from neuron")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True))
        part.colorbar(image, ax=axes)
        axes.set_title(name, fontsize=9)
    return "Weights"


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
    axes.set_title(f"{name},\n{len(strongest)} neurons with the largest", fontsize=9)


def states(run):
    """(population, variable) of each recorded state."""
    return [(p, v) for p, group in run.get("state", {}).items() for v in group if "time" in group[v].attrs]


def label_of(population, variable, units):
    return f"{population}\n{variable}" + ("" if units == "1" else f" [{units}]")


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
        axes.set(xlabel="time [ms]", ylabel=label_of(population, variable, group[variable].attrs["units"]))
        legend_beside(axes, title="neuron")
    return "States (at most 10 neurons each)"


class Panel(NamedTuple):
    name: str                  # of the picture's file
    size: object               # inches (width, height), or a function of (run, shown) that gives them
    available: Callable        # does this run hold what it shows?
    draw: Callable             # (figure, run, shown) -> title

    def inches(self, run, shown):
        return self.size(run, shown) if callable(self.size) else self.size


PANELS = [
    Panel("training", (WIDTH, 5.5), lambda run: len(run["training/steps/loss"]) > 0, draw_training),
    Panel("confusion", (WIDTH, 5.5), lambda run: "test/confusion" in run, draw_confusion),
    Panel("raster", raster_size, lambda run: len(run["spikes"]) > 0 and trial_count(run) > 0, draw_raster),
    Panel("rates", (WIDTH, 3.5), lambda run: len(run["spikes"]) > 0 and trial_count(run) > 0, draw_rates),
    Panel("states", lambda run, _: (WIDTH, 0.6 + 2.6 * len(states(run))),
          lambda run: len(states(run)) > 0 and trial_count(run) > 0, draw_states),
    Panel("weights", (WIDTH, 6), lambda run: len(run.get("weights", {})) > 0, draw_weights),
]
