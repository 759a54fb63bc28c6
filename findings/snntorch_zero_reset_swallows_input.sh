#!/usr/bin/env bash
# snnTorch 1.0.0: with reset_mechanism="zero" and its default reset_delay, Synaptic, RLeaky and RSynaptic lose what arrives after a spike.
#
# Leaky sets the membrane to zero before the decay of the next step, and the input of that step counts: v = beta v (1 - s) + x. The others
# multiply the whole new membrane by (1 - s): v = (beta v + x) (1 - s), so that the input of the step after a spike is gone, and no cell fires in
# two steps on end, whatever it gets. Swapping Leaky for RLeaky with recurrent weights of zero, or for Synaptic with alpha 0, halves the rate of a
# cell that is driven hard. With reset_delay=False all agree, but RSynaptic, which ends in a TypeError.
#
# Seen (spikes in 10 steps of input 2, threshold 1, delayed and not; snntorch 1.0.0, torch 2.15.0):
#   Leaky 10 10, RLeaky 5 10, Synaptic 5 10, RSynaptic 5 TypeError
#
# So snnsim refuses to read Synaptic and recurrent cells of snnTorch with that reset: no cell of its own does so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir torch==2.15.0 snntorch==1.0.0 nir==1.0.8 nirtorch==2.6
cat >"$folder/look.py" <<'PYTHON'
import warnings

warnings.filterwarnings("ignore")
import snntorch as snn
import torch

torch.set_grad_enabled(False)
recurrent = {"V": torch.zeros(1), "all_to_all": False}
kinds = {snn.Leaky: {}, snn.RLeaky: recurrent, snn.Synaptic: {"alpha": 0.0}, snn.RSynaptic: {"alpha": 0.0, **recurrent}}


def spikes(kind, options, delay):
    cell = kind(beta=0.5, init_hidden=True, reset_mechanism="zero", reset_delay=delay, **options)
    try:
        return int(sum(cell(torch.full((1, 1), 2.0)) for _ in range(10)))
    except TypeError:
        return "TypeError"


print(", ".join(f"{kind.__name__} {spikes(kind, options, True)} {spikes(kind, options, False)}" for kind, options in kinds.items()))
PYTHON
found=$("$folder/venv/bin/python" "$folder/look.py" 2>/dev/null | tail -n 1)
echo "$found"
expected="Leaky 10 10, RLeaky 5 10, Synaptic 5 10, RSynaptic 5 TypeError"
[[ $found == "$expected" ]] || { echo "changed: expected $expected" >&2; exit 1; }
