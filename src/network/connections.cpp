#include "src/network/connections.hpp"

#include <algorithm>
#include <cmath>

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

/// The matrix being filled.
struct Pairs {
    const ConnectSpec& spec;
    const ConnectionShape& shape;
    std::vector<std::uint8_t> connected;

    Pairs(const ConnectSpec& spec, const ConnectionShape& shape)
        : spec(spec), shape(shape), connected(shape.sources * shape.targets, 0) {}

    /// Not to the neuron of the same number where the rule leaves that out.
    bool allowed(std::size_t pair) const {
        const bool itself = shape.same_population ? spec.autapses : spec.own;
        return itself || pair / shape.targets != pair % shape.targets;
    }

    /// Connects, of the pairs first, first + stride, ..., `count` of them, the n with the smallest
    /// words.
    void take_smallest(const std::vector<std::uint32_t>& word, std::size_t first,
                       std::size_t stride, std::size_t count, std::int64_t n) {
        order_.clear();
        for (std::size_t k = 0; k < count; ++k) {
            const std::size_t pair = first + k * stride;
            if (allowed(pair)) order_.emplace_back(word[pair], pair);
        }
        SNN_EXPECT(n >= 0 && static_cast<std::size_t>(n) <= order_.size());
        std::nth_element(order_.begin(), order_.begin() + n, order_.end());
        for (std::int64_t k = 0; k < n; ++k)
            connected[order_[static_cast<std::size_t>(k)].second] = 1;
    }

  private:
    std::vector<std::pair<std::uint32_t, std::size_t>> order_;
};

void share_out(Pairs& pairs) {
    const std::size_t pre = pairs.shape.sources, post = pairs.shape.targets;
    for (std::size_t k = 0; k < std::max(pre, post); ++k) {
        const std::size_t source = pre < post ? k / (post / pre) : k;
        const std::size_t target = pre < post ? k : k / (pre / post);
        pairs.connected[source * post + target] = 1;
    }
}

}  // namespace

std::int64_t pairs_of(const ConnectSpec& spec, const ConnectionShape& shape) {
    const auto all = static_cast<std::int64_t>(shape.sources * shape.targets);
    const bool itself = shape.same_population ? spec.autapses : spec.own;
    return itself ? all : all - static_cast<std::int64_t>(std::min(shape.sources, shape.targets));
}

std::vector<std::uint8_t> connections(const ConnectSpec& spec, const ConnectionShape& shape) {
    const std::size_t pre = shape.sources, post = shape.targets;
    if (spec.rule == Rule::list) return {};  // the file has been read elsewhere
    if (only_trained(spec.rule)) return {};  // every weight of a window is there
    if (spec.rule == Rule::all_to_all && (shape.same_population ? spec.autapses : spec.own))
        return {};
    Pairs pairs(spec, shape);
    if (spec.rule == Rule::all_to_all) {
        for (std::size_t k = 0; k < pre * post; ++k) pairs.connected[k] = pairs.allowed(k) ? 1 : 0;
        return pairs.connected;
    }
    if (spec.rule == Rule::one_to_one || spec.rule == Rule::blocks) {
        share_out(pairs);
        return pairs.connected;
    }
    const std::vector<std::uint32_t> word = draw_pairs(shape);
    switch (spec.rule) {
        case Rule::fixed_probability:
            for (std::size_t k = 0; k < word.size(); ++k)
                pairs.connected[k] =
                    pairs.allowed(k) && (word[k] + 0.5) / 4294967296.0 < spec.p ? 1 : 0;
            break;
        case Rule::fixed_in_degree:
            for (std::size_t j = 0; j < post; ++j) pairs.take_smallest(word, j, post, pre, spec.n);
            break;
        case Rule::fixed_out_degree:
            for (std::size_t i = 0; i < pre; ++i)
                pairs.take_smallest(word, i * post, 1, post, spec.n);
            break;
        default:
            SNN_EXPECT(spec.rule == Rule::fixed_total_number);
            pairs.take_smallest(
                word, 0, 1, pre * post,
                spec.p > 0.0 ? std::llround(spec.p * static_cast<double>(pairs_of(spec, shape)))
                             : spec.n);
    }
    return pairs.connected;
}

}  // namespace snnsim
