"""Networks of other tools: NIR (snnTorch, SpikingJelly, Norse, Sinabs) in and out, SONATA (bmtk, NEST) in."""

import os
import shutil
import tempfile
import weakref

from snnsim import _core
from snnsim.errors import FileError, UsageError
from snnsim.network import Network
from snnsim.running import execute, given, path_of, whole
from snnsim.simulation import Simulation, in_ms


def from_nir(path, *, dt=None, reset=None, reset_at=None, decay=None, library=None, scale_input=None, steps=100, output=None,
             force=False, backend="auto", threads=0, cuda_device=None):
    """The Network of a file of NIR, as `snnsim import` makes it; it has been shown one sample, and nothing was trained.

    dt: time step, "1 ms" or a number of ms. reset: what a spike does, "subtract", "zero" or "none". Neither stands in a file,
        so both must be given, but for a file that snnsim wrote.
    reset_at: "same_step" or "next_step"; decay: "exact", exp(-dt/tau), or "euler", 1 - dt/tau. library: "snntorch",
        "spikingjelly", "norse" or "sinabs": the file is read as that library writes it, which settles both. scale_input: of
        Sinabs, norm_input of its LIF cells, which it does not write.
    steps: of a sample, as predict() is given them: [N, steps, inputs].
    output: the model (.yaml) to write, with its arrays beside it; without it they are temporary. force overwrites them.

    Network.notes is what was assumed and what differs, lines that the command prints. Raises UsageError, and FileError for what
    cannot be carried over, with the nodes.
    """
    options = given(None, None, {"backend": backend, "threads": threads, "cuda_device": cuda_device, "force": True})
    folder = tempfile.mkdtemp(prefix="snnsim_")
    try:
        model = model_path(output, folder)
        scaled = None if scale_input is None else truth("scale_input", scale_input)
        said = told(_core.import_nir, path_of("path", path), model, positive(dt, "dt"), reset, reset_at, decay, library, scaled,
                    whole_steps(steps), truth("force", force))
        options["output"] = os.path.join(folder, "run.h5")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    run = execute(model, options, False, None, [], options["output"], folder)
    network = Network(run, backend=backend, threads=threads, cuda_device=cuda_device)
    network.notes = said.splitlines()[:-1]
    return network


def to_nir(run, path, *, library=None, force=False):
    """Writes the network of a finished training (a Run, a Network, or the path of a run file) to a file of NIR, as `snnsim
    export` does, and returns what is to be said of it. What was written to Network.weights is not in its run.

    library: the one that is to read it, "snntorch", "spikingjelly", "norse" or "sinabs"; None: as the format defines it.
    force: overwrites the file, and writes what NIR cannot say exactly.
    """
    if isinstance(run, Network):
        run = run.run
    return told(_core.export_nir, path_of("run", run), path_of("path", path), library, truth("force", force))


def from_sonata(config, *, dt=None, duration=None, output=None, force=False, **options):
    """The Simulation of a SONATA network of point neurons: the path of its circuit or simulation configuration (.json).

    dt, duration: "0.1 ms" or numbers of ms, in place of those of the configuration. output: the model (.yaml) to write, with
    its synapses beside it; without it they are temporary. force overwrites them. options: as of Simulation (threads, ...).
    Simulation.notes is what the command prints: what was left out, what differs, which cell is which node.
    """
    folder = tempfile.mkdtemp(prefix="snnsim_")
    try:
        model = model_path(output, folder)
        said = told(_core.import_sonata, path_of("config", config), model, positive(dt, "dt"), positive(duration, "duration"),
                    truth("force", force))
        simulation = Simulation(model, **options)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(simulation, shutil.rmtree, folder, True)
    simulation.notes = said.splitlines()
    return simulation


# What the program's messages call by the options of the command.
ARGUMENTS = (("--dt '1 ms'", "dt=\"1 ms\""), ("--dt '0.1 ms'", "dt=\"0.1 ms\""), ("--duration '1 s'", "duration=\"1 s\""),
             ("--scale-input", "scale_input"), ("--reset-at", "reset_at"), ("--reset", "reset"), ("--decay", "decay"),
             ("--from", "library"), ("--steps", "steps"), ("--force", "force=True"), ("--dt", "dt"), ("--duration", "duration"))


def told(function, *arguments):
    """Calls it; errors name arguments in the place of options."""
    try:
        return function(*arguments)
    except (UsageError, FileError) as error:
        text = str(error)
        for option, argument in ARGUMENTS:
            text = text.replace(option, argument)
        raise type(error)(text) from None


def positive(time, name):
    """A time in ms, or None."""
    if time is None:
        return None
    value = in_ms(time, name)
    if not value > 0.0:
        raise UsageError(f"{name} is {time!r}; it must be more than 0")
    return value


def model_path(output, folder):
    if output is None:
        return os.path.join(folder, "network.yaml")
    path = path_of("output", output)
    if not path.endswith(".yaml"):
        raise UsageError(f"output is {path}; name a .yaml file")
    return path


def whole_steps(steps):
    number = whole("steps", steps)
    if not 1 <= number <= 1_000_000:
        raise UsageError(f"steps is {number}; it must be from 1 to 1,000,000")
    return number


def truth(name, value):
    if not isinstance(value, bool):
        raise UsageError(f"{name} is {value!r}; it must be True or False")
    return value
