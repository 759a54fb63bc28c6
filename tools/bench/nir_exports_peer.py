#!/usr/bin/env python3
"""Runs networks of NIR in the library that they were written for, on samples, and keeps what the output gives in each step.

    PYTHON tools/bench/nir_exports_peer.py LIBRARY SAMPLES.npy NETWORK.nir ...

PYTHON has nir 1.0.8, nirtorch 2.6 and the library. SAMPLES is [sample][step][input]; of each network NETWORK.npy beside it is
[sample][step][cell]. Prints one line of JSON: versions, and of each network what the library printed while it read it, or why it
could not.
"""
import contextlib
import importlib.metadata
import io
import json
import os
import sys
import warnings

import nir
import numpy as np
import torch


def step_by_step(load, shape, samples, batched=False):
    """A network that takes one step a call, and hands its state on; a new one for each sample, as some keep state within."""
    out = []
    for sample in samples:
        network, state, steps = load(), None, []
        for values in sample:
            x = torch.from_numpy(values.reshape(shape))
            y, state = network(x[None] if batched else x, state)
            steps.append(y.detach().numpy().reshape(-1))
        out.append(np.stack(steps))
    return np.stack(out)


def snntorch(path, shape, samples):
    from snntorch.import_nir import import_from_nir
    return step_by_step(lambda: import_from_nir(nir.read(path)), shape, samples)


def spikingjelly(path, shape, samples):
    from spikingjelly.activation_based.nir_exchange import import_from_nir
    return step_by_step(lambda: import_from_nir(nir.read(path)), shape, samples, batched=True)


def norse(path, shape, samples):
    from norse.torch import from_nir
    return step_by_step(lambda: from_nir(nir.read(path)), shape, samples)


def sinabs(path, shape, samples):
    """Layer by layer over all steps of a sample, with one spike a step at most."""
    import sinabs.layers
    from sinabs.activation import SingleSpike
    from sinabs.nir import from_nir
    out = []
    for sample in samples:
        network = from_nir(nir.read(path), num_timesteps=len(sample), batch_size=1)
        for module in network.modules():
            if isinstance(module, sinabs.layers.LIF) and module.spike_fn is not None:
                module.spike_fn = SingleSpike
        y = network(torch.from_numpy(sample.reshape(len(sample), *shape)))
        y = y[0] if isinstance(y, tuple) else y
        out.append(y.detach().numpy().reshape(len(sample), -1))
    return np.stack(out)


def run(library, path, samples):
    """What was printed, or what went wrong."""
    said = io.StringIO()
    try:
        graph = nir.read(path)                 # with its checks of types
        shape = tuple(int(n) for n in next(iter(graph.input_type.values())))
        with contextlib.redirect_stdout(said), torch.no_grad():
            np.save(os.path.splitext(path)[0] + ".npy", globals()[library](path, shape, samples))
    except Exception as error:                 # of a library: whatever it may be, it is a result
        return {"failed": f"{type(error).__name__}: {error}"}
    return {"said": sorted(set(said.getvalue().splitlines()))}


def main():
    library, samples, *paths = sys.argv[1:]
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)                   # small steps, one after the other
    samples = np.load(samples).astype(np.float32)
    print(json.dumps({"versions": {name: importlib.metadata.version(name) for name in ("nir", "nirtorch", "torch", library)},
                      "networks": {path: run(library, path, samples) for path in paths}}))


if __name__ == "__main__":
    main()
