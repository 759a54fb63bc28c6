"""What a network or simulation that is held has in common: it is the program's until it is closed."""

from snnsim.errors import ClosedError


class Held:
    """`_core` is the program's part, None once it is closed; `_kind` its name in messages."""

    _core = None
    _kind = "thing"

    def _held(self, what=None):
        """The program's part. Raises ClosedError, which names what was asked for."""
        if self._core is None:
            raise ClosedError(f"this {self._kind} is closed" + (f"; {what} can no longer be used" if what else ""))
        return self._core

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
