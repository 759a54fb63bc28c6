#include "src/network/connections.hpp"

#include <algorithm>
#include <utility>

#include "kernels/random.hpp"
#include "snnsim/error.hpp"

namespace snnsim {
namespace {

/// A random word of each pair, [source][target].
std::vector<std::uint32_t> draw_pairs(const ConnectionShape& shape) {
    std::vector<std::uint32_t> words(shape.sources * shape.targets);
    for (std::size_t i = 0; i < shape.sources; ++i) {
        const RandomKey key{shape.seed, Stream::connections, shape.projection,
                            static_cast<std::uint32_t>(i)};
        Philox4 four{};
        for (std::size_t j = 0; j < shape.targets; ++j) {
            if (j % 4 == 0) four = key.draw(static_cast<std::uint32_t>(j / 4));
            words[i * shape.targets + j] = four.word[j % 4];
        }
    }
    return words;
}

}  // namespace

std::vector<std::uint8_t> connections(const ConnectSpec& spec, const ConnectionShape& shape) {
    const std::size_t pre = shape.sources, post = shape.targets;
    if (spec.rule == Rule::all_to_all) return {};
    std::vector<std::uint8_t> connected(pre * post, 0);
    if (spec.rule == Rule::one_to_one || spec.rule == Rule::blocks) {
        for (std::size_t k = 0; k < std::max(pre, post); ++k) {
            const std::size_t source = pre < post ? k / (post / pre) : k;
            const std::size_t target = pre < post ? k : k / (pre / post);
            connected[source * post + target] = 1;
        }
        return connected;
    }
    const std::vector<std::uint32_t> word = draw_pairs(shape);
    if (spec.rule == Rule::fixed_probability) {
        for (std::size_t k = 0; k < word.size(); ++k)
            connected[k] = (word[k] + 0.5) / 4294967296.0 < spec.p ? 1 : 0;
        return connected;
    }
    SNN_EXPECT(spec.rule == Rule::fixed_in_degree);
    // The n sources of a target with the smallest words.
    const auto n = static_cast<std::ptrdiff_t>(spec.n);
    std::vector<std::pair<std::uint32_t, std::size_t>> order(pre);
    for (std::size_t j = 0; j < post; ++j) {
        for (std::size_t i = 0; i < pre; ++i) order[i] = {word[i * post + j], i};
        std::nth_element(order.begin(), order.begin() + n, order.end());
        for (std::ptrdiff_t k = 0; k < n; ++k)
            connected[order[static_cast<std::size_t>(k)].second * post + j] = 1;
    }
    return connected;
}

}  // namespace snnsim
