"""The exceptions of snnsim, and the places that their texts tell.

The program tells all problems of a model at once, as text; each begins with its place:

    models/a.yaml:6:36: unknown key 'taum' in hidden; did you mean 'tau_m'?
          hidden: {size: 512, model: lif, taum: 10 ms}
                                          ^
    --set train.epochs=two: epochs must be a whole number; found 'two'

`Error` reads the places, and what would work, from there.
"""

import re
from typing import NamedTuple

# `file:line:column: message`; a file's name may hold colons and blanks. Lists of numbers (.csv) have lines alone.
PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<message>.*)")
# What a message may end in that is advice; the first word tells it from what was found and from explanations.
VERBS = ("add|change|choose|draw|give|keep|leave|lower|name|put|read|record|remove|run|save|scale|see|set|start|store|use|"
         "write")
ADVICE = re.compile(rf"(?:; |: )((?:{VERBS}) .*)$")
MORE = re.compile(r"(?:.*: )?and \d+ more problems$")    # the program tells 50 of them


class Problem(NamedTuple):
    """One mistake in a model."""
    file: "str | None"          # as the program names it; None where a setting is wrong, or no place is told
    line: "int | None"          # from 1
    column: "int | None"        # from 1, in characters
    message: str                # of one line, without the place
    suggestion: "str | None"    # the word that was meant ('tau_m'), or what to do ("write '20 ms'")
    setting: "str | None" = None    # the key=value that is wrong, where it was given with `set`


def suggestion_of(message):
    """What would work: the word of "did you mean 'x'?"; else the advice at the end of the message, which begins with a
    verb after a semicolon or colon ("...; add validation: 0.1"), or what stands after "for example"; else None."""
    meant = re.search(r"did you mean '([^']*)'\?", message)
    if meant:
        return meant[1]
    advice = ADVICE.search(message) or re.search(r", for example '([^']*)'", message)
    return advice[1] if advice else None


def end_of_setting(text):
    """Where the value of a `key=value: message` ends: its own ': ' stand in brackets or quotes. None if it does not end."""
    closed_by, quote = [], ""
    for k, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"" and text[k - 1] in "=[{, :":
            quote = character
        elif character in "[{":
            closed_by.append({"[": "]", "{": "}"}[character])
        elif closed_by and character == closed_by[-1]:
            closed_by.pop()
        elif not closed_by and text.startswith(": ", k):
            return k
    return None


def problem_of(line, path, settings):
    """What one line tells, and None where it tells no place."""
    if line.startswith("--set "):
        told = line[len("--set "):]
        known = next((s for s in sorted(settings, key=len, reverse=True) if told.startswith(f"{s}: ")), None)
        end = len(known) if known is not None else end_of_setting(told)
        if end is None:    # a long one is told shortened, perhaps without its closing bracket
            end = max(told.find(": "), 0)
        message = told[end + 2:]
        return Problem(None, None, None, message, suggestion_of(message), told[:end])
    if path is not None and line.startswith(f"{path}: "):
        message = line[len(path) + 2:]
        return Problem(path, None, None, message, suggestion_of(message))
    place = None
    if path is not None and line.startswith(f"{path}:"):    # this name, whatever colons it holds
        place = re.fullmatch(rf"(?P<file>{re.escape(path)}):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<message>.*)", line)
    place = place or PLACE.fullmatch(line)
    if place is None:
        return None
    column = int(place["column"]) if place["column"] else None
    return Problem(place["file"], int(place["line"]), column, place["message"], suggestion_of(place["message"]))


def problems_of(text, path=None, settings=()):
    """The problems that a text of the program tells, in its order.

    path: the name of the model's file, if known; without it the first `:number:number: ` ends a file's name.
    settings: the `key=value` that were given; without them a value ends at the first ': ' outside brackets and quotes.
    """
    found = []
    for line in text.split("\n"):
        if line.startswith("    ") or not line or MORE.match(line):    # the source line, and the caret below it
            continue
        found.append(problem_of(line, path, settings) or Problem(None, None, None, line, suggestion_of(line)))
    return found


class Error(Exception):
    """Something that snnsim tells its user. str(error) is the whole text, as the command prints it.

    problems    all that is wrong (list of Problem); of a ModelError often several
    file, line, column, suggestion    those of the first problem; None where there is none to tell
    """

    def __init__(self, message="", *, path=None, settings=()):
        """path, settings: the model's file and the `key=value` that were set; names with colons are read right with them."""
        super().__init__(message)
        self.problems = problems_of(str(message), path, settings)
        first = self.problems[0] if self.problems else Problem(None, None, None, "", None)
        self.file, self.line, self.column, self.suggestion = first.file, first.line, first.column, first.suggestion


class ModelError(Error, ValueError):
    """The model is wrong; `problems` has every mistake with its place."""


class DataError(Error, ValueError):
    """A data set or an array is missing, damaged or does not fit the model."""


class UsageError(Error, ValueError):
    """An argument is wrong, or a setting (`set`) names what there is not."""


class FileError(Error, OSError):
    """A file cannot be read or written. `filename`, `errno` and `strerror` are None: the message says all."""


class DeviceError(Error, RuntimeError):
    """The device asked for is missing, too small or failed."""


class NumericalError(Error, ArithmeticError):
    """A simulation or training whose numbers make no sense any more; up to `step` (int, or None) they are sound."""

    def __init__(self, message="", step=None, *, path=None, settings=()):
        super().__init__(message, path=path, settings=settings)
        self.step = step


class InternalError(Error):
    """A mistake of snnsim, not of its user; please report it."""


class ClosedError(Error, ValueError):
    """A run or simulation was used after it was closed."""


class BusyError(Error, RuntimeError):
    """A simulation is used by another thread."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C ended a run. `run` has what was computed up to there (a Run), or is None where nothing was written."""

    def __init__(self, message=None, run=None):
        if message is None and run is None:
            message = "interrupted before anything was written; the same call starts anew"
        elif message is None:
            message = f"interrupted; snnsim.resume(error.run) goes on with {run.path}"
        super().__init__(message)
        self.run = run


class RunWarning(UserWarning):
    """What the summary of a run warns of: populations that stayed silent, weights at a bound."""
