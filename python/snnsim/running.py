"""Runs of models, as the command `snnsim` makes them: the same files, the same bits."""

import atexit
import math
import os
import pathlib
import shutil
import tempfile
import warnings

from snnsim import _core, progress as bars
from snnsim.errors import Error, Interrupted, RunWarning, UsageError
from snnsim.model import model_text, overrides
from snnsim.runs import Run


atexit.register(_core.end_calls)


def given(set, seed, options):    # noqa: A002
    """The options of the program, without those that are None."""
    settings = overrides(set)
    if seed is not None:
        settings.append(f"seed={whole('seed', seed)}")
    out = {name: value for name, value in options.items() if value is not None}
    for name in ("threads", "cuda_device"):
        if name in out:
            out[name] = whole(name, out[name])
    if out.get("threads", 1) < 0 or out.get("threads", 1) > 1024:
        raise UsageError(f"threads is {out['threads']}; it must be from 1 to 1024 (0: one for each core)")
    every = out.get("checkpoint_every", 10.0)
    if isinstance(every, bool) or not isinstance(every, (int, float)) or not 0.0 < every < math.inf:
        raise UsageError(f"checkpoint_every is {every!r}; it must be a number of seconds above 0")
    for name in ("force", "profile"):
        if name in out and not isinstance(out[name], bool):
            raise UsageError(f"{name} is {out[name]!r}; it must be True or False")
    for name in ("output", "data_dir", "weights", "energy", "resume"):
        if name in out:
            out[name] = path_of(name, out[name])
    if "output" in out and os.path.exists(out["output"]) and not out.get("force"):
        raise UsageError(f"output: {out['output']} exists already; force=True overwrites it")
    out["overrides"] = settings
    return out


def whole(name, value):
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise UsageError(f"{name} is {value!r}; it must be a whole number")
    return value.__index__()


def path_of(name, value):
    if isinstance(value, Run):
        return os.fspath(value.path)
    if not isinstance(value, (str, os.PathLike)):
        raise UsageError(f"{name} is a {type(value).__name__}; give a path")
    return os.fspath(value)


def named(model, options):
    """The name of the model in messages; what is no file goes into the options as text."""
    text, path = model_text(model)
    if path in ("<text>", "<dict>"):
        options["model_text"] = text
    return path


def run(model, set=None, *, seed=None, backend="auto", threads=0, cuda_device=None, output=None, force=False,    # noqa: A002
        data_dir=None, weights=None, energy=None, progress=None, checkpoint_every=None, profile=False):
    """Trains, tests or simulates a model, as `snnsim MODEL` does, and returns its Run.

    model: the path of a model file, YAML text, or a dict of the same keys, with quantities as "20 ms" or of pint,
        quantities, brian2 or astropy. What text and dicts name by a relative path is looked for from the current folder.
    set: settings that replace those of the model, {"train.epochs": 2} or {"train": {"epochs": 2}}; None removes a key.
    seed: of all random numbers; the same as set={"seed": ...}.
    backend: "auto", "cpu" or "cuda"; threads: 0 takes one for each core. The results do not depend on them.
    cuda_device: the number of the GPU, as `snnsim devices` lists them.
    output: the run file (.h5); without it the file is temporary and goes with the Run. force replaces a file that is there.
    data_dir: the folder of MNIST's files; weights: a run file or .npz to begin a training with.
    energy: an energy model, by name or file. checkpoint_every: seconds. profile: of simulations, see `snnsim --profile`.
    progress: True (a bar of tqdm), False, or a function of (share from 0 to 1, text); None: a bar in notebooks and terminals.

    The GIL is free while it runs. Ctrl-C ends it as it ends the command: what was computed is in the `run` of the
    Interrupted (a KeyboardInterrupt) that is raised, and resume() goes on with it. An exception of `progress` ends it too.
    Raises ModelError (with line, column and suggestion), DataError, FileError, DeviceError, NumericalError, UsageError, and
    BusyError where another run of this process is under way.
    """
    options = given(set, seed, {
        "backend": backend, "threads": threads, "cuda_device": cuda_device, "output": output, "force": force,
        "data_dir": data_dir, "weights": weights, "energy": energy, "checkpoint_every": checkpoint_every, "profile": profile})
    return begun(named(model, options), options, progress)


def resume(run, *, backend="auto", threads=0, cuda_device=None, data_dir=None, progress=None, arrays=None):    # noqa: A002
    """Goes on with an interrupted run (a Run, or the path of its file); ends with the bits of one that was never stopped.

    Arguments and errors as of run(). `arrays`: of a run of train(), the same samples, {"x": ..., "y": ..., "x_test": ...}.
    """
    options = given(None, None, {"resume": run, "backend": backend, "threads": threads, "cuda_device": cuda_device,
                                 "data_dir": data_dir})
    options["resume"] = options["resume"].replace(".partial.h5", ".h5")
    samples = None
    if arrays is not None:
        from snnsim.samples import arrays_of
        samples = arrays_of(arrays)
    if isinstance(run, Run) and run.temporary:
        return execute("", options, progress, samples, [], options["resume"], run.keep_folder())
    return execute("", options, progress, samples, [], options["resume"])


def check(model, set=None, *, data_dir=None):    # noqa: A002
    """What a model describes, its memory and its size, as text: `snnsim check`. Raises ModelError with every mistake."""
    options = given(set, None, {"data_dir": data_dir})
    return _core.check(named(model, options), options)


def begun(path, options, progress, arrays=None, class_names=()):
    """A new run, into its output or a temporary file."""
    folder = None
    if "output" not in options:
        folder = tempfile.mkdtemp(prefix="snnsim_")
        options["output"] = os.path.join(folder, "run.h5")
    return execute(path, options, progress, arrays, list(class_names), options["output"], folder)


def execute(model, options, progress, arrays, class_names, output, folder=None):
    """Runs, and makes the Run of the file `output`. `folder`: a temporary one, which goes with the Run."""
    title = pathlib.Path(model or output).stem
    try:
        with bars.shown(progress, title) as callback:
            _, summary, stopped = _core.run(model, options, callback, arrays, class_names)
    except BaseException as error:
        left = run_left(output, folder)
        if isinstance(error, Error):
            error.run = left
        raise
    made = run_left(output, folder, summary)
    if stopped is not None:
        if isinstance(stopped, KeyboardInterrupt):
            raise Interrupted(run=made) from stopped
        stopped.run = made
        raise stopped
    for text in made.warnings:
        warnings.warn(text, RunWarning, stacklevel=4)
    return made


def run_left(output, folder, summary=""):
    """The Run of what was written, or None."""
    partial = pathlib.Path(output).with_suffix(".partial.h5")
    path = output if os.path.exists(output) or not partial.exists() else os.fspath(partial)
    if os.path.exists(path):
        return Run(path, folder=folder, summary=summary)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
    return None
