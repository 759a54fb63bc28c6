"""The pictures of a simulation's run file; each is drawn into a matplotlib figure or subfigure."""

import numpy as np

from run_figures import Panel, colour, states
from run_file import in_order, spikes_between

MOST_CELLS, MOST_SPIKES = 2000, 30000  # in a raster
FEWEST_CELLS = 40                      # of a population in a raster
MOST_BINS, LEAST_BIN = 400, 1.0        # of rates over time; ms
HISTOGRAM_BINS = 40
MOST_TRACES = 5                        # of a recorded state
LEAST_INTERVALS = 4                    # of a cell that irregularity is told of, as in `snnsim stats`


def evenly(count, of):
    """So many of the numbers 0 ... of - 1, spread evenly."""
    return np.arange(min(count, of)) * of // max(min(count, of), 1)


def cells_shown(populations):
    """For each population the cells whose spikes a raster has room for: the same share of all, but some of each."""
    share = min(1.0, MOST_CELLS / max(sum(p.cells for p in populations), 1),
                MOST_SPIKES / max(sum(len(p.time) for p in populations), 1))
    return [evenly(max(FEWEST_CELLS, round(share * p.cells)), p.cells) for p in populations]


def draw_raster(figure, run, shown):
    populations = spikes_between(run, shown)
    axes = figure.subplots()
    bottom, ticks, labels = 0, [], []
    for k, (p, cells) in reversed(list(enumerate(zip(populations, cells_shown(populations))))):  # the first on top
        inside = np.isin(p.cell, cells)
        row = bottom + np.searchsorted(cells, p.cell[inside])
        axes.plot(p.time[inside], row, "," if inside.sum() > MOST_SPIKES // 2 else ".", color=colour(k), markersize=1.5)
        ticks.append(bottom + len(cells) / 2)
        labels.append(f"{p.population}: {len(cells)} of {p.size}")
        bottom += len(cells)
        axes.axhline(bottom, color="0.7", linewidth=0.6, zorder=0)
    axes.set(xlim=shown, ylim=(0, max(bottom, 1)), xlabel="time [ms]")
    axes.set_yticks(ticks, labels, fontsize=9)
    axes.tick_params(axis="y", length=0)
    for k, label in enumerate(reversed(axes.get_yticklabels())):
        label.set_color(colour(k))
    figure.suptitle("Spikes; cells evenly chosen", fontsize=10)


def bin_edges(shown, dt):
    """Bins of 1, 2 or 5 times a power of ten ms, and whole steps, from the start of what is shown."""
    least = max(dt, LEAST_BIN, (shown.stop - shown.start) / MOST_BINS)
    ten = 10.0 ** np.floor(np.log10(least))
    width = next(w for w in (ten, 2 * ten, 5 * ten, 10 * ten) if w >= least * (1 - 1e-9))
    width = max(round(width / dt), 1) * dt
    bins = max(int((shown.stop - shown.start) / width + 1e-9), 1)
    return shown.start + width * np.arange(bins + 1)


def draw_rates(figure, run, shown):
    populations = spikes_between(run, shown)
    dt = float(run.attrs["dt"])
    edges = bin_edges(shown, dt)
    all_axes = figure.subplots(len(populations), 1, sharex=True, squeeze=False)[:, 0]
    for k, (axes, p) in enumerate(zip(all_axes, populations)):
        # A spike has the time of the end of its step: half a step earlier it is inside its bin.
        counts, _ = np.histogram(p.time - dt / 2, edges)
        hertz = counts / (p.cells * (edges[1] - edges[0])) * 1000.0
        axes.stairs(hertz, edges, fill=True, color=colour(k))
        axes.set(xlim=shown, ylim=(0, None))
        axes.set_ylabel(f"{p.population}\n{hertz.mean():.2f} Hz", color=colour(k), rotation=0, ha="right", va="center")
    axes.set_xlabel("time [ms]")
    figure.suptitle(f"Population rates [spikes / cell / s], bins of {edges[1] - edges[0]:g} ms", fontsize=10)


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
    for k, (p, v) in enumerate(zip(populations, values)):
        if len(v):
            share = np.histogram(np.minimum(v, edges[-1]), edges)[0] / len(v)
            axes.stairs(share, edges, color=colour(k), label=f"{p.population} (mean {v.mean():.2f}, {len(v)} cells)")
    axes.set(xlabel=what, ylabel="share of cells")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=7)


def draw_distributions(figure, run, shown):
    populations = spikes_between(run, shown)
    left, right = figure.subplots(1, 2)
    rates = [cell_rates(p, shown) for p in populations]
    one_spike = 1000.0 / (shown.stop - shown.start)
    draw_histograms(left, populations, rates, histogram_edges(np.concatenate(rates), one_spike), "rate of a cell [Hz]")
    cvs = [cell_irregularities(p) for p in populations]
    draw_histograms(right, populations, cvs, histogram_edges(np.concatenate(cvs)),
                    f"CV of a cell's inter-spike intervals (at least {LEAST_INTERVALS})")
    figure.suptitle("Rates and irregularity of the cells (last bin: and above)", fontsize=10)


def draw_states(figure, run, shown):
    recorded = states(run)
    all_axes = figure.subplots(len(recorded), 1, squeeze=False, sharex=True)[:, 0]
    for axes, (population, variable) in zip(all_axes, recorded):
        values = run["state"][population][variable]
        time = run["state"][population][values.attrs["time"]][:]
        ids = values.attrs.get("node_ids")
        names = range(MOST_TRACES) if ids is None else run["state"][population][ids][:MOST_TRACES]
        first, last = np.searchsorted(time, shown, side="right")
        for k, (name, column) in enumerate(zip(names, values[first:last, :MOST_TRACES].T)):
            axes.plot(time[first:last], column, color=f"C{k}", linewidth=0.8, label=str(name))
        units = values.attrs["units"]
        axes.set(xlim=shown, ylabel=f"{population} {variable}" + ("" if units == "1" else f" [{units}]"))
        axes.legend(title="cell", loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7, title_fontsize=7)
    axes.set_xlabel("time [ms]")
    figure.suptitle(f"States (at most {MOST_TRACES} cells each)", fontsize=10)


def draw_recorded_rates(figure, run, shown):
    axes = figure.subplots()
    for k, population in enumerate(in_order(run, run["rates"])):
        group = run["rates"][population]
        rate = group["rate"]
        time = group[rate.attrs["time"]][:]
        first, last = np.searchsorted(time, shown, side="right")
        edges = np.concatenate(([0.0], time))[first:last + 1]
        if first < last:
            axes.stairs(rate[first:last], edges, color=colour(k), label=population)
            axes.legend(fontsize=7)
    axes.set(xlim=shown, ylim=(0, None), xlabel="time [ms]", ylabel="rate [Hz]")
    figure.suptitle("Recorded rates", fontsize=10)


def has_spikes(run):
    return len(run["spikes"]) > 0


SIMULATION_PANELS = [
    Panel("raster", (12, 6), has_spikes, draw_raster),
    Panel("rates", (12, 4.5), has_spikes, draw_rates),
    Panel("recorded_rates", (12, 3.5), lambda run: len(run.get("rates", {})) > 0, draw_recorded_rates),
    Panel("distributions", (12, 3.5), has_spikes, draw_distributions),
    Panel("states", (12, 4.5), lambda run: len(states(run)) > 0, draw_states),
]
