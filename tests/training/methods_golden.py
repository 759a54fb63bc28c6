"""Gradients of the methods that are not back-propagation through time, by PyTorch in double precision.

    python methods_golden.py > methods_golden.hpp     # needs PyTorch

Each is computed from its definition, not as the program does: eligibilities are Jacobians of a cell's step by autograd, carried
forward; errors of a step are the gradient of the network's step with all states held.
"""
import math

import torch

torch.set_default_dtype(torch.float64)
STEPS, SAMPLES, SLOPE = 70, 2, 5.0


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x >= 0).double()

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad / (1 + SLOPE * x.abs()) ** 2


class Feedback(torch.autograd.Function):
    """x w, whose error goes back by b."""

    @staticmethod
    def forward(ctx, x, w, b):
        ctx.save_for_backward(x, b)
        return x @ w

    @staticmethod
    def backward(ctx, grad):
        x, b = ctx.saved_tensors
        return grad @ b.T, x.T @ grad, None


def lif(state, current, tau, detach):
    """reset: subtract, reset_at: same_step"""
    beta = math.exp(-1 / tau)
    u = beta * state[0] + current
    z = Spike.apply(u - 1)
    return (u - (z.detach() if detach else z),), z


def alif(state, current, tau, detach):
    beta, rho = math.exp(-1 / tau), math.exp(-1 / 15)
    u = beta * state[0] + current
    z = Spike.apply(u - (1 + 0.6 * state[1]))
    return (u - (z.detach() if detach else z), rho * state[1] + (1 - rho) * z), z


def readout(state, current, tau, detach):
    v = math.exp(-1 / tau) * state[0] + current
    return (v,), v


def values(rows, columns, phase, scale, mean):
    """[rows][columns], as tests/training/methods_test.cpp makes them"""
    return torch.tensor([[mean + scale * math.sin(phase + 1.7 * (i * columns + j)) for j in range(columns)] for i in range(rows)])


def inputs():
    x = torch.zeros(STEPS, SAMPLES, 3)
    for t in range(STEPS):
        for b in range(SAMPLES):
            for i in range(3):
                x[t, b, i] = 1.0 if (7 * t + 13 * b + 5 * i) % 11 < 4 else 0.0
    return x


def coefficients():
    """dL/d(output of a step)"""
    return torch.tensor([[[0.1 * math.sin(0.3 * t + 2 * b + n) for n in range(2)] for b in range(SAMPLES)] for t in range(STEPS)])


class Net:
    """Layers (step, size, tau, states), the input first; projections (from, to, weights, lag)."""

    def __init__(self, layers, projections, detach=True, feedback=None):
        self.layers, self.projections, self.detach = layers, projections, detach
        self.feedback = feedback or {}

    def weights(self):
        return [w for _, _, w, _ in self.projections]

    def start(self):
        return ([tuple(torch.zeros(SAMPLES, size) for _ in range(states)) for _, size, _, states in self.layers],
                [torch.zeros(SAMPLES, size) for _, size, _, _ in self.layers])

    def step(self, x, states, sent, currents=None):
        """One step: new states, what is sent, and the currents."""
        new_states, now, got = [states[0]], [x], [None]
        for k in range(1, len(self.layers)):
            step, size, tau, _ = self.layers[k]
            current = torch.zeros(SAMPLES, size)
            for n, (source, to, w, lag) in enumerate(self.projections):
                if to != k:
                    continue
                value = sent[source] if lag else now[source]
                current = current + (Feedback.apply(value, w, self.feedback[n]) if n in self.feedback else value @ w)
            if currents is not None:
                current = current + currents[k]
            s, z = step(states[k], current, tau, self.detach)
            new_states.append(s)
            now.append(z)
            got.append(current)
        return new_states, now, got


def detached(parts):
    return [tuple(v.detach() for v in p) if isinstance(p, tuple) else p.detach() for p in parts]


def truncated(net, every):
    """Back-propagation through `every` steps at a time."""
    w = [v.requires_grad_(True) for v in net.weights()]
    x, c = inputs(), coefficients()
    states, sent = net.start()
    spikes = [torch.zeros(SAMPLES, size) for _, size, _, _ in net.layers]
    loss = 0.0
    for t in range(STEPS):
        if t % every == 0:
            states, sent = detached(states), detached(sent)
        states, sent, _ = net.step(x[t], states, sent)
        loss = loss + (c[t] * sent[-1]).sum()
        spikes = [a + b.detach() for a, b in zip(spikes, sent)]
    return list(torch.autograd.grad(loss, w)), [float(s.sum()) for s in spikes[:-1]]


def errors_of_step(net, x, states, sent, c, direct=False):
    """dL/d(sent) and dL/d(current) of each layer in a step whose states are held; direct: of the output alone."""
    probes = [None] + [torch.zeros(SAMPLES, net.layers[k][1], requires_grad=True) for k in range(1, len(net.layers))]
    new, now, _ = net.step(x, detached(states), detached(sent), probes)
    loss = (c * now[-1]).sum()
    by_sent = torch.autograd.grad(loss, now[1:], retain_graph=True, allow_unused=True)
    by_current = torch.autograd.grad(loss, probes[1:], allow_unused=True)
    zero = lambda g, like: torch.zeros_like(like) if g is None else g
    return ([None] + [zero(g, now[k + 1]) for k, g in enumerate(by_sent)],
            [None] + [zero(g, probes[k + 1]) for k, g in enumerate(by_current)], detached(new), detached(now))


def ottt(net):
    x, c = inputs(), coefficients()
    states, sent = net.start()
    traces = [torch.zeros(SAMPLES, w.shape[0]) for w in net.weights()]
    gradients = [torch.zeros_like(w) for w in net.weights()]
    for t in range(STEPS):
        before = sent
        _, by_current, states, sent = errors_of_step(net, x[t], states, sent, c[t])
        for n, (source, to, w, lag) in enumerate(net.projections):
            traces[n] = math.exp(-1 / net.layers[to][2]) * traces[n] + (before[source] if lag else sent[source])
            gradients[n] = gradients[n] + traces[n].T @ by_current[to]
    return gradients


def eligible(net, direct):
    """OSTL, or e-prop (direct): errors of a step meet Jacobians of the states that were carried forward."""
    x, c = inputs(), coefficients()
    states, sent = net.start()
    last = len(net.layers) - 1
    kept = [[torch.zeros(SAMPLES, *w.shape) for _ in range(net.layers[to][3])] for _, to, w, _ in net.projections]
    passed = [torch.zeros(SAMPLES, *w.shape) for w in net.weights()]
    gradients = [torch.zeros_like(w) for w in net.weights()]
    for t in range(STEPS):
        before_states, before = states, sent
        by_sent, _, states, sent = errors_of_step(net, x[t], states, sent, c[t])
        if direct:
            for k in range(1, last):
                by_sent[k] = sum(c[t] @ w.T for source, to, w, _ in net.projections if source == k and to == last)
        _, _, currents = net.step(x[t], before_states, before)
        for n, (source, to, w, lag) in enumerate(net.projections):
            step, size, tau, count = net.layers[to]
            arrived = before[source] if lag else sent[source]
            s = [v.detach().requires_grad_(True) for v in before_states[to]]
            current = currents[to].detach().requires_grad_(True)
            new, z = step(tuple(s), current, tau, net.detach)
            zero = torch.zeros(SAMPLES, size)
            grads = lambda of: [zero if g is None else g for g in torch.autograd.grad(
                of.sum(), [*s, current], retain_graph=True, allow_unused=True)]
            of_z, of_states = grads(z), [grads(v) for v in new]
            carry = lambda g: sum(g[m][:, None, :] * kept[n][m] for m in range(count)) + arrived[:, :, None] * g[count][:, None, :]
            e, kept[n] = carry(of_z), [carry(g) for g in of_states]
            decay = math.exp(-1 / net.layers[last][2]) if direct and to != last else 0.0
            passed[n] = decay * passed[n] + e
            gradients[n] = gradients[n] + (by_sent[to][:, None, :] * passed[n]).sum(0)
    return gradients


def chain(**options):
    layers = [(None, 3, 0, 0), (lif, 4, 5.0, 1), (lif, 3, 8.0, 1), (readout, 2, 10.0, 1)]
    return Net(layers, [(0, 1, values(3, 4, 0.2, 0.3, 0.35), 0), (1, 2, values(4, 3, 0.9, 0.35, 0.3), 0),
                        (2, 3, values(3, 2, 0.5, 0.5, 0.0), 0)], **options)


def loop(cell=alif, states=2, **options):
    layers = [(None, 3, 0, 0), (cell, 4, 6.0, states), (readout, 2, 10.0, 1)]
    return Net(layers, [(0, 1, values(3, 4, 0.2, 0.3, 0.35), 0), (1, 1, values(4, 4, 0.4, 0.3, 0.0), 1),
                        (1, 2, values(4, 2, 0.5, 0.5, 0.0), 0)], **options)


def shallow(**options):
    return Net([(None, 3, 0, 0), (lif, 2, 6.0, 1)], [(0, 1, values(3, 2, 0.2, 0.3, 0.35), 0)], **options)


def main():
    print("// Made by methods_golden.py with PyTorch", torch.__version__.split("+")[0] + ", in double precision.")
    print("#pragma once\n\n#include <vector>\n\nnamespace snnsim::golden {\n")
    print("/// dL/d(weights) of each projection, [source][target].\nstruct MethodCase {\n    const char* name;\n"
          "    std::vector<std::vector<double>> gradients;\n};\n\ninline const std::vector<MethodCase> methods{")

    def put(name, gradients):
        rows = ",\n      ".join("{" + ", ".join(f"{v:.15e}" for v in g.flatten().tolist()) + "}" for g in gradients)
        print(f'    {{"{name}",\n     {{{rows}}}}},')

    full, spikes = truncated(chain(), STEPS)
    put("bptt chain", full)
    put("truncated chain", truncated(chain(), 8)[0])
    put("bptt loop", truncated(loop(), STEPS)[0])
    put("truncated loop", truncated(loop(), 8)[0])
    put("ottt chain", ottt(chain()))
    put("ottt loop", ottt(loop(lif, 1)))
    put("ostl chain", eligible(chain(detach=False), False))
    put("ostl loop", eligible(loop(detach=False), False))
    put("e_prop loop", eligible(loop(), True))
    put("feedback chain", truncated(chain(feedback={1: values(4, 3, 2.0, 0.4, 0.0), 2: values(3, 2, 3.0, 0.4, 0.0)}), STEPS)[0])
    # One layer: OSTL is the gradient itself.
    put("bptt shallow", truncated(shallow(detach=False), STEPS)[0])
    once = eligible(shallow(detach=False), False)
    assert all(torch.allclose(a, b) for a, b in zip(once, truncated(shallow(detach=False), STEPS)[0]))
    # Without a cycle e-prop is the gradient itself, where the hidden cells project to the output.
    flat = loop()
    flat.projections.pop(1)
    assert all(torch.allclose(a, b) for a, b in zip(eligible(flat, True), truncated(flat, STEPS)[0]))
    print("};\n\n}  // namespace snnsim::golden")
    import sys
    print("spikes", spikes, truncated(loop(), STEPS)[1], file=sys.stderr)


main()
