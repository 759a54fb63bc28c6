"""Networks of other tools: from_nir, to_nir, from_sonata."""

import pathlib

import numpy as np
import pytest
import snnsim

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = {
    "name": "small", "seed": 2, "dt": "1 ms",
    "data": {"encode": {"scheme": "direct", "duration": "20 ms"}},
    "populations": {"input": {"size": 6, "model": "spike_source"}, "hidden": {"size": 9, "model": "lif", "tau_m": "8 ms", "reset": "zero"},
                    "output": {"size": 3, "model": "leaky_readout", "tau_m": "10 ms"}},
    "projections": [{"from": "input", "to": "hidden", "bias": True, "weight": {"init": "fan_in_uniform", "gain": 3}},
                    {"from": "hidden", "to": "output", "bias": True}],
    "train": {"epochs": 3, "batch": 16, "optimizer": {"name": "adam", "lr": 1e-2}, "loss": "cross_entropy_mean"},
    "test": {},
}


@pytest.fixture(scope="module")
def trained():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 60)
    x = rng.random((60, 20, 6)) < 0.1 + 0.5 * (np.arange(6) // 2 == y[:, None])[:, None, :]
    return snnsim.train(MODEL, x, y, x, y), x


def test_a_network_goes_out_and_comes_in_again(trained, tmp_path):
    net, x = trained
    said = snnsim.to_nir(net, tmp_path / "net.nir", force=True)
    assert "net.nir" in said
    assert any("dt 1" in note for note in snnsim.from_nir(tmp_path / "net.nir").notes)
    back = snnsim.from_nir(tmp_path / "net.nir", steps=20, output=tmp_path / "back.yaml")
    outputs = np.asarray(back.predict(x))
    classes = outputs if outputs.ndim == 1 else outputs.argmax(1)
    assert (tmp_path / "back.yaml").read_text().startswith("# Network of net.nir")
    assert back.run.kind == "training" and len(classes) == len(x)
    assert np.mean(classes == net.predict(x)) > 0.9    # the last value is read, where nothing is trained
    for name in ("input_to_hidden",):
        np.testing.assert_allclose(np.asarray(back.weights[name]), np.asarray(net.weights[name]), rtol=1e-5)
    with pytest.raises(snnsim.UsageError, match="exist|force"):
        snnsim.from_nir(tmp_path / "net.nir", output=tmp_path / "back.yaml")


def test_what_is_wrong_is_told(trained, tmp_path):
    net, _ = trained
    snnsim.to_nir(net.run, tmp_path / "net.nir", force=True)
    for keys, text in (({"library": "pytorch"}, "must be one of definition, snntorch"), ({"reset": "soft"}, "must be one of subtract"),
                       ({"steps": 0}, "steps is 0"), ({"dt": "1 mV"}, "dt is"), ({"dt": 0}, "dt is 0; it must be more than 0"),
                       ({"reset": "zero"}, "snnsim has written it"), ({"output": "net.txt"}, "name a .yaml file"),
                       ({"force": 1}, "force is 1"), ({"scale_input": True}, "scale")):
        with pytest.raises(snnsim.UsageError, match=text):
            snnsim.from_nir(tmp_path / "net.nir", **keys)
    import h5py
    with h5py.File(tmp_path / "net.nir", "r+") as file:    # as if another program had written it
        del file["node/metadata"]
    with pytest.raises(snnsim.UsageError, match='write dt, as in dt="1 ms"(.|\n)*write reset subtract, zero or none'):
        snnsim.from_nir(tmp_path / "net.nir")
    with pytest.raises(snnsim.FileError, match="none.nir"):
        snnsim.from_nir(tmp_path / "none.nir", dt="1 ms", reset="zero")
    with pytest.raises(snnsim.UsageError, match="library"):
        snnsim.to_nir(net, tmp_path / "other.nir", library="lava")


def test_weights_of_a_convolution_are_taps_by_channels():
    model = {**MODEL, "populations": {"input": {"shape": [1, 4, 4], "model": "spike_source"},
                                      "conv": {"model": "lif", "tau_m": "8 ms", "reset": "zero"}, "pooled": {"model": "linear"},
                                      "output": {"size": 3, "model": "leaky_readout"}},
             "projections": [{"from": "input", "to": "conv", "connect": {"rule": "conv2d", "channels": 5, "kernel": [3, 2]}},
                             {"from": "conv", "to": "pooled", "connect": {"rule": "avg_pool", "kernel": [2, 3]}},
                             {"from": "pooled", "to": "output"}]}
    rng = np.random.default_rng(1)
    net = snnsim.train(model, rng.random((12, 20, 16)) < 0.3, rng.integers(0, 3, 12), set={"test": None})
    assert net.weights["input_to_conv"].shape == (6, 5)
    assert net.weights["conv_to_pooled"].size == 0
    np.testing.assert_array_equal(net.weights["input_to_conv"], net.run.weights["input_to_conv"])


def test_a_network_of_sonata_is_a_simulation(tmp_path):
    config = ROOT / "tests" / "data" / "sonata" / "balanced" / "config.json"
    with snnsim.from_sonata(config, threads=1, output=tmp_path / "circuit.yaml") as sim:
        stretch = sim.advance("50 ms")
        assert sum(len(s) for s in stretch.spikes.values()) > 10
        assert any("synapses" in note for note in sim.notes)
    assert (tmp_path / "circuit.yaml").exists()
    with pytest.raises(snnsim.FileError, match="nothing.json"):
        snnsim.from_sonata(tmp_path / "nothing.json")
