// How the model file gives a value that may differ from cell to cell or from synapse to synapse.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include "kernels/fields.hpp"

namespace snnsim {

enum class Shape : std::uint8_t { constant, uniform, normal, lognormal, exponential };
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
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    Outside outside = Outside::redraw;
    double power = 1.0;  // uniform: low + (high - low) u^power
    std::string draw;    // uniform, of parameters: those of one name share u in a cell
    std::string unit;    // "pA", "mV", "nS", "ms" or "" as written; set by the reader

    bool constant() const { return shape == Shape::constant; }
};

}  // namespace snnsim
