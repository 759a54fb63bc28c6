#include "src/engine/cells/set_rates.hpp"

#include <fmt/format.h>

#include "snnsim/error.hpp"

namespace snnsim {

void check_rates(const SimulationSpec& spec, std::size_t population,
                 const std::vector<double>& rates) {
    const CellPopulationSpec& p = spec.populations[population];
    const bool source = CellModels::visit(
        p.cell, []<class M>(const typename M::Params&) { return rate_can_be_set<M>; });
    if (!source || rates.size() != static_cast<std::size_t>(p.size))
        throw UsageError(
            fmt::format("set_rates: '{}' is no poisson_source or regular_source of {} cells",
                        p.name, rates.size()));
    const double most = 1000.0 / spec.dt;
    for (const double rate : rates) {
        if (!(rate >= 0.0 && rate <= most * (1.0 + 1e-9)))
            throw UsageError(
                fmt::format("set_rates: {:g} Hz for a cell of '{}', which can fire at 0 to {:g} Hz "
                            "(1 / dt)",
                            rate, p.name, most));
    }
}

}  // namespace snnsim
