#!/usr/bin/env python3
"""Draws a study of snnsim: accuracy over training, accuracy against energy with its Pareto front, the cheapest
configurations at equal accuracy, and energy against activity with the activity at which spikes stop to pay; of
simulations, rates and other statistics against an axis of the grid (an f-I curve where it is a current). Of a search,
the costs of its points, over time and against each parameter; of an evolution, fitness, species and sizes over the
generations."""

import argparse
import os
import sys
from typing import NamedTuple

# Beside tools/ in the source tree, and where it is installed.
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), os.pardir, "python"))

try:
    import h5py
    import numpy as np
    from matplotlib.figure import Figure

    from snnsim.figures import evolutions, searches, studies
    from snnsim.figures.trainings import colour
    from snnsim.figures.whole_file import whole_file
except ImportError as error:
    sys.exit(f"plot_study.py: error: {error}; it needs h5py, numpy and matplotlib "
             "(Debian: apt install python3-h5py python3-matplotlib)")

EXAMPLE = """example:
  snnsim study models/studies/li.yaml && tools/plot_study.py runs/li     # writes runs/li/*.png
"""


class Configuration(NamedTuple):
    """The cells of one model with one setting; arrays have a value for each seed."""
    model: str
    setting: str
    accuracy: np.ndarray      # NaN where targets are real numbers
    error: np.ndarray         # then: relative L2 error
    energy: np.ndarray        # uJ per image, synaptic arithmetic
    energy_in_all: np.ndarray # uJ per image, with neurons and memory
    activity: np.ndarray      # share of inputs of synapses that are not zero, per step
    epoch: np.ndarray
    curve: np.ndarray         # [seed, epoch] test accuracy, or error

    def real(self):
        return np.isnan(self.accuracy).all()

    def score(self):
        return self.error if self.real() else self.accuracy


def read_study(path):
    """Configurations in the order of the study; raises ValueError for another kind of file."""
    with h5py.File(path, "r") as file:
        if file.attrs.get("format") != "snnsim study":
            raise ValueError(f"{path} is no study of snnsim (its attribute 'format' should be 'snnsim study')")
        cells = {}
        for cell in file["cells"].values():
            cells.setdefault((cell.attrs["model"], cell.attrs["setting"]), []).append(cell)
        found = []
        for (model, setting), group in cells.items():
            def values(name):
                return np.array([c.attrs[name] for c in group])
            curve = "test_error" if np.isnan(values("accuracy")).all() else "test_accuracy"
            found.append(Configuration(model, setting, values("accuracy"), values("error"), values("energy_uJ"),
                                       values("energy_in_all_uJ"), values("activity"), group[0]["test_epoch"][:],
                                       np.array([c[curve][:] for c in group])))
        lines = None
        if "activity" in file["break_even"]:
            lines = tuple(file[f"break_even/{name}"][:] for name in ("neurons", "steps", "activity"))
        return found, file["targets"][:], lines, file.attrs["energy_model"]


def models_of(configurations):
    return list(dict.fromkeys(c.model for c in configurations))


def confidence(values):
    """Half width of the 95 % interval of the mean over seeds: 1.96 standard errors (n - 1)."""
    if len(values) < 2:
        return np.zeros(values.shape[1:])
    return 1.96 * values.std(axis=0, ddof=1) / np.sqrt(len(values))


def draw_curves(configurations):
    with_curves = [c for c in configurations if len(c.epoch)]
    if not with_curves:
        return None
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for k, c in enumerate(with_curves):
        mean, band = c.curve.mean(axis=0), confidence(c.curve)
        axes.plot(c.epoch, mean, color=colour(k), marker=".", label=f"{c.model} {c.setting}".strip())
        axes.fill_between(c.epoch, mean - band, mean + band, color=colour(k), alpha=0.2, linewidth=0)
    seeds = len(with_curves[0].accuracy)
    axes.set(xlabel="epochs", ylabel=name_of_scores(with_curves), title=f"mean of {seeds} seeds, band: 95 % interval of the mean")
    axes.legend(fontsize=8)
    return figure


def pareto(energy, score):
    """Indices of the points that no other one beats in both, by energy; more of the score is better."""
    best, front = -np.inf, []
    for k in np.lexsort((-score, energy)):
        if score[k] > best:
            best = score[k]
            front.append(k)
    return front


def name_of_scores(configurations):
    return "relative L2 error of the test" if all(c.real() for c in configurations) else "test accuracy"


def draw_pareto(configurations, targets, energy_model):
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    names = models_of(configurations)
    parts = (("energy", "synaptic arithmetic"), ("energy_in_all", "synapses, neurons and memory"))
    drawn = False
    for axes, (field, what) in zip(figure.subplots(1, 2, sharey=True), parts):
        energy = np.array([getattr(c, field).mean() for c in configurations])
        score = np.array([c.score().mean() for c in configurations])
        known = np.isfinite(energy) & (energy > 0)
        axes.set(xlabel=f"energy per sample [uJ], {what} ({energy_model})", ylabel=name_of_scores(configurations))
        if not known.any():
            axes.text(0.5, 0.5, "no energy known", transform=axes.transAxes, ha="center")
            continue
        drawn = True
        for k, name in enumerate(names):
            mine = known & np.array([c.model == name for c in configurations])
            spread = [confidence(c.score()) for c, m in zip(configurations, mine) if m]
            axes.errorbar(energy[mine], score[mine], yerr=spread, fmt="o", color=colour(k), label=name, markersize=4)
        better = -score if configurations[0].real() else score
        front = np.flatnonzero(known)[pareto(energy[known], better[known])]
        axes.step(energy[front], score[front], where="post", color="0.6", zorder=0, label="Pareto front")
        for target in targets:
            axes.axhline(target, color="0.8", linewidth=0.8, linestyle=":")
        axes.set_xscale("log")
        axes.legend(fontsize=8)
    return figure if drawn else None


def draw_activity(configurations, lines, energy_model):
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for k, name in enumerate(models_of(configurations)):
        mine = [c for c in configurations if c.model == name]
        axes.plot([c.activity.mean() for c in mine], [c.energy_in_all.mean() for c in mine], "o", color=colour(k),
                  label=name, markersize=4)
    if lines is not None:
        neurons, steps, activity = lines
        middle = len(neurons) // 2
        for k, t in enumerate(steps):
            if 0.0 < activity[k, middle] < 1.0:
                axes.axvline(activity[k, middle], color="0.7", linewidth=0.8, linestyle="--", zorder=0)
                axes.text(activity[k, middle], 1.01, f"T={t:g}", fontsize=7, ha="center",
                          transform=axes.get_xaxis_transform())
    axes.set(xlabel="activity: share of non-zero inputs per step\n(dashed: break-even with a dense layer at T steps, "
             "graded spikes)", ylabel=f"energy per image [uJ], all counted ({energy_model})")
    axes.set_yscale("log")
    axes.legend(fontsize=8)
    return figure


def draw_iso(configurations, targets):
    rows = []
    for target in targets:
        for name in models_of(configurations):
            good = [c for c in configurations
                    if c.model == name and len(c.accuracy) >= 3 and c.accuracy.mean() >= target]
            good = [c for c in good if np.isfinite(c.energy).all()]
            if good:
                best = min(good, key=lambda c: c.energy.mean())
                rows.append((f"{target:.3g}  {name} {best.setting}".strip(), best.energy.mean(),
                             best.energy_in_all.mean()))
    if not rows:
        return None
    figure = Figure(figsize=(8, 0.6 + 0.35 * len(rows)), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(rows))[::-1]
    axes.barh(place + 0.2, [r[1] for r in rows], 0.38, color=colour(0), label="synaptic arithmetic")
    axes.barh(place - 0.2, [r[2] for r in rows], 0.38, color=colour(1), label="synapses, neurons, memory")
    axes.set_yticks(place, [r[0] for r in rows], fontsize=8)
    axes.set_xscale("log")
    axes.set_xlabel("energy per image [uJ], cheapest configuration that reaches the accuracy")
    axes.legend(fontsize=8)
    return figure


def pictures_of(path):
    with h5py.File(path, "r") as file:
        if file.attrs.get("format") == "snnsim search":
            return searches.figures(file)
        if file.attrs.get("format") == "snnsim evolve":
            return evolutions.figures(file)
        if file.attrs.get("kind") == "simulations":
            return studies.figures(file)
    configurations, targets, lines, energy_model = read_study(path)
    return {"curves": draw_curves(configurations), "pareto": draw_pareto(configurations, targets, energy_model),
            "activity": draw_activity(configurations, lines, energy_model), "iso": draw_iso(configurations, targets)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLE,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", help="folder of a study, search or evolution, or its study.h5, search.h5 or evolve.h5")
    parser.add_argument("-o", "--output", help="folder for the pictures; default: beside the results")
    parser.add_argument("--dpi", type=int, default=150)
    options = parser.parse_args()
    path = options.study
    if os.path.isdir(path):
        names = [name for name in ("study.h5", "search.h5", "evolve.h5") if os.path.exists(os.path.join(path, name))]
        path = os.path.join(path, names[0] if names else "study.h5")
    try:
        pictures = pictures_of(path)
    except (OSError, ValueError) as error:
        sys.exit(f"plot_study.py: error: {error}")
    folder = options.output or os.path.dirname(path) or "."
    os.makedirs(folder, exist_ok=True)
    for name, figure in pictures.items():
        if figure is None:
            print(f"{name}: nothing to draw")
            continue
        path = os.path.join(folder, name + ".png")
        try:
            with whole_file(path) as part:
                figure.savefig(part, format="png", dpi=options.dpi)
        except OSError as error:
            sys.exit(f"plot_study.py: error: cannot write {error.filename or path}: {error.strerror}")
        print(path)


if __name__ == "__main__":
    main()
