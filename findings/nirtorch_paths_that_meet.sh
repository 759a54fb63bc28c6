#!/usr/bin/env bash
# nirtorch 2.6: load, by which Norse and Sinabs read NIR, returns a node in the middle of a network where two paths meet, or a loop stands last.
#
# The executor of `nirtorch.load` runs nodes depth first, in the order in which the file lists the edges, and returns what it ran last, whether that
# is the Output or not. Where two paths meet, Output is run at the end of the first one, and the second path, whose sum is then missing there, comes
# last: the network returns what goes into the sum by the second path, and the order of the edges decides which one that is. A loop is right if its
# edges stand before the edge to Output; if they stand behind it the network returns what the recurrent weights give. No warning, and the shape is
# right. nirtorch.nir_to_torch, by which snnTorch and SpikingJelly read, gives the sum.
#
# Seen (input 1, 2, 3; one path times 1, one times 10; then a node times 1 with a loop times 100; nirtorch 2.6, nir 1.0.8, torch 2.15.0):
#   two paths 10 20 30, edges turned round 1 2 3, nir_to_torch 11 22 33; loop, edge to Output last 1 102 10203, before the loop's 100 10200 1020300
#
# So snnsim export --for norse (and sinabs) puts the edge to Output last and refuses networks in which paths meet.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir torch==2.15.0 nir==1.0.8 nirtorch==2.6
cat >"$folder/look.py" <<'PYTHON'
import warnings

warnings.filterwarnings("ignore")
import nir
import nirtorch
import numpy as np
import torch

torch.set_grad_enabled(False)


def times(factor):
    return nir.Linear(np.full((1, 1), factor, np.float32))


def module(node):
    if isinstance(node, nir.Linear):
        out = torch.nn.Linear(1, 1, bias=False)
        out.weight.data = torch.from_numpy(node.weight)
        return out
    return None


def graph(nodes, edges):
    ends = {"input": nir.Input({"input": np.array([1])}), "output": nir.Output({"output": np.array([1])})}
    return nir.NIRGraph({**ends, **nodes}, edges)


def shown(network):
    state, out = None, []
    for value in (1.0, 2.0, 3.0):
        y, state = network(torch.tensor([value]), state)
        out.append(f"{y.item():.0f}")
    return " ".join(out)


nodes = {"a": times(1), "b": times(10), "both": times(1)}
one = [("input", "a"), ("a", "both"), ("both", "output")]
other = [("input", "b"), ("b", "both")]
loop = [("cells", "weights"), ("weights", "cells")]
recurrent = {"cells": times(1), "weights": times(100)}
rest = [("input", "cells")], [("cells", "output")]
print(f"two paths {shown(nirtorch.load(graph(nodes, one + other), module))}, "
      f"edges turned round {shown(nirtorch.load(graph(nodes, other + one), module))}, "
      f"nir_to_torch {shown(nirtorch.nir_to_torch(graph(nodes, one + other), {nir.Linear: module}))}; "
      f"loop, edge to Output last {shown(nirtorch.load(graph(recurrent, rest[0] + loop + rest[1]), module))}, "
      f"before the loop's {shown(nirtorch.load(graph(recurrent, rest[0] + rest[1] + loop), module))}")
PYTHON
found=$("$folder/venv/bin/python" "$folder/look.py" 2>/dev/null | tail -n 1)
echo "$found"
expected="two paths 10 20 30, edges turned round 1 2 3, nir_to_torch 11 22 33; loop, edge to Output last 1 102 10203, before the loop's 100 10200 1020300"
[[ $found == "$expected" ]] || { echo "changed: expected $expected" >&2; exit 1; }
