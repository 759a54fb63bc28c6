// Draws the rows of procedural projections whose spikes are due, and adds them to their targets'
// accumulators.
#pragma once

#include <cstdint>

#include "kernels/network/deliver.hpp"
#include "kernels/network/panel.hpp"
#include "kernels/synapses/draw_row.hpp"

namespace snnsim {

/// A procedural projection as a device has it.
struct DrawnOnDevice {
    DrawnRows rows;
    const std::int32_t* weights =
        nullptr;              // 2^16, by the low half of a synapse's attributes; null:
    std::int32_t weight = 0;  // this one
    const std::uint16_t* delays = nullptr;     // steps, by the high half; null: one
    std::uint32_t first_panel = 0;             // of the targets
    std::uint32_t positive = 0, negative = 0;  // receptors, by the sign of a weight
};

struct DrawnArrays {
    const DrawnOnDevice* projections;
    const std::uint32_t* projection;  // by the list of due spikes
    TargetSums sums;
    std::uint64_t* tables;     // of FirstDraws: one for each team
    std::uint32_t table_bits;  // their size
    std::int64_t* events;      // see SynapseArrays
};

/// Body over what is due, for teams. A row is drawn for each of its delays, and those synapses that
/// have it are delivered: nothing need be kept between steps.
struct DeliverDrawn {
    DueInStep in;
    DrawnArrays at;

    /// The threads of a team count together.
    static constexpr bool together = true;

    SNN_HD std::uint32_t count() const { return in.count(); }
    template <class Team>
    SNN_HD void operator()(std::uint32_t n, const Team& team) const {
        const std::uint32_t list = team.same([&] { return in.list_of(n); });
        const std::uint32_t s = in.spike(n, list);
        const StepWindow& window = *in.window;
        const float value = window.values ? window.values[s] : 1.0f;
        const DueSpikes& due = in.due.lists[list];
        const DrawnOnDevice& p = at.projections[at.projection[list]];
        const FirstDraws found{
            at.tables + (static_cast<std::uint64_t>(team.number) << at.table_bits), at.table_bits};
        std::int64_t reached = 0;
        p.rows.draw(window.spikes[s] - due.first_row, found, team,
                    [&](std::uint32_t target, std::uint32_t attributes) {
                        if (p.delays && p.delays[attributes >> 16] != due.delay) return;
                        const std::int32_t weight =
                            p.weights ? p.weights[attributes & 0xFFFFu] : p.weight;
                        std::int32_t* const sum =
                            at.sums.of(p.first_panel, target, weight < 0 ? p.negative : p.positive);
                        if (!sum) return;
                        add_shared(sum, graded_weight(weight, value));
                        ++reached;
                    });
        if (at.events && reached > 0) add_shared(at.events, reached);
    }
};

}  // namespace snnsim
