// Which synapses a rule of connection makes in a training.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "snnsim/connected_pairs.hpp"
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

/// At most one a pair; nothing: all pairs, or those of a list. Takes the time of all pairs, for
/// each has its random number, and the memory of the synapses.
std::optional<ConnectedPairs> connections(const ConnectSpec& spec, const ConnectionShape& shape);
/// How many a rule makes; of fixed_probability, on average.
double expected_synapses(const ConnectSpec& spec, const ConnectionShape& shape);

/// Those of pairs source * targets + target, in any order.
ConnectedPairs synapses_of_pairs(std::vector<std::uint64_t> pairs, std::size_t sources,
                                 std::size_t targets);
/// [source][target] 1 or 0.
std::vector<std::uint8_t> mask_of(const ConnectedPairs& synapses, std::size_t targets);
/// Those that a mask has.
ConnectedPairs synapses_of_mask(const std::vector<std::uint8_t>& mask, std::size_t targets);

}  // namespace snnsim
