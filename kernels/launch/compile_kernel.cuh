// Kernels of code that a model file brings, compiled while the program runs; of a build with CUDA.
#pragma once

#include <string>

#include "kernels/launch/runtime_kernel.cuh"

namespace snnsim {

struct KernelSource {
    std::string name;   // what messages call it
    std::string text;   // CUDA C++; see NvrtcRequest
    std::string entry;  // "for_each_kernel<snnsim::Body>", as it is named outside of all namespaces
};

/// For the current device. The same text is compiled once in a process. Throws as
/// compile_with_nvrtc does.
RuntimeKernel compile_kernel(const KernelSource& source);

}  // namespace snnsim
