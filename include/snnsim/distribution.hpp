// How the model file gives a value that may differ from cell to cell or from synapse to synapse.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "kernels/fields.hpp"
#include "snnsim/listed_values.hpp"
#include "snnsim/space_spec.hpp"

namespace snnsim {

/// The last three, which have no names, are not drawn: listed values, evenly spaced ones, and
/// functions of the distance between two cells.
enum class Shape : std::uint8_t {
    constant,
    uniform,
    normal,
    lognormal,
    exponential,
    values,
    linspace,
    distance,
};
template <>
struct Names<Shape> {
    static constexpr std::array values{"constant", "uniform", "normal", "lognormal", "exponential"};
};
enum class Outside : std::uint8_t { redraw, clip };
template <>
struct Names<Outside> {
    static constexpr std::array values{"redraw", "clip"};
};

/// A value, or how to draw one. In the file a plain quantity, or {distribution: normal, mean: ...}.
struct Distribution {
    Shape shape = Shape::constant;
    double mean = 0.0;  // of constant: the value; of lognormal: of the logarithm's exponential
    double std = 0.0;   // of lognormal: of the logarithm, without unit
    // Of linspace: the values of the first and of the last cell.
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    Outside outside = Outside::redraw;
    double power = 1.0;  // uniform: low + (high - low) u^power
    std::string draw;    // uniform, of parameters: those of one name share u in a cell
    std::string unit;    // "pA", "mV", "nS", "ms" or "" as written; set by the reader
    std::shared_ptr<const ListedValues> listed;  // of values
    std::optional<ByDistance> by;  // of distance; low and high then are what can come of it

    bool constant() const { return shape == Shape::constant; }
    bool of_distance() const { return shape == Shape::distance; }
    /// Drawn at random.
    bool drawn() const { return !constant() && !by_cell() && !of_distance(); }
    /// Given for each cell.
    bool by_cell() const { return shape == Shape::values || shape == Shape::linspace; }
    /// Of one of `size` cells, where they are given for each; beyond the last: that one's.
    double of_cell(std::uint32_t cell, std::uint32_t size) const {
        const std::uint32_t k = cell < size ? cell : size - 1;
        if (shape == Shape::values) return listed->values[k];
        return size < 2 ? low : low + (high - low) * (double{1.0} * k / (size - 1));
    }
};

}  // namespace snnsim
