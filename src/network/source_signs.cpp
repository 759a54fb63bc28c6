#include "src/network/source_signs.hpp"

#include <algorithm>
#include <cmath>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

/// Calls f(weight, its source's channel).
template <class F>
void for_each_weight(const Network& network, const Projection& p, F&& f) {
    if (p.windowed) {
        const SlidingWindow& w = p.windowed->window;
        const std::size_t of_group = w.channels_in_group();
        for (std::size_t i = 0; i < p.weights.size(); ++i) {
            const std::size_t tap = i / w.channels_out, to = i % w.channels_out;
            f(i, to / w.channels_out_group() * of_group + tap % of_group);
        }
        return;
    }
    const std::size_t places = network.populations[p.from].computed().places;
    if (p.synapses) {
        p.synapses->for_each([&](std::size_t source, std::size_t s) { f(s, source / places); });
        return;
    }
    const auto targets = static_cast<std::size_t>(network.populations[p.to].size);
    for (std::size_t i = 0; i < p.weights.size(); ++i) f(i, i / targets / places);
}

}  // namespace

std::vector<float> signs_of(const Network& network, const Projection& p) {
    const Population& from = network.populations[p.from];
    SNN_EXPECT(from.dale);
    const std::size_t channels = from.computed().channels;
    std::vector<float> out(p.weights.size());
    for_each_weight(network, p, [&](std::size_t i, std::size_t channel) {
        out[i] = from.dale->excites(channel, channels) ? 1.0f : -1.0f;
    });
    return out;
}

void apply_signs(const Network& network, Projection& p) {
    const Population& from = network.populations[p.from];
    const auto channels = static_cast<std::int64_t>(from.computed().channels);
    const std::int64_t excitatory = from.dale->excitatory_of(channels);
    const bool both = excitatory > 0 && excitatory < channels;
    const auto ratio = static_cast<float>(
        both ? static_cast<double>(excitatory) / static_cast<double>(channels - excitatory) : 1.0);
    const std::vector<float> signs = signs_of(network, p);
    for (std::size_t i = 0; i < signs.size(); ++i) {
        const float size = std::abs(p.weights[i]);
        p.weights[i] = signs[i] > 0.0f ? size : -ratio * size;
        if (size == 0.0f) p.weights[i] = 0.0f;
    }
}

CountedWeights count_weights_at_zero(const Projection& p) {
    CountedWeights out{0, 0};
    for (std::size_t i = 0; i < p.weights.size(); ++i) {
        if (!p.connected.empty() && !p.connected[i]) continue;
        ++out.all;
        out.zero += p.weights[i] == 0.0f;
    }
    return out;
}

float latent_of(DaleMethod method, float size) {
    if (method != DaleMethod::softplus) return size;
    const double w = std::max(static_cast<double>(size), 1e-6);  // of 0 it would be minus infinity
    return static_cast<float>(w > 30.0 ? w : std::log(std::expm1(w)));
}

}  // namespace snnsim
