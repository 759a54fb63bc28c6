"""A part of the check: runs programs within its time and keeps what they showed."""

import collections
import os
import signal
import subprocess
import time

Done = collections.namedtuple("Done", "status said seconds")


class OverLimit(Exception):
    """The time of a part, or of one of its programs, is over."""


class Skipped(Exception):
    """Why there is nothing that a part could do here."""


def end_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def shown(figure):
    return f"{figure:.4g}" if isinstance(figure, float) else str(figure)


class Part:
    def __init__(self, seconds, place, card, folder, models=()):
        self.ends = time.monotonic() + seconds
        self.place, self.card, self.folder, self.models = place, card, folder, models
        self.results, self.failures, self.notes = [], [], []

    def left(self):
        return self.ends - time.monotonic()

    def chosen(self, models):
        """Those of `models` that were asked for and can run; tells of those that cannot."""
        out = []
        for model in models:
            if self.models and model not in self.models:
                continue
            if self.place.needs_data(model) and not self.place.has_data():
                self.note(f"{model} is not run: there is no MNIST here (--data-dir)")
            else:
                out.append(model)
        if not out:
            raise Skipped("none of the models asked for is one of this part's" if self.models else "no model can run")
        return out

    def result(self, what, **figures):
        self.results.append({"what": what, **figures})
        print(f"   {line_of(self.results[-1])}", flush=True)

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)
            print(f"   {text}", flush=True)

    def fail(self, text):
        self.failures.append(text)
        print(f"   FAILED: {text}", flush=True)

    def call(self, words, seconds=None, **environment):
        """Runs a program in a process group of its own, which is ended when the time is over."""
        limit = min(self.left(), seconds or self.left())
        path, start = self.folder / "said", time.monotonic()
        with open(path, "wb") as said:
            process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
                                       cwd=self.folder, env={**self.place.environment, **environment}, start_new_session=True)
            try:
                status = process.wait(max(limit, 0.0))
            except subprocess.TimeoutExpired:
                raise OverLimit(f"over its limit of {limit:.3g} s: {' '.join(str(word) for word in words)}") from None
            finally:  # also when this program is told to end
                end_group(process)
        return Done(status, path.read_text(errors="replace"), time.monotonic() - start)

    def run(self, what, words, **environment):
        """What a program said, or None, and a failure, when it failed or ptxrun had a complaint."""
        done = self.call(words, **environment)
        complaints = [line for line in done.said.splitlines() if line.startswith("ptxrun:") and "note:" not in line]
        if done.status == 0 and not complaints:
            return done
        last = complaints or done.said.strip().splitlines()[-4:]
        self.fail(f"{what}: exit status {done.status}: {' | '.join(last)}")
        return None


def line_of(result):
    figures = ", ".join(f"{name.replace('_', ' ')} {shown(value)}" for name, value in result.items() if name != "what")
    return f"{result['what']:<32} {figures}"
