"""Simulates and trains spiking neural networks; `import snnsim` is cheap, its parts are loaded when they are used."""

import importlib

# The module that holds each public name.
_PLACES = {name: "errors" for name in (
    "Error", "ModelError", "DataError", "UsageError", "FileError", "DeviceError", "NumericalError", "InternalError",
    "ClosedError", "BusyError", "Interrupted", "RunWarning", "Problem")}
_PLACES.update(Run="runs", run="running", resume="running", check="running", train="network", Network="network",
               Evaluation="network", Simulation="simulation", Stretch="simulation", from_nir="exchange", to_nir="exchange",
               from_sonata="exchange")

__all__ = sorted(_PLACES)


def __getattr__(name):
    if name == "__version__":
        return importlib.import_module("snnsim._core").__version__
    if name not in _PLACES:
        raise AttributeError(f"module 'snnsim' has no attribute '{name}'")
    value = getattr(importlib.import_module(f"snnsim.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(set(globals()) | set(_PLACES))
