"""A trained network is simulated event by event: the trainer's predictions, and with `arithmetic: fixed` its spikes."""

import csv
import os
import signal
import subprocess

import h5py
import numpy as np
import pytest

from conftest import TEST, in_a_long_enough_run, stop_when
from test_own_data import events_of, in_steps, two_sets, write_h5, write_model as write_own_model, write_shd

INPUTS = "  input: {size: 784, model: spike_source}\n"
POISSON = "{scheme: poisson, max_rate: 400 Hz, duration: 8 ms}"
FORWARD = ("  - {from: input, to: hidden, weight: fan_in_uniform, bias: true}\n"
           "  - {from: hidden, to: output, weight: fan_in_uniform, bias: true}\n")
# name: encoder, hidden, output, projections, loss
NETWORKS = {
    "lif": (POISSON, "{size: 48, model: lif, tau_m: 10 ms}", "{size: 10, model: leaky_readout}", FORWARD,
            "cross_entropy_mean"),
    "lif_zero_late": (POISSON, "{size: 48, model: lif, reset: zero, reset_at: next_step, integration: euler}",
                      "{size: 10, model: lif}", FORWARD, "cross_entropy_count"),
    "lif_late": (POISSON, "{size: 48, model: lif, reset_at: next_step, scale_input: true, v_th: 0.05}",
                 "{size: 10, model: leaky_readout}", FORWARD, "cross_entropy_max"),
    "lif_none": (POISSON, "{size: 48, model: lif, reset: none}", "{size: 10, model: leaky_readout}", FORWARD,
                 "cross_entropy_last"),
    "cuba_lif": (POISSON, "{size: 48, model: cuba_lif, tau_m: 5 ms, tau_s: 3 ms, v_th: 0.3}",
                 "{size: 10, model: leaky_readout}", FORWARD, "cross_entropy_mean"),
    "adaptive": (POISSON, "{size: 48, model: adaptive_lif, tau_a: 20 ms}", "{size: 10, model: leaky_readout}", FORWARD,
                 "cross_entropy_step"),
    "recurrent": (POISSON, "{size: 48, model: adaptive_lif, tau_a: 20 ms}", "{size: 10, model: leaky_readout}",
                  FORWARD + "  - {from: hidden, to: hidden, weight: {init: fan_in_uniform, gain: 0.5}}\n"
                  "  - {from: input, to: output, weight: {init: fan_in_uniform, gain: 0.2}}\n", "cross_entropy_mean"),
    "loop": (POISSON, "{size: 48, model: lif}\n  more: {size: 16, model: lif}", "{size: 10, model: leaky_readout}",
             FORWARD + "  - {from: hidden, to: more, weight: fan_in_uniform}\n"
             "  - {from: more, to: hidden, weight: fan_in_uniform, delay: 2 ms}\n", "cross_entropy_mean"),
    "delays": (POISSON, "{size: 48, model: lif}\n  more: {size: 16, model: cuba_lif, v_th: 0.3}", "{size: 10, model: leaky_readout}",
               FORWARD.replace("output, weight: fan_in_uniform", "output, weight: fan_in_uniform, delay: 1 ms") +
               "  - {from: hidden, to: more, weight: fan_in_uniform, delay: 1 ms}\n"
               "  - {from: more, to: hidden, weight: {init: fan_in_uniform, gain: 0.5}, delay: 1 ms}\n"
               "  - {from: more, to: more, connect: {rule: fixed_out_degree, n: 5, autapses: false}, weight: fan_in_uniform, delay: 3 ms}\n"
               "  - {from: input, to: output, weight: {init: fan_in_uniform, gain: 0.2}, delay: 3 ms}\n", "cross_entropy_mean"),
    "learned_delays": (POISSON, "{size: 48, model: lif}", "{size: 10, model: leaky_readout}",
                       FORWARD.replace("hidden, weight: fan_in_uniform", "hidden, weight: fan_in_uniform, delay: {learn: synapse, max: 5 ms}")
                       .replace("output, weight: fan_in_uniform", "output, weight: fan_in_uniform, delay: {learn: source, max: 3 ms, lr: 0.001}"),
                       "cross_entropy_mean"),
    "two_ways": (POISSON, "{size: 48, model: lif}", "{size: 10, model: leaky_readout}",
                 FORWARD + "  - {from: input, to: hidden, name: later, weight: fan_in_uniform, delay: 2 ms}\n"
                 "  - {from: hidden, to: output, name: sparse, connect: {rule: fixed_in_degree, n: 9}}\n", "cross_entropy_mean"),
    "sparse": (POISSON, "{size: 48, model: lif}", "{size: 10, model: leaky_readout}",
               "  - {from: input, to: hidden, connect: {rule: fixed_in_degree, n: 90}, bias: true}\n"
               "  - {from: hidden, to: output, weight: fan_in_uniform}\n", "cross_entropy_mean"),
    "latency": ("{scheme: latency, duration: 8 ms, t_max: 7 ms}", "{size: 48, model: lif}", "{size: 10, model: lif}", FORWARD,
                "mse_count"),
    "direct": ("{scheme: direct, duration: 4 ms}", "{size: 48, model: lif}", "{size: 10, model: leaky_readout}", FORWARD,
               "cross_entropy_mean"),
    "vsn": ("{scheme: direct, duration: 4 ms}", "{size: 48, model: vsn, activation: relu}", "{size: 10, model: linear}",
            FORWARD, "cross_entropy_mean"),
    "iaf_delta": (POISSON, "{size: 48, model: iaf_psc_delta, v_th: -69 mV, t_ref: 1 ms}", "{size: 10, model: leaky_readout}",
                  FORWARD.replace("hidden, weight: fan_in_uniform, bias: true", "hidden, weight: {init: fan_in_uniform, gain: 2}"),
                  "cross_entropy_mean"),
    "iaf_exp": (POISSON, "{size: 48, model: iaf_psc_exp, c_m: 2 pF, v_th: -69.5 mV, t_ref: 0 ms}",
                "{size: 10, model: leaky_readout}",
                FORWARD.replace("hidden, weight: fan_in_uniform, bias: true", "hidden, weight: fan_in_uniform"),
                "cross_entropy_mean"),
    "izhikevich": (POISSON, "{size: 48, model: izhikevich, i_e: 4}", "{size: 10, model: leaky_readout}",
                   FORWARD.replace("hidden, weight: fan_in_uniform", "hidden, weight: {init: fan_in_uniform, gain: 20}"),
                   "cross_entropy_mean"),
    "learned": (POISSON, "{size: 48, model: lif, trainable: {tau_m: {per: cell, spread: 0.3, lr: 0.05}, v_th: {lr: 0.02}}}",
                "{size: 10, model: leaky_readout, trainable: [tau_m]}", FORWARD, "cross_entropy_mean"),
    "learned_loop": (POISSON, "{size: 48, model: adaptive_lif, tau_a: 20 ms, trainable: {adaptation: {per: cell, lr: 0.05}, tau_a: {}}}",
                     "{size: 10, model: leaky_readout}",
                     FORWARD + "  - {from: hidden, to: hidden, weight: {init: fan_in_uniform, gain: 0.5}, lr: 1e-3}\n",
                     "cross_entropy_mean"),
    "shapes": (POISSON, "{shape: [4, 3, 4], model: lif, trainable: {tau_m: {per: channel}}}", "{size: 10, model: leaky_readout}", FORWARD,
               "cross_entropy_mean"),
    "dendrites": (POISSON, "{size: 48, model: lif}\n  d: {size: 48, model: lif, v_th: 0.5, dendrites_of: hidden}",
                  "{size: 10, model: leaky_readout}",
                  FORWARD + "  - {from: input, to: d, weight: fan_in_uniform}\n"
                  "  - {from: d, to: hidden, connect: one_to_one, weight: {init: normal, mean: 0, std: 0.3}}\n", "cross_entropy_mean"),
    "vsn_tanh": (POISSON, "{size: 48, model: vsn, v_th: 0.2, activation: tanh}", "{size: 10, model: vsn, v_th: 0.1}", FORWARD,
                 "cross_entropy_mean"),
}


def write_model(folder, name, more=""):
    encoder, hidden, output, projections, loss = NETWORKS[name]
    inputs = INPUTS.replace("size: 784", "shape: [7, 4, 28]") if name == "shapes" else INPUTS
    model = folder / f"{name}.yaml"
    model.write_text(f"""name: {name}
dt: 1 ms
data: {{set: mnist, encode: {encoder}}}
populations:
{inputs}  hidden: {hidden}
  output: {output}
projections:
{projections}train: {{epochs: 3, batch: 20, optimizer: {{name: adam, lr: 5e-3}}, loss: {loss}}}
test: {{{more}}}
record:
  - {{population: hidden, what: spikes, samples: {TEST}}}
""")
    return model


def simulate(snnsim, folder, run, data_folder, text="", *arguments):
    model = folder / "events.yaml"
    model.write_text(f"name: events\nsimulate:\n  network: {run.name}\n{text}")
    out = folder / "events.h5"
    done = snnsim(model, "--data-dir", data_folder, "--progress", "none", "--force", "-o", out, *arguments)
    return done, out


def spikes_by_sample(path, population, simulated, depth=1):
    """(sample, step in the sample, cell) of a population's spikes; `depth`: of the hidden cells."""
    with h5py.File(path) as file:
        spikes = file[f"spikes/{population}"]
        step = np.rint(spikes["timestamps"][:]).astype(int)
        if simulated:
            start = np.rint(file["trials/start"][:]).astype(int)
            sample = np.searchsorted(start, step - 1, "right") - 1
            step = step - start[sample] - {"input": 0, "hidden": depth}[population]
        else:
            sample = spikes["trial"][:].astype(int)
            step = step - file.attrs["steps_per_sample"] * sample
        return np.array(sorted(zip(sample, step, spikes["node_ids"][:].astype(int))))


def expect_the_operations_of_the_test(run, events):
    """Exactly, but for input that is the same at every step: the trainer adds it once, events come one by one; and for synapses
    with delays of their own, of which a simulation also counts those where a spike comes after its sample's end."""
    (trained, samples), (simulated, shown) = operations(run, "test"), operations(events, "simulate")
    assert samples == shown == TEST and trained.keys() == simulated.keys()
    with h5py.File(run) as file:
        steps, constant = file.attrs["steps_per_sample"], "scheme: direct" in file.attrs["model"]
        late = ["forward/" + name for name, weights in file["weights"].items() if "delays" in weights]
    for name in late:
        assert 0 < trained[name].pop("acs") < simulated[name].pop("acs") and trained[name].pop("reads") < simulated[name].pop("reads")
    for name in trained:
        if not (constant and name == "forward/input_to_hidden"):
            assert trained[name] == simulated[name], name
            continue
        for count in ("dense", "macs", "acs", "events", "inputs", "biases"):
            assert simulated[name][count] == steps * trained[name][count]


@pytest.mark.parametrize("name", NETWORKS)
def test_events_give_the_predictions_and_fixed_the_spikes(snnsim, data_folder, tmp_path, name):
    model = write_model(tmp_path, name, "arithmetic: fixed")
    run = tmp_path / "run.h5"
    snnsim(model, "--data-dir", data_folder, "--progress", "none", "-o", run)
    done, events = simulate(snnsim, tmp_path, run, data_folder,
                            "record: [{population: hidden, what: spikes}, {population: input, what: spikes}]\n")
    with h5py.File(run) as a, h5py.File(events) as b:
        assert np.array_equal(a["test/label"], b["trials/label"])
        assert np.array_equal(a["test/prediction"], b["trials/prediction"])
        assert b["phases/test"].attrs["accuracy"] == pytest.approx(a["test"].attrs["accuracy"], abs=1e-12)
    trained = spikes_by_sample(run, "hidden", False)
    simulated = spikes_by_sample(events, "hidden", True, 2 if name == "dendrites" else 1)
    assert len(trained) > 100
    assert np.array_equal(trained, simulated)
    expect_the_operations_of_the_test(run, events)
    # Floats round otherwise, which changes hardly anything.
    snnsim(model, "--data-dir", data_folder, "--progress", "none", "-o", tmp_path / "float.h5", "--set", "test.arithmetic=float")
    with h5py.File(tmp_path / "float.h5") as a, h5py.File(run) as b:
        assert np.mean(a["test/prediction"][:] == b["test/prediction"][:]) > 0.9


def test_dendrites_that_learned_in_phases_are_cells_of_a_simulation(snnsim, data_folder, tmp_path):
    run = tmp_path / "run.h5"
    phases = ("[{epochs: 2, learns: [input_to_hidden, hidden_to_output]}, {epochs: 1, objective: correlation, learns: [input_to_d]},"
              " {epochs: 1, learns: [input_to_hidden, hidden_to_output, d_to_hidden]}]")
    snnsim(write_model(tmp_path, "dendrites", "arithmetic: fixed"), "--data-dir", data_folder, "--progress", "none", "-o", run,
           "--set", "train.epochs=null", "--set", f"train.phases={phases}")
    _, events = simulate(snnsim, tmp_path, run, data_folder)
    with h5py.File(run) as a, h5py.File(events) as b:
        assert np.array_equal(a["test/prediction"], b["trials/prediction"])
        assert len(set(a["test/prediction"][:])) > 1


def test_products_of_projections_are_not_simulated(snnsim, snnsim_binary, data_folder, tmp_path):
    model, run = write_model(tmp_path, "lif"), tmp_path / "run.h5"
    model.write_text(model.read_text().replace("train:", "  - {from: input, to: hidden, name: V, multiplies: input_to_hidden}\ntrain:"))
    snnsim(model, "--data-dir", data_folder, "--progress", "none", "-o", run)
    why = "the sums of 'V' multiply those of 'input_to_hidden', and cells of a simulation add what they get"
    (tmp_path / "s.yaml").write_text("name: s\nsimulate: {network: run.h5}\n")
    for command in ("check",), ("run", "-o", tmp_path / "s.h5"):
        said = refused(snnsim_binary, *command, "s.yaml", cwd=tmp_path)
        assert (f"s.yaml:2:21: the network cannot be simulated: {why}; `snnsim test run.h5` tests it as it is; to simulate it, leave "
                "multiplies out and train it again") in said
    model.write_text(model.read_text().replace("test: {}", "test: {arithmetic: fixed}"))
    for command in ("check",), ("run", "-o", tmp_path / "fixed.h5"):
        said = refused(snnsim_binary, *command, "lif.yaml", cwd=tmp_path)
        assert f"lif.yaml:13:20: fixed is the arithmetic of a simulation, which cannot have this network: {why}; write float" in said


def test_any_threads_and_a_resume_give_the_same(snnsim, data_folder, tmp_path):
    run = tmp_path / "run.h5"
    snnsim(write_model(tmp_path, "recurrent"), "--data-dir", data_folder, "--progress", "none", "-o", run)
    digests = set()
    for threads in ("1", "2", "3"):
        _, events = simulate(snnsim, tmp_path, run, data_folder, "", "--threads", threads)
        with h5py.File(events) as file:
            digests.add((file.attrs["spike_digest"] if "spike_digest" in file.attrs else file.attrs["digest"],
                         file["trials/prediction"][:].tobytes()))
    assert len(digests) == 1


def test_lesions_noise_and_failing_synapses(snnsim, data_folder, tmp_path):
    run = tmp_path / "run.h5"
    snnsim(write_model(tmp_path, "lif"), "--data-dir", data_folder, "--progress", "none", "-o", run)
    phases = """  phases:
    - {name: whole, present: {samples: test}}
    - {name: wounded, lesions: [{population: hidden, share: 0.5}], present: {samples: test}}
    - {name: dead, lesions: [{population: hidden, share: 1}], present: {samples: test}}
    - {name: healed, lesions: [{population: hidden, share: 0}], present: {samples: test}}
"""
    _, events = simulate(snnsim, tmp_path, run, data_folder, phases)
    with h5py.File(events) as file, h5py.File(run) as trained:
        p = file["trials/prediction"][:].reshape(4, TEST)
        spikes = [file[f"phases/{n}/spikes"][1] for n in ("whole", "wounded", "dead", "healed")]
        assert np.array_equal(p[0], p[3])
        assert np.mean(p[0] == trained["test/prediction"][:]) > 0.95
        assert spikes[0] == spikes[3] and spikes[2] == 0
        assert 0.2 * spikes[0] < spikes[1] < 0.8 * spikes[0]
        assert len(set(p[2])) == 1  # its bias answers
    _, events = simulate(snnsim, tmp_path, run, data_folder,
                         "projections: [{from: input, to: hidden, release: {p: 0.5}}]\n"
                         "stimuli: [{kind: noise, to: hidden, std: 0.01}]\n")
    with h5py.File(events) as file:
        assert 0 < file["phases/test/spikes"][1] != spikes[0]


def test_weights_of_both_signs_go_on_learning(snnsim, data_folder, tmp_path):
    run = tmp_path / "run.h5"
    snnsim(write_model(tmp_path, "lif"), "--data-dir", data_folder, "--progress", "none", "-o", run)
    phases = """  phases:
    - {name: before, plastic: false, present: {samples: test}}
    - {name: learn, present: {samples: train}}
    - {name: after, plastic: false, present: {samples: test}}
projections:
  - {from: input, to: hidden, plasticity: {rule: rate_matching, a: 1e-4, w_min: -2, w_max: 2}}
"""
    _, events = simulate(snnsim, tmp_path, run, data_folder, phases)
    with h5py.File(events) as file, h5py.File(run) as trained:
        p = file["trials/prediction"][:TEST]
        assert np.mean(p == trained["test/prediction"][:]) > 0.95
        before, after = (file[f"phases/{n}/spikes"][1] for n in ("before", "after"))
        assert before != after
        w = file["weights/input_to_hidden/weight"][:]
        source, target = file["weights/input_to_hidden/source"][:], file["weights/input_to_hidden/target"][:]
        change = w - trained["weights/input_to_hidden/weights"][:][source, target]
        assert w.min() < 0 < w.max() and 0 < np.abs(change).max() < 0.5


def test_one_file_trains_and_simulates(snnsim, data_folder, tmp_path):
    model = write_model(tmp_path, "lif")
    model.write_text(model.read_text() + """simulate:
  phases: [{name: again, present: {samples: test}}]
  record: [{population: hidden, what: rate, interval: 1 ms}]
""")
    said = snnsim("check", model, cwd=tmp_path).stdout
    assert "no errors" in said
    snnsim(model, "--data-dir", data_folder, "--progress", "none", cwd=tmp_path)
    with h5py.File(tmp_path / "runs/lif.h5") as a, h5py.File(tmp_path / "runs/lif_simulated.h5") as b:
        assert np.mean(a["test/prediction"][:] == b["trials/prediction"][:]) > 0.95
        assert len(b["rates/hidden" if "rates" in b else "states/hidden/rate"]) > 0


def test_what_a_file_trains_is_what_it_simulates(snnsim, data_folder, tmp_path):
    snnsim_binary = os.environ["SNNSIM_BINARY"]
    model = write_model(tmp_path, "lif")
    more = ("--data-dir", data_folder, "--progress", "none", "-o", "a.h5")
    # The section may come from the command line.
    snnsim(model, *more, "--set", "simulate={}", cwd=tmp_path)
    with h5py.File(tmp_path / "a.h5") as a, h5py.File(tmp_path / "a_simulated.h5") as b:
        assert np.mean(a["test/prediction"][:] == b["trials/prediction"][:TEST]) > 0.95
    # What is in the way is told before the training.
    os.remove(tmp_path / "a.h5")
    said = refused(snnsim_binary, model, *more, "--set", "simulate={}", cwd=tmp_path)
    assert "a_simulated.h5 exists already, where the simulation of what is trained goes" in said
    assert not (tmp_path / "a.h5").exists() and not (tmp_path / "a.partial.h5").exists()
    # And no file names another network.
    model.write_text(model.read_text() + "simulate: {network: other.h5}\n")
    said = refused(snnsim_binary, "check", model, cwd=tmp_path)
    assert "what this file trains is what it simulates; leave network out" in said and "lif.yaml:15:21: " in said


def test_the_simulation_after_a_training_is_resumed_by_the_training(snnsim, data_folder, tmp_path):
    model = write_model(tmp_path, "lif")

    def attempt(length, folder):
        words = [str(model), "--data-dir", str(data_folder), "--progress", "none", "--set",
                 f"simulate={{phases: [{{name: again, present: {{samples: test, passes: {int(200 * length) + 1}}}}}]}}"]
        snnsim(*words, "-o", "whole.h5", cwd=folder)
        process = subprocess.Popen([os.environ["SNNSIM_BINARY"], *words, "-o", "a.h5", "--checkpoint-every", "0.01"],
                                   cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        stop_when(lambda: (folder / "a_simulated.checkpoint.h5").exists(), process, signal.SIGINT)
        snnsim("--resume", "a.h5", "--data-dir", data_folder, "--progress", "none", cwd=folder)
        with h5py.File(folder / "whole_simulated.h5") as whole, h5py.File(folder / "a_simulated.h5") as resumed:
            assert np.array_equal(whole["trials/prediction"][:], resumed["trials/prediction"][:])
    in_a_long_enough_run(attempt, tmp_path)


def test_a_missing_file_of_the_simulation_is_told_as_its_own(trained, data_folder):
    model = trained / "missing.yaml"
    model.write_text("name: missing\ndata: {set: file, file: nowhere.h5}\nsimulate: {network: run.h5}\n")
    said = refused(os.environ["SNNSIM_BINARY"], model, "--data-dir", data_folder, cwd=trained)
    assert f"missing.yaml: data.file: cannot open {trained}/nowhere.h5: there is no such file" in said


def test_the_run_that_is_simulated_is_found_by_any_name(snnsim, data_folder, tmp_path):
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "linked").symlink_to("deep/er", target_is_directory=True)
    model = write_model(tmp_path / "deep/er", "lif")
    model.write_text(model.read_text() + "simulate:\n  phases: [{name: again, present: {samples: test}}]\n")
    snnsim("linked/" + model.name, "--data-dir", data_folder, "--progress", "none", "-o", "it's a #1.h5",
           cwd=tmp_path)
    with h5py.File(tmp_path / "it's a #1_simulated.h5") as file:
        assert len(file["trials/prediction"]) == TEST


def test_a_simulation_is_compared_with_trainings(snnsim, snnsim_binary, trained, data_folder, tmp_path):
    """As a test of its network; a lesion makes it cheaper."""
    run = trained / "run.h5"
    _, whole = simulate(snnsim, trained, run, data_folder, "  phases: [{name: whole, present: {samples: test}}]\n")
    whole = whole.rename(tmp_path / "whole.h5")
    _, hurt = simulate(snnsim, trained, run, data_folder, "  phases: [{name: hurt, lesions: [{population: hidden, share: 0.5}], "
                                                          "present: {samples: test}}]\n", "--energy", "loihi")
    hurt = hurt.rename(tmp_path / "hurt.h5")
    table = tmp_path / "table.csv"
    snnsim("compare", run, whole, hurt, "-o", table)
    with open(table, newline="") as file:
        test, events, lost = csv.DictReader(file)
    with h5py.File(run) as file:
        counts = {name: file[f"energy/test/forward/{name}"].attrs["acs"] for name in ("input_to_hidden", "hidden_to_output")}
    assert float(test["ACs / image"]) == round(sum(counts.values()) / TEST)
    for column in ("test accuracy [%]", "trainable weights", "neuron updates / image", "dense ops / image"):
        assert test[column] == events[column]
    assert abs(float(events["ACs / image"]) / float(test["ACs / image"]) - 1) < 0.01  # weights are rounded
    assert counts["input_to_hidden"] / TEST < float(lost["ACs / image"]) < float(events["ACs / image"]) - 10
    assert lost["neuron updates / image"] == events["neuron updates / image"]
    _, several = simulate(snnsim, trained, run, data_folder, "  phases: [{name: a, present: {samples: test}}, "
                                                             "{name: b, present: {samples: test}}]\n")
    assert "several phases (a, b)" in refused(snnsim_binary, "compare", run, several, cwd=tmp_path)


def refused(snnsim_binary, *arguments, cwd):
    done = subprocess.run([snnsim_binary, *map(str, arguments)], capture_output=True, text=True, cwd=cwd)
    assert done.returncode != 0
    return done.stderr + done.stdout


@pytest.fixture
def snnsim_binary():
    if "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    return os.environ["SNNSIM_BINARY"]


@pytest.fixture(scope="module")
def trained(snnsim, data_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    snnsim(write_model(folder, "lif"), "--data-dir", data_folder, "--progress", "none", "-o", folder / "run.h5")
    return folder


@pytest.mark.parametrize("text, said", [
    ("simulate: {network: none.h5}", "none.h5: there is no such file"),
    ("simulate: {network: lif.yaml}", "lif.yaml"),
    ("dt: 0.5 ms\nsimulate: {network: run.h5}", "the network was trained with dt: 1 ms"),
    ("simulate: {network: run.h5}\nscale: {neurons: 0.5}", "a trained network has the size of its weights"),
    ("simulate: {network: run.h5}\npopulations: {hidden: {size: 3, model: lif}}", "'hidden' is a population of the network"),
    ("simulate: {network: run.h5, phases: [{name: a, present: {samples: test, max_rate: 3 Hz}}]}", "leave max_rate out"),
    ("simulate: {network: run.h5, phases: [{name: a, duration: 1 s, lesions: [{population: hiden, share: 1}]}]}", "hiden"),
    ("simulate: {network: run.h5}\nprojections: [{from: input, to: hidden, weight: {file: run.h5, dataset: nothing}}]",
     "nothing"),
    ("simulate: {network: run.h5}\nprojections: [{from: input, to: hidden, weight: {file: run.h5, dataset: hidden_to_output}}]",
     "[48, 10]"),
])
def test_what_does_not_fit_is_said(trained, snnsim_binary, text, said):
    model = trained / "wrong.yaml"
    model.write_text("name: wrong\n" + text + "\n")
    assert said in refused(snnsim_binary, "check", model, cwd=trained)


def test_check_says_the_delays(snnsim, tmp_path):
    said = snnsim("check", write_model(tmp_path, "delays")).stdout
    rows = {line.split("  ")[0]: line.rsplit("trainable", 1)[1] for line in said.splitlines() if " -> " in line}
    assert rows["input -> hidden"] == "" and rows["more -> more"] == ", delay 3 ms"
    said = snnsim("check", write_model(tmp_path, "recurrent")).stdout
    assert [line.rsplit("trainable", 1)[1] for line in said.splitlines() if line.startswith("hidden -> hidden")] == [", delay 1 ms"]


# Samples of the user's own over time

OWN = """name: own
dt: 1 ms
seed: 3
data: {set: file, file: own.h5, encode: {scheme: direct, duration: 8 ms}MORE}
populations:
  input: {size: 12, model: spike_source}
  hidden: {size: 24, model: lif, tau_m: 10 ms}
  output: {size: OUTPUTS, model: leaky_readout, tau_m: 20 ms}
projections:
  - {from: input, to: hidden, weight: {init: kaiming_uniform, gain: 2}, bias: true}
  - {from: hidden, to: hidden, weight: {init: uniform, low: -0.1, high: 0.1}}
  - {from: hidden, to: output, bias: true}
train: {epochs: 4, batch: 16, optimizer: {name: adam, lr: 1e-2}, loss: cross_entropy_mean}
test: {arithmetic: fixed}
record: [{population: hidden, what: spikes, samples: 31}]
"""


def several(x, seed):
    """Each spike once to three times."""
    return x * np.random.default_rng(seed).integers(1, 4, x.shape)


def values(x, seed):
    """Numbers of either sign beyond 1."""
    return (x * np.random.default_rng(seed).normal(1.0, 1.5, x.shape)).astype("f4")


def counted(x):
    """Events in a step as often as `x` says."""
    out = {"offsets": [0], "t": [], "unit": []}
    for sample in x:
        step, cell = np.nonzero(sample)
        times = sample[step, cell]
        out["t"] += np.repeat(1000 * step + 17, times).tolist()
        out["unit"] += np.repeat(cell, times).tolist()
        out["offsets"].append(len(out["t"]))
    return {"offsets": np.array(out["offsets"]), "t": np.array(out["t"], np.int64), "unit": np.array(out["unit"], np.uint16)}


def sensor(x):
    events = events_of(x)
    unit = events.pop("unit").astype(int)
    return {**events, "x": unit % 3, "y": unit // 3 % 2, "p": unit // 6}


def write_own(folder, kind, more=""):
    sets = {name: in_steps(count, seed) for name, count, seed in (("train", 96, 1), ("test", 31, 2))}
    if kind == "shd":
        for name, (x, y) in sets.items():
            write_shd(folder / f"{name}.h5", x, y, np.zeros(len(y), int), np.float32)
        more = ", test_file: test.h5" + more
    else:
        form = {"spikes": lambda x, seed: {"x": x}, "values": lambda x, seed: {"x": values(x, seed)},
                "events": lambda x, seed: events_of(x), "counted": lambda x, seed: counted(several(x, seed)),
                "sensor": lambda x, seed: sensor(x)}[kind]
        target = "labels" if kind == "sensor" else "y"
        write_h5(folder / "own.h5", {name: {target: y, **form(x, seed)} for seed, (name, (x, y)) in enumerate(sets.items())})
    if kind == "counted":
        more = ", events: counted" + more
    if kind == "sensor":
        more = ", height: 2, width: 3" + more
    model = folder / "own.yaml"
    text = OWN.replace("MORE", more).replace("OUTPUTS", "5")
    model.write_text(text.replace("own.h5", "train.h5") if kind == "shd" else text)
    return model


def operations(path, group):
    with h5py.File(path) as file:
        found = {}
        file[f"energy/{group}"].visititems(lambda name, item: found.update({name: dict(item.attrs)}))
        return found, file[f"energy/{group}"].attrs["samples"]


@pytest.mark.parametrize("kind, more", [
    *((kind, more) for kind in ("spikes", "values", "events", "counted", "sensor") for more in ("", ", stream: always")),
    ("shd", ""),  # rows of variable length are not streamed
])
def test_samples_over_time_and_events(snnsim, tmp_path, kind, more):
    """The spikes, predictions and operations of the trainer's own test, on any number of threads."""
    run = tmp_path / "run.h5"
    snnsim(write_own(tmp_path, kind, more), "--progress", "none", "-o", run)
    for threads in (1, 2):
        _, events = simulate(snnsim, tmp_path, run, tmp_path, "record: [{population: hidden, what: spikes}]\n",
                             "--threads", threads)
        with h5py.File(run) as a, h5py.File(events) as b:
            assert len(a["test/label"]) == 31
            assert np.array_equal(a["test/label"], b["trials/label"])
            assert np.array_equal(a["test/prediction"], b["trials/prediction"])
            assert len(set(b["trials/prediction"][:])) > 1
        trained, simulated = spikes_by_sample(run, "hidden", False), spikes_by_sample(events, "hidden", True)
        assert len(trained) > 100 and np.array_equal(trained, simulated)
        (a, shown), (b, simulated_samples) = operations(run, "test"), operations(events, "simulate")
        assert shown == simulated_samples == 31 and a.keys() == b.keys()
        for name in a:
            assert a[name] == b[name], name
        graded = b["forward/input_to_hidden"]["macs"] > 0
        assert graded == (kind in ("values", "counted"))


def test_one_file_trains_on_own_samples_and_simulates(snnsim, tmp_path):
    model = write_own(tmp_path, "counted")
    model.write_text(model.read_text() + """simulate:
  phases: [{name: seen, present: {samples: train}}, {name: new, present: {samples: test, state: keep}}]
""")
    snnsim(model, "--progress", "none", cwd=tmp_path)
    with h5py.File(tmp_path / "runs/own.h5") as a, h5py.File(tmp_path / "runs/own_simulated.h5") as b:
        assert b["phases/seen"].attrs["samples"] == 96 and b["phases/new"].attrs["samples"] == 31
        assert b["phases/seen"].attrs["accuracy"] > 0.8
        assert np.array_equal(a["test/label"], b["trials/label"][96:])
        assert [line.split("  ")[1] for line in b.attrs["inputs"]].count("own.h5") == 1


def test_a_simulation_shows_other_samples_than_the_training(snnsim, tmp_path):
    run = tmp_path / "run.h5"
    snnsim(write_own(tmp_path, "spikes"), "--progress", "none", "-o", run)
    (tmp_path / "more").mkdir()
    x, y = in_steps(12, 9)
    write_h5(tmp_path / "more" / "others.h5", {"test": {"x": x, "y": y}, "train": {"x": x, "y": y}})
    model = tmp_path / "more" / "events.yaml"
    model.write_text("name: events\ndata: {set: file, file: others.h5}\nsimulate: {network: ../run.h5}\n")
    snnsim("events.yaml", "--progress", "none", "-o", "events.h5", cwd=tmp_path / "more")
    snnsim("test", run, "--data", tmp_path / "more" / "others.h5", "-o", tmp_path / "again.h5", "--set", "test.arithmetic=fixed")
    with h5py.File(tmp_path / "again.h5") as a, h5py.File(tmp_path / "more" / "events.h5") as b:
        assert np.array_equal(b["trials/label"], y)
        assert np.array_equal(a["test/prediction"], b["trials/prediction"])
        assert [line.split("  ")[1] for line in b.attrs["inputs"] if "others" in line] == ["others.h5"]


def test_a_record_of_values_that_are_spikes_is_refused(snnsim, snnsim_binary, tmp_path):
    snnsim(write_own(tmp_path, "spikes"), "--progress", "none", "-o", tmp_path / "run.h5")
    model = tmp_path / "sent.yaml"
    model.write_text("name: sent\nsimulate: {network: run.h5}\nrecord: [{population: input, what: sent}]\n")
    said = refused(snnsim_binary, model, "-o", "sent.h5", cwd=tmp_path)
    assert "sent.yaml:3:10: the samples of own.h5 are spikes, so that 'input' sends no values" in said


def test_weights_that_fixed_arithmetic_cannot_have_are_told_at_its_place(snnsim, snnsim_binary, tmp_path):
    """After the training, which is kept: the run goes on to a test once the model says float."""
    weights = np.full((24, 5), 1e-6, "f4")
    weights[2, 1] = 1e6
    model = write_own(tmp_path, "spikes")
    np.save(tmp_path / "far.npy", weights)
    text = model.read_text()
    assert "weight: {file: far.npy}" not in text and "{from: hidden, to: output, bias: true}" in text
    text = text.replace("{from: hidden, to: output, bias: true}", "{from: hidden, to: output, bias: true, weight: {file: far.npy}}")
    model.write_text(text.replace("lr: 1e-2", "lr: 1e-9"))
    line = text.splitlines().index("test: {arithmetic: fixed}") + 1
    said = refused(snnsim_binary, model, "--progress", "none", "-o", "far.h5", cwd=tmp_path)
    assert f"own.yaml:{line}:20: fixed is the arithmetic of a simulation, which cannot have these weights: " in said, said
    assert "of the 120 weights in hidden_to_output that are not 0 would become 0" in said and "or write float" in said
    with h5py.File(tmp_path / "far.partial.h5") as kept:
        assert len(kept["training/epochs/train_loss"]) == 4
    said = refused(snnsim_binary, model, "--progress", "none", "-o", "set.h5", "--set", "test.arithmetic=fixed", cwd=tmp_path)
    assert "--set test.arithmetic=fixed: fixed is the arithmetic" in said, said


def test_streamed_samples_are_shown_as_rates_too(snnsim, tmp_path):
    """To a source beside the network, and encoded to its input: the spikes of samples in memory."""
    write_h5(tmp_path / "own.h5", two_sets())
    found = []
    for stream in ("always", "never"):
        run = tmp_path / f"{stream}.h5"
        snnsim(write_own_model(tmp_path), "--progress", "none", "-o", run, "--set", f"data.stream={stream}")
        _, events = simulate(snnsim, tmp_path, run, tmp_path, """  phases:
    - {name: rates, present: {population: shown, samples: test, max_rate: 200 Hz, duration: 20 ms}}
    - {name: encoded, present: {samples: test}}
populations: {shown: {size: 12, model: poisson_source, rate: 0 Hz}}
record: [{population: shown, what: spikes}, {population: input, what: spikes}]
""")
        with h5py.File(events) as file:
            found.append([file[f"spikes/{p}/{what}"][:] for p in ("shown", "input") for what in ("timestamps", "node_ids")])
    assert len(found[0][0]) > 500 and len(found[0][2]) > 500
    assert all(np.array_equal(a, b) for a, b in zip(*found))
