"""Weights arrive as the model says, however small beside others; values drawn are those of their distribution."""

import os
import subprocess

import h5py
import numpy as np
import pytest

STEP_MS = 0.1


def refused(*arguments):
    """What the program says of a model that it does not take."""
    binary = os.environ.get("SNNSIM_BINARY")
    if not binary:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 2, done.stdout + done.stderr
    return done.stderr


def arrived(snnsim, folder, pairs, cells, projection="", more=""):
    """What reaches each of some cells that integrate without a leak, of one spike of each source."""
    sources = 1 + max(source for source, _, _ in pairs)
    (folder / "edges.csv").write_text("source,target,weight\n" + "".join(f"{s},{t},{w!r}\n" for s, t, w in pairs))
    (folder / "spikes.txt").write_text("".join(f"1 {s}\n" for s in range(sources)))
    (folder / "m.yaml").write_text(f"""name: m
dt: {STEP_MS} ms
simulate: {{duration: 3 ms}}
populations:
  s: {{size: {sources}, model: spike_source, file: spikes.txt}}
  c: {{size: {cells}, model: iaf_psc_delta, tau_m: 1e9 ms, v_th: 1e9 mV}}
projections:
  - {{from: s, to: c, connect: {{rule: list, file: edges.csv}}, delay: 0.1 ms{projection}}}
{more}record: [{{population: c, what: input}}]
""")
    run = folder / "m.h5"
    snnsim(folder / "m.yaml", "-o", run, "--force", "--progress", "none")
    with h5py.File(run) as file:
        return file["state/c/input"][:].astype(np.float64).sum(axis=0)


@pytest.mark.parametrize("weights", [[100.0, 0.001], [100.0] * 10 + [0.01] * 10, [1e4, 0.37, -0.011], [-5.0, 3e-5]])
def test_each_weight_of_a_list_arrives(snnsim, tmp_path, weights):
    pairs = [(k, k, w) for k, w in enumerate(weights)]
    got = arrived(snnsim, tmp_path, pairs, len(weights))
    np.testing.assert_allclose(got, weights, rtol=0.005)


@pytest.mark.parametrize("projection", [
    ", plasticity: {rule: stdp, w_max: 100 mV, learning_rate: 0}",
    ", short_term: {u_0: 1, tau_rec: 100 ms}",
    ", release: {p: 1}",
])
def test_so_do_those_of_synapses_that_change(snnsim, tmp_path, projection):
    weights = [100.0, 0.001, 3.0]
    got = arrived(snnsim, tmp_path, [(k, k, w) for k, w in enumerate(weights)], 3, projection)
    np.testing.assert_allclose(got, weights, rtol=0.005)


def test_the_share_that_is_released_arrives_too(snnsim, tmp_path):
    """Beside a weight that alone would leave it less than one coarse step."""
    pairs = [(0, 0, 0.1), (1, 1, 0.5)]
    more = """  - {from: s, to: c, name: large, connect: one_to_one, weight: 100 mV, delay: 1 ms}
"""
    got = arrived(snnsim, tmp_path, pairs, 2, ", short_term: {u_0: 0.02, tau_rec: 100 ms}", more)
    np.testing.assert_allclose(got - 100.0, [0.002, 0.01], rtol=0.005)


@pytest.mark.parametrize("weight_bits", ["", ", weight_bits: 16", ", weight_bits: 32"])
def test_what_would_be_lost_is_refused(tmp_path, weight_bits):
    (tmp_path / "edges.csv").write_text("source,target,weight\n0,0,100\n1,1,1e-9\n")
    (tmp_path / "m.yaml").write_text(f"""name: m
dt: 0.1 ms
simulate: {{duration: 2 ms}}
populations:
  s: {{size: 2, model: poisson_source, rate: 1 Hz}}
  c: {{size: 2, model: iaf_psc_delta}}
projections:
  - {{from: s, to: c, connect: {{rule: list, file: edges.csv}}{weight_bits}}}
""")
    for command in (["check"], ["run", "-o", tmp_path / "x.h5"]):
        said = refused(*command, tmp_path / "m.yaml")
        assert "m.yaml:8:5: the weight 1e-09 of the synapse 1 to 1 in edges.csv becomes 0: weights into 'c' have steps of" in said


def firing_thresholds(snnsim, folder, v_th, cells=20000):
    """Cells that lie at 500 mV at first fire at once, whatever their threshold below."""
    (folder / "t.yaml").write_text(f"""name: t
dt: 0.1 ms
simulate: {{duration: 1 ms}}
populations:
  b: {{size: {cells}, model: iaf_psc_delta, tau_m: 1e9 ms, t_ref: 10 ms, initial: {{v: 500 mV}},
      v_th: {v_th}}}
record: [{{population: b, what: spikes}}]
""")
    snnsim(folder / "t.yaml", "-o", folder / "t.h5", "--force", "--progress", "none")
    with h5py.File(folder / "t.h5") as file:
        return len(np.unique(file["spikes/b/node_ids"][:]))


@pytest.mark.parametrize("low", [3, 4, 5, 5.5, 8, 12])
def test_no_threshold_beyond_a_bound_is_infinite(snnsim, tmp_path, low):
    v_th = f"{{distribution: normal, mean: 0 mV, std: 1 mV, low: {low} mV}}"
    assert firing_thresholds(snnsim, tmp_path, v_th) == 20000


def test_initial_values_and_weights_beyond_a_bound(snnsim, tmp_path):
    """Of a standard normal distribution above 5 the mean is 5.18650, the standard deviation 0.18082."""
    (tmp_path / "t.yaml").write_text("""name: t
dt: 0.1 ms
simulate: {duration: 1 ms}
populations:
  s: {size: 20000, model: spike_source, file: spikes.txt}
  b: {size: 20000, model: iaf_psc_delta, tau_m: 1e9 ms, e_l: 0 mV, v_th: 1e3 mV,
      initial: {v: {distribution: normal, mean: 0 mV, std: 1 mV, low: 5 mV}}}
projections:
  - {from: s, to: b, connect: one_to_one, delay: 0.1 ms,
     weight: {distribution: normal, mean: 0 mV, std: 1 mV, high: -5 mV}}
record: [{population: b, what: v, interval: 0.1 ms}, {population: b, what: input, interval: 1 ms}]
""")
    (tmp_path / "spikes.txt").write_text("".join(f"0.5 {k}\n" for k in range(20000)))
    snnsim(tmp_path / "t.yaml", "-o", tmp_path / "t.h5", "--progress", "none")
    with h5py.File(tmp_path / "t.h5") as file:
        for values in (file["state/b/v"][0], -file["state/b/input"][0]):
            assert np.isfinite(values).all() and values.min() >= 4.99
            assert abs(values.mean() - 5.18650) < 4 * 0.18082 / np.sqrt(20000) + 0.002
            assert abs(values.std() - 0.18082) < 0.01
