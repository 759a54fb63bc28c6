// Kernels of PTX that is loaded while the program runs: launched, captured in a graph, unloaded.
#include <cuda_runtime.h>

#include <string>

#include "check.hpp"

const char* const text = R"ptx(
.version 9.0
.target sm_90
.address_size 64
.visible .global .align 4 .u32 step = 7;
.visible .entry other() { ret; }
.visible .entry add(.param .u64 to, .param .align 8 .b8 pair[16])
{
    .reg .b32 %r<5>;
    .reg .b64 %rd<5>;
    ld.param.u64 %rd1, [to];
    ld.param.u32 %r1, [pair];
    ld.param.u32 %r2, [pair+12];
    mov.u32 %r3, %tid.x;
    mul.wide.u32 %rd2, %r3, 4;
    add.u64 %rd3, %rd1, %rd2;
    add.u32 %r1, %r1, %r2;
    ld.global.u32 %r3, [step];
    mad.lo.u32 %r1, %r1, 10, %r3;
    ld.global.u32 %r3, [%rd3];
    add.u32 %r1, %r1, %r3;
    st.global.u32 [%rd3], %r1;
    ret;
}
)ptx";

struct Pair {
    unsigned first;
    double between;
    __device__ __host__ Pair(unsigned a, unsigned b) : first(a) {
        const unsigned words[2] = {0, b};
        std::memcpy(&between, words, 8);
    }
};

int main() {
    cudaLibrary_t library;
    CALL(cudaLibraryLoadData(&library, text, nullptr, nullptr, 0, nullptr, nullptr, 0));
    unsigned count;
    CALL(cudaLibraryGetKernelCount(&count, library));
    EXPECT(count == 2);
    cudaKernel_t kernel, same;
    CALL(cudaLibraryGetKernel(&kernel, library, "add"));
    CALL(cudaLibraryGetKernel(&same, library, "add"));
    EXPECT(kernel == same);
    EXPECT(cudaLibraryGetKernel(&same, library, "sub") == cudaErrorSymbolNotFound);
    const auto* const f = reinterpret_cast<const void*>(kernel);
    cudaFuncAttributes attributes;
    CALL(cudaFuncGetAttributes(&attributes, f));
    EXPECT(attributes.maxThreadsPerBlock == 1024);
    std::size_t at, bytes;
    CALL(cudaFuncGetParamInfo(f, 1, &at, &bytes));
    EXPECT(at == 8 && bytes == 16);
    EXPECT(cudaFuncGetParamInfo(f, 2, &at, &bytes) == cudaErrorInvalidValue);

    unsigned* x;
    CALL(cudaMalloc(&x, 128));
    CALL(cudaMemset(x, 0, 128));
    Pair pair{1, 2};
    void* args[] = {&x, &pair};
    CALL(cudaLaunchKernel(f, 1, 32, args, 0, nullptr));  // 37
    CALL(cudaDeviceSynchronize());
    void* step;
    CALL(cudaLibraryGetGlobal(&step, &bytes, library, "step"));
    EXPECT(bytes == 4);
    const unsigned nine = 9;
    CALL(cudaMemcpy(step, &nine, 4, cudaMemcpyHostToDevice));

    cudaStream_t stream;
    CALL(cudaStreamCreate(&stream));
    CALL(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    cudaLaunchConfig_t config{};
    config.gridDim = 1;
    config.blockDim = 16;
    config.stream = stream;
    CALL(cudaLaunchKernelExC(&config, f, args));  // 39 each
    pair = {0, 0};                                // arguments are those of the capture
    cudaGraph_t graph;
    CALL(cudaStreamEndCapture(stream, &graph));
    cudaGraphExec_t ready;
    CALL(cudaGraphInstantiate(&ready, graph, 0));
    CALL(cudaGraphDestroy(graph));
    for (int k = 0; k < 3; ++k) CALL(cudaGraphLaunch(ready, stream));
    unsigned host[32];
    CALL(cudaStreamSynchronize(stream));
    CALL(cudaMemcpy(host, x, 128, cudaMemcpyDeviceToHost));
    for (unsigned t = 0; t < 32; ++t) EXPECT(host[t] == 37 + (t < 16 ? 3 * 39 : 0));
    CALL(cudaGraphExecDestroy(ready));

    // Two libraries of one text have a variable each.
    cudaLibrary_t second;
    CALL(cudaLibraryLoadData(&second, text, nullptr, nullptr, 0, nullptr, nullptr, 0));
    void* other;
    CALL(cudaLibraryGetGlobal(&other, nullptr, second, "step"));
    EXPECT(other != step);
    CALL(cudaLibraryUnload(library));
    EXPECT(cudaLibraryUnload(library) == cudaErrorInvalidResourceHandle);
    CALL(cudaLibraryUnload(second));
    cudaGetLastError();
    std::puts("ok");
}
