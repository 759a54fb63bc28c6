// The kernels that the program has registered.
#pragma once

#include <functional>

#include "machine.hpp"

namespace ptxrun {

void for_each_kernel(const std::function<void(Kernel&)>& f);

}  // namespace ptxrun
