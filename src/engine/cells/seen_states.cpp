#include "src/engine/cells/seen_states.hpp"

#include "src/engine/cells/cells_of.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/synapses/weight_plan.hpp"

namespace snnsim {

std::vector<std::vector<float>> seen_states(const SimulationSpec& spec,
                                            std::vector<std::vector<float>> states) {
    const Layout layout(spec, 1);
    const WeightGrid grid = plan_weights(spec).grid;
    for (const CellBlock& block : layout.blocks) {
        std::vector<std::int32_t> no_sums(block.slots);
        for (std::size_t p = 0; p < states.size(); ++p) {
            const Slice& slice = block.slices[p];
            const auto cells = make_cells(spec, p, slice, grid, no_sums.data());
            std::vector<float> origin(slice.count);
            float* of_cells = states[p].data() + slice.first;
            for (std::size_t v = 0; v < cells->raw_state().size(); ++v) {
                cells->read_origin(v, origin.data());
                for (std::uint32_t i = 0; i < slice.count; ++i) of_cells[i] += origin[i];
                of_cells += layout.populations[p].size;
            }
        }
    }
    return states;
}

}  // namespace snnsim
