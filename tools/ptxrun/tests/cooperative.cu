// Blocks that wait for each other: the barrier of the grid, and a producer that is polled.
#include <cooperative_groups.h>
#include <cuda_runtime.h>

#include "check.hpp"
namespace cg = cooperative_groups;

__global__ void turns(int* x, int rounds) {
    const auto grid = cg::this_grid();
    const int n = static_cast<int>(grid.size()), me = static_cast<int>(grid.thread_rank());
    for (int r = 0; r < rounds; ++r) {
        const int next = x[(me + 1) % n];
        grid.sync();
        x[me] = next;
        grid.sync();
    }
}
__global__ void chain(volatile int* flags, int* out) {  // the last block starts it
    const int b = blockIdx.x;
    if (threadIdx.x == 0) {
        if (b + 1 < static_cast<int>(gridDim.x))
            while (flags[b + 1] == 0) {
            }
        __threadfence();
        out[b] = b + 1 < static_cast<int>(gridDim.x) ? out[b + 1] + 1 : 0;
        __threadfence();
        flags[b] = 1;
    }
}
int main() {
    int* x = managed<int>(8 * 64);
    for (int i = 0; i < 512; ++i) x[i] = i;
    int rounds = 20;
    void* args[] = {&x, &rounds};
    CALL(
        cudaLaunchCooperativeKernel(reinterpret_cast<void*>(turns), dim3(8), dim3(64), args, 0, 0));
    CALL(cudaDeviceSynchronize());
    for (int i = 0; i < 512; ++i) EXPECT(x[i] == (i + 20) % 512);
    int *flags = managed<int>(16), *out = managed<int>(16);
    chain<<<16, 32>>>(flags, out);
    CALL(cudaDeviceSynchronize());
    EXPECT(out[0] == 15);
    std::puts("ok");
}
