// Votes, shuffles, matches and reductions, converged and not; lanes that wait for lanes that come
// later.
#include <cuda_runtime.h>

#include "check.hpp"

__global__ void votes(unsigned* out) {
    const unsigned lane = threadIdx.x;
    out[lane] = __ballot_sync(~0u, lane % 3 == 0);
    out[32 + lane] = __any_sync(~0u, lane == 31) | __all_sync(~0u, lane < 31) << 1;
    int sum = static_cast<int>(lane);
    for (int d = 16; d; d /= 2) sum += __shfl_down_sync(~0u, sum, d);
    out[64 + lane] = static_cast<unsigned>(__shfl_sync(~0u, sum, 0));
    out[96 + lane] = __match_any_sync(~0u, lane / 5);
    out[128 + lane] = __reduce_add_sync(~0u, lane) + __reduce_max_sync(~0u, lane * 7 % 31);
    unsigned half;
    if (lane < 16)
        half = __ballot_sync(0x0000FFFFu, lane & 1);
    else
        half = __ballot_sync(0xFFFF0000u, lane & 2);
    out[160 + lane] = half;
    // Lanes come one by one, and the last lets all go on.
    unsigned met = 0;
    for (unsigned k = 0; k < 32; ++k) {
        if (lane >= k) met += 1;
        __syncwarp();
    }
    out[192 + lane] = met;
    out[224 + lane] = static_cast<unsigned>(__shfl_up_sync(~0u, static_cast<int>(lane), 3, 8)) +
                      100 * static_cast<unsigned>(__shfl_xor_sync(~0u, static_cast<int>(lane), 5));
    if (lane >= 20) return;
    out[256 + lane] = __ballot_sync((1u << 20) - 1, true);
}
// A lane holds a lock while the others of its warp ask for it: all must get on.
__global__ void lock_of_a_warp(int* lock, int* count) {
    for (bool done = false; !done;) {
        if (atomicCAS(lock, 0, 1) == 0) {
            *count += 1;
            __threadfence();
            atomicExch(lock, 0);
            done = true;
        }
    }
}
int main() {
    unsigned* o = managed<unsigned>(288);
    votes<<<1, 32>>>(o);
    CALL(cudaDeviceSynchronize());
    for (unsigned l = 0; l < 32; ++l) {
        unsigned match = 0, ballot = 0;
        for (unsigned k = 0; k < 32; ++k)
            match |= unsigned{k / 5 == l / 5} << k, ballot |= unsigned{k % 3 == 0} << k;
        EXPECT(o[l] == ballot);
        EXPECT(o[32 + l] == 1);
        EXPECT(o[64 + l] == 496);
        EXPECT(o[96 + l] == match);
        EXPECT(o[128 + l] == 496 + 30);
        EXPECT(o[160 + l] == (l < 16 ? 0xAAAAu : 0xCCCC0000u));
        EXPECT(o[192 + l] == l + 1);
        EXPECT(o[224 + l] == (l % 8 >= 3 ? l - 3 : l) + 100 * (l ^ 5));
        EXPECT(o[256 + l] == (l < 20 ? 0xFFFFFu : 0u));
    }
    int* p = managed<int>(2);
    lock_of_a_warp<<<3, 64>>>(p, p + 1);
    CALL(cudaDeviceSynchronize());
    EXPECT(p[1] == 192);
    std::puts("ok");
}
