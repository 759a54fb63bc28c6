#include "src/stats/warnings.hpp"

#include <fmt/format.h>

#include <cmath>

#include "src/equations/cell_equations.hpp"

namespace snnsim {

std::vector<std::string> silent_populations(const SimulationSpec& spec,
                                            const std::vector<std::uint64_t>& spikes, double ms,
                                            const std::string& when) {
    std::vector<std::string> out;
    for (std::size_t p = 0; p < spikes.size(); ++p) {
        const auto* source = std::get_if<PoissonSource::Params>(&spec.populations[p].cell);
        const auto* regular = std::get_if<RegularSource::Params>(&spec.populations[p].cell);
        const bool sends = CellModels::visit(spec.populations[p].cell,
                                             []<class M>(const typename M::Params& params) {
                                                 if constexpr (is_equations<M>)
                                                     return !params.equations->never_fires();
                                                 if constexpr (requires { M::fires; })
                                                     return M::fires;
                                                 if constexpr (NeuronModel<M>) {
                                                     return M::output != Output::trace;
                                                 } else {
                                                     return true;
                                                 }
                                             });
        if (!sends || spikes[p] > 0 || (source && source->rate == 0.0) ||
            (regular && regular->rate == 0.0))
            continue;
        const CellPopulationSpec& population = spec.populations[p];
        out.push_back(population.size == 1
                          ? fmt::format("the cell of '{}' did not fire in {} ({:g} ms)",
                                        population.name, when, ms)
                          : fmt::format("none of the {} cells of '{}' fired in {} ({:g} ms)",
                                        population.size, population.name, when, ms));
    }
    return out;
}

void WeightsAtBounds::add(const ProjectionWeights& w) {
    const PlasticitySpec& p = *spec_.projections[w.projection].plasticity;
    const double low = p.w_min.mean, high = p.w_max.mean, rounding = 1e-6 * std::abs(high);
    Count& count = counts_[w.projection];
    for (const float x : w.weight) {
        if (std::abs(static_cast<double>(x) - low) <= rounding) ++count.low;
        if (std::abs(static_cast<double>(x) - high) <= rounding) ++count.high;
    }
    count.all += w.weight.size();
}

std::vector<std::string> WeightsAtBounds::lines() const {
    constexpr double share = 0.99;
    std::vector<std::string> out;
    for (const auto& [k, count] : counts_) {
        const SynapsesSpec& p = spec_.projections[k];
        const double at_bounds = static_cast<double>(count.low + count.high);
        const double all = static_cast<double>(count.all);
        if (count.all == 0 || at_bounds < share * all) continue;
        const std::string& name = p.plasticity->w_max.unit;
        const std::string unit = name.empty() ? "" : " " + name;
        out.push_back(fmt::format(
            "{} of the {} weights of '{}' ({:.1f} %) lie at a bound: {} at w_min ({:g}{}), {} at "
            "w_max ({:g}{})",
            count.low + count.high, count.all, p.name(), 100.0 * at_bounds / all, count.low,
            p.plasticity->w_min.mean, unit, count.high, p.plasticity->w_max.mean, unit));
    }
    return out;
}

}  // namespace snnsim
