"""Networks that are trained on arrays, shown arrays, and whose weights are arrays."""

import collections.abc
import dataclasses
import os

import numpy as np

from snnsim import _core, progress as bars
from snnsim.errors import Interrupted, ModelError, UsageError
from snnsim.held import Held
from snnsim.run_parts import unknown
from snnsim.running import begun, given, named
from snnsim.samples import arrays_of, count_of


def train(model, x, y, x_test=None, y_test=None, *, x_valid=None, y_valid=None, weight=None, class_names=None,
          set=None, seed=None, backend="auto", threads=0, cuda_device=None, output=None, force=False, weights=None,    # noqa: A002
          energy=None, progress=None, checkpoint_every=None):
    """Trains a model on arrays, in place of the data that it names, and returns the Network.

    x: what each sample is: [N, values] or images [N, height, width] (bytes are shown as value / 255, other numbers as they
        are), through the model's encoder; [N, T, inputs], with a value for each of T steps of dt, or booleans for spikes
        (encode: direct); or a list with the events of each sample, dicts or structured arrays with t and unit, or t, x, y and
        perhaps p (t: whole numbers in us, real ones in s; else set={"data.time_unit": "ms"}; the size of the sensor:
        set={"data.height": 34, "data.width": 34}). Of a model with data.inputs a dict of these by the names of
        their arrays there.
    y: classes [N], from 0, or real targets [N, outputs] (loss: mse_mean). Of a model with data.outputs a dict, likewise.
    x_test, y_test: for the test that ends the run; without them there is none. x_valid, y_valid: for validation.
    weight: [N], a factor on the loss of each sample. class_names: of the classes.

    Arrays are read where they lie: they must be contiguous, in the host's memory, and not change meanwhile. All else is as of
    snnsim.run(), and so is the result: the same samples in a .npz file give the same weights, to the bit.
    """
    options = given(set, seed, {
        "backend": backend, "threads": threads, "cuda_device": cuda_device, "output": output, "force": force,
        "weights": weights, "energy": energy, "checkpoint_every": checkpoint_every})
    options["overrides"] = ["data.set=file", "data.file=arguments.npz"] + options["overrides"]
    for name, value in (("x", x), ("y", y)):
        if value is None:
            raise UsageError(f"{name} is None; a training needs x and y")
    for one, other in (("x_test", "y_test"), ("x_valid", "y_valid")):
        values = {"x_test": x_test, "y_test": y_test, "x_valid": x_valid, "y_valid": y_valid}
        if (values[one] is None) != (values[other] is None):
            raise UsageError(f"{one if values[one] is None else other} is missing: give {one} and {other}, or neither")
    arrays = arrays_of({"x": x, "y": y, "x_test": x_test, "y_test": y_test, "x_valid": x_valid, "y_valid": y_valid,
                        "weight": weight})
    path = named(model, options)
    require_training(path, options)
    if class_names is not None and (isinstance(class_names, str) or not hasattr(class_names, "__iter__")):
        raise UsageError(f"class_names is {class_names!r}; give a list of texts")
    made = begun(path, options, progress, arrays, [str(name) for name in class_names or ()])
    return Network(made, backend=backend, threads=threads, cuda_device=cuda_device)


def require_training(path, options):
    """Errors of the model, before anything is read; one that is simulated has no samples to take."""
    try:
        kind = _core.kind_of_model(path, options)[0]
    except ModelError:
        try:
            kind = _core.kind_of_model(path, {**options, "overrides": []})[0]
        except ModelError:
            kind = "training"
        if kind == "training":
            raise
    if kind != "training":
        raise UsageError(f"{path}: this model is simulated, not trained: use snnsim.run or snnsim.Simulation")


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What a network gave for samples."""
    loss: float
    accuracy: "float | None"       # share of the samples; None of real targets
    error: "float | None"          # of real targets: |output - y| / |y|, L2 over all samples
    prediction: np.ndarray         # classes [N], or outputs [N, outputs], averaged over the steps
    outputs: dict                  # of a model with data.outputs: an Evaluation each, by name


class Weights(collections.abc.Mapping):
    """The weights of a network by projection: float32 [source, target], or of one that is stored synapse by synapse (see
    Network.synapses) [synapse], of a convolution [tap, channel] (docs/layers.md); in the network's own memory.

    weights["input_to_hidden"][:] reads, and weights["input_to_hidden"][:] = array (or weights["..."] = array) writes them;
    the next predict() has them. The name of a population stands for the one projection that leads to it.
    """

    def __init__(self, network, part):
        self._network, self._part = network, part

    def _number(self, name):
        names = self._network._projections()
        if name in names:
            return names.index(name)
        into = [k for k in range(len(names)) if self._network._held("weights").ends(k)[1] == name]
        if len(into) == 1:
            return into[0]
        if into:
            raise KeyError(f"{len(into)} projections lead to '{name}': {', '.join(names[k] for k in into)}")
        raise unknown("projection", name, names)

    def __getitem__(self, name):
        k = self._number(name)
        array = getattr(self._network._held(self._part), self._part)(k)
        if array is None:
            raise KeyError(f"'{name}' has no bias")
        return array

    def __setitem__(self, name, values):
        own = self[name]
        given_values = np.asarray(values)
        if given_values.dtype.kind not in "biuf":
            raise UsageError(f"{self._part}['{name}'] is given an array of {given_values.dtype}; give real numbers")
        if given_values.shape not in ((), own.shape):
            raise UsageError(f"{self._part}['{name}'] is given the shape {given_values.shape}; it has {own.shape}")
        with np.errstate(over="ignore"):
            finite = np.all(np.isfinite(given_values.astype(np.float32)))
        if not finite:
            raise UsageError(f"{self._part}['{name}'] is given a value that is no finite number")
        own[...] = given_values

    def __iter__(self):
        held = self._network._held(self._part)
        return (name for k, name in enumerate(self._network._projections())
                if self._part == "weights" or held.bias(k) is not None)

    def __len__(self):
        return sum(1 for _ in self)

    def __repr__(self):
        return "{" + ", ".join(f"{name}: {self[name].shape}" for name in self) + "}"


class Network(Held):
    """A trained network: of train(), or of the Run (or run file) of any finished training.

    run: its Run, with curves, test and counts. weights, bias: by projection, see Weights; what is written there is not in the
    run, which stays as it was. `save` keeps it.
    """

    _kind = "network"

    def __init__(self, run, *, backend="auto", threads=0, cuda_device=None):
        from snnsim.runs import Run
        if not isinstance(run, (Run, str, os.PathLike)):
            raise UsageError(f"run is a {type(run).__name__}; give a Run, or the path of a run file")
        self.run = run if isinstance(run, Run) else Run(run)
        if self.run.kind != "training":
            raise UsageError(f"{self.run.path} is a run of a simulation; only trained networks are shown samples")
        options = given(None, None, {"backend": backend, "threads": threads, "cuda_device": cuda_device})
        self._core = _core.Network(str(self.run.path), options)
        self.weights = Weights(self, "weights")
        self.bias = Weights(self, "bias")

    def _projections(self):
        return self._held("weights").projections()

    def synapses(self, name):
        """Of a projection with few synapses, which are stored one by one: (source, target), in the order of its weights. None
        of others."""
        return self._held("synapses").synapses(self.weights._number(name))

    @property
    def accuracy(self):
        """Of the run's test; None without one, and of real targets."""
        return self.run.accuracy

    @property
    def curves(self):
        """Loss and accuracy over the training: see Run.curves."""
        return self.run.curves

    def predict(self, x, *, progress=False):
        """What the network says of samples, given as to train(): classes [N], or outputs [N, outputs] of real targets; of a
        model with data.outputs a dict of these. They are shown as test samples are."""
        held = self._held("predict")
        if x is None:
            raise UsageError("x is None; give samples")
        arrays = arrays_of({"x_test": x}, called={"x_test": "x"})
        count = count_of(arrays, "_test")
        def targets(size, real):    # that change nothing
            return np.ones((count, size), dtype=np.float32) if real else np.full(count, size - 1, dtype=np.int64)
        named_outputs = held.outputs()
        if named_outputs:
            found = self._shown(arrays, {name: targets(size, real) for name, size, real in named_outputs}, progress)
            return {name: one.prediction for name, one in found.outputs.items()}
        size = held.output_size if held.real_targets else held.classes
        return self._shown(arrays, targets(size, held.real_targets), progress).prediction

    def evaluate(self, x, y, *, progress=False):
        """Loss, accuracy (or error) and predictions for samples and their targets, given as to train(): an Evaluation."""
        for name, value in (("x", x), ("y", y)):
            if value is None:
                raise UsageError(f"{name} is None; give samples and their targets")
        return self._shown(arrays_of({"x_test": x}, called={"x_test": "x"}), y, progress)

    def _shown(self, arrays, y, progress):
        held = self._held("evaluate")
        arrays = {**arrays, **arrays_of({"y_test": y}, places="offsets_test" in arrays and "unit_test" not in arrays,
                                        called={"y_test": "y"})}
        # The loader wants training samples too; the same ones, of which it reads one.
        arrays.update({name.removesuffix("_test"): value for name, value in arrays.items()})
        with bars.shown(progress, "evaluate") as callback:
            try:
                found = held.evaluate(arrays, callback)
            except KeyboardInterrupt as error:
                raise Interrupted("interrupted; an evaluation leaves nothing to go on from") from error
        return evaluation(found)

    def save(self, path, *, force=False):
        """Writes weights and biases as they are now to a .npz file, which models read by `weight: {file: ...}` and trainings
        begin with (weights=path): an array [source, target] with the name of each projection, or NAME.source, NAME.target and
        NAME.weight of one that is stored synapse by synapse, and NAME.bias."""
        import pathlib
        path = pathlib.Path(path)
        if path.suffix != ".npz":
            raise UsageError(f"save: {path} must end in .npz")
        if path.exists() and not force:
            raise UsageError(f"save: {path} exists already; force=True overwrites it")
        arrays = {}
        for name in self.weights:
            listed = self.synapses(name)
            if listed is None:
                arrays[name] = self.weights[name]
            else:
                arrays.update({f"{name}.source": listed[0], f"{name}.target": listed[1], f"{name}.weight": self.weights[name]})
        arrays.update({f"{name}.bias": self.bias[name] for name in self.bias})
        temporary = path.with_name(f".{path.name}.partial")
        with open(temporary, "wb") as file:
            np.savez(file, **arrays)
        temporary.replace(path)

    def close(self):
        """Frees the network, and its run where that is temporary. Arrays that were handed out stay valid."""
        self._core = None
        self.run.close()

    def __repr__(self):
        if self._core is None:
            return "<snnsim.Network, closed>"
        return f"<snnsim.Network {self.run.name}: {self.weights!r}>"


def evaluation(found):
    outputs = {name: evaluation(value) for name, value in found.items() if isinstance(value, dict)}
    return Evaluation(found["loss"], found.get("accuracy"), found.get("error"), found["prediction"], outputs)
