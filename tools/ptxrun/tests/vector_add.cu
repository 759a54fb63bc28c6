// Copies, a kernel with a struct by value, a constant, a device variable, an array that does not
// fill its last warp.
#include <cuda_runtime.h>

#include <vector>

#include "check.hpp"

struct Scale {
    float factor[40];
};
__constant__ float offsets[3] = {0.5f, 1.5f, 2.5f};
__device__ unsigned counted;

__global__ void add(int n, const float* a, const float* b, float* c, Scale s) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    c[i] = a[i] * s.factor[i % 40] + b[i] + offsets[i % 3];
    atomicAdd(&counted, 1u);
}
int main() {
    const int n = 1000;
    std::vector<float> a(n), b(n), c(n);
    Scale s;
    for (int k = 0; k < 40; ++k) s.factor[k] = 0.25f * k;
    for (int i = 0; i < n; ++i) a[i] = i, b[i] = 3 * i;
    float *da, *db, *dc;
    CALL(cudaMalloc(&da, n * 4));
    CALL(cudaMalloc(&db, n * 4));
    CALL(cudaMalloc(&dc, n * 4));
    CALL(cudaMemcpy(da, a.data(), n * 4, cudaMemcpyHostToDevice));
    CALL(cudaMemcpy(db, b.data(), n * 4, cudaMemcpyHostToDevice));
    const float changed[3] = {0.5f, 10.0f, 2.5f};
    CALL(cudaMemcpyToSymbol(offsets, changed, sizeof changed));
    add<<<(n + 127) / 128, 128>>>(n, da, db, dc, s);
    CALL(cudaGetLastError());
    CALL(cudaMemcpy(c.data(), dc, n * 4, cudaMemcpyDeviceToHost));
    for (int i = 0; i < n; ++i) EXPECT(c[i] == a[i] * s.factor[i % 40] + b[i] + changed[i % 3]);
    unsigned count;
    CALL(cudaMemcpyFromSymbol(&count, counted, sizeof count));
    EXPECT(count == n);
    CALL(cudaFree(da));
    CALL(cudaFree(db));
    CALL(cudaFree(dc));
    std::puts("ok");
}
