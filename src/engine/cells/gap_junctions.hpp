// The gap junctions of a network, by cell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/network/couple.hpp"
#include "src/engine/layout.hpp"

namespace snnsim {

/// See GapArrays; empty where there are none.
struct GapJunctions {
    std::vector<std::uint64_t> begin;
    std::vector<std::uint32_t> neighbour;
    std::vector<float> g;
    std::vector<std::uint64_t> counts;  // of pairs, by entry of gap_junctions
    std::vector<std::size_t> v;         // by population: number of the state; none: no junctions
    static constexpr std::size_t none = ~std::size_t{0};

    bool any() const { return !begin.empty(); }
    bool couples(std::size_t population) const { return any() && v[population] != none; }
    GapArrays arrays(const float* voltages) const {
        return {begin.data(), neighbour.data(), g.data(), voltages};
    }
    std::size_t bytes() const {
        return begin.size() * sizeof(begin[0]) + neighbour.size() * (sizeof(neighbour[0]) + 4);
    }
};

/// Pairs are drawn by their first cell, so that they are the same in any layout.
GapJunctions build_gap_junctions(const SimulationSpec& spec, const Layout& layout);

/// Junctions of each entry of gap_junctions, on average over seeds.
std::vector<double> expected_junctions(const SimulationSpec& spec);
/// What each takes of memory, at both of its ends.
inline constexpr double bytes_per_junction = 2.0 * (sizeof(std::uint32_t) + sizeof(float));

}  // namespace snnsim
