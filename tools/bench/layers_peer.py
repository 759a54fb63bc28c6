#!/usr/bin/env python3
"""One peer of layers_vs_peers.py, timed by itself: prints one line of JSON. Runs in a Python that has PyTorch and the peer.

    VENV/bin/python tools/bench/layers_peer.py recurrent spikingjelly --data shd_like.h5
    VENV/bin/python tools/bench/layers_peer.py convolution snntorch --data MNIST_FOLDER

Both libraries as their users would: SpikingJelly in multi-step mode on its torch backend, snnTorch step by step. The
networks are those of the models that layers_vs_peers.py writes: LIF with decay 0.9, threshold 1, reset by subtraction,
cross entropy of output spike counts, Adam.
"""
import argparse
import importlib.metadata
import json
import os
import resource
import statistics
import struct
import time

DECAY, TAU = 0.9, 10.0      # SpikingJelly's decay is 1 - 1 / tau


class Events:
    """Samples of a file of events, as spikes in steps."""

    def __init__(self, path, torch):
        import h5py
        with h5py.File(path) as file:
            offsets = file["train/offsets"][:]
            step = file["train/t"][:] // int(file.attrs["step_us"])
            self.place = torch.from_numpy(step * int(file.attrs["channels"]) + file["train/unit"][:])
            self.labels = torch.from_numpy(file["train/labels"][:].astype("int64"))
            self.shape = int(file.attrs["steps"]), int(file.attrs["channels"])
        self.offsets, self.torch = offsets, torch

    def __len__(self):
        return len(self.labels)

    def batch(self, index):
        """[T, B, channels], 0 or 1."""
        steps, channels = self.shape
        x = self.torch.zeros(len(index), steps * channels)
        for k, i in enumerate(index.tolist()):
            x[k, self.place[self.offsets[i]:self.offsets[i + 1]]] = 1.0
        return x.view(-1, steps, channels).transpose(0, 1).contiguous(), self.labels[index]


class Images:
    """MNIST as Bernoulli spikes."""

    def __init__(self, folder, steps, torch):
        def read(name, dimensions):
            with open(os.path.join(folder, name), "rb") as file:
                data = bytearray(file.read())
            shape = struct.unpack_from(f">{dimensions}I", data, 4)
            return torch.frombuffer(data, dtype=torch.uint8, offset=4 + 4 * dimensions).view(*shape)
        self.pixels, self.labels = read("train-images-idx3-ubyte", 3), read("train-labels-idx1-ubyte", 1).long()
        self.steps, self.torch = steps, torch

    def __len__(self):
        return len(self.labels)

    def batch(self, index):
        """[T, B, 1, 28, 28]"""
        x = self.pixels[index].float().div(255).unsqueeze(1)
        return (self.torch.rand(self.steps, *x.shape) < x).float(), self.labels[index]


def spikingjelly(kind, hidden, torch):
    from spikingjelly.activation_based import functional, layer, neuron, surrogate

    def lif():
        return neuron.LIFNode(tau=TAU, decay_input=False, v_threshold=1.0, v_reset=None, detach_reset=True,
                              surrogate_function=surrogate.ATan(alpha=2.0))
    if kind == "recurrent":
        net = torch.nn.Sequential(layer.Linear(700, hidden), layer.LinearRecurrentContainer(lif(), hidden, hidden),
                                  layer.Linear(hidden, 20), lif())
    else:
        net = torch.nn.Sequential(
            layer.Conv2d(1, 32, 3), lif(), layer.Conv2d(32, 64, 3), lif(), layer.AvgPool2d(2), layer.Flatten(),
            layer.Linear(64 * 12 * 12, 128), lif(), layer.Linear(128, 10), lif())
    functional.set_step_mode(net, "m")

    def forward(x):
        functional.reset_net(net)
        return net(x).sum(0)
    return net, forward


def snntorch(kind, hidden, torch):
    import snntorch
    slope = snntorch.surrogate.fast_sigmoid(slope=25)
    nn = torch.nn
    if kind == "recurrent":
        net = nn.ModuleDict({"in": nn.Linear(700, hidden), "out": nn.Linear(hidden, 20),
                             "rnn": snntorch.RLeaky(beta=DECAY, spike_grad=slope, linear_features=hidden),
                             "lif": snntorch.Leaky(beta=DECAY, spike_grad=slope)})

        def forward(x):
            (spikes, membrane), last, count = net["rnn"].reset_mem(), net["lif"].reset_mem(), 0
            for now in x:
                spikes, membrane = net["rnn"](net["in"](now), spikes, membrane)
                out, last = net["lif"](net["out"](spikes), last)
                count = count + out
            return count
        return net, forward
    layers = [nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3), nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(64 * 12 * 12, 128)),
              nn.Linear(128, 10)]
    neurons = [snntorch.Leaky(beta=DECAY, spike_grad=slope) for _ in layers]
    net = nn.ModuleList([*layers, *neurons])

    def forward(x):
        membranes, count = [n.reset_mem() for n in neurons], 0
        for now in x:
            for k, (weights, neuron) in enumerate(zip(layers, neurons)):
                now, membranes[k] = neuron(weights(now), membranes[k])
            count = count + now
        return count
    return net, forward


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["recurrent", "convolution"])
    parser.add_argument("peer", choices=["spikingjelly", "snntorch"])
    parser.add_argument("--data", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--batches", type=int, default=8, help="of each timing")
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--steps", type=int, default=10, help="of an image")
    args = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(args.threads)
    import torch
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    data = Events(args.data, torch) if args.kind == "recurrent" else Images(args.data, args.steps, torch)
    net, forward = {"spikingjelly": spikingjelly, "snntorch": snntorch}[args.peer](args.kind, args.hidden, torch)
    optimizer, loss_of = torch.optim.Adam(net.parameters(), lr=1e-3), torch.nn.CrossEntropyLoss()
    order = torch.randperm(len(data))

    def train(k):
        index = order[k * args.batch % len(data):][:args.batch]
        x, y = data.batch(index)
        optimizer.zero_grad()
        loss = loss_of(forward(x), y)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    losses = [train(0)]     # what is compiled and allocated at first
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        losses += [train(k) for k in range(args.batches)]
        seconds.append((time.perf_counter() - start) / args.batches)
    per_epoch = -(-len(data) // args.batch)
    print(json.dumps({"peer": args.peer, "version": importlib.metadata.version(args.peer), "torch": torch.__version__,
                      "epoch_s": statistics.median(seconds) * per_epoch, "batch_s": seconds, "samples": len(data),
                      "loss": [losses[0], losses[-1]],
                      "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


if __name__ == "__main__":
    main()
