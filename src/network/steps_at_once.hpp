// How many steps of a sample are computed at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/training/eligibility.hpp"
#include "snnsim/learning_methods.hpp"
#include "snnsim/network.hpp"

namespace snnsim {

/// All of them where the gradient goes back through all. Methods that learn while a sample goes on
/// need a step at a time; 32 are as many as a word of spikes holds.
inline std::size_t steps_at_once(const Methods::Params& method, std::int64_t steps) {
    constexpr std::int64_t word = 32;
    std::int64_t most = steps;
    if (const auto* const truncated = std::get_if<TruncatedBptt::Params>(&method))
        most = truncated->steps;
    else if (following_of(method) != Following::nothing)
        most = word;
    return static_cast<std::size_t>(most < steps ? most : steps);
}
/// Of a synapse to such a cell, in a sample.
inline std::size_t bytes_of_eligibility(const NeuronModels::Params& target) {
    std::size_t bytes = 0;
    NeuronModels::visit(target, [&]<class M>(const auto&) {
        if constexpr (NeuronModel<M>)
            bytes = sizeof(float) * static_cast<std::size_t>(state_count<M> + 1);
    });
    return bytes;
}

inline bool comes_in_pieces(const Methods::Params& method, std::int64_t steps) {
    return steps_at_once(method, steps) < static_cast<std::size_t>(steps);
}

/// Samples of an update that are computed at once on a CPU where each synapse of each sample has
/// numbers of its own: as many as a cache holds, but at least one a thread. What comes out does not
/// depend on it.
inline std::size_t most_with_eligibility(std::size_t bytes_of_sample, std::size_t update,
                                         std::size_t threads) {
    constexpr std::size_t cache = std::size_t{32} << 20;
    const std::size_t held = bytes_of_sample > 0 ? cache / bytes_of_sample : update;
    std::size_t part = std::min(update, std::max(held, threads));
    while (update % part != 0) --part;
    return part;
}
inline std::size_t most_with_eligibility(const Network& network, std::size_t update,
                                         std::size_t threads) {
    std::size_t bytes = 0;
    for (const Projection& p : network.projections) {
        if (!p.trainable) continue;
        const Population& to = network.populations[p.to];
        bytes += (static_cast<std::size_t>(network.populations[p.from].size) + 1) *
                 to.computed().panels() * panel_width * bytes_of_eligibility(to.neuron);
    }
    return most_with_eligibility(bytes, update, threads);
}

}  // namespace snnsim
