"""tools/gpu_bundle, with small programs in the place of snnsim and its tests: what it puts together, and what it refuses."""

import gzip
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT, write_bars

CODE = """#include <stdio.h>
#include <zlib.h>
/* Headers of machine code as nvcc embeds it, and PTX. */
const unsigned char real[2][64] = {%s};
const char ptx[] = "\\n.version 9.0\\n.target sm_%d\\n";
int main(int n, char** words) {
    printf("cuda  not available: %%s, zlib %%s, %%d %%d\\n", "there is none", zlibVersion(), real[n > 9][0], ptx[n > 9]);
}
"""


def header(real):
    return "{0x7f, 'E', 'L', 'F', [8] = 8, [18] = 190, [49] = %d}" % real


@pytest.fixture
def build(tmp_path):
    """A build folder; call it with what the code is for, and options of the linker."""
    if not shutil.which("cc"):
        pytest.skip("there is no C compiler")

    def make(real=(80, 90), ptx=90, options=("-Wl,-rpath,$ORIGIN/lib,--disable-new-dtags",)):
        folder = tmp_path / "build"
        (folder / "tests").mkdir(parents=True)
        (folder / "CMakeCache.txt").write_text(f"CMAKE_CUDA_COMPILER:FILEPATH={tmp_path}/cuda/bin/nvcc\n")
        (tmp_path / "code.c").write_text(CODE % (", ".join(header(r) for r in real), ptx))
        for program in (folder / "snnsim", folder / "tests" / "snnsim_device_tests"):
            subprocess.run(["cc", tmp_path / "code.c", "-o", program, *options, "-lz"], check=True)
        return folder

    return make


def bundle(tmp_path, build, *words):
    """What it said, and the folder."""
    output = tmp_path / "bundle"
    done = subprocess.run([ROOT / "tools" / "gpu_bundle", "--build", build, "--output", output, *words], capture_output=True, text=True,
                          env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert (done.returncode == 0) == output.exists(), done.stdout + done.stderr
    return done.stdout + done.stderr, output


def test_a_bundle_has_all_and_needs_nothing(tmp_path, build):
    mnist = tmp_path / "cache" / "snnsim" / "mnist"
    mnist.mkdir(parents=True)
    write_bars(mnist, "train", 20, 1)
    write_bars(mnist, "t10k", 10, 2)
    said, output = bundle(tmp_path, build())
    names = {str(path.relative_to(output)) for path in output.rglob("*") if path.is_file()}
    assert {"snnsim", "snnsim_device_tests", "gpu_check", "LICENSE", "lib/libz.so.1", "models/cuba.yaml"} <= names
    assert {f"gpu_parts/{path.name}" for path in (ROOT / "tools" / "gpu_parts").glob("*.py")} <= names
    assert [name for name in names if name.startswith("lib/")] == ["lib/libz.so.1"]
    for path in mnist.iterdir():
        assert gzip.decompress((output / "mnist" / f"{path.name}.gz").read_bytes()) == path.read_bytes()
    assert "snnsim: machine code for sm_80, sm_90; PTX for sm_90" in said
    assert re.search(r"needs a processor of x86-64-v3 and glibc 2\.\d+", said)
    # It checks from wherever it lies.
    shutil.move(output, tmp_path / "moved")
    done = subprocess.run([tmp_path / "moved" / "gpu_check"], capture_output=True, text=True, cwd="/")
    assert done.returncode == 3 and "there is none, zlib" in done.stderr


def test_without_mnist(tmp_path, build):
    said, output = bundle(tmp_path, build())
    assert "MNIST is not in" in said and not (output / "mnist").exists()


def test_one_that_is_too_large(tmp_path, build):
    said, _ = bundle(tmp_path, build(), "--most", "0.1")
    assert "is larger than 0.1 MB" in said and re.search(r"\d\.\d\d MB  all", said)


def test_one_that_would_not_run_elsewhere(tmp_path, build):
    said, _ = bundle(tmp_path, build(options=()))
    assert "does not take libz.so.1 from the bundle" in said


@pytest.mark.parametrize("real, ptx", [((90, 90), 90), ((80, 90), 80)])
def test_one_without_code_for_a_card(tmp_path, build, real, ptx):
    said, _ = bundle(tmp_path, build(real, ptx))
    assert "lacks code" in said


def test_a_folder_that_is_there_is_kept(tmp_path, build):
    folder = tmp_path / "bundle"
    folder.mkdir()
    done = subprocess.run([ROOT / "tools" / "gpu_bundle", "--build", build(), "--output", folder], capture_output=True, text=True)
    assert done.returncode == 1 and "is there already" in done.stderr and not list(folder.iterdir())
