#include "src/training/spine_gains.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/random.hpp"

namespace snnsim {

std::vector<float> spine_gains(const SpineSpec& spec, std::uint64_t seed, std::size_t number,
                               const Projection& projection, std::size_t targets) {
    constexpr std::uint32_t of_gains = 4;  // variant of the keys of weights
    const RandomKey key{seed, Stream::weights, static_cast<std::uint32_t>(number), 0, of_gains};
    const auto gain_of = [&](std::size_t j) {
        const auto column = static_cast<std::uint32_t>(j);
        const std::uint32_t word = key.draw(column / 4).select(column % 4);
        const double u = (word + 0.5) / 4294967296.0;
        return static_cast<float>(spec.gain_low + u * (spec.gain_high - spec.gain_low));
    };
    std::vector<float> out(projection.weights.size());
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = gain_of(projection.synapses ? projection.synapses->target[i] : i % targets);
    return out;
}

float spread_of(const std::vector<float>& weights) {
    double sum = 0.0, squares = 0.0, count = 0.0;
    for (const float w : weights) {
        if (w == 0.0f) continue;
        sum += static_cast<double>(w);
        squares += static_cast<double>(w) * static_cast<double>(w);
        count += 1.0;
    }
    if (count == 0.0) return 0.0f;
    const double mean = sum / count;
    return static_cast<float>(std::sqrt(std::max(squares / count - mean * mean, 0.0)));
}

double spine_shift(const SpineSpec& spec, std::uint32_t epoch, std::int64_t epochs) {
    constexpr double pi = 3.14159265358979323846;
    const std::int64_t until = spec.until > 0 ? spec.until : epochs;
    if (until <= 1 || epoch + 1 >= until) return spec.shift;
    const double share = static_cast<double>(epoch) / static_cast<double>(until - 1);
    return spec.shift * 0.5 * (1.0 + std::sin(pi * (share - 0.5)));
}

}  // namespace snnsim
