// Which weights of a projection there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "snnsim/model_spec.hpp"

namespace snnsim {

/// The full matrix that a rule leaves things out of.
struct ConnectionShape {
    std::size_t sources, targets;
    std::uint64_t seed;
    std::uint32_t projection;  // its number in the model file: keys the random numbers
    bool same_population = false;
};

/// Pairs that a rule may connect: all, but for those of a neuron with itself where it leaves them
/// out.
std::int64_t pairs_of(const ConnectSpec& spec, const ConnectionShape& shape);

/// [source][target] 1 where there is a synapse, at most one a pair; empty: all, or those of a list.
std::vector<std::uint8_t> connections(const ConnectSpec& spec, const ConnectionShape& shape);

}  // namespace snnsim
