"""Sparse coding by competing cells: tools/make_dictionary and the models that use what it writes."""

import json
import os
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools" / "bench"))
try:
    import sparse_coding as bench
finally:
    sys.path.remove(str(ROOT / "tools" / "bench"))

PATCHES = 6


def tool(*options):
    return subprocess.run([sys.executable, ROOT / "tools" / "make_dictionary", *map(str, options)], capture_output=True, text=True)


@pytest.fixture(scope="module")
def folder(data_folder, tmp_path_factory):
    """Models beside dictionaries of a small data set."""
    folder = tmp_path_factory.mktemp("sparse")
    for model in "lca", "lca_spiking", "sparse_code", "sparse_code_lif":
        shutil.copy(ROOT / "models" / "circuits" / f"{model}.yaml", folder)
    done = tool(data_folder, "patches", "-o", folder, "--updates", 60, "--patches", PATCHES)
    assert done.returncode == 0, done.stderr
    return folder


def test_atoms_are_of_length_1_and_learn(folder, data_folder, tmp_path):
    done = tool(data_folder, "patches", "-o", tmp_path, "--updates", 0, "--patches", PATCHES)
    assert done.returncode == 0, done.stderr
    errors = []
    for where in tmp_path, folder:
        with h5py.File(where / "lca_patches.h5") as file:
            x, atoms, price = file["patches"][:], file["dictionary"][:], file["lambda"][()]
        assert atoms.shape == (64, 64) and np.allclose(np.linalg.norm(atoms, axis=0), 1)
        code = bench.lasso(x, atoms, price, True)
        errors.append(((x - code @ atoms.T) ** 2).sum() / 2 + price * np.abs(code).sum())
    assert errors[1] < 0.9 * errors[0]


def test_coordinate_descent_ends_at_the_lasso():
    # Optimality: phi_i . (x - Phi a) is lambda sign(a_i) of an active atom, and not more of the others.
    rng = np.random.default_rng(1)
    atoms = rng.normal(size=(10, 15))
    atoms /= np.linalg.norm(atoms, axis=0)
    x = rng.normal(size=(4, 10))
    for signed in True, False:
        code = bench.lasso(x, atoms, 0.3, signed)
        slope = (x - code @ atoms.T) @ atoms
        active = code != 0
        assert active.any() and not active.all() and (signed or (code >= 0).all())
        np.testing.assert_allclose(slope[active], 0.3 * np.sign(code[active]), atol=1e-6)
        assert (slope[~active] <= 0.3).all() and (not signed or (slope[~active] >= -0.3).all())


def test_competing_cells_come_to_the_coefficients_of_the_lasso(snnsim, folder, tmp_path):
    # Atoms that are not alike, so that there is one best code.
    rng = np.random.default_rng(2)
    atoms = bench.make_dictionary.unit(rng.normal(size=(64, 64)))
    x = (rng.normal(size=(PATCHES, 64)) * (rng.random((PATCHES, 64)) < 0.1)) @ atoms.T
    price = 0.3
    bench.make_dictionary.write_patches(tmp_path, atoms, x, price)
    best = bench.lasso(x, atoms, price, True)
    assert 0.03 < (best != 0).mean() < 0.3
    codes = {}
    for model, cells in ("lca", 64 * PATCHES), ("lca_spiking", 128 * PATCHES):
        out = tmp_path / f"{model}.h5"
        shutil.copy(folder / f"{model}.yaml", tmp_path)
        snnsim(tmp_path / f"{model}.yaml", "-o", out, "--progress", "none", f"--set=populations.code.size={cells}")
        with h5py.File(out) as file:
            codes[model] = bench.code_of_patches(file, model, len(x), price)
    said = {model: bench.said_of(x, atoms, code, best) for model, code in codes.items()}
    assert said["lca"]["distance_from_lasso"] < 0.01 and said["lca_spiking"]["distance_from_lasso"] < 0.15, said
    reference = bench.snr(x, best @ atoms.T)
    assert all(s["snr_db"] > 0.95 * reference and s["kurtosis"] > 3 for s in said.values()), (reference, said)


@pytest.mark.parametrize("model, what", [("sparse_code", "v"), ("sparse_code_lif", "spikes")])
def test_the_code_of_an_image_is_that_of_the_lasso_and_only_the_readout_learns(snnsim, folder, data_folder, tmp_path, model, what):
    pieces = np.zeros((65, 28, 28), np.float32)     # 3 x 6 pixels, of which neighbours share some
    for k, piece in enumerate(pieces):
        piece[k // 5 * 2:k // 5 * 2 + 3, k % 5 * 5:k % 5 * 5 + 6] = 1
    atoms, price = bench.make_dictionary.unit(pieces.reshape(65, -1).T), 0.5
    bench.make_dictionary.write_digits(tmp_path, atoms, price)
    shutil.copy(folder / f"{model}.yaml", tmp_path)
    out = tmp_path / "run.h5"
    snnsim(tmp_path / f"{model}.yaml", "-o", out, "--progress", "none", "--data-dir", data_folder, "--set=train.epochs=10",
           f"--set=record=[{{population: code, what: {what}, samples: 8}}]", "--set=populations.code.size=65",
           f"--set=data.encode.duration={100 if what == 'v' else 400} ms", *(["--set=populations.u.size=65"] if what == "v" else []))
    with h5py.File(tmp_path / "lca_digits.h5") as made, h5py.File(out) as run:
        for name, stored in {"sparse_code": {"input_to_u": "input_to_u", "code_to_u": "code_to_u"},
                             "sparse_code_lif": {"input_to_code": "input_to_u", "code_to_code": "code_to_code"}}[model].items():
            np.testing.assert_array_equal(run[f"weights/{name}/weights"][:], made[stored][:])
        code = bench.code_of_digits(run, what, 8, 65)
        accuracy = (run["test/label"][:] == run["test/prediction"][:]).mean()
    x = bench.images(data_folder, "t10k", 8).reshape(8, -1) / 255
    best = bench.lasso(x, atoms.astype(float), price, False)
    said = bench.said_of(x, atoms, code, best)
    assert 0.05 < (best > 0).mean() < 0.7 and said["distance_from_lasso"] < (0.02 if what == "v" else 0.06) and accuracy > 0.9, (said, accuracy)


def test_a_dictionary_of_digits_has_atoms_of_length_1(data_folder, tmp_path):
    done = tool(data_folder, "digits", "-o", tmp_path, "--updates", 3, "--atoms", 12)
    assert done.returncode == 0, done.stderr
    with h5py.File(tmp_path / "lca_digits.h5") as file:
        assert file["dictionary"].shape == (784, 12) and np.allclose(np.linalg.norm(file["dictionary"][:], axis=0), 1, atol=1e-5)


@pytest.mark.parametrize("options, message", [
    (["faces"], "there is no dictionary of 'faces'; there are patches, digits"),
    (["--patch-lambda", "0"], "prices and eta are above 0"),
    (["--patches", "0"], "those of patches and atoms 1 or more"),
])
def test_mistakes_are_told(data_folder, tmp_path, options, message):
    done = tool(data_folder, "-o", tmp_path, *options)
    assert done.returncode == 1 and message in done.stderr and not list(tmp_path.iterdir())


def test_the_benchmark_writes_what_it_measures(snnsim, data_folder, tmp_path):
    out = tmp_path / "sparse.json"
    out.write_text(json.dumps({"digits": "as before"}))
    done = subprocess.run([sys.executable, ROOT / "tools" / "bench" / "sparse_coding.py", "patches", "--snnsim", os.environ["SNNSIM_BINARY"],
                           "--images", data_folder, "--tool=--updates=20", "-o", out], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr            # a dictionary that has hardly learned may fall behind
    result = json.loads(out.read_text())
    assert result["digits"] == "as before" and result["patches"]["patches"] == 100
    assert result["patches"]["lca"]["acs"] == result["patches"]["lca_spiking"]["macs"] == 0
    assert result["patches"]["lca"]["macs"] > 0 and result["patches"]["lca_spiking"]["acs"] > 0
