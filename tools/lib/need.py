"""The Python packages that a tool needs; where one is missing, a line that says what to install."""
import importlib
import os
import sys


def need(*packages):
    """The modules of these names: one alone, or a list of them."""
    try:
        modules = [importlib.import_module(name) for name in packages]
    except ImportError as error:
        tool = os.path.basename(sys.argv[0])
        sys.exit(f"{tool}: error: {error}; it needs {' and '.join(packages)} (Debian: apt install "
                 f"{' '.join('python3-' + name for name in packages)})")
    return modules[0] if len(modules) == 1 else modules
