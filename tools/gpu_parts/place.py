"""Where the programs, models and data of a check are: beside the tool in a bundle, or in a build of a source tree."""

import os
import pathlib


def mnist_cache():
    """Where snnsim keeps MNIST."""
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "snnsim" / "mnist"


class Place:
    def __init__(self, tool, build=None, data=None):
        """`tool`: the folder of gpu_check; `build`: the build folder of a source tree, None: in a bundle."""
        self.program = (build or tool) / "snnsim"
        self.tests = build / "tests" / "snnsim_tests" if build else tool / "snnsim_device_tests"
        self.models = (tool.parent if build else tool) / "models"
        self.environment = dict(os.environ)
        if build and (build / "ptxrun" / "libcudart.so.13").exists():
            self.environment["LD_LIBRARY_PATH"] = str(build / "ptxrun")
        self.data = data or ((tool / "mnist") if not build and (tool / "mnist").is_dir() else None)

    def has_data(self):
        return bool(self.data) or mnist_cache().is_dir()

    def needs_data(self, model):
        return "mnist" in (self.models / f"{model}.yaml").read_text().partition("\ndata:")[2]

    def run_words(self, model, settings, backend, output):
        """The command that runs a model."""
        words = [self.program, "run", self.models / f"{model}.yaml", "-o", output, "--force", "--progress", "plain", "--backend", backend]
        for setting in settings:
            words += ["--set", setting]
        return words + (["--data-dir", self.data] if self.data and self.needs_data(model) else [])


def is_bundle(tool):
    return (tool / "snnsim_device_tests").is_file()


def find_tool(name, *elsewhere):
    """A program of the driver or the toolkit, or None; `elsewhere`: patterns of folders that are often not in PATH."""
    folders = [pathlib.Path(folder) for folder in os.environ.get("PATH", "").split(":") if folder]
    for pattern in elsewhere:
        folders += sorted(pathlib.Path("/").glob(pattern.lstrip("/")), reverse=True)
    return next((folder / name for folder in folders if os.access(folder / name, os.X_OK) and (folder / name).is_file()), None)
