// Which CUDA device computes.
#pragma once

#include <string>

namespace snnsim {

/// What the CUDA device calls itself; ptxrun says here that it is none. Empty when CUDA cannot be
/// used.
std::string cuda_name();

}  // namespace snnsim
