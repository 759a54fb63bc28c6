// Integers: wide and high products, carries, fields, permutations, shifts past the width, switches,
// calls, local arrays.
#include <cuda_runtime.h>

#include <cstdint>

#include "check.hpp"

__device__ __noinline__ unsigned fibonacci(unsigned n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}
struct Pair {
    unsigned long long a;
    int b;
};
__device__ __noinline__ Pair twice(Pair p) {
    return {p.a * 2, p.b + 1};
}
__device__ __noinline__ int choose(int k, int v) {
    switch (k) {
        case 0:
            return v + 1;
        case 1:
            return v * 3;
        case 2:
            return v ^ 77;
        case 3:
            return -v;
        case 4:
            return v << 3;
        case 5:
            return v / 5;
        case 6:
            return v % 9;
        case 7:
            return v & 12;
        default:
            return 1000;
    }
}
__device__ int plus(int a, int b) {
    return a + b;
}
__device__ int minus(int a, int b) {
    return a - b;
}
using F = int (*)(int, int);

__global__ void work(const unsigned long long* in, unsigned long long* out, int n) {
    const int i = threadIdx.x;
    const unsigned long long x = in[i], y = in[(i + 1) % n];
    const unsigned a = static_cast<unsigned>(x), b = static_cast<unsigned>(y >> 20);
    unsigned long long* o = out + i * 20;
    o[0] = __umul64hi(x, y);
    o[1] = static_cast<unsigned long long>(
        __mul64hi(static_cast<long long>(x), static_cast<long long>(y)));
    o[2] = __umulhi(a, b);
    unsigned lo, hi;
    asm("add.cc.u32 %0, %2, %4; addc.u32 %1, %3, %5;"
        : "=r"(lo), "=r"(hi)
        : "r"(a), "r"(static_cast<unsigned>(x >> 32)), "r"(static_cast<unsigned>(y)),
          "r"(static_cast<unsigned>(y >> 32)));
    o[3] = static_cast<unsigned long long>(hi) << 32 | lo;
    asm("sub.cc.u32 %0, %2, %4; subc.u32 %1, %3, %5;"
        : "=r"(lo), "=r"(hi)
        : "r"(a), "r"(static_cast<unsigned>(x >> 32)), "r"(static_cast<unsigned>(y)),
          "r"(static_cast<unsigned>(y >> 32)));
    o[4] = static_cast<unsigned long long>(hi) << 32 | lo;
    asm("bfe.u32 %0, %1, %2, %3;" : "=r"(lo) : "r"(a), "r"(i), "r"(i / 2));
    o[5] = lo;
    asm("bfe.s32 %0, %1, %2, %3;" : "=r"(lo) : "r"(a), "r"(i / 2), "r"(i));
    o[6] = lo;
    asm("bfi.b32 %0, %1, %2, %3, %4;" : "=r"(lo) : "r"(a), "r"(b), "r"(i), "r"(i / 3));
    o[7] = lo;
    o[8] = __byte_perm(a, b, 0x7250 + i % 4);
    o[9] = static_cast<unsigned long long>(__popcll(x)) << 32 |
           __clz(static_cast<int>(a | 1)) << 8 | __ffs(static_cast<int>(a));
    o[10] = __brev(a);
    asm("shl.b32 %0, %1, %2;" : "=r"(lo) : "r"(a), "r"(i * 2));
    o[11] = lo;
    asm("shr.s32 %0, %1, %2;" : "=r"(lo) : "r"(a), "r"(i * 2));
    o[12] = lo;
    o[13] = __funnelshift_l(a, b, i);
    asm("lop3.b32 %0, %1, %2, %3, 0x96;" : "=r"(lo) : "r"(a), "r"(b), "r"(i));
    o[14] = lo;
    o[15] = fibonacci(static_cast<unsigned>(i % 12));
    const Pair p = twice({x, i});
    o[16] = p.a + static_cast<unsigned long long>(p.b);
    o[17] = static_cast<unsigned long long>(choose(i % 10, static_cast<int>(a)));
    int local[16];
    for (int k = 0; k < 16; ++k) local[k] = k * i;
    int sum = 0;
    for (int k = 0; k < 16; ++k) sum += local[(k * 5 + i) % 16] * k;
    o[18] = static_cast<unsigned long long>(sum);
    const F f = i % 3 ? plus : minus;
    o[19] = static_cast<unsigned long long>(f(i, 7)) + x / (y | 1) + x % (y | 1);
}
int main() {
    const int n = 64;
    auto *in = managed<unsigned long long>(n), *out = managed<unsigned long long>(n * 20);
    std::uint64_t s = 99;
    for (int i = 0; i < n; ++i) in[i] = s = s * 6364136223846793005ull + 1442695040888963407ull;
    work<<<1, n>>>(in, out, n);
    CALL(cudaDeviceSynchronize());
    const unsigned fib[] = {0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89};
    for (int i = 0; i < n; ++i) {
        const unsigned long long x = in[i], y = in[(i + 1) % n], *o = out + i * 20;
        const unsigned a = static_cast<unsigned>(x), b = static_cast<unsigned>(y >> 20);
        EXPECT(o[0] ==
               static_cast<unsigned long long>(static_cast<unsigned __int128>(x) * y >> 64));
        EXPECT(o[1] ==
               static_cast<unsigned long long>(static_cast<__int128>(static_cast<long long>(x)) *
                                                   static_cast<long long>(y) >>
                                               64));
        EXPECT(o[2] == static_cast<unsigned long long>(a) * b >> 32);
        EXPECT(o[3] == x + y);
        EXPECT(o[4] == x - y);
        const auto field = [](unsigned v, int pos, int len) {
            return static_cast<unsigned>(
                pos > 31 ? 0 : (static_cast<unsigned long long>(v) >> pos) & ((1ull << len) - 1));
        };
        EXPECT(o[5] == field(a, i, i / 2));
        if (i == 0)
            EXPECT(o[6] == 0);
        else if (i / 2 + i <= 32)
            EXPECT(o[6] ==
                   static_cast<unsigned>(static_cast<int>(a << (32 - i / 2 - i)) >> (32 - i)));
        if (i < 32) {
            const unsigned mask = static_cast<unsigned>(((1ull << (i / 3)) - 1) << i);
            EXPECT(o[7] ==
                   ((b & ~mask) |
                    (static_cast<unsigned>(static_cast<unsigned long long>(a) << i) & mask)));
        } else
            EXPECT(o[7] == b);
        unsigned want = 0;
        for (int k = 0; k < 4; ++k)
            want |= static_cast<unsigned>(((static_cast<unsigned long long>(b) << 32 | a) >>
                                           (8 * ((0x7250 + i % 4) >> (4 * k) & 7))) &
                                          0xFF)
                    << (8 * k);
        EXPECT(o[8] == want);
        EXPECT(o[9] == (static_cast<unsigned long long>(__builtin_popcountll(x)) << 32 |
                        static_cast<unsigned>(__builtin_clz(a | 1)) << 8 |
                        static_cast<unsigned>(__builtin_ffs(static_cast<int>(a)))));
        EXPECT(o[11] == (i * 2 > 31 ? 0u : a << (i * 2)));
        EXPECT(o[12] == static_cast<unsigned>(static_cast<int>(a) >> (i * 2 > 31 ? 31 : i * 2)));
        EXPECT(o[13] == static_cast<unsigned>(
                            ((static_cast<unsigned long long>(b) << 32 | a) << (i & 31)) >> 32));
        EXPECT(o[14] == (a ^ b ^ static_cast<unsigned>(i)));
        EXPECT(o[15] == fib[i % 12]);
        EXPECT(o[16] == x * 2 + static_cast<unsigned long long>(i + 1));
        const int v = static_cast<int>(a), k = i % 10;
        const int sw = k == 0   ? v + 1
                       : k == 1 ? static_cast<int>(a * 3)
                       : k == 2 ? v ^ 77
                       : k == 3 ? -v
                       : k == 4 ? static_cast<int>(a << 3)
                       : k == 5 ? v / 5
                       : k == 6 ? v % 9
                       : k == 7 ? v & 12
                                : 1000;
        EXPECT(o[17] == static_cast<unsigned long long>(static_cast<long long>(sw)));
        int sum = 0;
        for (int q = 0; q < 16; ++q) sum += (q * 5 + i) % 16 * i * q;
        EXPECT(o[18] == static_cast<unsigned long long>(static_cast<long long>(sum)));
        EXPECT(o[19] ==
               static_cast<unsigned long long>(i % 3 ? i + 7 : i - 7) + x / (y | 1) + x % (y | 1));
    }
    std::puts("ok");
}
