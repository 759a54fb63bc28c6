// Distributions as functions of a uniform number, in arithmetic that every machine does alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// A place in (0, 1) by what lies below and above it: near an end the smaller of the two has the
/// digits that the other one lacks.
struct Shares {
    double below, above;
};

/// Draws by inversion: quantile of `u` in (0, 1). Bounds are met by redrawing (the distribution is
/// cut and rescaled) or clipping, as the distribution says; see no_value_in_bounds.
class Quantile {
  public:
    explicit Quantile(const Distribution& distribution);
    double operator()(double u) const;

  private:
    double unbounded(const Shares& at) const;
    /// Where the value reaches x.
    Shares place_of(double x) const;

    Distribution d_;
    bool cut_ = false;
    double below_ = 0.0, above_ = 0.0, between_ = 1.0;  // shares below, above, between the bounds
};

/// Of the tables that synapses draw from: an index is half a random word.
inline constexpr std::size_t drawn_table_size = 65536;
/// `size` values of equal probability, ascending: an index of random bits draws one.
std::vector<double> quantile_table(const Distribution& distribution, std::size_t size);

/// The mean of what is drawn, with bounds and all.
double expected_value(const Distribution& distribution);

/// Thresholds t such that the number of t[k] <= a uniform 32-bit word is Poisson distributed.
std::vector<std::uint32_t> poisson_thresholds(double mean);
/// The same for the binomial distribution: successes of n trials of probability p.
std::vector<std::uint32_t> binomial_thresholds(std::int64_t n, double p);

}  // namespace snnsim
