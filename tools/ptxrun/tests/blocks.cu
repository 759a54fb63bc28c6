// Shared memory with barriers: a transpose, a reduction in dynamic shared memory, counted and named
// barriers.
#include <cuda_runtime.h>

#include "check.hpp"

__global__ void transpose(const int* in, int* out, int n) {
    __shared__ int tile[32][33];
    const int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 32 + threadIdx.y;
    for (int k = 0; k < 32; k += 8) tile[threadIdx.y + k][threadIdx.x] = in[(y + k) * n + x];
    __syncthreads();
    for (int k = 0; k < 32; k += 8)
        out[(blockIdx.x * 32 + threadIdx.y + k) * n + blockIdx.y * 32 + threadIdx.x] =
            tile[threadIdx.x][threadIdx.y + k];
}
__global__ void sum(const int* in, int* out) {
    extern __shared__ int part[];
    part[threadIdx.x] = in[blockIdx.x * blockDim.x + threadIdx.x];
    for (unsigned d = blockDim.x / 2; d; d /= 2) {
        __syncthreads();
        if (threadIdx.x < d) part[threadIdx.x] += part[threadIdx.x + d];
    }
    if (threadIdx.x == 0) atomicAdd(out, part[0]);
    const int odd = __syncthreads_count(threadIdx.x & 1), any = __syncthreads_or(threadIdx.x == 5),
              all = __syncthreads_and(threadIdx.x < 9999);
    if (threadIdx.x == 0) atomicAdd(out + 1, odd * 100 + any * 10 + all);
}
// Two warps produce for two others through barriers of their own.
__global__ void pipeline(int* out) {
    __shared__ int box[64];
    const int t = threadIdx.x;
    int seen = 0;
    for (int round = 0; round < 10; ++round) {
        if (t < 64) {
            box[t] = round * 64 + t;
            asm volatile("bar.arrive 1, 128;" ::: "memory");
            asm volatile("bar.sync 2, 128;" ::: "memory");
        } else {
            asm volatile("bar.sync 1, 128;" ::: "memory");
            seen += box[t - 64];
            asm volatile("bar.arrive 2, 128;" ::: "memory");
        }
    }
    if (t >= 64) out[t - 64] = seen;
}
int main() {
    const int n = 96;
    int *a = managed<int>(n * n), *b = managed<int>(n * n);
    for (int i = 0; i < n * n; ++i) a[i] = i * 7;
    transpose<<<dim3(3, 3), dim3(32, 8)>>>(a, b, n);
    CALL(cudaDeviceSynchronize());
    for (int y = 0; y < n; ++y)
        for (int x = 0; x < n; ++x) EXPECT(b[x * n + y] == a[y * n + x]);
    int* s = managed<int>(2);
    long want = 0;
    for (int i = 0; i < 1024; ++i) want += a[i];
    sum<<<4, 256, 256 * 4>>>(a, s);
    CALL(cudaDeviceSynchronize());
    EXPECT(s[0] == want);
    EXPECT(s[1] == 4 * (128 * 100 + 11));
    pipeline<<<1, 128>>>(b);
    CALL(cudaDeviceSynchronize());
    for (int t = 0; t < 64; ++t) EXPECT(b[t] == 10 * t + 64 * 45);
    std::puts("ok");
}
