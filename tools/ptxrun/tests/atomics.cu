// Atomic operations in global and shared memory.
#include <cuda_runtime.h>

#include "check.hpp"

__global__ void all(unsigned* u, int* s, unsigned long long* l, float* f, double* d) {
    __shared__ unsigned box;
    if (threadIdx.x == 0) box = 0;
    __syncthreads();
    const unsigned t = blockIdx.x * blockDim.x + threadIdx.x;
    atomicAdd(u, t);
    atomicMax(u + 1, t);
    atomicMin(u + 2, t);
    atomicOr(u + 3, 1u << (t % 32));
    atomicXor(u + 4, t);
    atomicInc(u + 5, 9);
    atomicDec(u + 6, 9);
    atomicAnd(u + 7, ~(1u << (t % 5)));
    atomicMin(s, 5 - static_cast<int>(t));
    atomicAdd(l, 0x100000000ull);
    atomicMax(l + 1, static_cast<unsigned long long>(t) << 40);
    atomicAdd(f, 0.5f);
    atomicAdd(d, 0.25);
    atomicAdd(&box, 2u);
    unsigned old = u[8], seen;
    do {
        seen = old;
        old = atomicCAS(u + 8, seen, seen + 3);
    } while (old != seen);
    __syncthreads();
    if (threadIdx.x == 0) atomicAdd(u + 9, box);
}
int main() {
    auto* u = managed<unsigned>(10);
    auto* s = managed<int>(1);
    auto* l = managed<unsigned long long>(2);
    auto* f = managed<float>(1);
    auto* d = managed<double>(1);
    u[2] = 1000;
    u[7] = ~0u;
    all<<<5, 100>>>(u, s, l, f, d);
    CALL(cudaDeviceSynchronize());
    unsigned x = 0, inc = 0, dec = 0;
    for (unsigned t = 0; t < 500; ++t)
        x ^= t, inc = inc >= 9 ? 0 : inc + 1, dec = dec == 0 || dec > 9 ? 9 : dec - 1;
    EXPECT(u[0] == 499 * 250 && u[1] == 499 && u[2] == 0 && u[3] == ~0u && u[4] == x &&
           u[5] == inc && u[6] == dec);
    EXPECT(u[7] == ~31u && u[8] == 1500 && u[9] == 1000 && s[0] == -494);
    EXPECT(l[0] == 500ull << 32 && l[1] == 499ull << 40 && f[0] == 250 && d[0] == 125);
    std::puts("ok");
}
