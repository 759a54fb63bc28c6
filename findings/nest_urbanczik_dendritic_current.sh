#!/usr/bin/env bash
# NEST 3.10.0: a current into the dendrite of pp_cond_exp_mc_urbanczik does nothing.
#
# The model has a receptor `dendritic_curr` for currents of devices and a parameter I_e of its dendritic compartment. Both are accepted, I_e can
# be read back, and neither moves the dendrite's potential (V_m.p) nor the soma's; the same 50 pA into the soma, by `soma_curr` or by its I_e,
# move V_m.s as expected. No warning is given.
#
# Seen (V_m.s and V_m.p after 200 ms with 50 pA, both -70 at rest; nest-simulator 3.10.0 from PyPI):
#   soma generator -69.9206 -70.0000; soma I_e -69.9206 -70.0000; dendritic generator -70.0000 -70.0000; dendritic I_e -70.0000 -70.0000
#
# So pp_cond_exp_2c of snnsim takes stimuli into the soma only, and is compared with NEST with spikes into the dendrite.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nest-simulator==3.10.0
cat >"$folder/look.py" <<'PYTHON'
import nest

nest.set_verbosity("M_ERROR")
model, found = "pp_cond_exp_mc_urbanczik", []
for compartment in ("soma", "dendritic"):
    for means in ("generator", "I_e"):
        nest.ResetKernel()
        cell = nest.Create(model, params={compartment: {"I_e": 50.0 if means == "I_e" else 0.0}})
        if means == "generator":
            port = nest.GetDefaults(model)["receptor_types"][compartment + "_curr"]
            nest.Connect(nest.Create("dc_generator", params={"amplitude": 50.0}), cell, syn_spec={"receptor_type": port})
        meter = nest.Create("multimeter", params={"record_from": ["V_m.s", "V_m.p"]})
        nest.Connect(meter, cell)
        nest.Simulate(201.0)
        found.append(f"{compartment} {means} {meter.events['V_m.s'][-1]:.4f} {meter.events['V_m.p'][-1]:.4f}")
print("; ".join(found))
PYTHON
found=$("$folder/venv/bin/python" "$folder/look.py" 2>/dev/null | tail -n 1)
echo "$found"
expected="soma generator -69.9206 -70.0000; soma I_e -69.9206 -70.0000; dendritic generator -70.0000 -70.0000; dendritic I_e -70.0000 -70.0000"
[[ $found == "$expected" ]] || { echo "changed: expected $expected" >&2; exit 1; }
