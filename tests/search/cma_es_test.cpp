// CMA-ES on functions whose lowest place is known.
#include "src/search/cma_es.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace snnsim {
namespace {

using Point = std::vector<double>;

double sphere(const Point& x) {
    double sum = 0.0;
    for (const double v : x) sum += v * v;
    return sum;
}
double rosenbrock(const Point& x) {
    double sum = 0.0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i)
        sum += 100.0 * std::pow(x[i + 1] - x[i] * x[i], 2) + std::pow(1.0 - x[i], 2);
    return sum;
}
/// Axes of very different lengths, none of them along a variable.
double turned_ellipse(const Point& x) {
    double sum = 0.0;
    for (std::size_t i = 0; i + 1 < x.size(); i += 2) {
        const double along = x[i] + x[i + 1], across = x[i] - x[i + 1];
        sum += along * along + 1e4 * across * across;
    }
    return sum;
}

/// Evaluations until the cost is below `goal`; `most` where it never is.
std::size_t evaluations(const CmaEsOptions& options,
                        const std::function<double(const Point&)>& cost, double goal,
                        std::size_t most) {
    CmaEs search(options);
    std::size_t count = 0;
    while (count < most) {
        std::vector<double> costs;
        for (const Point& x : search.ask()) {
            costs.push_back(cost(x));
            ++count;
            if (costs.back() <= goal) return count;
        }
        search.tell(costs);
    }
    return most;
}

CmaEsOptions from(double start, std::size_t n, std::uint64_t seed) {
    CmaEsOptions options;
    options.start = Point(n, start);
    options.sigma = 0.5;
    options.seed = seed;
    return options;
}

TEST(CmaEs, FindsTheMiddleOfASphere) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed)
        EXPECT_LE(evaluations(from(1.0, 10, seed), sphere, 1e-10, 5000), 2500u) << seed;
}

TEST(CmaEs, FollowsRosenbrocksValley) {
    int found = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed)
        found += evaluations(from(0.0, 10, seed), rosenbrock, 1e-8, 12001) <= 12000 ? 1 : 0;
    EXPECT_GE(found, 7);
}

TEST(CmaEs, LearnsAxesThatAreNotThoseOfTheVariables) {
    EXPECT_LE(evaluations(from(1.0, 6, 1), turned_ellipse, 1e-10, 10000), 5000u);
}

TEST(CmaEs, AdaptsVariancesAloneWhereAsked) {
    CmaEsOptions options = from(1.0, 100, 1);
    options.separable = true;
    const auto cost = [](const Point& x) {
        double sum = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i)
            sum += std::pow(10.0, 4.0 * static_cast<double>(i) / 99.0) * x[i] * x[i];
        return sum;
    };
    EXPECT_LE(evaluations(options, cost, 1e-8, 100000), 60000u);
}

TEST(CmaEs, GoesTheSameWayAgain) {
    CmaEs a(from(1.0, 4, 7)), b(from(1.0, 4, 7)), other(from(1.0, 4, 8));
    for (int generation = 0; generation < 20; ++generation) {
        const auto points = a.ask();
        EXPECT_EQ(points, b.ask());
        EXPECT_NE(points, other.ask());
        std::vector<double> costs;
        for (const Point& x : points) costs.push_back(sphere(x));
        a.tell(costs);
        b.tell(costs);
        other.tell(costs);
    }
}

TEST(CmaEs, TakesPointsWithoutACostForTheWorst) {
    CmaEs search(from(2.0, 3, 1));
    for (int generation = 0; generation < 200; ++generation) {
        std::vector<double> costs;
        for (const Point& x : search.ask())
            costs.push_back(x[0] > 2.5   ? std::nan("")
                            : x[1] > 2.5 ? std::numeric_limits<double>::infinity()
                                         : sphere(x));
        search.tell(costs);
    }
    EXPECT_LT(sphere(search.mean()), 1e-6);
    EXPECT_LT(search.spread(), 1e-2);
}

}  // namespace
}  // namespace snnsim
