"""Weights that a training takes from files and runs, those that `snnsim weights` writes, and networks that are tested again."""

import hashlib
import os
import signal
import subprocess

import h5py
import numpy as np
import pytest

from conftest import PATIENCE, ROOT, in_a_long_enough_run, stop_when, write_bars

MODEL = """name: net
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, max_rate: 300 Hz, duration: 8 ms}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 24, model: lif}
  output: {size: 10, model: leaky_readout}
projections:
  - {from: input, to: hidden, weight: fan_in_uniform, bias: true}
  - {from: hidden, to: output, weight: fan_in_uniform, bias: true}
train: {epochs: 2, batch: 40, optimizer: {name: adamw, lr: 5e-3, weight_decay: 0.1}, loss: cross_entropy_mean}
test: {}
record: [{population: hidden, what: spikes, samples: 20}]
"""
FIRST, SECOND = "weights/input_to_hidden", "weights/hidden_to_output"
NOT_TRAINED = "train.epochs=0"


class Place:
    """A folder with the model, and calls of the program in it."""

    def __init__(self, snnsim, folder, data):
        self.snnsim, self.folder, self.data = snnsim, folder, data
        (folder / "m.yaml").write_text(MODEL)

    def arguments(self, name, *settings, more=()):
        return [self.folder / "m.yaml", *[part for s in settings for part in ("--set", s)], "--data-dir", self.data, "--backend", "cpu",
                "-o", self.folder / name, *more]

    def train(self, name, *settings, more=()):
        done = self.snnsim(*self.arguments(name, *settings, more=more))
        self.said = done.stdout + done.stderr
        return self.folder / name

    def error(self, *settings, more=()):
        return error_of(*self.arguments("wrong.h5", *settings, more=more))


def error_of(*arguments):
    done = subprocess.run([os.environ["SNNSIM_BINARY"], *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode in (1, 2), done.stdout + done.stderr
    return done.stderr


@pytest.fixture
def place(snnsim, tmp_path, data_folder):
    return Place(snnsim, tmp_path, data_folder)


@pytest.fixture(scope="module")
def trained(snnsim, tmp_path_factory, data_folder):
    """A run of the model, and its weights as arrays."""
    there = Place(snnsim, tmp_path_factory.mktemp("trained"), data_folder)
    there.train("run.h5")
    there.said = snnsim("weights", there.folder / "run.h5", "-o", there.folder / "w.npz").stdout
    return there


def content(path, *names):
    with h5py.File(path) as file:
        return [file[name][()] for name in names]


def matrix_of(path, group):
    """Weights and mask [source, target], however they are stored."""
    with h5py.File(path) as file:
        g = file[group]
        if "weights" in g:
            return g["weights"][()], g["mask"][()]
        shape = tuple(file["network"][g.attrs[end]].attrs["size"] for end in ("from", "to"))
        weights, mask = np.zeros(shape, np.float32), np.zeros(shape, np.uint8)
        place = (g["source"][()], g["target"][()])
        assert np.all(np.diff(place[0].astype(int) * shape[1] + place[1]) > 0)
        weights[place], mask[place] = g["weight"][()], 1
        return weights, mask


def weights_of(path):
    return content(path, f"{FIRST}/weights", f"{FIRST}/bias", f"{SECOND}/weights", f"{SECOND}/bias")


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def result_of(path):
    """All that a test gives."""
    with h5py.File(path) as file:
        names = ["test/label", "test/prediction", "spikes/hidden/timestamps", "spikes/hidden/node_ids", "spikes/hidden/trial"]
        counts = {}
        file["energy/test"].visititems(lambda name, item: counts.update({(name, k): v for k, v in item.attrs.items()}))
        return [file["test"].attrs["accuracy"], file["test"].attrs["loss"], *[file[name][()] for name in names], sorted(counts.items())]


def same_result(a, b):
    one, other = result_of(a), result_of(b)
    return one[:2] == other[:2] and same(one[2:-1], other[2:-1]) and one[-1] == other[-1]


def inputs_of(path):
    """Of the files that the model names."""
    with h5py.File(path) as file:
        lines = list(file.attrs["inputs"])
    of_files = [line for line in lines if not line.endswith("  set: mnist")]
    assert len(of_files) == len(lines) - 1
    return of_files


def files(weights):
    """Settings that take all from there."""
    return [f"projections.{k}.{what}={{file: {weights}, dataset: {name}}}" for k, name in enumerate(("input_to_hidden", "hidden_to_output"))
            for what in ("weight", "bias")]


def test_the_table_and_the_arrays(trained):
    arrays = np.load(trained.folder / "w.npz")
    assert sorted(arrays) == ["hidden_to_output", "hidden_to_output.bias", "input_to_hidden", "input_to_hidden.bias"]
    first = weights_of(trained.folder / "run.h5")[0]
    assert arrays["input_to_hidden"].dtype == np.float32 and np.array_equal(arrays["input_to_hidden"], first)
    line = next(line for line in trained.said.splitlines() if line.startswith("input_to_hidden"))
    assert line.split()[1:4] == ["784", "x", "24"] and line.split()[-1] == "24"
    assert float(line.split()[5]) == pytest.approx(first.std(), rel=1e-3)


@pytest.mark.parametrize("kind", ["npz", "run", "hdf5", "npy"])
def test_weights_out_and_in_again_are_the_same_network(trained, place, kind):
    if kind == "npz":
        settings = files(trained.folder / "w.npz")
    elif kind == "run":
        settings = [s.replace(", dataset: input_to_hidden", "").replace(", dataset: hidden_to_output", "") for s in files(trained.folder / "run.h5")]
    else:
        names = ("input_to_hidden", "input_to_hidden.bias", "hidden_to_output", "hidden_to_output.bias")
        arrays = dict(zip(names, weights_of(trained.folder / "run.h5")))
        if kind == "hdf5":
            with h5py.File(place.folder / "all.h5", "w") as file:
                for name, values in arrays.items():
                    file[f"net/{name}"] = values.astype(np.float64)
            where = {name: f"{{file: all.h5, dataset: net/{name}}}" for name in names}
        else:
            for name, values in arrays.items():
                np.save(place.folder / f"{name}.npy", np.asfortranarray(values.astype(">f8")))
            where = {name: f"{{file: {name}.npy}}" for name in names}
        settings = [f"projections.{k // 2}.{'bias' if k % 2 else 'weight'}={where[name]}" for k, name in enumerate(names)]
    again = place.train("again.h5", NOT_TRAINED, *settings)
    assert same(weights_of(again), weights_of(trained.folder / "run.h5"))
    assert same_result(again, trained.folder / "run.h5")
    assert len(inputs_of(again)) == (4 if kind == "npy" else 1)
    digest, path = inputs_of(again)[0].split("  ")
    assert hashlib.sha256((place.folder / path).read_bytes()).hexdigest() == digest


def test_a_single_array(trained, place, snnsim):
    snnsim("weights", trained.folder / "run.h5", "--projection", "hidden_to_output", "-o", place.folder / "one.npy")
    assert np.array_equal(np.load(place.folder / "one.npy"), weights_of(trained.folder / "run.h5")[2])
    assert "choose it with --projection" in error_of("weights", trained.folder / "run.h5", "-o", place.folder / "two.npy")
    assert "has weights of hidden_to_output, input_to_hidden" in error_of("weights", trained.folder / "run.h5", "--projection", "x")
    (place.folder / "mine.npz").write_text("mine")
    assert "mine.npz" in error_of("weights", trained.folder / "run.h5", "--force", "-o", place.folder / "mine.npz")
    assert (place.folder / "mine.npz").read_text() == "mine"


def test_a_network_tested_again(trained, place, snnsim):
    run = trained.folder / "run.h5"
    done = snnsim("test", run, "--data-dir", place.data, "-o", place.folder / "same.h5", "--threads", 1)
    assert same_result(place.folder / "same.h5", run)
    with h5py.File(run) as file:
        assert f"test accuracy {100 * file['test'].attrs['accuracy']:.2f} %" in done.stdout
    assert inputs_of(place.folder / "same.h5") == [f"{hashlib.sha256(run.read_bytes()).hexdigest()}  {run}"]
    assert same(weights_of(place.folder / "same.h5"), weights_of(run))
    assert "exists already" in error_of("test", run, "--data", place.data, "-o", place.folder / "same.h5")

    other = place.folder / "other"
    other.mkdir()
    write_bars(other, "train", 20, 5)
    write_bars(other, "t10k", 30, 6)
    snnsim("test", run, "--data", other, "-o", place.folder / "other.h5")
    with h5py.File(place.folder / "other.h5") as file:
        assert file["test"].attrs["samples"] == 30 and file.attrs["status"] == "finished"
    snnsim("test", run, "--data", place.data, "--set", "data.test_samples=12", "-o", place.folder / "few.h5")
    assert np.array_equal(content(place.folder / "few.h5", "test/prediction")[0], content(run, "test/prediction")[0][:12])

    assert "trains nothing" in error_of("test", run, "--set", "train.epochs=1")
    assert "input_to_hidden needs [784, 30]" in error_of("test", run, "--data", place.data, "--set", "populations.hidden.size=30",
                                                         "-o", place.folder / "x.h5")
    assert "does not take" in error_of("test", place.folder / "m.yaml")


def test_a_run_is_tested_and_simulated_from_any_folder(place, snnsim):
    """And where the project has moved: the files that its model names are found by their way from the run file."""
    project = place.folder / "project"
    (project / "runs").mkdir(parents=True)
    with h5py.File(project / "d.h5", "w") as file:
        for group, count in (("train", 40), ("test", 20)):
            y = np.arange(count) % 2
            file[f"{group}/x"], file[f"{group}/y"] = np.outer(y, np.ones(6)) + 0.1, y
    (project / "m.yaml").write_text("""name: m
dt: 1 ms
data: {set: file, file: d.h5, encode: {scheme: direct, duration: 3 ms}}
populations: {input: {size: 6, model: spike_source}, out: {size: 2, model: leaky_readout}}
projections: [{from: input, to: out}]
train: {epochs: 2, batch: 8, loss: cross_entropy_mean}
test: {}
""")
    snnsim("m.yaml", cwd=project)
    other = place.folder / "other"
    other.mkdir()

    def tested(path):
        with h5py.File(path) as file:
            return file["test"].attrs["accuracy"], file["test"].attrs["loss"], file["test/prediction"][:].tolist()
    (other / "d.h5").write_text("none")  # of the same name, where the command is called
    snnsim("test", project / "runs/m.h5", "-o", "again.h5", cwd=other)
    assert tested(project / "runs/m.h5") == tested(other / "again.h5")
    os.rename(project, place.folder / "moved")
    snnsim("test", "../moved/runs/m.h5", "-o", "moved.h5", cwd=other)
    assert tested(other / "again.h5") == tested(other / "moved.h5")
    assert "a test takes weights and biases from the run" in error_of(
        "test", place.folder / "moved/runs/m.h5", "--set", "projections.0.weight={init: constant, value: 0}")


def test_a_quantized_network_tested_again(place, snnsim):
    for bits in (2, 5, 8):
        run = place.train(f"q{bits}.h5", f"test.quantize={{bits: {bits}}}")
        again = place.folder / f"q{bits}_again.h5"
        snnsim("test", run, "--data", place.data, "-o", again)
        assert same_result(again, run) and same(weights_of(again), weights_of(run))


def test_a_training_that_begins_with_the_weights_of_a_run(trained, place):
    run = trained.folder / "run.h5"
    fine = place.train("fine.h5", NOT_TRAINED, more=["--weights", run])
    assert same(weights_of(fine), weights_of(run))
    assert "taken: input_to_hidden and its biases, hidden_to_output and its biases" in place.said
    assert inputs_of(fine) == [f"{hashlib.sha256(run.read_bytes()).hexdigest()}  {run}"]
    fine = place.train("tuned.h5", more=["--weights", trained.folder / "w.npz"])
    assert not same(weights_of(fine), weights_of(run))

    # By a relative path, which is kept as one from the model's folder; another network in part.
    place.snnsim("m.yaml", "--weights", "fine.h5", "--set", NOT_TRAINED, "--set", "projections.0.bias=false", "--data-dir", place.data,
                 "-o", "x/y.h5", cwd=place.folder)
    assert inputs_of(place.folder / "x" / "y.h5")[0].endswith("  fine.h5")
    more = ["populations={input: {size: 784, model: spike_source}, hidden: {size: 24, model: lif}, output: {size: 10, model: lif}, "
            "extra: {size: 10, model: leaky_readout}}",
            "projections=[{from: input, to: hidden, bias: true}, {from: hidden, to: output}, {from: output, to: extra, bias: true}]"]
    place.train("more.h5", NOT_TRAINED, *more, more=["--weights", run])
    assert "taken: input_to_hidden and its biases, hidden_to_output, without its biases\n" in place.said
    assert "drawn, as it has none: output_to_extra\n" in place.said
    place.train("own.h5", NOT_TRAINED, f"projections.0.weight={{file: {run}}}", more=["--weights", trained.folder / "w.npz"])
    assert "from files of their own: input_to_hidden" in place.said

    assert ("weights of input_to_hidden have the shape [784, 24], but the model's have [784, 32] ('input' and 'hidden')"
            in place.error("populations.hidden.size=32", more=["--weights", run]))
    names = ["populations={input: {size: 784, model: spike_source}, out: {size: 10, model: linear}}", "projections=[{from: input, to: out}]",
             "record=null"]
    said = place.error(*names, more=["--weights", run])
    assert "takes none of its weights" in said and "it has those of hidden_to_output, input_to_hidden" in said and "input_to_out" in said
    assert "leave out --weights" in error_of("--resume", run, "--weights", run)
    simulation = place.folder / "s.yaml"
    simulation.write_text("name: s\ndt: 1 ms\nsimulate: {duration: 5 ms}\npopulations: {a: {size: 2, model: iaf_psc_delta}}\n")
    assert "--weights is for trainings" in error_of(simulation, "--weights", run)


def test_early_layers_of_one_run_and_late_ones_of_another(trained, place):
    other = place.train("other.h5", "seed=7")
    both = place.train("both.h5", NOT_TRAINED, f"projections.0.weight={{file: {trained.folder / 'run.h5'}}}",
                       f"projections.0.bias={{file: {trained.folder / 'run.h5'}}}", "projections.1.weight={file: other.h5}",
                       "projections.1.bias={file: other.h5}")
    assert same(weights_of(both), weights_of(trained.folder / "run.h5")[:2] + weights_of(other)[2:])
    assert len(inputs_of(both)) == 2


@pytest.mark.parametrize("optimizer", ["{name: adamw, lr: 5e-3, weight_decay: 0.1}", "{name: sgd, lr: 0.1, momentum: 0.9, weight_decay: 0.1}"])
def test_what_is_frozen_stays(trained, place, optimizer):
    begin = weights_of(trained.folder / "run.h5")
    how = ["--weights", trained.folder / "run.h5"]
    settings = [f"train.optimizer={optimizer}", "train.clip_norm=1", "train.prune={sparsity: 0.5, from: 1, to: 1}"]

    def changed(name, *more, threads=2):
        run = place.train(name, *settings, *more, more=[*how, "--threads", threads])
        return run, [not np.array_equal(a, b) for a, b in zip(weights_of(run), begin, strict=True)]

    assert changed("all.h5")[1] == [True] * 4
    assert changed("bias.h5", "projections.0.bias={trainable: false}")[1] == [True, False, True, True]
    run, moved = changed("weights.h5", "projections.0.trainable=false", "projections.0.bias={trainable: true}")
    assert moved == [False, True, True, True]
    assert same(weights_of(run), weights_of(changed("again.h5", "projections.0.trainable=false", "projections.0.bias={trainable: true}", threads=1)[0]))
    assert changed("both.h5", "projections.0.trainable=false")[1] == [False, False, True, True]
    with h5py.File(run) as file:
        assert file[FIRST].attrs["frozen"] == "weights" and "frozen" not in file[SECOND].attrs
        assert file["energy/train/backward/input_to_hidden"].attrs["acs"] == 0
    said = place.snnsim("check", place.folder / "m.yaml", "--set", "projections.0.bias={trainable: false}").stdout
    assert "trainable, biases fixed" in said


def test_of_a_sparse_array_what_is_not_stored_is_no_synapse(place, snnsim):
    random = np.random.default_rng(4)
    source, target = np.nonzero(random.random((784, 24)) < 0.1)
    value = random.normal(0, 0.1, len(source)).astype(np.float32)
    value[0] = 0  # stored
    begin = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=784))])
    np.savez(place.folder / "csr.npz", indices=target.astype(np.int32), indptr=begin.astype(np.int32), format=np.array(b"csr"), shape=[784, 24], data=value)
    sparse = "projections.0.weight={file: csr.npz}"
    assert f" {len(source):,} " in snnsim("check", place.folder / "m.yaml", "--set", sparse).stdout
    run = place.train("sparse.h5", sparse)
    there = np.zeros((784, 24), bool)
    there[source, target] = True
    weights, mask = matrix_of(run, FIRST)
    assert np.array_equal(mask == 1, there) and not weights[~there].any()
    assert weights[source[0], target[0]] != 0 and np.count_nonzero(weights) > 0.9 * len(source)

    # Where a run's synapses are missing, they stay so in what begins with it; what is written says it too.
    snnsim("weights", run, "-o", place.folder / "w.npz")
    for name in ("sparse.h5", "w.npz"):
        fine = place.train(f"fine_{name[0]}.h5", more=["--weights", place.folder / name])
        after, left = matrix_of(fine, FIRST)
        assert np.array_equal(left, mask) and not after[~there].any() and not np.array_equal(after, weights)
    snnsim("test", run, "--data", place.data, "-o", place.folder / "test.h5")
    assert same_result(place.folder / "test.h5", run)

    said = place.error(sparse, "projections.0.connect={rule: fixed_probability, p: 0.5}")
    assert "m.yaml:9:" in said and "lie where connect: fixed_probability makes no synapse, the first at [source " in said
    dense = np.zeros((784, 24), np.float32)
    blocks = np.arange(784)[:, None] // (784 // 8) == np.arange(24)[None] // 3
    dense[blocks] = 0.1
    np.save(place.folder / "blocks.npy", dense)
    pruned = place.train("pruned.h5", "train.prune={sparsity: 0.8, from: 1, to: 1}")
    assert matrix_of(pruned, SECOND)[1].sum() == 48
    fine = place.train("fine_pruned.h5", more=["--weights", pruned])
    assert matrix_of(fine, SECOND)[1].sum() == 48


def test_connect_and_a_dense_file(place):
    model = (place.folder / "m.yaml").read_text().replace("hidden: {size: 24", "hidden: {size: 28")
    (place.folder / "m.yaml").write_text(model)
    there = np.arange(784)[:, None] // 28 == np.arange(28)[None]
    weights = np.where(there, 0.1, 0).astype(np.float32)
    np.save(place.folder / "w.npy", weights)
    settings = ["projections.0.connect=blocks", "projections.0.weight={file: w.npy}"]
    run = place.train("blocks.h5", *settings)
    after, mask = matrix_of(run, FIRST)
    assert np.array_equal(mask == 1, there) and not after[~there].any() and not np.array_equal(after, weights)
    weights[3, 7] = 1e-6
    np.save(place.folder / "w.npy", weights)
    assert "1 of the weights in w.npy lie where connect: blocks makes no synapse, the first at [source 3, target 7]" in place.error(*settings)


def test_what_does_not_fit_is_told_all_at_once_with_its_place(place):
    values = np.zeros((24, 784), np.float32)
    np.save(place.folder / "torch.npy", values)
    np.savez(place.folder / "two.npz", a=np.zeros((24, 10)), b=np.full((24, 10), np.nan))
    bias = "projections.1.bias={file: two.npz, dataset: c}"
    for call in (place.error, lambda *s: error_of("check", place.folder / "m.yaml", *[part for one in s for part in ("--set", one)])):
        said = call("projections.0.weight={file: torch.npy}", "projections.1.weight={file: two.npz, dataset: b}", bias)
        lines = [line for line in said.splitlines() if "m.yaml" in line]
        assert len(lines) == 3
        assert "m.yaml:9:" in lines[0] and "shape [24, 784], but input_to_hidden needs [784, 24]: the sizes of 'input' and 'hidden'" in lines[0]
        assert "save its transpose (w.T)" in lines[0]
        assert "m.yaml:10:" in lines[1] and "240 of the 240 values of 'b' are NaN or infinite, the first that of [source 0, target 0]" in lines[1]
        assert "bias of hidden_to_output" in lines[2] and "there is no array 'c'; there are a, b" in lines[2]
    assert "leave 'init' out" in place.error("projections.0.weight={file: torch.npy, init: normal}")
    assert "write that too" in place.error("projections.0.weight={dataset: x}")
    assert "must end in one of .h5, .hdf5, .npy, .npz; found 'w.pt'" in place.error("projections.0.weight={file: w.pt}")
    assert "there is no such file" in place.error("projections.0.weight={file: none.npy}")
    with h5py.File(place.folder / "old.h5", "w") as file:
        file.attrs["format"], file.attrs["snnsim_version"] = "snnsim run", "0.0.1"
    assert "this run of snnsim 0.0.1 holds no weights of input_to_hidden" in place.error("projections.0.weight={file: old.h5}")
    assert not (place.folder / "wrong.h5").exists()


def test_a_resume_wants_the_same_files(place):
    def attempt(length, folder):
        there = Place(place.snnsim, folder, place.data)
        np.save(folder / "w.npy", np.zeros((784, 24), np.float32))
        command = [os.environ["SNNSIM_BINARY"], *map(str, there.arguments("run.h5", f"train.epochs={int(100 * length)}",
                                                                          "projections.0.weight={file: w.npy}"))]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        stop_when(lambda: (folder / "run.partial.h5").exists(), process, signal.SIGINT)
        return folder

    folder = in_a_long_enough_run(attempt, place.folder)
    whole = np.load(folder / "w.npy")
    np.save(folder / "w.npy", whole + 1)
    assert "was begun with another content of 'w.npy'" in error_of("--resume", folder / "run.h5", "--data-dir", place.data)
    assert "it is no finished run" in (said := error_of("test", folder / "run.h5")) or "is no finished run" in said
    np.save(folder / "w.npy", whole)


def test_weights_of_a_simulation(place, snnsim):
    (place.folder / "s.yaml").write_text("""name: s
dt: 1 ms
simulate: {duration: 100 ms}
populations:
  image: {model: poisson_source, size: 16, rate: 40 Hz}
  cell: {model: iaf_psc_delta, size: 3}
projections:
  - {from: image, to: cell, connect: {rule: fixed_in_degree, n: 6, multapses: false}, weight: 0.5 mV, delay: 1 ms,
     plasticity: {rule: stdp, a_plus: 0.02, a_minus: 0.04, w_max: 1 mV}}
  - {from: cell, to: cell, connect: all_to_all, weight: 0.1 mV, delay: 1 ms}
""")
    snnsim(place.folder / "s.yaml", "-o", place.folder / "s.h5")
    said = snnsim("weights", place.folder / "s.h5", "-o", place.folder / "s.npz").stdout
    assert "image_to_cell" in said and "18 synapses" in said and "cell_to_cell" not in said
    arrays = np.load(place.folder / "s.npz")
    with h5py.File(place.folder / "s.h5") as file:
        for name in ("source", "target", "weight", "delay"):
            assert np.array_equal(arrays[f"image_to_cell.{name}"], file[f"weights/image_to_cell/{name}"]), name
    model = f"""name: t
dt: 1 ms
data: {{set: file, file: d.h5, encode: {{scheme: direct, duration: 2 ms}}}}
populations: {{image: {{size: 16, model: spike_source}}, cell: {{size: 3, model: linear}}}}
projections: [{{from: image, to: cell, weight: {{file: s.npz}}}}]
train: {{epochs: 1, loss: mse_mean}}
test: {{}}
"""
    (place.folder / "t.yaml").write_text(model)
    with h5py.File(place.folder / "d.h5", "w") as file:
        for group in ("train", "test"):
            file[f"{group}/x"], file[f"{group}/y"] = np.ones((8, 16)), np.ones((8, 3))
    for source in ("s.npz", "s.h5"):
        snnsim(place.folder / "t.yaml", "--set", "train.epochs=0", "--set", f"projections.0.weight.file={source}", "-o",
               place.folder / f"{source}_t.h5")
        dense = np.zeros((16, 3), np.float32)
        dense[arrays["image_to_cell.source"], arrays["image_to_cell.target"]] = arrays["image_to_cell.weight"]
        weights, mask = content(place.folder / f"{source}_t.h5", "weights/image_to_cell/weights", "weights/image_to_cell/mask")
        assert np.array_equal(weights, dense) and mask.sum() == 18
    (place.folder / "none.yaml").write_text((place.folder / "s.yaml").read_text().replace(
        ",\n     plasticity: {rule: stdp, a_plus: 0.02, a_minus: 0.04, w_max: 1 mV}", ""))
    snnsim(place.folder / "none.yaml", "-o", place.folder / "none.h5")
    assert "of a simulation those of plastic projections are kept" in error_of("weights", place.folder / "none.h5")
