// The list of encoders.
#pragma once

#include "kernels/encoders/direct.hpp"
#include "kernels/encoders/poisson.hpp"

namespace snnsim {

using Encoders = ModelList<Direct, Poisson>;

}  // namespace snnsim
