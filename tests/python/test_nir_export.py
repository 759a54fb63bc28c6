"""Trained networks as files of NIR: what `snnsim export` writes gives the same spikes when it is read back, for each kind of
cell, projection and loop; and what NIR, or a library, cannot say is told with its place in the model."""

import os
import subprocess

import h5py
import numpy as np
import pytest

STEPS, SIDE, CLASSES = 20, 6, 3
HEAD = """name: small
seed: 3
dt: 1 ms
data: {set: file, file: bars.npz, encode: {scheme: direct, duration: 20 ms}}
train: {epochs: 8, batch: 20, optimizer: {name: adam, lr: 1e-2}, loss: LOSS}
test: {}
"""
INPUT = "  input: {size: 36, model: spike_source}\n"
IMAGE = "  input: {shape: [1, 6, 6], model: spike_source}\n"
HIDDEN = ["{from: input, to: hidden, bias: true, weight: {init: fan_in_uniform, gain: 3}}"]
OUTPUT = ["{from: hidden, to: output, bias: true}"]
READOUT = "  output: {size: 3, model: leaky_readout, tau_m: 10 ms}\n"


def model(populations, projections, loss="cross_entropy_max"):
    return (HEAD.replace("LOSS", loss) + "populations:\n" + populations + "projections:\n" +
            "".join(f"  - {p}\n" for p in projections))


NETWORKS = {
    "lif": model(INPUT + "  hidden: {size: 12, model: lif, tau_m: 8 ms, reset: zero}\n" + READOUT, HIDDEN + OUTPUT),
    "lif_that_fires": model(INPUT + "  hidden: {size: 12, model: lif, tau_m: 8 ms, reset: zero, scale_input: true, v_th: 0.3}\n"
                            "  output: {size: 3, model: lif, tau_m: 4 ms, reset: zero, fires: above}\n",
                            HIDDEN + OUTPUT, "cross_entropy_count"),
    "euler": model(INPUT + "  hidden: {size: 12, model: lif, tau_m: 8 ms, reset: zero, v_reset: -0.2, integration: euler}\n" +
                   READOUT, HIDDEN + OUTPUT),
    "no_leak": model(INPUT + "  hidden: {size: 12, model: lif, tau_m: 1e12 ms, reset: zero, v_th: 2}\n"
                     "  deep: {size: 12, model: lif, tau_m: 1e12 ms, reset: zero, v_reset: 0.3}\n" + READOUT,
                     HIDDEN + ["{from: hidden, to: deep, weight: {gain: 2}}", "{from: deep, to: output}"]),
    "cuba_lif": model(INPUT + "  hidden: {size: 12, model: cuba_lif, tau_m: 8 ms, tau_s: 4 ms, v_leak: 0.1}\n" + READOUT,
                      HIDDEN + OUTPUT),
    "recurrent": model(INPUT + "  hidden: {size: 12, model: lif, tau_m: 8 ms, reset: zero}\n" + READOUT,
                       HIDDEN + OUTPUT + ["{from: hidden, to: hidden, weight: {gain: 0.5}}"]),
    "loop": model(INPUT + "  hidden: {size: 12, model: lif, tau_m: 8 ms, reset: zero}\n"
                  "  other: {size: 5, model: lif, tau_m: 5 ms, reset: zero}\n" + READOUT,
                  HIDDEN + OUTPUT + ["{from: hidden, to: other, weight: {gain: 2}}",
                                     "{from: other, to: hidden, delay: 2 ms, bias: true}"]),
    "by_cell": model(INPUT + "  hidden: {size: 12, model: lif, tau_m: 8 ms, reset: zero, "
                     "trainable: {tau_m: {per: cell, spread: 0.5}, v_th: {per: cell}}}\n"
                     "  output: {size: 3, model: leaky_readout, tau_m: 10 ms, scale_input: true, trainable: {tau_m: {per: cell}}}\n",
                     HIDDEN + OUTPUT),
    "conv": model(IMAGE + "  conv: {model: lif, tau_m: 8 ms, reset: zero, batch_norm: {}, trainable: {tau_m: {per: channel}}}\n"
                  "  pooled: {model: linear}\n" + READOUT,
                  ["{from: input, to: conv, connect: {rule: conv2d, channels: 4, kernel: [3, 2], padding: [1, 0]}, bias: true, "
                   "weight: {gain: 2}}",
                   "{from: conv, to: pooled, connect: {rule: avg_pool, kernel: 2}}",
                   "{from: pooled, to: output, bias: true}"]),
    "rows": model("  input: {shape: [6, 6], model: spike_source}\n"
                  "  conv: {model: lif, tau_m: 8 ms, reset: zero}\n" + READOUT,
                  ["{from: input, to: conv, connect: {rule: conv1d, channels: 4, kernel: 3, stride: 2, groups: 2}, bias: true, "
                   "weight: {gain: 5}}", "{from: conv, to: output}"]),
    "delays": model(INPUT + "  hidden: {size: 12, model: lif, tau_m: 8 ms, reset: zero}\n" + READOUT,
                    ["{from: input, to: hidden, delay: {learn: source, max: 6 ms}, weight: {gain: 3}}",
                     "{from: hidden, to: output, delay: 3 ms}"]),
    "sparse": model(INPUT + "  hidden: {size: 36, model: lif, tau_m: 8 ms, reset: zero}\n"
                    "  deep: {size: 12, model: lif, tau_m: 8 ms, reset: zero}\n" + READOUT,
                    ["{from: input, to: hidden, connect: {rule: one_to_one}, weight: {init: constant, value: 0.7}}",
                     "{from: hidden, to: deep, connect: {rule: fixed_probability, p: 0.5}, weight: {gain: 3}}",
                     "{from: deep, to: output}"]),
    "relay": model(IMAGE + "  pooled: {model: relay}\n" + READOUT,
                   ["{from: input, to: pooled, connect: {rule: sum_pool, kernel: 2}}", "{from: pooled, to: output}"]),
    "two_paths": model(INPUT + "  hidden: {size: 12, model: lif, tau_m: 8 ms, reset: zero}\n"
                       "  output: {size: 3, model: lif, tau_m: 4 ms, reset: zero}\n",
                       HIDDEN + OUTPUT + ["{from: input, to: output}"], "cross_entropy_count"),
    "sum": model(INPUT + "  hidden: {size: 12, model: lif, tau_m: 8 ms, reset: zero}\n  output: {size: 3, model: linear}\n",
                 HIDDEN + OUTPUT + ["{from: input, to: output}"], "cross_entropy_mean"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Spikes of bars that stand where the class says."""
    folder = tmp_path_factory.mktemp("nir")
    random = np.random.default_rng(5)
    samples = {}
    for name, count in (("train", 120), ("test", 30)):
        y = np.arange(count) % CLASSES
        chance = np.full((count, SIDE, SIDE), 0.05)
        for image, label in zip(chance, y):
            image[2 * label:2 * label + 2] = 0.4
        x = random.random((count, STEPS, SIDE * SIDE)) < chance.reshape(count, 1, -1)
        samples |= {f"x_{name}": x.astype(np.float32), f"y_{name}": y}
    np.savez(folder / "bars.npz", **samples)
    return folder


@pytest.fixture(scope="module")
def trained(snnsim, folder):
    """The run of one of the networks."""
    runs = {}

    def run(name, text=None):
        if name not in runs:
            path = folder / f"{name}.yaml"
            path.write_text(text or NETWORKS[name])
            runs[name] = folder / f"{name}.h5"
            snnsim(path, "-o", runs[name], "--backend", "cpu", "--threads", "1")
        return runs[name]

    return run


def error_of(*arguments):
    if "SNNSIM_BINARY" not in os.environ:
        pytest.skip("SNNSIM_BINARY does not name the program (ctest sets it)")
    done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode != 0, done.stdout
    return done.stderr


def metadata(path):
    out = {}
    with h5py.File(path) as file:
        file["node/metadata"].visititems(
            lambda name, item: out.__setitem__(name, item[()]) if isinstance(item, h5py.Dataset) else None)
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in out.items()}


def kinds(path):
    with h5py.File(path) as file:
        return {name: node["type"][()].decode() for name, node in file["node/nodes"].items()}


def recorded(run):
    """What was recorded of all test samples."""
    with h5py.File(run) as file:
        spikes = {f"{name}/{part}": group[part][:] for name, group in file.get("spikes", {}).items()
                  for part in ("trial", "timestamps", "node_ids")}
        return spikes, {name: group["v"][:] for name, group in file.get("state", {}).items()}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_is_read_back_gives_the_same_spikes(snnsim, folder, trained, name):
    network = folder / f"{name}.nir"
    said = snnsim("export", trained(name), "-o", network).stdout
    assert "it carries the first test sample (20 steps of 36 inputs)" in said
    own = metadata(network)
    spikes = {key: value for key, value in own.items() if key.startswith("spikes/")}
    assert sum(len(s) for s in spikes.values()) > 10
    assert own["input"].shape == (STEPS, 36)
    with np.load(folder / "bars.npz") as samples:
        np.testing.assert_array_equal(own["input"], samples["x_test"][0])
    said = snnsim("verify", network).stdout
    assert said.count("as in the file") == len(spikes) + sum(key.startswith("output/") for key in own)

    # All samples of the test, in a model of its own.
    again, run, tested = (folder / f"{name}_{part}" for part in ("again.yaml", "again.h5", "tested.h5"))
    snnsim("import", network, "-o", again, "--data", folder / "bars.npz", "--steps", STEPS)
    records = [f"{{population: {key.removeprefix('spikes/')}, what: spikes}}" for key in spikes]
    if "output/output" in own:
        records.append("{population: output, what: v}")
    record = ("--set", f"record=[{', '.join(records)}]", "--backend", "cpu", "--threads", "1")
    snnsim("test", trained(name), "-o", tested, *record)
    snnsim(again, "-o", run, *record)
    (spikes, values), (spikes_again, values_again) = recorded(tested), recorded(run)
    assert spikes.keys() == spikes_again.keys() and values.keys() == values_again.keys()
    for key, value in spikes.items():
        assert len(value) > 100
        np.testing.assert_array_equal(spikes_again[key], value)
    for key, value in values.items():
        np.testing.assert_allclose(values_again[key], value, atol=1e-6 * np.abs(value).max(), rtol=0)


def test_nodes_of_a_network(snnsim, folder, trained):
    network = folder / "kinds.nir"
    snnsim("export", trained("conv"), "-o", network)
    assert kinds(network) == {"input": "Input", "input_to_conv": "Conv2d", "conv": "LIF", "conv_to_pooled": "AvgPool2d",
                              "pooled_to_output": "Affine", "pooled_to_output_flatten": "Flatten", "output": "LI",
                              "out": "Output"}
    with h5py.File(network) as file:
        nodes = file["node/nodes"]
        assert nodes["conv/tau"].shape == (4, 6, 5)
        assert len(np.unique(nodes["conv/tau"])) == 4        # one a channel
        assert np.all(nodes["conv/v_leak"][()] == 0) and np.all(nodes["conv/v_reset"][()] == 0)
        assert nodes["input_to_conv/weight"].shape == (4, 1, 3, 2)
        assert {tuple(map(bytes.decode, edge)) for edge in file["node/edges"]} == {
            ("input", "input_to_conv"), ("input_to_conv", "conv"), ("conv", "conv_to_pooled"),
            ("conv_to_pooled", "pooled_to_output_flatten"), ("pooled_to_output_flatten", "pooled_to_output"),
            ("pooled_to_output", "output"), ("output", "out")}


def test_what_is_written_means_the_cells_of_the_model(snnsim, folder, trained):
    network = folder / "meaning.nir"
    snnsim("export", trained("lif_that_fires"), "-o", network)
    own = metadata(network)
    assert (own["decay"], own["reset"], own["reset_at"], own["fires"]) == ("exp", "value", "same_step", "above")
    assert own["dt"] == pytest.approx(1e-3)
    with h5py.File(network) as file:
        hidden, output = file["node/nodes/hidden"], file["node/nodes/output"]
        np.testing.assert_allclose(hidden["tau"], 8e-3)
        np.testing.assert_allclose(hidden["r"], 1.0, rtol=1e-6)          # scale_input
        np.testing.assert_allclose(output["r"], 1 / (1 - np.exp(-1 / 4)), rtol=1e-6)
        # NIR fires above a threshold, and the first of the two at it.
        assert hidden["v_threshold"][0] == np.nextafter(np.float32(0.3), np.float32(0))
        assert output["v_threshold"][0] == 1.0


@pytest.mark.parametrize("library, name, dt", [("snntorch", "lif_that_fires", 1e-4), ("norse", "lif_that_fires", 1e-3),
                                               ("spikingjelly", "fires_at", 1e-4), ("sinabs", "subtract", 1.0)])
def test_a_file_for_a_library_is_read_back_too(snnsim, folder, trained, library, name, dt):
    text = {"fires_at": NETWORKS["lif_that_fires"].replace(", fires: above", ""),
            "subtract": NETWORKS["lif_that_fires"].replace("reset: zero", "reset: subtract")}.get(name)
    network = folder / f"{library}.nir"
    snnsim("export", trained(name, text), "-o", network, "--for", library)
    own = metadata(network)
    assert own["for"] == library and own["dt"] == dt and own["model_dt"] == pytest.approx(1e-3)
    assert list(kinds(network))[0] == "00_input" and list(kinds(network))[-1] == "05_out"
    snnsim("verify", network)


def test_a_loop_for_a_library_is_a_graph_within(snnsim, folder, trained):
    text = NETWORKS["recurrent"].replace("leaky_readout", "lif, reset: zero")
    network = folder / "nested.nir"
    snnsim("export", trained("nested", text), "-o", network, "--for", "snntorch")
    with h5py.File(network) as file:
        nested = file["node/nodes/02_hidden"]
        assert nested["type"][()] == b"NIRGraph"
        assert sorted(nested["nodes"]) == ["cells", "input", "output", "w_rec0"]
    assert len(metadata(network)["spikes/02_hidden.cells"]) > 20
    snnsim("verify", network)


def test_spikes_that_are_not_given_are_told(snnsim, folder, trained):
    network = folder / "changed.nir"
    snnsim("export", trained("lif_that_fires"), "-o", network)
    with h5py.File(network, "r+") as file:
        spikes = file["node/metadata/spikes/hidden"][:]
        del file["node/metadata/spikes/hidden"]
        file["node/metadata/spikes/hidden"] = spikes[1:]
    if "SNNSIM_BINARY" in os.environ:
        done = subprocess.run([os.environ["SNNSIM_BINARY"], "verify", network], capture_output=True, text=True)
        assert done.returncode == 1 and not done.stderr
        step, cell = spikes[0].astype(int)
        assert f"hidden: differs: {len(spikes)} spikes here, {len(spikes) - 1} in the file; the first difference is in " \
            f"step {step}, cell {cell}: a spike that the file does not have" in done.stdout
        for name, shape in (("spikes/hidden", (4, 3)), ("input", (20, 35))):
            with h5py.File(network, "r+") as file:
                del file[f"node/metadata/{name}"]
                file[f"node/metadata/{name}"] = np.zeros(shape)
            done = subprocess.run([os.environ["SNNSIM_BINARY"], "verify", network], capture_output=True, text=True)
            assert done.returncode == 1 and f"/node/metadata/{name} has the shape [{shape[0]}, {shape[1]}]" in done.stderr
            with h5py.File(network, "r+") as file:
                file["node/metadata/spikes/hidden"][...] = 0
                del file["node/metadata/spikes/hidden"]
                file["node/metadata/spikes/hidden"] = spikes


def test_without_data_random_spikes_are_carried(snnsim, folder, trained, tmp_path):
    (tmp_path / "bars.npz").write_bytes((folder / "bars.npz").read_bytes())
    (tmp_path / "lif.yaml").write_text(NETWORKS["lif"])
    snnsim(tmp_path / "lif.yaml", "-o", tmp_path / "lif.h5", "--backend", "cpu", "--set", "train.epochs=1")
    (tmp_path / "bars.npz").unlink()
    said = snnsim("export", tmp_path / "lif.h5", "-o", tmp_path / "lif.nir").stdout
    assert "Poisson spikes" in said and "20 steps of 36 inputs" in said
    assert len(metadata(tmp_path / "lif.nir")["spikes/hidden"]) > 0
    snnsim("verify", tmp_path / "lif.nir")


CANNOT = {
    "max_pool": (model(IMAGE + "  pooled: {model: relay}\n" + READOUT,
                       ["{from: input, to: pooled, connect: {rule: max_pool, kernel: 2}}", "{from: pooled, to: output}"]),
                 "'input_to_pooled': NIR has no node for the largest of a window (max_pool)"),
    "adaptive": (model(INPUT + "  hidden: {size: 12, model: adaptive_lif}\n" + READOUT, HIDDEN + OUTPUT),
                 "'hidden': its model is adaptive_lif, for which NIR has no node"),
    "relu": (model(INPUT + "  hidden: {size: 12, model: relu}\n  output: {size: 3, model: linear}\n", HIDDEN + OUTPUT,
                   "cross_entropy_mean"), "'hidden': its model is relu, for which NIR has no node"),
    "synapses": (model(INPUT + "  hidden: {size: 12, model: lif, reset: zero}\n" + READOUT,
                       ["{from: input, to: hidden, delay: {learn: synapse, max: 6 ms}}"] + OUTPUT),
                 "'input_to_hidden': its synapses have delays of their own"),
}


@pytest.mark.parametrize("name", CANNOT)
def test_what_nir_cannot_say_is_told_with_its_place(folder, trained, name):
    text, message = CANNOT[name]
    said = error_of("export", trained(name, text), "-o", folder / "cannot.nir", "--force")
    place = next(k for k, line in enumerate(text.splitlines(), 1)
                 if (f" {message.split(chr(39))[1]}:" in line and line.startswith("  ")) or
                 "from: {}, to: {}".format(*message.split("'")[1].split("_to_"), "") in line)
    assert message in said and f"{name}.yaml:{place}:" in said
    assert not (folder / "cannot.nir").exists()


def test_a_reset_that_nir_cannot_say_takes_force(snnsim, folder, trained):
    text = NETWORKS["lif"].replace("reset: zero", "reset: subtract, reset_at: next_step")
    run, network = trained("soft", text), folder / "soft.nir"
    said = error_of("export", run, "-o", network)
    assert "takes v_th off its membrane" in said and "--force" in said and "soft.yaml:" in said
    said = snnsim("export", run, "-o", network, "--force").stdout
    assert "note: 'hidden': a spike takes v_th off its membrane" in said
    own = metadata(network)
    assert (own["reset"], own["reset_at"]) == ("subtract", "next_step")
    snnsim("verify", network)


@pytest.mark.parametrize("library, name, message", [
    ("snntorch", "lif", "'output': in NIR it is a node LI, and snnTorch reads none"),
    ("spikingjelly", "by_cell", "'hidden': its cells have time constants of their own, and SpikingJelly reads one"),
    ("norse", "conv", "'conv_to_pooled': in NIR it is a node AvgPool2d, and Norse reads none"),
    ("sinabs", "rows", "'conv': its cells have the shape [4, 2], which windows see, and Sinabs fails at cells of more than one"),
    ("sinabs", "recurrent", "'hidden_to_hidden': it leads back, and Sinabs reads no such loop"),
    ("sinabs", "lif", "'hidden': a spike sets its membrane to a value (reset: zero), and Sinabs takes the threshold off"),
    ("norse", "delays", "'input_to_hidden': in NIR it is a node Delay, and Norse reads none"),
    ("norse", "two_paths", "'output': several paths lead to 05_output, and Norse runs it before they all have come there"),
    ("norse", "cuba_lif", "'hidden': its v_leak is not 0, and Norse reads no such cell"),
    ("snntorch", "loop", "'other_to_hidden': it leads back to another population, and snnTorch reads no such loop")])
def test_what_a_library_cannot_read_is_told(folder, trained, library, name, message):
    assert message in error_of("export", trained(name), "-o", folder / "cannot.nir", "--for", library)
    assert not (folder / "cannot.nir").exists()


def test_a_current_on_a_loop_is_told(snnsim, folder, trained):
    text = NETWORKS["recurrent"].replace("model: lif, tau_m: 8 ms, reset: zero", "model: cuba_lif").replace(
        "leaky_readout, tau_m: 10 ms", "cuba_lif").replace(", bias: true", "")
    run, network = trained("current_on_a_loop", text), folder / "current_on_a_loop.nir"
    said = error_of("export", run, "-o", network, "--for", "norse")
    assert "'hidden': what a cuba_lif gets acts on its membrane in the next step here and in the same step in Norse, and they lie " \
        "on a loop of projections; or write it all the same with --force" in said
    assert "note: 'hidden': what a cuba_lif gets" in snnsim("export", run, "-o", network, "--for", "norse", "--force").stdout
    snnsim("verify", network)


def test_weights_are_those_that_are_tested(snnsim, folder, trained):
    text = NETWORKS["lif"].replace("test: {}", "test: {quantize: {bits: 3}}")
    network = folder / "rounded.nir"
    snnsim("export", trained("rounded", text), "-o", network)
    with h5py.File(network) as file:
        weights = file["node/nodes/input_to_hidden/weight"][:]
    assert all(len(np.unique(of_target)) <= 7 for of_target in weights) and len(np.unique(weights)) > 7
    snnsim("verify", network)


def test_files_that_are_in_the_way(snnsim, folder, trained):
    other = folder / "other.nir"
    other.write_text("mine")
    assert "no file of NIR" in error_of("export", trained("lif"), "-o", other, "--force")
    assert other.read_text() == "mine"
    network = folder / "twice.nir"
    snnsim("export", trained("lif"), "-o", network)
    assert "exists already; --force overwrites it" in error_of("export", trained("lif"), "-o", network)
    snnsim("export", trained("lif"), "-o", network, "--force")
    assert "name a .nir file" in error_of("export", trained("lif"), "-o", folder / "x.h5")


def test_a_file_without_spikes_cannot_be_verified(snnsim, folder, trained):
    network = folder / "bare.nir"
    snnsim("export", trained("lif"), "-o", network)
    with h5py.File(network, "r+") as file:
        del file["node/metadata"]
    said = error_of("verify", network)
    assert f"{network}: /node/metadata: it carries no input" in said and "snnsim import" in said
