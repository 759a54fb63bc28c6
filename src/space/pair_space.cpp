#include "src/space/pair_space.hpp"

#include <algorithm>
#include <limits>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
/// Half of what a word of 32 bits can tell from 0.
constexpr double least_chance = 0x1p-33;

/// Where the chances of a kernel are so small that nothing can come of them.
double reach_of(const KernelSpec& kernel, double p) {
    double near = 0.0;
    switch (kernel.shape) {
        case KernelShape::constant:
            return infinite;
        case KernelShape::linear:
            if (kernel.slope >= 0.0) return infinite;
            return std::max(0.0, -kernel.offset / kernel.slope);
        case KernelShape::gaussian:
            near = kernel.mean;
            break;
        case KernelShape::gamma:
            near = std::max(0.0, (kernel.kappa - 1.0) * kernel.theta);
            break;
        case KernelShape::exponential:
            break;
    }
    // Behind its peak it falls.
    double width = std::max({kernel.std, kernel.beta, kernel.theta});
    double far = near + width;
    while (p * kernel(far) >= least_chance) far += width *= 2.0;
    for (int k = 0; k < 100; ++k) {
        const double middle = 0.5 * (near + far);
        (p * kernel(middle) >= least_chance ? near : far) = middle;
    }
    return far;
}

}  // namespace

PairSpace::PairSpace(const SimulationSpec& spec, const ConnectSpec& connect, std::size_t from,
                     std::size_t to, bool skips_itself)
    : from_(positions_of(spec, from)),
      to_(from == to ? from_ : positions_of(spec, to)),
      skips_itself_(skips_itself),
      mask_spec_(connect.mask),
      kernel_(connect.kernel) {
    SNN_EXPECT(from_.dimensions == to_.dimensions && from_.periodic == to_.periodic);
    const bool drawn = connect.rule == Rule::fixed_probability ||
                       connect.rule == Rule::pairwise_poisson ||
                       connect.rule == Rule::symmetric_pairwise_bernoulli;
    p_ = drawn ? connect.p : 1.0;
    one_grid_ = from_.grid.there() && from_.grid == to_.grid && from_.extent == to_.extent &&
                from_.center == to_.center;
    reach_ = kernel_ ? reach_of(*kernel_, p_) : infinite;
    low_ = {-reach_, -reach_, -reach_};
    high_ = {reach_, reach_, reach_};
    if (mask_spec_) {
        mask_.emplace(*mask_spec_, to_);
        for (std::size_t k = 0; k < 3; ++k) {
            low_[k] = std::max(low_[k], mask_->low()[k]);
            high_[k] = std::min(high_[k], mask_->high()[k]);
        }
        if (mask_spec_->shape == MaskShape::nearest)
            nearest_ = static_cast<std::size_t>(mask_spec_->n);
    }
    by_offsets_ = one_grid_ && nearest_ == 0;
    if (by_offsets_) {
        find_offsets();
        return;
    }
    Point wanted{};
    for (std::size_t k = 0; k < to_.dimensions; ++k) wanted[k] = 0.5 * (high_[k] - low_[k]);
    if (nearest_ > 0) wanted = {};  // as small as they get
    source_bins_ = std::make_unique<const CellBins>(from_, wanted);
    target_bins_ = std::make_unique<const CellBins>(to_, wanted);
}

double PairSpace::distance(std::uint32_t source, std::uint32_t target) const {
    if (!one_grid_) return length(to_.displacement(from_.at[source], to_.at[target]));
    // Of whole fields, so that all nodes of a grid are alike to the bit.
    const Point step = to_.spacing();
    const Grid::Field a = from_.grid.field(source), b = to_.grid.field(target);
    Point d{};
    for (std::size_t k = 0; k < to_.dimensions; ++k) {
        const auto size = static_cast<std::int64_t>(to_.grid.size[k]);
        std::int64_t fields = std::abs(static_cast<std::int64_t>(b[k]) - a[k]);
        if (to_.periodic) fields = std::min(fields, size - fields);
        d[k] = static_cast<double>(fields) * step[k];
    }
    return length(d);
}

double PairSpace::chance_at(double distance) const {
    if (distance > reach_) return 0.0;
    return kernel_ ? std::max(0.0, p_ * (*kernel_)(distance)) : p_;
}

double PairSpace::most_chance() const {
    if (!kernel_) return p_;
    switch (kernel_->shape) {
        case KernelShape::gamma: {
            const double peak = std::max(0.0, (kernel_->kappa - 1.0) * kernel_->theta);
            return p_ * (*kernel_)(peak);
        }
        case KernelShape::linear: {
            double far = 0.0;
            for (std::size_t k = 0; k < to_.dimensions; ++k)
                far += from_.extent[k] + to_.extent[k] + std::abs(from_.center[k] - to_.center[k]);
            return p_ * std::max({0.0, kernel_->offset, kernel_->offset + kernel_->slope * far});
        }
        default:
            return p_;
    }
}

void PairSpace::find_offsets() {
    const Point step = to_.spacing();
    std::array<std::int64_t, 3> first{}, last{};
    for (std::size_t k = 0; k < to_.dimensions; ++k) {
        const auto size = static_cast<std::int64_t>(to_.grid.size[k]);
        first[k] = to_.periodic ? -(size / 2) : 1 - size;
        last[k] = to_.periodic ? (size - 1) / 2 : size - 1;
        // Across a border a mask that is not in the middle comes back.
        const double border = to_.periodic ? 0.5 * to_.extent[k] : infinite;
        if (low_[k] < -border || high_[k] > border) continue;
        const double tolerance = 1e-6;  // fields; the mask itself decides
        first[k] = std::max(first[k], static_cast<std::int64_t>(std::ceil(
                                          std::max(low_[k] / step[k] - tolerance, -2147483648.0))));
        last[k] = std::min(last[k], static_cast<std::int64_t>(std::floor(
                                        std::min(high_[k] / step[k] + tolerance, 2147483647.0))));
    }
    // y goes up where rows go down.
    for (std::int64_t x = first[0]; x <= last[0]; ++x)
        for (std::int64_t y = last[1]; y >= first[1]; --y)
            for (std::int64_t z = first[2]; z <= last[2]; ++z) {
                if (skips_itself_ && x == 0 && y == 0 && z == 0) continue;
                const Point d{static_cast<double>(x) * step[0], static_cast<double>(y) * step[1],
                              static_cast<double>(z) * step[2]};
                if (mask_ && (mask_spec_->of_grid() ? !mask_->contains_fields({x, -y, z})
                                                    : !mask_->contains(d)))
                    continue;
                const double far = length(d), chance = chance_at(far);
                if (chance <= 0.0) continue;
                offsets_.push_back({{static_cast<std::int32_t>(x), static_cast<std::int32_t>(-y),
                                     static_cast<std::int32_t>(z)},
                                    far,
                                    chance});
            }
}

template <int Sign>
std::vector<std::uint32_t> PairSpace::nearest(std::uint32_t driver) const {
    const Positions &own = Sign > 0 ? from_ : to_, &others = Sign > 0 ? to_ : from_;
    const Point& at = own.at[driver];
    const double unit = std::max(own.tolerance(), others.tolerance());
    struct Near {
        std::int64_t far;
        std::uint32_t cell;
        auto operator<=>(const Near&) const = default;
    };
    std::vector<Near> found;
    const Point box = bins<Sign>().size();
    double most = 0.0;  // beyond, there is nobody
    for (std::size_t k = 0; k < own.dimensions; ++k)
        most += own.extent[k] + others.extent[k] + std::abs(own.center[k] - others.center[k]);
    double radius = std::max({box[0], box[1], own.dimensions > 2 ? box[2] : 0.0});
    if (own.dimensions == 1) radius = box[0];
    for (;; radius *= 2.0) {
        found.clear();
        Point low{}, high{};
        for (std::size_t k = 0; k < own.dimensions; ++k) {
            low[k] = at[k] - radius;
            high[k] = at[k] + radius;
        }
        bins<Sign>().for_each(low, high, [&](std::uint32_t other) {
            if (skips_itself_ && other == driver) return;
            const double far = Sign > 0 ? distance(driver, other) : distance(other, driver);
            if (far <= radius || radius > most)
                found.push_back({static_cast<std::int64_t>(std::floor(far / unit + 0.5)), other});
        });
        if (found.size() >= nearest_ || radius > most) break;
    }
    const std::size_t count = std::min(nearest_, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count),
                      found.end());
    std::vector<std::uint32_t> cells;
    for (std::size_t k = 0; k < count; ++k) cells.push_back(found[k].cell);
    return cells;
}
template std::vector<std::uint32_t> PairSpace::nearest<1>(std::uint32_t) const;
template std::vector<std::uint32_t> PairSpace::nearest<-1>(std::uint32_t) const;

double PairSpace::most_sources() const {
    const auto all = static_cast<double>(from_.at.size());
    if (by_offsets_) return std::min(all, static_cast<double>(offsets_.size()));
    if (nearest_ > 0) return all;
    const Point box = source_bins_->size();
    for (std::size_t k = 0; k < from_.dimensions; ++k) {
        if (high_[k] - low_[k] > 2.0 * box[k] * (1.0 + 1e-6)) return all;
    }
    return std::min<double>(all, source_bins_->most_around());
}

double PairSpace::mean_degree() const {
    double sum = 0.0;
    if (by_offsets_) {
        for (const Offset& o : offsets_) {
            double there = std::min(1.0, o.chance);
            for (std::size_t k = 0; k < 3 && !to_.periodic; ++k)
                there *= 1.0 - std::abs(double{1.0} * o.fields[k]) / to_.grid.size[k];
            sum += there;
        }
        return sum;
    }
    const std::size_t count = std::min<std::size_t>(from_.at.size(), 64);
    for (std::size_t n = 0; n < count; ++n)
        for_each_target(static_cast<std::uint32_t>(n * from_.at.size() / count),
                        [&](std::uint32_t, double chance) { sum += std::min(1.0, chance); });
    return sum / static_cast<double>(count);
}

double farthest(const CellPopulationSpec& from, const CellPopulationSpec& to) {
    if (!from.space || !to.space) return 0.0;
    const auto bounds = [](const SpaceSpec& s) {
        std::pair<Point, Point> out{};
        const Point extent = extent_of(s);
        for (std::size_t k = 0; k < dimensions_of(s); ++k) {
            double center = k < s.center.size() ? s.center[k] : 0.0;
            double half = 0.5 * extent[k];
            if (s.center.empty() && s.extent.empty() && !s.positions.listed.empty()) {
                double low = infinite, high = -infinite;
                for (std::size_t at = k; at < s.positions.listed.size();
                     at += s.positions.columns) {
                    low = std::min(low, s.positions.listed[at]);
                    high = std::max(high, s.positions.listed[at]);
                }
                center = 0.5 * (low + high);
                half = 0.5 * (high - low);
            }
            out.first[k] = center - half;
            out.second[k] = center + half;
        }
        return out;
    };
    const auto [low_a, high_a] = bounds(*from.space);
    const auto [low_b, high_b] = bounds(*to.space);
    const Point extent = extent_of(*to.space);
    Point most{};
    for (std::size_t k = 0; k < 3; ++k) {
        most[k] = std::max(std::abs(high_b[k] - low_a[k]), std::abs(high_a[k] - low_b[k]));
        if (to.space->periodic) most[k] = std::min(most[k], 0.5 * extent[k]);
    }
    return length(most);
}

}  // namespace snnsim
