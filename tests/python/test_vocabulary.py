"""Words of trainings and simulations: the table of the reference, and errors that know the other side."""

import os
import re
import subprocess

import pytest

from conftest import PATIENCE

TRAINING = """name: t
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, duration: 10 ms}}
populations:
  input: {size: 784, model: spike_source}
  output: {size: 10, model: leaky_readout}
projections: [{from: input, to: output}]
"""
SIMULATION = """name: s
dt: 1 ms
simulate: {duration: 10 ms}
populations: {a: {size: 2, model: iaf_psc_exp}, b: {size: 2, model: poisson_source, rate: 1 Hz}}
projections: [{from: b, to: a, connect: all_to_all, weight: 1 pA, delay: 1 ms}]
stimuli: [{to: a, kind: dc, amplitude: 1 pA}]
record: [{population: a, what: spikes}]
"""


@pytest.fixture(scope="module")
def reference(snnsim):
    return snnsim("reference").stdout


def table(reference):
    rows = {}
    for line in reference.split("\n# Vocabulary\n")[1].splitlines():
        match = re.fullmatch(r"\| `([^`]+)` \| (.*) \| (.*) \|", line)
        if match:
            rows[match[1]] = match[2], match[3]
    return rows


def words(part):
    """What the headings and the key tables of one half of the reference name."""
    named = set(re.findall(r"^### (\S+)$", part, re.M))
    for body in re.findall(r"\| key \| value \| default \| meaning \|\n\|---\|---\|---\|---\|\n((?:\|.*\n)*)", part):
        named |= set(re.findall(r"^\| `([^`]+)`", body, re.M))
    return named


def test_only_what_may_differ_is_said_to_take_a_distribution(reference):
    """The checks want single values of all other stimuli, and of the bounds of plasticity."""
    kinds = reference.split("\n## Stimuli\n")[1].split("\n## ")[0].split("\n### ")[1:]
    assert [k.splitlines()[0] for k in kinds if "or distribution" in k] == ["dc"]
    plastic = [part for part in reference.split("\n## ") if part.startswith("projections[].plasticity")]
    assert len(plastic) > 4 and not any("or distribution" in part for part in plastic)
    assert "| `w_max` | quantity | required |" in reference and "| `delay` | quantity in ms, or distribution |" in reference


def test_the_table_has_every_word_of_both_halves(reference):
    rows = table(reference)
    before, simulation = reference.split("\n# Vocabulary\n")[0].split("\n# Simulation\n")
    simulation, models = simulation.split("\n# Models\n")
    training = before.split("\n# Training\n")[1]
    assert len(words(training)) > 60 and len(words(simulation)) > 90
    sides = re.findall(r"^\| `(\S+)` \| (yes|-) \| (yes|-) \|", models, re.M)
    assert len(sides) > 16 and {name for name, _, _ in sides} <= words(models)
    for name, *is_there in sides:
        for column in (0, 1):
            kinds = [meaning.split(" of ")[0] for meaning in rows[name][column].split("; ")]
            assert ("model" in kinds) == (is_there[column] == "yes"), name
    for column, part in enumerate((training, simulation)):
        missing = [word for word in words(part) if word not in rows or rows[word][column].startswith("-")]
        assert not missing
        other = [word for word, row in rows.items() if row[1 - column].startswith("-") and row[column].startswith("-")]
        assert not other
    assert rows["iaf_cond_exp"][0] == "- (cuba_lif)" and rows["lr"][1] == "- (the amplitudes of a plasticity rule)"


def told(tmp_path, text):
    if "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    (tmp_path / "m.yaml").write_text(text)
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "check", tmp_path / "m.yaml"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2, done.stdout
    return done.stderr


@pytest.mark.parametrize("text, change, message", [
    (SIMULATION, ("iaf_psc_exp", "relu"), "unknown model 'relu'; relu is a model of trainings"),
    (SIMULATION, ("delay: 1 ms", "trainable: true"), "trainable is a key of populations, projections, bias of trainings; here `plasticity`"),
    (SIMULATION, ("stimuli:", "train: {epochs: 2}\nstimuli:"), "train is a key of the file of trainings; here `plasticity`"),
    (SIMULATION, ("weight: 1 pA", "weight: {distribution: kaiming_uniform}"), "rule of initial weights of trainings; here uniform"),
    (SIMULATION, ("kind: dc, amplitude: 1 pA", "kind: latency"), "latency is an encoder of trainings"),
    (SIMULATION, ("size: 2, model: iaf", "size: 2, beta1: 3, model: iaf"), "beta1 is a parameter of adam"),
    (TRAINING, ("leaky_readout", "iaf_cond_exp"), "iaf_cond_exp is a model of simulations; here cuba_lif"),
    (TRAINING, ("model: spike_source", "model: poisson_source"), "poisson_source is a model of simulations; here spike_source, with the encoder poisson"),
    (TRAINING, ("to: output", "to: output, plasticity: {rule: stdp}"), "plasticity is a key of projections of simulations; here `train`"),
    (TRAINING, ("model: leaky_readout", "model: leaky_readout, delta_t: 2 mV"), "delta_t is a parameter of aeif_cond_exp"),
    (TRAINING, ("to: output}]", "to: output}]\nrecord: [{population: output, what: rate}]"), "rate is a record of simulations"),
    # What is only misspelt is still told.
    (TRAINING, ("leaky_readout", "leaky_readuot"), "did you mean 'leaky_readout'?"),
])
def test_errors_know_the_other_side(tmp_path, text, change, message):
    assert change[0] in text
    assert message in told(tmp_path, text.replace(*change))
