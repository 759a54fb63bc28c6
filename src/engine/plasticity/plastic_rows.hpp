// The synapses of a projection whose weights change: a row a source and block, with a weight each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/launch/thread_pool.hpp"
#include "kernels/plasticity/synapse.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/ranks/exchange.hpp"
#include "src/engine/synapses/projection_plan.hpp"

namespace snnsim {

/// A synapse out of its row, of a projection with one delay.
struct PlasticSynapse {
    std::uint32_t source = 0;
    std::uint16_t target = 0;  // in the block's slice
    std::uint8_t ready = 0;    // see PlasticState, as for `own`
    PlasticWeight weight = 0;
    float own = 0.0f;
};

/// Segment s = source * delays.count + (delay - delays.first) holds the synapses that get a spike
/// of the source at one time. Synapses are numbered by (source, delay, target), in any layout, and
/// over all ranks, of which each holds those of its own targets.
struct PlasticRows {
    struct Block {
        std::vector<std::uint32_t> edge;    // [segment], and the end of the last
        std::vector<std::uint16_t> target;  // in the block's slice
        std::vector<PlasticWeight> weight;
    };
    DelayRange delays;
    std::uint32_t sources = 0;
    std::vector<std::uint64_t> number;  // [segment], of its first synapse; and of all
    std::vector<Block> blocks;
    Exchange* exchange = &no_exchange();
    std::vector<std::uint64_t> before;  // [segment]: synapses of lower ranks; empty: there are none

    std::uint32_t segments() const { return sources * delays.count; }
    std::uint64_t size() const { return number.back(); }  // of all ranks
    /// The number of the first synapse that a block has of a segment.
    std::uint64_t first_number(std::size_t block, std::uint32_t segment) const {
        std::uint64_t at = number[segment] + (before.empty() ? 0 : before[segment]);
        for (std::size_t b = 0; b < block; ++b)
            at += blocks[b].edge[segment + 1] - blocks[b].edge[segment];
        return at;
    }
    /// Calls f(number of the first, place of the first in the block, how many) for each segment.
    template <class F>
    void for_each_segment(std::size_t block, F&& f) const {
        const std::vector<std::uint32_t>& edge = blocks[block].edge;
        for (std::uint32_t s = 0; s < segments(); ++s) {
            if (edge[s] < edge[s + 1]) f(first_number(block, s), edge[s], edge[s + 1] - edge[s]);
        }
    }
    /// Calls f(segment, place in the block) for the synapses between two cells.
    template <class F>
    void for_each_between(std::size_t block, std::uint32_t source, std::uint32_t target,
                          F&& f) const {
        const Block& b = blocks[block];
        for (std::uint32_t k = 0; k < delays.count; ++k) {
            const std::uint32_t s = source * delays.count + k;
            const auto begin = b.target.begin();
            auto [first, last] = std::equal_range(begin + b.edge[s], begin + b.edge[s + 1], target);
            for (; first != last; ++first) f(s, static_cast<std::uint32_t>(first - begin));
        }
    }
    /// Makes the rows of a block anew from synapses sorted by (source, target), where all have one
    /// delay; `renumber` afterwards.
    void set_synapses(std::size_t block, const std::vector<PlasticSynapse>& synapses);
    void renumber();
    std::size_t bytes() const;
};

/// Draws them. `unit`: steps of the target's grid in w_max. `exchange` lives longer.
PlasticRows build_plastic_rows(const ProjectionPlan& plan, const Layout& layout, double unit,
                               ThreadPool& pool, Exchange& exchange = no_exchange());

}  // namespace snnsim
