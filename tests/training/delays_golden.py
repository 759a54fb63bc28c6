"""Writes delays_golden.hpp: PyTorch 2 in double precision; where DCLS 0.1.1 (pip install DCLS) is installed, its kernels
and their gradients must agree.

Two layers of learned delays, 5 - lif 18 - leaky_readout 3, 40 steps of 1 ms, 3 samples. L = sum of coefficients * output."""

import math
import sys

import torch

try:
    from DCLS.construct.modules import ConstructKernel1d
except ImportError:
    ConstructKernel1d = None

torch.set_default_dtype(torch.float64)
T, B, SIZES, TAU, SLOPE = 40, 3, (5, 18, 3), 20.0, 5.0
CASES = (("wide", "synapse", 3.0, 10), ("narrow", "synapse", 0.5, 10), ("of_sources", "source", 2.0, 7))


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x >= 0).to(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g / (1 + SLOPE * x.abs()) ** 2


def gaussian(delay, sigma, longest):
    """K [source, target, tap], normalised."""
    taps = torch.arange(longest + 1).to(delay)
    g = torch.exp(-0.5 * ((taps - delay[..., None]) / sigma) ** 2)
    return g / g.sum(-1, keepdim=True)


def check_dcls(w, delay, sigma, longest):
    """w [source, target]; DCLS counts positions from the middle, widens sigma by 0.27, and adds 1e-7 to the norm."""
    if ConstructKernel1d is None or longest % 2 or sigma <= 0.27:
        return
    make = ConstructKernel1d(w.shape[1], w.shape[0], 1, 1, (longest + 1,), "gauss")
    found = []
    for kernel in (lambda w, d: make(w.T[..., None], (d.T - longest // 2)[None, ..., None], torch.full((1, w.shape[1], w.shape[0], 1), sigma - 0.27)),
                   lambda w, d: (w[..., None] * gaussian(d, sigma, longest)).transpose(0, 1)):
        a, b = w.detach().clone().requires_grad_(), delay.detach().clone().requires_grad_()
        k = kernel(a, b)
        (k * torch.arange(1, k.numel() + 1).reshape(k.shape).cos()).sum().backward()
        found.append((k, a.grad, b.grad))
    for mine, theirs in zip(*found):
        assert torch.allclose(mine, theirs, atol=1e-6), "DCLS differs"
    print(f"as DCLS: sigma {sigma}", file=sys.stderr)


def delayed(x, w, delay, sigma, longest):
    """x [B, source, T] -> [B, target, T] by a causal convolution."""
    d = delay if delay.dim() == 2 else delay[:, None].expand_as(w)
    k = w[..., None] * gaussian(d, sigma, longest)              # [source, target, tap]
    weight = k.permute(1, 0, 2).flip(-1)                        # conv1d correlates
    return torch.nn.functional.conv1d(torch.nn.functional.pad(x, (longest, 0)), weight)


def run(case, x, w, delay, c):
    _, _, sigma, longest = case
    beta = math.exp(-1.0 / TAU)
    current = delayed(x, w[0], delay[0], sigma, longest)
    v, sent, spikes = torch.zeros(B, SIZES[1]), None, []
    for t in range(T):
        u = beta * v + current[..., t]
        s = Spike.apply(u - 1.0)
        v = u - s.detach()                                      # subtract, detached
        spikes.append(s)
    sent = torch.stack(spikes, -1)
    current = delayed(sent, w[1], delay[1], sigma, longest)
    v, out = torch.zeros(B, SIZES[2]), []
    for t in range(T):
        v = beta * v + current[..., t]
        out.append(v)
    return sent, torch.stack(out, -1)


def numbers(values):
    return "{" + ", ".join(f"{v:.9g}" for v in values.detach().flatten().tolist()) + "}"


torch.manual_seed(3)
rounded = lambda x, parts=64: (x * parts).round() / parts
x = (torch.rand(B, SIZES[0], T) < 0.25).to(torch.float64)
x[:, 4] = 1.0                                                   # fires at every step
x[1, 3] = 0.0                                                   # silent
c = rounded(torch.rand(B, SIZES[2], T) * 2 - 1)
print("""// Made by delays_golden.py: gradients of weights and delays by PyTorch in double precision.
#pragma once

#include <vector>

namespace snnsim::golden {

struct DelayCase {
    const char* name;
    bool by_source;
    double sigma;
    int longest;
    std::vector<float> w[2], delay[2];      // [source][target]; delays in steps, or [source]
    std::vector<double> spikes;             // of the hidden neurons, in all samples
    std::vector<double> d_w[2], d_delay[2];
};
inline const std::vector<float> delay_input{%s};         // [sample][source][step]
inline const std::vector<float> delay_coefficients{%s};  // [sample][output][step]

inline const std::vector<DelayCase> delay_cases{""" % (numbers(x)[1:-1], numbers(c)[1:-1]))
for case in CASES:
    name, of, sigma, longest = case
    w = [rounded(torch.rand(SIZES[k], SIZES[k + 1]) * 1.4 - 0.3).requires_grad_() for k in range(2)]
    shape = lambda k: (SIZES[k], SIZES[k + 1]) if of == "synapse" else (SIZES[k],)
    delay = [rounded(torch.rand(*shape(k)) * longest) for k in range(2)]
    delay[0].view(-1)[0], delay[0].view(-1)[1], delay[1].view(-1)[2] = 0.0, float(longest), 2.5
    delay = [d.requires_grad_() for d in delay]
    for k in range(2):
        if of == "synapse":
            check_dcls(w[k], delay[k], sigma, longest)
    sent, out = run(case, x, w, delay, c)
    (out * c).sum().backward()
    print(f"    {{\"{name}\", {str(of == 'source').lower()}, {sigma}, {longest},")
    for values in ([w[0], w[1]], [delay[0], delay[1]]):
        print("     {" + ",\n      ".join(numbers(v) for v in values) + "},")
    print("     " + numbers(sent.sum((0, 2))) + ",")
    print("     {" + ",\n      ".join(numbers(v.grad) for v in w) + "},")
    print("     {" + ",\n      ".join(numbers(v.grad) for v in delay) + "}},")
print("};\n\n}  // namespace snnsim::golden")
