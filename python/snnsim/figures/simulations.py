"""The pictures of a simulation's run file; each is drawn into a matplotlib figure or subfigure."""

from typing import NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from .run_file import in_order, simulated, spikes_between, time_and_cell
from .trainings import WIDTH, Panel, colour, label_of, legend_beside, mark_spikes, strip_heights, time_axis

MOST_CELLS, MOST_SPIKES = 2000, 30000  # in a raster
FEWEST_CELLS = 40                      # of a population in a raster
MOST_BINS, LEAST_BIN = 400, 1.0        # of rates over time; ms
HISTOGRAM_BINS = 40
MOST_TRACES = 5                        # of a recorded state
FEWEST_RECORDS = 60                    # of a state: with fewer, each is marked
MOST_VALUES = 20_000_000               # of a state that are read for the mean of all cells
STATISTICAL = 10                       # cells that rates over time and distributions are told of
LEAST_INTERVALS = 4                    # of a cell that irregularity is told of, as in `snnsim stats`


def evenly(count, of):
    """So many of the numbers 0 ... of - 1, spread evenly."""
    return np.arange(min(count, of)) * of // max(min(count, of), 1)


def cells_shown(populations):
    """For each population the cells whose spikes a raster has room for: the same share of all, but some of each."""
    share = min(1.0, MOST_CELLS / max(sum(p.cells for p in populations), 1),
                MOST_SPIKES / max(sum(len(p.time) for p in populations), 1))
    return [evenly(max(FEWEST_CELLS, round(share * p.cells)), p.cells) for p in populations]


def raster_heights(run, shown):
    return strip_heights([len(cells) for cells in cells_shown(spikes_between(run, shown))])


def raster_size(run, shown):
    return (WIDTH, sum(raster_heights(run, shown)) + 0.9)


def draw_raster(figure, run, shown):
    populations = spikes_between(run, shown)
    heights = raster_heights(run, shown)
    all_axes = figure.subplots(len(populations), 1, sharex=True, squeeze=False,
                               gridspec_kw={"height_ratios": heights, "hspace": 0.0})[:, 0]
    for k, (axes, p, cells, height) in enumerate(zip(all_axes, populations, cells_shown(populations), heights)):
        inside = np.isin(p.cell, cells)
        mark_spikes(axes, p.time[inside], np.searchsorted(cells, p.cell[inside]), len(cells), height, colour(k))
        axes.set_yticks([])
        chosen = "" if len(cells) == p.size else f"\n{len(cells)} of {p.size} cells"
        label = f"{p.population}{chosen}" if p.size == 1 or chosen else f"{p.population}\n{p.size} cells"
        axes.set_ylabel(label, color=colour(k), rotation=0, ha="right", va="center", fontsize=9)
    time_axis(axes, shown)
    return "Spikes" + ("; cells evenly chosen" if any(len(c) < p.size for c, p in zip(cells_shown(populations), populations)) else "")


def statistical(run, shown):
    """The populations that have enough cells for rates over time and distributions."""
    return [(k, p) for k, p in enumerate(spikes_between(run, shown)) if p.cells >= STATISTICAL]


def bin_edges(shown, dt):
    """Bins of 1, 2 or 5 times a power of ten ms, and whole steps, from the start of what is shown."""
    least = max(dt, LEAST_BIN, (shown.stop - shown.start) / MOST_BINS)
    ten = 10.0 ** np.floor(np.log10(least))
    width = next(w for w in (ten, 2 * ten, 5 * ten, 10 * ten) if w >= least * (1 - 1e-9))
    width = max(round(width / dt), 1) * dt
    bins = max(int((shown.stop - shown.start) / width + 1e-9), 1)
    return shown.start + width * np.arange(bins + 1)


def rates_size(run, shown):
    return (WIDTH, 0.9 + max(1.6, 0.9 * len(statistical(run, shown))))


def draw_rates(figure, run, shown):
    populations = statistical(run, shown)
    dt = float(run.attrs["dt"])
    edges = bin_edges(shown, dt)
    all_axes = figure.subplots(len(populations), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (k, p) in zip(all_axes, populations):
        # A spike has the time of the end of its step: half a step earlier it is inside its bin.
        counts, _ = np.histogram(p.time - dt / 2, edges)
        hertz = counts / (p.cells * (edges[1] - edges[0])) * 1000.0
        axes.stairs(hertz, edges, fill=True, color=colour(k))
        axes.set(ylim=(0, None if hertz.any() else 1))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=3))
        axes.set_ylabel(f"{p.population}\n{hertz.mean():.2f} Hz", color=colour(k), rotation=0, ha="right", va="center", fontsize=9,
                        labelpad=12)
    time_axis(axes, shown)
    return f"Population rates [spikes / cell / s], bins of {edges[1] - edges[0]:g} ms"


def cell_rates(p, shown):
    """Hz, of each recorded cell."""
    return np.bincount(p.cell.astype(np.int64), minlength=p.cells) / (shown.stop - shown.start) * 1000.0


def cell_irregularities(p):
    """Coefficient of variation of the inter-spike intervals, of the cells with enough of them."""
    order = np.argsort(p.cell, kind="stable")
    intervals, same = np.diff(p.time[order]), np.diff(p.cell[order].astype(np.int64)) == 0
    cell, intervals = p.cell[order][1:][same].astype(np.int64), intervals[same]
    count = np.bincount(cell, minlength=p.cells)
    enough = count >= LEAST_INTERVALS
    count = np.maximum(count, 1)
    mean = np.bincount(cell, intervals, p.cells) / count
    sd = np.sqrt(np.bincount(cell, (intervals - mean[cell]) ** 2, p.cells) / count)
    return sd[enough] / mean[enough]


def histogram_edges(values, step=0.0):
    """Bins up to the largest values but a few outliers; values that are multiples of a step lie inside the bins."""
    largest = max(np.quantile(values, 0.995) if len(values) else 0.0, step, 1e-3)
    width = largest / HISTOGRAM_BINS if step == 0.0 else step * np.ceil(largest / step / HISTOGRAM_BINS)
    return -step / 2 + width * np.arange(int(np.ceil(largest / width)) + 2)


def draw_histograms(axes, populations, values, edges, what):
    """The share of each population's cells in each bin."""
    for (k, p), v in zip(populations, values):
        if len(v):
            share = np.histogram(np.minimum(v, edges[-1]), edges)[0] / len(v)
            axes.stairs(share, edges, color=colour(k), linewidth=1.4,
                        label=f"{p.population}: mean {v.mean():.2f},\n{len(v)} cells")
    axes.set(xlabel=what, ylabel="share of cells", xlim=(0, None), ylim=(0, None))
    legend_beside(axes)


def distributions_size(run, shown):
    return (WIDTH, max(3.2, 0.7 + 0.4 * len(statistical(run, shown))))


def draw_distributions(figure, run, shown):
    populations = statistical(run, shown)
    rates = [cell_rates(p, shown) for _, p in populations]
    cvs = [cell_irregularities(p) for _, p in populations]
    one_spike = 1000.0 / (shown.stop - shown.start)
    parts = [(rates, histogram_edges(np.concatenate(rates), one_spike), "rate of a cell [Hz]")]
    if any(len(cv) for cv in cvs):
        parts.append((cvs, histogram_edges(np.concatenate(cvs)),
                      f"CV of a cell's inter-spike intervals (at least {LEAST_INTERVALS})"))
    for axes, (values, edges, what) in zip(figure.subplots(1, len(parts), squeeze=False)[0], parts):
        draw_histograms(axes, populations, values, edges, what)
    return "Rates and irregularity of the cells (last bin: and above)"


class Traces(NamedTuple):
    """A recorded state of some cells in a stretch of time."""
    population: str
    variable: str
    units: str
    time: np.ndarray     # ms
    cells: list          # their numbers
    values: np.ndarray   # [time, cell]
    mean: object         # of all cells recorded, where those are more than are shown; else None


def recorded_states(run):
    """(population, variable) of each recorded state, in the order of the model."""
    return [(p, v) for p in in_order(run, run.get("state", {})) for v in run["state"][p] if "time" in run["state"][p][v].attrs]


def traces_of(run, population, variable, shown):
    group = run["state"][population]
    values = group[variable]
    time = group[values.attrs["time"]][:]
    first, last = np.searchsorted(time, shown, side="right")
    few = min(MOST_TRACES, values.shape[1])
    ids = values.attrs.get("node_ids")
    cells = list(range(few)) if ids is None else [int(n) for n in group[ids][:few]]
    all_read = values.shape[1] > few and (last - first) * values.shape[1] <= MOST_VALUES
    mean = values[first:last].mean(axis=1) if all_read else None
    return Traces(population, variable, values.attrs["units"], time[first:last], cells, values[first:last, :few], mean)


def is_membrane(variable):
    return variable == "v"


def states_heights(run):
    """Inches of the axes of each recorded state."""
    heights = []
    for population, variable in recorded_states(run):
        cells = min(run["state"][population][variable].shape[1], MOST_TRACES)
        heights.append(0.35 + 0.5 * cells if is_membrane(variable) else 1.5)
    return heights


def spikes_of_cell(run, population, cell, shown):
    """ms; none where they are not recorded."""
    group = run["spikes"].get(population)
    if group is None:
        return np.zeros(0)
    time, cells = time_and_cell(run, population)
    first, last = np.searchsorted(time, shown, side="right")
    return time[first:last][cells[first:last] == cell]


def round_length(of):
    """1, 2 or 5 times a power of ten, at most `of`."""
    ten = 10.0 ** np.floor(np.log10(of))
    return next(f * ten for f in (5, 2, 1) if f * ten <= of * (1 + 1e-9))


def draw_membranes(axes, run, t, shown):
    """Traces one below the other, none over another, each with ticks above it where the cell fired."""
    finite = t.values[np.isfinite(t.values)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
    span = max(high - low, 1e-3)
    for k, cell in enumerate(t.cells):
        down = 1.35 * span * k
        (line,) = axes.plot(t.time, t.values[:, k] - down, color=f"C{k}", linewidth=0.9)
        fired = spikes_of_cell(run, t.population, cell, shown)
        axes.plot(fired, np.full(len(fired), high + 0.13 * span - down), linestyle="none", marker="|", markersize=6,
                  markeredgewidth=1.2, color=line.get_color(), rasterized=len(fired) > 2000)
    axes.set_ylim(low - down - 0.05 * span, high + 0.26 * span)
    if len(t.cells) == 1:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=3))
        label = label_of(t.population, t.variable, t.units)
    else:
        axes.set_yticks([(low + high) / 2 - 1.35 * span * k for k in range(len(t.cells))], [f"cell {c}" for c in t.cells],
                        fontsize=8)
        bar = round_length(span)
        axes.plot([1.01, 1.01], [low - down, low - down + bar], color="black", linewidth=2, clip_on=False,
                  transform=axes.get_yaxis_transform())
        axes.text(1.018, low - down + bar / 2, f"{bar:g} {t.units}", va="center", fontsize=8,
                  transform=axes.get_yaxis_transform())
        label = f"{t.population}\n{t.variable}"
    axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)


def draw_values(axes, t):
    marker = "." if len(t.time) <= FEWEST_RECORDS else None
    for k, cell in enumerate(t.cells):
        axes.plot(t.time, t.values[:, k], color=f"C{k}", linewidth=0.8, marker=marker, label=f"cell {cell}")
    if t.mean is not None:
        axes.plot(t.time, t.mean, color="black", linewidth=1.8, marker=marker, label="mean of all recorded")
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.set_ylabel(label_of(t.population, t.variable, t.units), rotation=0, ha="right", va="center", fontsize=9)
    legend_beside(axes)


def draw_states(figure, run, shown):
    recorded = recorded_states(run)
    all_axes = figure.subplots(len(recorded), 1, squeeze=False, sharex=True,
                               gridspec_kw={"height_ratios": states_heights(run)})[:, 0]
    for axes, (population, variable) in zip(all_axes, recorded):
        t = traces_of(run, population, variable, shown)
        if is_membrane(variable):
            draw_membranes(axes, run, t, shown)
        else:
            draw_values(axes, t)
    time_axis(axes, shown)
    ticks = "; ticks: spikes" if any(is_membrane(v) and p in run["spikes"] for p, v in recorded) else ""
    return f"States (at most {MOST_TRACES} cells each){ticks}"


def draw_recorded_rates(figure, run, shown):
    axes = figure.subplots()
    for k, population in enumerate(in_order(run, run["rates"])):
        group = run["rates"][population]
        rate = group["rate"]
        time = group[rate.attrs["time"]][:]
        first, last = np.searchsorted(time, shown, side="right")
        edges = np.concatenate(([0.0], time))[first:last + 1]
        if first < last:
            axes.stairs(rate[first:last], edges, baseline=None, color=colour(k), label=population, linewidth=1.4)
    axes.set(ylim=(0, None), ylabel="rate [Hz]")
    time_axis(axes, shown)
    legend_beside(axes)
    return "Recorded rates"


def has_spikes(run):
    return len(run["spikes"]) > 0


def has_statistics(run):
    return len(statistical(run, simulated(run))) > 0


SIMULATION_PANELS = [
    Panel("raster", raster_size, has_spikes, draw_raster),
    Panel("rates", rates_size, has_statistics, draw_rates),
    Panel("recorded_rates", (WIDTH, 3.2), lambda run: len(run.get("rates", {})) > 0, draw_recorded_rates),
    Panel("distributions", distributions_size, has_statistics, draw_distributions),
    Panel("states", lambda run, _: (WIDTH, 0.9 + sum(states_heights(run))), lambda run: len(recorded_states(run)) > 0,
          draw_states),
]
