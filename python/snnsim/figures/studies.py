"""Figures of a study of simulations: firing rates against the first axis whose values are numbers (an f-I curve where
it is a current), and every other statistic against it."""

import re
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from .trainings import colour

STATISTICS = {"rate_hz": "rate [Hz]", "rate_sd_hz": "sd of rates [Hz]", "cv_isi": "CV ISI", "fano": "Fano factor",
              "synchrony": "synchrony", "correlation": "correlation", "counted_rate_hz": "rate of all cells [Hz]"}
PREFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6}
UNITS = ("Hz", "A", "V", "S", "F", "s")


class Line(NamedTuple):
    """One population of one model with one setting of the other axes."""
    label: str
    x: np.ndarray
    values: dict   # by statistic: a list of the seeds' values for each x


def factor_of(unit):
    """(kind, size) of a unit: ("A", 1e-12) of pA; None for one that is not known."""
    for base in UNITS:
        if unit.endswith(base) and unit[:-len(base)] in PREFIXES:
            return base, PREFIXES[unit[:-len(base)]]
    return ("", 1.0) if not unit else None


def quantity(text):
    """(number, unit) of "200 pA"; None where the text is none."""
    match = re.fullmatch(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-z]*)\s*", text)
    return (float(match[1]), match[2]) if match and factor_of(match[2]) else None


def numbers_of(texts):
    """The values in the unit of the first, and that unit; None where one is no quantity of its kind."""
    found = [quantity(text) for text in texts]
    if not found or None in found:
        return None
    unit = found[0][1]
    kind, size = factor_of(unit)
    if any(factor_of(u)[0] != kind for _, u in found):
        return None
    return np.array([number * factor_of(u)[1] / size for number, u in found]), unit


def read_cells(file):
    """Of each finished cell: model, {axis: value}, {population: {statistic: value}}."""
    cells = []
    for cell in file["cells"].values():
        if cell.attrs["status"] != "finished":
            continue
        point = dict(zip(map(str, cell.attrs["axes"]), map(str, cell.attrs["values"])))
        values = {str(p): dict(cell["populations"][str(p)].attrs) for p in cell.attrs["populations"]}
        cells.append((str(cell.attrs["model"]), point, values))
    return cells


def choose_axis(cells):
    """The first axis with several values that are all numbers, or None."""
    for axis in dict.fromkeys(key for _, point, _ in cells for key in point):
        texts = list(dict.fromkeys(point[axis] for _, point, _ in cells if axis in point))
        if len(texts) > 1 and numbers_of(texts):
            return axis
    return None


def lines_of(cells, axis):
    """The lines of the figures, the x axis' unit, and texts of its places where it has no numbers."""
    texts = list(dict.fromkeys(setting_text(point, None) if axis is None else point[axis]
                               for _, point, _ in cells if axis is None or axis in point))
    places, unit = (np.arange(len(texts)), "") if axis is None else numbers_of(texts)
    place = dict(zip(texts, places))
    groups = {}
    for model, point, populations in cells:
        if axis is not None and axis not in point:
            continue
        x = place[setting_text(point, None) if axis is None else point[axis]]
        rest = "" if axis is None else setting_text(point, axis)
        for population, values in populations.items():
            groups.setdefault((model, population, rest), {}).setdefault(x, []).append(values)
    several = len({model for model, _, _ in groups}) > 1
    lines = []
    for (model, population, rest), by_x in groups.items():
        label = " ".join(part for part in (model if several else "", population, rest) if part)
        x = sorted(by_x)
        lines.append(Line(label, np.array(x), {name: [np.array([float(v[name]) for v in by_x[at]]) for at in x]
                                               for name in STATISTICS}))
    return lines, unit, texts if axis is None else None


def setting_text(point, without):
    ends = [key.split(".")[-1] for key in point]
    return " ".join(f"{key if ends.count(end) > 1 else end}={value}"
                    for end, (key, value) in zip(ends, point.items()) if key != without)


def mean_and_sd(values):
    """Over the seeds in which the value is defined; sd with the divisor n - 1."""
    defined = [v[np.isfinite(v)] for v in values]
    mean = np.array([v.mean() if len(v) else np.nan for v in defined])
    return mean, np.array([v.std(ddof=1) if len(v) > 1 else 0.0 for v in defined])


def draw_panel(axes, lines, name, seeds):
    drawn = False
    for k, line in enumerate(lines):
        mean, sd = mean_and_sd(line.values[name])
        if np.isfinite(mean).any():
            axes.errorbar(line.x, mean, yerr=sd if seeds > 1 else None, color=colour(k), marker="o", markersize=4,
                          capsize=2, label=line.label)
            drawn = True
    axes.set_ylabel(STATISTICS[name])
    return drawn


def label_places(axes, axis, unit, texts):
    if texts is None:
        axes.set_xlabel(f"{axis} [{unit}]" if unit else axis)
    else:
        axes.set_xticks(range(len(texts)), [text or "as in the file" for text in texts], rotation=30, ha="right", fontsize=8)


def figures(file):
    """{name: figure or None}: `rates`, and `statistics` with all others."""
    cells = read_cells(file)
    if not cells:
        return {"rates": None, "statistics": None}
    axis = choose_axis(cells)
    lines, unit, texts = lines_of(cells, axis)
    seeds = max(len(v) for line in lines for v in line.values["rate_hz"])
    title = f"{file.attrs['name']}: " + ("1 seed" if seeds == 1 else f"mean and standard deviation of {seeds} seeds")
    recorded = any(np.isfinite(v).any() for line in lines for v in line.values["rate_hz"])
    rates = Figure(figsize=(7, 4.5), layout="constrained")
    panel = rates.subplots()
    draw_panel(panel, lines, "rate_hz" if recorded else "counted_rate_hz", seeds)
    label_places(panel, axis, unit, texts)
    panel.set_title(title, fontsize=10)
    panel.legend(fontsize=8)
    others = [n for n in STATISTICS if not n.endswith("rate_hz")
              and any(np.isfinite(v).any() for line in lines for v in line.values[n])]
    if not others:
        return {"rates": rates, "statistics": None}
    figure = Figure(figsize=(7, 2.4 * len(others)), layout="constrained")
    panels = figure.subplots(len(others), 1, sharex=True, squeeze=False)[:, 0]
    for panel, name in zip(panels, others):
        draw_panel(panel, lines, name, seeds)
    label_places(panels[-1], axis, unit, texts)
    panels[0].legend(fontsize=8)
    figure.suptitle(title, fontsize=10)
    return {"rates": rates, "statistics": figure}
