"""Writes a file that appears under its name only once it is whole."""

import contextlib
import os


@contextlib.contextmanager
def whole_file(path):
    """Gives the name to write to; on an error nothing of it stays, and an older file is left as it was."""
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):    # a device, a pipe
        yield path
        return
    root, ending = os.path.splitext(target)
    part = f"{root}.{os.getpid()}.part{ending}"    # Pillow and ffmpeg tell the format from the ending
    try:
        yield part
        os.replace(part, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(part)
        if isinstance(error, OSError) and error.filename == part:
            error.filename = path
        raise
