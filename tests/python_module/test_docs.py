"""docs/python.md: its blocks of Python run, one after the other, and it names what the package has."""

import inspect
import pathlib
import re
import subprocess
import sys

import pytest
import snnsim

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "python.md"


def code_of(page):
    """The blocks of Python as one script, each on the lines that it has on the page."""
    lines, inside, out = page.read_text(encoding="utf-8").split("\n"), False, []
    for line in lines:
        if line.startswith("```"):
            inside = line == "```python"
            out.append("")
        else:
            out.append(line if inside else "")
    return "\n".join(out) + "\n"


def test_the_blocks_run(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    pytest.importorskip("pandas", reason="pandas is not installed")
    code = code_of(PAGE)
    assert code.count("import snnsim") == 1 and len(code.split()) > 300
    script = tmp_path / "python.md.py"
    script.write_text(code, encoding="utf-8")
    # Its own warnings are those of a page that should have none.
    done = subprocess.run([sys.executable, "-W", "error::UserWarning", script], cwd=tmp_path, capture_output=True, text=True,
                          timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    for name in ("runs/short.h5", "raster.png", "w.npz", "here.h5"):
        assert (tmp_path / name).is_file(), name
    lines = done.stdout.splitlines()
    assert "6 39 i_e" in lines, "the place of the error"


def test_every_exception_is_told():
    page = PAGE.read_text(encoding="utf-8")
    for name in snnsim.__all__:
        kind = getattr(snnsim, name)
        if isinstance(kind, type) and issubclass(kind, BaseException) and kind not in (snnsim.Error, snnsim.RunWarning):
            (row,) = re.findall(rf"^\| `{name}` \| (.*?) \|", page, re.M)
            told = row.strip("` -")
            bases = [base.__name__ for base in kind.__bases__ if base is not snnsim.Error]
            assert bases == ([told] if told else []), name


def test_every_name_is_told():
    page = PAGE.read_text(encoding="utf-8")
    for name in snnsim.__all__:
        if name not in ("Problem", "Evaluation"):    # what others return
            assert re.search(rf"\b{name}\b", page), f"docs/python.md does not tell of {name}"


@pytest.mark.parametrize("kind, section", [
    ("Run", "What a run holds"), ("Simulation", "Simulations that are held")])
def test_every_member_is_told(kind, section):
    text = PAGE.read_text(encoding="utf-8").split(f"## {section}\n")[1].split("\n## ")[0]
    members = [name for name, _ in inspect.getmembers(getattr(snnsim, kind)) if not name.startswith("_")]
    left_out = {"Run": {"path", "closed", "temporary", "keep_folder"}, "Simulation": set()}[kind]
    assert len(members) > 10
    for name in set(members) - left_out:
        assert re.search(rf"`{name}\b", text) or re.search(rf"\b{name}\(", text), f"'{section}' does not tell of {kind}.{name}"


def test_the_arguments_of_run_are_told():
    text = PAGE.read_text(encoding="utf-8").split("| argument of `run` |")[1].split("\n\n")[0]
    told = re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in text.split("\n")[2:]))
    assert sorted(told) == sorted(inspect.signature(snnsim.run).parameters)
