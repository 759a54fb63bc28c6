// What an encoder provides: how one input value x in [0, 1] becomes a train of `steps` values.
//
//   name, Params, fields()   as for neuron models
//   graded                   false when everything it sends is 0 or 1; true for other values
//   constant                 true when it sends the same value at every step
//   Constants, prepare(params, dt, steps)
//   encode(constants, key, pixel, steps, emit)   calls emit(t, value), t ascending, for each non-zero value.
//       Random numbers come from `key` alone: (seed, Stream::encoding, sample, input index).
#pragma once

#include <cstdint>

#include "kernels/fields.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/exp.hpp"
#include "kernels/math/fused.hpp"
#include "kernels/random.hpp"

namespace snnsim {

/// One input of one sample.
struct Pixel {
    float x;                // intensity in [0, 1]
    std::uint32_t rank;     // how many inputs of the sample come before it by (intensity descending, index)
    std::uint32_t active;   // how many inputs of the sample are non-zero
};

}  // namespace snnsim
