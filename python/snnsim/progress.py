"""What is shown while a run goes on: a bar of tqdm, or what a function of the user makes of it."""

import contextlib
import sys

from snnsim.errors import UsageError


def wanted(progress):
    """Whether to show a bar, or the function to call. None: a bar in a notebook or a terminal."""
    if progress is None:
        return "ipykernel" in sys.modules or sys.stderr.isatty()
    if isinstance(progress, bool) or callable(progress):
        return progress
    raise UsageError(f"progress is a {type(progress).__name__}; give True (a bar), False, or a function of (share, text)")


@contextlib.contextmanager
def shown(progress, title):
    """Gives the function that the program calls with (share of the run from 0 to 1, what is under way), or None."""
    what = wanted(progress)
    if what is False:
        yield None
    elif what is not True:
        yield what
    else:
        with bar(title) as update:
            yield update


@contextlib.contextmanager
def bar(title):
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("a bar of progress needs tqdm: pip install tqdm (or progress=False)") from error
    shape = "{desc} {percentage:3.0f}% |{bar}| {elapsed} < {remaining} {postfix}"
    with tqdm(total=1.0, desc=title, bar_format=shape, leave=True) as shown_bar:
        def update(share, text):
            shown_bar.set_postfix_str(text, refresh=False)
            shown_bar.update(max(0.0, share - shown_bar.n))
            shown_bar.refresh()

        yield update
