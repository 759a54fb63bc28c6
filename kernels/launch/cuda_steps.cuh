// Runs the device engine's kernel bodies on a GPU: the kernels of a batch of steps are captured in
// a graph once, and nothing waits for the host inside a batch.
#pragma once

#include <thrust/iterator/transform_iterator.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cub/device/device_scan.cuh>
#include <memory>
#include <vector>

#include "kernels/launch/cuda.cuh"
#include "kernels/network/list_spikes.hpp"

namespace snnsim {

template <class Body>
__global__ void for_each_team_kernel(std::size_t count, Body body) {
    const std::size_t thread = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    const std::size_t teams = static_cast<std::size_t>(gridDim.x) * blockDim.x / warpSize;
    const std::uint32_t lane = threadIdx.x % warpSize;
    for (std::size_t i = thread / warpSize; i < count; i += teams)
        body(i, lane, static_cast<std::uint32_t>(warpSize));
}

template <class Body>
__global__ void for_each_bit_kernel(std::size_t words, Body body, const std::uint32_t* word_ids,
                                    std::uint32_t* bits) {
    const std::size_t thread = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    const std::size_t stride = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = thread; i / 32 < words; i += stride) {  // the same for a whole warp
        const std::uint32_t word = __ballot_sync(0xFFFFFFFFu, body(i));
        if (i % 32 == 0) bits[word_ids[i / 32]] = word;
    }
}

struct CountBits {
    SNN_HD std::uint32_t operator()(std::uint32_t word) const {
        return static_cast<std::uint32_t>(count_bits(word));
    }
};

class CudaSteps {
  public:
    /// Owns `size` elements on the device, zero at first.
    template <class T>
    class Buffer : public Cuda::Buffer<T> {
      public:
        Buffer() = default;
        explicit Buffer(std::size_t size) : Cuda::Buffer<T>(size) {}
        explicit Buffer(const std::vector<T>& from) : Cuda::Buffer<T>(from.size()) {
            this->copy_from(from.data(), from.size());
        }
    };

    /// Memory of the host that the device copies to while both work.
    template <class T>
    class HostBuffer {
      public:
        HostBuffer() = default;
        ~HostBuffer() { cudaFreeHost(data_); }
        HostBuffer(HostBuffer&& other) noexcept
            : data_(std::exchange(other.data_, nullptr)),
              size_(std::exchange(other.size_, 0)),
              capacity_(std::exchange(other.capacity_, 0)) {}

        /// Loses what it held.
        void resize(std::size_t size) {
            if (size > capacity_) {
                SNN_CUDA(cudaFreeHost(std::exchange(data_, nullptr)));
                capacity_ = 0;
                SNN_CUDA(cudaMallocHost(&data_, (size + size / 2) * sizeof(T)));
                capacity_ = size + size / 2;
            }
            size_ = size;
        }
        T* data() { return data_; }
        std::size_t size() const { return size_; }
        const T& operator[](std::size_t i) const { return data_[i]; }

      private:
        T* data_ = nullptr;
        std::size_t size_ = 0, capacity_ = 0;
    };

    static constexpr std::int64_t batch = 32;  // the most steps of a graph

    CudaSteps() {
        cudaDeviceProp properties;
        SNN_CUDA(cudaGetDeviceProperties(&properties, 0));
        name_ = properties.name;
        processors_ = static_cast<std::size_t>(properties.multiProcessorCount);
        // Both wait for what the buffers' own calls do (the default stream), and not for each
        // other.
        SNN_CUDA(cudaStreamCreate(&stream_));
        SNN_CUDA(cudaStreamCreate(&copies_));
    }
    ~CudaSteps() {
        cudaStreamSynchronize(stream_);
        cudaStreamSynchronize(copies_);
        for (const cudaGraphExec_t graph : graphs_) {
            if (graph) cudaGraphExecDestroy(graph);
        }
        cudaStreamDestroy(stream_);
        cudaStreamDestroy(copies_);
    }
    CudaSteps(const CudaSteps&) = delete;
    CudaSteps& operator=(const CudaSteps&) = delete;

    std::string name() const { return name_; }
    std::size_t teams() const { return processors_ * 32; }

    template <class Body>
    void for_each(std::size_t count, const Body& body) {
        if (count == 0) return;
        for_each_kernel<<<blocks_for(count), threads, 0, stream_>>>(count, body);
        SNN_CUDA(cudaGetLastError());
    }
    template <class Body>
    void for_each_team(std::size_t count, const Body& body) {
        if (count == 0) return;
        for_each_team_kernel<<<blocks_for(32 * count), threads, 0, stream_>>>(count, body);
        SNN_CUDA(cudaGetLastError());
    }
    template <class Body>
    void for_each_bit(std::size_t words, const Body& body, const std::uint32_t* word_ids,
                      std::uint32_t* bits) {
        if (words == 0) return;
        for_each_bit_kernel<<<blocks_for(32 * words), threads, 0, stream_>>>(words, body, word_ids,
                                                                             bits);
        SNN_CUDA(cudaGetLastError());
    }
    /// The number of words is the same in every call.
    void count_bits_before(const std::uint32_t* bits, std::size_t words, std::uint32_t* offsets) {
        const auto counts = thrust::make_transform_iterator(bits, CountBits{});
        const auto size = static_cast<int>(words);
        std::size_t bytes = scratch_.size();
        SNN_CUDA(
            cub::DeviceScan::ExclusiveSum(scratch_.data(), bytes, counts, offsets, size, stream_));
    }
    /// Before the first batch, for nothing can be allocated in one.
    void reserve_counts(std::size_t words) {
        const auto counts = thrust::make_transform_iterator(
            static_cast<const std::uint32_t*>(nullptr), CountBits{});
        std::size_t bytes = 0;
        SNN_CUDA(cub::DeviceScan::ExclusiveSum(nullptr, bytes, counts,
                                               static_cast<std::uint32_t*>(nullptr),
                                               static_cast<int>(words), stream_));
        scratch_ = Buffer<std::uint8_t>(bytes);
    }

    template <class Step, class Finish>
    void run_batches(std::int64_t steps, const Step& step, const Finish& finish) {
        for (std::int64_t left = steps; left > 0;) {
            const auto exponent =
                std::bit_width(static_cast<std::uint64_t>(std::min(left, batch))) - 1;
            cudaGraphExec_t& graph = graphs_[exponent];
            if (!graph) graph = capture(std::int64_t{1} << exponent, step, finish);
            SNN_CUDA(cudaGraphLaunch(graph, stream_));
            left -= std::int64_t{1} << exponent;
        }
    }
    void wait() { SNN_CUDA(cudaStreamSynchronize(stream_)); }

    /// Copies to a HostBuffer while steps go on; those that wrote `from` must have been waited for.
    template <class T>
    void start_copy(T* to, const T* from, std::size_t count) {
        copy(to, from, count, cudaMemcpyDeviceToHost, copies_);
    }
    void wait_for_copies() { SNN_CUDA(cudaStreamSynchronize(copies_)); }
    /// In the order of the steps, as upload and download.
    template <class T>
    void copy_within(T* to, const T* from, std::size_t count) {
        copy(to, from, count, cudaMemcpyDeviceToDevice, stream_);
    }
    template <class T>
    void upload(T* to, const T* from, std::size_t count) {
        copy(to, from, count, cudaMemcpyHostToDevice, stream_);
    }
    template <class T>
    void download(T* to, const T* from, std::size_t count) {
        copy(to, from, count, cudaMemcpyDeviceToHost, stream_);
        wait();
    }

  private:
    static constexpr unsigned threads = 128;
    template <class T>
    static void copy(T* to, const T* from, std::size_t count, cudaMemcpyKind kind,
                     cudaStream_t stream) {
        if (count) SNN_CUDA(cudaMemcpyAsync(to, from, count * sizeof(T), kind, stream));
    }
    unsigned blocks_for(std::size_t wanted_threads) const {
        const std::size_t wanted = (wanted_threads + threads - 1) / threads;
        return static_cast<unsigned>(std::min(wanted, processors_ * 16));
    }
    template <class Step, class Finish>
    cudaGraphExec_t capture(std::int64_t steps, const Step& step, const Finish& finish) {
        cudaGraph_t graph = nullptr;
        SNN_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
        for (std::int64_t k = 0; k < steps; ++k) step(k);
        finish(steps);
        SNN_CUDA(cudaStreamEndCapture(stream_, &graph));
        cudaGraphExec_t ready = nullptr;
        const cudaError_t status = cudaGraphInstantiate(&ready, graph, 0);
        cudaGraphDestroy(graph);
        check_cuda(status, "cudaGraphInstantiate");
        return ready;
    }

    std::string name_;
    std::size_t processors_ = 0;
    cudaStream_t stream_ = nullptr, copies_ = nullptr;
    cudaGraphExec_t graphs_[6] = {};  // of 1, 2, 4 .. batch steps
    Buffer<std::uint8_t> scratch_;
};

}  // namespace snnsim
