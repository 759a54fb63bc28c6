// Runs the device engine's kernel bodies on a GPU: the kernels of a batch of steps are captured in
// a graph once, and nothing waits for the host inside a batch.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cub/block/block_scan.cuh>
#include <memory>
#include <vector>

#include "kernels/launch/compile_kernel.cuh"
#include "kernels/launch/cuda.cuh"
#include "kernels/launch/runtime_kernel.cuh"

namespace snnsim {

/// See SerialSteps::Block.
template <std::uint32_t Size>
class OneBlock {
  public:
    using Scan = cub::BlockScan<std::uint32_t, Size>;

    __device__ explicit OneBlock(Scan::TempStorage& storage) : storage_(storage) {}
    __device__ std::uint32_t thread() const { return threadIdx.x; }
    __device__ std::uint32_t threads() const { return Size; }
    __device__ std::uint32_t sum_before(std::uint32_t value, std::uint32_t& all) {
        std::uint32_t before = 0;
        Scan(storage_).ExclusiveSum(value, before, all);
        __syncthreads();  // the storage is free again
        return before;
    }
    __device__ void wait() const { __syncthreads(); }

  private:
    Scan::TempStorage& storage_;
};

template <std::uint32_t Size, class Body>
__global__ void __launch_bounds__(Size) in_one_block_kernel(Body body) {
    __shared__ typename OneBlock<Size>::Scan::TempStorage storage;
    OneBlock<Size> block(storage);
    body(block);
}

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

    /// Code that a model file brings is compiled when a run begins.
    static constexpr bool compiles = true;
    using Kernel = RuntimeKernel;
    static Kernel compile(const std::string& name, const std::string& text,
                          const std::string& entry) {
        return compile_kernel({name, text, entry});
    }

    static constexpr std::int64_t batch = 32;  // the most steps of a graph

    CudaSteps() {
        // Both wait for what the buffers' own calls do (the default stream), and not for each
        // other.
        SNN_CUDA(cudaStreamCreate(&stream_));
        SNN_CUDA(cudaStreamCreate(&copies_));
    }
    ~CudaSteps() {
        cudaStreamSynchronize(stream_);
        cudaStreamSynchronize(copies_);
        forget_batches();
        cudaStreamDestroy(stream_);
        cudaStreamDestroy(copies_);
    }
    CudaSteps(const CudaSteps&) = delete;
    CudaSteps& operator=(const CudaSteps&) = delete;

    std::string name() const { return device_.name; }
    std::size_t teams() const { return processors_ * 32; }

    template <class Body>
    void for_each(std::size_t count, const Body& body) {
        if (count == 0) return;
        for_each_kernel<<<blocks_for(count), threads, 0, stream_>>>(count, body);
        launched<Body>();
    }
    template <class Body>
    void for_each_team(std::size_t count, const Body& body) {
        if (count == 0) return;
        for_each_team_kernel<<<blocks_for(32 * count), threads, 0, stream_>>>(count, body);
        launched<Body>();
    }
    template <class Body>
    void for_each_bit(std::size_t words, const Body& body, const std::uint32_t* word_ids,
                      std::uint32_t* bits) {
        if (words == 0) return;
        for_each_bit_kernel<<<blocks_for(32 / Body::lanes * words), threads, 0, stream_>>>(
            static_cast<std::uint32_t>(words), body, word_ids, bits);
        launched<Body>();
    }
    /// The same by a kernel that was compiled while the program runs: for_each_kernel,
    /// for_each_team_kernel or for_each_bit_kernel of a body that has the members of `body`.
    template <class Body>
    void for_each(const RuntimeKernel& kernel, std::size_t count, const Body& body) {
        if (count) kernel.launch(stream_, blocks_for(count), threads, count, body);
    }
    template <class Body>
    void for_each_team(const RuntimeKernel& kernel, std::size_t count, const Body& body) {
        if (count) kernel.launch(stream_, blocks_for(32 * count), threads, count, body);
    }
    template <class Body>
    void for_each_bit(const RuntimeKernel& kernel, std::size_t words, const Body& body,
                      const std::uint32_t* word_ids, std::uint32_t* bits) {
        if (words == 0) return;
        kernel.launch(stream_, blocks_for(32 / Body::lanes * words), threads,
                      static_cast<std::uint32_t>(words), body, word_ids, bits);
    }
    static constexpr std::uint32_t few = 8, many = 32;  // threads of a team
    template <std::uint32_t Lanes, class Body>
    void share_out(std::uint32_t expected, const Body& body) {
        const std::size_t blocks = teams_for<Lanes>(expected) / (threads / Lanes);
        share_out_kernel<Lanes><<<static_cast<unsigned>(blocks), threads, 0, stream_>>>(body);
        launched<Body>();
    }
    /// The teams that it will be.
    template <std::uint32_t Lanes>
    std::size_t teams_for(std::uint32_t expected) const {
        constexpr std::size_t teams = threads / Lanes;
        return teams * std::clamp<std::size_t>((std::size_t{expected} + teams - 1) / teams, 1,
                                               processors_ * 4);
    }
    template <class Body>
    void in_one_block(std::uint32_t wanted, const Body& body) {
        if (wanted <= 128) {
            in_one_block_kernel<128><<<1, 128, 0, stream_>>>(body);
        } else if (wanted <= 512) {
            in_one_block_kernel<512><<<1, 512, 0, stream_>>>(body);
        } else {
            in_one_block_kernel<1024><<<1, 1024, 0, stream_>>>(body);
        }
        launched<Body>();
    }

    template <class Step, class Finish>
    void run_batches(std::int64_t now, std::int64_t end, std::int64_t cut, const Step& step,
                     const Finish& finish) {
        while (now < end) {
            const std::int64_t most = std::min({end - now, batch, cut - now % cut});
            const auto exponent = std::bit_width(static_cast<std::uint64_t>(most)) - 1;
            const std::int64_t count = std::int64_t{1} << exponent;
            Graph& graph = graphs_[exponent];
            under_way().begin("step", now + 1, now + count);
            if (!graph.ready) graph = capture(count, step, finish);
            under_way().launched(graph.kernels);
            SNN_CUDA(cudaGraphLaunch(graph.ready, stream_));
            now += count;
        }
    }
    void wait() {
        SNN_CUDA(cudaStreamSynchronize(stream_));
        under_way().done();
    }
    /// What is expected of steps to come has changed. None may be running.
    void forget_batches() {
        for (Graph& graph : graphs_) {
            if (graph.ready) cudaGraphExecDestroy(graph.ready);
            graph = {};
        }
    }

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
    struct Graph {
        cudaGraphExec_t ready = nullptr;
        UnderWay::Kernels kernels;
    };
    template <class Step, class Finish>
    Graph capture(std::int64_t steps, const Step& step, const Finish& finish) {
        cudaGraph_t graph = nullptr;
        SNN_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
        for (std::int64_t k = 0; k < steps; ++k) step(k);
        finish(steps);
        SNN_CUDA(cudaStreamEndCapture(stream_, &graph));
        cudaGraphExec_t ready = nullptr;
        const cudaError_t status = cudaGraphInstantiate(&ready, graph, 0);
        cudaGraphDestroy(graph);
        check_cuda(status, "cudaGraphInstantiate");
        return {ready, under_way().kernels()};
    }

    CurrentDevice device_;
    std::size_t processors_ = device_.processors;
    cudaStream_t stream_ = nullptr, copies_ = nullptr;
    Graph graphs_[6];  // of 1, 2, 4 .. batch steps
};

}  // namespace snnsim
