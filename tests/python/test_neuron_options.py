"""Every combination of options of the trained neuron models, as a run file shows it, against the equations in numpy."""
import itertools

import h5py
import numpy as np
import pytest

X = np.array([0.11, 0.37, 0.71, 1.0, 1.93, 4.3])  # one a sample: silent, now and then, at every step
STEPS, DT, WEIGHT = 24, 0.5, 0.3
RESETS, MOMENTS, INTEGRATIONS = ("subtract", "zero", "none"), ("same_step", "next_step"), ("exact", "euler")
ACTIVATIONS = {"identity": lambda z: z, "relu": lambda z: np.maximum(z, 0), "tanh": np.tanh}


def beta_of(tau, integration="exact"):
    return np.exp(-DT / tau) if integration == "exact" else 1 - DT / tau


def after(reset, u, s, v_th):
    return u - v_th * s if reset == "subtract" else u * (1 - s) if reset == "zero" else u


def lif(reset, reset_at, integration, scale_input):
    beta, v_th = beta_of(2.5, integration), 0.21 if scale_input == "true" else 1.0
    gain = 1 - beta if scale_input == "true" else 1.0
    v = s = np.zeros_like(X)
    for _ in range(STEPS):
        if reset_at == "next_step":  # snnTorch: to zero before the decay, by subtraction after it
            u = beta * (v * (1 - s) if reset == "zero" else v) + gain * WEIGHT * X
            u = u - v_th * s if reset == "subtract" else u
            s = (u >= v_th) * 1.0
            v = u
        else:
            u = beta * v + gain * WEIGHT * X
            s = (u >= v_th) * 1.0
            v = after(reset, u, s, v_th)
        yield u - v_th, v, s


def cuba_lif(reset, integration):
    beta_m, beta_s, v_th = beta_of(5.0, integration), beta_of(2.0, integration), 0.41
    v = i = np.zeros_like(X)
    for _ in range(STEPS):
        u = beta_m * v + (1 - beta_m) * (0.05 + i)
        s = (u >= v_th) * 1.0
        v, i = after(reset, u, s, v_th), beta_s * i + WEIGHT * X
        yield u - v_th, v, s


def adaptive_lif(reset):
    v = a = np.zeros_like(X)
    for _ in range(STEPS):
        u = beta_of(2.5) * v + WEIGHT * X
        threshold = 1.0 + 1.8 * a
        s = (u >= threshold) * 1.0
        v, a = after(reset, u, s, 1.0), beta_of(8.0) * a + (1 - beta_of(8.0)) * s
        yield u - threshold, v, s


def vsn(activation):
    v, z = np.zeros_like(X), WEIGHT * X
    for _ in range(STEPS):
        u = 0.8 * v + z
        s = (u >= 1.0) * 1.0
        v = u * (1 - s)
        yield u - 1.0, v, s * ACTIVATIONS[activation](z)


def cases():
    """name, what stands in the model file, equations"""
    for reset, at, integration, scale in itertools.product(RESETS, MOMENTS, INTEGRATIONS, ("false", "true")):
        yield (f"lif_{reset}_{at}_{integration}_{scale}",
               f"model: lif, tau_m: 2.5 ms, v_th: {0.21 if scale == 'true' else 1.0}, reset: {reset}, reset_at: {at}, "
               f"integration: {integration}, scale_input: {scale}", lif(reset, at, integration, scale))
    for reset, integration in itertools.product(RESETS, INTEGRATIONS):
        yield (f"cuba_{reset}_{integration}",
               f"model: cuba_lif, tau_m: 5 ms, tau_s: 2 ms, v_th: 0.41, v_leak: 0.05, reset: {reset}, "
               f"integration: {integration}", cuba_lif(reset, integration))
    for reset in RESETS:
        yield (f"adaptive_{reset}", f"model: adaptive_lif, tau_m: 2.5 ms, tau_a: 8 ms, reset: {reset}", adaptive_lif(reset))
    for activation in ACTIVATIONS:
        yield f"vsn_{activation}", f"model: vsn, beta: 0.8, activation: {activation}", vsn(activation)


@pytest.fixture(scope="module")
def recorded(snnsim, tmp_path_factory):
    """One run with a population for each combination."""
    folder = tmp_path_factory.mktemp("options")
    with h5py.File(folder / "x.h5", "w") as file:
        for group in ("train", "test"):
            file[f"{group}/x"], file[f"{group}/y"] = X[:, None], np.ones((len(X), 1))
    lines = ["name: options", f"dt: {DT} ms",
             f"data: {{set: file, file: x.h5, encode: {{scheme: direct, duration: {STEPS * DT} ms}}}}", "populations:",
             "  input: {size: 1, model: spike_source}", "  output: {size: 1, model: leaky_readout, scale_input: true}"]
    lines += [f"  {name}: {{size: 1, {keys}}}" for name, keys, _ in cases()] + ["projections:"]
    for name, _, _ in cases():
        lines += [f"  - {{from: input, to: {name}, weight: {{init: constant, value: {WEIGHT}}}}}",
                  f"  - {{from: {name}, to: output, weight: {{init: constant, value: 1}}}}"]
    lines += ["test: {}", "record:", f"  - {{population: output, what: v, samples: {len(X)}}}"]
    for name, _, _ in cases():
        lines += [f"  - {{population: {name}, what: {what}, samples: {len(X)}}}" for what in ("v", "spikes")]
    (folder / "m.yaml").write_text("\n".join(lines) + "\n")
    snnsim(folder / "m.yaml", "-o", folder / "a.h5", "--backend", "cpu")
    with h5py.File(folder / "a.h5") as run:
        yield run


@pytest.mark.parametrize("name, equations", [(name, equations) for name, _, equations in cases()],
                         ids=[name for name, _, _ in cases()])
def test_equations(recorded, name, equations):
    distance, v, sent = (np.array(x) for x in zip(*equations))
    assert abs(distance).min() > 1e-5, "rounding may decide a spike: take other inputs"
    have = recorded[f"state/{name}/v"]
    np.testing.assert_allclose(have[:].reshape(len(X), STEPS), v.T, rtol=1e-5, atol=2e-6)
    late = "next_step" in name
    assert have.attrs["shows"] == "at the end of each step, " + (
        "before the reset, which comes in the next step" if late else "after the reset of a spike in it")
    spikes = recorded[f"spikes/{name}"]
    step = np.round(spikes["timestamps"][:] / DT).astype(int) - 1 - spikes["trial"][:] * STEPS
    found = np.zeros((len(X), STEPS))
    found[spikes["trial"][:], step] = 1
    np.testing.assert_array_equal(found, (sent != 0).T)
    assert 0 < found.sum() < found.size


def test_a_readout_sums_what_all_of_them_send(recorded):
    sent = sum(np.array([s for _, _, s in equations]) for _, _, equations in cases())
    v, expected = np.zeros(len(X)), []
    for row in sent:
        v = np.exp(-DT / 20) * v + (1 - np.exp(-DT / 20)) * row
        expected.append(v)
    np.testing.assert_allclose(recorded["state/output/v"][:].reshape(len(X), STEPS), np.array(expected).T, rtol=1e-5)
    assert recorded["state/output/v"].attrs["shows"] == "at the end of each step"


def test_snntorch_shows_what_crossed_the_threshold(snnsim, tmp_path):
    """snnTorch 1.0.0, Leaky(beta, reset_mechanism="zero"), 0.3 a step: spikes in steps 5 and 10, mem 1.046 in step 5."""
    with h5py.File(tmp_path / "one.h5", "w") as file:
        for name in ("train/x", "train/y", "test/x", "test/y"):
            file[name] = np.ones((2, 1))
    (tmp_path / "m.yaml").write_text("""name: one
dt: 1 ms
data: {set: file, file: one.h5, encode: {scheme: direct, duration: 12 ms}}
populations:
  input: {size: 1, model: spike_source}
  h: {size: 1, model: lif, tau_m: 5 ms, v_th: 1.0, reset: zero, reset_at: next_step}
  o: {size: 1, model: leaky_readout}
projections:
  - {from: input, to: h, connect: all_to_all, weight: {init: constant, value: 0.3}}
  - {from: h, to: o, connect: all_to_all, weight: {init: constant, value: 1}}
test: {}
record: [{population: h, what: v, samples: 1}, {population: h, what: spikes, samples: 1}]
""")
    snnsim(tmp_path / "m.yaml", "-o", tmp_path / "a.h5", "--backend", "cpu")
    beta, mem, expected = np.exp(-1 / 5), 0.0, []
    for _ in range(12):
        reset = float(mem > 1)
        mem = beta * (1 - reset) * mem + 0.3
        expected.append(mem)
    with h5py.File(tmp_path / "a.h5") as run:
        assert list(run["spikes/h/timestamps"][:]) == [5, 10]
        np.testing.assert_allclose(run["state/h/v"][:, 0], expected, rtol=1e-6)
        assert run["state/h/v"][4, 0] == pytest.approx(1.0462, abs=1e-4)
