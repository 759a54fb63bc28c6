// A window that moves over the places of one population, a place of another for each of its stops.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/host_device.hpp"

namespace snnsim {

/// Rows and columns.
struct SlidingWindow {
    std::uint32_t channels_in = 1, channels_out = 1;
    std::uint32_t in[2] = {1, 1}, out[2] = {1, 1};  // places
    std::uint32_t kernel[2] = {1, 1}, stride[2] = {1, 1}, padding[2] = {0, 0}, dilation[2] = {1, 1};
    std::uint32_t groups = 1;  // of channels that have nothing to do with each other

    SNN_HD std::size_t places_in() const { return std::size_t{in[0]} * in[1]; }
    SNN_HD std::size_t places_out() const { return std::size_t{out[0]} * out[1]; }
    SNN_HD std::size_t area() const { return std::size_t{kernel[0]} * kernel[1]; }
    /// Of a group.
    SNN_HD std::size_t channels_in_group() const { return channels_in / groups; }
    SNN_HD std::size_t channels_out_group() const { return channels_out / groups; }
    /// Weights of a target: [kernel row][kernel column][channel of its group].
    SNN_HD std::size_t taps() const { return area() * channels_in_group(); }

    /// Where offset k of the window lies when it stops at `stop`; beyond the border: false.
    SNN_HD bool source(int axis, std::uint32_t stop, std::uint32_t k, std::uint32_t& at) const {
        const std::uint32_t with_border = stop * stride[axis] + k * dilation[axis];
        at = with_border - padding[axis];
        return with_border >= padding[axis] && at < in[axis];
    }
    /// At which stop offset k of the window lies at `at`; nowhere: false.
    SNN_HD bool target(int axis, std::uint32_t at, std::uint32_t k, std::uint32_t& stop) const {
        const std::uint32_t with_border = at + padding[axis], offset = k * dilation[axis];
        if (with_border < offset || (with_border - offset) % stride[axis] != 0) return false;
        stop = (with_border - offset) / stride[axis];
        return stop < out[axis];
    }

    /// Calls f(place of the sources, offset) for what the window covers at a stop, by ascending
    /// place; offset = kernel row * kernel columns + kernel column.
    template <class F>
    SNN_HD void for_each_source(std::size_t stop, F&& f) const {
        const auto row = static_cast<std::uint32_t>(stop / out[1]),
                   column = static_cast<std::uint32_t>(stop % out[1]);
        for (std::uint32_t ky = 0; ky < kernel[0]; ++ky) {
            std::uint32_t y = 0, x = 0;
            if (!source(0, row, ky, y)) continue;
            for (std::uint32_t kx = 0; kx < kernel[1]; ++kx) {
                if (source(1, column, kx, x))
                    f(std::size_t{y} * in[1] + x, std::size_t{ky} * kernel[1] + kx);
            }
        }
    }
    /// Calls f(stop, offset) for the stops at which the window covers a place, by ascending offset.
    template <class F>
    SNN_HD void for_each_target(std::size_t place, F&& f) const {
        const auto row = static_cast<std::uint32_t>(place / in[1]),
                   column = static_cast<std::uint32_t>(place % in[1]);
        for (std::uint32_t ky = 0; ky < kernel[0]; ++ky) {
            std::uint32_t y = 0, x = 0;
            if (!target(0, row, ky, y)) continue;
            for (std::uint32_t kx = 0; kx < kernel[1]; ++kx) {
                if (target(1, column, kx, x))
                    f(std::size_t{y} * out[1] + x, std::size_t{ky} * kernel[1] + kx);
            }
        }
    }
};

}  // namespace snnsim
