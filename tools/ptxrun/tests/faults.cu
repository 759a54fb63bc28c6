// Each fault that the checks must find; the argument chooses.
#include <cuda_runtime.h>

#include <string>

#include "check.hpp"

__device__ int sink;
__global__ void out_of_bounds(int* p, int n) {
    p[threadIdx.x] = n;
}
__global__ void misaligned(char* p) {
    *reinterpret_cast<int*>(p + 1 + threadIdx.x * 4) = 1;
}
__global__ void shared_bounds(int n) {
    extern __shared__ int s[];
    s[threadIdx.x + n] = 1;
    sink = s[0];
}
__global__ void reads(const int* p) {
    sink = p[threadIdx.x];
}
__global__ void divergent() {
    if (threadIdx.x < 16)
        __syncthreads();
    else {
        sink = 1;
        __syncthreads();
    }
}
__global__ void race() {
    __shared__ int s[64];
    s[threadIdx.x] = threadIdx.x;
    sink = s[63 - threadIdx.x];
}
__global__ void stuck() {
    if (threadIdx.x < 32) asm volatile("bar.sync 1, 64;");
}
__global__ void fails(int n) {
    if (n == 1) __trap();
}
__global__ void order(int* p) {
    *p = blockIdx.x * 100 + threadIdx.x;
}
// Trusts that the lanes of a warp run in step.
__global__ void in_step(int* p) {
    volatile __shared__ int s[32];
    int wrong = 0;
    for (int k = 0; k < 50; ++k) {
        s[threadIdx.x] = k;
        if (s[threadIdx.x ^ 1] != k) wrong = 1;
    }
    if (wrong) *p = 1;
}
__global__ void rounds(float* p) {
    p[threadIdx.x] = __sinf(p[threadIdx.x]);
}

int main(int, char** argv) {
    const std::string which = argv[1];
    int *p, *q;
    CALL(cudaMalloc(&p, 400));
    CALL(cudaMalloc(&q, 400));
    if (which == "out_of_bounds") {
        out_of_bounds<<<1, 128>>>(p, 1);
    } else if (which == "misaligned") {
        misaligned<<<1, 4>>>(reinterpret_cast<char*>(p));
    } else if (which == "shared_bounds") {
        shared_bounds<<<1, 32, 128>>>(4);
    } else if (which == "freed") {
        CALL(cudaFree(p));
        reads<<<1, 4>>>(p);
    } else if (which == "divergent_barrier") {
        divergent<<<1, 32>>>();
    } else if (which == "never_written") {
        reads<<<1, 4>>>(p);
    } else if (which == "race") {
        race<<<1, 64>>>();
    } else if (which == "deadlock") {
        stuck<<<1, 64>>>();
    } else if (which == "trap") {
        fails<<<1, 32>>>(1);
    } else if (which == "copy_too_long") {
        std::printf("%s\n", cudaGetErrorName(cudaMemcpy(p, q, 500, cudaMemcpyDeviceToDevice)));
    } else if (which == "order_of_blocks") {
        int seen = 0, last = -1;
        for (int k = 0; k < 20; ++k) {
            order<<<8, 64>>>(p);
            int v;
            CALL(cudaMemcpy(&v, p, 4, cudaMemcpyDeviceToHost));
            seen += v != last;
            last = v;
        }
        std::printf("%s\n", seen > 3 ? "in several orders" : "always the same");
    } else if (which == "approximate") {
        CALL(cudaMemset(p, 0, 400));
        rounds<<<1, 32>>>(reinterpret_cast<float*>(p));
    } else if (which == "capture") {
        cudaStream_t s;
        CALL(cudaStreamCreate(&s));
        CALL(cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal));
        void* more;
        std::printf("%s\n", cudaGetErrorName(cudaMalloc(&more, 4)));
        std::printf("%s\n", cudaGetErrorName(cudaMemset(p, 0, 4)));
        return 0;
    } else if (which == "in_step") {
        CALL(cudaMemset(p, 0, 4));
        for (int k = 0; k < 20; ++k) in_step<<<4, 32>>>(p);
        int v;
        CALL(cudaMemcpy(&v, p, 4, cudaMemcpyDeviceToHost));
        std::printf("%s\n", v ? "out of step" : "in step");
    } else if (which == "not_implemented") {
        cudaArray_t a;
        cudaChannelFormatDesc d{};
        cudaMallocArray(&a, &d, 4, 4, 0);
    } else if (which == "no_wait") {
        // a host that does not wait for its copy
        int* h;
        CALL(cudaMallocHost(&h, 4));
        *h = 5;
        cudaStream_t s;
        CALL(cudaStreamCreate(&s));
        CALL(cudaMemsetAsync(p, 0, 4, s));
        CALL(cudaMemcpyAsync(h, p, 4, cudaMemcpyDeviceToHost, s));
        std::printf("before %d", *h);
        CALL(cudaStreamSynchronize(s));
        std::printf(" after %d\n", *h);
    } else if (which == "too_much") {
        std::size_t free, all;
        CALL(cudaMemGetInfo(&free, &all));
        std::printf("%zu of %zu bytes are free\n", free, all);
        std::printf("%s\n", cudaGetErrorName(cudaMalloc(&q, free + 1)));
        CALL(cudaMalloc(&q, free));
    } else if (which == "second_device") {
        int count;
        std::size_t free, all;
        cudaStream_t s;
        CALL(cudaStreamCreate(&s));
        CALL(cudaGetDeviceCount(&count));
        CALL(cudaSetDevice(1));
        CALL(cudaMemGetInfo(&free, &all));
        std::printf("%d devices, %zu of %zu bytes are free\n", count, free, all);
        fails<<<1, 32, 0, s>>>(0);
        std::printf("%s\n", cudaGetErrorName(cudaGetLastError()));
        std::printf("%s\n", cudaGetErrorName(cudaSetDevice(2)));
    } else if (which == "third_launch") {
        for (int k = 1; k <= 4; ++k) {
            fails<<<1, 32>>>(0);
            std::printf("%d %s ", k, cudaGetErrorName(cudaDeviceSynchronize()));
        }
    } else if (which.starts_with("library")) {
        // the library's kernel writes p[0 .. 127]; it is 100 long
        const std::string text =
            ".version 9.0\n.target " +
            std::string(which == "library_too_new" ? "sm_100" : "sm_90") +
            "\n.address_size 64\n.visible .entry writes(.param .u64 to)\n{\n"
            ".reg .b32 %r<2>;\n.reg .b64 %rd<4>;\nld.param.u64 %rd1, [to];\nmov.u32 %r1, %tid.x;\n"
            "mul.wide.u32 %rd2, %r1, 4;\nadd.u64 %rd3, %rd1, %rd2;\nst.global.u32 [%rd3], %r1;\n" +
            (which == "library_damaged" ? "}}" : "ret;\n}\n");
        cudaLibrary_t library;
        const cudaError_t loaded =
            cudaLibraryLoadData(&library, text.c_str(), nullptr, nullptr, 0, nullptr, nullptr, 0);
        std::printf("loaded %s\n", cudaGetErrorName(loaded));
        if (loaded != cudaSuccess) return 0;
        cudaKernel_t kernel;
        CALL(cudaLibraryGetKernel(&kernel, library, "writes"));
        void* args[] = {&p};
        cudaStream_t s;
        CALL(cudaStreamCreate(&s));
        if (which == "library_unloaded")
            CALL(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
        CALL(cudaLaunchKernel(reinterpret_cast<const void*>(kernel), 1, 128, args, 0, s));
        if (which == "library_unloaded") {
            cudaGraph_t graph;
            cudaGraphExec_t ready;
            CALL(cudaStreamEndCapture(s, &graph));
            CALL(cudaGraphInstantiate(&ready, graph, 0));
            CALL(cudaLibraryUnload(library));
            cudaGraphLaunch(ready, s);
        }
    } else {
        std::printf("there is no fault %s\n", which.c_str());
        return 2;
    }
    std::printf("status %s\n", cudaGetErrorName(cudaDeviceSynchronize()));
}
