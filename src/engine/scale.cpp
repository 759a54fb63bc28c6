#include "src/engine/scale.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/plasticity/synapse.hpp"
#include "kernels/steps.hpp"
#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "src/engine/cells/gap_junctions.hpp"
#include "src/engine/quantile.hpp"
#include "src/engine/synapses/connect.hpp"
#include "src/engine/synapses/weight_plan.hpp"
#include "src/space/pair_space.hpp"

namespace snnsim {
namespace {

double size_of(const SimulationSpec& spec, const std::string& name) {
    return static_cast<double>(spec.population(name).size);
}

/// Synapses per target of the full network.
double in_degree(const SimulationSpec& full, const SynapsesSpec& p) {
    const double sources = size_of(full, p.from), targets = size_of(full, p.to);
    const Rule rule = p.connect.rule;
    if (p.connect.by_distance() && rule != Rule::fixed_in_degree &&
        rule != Rule::fixed_out_degree) {
        const std::size_t from = full.population_index(p.from), to = full.population_index(p.to);
        const bool skips = from == to ? !p.connect.autapses : !p.connect.own;
        return PairSpace(full, p.connect, from, to, skips).mean_degree() * sources / targets;
    }
    switch (p.connect.rule) {
        case Rule::all_to_all:
            return p.connect.own ? sources : sources - 1.0;
        case Rule::one_to_one:
            return 1.0;
        case Rule::blocks:
            return std::max(1.0, sources / targets);
        case Rule::fixed_probability:
        case Rule::pairwise_poisson:
            return p.connect.p * sources;
        case Rule::symmetric_pairwise_bernoulli:
            return p.connect.p * (sources - 1.0);
        case Rule::fixed_in_degree:
            return static_cast<double>(p.connect.n);
        case Rule::fixed_out_degree:
            return static_cast<double>(p.connect.n) * sources / targets;
        case Rule::fixed_total_number:
            return p.connect.n > 0 ? static_cast<double>(p.connect.n) / targets
                                   : std::log1p(-p.connect.p) /
                                         std::log1p(-1.0 / (sources * targets)) / targets;
        case Rule::conv:
        case Rule::pool:
        case Rule::list:
        default:
            return p.edges ? static_cast<double>(p.edges->source.size()) / targets : 0.0;
    }
    return 0.0;
}

/// The current that spikes of weight 1 bring at 1 per ms.
double current_of_rate(const CellPopulationSpec& target, double weight) {
    return CellModels::visit(target.cell, [&]<class M>(const typename M::Params& p) -> double {
        if constexpr (requires { M::current_of_rate(p, weight); }) {
            return M::current_of_rate(p, weight);
        } else {
            throw ModelError(
                std::string("scale.in_degrees below 1 needs a model with currents; '") +
                target.name + "' is a " + M::name +
                ". Write a smaller network out, or scale neurons only");
        }
    });
}

Distribution times(Distribution d, double factor) {
    d.mean *= factor;
    if (d.shape != Shape::lognormal) d.std *= factor;
    d.low *= factor;
    d.high *= factor;
    return d;
}

void scale_rule(ConnectSpec& c, double in_degree, double targets, const ScaleSpec& scale) {
    switch (c.rule) {
        case Rule::all_to_all:
        case Rule::one_to_one:
        case Rule::blocks:
        case Rule::list:
        case Rule::conv:
        case Rule::pool:
            break;
        case Rule::pairwise_poisson:
            c.p *= scale.in_degrees / scale.neurons;
            break;
        case Rule::symmetric_pairwise_bernoulli:
        case Rule::fixed_probability:
            c.p = std::min(1.0, c.p * scale.in_degrees / scale.neurons);
            break;
        case Rule::fixed_in_degree:
        case Rule::fixed_out_degree:
            c.n = std::llround(static_cast<double>(c.n) * scale.in_degrees);
            break;
        case Rule::fixed_total_number:
            c.n = std::llround(in_degree * scale.in_degrees * targets);
            c.p = 0.0;
            break;
    }
}

}  // namespace

SimulationSpec apply_scale(const SimulationSpec& full) {
    SimulationSpec spec = full;
    const ScaleSpec scale = full.scale;
    spec.scale = {};
    if (scale.neurons == 1.0 && scale.in_degrees == 1.0) return spec;
    for (CellPopulationSpec& p : spec.populations)
        p.size =
            std::max<std::int64_t>(1, std::llround(static_cast<double>(p.size) * scale.neurons));
    const double up = 1.0 / std::sqrt(scale.in_degrees);
    const double lost = 1.0 - std::sqrt(scale.in_degrees);
    std::vector<double> current(full.populations.size(), 0.0);
    const auto make_up = [&](const std::string& to, double weight, double rate_per_ms) {
        if (lost == 0.0) return;
        const CellPopulationSpec& target = full.population(to);
        current[static_cast<std::size_t>(&target - full.populations.data())] +=
            lost * weight * rate_per_ms * current_of_rate(target, weight);
    };
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        SynapsesSpec& p = spec.projections[k];
        const double degree = in_degree(full, full.projections[k]);
        make_up(p.to, expected_value(p.weight), degree * full.population(p.from).rate * 1e-3);
        p.weight = times(p.weight, up);
        if (p.plasticity) {
            p.plasticity->w_max = times(p.plasticity->w_max, up);
            p.plasticity->w_min = times(p.plasticity->w_min, up);
            if (p.plasticity->structure) {
                p.plasticity->structure->below = times(p.plasticity->structure->below, up);
                p.plasticity->structure->weight = times(p.plasticity->structure->weight, up);
            }
            if (p.plasticity->normalise)
                p.plasticity->normalise->sum =
                    times(p.plasticity->normalise->sum, up * scale.in_degrees);
        }
        scale_rule(p.connect, degree, size_of(spec, p.to), scale);
    }
    for (StimulusSpec& s : spec.stimuli) {
        auto* poisson = std::get_if<PoissonStimulus::Params>(&s.kind);
        if (!poisson) continue;
        make_up(s.to, poisson->weight.mean, poisson->rate * 1e-3);
        poisson->rate *= scale.in_degrees;
        poisson->weight = times(poisson->weight, up);
    }
    for (std::size_t k = 0; k < current.size(); ++k) {
        if (current[k] == 0.0) continue;
        StimulusSpec dc;
        dc.to = spec.populations[k].name;
        DcStimulus::Params params;
        params.amplitude.mean = current[k];
        params.amplitude.unit = "pA";
        dc.kind = params;
        spec.stimuli.push_back(dc);
    }
    return spec;
}

std::vector<double> expected_synapses(const SimulationSpec& spec) {
    std::vector<double> counts;
    for (const SynapsesSpec& p : spec.projections)
        counts.push_back(in_degree(spec, p) * size_of(spec, p.to));
    return counts;
}

namespace {

/// What a plasticity rule that goes by voltages keeps of each target: those of the last steps, and
/// the steps that count.
std::size_t bytes_of_voltages(const SimulationSpec& spec, const SynapsesSpec& p) {
    if (!p.plasticity) return 0;
    return PlasticityRules::visit(
        p.plasticity->rule, [&]<class R>(const typename R::Params& params) -> std::size_t {
            if constexpr (ReadsVoltages<R>) {
                RuleConstants<R> c;
                c.rule = R::prepare(params);
                R::set_step(params, spec.dt, c.rule);
                const double longest = p.delay.constant() ? p.delay.mean : p.delay.high;
                const std::int64_t lag = p.plasticity->dendritic && std::isfinite(longest)
                                             ? 2 * step_of(longest, spec.dt)
                                             : 0;
                return 2 * sizeof(float) * late_length(c, lag) + 256 * sizeof(PostSpike<R>);
            }
            return 0;
        });
}

}  // namespace

std::vector<MemoryPart> memory_of_cells(const SimulationSpec& spec) {
    constexpr double per_cell = 1000.0;  // state, spike lists, edges of the row's segments
    std::vector<MemoryPart> parts;
    for (const CellPopulationSpec& p : spec.populations) {
        parts.push_back({"cells of " + p.name,
                         static_cast<std::size_t>(per_cell * static_cast<double>(p.size))});
        if (p.played)
            parts.push_back({"spikes of " + p.name, p.played->keys.size() * sizeof(std::uint64_t)});
    }
    for (const SynapsesSpec& p : spec.projections) {
        if (const std::size_t each = bytes_of_voltages(spec, p))
            parts.push_back({"voltages of " + p.name(),
                             each * static_cast<std::size_t>(spec.population(p.to).size)});
    }
    return parts;
}

std::vector<MemoryPart> memory_of_junctions(const SimulationSpec& spec) {
    std::vector<MemoryPart> parts;
    const std::vector<double> counts = expected_junctions(spec);
    for (std::size_t k = 0; k < counts.size(); ++k)
        parts.push_back({"gap junctions of " + spec.gap_junctions[k].name(),
                         static_cast<std::size_t>(bytes_per_junction * counts[k])});
    return parts;
}

std::vector<MemoryPart> estimate_memory(const SimulationSpec& spec) {
    std::vector<MemoryPart> parts = memory_of_cells(spec);
    const std::vector<double> counts = expected_synapses(spec);
    const WeightPlan plan = plan_weights(spec);
    for (std::size_t k = 0; k < counts.size(); ++k)
        parts.push_back(
            {"synapses of " + spec.projections[k].name(),
             static_cast<std::size_t>(bytes_per_synapse(spec, plan, spec.projections[k],
                                                        storage_of(spec.projections[k])) *
                                      counts[k])});
    for (MemoryPart& part : memory_of_junctions(spec)) parts.push_back(std::move(part));
    return parts;
}

}  // namespace snnsim
