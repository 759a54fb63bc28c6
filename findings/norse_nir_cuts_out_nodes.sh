#!/usr/bin/env bash
# Norse 1.1.0: from_nir ends the network before a node that it does not know, its own readout among them, and says nothing.
#
# to_nir writes LIBoxCell as LI. from_nir knows no LI (nor I, Scale, AvgPool2d, Threshold, Delay): it puts nothing in the place of such a node.
# The output is then that of the node before it, of a right shape in most cases: an exported network loses its leaky readout. With an LI or a
# Scale in the middle the network falls apart, and from one start of Python to the next either the part before it or that after it is run, by the
# order of a set. Two such nodes end in a KeyError that names one of them.
#
# Seen (three steps of input 1; norse 1.1.0, nir 1.0.8, nirtorch 2.6, torch 2.15.0):
#   readout 0.0500 0.0950 0.1355, read back 0.5000 0.5000 0.5000
#
# So snnsim export --for norse must not write such nodes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir torch==2.15.0 torchvision==0.29.2 norse==1.1.0 nir==1.0.8 nirtorch==2.6
cat >"$folder/look.py" <<'PYTHON'
import warnings

warnings.filterwarnings("ignore")
import norse.torch as norse
import torch
from norse.torch.utils.export_nir import to_nir
from norse.torch.utils.import_nir import from_nir

torch.set_grad_enabled(False)
one = torch.ones(1)
first = torch.nn.Linear(1, 1)
first.weight.data.fill_(0.5)
first.bias.data.zero_()
net = norse.SequentialState(first, norse.LIBoxCell(norse.LIBoxParameters(tau_mem_inv=one * 100, v_leak=one * 0)))


def shown(network):
    state, out = None, []
    for _ in range(3):
        y, state = network(one, state)
        out.append(f"{y.item():.4f}")
    return " ".join(out)


graph = to_nir(net, one, dt=1.0)
print(f"readout {shown(net)}, read back {shown(from_nir(graph))}")
PYTHON
found=$("$folder/venv/bin/python" "$folder/look.py" 2>/dev/null | tail -n 1)
echo "$found"
expected="readout 0.0500 0.0950 0.1355, read back 0.5000 0.5000 0.5000"
[[ $found == "$expected" ]] || { echo "changed: expected $expected" >&2; exit 1; }
