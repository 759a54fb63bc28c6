#include "src/run/fixed_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/engine/synapses/weight_plan.hpp"
#include "src/inputs/fit_input.hpp"
#include "src/inputs/load_weights.hpp"
#include "src/model/problems.hpp"
#include "src/training/smaller_weights.hpp"

namespace snnsim {
namespace {

/// The network as a simulation has it, with such weights.
std::vector<double> grid_of(SimulationSpec simulation, const Network& network) {
    std::vector<std::vector<float>> bias(simulation.projections.size());
    for (std::size_t k = 0; k < simulation.projections.size(); ++k) {
        SynapsesSpec& s = simulation.projections[k];
        const auto p = std::find_if(network.projections.begin(), network.projections.end(),
                                    [&](const Projection& q) { return q.name == s.name(); });
        SNN_EXPECT(p != network.projections.end());
        const auto targets = static_cast<std::size_t>(network.populations[p->to].size);
        EdgeList edges;
        edges.path = p->name;  // for messages: there is no file
        edges.trained = true;
        for (std::size_t pair = 0; !p->synapses && pair < p->weights.size(); ++pair) {
            edges.source.push_back(static_cast<std::uint32_t>(pair / targets));
            edges.target.push_back(static_cast<std::uint32_t>(pair % targets));
        }
        if (p->synapses) {
            edges.source = p->synapses->source();
            edges.target = p->synapses->target;
        }
        edges.weight.assign(p->weights.begin(), p->weights.end());
        s.edges = std::make_shared<const EdgeList>(std::move(edges));
        bias[k] = p->bias;
    }
    bound_values(simulation, bias);
    const WeightGrid grid = plan_weights(simulation).grid;
    std::vector<double> out;
    for (const Population& p : network.populations) {
        const std::vector<double>& scale = grid.scale[simulation.population_index(p.name)];
        out.push_back(scale.empty() ? 1.0 : scale[0]);
    }
    return out;
}

std::vector<double> finest_grid(const ModelSpec& spec, const Dataset& data,
                                const Network& network) {
    const std::string text = "name: fixed\nsimulate: {network: itself}";
    const auto itself = [&](const std::string&, const std::string& run) {
        return RunModel{run, spec.text, spec.path, spec.overrides};
    };
    const AnyModel model = parse_any_model(text, spec.path, {}, itself);
    auto simulation = std::get<SimulationSpec>(model);
    fit_input(simulation, data);
    std::vector<double> grid = grid_of(simulation, network);
    for (;;) {  // weights that were rounded up may need a coarser one
        Network rounded = network;
        for (Projection& p : rounded.projections) {
            for (float& w : p.weights) w = on_grid(w, grid[p.to]);
            for (float& b : p.bias) b = on_grid(b, grid[p.to]);
        }
        std::vector<double> again = grid_of(simulation, rounded);
        for (std::size_t p = 0; p < grid.size(); ++p) again[p] = std::min(again[p], grid[p]);
        if (again == grid) return grid;
        grid = std::move(again);
    }
}

/// The place of a simulation's model, which the user has not written.
std::string without_place(const std::string& message, const std::string& path) {
    const std::size_t end = message.starts_with(path + ":") ? message.find(": ") : message.npos;
    return end == message.npos ? message : message.substr(end + 2);
}

}  // namespace

std::vector<double> fixed_grid(const ModelSpec& spec, const Dataset& data, const Network& network) {
    try {
        return finest_grid(spec, data, network);
    } catch (const ModelError& e) {
        Problems problems(spec.text, spec.path);
        Value root = parse_yaml(spec.text, problems);
        for (const std::string& o : spec.overrides) apply_override(root, o);
        const Value* const test = root.find("test");
        const Value* const arithmetic = test ? test->find("arithmetic") : nullptr;
        problems.add(arithmetic ? *arithmetic : root,
                     fmt::format("fixed is the arithmetic of a simulation, which cannot have these "
                                 "weights: {}; or write float",
                                 without_place(e.what(), spec.path)));
        problems.throw_if_any();
        throw;
    }
}

}  // namespace snnsim
