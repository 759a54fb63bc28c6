// What a variable spike carries, as a function of the input.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/fields.hpp"

namespace snnsim {

/// All are 0 at 0, so that silence costs nothing.
enum class Activation : std::uint8_t { identity, relu, tanh };
template <>
struct Names<Activation> {
    static constexpr std::array values{"identity", "relu", "tanh"};
};

}  // namespace snnsim
