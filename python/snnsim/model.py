"""What a model can be given as: a file, YAML text or a dict, with numbers of numpy and quantities of unit packages.

A quantity of pint, quantities, brian2 or astropy becomes text that a model file has: 20 * ureg.ms is "20 ms". None of these
packages is needed; their objects are known by what they can do.
"""

import numbers
import os
import pathlib
import sys
from decimal import Decimal

import numpy as np

from snnsim.errors import FileError, UsageError

# SI units of what models hold, and the powers of ten of each that a model file knows; the first is what others become.
UNITS = {
    "s": {-3: "ms", 0: "s", -6: "us"},
    "V": {-3: "mV", 0: "V", -6: "uV"},
    "A": {-12: "pA", -9: "nA", -6: "uA"},
    "F": {-12: "pF", -9: "nF", -6: "uF"},
    "S": {-9: "nS", -6: "uS", -12: "pS"},
    "Hz": {0: "Hz", 3: "kHz"},
    "J": {-12: "pJ", -15: "fJ", -9: "nJ"},
}
# Exponents of metre, kilogram, second and ampere, for brian2; its other three are 0.
EXPONENTS = {"s": (0, 0, 1, 0), "V": (2, 1, -3, -1), "A": (0, 0, 0, 1), "F": (-2, -1, 4, 2), "S": (-2, -1, 3, 2),
             "Hz": (0, 0, -1, 0), "J": (2, 1, -2, 0), "": (0, 0, 0, 0)}
TAKEN = "a model takes ms, s, us, mV, V, uV, pA, nA, uA, pF, nF, uF, nS, uS, pS, Hz, kHz, pJ, fJ, nJ"
DIGITS = 15    # that brian2's numbers, kept in SI units, have kept of what was written


def model_text(model):
    """The text of a model and the name it has in messages, as (text, path).

    model: a path (str or pathlib.Path) of a file, which is read; YAML text (a str with a newline or ': '), called "<text>";
    or a dict of the same keys, called "<dict>". Files that text or a dict names are looked for from the current folder.
    Raises FileError for a file that cannot be read, UsageError for what is no model.
    """
    if isinstance(model, dict):
        return yaml().safe_dump(plain(model, ""), sort_keys=False, allow_unicode=True, width=sys.maxsize), "<dict>"
    if isinstance(model, str) and not model:
        raise UsageError("model is an empty str; give the path of a model file, YAML text or a dict")
    if isinstance(model, str) and ("\n" in model or ": " in model):
        return model, "<text>"
    if not isinstance(model, (str, os.PathLike)):
        raise UsageError(f"model is a {type(model).__name__}; give a path, YAML text (str) or a dict")
    path = os.fspath(model)
    try:
        return pathlib.Path(path).read_text(encoding="utf-8"), path
    except UnicodeDecodeError as error:
        raise FileError(f"cannot read the model file {path}: it is not UTF-8 text") from error
    except (OSError, ValueError) as error:    # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or str(error)
        raise FileError(f"cannot read the model file {path}: {why.lower()}") from error


def overrides(set):    # noqa: A002 - the name of the argument that users write
    """The `key=value` settings of a dict, in its order, each on one line as the command's --set takes them.

    {"train.epochs": 2} and {"train": {"epochs": 2}} are the same; what stands beside `epochs` stays. Lists are replaced as a
    whole; {"record": {0: {"samples": 7}}} or {"record.0.samples": 7} changes one item. None removes a key; {} empties it.
    Raises UsageError, which names the key, for values that no model holds.
    """
    if set is None:
        return []
    if not isinstance(set, dict):
        raise UsageError(f"set is a {type(set).__name__}; give a dict, for example set={{'train.epochs': 2}}")
    return [f"{key}={flow(value)}" for key, value in settings_of(set, "", ())]


def settings_of(set, before, parents):    # noqa: A002
    """(dotted key, plain value) of all that a dict sets."""
    for key, value in set.items():
        where = f"{before}.{key}" if before else str(key)
        whole = isinstance(key, (int, np.integer)) and not isinstance(key, bool) and before    # an item of a list
        if not whole and (not isinstance(key, str) or not key or "=" in key or "\n" in key):
            raise UsageError(f"set: a key is {key!r}{f' in {before}' if before else ''}; keys are names, dotted or in dicts, "
                             "as in 'train.epochs'")
        if isinstance(value, dict) and value:
            yield from settings_of(value, where, not_inside(value, where, parents))
        else:
            yield where, plain(value, f"set['{where}']", parents)


def flow(value):
    """YAML on one line."""
    text = yaml().safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=sys.maxsize)
    return text.removesuffix("\n").removesuffix("\n...")


def yaml():
    try:
        import yaml as module
    except ImportError as error:
        raise ImportError("a model given as a dict, and `set`, need PyYAML: pip install pyyaml") from error
    return module


def not_inside(value, where, parents):
    """`parents` and this one; an error where it holds itself."""
    if any(value is parent for parent in parents):
        raise UsageError(f"{where} holds itself")
    return (*parents, value)


def plain(value, where, parents=()):
    """The value as None, bool, int, float, str, list and dict; `where` is its name in messages."""
    if isinstance(value, dict):
        inside = not_inside(value, where, parents)
        return {key_of(key, where): plain(item, f"{where}.{key}" if where else str(key), inside)
                for key, item in value.items()}
    convert = converter(value)
    if convert is not None:
        return quantities(value, convert, where)
    if isinstance(value, (np.ndarray, np.generic)):
        if value.dtype.kind not in "biufU":
            raise UsageError(f"{where} is an array of {value.dtype}; a model holds numbers, booleans and text")
        return value.tolist()
    if isinstance(value, (list, tuple, range)):
        inside = not_inside(value, where, parents)
        return [plain(item, f"{where}[{k}]", inside) for k, item in enumerate(value)]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, (float, Decimal)):
        return float(value)
    if isinstance(value, str):
        return str(value)
    raise UsageError(f"{where} is a {type(value).__module__}.{type(value).__qualname__}; a model holds numbers, booleans, text "
                     "as '20 ms', lists, dicts, arrays of numpy, and quantities of pint, quantities, brian2 and astropy")


def key_of(key, where):
    if not isinstance(key, str):
        raise UsageError(f"a key{f' of {where}' if where else ''} is {key!r}, a {type(key).__name__}; "
                         "keys of a model are text")
    return str(key)


def converter(value):
    """(numbers, name of the unit, function to SI) of a quantity; None of what is none.

    The function takes an SI unit ("" for none) and gives the factor from the quantity's own unit to it, or None where they
    are of different kinds.
    """
    if hasattr(value, "magnitude") and hasattr(value, "rescale"):    # quantities
        return value.magnitude, str(value.dimensionality), lambda unit: rescaled(value, unit)
    if hasattr(value, "magnitude") and hasattr(value, "units") and hasattr(value, "to"):    # pint
        return value.magnitude, str(value.units), lambda unit: of_pint(value, unit)
    if hasattr(value, "unit") and hasattr(value, "value") and hasattr(value, "to"):    # astropy
        return value.value, str(value.unit), lambda unit: of_astropy(value.unit, unit)
    if hasattr(value, "dim") and hasattr(value, "get_best_unit"):    # brian2
        kept = np.vectorize(lambda x: float(f"{x:.{DIGITS}g}"), otypes=[float])(np.asarray(value))
        exponents = tuple(getattr(value.dim, "_dims", ()))
        return kept, repr(value.dim), lambda unit: 1.0 if exponents == EXPONENTS[unit] + (0, 0, 0) else None
    return None


def rescaled(value, unit):
    try:
        return float(value.units.rescale(unit or "dimensionless").magnitude)
    except (ValueError, LookupError):
        return None


def of_pint(value, unit):
    one = value.units * 1.0
    return float(one.to(unit).magnitude) if one.is_compatible_with(unit or "dimensionless") else None


def of_astropy(own, unit):
    try:
        return float(own.to(unit))
    except Exception as error:
        if type(error).__name__ != "UnitConversionError":
            raise
        return None


def quantities(value, found, where):
    """A quantity as text, "20 ms"; a number where it has no unit; lists of them for arrays."""
    magnitude, name, to = found
    array = np.asarray(magnitude)
    if array.dtype.kind not in "iuf":
        raise UsageError(f"{where} is a quantity of {array.dtype}; give real numbers")
    for unit, known in {**UNITS, "": {0: ""}}.items():
        factor = to(unit)
        if factor is not None:
            break
    else:
        raise UsageError(f"{where} is in {name}, a unit that models do not have; {TAKEN}")
    factor = Decimal(f"{factor:.{DIGITS}g}")
    power = factor.adjusted() if factor == Decimal(1).scaleb(factor.adjusted()) else None
    if found_by_si_numbers(value) or power not in known:
        power = next(iter(known))
        factor = factor.scaleb(-power)
    else:
        factor = Decimal(1)
    return texts(array.tolist(), factor, known[power])


def found_by_si_numbers(value):
    """brian2 keeps all numbers in SI units; 20 ms are better read than 0.02 s."""
    return hasattr(value, "get_best_unit")


def texts(number, factor, unit):
    if isinstance(number, list):
        return [texts(item, factor, unit) for item in number]
    exact = number if factor == 1 else float(Decimal(repr(number)) * factor)
    if not unit:
        return exact
    return f"{exact!r} {unit}".replace(".0 ", " ")
