// Scans of CUB with their decoupled look-back, radix sort, and sort of Thrust.
#include <thrust/device_vector.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/sort.h>

#include <algorithm>
#include <cub/cub.cuh>
#include <numeric>
#include <vector>

#include "check.hpp"

struct Bits {
    __host__ __device__ unsigned operator()(unsigned v) const {
        unsigned n = 0;
        for (; v; v &= v - 1) ++n;
        return n;
    }
};

int main() {
    const int n = 70'000;
    std::vector<unsigned> v(n), want(n), got(n);
    unsigned x = 1;
    for (auto& e : v) e = (x = x * 1664525u + 1013904223u);
    unsigned *in, *out;
    CALL(cudaMalloc(&in, n * 4));
    CALL(cudaMalloc(&out, n * 4));
    CALL(cudaMemcpy(in, v.data(), n * 4, cudaMemcpyHostToDevice));
    void* scratch = nullptr;
    std::size_t bytes = 0;
    const auto counts = thrust::make_transform_iterator(static_cast<const unsigned*>(in), Bits{});
    CALL(cub::DeviceScan::ExclusiveSum(scratch, bytes, counts, out, n));
    CALL(cudaMalloc(&scratch, bytes));
    CALL(cub::DeviceScan::ExclusiveSum(scratch, bytes, counts, out, n));
    CALL(cudaMemcpy(got.data(), out, n * 4, cudaMemcpyDeviceToHost));
    unsigned sum = 0;
    for (int i = 0; i < n; ++i) {
        want[i] = sum;
        sum += Bits{}(v[i]);
    }
    EXPECT(got == want);
    std::size_t more = 0;
    CALL(cub::DeviceRadixSort::SortKeys(nullptr, more, in, out, n));
    void* space;
    CALL(cudaMalloc(&space, more));
    CALL(cub::DeviceRadixSort::SortKeys(space, more, in, out, n));
    CALL(cudaMemcpy(got.data(), out, n * 4, cudaMemcpyDeviceToHost));
    want = v;
    std::sort(want.begin(), want.end());
    EXPECT(got == want);
    thrust::device_vector<int> keys(v.begin(), v.begin() + 5000);
    thrust::sort(keys.begin(), keys.end());
    EXPECT(std::is_sorted(keys.begin(), keys.end()));
    std::puts("ok");
}
