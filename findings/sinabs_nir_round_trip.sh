#!/usr/bin/env bash
# Sinabs 3.1.3: from_nir of what to_nir wrote is another network: LIF get their input 1 / (1 - exp(-1/tau)) times as strong, IAF a lower bound.
#
# to_nir writes tau, threshold and r = 1 of a LIF, but neither norm_input, which is True by default (input times 1 - exp(-1/tau)), nor tau_syn;
# from_nir sets norm_input=False and no tau_syn. Of an IAF, which has no lower bound by default, from_nir makes one that is clipped at minus the
# threshold, so that inhibition is forgotten. Both without a word.
#
# Seen (spikes in 100 steps, before and after; sinabs 3.1.3, nir 1.0.8, nirtorch 2.6, torch 2.15.0):
#   LIF 2 117, LIF with tau_syn 48 117, IAF 38 47
#
# So snnsim import --from sinabs asks for norm_input (--scale-input), and export --for sinabs says what is lost.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir torch==2.15.0 matplotlib==3.11.2 pbr==7.1.3 nir==1.0.8 nirtorch==2.6
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir --no-deps sinabs==3.1.3    # it asks for nir<=1.0.4, and a driver
cat >"$folder/look.py" <<'PYTHON'
import warnings

warnings.filterwarnings("ignore")
import sinabs.layers as sl
import torch
from sinabs.nir import from_nir, to_nir

torch.set_grad_enabled(False)
one, steps = torch.ones(1), 100
drive = torch.full((steps, 1), 1.0)
swing = torch.cat([torch.full((20, 1), -0.5), torch.full((80, 1), 0.6)])


def trip(layer, weight, x):
    first = torch.nn.Linear(1, 1, bias=False)
    first.weight.data.fill_(weight)
    net = torch.nn.Sequential(first, layer)
    before = net(x).sum()
    layer.reset_states()
    out = from_nir(to_nir(net, x), batch_size=1)(x)
    return f"{int(before)} {int(out[0].sum())}"


lif = trip(sl.LIFSqueeze(tau_mem=one * 20, spike_threshold=one, batch_size=1), 1.2, drive)
synaptic = trip(sl.LIFSqueeze(tau_mem=one * 20, tau_syn=one * 10, spike_threshold=one, batch_size=1), 1.2, drive)
iaf = trip(sl.IAFSqueeze(spike_threshold=one, batch_size=1), 1.0, swing)
print(f"LIF {lif}, LIF with tau_syn {synaptic}, IAF {iaf}")
PYTHON
found=$("$folder/venv/bin/python" "$folder/look.py" 2>/dev/null | tail -n 1)
echo "$found"
expected="LIF 2 117, LIF with tau_syn 48 117, IAF 38 47"
[[ $found == "$expected" ]] || { echo "changed: expected $expected" >&2; exit 1; }
