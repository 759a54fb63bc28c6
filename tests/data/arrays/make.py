#!/usr/bin/env python3
"""Makes the arrays of this folder as NumPy and SciPy write them (made with NumPy 2.4 and SciPy 1.17; in the tests nobody needs SciPy)."""

import pathlib

import numpy as np
import scipy.sparse

FOLDER = pathlib.Path(__file__).parent

np.savez_compressed(FOLDER / "numpy.npz", f4=np.arange(6, dtype="<f4").reshape(2, 3) / 2, fortran=np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)),
                    big=np.array([1, -2, 70000], dtype=">i4"), big_real=np.array([[1.5, -2.25]], dtype=">f8"),
                    half=np.array([1.5, -0.1, 65504, 6e-8, np.inf, np.nan], dtype="<f2"), truth=np.array([True, False, True]),
                    names=np.array(["eins", "zwölf", "\u732b"]), bytes=np.array(b"csr"), one=np.array(3.5), none=np.zeros((0, 4), dtype="<f4"))

# [4, 6], with a pair stored twice in the list of pairs.
dense = np.zeros((4, 6), dtype=np.float32)
dense[0, 1], dense[0, 5], dense[2, 0], dense[3, 3] = 0.5, -1.5, 2.0, 0.25
for format in ("csr", "csc", "bsr"):
    scipy.sparse.save_npz(FOLDER / f"{format}.npz", scipy.sparse.csr_matrix(dense).asformat(format))
pairs = scipy.sparse.coo_matrix((np.float64([0.5, -1.0, -0.5, 2.0, 0.25]), ([0, 0, 0, 2, 3], [1, 5, 5, 0, 3])), shape=(4, 6))
scipy.sparse.save_npz(FOLDER / "coo.npz", pairs)
scipy.sparse.save_npz(FOLDER / "dia.npz", scipy.sparse.dia_matrix(dense))
