"""Simulations that one holds."""

import os
import signal
import subprocess
import threading
import warnings

import h5py
import numpy as np
import pytest

import snnsim
from test_running import BALANCED, PROGRAM, ROOT, quiet

LEARNS = {**BALANCED, "projections": [
    {**BALANCED["projections"][0], "plasticity": {"rule": "stdp", "w_max": "4 mV"}},
    {**BALANCED["projections"][1], "delay": {"distribution": "uniform", "low": "1 ms", "high": "3 ms"}}],
    "record": [{"population": "E", "what": "spikes"}, {"population": "E", "what": "v", "cells": [2, 5], "interval": "1 ms"},
               {"population": "E", "what": "rate", "interval": "10 ms"}]}


def held(model=LEARNS, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", snnsim.RunWarning)
        return snnsim.Simulation(model, **options)


@pytest.mark.parametrize("model", [BALANCED, LEARNS, ROOT / "models" / "stp_demo.yaml", ROOT / "models" / "brunel_stdp.yaml"])
def test_pieces_have_the_digest_of_the_whole(model):
    settings = {"simulate.duration": "60 ms"}
    with quiet(model, set=settings) as run, held(model, set=settings, threads=2) as sim:
        for duration in ("10 ms", 7, "0.003 s", "40000 us"):
            sim.advance(duration)
        assert sim.time == pytest.approx(60.0) and sim.digest == run.digest


def test_a_stretch_has_what_a_run_records():
    settings = {"simulate.duration": "100 ms"}
    with quiet(LEARNS, set=settings) as run, held() as sim:
        parts = [sim.advance("30 ms"), sim.advance("70 ms")]
        assert (parts[1].start, parts[1].stop) == (30.0, 100.0)
        assert np.array_equal(np.concatenate([p.spikes["E"].step for p in parts]), run.spikes["E"].step)
        assert np.array_equal(np.concatenate([p.spikes["E"].cell for p in parts]), run.spikes["E"].cell)
        v = run.states["E"]["v"]
        assert np.array_equal(np.concatenate([p.states["E"]["v"].values for p in parts]), v.values)
        assert np.allclose(np.concatenate([p.states["E"]["v"].time for p in parts]), v.time)
        assert list(parts[0].states["E"]["v"].cells) == [2, 5] and parts[0].states["E"]["v"].units == "mV"
        assert np.array_equal(np.concatenate([p.states["E"]["rate"].values for p in parts]), run.rates["E"].values)
        assert sim.spike_counts["E"] == len(run.spikes["E"])


def test_phases_take_their_course():
    model = {**BALANCED, "simulate": {"phases": [
        {"name": "low", "duration": "40 ms", "rates": [{"population": "noise", "rate": "50 Hz"}]},
        {"name": "high", "duration": "60 ms", "rates": [{"population": "noise", "rate": "400 Hz"}]}]}}
    with quiet(model) as run, held(model) as sim:
        sim.advance("50 ms")
        assert sim.rates["noise"][0] == 400.0 and not sim.finished
        assert sim.advance("80 ms").stop == pytest.approx(100.0)
        assert sim.finished and sim.digest == run.digest
        with pytest.raises(snnsim.UsageError, match="phases of this model are over"):
            sim.advance("1 ms")


def test_rates_are_read_and_set():
    with held() as sim:
        assert np.all(sim.rates["noise"] == 200.0)
        sim.rates["noise"] = 0.0
        sim.advance("5 ms")
        assert len(sim.advance("50 ms").spikes["noise"]) == 0
        rates = np.zeros(40)
        rates[3] = 1000.0
        sim.rates["noise"] = rates
        assert set(sim.advance("50 ms").spikes["noise"].cell) == {3}
        assert np.array_equal(sim.rates["noise"], rates)


def test_states_are_read_and_set():
    with held() as sim:
        sim.rates["noise"] = 0.0
        sim.states["E"]["v"] = np.linspace(0.0, 19.0, 80)
        assert sim.states["E"]["v"] == pytest.approx(np.linspace(0.0, 19.0, 80), abs=1e-6)
        assert sim.states["E"].units["v"] == "mV" and "v" in sim.states["E"]
        sim.states["E"]["v"] = 25.0    # above the threshold: all fire, once
        assert len(sim.advance("0.1 ms").spikes["E"]) == 80


def test_weights_are_read_and_set():
    with held() as sim, held() as other:
        for name in ("noise_to_E", "E_to_E"):
            synapses = sim.weights[name]
            assert len(synapses) == len(synapses.source) == len(synapses.target) == len(synapses.delay)
            assert np.all(np.bincount(synapses.target) == (10 if name == "noise_to_E" else 8))
        assert np.all(sim.weights["E_to_E"].delay >= 1.0) and np.all(sim.weights["E_to_E"].delay <= 3.0)
        sim.advance("40 ms")
        other.advance("40 ms")
        learnt = sim.weights["noise_to_E"]
        assert not np.all(learnt[:] == 2.0)
        sim.weights["noise_to_E"][:] = learnt[:]    # what is there already changes nothing, in the middle of a run
        sim.weights["E_to_E"][:] = sim.weights["E_to_E"][:]
        sim.advance("40 ms")
        other.advance("40 ms")
        assert sim.digest == other.digest
        sim.weights["noise_to_E"][:] = 0.0
        sim.weights["E_to_E"][::2] = -1.0
        assert np.all(sim.weights["noise_to_E"][:] == 0.0)
        assert np.allclose(sim.weights["E_to_E"][::2], -1.0) and np.allclose(sim.weights["E_to_E"][1::2], 0.5, rtol=0.005)
        matrix = sim.weights["E_to_E"].matrix()
        assert matrix.shape == (80, 80) and np.count_nonzero(~np.isnan(matrix)) > 0
        sim.plastic = False
        sim.advance("10 ms")
        assert len(sim.advance("50 ms").spikes["E"]) == 0
        with pytest.raises(snnsim.UsageError, match="a weight of 5 for .noise_to_E. lies outside"):
            sim.weights["noise_to_E"][0] = 5.0
        with pytest.raises(snnsim.UsageError, match="finite"):
            sim.weights["E_to_E"][0] = np.nan


def test_a_checkpoint_goes_on_with_the_same_bits(tmp_path):
    file = tmp_path / "at.h5"
    with held(threads=2) as sim:
        sim.advance("30 ms")
        sim.rates["noise"] = 333.0
        sim.weights["E_to_E"][::3] = 1.0
        sim.advance("10 ms")
        sim.checkpoint(file)
        with pytest.raises(snnsim.UsageError, match="exists already"):
            sim.checkpoint(file)
        first = sim.advance("50 ms")
        with held(checkpoint=file, threads=1) as again:
            assert again.time == pytest.approx(40.0) and again.rates["noise"][0] == 333.0
            second = again.advance("50 ms")
            assert again.digest == sim.digest
            assert np.array_equal(first.spikes["E"].cell, second.spikes["E"].cell)
            assert np.array_equal(again.weights["noise_to_E"][:], sim.weights["noise_to_E"][:])
    with pytest.raises(snnsim.FileError, match="another model"):
        held({**LEARNS, "populations": {**LEARNS["populations"], "more": {"size": 3, "model": "iaf_psc_exp"}}}, checkpoint=file)
    (tmp_path / "broken.h5").write_bytes(file.read_bytes()[:500])
    with pytest.raises(snnsim.FileError, match="broken.h5"):
        held(checkpoint=tmp_path / "broken.h5")


def bandit():
    """A cue drives two groups of cells, by synapses that learn from reward; `go_left` lets the left group fire and holds the
    right one down, and the reverse."""
    cell = {"model": "iaf_psc_delta", "tau_m": "20 ms", "e_l": "0 mV", "v_th": "20 mV", "v_reset": "0 mV", "t_ref": "2 ms"}
    rule = {"rule": "reward_stdp", "w_max": "2 mV", "a_plus": 0.02, "a_minus": 0.0, "tau_c": "200 ms"}
    source = {"model": "poisson_source", "rate": "0 Hz"}
    arms = ("left", "right")
    return {"name": "bandit", "seed": 1, "dt": "1 ms", "simulate": {"duration": "1 s"},
            "populations": {"cue": {"size": 30, **source}, **{arm: {"size": 10, **cell} for arm in arms},
                            **{f"go_{arm}": {"size": 10, **source} for arm in arms}},
            "projections": [
                *({"from": "cue", "to": arm, "connect": "all_to_all", "weight": "1 mV", "plasticity": rule} for arm in arms),
                *({"from": f"go_{arm}", "to": to, "connect": "all_to_all", "weight": "4 mV" if arm == to else "-10 mV"}
                  for arm in arms for to in arms)]}


@pytest.mark.parametrize("better", ["left", "right"])
def test_a_two_armed_bandit_is_learnt(better):
    """A closed loop: the network chooses an arm, Python pays, and the synapses learn which arm pays more often."""
    rng = np.random.default_rng(1)
    chosen = []
    with held(bandit(), threads=1) as sim:
        for _ in range(60):
            sim.rates["cue"] = 50.0
            spikes = sim.advance("80 ms").spikes
            arm = max(("left", "right"), key=lambda one: (len(spikes[one]), rng.random()))
            chosen.append(arm)
            sim.rates[f"go_{arm}"] = 100.0
            sim.advance("100 ms")
            sim.reward(1.0 if rng.random() < (0.9 if arm == better else 0.1) else -1.0)
            sim.rates["cue"] = sim.rates[f"go_{arm}"] = 0.0
            sim.advance("400 ms")
        weights = {arm: sim.weights[f"cue_to_{arm}"][:].mean() for arm in ("left", "right")}
    assert chosen[-25:].count(better) >= 20, chosen
    assert max(weights, key=weights.get) == better


def test_ctrl_c_and_progress():
    with held() as sim:
        shares = []
        sim.advance("300 ms", progress=lambda share, text: shares.append(share))
        assert shares[-1] == 1.0

        def press(share, text):
            signal.raise_signal(signal.SIGINT)

        with pytest.raises(snnsim.Interrupted, match="advance.* goes on"):
            sim.advance("1000 s", progress=press)
        between = sim.time
        assert 300.0 < between < 1e6
        assert sim.advance("10 ms").start == pytest.approx(300.0)    # what was simulated before is not lost
        with pytest.raises(ZeroDivisionError):
            sim.advance("1000 s", progress=lambda *_: 1 / 0)


def test_threads_share_none_but_run_side_by_side():
    def go(sim, errors):
        try:
            sim.advance("400 ms")
        except Exception as error:
            errors.append(error)

    with held(threads=1) as one, held(threads=1) as two, quiet(LEARNS, set={"simulate.duration": "400 ms"}) as run:
        errors = []
        threads = [threading.Thread(target=go, args=(sim, errors)) for sim in (one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors and one.digest == two.digest == run.digest
        both = threading.Event()

        def use():
            try:
                one.advance("10000 s", progress=lambda *_: both.set() or (_ for _ in ()).throw(KeyError("enough")) if over else both.set())
            except KeyError:
                pass

        over = []
        thread = threading.Thread(target=use)
        thread.start()
        both.wait()
        try:
            with pytest.raises(snnsim.BusyError, match="another thread"):
                one.states["E"]["v"]
        finally:
            over.append(1)
            thread.join()


@pytest.mark.parametrize("use, message", [
    (lambda sim: sim.advance("0.05 ms"), "whole number of steps"),
    (lambda sim: sim.advance("-1 ms"), "whole number of steps|write a time"),
    (lambda sim: sim.advance("10 mV"), "write a time"),
    (lambda sim: sim.advance(None), "duration"),
    (lambda sim: sim.advance(float("nan")), "duration"),
    (lambda sim: sim.advance("1e9 s"), "can be counted"),
    (lambda sim: sim.rates.__setitem__("E", 3.0), "has no rates"),
    (lambda sim: sim.rates.__setitem__("noise", [1.0, 2.0]), r"rates\['noise'\] is given the shape \(2,\)"),
    (lambda sim: sim.rates.__setitem__("noise", -1.0), "-1 Hz"),
    (lambda sim: sim.rates.__setitem__("noise", "fast"), "real numbers"),
    (lambda sim: sim.states["E"].__setitem__("v", np.nan), "finite"),
    (lambda sim: sim.states["E"].__setitem__("v", np.zeros((80, 1))), "shape"),
    (lambda sim: sim.weights["E_to_E"].__setitem__(5000, 1.0), "640 synapses"),
    (lambda sim: sim.reward(1.0), "reward"),
    (lambda sim: sim.reward("much"), "amount is 'much'"),
    (lambda sim: sim.checkpoint("at.txt"), "must end in .h5")])
def test_wrong_uses_are_named(use, message):
    with held() as sim:
        with pytest.raises(snnsim.Error, match=message):
            use(sim)
        sim.advance("1 ms")    # and do no harm


def test_unknown_names_say_what_there_is():
    with held() as sim:
        for use, there in ((lambda: sim.rates["nose"], "noise"), (lambda: sim.states["e"], "E"),
                           (lambda: sim.states["E"]["vm"], "v"), (lambda: sim.weights["E_to_I"], "E_to_E")):
            with pytest.raises(KeyError, match=there):
                use()


def test_a_closed_simulation_says_so():
    sim = held()
    v = sim.states["E"]["v"]
    sim.close()
    for use in (lambda: sim.advance("1 ms"), lambda: sim.time, lambda: sim.rates["noise"], lambda: sim.states["E"]["v"],
                lambda: sim.weights["E_to_E"], lambda: sim.digest):
        with pytest.raises(snnsim.ClosedError):
            use()
    assert len(v) == 80 and "closed" in repr(sim)


def test_a_training_is_no_simulation():
    with pytest.raises(snnsim.UsageError, match="this model is trained"):
        held(ROOT / "models" / "mnist_lif.yaml")


@pytest.mark.skipif("SNNSIM_PTXRUN" not in os.environ, reason="no ptxrun in this build")
def test_both_backends_are_held_alike(tmp_path):
    code = f"""
import snnsim, sys, warnings
warnings.simplefilter("ignore")
sim = snnsim.Simulation({LEARNS!r}, backend=sys.argv[1])
sim.advance("7 ms"); sim.rates["noise"] = 300.0; sim.states["E"]["v"] = 12.0; sim.weights["E_to_E"][::2] = 1.0
sim.checkpoint(sys.argv[2]); sim.advance("8 ms")
print(sim.digest, sim.weights["noise_to_E"][:].sum(), sim.states["E"]["v"].sum())
other = snnsim.Simulation({LEARNS!r}, checkpoint=sys.argv[2], backend="cpu" if sys.argv[1] == "cuda" else "cuda")
other.advance("8 ms"); print(other.digest)
"""
    import sys
    said = {}
    for backend in ("cpu", "cuda"):
        said[backend] = subprocess.run(
            [sys.executable, "-c", code, backend, str(tmp_path / f"{backend}.h5")], check=True, capture_output=True, text=True,
            env={**os.environ, "LD_LIBRARY_PATH": os.environ["SNNSIM_PTXRUN"], "PYTHONPATH": os.pathsep.join(sys.path)}).stdout
    assert said["cpu"] == said["cuda"]
    assert said["cpu"].split()[0] == said["cpu"].split()[-1]


def test_states_are_those_that_are_recorded():
    settings = {"simulate.duration": "20 ms", "record": [{"population": "E", "what": "v", "cells": 50}]}
    model = ROOT / "models" / "cuba.yaml"    # e_l is -49 mV
    with held(model, set=settings) as sim:
        stretch = sim.advance("20 ms")
        assert np.array_equal(sim.states["E"]["v"][:50], stretch.states["E"]["v"].values[-1])
        sim.states["E"]["v"] = -60.0
        assert np.all(sim.states["E"]["v"] == -60.0)
        with pytest.raises(ValueError, match="read-only"):
            sim.states["E"]["v"][0] = 1.0
    varied = {**LEARNS, "populations": {**LEARNS["populations"], "E": {
        **LEARNS["populations"]["E"], "e_l": {"distribution": "uniform", "low": "-1 mV", "high": "1 mV"}}}}
    with held(varied) as sim:
        with pytest.raises(snnsim.UsageError, match="e_l differs from cell to cell"):
            sim.states["E"]["v"]


def test_quantities_are_converted():
    quantity = pytest.importorskip("pint").UnitRegistry().Quantity
    with held() as sim:
        sim.rates["noise"] = quantity(0.05, "kHz")
        assert np.all(sim.rates["noise"] == 50.0)
        sim.states["E"]["v"] = quantity(np.full(80, 0.012), "V")
        assert np.allclose(sim.states["E"]["v"], 12.0)
        sim.weights["E_to_E"][:] = quantity(250.0, "uV")
        assert np.allclose(sim.weights["E_to_E"][:], 0.25, rtol=0.005)
        with pytest.raises(snnsim.UsageError, match="quantity in .*; it is in mV"):
            sim.states["E"]["v"] = quantity(3.0, "pA")


def test_a_checkpoint_knows_its_model(tmp_path):
    file = tmp_path / "at.h5"
    with held() as sim:
        sim.advance("20 ms")
        sim.plastic = False
        sim.checkpoint(file)
    with held(checkpoint=file) as again:
        assert not again.plastic
        assert again.advance("10 ms").start == pytest.approx(20.0)
    for other in ({**LEARNS, "seed": 6}, {**LEARNS, "projections": LEARNS["projections"][:1]}):
        with pytest.raises(snnsim.FileError, match="checkpoint of another model"):
            held(other, checkpoint=file)
    with quiet(LEARNS) as run, pytest.raises(snnsim.FileError, match="is no checkpoint"):
        held(checkpoint=run.path)


@pytest.mark.parametrize("call", ["snnsim.Simulation(model).advance('1000 s', progress=told)",
                                  "snnsim.run(model, set={'simulate.duration': '1000 s'}, progress=told)"])
def test_an_interpreter_that_ends_waits_for_its_threads(call):
    import sys
    code = f"""
import snnsim, threading, warnings
warnings.simplefilter("ignore")
model, begun = {LEARNS!r}, threading.Event()
told = lambda *_: begun.set()
threading.Thread(target=lambda: {call}, daemon=True).start()
begun.wait()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={
        **os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.returncode == 0, done.stderr
