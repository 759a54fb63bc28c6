#include "src/model/distribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace snnsim {
namespace {

using D = Distribution;
using Key = DistributionKey;
constexpr Key low{"low", &D::low, "least value", Need::optional};
constexpr Key high{"high", &D::high, "greatest value", Need::optional};

constexpr std::array constant_keys{Key{"value", &D::mean, "the value"}};
constexpr std::array uniform_keys{
    Key{"low", &D::low, "lower end"}, Key{"high", &D::high, "upper end"},
    Key{"power", &D::power, "whole number: low + (high - low) u^power, u uniform in (0, 1)",
        Need::optional, true}};
constexpr std::array normal_keys{Key{"mean", &D::mean, "mean"},
                                 Key{"std", &D::std, "standard deviation"}, low, high};
constexpr std::array lognormal_keys{
    Key{"mean", &D::mean, "median: e to the mean of the logarithm; may be negative"},
    Key{"std", &D::std, "standard deviation of the logarithm", Need::required, true}, low, high};
constexpr std::array exponential_keys{Key{"mean", &D::mean, "mean; may be negative"}, low, high};

std::string quantity(double value, const Distribution& d) {
    return fmt::format("{:g}{}{}", value, d.unit.empty() ? "" : " ", d.unit);
}

/// Standard deviations from the median to a bound of a normal or lognormal distribution.
double deviations_to(double bound, const Distribution& d) {
    double distance = bound - d.mean;
    if (d.shape == Shape::lognormal) {
        const double share = bound / d.mean;
        if (std::isinf(bound)) return bound;
        distance = share <= 0.0 ? -std::numeric_limits<double>::infinity() : std::log(share);
        if (d.mean < 0.0) distance = -distance;
    }
    return distance == 0.0 ? 0.0 : distance / d.std;
}

bool reaches_bounds(const Distribution& d) {
    constexpr double most_deviations = 12.5, most_logarithm = 87.0;
    switch (d.shape) {
        case Shape::normal:
        case Shape::lognormal:
            return deviations_to(d.low, d) <= most_deviations &&
                   deviations_to(d.high, d) >= -most_deviations;
        case Shape::exponential: {
            const auto [near, far] = std::minmax({d.low / d.mean, d.high / d.mean});
            return far > 0.0 && near <= most_logarithm;
        }
        case Shape::constant:
        case Shape::uniform:
        case Shape::values:
        case Shape::linspace:
        case Shape::distance:
            break;
    }
    return true;
}

/// The std of a logarithm at which the values of this median have such a std.
double std_of_logarithm(double median, double std) {
    const double share = std / median;
    return std::sqrt(std::log(0.5 * (1.0 + std::sqrt(1.0 + 4.0 * share * share))));
}

}  // namespace

std::span<const DistributionKey> keys_of(Shape shape) {
    switch (shape) {
        case Shape::uniform:
            return uniform_keys;
        case Shape::normal:
            return normal_keys;
        case Shape::lognormal:
            return lognormal_keys;
        case Shape::exponential:
            return exponential_keys;
        default:
            return constant_keys;
    }
}

std::pair<double, double> extent(const Distribution& d) {
    if (d.constant()) return {d.mean, d.mean};
    if (d.shape == Shape::uniform || d.shape == Shape::linspace || d.of_distance())
        return std::minmax(d.low, d.high);
    if (d.shape == Shape::values && !d.listed->values.empty()) {
        const auto [least, greatest] =
            std::minmax_element(d.listed->values.begin(), d.listed->values.end());
        return {*least, *greatest};
    }
    if (d.shape == Shape::values) return {d.listed->limits.low, d.listed->limits.high};
    if (d.shape == Shape::normal) return {d.low, d.high};
    return d.mean > 0.0 ? std::pair{std::max(d.low, 0.0), d.high}
                        : std::pair{d.low, std::min(d.high, 0.0)};
}

std::string no_value_in_bounds(const Distribution& d) {
    if (!has_bounds(d.shape) || d.outside == Outside::clip || reaches_bounds(d)) return "";
    const bool low = std::isfinite(d.low), high = std::isfinite(d.high);
    const std::string bounds = low && high ? fmt::format("between low ({}) and high ({})",
                                                         quantity(d.low, d), quantity(d.high, d))
                               : low       ? fmt::format("above low ({})", quantity(d.low, d))
                                           : fmt::format("below high ({})", quantity(d.high, d));
    const std::string std = d.shape == Shape::normal      ? " and std " + quantity(d.std, d)
                            : d.shape == Shape::lognormal ? fmt::format(" and std {:g}", d.std)
                                                          : "";
    return fmt::format("no value of {} with mean {}{} lies {}; write bounds that its values reach",
                       name_of(d.shape), quantity(d.mean, d), std, bounds);
}

std::string too_wide(const Distribution& d) {
    if (d.shape != Shape::lognormal) return "";
    constexpr double most = 1e9, deviations = 4.3;  // of 65,536 values one lies beyond
    const bool up = d.mean > 0.0;
    const double median = std::abs(d.mean), inner = up ? d.low : -d.high,
                 outer = up ? d.high : -d.low;
    const double least = std::max({0.0, inner, median * std::exp(-deviations * d.std)}),
                 greatest = std::min(outer, median * std::exp(deviations * d.std));
    if (greatest <= most * median && median <= most * least) return "";
    return fmt::format(
        "the std of lognormal is that of the logarithm, without a unit: with {:g}, values go from "
        "{} to {}; for values with a std of {} write std: {:.3g}, or set low and high",
        d.std, quantity(std::copysign(least, d.mean), d),
        quantity(std::copysign(greatest, d.mean), d), quantity(d.std, d),
        std_of_logarithm(median, d.std));
}

}  // namespace snnsim
