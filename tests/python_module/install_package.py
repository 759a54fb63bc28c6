"""Makes the wheel of the Python package from a build folder, and installs it into the environment that runs this.

usage: install_package.py BUILD    the wheel lies in BUILD/wheels
"""

import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    wheels = build / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    # The folder is configured as it was: what is compiled already is used, and the tests stay.
    subprocess.run([*pip, "wheel", "-q", "--no-build-isolation", "--no-deps", "-w", str(wheels), str(ROOT / "python"),
                    f"--config-settings=build-dir={build}", "--config-settings=cmake.define.SNNSIM_TESTS=ON"], check=True)
    [wheel] = wheels.glob("snnsim-*.whl")
    subprocess.run([*pip, "install", "-q", "--no-deps", "--force-reinstall", str(wheel)], check=True)
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
