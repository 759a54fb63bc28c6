// Connection rules of trainings.
#include "src/network/connections.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace snnsim {
namespace {

constexpr std::size_t pre = 23, post = 17;

ConnectSpec rule(Rule rule, std::int64_t n = 0, double p = 0.0) {
    ConnectSpec c;
    c.rule = rule;
    c.n = n;
    c.p = p;
    return c;
}

std::vector<std::uint8_t> mask(const ConnectSpec& c, const ConnectionShape& shape) {
    const std::optional<ConnectedPairs> made = connections(c, shape);
    if (!made) return {};
    const std::vector<std::uint8_t> mask = mask_of(*made, shape.targets);
    const auto count = static_cast<std::size_t>(std::count(mask.begin(), mask.end(), 1));
    EXPECT_EQ(made->count(), count);
    if (c.rule != Rule::fixed_probability) {
        EXPECT_EQ(expected_synapses(c, shape), static_cast<double>(count));
    }
    EXPECT_EQ(synapses_of_mask(mask, shape.targets).target, made->target);
    EXPECT_EQ(synapses_of_mask(mask, shape.targets).first, made->first);
    return mask;
}

std::vector<std::uint8_t> drawn(const ConnectSpec& c, bool same = false) {
    return mask(c, {same ? post : pre, post, 7, 3, same});
}

std::uint64_t digest(const std::vector<std::uint8_t>& mask) {
    std::uint64_t hash = 1469598103934665603u;  // FNV-1a
    for (const std::uint8_t x : mask) hash = (hash ^ x) * 1099511628211u;
    return hash;
}

std::int64_t count(const std::vector<std::uint8_t>& mask, std::size_t first, std::size_t stride,
                   std::size_t pairs) {
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < pairs; ++k) sum += mask[first + k * stride];
    return sum;
}

TEST(Connections, TheSameAsEver) {
    EXPECT_TRUE(drawn(rule(Rule::all_to_all)).empty());
    EXPECT_EQ(digest(drawn(rule(Rule::fixed_probability, 0, 0.3))), 11868937502948353353u);
    EXPECT_EQ(digest(drawn(rule(Rule::fixed_in_degree, 5))), 8455594440387593662u);
    EXPECT_EQ(digest(mask(rule(Rule::blocks), {34, 17, 7, 3, false})), 10265492680446106757u);
}

TEST(Connections, EachRuleHasItsNumbers) {
    const auto in = drawn(rule(Rule::fixed_in_degree, 5));
    for (std::size_t j = 0; j < post; ++j) EXPECT_EQ(count(in, j, post, pre), 5);
    const auto out = drawn(rule(Rule::fixed_out_degree, 4));
    for (std::size_t i = 0; i < pre; ++i) EXPECT_EQ(count(out, i * post, 1, post), 4);
    EXPECT_EQ(count(drawn(rule(Rule::fixed_total_number, 100)), 0, 1, pre * post), 100);
    EXPECT_EQ(count(drawn(rule(Rule::fixed_total_number, 0, 0.25)), 0, 1, pre * post), 98);
    EXPECT_EQ(count(drawn(rule(Rule::fixed_out_degree, 0)), 0, 1, pre * post), 0);
    EXPECT_EQ(count(drawn(rule(Rule::fixed_out_degree, post)), 0, 1, pre * post), pre * post);
    EXPECT_EQ(count(drawn(rule(Rule::fixed_total_number, pre * post)), 0, 1, pre * post),
              pre * post);
}

TEST(Connections, ANeuronNeedNotConnectToItself) {
    for (ConnectSpec c :
         {rule(Rule::all_to_all), rule(Rule::fixed_probability, 0, 0.9),
          rule(Rule::fixed_in_degree, post - 1), rule(Rule::fixed_out_degree, post - 1),
          rule(Rule::fixed_total_number, post * (post - 1)),
          rule(Rule::fixed_total_number, 0, 1.0)}) {
        const auto with = drawn(c, true);
        c.autapses = false;
        const auto without = drawn(c, true);
        std::int64_t own = 0;
        for (std::size_t k = 0; k < post; ++k) own += without[k * (post + 1)];
        EXPECT_EQ(own, 0) << name_of(c.rule);
        if (c.rule == Rule::fixed_probability) {
            std::int64_t others = 0;
            for (std::size_t k = 0; k < without.size(); ++k) {
                if (k / post != k % post) others += without[k] != with[k] ? 1 : 0;
            }
            EXPECT_EQ(others, 0);
        } else {
            EXPECT_EQ(count(without, 0, 1, post * post), post * (post - 1)) << name_of(c.rule);
        }
    }
    // Of two populations, the one of the same number.
    ConnectSpec c = rule(Rule::all_to_all);
    c.own = false;
    const auto others = mask(c, {post, post, 7, 3, false});
    for (std::size_t k = 0; k < others.size(); ++k) EXPECT_EQ(others[k], k / post != k % post);
    EXPECT_FALSE(connections(c, {post, post, 7, 3, true}));
}

}  // namespace
}  // namespace snnsim
