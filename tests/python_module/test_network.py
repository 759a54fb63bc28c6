"""snnsim.train and Network: own data from arrays, predictions, weights both ways."""

import os
import subprocess
import warnings

import h5py
import numpy as np
import pytest

import snnsim

PROGRAM = os.environ.get("SNNSIM_BINARY")
MODEL = {
    "name": "own", "seed": 3, "dt": "1 ms",
    "data": {"set": "file", "file": "own.npz", "encode": {"scheme": "poisson", "duration": "8 ms"}},
    "populations": {"eye": {"size": 8, "model": "spike_source"}, "hidden": {"size": 24, "model": "lif", "tau_m": "10 ms"},
                    "digit": {"size": 3, "model": "leaky_readout", "tau_m": "20 ms"}},
    "projections": [{"from": "eye", "to": "hidden", "weight": {"init": "kaiming_uniform", "gain": 2}, "bias": True},
                    {"from": "hidden", "to": "digit", "connect": {"rule": "fixed_probability", "p": 0.5},
                     "weight": "fan_in_uniform"}],
    "train": {"epochs": 3, "batch": 16, "optimizer": {"name": "adam", "lr": 1e-2}, "loss": "cross_entropy_mean"},
    "test": {}}
DIRECT = {**MODEL, "data": {**MODEL["data"], "encode": {"scheme": "direct", "duration": "8 ms"}}}
REAL = {**DIRECT, "populations": {**DIRECT["populations"], "digit": {"size": 2, "model": "leaky_readout", "tau_m": "20 ms"}},
        "train": {"epochs": 2, "batch": 16, "loss": "mse_mean"}}
rng = np.random.default_rng(4)
Y = rng.integers(0, 3, 96)
X = np.clip(rng.random((96, 8)) * 0.3 + np.eye(3, 8)[Y] * 0.7, 0, 1).astype(np.float32)
XT, YT = X[:30].copy(), Y[:30].copy()


def train(model, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", snnsim.RunWarning)
        return snnsim.train(model, *arguments, progress=False, **options)


def of_command(model, folder, **arrays):
    """The run that the command makes of the same samples in a file."""
    import yaml
    np.savez(folder / "own.npz", **arrays)
    (folder / "model.yaml").write_text(yaml.safe_dump(model))
    subprocess.run([PROGRAM, str(folder / "model.yaml"), "-o", str(folder / "run.h5")], check=True, capture_output=True)
    return h5py.File(folder / "run.h5")


def same_weights(network, file):
    assert len(network.weights) == len(file["weights"])
    for name, weights in network.weights.items():
        assert np.array_equal(weights, file[f"weights/{name}/weights"][:]), name


@pytest.mark.parametrize("kind", ["float32", "float64", "float16", "uint8", "bool", "labels int8"])
def test_arrays_train_as_their_file_does(kind, tmp_path):
    x, xt, y, yt = X, XT, Y, YT
    if kind.startswith("float") or kind == "bool":
        x, xt = X.astype(kind), XT.astype(kind)
    elif kind == "uint8":
        x, xt = (X * 255).astype(np.uint8), (XT * 255).astype(np.uint8)
    else:
        y, yt = Y.astype(np.int8), YT.astype(np.int8)
    with train(MODEL, x, y, xt, yt) as network:
        file = of_command(MODEL, tmp_path, x_train=x, y_train=y, x_test=xt, y_test=yt)
        same_weights(network, file)
        assert network.accuracy == file["test"].attrs["accuracy"]
        assert network.run.digest == file.attrs["spike_digest"]
        assert np.array_equal(network.predict(xt), file["test/prediction"][:])
        found = network.evaluate(xt, yt)
        assert found.accuracy == network.accuracy and found.loss == pytest.approx(file["test"].attrs["loss"], rel=1e-12)
        assert np.array_equal(found.prediction, network.predict(xt))


def test_steps_and_events_are_the_same_spikes(tmp_path):
    spikes = rng.random((96, 8, 8)) < 0.2 + 0.6 * np.eye(3, 8)[Y][:, None, :]
    with train(DIRECT, spikes, Y, spikes[:30].copy(), YT) as dense:
        file = of_command(DIRECT, tmp_path, x_train=spikes, y_train=Y, x_test=spikes[:30], y_test=YT)
        same_weights(dense, file)

        def events(sample):
            step, unit = np.nonzero(sample)
            return {"t": step * 1000 + 200, "unit": unit}

        listed = [events(sample) for sample in spikes]
        structured = [np.rec.fromarrays([e["t"], e["unit"]], names="t,unit") for e in listed]
        for samples in (listed, structured):
            with train(DIRECT, samples, Y, samples[:30], YT) as network:
                same_weights(network, file)
                assert np.array_equal(network.predict(samples[:30]), dense.predict(spikes[:30].copy()))


def test_events_of_a_sensor(tmp_path):
    samples = [{"t": np.sort(rng.integers(0, 8000, 20)), "x": rng.integers(0, 2, 20), "y": rng.integers(0, 2, 20),
                "p": rng.integers(0, 2, 20)} for _ in range(40)]
    settings = {"data.height": 2, "data.width": 2}
    with train(DIRECT, samples, Y[:40], set=settings) as network:
        assert network.predict(samples).shape == (40,)
    with pytest.raises(snnsim.DataError, match="height and data.width"):
        train(DIRECT, samples, Y[:40])


def test_real_targets(tmp_path):
    y = np.stack([X.sum(1), X[:, 0]], axis=1).astype(np.float32)
    with train(REAL, X, y, XT, y[:30].copy()) as network:
        file = of_command(REAL, tmp_path, x_train=X, y_train=y, x_test=XT, y_test=y[:30])
        same_weights(network, file)
        assert np.array_equal(network.predict(XT), file["test/prediction"][:])
        assert network.evaluate(XT, y[:30].copy()).error == file["test"].attrs["error"]
        assert network.evaluate(XT, y[:30].copy()).accuracy is None


def test_several_inputs_and_outputs():
    model = {**DIRECT, "data": {"set": "file", "file": "own.npz", "encode": {"scheme": "direct", "duration": "4 ms"},
                                "inputs": {"eye": {"x": "sight"}, "ear": {"x": "sound"}},
                                "outputs": {"digit": {"y": "what"}, "place": {"y": "where"}}},
             "populations": {**DIRECT["populations"], "ear": {"size": 4, "model": "spike_source"},
                             "place": {"size": 2, "model": "leaky_readout", "tau_m": "20 ms"}},
             "projections": [*DIRECT["projections"], {"from": "ear", "to": "hidden", "weight": "fan_in_uniform"},
                             {"from": "hidden", "to": "place", "weight": "fan_in_uniform"}],
             "train": {"epochs": 1, "batch": 16, "loss": {"digit": "cross_entropy_mean", "place": "mse_mean"}}}
    x, y = {"sight": X, "sound": X[:, :4].copy()}, {"what": Y, "where": X[:, :2].copy()}
    with train(model, x, y, x, y) as network:
        found = network.predict(x)
        assert found["digit"].shape == (96,) and found["place"].shape == (96, 2)
        assert network.evaluate(x, y).outputs["digit"].accuracy == pytest.approx(np.mean(found["digit"] == Y))
    with pytest.raises(snnsim.DataError, match="sound is missing|sound"):
        train(model, {"sight": X}, y)


def test_without_test_samples_there_is_no_test():
    with train(MODEL, X, Y) as network:
        assert network.accuracy is None and not network.run.test
        assert len(network.curves.epoch_train_accuracy) == 3


def test_validation_samples_of_their_own():
    with train({**MODEL, "train": {**MODEL["train"], "best_weights": True}}, X, Y, x_valid=XT, y_valid=YT) as network:
        assert len(network.curves.epoch_validation_accuracy) == 3


def test_weights_go_both_ways(tmp_path):
    with train(MODEL, X, Y, XT, YT) as network:
        before = network.predict(XT)
        hidden = network.weights["hidden"]
        assert hidden is not None and hidden.shape == (8, 24) and hidden.base is not None
        kept = hidden.copy()
        network.weights["eye_to_hidden"][:] = 0.0
        network.bias["eye_to_hidden"][:] = 0.0
        assert np.all(network.weights["hidden"] == 0.0) and len(np.unique(network.predict(XT))) == 1
        assert np.array_equal(network.run.weights["eye_to_hidden"][:], kept)    # the run stays as it was
        network.weights["hidden"] = kept
        network.bias["hidden"] = network.run.weights["eye_to_hidden"].bias
        assert np.array_equal(network.predict(XT), before)
        network.weights["digit"][:] += 5.0    # where there is no synapse nothing comes of it
        mask = network.run.weights["hidden_to_digit"].mask
        assert not np.all(mask)
        network.weights["digit"] = network.run.weights["hidden_to_digit"][:]
        network.save(tmp_path / "w.npz")
        with pytest.raises(snnsim.UsageError, match="exists already"):
            network.save(tmp_path / "w.npz")
        with pytest.raises(snnsim.UsageError, match="shape"):
            network.weights["hidden"] = kept.T
        with pytest.raises(snnsim.UsageError, match="finite"):
            network.weights["hidden"] = np.full_like(kept, np.nan)
        hidden[0, 0] = np.inf
        with pytest.raises(snnsim.UsageError, match=r'weights\["eye_to_hidden"\] has inf'):
            network.predict(XT)
        with pytest.raises(KeyError, match="hidden"):
            network.weights["hiden"]
    with train(MODEL, X, Y, XT, YT, weights=tmp_path / "w.npz", set={"train.epochs": 1, "train.optimizer.lr": 1e-9}) as again:
        assert np.allclose(again.weights["hidden"], kept, atol=1e-6)


def test_a_network_of_a_run_file(tmp_path):
    file = of_command(MODEL, tmp_path, x_train=X, y_train=Y, x_test=XT, y_test=YT)
    with snnsim.Network(tmp_path / "run.h5") as network:
        assert np.array_equal(network.predict(XT), file["test/prediction"][:])


@pytest.mark.parametrize("argument, value, message", [
    ("x", X[:, ::2], "x is a view that does not lie in one piece"),
    ("x", X.T, "x is a view"),
    ("x", X.astype(object), "x is an array of object"),
    ("x", X.astype(complex), "x is an array of complex128"),
    ("x", X.astype(">f4"), "x is in the byte order of another machine"),
    ("x", X[:, :5].copy(), "the input 'eye' has 8 neurons, but a sample of the arguments has 5"),
    ("x", X[:50].copy(), "x has 50 samples, but y has 96"),
    ("x", X[:, 0].copy(), "x has 1 dimensions"),
    ("x", np.where(np.arange(8) == 3, np.nan, X), "x is nan in sample 0, value 3"),
    ("x", X * 3, "x is"),
    ("x", np.float32(3), "x is a single number"),
    ("x", X[:0], "x is empty"),
    ("x", None, "x is None"),
    ("x", "text", "x is an array of <U4"),
    ("x", [{"t": [1]}], r"x\[0\] has t"),
    ("x", [{"t": [1, 2], "unit": [1]}] * 96, r"x\[0\] has parts of 1 and 2 events"),
    ("y", Y - 1, "y is -1 in sample"),
    ("y", Y + 0.5, "y is"),
    ("y", Y[:3], "y has 3|has 96 samples, but y has 3"),
    ("y", None, "y is None"),
    ("x_test", XT, "y_test is missing"),
    ("weight", -np.ones(96), "weight is -1 in sample 0"),
    ("class_names", ["a", "b"], "y is 2 in sample")])
def test_wrong_arrays_are_named(argument, value, message):
    with pytest.raises(snnsim.Error, match=message):
        train(MODEL, **{"x": X, "y": Y, argument: value})


def test_an_array_on_a_gpu_is_named():
    class Elsewhere:
        is_cuda = True
        device = "cuda:0"

    with pytest.raises(snnsim.UsageError, match="x is on cuda:0; give an array in the host's memory, as x.cpu"):
        train(MODEL, Elsewhere(), Y)


def test_arrays_are_read_where_they_lie_and_let_go(tmp_path):
    import sys
    x = X.copy()
    before = sys.getrefcount(x)
    x.flags.writeable = False
    train(MODEL, x, Y).close()
    assert sys.getrefcount(x) == before


def test_a_simulation_is_not_trained():
    with pytest.raises(snnsim.UsageError, match="simulated, not trained"):
        train({"name": "a", "dt": "1 ms", "simulate": {"duration": "1 ms"},
               "populations": {"E": {"size": 1, "model": "iaf_psc_exp"}}}, X, Y)


def test_a_closed_network_says_so():
    network = train(MODEL, X, Y)
    weights = network.weights["hidden"]
    network.close()
    for use in (lambda: network.predict(X), lambda: network.weights["hidden"], lambda: network.evaluate(X, Y)):
        with pytest.raises(snnsim.ClosedError):
            use()
    assert weights.shape == (8, 24) and np.isfinite(weights).all()
    assert "closed" in repr(network)


def test_a_stopped_training_goes_on_with_its_arrays(tmp_path):
    class Stop(Exception):
        pass

    def stop(share, text):
        raise Stop

    long = {"train.epochs": 400}
    file = tmp_path / "run.h5"
    with pytest.raises(Stop):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            snnsim.train(MODEL, X, Y, XT, YT, set=long, output=file, progress=stop)
    assert snnsim.Run(file).status == "interrupted"
    other = {"x": XT, "y": YT, "x_test": XT, "y_test": YT}
    with pytest.raises(snnsim.FileError, match="another content of"):
        snnsim.resume(file, arrays=other, progress=False)
    resumed = snnsim.resume(file, arrays={"x": X, "y": Y, "x_test": XT, "y_test": YT}, progress=False)
    with train(MODEL, X, Y, XT, YT, set=long) as whole:
        assert resumed.status == "finished"
        assert np.array_equal(resumed.weights["eye_to_hidden"][:], whole.weights["eye_to_hidden"])
