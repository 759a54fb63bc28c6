"""Files as they are in the world, and files that are wrong or hostile: played, or refused in bounded time and memory."""
import os
import signal
import subprocess
import sys
import zlib

import h5py
import numpy as np
import pytest

DURATION, DT = 100.0, 0.1
MODEL = """
name: played
dt: 0.1 ms
simulate: {duration: 100 ms}
populations: {p: {size: 40, model: spike_source, KEYS}}
record: [{population: p, what: spikes}]
"""
EDGES = """
name: listed
dt: 0.1 ms
simulate: {duration: 1 ms}
populations: {e: {size: 7, model: iaf_psc_exp}}
projections: [{from: e, to: e, connect: {rule: list, file: FILE}, weight: 1 pA, delay: 1 ms}]
"""
REGRESSION = """
name: m
dt: 1 ms
data: {set: file, file: FILE, encode: {scheme: direct, duration: 4 ms}}
populations: {a: {size: 2, model: spike_source}, b: {size: 1, model: linear}}
projections: [{from: a, to: b}]
train: {epochs: 1, loss: mse_mean}
test: {}
"""
# Runs a program for so many seconds at most; writes its status and peak memory. A small process does it, for a child begins
# with the memory of its parent, and tests that came before may have made this one large.
MEASURED = """import resource, signal, subprocess, sys
done = subprocess.run(sys.argv[3:], preexec_fn=lambda: signal.alarm(int(sys.argv[1])))
with open(sys.argv[2], "w") as used:
    print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=used)
"""
MEGABYTES = 400  # what a call that refuses a file may take, the program with its libraries included


@pytest.fixture
def refuses(snnsim, tmp_path):
    """Calls the program, which must end by itself, say `parts` and take little memory."""

    def call(*arguments, parts, seconds=60):
        with open(tmp_path / "said", "w+") as said:
            words = [sys.executable, "-c", MEASURED, str(seconds), tmp_path / "used", os.environ["SNNSIM_BINARY"], *map(str, arguments)]
            subprocess.run(words, stdout=said, stderr=said, check=True)
            said.seek(0)
            text = said.read()
        status, kilobytes = map(int, (tmp_path / "used").read_text().split())
        assert status in (1, 2), f"status {status}: {text[:2000]}"
        for part in parts:
            assert str(part) in text, text[:2000]
        for raw in ("basic_filebuf", "filesystem error", "std::", "out of memory", "iostream", "H5", "bad file"):
            assert raw not in text, text[:2000]
        assert kilobytes < MEGABYTES * 1024, f"{kilobytes / 1024:.0f} MB"

    return call


# SONATA files of many hands. Each makes the attributes of a population group, as its first argument, and of its data sets.

def text(value, charset="utf-8", length=None):
    return {"data": value, "dtype": h5py.string_dtype(charset, length)}


def enumeration(*names, value):
    return {"data": names.index(value), "dtype": h5py.enum_dtype({name: k for k, name in enumerate(names)}, np.uint8)}


KINDS = {
    "units ascii": dict(units=text("ms", "ascii")),
    "units utf-8": dict(units=text("ms")),
    "units of fixed length": dict(units=text("ms", "ascii", 2)),
    "units of fixed length utf-8": dict(units=text("ms", "utf-8", 16)),
    "milliseconds": dict(units=text("milliseconds")),
    "seconds": dict(units=text("s", "ascii"), scale=1e-3),
    "seconds in full": dict(units=text("seconds", "ascii", 7), scale=1e-3),
    "an enumeration of units": dict(units=enumeration("s", "ms", value="ms")),
    "no units": dict(note=True),
    "gzip": dict(units=text("ms"), storage=dict(compression="gzip", shuffle=True, chunks=(64,))),
    "lzf": dict(units=text("ms"), storage=dict(compression="lzf", chunks=(64,)), library="lzf"),
    "sorting a text on the group": dict(units=text("ms"), sorting=text("by_time", "ascii")),
    "sorting a text on the ids": dict(units=text("ms"), ids_sorting=text("by_id", "ascii", 5), order="id"),
    "sorting an enumeration": dict(units=text("ms"), sorting=enumeration("none", "by_id", "by_time", value="by_id"), order="id"),
    "sorting that is not true": dict(units=text("ms"), sorting=text("by_time"), order="none"),
    "ids of 32 bits, times of 32": dict(units=text("ms"), ids=np.uint32, time_type=np.float32),
    "signed ids, big endian": dict(units=text("ms"), ids=">i8", time_type=">f8"),
    "the first layout": dict(note=True, first=True, sorting=text("by_gid", "ascii"), order="id"),
    "the first layout with units": dict(first=True, units=text("ms", "ascii")),
}


def random_spikes(seed=3):
    """Cells and times, at most one in each step of a cell, with times off the grid."""
    random = np.random.default_rng(seed)
    places = random.choice(40 * 1000, 600, replace=False)
    return places % 40, (places // 40 + 1) * DT + random.uniform(-0.04, 0.04, 600)


def write_sonata(path, cells, times, units=None, sorting=None, ids_sorting=None, scale=1.0, storage={}, order="time",
                 ids=np.uint64, first=False, note=False, library=None, time_type=np.float64):
    by = {"time": np.argsort(times, kind="stable"), "id": np.argsort(cells, kind="stable"), "none": np.arange(len(cells))}[order]
    with h5py.File(path, "w") as file:
        group = file.create_group("spikes" if first else "spikes/p")
        t = group.create_dataset("timestamps", data=(times[by] * scale).astype(time_type), **storage)
        i = group.create_dataset("gids" if first else "node_ids", data=cells[by].astype(ids), **storage)
        for at, name, what in ((t, "units", units), (group, "sorting", sorting), (i, "sorting", ids_sorting)):
            if what is not None:
                at.attrs.create(name, **what)


@pytest.mark.parametrize("kind", KINDS)
def test_sonata_files_of_many_hands_are_played(snnsim, tmp_path, kind):
    cells, times = random_spikes()
    path = tmp_path / "in.h5"
    write_sonata(path, cells, times, **KINDS[kind])
    model = tmp_path / "m.yaml"
    model.write_text(MODEL.replace("KEYS", "file: in.h5"))
    if KINDS[kind].get("library"):  # a filter that only h5py brings along
        done = subprocess.run([os.environ["SNNSIM_BINARY"], "check", model], capture_output=True, text=True)
        if done.returncode:
            assert "'spikes/p/timestamps': it is compressed in a way that is not known here" in done.stderr
            return
    said = snnsim("check", model).stdout
    assert "p plays 600 spikes of in.h5" in said and ("no unit" in said) == KINDS[kind].get("note", False)
    snnsim(model, "-o", tmp_path / "out.h5", "--progress", "none")
    # Step n ends at n dt; the nearest one.
    steps = np.rint(times / DT).astype(int)
    with h5py.File(tmp_path / "out.h5") as out:
        played = np.rint(out["spikes/p/timestamps"][:] / DT).astype(int), out["spikes/p/node_ids"][:].astype(int)
    assert sorted(zip(*played)) == sorted(zip(steps, cells))


@pytest.mark.parametrize("dtype, value, shown", [
    (np.int8, -1, "-1"), (np.int16, -1, "-1"), (np.int32, -1, "-1"), (np.int64, -1, "-1"), (np.int64, -2**63, "-9223372036854775808"),
    (np.float64, 0.7, "0.7"), (np.float32, 1.5, "1.5"), (np.float64, 1.9, "1.9"), (np.float64, np.nan, "nan"), (np.float16, np.inf, "inf"),
    (np.int64, 2**40, "1099511627776"), (np.uint64, 2**64 - 1, "18446744073709551615"), (np.uint8, 40, "40"), (np.uint64, 2**32, "4294967296"),
])
def test_an_id_that_is_none_is_an_error(refuses, tmp_path, dtype, value, shown):
    with h5py.File(tmp_path / "in.h5", "w") as file:
        file["spikes/p/timestamps"] = [1.0, 2.0, 3.0]
        file["spikes/p/timestamps"].attrs["units"] = "ms"
        file["spikes/p/node_ids"] = np.array([0, 1, value]).astype(dtype) if value not in (-2**63, 2**64 - 1) else \
            np.array([0, 1, value], dtype)
    (tmp_path / "m.yaml").write_text(MODEL.replace("KEYS", "file: in.h5"))
    refuses("check", tmp_path / "m.yaml", parts=["in.h5", "'spikes/p/node_ids'[2]", f"there is no cell {shown}: there are 40"])
    with h5py.File(tmp_path / "edges.h5", "w") as file:
        file["source"] = [0, 1, 2]
        file["target"] = np.array([0, 1, value], dtype)
    (tmp_path / "e.yaml").write_text(EDGES.replace("FILE", "edges.h5"))
    number = np.format_float_positional(float(value), trim="-") if np.isfinite(value) else str(value)
    refuses("check", tmp_path / "e.yaml", parts=["edges.h5, row 2 (from 0): target ", " is no cell of 'e', which has 0 to 6"])
    assert number


def test_two_spikes_in_a_step(snnsim, refuses, tmp_path):
    (tmp_path / "in.csv").write_text("1.0,3\n1.04,3\n2,3\n0.97,4\n")
    model = tmp_path / "m.yaml"
    model.write_text(MODEL.replace("KEYS", "file: in.csv"))
    refuses(model, "-o", tmp_path / "out.h5", parts=["in.csv", "cell 3 has two spikes in the step that ends at 1 ms", "same_step: merge"])
    model.write_text(MODEL.replace("KEYS", "file: in.csv, same_step: merge"))
    said = snnsim("check", model).stdout
    assert "p plays 3 spikes of in.csv" in said and "1 of 4 spikes of in.csv are merged with another" in said
    snnsim(model, "-o", tmp_path / "out.h5", "--progress", "none")
    with h5py.File(tmp_path / "out.h5") as out:
        np.testing.assert_allclose(out["spikes/p/timestamps"][:], [1.0, 1.0, 2.0])
        assert out["spikes/p/node_ids"][:].tolist() == [3, 4, 3]


@pytest.mark.parametrize("content", [
    b"\xef\xbb\xbfsource,target\n0,1\n2,3\n", b'"source","target"\r\n"0","1"\r\n2,3\r\n', b"source,target\n0,1\n2,3\n\n\n \n",
    b"source,target\r\n0,1\r\n2,3", b"target , source\n1, 0\n 3 ,2\n",
])
def test_csv_of_many_hands(snnsim, tmp_path, content):
    (tmp_path / "edges.csv").write_bytes(content)
    (tmp_path / "m.yaml").write_text(EDGES.replace("FILE", "edges.csv"))
    lines = snnsim("check", tmp_path / "m.yaml").stdout.splitlines()
    assert any(line.startswith("e -> e") and " 2 " in line for line in lines), lines


@pytest.mark.parametrize("content, said", [
    (b"source;target\n0;1\n", "edges.csv:1: columns are separated by semicolons here"),
    (b"source\ttarget\n0\t1\n", "edges.csv:1: columns are separated by tabs here"),
    (b"source,target\n0,1\n\n2,3\n", "edges.csv:3: an empty line between rows"),
    (b"source,target,delay\n0,1,0,5\n", "edges.csv:2: 4 values, but the header names 3 columns; a fraction has a point, not a comma"),
    (b'source,target,delay\n0,1,"0,5"\n', "edges.csv:2: delay must be a number; found '0,5'; a fraction has a point, not a comma"),
    (b'source,"target\n0,1\n', 'edges.csv:1: a quote (") is not closed'),
    (b"", "edges.csv:1: the first line must name the columns"),
    (b"source,target\n0,1\n0,\0\n", "edges.csv:3: this is no text"),
    ("source,target\n0,1\n".encode("utf-16"), "edges.csv: this text is in UTF-16; save it as UTF-8"),
    (b"source,target\n0," + b"1" * (3 << 20), "edges.csv:2: a line of more than 1 MB"),
    (b"source,target\n0,-1\n", "edges.csv:2: target -1 is no cell"),
    (b"source,target\n0,0.7\n", "edges.csv:2: target 0.7 is no cell"),
    (b"source,target\n0,nan\n", "edges.csv:2: target nan is no cell"),
], ids=range(13))
def test_csv_that_is_wrong(refuses, tmp_path, content, said):
    (tmp_path / "edges.csv").write_bytes(content)
    (tmp_path / "m.yaml").write_text(EDGES.replace("FILE", "edges.csv"))
    refuses("check", tmp_path / "m.yaml", parts=[said])


# Each names a key of a model, or an argument, by which a file is read.

def by_model(tmp_path, path):
    return [path]


def by_edges(tmp_path, path):
    (tmp_path / "m.yaml").write_text(EDGES.replace("FILE", str(path)))
    return ["check", tmp_path / "m.yaml"]


def by_spikes(tmp_path, path):
    (tmp_path / "m.yaml").write_text(MODEL.replace("KEYS", f"file: {path}"))
    return [tmp_path / "m.yaml", "-o", tmp_path / "out.h5"]


def by_samples(tmp_path, path):
    (tmp_path / "m.yaml").write_text(REGRESSION.replace("FILE", str(path)))
    return ["check", tmp_path / "m.yaml"]


READERS = {
    "model": (by_model, "m2.yaml"), "check": (lambda t, p: ["check", p], "m2.yaml"), "study": (lambda t, p: ["study", p], "s.yaml"),
    "edges.csv": (by_edges, "in.csv"), "edges.h5": (by_edges, "in.h5"), "spikes.csv": (by_spikes, "in.csv"),
    "spikes.h5": (by_spikes, "in.h5"), "samples": (by_samples, "in.h5"), "stats": (lambda t, p: ["stats", p], "in.h5"),
    "compare": (lambda t, p: ["compare", p], "in.h5"), "resume": (lambda t, p: ["--resume", p], "in.h5"),
    "energy": (lambda t, p: ["compare", "--energy", p, t / "none.h5"], "energy.yaml"),
}


@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_plain_file_is_refused(refuses, tmp_path, reader):
    make, name = READERS[reader]
    path = tmp_path / name
    os.mkfifo(path)
    refuses(*make(tmp_path, path), parts=[path, "it is a named pipe, and only plain files are read"])
    path.unlink()
    path.symlink_to("/dev/zero")
    refuses(*make(tmp_path, path), parts=[path, "it is a device, and only plain files are read"])
    path.unlink()
    path.mkdir()
    refuses(*make(tmp_path, path), parts=[path, " is a folder"])
    path.rmdir()
    path.symlink_to(path)
    refuses(*make(tmp_path, path), parts=[name])
    long = tmp_path / ("n" * 300 + path.suffix)
    refuses(*make(tmp_path, long), parts=["n" * 100])


@pytest.mark.parametrize("reader", [k for k in READERS if READERS[k][1].endswith(".h5")])
def test_hdf5_that_is_none_or_damaged(refuses, tmp_path, reader):
    make, name = READERS[reader]
    path = tmp_path / name
    path.write_bytes(b"no HDF5 at all" * 100)
    refuses(*make(tmp_path, path), parts=[path, "it is no HDF5 file"])
    with h5py.File(path, "w") as file:
        for k in range(200):
            file[f"a{k}"] = np.arange(100.0)
    whole = path.read_bytes()
    path.write_bytes(whole[:len(whole) // 2])
    refuses(*make(tmp_path, path), parts=[path, "it is cut off"])
    path.write_bytes(whole[:96] + b"\xff" * 2000 + whole[2096:])
    refuses(*make(tmp_path, path), parts=[path])


def claims(path, names, dtype=np.float64, rows=10**12, rank=1):
    with h5py.File(path, "w") as file:
        for name in names:
            file.create_dataset(name, (rows,) + (1,) * (rank - 1), dtype, chunks=(1024,) + (1,) * (rank - 1))


def test_sizes_that_are_only_claimed(refuses, tmp_path):
    path = tmp_path / "in.h5"
    said = "claims 1,000,000,000,000 values, but the file holds 0 bytes of them"
    claims(path, ["spikes/p/timestamps", "spikes/p/node_ids"])
    refuses(*by_spikes(tmp_path, path), parts=[path, "'spikes/p/timestamps'", said])
    claims(path, ["source", "target"])
    refuses(*by_edges(tmp_path, path), parts=[path, "'source'", said])
    claims(path, [f"{part}/{x}" for part in ("train", "test") for x in "xy"], rank=2)
    refuses(*by_samples(tmp_path, path), parts=[path, "'train/x'", said])


def test_packed_sizes_that_are_only_claimed(refuses, tmp_path):
    with h5py.File(tmp_path / "in.h5", "w") as file:
        for name in ("spikes/p/timestamps", "spikes/p/node_ids"):
            file.create_dataset(name, (10**12,), np.float64, chunks=(1024,), compression="gzip")[:1024] = 1.0
    refuses(*by_spikes(tmp_path, tmp_path / "in.h5"), parts=["in.h5", "'spikes/p/timestamps'", "claims 1,000,000,000,000 values"])


def test_a_run_file_that_claims_too_much(refuses, simulation_path, tmp_path):
    path = tmp_path / "in.h5"
    path.write_bytes(simulation_path.read_bytes())
    with h5py.File(path, "a") as file:
        del file["spikes/E/timestamps"], file["spikes/E/node_ids"]
        for name in ("timestamps", "node_ids"):
            file["spikes/E"].create_dataset(name, (10**12,), chunks=(1024,))
    refuses("stats", path, parts=[path, "'spikes/E/", "claims 1,000,000,000,000 values"])


def test_a_gzip_bomb_is_not_unpacked(refuses, data_folder, tmp_path):
    for file in data_folder.iterdir():
        (tmp_path / file.name).symlink_to(file)
    name = "train-images-idx3-ubyte"
    header = (tmp_path / name).read_bytes()[:16]
    (tmp_path / name).unlink()
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    with open(tmp_path / (name + ".gz"), "wb") as file:
        file.write(packer.compress(header))
        for _ in range(1000):
            file.write(packer.compress(bytes(1 << 20)))
        file.write(packer.flush())
    encode = ["encode", "-o", tmp_path / "out.h5", "--data-dir", tmp_path]
    refuses(*encode, parts=[name + ".gz", "and more follow: the file is too long"])
    # The same with a header that claims as much as there can be, in a file that cannot hold it.
    size = (1000000).to_bytes(4, "big")
    import gzip
    (tmp_path / (name + ".gz")).write_bytes(gzip.compress(header[:4] + size + header[8:]))
    refuses(*encode, parts=[name + ".gz", "the file is cut off or damaged"])
    (tmp_path / (name + ".gz")).unlink()
    os.mkfifo(tmp_path / name)
    refuses(*encode, parts=[name, "it is a named pipe"])


def test_a_model_that_is_too_large(refuses, tmp_path):
    path = tmp_path / "m.yaml"
    with open(path, "wb") as file:
        file.truncate(3 << 30)
    refuses(path, parts=[path, "is larger than 17 MB"])
    (tmp_path / "e.yaml").write_text("a: [" + "1, " * 1000000 + "1]\n")
    refuses(tmp_path / "e.yaml", parts=["e.yaml:1:", "too many values"])


@pytest.mark.parametrize("keys, said", [
    ("rate: 1e12 Hz", "m.yaml:7:48: rate (1e+12 Hz) is 1e+08 spikes in each dt and cell; at most 1e+06 are drawn (1e+10 Hz)"),
    ("rate: 1 Hz, times: [1 ms], rates: [1e15 Hz]", "rates (1e+15 Hz) is 1e+11 spikes"),
])
def test_a_rate_beyond_all_measure(refuses, tmp_path, keys, said):
    (tmp_path / "m.yaml").write_text(f"""name: m
dt: 0.1 ms
simulate: {{duration: 1 ms}}
populations:
  e: {{size: 3, model: iaf_psc_delta}}
stimuli:
  - {{to: e, kind: poisson, weight: 1 mV, {keys}}}
""")
    refuses("check", tmp_path / "m.yaml", parts=[said])


def test_the_largest_rate_is_drawn(snnsim, tmp_path):
    (tmp_path / "m.yaml").write_text("""name: m
dt: 0.1 ms
simulate: {duration: 0.5 ms}
populations: {e: {size: 3, model: iaf_psc_delta, v_th: 1e30 mV}}
stimuli: [{to: e, kind: poisson, weight: 1e-3 mV, rate: 1e10 Hz}]
record: [{population: e, what: v}]
""")
    snnsim(tmp_path / "m.yaml", "-o", tmp_path / "out.h5", "--progress", "none")
    with h5py.File(tmp_path / "out.h5") as out:
        v = out["state/e/v"][:]
    assert np.all(np.isfinite(v)) and np.all(v[-1] > v[0] + 100.0)


def test_a_run_file_with_ids_that_are_none(refuses, simulation_path, tmp_path):
    path = tmp_path / "in.h5"
    path.write_bytes(simulation_path.read_bytes())
    with h5py.File(path, "a") as file:
        ids = file["spikes/E/node_ids"][:].astype(np.int64)
        ids[7] = -1
        del file["spikes/E/node_ids"]
        file["spikes/E/node_ids"] = ids
    refuses("stats", path, parts=[path, "'spikes/E/node_ids'[7]: there is no cell -1"])


def test_a_checkpoint_of_other_cells(snnsim, refuses, tmp_path):
    (tmp_path / "m.yaml").write_text("""name: m
dt: 0.1 ms
simulate: {duration: 1000 s}
populations:
  s: {size: 100, model: poisson_source, rate: 500 Hz}
  e: {size: 10, model: iaf_psc_delta}
projections: [{from: s, to: e, connect: all_to_all, weight: 0.1 mV, delay: 20 ms}]
""")
    process = subprocess.Popen([os.environ["SNNSIM_BINARY"], tmp_path / "m.yaml", "-o", tmp_path / "a.h5", "--progress", "none",
                                "--checkpoint-every", "0.02"])
    checkpoint = tmp_path / "a.checkpoint.h5"
    while not checkpoint.exists() and process.poll() is None:
        pass
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    with h5py.File(checkpoint) as file:
        at = np.flatnonzero(file["recent/population"][:] == 0)[3]
    for name, value, said in (("cell", 100, f"'recent/cell'[{at}] is 100; 's' has 100"),
                              ("population", 2, f"'recent/population'[{at}] is 2"), ("step", 0, f"'recent/step'[{at}] is 0"),
                              ("cell", -1, f"'recent/cell'[{at}] is -1; it must be a whole number")):
        with h5py.File(checkpoint, "a") as file:
            good = file["recent/" + name][:]
            bad = good.astype(np.int64)
            bad[at] = value
            del file["recent/" + name]
            file["recent/" + name] = bad
        refuses("--resume", tmp_path / "a.h5", parts=[checkpoint, said])
        with h5py.File(checkpoint, "a") as file:
            del file["recent/" + name]
            file["recent/" + name] = good
