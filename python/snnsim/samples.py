"""Samples of the caller, made ready to be read where they lie: what each argument may be, and what is wrong with it."""

import numpy as np

from snnsim.errors import UsageError

FIELDS = ("t", "unit", "x", "y", "p")


def arrays_of(arguments, places=False, called=None):
    """The arrays of arguments (name to value; None: not given) by the names that the program reads them by.

    `x`, `x_test` and `x_valid` may be arrays, lists of events, or, of networks with several inputs, dicts of these by the
    names of arrays in the model's data.inputs; `y...` arrays, or dicts of them. `places`: events of a sensor come with them,
    whose y is a place. `called`: the arguments' names in messages. Raises UsageError, which names the argument.
    """
    found = {}
    places = places or any(has_places(value) for argument, value in arguments.items() if argument.startswith("x"))
    for argument, value in arguments.items():
        if value is None:
            continue
        key, _, of = argument.partition("_")
        shown = (called or {}).get(argument, argument)
        ending = f"_{of}" if of in ("test", "valid") else ""
        if isinstance(value, dict) and not (key == "x" and is_event(value)):
            for name, one in value.items():
                put(found, f"{shown}['{name}']", name, ending, one, events=key == "x")
        else:
            name = key if ending else argument
            # y is then the place of an event.
            put(found, shown, "labels" if name == "y" and places else name, ending, value, events=key == "x")
    return found


def has_places(value):
    """Events of a sensor, with x and y."""
    return isinstance(value, (list, tuple)) and len(value) > 0 and is_event(value[0]) and "unit" not in fields_of(value[0])


def put(found, argument, name, ending, value, events):
    if events and isinstance(value, (list, tuple)) and len(value) > 0 and all(is_event(one) for one in value):
        prefix = "" if name == "x" else f"{name}_"
        for key, array in flat_events(value, argument).items():
            found[f"{prefix}{key}{ending}"] = checked(array, argument, may_be_empty=True)
    elif events and is_event(value):
        raise UsageError(f"{argument} holds the events of one sample; give a list with those of each sample")
    else:
        found[f"{name}{ending}"] = checked(as_array(value, argument), argument)


def is_event(value):
    """Events of one sample: a dict or structured array with t and unit, or t, x, y and perhaps p."""
    if isinstance(value, dict):
        return "t" in value
    return isinstance(value, np.ndarray) and value.dtype.names is not None and "t" in value.dtype.names


def flat_events(samples, argument):
    """The events of all samples one after the other, and where each sample begins (offsets)."""
    names = fields_of(samples[0])
    if "unit" not in names and not {"x", "y"} <= set(names):
        raise UsageError(f"{argument}[0] has {', '.join(names)}; events have t and unit, or t, x, y and perhaps p")
    offsets = np.zeros(len(samples) + 1, dtype=np.uint64)
    parts = {name: [] for name in names}
    for k, sample in enumerate(samples):
        if fields_of(sample) != names:
            raise UsageError(f"{argument}[{k}] has {', '.join(fields_of(sample))}, but {argument}[0] {', '.join(names)}")
        lengths = set()
        for name in names:
            part = as_array(sample[name], f"{argument}[{k}]['{name}']")
            if part.ndim != 1:
                raise UsageError(f"{argument}[{k}]['{name}'] has the shape {part.shape}; give one number for each event")
            lengths.add(len(part))
            parts[name].append(part)
        if len(lengths) != 1:
            raise UsageError(f"{argument}[{k}] has parts of {' and '.join(map(str, sorted(lengths)))} events")
        offsets[k + 1] = offsets[k] + np.uint64(lengths.pop())
    flat = {name: np.concatenate(part) for name, part in parts.items()}
    return {"offsets": offsets, **flat}


def fields_of(sample):
    names = sample.keys() if isinstance(sample, dict) else sample.dtype.names
    return [name for name in FIELDS if name in names]


def as_array(value, argument):
    """An array of numpy, without a copy where `value` has one."""
    device = getattr(value, "device", None)
    if getattr(value, "is_cuda", False) or hasattr(value, "__cuda_array_interface__"):
        raise UsageError(f"{argument} is on {device or 'a GPU'}; give an array in the host's memory, as {argument}.cpu()")
    if isinstance(value, np.ma.MaskedArray):
        raise UsageError(f"{argument} is a masked array, whose mask would be lost; give {argument}.filled(...)")
    try:
        return np.asarray(value)
    except Exception as error:
        raise UsageError(f"{argument} is a {type(value).__name__} that is no array: {error}") from error


def checked(array, argument, may_be_empty=False):
    """(kind, size of a number, shape, buffer), as the program takes it."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind not in "biuf" or size > 8:
        raise UsageError(f"{argument} is an array of {array.dtype}; give booleans, whole numbers, or real numbers of at most "
                         "64 bits")
    if array.ndim == 0:
        raise UsageError(f"{argument} is a single number; give an array with one row for each sample")
    if not array.dtype.isnative:
        raise UsageError(f"{argument} is in the byte order of another machine ({array.dtype.str}); give "
                         f"{argument}.astype({array.dtype.newbyteorder('=').str[1:]!r})")
    if not array.flags.c_contiguous:
        raise UsageError(f"{argument} is a view that does not lie in one piece (strides {array.strides}); give "
                         f"numpy.ascontiguousarray({argument})")
    if array.size == 0 and not may_be_empty:
        raise UsageError(f"{argument} is empty: its shape is {array.shape}")
    # memoryview cannot cast what has no format of its own (float16), and bytes are all that is read.
    return kind, size, list(array.shape), array.view(np.uint8).data if array.ndim else None


def count_of(arrays, ending=""):
    """Samples of a set."""
    for name, (_, _, shape, _) in arrays.items():
        if name == f"offsets{ending}" or name.endswith(f"_offsets{ending}"):
            return shape[0] - 1
    return next(shape[0] for name, (_, _, shape, _) in arrays.items() if name.endswith(ending))
