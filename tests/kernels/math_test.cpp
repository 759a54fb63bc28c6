// exp, log, sin, tanh and Philox against libm and published vectors.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/math/exp.hpp"
#include "kernels/math/sin.hpp"
#include "kernels/math/tanh.hpp"
#include "kernels/random.hpp"

namespace snnsim {
namespace {

double ulps(float have, double wanted) {
    const auto nearest = static_cast<float>(wanted);
    const double ulp = std::nextafter(std::abs(nearest), std::numeric_limits<float>::infinity()) -
                       std::abs(nearest);
    return std::abs(static_cast<double>(have) - wanted) / ulp;
}

TEST(Math, ExpIsWithinItsBound) {
    double worst = 0.0;
    for (float x = -87.2f; x < 88.7f; x += 0.00037f)
        worst = std::max(worst, ulps(exact_exp(x), std::exp(static_cast<double>(x))));
    EXPECT_LE(worst, 1.1);
    EXPECT_EQ(exact_exp(0.0f), 1.0f);
    EXPECT_EQ(exact_exp(-100.0f), 0.0f);
    EXPECT_TRUE(std::isinf(exact_exp(100.0f)));
    EXPECT_TRUE(std::isnan(exact_exp(std::numeric_limits<float>::quiet_NaN())));
}

TEST(Math, LogIsWithinItsBound) {
    double worst = 0.0;
    for (float x = 1.2e-38f; x < 3e38f; x *= 1.00031f)
        worst = std::max(worst, ulps(exact_log(x), std::log(static_cast<double>(x))));
    for (float x = 0.5f; x < 2.0f; x += 1.3e-5f) {
        if (std::abs(x - 1.0f) > 1e-6f)
            worst = std::max(worst, ulps(exact_log(x), std::log(static_cast<double>(x))));
    }
    EXPECT_LE(worst, 2.0);
    EXPECT_EQ(exact_log(1.0f), 0.0f);
    EXPECT_TRUE(std::isinf(exact_log(0.0f)));
    EXPECT_TRUE(std::isnan(exact_log(-1.0f)));
}

TEST(Math, SinIsWithinItsBound) {
    const long double turn = 2.0L * 3.14159265358979323846264338327950288L;
    double worst = 0.0;
    for (std::uint64_t at = 0; at < (1ull << 32); at += 9973) {
        const auto phase = static_cast<std::uint32_t>(at);
        const long double wanted = std::sin(turn * static_cast<std::int32_t>(phase) * 0x1p-32L);
        if (phase != 0)
            worst = std::max(worst, ulps(sin_of_turns(phase), static_cast<double>(wanted)));
    }
    EXPECT_LE(worst, 1.3);
    EXPECT_EQ(sin_of_turns(0), 0.0f);
    EXPECT_EQ(sin_of_turns(1u << 30), 1.0f);
    EXPECT_EQ(sin_of_turns(1u << 31), 0.0f);
    EXPECT_EQ(sin_of_turns(3u << 30), -1.0f);
}

TEST(Math, TanhIsWithinItsBound) {
    double worst = 0.0;
    for (float x = -12.0f; x < 12.0f; x += 1.7e-4f) {
        if (x != 0.0f)
            worst = std::max(worst, ulps(exact_tanh(x), std::tanh(static_cast<double>(x))));
    }
    for (float x = 1e-30f; x < 1.0f; x *= 1.001f)
        worst = std::max(worst, ulps(exact_tanh(x), std::tanh(static_cast<double>(x))));
    EXPECT_LE(worst, 3.0);
    EXPECT_EQ(exact_tanh(0.0f), 0.0f);
    EXPECT_EQ(exact_tanh(1e30f), 1.0f);
    EXPECT_EQ(exact_tanh(-1e30f), -1.0f);
    EXPECT_TRUE(std::isnan(exact_tanh(std::numeric_limits<float>::quiet_NaN())));
}

// Known answers of the reference implementation (Random123, kat_vectors, philox4x32 10).
TEST(Philox, GivesThePublishedVectors) {
    const auto expect = [](Philox4 counter, std::uint32_t k0, std::uint32_t k1, Philox4 wanted) {
        const Philox4 have = philox(k0, k1, counter);
        for (int i = 0; i < 4; ++i) EXPECT_EQ(have.word[i], wanted.word[i]);
    };
    expect({{0, 0, 0, 0}}, 0, 0, {{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}});
    expect({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u,
           {{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}});
    expect({{0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}}, 0xa4093822u, 0x299f31d0u,
           {{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}});
}

TEST(Philox, StreamsAndEntitiesDiffer) {
    const RandomKey a{1, Stream::weights, 2, 3}, b{1, Stream::bias, 2, 3},
        c{1, Stream::weights, 2, 3, 1};
    EXPECT_NE(a.draw(0).word[0], b.draw(0).word[0]);
    EXPECT_NE(a.draw(0).word[0], c.draw(0).word[0]);
    EXPECT_EQ(a.draw(5).word[2], (RandomKey{1, Stream::weights, 2, 3}.draw(5).word[2]));
}

TEST(Philox, ManyWordsAreTheWordsOfBlocks) {
    const RandomKey key{0x123456789abcdef0u, Stream::cells, 7, 0xFFFFFFF0u, 3};
    std::uint32_t many[64], few[8];
    key.draw(0xFFFFFFFEu, many);
    key.draw(41, few);
    for (std::uint32_t k = 0; k < 64; ++k) {
        EXPECT_EQ(many[k], key.draw(0xFFFFFFFEu + k / 4).word[k % 4]);
        if (k < 8) {
            EXPECT_EQ(few[k], key.draw(41 + k / 4).word[k % 4]);
        }
    }
}

}  // namespace
}  // namespace snnsim
