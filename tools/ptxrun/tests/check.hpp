// What the tests share.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>

#define CALL(x)                                                                           \
    do {                                                                                  \
        const cudaError_t e_ = (x);                                                       \
        if (e_ != cudaSuccess) {                                                          \
            std::printf("%s:%d: %s: %s\n", __FILE__, __LINE__, #x, cudaGetErrorName(e_)); \
            std::exit(1);                                                                 \
        }                                                                                 \
    } while (0)
#define EXPECT(x)                                                       \
    do {                                                                \
        if (!(x)) {                                                     \
            std::printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #x); \
            std::exit(1);                                               \
        }                                                               \
    } while (0)

template <class T>
T* managed(std::size_t n) {
    T* p;
    CALL(cudaMallocManaged(&p, n * sizeof(T)));
    std::memset(p, 0, n * sizeof(T));
    return p;
}
