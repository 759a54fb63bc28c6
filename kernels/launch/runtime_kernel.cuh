// A kernel that was compiled while the program runs (kernels/launch/compile_kernel.cuh).
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "kernels/launch/cuda.cuh"

namespace snnsim {

/// A handle: copies are the same kernel, which lives as long as the process.
class RuntimeKernel {
  public:
    RuntimeKernel() = default;
    /// `name` is what messages call it; `kernel` a cudaKernel_t, with the sizes of its parameters.
    RuntimeKernel(std::string name, const void* kernel, std::vector<std::size_t> parameters)
        : name_(std::move(name)), kernel_(kernel), parameters_(std::move(parameters)) {}

    const std::string& name() const { return name_; }

    /// Enqueues it in a stream, which may be being captured. Arguments must have the sizes of the
    /// kernel's parameters, for they are copied as they lie.
    template <class... Args>
    void launch(cudaStream_t stream, unsigned blocks, unsigned threads, const Args&... args) const {
        SNN_EXPECT(kernel_ != nullptr);
        SNN_EXPECT((parameters_ == std::vector<std::size_t>{sizeof(Args)...}));
        void* pointers[sizeof...(Args) + 1] = {const_cast<Args*>(&args)...};
        under_way().launched(LaunchedKernel(name_));
        SNN_CUDA(cudaLaunchKernel(kernel_, dim3(blocks), dim3(threads), pointers, 0, stream));
    }

  private:
    std::string name_;
    const void* kernel_ = nullptr;
    std::vector<std::size_t> parameters_;  // bytes
};

}  // namespace snnsim
