// Networks in space: where the cells of a population are, and what distance means to a projection.
// Lengths have no unit: they are whatever the positions are in.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/fields.hpp"
#include "snnsim/listed_values.hpp"

namespace snnsim {

/// x, y, z; those beyond the dimensions of a population are 0.
using Point = std::array<double, 3>;

/// Which cell of a grid is which number.
enum class GridOrder : std::uint8_t { columns, rows };
template <>
struct Names<GridOrder> {
    static constexpr std::array values{"columns", "rows"};
};

/// `uniform`, fields of a grid, a list of points, or a file.
struct PositionsSpec {
    bool given = false, uniform = false;
    std::vector<std::int64_t> fields_of;  // [columns, rows, ...]: on fields of this grid, by chance
    NumbersFile from;                     // file: empty where they stand in the model file
    std::size_t columns = 0;              // numbers of a point
    std::vector<double> listed;           // [cell][column], once a file is loaded
};

struct SpaceSpec {
    std::vector<std::int64_t> grid;
    PositionsSpec positions;
    std::vector<double> extent, center;
    bool periodic = false;
    GridOrder order = GridOrder::columns;
    std::string unit;

    static constexpr auto fields() {
        return Fields{
            Field{"grid", &SpaceSpec::grid, "", at_least(1),
                  "[columns], [columns, rows] or [columns, rows, layers]: the cells stand in the "
                  "middle of the fields of a grid, and `size` is their product"},
            Field{"positions", &SpaceSpec::positions, "", unlimited,
                  "without a grid: a list of points, as in [[0, 0.5], [1, 2]]; `{file: p.csv}`, "
                  "with a column for each of x, y, z (.npy and .h5: [cell][dimension]); "
                  "`uniform`, at random in the extent; or `{fields_of: [32, 32]}`, each on a field "
                  "of its own of a grid that fills the extent, at random. Populations with equal "
                  "fields share them: what one takes is not there for those below it"},
            Field{"extent", &SpaceSpec::extent, "", positive,
                  "[x], [x, y] or [x, y, z]: lengths of the layer. Default: of a grid 1 in each "
                  "dimension, else those of the positions, rounded up to whole numbers; uniform, "
                  "fields_of and periodic positions need one"},
            Field{"center", &SpaceSpec::center, "", unlimited,
                  "its middle; default: of positions without an extent their own, else 0"},
            Field{"periodic", &SpaceSpec::periodic, "", unlimited,
                  "true: what leaves the layer on one side comes back on the other"},
            Field{"order", &SpaceSpec::order, "", unlimited,
                  "numbers of a grid's cells. columns (as NEST): down a column first, z upward "
                  "fastest, x slowest. rows (as images, [layer][row][column]): x fastest. y falls "
                  "in both from row to row"},
            Field{"unit", &SpaceSpec::unit, "", unlimited,
                  "of lengths, as in `mm`: for pictures, it changes nothing"},
        };
    }
};

enum class MaskShape : std::uint8_t {
    circle,
    sphere,
    doughnut,
    ellipse,
    box,
    grid,
    moore,
    von_neumann,
    nearest,
};
template <>
struct Names<MaskShape> {
    static constexpr std::array values{"circle", "sphere", "doughnut",    "ellipse", "box",
                                       "grid",   "moore",  "von_neumann", "nearest"};
};

struct MaskSpec {
    MaskShape shape = MaskShape::circle;
    double radius = 0.0, inner_radius = 0.0, azimuth = 0.0;
    std::vector<double> lower, upper, axes, anchor;
    std::vector<std::int64_t> cells;
    std::int64_t range = 1, n = 1;

    static constexpr auto fields() {
        return Fields{
            Field{"shape", &MaskSpec::shape, "", unlimited,
                  "which displacements, from the source to the target, are under the mask. circle, "
                  "sphere: as far as radius; doughnut: beyond inner_radius, as far as radius; "
                  "ellipse: of axes; box: from lower to upper; grid: as many columns and rows, of "
                  "two equal grids; moore, von_neumann: fields of a grid as far as range, with or "
                  "without diagonals; nearest: the n cells nearest by",
                  Need::required},
            Field{"radius", &MaskSpec::radius, "", positive,
                  "circle, sphere, doughnut; the border belongs to the mask"},
            Field{"inner_radius", &MaskSpec::inner_radius, "", non_negative,
                  "doughnut; this border does not belong to it"},
            Field{"axes", &MaskSpec::axes, "", positive,
                  "ellipse: full lengths of its axes along x, y (and z)"},
            Field{"azimuth", &MaskSpec::azimuth, "", unlimited,
                  "ellipse: degrees by which it is turned from x to y"},
            Field{"lower", &MaskSpec::lower, "", unlimited,
                  "box: its corner of least x, y, z, which belongs to it"},
            Field{"upper", &MaskSpec::upper, "", unlimited, "box: the corner across"},
            Field{"cells", &MaskSpec::cells, "", at_least(1),
                  "grid: [columns, rows(, layers)] from the source's own field to the right and "
                  "down"},
            Field{"range", &MaskSpec::range, "", at_least(1), "moore, von_neumann: in fields"},
            Field{"n", &MaskSpec::n, "", at_least(1),
                  "nearest: how many; of two as far away the one of the lower number"},
            Field{"anchor", &MaskSpec::anchor, "", unlimited,
                  "moves the mask by so much; of grid: the field of the mask that lies on the "
                  "source, from 0"},
        };
    }
    /// It counts fields of a grid.
    bool of_grid() const {
        return shape == MaskShape::grid || shape == MaskShape::moore ||
               shape == MaskShape::von_neumann;
    }
};

enum class KernelShape : std::uint8_t { constant, gaussian, exponential, gamma, linear };
template <>
struct Names<KernelShape> {
    static constexpr std::array values{"constant", "gaussian", "exponential", "gamma", "linear"};
};

/// What p is multiplied by at a distance.
struct KernelSpec {
    std::vector<std::int64_t> sides;  // where a window is meant: `kernel: 3`, `kernel: [3, 5]`
    KernelShape shape = KernelShape::constant;
    double mean = 0.0, std = 0.0, beta = 0.0, kappa = 0.0, theta = 0.0, offset = 1.0, slope = 0.0;

    static constexpr auto fields() {
        return Fields{
            Field{"shape", &KernelSpec::shape, "", unlimited,
                  "of the distance d. constant: 1; gaussian: exp(-(d - mean)^2 / (2 std^2)); "
                  "exponential: exp(-d / beta); gamma: d^(kappa - 1) exp(-d / theta) / "
                  "(theta^kappa Gamma(kappa)); linear: offset + slope d. What is below 0 counts as "
                  "0, a probability above 1 as 1",
                  Need::required},
            Field{"mean", &KernelSpec::mean, "", non_negative, "gaussian"},
            Field{"std", &KernelSpec::std, "", positive, "gaussian"},
            Field{"beta", &KernelSpec::beta, "", positive, "exponential"},
            Field{"kappa", &KernelSpec::kappa, "", positive, "gamma"},
            Field{"theta", &KernelSpec::theta, "", positive, "gamma"},
            Field{"offset", &KernelSpec::offset, "", unlimited, "linear"},
            Field{"slope", &KernelSpec::slope, "", unlimited, "linear"},
        };
    }
    double operator()(double d) const {
        switch (shape) {
            case KernelShape::gaussian:
                return std::exp(-(d - mean) * (d - mean) / (2.0 * std * std));
            case KernelShape::exponential:
                return std::exp(-d / beta);
            case KernelShape::gamma:
                return std::pow(d, kappa - 1.0) * std::exp(-d / theta) /
                       (std::pow(theta, kappa) * std::tgamma(kappa));
            case KernelShape::linear:
                return offset + slope * d;
            case KernelShape::constant:
                break;
        }
        return 1.0;
    }
};

/// A weight or delay as a function of the distance.
enum class DistanceLaw : std::uint8_t { linear, gaussian, exponential };
template <>
struct Names<DistanceLaw> {
    static constexpr std::array values{"linear", "gaussian", "exponential"};
};
struct ByDistance {
    DistanceLaw law = DistanceLaw::linear;
    double value = 0.0;  // at distance 0; of gaussian: the peak
    double slope = 0.0;  // per length
    double mean = 0.0, std = 1.0, beta = 1.0;
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();

    double operator()(double d) const {
        double at = value;
        if (law == DistanceLaw::linear) at += slope * d;
        if (law == DistanceLaw::gaussian)
            at *= std::exp(-(d - mean) * (d - mean) / (2.0 * std * std));
        if (law == DistanceLaw::exponential) at *= std::exp(-d / beta);
        return at < low ? low : at > high ? high : at;
    }
};

}  // namespace snnsim
