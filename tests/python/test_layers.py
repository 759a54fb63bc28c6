"""Layers: convolutions, pools, shapes, batch normalisation and dropout, from the model file to the run file."""

import h5py
import numpy as np
import pytest

from test_own_data import accuracy, error_of, run, same_runs

MODEL = """name: layers
dt: 1 ms
seed: 5
data: {set: file, file: own.h5, encode: {scheme: poisson, max_rate: 500 Hz, duration: 12 ms}}
populations:
  input: {shape: [2, 8, 7], model: spike_source}
  conv1: {model: lif, tau_m: 5 ms}
  pool1: {model: relay}
  conv2: {model: lif, tau_m: 5 ms}
  output: {size: 4, model: leaky_readout, tau_m: 10 ms}
projections:
  - {from: input, to: conv1, connect: {rule: conv2d, channels: 6, kernel: 3, padding: 1}, weight: {gain: 2}, bias: true}
  - {from: conv1, to: pool1, connect: {rule: max_pool, kernel: 2}}
  - {from: pool1, to: conv2, connect: {rule: conv2d, channels: 8, kernel: [3, 2]}, weight: {gain: 2}, bias: true}
  - {from: conv2, to: output, bias: true}
train: {epochs: 14, batch: 16, optimizer: {name: adam, lr: 1e-2}, loss: cross_entropy_mean}
test: {}
record: [{population: input, what: spikes, samples: 8}, {population: conv1, what: spikes, samples: 8}]
"""


def bars(count, seed):
    """A bright bar, upright or not (a bit of the class), in one of two channels (the other bit)."""
    random = np.random.default_rng(seed)
    y = np.arange(count) % 4
    x = random.uniform(0.0, 0.1, (count, 2, 8, 7))
    for k in range(count):
        row, column = random.integers(8), random.integers(7)
        x[k, y[k] // 2][(slice(None), column) if y[k] % 2 else (row, slice(None))] += 0.9
    return x, y


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("layers")
    with h5py.File(path / "own.h5", "w") as file:
        for seed, (name, count) in enumerate((("train", 320), ("test", 64))):
            x, y = bars(count, seed)
            file[f"{name}/x"], file[f"{name}/y"] = x.reshape(count, -1), y
    (path / "m.yaml").write_text(MODEL)
    return path


NORM = ("populations.conv1.batch_norm={}", "populations.conv2.batch_norm={scale: 1.5}")
KINDS = {
    "plain": (),
    "norm": NORM,
    "dropout": ("populations.conv1.dropout=0.1", "populations.conv2.dropout=0.2"),
    "average": ("projections.1.connect.rule=avg_pool", "populations.pool1.model=linear"),
    "channels": ("populations.conv1.trainable={tau_m: {per: channel}, v_th: {}}",),
    "groups": ("projections.2.connect.groups=2",),
    "penalty": ("train.rate_penalty=[{population: conv1, upper: 0.1, strength: 0.1}]",),
}


@pytest.mark.parametrize("kind", KINDS)
def test_layers_learn_and_repeat(snnsim, folder, kind):
    run(snnsim, folder, *KINDS[kind], out=f"{kind}.h5")
    assert accuracy(folder / f"{kind}.h5") > 0.9
    run(snnsim, folder, *KINDS[kind], out=f"{kind}_1.h5", threads=1)
    run(snnsim, folder, *KINDS[kind], out=f"{kind}_3.h5", threads=3)
    same_runs(folder / f"{kind}.h5", folder / f"{kind}_1.h5")
    same_runs(folder / f"{kind}.h5", folder / f"{kind}_3.h5")


@pytest.mark.parametrize("kind", ["plain", "norm"])
def test_runs_are_tested_again(snnsim, folder, kind):
    run(snnsim, folder, *KINDS[kind], out=f"again_{kind}.h5")
    snnsim("test", folder / f"again_{kind}.h5", "-o", folder / "again.h5", "--force", "--threads", 2)
    same_runs(folder / f"again_{kind}.h5", folder / "again.h5")


def taps(group, channels):
    """Weights as torch.nn.Conv2d has them: [out, in, row, column]."""
    rows, columns = group["kernel"][:]
    return group["weights"][:].reshape(rows, columns, channels, -1).transpose(3, 2, 0, 1)


def test_a_run_file_says_what_its_weights_are(snnsim, folder):
    """The first layer's spikes, recomputed with numpy from the input's."""
    run(snnsim, folder, out="numbers.h5")
    with h5py.File(folder / "numbers.h5") as file:
        group = file["weights/input_to_conv1"]
        weights, bias = taps(group, 2), group["bias"][:]
        assert weights.shape == (6, 2, 3, 3) and group.attrs["rule"] == "conv"
        assert taps(file["weights/pool1_to_conv2"], 6).shape == (8, 6, 3, 2)
        assert file["network/conv1"].attrs["channels"] == 6 and file["network/conv2"].attrs["size"] == 8 * 2 * 2

        def raster(name, size):
            spikes = np.zeros((8, 12, size))
            part = file[f"spikes/{name}"]
            step = np.rint(part["timestamps"][:]).astype(int) - 1
            spikes[part["trial"][:], step % 12, part["node_ids"][:]] = 1
            return spikes

        shown, fired = raster("input", 112).reshape(8, 12, 2, 8, 7), raster("conv1", 336).reshape(8, 12, 6, 8, 7)
    padded = np.pad(shown, ((0, 0), (0, 0), (0, 0), (1, 1), (1, 1)))
    current = bias[:, None, None] + sum(
        np.einsum("btcyx,oc->btoyx", padded[..., ky:ky + 8, kx:kx + 7], weights[:, :, ky, kx]) for ky in range(3) for kx in range(3))
    u = np.zeros_like(current[:, 0])
    for t in range(12):
        u = np.exp(-1 / 5) * u + current[:, t]
        assert np.mean((u >= 1) == fired[:, t]) > 0.9999
        u -= fired[:, t]


def test_operations_follow_the_spikes(snnsim, folder):
    run(snnsim, folder, "record=[{population: input, what: spikes, samples: 64}]", "train.epochs=1", out="counts.h5")
    with h5py.File(folder / "counts.h5") as file:
        neurons = file["spikes/input/node_ids"][:]
        y, x = neurons % 56 // 7, neurons % 7
        windows = (3 - (y == 0) - (y == 7)) * (3 - (x == 0) - (x == 6))
        assert file["energy/test/forward/input_to_conv1"].attrs["acs"] == 6 * windows.sum()
        pooled = file["energy/test/forward/conv1_to_pool1"].attrs
        assert pooled["acs"] <= pooled["events"] and pooled["macs"] == 0


@pytest.mark.parametrize("form", ["npy", "npz", "h5"])
def test_weights_start_from_kernels_of_pytorch(snnsim, folder, form):
    """[out, in of a group, row, column], as torch.nn.Conv2d.weight, or the taps of a run: the same network."""
    short = ("train.epochs=1", *KINDS["groups"])
    run(snnsim, folder, *short, out="start.h5")
    files, kernels = {0: "start.h5", 2: "start.h5"}, {}
    with h5py.File(folder / "start.h5") as file:
        for k, (name, channels) in {0: ("input_to_conv1", 2), 2: ("pool1_to_conv2", 3)}.items():
            kernels[k] = taps(file[f"weights/{name}"], channels)
            files[k] = f"kernel{k}.{form}"
            if form == "npy":
                np.save(folder / files[k], kernels[k])
            elif form == "npz":
                np.savez(folder / files[k], weight=kernels[k])
            else:
                with h5py.File(folder / files[k], "w") as out:
                    out["state/weight"] = kernels[k]
    assert kernels[2].shape == (8, 3, 3, 2)
    again = lambda names: [f"projections.{k}.weight={{file: {name}}}" for k, name in names.items()]
    run(snnsim, folder, *short, *again({0: "start.h5", 2: "start.h5"}), out="of_run.h5")
    run(snnsim, folder, *short, *again(files), out=f"of_{form}.h5")
    same_runs(folder / "of_run.h5", folder / f"of_{form}.h5")


def test_kernels_of_another_shape_are_told(folder):
    np.save(folder / "wide.npy", np.zeros((6, 2, 5, 3)))
    said = error_of("check", folder / "m.yaml", "--set", "projections.0.weight={file: wide.npy}")
    assert "the shape [6, 2, 5, 3]" in said and "needs [18, 6], taps and channels, or [6, 2, 3, 3], as PyTorch has it" in said, said


ERRORS = {
    "kernel_too_large": ("projections.0.connect.kernel=12", "a window of 12 rows is larger than 'input'"),
    "stride_0": ("projections.0.connect.stride=0", "stride must be at least 1"),
    "no_kernel": ("projections.0.connect={rule: conv2d, channels: 4}", "conv2d is missing the key 'kernel', for example 'kernel: 3'"),
    "kernel_of_distance": ("projections.0.connect={rule: fixed_probability, p: 1, kernel: 3}", "the kernel of fixed_probability is a function of the distance"),
    "shapes_differ": ("populations.conv1={shape: [6, 9, 7], model: lif}", "conv2d makes [6, 8, 7] of 'input' ([2, 8, 7]), but 'conv1' has the shape [6, 9, 7]"),
    "no_shape": ("populations.input={size: 112, model: spike_source}", "conv2d needs the shape of 'input'"),
    "size_differs": ("populations.input={size: 100, shape: [2, 8, 7], model: spike_source}", "size is 100, but the shape [2, 8, 7] has 112 neurons"),
    "groups": ("projections.0.connect.groups=4", "groups (4) do not divide the 2 channels of 'input'"),
    "pool_with_weights": ("projections.1={from: conv1, to: pool1, connect: {rule: max_pool, kernel: 2}, bias: true}", "max_pool has no weights; leave 'bias' out"),
    "one_dimension": ("projections.0.connect.rule=conv1d", "write conv2d"),
    "dropout_of_output": ("populations.output.dropout=0.5", "'output' is an output; dropout leaves out"),
    "dropout_of_all": ("populations.conv1.dropout=1", "dropout must be"),
    "norm_without_bias": ("populations={input: {shape: [2, 8, 7], model: spike_source}, conv1: {model: lif, batch_norm: {}}, pool1: {model: linear},"
                          " conv2: {model: lif}, output: {size: 4, model: leaky_readout}}", "write bias: true at a projection to 'conv1'"),
    "norm_of_pool": ("populations.pool1.batch_norm={}", "normalise the population before or after the pool"),
    "long_shape": ("populations.input.shape=[1, 2, 3, 4]", "a shape is [channels, rows, columns] or [channels, columns]"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_does_not_fit_is_told(folder, case):
    setting, wanted = ERRORS[case]
    more = ["--set", "projections.0.bias=false"] if case == "norm_without_bias" else []
    said = error_of("check", folder / "m.yaml", "--set", setting, *more)
    assert wanted in said, said
    assert "m.yaml" in said or "--set" in said


def test_a_norm_or_window_behind_a_misspelled_population_is_told_by_its_name(folder):
    said = error_of("check", folder / "m.yaml", "--set", NORM[0], "--set", "projections.0.from=inptu")
    assert "'inptu'" in said and "cycle" not in said, said


def test_a_window_on_a_cycle_is_refused(folder):
    (folder / "cycle.yaml").write_text(MODEL.replace("train:", """  - {from: conv2, to: conv2, connect: {rule: conv2d, kernel: 3, padding: 1}}
train:"""))
    assert "lies on a cycle of projections" in error_of("check", folder / "cycle.yaml")


def test_that_windows_are_not_simulated_is_told_alone(snnsim, folder):
    run(snnsim, folder, "train.epochs=1", out="windows.h5")
    (folder / "s.yaml").write_text("name: s\nsimulate: {network: windows.h5}\n")
    why = ("the network cannot be simulated: input_to_conv1 (conv2d), conv1_to_pool1 (max_pool), pool1_to_conv2 (conv2d): windows have no "
           "place in a simulation yet; ")
    said = error_of("check", folder / "s.yaml")
    assert f"s.yaml:2:21: {why}`snnsim test windows.h5` tests it as it is; to simulate it, connect cells to cells" in said
    assert said.count("s.yaml:") == 1 and said.count("error") == 1, said
    # What a file trains itself is named by nobody.
    (folder / "both.yaml").write_text(MODEL + "simulate: {phases: [{name: a, present: {samples: test}}]}\n")
    said = error_of("check", folder / "both.yaml")
    assert f"both.yaml:19:11: {why}connect cells to cells (all_to_all, ...), or leave simulate out" in said
    assert said.count("both.yaml:") == 1 and "--set" not in said, said
    snnsim("test", folder / "windows.h5", "-o", folder / "windows_test.h5")


def test_rows_alone_are_convolved(snnsim, folder):
    """conv1d over [channels, columns], and a dense way around it."""
    (folder / "m1.yaml").write_text("""name: rows
dt: 1 ms
data: {set: file, file: own.h5, encode: {scheme: direct, duration: 4 ms}}
populations:
  input: {shape: [2, 56], model: spike_source}
  conv: {model: lif, tau_m: 5 ms}
  output: {size: 4, model: leaky_readout, tau_m: 10 ms}
projections:
  - {from: input, to: conv, connect: {rule: conv1d, channels: 9, kernel: 7, stride: 3}, weight: {gain: 2}, bias: true}
  - {from: conv, to: output, bias: true}
  - {from: input, to: output}
train: {epochs: 6, batch: 16, optimizer: {name: adam, lr: 1e-2}, loss: cross_entropy_mean}
test: {}
""")
    snnsim(folder / "m1.yaml", "-o", folder / "rows.h5", "--force", "--backend", "cpu")
    assert accuracy(folder / "rows.h5") > 0.9


def test_a_norm_learns_behind_weights_that_do_not(snnsim, folder):
    frozen = ("populations.conv1.batch_norm={}", "projections.0.trainable=false")
    ends = []
    for epochs in (0, 2):
        run(snnsim, folder, *frozen, f"train.epochs={epochs}", out="frozen.h5")
        with h5py.File(folder / "frozen.h5") as file:
            ends.append(file["weights/input_to_conv1/weights"][:])
    assert not np.allclose(*ends)  # the norm has become part of them


def test_biases_alone_learn_into_a_shape(snnsim, folder):
    (folder / "dense.yaml").write_text(MODEL.replace(
        "connect: {rule: conv2d, channels: 6, kernel: 3, padding: 1}, weight: {gain: 2}, bias: true}",
        "weight: {gain: 2}, trainable: false, bias: {trainable: true}}").replace("conv1: {model", "conv1: {shape: [6, 8, 7], model"))
    ends = []
    for epochs in (0, 1):
        snnsim(folder / "dense.yaml", "-o", folder / "dense.h5", "--force", "--backend", "cpu", "--set", f"train.epochs={epochs}")
        with h5py.File(folder / "dense.h5") as file:
            ends.append((file["weights/input_to_conv1/weights"][:], file["weights/input_to_conv1/bias"][:]))
    assert np.array_equal(ends[0][0], ends[1][0])
    changed = (ends[0][1] != ends[1][1]).reshape(6, 8, 7)
    assert changed[..., :6].all() and not changed[..., 6].any()  # the pool leaves out the last of seven columns
