// Runs kernel bodies as CUDA kernels; owns device memory. Only files beside this one call the CUDA
// runtime's launch and memory functions.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <string>
#include <typeinfo>
#include <utility>

#include "kernels/lanes.hpp"
#include "kernels/launch/cuda_kernels.cuh"
#include "kernels/launch/under_way.hpp"
#include "snnsim/error.hpp"

namespace snnsim {

inline void check_cuda(cudaError_t status, const char* call) {
    if (status == cudaSuccess) return;
    throw DeviceError(std::string("CUDA: ") + cudaGetErrorString(status) + " (" +
                      cudaGetErrorName(status) + ", told by " + call + ")" + under_way().text() +
                      "; --backend cpu computes the same without the device. Run under "
                      "compute-sanitizer, it says which kernel did what: please report that");
}
#define SNN_CUDA(call) ::snnsim::check_cuda((call), #call)

/// After a launch.
template <class Body>
void launched() {
    under_way().launched(typeid(Body));
    SNN_CUDA(cudaGetLastError());
}

/// Null where there is nothing to allocate.
inline void* allocate_on_device(std::size_t bytes) {
    void* memory = nullptr;
    if (bytes == 0) return memory;
    const cudaError_t status = cudaMalloc(&memory, bytes);
    if (status != cudaErrorMemoryAllocation) {
        check_cuda(status, "cudaMalloc");
        return memory;
    }
    cudaGetLastError();  // it is not to be told again by the next call
    std::size_t free = 0, all = 0;
    SNN_CUDA(cudaMemGetInfo(&free, &all));
    const auto megabytes = [](std::size_t n) { return std::to_string(n / 1'000'000) + " MB"; };
    throw DeviceError("the device has no room for " + megabytes(bytes + 999'999) +
                      " more: " + megabytes(free) + " of its " + megabytes(all) +
                      " are free; a smaller model takes less, another --device may have more, and "
                      "--backend cpu needs none of it");
}

/// The device that cudaSetDevice made current.
struct CurrentDevice {
    std::string name;  // "NVIDIA H200, device 0"
    std::size_t processors = 0;

    CurrentDevice() {
        int number = 0;
        cudaDeviceProp properties;
        SNN_CUDA(cudaGetDevice(&number));
        SNN_CUDA(cudaGetDeviceProperties(&properties, number));
        name = std::string(properties.name) + ", device " + std::to_string(number);
        processors = static_cast<std::size_t>(properties.multiProcessorCount);
    }
};

struct Cuda {
    using Columns = FourColumns;
    static constexpr bool expands_spikes = false;

    /// Owns `size` elements on the device, zero at first.
    template <class T>
    class Buffer {
      public:
        Buffer() = default;
        explicit Buffer(std::size_t size)
            : data_(static_cast<T*>(allocate_on_device(size * sizeof(T)))), size_(size) {
            if (size) SNN_CUDA(cudaMemset(data_, 0, size * sizeof(T)));
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
            if (count == 0) return;
            SNN_CUDA(cudaMemcpy(to, data_ + at, count * sizeof(T), cudaMemcpyDeviceToHost));
            under_way().done();  // it waits for all kernels before
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

    explicit Cuda(int /*threads*/) : blocks_(device_.processors * 16) {}
    std::string name() const { return device_.name; }
    void begin(const std::string& unit, std::int64_t first, std::int64_t last) const {
        under_way().begin(unit, first, last);
    }

    template <class Body>
    void for_each(std::size_t count, const Body& body) const {
        if (count == 0) return;
        constexpr std::size_t threads = 128;
        const std::size_t wanted = (count + threads - 1) / threads;
        const auto blocks = static_cast<unsigned>(wanted < blocks_ ? wanted : blocks_);
        for_each_kernel<<<blocks, threads>>>(count, body);
        launched<Body>();
    }

  private:
    CurrentDevice device_;
    std::size_t blocks_ = 0;
};

}  // namespace snnsim
