"""Runs as other packages have them: pictures of matplotlib, blocks of neo, tables of pandas."""

import numpy as np

from snnsim.errors import DataError, UsageError
from snnsim.model import plain
from snnsim.runs import needs
from snnsim.run_parts import unknown

TABLES = ("spikes", "states", "curves", "trials", "counts")


def milliseconds(value, name):
    """A time in ms, of a number in ms, text or a quantity; None stays None."""
    value = plain(value, name)
    if isinstance(value, str):
        for unit, factor in (("us", 1e-3), ("ms", 1.0), ("s", 1e3)):
            if value.endswith(unit):
                try:
                    return float(value[:-len(unit)]) * factor
                except ValueError:
                    break
        raise UsageError(f"{name} is '{value}'; write '200 ms', or a number in ms")
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise UsageError(f"{name} is {value!r}; write '200 ms', or a number in ms")
    return value


def plot(run, what, start, stop, trials):
    file = run._open("plot()")
    matplotlib = needs("matplotlib", "plot()")
    from snnsim.figures.pictures import draw_all, panels_of, part_of
    from snnsim.figures.run_file import RunFileError
    start, stop = milliseconds(start, "start"), milliseconds(stop, "stop")
    try:
        panels = panels_of(file)
        if what is not None:
            known = {panel.name: panel for panel in panels}
            names = [what] if isinstance(what, str) else list(what)
            wrong = next((name for name in names if name not in known), None)
            if wrong is not None or not names:
                raise UsageError(f"what: {unknown('this run', wrong, list(known))}" if names else "what is an empty list")
            panels = [known[name] for name in names]
        if run.kind == "simulation":
            shown = part_of(file, start, stop)
        elif start is not None or stop is not None:
            raise UsageError("start and stop are for simulations; of a training, `trials` says how many samples are shown")
        elif isinstance(trials, bool) or not isinstance(trials, (int, np.integer)) or trials < 1:
            raise UsageError(f"trials is {trials!r}; it must be a whole number from 1")
        else:
            shown = int(trials)
        with matplotlib.rc_context({"axes.titlesize": 9}):
            return draw_all(panels, file, shown)
    except RunFileError as error:
        raise (DataError if "does not fit" in str(error) else UsageError)(str(error)) from error


def to_neo(run):
    run._open("to_neo()")
    neo = needs("neo", "to_neo()")
    block = neo.Block(name=run.name, seed=run.seed, status=run.status, file_origin=run.path)
    if run.kind == "simulation":
        stretches = [(0.0, duration(run))]
    else:
        stretches = list(zip(run.trials["start"], run.trials["stop"])) if "start" in run.trials else []
    for k, (start, stop) in enumerate(stretches):
        annotations = {name: int(run.trials[name][k]) for name in ("label", "prediction", "sample")
                       if run.kind == "training" and name in run.trials and run.trials[name].ndim == 1
                       and run.trials[name].dtype.kind in "iu"}
        block.segments.append(neo.Segment(name=f"sample {k}" if run.kind == "training" else run.name, index=k, **annotations))
    for spikes in run.spikes.values():
        add_spike_trains(neo, block, spikes, stretches)
    for population, variables in run.states.items():
        for variable, values in variables.items():
            add_signals(neo, block, population, variable, values, stretches)
    return block


def duration(run):
    """ms of a simulation."""
    from snnsim.figures.run_file import simulated
    return simulated(run._open("to_neo()")).stop


def add_spike_trains(neo, block, spikes, stretches):
    """In each segment a train for each recorded cell; times from its start."""
    shown = len(stretches) if spikes.trials is None else spikes.trials
    place = np.searchsorted(spikes.cells, spikes.cell)
    for k, (segment, (start, stop)) in enumerate(zip(block.segments[:shown], stretches)):
        if spikes.trial is None:
            first, last = 0, len(spikes)
        else:
            first, last = np.searchsorted(spikes.trial, (k, k + 1))
        order = first + np.argsort(place[first:last], kind="stable")
        ends = np.searchsorted(place[order], np.arange(len(spikes.cells) + 1))
        time = spikes.time[order] - start
        for cell, begin, end in zip(spikes.cells, ends, ends[1:]):
            graded = {} if spikes.value is None else {"array_annotations": {"value": spikes.value[order[begin:end]]}}
            segment.spiketrains.append(neo.SpikeTrain(time[begin:end], units="ms", t_start=0.0, t_stop=stop - start,
                                                      name=f"{spikes.population} {cell}", population=spikes.population,
                                                      cell=int(cell), **graded))


def add_signals(neo, block, population, variable, values, stretches):
    unit = "dimensionless" if values.units == "1" else values.units
    about = {"name": f"{population}.{variable}", "population": population, "variable": variable}
    for segment, (start, stop) in zip(block.segments, stretches):
        # Half an interval of room: times are whole numbers of dt, in floating point.
        inside = slice(*np.searchsorted(values.time, (start + 1e-9, stop * (1 + 1e-12)), side="right"))
        time = values.time[inside] - start
        if len(time) == 0:
            continue
        interval = (time[-1] - time[0]) / (len(time) - 1) if len(time) > 1 else 0.0
        even = len(time) > 1 and np.allclose(np.diff(time), interval, rtol=1e-6, atol=0.0)
        cells = {"array_annotations": {"cell": values.cells}}
        if even:
            segment.analogsignals.append(neo.AnalogSignal(values.values[inside], units=unit, t_start=time[0] * neo_ms(),
                                                          sampling_period=interval * neo_ms(), **about, **cells))
        else:
            segment.irregularlysampledsignals.append(neo.IrregularlySampledSignal(
                time, values.values[inside], units=unit, time_units="ms", **about, **cells))


def neo_ms():
    import quantities    # neo needs it
    return quantities.ms


def to_pandas(run, what):
    run._open("to_pandas()")
    if what not in TABLES:
        raise UsageError(f"what: {unknown('to_pandas', what, list(TABLES))}")
    return globals()[f"table_of_{what}"](run, needs("pandas", "to_pandas()"))


def table_of_spikes(run, pandas):
    """population, time (ms), cell, step, and trial and value where there are any."""
    parts = []
    for spikes in run.spikes.values():
        columns = {"population": spikes.population, "time": spikes.time, "cell": spikes.cell, "step": spikes.step}
        columns.update({name: getattr(spikes, name) for name in ("trial", "value") if getattr(spikes, name) is not None})
        parts.append(pandas.DataFrame(columns, index=range(len(spikes))))
    if not parts:
        return pandas.DataFrame({"population": [], "time": [], "cell": [], "step": []})
    table = pandas.concat(parts, ignore_index=True)
    table["population"] = pandas.Categorical(table["population"], categories=list(run.spikes))
    return table


def table_of_states(run, pandas):
    """population, variable, time (ms), cell, value."""
    parts = []
    for population, variables in run.states.items():
        for variable, v in variables.items():
            parts.append(pandas.DataFrame({
                "population": population, "variable": variable, "time": np.repeat(v.time, len(v.cells)),
                "cell": np.tile(v.cells, len(v.time)), "value": v.values.ravel()}))
    return pandas.concat(parts, ignore_index=True) if parts else pandas.DataFrame(
        columns=["population", "variable", "time", "cell", "value"])


def table_of_curves(run, pandas):
    """A column a curve, of an output `output.curve`; rows are numbered from 1."""
    columns = {name: values for name, values in run.curves.items() if name != "outputs"}
    for output, curves in run.curves.get("outputs", {}).items():
        columns.update({f"{output}.{name}": values for name, values in curves.items()})
    return pandas.DataFrame({name: pandas.Series(np.asarray(values), index=range(1, len(values) + 1), dtype=float)
                             for name, values in columns.items()})


def table_of_trials(run, pandas):
    """A column an array of run.trials; of several values a sample, `name.0`, `name.1` ..."""
    columns = {}
    for name, values in run.trials.items():
        if values.ndim == 1:
            columns[name] = values
        else:
            flat = values.reshape(len(values), -1)
            columns.update({f"{name}.{k}": flat[:, k] for k in range(flat.shape[1])})
    return pandas.DataFrame(columns)


def table_of_counts(run, pandas):
    """Rows by phase ("train", "test", "simulate"), part ("forward", "backward", "population") and name."""
    rows = {(phase, part, name): counts for phase, parts in run.counts.items() for part, named in parts.items()
            if isinstance(named, dict) for name, counts in named.items()}
    index = pandas.MultiIndex.from_tuples(list(rows), names=["phase", "part", "name"]) if rows else None
    return pandas.DataFrame(list(rows.values()), index=index)
