#!/usr/bin/env bash
# bmtk 1.2.0: PointNet reads a network's HDF5 groups in part: parameters of single nodes are dropped, and edge_group_index is not followed.
#
# In SONATA, nodes/<population>/<group>/dynamics_params/<parameter> gives parameters to single nodes, over those of their type; and row k of
# an edge population has its weight and delay in row edge_group_index[k] of its group. The class that reads groups says that there are
# no dynamics_params, whatever the file has; and weights and delays are taken in the order in which they are stored, so that an index that is
# no plain count gives edges those of others. Neither is told.
#
# Seen (bmtk 1.2.0 and nest-simulator 3.10.0 from PyPI): V_th of two cells of -60 and -50 mV in the file: [-55.0, -55.0]; delays 1.0 and 2.0 ms
# to cells 0 and 1, stored as [2.0, 1.0] with the index [1, 0]: [2.0, 1.0]
#
# `snnsim import` follows both, as the SONATA guide has it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check bmtk==1.2.0 nest-simulator==3.10.0
cat >"$folder/look.py" <<'PYTHON'
import json
import pathlib

import h5py
import nest
from bmtk.builder.networks import NetworkBuilder
from bmtk.simulator import pointnet

pathlib.Path("empty.json").write_text("{}")
cells = NetworkBuilder("cells")
cells.add_nodes(N=2, model_type="point_neuron", model_template="nest:iaf_psc_exp", dynamics_params=None)
made = cells.add_edges(source={"node_id": 0}, target=cells.nodes(), syn_weight=1.0, model_template="static_synapse", dynamics_params="empty.json")
made.add_properties("delay", rule=lambda source, target: 1.0 + target.node_id, dtypes=float)
cells.build()
cells.save(output_dir="network")
with h5py.File("network/cells_nodes.h5", "r+") as file:
    file["nodes/cells/0/dynamics_params/V_th"] = [-60.0, -50.0]
with h5py.File("network/cells_cells_edges.h5", "r+") as file:
    edges = file["edges/cells_to_cells"]
    for column in (edges["edge_group_index"], edges["0/delay"]):
        column[:] = column[:][::-1]
part = {"nodes": [{"nodes_file": "network/cells_nodes.h5", "node_types_file": "network/cells_node_types.csv"}],
        "edges": [{"edges_file": "network/cells_cells_edges.h5", "edge_types_file": "network/cells_cells_edge_types.csv"}]}
with open("config.json", "w") as file:
    json.dump({"run": {"tstop": 10.0, "dt": 0.1}, "networks": part, "components": {"synaptic_models_dir": "."}, "target_simulator": "NEST",
               "output": {"output_dir": "output"}}, file)
configuration = pointnet.Config.from_json("config.json")
configuration.build_env()
pointnet.PointSimulator.from_config(configuration, pointnet.PointNetwork.from_config(configuration))
made = nest.GetNodes({"model": "iaf_psc_exp"})
found = nest.GetConnections(source=made, target=made)
delays = [round(d, 3) for _, d in sorted(zip(found.get("target"), found.get("delay")))]
print(f"V_th {list(made.V_th)}; delays {delays}")
PYTHON
found=$(cd "$folder" && venv/bin/python look.py 2>/dev/null | tail -n 1)
echo "$found"
[[ $found == "V_th [-55.0, -55.0]; delays [2.0, 1.0]" ]] || { echo "changed" >&2; exit 1; }
