"""Graphs of NIR as models of snnsim, against an interpreter of the graphs in NumPy: every kind of node, alone and together."""

import subprocess

import h5py
import numpy as np
import pytest

STEPS, DT = 40, 1e-3    # s


def write(path, nodes, edges, metadata=None):
    """nodes: {name: (type, {dataset: value})}"""
    with h5py.File(path, "w") as file:
        file["version"] = "1.0.8"
        fill(file.create_group("node"), nodes, edges)
        for name, value in (metadata or {}).items():
            file[f"node/metadata/{name}"] = value
    return path


def fill(group, nodes, edges):
    group["type"] = "NIRGraph"
    group.create_dataset("edges", data=np.array(edges, dtype=object).reshape(len(edges), 2), dtype=h5py.string_dtype())
    for name, (kind, arrays) in nodes.items():
        node = group.create_group(f"nodes/{name}")
        if kind == "NIRGraph":
            fill(node, *arrays)
            continue
        node["type"] = kind
        for key, value in arrays.items():
            node[key] = value


def at(size, value):
    return np.full(size, value, dtype=np.float32)


def lif(size, tau=8e-3, th=1.0, leak=0.0, reset=0.0, r=None, kind="LIF"):
    """r: None: what arrives is added as it is."""
    tau = np.broadcast_to(np.float64(tau), size)
    gain = 1.0 / (1.0 - np.exp(-DT / tau)) if r is None else np.broadcast_to(np.float64(r), size)
    return kind, {"tau": tau, "r": gain, "v_leak": at(size, leak), "v_threshold": np.broadcast_to(np.float64(th), size),
                  "v_reset": at(size, reset)}


def li(size, tau=8e-3, leak=0.0):
    kind, arrays = lif(size, tau, leak=leak, kind="LI")
    return kind, {k: v for k, v in arrays.items() if k not in ("v_threshold", "v_reset")}


def cuba(size, kind="CubaLIF", tau=8e-3, syn=4e-3, w_in=1.5, **rest):
    arrays = lif(size, tau, **rest)[1]
    arrays["tau_mem"] = arrays.pop("tau")
    arrays.update(tau_syn=at(size, syn).astype(float), w_in=at(size, w_in))
    return kind, {k: v for k, v in arrays.items() if kind == "CubaLIF" or k not in ("v_threshold", "v_reset")}


def affine(rng, inputs, outputs, bias=True, scale=0.5):
    arrays = {"weight": (rng.integers(-16, 48, (outputs, inputs)) / 64 * scale).astype(np.float32)}
    if bias:
        arrays["bias"] = (rng.integers(-8, 8, outputs) / 64).astype(np.float32)
    return "Affine" if bias else "Linear", arrays


def conv(rng, shape, channels, kernel, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    weight = rng.integers(-8, 24, (channels, shape[0] // groups, *kernel)) / 32
    if len(kernel) == 1:
        return "Conv1d", {"input_shape": shape[1], "weight": weight, "stride": stride[0], "padding": padding[0] if
                          not isinstance(padding, str) else padding, "dilation": dilation[0], "groups": groups,
                          "bias": rng.integers(-8, 8, channels) / 64}
    return "Conv2d", {"input_shape": list(shape[1:]), "weight": weight, "stride": list(stride), "padding": padding,
                      "dilation": list(dilation), "groups": groups, "bias": rng.integers(-8, 8, channels) / 64}


def windows(x, kernel, stride, pads, dilation):
    """[channel, row, column, kernel row, kernel column]"""
    x = np.pad(x, [(0, 0), pads[0], pads[1]])
    size = [(x.shape[a + 1] - dilation[a] * (kernel[a] - 1) - 1) // stride[a] + 1 for a in (0, 1)]
    out = np.zeros((x.shape[0], *size, *kernel))
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            part = x[:, i * dilation[0]:, j * dilation[1]:]
            out[..., i, j] = part[:, :size[0] * stride[0]:stride[0], :size[1] * stride[1]:stride[1]][:, :size[0], :size[1]]
    return out


def pair(value):
    value = np.atleast_1d(value)
    return [int(value[0]), int(value[-1])]


class Interpreter:
    """Steps a graph: nodes in an order in which all but what goes back is there already; that is of the step before."""

    def __init__(self, nodes, edges, reset="zero", decay="exact"):
        self.nodes, self.edges, self.reset, self.decay = nodes, edges, reset, decay
        self.state, self.order = {}, []
        # What goes back has sent nothing yet, but for its bias.
        self.last = {name: p["bias"] for name, (kind, p) in nodes.items() if kind == "Affine"}
        seen = set()

        def visit(name):
            seen.add(name)
            for source, target in reversed(edges):
                if source == name and target not in seen:
                    visit(target)
            self.order.insert(0, name)
        for name in sorted(n for n in nodes if nodes[n][0] == "Input"):
            if name not in seen:
                visit(name)

    def kept(self, tau):
        return np.exp(-DT / tau) if self.decay == "exact" else 1.0 - DT / tau

    def step(self, inputs):
        now = {}
        for name in self.order:
            kind, p = self.nodes[name]
            if kind == "Input":
                now[name] = inputs[name]
                continue
            parts = [now[s] if s in now else self.last.get(s) for s, t in self.edges if t == name]
            parts = [part for part in parts if part is not None]
            now[name] = self.send(name, kind, {k: np.asarray(v) if not isinstance(v, str) else v for k, v in p.items()},
                                  sum(parts) if parts else None)
        self.last = now
        return now

    def send(self, name, kind, p, x):
        if kind == "Output":
            return x
        if kind in ("Affine", "Linear"):
            return (0 if x is None else p["weight"] @ x) + p.get("bias", 0)
        if kind == "Scale":
            return p["scale"] * x
        if kind == "Flatten":
            return x.reshape(-1)
        if kind == "Threshold":
            return (x > p["threshold"]).astype(float)
        if kind == "Delay":
            past = self.state.setdefault(name, [])
            past.append(x)
            back = np.rint(p["delay"] / DT).astype(int)
            return np.array([past[-1 - b][n] if b < len(past) else 0.0 for n, b in enumerate(back)])
        if kind in ("SumPool2d", "AvgPool2d"):
            pads = [(q, q) for q in pair(p["padding"])]
            w = windows(x, pair(p["kernel_size"]), pair(p["stride"]), pads, (1, 1))
            return w.sum((3, 4)) if kind == "SumPool2d" else w.mean((3, 4))
        if kind in ("Conv1d", "Conv2d"):
            return self.convolved(kind, p, x)
        return self.cells(name, kind, p, x)

    @staticmethod
    def convolved(kind, p, x):
        flat = kind == "Conv1d"
        weight = p["weight"][:, :, None, :] if flat else p["weight"]
        x = x[:, None, :] if flat else x
        stride, dilation = [[1, int(v)] if flat else pair(v) for v in (p["stride"], p["dilation"])]
        if isinstance(p["padding"], str):
            total = [d * (k - 1) if p["padding"] == "same" else 0 for d, k in zip(dilation, weight.shape[2:])]
            pads = [(t // 2, t - t // 2) for t in total]
        else:
            pads = [(q, q) for q in ([0, int(p["padding"])] if flat else pair(p["padding"]))]
        groups = int(p["groups"])
        each, out = x.shape[0] // groups, []
        for g in range(groups):
            w = windows(x[g * each:(g + 1) * each], weight.shape[2:], stride, pads, dilation)
            part = weight[g * len(weight) // groups:(g + 1) * len(weight) // groups]
            out.append(np.einsum("cyxij,ocij->oyx", w, part))
        out = np.concatenate(out) + p["bias"][:, None, None]
        return out[:, 0, :] if flat else out

    def cells(self, name, kind, p, x):
        leaks = kind not in ("I", "IF")
        leak = p.get("v_leak", 0.0) if leaks else p.get("v_reset", 0.0) if kind == "IF" and self.reset == "zero" else 0.0
        v, i = self.state.get(name, (leak, 0.0))
        x = 0.0 if x is None else x
        if kind.startswith("Cuba"):
            alpha = self.kept(p["tau_syn"])
            i = alpha * i + (1.0 - alpha) * p["w_in"] * x
            x = i
        if leaks:
            beta = self.kept(p.get("tau", p.get("tau_mem")))
            v = leak + beta * (v - leak) + (1.0 - beta) * p["r"] * x
        else:
            v = v + p["r"] * DT * x
        if kind in ("I", "LI", "CubaLI"):
            self.state[name] = v, i
            return v
        fired = v > p["v_threshold"]
        if self.reset == "zero":
            v = np.where(fired, p.get("v_reset", 0.0), v)
        if self.reset == "subtract":
            v = v - fired * p["v_threshold"]
        self.state[name] = v, i
        return fired.astype(float)


def chain(*nodes, sizes):
    """Nodes one after the other, between an input and an output of two shapes."""
    named = {"input": ("Input", {"shape": list(sizes[0])})}
    named.update({f"n{k}": node for k, node in enumerate(nodes)})
    named["output"] = ("Output", {"shape": list(sizes[1])})
    names = list(named)
    return named, list(zip(names, names[1:]))


def flat_lif(rng, shape, **keys):
    size = int(np.prod(shape))
    kind, arrays = lif(size, **keys)
    return kind, {k: np.reshape(v, shape) for k, v in arrays.items()}


def graphs():
    rng = np.random.default_rng(5)
    a = lambda i, o, **k: affine(rng, i, o, **k)    # noqa: E731
    many = rng.choice([4e-3, 8e-3, 16e-3], 9)
    out = {
        "lif": chain(a(6, 9), lif(9), a(9, 3, bias=False), lif(3, th=0.5), sizes=((6,), (3,))),
        "by_cell": chain(a(6, 9), lif(9, tau=many, th=rng.choice([0.5, 1.0], 9)), sizes=((6,), (9,))),
        "resistance": chain(a(6, 9), lif(9, r=20.0, tau=many), sizes=((6,), (9,))),
        "levels": chain(a(6, 9), lif(9, leak=-0.25, reset=-0.5, th=0.5), sizes=((6,), (9,))),
        "input_straight": chain(lif(6, th=1.75), sizes=((6,), (6,))),
        "if": chain(a(6, 9), ("IF", {"r": at(9, 1 / DT), "v_threshold": at(9, 1.25), "v_reset": at(9, 0.25)}),
                    sizes=((6,), (9,))),
        "old_if": chain(a(6, 9), ("IF", {"r": at(9, 1 / DT), "v_threshold": at(9, 1.25)}), sizes=((6,), (9,))),
        "integrator": chain(a(6, 4), ("I", {"r": at(4, 100.0)}), sizes=((6,), (4,))),
        "li": chain(a(6, 9), lif(9), a(9, 3), li(3), sizes=((6,), (3,))),
        "li_level": chain(a(6, 3), li(3, leak=0.5), sizes=((6,), (3,))),
        "li_within": chain(a(6, 9), li(9), a(9, 3), lif(3), sizes=((6,), (3,))),
        "cuba": chain(a(6, 9), cuba(9), a(9, 3), cuba(3, "CubaLI"), sizes=((6,), (3,))),
        "affine_alone": chain(a(6, 3), sizes=((6,), (3,))),
        "two_affine": chain(a(6, 9, scale=1), a(9, 5, bias=False), lif(5), sizes=((6,), (5,))),
        "scale": chain(("Scale", {"scale": rng.integers(1, 64, 6) / 64}), a(6, 9), ("Scale", {"scale": at(9, 2.5)}), lif(9),
                       sizes=((6,), (9,))),
        "threshold": chain(a(6, 9, scale=1), ("Threshold", {"threshold": rng.integers(8, 32, 9) / 64}), a(9, 3, scale=1), lif(3),
                           sizes=((6,), (3,))),
        "delay": chain(a(6, 9), lif(9), ("Delay", {"delay": at(9, 3e-3)}), a(9, 3), lif(3), sizes=((6,), (3,))),
        "delays": chain(("Delay", {"delay": np.array([0, 1, 2, 2, 5, 1]) * 1e-3}), a(6, 9), lif(9), sizes=((6,), (9,))),
        "conv": chain(conv(rng, (1, 8, 8), 3, (3, 3), padding=[1, 1]), flat_lif(rng, (3, 8, 8)),
                      ("AvgPool2d", {"kernel_size": [2, 2], "stride": [2, 2], "padding": [0, 0]}),
                      ("Flatten", {"start_dim": 0, "end_dim": -1, "input_type": [3, 4, 4]}), a(48, 4), lif(4),
                      sizes=((1, 8, 8), (4,))),
        "windows": chain(conv(rng, (2, 9, 7), 4, (3, 2), stride=(2, 1), padding=[1, 0], dilation=(1, 2), groups=2),
                         flat_lif(rng, (4, 5, 5)),
                         ("SumPool2d", {"kernel_size": [2, 2], "stride": [2, 1], "padding": [1, 0]}),
                         flat_lif(rng, (4, 3, 4), r=3.0), sizes=((2, 9, 7), (4, 3, 4))),
        "same": chain(conv(rng, (1, 6, 6), 2, (2, 4), padding="same"), flat_lif(rng, (2, 6, 6)), sizes=((1, 6, 6), (2, 6, 6))),
        "valid": chain(conv(rng, (1, 6, 6), 2, (2, 3), padding="valid"), flat_lif(rng, (2, 5, 4), tau=rng.choice([4e-3, 8e-3], 40)),
                       sizes=((1, 6, 6), (2, 5, 4))),
        "conv1d": chain(conv(rng, (2, 12), 4, (3,), stride=(2,), padding=(1,), groups=2), flat_lif(rng, (4, 6)),
                        sizes=((2, 12), (4, 6))),
    }
    nodes, edges = chain(a(6, 9), lif(9), a(9, 3), lif(3, th=0.5), sizes=((6,), (3,)))
    out["recurrent"] = {**nodes, "rec": a(9, 9, scale=0.25)}, edges + [("n1", "rec"), ("rec", "n1")]
    out["straight_back"] = nodes, edges + [("n1", "n1")]
    back = {**nodes, "rec": a(3, 9, scale=0.25)}
    out["loop_of_two"] = back, edges + [("n3", "rec"), ("rec", "n1")]
    out["around"] = {**nodes, "skip": a(6, 3, bias=False)}, edges + [("input", "skip"), ("skip", "n3")]
    out["branches"] = {**nodes, "n4": a(9, 3)}, edges + [("n1", "n4"), ("n4", "n3"), ("n2", "output")]
    return out


GRAPHS = graphs()


def prepared(tmp_path, nodes, edges):
    write(tmp_path / "net.nir", nodes, edges)
    rng = np.random.default_rng(1)
    arrays, x = {}, {}
    names = [n for n in nodes if nodes[n][0] == "Input"]
    for name in names:
        x[name] = (rng.random((STEPS, *nodes[name][1]["shape"])) < 0.3).astype(np.float32)
        arrays["x_test" if len(names) == 1 else f"{name}_test"] = x[name][None]
    outputs = [n for n in nodes if nodes[n][0] == "Output"]
    for name in outputs:
        arrays["y_test" if len(outputs) == 1 else f"{name}_test"] = np.zeros(1, dtype=np.int64)
    np.savez(tmp_path / "samples.npz", **arrays)
    return x


def imported(snnsim, tmp_path, *options):
    done = snnsim("import", "net.nir", "-o", "net.yaml", "--dt", "1 ms", "--data", "samples.npz", "--steps", STEPS, *options,
                  cwd=tmp_path)
    snnsim("net.yaml", "-o", "net.h5", "--progress", "none", cwd=tmp_path)
    return done.stdout, h5py.File(tmp_path / "net.h5")


def recorded(run, name, size):
    """[step, cell] of what a node sends, or nothing where it is in no recording."""
    name = f"{name}_level" if f"{name}_level" in run.get("state", {}) else name    # of an integrator with v_leak
    if name in run.get("spikes", {}):
        spikes = run[f"spikes/{name}"]
        out = np.zeros((STEPS, size))
        np.add.at(out, (np.rint(spikes["timestamps"][:]).astype(int) - 1, spikes["node_ids"][:].astype(int)), 1)
        return out
    return run[f"state/{name}/v"][:].reshape(STEPS, size) if name in run.get("state", {}) else None


@pytest.mark.parametrize("reset", ["zero", "subtract"])
@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_gives_what_its_interpreter_gives(snnsim, tmp_path, name, reset):
    nodes, edges = GRAPHS[name]
    if reset == "subtract" and name == "levels":
        pytest.skip("v_leak, of which a whole threshold is not taken off: an error, see below")
    x = prepared(tmp_path, nodes, edges)
    _, run = imported(snnsim, tmp_path, "--reset", reset)
    interpreter = Interpreter(nodes, edges, reset)
    wanted = [interpreter.step({n: v[step] for n, v in x.items()}) for step in range(STEPS)]
    compared, spikes = 0, 0
    for node, (kind, _) in nodes.items():
        values = np.array([np.ravel(w[node]) for w in wanted])
        have = recorded(run, node, values.shape[1])
        if have is None or kind == "Input":
            continue
        np.testing.assert_allclose(have, values, atol=2e-5, err_msg=node)
        compared += 1
        spikes += values.sum() if kind.endswith("IF") else 0
    assert compared
    if any(kind.endswith("IF") for kind, _ in nodes.values()):
        assert spikes > 20


def test_several_inputs_and_outputs_have_their_names(snnsim, tmp_path):
    rng = np.random.default_rng(2)
    nodes = {"eye": ("Input", {"shape": [5]}), "ear": ("Input", {"shape": [4]}), "a": affine(rng, 5, 8), "b": affine(rng, 4, 8),
             "cells": lif(8), "c": affine(rng, 8, 3), "one": lif(3, th=0.5), "d": affine(rng, 8, 2), "other": li(2),
             "digit": ("Output", {"shape": [3]}), "angle": ("Output", {"shape": [2]})}
    edges = [("eye", "a"), ("ear", "b"), ("a", "cells"), ("b", "cells"), ("cells", "c"), ("c", "one"), ("one", "digit"),
             ("cells", "d"), ("d", "other"), ("other", "angle")]
    rng = np.random.default_rng(1)
    write(tmp_path / "net.nir", nodes, edges)
    x = {n: (rng.random((STEPS, *nodes[n][1]["shape"])) < 0.3).astype(np.float32) for n in ("eye", "ear")}
    np.savez(tmp_path / "samples.npz", eye_test=x["eye"][None], ear_test=x["ear"][None], one_test=[0], other_test=[0])
    _, run = imported(snnsim, tmp_path, "--reset", "zero")
    interpreter = Interpreter(nodes, edges)
    wanted = [interpreter.step({n: v[step] for n, v in x.items()}) for step in range(STEPS)]
    for node in ("cells", "one", "other"):
        values = np.array([w[node] for w in wanted])
        np.testing.assert_allclose(recorded(run, node, values.shape[1]), values, atol=2e-5, err_msg=node)
    snnsim("import", "net.nir", "-o", "own.yaml", "--dt", "1 ms", "--reset", "zero", cwd=tmp_path)    # with samples of its own
    snnsim("own.yaml", "-o", "own.h5", "--progress", "none", cwd=tmp_path)


def test_graphs_in_graphs_are_one(snnsim, tmp_path):
    rng = np.random.default_rng(5)
    inner = ({"input": ("Input", {"shape": [9]}), "lif": lif(9), "w_rec": affine(rng, 9, 9, scale=0.25),
              "output": ("Output", {"shape": [9]})},
             [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")])
    w, back, out = affine(rng, 6, 9), inner[0]["w_rec"], affine(rng, 9, 3)
    flat = {"input": ("Input", {"shape": [6]}), "w": w, "rnn.lif": lif(9), "rnn.w_rec": back, "o": out, "last": lif(3),
            "output": ("Output", {"shape": [3]})}
    edges = [("input", "w"), ("w", "rnn.lif"), ("rnn.lif", "rnn.w_rec"), ("rnn.w_rec", "rnn.lif"), ("rnn.lif", "o"),
             ("o", "last"), ("last", "output")]
    nested = {"input": flat["input"], "w": w, "rnn": ("NIRGraph", inner), "o": out, "last": flat["last"], "output": flat["output"]}
    runs = []
    for folder, nodes, links in (("flat", flat, edges), ("nested", nested, [
            ("input", "w"), ("w", "rnn"), ("rnn", "o"), ("o", "last"), ("last", "output")])):
        (tmp_path / folder).mkdir()
        prepared(tmp_path / folder, nodes, links)
        said, run = imported(snnsim, tmp_path / folder, "--reset", "zero")
        assert "takes one step" in said
        runs.append([recorded(run, name, size) for name, size in (("rnn_lif", 9), ("last", 3))])
    for one, other in zip(*runs):
        np.testing.assert_array_equal(one, other)
        assert one.sum() > 10


def refused(tmp_path, *options):
    import os
    binary = os.environ["SNNSIM_BINARY"]
    done = subprocess.run([binary, "import", "net.nir", "-o", "net.yaml", *options], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode in (1, 2), done.stdout + done.stderr
    return done.stderr


TAKEN = ("--dt", "1 ms", "--reset", "zero")


def test_what_a_file_does_not_say_is_asked_for(snnsim, tmp_path):
    write(tmp_path / "net.nir", *GRAPHS["lif"])
    said = refused(tmp_path)
    assert "no time step; write --dt" in said and "write --reset subtract, zero or none" in said
    assert "--scale-input is of --from sinabs" in refused(tmp_path, *TAKEN, "--scale-input", "true")
    assert "norm_input of its LIF cells; write --scale-input" in refused(tmp_path, *TAKEN, "--from", "sinabs")
    assert "--data needs --steps" in refused(tmp_path, *TAKEN, "--data", "x.npz")
    assert "--data x.npz: there is no such file" in refused(tmp_path, *TAKEN, "--data", "x.npz", "--steps", "5")
    assert "--dt" in refused(tmp_path, "--dt", "1 mV", "--reset", "zero")
    # A second time only where it is asked for.
    snnsim("import", "net.nir", "-o", "net.yaml", *TAKEN, cwd=tmp_path)
    assert "force" in refused(tmp_path, *TAKEN)
    snnsim("import", "net.nir", "-o", "net.yaml", *TAKEN, "--force", cwd=tmp_path)
    (tmp_path / "net.yaml").write_text("name: mine\n")
    assert "net.yaml" in refused(tmp_path, *TAKEN, "--force")
    (tmp_path / "net.yaml").unlink()
    for name in ("net_samples.npz", "net_weights.npz"):    # of the user
        (tmp_path / name).unlink()
        np.savez(tmp_path / name, x_test=np.ones((1, 5, 6)), y_test=[0])
        assert f"{name} is there, and no import has written it" in refused(tmp_path, *TAKEN, "--force")
        assert np.load(tmp_path / name)["x_test"].sum() == 30.0
        (tmp_path / name).unlink()
        snnsim("import", "net.nir", "-o", "net.yaml", *TAKEN, "--force", cwd=tmp_path)
        (tmp_path / "net.yaml").unlink()


WRONG = {
    "tau 0": (chain(lif(6, tau=0.0, r=1.0), sizes=((6,), (6,))), TAKEN, "/node/nodes/n0 (LIF): tau is 0; a time constant is greater"),
    "threshold below leak": (chain(lif(6, th=0.5, leak=0.75), sizes=((6,), (6,))), TAKEN, "is not above v_leak (0.75)"),
    "reset above threshold": (chain(lif(6, th=0.5, reset=0.75), sizes=((6,), (6,))), TAKEN, "v_reset of cell 0 is not below v_threshold"),
    "subtract and leak": (GRAPHS["levels"], ("--dt", "1 ms", "--reset", "subtract"), "/node/nodes/n1 (LIF): v_leak is not 0"),
    "late reset to a value": (chain(lif(6, reset=-0.5), sizes=((6,), (6,))), (*TAKEN, "--reset-at", "next_step"), "v_reset is not v_leak"),
    "Euler step too long": (GRAPHS["lif"], ("--dt", "10 ms", "--reset", "zero", "--decay", "euler"), "an Euler step of it would overshoot"),
    "not a number": (chain(lif(6, th=np.nan), sizes=((6,), (6,))), TAKEN, "v_threshold"),
    "resets that differ": (chain(("LIF", {**lif(6)[1], "v_reset": np.arange(6) / -8}), sizes=((6,), (6,))), TAKEN, "v_reset, counted from v_leak, differs"),
    "negative threshold": (chain(("Threshold", {"threshold": at(6, -1.0)}), sizes=((6,), (6,))), TAKEN, "threshold is -1"),
    "negative delay": (chain(("Delay", {"delay": at(6, -0.01)}), lif(6), sizes=((6,), (6,))), TAKEN, "(Delay): delay is -0.0"),
    "weights of the last dimension": (chain(("Linear", {"weight": np.ones((4, 5))}), sizes=((3, 5), (3, 4))), TAKEN, "'input' gives [3, 5], but 'n0' takes [5]"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_carried_over_is_told_with_its_node(snnsim, tmp_path, name):
    (nodes, edges), options, text = WRONG[name]
    write(tmp_path / "net.nir", nodes, edges)
    said = refused(tmp_path, *options)
    assert text in said and "net.nir" in said, said
    assert not (tmp_path / "net.yaml").exists()


@pytest.mark.parametrize("name", ["null", "Yes", "слой", "a b: {c}", "x" * 5000, "-"])
def test_nodes_may_have_any_name(snnsim, tmp_path, name):
    nodes, edges = GRAPHS["lif"]
    given = {"n1": name}
    nodes = {given.get(n, n): v for n, v in nodes.items()}
    edges = [(given.get(a, a), given.get(b, b)) for a, b in edges]
    prepared(tmp_path, nodes, edges)
    _, run = imported(snnsim, tmp_path, "--reset", "zero")
    assert len(run["spikes"]) == 2


def test_classes_are_told_by_the_spikes_of_an_output_that_fires(snnsim, tmp_path):
    nodes, edges = GRAPHS["lif"]
    x = prepared(tmp_path, nodes, edges)
    many = np.random.default_rng(7).random((30, STEPS, 6)) < 0.3
    np.savez(tmp_path / "samples.npz", x_test=many, y_test=np.zeros(30, dtype=np.int64))
    imported(snnsim, tmp_path, "--reset", "zero")
    interpreters = [Interpreter(nodes, edges) for _ in many]
    counts = np.array([sum(i.step({"input": step})["n3"] for step in sample.astype(float)) for i, sample in zip(interpreters, many)])
    with h5py.File(tmp_path / "net.h5") as run:
        np.testing.assert_array_equal(run["test/prediction"][:], counts.argmax(1))
    values = {}
    for how in ("count", "max", "mean", "last"):
        snnsim("net.yaml", "--set", f"test.prediction={how}", "-o", "again.h5", "--force", cwd=tmp_path)
        with h5py.File(tmp_path / "again.h5") as run:
            values[how] = run["test/prediction"][:]
    assert (values["count"] != values["last"]).any() and len(x) == 1
