// Projections between equal grids whose synapses are the same for every source, moved along: only
// offsets are stored.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/synapses/stencil.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/synapses/dense.hpp"
#include "src/engine/synapses/projection_plan.hpp"

namespace snnsim {

struct StencilProjection {
    /// Offsets of one delay.
    struct Group {
        std::uint32_t delay = 1;  // steps
        std::vector<StencilOffset> offsets;
        std::int32_t low[3] = {0, 0, 0}, high[3] = {0, 0, 0};  // of their fields
    };
    std::size_t from = 0, to = 0;
    ReachedReceptors reached;  // of `to`, by the sign of a weight
    StencilGrid grid;
    std::vector<Group> groups;  // by delay

    std::size_t bytes() const {
        std::size_t count = 0;
        for (const Group& g : groups) count += g.offsets.size();
        return count * sizeof(StencilOffset);
    }
};

StencilProjection build_stencil(const ProjectionPlan& plan);

/// Calls f(cell of the slice, weight, value) for all that the spikes bring to the slice.
template <class F>
void for_each_reached(const StencilProjection& p, const StencilProjection::Group& g,
                      FiredSpan fired, const Slice& slice, F&& f) {
    if (fired.count == 0 || slice.count == 0) return;
    const StencilGrid grid = p.grid;
    const std::uint32_t plane = grid.size[1] * grid.size[2];
    const std::uint32_t* const cells = fired.cells;
    const auto of_planes = [&](std::int64_t first, std::int64_t last) {
        if (first > last) return;
        const auto begin =
            std::lower_bound(cells, cells + fired.count, static_cast<std::uint64_t>(first) * plane);
        const auto end = std::lower_bound(begin, cells + fired.count,
                                          static_cast<std::uint64_t>(last + 1) * plane);
        std::uint32_t at[3], row = 0, cells_of_row = 0;  // the row that the last cell lay in
        bool row_inside = false;
        const auto inside = [&](int k) {
            const auto place = static_cast<std::int32_t>(at[k]);
            return place + g.low[k] >= 0 &&
                   place + g.high[k] < static_cast<std::int32_t>(grid.size[k]);
        };
        for (const std::uint32_t* c = begin; c != end; ++c) {
            const std::uint32_t cell = *c;
            const float value = fired.value(static_cast<std::uint32_t>(c - cells));
            if (cell - row >= cells_of_row) {
                grid.place(cell, at);
                row = cell - at[2], cells_of_row = grid.size[2];
                row_inside = inside(0) && inside(1);
            }
            at[2] = cell - row;
            const std::uint32_t from = cell - slice.first;  // may wrap around, as what is added may
            if (row_inside && inside(2)) {
                for (const StencilOffset& o : g.offsets) {
                    const std::uint32_t i = from + static_cast<std::uint32_t>(o.shift);
                    if (i < slice.count) f(i, o.weight, value);
                }
                continue;
            }
            for (const StencilOffset& o : g.offsets) {
                std::uint32_t target;
                if (stencil_target(grid, at, o, target) && target - slice.first < slice.count)
                    f(target - slice.first, o.weight, value);
            }
        }
    };
    // Only sources some planes away reach the slice; the cells ascend.
    const std::int64_t planes = grid.size[0];
    const std::int64_t first = std::int64_t{slice.first / plane} - g.high[0],
                       last = std::int64_t{(slice.first + slice.count - 1) / plane} - g.low[0];
    if (!grid.periodic)
        return of_planes(std::max<std::int64_t>(first, 0), std::min(last, planes - 1));
    if (last - first + 1 >= planes) return of_planes(0, planes - 1);
    of_planes(std::max<std::int64_t>(first, 0), std::min(last, planes - 1));
    if (first < 0) of_planes(first + planes, planes - 1);
    if (last >= planes) of_planes(0, last - planes);
}

/// Adds what they bring to the cells of `slice`: see add_dense.
void add_stencil(const StencilProjection& p, const StencilProjection::Group& group, FiredSpan fired,
                 const Slice& slice, std::int32_t* sums);
/// How many synapses add_stencil goes through.
std::uint64_t stencil_events(const StencilProjection& p, const StencilProjection::Group& group,
                             FiredSpan fired, const Slice& slice);

}  // namespace snnsim
