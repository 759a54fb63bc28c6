"""Finds the package, installed or in the source tree."""

import importlib.util
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
if importlib.util.find_spec("snnsim") is None:
    sys.path.insert(0, str(ROOT / "python"))
