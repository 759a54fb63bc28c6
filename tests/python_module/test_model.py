"""What a model can be given as: paths, text, dicts with numbers of numpy and quantities of unit packages."""

import os
import pathlib
import subprocess

import numpy as np
import pytest

import snnsim
from snnsim.model import flow, model_text, overrides, plain

yaml = pytest.importorskip("yaml")
SMALL = {
    "name": "one", "seed": np.int64(4), "dt": "0.1 ms", "simulate": {"duration": "10 ms"},
    "populations": {"cell": {"size": np.uint8(2), "model": "iaf_psc_exp", "i_e": np.array([400.0, 500.0])}},
    "record": ({"population": "cell", "what": "v", "cells": np.arange(2)},),
}


def test_a_path_is_read(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("name: ä\n", encoding="utf-8")
    assert model_text(path) == model_text(str(path)) == ("name: ä\n", str(path))


def test_text_is_itself():
    assert model_text("name: a") == ("name: a", "<text>")
    assert model_text("name:\n  a") == ("name:\n  a", "<text>")


def test_what_cannot_be_read(tmp_path):
    with pytest.raises(snnsim.FileError, match="none.yaml: no such file"):
        model_text(tmp_path / "none.yaml")
    with pytest.raises(snnsim.FileError, match="is a directory"):
        model_text(tmp_path)
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(snnsim.FileError, match="UTF-8"):
        model_text(tmp_path / "b.yaml")
    with pytest.raises(snnsim.FileError, match="null"):
        model_text("a\0b")
    for wrong in (3, None, [1], b"x", ""):
        with pytest.raises(snnsim.UsageError, match="model is an?"):
            model_text(wrong)


def test_a_dict_is_yaml_in_its_order():
    text, path = model_text(SMALL)
    assert path == "<dict>"
    read = yaml.safe_load(text)
    assert list(read) == list(SMALL) and read["seed"] == 4
    assert read["populations"]["cell"] == {"size": 2, "model": "iaf_psc_exp", "i_e": [400.0, 500.0]}
    assert read["record"] == [{"population": "cell", "what": "v", "cells": [0, 1]}]


def test_what_appears_twice_is_written_twice():
    shared = {"model": "lif"}
    assert "&" not in model_text({"a": shared, "b": shared})[0]
    shared["self"] = [shared]
    with pytest.raises(snnsim.UsageError, match=r"a\.self\[0\] holds itself"):
        model_text({"a": shared})


@pytest.mark.parametrize("value, read", [
    (np.float64(0.5), 0.5), (np.float32(0.5), 0.5), (np.bool_(True), True), (True, True), (np.str_("a"), "a"),
    (np.array(3), 3), (np.array([[1, 2]]), [[1, 2]]), (pathlib.Path("x") / "y.h5", os.path.join("x", "y.h5")),
    (range(3), [0, 1, 2]), ((1, None), [1, None]), (np.array([True]), [True]), (2e-3, 2e-3), (1e-30, 1e-30)])
def test_numbers_and_arrays(value, read):
    found = plain(value, "a")
    assert found == read and type(found) is type(read)
    assert yaml.safe_load(flow(found)) == read and "\n" not in flow(found)


@pytest.mark.parametrize("value", [object(), 1j, b"x", {1, 2}, np.array([1j]), np.array([object()]),
                                   np.datetime64("2020-01-01")])
def test_what_no_model_holds_is_told_with_its_key(value):
    with pytest.raises(snnsim.UsageError, match=r"populations\.cell\.i_e\[1\] is an? .*; a model holds"):
        model_text({"populations": {"cell": {"i_e": [1, value]}}})
    with pytest.raises(snnsim.UsageError, match=r"set\['a\.b'\] is an? .*; a model holds"):
        overrides({"a": {"b": value}})


def test_keys_are_text():
    with pytest.raises(snnsim.UsageError, match="a key of populations is 3, a int"):
        model_text({"populations": {3: {}}})


def test_overrides():
    assert overrides(None) == [] and overrides({}) == []
    assert overrides({"train.epochs": 2}) == overrides({"train": {"epochs": 2}}) == ["train.epochs=2"]
    assert overrides({"test": None, "seed": np.int32(3), "dt": "20 ms", "data": {"encode": {"scheme": "direct"}}}) == [
        "test=null", "seed=3", "dt=20 ms", "data.encode.scheme=direct"]
    assert overrides({"record": [{"population": "a", "cells": np.arange(2)}]}) == ["record=[{population: a, cells: [0, 1]}]"]
    assert overrides({"record": {0: {"samples": 7}}}) == ["record.0.samples=7"]
    assert overrides({"test": {}}) == ["test={}"]
    assert overrides({"name": "null"}) == ["name='null'"]
    assert overrides({"a": "x" * 300 + " " + "y" * 300}) == ["a=" + "x" * 300 + " " + "y" * 300]
    for wrong in ({"": 1}, {"a=b": 1}, {3: 1}, {None: 1}, {True: 1}):
        with pytest.raises(snnsim.UsageError, match="set: a key is"):
            overrides(wrong)
    with pytest.raises(snnsim.UsageError, match="set is a list"):
        overrides(["a=1"])
    loop = {}
    loop["a"] = loop
    with pytest.raises(snnsim.UsageError, match="holds itself"):
        overrides(loop)


def packages():
    """Of each package that is there: a function that makes a quantity of a number (or list) and a unit's name."""
    try:
        import pint
        registry = pint.UnitRegistry()
        yield "pint", lambda number, unit: registry.Quantity(number, unit)
    except ImportError:
        pass
    try:
        import quantities
        quantities.CompoundUnit    # noqa: B018
        yield "quantities", lambda number, unit: quantities.Quantity(number, unit)
    except ImportError:
        pass
    try:
        import astropy.units
        yield "astropy", lambda number, unit: number * astropy.units.Unit(unit)
    except ImportError:
        pass
    try:
        import brian2
        names = {**{n: getattr(brian2, n) for n in "ms mV pA nF pF nS kHz Hz uA ohm Mohm".split()}, "s": brian2.second,
                 "A": brian2.amp, "min": 60 * brian2.second, "J": brian2.joule, "S": brian2.siemens, "V": brian2.volt,
                 "m": brian2.meter}
        yield "brian2", lambda number, unit: number * names[unit]
    except (ImportError, AttributeError):    # an old one beside a new numpy
        pass


PACKAGES = dict(packages())


def size_of(text):
    """A quantity as (SI number as the decimal text says it, SI unit)."""
    from decimal import Decimal

    from snnsim.model import UNITS
    number, unit = text.split(" ")
    (si, power), = [(si, p) for si, known in UNITS.items() for p, name in known.items() if name == unit]
    return Decimal(number).scaleb(power), si


@pytest.mark.skipif(not PACKAGES, reason="none of pint, quantities, astropy and brian2 is installed")
@pytest.mark.parametrize("package", PACKAGES)
class TestQuantities:
    @pytest.mark.parametrize("number, unit, exact, si", [
        (20, "ms", "0.02", "s"), (0.1, "ms", "0.0001", "s"), (0.02, "s", "0.02", "s"), (-65.5, "mV", "-0.0655", "V"),
        (0.07, "V", "0.07", "V"), (250, "pF", "2.5e-10", "F"), (0.2, "nF", "2e-10", "F"), (10, "nS", "1e-8", "S"),
        (3e-9, "S", "3e-9", "S"), (87.8, "pA", "8.78e-11", "A"), (1.1e-10, "A", "1.1e-10", "A"), (2, "uA", "2e-6", "A"),
        (20, "kHz", "20000", "Hz"), (0.3, "Hz", "0.3", "Hz"), (2, "min", "120", "s"), (4.6e-12, "J", "4.6e-12", "J")])
    def test_they_keep_their_size(self, package, number, unit, exact, si):
        from decimal import Decimal
        text = plain(PACKAGES[package](number, unit), "a")
        assert size_of(text) == (Decimal(exact), si)
        if unit in ("ms", "mV", "pF", "pA", "nS", "Hz"):
            assert text == f"{number} {unit}"

    def test_arrays_are_lists(self, package):
        assert plain(PACKAGES[package](np.array([1.0, 2.5]), "mV"), "a") == ["1 mV", "2.5 mV"]
        assert plain([PACKAGES[package](1.0, "mV"), 2], "a") == ["1 mV", 2]

    def test_without_a_unit_they_are_numbers(self, package):
        ratio = PACKAGES[package](3.0, "ms") / PACKAGES[package](2.0, "ms")
        assert plain(ratio, "a") == 1.5

    @pytest.mark.parametrize("unit", ["ohm", "Mohm", "m"])
    def test_other_units_are_told(self, package, unit):
        if package == "astropy" and unit == "Mohm":
            unit = "MOhm"
        if package == "quantities" and unit == "Mohm":
            pytest.skip("quantities writes Mohm otherwise")
        with pytest.raises(snnsim.UsageError, match=r"set\['populations\.cell\.r'\] is in \S+.*a model takes ms") as caught:
            overrides({"populations": {"cell": {"r": PACKAGES[package](3, unit)}}})
        assert caught.value.suggestion is None

    def test_a_model_with_them_is_taken(self, package, tmp_path):
        binary = os.environ.get("SNNSIM_BINARY")
        if not binary:
            pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
        of = PACKAGES[package]
        cell = {**SMALL["populations"]["cell"], "i_e": {"values": of(np.array([400.0, 500.0]), "pA")}, "c_m": of(0.2, "nF")}
        model = {**SMALL, "dt": of(0.1, "ms"), "populations": {"cell": cell}}
        path = tmp_path / "a.yaml"
        path.write_text(model_text(model)[0])
        settings = overrides({"simulate": {"duration": of(20, "ms")}, "record": [{"population": "cell", "what": "spikes"}],
                              "populations.cell.tau_m": of(0.01, "s")})
        done = subprocess.run([binary, "check", str(path), *(part for s in settings for part in ("--set", s))],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
