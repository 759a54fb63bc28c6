#include "src/sonata/edge_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "snnsim/error.hpp"
#include "src/sonata/json_file.hpp"
#include "src/text/excerpt.hpp"

namespace snnsim::sonata {

EdgeType read_type(const TypesTable::Row& row, const Config& config) {
    EdgeType out;
    out.id = row.id;
    const std::string* const model = row.find("model_template");
    if (model && *model != "static_synapse" && *model != "nest:static_synapse")
        throw FileError(
            fmt::format("{}: edge_type_id {}: model_template '{}' is not taken over; "
                        "only static_synapse is",
                        row.place, row.id, excerpt(*model, 60)));
    const std::string* const function = row.find("weight_function");
    static const std::array known{"default_weight_fnc", "set_syn_weight", "wmax"};
    if (function && std::find(known.begin(), known.end(), *function) == known.end())
        throw FileError(
            fmt::format("{}: edge_type_id {}: weight_function '{}' is a function of "
                        "Python, which is not known here; write the weights that it "
                        "gives into syn_weight",
                        row.place, row.id, excerpt(*function, 60)));
    if (const std::string* const file = row.find("dynamics_params")) {
        const std::string path = config.component("synaptic_models_dir", *file);
        const std::unique_ptr<Json> json = read_json(path);
        const Item root(*json, path, "");
        for (const auto& [key, item] : root.members()) {
            if (item.value().is_null()) continue;
            if (key == "delay") {
                out.delay = item.number();
            } else if (key == "weight") {
                out.weight = item.number();
            } else if (key == "receptor_type") {
                const double port = item.number();
                if (!(port >= 0.0 && port <= 1000.0) || port != std::floor(port))
                    item.fail(fmt::format("{} is no number of a receptor", port));
                out.port = static_cast<int>(port);
            } else if (key != "level_of_detail" && key != "synapse_model" && key != "model") {
                item.fail(
                    "a static_synapse has no such parameter (known: weight, delay, receptor_type)");
            }
        }
    }
    out.weight = row.number("syn_weight", out.weight);
    out.delay = row.number("delay", out.delay);
    out.synapses = row.number("nsyns", 1.0);
    return out;
}

}  // namespace snnsim::sonata
