"""What a Run hands out: mappings that read when they are asked, and what populations and projections have in it."""

import difflib
from collections.abc import Mapping
from functools import cached_property

import numpy as np


class UnknownName(KeyError):
    """A name that is not in the run; the message has those that are."""

    def __str__(self):
        return self.args[0]


def unknown(what, name, known):
    """The error for a name that is not among those known."""
    near = difflib.get_close_matches(str(name), known, n=1)
    meant = f"; did you mean '{near[0]}'?" if near else ""
    there = f" (there are: {', '.join(known)})" if known else "; there is none"
    return UnknownName(f"{what} has no '{name}'{meant}{there}")


class Named(Mapping):
    """Parts of a run by name, read when they are asked for: spikes["E"], or spikes.E where no method has that name.

    A name that is not there is a KeyError (with a dot an AttributeError) that tells those that are; a closed run is a
    ClosedError.
    """

    def __init__(self, run, what, names, get):
        """names(file) lists them, get(file, name) reads one; what: how the user wrote it, for messages."""
        self._run, self._what, self._names, self._get = run, what, names, get

    def __iter__(self):
        return iter(self._names(self._run._open(self._what)))

    def __len__(self):
        return len(self._names(self._run._open(self._what)))

    def __getitem__(self, name):
        file = self._run._open(f"{self._what}[{name!r}]")
        known = self._names(file)
        if name not in known:
            raise unknown(self._what, name, known)
        return self._get(file, name)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except UnknownName as error:
            raise AttributeError(str(error)) from None

    def __dir__(self):
        return [*super().__dir__(), *(name for name in self if name.isidentifier())]

    def __repr__(self):
        return f"<{self._what}: {', '.join(self) or 'nothing'}>"


class Spikes:
    """What one population sent, in order of time; len() is their number.

    population    its name
    time          float64 [spike], ms: the end of the step in which it was sent. Recorded samples of a training lie one after
                  the other; run.trials has their starts
    cell          uint64 [spike], its number in the population
    step          uint32 [spike], number of the step that ends at `time`, from 1
    trial         uint32 [spike], the recorded sample of a training; None in a simulation
    value         float32 [spike], of graded spikes; else None
    cells         uint64 [cell], the cells that were recorded, silent ones included
    trials        the number of samples recorded; None in a simulation
    """

    def __init__(self, population, dt, time, cell, cells, trial=None, value=None, trials=None):
        self.population, self.dt, self.time, self.cell, self.cells = population, dt, time, cell, cells
        self.trial, self.value, self.trials = trial, value, trials

    def __len__(self):
        return len(self.time)

    @cached_property
    def step(self):
        return constant(np.rint(self.time / self.dt).astype(np.uint32))

    def __repr__(self):
        return f"<{len(self)} spikes of {len(self.cells)} cells of '{self.population}'>"


class AsArray:
    """What has `values` and can be used as that array."""

    def __len__(self):
        return len(self.values)

    def __getitem__(self, key):
        return self.values[key]

    def __array__(self, dtype=None, copy=None):
        return as_array(self.values, dtype, copy)


class Values(AsArray):
    """Numbers over time; np.asarray(x) and x[...] are `values`.

    values    [time, cell] float32 of states, [time] of rates
    time      float64 [time], ms
    cells     uint64 [cell], their numbers in the population; None of rates
    units     text, for instance "mV"; "1" without a unit
    """

    def __init__(self, name, values, time, units, cells=None):
        self.name, self.values, self.time, self.units, self.cells = name, values, time, units, cells

    def __repr__(self):
        return f"<{self.name} {list(self.values.shape)}, {self.units}>"


class Weights(AsArray):
    """The trained weights of a projection; np.asarray(w) and w[...] are `values`.

    values    float32 [source, target]
    bias      float32 [target], or None
    mask      [source, target], 0 where there is no synapse or it was pruned; None where all are there
    shape     (sources, targets)
    source, target    names of the populations
    delay     ms; of learned delays an array, [source, target] or [source]
    trainable whether it learnt
    units     text
    """

    def __init__(self, name, values, bias, mask, source, target, delay, trainable, units):
        self.name, self.values, self.bias, self.mask = name, values, bias, mask
        self.source, self.target, self.delay, self.trainable, self.units = source, target, delay, trainable, units

    @property
    def shape(self):
        return self.values.shape

    @property
    def dtype(self):
        return self.values.dtype

    def __repr__(self):
        return f"<weights {self.name} {list(self.shape)}, {self.source} to {self.target}>"


def as_array(values, dtype, copy):
    """What __array__ returns, with the arguments of numpy 1 and 2."""
    if copy is False and dtype is not None and values.dtype != dtype:
        raise ValueError(f"the array is {values.dtype}; as {np.dtype(dtype)} it must be copied")
    return values.astype(dtype or values.dtype) if copy or (dtype is not None and values.dtype != dtype) else values


def constant(values):
    """The array, read-only."""
    values.flags.writeable = False
    return values


def plain(value):
    """An attribute of HDF5 as Python has it: int, float, str, list, or None of an empty one."""
    if type(value).__name__ == "Empty":    # h5py.Empty
        return None
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    return value.item() if isinstance(value, np.generic) else value
