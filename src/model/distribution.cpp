#include "src/model/distribution.hpp"

#include <algorithm>
#include <array>

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
    if (d.shape == Shape::uniform || d.shape == Shape::linspace) return std::minmax(d.low, d.high);
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

}  // namespace snnsim
