// Distributions as functions of a uniform number, in arithmetic that every machine does alike.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Draws by inversion: quantile of `u` in (0, 1). Bounds are met by redrawing (the distribution is
/// cut and rescaled) or clipping, as the distribution says.
class Quantile {
  public:
    explicit Quantile(const Distribution& distribution);
    double operator()(double u) const;

  private:
    double unbounded(double u) const;
    /// The u at which the value reaches x.
    double share_below(double x) const;

    Distribution d_;
    double first_ = 0.0, last_ = 1.0;  // the part of (0, 1) between the bounds
};

/// `size` values of equal probability, ascending: an index of random bits draws one.
std::vector<double> quantile_table(const Distribution& distribution, std::size_t size);

/// The mean of what is drawn, with bounds and all.
double expected_value(const Distribution& distribution);

/// Thresholds t such that the number of t[k] <= a uniform 32-bit word is Poisson distributed.
std::vector<std::uint32_t> poisson_thresholds(double mean);
/// The same for the binomial distribution: successes of n trials of probability p.
std::vector<std::uint32_t> binomial_thresholds(std::int64_t n, double p);

}  // namespace snnsim
