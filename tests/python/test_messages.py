"""Messages count in words as people do, and name what would be right."""

import os
import subprocess

import h5py
import numpy as np
import pytest

from conftest import PATIENCE, ROOT

HEAD = "name: m\ndt: 0.1 ms\nsimulate: {duration: 100 ms}\n"
PAIR = HEAD + "populations: {a: {model: iaf_psc_exp, size: 1}, b: {model: iaf_psc_exp, size: 2}}\n"


def say(folder, text, *arguments, command=("check",)):
    (folder / "m.yaml").write_text(text)
    return subprocess.run([os.environ["SNNSIM_BINARY"], *command, folder / "m.yaml", *map(str, arguments)], capture_output=True,
                          text=True, timeout=PATIENCE)


def projection(connect, ends="from: a, to: b"):
    return PAIR + f"projections: [{{{ends}, connect: {connect}, weight: 1 pA, delay: 1 ms}}]\n"


def stimulus(text, model="iaf_psc_exp"):
    return HEAD + f"populations: {{a: {{model: {model}, size: 1}}}}\nstimuli: [{{to: a, {text}}}]\n"


@pytest.mark.parametrize("text, told", [
    (projection("{rule: fixed_in_degree, n: 5, multapses: false}"), "'a' has only 1 source; write"),
    (projection("{rule: fixed_in_degree, n: 5, multapses: false, autapses: false}", "from: b, to: b"),
     "'b' has only 1 other source; write"),
    (projection("{rule: all_to_all, own: false}"), "'a' has 1 cell and 'b' has 2"),
    (stimulus("kind: steps, times: [1 ms], amplitudes: [1 pA, 2 pA]"), "times has 1 entry and amplitudes has 2"),
    (stimulus("kind: dc, amplitude: {values: [1 pA, 2 pA]}"), "amplitude has 2 values, but 'a' has 1 cell; write"),
    (PAIR.replace("size: 2", "size: 2, i_e: {values: [1 pA]}"), "i_e has 1 value, but 'b' has 2 cells; write"),
    (PAIR.replace("size: 2", "size: 2, i_e: {}"),
     "one of constant, uniform, normal, lognormal, exponential; or, for each cell, 'values', 'linspace' or 'file'"),
    (stimulus("kind: white_noise, sigma: 3", "izhikevich"), "or '1 sqrt(ms)' for cells whose current has no unit; found '3'"),
    (HEAD + "populations: {}\nrecord: [{population: cell, what: spikes}]\n", "there is no population 'cell'; there is none"),
])
def test_a_model_that_is_wrong(tmp_path, text, told):
    done = say(tmp_path, text)
    assert done.returncode == 2 and told in done.stderr, done.stderr


def test_what_the_message_on_white_noise_recommends_is_right(tmp_path):
    done = say(tmp_path, stimulus("kind: white_noise, sigma: 1 sqrt(ms)", "izhikevich"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("rows, told", [
    ("source,target\n0\n", "edges.csv:2: 1 value, but the header names 2 columns"),
    ("source\n0,1\n", "edges.csv:2: 2 values, but the header names 1 column"),
])
def test_a_list_of_synapses_that_is_wrong(tmp_path, rows, told):
    (tmp_path / "edges.csv").write_text(rows)
    done = say(tmp_path, projection("{rule: list, file: edges.csv}"))
    assert done.returncode != 0 and told in done.stderr, done.stderr


def test_data_sets_that_differ_in_length(tmp_path):
    with h5py.File(tmp_path / "edges.h5", "w") as file:
        file["source"], file["target"] = np.zeros(2, int), np.zeros(1, int)
    done = say(tmp_path, projection("{rule: list, file: edges.h5}"))
    assert done.returncode != 0 and "'target' has 1 row, but 'source' has 2" in done.stderr, done.stderr


def test_long_names_do_not_push_columns_out_of_line(snnsim, tmp_path):
    long = "a_population_with_a_name_of_many_letters"
    text = HEAD + (f"populations: {{a: {{model: regular_source, size: 2, rate: 50 Hz}}, {long}: {{model: regular_source, size: 1, "
                   f"rate: 50 Hz}}}}\nrecord: [{{population: a, what: spikes}}, {{population: {long}, what: spikes}}]\n")
    (tmp_path / "m.yaml").write_text(text)
    summary = snnsim(tmp_path / "m.yaml", "-o", tmp_path / "m.h5", "--progress", "none").stdout.splitlines()
    lines = [line for line in summary if line.endswith(" Hz")]
    assert len(lines) == 2 and len({len(line) for line in lines}) == 1, lines
    table = snnsim("stats", tmp_path / "m.h5").stdout.splitlines()[1:4]
    assert table[2].startswith(long) and len({len(line) for line in table}) == 1, table


def test_a_bad_cell_is_told_with_the_size_of_its_population(snnsim, tmp_path):
    (tmp_path / "m.yaml").write_text(HEAD + "populations: {a: {model: regular_source, size: 3, rate: 50 Hz}}\n"
                                     "record: [{population: a, what: spikes}]\n")
    snnsim(tmp_path / "m.yaml", "-o", tmp_path / "m.h5", "--progress", "none")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        file["spikes/a/node_ids"][0] = 2**32 - 1
    done = say(tmp_path, "", command=("stats", tmp_path / "m.h5"))
    assert done.returncode != 0 and "there is no cell 4294967295: there are 3, numbered from 0" in done.stderr, done.stderr


def test_equal_runs_have_no_spread(snnsim, tmp_path):
    """0.2 Hz three times: the sum of three times 0.2 divided by 3 is not 0.2 in floating point."""
    (tmp_path / "m.yaml").write_text("name: m\ndt: 1 ms\nsimulate: {duration: 5 s}\n"
                                     "populations: {a: {model: regular_source, size: 1, rate: 0.2 Hz}}\n"
                                     "record: [{population: a, what: spikes}]\n")
    (tmp_path / "s.yaml").write_text("name: s\nseeds: 1..3\nmodels: {m: {file: m.yaml}}\n")
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "study", tmp_path / "s.yaml", "-o", tmp_path / "out", "--progress", "none"],
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out" / "study.md").read_text()
    assert "0.2 +- 0 " in text and "e-1" not in text, text


def test_help_of_compare_tells_what_force_overwrites(snnsim):
    text = " ".join(snnsim("compare", "--help").stdout.split())
    assert "--force overwrite an older table (-o) and existing run files, and no other kind of file" in text


def test_little_memory_is_told_in_bytes(tmp_path):
    text = HEAD + "populations: {a: {model: regular_source, size: 1, rate: 50 Hz}}\nrecord: [{population: a, what: rate, interval: 10 ms}]\n"
    done = say(tmp_path, text)
    assert done.returncode == 0 and " bytes" in done.stdout and " 0 kB" not in done.stdout, done.stdout
