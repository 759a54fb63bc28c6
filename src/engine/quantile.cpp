#include "src/engine/quantile.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/math/exp.hpp"
#include "kernels/math/normal.hpp"

namespace snnsim {
namespace {

/// Of the side that has all its digits, in float: what a normal quantile is made from.
double normal(const Shares& at) {
    return at.below <= 0.5 ? normal_quantile(static_cast<float>(at.below))
                           : -normal_quantile(static_cast<float>(at.above));
}

/// -ln(1 - below), with all digits where that is near 0.
double exponential(const Shares& at) {
    const double x = at.below;
    return x < 0x1p-12 ? x * (1.0 + x * (0.5 + x / 3.0)) : -exact_log(static_cast<float>(at.above));
}

/// 32-bit thresholds of the distribution whose weights are proportional to `mass`, from value 0 on.
std::vector<std::uint32_t> thresholds_of(const std::vector<double>& mass) {
    double all = 0.0, below = 0.0;
    for (const double m : mass) all += m;
    std::vector<std::uint32_t> out;
    for (const double m : mass) {
        below += m;
        const double threshold = below / all * 4294967296.0;
        if (threshold >= 4294967295.0) break;
        out.push_back(static_cast<std::uint32_t>(threshold));
    }
    return out;
}

/// Masses of 0, 1, ... from the ratio mass(k + 1) / mass(k), begun at the mode so that no factor
/// underflows; what is below 1e-12 of the mode is left out at the upper end.
template <class Ratio>
std::vector<double> masses(std::int64_t mode, std::int64_t last, Ratio ratio) {
    std::vector<double> mass(static_cast<std::size_t>(mode) + 1);
    mass.back() = 1.0;
    for (std::int64_t k = mode; k-- > 0;) {
        const auto at = static_cast<std::size_t>(k);
        mass[at] = mass[at + 1] / ratio(k);
    }
    for (std::int64_t k = mode; k < last && mass.back() > 1e-12; ++k)
        mass.push_back(mass.back() * ratio(k));
    return mass;
}

}  // namespace

Quantile::Quantile(const Distribution& distribution) : d_(distribution) {
    if (!d_.drawn() || d_.shape == Shape::uniform || d_.outside == Outside::clip) return;
    cut_ = std::isfinite(d_.low) || std::isfinite(d_.high);
    const Shares low = std::isfinite(d_.low) ? place_of(d_.low) : Shares{0.0, 1.0};
    const Shares high = std::isfinite(d_.high) ? place_of(d_.high) : Shares{1.0, 0.0};
    below_ = low.below;
    above_ = high.above;
    between_ = low.above < 0.5    ? low.above - high.above
               : high.below < 0.5 ? high.below - low.below
                                  : 1.0 - below_ - above_;
}

double Quantile::operator()(double u) const {
    if (d_.constant()) return d_.mean;
    if (d_.shape == Shape::uniform || d_.of_distance()) {  // of the latter only the ends are known
        double raised = u;
        for (int k = 1; k < static_cast<int>(d_.power); ++k) raised *= u;
        return d_.low + raised * (d_.high - d_.low);
    }
    Shares at{below_ + u * between_, above_ + (1.0 - u) * between_};
    if (!cut_) {
        // A float below 1, whose distance to 1 is a float too.
        at.below = std::min<double>(static_cast<float>(u), 1.0 - 0x1p-24);
        at.above = 1.0 - at.below;
    }
    return std::clamp(unbounded(at), d_.low, d_.high);
}

double Quantile::unbounded(const Shares& at) const {
    // Ascending, also where the values are negative.
    const Shares up = d_.mean < 0.0 ? Shares{at.above, at.below} : at;
    switch (d_.shape) {
        case Shape::normal:
            return d_.mean + d_.std * normal(at);
        case Shape::lognormal:
            return d_.mean * exact_exp(static_cast<float>(d_.std * normal(up)));
        case Shape::exponential:
            return d_.mean * exponential(up);
        case Shape::constant:
        case Shape::uniform:
        case Shape::values:
        case Shape::linspace:
        case Shape::distance:
            break;
    }
    return d_.mean;
}

Shares Quantile::place_of(double x) const {
    const bool upper = unbounded({0.5, 0.5}) < x;
    const auto place = [&](double share) {
        return upper ? Shares{1.0 - share, share} : Shares{share, 1.0 - share};
    };
    // On the side of the median where x lies, down to the least share whose logarithm is known.
    double near = 0.5, far = 0x1p-126;
    for (;;) {
        const double middle = 0.5 * (near + far);
        if (middle <= far || middle >= near) return place(middle);
        (unbounded(place(middle)) < x) == upper ? near = middle : far = middle;
    }
}

std::vector<double> quantile_table(const Distribution& distribution, std::size_t size) {
    const Quantile quantile(distribution);
    std::vector<double> out(size);
    for (std::size_t k = 0; k < size; ++k)
        out[k] = quantile((static_cast<double>(k) + 0.5) / static_cast<double>(size));
    return out;
}

double expected_value(const Distribution& distribution) {
    if (distribution.constant()) return distribution.mean;
    constexpr std::size_t size = 4096;
    double sum = 0.0;
    for (const double x : quantile_table(distribution, size)) sum += x;
    return sum / size;
}

std::vector<std::uint32_t> poisson_thresholds(double mean) {
    const auto ratio = [&](std::int64_t k) { return mean / static_cast<double>(k + 1); };
    return thresholds_of(
        masses(static_cast<std::int64_t>(mean), std::numeric_limits<std::int64_t>::max(), ratio));
}

std::vector<std::uint32_t> binomial_thresholds(std::int64_t n, double p) {
    if (p >= 1.0) return std::vector<std::uint32_t>(static_cast<std::size_t>(n), 0u);
    const auto ratio = [&](std::int64_t k) {
        return static_cast<double>(n - k) / static_cast<double>(k + 1) * (p / (1.0 - p));
    };
    const auto mode = static_cast<std::int64_t>(static_cast<double>(n + 1) * p);
    return thresholds_of(masses(std::min(mode, n), n, ratio));
}

}  // namespace snnsim
