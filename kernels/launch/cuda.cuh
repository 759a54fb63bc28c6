// Runs kernel bodies as CUDA kernels; owns device memory. The only file that calls the CUDA
// runtime's launch and memory functions.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <string>
#include <utility>

#include "kernels/lanes.hpp"
#include "snnsim/error.hpp"

namespace snnsim {

inline void check_cuda(cudaError_t status, const char* call) {
    if (status == cudaSuccess) return;
    throw DeviceError(std::string("CUDA: ") + call + " failed: " + cudaGetErrorString(status) +
                      " (" + cudaGetErrorName(status) + ")");
}
#define SNN_CUDA(call) ::snnsim::check_cuda((call), #call)

template <class Body>
__global__ void for_each_kernel(std::size_t count, Body body) {
    const std::size_t stride = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += stride) {
        body(i);
    }
}

struct Cuda {
    using Columns = OneColumn;
    static constexpr bool expands_spikes = false;

    /// Owns `size` elements on the device, zero at first.
    template <class T>
    class Buffer {
      public:
        Buffer() = default;
        explicit Buffer(std::size_t size) : size_(size) {
            if (size == 0) return;
            SNN_CUDA(cudaMalloc(&data_, size * sizeof(T)));
            SNN_CUDA(cudaMemset(data_, 0, size * sizeof(T)));
        }
        ~Buffer() { cudaFree(data_); }
        Buffer(Buffer&& other) noexcept { swap(other); }
        Buffer& operator=(Buffer&& other) noexcept {
            swap(other);
            return *this;
        }

        T* data() { return data_; }
        std::size_t size() const { return size_; }
        void copy_from(const T* from, std::size_t count, std::size_t at = 0) {
            if (count)
                SNN_CUDA(cudaMemcpy(data_ + at, from, count * sizeof(T), cudaMemcpyHostToDevice));
        }
        void copy_to(T* to, std::size_t count, std::size_t at = 0) const {
            if (count)
                SNN_CUDA(cudaMemcpy(to, data_ + at, count * sizeof(T), cudaMemcpyDeviceToHost));
        }
        void fill_zero() {
            if (size_) SNN_CUDA(cudaMemsetAsync(data_, 0, size_ * sizeof(T)));
        }

      private:
        void swap(Buffer& other) {
            std::swap(data_, other.data_);
            std::swap(size_, other.size_);
        }
        T* data_ = nullptr;
        std::size_t size_ = 0;
    };

    explicit Cuda(int /*threads*/) {
        cudaDeviceProp properties;
        SNN_CUDA(cudaGetDeviceProperties(&properties, 0));
        name_ = properties.name;
        blocks_ = static_cast<std::size_t>(properties.multiProcessorCount) * 16;
    }
    std::string name() const { return name_; }

    template <class Body>
    void for_each(std::size_t count, const Body& body) const {
        if (count == 0) return;
        constexpr std::size_t threads = 128;
        const std::size_t wanted = (count + threads - 1) / threads;
        const auto blocks = static_cast<unsigned>(wanted < blocks_ ? wanted : blocks_);
        for_each_kernel<<<blocks, threads>>>(count, body);
        SNN_CUDA(cudaGetLastError());
    }

  private:
    std::string name_;
    std::size_t blocks_ = 0;
};

}  // namespace snnsim
