#!/usr/bin/env bash
# snnTorch 1.0.0: import_from_nir leads the input of a recurrent layer into its recurrent weights and not to its cells.
#
# export_to_nir writes RLeaky flat (lif -> w_rec -> lif). import_from_nir puts such a pair into a subgraph of its own, whose input it connects to
# w_rec. So what arrives is multiplied by the recurrent matrix first: where that is zero, nothing reaches the cells, and a layer that fired in
# every step is silent. There is no warning. Read back from a file, where nodes come in the order of their names ("1.lif" before "input"), the
# same graph ends in an AttributeError instead. A graph that has the subgraph already (input -> lif, lif -> w_rec -> lif) is read as it is meant.
#
# Seen (spikes of 2 cells in 3 steps; snntorch 1.0.0, nir 1.0.8, nirtorch 2.6, torch 2.15.0):
#   network 6, read back 0, from a file AttributeError, nested by hand 6
#
# So snnsim exports recurrent layers for snnTorch as subgraphs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir torch==2.15.0 snntorch==1.0.0 nir==1.0.8 nirtorch==2.6
cat >"$folder/look.py" <<'PYTHON'
import sys
import warnings

warnings.filterwarnings("ignore")
import nir
import numpy as np
import snntorch as snn
import torch
from snntorch.export_nir import export_to_nir
from snntorch.import_nir import import_from_nir

torch.set_grad_enabled(False)
first = torch.nn.Linear(2, 2, bias=False)
first.weight.data = torch.eye(2) * 2
layer = snn.RLeaky(beta=0.5, linear_features=2, init_hidden=True, reset_mechanism="zero", reset_delay=False)
layer.recurrent.weight.data.zero_()
layer.recurrent.bias.data.zero_()
net, x = torch.nn.Sequential(first, layer), torch.ones(1, 2)


def read(graph):
    made, state, spikes = import_from_nir(graph), None, 0
    for _ in range(3):
        out, state = made(x, state)
        spikes += int(out.sum())
    return spikes


fired = int(sum(net(x).sum() for _ in range(3)))
graph = export_to_nir(net, x, ignore_dims=[0])
nir.write(sys.argv[1] + "/net.nir", graph)
nodes, two = graph.nodes, np.array([2])
inner = nir.NIRGraph({"input": nir.Input(two), "lif": nodes["1.lif"], "w_rec": nodes["1.w_rec"], "output": nir.Output(two)},
                     [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")])
nested = nir.NIRGraph({"input": nir.Input(two), "0": nodes["0"], "1": inner, "output": nir.Output(two)},
                      [("input", "0"), ("0", "1"), ("1", "output")])
try:
    from_file = read(nir.read(sys.argv[1] + "/net.nir"))
except AttributeError:
    from_file = "AttributeError"
print(f"network {fired}, read back {read(graph)}, from a file {from_file}, nested by hand {read(nested)}")
PYTHON
found=$("$folder/venv/bin/python" "$folder/look.py" "$folder" 2>/dev/null | tail -n 1)
echo "$found"
expected="network 6, read back 0, from a file AttributeError, nested by hand 6"
[[ $found == "$expected" ]] || { echo "changed: expected $expected" >&2; exit 1; }
