// Adds what spikes bring through stencils to their targets' accumulators.
#pragma once

#include <cstdint>

#include "kernels/network/deliver.hpp"
#include "kernels/network/panel.hpp"
#include "kernels/synapses/stencil.hpp"

namespace snnsim {

/// The offsets of one projection and delay, as a device has them. The list of due spikes of the
/// same number in its part belongs to it.
struct StencilOnDevice {
    StencilGrid grid;
    std::uint32_t first_offset = 0, offsets = 0;
    std::uint32_t first_panel = 0;             // of the targets
    std::uint32_t positive = 0, negative = 0;  // receptors, by the sign of a weight
};

struct StencilArrays {
    const StencilOnDevice* stencils;
    const StencilOffset* offsets;
    TargetSums sums;
    std::int64_t* events;  // see SynapseArrays
};

/// Body over what is due, for teams; the threads of a team share the offsets.
struct DeliverStencil {
    DueInStep in;
    StencilArrays at;

    SNN_HD std::uint32_t count() const { return in.count(); }
    template <class Team>
    SNN_HD void operator()(std::uint32_t n, const Team& team) const {
        const std::uint32_t list = team.same([&] { return in.list_of(n); });
        const std::uint32_t s = in.spike(n, list);
        const StepWindow& window = *in.window;
        const float value = window.values ? window.values[s] : 1.0f;
        const StencilOnDevice stencil = at.stencils[list];
        std::uint32_t place[3];
        stencil.grid.place(window.spikes[s] - in.due.lists[list].first_row, place);
        std::int64_t reached = 0;
        for (std::uint32_t k = team.lane; k < stencil.offsets; k += team.lanes) {
            const StencilOffset o = at.offsets[stencil.first_offset + k];
            std::uint32_t target;
            if (!stencil_target(stencil.grid, place, o, target)) continue;
            std::int32_t* const sum = at.sums.of(
                stencil.first_panel, target, o.weight < 0 ? stencil.negative : stencil.positive);
            if (!sum) continue;
            add_shared(sum, graded_weight(o.weight, value));
            ++reached;
        }
        if (at.events && reached > 0) add_shared(at.events, reached);
    }
};

}  // namespace snnsim
