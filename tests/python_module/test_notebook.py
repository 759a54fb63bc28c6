"""docs/first_steps.ipynb: it runs from beginning to end, and is stored without what it printed."""

import json
import pathlib
import sys

import pytest

NOTEBOOK = pathlib.Path(__file__).resolve().parents[2] / "docs" / "first_steps.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = [cell for cell in CELLS if cell["cell_type"] == "code"]


def test_it_is_stored_without_outputs_and_paths():
    assert len(CODE) > 15
    for cell in CODE:
        assert cell["outputs"] == [] and cell["execution_count"] is None, "".join(cell["source"])
        assert cell["metadata"] == {}
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert not any(place in text for place in ("/home/", "/tmp/", "/root/", "/Users/"))


def test_each_cell_of_code_follows_a_text():
    for before, cell in zip(CELLS, CELLS[1:]):
        if cell["cell_type"] == "code":
            assert before["cell_type"] == "markdown" and not before["source"][0].startswith("#"), "".join(cell["source"])


def test_links_lead_somewhere():
    import re
    found = [target for cell in CELLS if cell["cell_type"] == "markdown"
             for target in re.findall(r"\]\(([^)#\s]+)", "".join(cell["source"]))]
    assert found
    for target in found:
        assert target.startswith("https://") or (NOTEBOOK.parent / target).exists(), target


@pytest.fixture
def kernels(tmp_path, monkeypatch):
    """A kernel 'python3' that is this interpreter, whatever kernels its user has."""
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    pytest.importorskip("nbclient", reason="nbclient is not installed")
    from jupyter_client.kernelspec import KernelSpecManager
    of_this = tmp_path / "python3"
    of_this.mkdir()
    (of_this / "kernel.json").write_text(json.dumps({
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3", "language": "python"}))
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return KernelSpecManager(kernel_dirs=[str(tmp_path)], ensure_native_kernel=False)


@pytest.mark.parametrize("folder", [NOTEBOOK.parent, NOTEBOOK.parents[1]], ids=["docs", "root"])
def test_it_runs(kernels, folder):
    import nbformat
    from jupyter_client import AsyncKernelManager
    from nbclient import NotebookClient
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    pytest.importorskip("pandas", reason="pandas is not installed")
    before = set(folder.iterdir())
    book = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(book)
    manager = AsyncKernelManager(kernel_spec_manager=kernels, kernel_name="python3")
    NotebookClient(book, km=manager, timeout=600, startup_timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    assert set(folder.iterdir()) == before, "it left files behind"
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 3
