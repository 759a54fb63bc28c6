#!/usr/bin/env bash
# bmtk 1.2.0: of two spike files for one population PointNet plays the first alone, and makes all of its edges twice.
#
# Each entry of `inputs` in the simulation's configuration names a file and a population of virtual nodes. For the second one of a population
# that has its spike generators already, PointNet skips the loop that would give them the spikes, but not the one after it, which connects
# them. So the second file's spikes never come, and every edge that leaves the population is there twice: its weights count double. There
# is no word of it in the log.
#
# Seen (connections, and times in ms at which one cell gets spikes over an edge of 1 ms; spikes at 10 ms in the first file and at 20 ms in
# the second; bmtk 1.2.0 and nest-simulator 3.10.0 from PyPI): one file: 1, [11.0]; two files: 2, [11.0, 11.0]
#
# `snnsim import` plays both files over one set of edges.
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
for name, time in (("first", 10.0), ("second", 20.0)):
    trains = SpikeTrains(population="virtual")
    trains.add_spike(node_id=0, timestamp=time)
    trains.to_sonata(f"{name}.h5")


def run(*names):
    inputs = {n: {"input_type": "spikes", "module": "sonata", "input_file": f"{n}.h5", "node_set": "virtual"} for n in names}
    nodes = [{"nodes_file": f"network/{n}_nodes.h5", "node_types_file": f"network/{n}_node_types.csv"} for n in ("cells", "virtual")]
    edges = [{"edges_file": "network/virtual_cells_edges.h5", "edge_types_file": "network/virtual_cells_edge_types.csv"}]
    with open("config.json", "w") as file:
        json.dump({"run": {"tstop": 50.0, "dt": 0.1}, "inputs": inputs, "networks": {"nodes": nodes, "edges": edges},
                   "components": {"synaptic_models_dir": "."}, "target_simulator": "NEST",
                   "output": {"output_dir": "output", "spikes_file": "spikes.h5", "overwrite_output_dir": True}}, file)
    configuration = pointnet.Config.from_json("config.json")
    configuration.build_env()
    simulator = pointnet.PointSimulator.from_config(configuration, pointnet.PointNetwork.from_config(configuration))
    simulator.run()
    made = len(nest.GetConnections(target=nest.GetNodes({"model": "parrot_neuron"})))
    with h5py.File("output/spikes.h5") as file:
        return f"{made}, {sorted(file['spikes/cells/timestamps'][:].tolist())}"


print(f"one file: {run('first')}; two files: {run('first', 'second')}")
PYTHON
found=$(cd "$folder" && venv/bin/python look.py 2>/dev/null | tail -n 1)
echo "$found"
[[ $found == "one file: 1, [11.0]; two files: 2, [11.0, 11.0]" ]] || { echo "changed" >&2; exit 1; }
