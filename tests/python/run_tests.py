"""Runs these tests; where pytest, h5py or numpy is missing it says so and exits with 77, which CTest shows as skipped."""

import importlib.util
import pathlib
import sys

NOT_RUN = 77

missing = [name for name in ("pytest", "h5py", "numpy") if importlib.util.find_spec(name) is None]
if missing:
    print(f"skipped: {sys.executable} has no {', '.join(missing)} (Debian: apt install python3-pytest python3-h5py "
          "python3-matplotlib; another Python: cmake -D SNNSIM_PYTHON=...)")
    sys.exit(NOT_RUN)

import pytest  # noqa: E402

sys.exit(pytest.main(["-q", "-rs", "-p", "no:cacheprovider", str(pathlib.Path(__file__).parent), *sys.argv[1:]]))
