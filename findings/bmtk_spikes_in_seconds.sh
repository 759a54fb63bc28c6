#!/usr/bin/env bash
# bmtk 1.2.0: PointNet plays a SONATA spike file whose unit is the second as if its times were milliseconds.
#
# The reader keeps the attribute `units` of `timestamps` and hands it out (SpikeTrains.units()), but neither get_times nor what PointNet makes of it
# turns seconds into ms: a spike at 0.01 s is sent at 0.01 ms, which NEST moves to the end of its first step. A train of a second is over in 1 ms.
#
# Seen (times in ms at which a cell gets two spikes, of 0.01 and 0.02 s, over an edge of 1 ms; bmtk 1.2.0 and nest-simulator 3.10.0 from
# PyPI): units s: [1.1, 1.1]; units ms, 10 and 20: [11.0, 21.0]
#
# snnsim converts them, in `snnsim import` and for a spike_source.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check bmtk==1.2.0 nest-simulator==3.10.0
cat >"$folder/look.py" <<'PYTHON'
import json
import pathlib

import h5py
from bmtk.builder.networks import NetworkBuilder
from bmtk.simulator import pointnet
from bmtk.utils.reports.spike_trains import SpikeTrains

pathlib.Path("empty.json").write_text("{}")
cells, virtual = NetworkBuilder("cells"), NetworkBuilder("virtual")
cells.add_nodes(model_type="point_neuron", model_template="nest:parrot_neuron", dynamics_params=None)
virtual.add_nodes(model_type="virtual")
virtual.add_edges(source=virtual.nodes(), target=cells.nodes(), syn_weight=1.0, delay=1.0, model_template="static_synapse",
                  dynamics_params="empty.json")
for network in (cells, virtual):
    network.build()
    network.save(output_dir="network")


def run(unit, *times):
    with h5py.File("in.h5", "w") as file:
        group = file.create_group("spikes/virtual")
        group["node_ids"] = [0] * len(times)
        group["timestamps"] = times
        group["timestamps"].attrs["units"] = unit
    assert SpikeTrains.load("in.h5").units("virtual") == unit
    nodes = [{"nodes_file": f"network/{n}_nodes.h5", "node_types_file": f"network/{n}_node_types.csv"} for n in ("cells", "virtual")]
    edges = [{"edges_file": "network/virtual_cells_edges.h5", "edge_types_file": "network/virtual_cells_edge_types.csv"}]
    inputs = {"in": {"input_type": "spikes", "module": "sonata", "input_file": "in.h5", "node_set": "virtual"}}
    with open("config.json", "w") as file:
        json.dump({"run": {"tstop": 50.0, "dt": 0.1}, "inputs": inputs, "networks": {"nodes": nodes, "edges": edges},
                   "components": {"synaptic_models_dir": "."}, "target_simulator": "NEST",
                   "output": {"output_dir": "output", "spikes_file": "spikes.h5", "overwrite_output_dir": True}}, file)
    configuration = pointnet.Config.from_json("config.json")
    configuration.build_env()
    pointnet.PointSimulator.from_config(configuration, pointnet.PointNetwork.from_config(configuration)).run()
    with h5py.File("output/spikes.h5") as file:
        return sorted(file["spikes/cells/timestamps"][:].tolist())


print(f"units s: {run('s', 0.01, 0.02)}; units ms, 10 and 20: {run('ms', 10.0, 20.0)}")
PYTHON
found=$(cd "$folder" && venv/bin/python look.py 2>/dev/null | tail -n 1)
echo "$found"
[[ $found == "units s: [1.1, 1.1]; units ms, 10 and 20: [11.0, 21.0]" ]] || { echo "changed" >&2; exit 1; }
