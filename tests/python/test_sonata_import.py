"""Networks of SONATA, written by h5py in all forms that files have, become the same model; what is wrong is told with file and place."""
import json
import os
import re
import subprocess

import h5py
import numpy as np
import pytest

CELLS, SOURCES, EDGES = 12, 5, 60
NODE_TYPES = """node_type_id pop_name model_type model_template dynamics_params
100 "exc L4" point_neuron nest:iaf_psc_alpha exc.json
101 inh point_neuron nest:iaf_psc_alpha inh.json
102 NULL virtual NULL NULL
"""
EDGE_TYPES = """edge_type_id model_template dynamics_params syn_weight delay nsyns
1 static_synapse NULL 80.0 1.5 NULL
2 nest:static_synapse empty.json -60.5 0.8 2
"""


def config(folder):
    return {
        "manifest": {"$NET": "$BASE/network", "$BASE": "${configdir}", "$MODELS": "${BASE}/models"},
        "run": {"tstop": 60.0, "dt": 0.1},
        "components": {"point_neuron_models_dir": "$MODELS", "synaptic_models_dir": "$MODELS"},
        "networks": {
            "nodes": [{"nodes_file": f"$NET/{name}_nodes.h5", "node_types_file": "$NET/node_types.csv"} for name in ("cortex", "drive")],
            "edges": [{"edges_file": f"$NET/{name}_edges.h5", "edge_types_file": "$NET/edge_types.csv"} for name in ("cortex", "drive")]},
        "inputs": {"in": {"input_type": "spikes", "module": "sonata", "input_file": "$BASE/spikes.h5", "node_set": "drive"}}}


def edges_of(name):
    """source, target, type, weight and delay of each edge."""
    random = np.random.default_rng(5 if name == "cortex" else 6)
    source = random.integers(0, CELLS if name == "cortex" else SOURCES, EDGES)
    kind = np.where(source % 4 == 3, 2, 1) if name == "cortex" else np.ones(EDGES, int)
    sign = np.where(kind == 2, -1.0, 1.0)
    return source, random.integers(0, CELLS, EDGES), kind, sign * random.uniform(100, 300, EDGES), np.round(random.uniform(0.5, 3, EDGES), 1)


def write_edges(path, name, ids="u8", **options):
    source, target, kind, weight, delay = edges_of(name)
    with h5py.File(path, "w") as f:
        g = f.create_group(f"edges/{name}_to_cortex")
        for key, values, population in (("source", source, name), ("target", target, "cortex")):
            g.create_dataset(f"{key}_node_id", data=values.astype(ids), **options).attrs["node_population"] = population
        g.create_dataset("edge_type_id", data=kind.astype(ids), **options)
        g.create_dataset("edge_group_id", data=np.zeros(EDGES, ids), **options)
        g.create_dataset("edge_group_index", data=np.arange(EDGES).astype(ids), **options)
        g.create_dataset("0/syn_weight", data=weight / np.where(kind == 2, 2, 1), **options)
        g.create_dataset("0/delay", data=delay, **options)


def write_spikes(path, times=None, nodes=None):
    random = np.random.default_rng(3)
    times = np.sort(random.permutation(500)[:60] + 1) * 0.1 if times is None else np.asarray(times)
    nodes = random.integers(0, SOURCES, len(times)) if nodes is None else np.asarray(nodes)
    with h5py.File(path, "w") as f:
        f["spikes/drive/timestamps"], f["spikes/drive/node_ids"] = times, nodes.astype("u8")
        f["spikes/drive/timestamps"].attrs["units"] = "ms"


def build(folder):
    """A sound network, of which tests change files."""
    for name in ("network", "models"):
        (folder / name).mkdir(parents=True)
    net = folder / "network"
    for name, kinds in (("cortex", [100] * 8 + [101] * 4), ("drive", [102] * SOURCES)):
        with h5py.File(net / f"{name}_nodes.h5", "w") as f:
            g = f.create_group(f"nodes/{name}")
            g["node_id"], g["node_type_id"] = np.arange(len(kinds)), np.array(kinds)
            g["node_group_id"], g["node_group_index"] = np.zeros(len(kinds), int), np.arange(len(kinds))
            g["0/x"] = np.linspace(0, 1, len(kinds))
        write_edges(net / f"{name}_edges.h5", name)
    (net / "node_types.csv").write_text(NODE_TYPES)
    (net / "edge_types.csv").write_text(EDGE_TYPES)
    (folder / "models" / "exc.json").write_text('{"C_m": 200.0, "tau_m": 15, "V_m": -68.5, "t_ref": 2.05, "I_e": 120.0}')
    (folder / "models" / "inh.json").write_text('{"tau_syn_in": 4.0}')
    (folder / "models" / "empty.json").write_text("{}")
    (folder / "config.json").write_text(json.dumps(config(folder), indent=1))
    write_spikes(folder / "spikes.h5")


def change_config(folder, change):
    content = config(folder)
    change(content)
    (folder / "config.json").write_text(json.dumps(content, indent=1))


def lists_of(path):
    """All synapses of the file of arrays, whatever their order: (projection, source, target, weight, delay)."""
    with h5py.File(path) as f:
        return {name: sorted(zip(*[g[c][:].tolist() if c in g else [None] * len(g["source"]) for c in ("source", "target", "weight", "delay")]))
                for name, g in f["edges"].items()}


def spikes_of(snnsim, model):
    out = model.with_suffix(".run.h5")
    snnsim(model, "-o", out, "--progress", "none", "--force")
    with h5py.File(out) as run:
        return {name: list(zip(g["timestamps"][:], g["node_ids"][:])) for name, g in run["spikes"].items()}


def text_of(snnsim, folder, *options):
    snnsim("import", folder / "config.json", "-o", folder / "m.yaml", "--force", *options)
    return (folder / "m.yaml").read_text()


@pytest.fixture
def network(tmp_path):
    build(tmp_path / "net")
    return tmp_path / "net"


@pytest.fixture(scope="module")
def sound(snnsim, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound") / "net"
    build(folder)
    text = text_of(snnsim, folder)
    return text, lists_of(folder / "m.h5"), spikes_of(snnsim, folder / "m.yaml")


def test_the_model_is_the_one_written_by_hand(snnsim, sound, network):
    text, lists, spikes = sound
    assert sum(map(len, lists.values())) == 2 * EDGES and len(spikes["cortex"]) > 50
    source, target, kind, weight, delay = edges_of("cortex")
    (network / "rows.csv").write_text("source,target,weight (pA),delay (ms)\n" + "".join(
        f"{s},{t},{w!r},{d!r}\n" for s, t, w, d in zip(source.tolist(), target.tolist(), weight.tolist(), delay.tolist())))
    source, target, kind, weight, delay = edges_of("drive")
    (network / "drive.csv").write_text("source,target,weight (pA),delay (ms)\n" + "".join(
        f"{s},{t},{w!r},{d!r}\n" for s, t, w, d in zip(source.tolist(), target.tolist(), weight.tolist(), delay.tolist())))
    e, i = [8, 4]

    def each(a, b, unit):
        return "{values: [" + ", ".join([f"{a} {unit}"] * e + [f"{b} {unit}"] * i) + "]}"
    (network / "hand.yaml").write_text(f"""
name: hand
dt: 0.1 ms
simulate: {{duration: 60 ms}}
populations:
  cortex: {{size: {CELLS}, model: iaf_psc_alpha, c_m: {each(200, 250, "pF")}, tau_m: {each(15, 10, "ms")}, i_e: {each(120, 0, "pA")},
           t_ref: {each(2.1, 2.0, "ms")}, tau_syn_in: {each(2, 4, "ms")}, initial: {{v: {each(-68.5, -70, "mV")}}}}}
  drive: {{size: {SOURCES}, model: spike_source, file: spikes.h5}}
projections:
  - {{from: cortex, to: cortex, connect: {{rule: list, file: rows.csv}}, weight_bits: 32}}
  - {{from: drive, to: cortex, connect: {{rule: list, file: drive.csv}}, weight_bits: 32}}
record: [{{population: cortex, what: spikes}}]
""")
    assert spikes_of(snnsim, network / "hand.yaml") == spikes


def forms():
    def other_ids(net):
        write_edges(net / "network" / "cortex_edges.h5", "cortex", ids="i4", compression="gzip", chunks=(16,))
        write_edges(net / "network" / "drive_edges.h5", "drive", ids="u2", shuffle=True)

    def with_index(name):
        def change(net):
            with h5py.File(net / "network" / "cortex_edges.h5", "a") as f:  # nobody reads it, whatever it says
                f[f"edges/cortex_to_cortex/indices/source_to_target/{name}"] = np.full((CELLS, 2), 10**9)
        return change

    def several_groups(net):
        with h5py.File(net / "network" / "cortex_edges.h5", "a") as f:
            g = f["edges/cortex_to_cortex"]
            weight, delay = g["0/syn_weight"][:], g["0/delay"][:]
            group = np.arange(EDGES) % 3
            index = np.zeros(EDGES, int)
            del g["0"]
            for k in range(3):
                rows = np.flatnonzero(group == k)
                places = np.random.default_rng(k).permutation(len(rows))
                index[rows] = places
                for name, values in (("syn_weight", weight), ("delay", delay)):
                    stored = np.zeros(len(rows))
                    stored[places] = values[rows]
                    g[f"{5 * k}/{name}"] = stored
            g["edge_group_id"][:], g["edge_group_index"][:] = 5 * group, index

    def without_groups(net):
        with h5py.File(net / "network" / "cortex_edges.h5", "a") as f:
            del f["edges/cortex_to_cortex/edge_group_id"], f["edges/cortex_to_cortex/edge_group_index"]

    def permuted_edges(net):
        order = np.random.default_rng(1).permutation(EDGES)
        with h5py.File(net / "network" / "cortex_edges.h5", "a") as f:
            g = f["edges/cortex_to_cortex"]
            for name in ("source_node_id", "target_node_id", "edge_type_id", "edge_group_index"):
                g[name][:] = g[name][:][order]

    def permuted_nodes(net):
        with h5py.File(net / "network" / "cortex_nodes.h5", "a") as f:
            g, order = f["nodes/cortex"], np.random.default_rng(1).permutation(CELLS)
            for name in ("node_id", "node_type_id"):
                g[name][:] = g[name][:][order]

    def synapses_a_row(net):
        with h5py.File(net / "network" / "cortex_edges.h5", "a") as f:
            g = f["edges/cortex_to_cortex"]
            g["0/syn_weight"][:] *= np.where(g["edge_type_id"][:] == 2, 2, 1)
            g["0/nsyns"] = np.arange(EDGES) % 2 + 1
            g["0/syn_weight"][:] /= g["0/nsyns"][:]

    def parameters_of_nodes(net):
        (net / "models" / "exc.json").write_text('{"C_m": 20.0, "tau_m": 15, "t_ref": 2.05, "I_e": 120.0}')
        with h5py.File(net / "network" / "cortex_nodes.h5", "a") as f:
            f["nodes/cortex/0/dynamics_params/C_m"] = np.where(np.arange(CELLS) < 8, 200.0, np.nan)
            f["nodes/cortex/0/dynamics_params/V_m"] = np.where(np.arange(CELLS) < 8, -68.5, np.nan)

    def spikes_as_text(net):
        with h5py.File(net / "spikes.h5") as f:
            rows = list(zip(f["spikes/drive/timestamps"][:], f["spikes/drive/node_ids"][:]))
        (net / "spikes.csv").write_text("timestamps population node_ids\n3.3 other 0\n" + "".join(f"{t} drive {n}\n" for t, n in rows[::-1]))
        change_config(net, lambda c: c["inputs"]["in"].update(module="csv", input_file="spikes.csv"))

    def spikes_of_first_files(net):
        with h5py.File(net / "spikes.h5", "a") as f:
            f["spikes/timestamps"], f["spikes/gids"] = f["spikes/drive/timestamps"][:], f["spikes/drive/node_ids"][:]
            del f["spikes/drive"]

    def two_configurations(net):
        content = config(net)
        circuit = {key: content.pop(key) for key in ("networks", "components")}
        (net / "circuit").mkdir()
        (net / "circuit" / "circuit_config.json").write_text(json.dumps({"manifest": {"$BASE": "..", "NET": "$BASE/network", "$MODELS": "$BASE/models"}, **circuit}))
        (net / "config.json").write_text(json.dumps({"network": "circuit/circuit_config.json", **content}))

    def two_spike_files(net):
        with h5py.File(net / "spikes.h5") as f:
            times, nodes = f["spikes/drive/timestamps"][:], f["spikes/drive/node_ids"][:]
        write_spikes(net / "spikes.h5", times[::2], nodes[::2])
        write_spikes(net / "more.h5", times[1::2], nodes[1::2])
        change_config(net, lambda c: c["inputs"].update(more={**c["inputs"]["in"], "input_file": "more.h5", "node_set": {"population": "drive"}}))

    return {f.__name__: f for f in (other_ids, several_groups, without_groups, permuted_edges, permuted_nodes, synapses_a_row, parameters_of_nodes,
                                    spikes_as_text, spikes_of_first_files, two_configurations, two_spike_files)} | {
        "index": with_index("node_id_to_ranges"), "index of bmtk": with_index("node_id_to_range")}


@pytest.mark.parametrize("form", forms())
def test_other_forms_give_the_same_network(snnsim, sound, network, form):
    forms()[form](network)
    text_of(snnsim, network)
    assert lists_of(network / "m.h5") == sound[1]
    assert spikes_of(snnsim, network / "m.yaml") == sound[2]


def test_what_all_synapses_share_stands_in_the_model(snnsim, network):
    with h5py.File(network / "network" / "cortex_edges.h5", "a") as f:
        del f["edges/cortex_to_cortex/0"]
    text = text_of(snnsim, network)
    assert "weight: 80 pA\n    delay: 1.5 ms" in text and "weight: -121 pA\n    delay: 0.8 ms" in text
    with h5py.File(network / "m.h5") as f:
        assert set(f["edges/cortex_to_cortex_2"]) == {"source", "target"}


def test_nothing_is_said_of_values_that_are_not_known_yet(snnsim, network):
    """tau_m is in the file of arrays: no time constant of infinity."""
    assert "tau_m: {file: 'm.h5'" in text_of(snnsim, network)
    assert "inf" not in snnsim("check", network / "m.yaml").stderr


def test_a_column_that_differs_late(snnsim, network):
    """Weights are the same in the first million of edges and another one in the last."""
    count = (1 << 20) + 5
    with h5py.File(network / "network" / "cortex_edges.h5", "w") as f:
        g = f.create_group("edges/cortex_to_cortex")
        for name in ("source", "target"):
            g[f"{name}_node_id"] = np.arange(count) % CELLS
            g[f"{name}_node_id"].attrs["node_population"] = "cortex"
        g["edge_type_id"] = np.ones(count, "u1")
        g["0/syn_weight"] = np.where(np.arange(count) == count - 2, 7.0, 2.0)
    text_of(snnsim, network)
    with h5py.File(network / "m.h5") as f:
        g = f["edges/cortex_to_cortex_1"]
        weight = g["weight"][:]
        assert len(weight) == count and weight[count - 2] == 7 and (np.delete(weight, count - 2) == 2).all()
        assert (g["source"][:] == np.arange(count) % CELLS).all() and "delay" not in g


def test_edges_of_many_types_are_one_projection(snnsim, network):
    types = np.arange(EDGES) % 20
    (network / "network" / "edge_types.csv").write_text("edge_type_id syn_weight delay\n" + "".join(f"{k} {k + 1}.5 {1 + k // 10}\n" for k in range(20)))
    for name in ("cortex", "drive"):
        with h5py.File(network / "network" / f"{name}_edges.h5", "a") as f:
            g = f[f"edges/{name}_to_cortex"]
            g["edge_type_id"][:] = types if name == "cortex" else 3
            del g["0"]
    text = text_of(snnsim, network)
    assert text.count("  - name:") == 2 and "weight: 4.5 pA\n    delay: 1 ms" in text
    with h5py.File(network / "m.h5") as f:
        assert f["edges/cortex_to_cortex/weight"][:].tolist() == [k + 1.5 for k in types]
        assert f["edges/cortex_to_cortex/delay"][:].tolist() == [1 + k // 10 for k in types] and "delay" not in f["edges/drive_to_cortex"]


def test_cells_of_several_models(snnsim, network):
    (network / "network" / "node_types.csv").write_text(NODE_TYPES.replace("nest:iaf_psc_alpha inh.json", "nest:aeif_cond_exp NULL"))
    (network / "models" / "exc.json").write_text('{"E_L": -65.0}')
    text = text_of(snnsim, network)
    assert "  cortex_iaf_psc_alpha:\n    size: 8" in text and "  cortex_aeif_cond_exp:\n    size: 4" in text
    # NEST's defaults are absolute: v starts at -70 mV, wherever the cell rests.
    assert "e_l: -65 mV" in text and "initial: {v: -70 mV}" in text and "initial: {v: -70.6 mV, w: 0 pA, g_ex: 0 nS, g_in: 0 nS}" in text
    with h5py.File(network / "m.h5") as f:
        assert f["nodes/cortex_aeif_cond_exp/node_id"][:].tolist() == [8, 9, 10, 11] and f["nodes/cortex_aeif_cond_exp"].attrs["population"] == "cortex"
        from_cortex = [(name, g) for name, g in f["edges"].items() if name.startswith("cortex")]
        assert sum(len(g["source"]) for _, g in from_cortex) == EDGES and len(from_cortex) == 8
        assert all(g["source"][:].max() < 8 and g["target"][:].max() < 8 for _, g in from_cortex)


def test_spikes_between_steps_and_in_one_step(snnsim, network):
    """As NEST's generators: up to the end of the step, and two in one step arrive both."""
    write_spikes(network / "spikes.h5", [5.04, 5.06, 5.1, 0.01, 20.0, 99.0, 7.0], [0, 0, 0, 1, 4, 2, 77])
    done = snnsim("import", network / "config.json", "-o", network / "m.yaml")
    with h5py.File(network / "m.h5") as f:
        assert np.allclose(f["spikes/drive/timestamps"], [0.1, 5.1, 20.0, 99.0]) and f["spikes/drive/node_ids"][:].tolist() == [1, 0, 4, 2]
        assert np.allclose(f["spikes/drive_again/timestamps"], [5.1]) and np.allclose(f["spikes/drive_again_2/timestamps"], [5.1])
    assert "2 spikes of 'drive' come in a step" in done.stdout and "1 spike of nodes that are not there" in done.stdout
    text = (network / "m.yaml").read_text()
    assert text.count("from: drive_again\n") == 1 and text.count("dataset: 'edges/drive_to_cortex_1'") == 3
    snnsim("check", network / "m.yaml")


def test_spikes_of_another_population(snnsim, sound, network):
    """A file with one population is played, whatever its name; of several it must be the right one."""
    with h5py.File(network / "spikes.h5") as f:
        rows = list(zip(f["spikes/drive/timestamps"][:], f["spikes/drive/node_ids"][:]))
    text = "timestamps population node_ids\n" + "".join(f"{t} other {n}\n" for t, n in rows)
    change_config(network, lambda c: c["inputs"]["in"].update(module="csv", input_file="spikes.csv"))
    (network / "spikes.csv").write_text(text)
    text_of(snnsim, network)
    assert spikes_of(snnsim, network / "m.yaml") == sound[2]
    for path in ("m.yaml", "m.h5", "m.run.h5"):
        (network / path).unlink()
    (network / "spikes.csv").write_text(text + "1.0 third 0\n")
    assert "spikes.csv: there are no spikes of 'drive' (there are those of: other, third)" in wrong(snnsim, network)
    (network / "spikes.csv").write_text("timestamps population node_ids\n")
    done = snnsim("import", network / "config.json", "-o", network / "m.yaml")
    assert "spikes.csv: it has no spikes for drive" in done.stdout


def test_weights_that_the_grid_would_lose_are_zero(snnsim, network):
    with h5py.File(network / "network" / "cortex_edges.h5", "a") as f:
        g = f["edges/cortex_to_cortex"]
        g["edge_type_id"][:] = 1
        weights = g["0/syn_weight"][:]
        weights[:3], weights[3] = [1e-9, -1e-8, 0.0], 1e5
        g["0/syn_weight"][:] = weights
    done = snnsim("import", network / "config.json", "-o", network / "m.yaml")
    assert re.search(r"2 weights onto cortex below \S+ pA are 0 now", done.stdout)
    with h5py.File(network / "m.h5") as f:
        weights[:2] = 0
        assert f["edges/cortex_to_cortex_1/weight"][:].tolist() == weights.tolist()
    snnsim(network / "m.yaml", "--progress", "none", "-o", network / "run.h5")


def test_small_weights_are_kept_where_they_fit(snnsim, network):
    with h5py.File(network / "network" / "cortex_edges.h5", "a") as f:
        g = f["edges/cortex_to_cortex"]
        weights = g["0/syn_weight"][:]
        weights[5] = 1e-5
        g["0/syn_weight"][:] = weights
    done = snnsim("import", network / "config.json", "-o", network / "m.yaml")
    assert "are 0 now" not in done.stdout and "is 0 now" not in done.stdout
    snnsim(network / "m.yaml", "--progress", "none", "-o", network / "run.h5")


def test_a_model_of_nest_may_be_called_one_of_nestml(snnsim, network):
    snnsim("import", network / "config.json", "-o", network / "m.yaml")
    text = (network / "m.yaml").read_text()
    (network / "network" / "node_types.csv").write_text(NODE_TYPES.replace("nest:", "nestml:"))
    snnsim("import", network / "config.json", "-o", network / "m.yaml", "--force")
    assert (network / "m.yaml").read_text() == text


def test_what_is_not_looked_at_is_told(snnsim, network):
    def change(c):
        c["run"].update(n_runs=3, tstart=0.0, precise_times=True)
        c["inputs"]["in"]["node_set"] = {"population": "drive", "node_id": [0]}
        c["inputs"]["more"] = {**c["inputs"]["in"], "node_set": "drive"}
        c["inputs"]["clamp"] = {"input_type": "current_clamp", "module": "IClamp", "node_set": "cortex", "gids": [1], "amp": 0.0, "delay": 0.0, "duration": 5.0}
        c["reports"] = {"v": {"variable_name": "v"}}
    change_config(network, change)
    with h5py.File(network / "network" / "cortex_edges.h5", "a") as f:
        f["edges/cortex_to_cortex/0/dynamics_params/weight"] = np.ones(EDGES)
    done = snnsim("import", network / "config.json", "-o", network / "m.yaml")
    for said in ("run.n_runs (3) is not looked at", "all virtual nodes of drive play, whichever of them node_set names", "drive gets the spikes of several inputs",
                 "inputs.clamp: gids is not looked at", "reports are not taken over", "'edges/cortex_to_cortex/0/dynamics_params/weight' is not looked at"):
        assert said in done.stdout, said
    assert "tstart" not in done.stdout and "precise_times" not in done.stdout and "acts here" not in done.stdout
    assert lists_of(network / "m.h5")["cortex_to_cortex_1"][0][3] != 1.0
    assert "single precision" not in done.stdout
    said = snnsim("import", network / "config.json", "-o", network / "m.yaml", "--dt", "0.01 ms", "--force").stdout
    assert "dt is 0.01 ms: cells are stepped in single precision" in said and "with --dt '0.1 ms'" in said


def test_node_sets_of_node_sets(snnsim, network):
    def change(c):
        c["node_sets"] = {"both": ["one", "two"], "one": {"population": "cortex", "node_id": [1, 2]}, "two": ["three"], "three": {"population": "cortex", "x": [0.0, 1.0]}}
        c["inputs"]["clamp"] = {"input_type": "current_clamp", "module": "IClamp", "node_set": "both", "amp": 5.0, "delay": 10.0, "duration": 5.0}
    change_config(network, change)
    text_of(snnsim, network)
    with h5py.File(network / "m.h5") as f:
        assert np.flatnonzero(f["currents/clamp/cortex/amplitude"]).tolist() == [0, 1, 2, CELLS - 1]


def test_units_of_spikes(snnsim, network):
    with h5py.File(network / "spikes.h5", "a") as f:
        f["spikes/drive/timestamps"][:] /= 1000
        f["spikes/drive/timestamps"].attrs["units"] = "s"
        times = np.sort(f["spikes/drive/timestamps"][:] * 1000)
    text_of(snnsim, network)
    with h5py.File(network / "m.h5") as f:
        assert len(f["spikes/drive/timestamps"]) <= len(times) and abs(f["spikes/drive/timestamps"][:].max() - times.max()) < 0.11


def test_virtual_nodes_without_spikes_are_left_out(snnsim, network):
    change_config(network, lambda c: c.pop("inputs"))
    done = snnsim("import", network / "config.json", "-o", network / "m.yaml")
    assert f"{EDGES} edges of virtual nodes that get no spikes are left out" in done.stdout
    assert "drive" not in (network / "m.yaml").read_text()


def test_currents(snnsim, network):
    def clamps(c):
        c["node_sets"] = {"some": {"population": "cortex", "node_id": [1, 3]}}
        clamp = {"input_type": "current_clamp", "module": "IClamp"}
        c["inputs"] = {"all": {**clamp, "node_set": "cortex", "amp": 100.0, "delay": 10.0, "duration": 20.0},
                       "some": {**clamp, "node_set": "some", "amp": 50, "delay": 0, "duration": 5},
                       "kind": {**clamp, "node_set": {"population": "cortex", "pop_name": "exc L4"}, "amp": [1, 2, 3], "delay": [5, 8, 20], "duration": [10, 2, 5]},
                       "file": {"input_type": "csv", "module": "IClamp", "node_set": "cortex", "file": "amps.csv"},
                       "off": {"enabled": False, "input_type": "x"}}
    (network / "amps.csv").write_text("timestamps amps\n5.0 1.5\n6.0 -2\n")
    change_config(network, clamps)
    text = text_of(snnsim, network)
    assert "{to: cortex, kind: dc, start: 10.1 ms, stop: 30.1 ms, amplitude: 100 pA}" in text
    assert "{to: cortex, kind: dc, start: 0.1 ms, stop: 5.1 ms, amplitude: {file: 'm.h5', dataset: 'currents/some/cortex/amplitude'}}" in text
    with h5py.File(network / "m.h5") as f:
        assert f["currents/some/cortex/amplitude"][:].tolist() == [0, 50, 0, 50] + [0] * 8
        assert np.allclose(f["currents/kind/cortex/times"], [5.1, 8.1, 10.1, 20.1, 25.1])
        assert f["currents/kind/cortex/current"][:, 0].tolist() == [1, 2, 0, 3, 0] and not f["currents/kind/cortex/current"][:, 8:].any()
        assert f["currents/file/cortex/current"][:].tolist() == [1.5, -2]
    done = snnsim(network / "m.yaml", "--progress", "none", "-o", network / "run.h5")
    assert done.returncode == 0


def test_neurons_of_the_allen_institute(snnsim, network):
    glif = {"type": "GLIF", "El": 0.0, "El_reference": -0.07, "th_inf": 0.025, "R_input": 2e8, "C": 1e-10, "spike_cut_length": 63, "dt": 5e-5,
            "asc_tau_array": [0.01, 0.1], "asc_amp_array": [-1e-11, 2e-11], "init_AScurrents": [0, 0],
            "coeffs": {"th_inf": 1.1, "G": 1.2, "C": 1.3, "asc_amp_array": [2.0, 1.0], "a": 1, "b": 1},
            "threshold_dynamics_method": {"params": {"a_spike": 0.001, "b_spike": 100}}, "voltage_reset_method": {"params": {"a": 0.2, "b": 0.01}}}
    (network / "models" / "exc.json").write_text(json.dumps(glif))
    (network / "models" / "two.json").write_text('{"receptor_type": 2}')
    (network / "network" / "node_types.csv").write_text(NODE_TYPES.replace("iaf_psc_alpha exc", "glif_lif_r_asc_psc exc").replace("iaf_psc_alpha inh.json", "glif_lif_asc_psc exc.json"))
    (network / "network" / "edge_types.csv").write_text(EDGE_TYPES.replace("static_synapse NULL", "static_synapse two.json").replace("empty.json", "two.json"))
    text = text_of(snnsim, network)
    for line in ("level: glif4", "level: glif3", "e_l: -70 mV", "th_spike_add: 1 mV", "tau_syn_4: 5.8 ms", "receptor: syn_2"):
        assert f"    {line}\n" in text, line
    assert "  cortex_glif4:\n" in text and "  cortex_glif3:\n" in text
    values = {key: float(value) for key, value in re.findall(r"    (\w+): (\S+) (?:mV|ms|pF|nS|pA|Hz)\n", text.split("cortex_glif3:")[0])}
    for key, value in {"c_m": 130, "g_l": 6, "v_th": -42.5, "t_ref": 3.15, "asc_amp_1": -20, "asc_decay_2": 10, "th_spike_decay": 100, "voltage_reset_add": 10}.items():
        assert abs(values[key] - value) < 1e-9, key


def test_a_full_disk_is_that_of_the_output(snnsim, network):
    done = subprocess.run(["bash", "-c", 'ulimit -f 20; "$@"', "-", os.environ["SNNSIM_BINARY"], "import", network / "config.json",
                           "-o", network / "full.yaml"], capture_output=True, text=True)
    assert done.returncode == 1 and "full.h5" in done.stderr and "edges.h5" not in done.stderr, done.stderr
    assert not list(network.glob("full*")) and not list(network.glob("*.tmp"))


def test_what_is_there_is_kept(snnsim, network):
    text_of(snnsim, network)
    (network / "other.h5").write_bytes(b"mine")
    for name, said in (("m", "exists already; --force overwrites it"), ("other", "is no file of arrays that snnsim import has made")):
        done = subprocess.run([os.environ["SNNSIM_BINARY"], "import", network / "config.json", "-o", network / f"{name}.yaml"], capture_output=True, text=True)
        assert done.returncode != 0 and said in done.stderr
    assert (network / "other.h5").read_bytes() == b"mine"


def wrong(snnsim, folder):
    before = sorted(p.name for p in folder.iterdir())
    done = subprocess.run([os.environ["SNNSIM_BINARY"], "import", folder / "config.json", "-o", folder / "m.yaml"], capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert sorted(p.name for p in folder.iterdir()) == before  # nothing is left of what was begun
    return done.stderr


def replace(name, old, new):
    def change(folder):
        path = folder / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    return change


def with_h5(name, change):
    def apply(folder):
        with h5py.File(folder / name, "a") as f:
            change(f)
    return apply


def setting(path, value):
    def change(content):
        at = content
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value
    return lambda folder: change_config(folder, change)


def put(f, path, values):
    attributes = dict(f[path].attrs) if path in f else {}
    if path in f:
        del f[path]
    f[path] = values
    f[path].attrs.update(attributes)


EDGE_FILE, EDGE = "network/cortex_edges.h5", "edges/cortex_to_cortex"
WRONG = [
    (lambda f: (f / "config.json").write_text('{\n "run": {,}\n}'), "config.json:2:10: this is no JSON"),
    (lambda f: (f / "config.json").write_text("[" * 100 + "]" * 100), "nested deeper than 64 levels"),
    (setting(["manifest", "$A"], "$B/$NET"), "config.json: manifest: these name each other, or a variable that is not there: $A"),
    (setting(["manifest", "$BASE"], "$NET"), "manifest: these name each other, or a variable that is not there: $BASE, $MODELS, $NET"),
    (setting(["network"], "config.json"), "configurations name each other in a circle"),
    (setting(["components", "point_neuron_models_dir"], "$MODEL"), "components.point_neuron_models_dir: '$MODEL': the manifest does not say what '$MODEL' is"),
    (setting(["networks"], None), "networks: the section is missing"),
    (setting(["run", "dt"], None), "run.dt is missing; say --dt '0.1 ms'"),
    (setting(["run", "tstop"], "long"), "run.tstop: it must be a number; found 'long'"),
    (setting(["networks", "nodes", 0, "nodes_file"], "none.h5"), "none.h5: there is no such file"),
    (setting(["networks", "gap_juncs"], [{}]), "networks.gap_juncs: gap junctions are not taken over"),
    (setting(["inputs", "in", "module"], "function"), "inputs.in.module: spikes of 'function' are not taken over"),
    (setting(["inputs", "in", "node_set"], "driv"), "inputs.in.node_set: there is no node set 'driv'; did you mean 'drive'?"),
    (setting(["inputs", "in", "module"], 7), "inputs.in.module: it must be a text; found '7'"),
    (setting(["inputs", "x"], {"input_type": "lfp", "module": "ecephys_probe"}), "inputs.x: the module 'ecephys_probe'"),
    (setting(["inputs", "x"], {"input_type": "current_clamp", "module": "IClamp", "node_set": "drive", "amp": 1, "delay": 1, "duration": 1}), "inputs.x: its node_set has no cells"),
    (replace("network/node_types.csv", "nest:iaf_psc_alpha inh", "nest:aeif_cond_alpha inh"), "node_types.csv:3: node_type_id 101: model_template nest:aeif_cond_alpha"),
    (replace("network/node_types.csv", "101 inh point_neuron", "101 inh biophysical"), "node_type_id 101: model_type biophysical"),
    (replace("network/node_types.csv", "101 inh", "102 inh"), "node_types.csv:4: node_type_id 102 is there twice"),
    (replace("network/node_types.csv", '"exc L4"', "exc L4"), "node_types.csv:2: 6 values, but the header names 5 columns; a text with blanks stands in double quotes"),
    (lambda f: change_config(f, lambda c: (c.update(node_sets={"a": ["b"], "b": ["a", "a"]}), c["inputs"]["in"].update(node_set="a"))), "node sets name each other in a circle"),
    (replace("network/node_types.csv", "node_type_id pop_name", "node_type_id model_type"), "node_types.csv:1: the column 'model_type' is there twice"),
    (with_h5(EDGE_FILE, lambda f: put(f, f"{EDGE}/0/syn_weight", np.full(EDGES, np.nan))), "edge 0 (from 0), edge_type_id 1: its weight is nan"),
    (lambda f: (with_h5(EDGE_FILE, lambda h: h.pop(f"{EDGE}/0/syn_weight"))(f), replace("network/edge_types.csv", "NULL 80.0", "NULL NULL")(f)),
     "edges of edge_type_id 1 have no syn_weight, here or in the table of types"),
    (with_h5(EDGE_FILE, lambda f: put(f, f"{EDGE}/edge_group_id", np.full(EDGES, 7))), "'edges/cortex_to_cortex': there is no group 7, which edge_group_id names"),
    (replace("network/node_types.csv", '"exc L4"', '"exc L4'), 'node_types.csv:2: a quote (") is not closed'),
    (replace("models/exc.json", "tau_m", "tau_n"), "exc.json: 'tau_n' is not known of iaf_psc_alpha; did you mean 'tau_m'?"),
    (replace("models/exc.json", "200.0", '"much"'), "exc.json: C_m: it must be a number; found 'much'"),
    (replace("models/exc.json", "200.0", "-3"), "exc.json: c_m must be greater than 0 pF"),
    (with_h5("network/cortex_nodes.h5", lambda f: put(f, "nodes/cortex/0/dynamics_params/C_m", np.full(CELLS, -3.0))), "c_m"),
    (replace("models/inh.json", "tau_syn_in", "V_min"), "inh.json: 'V_min' is 4, which the cell here does not do"),
    (replace("network/edge_types.csv", "1 static", "9 static"), "edge_types.csv: there is no edge_type_id 1, which 'edges/cortex_to_cortex' has"),
    (replace("network/edge_types.csv", "1 static_synapse", "1 stdp_synapse"), "edge_types.csv:2: edge_type_id 1: model_template 'stdp_synapse' is not taken over"),
    (replace("models/empty.json", "{}", '{"receptor_type": 3}'), "edge_type_id 2: receptor_type 3, but iaf_psc_alpha has none"),
    (replace("models/empty.json", "{}", '{"tau": 3}'), "empty.json: tau: a static_synapse has no such parameter"),
    (with_h5(EDGE_FILE, lambda f: put(f, f"{EDGE}/source_node_id", np.full(EDGES, 12))), "'edges/cortex_to_cortex/source_node_id'[0]: 'cortex' has no node 12"),
    (with_h5(EDGE_FILE, lambda f: put(f, f"{EDGE}/source_node_id", np.full(EDGES, -1))), "'edges/cortex_to_cortex/source_node_id'[0] is -1"),
    (with_h5(EDGE_FILE, lambda f: put(f, f"{EDGE}/target_node_id", np.zeros(3, int))), "target_node_id' has 3 values, and source_node_id 60"),
    (with_h5(EDGE_FILE, lambda f: f[f"{EDGE}/source_node_id"].attrs.pop("node_population")), "the attribute node_population is missing"),
    (with_h5(EDGE_FILE, lambda f: (put(f, f"{EDGE}/target_node_id", np.zeros(EDGES, int)), f[f"{EDGE}/target_node_id"].attrs.__setitem__("node_population", "drive"))), "has an edge to a virtual node of 'drive'"),
    (with_h5(EDGE_FILE, lambda f: put(f, f"{EDGE}/0/delay", np.full(EDGES, 0.04))), "edge 0 (from 0), edge_type_id 1: its delay is 0.04 ms; it must be between dt (0.1 ms)"),
    (with_h5(EDGE_FILE, lambda f: put(f, f"{EDGE}/0/syn_weight", np.full(EDGES, np.inf))), "its weight is inf"),
    (with_h5(EDGE_FILE, lambda f: put(f, f"{EDGE}/0/syn_weight", np.zeros(3))), "'edges/cortex_to_cortex/0/syn_weight' has 3 values, and edge_group_index is 59"),
    (with_h5(EDGE_FILE, lambda f: put(f, f"{EDGE}/0/syn_weight", np.zeros(EDGES, "S3"))), "'edges/cortex_to_cortex/0/syn_weight' must hold numbers"),
    (with_h5("network/cortex_nodes.h5", lambda f: put(f, "nodes/cortex/node_id", np.zeros(CELLS, int))), "'nodes/cortex/node_id': 0 is there twice"),
    (with_h5("network/cortex_nodes.h5", lambda f: put(f, "nodes/cortex/node_id", np.arange(CELLS) * 10**8)), "node_id 1100000000 is too large for 12 nodes"),
    (with_h5("network/cortex_nodes.h5", lambda f: put(f, "nodes/cortex/0/dynamics_params/tau", np.ones(CELLS))), "'nodes/cortex/0/dynamics_params/tau': iaf_psc_alpha has no such parameter"),
    (with_h5("network/cortex_nodes.h5", lambda f: f.move("nodes/cortex", "nodes/drive")), "there is another population 'drive'"),
    (with_h5("spikes.h5", lambda f: put(f, "spikes/drive/timestamps", np.zeros(60))), "spikes.h5: spike 0 (from 0): the time 0 ms; the first step begins at 0"),
    (with_h5("spikes.h5", lambda f: f["spikes/drive/timestamps"].attrs.__setitem__("units", "min")), "times in 'min'; ms and s are known"),
    (with_h5("spikes.h5", lambda f: put(f, "spikes/drive/node_ids", np.zeros(3, int))), "differ in length"),
    (lambda f: os.truncate(f / EDGE_FILE, 3000), "cortex_edges.h5"),
    (with_h5(EDGE_FILE, lambda f: (f.pop(f"{EDGE}/edge_type_id"), f.create_dataset(f"{EDGE}/edge_type_id", (10**12,), "i8", chunks=(1024,)))), "claims"),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_what_is_wrong_is_told(snnsim, network, number):
    change, said = WRONG[number]
    change(network)
    assert said in wrong(snnsim, network)


def test_all_cells_that_nobody_has_are_told_at_once(snnsim, network):
    (network / "network" / "node_types.csv").write_text(NODE_TYPES.replace("iaf_psc_alpha exc", "iaf_cond_alpha exc").replace("iaf_psc_alpha inh", "ht_neuron inh"))
    said = wrong(snnsim, network)
    assert "node_type_id 100: model_template nest:iaf_cond_alpha" in said and "node_type_id 101: model_template nest:ht_neuron" in said
    assert "Those of NEST that there are: iaf_psc_exp, " in said


def test_times_of_the_command_line(snnsim, network):
    change_config(network, lambda c: c.pop("run"))
    text = text_of(snnsim, network, "--dt", "0.05 ms", "--duration", "20 ms")
    assert "dt: 0.05 ms\nsimulate: {duration: 20 ms}" in text and "t_ref: {file: 'm.h5', dataset: 'cells/cortex/t_ref'}" in text
    with h5py.File(network / "m.h5") as f:
        assert np.allclose(f["cells/cortex/t_ref"], [2.05] * 8 + [2.0] * 4)
    (network / "models" / "exc.json").write_text('{"t_ref": 2.02}')  # NEST rounds up
    text_of(snnsim, network, "--dt", "0.1 ms", "--duration", "20 ms")
    with h5py.File(network / "m.h5") as f:
        assert np.allclose(f["cells/cortex/t_ref"], [2.1] * 8 + [2.0] * 4)
