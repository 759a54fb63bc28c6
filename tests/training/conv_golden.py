"""Writes conv_golden.hpp: gradients of a small convolutional spiking network in double, by PyTorch.

    python tests/training/conv_golden.py > tests/training/conv_golden.hpp

Input [2, 6, 5] -> conv 3x3, padding 1 -> 3 LIF -> max pool 2 -> conv 2x1, stride 1 -> 4 LIF -> average pool 2
-> dense 3 -> leaky sum. LIF: u = 0.8 v + I, s = (u >= 1), v = u - s, no gradient through the reset;
surrogate 1 / (1 + (pi u)^2) (arctan, alpha 2). Loss: sum of coefficients times the output. `with_norm`: the input of the first LIF is normalised
over steps, samples and places.
"""
import torch
import torch.nn.functional as F

torch.manual_seed(3)
T, B = 6, 2
double = torch.float64


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, d):
        (x,) = ctx.saved_tensors
        return d / (1 + (torch.pi * x) ** 2)


def lif(currents):
    v, out = torch.zeros_like(currents[0]), []
    for current in currents:
        u = 0.8 * v + current
        s = Spike.apply(u - 1)
        v = u - s.detach()
        out.append(s)
    return torch.stack(out)


def over_time(x, layer):
    return torch.stack([layer(step) for step in x])


def rounded(*shape, scale=1.0):  # to what a float holds
    return (scale * torch.randn(*shape)).float().to(double)


x = (torch.rand(T, B, 2, 6, 5) < 0.4).to(double)
w1, b1 = rounded(3, 2, 3, 3, scale=0.5), rounded(3, scale=0.3)
w2 = rounded(4, 3, 2, 1, scale=0.9)
w3 = rounded(3, 4 * 1 * 1, scale=0.8)
c = rounded(T, B, 3)
for p in (w1, b1, w2, w3):
    p.requires_grad_(True)


def normalised(currents, scale, shift, mean, variance):
    """As tdBN: over steps, samples and places; the running statistics start from 0 and 1."""
    merged = currents.reshape(T * B, *currents.shape[2:])
    return F.batch_norm(merged, mean, variance, scale, shift, training=True, momentum=0.1).reshape(currents.shape)


def run(name, norm):
    for p in (w1, b1, w2, w3):
        p.grad = None
    i1 = over_time(x, lambda s: F.conv2d(s, w1, b1, padding=1))
    scale, shift = (torch.tensor(v, dtype=double, requires_grad=True) for v in ([1.5, 0.75, 1.0], [0.25, 0.5, 0.0]))
    mean, variance = torch.zeros(3, dtype=double), torch.ones(3, dtype=double)
    h1 = lif(normalised(i1, scale, shift, mean, variance) if norm else i1)
    p1 = over_time(h1, lambda s: F.max_pool2d(s, 2))
    h2 = lif(over_time(p1, lambda s: F.conv2d(s, w2)))
    p2 = over_time(h2, lambda s: F.avg_pool2d(s, 2))
    v, loss = torch.zeros(B, 3, dtype=double), 0
    for t in range(T):
        v = 0.9 * v + p2[t].reshape(B, -1) @ w3.T
        loss = loss + (c[t] * v).sum()
    loss.backward()
    print(f"inline const Results {name}{{")
    row(h1, 1), row(h2, 1)
    for p in (w1, b1, w2, w3):
        row(p.grad, 12)
    for p in (scale.grad, shift.grad, mean, variance) if norm else ():
        row(p, 12)
    print("};")


def numbers(values, digits):
    return ", ".join(f"{float(n):.{digits}g}" for n in values.detach().reshape(-1))


def row(values, digits):
    print(f"    {{{numbers(values, digits)}}},")


def table(name, values, digits=9):
    print(f"inline const std::vector<double> {name}{{{numbers(values, digits)}}};")


print("// Written by conv_golden.py with PyTorch %s.\n#pragma once\n\n#include <vector>\n" % torch.__version__.split("+")[0])
print("namespace snnsim::golden::conv {\n\nstruct Results {\n    std::vector<double> spikes1, spikes2, d_w1, d_b1, d_w2, d_w3;")
print("    std::vector<double> d_scale = {}, d_shift = {}, mean = {}, variance = {};\n};\n")
print("// NOLINTBEGIN\n// clang-format off")
table("x", x, 1)
table("w1", w1), table("b1", b1), table("w2", w2), table("w3", w3), table("coefficients", c)
run("plain", False)
run("with_norm", True)
print("// clang-format on\n// NOLINTEND\n\n}  // namespace snnsim::golden::conv")
