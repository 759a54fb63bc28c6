"""The exceptions: their kinds, and the places and suggestions that are read from the program's own messages."""

import os
import pickle
import subprocess

import pytest

import snnsim
from snnsim.errors import problems_of, suggestion_of

BAD = """name: bad
seed: 1
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, duration: 25 ms}}
populations:
  input:  {size: 784, model: spike_source}
  hidden: {size: 512, model: lif, taum: 10 ms, v_th: 3 ms}
  output: {size: 10, model: leaky_readout, tau_m: 20}
projections:
  - {from: input, to: hidn, connect: all_to_all, weight: fan_in_uniform, bias: true}
train: {epochs: two}
test: {}
"""


@pytest.fixture
def said():
    """What the program says of a model."""
    binary = os.environ.get("SNNSIM_BINARY")
    if not binary:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")

    def check(path, *settings):
        arguments = [part for setting in settings for part in ("--set", setting)]
        done = subprocess.run([binary, "check", str(path), *arguments], capture_output=True, text=True)
        assert done.returncode != 0
        assert done.stderr.startswith("snnsim: error: ")
        return done.stderr.removeprefix("snnsim: error: ").removesuffix("\n")

    return check


@pytest.mark.parametrize("name", ["bad.yaml", "a 2:3.yaml", "a:7:8: b.yaml", "--set a=b.yaml"])
@pytest.mark.parametrize("told", [True, False])
def test_places_and_suggestions_of_the_programs_messages(said, tmp_path, name, told):
    if ": " in name and not told:
        pytest.skip("such a name is read right only where it is known")
    path = tmp_path / name
    path.write_text(BAD)
    error = snnsim.ModelError(said(path), path=str(path) if told else None)
    assert [(p.line, p.column) for p in error.problems] == [(7, 35), (7, 54), (8, 51), (10, 23), (11, 17)]
    assert all(p.file == str(path) for p in error.problems)
    assert [p.suggestion for p in error.problems] == ["tau_m", "0.5", "write '20 ms'", "hidden", None]
    assert error.problems[4].message == "epochs must be a whole number; found 'two'"
    assert (error.file, error.line, error.column, error.suggestion) == (str(path), 7, 35, "tau_m")
    assert BAD.split("\n")[6].strip() in str(error) and str(error).count("^") == 5


def test_settings(said, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(BAD.replace("taum", "tau_m").replace("v_th: 3 ms", "v_th: 3").replace("tau_m: 20}", "tau_m: 20 ms}")
                    .replace("hidn", "hidden").replace("two", "2"))
    settings = ["train.epochs=two", "data.encode={scheme: poison, duration: 3 ms}", "populations.hidden.taum=3 ms"]
    text = said(path, *settings)
    for known in (settings, ()):
        problems = problems_of(text, str(path), known)
        found = {p.setting: p for p in problems if p.setting}
        assert set(found) == set(settings)
        assert found[settings[1]].suggestion == "poisson" and found[settings[2]].suggestion == "tau_m"
        assert found[settings[0]].message == "epochs must be a whole number; found 'two'"
        assert all((p.file, p.line, p.column) == (None, None, None) for p in found.values())


def test_what_has_no_place(said, tmp_path):
    error = snnsim.FileError(said(tmp_path / "none.yaml"))
    assert error.line is None and error.file is None and "no such file" in str(error)
    assert [p.message for p in error.problems] == [str(error)]
    assert snnsim.Error("").problems == []
    (problem,) = problems_of("a.yaml: a model file is empty; add populations", "a.yaml")
    assert problem[:3] == ("a.yaml", None, None) and problem.suggestion == "add populations"
    problem, = problems_of("edges.csv:12: an empty line between rows")
    assert problem[:3] == ("edges.csv", 12, None)


def test_more_problems_than_are_told():
    text = "a.yaml:1:2: wrong\n    x\n     ^\na.yaml: and 3 more problems"
    assert [p.message for p in problems_of(text, "a.yaml")] == ["wrong"]


@pytest.mark.parametrize("message, suggestion", [
    ("unknown key 'taum' in hidden; did you mean 'tau_m'? (known: size)", "tau_m"),
    ("duration needs a unit: write '3 ms'", "write '3 ms'"),
    ("a bias is no current of 'E' (x); give it an `i_e`", "give it an `i_e`"),
    ("needs validation samples; add validation: 0.1", "add validation: 0.1"),
    ("a phase that presents samples ends with the last; leave duration out", "leave duration out"),
    ("epochs must be a whole number; found 'two'", None),
    ("unknown unit 'smm' in '3 smm' (duration takes ms, s, us)", None),
    ("'3 ms' is a time, but v_th is a number without a unit, for example '0.5'", "0.5"),
])
def test_suggestions(message, suggestion):
    assert suggestion_of(message) == suggestion


@pytest.mark.parametrize("kind, also", [
    ("ModelError", ValueError), ("DataError", ValueError), ("UsageError", ValueError), ("FileError", OSError),
    ("DeviceError", RuntimeError), ("NumericalError", ArithmeticError), ("InternalError", Exception),
    ("ClosedError", ValueError), ("BusyError", RuntimeError)])
def test_kinds(kind, also):
    error = getattr(snnsim, kind)("a.yaml:1:2: wrong; use another")
    assert isinstance(error, snnsim.Error) and isinstance(error, also)
    assert str(error) == "a.yaml:1:2: wrong; use another" and error.args == (str(error),)
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), back.line, back.suggestion) == (type(error), str(error), 1, "use another")


def test_steps_and_interruptions():
    assert snnsim.NumericalError("v is no number", 17).step == 17
    assert not isinstance(snnsim.Interrupted(), Exception)    # `except Exception` must not swallow Ctrl-C
    assert isinstance(snnsim.Interrupted(), KeyboardInterrupt) and snnsim.Interrupted().run is None

    class Stopped:
        path = "runs/x.h5"

    error = snnsim.Interrupted(run=Stopped)
    assert error.run is Stopped and "snnsim.resume(error.run) goes on with runs/x.h5" in str(error)
    assert str(snnsim.Interrupted("stopped")) == "stopped"
    assert issubclass(snnsim.RunWarning, UserWarning)
