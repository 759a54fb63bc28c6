#include "src/space/mask.hpp"

#include <algorithm>
#include <limits>

namespace snnsim {
namespace {

double turn_of(const MaskSpec& mask) {
    return mask.azimuth * 3.14159265358979323846 / 180.0;
}

}  // namespace

Point reach_of_ellipse(const MaskSpec& mask) {
    const double c = std::cos(turn_of(mask)), s = std::sin(turn_of(mask)), a = 0.5 * mask.axes[0],
                 b = 0.5 * mask.axes[1];
    return {std::hypot(a * c, b * s), std::hypot(a * s, b * c),
            mask.axes.size() > 2 ? 0.5 * mask.axes[2] : 0.0};
}

Mask::Mask(const MaskSpec& mask, const Positions& layer)
    : mask_(mask),
      dimensions_(layer.dimensions),
      extent_(layer.extent),
      periodic_(layer.periodic),
      grid_(layer.grid),
      tolerance_(std::max(layer.tolerance(), 1e-9 * mask.radius)) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    half_ = {infinite, infinite, infinite};
    for (std::size_t k = 0; k < dimensions_; ++k) {
        if (k < mask.anchor.size() && !mask.of_grid()) middle_[k] = mask.anchor[k];
        switch (mask.shape) {
            case MaskShape::circle:
            case MaskShape::sphere:
            case MaskShape::doughnut:
                half_[k] = mask.radius;
                break;
            case MaskShape::ellipse:
                half_[k] = reach_of_ellipse(mask)[k];
                break;
            case MaskShape::box:
                middle_[k] += 0.5 * (mask.lower[k] + mask.upper[k]);
                half_[k] = 0.5 * (mask.upper[k] - mask.lower[k]);
                break;
            case MaskShape::grid:
            case MaskShape::moore:
            case MaskShape::von_neumann:
            case MaskShape::nearest:
                break;
        }
    }
    for (std::size_t k = 0; k < 3; ++k) {
        low_[k] = middle_[k] - half_[k] - tolerance_;
        high_[k] = middle_[k] + half_[k] + tolerance_;
    }
    cos_ = std::cos(turn_of(mask));
    sin_ = std::sin(turn_of(mask));
}

bool Mask::contains(const Point& displacement) const {
    Point d{};
    for (std::size_t k = 0; k < dimensions_; ++k) {
        d[k] = displacement[k] - middle_[k];
        if (periodic_) d[k] = Positions::wrapped(d[k], extent_[k]);
    }
    switch (mask_.shape) {
        case MaskShape::circle:
        case MaskShape::sphere:
            return length(d) <= mask_.radius + tolerance_;
        case MaskShape::doughnut: {
            const double r = length(d);
            return r <= mask_.radius + tolerance_ && r > mask_.inner_radius + tolerance_;
        }
        case MaskShape::ellipse: {
            const Point own{d[0] * cos_ + d[1] * sin_, d[1] * cos_ - d[0] * sin_, d[2]};
            double sum = 0.0;
            for (std::size_t k = 0; k < dimensions_; ++k)
                sum += 4.0 * own[k] * own[k] / (mask_.axes[k] * mask_.axes[k]);
            return sum <= 1.0 + 1e-9;
        }
        case MaskShape::box:
            for (std::size_t k = 0; k < dimensions_; ++k) {
                if (std::abs(d[k]) > half_[k] + tolerance_) return false;
            }
            return true;
        case MaskShape::grid:
        case MaskShape::moore:
        case MaskShape::von_neumann:
        case MaskShape::nearest:
            break;
    }
    return true;
}

bool Mask::contains_fields(const std::array<std::int64_t, 3>& fields) const {
    std::int64_t sum = 0, most = 0;
    for (std::size_t k = 0; k < dimensions_; ++k) {
        if (mask_.shape == MaskShape::grid) {
            const auto anchor =
                k < mask_.anchor.size() ? static_cast<std::int64_t>(mask_.anchor[k]) : 0;
            std::int64_t at = fields[k] + anchor;
            const auto size = static_cast<std::int64_t>(grid_.size[k]);
            if (periodic_) at = (at % size + size) % size;
            if (at < 0 || at >= mask_.cells[k]) return false;
        }
        const std::int64_t far = std::abs(fields[k]);
        sum += far;
        most = std::max(most, far);
    }
    if (mask_.shape == MaskShape::moore) return most <= mask_.range;
    if (mask_.shape == MaskShape::von_neumann) return sum <= mask_.range;
    return true;
}

}  // namespace snnsim
