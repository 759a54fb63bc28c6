// Encoders at the edges of their parameters, for all 256 intensities of a pixel, against whole
// numbers: x is k / 255, and times are fractions whose quotients are taken without rounding.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/encoders/all.hpp"

namespace snnsim {
namespace {

template <class E>
std::vector<int> spikes_of(const typename E::Params& params, int level, int steps, double dt = 1.0,
                           std::uint32_t input = 0) {
    std::vector<int> out;
    const Pixel pixel{static_cast<float>(level) / 255.0f, 0, 1};
    E::encode(E::prepare(params, dt, steps), encoding_key(1, 0, 0, false, input), pixel, steps,
              [&](int t, float) { out.push_back(t); });
    return out;
}
constexpr std::int64_t ceil_of(std::int64_t a, std::int64_t b) {
    return (a + b - 1) / b;
}

/// The step that contains (255 - k) / 255 of `quarters` quarter steps; the last one where it ends.
int latency_step(int level, int quarters) {
    if (level == 0) return static_cast<int>(ceil_of(quarters, 4)) - 1;
    return (255 - level) * quarters / (4 * 255);
}

TEST(EncoderEdges, LatencyFallsIntoTheStepThatContainsItsTime) {
    for (int quarters = 1; quarters <= 1200; ++quarters) {
        Latency::Params p;
        p.t_max = 0.25 * quarters;
        p.x_min = 0.0;
        const int steps = static_cast<int>(ceil_of(quarters, 4));
        for (int level = 0; level <= 255; ++level) {
            ASSERT_EQ(spikes_of<Latency>(p, level, steps),
                      std::vector<int>{latency_step(level, quarters)})
                << "level " << level << ", t_max " << p.t_max;
        }
    }
}

TEST(EncoderEdges, LatencyWithoutALeastIntensityLeavesNoInputOut) {
    Latency::Params p;
    p.x_min = 0.0;
    EXPECT_EQ(spikes_of<Latency>(p, 0, 25), std::vector<int>{24});  // t_max: the whole duration
    p.t_max = 20.0;
    EXPECT_EQ(spikes_of<Latency>(p, 0, 25), std::vector<int>{19});
    p.x_min = 51.0 / 255.0;  // an input at x_min fires, one below it does not
    EXPECT_EQ(spikes_of<Latency>(p, 51, 25), std::vector<int>{16});
    EXPECT_TRUE(spikes_of<Latency>(p, 50, 25).empty());
    p.x_min = 1.0;
    EXPECT_EQ(spikes_of<Latency>(p, 255, 25), std::vector<int>{0});
    EXPECT_TRUE(spikes_of<Latency>(p, 254, 25).empty());
}

TEST(EncoderEdges, LatencyOfACapacitor) {
    for (const double theta : {1e-6, 0.01, 0.5, 0.999999}) {
        for (const double t_max : {0.5, 7.3, 40.0}) {
            Latency::Params p;
            p.curve = LatencyCurve::rc;
            p.theta = theta;
            p.t_max = t_max;
            for (int level = 0; level <= 255; ++level) {
                // As the encoder has them: rounded once each.
                const double x = static_cast<float>(level) / 255.0f, th = static_cast<float>(theta);
                std::vector<int> wanted;
                if (x > th) {
                    const double time = 5.0 * std::log(x / (x - th));
                    if (std::abs(time - std::round(time)) < 1e-4 && time > 0.5) continue;
                    if (time < t_max) wanted.push_back(static_cast<int>(time));
                }
                ASSERT_EQ(spikes_of<Latency>(p, level, 50), wanted)
                    << "level " << level << ", theta " << theta << ", t_max " << t_max;
            }
        }
    }
}

TEST(EncoderEdges, BurstsHaveTheirNumberAndInterval) {
    for (int n = 1; n <= 40; n += n < 8 ? 1 : 8) {
        for (int longest = 1; longest <= 24; ++longest) {  // half steps
            for (int shortest = 2; shortest <= longest; ++shortest) {
                Burst::Params p;
                p.n_max = n;
                p.t_short = 0.25 * shortest;
                p.t_long = 0.25 * longest;
                for (int level = 0; level <= 255; ++level) {
                    const auto count = ceil_of(n * level, 255);
                    const int interval = (255 * longest - level * (longest - shortest)) / (2 * 255);
                    std::vector<int> wanted;
                    for (int k = 0; k < count && k * interval < 60; ++k)
                        wanted.push_back(k * interval);
                    ASSERT_EQ(spikes_of<Burst>(p, level, 60, 0.5), wanted)
                        << "level " << level << ", n_max " << n << ", t_short " << p.t_short
                        << ", t_long " << p.t_long;
                }
            }
        }
    }
}

TEST(EncoderEdges, DeltaSendsAsManySpikesAsThetaFits) {
    for (const int parts : {1, 2, 3, 5, 7, 10, 20, 51, 100, 255, 1000}) {
        Delta::Params p;
        p.theta = 1.0 / parts;
        for (int level = 0; level <= 255; ++level) {
            std::vector<int> wanted;
            for (int t = 0; t < level * parts / 255; ++t) wanted.push_back(t);
            ASSERT_EQ(spikes_of<Delta>(p, level, 1100), wanted)
                << "level " << level << ", theta " << p.theta;
            if (wanted.size() > 4) wanted.resize(4);  // in four steps
            ASSERT_EQ(spikes_of<Delta>(p, level, 4), wanted);
        }
    }
}

TEST(EncoderEdges, RegularTrainsKeepTheirRate) {
    constexpr int steps = 10000;
    for (const int hertz : {1, 7, 10, 50, 100, 200, 333, 500, 1000}) {  // 1000: every step
        Regular::Params p;
        p.max_rate = hertz;
        for (int level = 0; level <= 255; ++level) {
            const std::vector<int> spikes = spikes_of<Regular>(p, level, steps);
            const std::int64_t rate = static_cast<std::int64_t>(hertz) * level;  // / 255000 steps
            ASSERT_EQ(spikes.size(), static_cast<std::size_t>(steps * rate / 255000))
                << "level " << level << ", " << hertz << " Hz";
            for (std::size_t k = 0; k < spikes.size(); ++k) {
                const double end =
                    static_cast<double>(k + 1) * 255000.0 / static_cast<double>(rate);
                ASSERT_GE(spikes[k] + 1, end - 1e-6 * end);  // not before, ...
                ASSERT_LT(spikes[k], end);                   // ... and in the step of its time
            }
        }
    }
}

TEST(EncoderEdges, PoissonTrainsKeepTheirRateHoweverLow) {
    constexpr int steps = 20000, inputs = 400;
    // Down to 0.5 Hz at 0.1 ms: 5e-5 a step, between 3 and 4 of 65,536.
    for (const double rate : {0.5, 1.0, 8.0, 100.0, 4000.0}) {
        Poisson::Params p;
        p.max_rate = rate;
        for (const int level : {51, 255}) {
            double count = 0.0, first_half = 0.0;
            for (std::uint32_t input = 0; input < inputs; ++input) {
                for (const int t : spikes_of<Poisson>(p, level, steps, 0.1, input)) {
                    count += 1.0;
                    first_half += t < steps / 2 ? 1.0 : 0.0;
                }
            }
            const double probability = rate * 1e-4 * level / 255.0;
            const double mean = probability * steps * inputs;
            EXPECT_NEAR(count, mean, 4.0 * std::sqrt(mean)) << rate << " Hz, level " << level;
            EXPECT_NEAR(first_half, 0.5 * count, 4.0 * std::sqrt(0.25 * count));
        }
    }
}

TEST(EncoderEdges, APoissonTrainOfOneSpikeAStep) {
    Poisson::Params p;
    p.max_rate = 10000.0;  // at 0.1 ms
    EXPECT_EQ(spikes_of<Poisson>(p, 255, 1000, 0.1).size(), 1000u);
    EXPECT_TRUE(spikes_of<Poisson>(p, 0, 1000, 0.1).empty());
}

TEST(EncoderEdges, RanksFillTheDuration) {
    const auto step_of = [](std::uint32_t rank, std::uint32_t active, int steps) {
        int step = -1;
        RankOrder::encode({}, {}, {0.5f, rank, active}, steps, [&](int t, float) { step = t; });
        return step;
    };
    EXPECT_EQ(step_of(0, 1, 25), 0);
    EXPECT_EQ(step_of(783, 784, 1), 0);
    EXPECT_EQ(step_of(783, 784, 25), 24);
    EXPECT_EQ(step_of(1, 2, 3), 1);
}

}  // namespace
}  // namespace snnsim
