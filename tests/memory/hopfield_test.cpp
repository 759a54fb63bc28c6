// Recall in Hopfield networks: the matrix that is not stored, energies, capacity, noise, threads.
#include "kernels/memory/hopfield.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "snnsim/device.hpp"
#include "snnsim/error.hpp"
#include "src/memory/patterns.hpp"
#include "src/memory/read_hopfield.hpp"
#include "src/memory/recall.hpp"

namespace snnsim {
namespace {

HopfieldModel network(std::int64_t cells, std::int64_t patterns, double flip, std::int64_t trials,
                      double temperature = 0.0) {
    HopfieldModel m;
    m.hopfield = {.cells = cells,
                  .patterns = patterns,
                  .file = "",
                  .start = "",
                  .flip = flip,
                  .trials = trials,
                  .temperature = temperature,
                  .max_sweeps = 100};
    return m;
}

/// Overlap of each trial with the pattern that it started from.
std::vector<double> overlaps(const HopfieldModel& m, const RecallOutcome& out) {
    std::vector<double> all;
    for (std::int64_t t = 0; t < m.hopfield.trials; ++t)
        all.push_back(out.overlaps[static_cast<std::size_t>(t * m.hopfield.patterns +
                                                            t % m.hopfield.patterns)] /
                      static_cast<double>(m.hopfield.cells));
    return all;
}
double mean(const std::vector<double>& v) {
    return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}
double share_above(const std::vector<double>& v, double least) {
    return static_cast<double>(
               std::count_if(v.begin(), v.end(), [&](double x) { return x >= least; })) /
           static_cast<double>(v.size());
}

/// The same trials with the matrix N W, in whole numbers, and every energy on the way.
struct ByMatrix {
    std::vector<std::int8_t> states;
    std::vector<std::uint32_t> sweeps;
    bool energy_rose = false;
};
ByMatrix recall_by_matrix(const HopfieldModel& m) {
    const auto n = static_cast<std::size_t>(m.hopfield.cells),
               p = static_cast<std::size_t>(m.hopfield.patterns), words = (p + 31) / 32;
    const auto bits = pattern_bits(m);
    std::vector<std::int64_t> w(n * n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            for (std::size_t mu = 0; i != j && mu < p; ++mu)
                w[i * n + j] += sign_in(bits, words, i, mu) * sign_in(bits, words, j, mu);
        }
    }
    ByMatrix out{start_states(m, bits), {}, false};
    const double slope = m.hopfield.temperature > 0.0
                             ? 2.0 / (static_cast<double>(n) * m.hopfield.temperature)
                             : 0.0;
    for (std::size_t t = 0; t < static_cast<std::size_t>(m.hopfield.trials); ++t) {
        std::int8_t* const s = out.states.data() + t * n;
        std::uint32_t sweep = 0;
        for (bool changed = true; changed && sweep < m.hopfield.max_sweeps; ++sweep) {
            changed = slope > 0.0;
            const auto trial = static_cast<std::uint32_t>(t);
            const Permutation order({m.seed, Stream::sweeps, trial, sweep}, n);
            for (std::size_t k = 0; k < n; ++k) {
                const std::size_t i = order(k);
                std::int64_t h = 0;
                for (std::size_t j = 0; j < n; ++j) h += w[i * n + j] * s[j];
                bool up = h >= 0;
                if (slope > 0.0) {
                    const Philox4 drawn = RandomKey{m.seed, Stream::noise, trial, sweep}.draw(
                        static_cast<std::uint32_t>(k / 4));
                    const float x = -static_cast<float>(h) * static_cast<float>(slope);
                    up = uniform(drawn.word[k % 4]) * (1.0f + exact_exp(x)) < 1.0f;
                }
                if ((s[i] > 0) == up) continue;
                // A flip changes E N by 2 h S_old.
                if (h * s[i] > 0) out.energy_rose = true;
                s[i] = up ? 1 : -1;
                changed = true;
            }
        }
        out.sweeps.push_back(sweep);
    }
    return out;
}

TEST(Hopfield, IsThatOfTheStoredMatrixToTheBit) {
    for (const double temperature : {0.0, 0.4}) {
        for (const std::int64_t patterns : {1, 9, 32, 45}) {
            HopfieldModel m = network(101, patterns, 0.3, 12, temperature);
            m.seed = static_cast<std::uint64_t>(patterns);
            if (temperature > 0.0) m.hopfield.max_sweeps = 7;
            const RecallOutcome out = recall_on_cpu(m, 2, {});
            const ByMatrix matrix = recall_by_matrix(m);
            EXPECT_EQ(out.states, matrix.states) << patterns;
            EXPECT_EQ(out.sweeps, matrix.sweeps);
            EXPECT_EQ(matrix.energy_rose, temperature > 0.0);
            const auto bits = pattern_bits(m);
            const auto p = static_cast<std::size_t>(patterns);
            for (std::size_t k = 0; k < out.overlaps.size(); ++k) {
                std::int32_t sum = 0;
                for (std::size_t i = 0; i < 101; ++i)
                    sum += out.states[k / p * 101 + i] * sign_in(bits, (p + 31) / 32, i, k % p);
                EXPECT_EQ(out.overlaps[k], sum);
            }
        }
    }
}

TEST(Hopfield, EnergyNeverRises) {
    const HopfieldModel m = network(400, 60, 0.3, 20);
    const RecallOutcome out = recall_on_cpu(m, 1, {});
    ASSERT_GE(out.energy.size(), 60u);
    for (std::size_t k = 20; k < out.energy.size(); ++k)
        EXPECT_LE(out.energy[k], out.energy[k - 20]);
    EXPECT_LT(out.energy[20], out.energy[0]);
    // -1/2 sum W_ij S_i S_j of the end, from the overlaps.
    double squares = 0.0;
    for (std::size_t mu = 0; mu < 60; ++mu) squares += std::pow(out.overlaps[mu], 2.0);
    EXPECT_DOUBLE_EQ(out.energy[out.energy.size() - 20], -(squares / 400 - 60) / 2);
    EXPECT_EQ(out.settled, std::vector<std::uint8_t>(20, 1));
}

TEST(Hopfield, KeepsPatternsBelowItsCapacityOnly) {
    const auto recalled = [](std::int64_t patterns) {
        const HopfieldModel m = network(1000, patterns, 0.0, 12);
        return mean(overlaps(m, recall_on_cpu(m, 1, {})));
    };
    EXPECT_GE(recalled(50), 0.999);
    EXPECT_GE(recalled(100), 0.99);
    EXPECT_LE(recalled(200), 0.6);
}

TEST(Hopfield, CompletesPatternsThatAreDamaged) {
    const HopfieldModel fifth = network(500, 25, 0.2, 200), third = network(500, 25, 0.3, 200);
    EXPECT_GE(share_above(overlaps(fifth, recall_on_cpu(fifth, 1, {})), 0.98), 0.95);
    EXPECT_GE(share_above(overlaps(third, recall_on_cpu(third, 1, {})), 0.95), 0.80);
    // As many units are flipped as was asked for.
    const auto bits = pattern_bits(third);
    const std::vector<std::int8_t> start = start_states(third, bits);
    int flipped = 0;
    for (std::size_t i = 0; i < 500; ++i) flipped += start[500 * 26 + i] != sign_in(bits, 1, i, 1);
    EXPECT_EQ(flipped, 150);
}

TEST(Hopfield, ForgetsAboveTheCriticalTemperature) {
    HopfieldModel cool = network(500, 10, 0.0, 10, 0.4), hot = network(500, 10, 0.0, 10, 1.5);
    cool.hopfield.max_sweeps = hot.hopfield.max_sweeps = 50;
    const RecallOutcome out = recall_on_cpu(cool, 1, {});
    // m = tanh(m / T) at low load: 0.985.
    EXPECT_NEAR(mean(overlaps(cool, out)), 0.985, 0.02);
    EXPECT_EQ(out.sweeps, std::vector<std::uint32_t>(10, 50));
    EXPECT_NEAR(mean(overlaps(hot, recall_on_cpu(hot, 1, {}))), 0.0, 0.1);
}

TEST(Hopfield, DoesNotDependOnThreads) {
    const HopfieldModel m = network(300, 40, 0.25, 17, 0.2);
    const RecallOutcome one = recall_on_cpu(m, 1, {}), four = recall_on_cpu(m, 4, {});
    EXPECT_EQ(one.states, four.states);
    EXPECT_EQ(one.energy, four.energy);
}

TEST(Hopfield, EndsBetweenTwoSweeps) {
    const RecallOutcome out = recall_on_cpu(network(300, 40, 0.25, 5, 0.2), 1,
                                            [](std::uint32_t sweeps) { return sweeps == 3; });
    EXPECT_TRUE(out.interrupted);
    EXPECT_EQ(out.sweeps, std::vector<std::uint32_t>(5, 3));
}

TEST(DeviceHopfield, OnAGpuIsThatOfTheCpu) {
    if (!why_no_cuda().empty()) GTEST_SKIP() << why_no_cuda();
    use_cuda_device(0);
    for (const double temperature : {0.0, 0.3}) {
        HopfieldModel m = network(70, 37, 0.3, 5, temperature);
        m.hopfield.max_sweeps = 4;
        const RecallOutcome cpu = recall_on_cpu(m, 1, {}), cuda = recall_on_cuda(m, {});
        EXPECT_EQ(cpu.states, cuda.states);
        EXPECT_EQ(cpu.overlaps, cuda.overlaps);
        EXPECT_EQ(cpu.sweeps, cuda.sweeps);
        EXPECT_EQ(cpu.energy, cuda.energy);
    }
}

std::string problems_of(const std::string& section) {
    try {
        parse_hopfield("name: a\nhopfield: " + section + "\n", "m.yaml", {});
    } catch (const ModelError& e) {
        return e.what();
    }
    return "";
}

TEST(Hopfield, MistakesAreToldWithTheirPlace) {
    const auto expect = [](const std::string& section, const std::string& message) {
        const std::string found = problems_of(section);
        EXPECT_NE(found.find(message), std::string::npos) << section << "\n" << found;
        EXPECT_EQ(found.find("m.yaml:2:"), 0u) << found;
    };
    EXPECT_EQ(problems_of("{cells: 10, patterns: 2}"), "");
    expect("{cells: 10}", "missing the key 'patterns'");
    expect("{cells: 10, patterns: 0}", "patterns must be between 1");
    expect("{cells: 1, patterns: 1}", "cells must be");
    expect("{cells: 10, patterns: 2, temperature: -1}", "temperature must be at least 0");
    expect("{cells: 10, patterns: 2, flip: 1.5}", "flip must be between 0 and 1");
    expect("{cells: 10, patterns: 2, trails: 3}", "did you mean 'trials'?");
    expect("{cells: 100000, patterns: 100000}", "below 2^31");
    expect("{file: none.npy}", "there is no such file");
    expect("{cells: 10, patterns: 2, start: none.npy, flip: 0.1}", "leave flip out");
    const std::string both = problems_of("{cells: 10, temperature: -1, flip: 2}");
    EXPECT_NE(both.find("temperature"), std::string::npos);
    EXPECT_NE(both.find("flip"), std::string::npos);
}

}  // namespace
}  // namespace snnsim
