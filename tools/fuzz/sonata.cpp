// A network of SONATA of which one file is as the bytes say: the first of them tells which. All
// others are sound.
#include <array>
#include <filesystem>

#include "src/io/hdf5.hpp"
#include "src/sonata/import_sonata.hpp"
#include "tools/fuzz/fuzz.hpp"
#include "tools/fuzz/hdf5_tree.hpp"

namespace {

namespace fs = std::filesystem;
using snnsim::fuzz::Hdf5Object;
using snnsim::fuzz::Hdf5Template;
using Kind = Hdf5Object::Kind;

Hdf5Object array(const char* path, const char* type, std::vector<double> values) {
    return {Kind::array, path, "", type, {values.size()}, std::move(values), {}, false, false};
}
Hdf5Object text(const char* path, const char* name, const char* value) {
    return {Kind::attribute, path, name, "text", {}, {}, {value}, false, false};
}

/// Nodes e: three cells of two models in another order than their ids; v: two virtual ones.
const Hdf5Template& nodes() {
    static const Hdf5Template file({
        array("/nodes/e/node_id", "u64", {2, 0, 1}),
        array("/nodes/e/node_type_id", "i64", {1, 2, 1}),
        array("/nodes/e/node_group_id", "u8", {0, 0, 1}),
        array("/nodes/e/node_group_index", "u32", {1, 0, 0}),
        array("/nodes/e/0/x", "f32", {1, 2}),
        array("/nodes/e/1/dynamics_params/V_th", "f64", {-51}),
        array("/nodes/v/node_type_id", "i32", {3, 3}),
    });
    return file;
}
const Hdf5Template& edges() {
    static const Hdf5Template file({
        array("/edges/e_e/source_node_id", "u64", {0, 1, 2, 2}),
        text("/edges/e_e/source_node_id", "node_population", "e"),
        array("/edges/e_e/target_node_id", "i32", {1, 2, 0, 2}),
        text("/edges/e_e/target_node_id", "node_population", "e"),
        array("/edges/e_e/edge_type_id", "i64", {10, 10, 11, 10}),
        array("/edges/e_e/edge_group_id", "u8", {0, 1, 0, 0}),
        array("/edges/e_e/edge_group_index", "u32", {2, 0, 1, 0}),
        array("/edges/e_e/0/syn_weight", "f64", {1, 2, 3}),
        array("/edges/e_e/0/nsyns", "u8", {1, 2, 3}),
        array("/edges/e_e/1/delay", "f32", {1.5}),
        array("/edges/e_e/1/dynamics_params/receptor_type", "i32", {0}),
        array("/edges/v_e/source_node_id", "u32", {0, 1}),
        text("/edges/v_e/source_node_id", "node_population", "v"),
        array("/edges/v_e/target_node_id", "u32", {2, 1}),
        text("/edges/v_e/target_node_id", "node_population", "e"),
        array("/edges/v_e/edge_type_id", "u32", {10, 10}),
    });
    return file;
}
const Hdf5Template& spikes() {
    static const Hdf5Template file({
        array("/spikes/v/timestamps", "f64", {1.0, 2.55, 2.51}),
        text("/spikes/v/timestamps", "units", "ms"),
        array("/spikes/v/node_ids", "u64", {0, 1, 1}),
    });
    return file;
}

constexpr std::array<const char*, 10> names{
    "nodes.h5",       "edges.h5",  "spikes.h5", "config.json", "node_types.csv",
    "edge_types.csv", "cell.json", "glif.json", "spikes.csv",  "clamps.csv"};

const std::array<std::string, 10> sound{
    "",
    "",
    "",
    R"({"manifest": {"$BASE": "${configdir}", "$NET": "$BASE"}, "run": {"tstop": 10.0, "dt": 0.1},
"node_sets": {"some": {"population": "e", "node_id": [0, 2]}},
"components": {"point_neuron_models_dir": "$NET", "synaptic_models_dir": "."},
"networks": {"nodes": [{"nodes_file": "$NET/nodes.h5", "node_types_file": "$NET/node_types.csv"}],
"edges": [{"edges_file": "${NET}/edges.h5", "edge_types_file": "$NET/edge_types.csv"}]},
"inputs": {"s": {"input_type": "spikes", "module": "sonata", "input_file": "spikes.h5", "node_set": "v"},
"t": {"input_type": "spikes", "module": "csv", "input_file": "spikes.csv", "node_set": "v"},
"c": {"input_type": "current_clamp", "module": "IClamp", "node_set": "some", "amp": [1.0, 2.0],
"delay": [1.0, 3.0], "duration": [2.0, 2.0]},
"f": {"input_type": "csv", "module": "IClamp", "node_set": {"pop": "a"}, "file": "clamps.csv"}}})",
    "node_type_id pop model_type model_template dynamics_params\n1 a point_neuron "
    "nest:iaf_psc_alpha cell.json\n2 a point_neuron nest:iaf_psc_alpha NULL\n3 NULL virtual NULL "
    "NULL\n",
    "edge_type_id model_template dynamics_params syn_weight delay nsyns\n10 static_synapse NULL "
    "1.5 2.0 NULL\n11 nest:static_synapse NULL -3 NULL 2\n",
    R"({"V_m": -65.0, "C_m": 250})",
    R"({"type": "GLIF", "El": 0.0, "El_reference": -0.07, "th_inf": 0.02, "R_input": 2e8, "C": 1e-10,
"spike_cut_length": 20, "dt": 5e-5, "asc_tau_array": [0.01, 0.1], "asc_amp_array": [-1e-11, 2e-11],
"coeffs": {"th_inf": 1.0, "G": 1.0, "C": 1.0, "asc_amp_array": [1.0, 1.0], "a": 1, "b": 1},
"threshold_dynamics_method": {"params": {"a_spike": 0.001, "b_spike": 100, "a_voltage": 1,
"b_voltage": 2}}, "voltage_reset_method": {"params": {"a": 0.2, "b": 0.01}}})",
    "timestamps population node_ids\n1.0 v 0\n",
    "timestamps amps\n1.0 20\n2.5 -30\n"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    snnsim::h5::print_no_errors();
    static const std::string folder = [] {
        const std::string path = snnsim::fuzz::scratch("_sonata");
        fs::create_directories(path);
        return path;
    }();
    static std::size_t last = 0;
    const auto put = [&](std::size_t k, const std::uint8_t* bytes, std::size_t count,
                         bool changed) {
        const std::string path = folder + "/" + names[k];
        if (k < 3) {
            const std::array all{&nodes(), &edges(), &spikes()};
            all[k]->write_changed(path, bytes, changed ? count : 0);
        } else if (changed) {
            snnsim::fuzz::save(path, bytes, count);
        } else {
            const auto* text = reinterpret_cast<const std::uint8_t*>(sound[k].data());
            snnsim::fuzz::save(path, text, sound[k].size());
        }
    };
    static const bool all_are_there = [&] {
        for (std::size_t k = 0; k < names.size(); ++k) put(k, nullptr, 0, false);
        return true;
    }();
    (void)all_are_there;
    put(last, nullptr, 0, false);
    last = static_cast<std::uint8_t>(data[0] - '0') % names.size();
    put(last, data + 1, size - 1, true);
    if (last == 7) {
        const std::string types =
            "node_type_id pop model_type model_template dynamics_params\n1 a point_neuron "
            "nest:glif_lif_r_asc_a_psc glif.json\n2 a point_neuron nest:iaf_psc_exp NULL\n3 NULL "
            "virtual NULL NULL\n";
        snnsim::fuzz::save(folder + "/node_types.csv",
                           reinterpret_cast<const std::uint8_t*>(types.data()), types.size());
    }
    const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
    snnsim::fuzz::attempt(
        [&] {
            snnsim::sonata::import_sonata(
                {folder + "/config.json", folder + "/out.yaml", {}, {}, true});
        },
        input);
    if (last == 7) put(4, nullptr, 0, false);
    return 0;
}
