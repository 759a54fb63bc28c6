"""Run files as libsonata and bmtk read them, and files as bmtk writes them."""
import json
import os
import pathlib
import subprocess

import h5py
import numpy as np
import pytest

PYTHON = os.environ.get("SNNSIM_READERS", "")

READ_WITH_LIBSONATA = """
import json, sys, libsonata
reader = libsonata.SpikeReader(sys.argv[1])
out = {}
for name in reader.get_population_names():
    p = reader[name]
    out[name] = {"sorting": p.sorting, "times": list(p.times), "spikes": [[int(c), float(t)] for c, t in p.get()]}
print(json.dumps(out))
"""
READ_WITH_BMTK = """
import json, sys
from bmtk.utils.reports.spike_trains import SpikeTrains, sort_order
trains = SpikeTrains.load(sys.argv[1])
out = {}
for name in trains.populations:
    frame = trains.to_dataframe(populations=name)
    out[name] = {"units": str(trains.units(name)), "spikes": [[int(c), float(t)] for c, t in zip(frame.node_ids, frame.timestamps)]}
print(json.dumps(out))
"""
WRITE_WITH_BMTK = """
import json, sys
from bmtk.utils.reports.spike_trains import SpikeTrains, sort_order
trains = SpikeTrains(population="p", adaptor=None)
for cell, time in json.loads(sys.argv[2]):
    trains.add_spike(node_id=cell, timestamp=time)
kind, order = sys.argv[3:]
getattr(trains, "to_" + kind)(sys.argv[1], sort_order=getattr(sort_order, order))
"""
NETWORK = """
name: two
dt: 0.1 ms
simulate: {duration: 50 ms}
populations:
  s: {size: 20, model: poisson_source, rate: 200 Hz}
  quiet: {size: 3, model: poisson_source, rate: 0 Hz}
record: [{population: s, what: spikes}, {population: quiet, what: spikes}]
"""
PLAYED = """
name: played
dt: 0.1 ms
simulate: {duration: 10 ms}
populations: {p: {size: 5, model: spike_source, file: FILE}}
record: [{population: p, what: spikes}]
"""


def other(library, script, *arguments):
    if not pathlib.Path(PYTHON).is_file():
        pytest.skip("no other readers are installed (tools/test installs tests/python/requirements.txt into build/readers)")
    found = subprocess.run([PYTHON, "-c", f"import {library}"], capture_output=True, text=True)
    if found.returncode:
        pytest.skip(f"{library} cannot be imported: {found.stderr.splitlines()[-1]}")
    done = subprocess.run([PYTHON, "-c", script, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def spikes_in(path):
    with h5py.File(path) as file:
        return {name: [[int(c), float(t)] for c, t in zip(g["node_ids"][:], g["timestamps"][:])]
                for name, g in file["spikes"].items()}


@pytest.fixture(scope="module")
def files(snnsim, run_path, tmp_path_factory):
    """A run file of a simulation with a population that is silent, of a training, and of `encode`."""
    folder = tmp_path_factory.mktemp("readers")
    (folder / "two.yaml").write_text(NETWORK)
    snnsim(folder / "two.yaml", "-o", folder / "two.h5", "--progress", "none")
    return [folder / "two.h5", run_path]


def test_libsonata_reads_what_h5py_does(files):
    for path in files:
        read = json.loads(other("libsonata", READ_WITH_LIBSONATA, path))
        wanted = spikes_in(path)
        assert read.keys() == wanted.keys() and any(map(len, wanted.values()))
        for name, spikes in wanted.items():
            assert read[name]["spikes"] == spikes and read[name]["sorting"] == "by_time"
            if spikes:
                times = [t for _, t in spikes]
                assert read[name]["times"] == [min(times), max(times)]


def test_bmtk_reads_what_h5py_does(files):
    for path in files:
        read = json.loads(other("bmtk", READ_WITH_BMTK, path))
        wanted = spikes_in(path)
        assert read.keys() == wanted.keys()
        for name, spikes in wanted.items():
            assert read[name]["spikes"] == spikes and read[name]["units"] == "ms"


def test_what_others_cannot_read_is_not_written(files):
    """Whoever has no libsonata: its wheels know no filters, and it wants the unit and an enumeration."""
    for path in files:
        with h5py.File(path) as file:
            assert file.attrs["magic"] == 0x0A7A and file.attrs["version"].tolist() == [0, 1]
            for group in file["spikes"].values():
                assert group["timestamps"].compression is None and group["node_ids"].compression is None
                assert group["timestamps"].attrs["units"] == "ms"
                kind = h5py.h5a.open(group.id, b"sorting").get_type()
                assert isinstance(kind, h5py.h5t.TypeEnumID)
                assert [kind.enum_nameof(k) for k in range(3)] == [b"none", b"by_id", b"by_time"]
                assert group.attrs["sorting"] == 2 and group["node_ids"].attrs["sorting"] == "by_time"
                assert np.all(np.diff(group["timestamps"][:]) >= 0)


@pytest.mark.parametrize("kind, order", [("sonata", "by_id"), ("sonata", "by_time"), ("sonata", "none"), ("csv", "by_time")])
def test_what_bmtk_writes_is_played(snnsim, tmp_path, kind, order):
    spikes = [[3, 7.5], [0, 1.2], [4, 1.1], [3, 2.5], [0, 9.9]]
    path = tmp_path / ("in.h5" if kind == "sonata" else "in.csv")
    other("bmtk", WRITE_WITH_BMTK, path, json.dumps(spikes), kind, order)
    (tmp_path / "m.yaml").write_text(PLAYED.replace("FILE", path.name))
    snnsim(tmp_path / "m.yaml", "-o", tmp_path / "out.h5", "--progress", "none")
    played = spikes_in(tmp_path / "out.h5")["p"]
    assert [c for c, _ in played] == [4, 0, 3, 3, 0]
    np.testing.assert_allclose([t for _, t in played], [1.1, 1.2, 2.5, 7.5, 9.9])
