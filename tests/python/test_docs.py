"""README.md and docs/: every YAML block is checked or run, every command and option exists, every link leads somewhere, and the
tables are those of the measured values.

What a block is stands in a comment above it: `<!-- run -->` a simulation, run in short; `<!-- train -->` a training, run on a small
data set; `<!-- study -->`; `<!-- search -->`, the text of a shipped one, which is run; `<!-- evolve -->`, the same of an evolution; `<!-- own cell -->` a model with a cell that is not built; `<!-- fragment of FILE -->`, whose keys replace
those of a shipped model, or `<!-- fragment of FILE: KEY -->`, which is the value of one. A block without a comment is a model that is
checked."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from typing import NamedTuple

import h5py
import pytest

from conftest import PATIENCE, ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
SHORT = "simulate.duration=100 ms"
TRAINING = ["train.epochs=1", "populations.hidden.size=32", "train.batch=50"]


class Block(NamedTuple):
    page: str
    line: int
    language: str
    mark: str      # the comment above it
    text: str


def blocks_of(page):
    found, lines = [], page.read_text(encoding="utf-8").split("\n")
    at = 0
    while at < len(lines):
        if lines[at].startswith("```"):
            end = next(k for k in range(at + 1, len(lines)) if lines[k] == "```")
            mark = re.fullmatch(r"<!-- (.*) -->", lines[at - 1]) if at else None
            found.append(Block(page.name, at + 1, lines[at][3:], mark[1] if mark else "", "\n".join(lines[at + 1:end]) + "\n"))
            at = end
        at += 1
    return found


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
YAML = [block for block in BLOCKS if block.language == "yaml"]


def named(blocks):
    return pytest.mark.parametrize("block", blocks, ids=[f"{b.page}:{b.line}" for b in blocks])


def say(*arguments):
    return subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE)


def settings(*pairs):
    return [part for pair in pairs for part in ("--set", pair)]


def is_simulation(text):
    return re.search(r"^simulate:", text, re.M) is not None


def sections(text):
    """(key, value) of a mapping's text."""
    parts = re.split(r"^(\w+):", text, flags=re.M)
    assert parts[0].strip() == "", f"no mapping: {parts[0]}"
    return list(zip(parts[1::2], parts[2::2]))


def check_model(block, folder, run_path=""):
    """`run_path`: of a training, whose network the model may name."""
    path = folder / "model.yaml"
    path.write_text(block.text.replace("../runs/mnist_lif.h5", str(run_path)))
    return say("check", path)


def test_there_is_something_to_check():
    kinds = [b.mark.split(" of ")[0] for b in YAML]
    assert kinds.count("run") >= 4 and kinds.count("train") >= 3 and kinds.count("fragment") >= 2 and "study" in kinds
    assert all(k in ("", "run", "train", "study", "search", "evolve", "own cell", "fragment") for k in kinds), kinds


@named(YAML)
def test_a_block_of_yaml_holds(snnsim, block, data_folder, tmp_path, run_path):
    if block.mark.startswith("fragment of "):
        host, _, key = block.mark[len("fragment of "):].partition(": ")
        pairs = [f"{key}=\n{block.text}"] if key else [f"{k}={v.strip() if chr(10) not in v.strip() else v}" for k, v in sections(block.text)]
        snnsim("check", ROOT / host, *settings(*pairs))
    elif block.mark == "study":
        run_study(block, data_folder, tmp_path)
    elif block.mark == "search":
        name = re.search(r"^name: (\w+)", block.text)[1]
        assert block.text.strip() in (ROOT / "models/searches" / f"{name}.yaml").read_text()
        said = snnsim("search", ROOT / "models/searches" / f"{name}.yaml", "-o", tmp_path / "out", "--jobs", 2)
        assert "The best again" in said.stdout
    elif block.mark == "evolve":
        name = re.search(r"^name: (\w+)", block.text)[1]
        assert block.text.strip() in (ROOT / "models/evolve" / f"{name}.yaml").read_text()
        said = snnsim("evolve", ROOT / "models/evolve" / f"{name}.yaml", "-o", tmp_path / "out")
        assert "was reached" in said.stdout
    elif block.mark == "own cell":
        done = check_model(block, tmp_path)
        assert done.returncode == 2 and done.stderr.count("model.yaml:") == 1 and "'my_lif'" in done.stderr, done.stderr
    else:
        done = check_model(block, tmp_path, run_path)
        assert done.returncode == 0, done.stderr
        if block.mark == "run":
            assert is_simulation(block.text)
            snnsim(tmp_path / "model.yaml", "-o", tmp_path / "run.h5", "--progress", "none", *settings(SHORT))
            with h5py.File(tmp_path / "run.h5", "r") as run:
                silent = [name for name, group in run["network"].items()
                          if group.attrs["spikes"] == 0 and group.attrs["model"] != "astrocyte_light"]
            assert not silent, f"no cell of {silent} fires"
        elif block.mark == "train":
            assert not is_simulation(block.text)
            snnsim(tmp_path / "model.yaml", "-o", tmp_path / "run.h5", "--progress", "none", "--data-dir", data_folder,
                   *settings(*TRAINING))
            with h5py.File(tmp_path / "run.h5", "r") as run:
                assert run.attrs["status"] == "finished" and run["test"].attrs["samples"] == 50


def test_weights_of_the_tutorial_part(snnsim, tmp_path):
    """Spread evenly at the start; at the end most are near one of both ends."""
    (block,) = [b for b in YAML if b.page == "tutorial.md" and "plasticity" in b.text]
    (tmp_path / "model.yaml").write_text(block.text)
    snnsim(tmp_path / "model.yaml", "-o", tmp_path / "run.h5", "--progress", "none")
    with h5py.File(tmp_path / "run.h5", "r") as run:
        weights = run["weights/input_to_cell/snapshots"][:] / float(re.search(r"w_max: ([\d.]+) nS", block.text)[1])
        rates = run["rates/cell/rate"][:]
    ends = ((weights < 0.2) | (weights > 0.8)).mean(axis=1)
    assert ends[0] < 0.5 and ends[-1] > 0.75 and (weights[-1] < 0.2).mean() > 0.25 and (weights[-1] > 0.8).mean() > 0.25
    (low, high), = re.findall(r"fires at (\d+) to (\d+) Hz", (ROOT / "docs" / "tutorial.md").read_text())
    assert float(low) <= rates.min() and rates.max() <= float(high)


def run_study(block, data_folder, folder):
    """The models that it names, made small; its own grid and seeds."""
    (folder / "studies").mkdir()
    text, sizes = re.subn(r"(hidden\.size: \[)(\d+), (\d+)\]", r"\g<1>8, 12]", block.text)
    assert sizes >= 2
    (folder / "studies" / "study.yaml").write_text(text)
    for name in set(re.findall(r"file: \.\./(\w+)\.yaml", text)):
        model = (ROOT / "models" / f"{name}.yaml").read_text()
        model, changed = re.subn(r"^  epochs: .*$", "  epochs: 1", model, flags=re.M)
        assert changed == 1
        (folder / f"{name}.yaml").write_text(model)
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "study", folder / "studies" / "study.yaml", "--data-dir", data_folder,
                           "--progress", "none", "-o", folder / "out"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert {"study.md", "study.csv", "study.h5"} <= {p.name for p in (folder / "out").iterdir()}


# Those of python.md are run with the package (tests/python_module/test_docs.py).
@named([b for b in BLOCKS if b.language == "python" and b.page != "python.md"])
def test_a_block_of_python_reads_a_run(snnsim, block, run_path, tmp_path):
    """`runs/NAME.h5` is the run of the page's model NAME, or that of the small data set."""
    name = re.search(r'runs/(\w+)\.h5', block.text)[1]
    mine = [b for b in YAML if b.page == block.page and f"name: {name}\n" in b.text and b.mark == "run"]
    path = run_path
    if mine:
        path = tmp_path / "run.h5"
        (tmp_path / "model.yaml").write_text(mine[0].text)
        snnsim(tmp_path / "model.yaml", "-o", path, "--progress", "none", *settings(SHORT))
    done = subprocess.run([sys.executable, "-c", block.text.replace(f"runs/{name}.h5", str(path))], capture_output=True, text=True)
    assert done.returncode == 0 and "spikes" in done.stdout, done.stderr


MAIN = """
#include <cstdio>
int main() {
    snnsim::MyLif::Params p;
    p.i_e = 20.0;
    const auto c = snnsim::MyLif::prepare(p, 0.1);
    auto s = snnsim::MyLif::rest(p, c);
    static_assert(snnsim::CellModel<snnsim::MyLif>);
    for (int n = 1; n <= 500; ++n) {
        if (snnsim::MyLif::step(c, s, {}) != 0.0f) std::printf("%d ", n);
        if (n == 100) std::fprintf(stderr, "%.9g", static_cast<double>(s.v));
    }
}
"""


def test_the_own_cell_compiles_and_fires_as_the_page_says(tmp_path):
    page = ROOT / "docs" / "own_cells.md"
    cell, test = [b.text for b in blocks_of(page) if b.language == "cpp"]
    (tmp_path / "main.cpp").write_text(cell.replace("#pragma once", "") + MAIN)
    built = subprocess.run(["c++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", f"-I{ROOT}", f"-I{ROOT}/include",
                            tmp_path / "main.cpp", "-o", tmp_path / "main"], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    ran = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True)
    spikes = [int(n) for n in ran.stdout.split()]
    # 10 ms ln(20 / 5) = 13.86 ms: found in step 139, and again each 139 steps from the reset to 0.
    assert spikes == [139, 278, 417] and abs(float(ran.stderr) - 20 * (1 - 2.718281828459045 ** -1)) < 1e-4
    assert "{139, 278, 417}" in test and "13.9 ms" in page.read_text()


def anchors(page):
    heads = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads}


@pytest.mark.parametrize("page", PAGES, ids=[p.name for p in PAGES])
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(other), f"{page.name} links to {target}"


def test_every_page_is_linked_from_the_readme():
    readme = PAGES[0].read_text(encoding="utf-8")
    assert all(f"docs/{p.name})" in readme for p in PAGES if p.parent == ROOT / "docs")
    assert len(readme.splitlines()) <= 150


def commands():
    """(page, words) of each call of snnsim in an indented line."""
    found = []
    for page in PAGES:
        for line in page.read_text(encoding="utf-8").splitlines():
            call = re.match(r"    (?:\./tools/snnsim|\./build/snnsim|snnsim) (.*)", line)
            if call:
                found.append((page.name, shlex.split(re.split(r"\s{2,}#| && | > ", call[1])[0])))
    return found


OF_THE_TOOL = {"--cuda", "--no-cuda", "--build-only", "--python"}    # tools/snnsim itself
SUBCOMMANDS = ("check", "compare", "study", "search", "evolve", "stats", "encode", "events", "devices", "reference", "import", "export", "verify",
               "run")


def test_commands_and_options_exist(snnsim):
    helps = {name: snnsim(name, "--help").stdout for name in SUBCOMMANDS}
    calls = commands()
    assert len(calls) > 15
    tool = (ROOT / "tools" / "snnsim").read_text()
    for page, words in calls:
        options = [w.split("=")[0] for w in words if w.startswith("-") and w != "-"]
        if any(o in OF_THE_TOOL for o in options):
            assert all(o in tool for o in options), (page, words)
            continue
        name = words[0] if words[0] in SUBCOMMANDS else "run"
        for option in options:
            assert re.search(rf"(^|[\s,]){re.escape(option)}\b", helps[name]), f"{page}: {name} has no option {option}"
        for word in words:
            if word.startswith("models/"):
                assert (ROOT / word).exists(), f"{page}: there is no {word}"


def test_shipped_models_that_are_named_exist():
    for page in PAGES:
        for name in re.findall(r"`(?:models/)?(\w+\.yaml)`", page.read_text(encoding="utf-8")):
            if name not in ("one_cell.yaml", "balanced.yaml", "own.yaml", "digits.yaml", "net.yaml", "circuit.yaml"):
                assert list((ROOT / "models").rglob(name)), f"{page.name} names {name}"


def test_tools_that_are_named_exist():
    for page in PAGES:
        for name in set(re.findall(r"\btools/[\w/.]*\w", page.read_text(encoding="utf-8"))):
            assert (ROOT / name).exists(), f"{page.name} names {name}"


def test_tables_are_those_of_the_measured_values():
    done = subprocess.run([sys.executable, ROOT / "tools" / "bench" / "results_tables.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = "".join(p.read_text(encoding="utf-8") for p in PAGES)
    assert text.count("<!-- results: ") == text.count("<!-- end of results -->") >= 10


def test_a_table_that_was_changed_is_told():
    sys.path.insert(0, str(ROOT / "tools" / "bench"))
    import results_tables
    page = "before\n<!-- results: mnist_stdp -->\n| 400 | 99.99 % |\n<!-- end of results -->\nafter\n"
    made = results_tables.with_tables(page, "page")
    assert made != page and "87.89 %" in made and made.startswith("before\n") and made.endswith("after\n")
    assert results_tables.with_tables(made, "page") == made
    with pytest.raises(SystemExit):
        results_tables.with_tables("<!-- results: nothing -->\n<!-- end of results -->", "page")


def packages(purpose):
    lines = (ROOT / "tools" / "packages.txt").read_text().splitlines()
    return [line.split()[0] for line in lines if line and line[0] != "#" and line.split()[1] == purpose]


def test_the_packages_of_the_page_are_those_of_the_tools():
    page = (ROOT / "docs" / "install.md").read_text()
    (told,) = re.findall(r"^    apt-get install (.*)$", page, re.M)
    assert told.split() == packages("build")


def test_the_licence_and_the_citation():
    licence = (ROOT / "LICENSE").read_text()
    assert "Apache License" in licence and "Version 2.0, January 2004" in licence and "END OF TERMS AND CONDITIONS" in licence
    citation = dict(re.findall(r"^([\w-]+): (.+)$", (ROOT / "CITATION.cff").read_text(), re.M))
    version = re.search(r"project\(snnsim VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    assert citation["version"] == version and citation["license"] == "Apache-2.0" and citation["cff-version"] == "1.2.0"


def test_pictures_find_all_their_parts_once_installed():
    """plot_run.py and plot_study.py find the package where CMake puts it: in python/, beside their folder."""
    cmake = (ROOT / "CMakeLists.txt").read_text()
    (tools,) = re.findall(r"^install\(PROGRAMS ([\w/. ]+) DESTINATION \$\{CMAKE_INSTALL_DATADIR\}/snnsim/tools\)$", cmake, re.M)
    assert "install(DIRECTORY python/snnsim DESTINATION ${CMAKE_INSTALL_DATADIR}/snnsim/python\n" in cmake
    scripts = {f"tools/{p.name}" for p in (ROOT / "tools").glob("*.py")}
    assert scripts == set(tools.split()), "a script that is not installed, or that is no script"


def test_pictures_are_drawn_from_an_installed_tree(tmp_path):
    """With nothing of the source tree but what is installed, by a link of another folder, and no compiled part."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    shutil.copytree(ROOT / "python" / "snnsim", tmp_path / "share" / "python" / "snnsim",
                    ignore=lambda folder, names: [n for n in names if "." in n and not n.endswith(".py")])
    for name in ("plot_run.py", "plot_study.py"):
        (tmp_path / "share" / "tools").mkdir(exist_ok=True)
        shutil.copy(ROOT / "tools" / name, tmp_path / "share" / "tools" / name)
        (tmp_path / name).symlink_to(tmp_path / "share" / "tools" / name)
        done = subprocess.run([sys.executable, "-I", tmp_path / name, "--help"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout.startswith("usage: "), done.stderr


def test_no_arrow_runs_back_up():
    """docs/design.md lists the rooms of src/, each of which includes those above it."""
    listed = re.findall(r"^    src/(\w+(?:, \w+)*)  ", (ROOT / "docs/design.md").read_text(), re.MULTILINE)
    place = {room: k for k, row in enumerate(listed) for room in row.split(", ")}
    rooms = {p.name for p in (ROOT / "src").iterdir() if p.is_dir()}
    assert rooms == set(place)
    for file in (ROOT / "src").glob("*/**/*.[ch]*"):
        room = file.relative_to(ROOT / "src").parts[0]
        for other in re.findall(r'#include "src/(\w+)/', file.read_text()):
            assert place[other] <= place[room], f"{file.relative_to(ROOT)} includes src/{other}"
    for folder in ("include", "kernels"):
        for file in (ROOT / folder).rglob("*.*h*"):
            assert '#include "src/' not in file.read_text(), file
