"""tools/plot_run.py: pictures of a run, and clear errors for what is none."""

import re
import subprocess
import sys

import h5py
import pytest

from conftest import PATIENCE, ROOT

PNG = b"\x89PNG\r\n\x1a\n"


def plot(*arguments):
    return subprocess.run([sys.executable, str(ROOT / "tools" / "plot_run.py"), *map(str, arguments)],
                          capture_output=True, text=True, timeout=PATIENCE)


@pytest.fixture(scope="module", autouse=True)
def needs_matplotlib():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")


@pytest.mark.parametrize("tool", ["plot_run.py", "plot_study.py", "make_delays", "make_patterns", "make_questions", "make_regression",
                                  "saccades"])
def test_a_missing_package_is_told_in_a_line(tool):
    """Without what is installed beside Python itself."""
    done = subprocess.run([sys.executable, "-S", "-E", ROOT / "tools" / tool, "x"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"{tool}: error: No module named ") and "apt install python3-" in done.stderr


def test_one_png_with_all(run_path, tmp_path):
    picture = tmp_path / "run.png"
    done = plot(run_path, "-o", picture, "--dpi", 40)
    assert (done.returncode, done.stdout) == (0, f"{picture}\n"), done.stderr
    assert picture.read_bytes().startswith(PNG)


def test_a_folder_with_one_png_each(run_path, tmp_path):
    done = plot(run_path, "-o", f"{tmp_path}/pictures/", "--dpi", 40)
    assert done.returncode == 0, done.stderr
    pictures = sorted((tmp_path / "pictures").iterdir())
    assert [p.name for p in pictures] == ["confusion.png", "raster.png", "rates.png", "states.png", "training.png",
                                          "weights.png"]
    assert all(p.read_bytes().startswith(PNG) for p in pictures)


def test_a_page_that_needs_no_other_file(run_path, run, tmp_path):
    page = tmp_path / "run.html"
    done = plot(run_path, "-o", page, "--dpi", 40)
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    sources = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert len(sources) == 6 and all(s.startswith("data:image/png;base64,") for s in sources)
    assert run.attrs["model_sha256"] in text and "<td>0.5 ms</td>" in text


def test_encoded_samples_are_drawn_without_a_network(snnsim, data_folder, tmp_path):
    path = tmp_path / "spikes.h5"
    snnsim("encode", "--data-dir", data_folder, "--samples", "3", "-o", path)
    done = plot(path, "--dpi", 40)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "spikes.png").read_bytes().startswith(PNG)


def test_a_simulation_has_pictures_of_its_own(simulation_path, tmp_path):
    done = plot(simulation_path, "-o", f"{tmp_path}/pictures/", "--from", "500 ms", "--to", "0.7 s", "--dpi", 40)
    assert done.returncode == 0, done.stderr
    pictures = sorted((tmp_path / "pictures").iterdir())
    assert [p.name for p in pictures] == ["distributions.png", "raster.png", "rates.png", "states.png"]
    assert all(p.read_bytes().startswith(PNG) for p in pictures)


def test_the_page_of_a_simulation_tells_its_rates(simulation_path, simulation, tmp_path):
    page = tmp_path / "run.html"
    done = plot(simulation_path, "-o", page, "--dpi", 40)
    assert done.returncode == 0, done.stderr
    assert f"{len(simulation['spikes/E/node_ids'])} spikes of 1000 cells" in page.read_text()
    assert "simulate, energy of package" in page.read_text()


@pytest.mark.parametrize("arguments, message", [
    (["--to", "2 s"], "has 0 to 1500 ms; 0 to 2000 ms is no part of it"),
    (["--from", "1 s", "--to", "1 s"], "1000 to 1000 ms is no part of it"),
])
def test_time_that_a_simulation_does_not_have_is_an_error(simulation_path, arguments, message):
    done = plot(simulation_path, *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("plot_run.py: error: ") and message in done.stderr


def test_times_need_a_unit(simulation_path):
    done = plot(simulation_path, "--from", "200")
    assert done.returncode == 2
    assert "--from" in done.stderr


def test_a_training_has_no_window(run_path):
    done = plot(run_path, "--from", "1 ms")
    assert done.returncode == 1
    assert "is no simulation" in done.stderr


def make_text(path):
    path.write_text("no HDF5")


def make_foreign(path):
    h5py.File(path, "w").close()


def make_incomplete(path):
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "snnsim run"


@pytest.mark.parametrize("make, message", [
    (lambda path: None, "there is no file"),
    (make_text, "cannot be opened as an HDF5 file"),
    (make_foreign, "not a run file of snnsim"),
    (make_incomplete, "is incomplete"),
])
def test_what_is_no_run_file_is_an_error_that_names_it(make, message, tmp_path):
    path = tmp_path / "x.h5"
    make(path)
    done = plot(path)
    assert done.returncode == 1
    assert done.stderr.startswith("plot_run.py: error: ") and str(path) in done.stderr and message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_kind_of_output_is_a_usage_error(tmp_path):
    done = plot("x.h5", "-o", "x.docx")
    assert done.returncode == 2
    assert "name a .png, .svg, .pdf, .html, .gif, .mp4 or a folder" in done.stderr


def test_help_has_an_example():
    done = plot("--help")
    assert done.returncode == 0
    assert "tools/plot_run.py runs/mnist_lif.h5" in done.stdout
