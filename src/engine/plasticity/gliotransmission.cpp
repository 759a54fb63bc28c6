#include "src/engine/plasticity/gliotransmission.hpp"

#include <numeric>

#include "snnsim/cell_values.hpp"
#include "snnsim/error.hpp"
#include "src/space/pair_space.hpp"

namespace snnsim {

Astrocytes astrocytes_of(const SimulationSpec& spec, std::size_t projection) {
    const SynapsesSpec& s = spec.projections[projection];
    const GliotransmissionSpec& g = s.gliotransmission.value();
    Astrocytes out;
    out.population = spec.population_index(g.from);
    out.state = state_number(spec.populations[out.population], g.state).value();
    const std::size_t end = spec.population_index(g.at == SynapseEnd::source ? s.from : s.to);
    const CellPopulationSpec &cells = spec.populations[end],
                             &glia = spec.populations[out.population];
    out.of.resize(static_cast<std::size_t>(cells.size));
    if (!cells.space || !glia.space) {
        SNN_EXPECT(cells.size == glia.size);
        std::iota(out.of.begin(), out.of.end(), 0u);
        return out;
    }
    ConnectSpec nearest;
    nearest.mask = MaskSpec{.shape = MaskShape::nearest};
    const PairSpace space(spec, nearest, end, out.population, false);
    for (std::uint32_t cell = 0; cell < out.of.size(); ++cell)
        space.for_each_target(cell, [&](std::uint32_t found, double) { out.of[cell] = found; });
    return out;
}

}  // namespace snnsim
