"""Simulations that one holds: advanced as far as one likes, looked at and changed in between."""

import collections.abc
import math
import os
import re
import warnings

import numpy as np

from snnsim import _core, progress as bars
from snnsim.errors import BusyError, Interrupted, RunWarning, UsageError
from snnsim.held import Held
from snnsim.model import UNITS, converter, plain
from snnsim.run_parts import as_array, constant, unknown
from snnsim.running import given, named, path_of

MS = {"ms": 1.0, "s": 1e3, "us": 1e-3}


def in_ms(duration, argument):
    """A duration in ms: "100 ms", "0.1 s", a quantity of a unit package, or a number, which is in ms."""
    value = plain(duration, argument)
    if isinstance(value, str):
        found = re.fullmatch(r"\s*([0-9.eE+-]+)\s*(ms|s|us)\s*", value)
        try:
            value = float(found[1]) * MS[found[2]] if found else None
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise UsageError(f"{argument} is {duration!r}; write a time, as '100 ms', or a number of ms")
    return float(value)


class Spikes:
    """Spikes of a population in a stretch of time, in their order.

    step: uint32, from 1: the step at whose end it is; time: the same in ms; cell: uint32; value: of graded spikes, float32.
    """

    def __init__(self, step, cell, value, dt):
        self.step, self.cell, self.value, self._dt = step, cell, value, dt

    @property
    def time(self):
        return self.step * self._dt

    def __len__(self):
        return len(self.step)

    def __repr__(self):
        return f"<{len(self)} spikes>"


class Samples:
    """Recorded values. step: uint32, time: ms; values: [time, cell] of cells, [time] of rates, [time, synapse] of weights,
    [time, bin] of histograms; cells: their numbers; units."""

    def __init__(self, step, values, cells, units, dt):
        self.step, self.values, self.cells, self.units, self._dt = step, values, cells, units, dt

    @property
    def time(self):
        return self.step * self._dt

    def __repr__(self):
        return f"<values {self.values.shape} in {self.units or 'no unit'}>"


class Stretch:
    """What a stretch of time brought.

    start, stop: ms; spikes[population]: Spikes; states[population][variable] (rates too) and weights[projection][what]:
    Samples, of what the model's `record` names.
    """

    def __init__(self, start, stop, spikes, states, weights):
        self.start, self.stop, self.spikes, self.states, self.weights = start, stop, spikes, states, weights

    def __repr__(self):
        spikes = ", ".join(f"{name}: {len(s)}" for name, s in self.spikes.items())
        return f"<snnsim.Stretch {self.start:g} to {self.stop:g} ms; spikes {{{spikes}}}>"


class Named(collections.abc.Mapping):
    """Parts of a simulation by name."""

    def __init__(self, simulation, names, what):
        self._simulation, self._names, self._what = simulation, names, what

    def _number(self, name):
        self._simulation._held()
        try:
            return self._names.index(name)
        except ValueError:
            raise unknown(self._what, name, self._names) from None

    def __iter__(self):
        return iter(self._names)

    def __len__(self):
        return len(self._names)

    def __repr__(self):
        return f"<{type(self).__name__} of {', '.join(self._names)}>"


def in_unit(values, unit, argument):
    """Numbers in `unit` (None: of no known unit), of numbers or of a quantity."""
    quantity = converter(values)
    if quantity is None:
        return np.asarray(values)
    magnitude, name, to = quantity
    for base, known in {**UNITS, "": {0: ""}}.items():
        power = next((power for power, text in known.items() if text == (unit or "")), None)
        factor = to(base) if power is not None else None
        if factor is not None:
            return np.asarray(magnitude) * float(f"{factor * 10.0 ** -power:.15g}")
    raise UsageError(f"{argument} is given a quantity in {name}; it is in {unit or 'no unit'}")


def for_cells(values, size, argument, unit=None):
    """float64 [size], of a number, a quantity or as many."""
    array = in_unit(values, unit, argument)
    if array.dtype.kind not in "biuf":
        kind = f" in {unit}" if unit else ""
        raise UsageError(f"{argument} is given an array of {array.dtype}; give real numbers{kind}, or a quantity")
    if array.shape not in ((), (size,)):
        raise UsageError(f"{argument} is given the shape {array.shape}; give a number or an array of {size}")
    with np.errstate(over="ignore"):
        if not np.all(np.isfinite(array.astype(np.float32))):
            raise UsageError(f"{argument} is given a value that is no finite number of 32 bits")
    return np.ascontiguousarray(np.broadcast_to(array, (size,)), dtype=np.float64)


class Rates(Named):
    """Rates in Hz of the cells of populations of sources: sim.rates["input"] reads them (float64 [cell]),
    sim.rates["input"] = 20 or an array sets them from now on."""

    def __getitem__(self, name):
        return constant(self._simulation._held("rates").rates(self._number(name)))

    def __iter__(self):
        return (name for name, _, model, _ in self._simulation._populations if model in ("poisson_source", "regular_source"))

    def __len__(self):
        return sum(1 for _ in self)

    def __setitem__(self, name, values):
        k = self._number(name)
        rates = for_cells(values, self._simulation._size(name), f"rates['{name}']", "Hz")
        self._simulation._held("rates").set_rates(k, rates)


class Variables(collections.abc.Mapping):
    """The state of a population: sim.states["E"]["v"] reads a variable (float32 [cell]); assigning sets it."""

    def __init__(self, simulation, population, number, variables):
        self._simulation, self._population, self._k = simulation, population, number
        self._variables = [name for name, _ in variables]
        self.units = dict(variables)

    def _number(self, name):
        try:
            return self._variables.index(name)
        except ValueError:
            raise unknown(f"variable of '{self._population}'", name, self._variables) from None

    def __getitem__(self, name):
        return constant(self._simulation._held("states").state(self._k, self._number(name)))

    def __setitem__(self, name, values):
        number = self._number(name)
        array = for_cells(values, self._simulation._size(self._population), f"states['{self._population}']['{name}']",
                          self.units[name])
        self._simulation._held("states").set_state(self._k, number, array)

    def __iter__(self):
        return iter(self._variables)

    def __len__(self):
        return len(self._variables)

    def __repr__(self):
        return "{" + ", ".join(f"{name}: {self.units[name] or '1'}" for name in self) + "}"


class States(Named):
    def __getitem__(self, name):
        k = self._number(name)
        return Variables(self._simulation, name, k, self._simulation._populations[k][3])


class Synapses:
    """The synapses of a projection, one by one: source, target (cells, uint32), delay (ms), weight (in the unit of the
    target's input), as they are now. synapses[:] reads the weights and synapses[:] = array sets them: the network is built
    anew with them, and goes on from where it is."""

    def __init__(self, simulation, name, number):
        self._simulation, self.name, self._number = simulation, name, number
        self.units = simulation._ends[number][2]
        self._read()

    def _read(self):
        self.source, self.target, self.weight, self.delay = map(
            constant, self._simulation._held("weights").synapses(self._number))

    def __len__(self):
        return len(self.weight)

    def __array__(self, dtype=None, copy=None):
        return as_array(self.weight, dtype, copy)

    def __getitem__(self, index):
        return self.weight[index]

    def __setitem__(self, index, values):
        changed = np.array(self.weight)
        name = f"weights['{self.name}']"
        array = in_unit(values, self.units, name)
        if array.dtype.kind not in "biuf" or not np.all(np.isfinite(array)):
            raise UsageError(f"{name} is given what is no finite real number")
        try:
            changed[index] = array
        except (ValueError, IndexError) as error:
            raise UsageError(f"{name} has {len(self)} synapses: {error}") from error
        self._simulation._held("weights").set_weights(self._number, changed)
        self._read()

    def matrix(self):
        """[source, target], the sums of the weights of each pair; NaN where there is no synapse."""
        ends = self._simulation._ends[self._number][:2]
        out = np.full([self._simulation._size(end) for end in ends], np.nan)
        out[self.source, self.target] = 0.0
        np.add.at(out, (self.source, self.target), self.weight)
        return out

    def __repr__(self):
        return f"<{len(self)} synapses of {self.name}>"


class Projections(Named):
    """Synapses by projection: sim.weights["exc_to_inh"] has source, target, delay and weight; [:] reads and sets weights."""

    def __getitem__(self, name):
        return Synapses(self._simulation, name, self._number(name))

    def __setitem__(self, name, values):
        self[name][:] = values


class Simulation(Held):
    """A simulation that one advances, as the network of `snnsim MODEL`, with its spikes to the bit.

        sim = snnsim.Simulation("models/brunel.yaml")
        stretch = sim.advance("100 ms")
        print(len(stretch.spikes["E"]), sim.states["E"]["v"].mean())
        sim.weights["E_to_I"][:] = 0.1                  # mV, from now on

    model, set, seed, backend, threads, cuda_device, data_dir: as of snnsim.run(). checkpoint: a file of checkpoint() to go on
    from. It goes on for as long as it is advanced, beyond `simulate.duration` too; phases of the model take their course and
    end it. Errors as of run(); BusyError where another thread uses it. Different ones may run in different threads.
    """

    _kind = "simulation"

    def __init__(self, model, set=None, *, seed=None, backend="auto", threads=0, cuda_device=None, data_dir=None,    # noqa: A002
                 checkpoint=None):
        options = given(set, seed, {"backend": backend, "threads": threads, "cuda_device": cuda_device, "data_dir": data_dir,
                                    "resume": checkpoint})
        path = named(model, options)
        self._core = core = _core.Simulation(path, options)
        self._populations = core.populations()
        self._records = core.records()
        self._ends = [(source, target, unit) for _, source, target, unit in core.projections()]
        names = [name for name, *_ in self._populations]
        self.name, self.seed, self.dt = core.name, core.seed, core.dt
        self._rates = Rates(self, names, "population")
        self._states = States(self, names, "population")
        self._weights = Projections(self, [name for name, *_ in core.projections()], "projection")
        self._taken = core.now() * core.dt
        for text in core.warnings:
            warnings.warn(text, RunWarning, stacklevel=2)

    @property
    def rates(self):
        """By population: see Rates."""
        return self._rates

    @property
    def states(self):
        """By population and variable: see Variables. What is read is a read-only copy in the variable's unit, as it is recorded;
        assigning sets it."""
        return self._states

    @property
    def weights(self):
        """By projection: see Synapses."""
        return self._weights

    def _size(self, population):
        return next(size for name, size, *_ in self._populations if name == population)

    @property
    def populations(self):
        """Sizes by population."""
        return {name: size for name, size, *_ in self._populations}

    @property
    def time(self):
        """Simulated so far, in ms."""
        return self._held("time").now() * self.dt

    @property
    def finished(self):
        """Whether the phases of the model are over; without phases it never is."""
        return self._held("finished").finished()

    @property
    def device(self):
        return self._held("device").device

    @property
    def synapse_count(self):
        return self._held("synapse_count").synapse_count

    @property
    def spike_counts(self):
        """Spikes since the start, by population."""
        return dict(zip(self.populations, self._held("spike_counts").spike_counts().tolist()))

    @property
    def digest(self):
        """SHA-256 of all spikes so far: that of a run of the same model and duration."""
        return self._held("digest").digest()

    def advance(self, duration, *, progress=False):
        """Simulates `duration` ("100 ms", a quantity, or a number of ms; whole steps of dt) and returns its Stretch.

        Ctrl-C ends it early and raises Interrupted; what was simulated up to there comes with the next Stretch, and so does
        what came before a NumericalError."""
        core = self._held("advance")
        ms = in_ms(duration, "duration")
        steps = round(ms / self.dt)
        if steps > 2**32:
            raise UsageError(f"duration is {ms:g} ms; no more than 2^32 steps can be counted")
        if ms < 0.0 or abs(ms / self.dt - steps) > 1e-6 * max(1.0, steps):
            raise UsageError(f"duration is {ms:g} ms; it must be a whole number of steps of dt ({self.dt:g} ms)")
        if core.finished():
            raise UsageError("the phases of this model are over; there is nothing to advance to")
        with bars.shown(progress, self.name) as callback:
            try:
                core.advance(steps, callback)
            except KeyboardInterrupt as error:
                raise Interrupted(f"interrupted at {self.time:g} ms; advance() goes on from there") from error
        return self._take(core)

    def _take(self, core):
        stop, spikes, values = core.take()
        start, self._taken = self._taken, stop * self.dt
        by_population = {name: Spikes(*parts, self.dt) for (name, *_), parts in zip(self._populations, spikes)}
        states, weights = {}, {}
        for (of, what, units, cells), (step, numbers, counts) in zip(self._records, values):
            to = weights if of in self._weights else states
            kept = counts if counts.size else numbers
            if cells is None and to is states:
                kept = kept.reshape(-1)
            to.setdefault(of, {})[what] = Samples(step, kept, cells, units, self.dt)
        return Stretch(start, self._taken, by_population, states, weights)

    @property
    def plastic(self):
        """Whether weights and adaptive thresholds change, which can be set."""
        return self._held("plastic").plastic()

    @plastic.setter
    def plastic(self, value):
        if not isinstance(value, (bool, np.bool_)):
            raise UsageError(f"plastic is {value!r}; it must be True or False")
        self._held("plastic").set_plastic(bool(value))

    def reward(self, amount):
        """Gives all projections whose rule waits for it a reward, now."""
        value = plain(amount, "amount")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise UsageError(f"amount is {amount!r}; give a finite number")
        self._held("reward").reward(float(value))

    def checkpoint(self, path, *, force=False):
        """Writes all that decides how it goes on to a file (.h5): Simulation(model, checkpoint=path) goes on from there with
        the same bits, on any number of threads and either backend."""
        core = self._held("checkpoint")
        path = path_of("path", path)
        if not path.endswith(".h5"):
            raise UsageError(f"checkpoint: {path} must end in .h5")
        if os.path.exists(path) and not force:
            raise UsageError(f"checkpoint: {path} exists already; force=True overwrites it")
        core.checkpoint(path)

    def close(self):
        """Frees the network. Arrays that were handed out stay valid."""
        self._core = None

    def __repr__(self):
        if self._core is None:
            return "<snnsim.Simulation, closed>"
        sizes = ", ".join(f"{name}: {size}" for name, size in self.populations.items())
        try:
            at = f"at {self.time:g} ms"
        except BusyError:
            at = "under way in another thread"
        return f"<snnsim.Simulation {self.name} {at}; cells {{{sizes}}}>"
