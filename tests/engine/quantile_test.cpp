// Distributions against their formulas.
#include "src/engine/quantile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/math/normal.hpp"

namespace snnsim {
namespace {

TEST(NormalQuantile, InvertsTheErrorFunction) {
    for (double u = 1e-7; u < 1.0; u += 1.3e-3) {
        const double x = normal_quantile(static_cast<float>(u));
        EXPECT_NEAR(0.5 * std::erfc(-x / std::sqrt(2.0)),
                    static_cast<double>(static_cast<float>(u)), 2e-7);
    }
    EXPECT_NEAR(normal_quantile(1e-7f), -5.1993376, 2e-6);
    EXPECT_EQ(normal_quantile(0.5f), 0.0f);
}

/// Mean and variance of the number that thresholds give for a uniform word.
std::pair<double, double> moments(const std::vector<std::uint32_t>& thresholds) {
    double mean = 0.0, square = 0.0;
    for (std::size_t k = 0; k < thresholds.size(); ++k) {  // P(count > k) = 1 - t / 2^32
        const double above = 1.0 - thresholds[k] / 4294967296.0;
        mean += above;
        square += above * static_cast<double>(2 * k + 1);
    }
    return {mean, square - mean * mean};
}

TEST(Thresholds, Poisson) {
    for (const double lambda : {0.0, 1e-4, 0.8, 2.3, 50.0, 3000.0}) {
        const auto [mean, variance] = moments(poisson_thresholds(lambda));
        EXPECT_NEAR(mean, lambda, 1e-6 * (1.0 + lambda));
        EXPECT_NEAR(variance, lambda, 1e-5 * (1.0 + lambda));
    }
    EXPECT_NEAR(poisson_thresholds(0.8)[0] / 4294967296.0, std::exp(-0.8), 1e-9);
}

TEST(Thresholds, Binomial) {
    for (const auto& [n, p] : {std::pair{10000, 0.1}, {300, 0.8}, {5, 0.5}, {7, 1.0}, {7, 0.0}}) {
        const auto [mean, variance] = moments(binomial_thresholds(n, p));
        EXPECT_NEAR(mean, n * p, 1e-6 * (1.0 + n * p));
        EXPECT_NEAR(variance, n * p * (1.0 - p), 1e-4 * (1.0 + n * p));
    }
}

TEST(Quantile, RedrawingCutsAndClippingPilesUp) {
    Distribution d;
    d.shape = Shape::normal, d.mean = 1.0, d.std = 1.0, d.low = 0.0;
    const std::vector<double> cut = quantile_table(d, 20000);
    double mean = 0.0;
    for (const double x : cut) mean += x / 20000.0;
    const double density = std::exp(-0.5) / std::sqrt(2.0 * M_PI);
    EXPECT_NEAR(mean, 1.0 + density / (0.5 * std::erfc(-1.0 / std::sqrt(2.0))), 1e-3);
    EXPECT_GT(cut.front(), 0.0);
    d.outside = Outside::clip;
    const std::vector<double> clipped = quantile_table(d, 20000);
    const auto zeros = std::count(clipped.begin(), clipped.end(), 0.0);
    EXPECT_NEAR(static_cast<double>(zeros) / 20000.0, 0.158655, 1e-4);
}

TEST(Quantile, UniformMayHaveAPower) {
    Distribution d;
    d.shape = Shape::uniform, d.low = 8.0, d.high = 2.0, d.power = 2.0;
    EXPECT_DOUBLE_EQ(Quantile(d)(0.5), 8.0 - 6.0 * 0.25);
}

TEST(Quantile, LognormalAndExponential) {
    Distribution d;
    d.shape = Shape::lognormal, d.mean = 2.0, d.std = 0.5;
    EXPECT_NEAR(Quantile(d)(0.5), 2.0, 1e-5);
    EXPECT_NEAR(Quantile(d)(0.841344746), 2.0 * std::exp(0.5), 1e-4);
    d.shape = Shape::exponential;
    EXPECT_NEAR(Quantile(d)(0.5), 2.0 * std::log(2.0), 1e-5);
}

TEST(Quantile, NegativeValuesAscendToo) {
    Distribution d;
    for (const Shape shape : {Shape::lognormal, Shape::exponential}) {
        d.shape = shape, d.mean = -2.0, d.std = 0.5, d.low = -5.0, d.high = -0.5;
        const std::vector<double> values = quantile_table(d, 1000);
        EXPECT_TRUE(std::is_sorted(values.begin(), values.end()));
        EXPECT_NEAR(values.front(), -5.0, 0.02);
        EXPECT_NEAR(values.back(), -0.5, 0.02);
        EXPECT_LT(std::count(values.begin(), values.end(), -5.0), 2);  // redrawn, not clipped
    }
}

TEST(ExpectedValue, IsThatOfWhatIsDrawn) {
    Distribution d;
    d.shape = Shape::lognormal, d.mean = 2.0, d.std = 0.5;
    EXPECT_NEAR(expected_value(d), 2.0 * std::exp(0.125), 2e-3);
    d.shape = Shape::uniform, d.low = 0.0, d.high = 3.0, d.power = 2.0;
    EXPECT_NEAR(expected_value(d), 1.0, 1e-3);
}

}  // namespace
}  // namespace snnsim
