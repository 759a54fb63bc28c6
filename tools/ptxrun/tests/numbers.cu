// Arithmetic, conversions and roundings at their edges, against the host's.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cfenv>
#include <cmath>
#include <cstdint>

#include "check.hpp"

struct Out {
    float add, mul, fma, div, sqrt, rcp, low, high, rz, rp, rm, rn64;
    double fma64, div64, sqrt64, rz64;
    int i, iz, iu, id;
    unsigned u;
    long long l;
    unsigned long long ul;
    float from_s64, from_u64, whole, half_back, bf_back;
    double from_s64d;
    unsigned short half, half_z, bf, hfma;
};
__global__ void compute(const float* a, const float* b, const double* d, const long long* k, Out* o,
                        int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    Out& r = o[i];
    const float x = a[i], y = b[i];
    r.add = __fadd_rn(x, y);
    r.mul = __fmul_rn(x, y);
    r.fma = __fmaf_rn(x, y, -x);
    r.div = __fdiv_rn(x, y);
    r.sqrt = __fsqrt_rn(x);
    r.rcp = __frcp_rn(x);
    r.low = fminf(x, y);
    r.high = fmaxf(x, y);
    r.rz = __fmul_rz(x, y);
    r.rp = __fadd_ru(x, y);
    r.rm = __fadd_rd(x, y);
    r.rn64 = __double2float_rn(d[i]);
    r.fma64 = __fma_rn(d[i], static_cast<double>(x), 1.0);
    r.div64 = __ddiv_rn(d[i], 3.0);
    r.sqrt64 = __dsqrt_rn(d[i]);
    r.rz64 = __dmul_rz(d[i], static_cast<double>(y));
    r.i = __float2int_rn(x);
    r.iz = __float2int_rz(x);
    r.iu = __float2int_ru(x);
    r.id = __double2int_rd(d[i]);
    r.u = __float2uint_rz(x);
    r.l = __float2ll_rn(x);
    r.ul = __double2ull_rz(d[i]);
    r.from_s64 = __ll2float_rn(k[i]);
    r.from_u64 = __ull2float_rz(static_cast<unsigned long long>(k[i]));
    r.from_s64d = __ll2double_rn(k[i]);
    r.whole = rintf(x);
    const __half h = __float2half_rn(x), hz = __float2half_rz(x);
    r.half = __half_as_ushort(h);
    r.half_z = __half_as_ushort(hz);
    r.half_back = __half2float(h);
    r.hfma = __half_as_ushort(__hfma(h, __float2half_rn(y), h));
    const __nv_bfloat16 q = __float2bfloat16_rn(x);
    r.bf = __bfloat16_as_ushort(q);
    r.bf_back = __bfloat162float(q);
}
template <class T>
bool same(T a, T b) {
    return std::memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b);
}
template <class F>
auto rounded(int mode, F f) {
    std::fesetround(mode);
    volatile auto r = f();
    std::fesetround(FE_TONEAREST);
    return r;
}
int clamp(double v) {
    return v != v               ? 0
           : v >= 2147483647.0  ? 2147483647
           : v <= -2147483648.0 ? INT32_MIN
                                : static_cast<int>(v);
}
long long clamp64(float v) {
    return v != v                        ? INT64_MIN
           : v >= 9223372036854775808.0f ? INT64_MAX
           : v < -9223372036854775808.0f ? INT64_MIN
                                         : static_cast<long long>(std::nearbyint(v));
}

int main() {
    const float edge[] = {0.0f,           -0.0f,      1.0f,          -1.0f,          0.5f,
                          1.5f,           2.5f,       -2.5f,         3.4028235e38f,  -3.4028235e38f,
                          1.1754944e-38f, 1e-45f,     -1e-45f,       1e-40f,         INFINITY,
                          -INFINITY,      NAN,        2147483648.0f, -2147483648.0f, 4294967296.0f,
                          1e10f,          65504.0f,   65520.0f,      5.9604645e-8f,  2.9802322e-8f,
                          6.1e-5f,        0.1f,       1.0000001f,    16777217.0f,    9.3e18f,
                          1e30f,          3.14159265f};
    const int m = sizeof edge / sizeof *edge, n = m * m + 3000;
    float *a = managed<float>(n), *b = managed<float>(n);
    double* d = managed<double>(n);
    auto* k = managed<long long>(n);
    Out* o = managed<Out>(n);
    std::uint64_t s = 12345;
    const auto next = [&] {
        return s = s * 6364136223846793005ull + 1442695040888963407ull, s >> 11 ^ s << 30;
    };
    for (int i = 0; i < n; ++i) {
        const std::uint32_t p = static_cast<std::uint32_t>(next()),
                            q = static_cast<std::uint32_t>(next());
        std::memcpy(&a[i], &p, 4);
        std::memcpy(&b[i], &q, 4);
        if (i < m * m) a[i] = edge[i / m], b[i] = edge[i % m];
        const std::uint64_t w = next() ^ next() << 20;
        std::memcpy(&d[i], &w, 8);
        if (i % 2) d[i] = static_cast<double>(a[i]) * 1.0000000001;
        k[i] = static_cast<long long>(next() >> (next() % 60));
        if (i % 3 == 0) k[i] = -k[i];
    }
    compute<<<(n + 127) / 128, 128>>>(a, b, d, k, o, n);
    CALL(cudaDeviceSynchronize());
    for (int i = 0; i < n; ++i) {
        const volatile float x = a[i], y = b[i];
        const volatile double z = d[i];
        const Out& r = o[i];
        EXPECT(same<float>(r.add, x + y));
        EXPECT(same<float>(r.mul, x * y));
        EXPECT(same<float>(r.fma, std::fma(x, y, -x)));
        EXPECT(same<float>(r.div, x / y));
        EXPECT(same<float>(r.sqrt, std::sqrt(x)));
        EXPECT(same<float>(r.rcp, 1.0f / x));
        if (x == x && y == y && x != y) {
            EXPECT(r.low == std::fmin(x, y));
            EXPECT(r.high == std::fmax(x, y));
        }
        EXPECT(same<float>(r.rz, rounded(FE_TOWARDZERO, [&] { return x * y; })));
        EXPECT(same<float>(r.rp, rounded(FE_UPWARD, [&] { return x + y; })));
        EXPECT(same<float>(r.rm, rounded(FE_DOWNWARD, [&] { return x + y; })));
        EXPECT(same<float>(r.rn64, static_cast<float>(z)));
        EXPECT(same<double>(r.fma64, std::fma(z, static_cast<double>(x), 1.0)));
        EXPECT(same<double>(r.div64, z / 3.0));
        EXPECT(same<double>(r.sqrt64, std::sqrt(z)));
        EXPECT(same<double>(r.rz64,
                            rounded(FE_TOWARDZERO, [&] { return z * static_cast<double>(y); })));
        EXPECT(r.i == clamp(std::nearbyint(x)));
        EXPECT(r.iz == clamp(std::trunc(x)));
        EXPECT(r.iu == clamp(std::ceil(x)));
        if (z == z) EXPECT(r.id == clamp(std::floor(z)));
        EXPECT(r.u == (x != x || x <= 0     ? 0u
                       : x >= 4294967296.0f ? ~0u
                                            : static_cast<unsigned>(x)));
        EXPECT(r.l == clamp64(x));
        if (z == z)
            EXPECT(r.ul == (z <= 0                        ? 0ull
                            : z >= 18446744073709551616.0 ? ~0ull
                                                          : static_cast<unsigned long long>(z)));
        EXPECT(r.from_s64 == static_cast<float>(k[i]));
        EXPECT(r.from_s64d == static_cast<double>(k[i]));
        const auto uk = static_cast<unsigned long long>(k[i]);
        EXPECT(static_cast<unsigned __int128>(r.from_u64) <= uk &&
               (uk < 1u << 24
                    ? static_cast<float>(uk) == r.from_u64
                    : static_cast<unsigned __int128>(std::nextafter(r.from_u64, INFINITY)) > uk));
        EXPECT(same<float>(r.whole, std::nearbyint(x)));
        const _Float16 h = static_cast<_Float16>(x);
        unsigned short hb;
        std::memcpy(&hb, &h, 2);
        if (x == x) EXPECT(r.half == hb);
        EXPECT(same<float>(r.half_back, static_cast<float>(h)));
        const long double exact =
            static_cast<long double>(static_cast<float>(h)) *
                static_cast<long double>(static_cast<float>(static_cast<_Float16>(y))) +
            static_cast<long double>(static_cast<float>(h));
        if (std::isfinite(exact) && std::fabs(exact) < 60000 && std::fabs(exact) > 1e-3) {
            const _Float16 want = static_cast<_Float16>(static_cast<double>(exact));
            unsigned short wb;
            std::memcpy(&wb, &want, 2);
            EXPECT(r.hfma == wb);
        }
        std::uint32_t bits;
        std::memcpy(&bits, &a[i], 4);
        if (x == x)
            EXPECT(r.bf == static_cast<unsigned short>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16));
    }
    std::puts("ok");
}
