"""tools/bench/acceptance.py in short: the shipped networks do what the literature says of them. (cuba.yaml, the microcircuit:
test_network_statistics.py; single cells: tests/engine/patterns_test.cpp.)"""

import os
import sys

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools" / "bench"))

import acceptance  # noqa: E402


@pytest.fixture(scope="module")
def binary():
    if "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    return os.environ["SNNSIM_BINARY"]


@pytest.mark.parametrize("name, seeds, changes", [
    ("coba", 1, {"start_ms": 300, "stop_ms": 900}),
    ("izhikevich_1000", 5, {}),
    ("brunel_AI", 1, {"stop_ms": 250}),
    ("brunel_SI_fast", 1, {"stop_ms": 250}),
    ("brunel_SI_slow", 1, {}),
    ("brunel_SR", 1, {"start_ms": 50, "stop_ms": 120}),
])
def test_a_network_behaves_as_published(binary, name, seeds, changes):
    case = acceptance.CASES[name]._replace(**changes)
    rows = acceptance.judge(case, [acceptance.run_seed(binary, case, n) for n in range(1, seeds + 1)])
    assert all(r["good"] for r in rows), "\n" + acceptance.table(rows)


def test_a_network_without_inhibition_does_not(binary):
    case = acceptance.CASES["coba"]._replace(start_ms=50, stop_ms=100, overrides=[
        "projections.2.weight=-1 nS", "projections.3.weight=-1 nS"])
    rows = acceptance.judge(case, [acceptance.run_seed(binary, case, 1)])
    assert not any(r["good"] for r in rows if r["quantity"] == "rate_hz"), "\n" + acceptance.table(rows)
