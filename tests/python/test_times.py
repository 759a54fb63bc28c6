"""Times on the grid, noise whatever the step, regular trains of any rate, and what is warned of."""

import h5py
import numpy as np
import pytest

HEAD = "name: {name}\ndt: {dt} ms\nsimulate: {{duration: {duration} ms}}\n"


def write(folder, name, text, dt=0.1, duration=1000):
    name = name.replace(".", "_")
    path = folder / f"{name}.yaml"
    path.write_text(HEAD.format(name=name, dt=dt, duration=duration) + text)
    return path


def simulated(snnsim, model, *arguments):
    out = model.with_suffix(".h5")
    done = snnsim(model, "-o", out, "--force", "--progress", "none", *arguments)
    return h5py.File(out, "r"), done.stdout + done.stderr


def rounded(times, dt):
    """The nearest step, halves up, reckoned in whole numbers of 1e-9 dt."""
    return np.array([(2 * round(t / dt * 1e9) + 10**9) // (2 * 10**9) for t in np.atleast_1d(times)])


def test_spikes_in_the_middle_of_steps_stay_apart(snnsim, tmp_path):
    times = [0.05 + 0.1 * k for k in range(200)]
    (tmp_path / "ties.txt").write_text("".join(f"{t:.2f} 0\n" for t in times))
    model = write(tmp_path, "ties", "populations: {s: {size: 1, model: spike_source, file: ties.txt}}\n"
                  "record: [{population: s, what: spikes}]\n", duration=30)
    run, said = simulated(snnsim, model)
    with run:
        np.testing.assert_allclose(run["spikes/s/timestamps"][:], 0.1 * np.arange(1, 201), atol=1e-9)
        warnings = [str(w) for w in run.attrs["warnings"]]
    assert any("200 of 200 spikes of ties.txt lie between two steps" in w for w in warnings)
    assert "warning: " in said and "ties.yaml:4:" in said


def test_delays_and_starts_go_to_the_nearest_step_halves_up(snnsim, tmp_path):
    delays = [0.1, 0.14, 0.15, 0.24, 0.25, 0.3, 0.35, 0.45, 1.05, 2.449]
    text = "populations:\n  s: {size: 1, model: regular_source, rate: 1 Hz, first: 1 ms}\n"
    for k in range(len(delays)):
        text += f"  c{k}: {{size: 1, model: iaf_psc_delta, v_th: 1000 mV}}\n"
    text += "projections:\n" + "".join(
        f"  - {{from: s, to: c{k}, connect: all_to_all, weight: 1 mV, delay: {d} ms}}\n" for k, d in enumerate(delays))
    text += "record:\n" + "".join(f"  - {{population: c{k}, what: input}}\n" for k in range(len(delays)))
    model = write(tmp_path, "delays", text, duration=10)
    run, said = simulated(snnsim, model)
    with run:
        for k, delay in enumerate(delays):
            step = np.flatnonzero(run[f"state/c{k}/input"][:, 0])[0] + 1
            assert step == 10 + rounded(delay, 0.1)[0], delay
    assert said.count("is no whole number of dt") == 8
    assert snnsim("check", model).stdout.count("warning: ") == 8


@pytest.mark.parametrize("t_ref, steps", [("0.25 ms", 3), ("0.35 ms", 4), ("0.3 ms", 3), ("0 ms", 0)])
def test_refractory_periods(snnsim, tmp_path, t_ref, steps):
    # So strong a current that a cell fires in every step in which it may.
    model = write(tmp_path, "refractory", "populations:\n  c: {size: 1, model: iaf_psc_exp, i_e: 1000000 pA, t_ref: "
                  f"{t_ref}}}\nrecord: [{{population: c, what: spikes}}]\n", duration=10)
    run, _ = simulated(snnsim, model)
    with run:
        intervals = np.diff(run["spikes/c/timestamps"][:])
    np.testing.assert_allclose(intervals, 0.1 * (steps + 1), atol=1e-9)


NOISE = """populations: {{c: {{size: 400, model: iaf_psc_exp, v_th: 1000 mV, c_m: 250 pF, tau_m: 10 ms}}}}
stimuli: [{{to: c, {keys}}}]
record: [{{population: c, what: v, interval: 20 ms}}]
"""


def sd_of_v(snnsim, folder, keys, dt, name):
    model = write(folder, name, NOISE.format(keys=keys), dt=dt, duration=2100)
    run, _ = simulated(snnsim, model)
    with run:
        v = run["state/c/v"][5:]  # 100 values of 400 cells, apart by two time constants
    return v.std()


def held_noise(std, interval, tau=10.0, c=250.0):
    """Of v at the ends of intervals: a sum of exponentially weighted independent values."""
    a = np.exp(-interval / tau)
    return std * tau / c * (1 - a) / np.sqrt(1 - a * a)


@pytest.mark.parametrize("keys, interval", [("kind: noise, std: 100 pA", 1.0),
                                            ("kind: noise, std: 100 pA, interval: 5 ms", 5.0)])
def test_noise_does_not_depend_on_dt(snnsim, tmp_path, keys, interval):
    # 40,000 nearly independent values: the sd of an sd is 0.4 %.
    for dt in (1, 0.5, 0.1):
        assert sd_of_v(snnsim, tmp_path, keys, dt, f"n{dt}") == pytest.approx(held_noise(100, interval), rel=0.02)


def test_nests_figures_of_noise():
    assert held_noise(100, 1.0) == pytest.approx(0.89405, abs=1e-5)
    assert held_noise(100, 5.0) == pytest.approx(1.97957, abs=1e-5)


def test_white_noise_has_an_intensity(snnsim, tmp_path):
    # Of an Ornstein-Uhlenbeck process: sigma / c sqrt(tau / 2).
    wanted = 100 / 250 * np.sqrt(10 / 2)
    for dt in (1, 0.5, 0.1):
        got = sd_of_v(snnsim, tmp_path, "kind: white_noise, sigma: 100 pA sqrt(ms)", dt, f"w{dt}")
        assert got == pytest.approx(wanted, rel=0.02), dt


def test_a_poisson_stimulus_does_not_depend_on_dt(snnsim, tmp_path):
    # Shot noise through psc_delta: variance rate w^2 tau / 2.
    wanted = np.sqrt(2000e-3 * 0.3**2 * 10 / 2)
    for dt in (1, 0.5, 0.1):
        model = write(tmp_path, f"p{dt}", NOISE.format(keys="kind: poisson, rate: 2 kHz, weight: 0.3 mV")
                      .replace("iaf_psc_exp", "iaf_psc_delta"), dt=dt, duration=2100)
        run, _ = simulated(snnsim, model)
        with run:
            a = np.exp(-dt / 10)  # arrivals at the ends of steps
            exact = np.sqrt(2000e-3 * dt * 0.3**2 / (1 - a * a))
            assert run["state/c/v"][5:].std() == pytest.approx(exact, rel=0.02)
            assert exact == pytest.approx(wanted, rel=0.06)


@pytest.mark.parametrize("rate, dt, first", [(700, 1, 0), (700, 0.1, 0), (400, 1, 2.5), (333.3, 0.3, 7.77), (1000, 1, 0),
                                             (10, 0.1, 0.25)])
def test_a_regular_source_has_its_rate(snnsim, tmp_path, rate, dt, first):
    model = write(tmp_path, "regular", f"populations: {{s: {{size: 3, model: regular_source, rate: {rate} Hz, first: "
                  f"{first} ms}}}}\nrecord: [{{population: s, what: spikes}}]\n", dt=dt, duration=3000)
    run, _ = simulated(snnsim, model)
    with run:
        times = run["spikes/s/timestamps"][:][run["spikes/s/node_ids"][:] == 1]
    period = 1000 / rate
    ideal = (first or period) + period * np.arange(3000 * rate // 1000 + 2)
    steps = rounded(ideal, dt)
    np.testing.assert_array_equal(np.round(times / dt), steps[steps * dt <= 3000 + 1e-9])


def test_a_regular_source_whose_rate_changes(snnsim, tmp_path):
    # By phases and by a stimulus; the phase of the train goes on over the changes.
    (tmp_path / "phases.yaml").write_text(
        "name: phases\ndt: 1 ms\nsimulate:\n  phases:\n    - {name: a, duration: 1 s}\n"
        "    - {name: b, duration: 1 s, rates: [{population: s, rate: 333 Hz}]}\n"
        "    - {name: c, duration: 1 s, rates: [{population: s, rate: 0 Hz}]}\n"
        "    - {name: d, duration: 1 s, rates: [{population: s, rate: 70 Hz}]}\n"
        "populations: {s: {size: 2, model: regular_source, rate: 700 Hz}}\nrecord: [{population: s, what: spikes}]\n")
    stimulus = write(tmp_path, "steps", "populations: {s: {size: 2, model: regular_source, rate: 700 Hz}}\n"
                     "stimuli: [{to: s, kind: steps, times: [1 s, 2 s, 3 s], amplitudes: [-367 Hz, -700 Hz, -630 Hz]}]\n"
                     "record: [{population: s, what: spikes}]\n", dt=1, duration=4000)
    for model in (tmp_path / "phases.yaml", stimulus):
        run, _ = simulated(snnsim, model)
        with run:
            times = run["spikes/s/timestamps"][:][run["spikes/s/node_ids"][:] == 0]
        counts = np.histogram(times, [0.5, 1000.5, 2000.5, 3000.5, 4000.5])[0]
        assert counts[0] == 700 and counts[2] == 0
        assert abs(counts[1] - 333) <= 1 and abs(counts[3] - 70) <= 1
        assert abs(len(times) - 1103) <= 1


def test_times_that_never_come_and_records_of_more_than_there_is(snnsim, tmp_path):
    model = write(tmp_path, "late", "populations: {c: {size: 2, model: iaf_psc_exp, tau_syn_ex: 0.05 ms}}\n"
                  "stimuli: [{to: c, kind: dc, amplitude: 1000 pA}, {to: c, kind: dc, amplitude: 1 pA, start: 2 s}]\n"
                  "record: [{population: c, what: v, interval: 5 s}]\n")
    checked = snnsim("check", model).stdout
    run, said = simulated(snnsim, model)
    with run:
        warnings = [str(w) for w in run.attrs["warnings"]]
    assert len(warnings) == 3
    for part in ("start (2000 ms) is not before the end of the run (1000 ms)",
                 "interval (5000 ms) is longer than the run (1000 ms)", "tau_syn_ex (0.05 ms) is shorter than dt (0.1 ms)"):
        assert part in checked and part in said and any(part in w for w in warnings)


def test_a_training_warns_too(snnsim, data_folder, tmp_path):
    model = tmp_path / "fast.yaml"
    model.write_text(
        "name: fast\ndt: 1 ms\ndata: {set: mnist, encode: {scheme: poisson, max_rate: 200 Hz, duration: 5 ms}}\n"
        "populations:\n  in: {size: 784, model: spike_source}\n  out: {size: 10, model: leaky_readout, tau_m: 0.5 ms}\n"
        "projections: [{from: in, to: out, connect: all_to_all, weight: fan_in_uniform}]\n"
        "test: {}\nrecord: [{population: out, what: v, samples: 20000}]\n")
    checked = snnsim("check", model).stdout
    done = snnsim(model, "--backend", "cpu", "--data-dir", data_folder, "-o", tmp_path / "fast.h5")
    with h5py.File(tmp_path / "fast.h5") as run:
        warnings = [str(w) for w in run.attrs["warnings"]]
    for part in ("tau_m (0.5 ms) is shorter than dt (1 ms)", "samples is 20000, but mnist has 10000 test samples"):
        assert part in checked and part in done.stdout + done.stderr and any(part in w for w in warnings)
