// Where the cells of a population are.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Numbers of a grid's cells. A field is (column, row, layer), each from 0; rows count downward.
struct Grid {
    using Field = std::array<std::uint32_t, 3>;

    Field size{};  // columns, rows, layers; all 0: no grid
    GridOrder order = GridOrder::columns;

    bool there() const { return size[0] > 0; }
    std::uint32_t cell(const Field& f) const {
        return order == GridOrder::columns ? (f[0] * size[1] + f[1]) * size[2] + f[2]
                                           : (f[2] * size[1] + f[1]) * size[0] + f[0];
    }
    Field field(std::uint32_t cell) const {
        const bool columns = order == GridOrder::columns;
        const std::uint32_t fast = columns ? size[2] : size[0];
        const std::uint32_t rest = cell / fast, a = cell - rest * fast;
        const std::uint32_t slow = rest / size[1], row = rest - slow * size[1];
        return columns ? Field{slow, row, a} : Field{a, row, slow};
    }
    bool operator==(const Grid&) const = default;
};

struct Positions {
    std::size_t dimensions = 0;
    std::vector<Point> at;  // of each cell
    Point extent{}, center{};
    bool periodic = false;
    Grid grid;

    /// Between two fields of the grid.
    Point spacing() const;
    /// From `a` to `b` the shortest way; of two as short, across the lower border.
    Point displacement(const Point& a, const Point& b) const {
        Point d{};
        for (std::size_t k = 0; k < dimensions; ++k) {
            d[k] = b[k] - a[k];
            if (periodic) d[k] = wrapped(d[k], extent[k]);
        }
        return d;
    }
    /// Into [-extent / 2, extent / 2), to 1e-9 of the extent.
    static double wrapped(double d, double extent) {
        return d - extent * std::floor(d / extent + (0.5 + 1e-9));
    }
    /// What two lengths may differ by and still be one.
    double tolerance() const;
};

inline double length(const Point& d) {
    return std::sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

/// Dimensions of what is given: of the grid, else of the points, else of the extent; 0: unknown.
std::size_t dimensions_of(const SpaceSpec& space);
/// Lengths of the layer, as given or as they follow from the positions, which must be there.
Point extent_of(const SpaceSpec& space);

/// Whether cells of both stand on the fields of one grid, which they share.
bool same_fields(const CellPopulationSpec& a, const CellPopulationSpec& b);

/// Of a population with `space`, once its files are loaded.
Positions positions_of(const SimulationSpec& spec, std::size_t population);

/// What is wrong with positions that were given one by one: a point outside the extent, or fewer
/// or more than there are cells. Else empty.
std::string problem_of_positions(const CellPopulationSpec& population);

}  // namespace snnsim
