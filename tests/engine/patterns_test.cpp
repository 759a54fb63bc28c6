// The firing patterns of the model files izhikevich_patterns and adex_patterns.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "snnsim/engine.hpp"
#include "snnsim/read_model.hpp"
#include "tests/engine/patterns_golden.hpp"
#include "tests/shipped_model.hpp"

namespace snnsim {
namespace {

/// Spike times in ms by population.
std::map<std::string, std::vector<double>> run_file(const std::string& name) {
    const auto spec = std::get<SimulationSpec>(read_any_model(shipped_model(name)));
    const auto engine = make_engine(spec, {.threads = 1});
    engine->advance(spec.steps());
    const Spikes spikes = engine->take_spikes();
    std::map<std::string, std::vector<double>> out;
    for (const CellPopulationSpec& p : spec.populations) out[p.name] = {};
    for (std::size_t k = 0; k < spikes.size(); ++k)
        out[spec.populations[spikes.population[k]].name].push_back(spikes.step[k] * spec.dt);
    return out;
}

TEST(Patterns, AllTwentyOfIzhikevichComeOutAsPublished) {
    const auto spikes = run_file("izhikevich_patterns");
    EXPECT_EQ(spikes.size(), 20u);
    ASSERT_EQ(golden_patterns.size(), 20u);
    for (const GoldenPattern& g : golden_patterns) {
        SCOPED_TRACE(g.name);
        std::vector<double> got = spikes.at(g.name);
        while (!got.empty() && got.back() > g.duration + g.step + 1e-9) got.pop_back();
        ASSERT_EQ(got.size(), g.spikes.size());
        for (std::size_t k = 0; k < got.size(); ++k) {
            // class_2 forgets where it came from: a change of v by 1e-9 in double precision moves
            // its eleventh spike by a step, and the last ones by 1.5 ms.
            const bool chaotic = g.name == "class_2" && k >= 10;
            EXPECT_NEAR(got[k], g.spikes[k], chaotic ? 3.0 : 2.0 * g.step + 1e-9) << "spike " << k;
        }
    }
}

TEST(Patterns, ThoseOfIzhikevichFallSilentWithTheirInput) {
    std::size_t after = 0;
    for (const auto& found : run_file("izhikevich_patterns")) {
        const auto golden =
            std::find_if(golden_patterns.begin(), golden_patterns.end(),
                         [&](const GoldenPattern& g) { return g.name == found.first; });
        for (const double t : found.second)
            after += t > golden->duration + golden->step + 1e-9 ? 1 : 0;
    }
    EXPECT_LE(after, 1u);  // class_2 was about to fire when its ramp ended
}

std::vector<double> intervals(const std::vector<double>& spikes) {
    std::vector<double> out;
    for (std::size_t k = 1; k < spikes.size(); ++k) out.push_back(spikes[k] - spikes[k - 1]);
    return out;
}
double least(const std::vector<double>& x) {
    return *std::min_element(x.begin(), x.end());
}
double greatest(const std::vector<double>& x) {
    return *std::max_element(x.begin(), x.end());
}

/// The second half.
std::vector<double> late(const std::vector<double>& x) {
    return {x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2), x.end()};
}

/// How far intervals are from those `period` before.
double change_over(const std::vector<double>& x, std::size_t period) {
    double most = 0.0;
    for (std::size_t k = period; k < x.size(); ++k)
        most = std::max(most, std::abs(x[k] - x[k - period]));
    return most;
}

/// Lengths of runs of spikes less than `gap` ms apart.
std::vector<int> bursts(const std::vector<double>& spikes, double gap) {
    std::vector<int> out(spikes.empty() ? 0 : 1, 1);
    for (const double interval : intervals(spikes)) {
        if (interval < gap) {
            ++out.back();
        } else {
            out.push_back(1);
        }
    }
    return out;
}

class AdexPatterns : public ::testing::Test {
  protected:
    /// Run once for all tests.
    static const std::vector<double>& spikes(const std::string& name) {
        static const auto all = run_file("adex_patterns");
        return all.at(name);
    }
};

TEST_F(AdexPatterns, TonicSpikingIsRegular) {
    const std::vector<double> x = intervals(spikes("tonic_spiking"));
    ASSERT_GT(x.size(), 50u);
    EXPECT_LT(greatest(x) - least(x), 0.1 * least(x));
    EXPECT_LE(change_over(late(x), 1), 0.1001);
}

TEST_F(AdexPatterns, AdaptationLengthensTheIntervals) {
    const std::vector<double> x = intervals(spikes("adaptation"));
    ASSERT_GT(x.size(), 10u);
    for (std::size_t k = 1; k < x.size(); ++k) {
        EXPECT_GE(x[k], x[k - 1] - 0.1001);
        EXPECT_LT(x[k], 2.0 * x[k - 1]);  // step by step, unlike a burst
    }
    EXPECT_GT(x.back(), 5.0 * x.front());
    EXPECT_LT(change_over(late(x), 1), 0.5);
}

TEST_F(AdexPatterns, AnInitialBurstIsFollowedByRegularSpikes) {
    const std::vector<double> x = intervals(spikes("initial_burst"));
    ASSERT_GT(x.size(), 10u);
    EXPECT_LT(greatest({x[0], x[1]}), 10.0);
    EXPECT_GT(least({x.begin() + 2, x.end()}), 5.0 * greatest({x[0], x[1]}));
    EXPECT_LT(change_over({x.begin() + 3, x.end()}, 1), 0.5);
}

TEST_F(AdexPatterns, RegularBurstsRepeat) {
    std::vector<int> sizes = bursts(spikes("regular_bursting"), 20.0);
    ASSERT_GT(sizes.size(), 6u);
    sizes.pop_back();  // the run may end in the middle of a burst
    for (std::size_t k = 1; k < sizes.size(); ++k) EXPECT_EQ(sizes[k], 2);
    EXPECT_EQ(sizes[0], 3);
    EXPECT_LT(change_over(late(intervals(spikes("regular_bursting"))), 2), 0.5);
}

TEST_F(AdexPatterns, DelayedAcceleratingStartsLateAndSpeedsUp) {
    const std::vector<double>& all = spikes("delayed_accelerating");
    const std::vector<double> x = intervals(all);
    ASSERT_GT(x.size(), 50u);
    EXPECT_GT(all[0], 1.5 * x[0]);
    for (std::size_t k = 1; k < x.size(); ++k) EXPECT_LE(x[k], x[k - 1] + 0.1001);
    EXPECT_LT(x.back(), 0.6 * x.front());
}

TEST_F(AdexPatterns, DelayedRegularBurstsStartLateAndRepeat) {
    const std::vector<double>& all = spikes("delayed_regular_bursting");
    std::vector<int> sizes = bursts(all, 20.0);
    ASSERT_GT(sizes.size(), 8u);
    EXPECT_GT(all[0], 40.0);
    sizes.pop_back();
    for (const int size : sizes) EXPECT_EQ(size, 4);
    EXPECT_LT(change_over(late(intervals(all)), 4), 0.5);
}

TEST_F(AdexPatterns, TransientSpikingStopsWhileTheCurrentLasts) {
    const std::vector<double>& all = spikes("transient_spiking");
    ASSERT_FALSE(all.empty());
    EXPECT_LT(all.size(), 6u);
    EXPECT_LT(all.back(), 100.0);
}

TEST_F(AdexPatterns, IrregularSpikingDoesNotRepeat) {
    const std::vector<double> x = intervals(spikes("irregular_spiking"));
    ASSERT_GT(x.size(), 30u);
    EXPECT_LT(least(late(x)), 10.0);
    EXPECT_GT(greatest(late(x)), 30.0);
    for (std::size_t period = 1; period <= 8; ++period)
        EXPECT_GT(change_over(late(x), period), 0.5) << "intervals repeat after " << period;
}

}  // namespace
}  // namespace snnsim
