// How many steps of a sample, and samples of an update, are computed at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/training/conv.hpp"
#include "kernels/training/eligibility.hpp"
#include "snnsim/learning_methods.hpp"
#include "snnsim/network.hpp"
#include "snnsim/train_spec.hpp"

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

/// A part of an update on a CPU: networks with windows have traces that no cache holds for all of
/// its samples. What comes out does not depend on it: gradients are sums over chunks of samples,
/// one after the other. Penalties on rates and norms see all samples of an update at once, and
/// delays add them up in other ways.
inline std::size_t samples_at_once(const Network& network, const TrainSpec& train,
                                   std::size_t update, std::size_t threads) {
    if (following_of(train.method) == Following::eligibility &&
        comes_in_pieces(train.method, network.steps))
        return most_with_eligibility(network, update, threads);
    const auto& projections = network.projections;
    const auto& populations = network.populations;
    const bool windows = std::any_of(projections.begin(), projections.end(),
                                     [](const Projection& p) { return p.windowed; });
    const bool norm = std::any_of(populations.begin(), populations.end(),
                                  [](const Population& p) { return p.batch_norm; });
    const bool taps = std::any_of(projections.begin(), projections.end(),
                                  [](const Projection& p) { return p.delays; });
    if (!windows || norm || taps || !train.rate_penalty.empty()) return update;
    std::size_t bytes = 0;  // of a sample
    for (const Population& p : populations)
        bytes += p.computed().panels() * static_cast<std::size_t>(network.steps) * panel_width * 8;
    constexpr std::size_t cache = std::size_t{16} << 20;
    const std::size_t most = std::max(samples_of_chunk * threads, cache / bytes);
    for (std::size_t part = most / samples_of_chunk * samples_of_chunk; part > 0;
         part -= samples_of_chunk) {
        if (update % part == 0) return part;
    }
    return update;
}

}  // namespace snnsim
