#!/usr/bin/env python3
"""Writes learned_golden.hpp: gradients of the parameters of neurons, in double precision.

PyTorch's autograd through snnTorch's Leaky (learn_beta, learn_threshold), SpikingJelly's
ParametricLIFNode, and, for what neither has, through the equations of snnsim's neurons written out
below (adaptive thresholds, currents, values by cell, a loop).

    python tests/training/learned_golden.py | clang-format > tests/training/learned_golden.hpp
"""
import math

import snntorch
import torch
from spikingjelly.activation_based import neuron, surrogate

torch.set_default_dtype(torch.float64)
STEPS, SAMPLES, INPUTS, HIDDEN, OUTPUTS = 12, 3, 3, 4, 2
ALPHA = 2.0  # of the arctan surrogate
READOUT_TAU = 6.0


class Atan(torch.autograd.Function):
    """s = 1 where x >= 0; ds/dx = (alpha / 2) / (1 + (pi alpha x / 2)^2)."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x >= 0).to(x)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * (ALPHA / 2) / (1 + (math.pi * ALPHA * x / 2) ** 2)


def in_float(x):
    """What the program reads is a float."""
    return x.to(torch.float32).to(torch.float64)


def numbers(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


X = (numbers(1, STEPS, SAMPLES, INPUTS) > -0.3).to(torch.float64)
W1 = in_float(0.4 + 0.5 * numbers(2, INPUTS, HIDDEN))
W2 = in_float(0.8 * numbers(3, HIDDEN, OUTPUTS))
LOOP = in_float(0.1 + 0.4 * numbers(24, HIDDEN, HIDDEN))
Y = in_float(numbers(5, SAMPLES, OUTPUTS))


def loss_of(hidden, loop, readout_beta):
    """mse_mean: the mean over samples and outputs of (mean output - y)^2."""
    v = torch.zeros(SAMPLES, OUTPUTS)
    spikes = torch.zeros(SAMPLES, HIDDEN)
    total = torch.zeros(SAMPLES, OUTPUTS)
    for t in range(STEPS):
        current = X[t] @ W1
        if loop:
            current = current + spikes @ LOOP
        spikes = hidden(current)
        v = readout_beta * v + spikes @ W2
        total = total + v
    return ((total / STEPS - Y) ** 2).mean()


def variable(value):
    return torch.tensor(value, requires_grad=True)


class Written:
    """The neurons of snnsim, as their equations say."""

    def __init__(self, step, parameters):
        self.step, self.parameters, self.state = step, parameters, None

    def __call__(self, current):
        if self.state is None:
            self.state = [torch.zeros_like(current) for _ in range(2)]
        spikes, self.state = self.step(self.parameters, current, self.state)
        return spikes


def lif(p, current, state):
    u = torch.exp(-1 / p["tau_m"]) * state[0] + current
    s = Atan.apply(u - p["v_th"])
    return s, [u - s * p["v_th"], None]


def adaptive(p, current, state):
    v, a = state
    u = torch.exp(-1 / p["tau_m"]) * v + current
    s = Atan.apply(u - p["v_th"] - p["adaptation"] * a)
    rho = torch.exp(-1 / p["tau_a"])
    return s, [u - s * p["v_th"], rho * a + (1 - rho) * s]


def cuba(p, current, state):
    v, i = state
    beta = torch.exp(-1 / p["tau_m"])
    u = beta * v + (1 - beta) * (i + p["v_leak"])
    s = Atan.apply(u - p["v_th"])
    return s, [u * (1 - s), torch.exp(-1 / p["tau_s"]) * i + current]


def written(name, step, loop, **values):
    """A value is one for all cells, or a list of them."""
    parameters = {k: variable(v) for k, v in values.items()}
    tau = variable(READOUT_TAU)
    loss = loss_of(Written(step, parameters), loop, torch.exp(-1 / tau))
    loss.backward()
    gradients = {k: p.grad.reshape(-1).tolist() for k, p in parameters.items()}
    return name, loss.item(), values, gradients, tau.grad.item()


def of_snntorch():
    """Its reset takes the threshold off after the decay; beta = exp(-1 / tau_m)."""
    beta, threshold = 0.85, 0.9
    cell = snntorch.Leaky(beta=torch.tensor(beta), threshold=torch.tensor(threshold),
                          spike_grad=Atan.apply, learn_beta=True, learn_threshold=True,
                          reset_mechanism="subtract")
    memory = [cell.init_leaky()]

    def hidden(current):
        spikes, memory[0] = cell(current, memory[0])
        return spikes

    tau = variable(READOUT_TAU)
    loss = loss_of(hidden, False, torch.exp(-1 / tau))
    loss.backward()
    tau_m = -1 / math.log(beta)
    by_tau = cell.beta.grad.item() * beta / tau_m**2
    return ("snntorch", loss.item(), {"tau_m": tau_m, "v_th": threshold},
            {"tau_m": [by_tau], "v_th": [cell.threshold.grad.item()]}, tau.grad.item())


def of_spikingjelly():
    """1 / tau = sigmoid(w): the gradient is that of w."""
    cell = neuron.ParametricLIFNode(init_tau=3.0, decay_input=True, v_threshold=0.4, v_reset=None,
                                    surrogate_function=surrogate.ATan(ALPHA), detach_reset=False)
    tau = variable(READOUT_TAU)
    loss = loss_of(cell, False, torch.exp(-1 / tau))
    loss.backward()
    return ("spikingjelly", loss.item(), {"tau_m": 3.0, "v_th": 0.4}, {"tau_m": [cell.w.grad.item()]},
            tau.grad.item())


def text(values):
    return "{" + ", ".join(f"{v:.17g}" for v in values) + "}"


def as_list(value):
    return value if isinstance(value, list) else [value]


def main():
    cases = [
        of_snntorch(),
        of_spikingjelly(),
        written("lif_by_cell", lif, False, tau_m=[3.0, 5.0, 8.0, 20.0], v_th=[0.7, 0.9, 1.1, 0.8]),
        written("lif_in_a_loop", lif, True, tau_m=[3.0, 5.0, 8.0, 20.0], v_th=[0.9]),
        written("adaptive_in_a_loop", adaptive, True, tau_m=[4.0, 6.0, 9.0, 12.0], tau_a=[15.0],
                v_th=[0.6, 0.7, 0.8, 0.9], adaptation=[0.5, 1.0, 1.5, 2.0]),
        written("cuba_by_cell", cuba, False, tau_m=[3.0, 5.0, 8.0, 4.0], tau_s=[2.0, 3.0, 4.0, 5.0],
                v_th=[0.5], v_leak=[0.0, 0.1, 0.2, 0.1]),
    ]
    print(f"""// Gradients of the parameters of neurons in a {INPUTS}-{HIDDEN}-{OUTPUTS} network over {STEPS} steps and {SAMPLES} samples, in double
// precision: written by learned_golden.py with PyTorch {torch.__version__.split('+')[0]}, snnTorch {snntorch.__version__} and
// SpikingJelly 2.0.0.
#pragma once

#include <vector>

namespace snnsim::golden {{

struct Learned {{
    const char* parameter;
    std::vector<double> value;     // one, or of each cell
    std::vector<double> gradient;  // of the loss; of `spikingjelly` by its own w; empty: not asked for
}};
struct LearnedCase {{
    const char* name;
    double loss;
    std::vector<Learned> learned;
    double by_readout_tau;
}};

inline constexpr std::size_t learned_steps = {STEPS}, learned_samples = {SAMPLES}, learned_inputs = {INPUTS},
                             learned_hidden = {HIDDEN}, learned_outputs = {OUTPUTS};
inline constexpr double readout_tau = {READOUT_TAU};
// clang-format off
inline const std::vector<float> learned_x  // [step][sample][input]
    {text(X.reshape(-1).tolist())};
inline const std::vector<float> learned_w1  // [source][target]
    {text(W1.reshape(-1).tolist())};
inline const std::vector<float> learned_w2
    {text(W2.reshape(-1).tolist())};
inline const std::vector<float> learned_loop
    {text(LOOP.reshape(-1).tolist())};
inline const std::vector<float> learned_y  // [sample][output]
    {text(Y.reshape(-1).tolist())};

inline const std::vector<LearnedCase> learned_cases{{""")
    for name, loss, values, gradients, by_tau in cases:
        print(f'    {{"{name}", {loss:.17g},\n     {{')
        for parameter, value in values.items():
            print(f'      {{"{parameter}", {text(as_list(value))},\n       {text(gradients.get(parameter, []))}}},')
        print(f"     }},\n     {by_tau:.17g}}},")
    print("};\n// clang-format on\n\n}  // namespace snnsim::golden")


main()
