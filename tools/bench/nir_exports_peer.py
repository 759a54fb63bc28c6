#!/usr/bin/env python3
"""Runs a network of NIR in the library that it was written for, on samples, and keeps what its output gives in each step.

    PYTHON tools/bench/nir_exports_peer.py LIBRARY NETWORK.nir SAMPLES.npy OUTPUT.npy

PYTHON has nir 1.0.8, nirtorch 2.6 and the library. SAMPLES is [sample][step][input]; OUTPUT [sample][step][cell]. Prints one line
of JSON: versions, and what the library printed while it read the file.
"""
import contextlib
import importlib.metadata
import io
import json
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


def main():
    library, path, samples, output = sys.argv[1:]
    torch.set_num_threads(1)                   # small steps, one after the other
    warnings.simplefilter("ignore")
    graph = nir.read(path)                     # with its checks of types
    shape = tuple(int(n) for n in next(iter(graph.input_type.values())))
    said = io.StringIO()
    with contextlib.redirect_stdout(said), torch.no_grad():
        values = globals()[library](path, shape, np.load(samples).astype(np.float32))
    np.save(output, values)
    print(json.dumps({"versions": {name: importlib.metadata.version(name) for name in ("nir", "nirtorch", "torch", library)},
                      "said": sorted(set(said.getvalue().splitlines()))}))


if __name__ == "__main__":
    main()
