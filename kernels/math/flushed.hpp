// Values too small for a normal number.
#pragma once

#include "kernels/host_device.hpp"

namespace snnsim {

/// Zero for values so small that they would become denormal, which cost a CPU 20 times as much.
SNN_HD inline float flushed(float x) {
    return x > -1e-30f && x < 1e-30f ? 0.0f : x;
}

}  // namespace snnsim
