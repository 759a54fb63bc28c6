// Which displacements lie under a mask.
#pragma once

#include <cstdint>

#include "src/space/positions.hpp"

namespace snnsim {

/// How far an ellipse reaches along each axis, on either side.
Point reach_of_ellipse(const MaskSpec& mask);

class Mask {
  public:
    /// `layer`: gives the borders and the grid.
    Mask(const MaskSpec& mask, const Positions& layer);

    /// Of a displacement the shortest way.
    bool contains(const Point& displacement) const;
    /// The same of masks that count fields: to the right, down, and to higher layers.
    bool contains_fields(const std::array<std::int64_t, 3>& fields) const;

    /// The smallest box that holds it; unlimited of those that count fields, or cells.
    const Point& low() const { return low_; }
    const Point& high() const { return high_; }

  private:
    MaskSpec mask_;
    std::size_t dimensions_;
    Point extent_;
    bool periodic_;
    Grid grid_;
    double tolerance_;
    Point middle_{}, half_{}, low_, high_;
    double cos_ = 1.0, sin_ = 0.0;
};

}  // namespace snnsim
