// Whether a membrane that just meets its threshold fires.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/fields.hpp"

namespace snnsim {

enum class Fires : std::uint8_t { at, above };
template <>
struct Names<Fires> {
    static constexpr std::array values{"at", "above"};
};
/// The least float that fires.
inline float least_that_fires(double v_th, Fires fires) {
    const auto at = static_cast<float>(v_th);
    return fires == Fires::at ? at : std::nextafter(at, std::numeric_limits<float>::infinity());
}
inline constexpr const char* fires_help =
    "at: a membrane equal to v_th fires, as in SpikingJelly and Sinabs; above: it does not, as in "
    "snnTorch, Norse and NIR";

}  // namespace snnsim
