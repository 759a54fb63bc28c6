"""The names of the package: what editors and type checkers are told is what the package has."""

import ast
import importlib
import importlib.util
import pathlib

import pytest
import snnsim

PACKAGE = pathlib.Path(snnsim.__file__).parent


def test_the_stub_names_what_the_package_has_and_where():
    told = {}
    for line in ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8")).body:
        if isinstance(line, ast.ImportFrom):
            for name in line.names:
                assert name.asname == name.name, f"{name.name} is no explicit re-export"
                told[name.name] = line.module.removeprefix("snnsim.")
    assert told == snnsim._PLACES


@pytest.mark.parametrize("name", snnsim.__all__)
def test_each_name_is_in_its_place_and_tells_what_it_is(name):
    if importlib.util.find_spec("snnsim._core") is None:
        pytest.skip("the package is not built here: there is no snnsim._core")
    found = getattr(snnsim, name)
    assert found is getattr(importlib.import_module(f"snnsim.{snnsim._PLACES[name]}"), name)
    assert found.__doc__ and name in dir(snnsim)


def test_the_package_says_that_it_has_types():
    assert (PACKAGE / "py.typed").is_file()
