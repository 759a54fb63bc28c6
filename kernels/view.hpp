// A borrowed, sized range of elements that can be passed by value into a kernel body.
#pragma once

#include <cstddef>

#include "kernels/host_device.hpp"

namespace snnsim {

/// Pointer and size; valid while the buffer it was taken from lives.
template <class T>
struct View {
    T* data = nullptr;
    std::size_t size = 0;

    SNN_HD T& operator[](std::size_t i) const { return data[i]; }
    SNN_HD T* begin() const { return data; }
    SNN_HD T* end() const { return data + size; }
};

}  // namespace snnsim
