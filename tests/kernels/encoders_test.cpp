// Encoders against their rules, and there and back.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/encoders/all.hpp"

namespace snnsim {
namespace {

/// The train of one input: value at each step.
template <class E>
std::vector<float> train(const typename E::Params& params, float x, int steps, double dt = 1.0,
                         std::uint32_t input = 0, std::uint32_t rank = 0,
                         std::uint32_t active = 1) {
    std::vector<float> out(static_cast<std::size_t>(steps));
    E::encode(E::prepare(params, dt, steps), encoding_key(1, 0, 0, false, input), {x, rank, active},
              steps, [&](int t, float value) { out.at(static_cast<std::size_t>(t)) = value; });
    return out;
}
int count(const std::vector<float>& train) {
    int n = 0;
    for (const float v : train) n += v != 0.0f;
    return n;
}
int first(const std::vector<float>& train) {
    for (std::size_t t = 0; t < train.size(); ++t) {
        if (train[t] != 0.0f) return static_cast<int>(t);
    }
    return -1;
}

TEST(Poisson, HasTheRateAndStatisticsOfABernoulliTrain) {
    const std::vector<float> spikes = train<Poisson>({100.0}, 0.3f, 1000000);
    EXPECT_NEAR(count(spikes) / 1000.0, 30.0, 0.5);  // Hz
    double sum = 0.0, squares = 0.0;
    const int windows = 10000;
    for (int w = 0; w < windows; ++w) {
        int n = 0;
        for (int t = 0; t < 100; ++t) n += spikes[static_cast<std::size_t>(w * 100 + t)] != 0.0f;
        sum += n;
        squares += n * n;
    }
    const double mean = sum / windows;
    EXPECT_NEAR((squares / windows - mean * mean) / mean, 0.97,
                0.05);  // 4 standard errors of 10,000 windows
    double isi_sum = 0.0, isi_squares = 0.0, intervals = 0.0, last = -1.0;
    for (std::size_t t = 0; t < spikes.size(); ++t) {
        if (spikes[t] == 0.0f) continue;
        if (last >= 0.0) {
            const double isi = static_cast<double>(t) - last;
            isi_sum += isi;
            isi_squares += isi * isi;
            intervals += 1.0;
        }
        last = static_cast<double>(t);
    }
    const double isi = isi_sum / intervals;
    EXPECT_NEAR(std::sqrt(isi_squares / intervals - isi * isi) / isi, 0.985, 0.02);
}

TEST(Poisson, ACertainSpikeIsCertain) {
    EXPECT_EQ(count(train<Poisson>({1000.0}, 1.0f, 1000)), 1000);
    EXPECT_EQ(count(train<Poisson>({1000.0}, 0.0f, 1000)), 0);
}

TEST(Poisson, DependsOnSampleEpochAndInputOnly) {
    const auto draw = [](std::uint32_t epoch, std::uint32_t sample, bool test,
                         std::uint32_t input) {
        return encoding_key(7, epoch, sample, test, input).draw(3).word[1];
    };
    EXPECT_EQ(draw(1, 2, false, 3), draw(1, 2, false, 3));
    EXPECT_NE(draw(1, 2, false, 3), draw(2, 2, false, 3));
    EXPECT_NE(draw(1, 2, false, 3), draw(1, 3, false, 3));
    EXPECT_NE(draw(1, 2, false, 3), draw(1, 2, true, 3));
    EXPECT_NE(draw(1, 2, false, 3), draw(1, 2, false, 4));
}

TEST(Regular, CountsTheRate) {
    EXPECT_EQ(count(train<Regular>({200.0}, 0.5f, 1000)), 100);
}

TEST(Latency, LinearComesBackWithinAStep) {
    constexpr int steps = 50;
    for (int level = 3; level <= 255; ++level) {
        const float x = static_cast<float>(level) / 255.0f;
        const std::vector<float> spikes = train<Latency>({}, x, steps);
        ASSERT_EQ(count(spikes), 1);
        const double decoded = 1.0 - first(spikes) / static_cast<double>(steps);
        EXPECT_NEAR(decoded, x, 1.0 / steps);
    }
    EXPECT_EQ(count(train<Latency>({}, 0.005f, steps)), 0);
}

TEST(Latency, RcFollowsTheChargingCurve) {
    Latency::Params p;
    p.curve = LatencyCurve::rc;
    p.tau = 5.0;
    p.theta = 0.2;
    for (const float x : {0.25f, 0.5f, 1.0f}) {
        const double wanted = 5.0 * std::log(x / (x - 0.2));
        EXPECT_EQ(first(train<Latency>(p, x, 100)), static_cast<int>(wanted));
    }
    EXPECT_EQ(count(train<Latency>(p, 0.2f, 100)), 0);
}

TEST(RankOrder, SpreadsRanksOverTheSteps) {
    for (std::uint32_t rank = 0; rank < 40; ++rank) {
        const std::vector<float> spikes = train<RankOrder>({}, 0.5f, 10, 1.0, 0, rank, 40);
        EXPECT_EQ(count(spikes), 1);
        EXPECT_EQ(first(spikes), static_cast<int>(rank / 4));
    }
}

TEST(RankOrder, RanksByIntensityThenIndex) {
    const std::uint8_t pixels[] = {5, 0, 200, 5, 255};
    std::uint32_t rank[5];
    EXPECT_EQ(rank_pixels(pixels, 5, rank), 4u);
    EXPECT_EQ(rank[4], 0u);
    EXPECT_EQ(rank[2], 1u);
    EXPECT_EQ(rank[0], 2u);
    EXPECT_EQ(rank[3], 3u);
}

TEST(Phase, IsExactToEightBits) {
    for (int level = 0; level <= 255; ++level) {
        double decoded = 0.0;
        for (const float v : train<Phase>({}, static_cast<float>(level) / 255.0f, 8))
            decoded += static_cast<double>(v);
        EXPECT_EQ(decoded * 256.0, level);
    }
}

TEST(Burst, BrighterInputsSendMoreAndCloserSpikes) {
    const std::vector<float> bright = train<Burst>({}, 1.0f, 100),
                             faint = train<Burst>({}, 0.2f, 100);
    EXPECT_EQ(count(bright), 5);
    EXPECT_EQ(count(faint), 1);
    EXPECT_NE(bright[2], 0.0f);
    const std::vector<float> middle = train<Burst>({}, 0.5f, 100);
    EXPECT_EQ(count(middle), 3);
    EXPECT_NE(middle[6], 0.0f);
}

TEST(Delta, FollowsASignalWithinTheta) {
    const Delta::Constants c = Delta::prepare({0.1}, 1.0, 0);
    int level = 0;
    float decoded = 0.0f;
    for (int t = 0; t < 500; ++t) {
        const float x = std::sin(0.03f * static_cast<float>(t));
        decoded += 0.1f * Delta::follow(c, x, level);
        EXPECT_NEAR(decoded, x, 0.1f + 1e-5f) << t;
    }
    EXPECT_EQ(count(train<Delta>({0.1}, 0.55f, 20)), 5);
}

TEST(Direct, SendsTheValueAtEveryStep) {
    EXPECT_EQ(train<Direct>({2.0}, 0.25f, 3), (std::vector<float>{0.5f, 0.5f, 0.5f}));
}

}  // namespace
}  // namespace snnsim
