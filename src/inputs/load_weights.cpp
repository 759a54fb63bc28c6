#include "src/inputs/load_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "src/engine/quantile.hpp"
#include "src/engine/synapses/connect.hpp"
#include "src/engine/synapses/least_weights.hpp"
#include "src/engine/synapses/weight_plan.hpp"
#include "src/inputs/weight_shape.hpp"
#include "src/io/digest.hpp"
#include "src/io/read_weights.hpp"
#include "src/model/cell_facts.hpp"
#include "src/model/units.hpp"

namespace snnsim {
namespace {

EdgeList edges_of(const FileWeights& from, const WeightShape& shape) {
    EdgeList out;
    out.trained = true;
    if (from.is_list) {
        out.source = from.source;
        out.target = from.target;
        out.weight.assign(from.weight.begin(), from.weight.end());
        out.delay = from.delay;
        return out;
    }
    out.all_pairs = from.mask.empty();
    for (std::size_t pair = 0; pair < from.dense.size(); ++pair) {
        if (!out.all_pairs && from.mask[pair] == 0) continue;
        out.source.push_back(static_cast<std::uint32_t>(pair / shape.targets));
        out.target.push_back(static_cast<std::uint32_t>(pair % shape.targets));
        out.weight.push_back(static_cast<double>(from.dense[pair]));
        if (!from.delay.empty()) out.delay.push_back(from.delay[pair]);
    }
    return out;
}

void check_signs(const EdgeList& edges) {
    const auto [low, high] = std::minmax_element(edges.weight.begin(), edges.weight.end());
    if (edges.weight.empty() || *low >= 0.0 || *high <= 0.0) return;
    throw FileError(
        fmt::format("{}: with dale: true all weights have one sign; these go from {:g} "
                    "to {:g}",
                    edges.path, *low, *high));
}

/// From the unit that the file says to that of the target's input.
void convert(FileWeights& weights, const SimulationSpec& spec, const SynapsesSpec& p) {
    if (weights.unit.empty() || weights.unit == "1") return;
    const CellPopulationSpec& to = spec.population(p.to);
    const std::string unit = input_unit_of(to, p.receptor);
    double factor = 1.0;
    const std::string wrong = read_quantity("1 " + weights.unit, unit, "weight", factor);
    if (!wrong.empty())
        throw FileError(fmt::format("{}: its weights have the unit {}, but '{}' ({}) takes {}{}",
                                    p.weight_file->file, weights.unit, p.to, to.model_name(),
                                    kind_name(unit),
                                    unit.empty() ? "" : fmt::format(" ({})", unit)));
    if (factor == 1.0) return;
    for (std::vector<float>* values : {&weights.dense, &weights.weight}) {
        for (float& w : *values) w = static_cast<float>(w * factor);
    }
}

/// A delay for each synapse, drawn as that of the same pair would be if all were connected.
std::vector<double> drawn_delays(const SimulationSpec& spec, std::size_t number,
                                 const EdgeList& edges) {
    const SynapsesSpec& p = spec.projections[number];
    const std::vector<double> table = quantile_table(p.delay, drawn_table_size);
    const Connection c =
        connection_of(spec, number, spec.population_index(p.from), spec.population_index(p.to));
    std::vector<std::vector<std::size_t>> of_source(c.sources);
    for (std::size_t k = 0; k < edges.source.size(); ++k) of_source[edges.source[k]].push_back(k);
    std::vector<double> delays(edges.source.size());
    std::vector<std::uint32_t> attributes(c.targets);
    Taken taken;
    for (std::uint32_t j = 0; j < c.sources; ++j) {
        if (of_source[j].empty()) continue;
        draw_row(c, j, c.targets, taken,
                 [&](std::uint32_t target, std::uint32_t word) { attributes[target] = word; });
        for (const std::size_t k : of_source[j]) {
            const double drawn = table[attributes[edges.target[k]] >> 16];
            delays[k] = std::clamp(drawn, spec.dt, most_delay_steps * spec.dt);
        }
    }
    return delays;
}

/// What a training learned is added to `delay`: there a spike acts in its own step at the soonest,
/// here in the next.
void add_to(std::vector<double>& delays, const std::vector<double>& learned) {
    for (std::size_t k = 0; k < delays.size(); ++k) delays[k] += learned[k];
}

void load(const SimulationSpec& spec, std::size_t number, SynapsesSpec& p) {
    const std::string path = beside_model(spec.path, p.weight_file->file).string();
    const WeightShape shape = shape_of(spec, p);
    FileWeights weights = read_weights(path, p.weight_file->dataset, shape);
    convert(weights, spec, p);
    EdgeList edges = edges_of(weights, shape);
    const bool learned = !weights.is_list && !edges.delay.empty();
    if (!p.delay.constant() && (learned || edges.delay.empty())) {
        std::vector<double> drawn = drawn_delays(spec, number, edges);
        if (learned) add_to(drawn, edges.delay);
        edges.delay = std::move(drawn);
    } else if (learned) {
        for (double& d : edges.delay) d += p.delay.mean;
    }
    edges.path = p.weight_file->file;
    edges.sha256 = file_sha256(path);
    if (p.dale) check_signs(edges);
    p.connect = {};
    p.connect.rule = Rule::list;
    p.edges = std::make_shared<const EdgeList>(std::move(edges));
}

/// A bias as a current that each target gets.
StimulusSpec current_of(const SimulationSpec& spec, const SynapsesSpec& p, const WeightGrid& grid,
                        const std::vector<float>& bias) {
    const std::vector<double>& scale = grid.scale[spec.population_index(p.to)];
    ListedValues listed;
    for (const float b : bias)
        listed.values.push_back(std::floor(static_cast<double>(b) * scale[0] + 0.5) / scale[0]);
    DcStimulus::Params dc;
    dc.amplitude.shape = Shape::values;
    dc.amplitude.listed = std::make_shared<const ListedValues>(std::move(listed));
    StimulusSpec out;
    out.kind = dc;
    out.to = p.to;
    out.at = p.at;
    return out;
}

}  // namespace

void bound_values(SimulationSpec& spec, const std::vector<std::vector<float>>& bias) {
    for (std::size_t pass = 0; pass < spec.populations.size(); ++pass) {
        for (CellPopulationSpec& p : spec.populations) {
            auto* const vsn = std::get_if<Vsn::Params>(&p.cell);
            if (!vsn || p.depth < 0) continue;
            std::vector<double> most(static_cast<std::size_t>(p.size), 0.0);
            for (std::size_t k = 0; k < spec.projections.size(); ++k) {
                const SynapsesSpec& s = spec.projections[k];
                if (s.to != p.name || !s.edges) continue;
                const double value = largest_value(spec.population(s.from));
                for (std::size_t e = 0; e < s.edges->target.size(); ++e)
                    most[s.edges->target[e]] += std::abs(s.edges->weight[e]) * value;
                for (std::size_t n = 0; n < bias[k].size(); ++n)
                    most[n] += std::abs(static_cast<double>(bias[k][n]));
            }
            const double input = 1.01 * *std::max_element(most.begin(), most.end());
            vsn->y_max = vsn->activation == Activation::tanh ? 1.0 : std::max(input, 1e-3);
        }
    }
}

void load_weights(SimulationSpec& spec) {
    std::string wrong;  // in any of the files
    const auto attempt = [&](const SynapsesSpec& p, const auto& f) {
        try {
            f();
        } catch (const FileError& e) {
            wrong += fmt::format("{}{}:{}:{}: {}: {}", wrong.empty() ? "" : "\n", spec.path,
                                 p.at.line, p.at.column, p.name(), e.what());
        }
    };
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        SynapsesSpec& p = spec.projections[k];
        if (p.weight_file && !p.edges) attempt(p, [&] { load(spec, k, p); });
    }
    std::vector<std::vector<float>> bias(spec.projections.size());
    for (std::size_t k = 0; k < bias.size(); ++k) {
        const SynapsesSpec& p = spec.projections[k];
        if (!p.bias_file) continue;
        attempt(p, [&] {
            bias[k] = read_bias(beside_model(spec.path, p.bias_file->file).string(),
                                p.bias_file->dataset, shape_of(spec, p));
        });
    }
    if (!wrong.empty()) throw DataError(wrong);
    if (spec.trained) bound_values(spec, bias);
    if (std::all_of(bias.begin(), bias.end(), [](const auto& b) { return b.empty(); })) return;
    const WeightGrid grid = plan_weights(spec).grid;
    for (std::size_t k = 0; k < bias.size(); ++k) {
        if (bias[k].empty()) continue;
        spec.stimuli.push_back(current_of(spec, spec.projections[k], grid, bias[k]));
        spec.projections[k].bias_file.reset();
        spec.projections[k].biased = true;
    }
}

}  // namespace snnsim
