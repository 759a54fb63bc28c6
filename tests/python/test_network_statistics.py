"""tools/bench/network_statistics.py in short: a network behaves as in another simulator, and a changed one does not."""

import copy
import os
import sys

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools" / "bench"))

import network_statistics as bench  # noqa: E402

SEEDS = 2


@pytest.fixture(scope="module")
def reference():
    return bench.load_reference("cuba")


@pytest.fixture(scope="module")
def binary():
    if "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    return os.environ["SNNSIM_BINARY"]


def apart(rows):
    return {(r["population"], r["quantity"]) for r in rows if not r["agrees"]}


def test_cuba_behaves_as_in_nest(binary, reference):
    rows = bench.compare(reference, [bench.statistics_of_seed(binary, reference, n) for n in range(1, SEEDS + 1)])
    assert len(rows) == 6 and apart(rows) == set(), "\n" + bench.table(rows)


def test_a_network_with_inhibition_weaker_by_a_twentieth_does_not(binary, reference):
    weaker = ["projections.2.weight=-85 pA", "projections.3.weight=-85 pA"]
    rows = bench.compare(reference, [bench.statistics_of_seed(binary, reference, 1, overrides=weaker)])
    assert ("I", "rate_hz") in apart(rows), "\n" + bench.table(rows)


def seeds_around(reference, shift, count):
    """So many seeds with the reference's means and deviations, all shifted by so many standard deviations."""
    signs = [(-1) ** k for k in range(count)]
    return [{p: {q: v["mean"] + (shift + sign) * v["sd"] for q, v in quantities.items()}
             for p, quantities in reference["populations"].items()} for sign in signs]


@pytest.mark.parametrize("count", [2, 8])
def test_means_may_be_three_standard_errors_apart(reference, count):
    reference = copy.deepcopy(reference)
    own_sd = 1 if count < bench.FEWEST_SEEDS else (count / (count - 1)) ** 0.5  # of seeds at +1 and -1
    error = (own_sd ** 2 / count + 1 / reference["seeds"]) ** 0.5
    assert apart(bench.compare(reference, seeds_around(reference, 2.99 * error, count))) == set()
    assert len(apart(bench.compare(reference, seeds_around(reference, -3.01 * error, count)))) == 6


@pytest.mark.parametrize("name", bench.NAMES)
def test_references_are_complete(name):
    reference = bench.load_reference(name)
    assert (ROOT / reference["model"]).exists() and reference["made_with"].startswith("NEST")
    for quantities in reference["populations"].values():
        assert sorted(quantities) == sorted(bench.QUANTITIES)
        assert all(v["sd"] > 0 for v in quantities.values())
