#include "src/stats/warnings.hpp"

#include <fmt/format.h>

#include <cmath>

namespace snnsim {

std::vector<std::string> silent_populations(const SimulationSpec& spec,
                                            const std::vector<std::uint64_t>& spikes, double ms,
                                            const std::string& when) {
    std::vector<std::string> out;
    for (std::size_t p = 0; p < spikes.size(); ++p) {
        const auto* source = std::get_if<PoissonSource::Params>(&spec.populations[p].cell);
        if (spikes[p] > 0 || (source && source->rate == 0.0)) continue;
        out.push_back(fmt::format("none of the {} cells of '{}' fired in {} ({:g} ms)",
                                  spec.populations[p].size, spec.populations[p].name, when, ms));
    }
    return out;
}

std::vector<std::string> weights_at_bounds(const SimulationSpec& spec,
                                           const std::vector<ProjectionWeights>& weights) {
    constexpr double share = 0.99;
    std::vector<std::string> out;
    for (const ProjectionWeights& w : weights) {
        const SynapsesSpec& p = spec.projections[w.projection];
        const double low = p.plasticity->w_min.mean, high = p.plasticity->w_max.mean;
        const double rounding = 1e-6 * std::abs(high);
        std::size_t at_low = 0, at_high = 0;
        for (const float x : w.weight) {
            if (std::abs(static_cast<double>(x) - low) <= rounding) ++at_low;
            if (std::abs(static_cast<double>(x) - high) <= rounding) ++at_high;
        }
        const std::size_t at_bounds = at_low + at_high, all = w.weight.size();
        if (all == 0 || static_cast<double>(at_bounds) < share * static_cast<double>(all)) continue;
        const std::string unit = p.plasticity->w_max.unit;
        out.push_back(fmt::format(
            "{} of the {} weights of '{}' ({:.1f} %) lie at a bound: {} at w_min ({:g}{}{}), {} at "
            "w_max ({:g}{}{})",
            at_bounds, all, p.name(),
            100.0 * static_cast<double>(at_bounds) / static_cast<double>(all), at_low, low,
            unit.empty() ? "" : " ", unit, at_high, high, unit.empty() ? "" : " ", unit));
    }
    return out;
}

}  // namespace snnsim
