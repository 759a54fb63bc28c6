"""Networks that snnTorch, SpikingJelly, Norse and Sinabs exported to NIR give here the spikes that they give there.

The files of tests/data/nir were made by tools/make_nir_nets: by each library's own exporter, with what the library gives for one sample.
"""
import gzip

import h5py
import numpy as np
import pytest

from conftest import ROOT

NETS = ROOT / "tests" / "data" / "nir"
SNNTORCH = ["--from", "snntorch", "--dt", "1 ms"]
SPIKINGJELLY = ["--from", "spikingjelly", "--dt", "0.1 ms", "--reset", "zero"]
NORSE = ["--from", "norse", "--dt", "1 ms", "--reset", "zero"]
SINABS = ["--from", "sinabs", "--dt", "1 ms", "--reset", "subtract"]
LATE = [*SNNTORCH, "--reset", "subtract"]
OPTIONS = {
    "snntorch_leaky": LATE,
    "snntorch_leaky_same_step": [*LATE, "--reset-at", "same_step"],
    "snntorch_leaky_zero": [*SNNTORCH, "--reset", "zero"],
    "snntorch_leaky_none": [*SNNTORCH, "--reset", "none"],
    "snntorch_synaptic": LATE,
    "snntorch_synaptic_zero": [*SNNTORCH, "--reset", "zero", "--reset-at", "same_step"],
    "snntorch_rleaky": LATE,
    "snntorch_rleaky_one_to_one": LATE,
    "snntorch_rsynaptic": LATE,
    "snntorch_conv": LATE,
    "snntorch_ties": LATE,
    "spikingjelly_lif": SPIKINGJELLY,
    "spikingjelly_lif_1ms": ["--from", "spikingjelly", "--dt", "1 ms", "--reset", "zero"],
    "spikingjelly_lif_whole_input": SPIKINGJELLY,
    "spikingjelly_lif_v_reset": SPIKINGJELLY,
    "spikingjelly_if_v_reset": SPIKINGJELLY,
    "spikingjelly_plif": SPIKINGJELLY,
    "spikingjelly_if": SPIKINGJELLY,
    "spikingjelly_cuba": SPIKINGJELLY,
    "spikingjelly_conv": SPIKINGJELLY,
    "spikingjelly_ties": SPIKINGJELLY,
    "spikingjelly_nested": SPIKINGJELLY,
    "spikingjelly_flat": SPIKINGJELLY,
    "norse_lif": NORSE,
    "norse_v_leak": NORSE,
    "norse_batch": NORSE,
    "norse_iaf": NORSE,
    "norse_cuba": NORSE,
    "norse_conv": NORSE,
    "norse_ties": NORSE,
    "sinabs_lif": [*SINABS, "--scale-input", "false"],
    "sinabs_scalar_lif": [*SINABS, "--scale-input", "false"],
    "sinabs_lif_norm_input": [*SINABS, "--scale-input", "true"],
    "sinabs_iaf": SINABS,
    "sinabs_conv": [*SINABS, "--scale-input", "false"],
    "sinabs_ties": SINABS,
}


def plain(node):
    """The population of a node."""
    return "".join(c if c.isalnum() else "_" for c in node)


@pytest.fixture
def shown(snnsim, tmp_path):
    """What the imported network of a name gives: by key of the library's archive an array [step][unit]."""
    def show(name, options):
        (tmp_path / f"{name}.nir").write_bytes(gzip.decompress((NETS / f"{name}.nir.gz").read_bytes()))
        with np.load(NETS / f"{name}.npz") as arrays:
            there = {key: arrays[key] for key in arrays if "/" in key}
            steps = arrays["x_test"].shape[1]
        snnsim("import", f"{name}.nir", "-o", "m.yaml", *options, "--data", NETS / f"{name}.npz", "--steps", steps, cwd=tmp_path)
        snnsim("m.yaml", "-o", "run.h5", "--backend", "cpu", "--threads", "1", cwd=tmp_path)
        here = {}
        dt = float(options[options.index("--dt") + 1].split()[0])
        with h5py.File(tmp_path / "run.h5") as run:
            for key, values in there.items():
                kind, node = key.split("/")
                population = plain(node)
                if kind == "output":
                    level = f"{population}_level"       # what a v_leak is added by
                    here[key] = run[f"state/{level if level in run['state'] else population}/v"][:]
                else:
                    here[key] = np.zeros_like(values)
                    group = run[f"spikes/{population}"]
                    step = np.round(group["timestamps"][:] / dt).astype(int) - 1     # a spike has the time of the end of its step
                    np.add.at(here[key], (step, group["node_ids"][:].astype(int)), 1)
        return there, here
    return show


def test_all_nets_are_tried():
    assert {path.name.removesuffix(".nir.gz") for path in NETS.glob("*.nir.gz")} == set(OPTIONS)


@pytest.mark.parametrize("name", OPTIONS)
def test_spikes_are_those_of_the_library(name, shown):
    there, here = shown(name, OPTIONS[name])
    assert there
    for key, values in there.items():
        if key.startswith("output/"):
            np.testing.assert_allclose(here[key], values, atol=1e-5, rtol=1e-5, err_msg=key)
        else:
            assert values.any(), f"{key} of the library is silent"
            assert np.array_equal(here[key], values), f"{key}: first in step {np.argwhere(here[key] != values)[0]}"


def test_a_membrane_that_meets_its_threshold_decides(shown):
    """SpikingJelly fires there, snnTorch does not; all else is the same in these cells."""
    there, here = shown("spikingjelly_ties", ["--from", "snntorch", "--dt", "0.1 ms", "--reset", "zero"])
    assert all(not np.array_equal(here[key], values) for key, values in there.items())
