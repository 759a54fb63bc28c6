// SNN_HD marks a function that is compiled for both machines; SNN_LANES a loop over the columns of
// a panel, whose turns are independent: vector instructions on a CPU, a single turn on a GPU.
// SNN_UNROLL: a loop that must keep its array in registers. SNN_CALLED: one that a GPU calls,
// rather than to have a copy of it at each place.
#pragma once

#ifdef __CUDACC__
#define SNN_HD __host__ __device__
#define SNN_CALLED __host__ __device__ __noinline__
#define SNN_LANES
#define SNN_LANES_OR(any)
#ifdef __CUDA_ARCH__
#define SNN_UNROLL _Pragma("unroll")
#else
#define SNN_UNROLL
#endif
#else
#define SNN_HD
#define SNN_CALLED
#define SNN_PRAGMA(text) _Pragma(#text)
#define SNN_LANES _Pragma("omp simd")
#define SNN_LANES_OR(any) SNN_PRAGMA(omp simd reduction(| : any))
#define SNN_UNROLL _Pragma("GCC unroll 32")
#endif

namespace snnsim {

/// Says that the line at `address` will be read soon.
SNN_HD inline void prefetch([[maybe_unused]] const void* address) {
#ifndef __CUDA_ARCH__
    __builtin_prefetch(address);
#endif
}

}  // namespace snnsim
