"""Tables of the program as CSV: RFC 4180, read back with pandas where it is installed, and with the csv module."""

import csv
import json

import h5py
import numpy as np
import pytest

from conftest import MODEL, OVERRIDES

TINY = "name: tiny\nsource: a guess, with a comma\nfloat: {mac: 3.33333e-12 pJ, ac: 1.11111e-12 pJ, read: 1e-13 pJ, write: 1e-13 pJ}\n"
SPIKING = """name: net
dt: 1 ms
simulate: {duration: 100 ms}
populations: {a: {model: poisson_source, size: 10, rate: 200 Hz}, b: {model: poisson_source, size: 5, rate: 50 Hz}}
record: [{population: a, what: spikes}]
"""


def read_csv(path):
    """A list of {name: text}; every row has a value for every name, as in RFC 4180."""
    raw = path.read_bytes()
    assert raw.endswith(b"\r\n") and raw.count(b"\n") == raw.count(b"\r\n")
    rows = list(csv.reader(path.open(newline=""), strict=True))
    assert len(rows) > 1 and {len(row) for row in rows} == {len(rows[0])} and len(set(rows[0])) == len(rows[0])
    table = [dict(zip(rows[0], row)) for row in rows[1:]]
    try:
        import pandas
    except ImportError:
        return table
    frame = pandas.read_csv(path, dtype=str, keep_default_na=False)
    assert frame.to_dict("records") == table
    return table


def significant_digits(text):
    return len(text.split("e")[0].replace(".", "").replace("-", "").lstrip("0"))


def compare(snnsim, run_path, tmp_path, *more):
    done = snnsim("compare", run_path, "-o", tmp_path / "t.csv", "--force", *more)
    row, = read_csv(tmp_path / "t.csv")
    return row, done.stdout


def test_compare(snnsim, run_path, run, tmp_path):
    row, _ = compare(snnsim, run_path, tmp_path)
    for name, text in row.items():
        if name in ("model", "device", "synaptic precision") or name.endswith((", parts", ", notes")):
            continue
        assert text == "" or np.isfinite(float(text)), name
    assert row["energy, notes"] == "" and "PUE 1.58" in row["measured energy, notes"]
    assert row["model"] == "mnist_lif" and row["device"] == run.attrs["device"]
    assert float(row["test accuracy [%]"]) == pytest.approx(100 * run["test"].attrs["accuracy"], abs=0.005)
    assert row["test error (relative L2)"] == ""
    macs = sum(g.attrs["forward_macs" if "forward_macs" in g.attrs else "macs"] for g in run["energy/train/forward"].values())
    assert float(row["training, forward MACs / sample"]) == pytest.approx(macs / run["energy/train"].attrs["samples"], abs=0.5)


def test_runs_of_one_model_can_be_told_apart(snnsim, run_path, tmp_path):
    other = tmp_path / "other.h5"
    other.write_bytes(run_path.read_bytes())
    done = snnsim("compare", run_path, other, "-o", tmp_path / "t.csv")
    names = [row["model"] for row in read_csv(tmp_path / "t.csv")]
    assert names == [f"mnist_lif ({run_path})", f"mnist_lif ({other})"]
    assert done.stdout.startswith(f"| | {names[0]} | {names[1]} |")


def test_energies_keep_three_digits(snnsim, run_path, run, tmp_path):
    (tmp_path / "tiny.yaml").write_text(TINY)
    row, table = compare(snnsim, run_path, tmp_path, "--energy", tmp_path / "tiny.yaml")
    counts = run["energy/test"]
    joule = sum(3.33333e-12 * g.attrs["macs"] + 1.11111e-12 * g.attrs["acs"] for g in counts["forward"].values())
    wanted = 1e-6 * joule / counts.attrs["samples"]  # uJ, of pJ
    assert 0 < wanted < 1e-9
    assert float(row["energy / image [uJ]"]) == pytest.approx(wanted, rel=5e-3)
    shown = [text for name, text in row.items() if name.startswith("energy") and text]
    assert len(shown) == 5 and all(float(text) > 0 and significant_digits(text) >= 3 for text in shown), shown
    assert f"| energy / image [uJ] | {row['energy / image [uJ]']} |" in table
    big, _ = compare(snnsim, run_path, tmp_path)
    for name, text in big.items():
        if name.startswith("energy") and text:
            assert significant_digits(text) >= 3, (name, text)


def test_energies_that_are_not_known_have_no_text(snnsim, run_path, tmp_path):
    (tmp_path / "some.yaml").write_text("name: some\nsource: a guess\nfloat: {mac: 3 pJ}\n")
    row, table = compare(snnsim, run_path, tmp_path, "--energy", tmp_path / "some.yaml")
    assert "| energy / image [uJ] | - |" in table
    assert row["energy / image [uJ]"] == "" and row["energy in all [uJ]"] == ""
    assert row["energy, notes"] == "the energy model has no value for an operation that occurred"


def test_the_summary_keeps_three_digits(snnsim, data_folder, tmp_path):
    (tmp_path / "tiny.yaml").write_text(TINY)
    settings = [part for override in OVERRIDES for part in ("--set", override)]
    done = snnsim(MODEL, *settings, "--backend", "cpu", "--data-dir", data_folder, "-o", tmp_path / "a.h5", "--energy",
                  tmp_path / "tiny.yaml")
    line = next(line for line in done.stdout.splitlines() if line.startswith("per image: "))
    shown = [word for word, unit in zip(line.split(), line.split()[1:]) if unit == "uJ"]
    assert len(shown) == 2 and all(float(text) > 0 and significant_digits(text) >= 3 for text in shown), line


def test_stats(snnsim, tmp_path):
    (tmp_path / "net, the first.yaml").write_text(SPIKING)
    out = tmp_path / 'run, "quoted".h5'
    snnsim(tmp_path / "net, the first.yaml", "-o", out)
    snnsim("stats", out, "-o", tmp_path / "s.csv")
    a, b = read_csv(tmp_path / "s.csv")
    numbers = json.loads(snnsim("stats", out, "--json").stdout)["populations"]
    assert a["run"] == str(out) and (a["population"], b["population"]) == ("a", "b")
    assert float(a["rate_hz"]) == numbers["a"]["rate_hz"] and float(a["cv_isi"]) == numbers["a"]["cv_isi"]
    assert b["rate_hz"] == "" and float(b["counted_rate_hz"]) == numbers["b"]["counted_rate_hz"]
    snnsim(tmp_path / "net, the first.yaml", "--seeds", "1..3", "-o", tmp_path / "n.h5")
    files = [tmp_path / f"n_seed{k}.h5" for k in (1, 2, 3)]
    snnsim("stats", *files, "-o", tmp_path / "n.csv")
    rows = read_csv(tmp_path / "n.csv")
    assert [(r["seed"], r["population"]) for r in rows] == [(s, p) for s in "123" for p in "ab"]


def study(snnsim, tmp_path, text, *more):
    (tmp_path / "net.yaml").write_text(SPIKING)
    (tmp_path / "study.yaml").write_text(text)
    return snnsim("study", tmp_path / "study.yaml", "-o", tmp_path / "out", *more)


def test_study_of_awkward_settings(snnsim, tmp_path):
    study(snnsim, tmp_path, """name: s
seeds: 1
models:
  net:
    file: net.yaml
    grid: {"record": [[{population: a, what: spikes}, {population: b, what: spikes}], [{population: a, what: spikes}]]}
""")
    rows = read_csv(tmp_path / "out" / "study.csv")
    assert [row["record"] for row in rows] == ["[{population: a, what: spikes}, {population: b, what: spikes}]",
                                               "[{population: a, what: spikes}]"]
    assert rows[0]["b.rate_hz"] != "" and rows[1]["b.rate_hz"] == ""
    assert rows[0]["b.counted_rate_hz"] == rows[1]["b.counted_rate_hz"]


def test_settings_can_be_told_apart(snnsim, tmp_path):
    study(snnsim, tmp_path, """name: s
seeds: 1
models:
  net: {file: net.yaml, grid: {populations.a.size: [4, 8], populations.b.size: [4, 8], dt: [1 ms, 0.5 ms]}}
""")
    rows = read_csv(tmp_path / "out" / "study.csv")
    labels = [row["setting"] for row in rows]
    assert len(set(labels)) == 8 and labels[0] == "a.size=4 b.size=4 dt=1 ms" and labels[-1] == "a.size=8 b.size=8 dt=0.5 ms"
    for row in rows:
        assert row["setting"] == f"a.size={row['populations.a.size']} b.size={row['populations.b.size']} dt={row['dt']}"
        with h5py.File(tmp_path / "out" / row["file"]) as run:
            assert run["network/a"].attrs["size"] == int(row["populations.a.size"])
            assert run["network/b"].attrs["size"] == int(row["populations.b.size"])
