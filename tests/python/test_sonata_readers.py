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
    out[name] = {"sorting": p.sorting, "times": list(p.times), "spikes": [[int(c), float(t)] for c, t in p.get()],
                 "of_3": [float(t) for _, t in p.get(node_ids=libsonata.Selection([3]))],
                 "early": len(p.get(tstart=0, tstop=20))}
print(json.dumps(out))
"""
READ_WITH_BMTK = """
import json, sys
from bmtk.utils.reports.spike_trains import SpikeTrains, sort_order
trains = SpikeTrains.load(sys.argv[1])
out = {}
for name in trains.populations:
    frame = trains.to_dataframe(populations=name)
    out[name] = {"units": str(trains.units(name)), "spikes": [[int(c), float(t)] for c, t in zip(frame.node_ids, frame.timestamps)],
                 "of_3": [float(t) for t in trains.get_times(node_id=3, population=name)], "count": trains.n_spikes(population=name)}
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
# Names that are also names of the format, or of numbers; cells that are chosen; spikes that have values; records of states.
ODD = """
name: odd
dt: 0.1 ms
simulate: {duration: 60 ms}
populations:
  E-1: {size: 40, model: iaf_psc_exp, i_e: {linspace: [300 pA, 700 pA]}}
  '0': {size: 3, model: poisson_source, rate: 300 Hz}
  spikes: {size: 2, model: regular_source, rate: 100 Hz}
  node_ids: {size: 4, model: regular_source, rate: 100 Hz, first: 55 ms}
  timestamps: {size: 2, model: poisson_source, rate: 0 Hz}
  graded: {size: 30, model: vsn, beta: 0.9, v_th: 0.4, activation: identity}
  none: {size: 7, model: adaptive_lif}
projections:
  - {from: spikes, to: graded, connect: {rule: fixed_probability, p: 0.5}, weight: {distribution: uniform, low: 0.1, high: 0.9}, delay: 1 ms}
  - {from: graded, to: none, connect: all_to_all, weight: 0.3, delay: 0.5 ms}
record:
  - {population: E-1, what: spikes, cells: [3, 17, 39, 30]}
  - {population: '0', what: spikes}
  - {population: spikes, what: spikes}
  - {population: node_ids, what: spikes}
  - {population: timestamps, what: spikes}
  - {population: graded, what: spikes, cells: {random: 12}}
  - {population: none, what: spikes}
  - {population: E-1, what: v, cells: [39, 3], interval: 1 ms}
"""
# Of a training: 3 populations, one of which sends graded spikes; each sample is a trial on the one axis of time.
TRAINED = """
name: trained
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, max_rate: 400 Hz, duration: 8 ms}, test_samples: 50}
populations:
  input: {size: 784, model: spike_source}
  graded: {size: 24, model: vsn, v_th: 0.3, activation: relu}
  hidden: {size: 48, model: lif}
  output: {size: 10, model: leaky_readout}
projections:
  - {from: input, to: graded, weight: fan_in_uniform}
  - {from: graded, to: hidden, weight: {init: fan_in_uniform, gain: 8}}
  - {from: hidden, to: output, weight: fan_in_uniform}
train: {epochs: 1, batch: 50}
test: {}
record:
  - {population: input, what: spikes, samples: 5}
  - {population: graded, what: spikes, samples: 5}
  - {population: hidden, what: spikes, samples: 5}
"""
EVENTS = """
name: events
simulate:
  network: trained.h5
  phases:
    - {name: whole, present: {samples: test, count: 20}}
    - {name: hurt, present: {samples: test, count: 10}, lesions: [{population: hidden, share: 0.5}]}
record:
  - {population: graded, what: spikes}
  - {population: hidden, what: spikes, cells: {random: 20}}
  - {population: input, what: spikes, cells: 300}
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
def files(snnsim, run_path, simulation_path, data_folder, tmp_path_factory):
    """Run files of simulations, of trainings, and of a trained network that is simulated event by event."""
    folder = tmp_path_factory.mktemp("readers")
    for name, model in {"two": NETWORK, "odd": ODD, "trained": TRAINED, "events": EVENTS}.items():
        (folder / f"{name}.yaml").write_text(model)
        data = ["--data-dir", data_folder] if name in ("trained", "events") else []
        snnsim(folder / f"{name}.yaml", "-o", folder / f"{name}.h5", "--progress", "none", "--threads", "2", *data)
    return [folder / "two.h5", run_path, simulation_path, folder / "odd.h5", folder / "trained.h5", folder / "events.h5"]


def test_the_files_have_what_is_to_be_read(files):
    """Graded spikes, chosen cells, silent populations and names of the format are in them."""
    two, _, _, odd, trained, events = (spikes_in(path) for path in files)
    assert two["quiet"] == [] and odd["timestamps"] == [] and len(odd) == 7
    assert {c for c, _ in odd["E-1"]} <= {3, 17, 39, 30} and len(odd["E-1"]) > 5 and len(odd["0"]) > 5
    assert all(len(spikes) > 5 for run in (trained, events) for spikes in run.values())
    with h5py.File(files[3]) as file, h5py.File(files[4]) as run, h5py.File(files[5]) as simulated:
        for graded in (file["spikes/graded"], simulated["spikes/graded"]):
            assert len(graded["values"]) == len(graded["timestamps"]) > 5 and np.unique(graded["values"][:]).size > 5
        assert len(file["spikes/graded/recorded_node_ids"]) == 12
        assert len(simulated["spikes/hidden/recorded_node_ids"]) == 20
        assert "trial" in run["spikes/hidden"]


def test_libsonata_reads_what_h5py_does(files):
    for path in files:
        read = json.loads(other("libsonata", READ_WITH_LIBSONATA, path))
        wanted = spikes_in(path)
        assert read.keys() == wanted.keys() and any(map(len, wanted.values()))
        for name, spikes in wanted.items():
            assert read[name]["spikes"] == spikes and read[name]["sorting"] == "by_time"
            assert read[name]["of_3"] == [t for c, t in spikes if c == 3]
            assert read[name]["early"] == sum(t <= 20 + 1e-6 for _, t in spikes)  # its ranges have both ends
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
            assert read[name]["of_3"] == [t for c, t in spikes if c == 3] and read[name]["count"] == len(spikes)


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
