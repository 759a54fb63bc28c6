#!/usr/bin/env bash
# bmtk 1.2.0: a current clamp that starts at 0 ms gives no current in PointNet, and `gids`, which build_env_pointnet writes, chooses no cells.
#
# PointNet makes a step_current_generator of an IClamp, which has no amplitude at time 0. It leaves out every onset (`delay`) up to the time
# step, and with it the whole clamp, where there is one: a delay of 0, which stands in most configurations, is no current at all, at a dt
# of 0.1 ms up to a delay of 0.1 ms; only the log says "skipping". And build_env_pointnet(current_clamp={"gids": [0], ...}) writes
# both `gids` and node_set "all"; PointNet looks at node_set alone, so that all cells get the current.
#
# Seen (spikes in 50 ms of cell 0 and of cell 1, 1 nA into `gids` [0]; bmtk 1.2.0 and nest-simulator 3.10.0 from PyPI):
# delay 0: [0, 0]; 0.1: [0, 0]; 0.2: [6, 6]
#
# `snnsim import` lets a clamp start at 0, and says so; cells are those of node_set, as in PointNet.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check bmtk==1.2.0 nest-simulator==3.10.0 setuptools
cat >"$folder/look.py" <<'PYTHON'
import os

import h5py
from bmtk.builder.networks import NetworkBuilder
from bmtk.simulator import pointnet
from bmtk.utils.sim_setup import build_env_pointnet

cells = NetworkBuilder("cells")
cells.add_nodes(N=2, model_type="point_neuron", model_template="nest:iaf_psc_exp", dynamics_params=None)
cells.build()
cells.save(output_dir="network")


def count(delay):
    build_env_pointnet(base_dir=".", network_dir=os.path.abspath("network"), components_dir=os.path.abspath("components"), tstop=50.0, dt=0.1,
                       current_clamp={"gids": [0], "amp": 1000.0, "delay": delay, "duration": 40.0}, config_file="config.json",
                       overwrite_config=True)
    configuration = pointnet.Config.from_json("config.json")
    configuration.build_env()
    pointnet.PointSimulator.from_config(configuration, pointnet.PointNetwork.from_config(configuration)).run()
    with h5py.File("output/spikes.h5") as file:
        fired = file["spikes"].get("cells", {"node_ids": []})["node_ids"][:]
        return [sum(int(c) == cell for c in fired) for cell in (0, 1)]


print(f"delay 0: {count(0.0)}; 0.1: {count(0.1)}; 0.2: {count(0.2)}")
PYTHON
found=$(cd "$folder" && venv/bin/python look.py 2>/dev/null | tail -n 1)
echo "$found"
[[ $found == "delay 0: [0, 0]; 0.1: [0, 0]; 0.2: [6, 6]" ]] || { echo "changed" >&2; exit 1; }
