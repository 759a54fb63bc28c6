// Distributions against their formulas.
#include "src/engine/quantile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

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

double share_above(double z) {
    return 0.5 * std::erfc(z / std::sqrt(2.0));
}
Distribution normal_between(double low, double high) {
    Distribution d;
    d.shape = Shape::normal, d.mean = 0.0, d.std = 1.0, d.low = low, d.high = high;
    return d;
}
/// As cells draw: the middles of 2^24 parts, here the first and last ones and some between.
std::vector<double> drawn_places() {
    std::vector<double> out;
    for (int k = 0; k < 40; ++k) {
        out.push_back((k + 0.5) / 16777216.0);
        out.push_back(1.0 - (k + 0.5) / 16777216.0);
        out.push_back((k + 0.5) / 40.0);
    }
    std::sort(out.begin(), out.end());
    return out;
}

TEST(Quantile, TailsBeyondABoundAreThoseOfTheNormalDistribution) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (const double bound : {-9.0, -1.0, 0.0, 0.3, 3.0, 4.0, 5.0, 5.5, 7.0, 9.0, 11.0}) {
        const Quantile above(normal_between(bound, infinity)),
            below(normal_between(-infinity, -bound)), band(normal_between(bound, bound + 0.1));
        double last = bound;
        for (const double u : drawn_places()) {
            const double x = above(u);
            ASSERT_TRUE(std::isfinite(x)) << bound << ' ' << u;
            EXPECT_GE(x, last - 1e-6);
            last = x;
            const double wanted = share_above(bound) * (1.0 - u);
            EXPECT_NEAR(share_above(x) / wanted, 1.0, 2e-4) << bound << ' ' << u;
            EXPECT_NEAR(below(1.0 - u), -x, 2e-6 * (1.0 + std::abs(x)));
            if (bound < 0.0) continue;  // the shares of the band would be differences of ones
            const double z = band(u);
            EXPECT_GE(z, bound);
            EXPECT_LE(z, bound + 0.1);
            const double in_band = share_above(bound) - share_above(bound + 0.1);
            EXPECT_NEAR((share_above(bound) - share_above(z)) / in_band, u, 1e-3);
        }
    }
}

TEST(Quantile, EveryPlaceThatACellCanDrawHasAFiniteValue) {
    for (const Outside outside : {Outside::redraw, Outside::clip}) {
        for (const Shape shape : {Shape::normal, Shape::lognormal, Shape::exponential}) {
            for (const double mean : {-3.0, 3.0}) {
                Distribution d;
                d.shape = shape, d.mean = mean, d.std = 1.0, d.outside = outside;
                const Quantile quantile(d);
                for (const double u : drawn_places()) {
                    const double x = quantile(u);
                    ASSERT_TRUE(std::isfinite(x)) << name_of(shape) << ' ' << u;
                    if (shape != Shape::normal) {
                        ASSERT_GT(x / mean, 0.0) << name_of(shape) << ' ' << u;
                    }
                }
            }
        }
    }
}

TEST(Quantile, AnExponentialIsTheSameBeyondEachBound) {
    Distribution d;
    d.shape = Shape::exponential, d.mean = 2.0;
    for (const double low : {0.0, 1.0, 30.0, 100.0}) {
        d.low = low;
        const Quantile quantile(d);
        for (const double u : drawn_places())
            EXPECT_NEAR(quantile(u) - low, -2.0 * std::log1p(-u), 3e-5 * (1.0 + low)) << low;
    }
    d.low = -std::numeric_limits<double>::infinity();
    EXPECT_NEAR(Quantile(d)(1e-7) / 2e-7, 1.0, 1e-6);
}

TEST(Quantile, ALognormalFarAboveItsMedian) {
    Distribution d;
    d.shape = Shape::lognormal, d.mean = 2.0, d.std = 0.5, d.low = 2.0 * std::exp(0.5 * 6.0);
    const Quantile quantile(d);
    for (const double u : drawn_places()) {
        const double z = std::log(quantile(u) / 2.0) / 0.5;
        EXPECT_NEAR(share_above(z) / (share_above(6.0) * (1.0 - u)), 1.0, 1e-3) << u;
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
