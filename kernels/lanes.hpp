// The columns that one call of a kernel body works on: a panel of 16 on a CPU
// (launch/panel_columns.hpp), four on a GPU. The order of operations for one column is the
// same in both, and so are the bits.
#pragma once

#include <cstddef>

#include "kernels/host_device.hpp"
#include "kernels/math/fused.hpp"

namespace snnsim {

/// Neurons are stored in panels: [panel][row][panel_width] (one cache line a row), the last one
/// padded with zeros.
inline constexpr int panel_width = 16;

SNN_HD constexpr std::size_t panels_of(std::size_t columns) {
    return (columns + panel_width - 1) / panel_width;
}

/// Four neighbours in an array, which begin at a multiple of four: one access for all.
template <class T>
struct alignas(16) Four {
    T x[4];
};
template <class T>
SNN_HD inline Four<T> load_four(const T* from) {
    return *reinterpret_cast<const Four<T>*>(from);
}
template <class T>
SNN_HD inline void store_four(T* to, const Four<T>& x) {
    *reinterpret_cast<Four<T>*>(to) = x;
}

/// Four columns: what a GPU thread holds, for the way to a row costs more than a column of it.
using FourColumns = Four<float>;

SNN_HD inline FourColumns load_columns(const float* from, FourColumns) {
    return load_four(from);
}
SNN_HD inline void store_columns(float* to, const FourColumns& x) {
    store_four(to, x);
}
SNN_HD inline FourColumns broadcast(float x, FourColumns) {
    return {{x, x, x, x}};
}
SNN_HD inline FourColumns add(const FourColumns& a, const FourColumns& b) {
    return {{a.x[0] + b.x[0], a.x[1] + b.x[1], a.x[2] + b.x[2], a.x[3] + b.x[3]}};
}
SNN_HD inline FourColumns fused(const FourColumns& a, const FourColumns& b, const FourColumns& c) {
    return {{fused(a.x[0], b.x[0], c.x[0]), fused(a.x[1], b.x[1], c.x[1]),
             fused(a.x[2], b.x[2], c.x[2]), fused(a.x[3], b.x[3], c.x[3])}};
}

/// A row of `Lanes` values in memory that are read and written one by one: in place, or by a GPU,
/// of four, all at once.
template <int Lanes>
struct LaneRow {
    float* at;

    SNN_HD explicit LaneRow(float* from) : at(from) {}
    SNN_HD float& operator[](int l) { return at[l]; }
    SNN_HD void store() const {}
};
template <>
struct LaneRow<4> {
    float* at;
    FourColumns values;

    SNN_HD explicit LaneRow(float* from) : at(from), values(load_columns(from, FourColumns{})) {}
    SNN_HD float& operator[](int l) { return values.x[l]; }
    SNN_HD void store() const { store_columns(at, values); }
};

/// How many columns a `Columns` type holds.
template <class Columns>
inline constexpr int width_of = static_cast<int>(sizeof(Columns) / sizeof(float));

/// Cuts `rows` into tiles of at most six, as equal as can be, and calls f.template
/// operator()<tile>(first row). Six rows of a panel are the sums that a CPU's 16 vector registers
/// hold beside the operands.
template <class F>
SNN_HD inline void for_each_tile(std::size_t rows, F&& f) {
    const std::size_t tiles = (rows + 5) / 6;
    for (std::size_t k = 0; k < tiles; ++k) {
        const std::size_t first = rows * k / tiles, last = rows * (k + 1) / tiles;
        switch (last - first) {
            case 1:
                f.template operator()<1>(first);
                break;
            case 2:
                f.template operator()<2>(first);
                break;
            case 3:
                f.template operator()<3>(first);
                break;
            case 4:
                f.template operator()<4>(first);
                break;
            case 5:
                f.template operator()<5>(first);
                break;
            default:
                f.template operator()<6>(first);
        }
    }
}

/// Where the i-th call of a body over (sample, columns) works.
struct Place {
    std::size_t sample, panel;
    int lane;  // first column inside the panel
};

/// Number of calls that cover `batch` samples and `panels` panels.
template <class Columns>
SNN_HD constexpr std::size_t place_count(std::size_t batch, std::size_t panels) {
    return batch * panels * (panel_width / width_of<Columns>);
}

/// A GPU's neighbouring threads take neighbouring columns of a sample. A CPU takes four panels of
/// one sample, then the same four of the next, so that their weights stay in its L2 cache and the
/// sample's events in L1.
template <class Columns>
SNN_HD inline Place place_of(std::size_t i, std::size_t batch, std::size_t panels) {
    constexpr int width = width_of<Columns>;
    if constexpr (width < panel_width) {
        constexpr std::size_t parts = panel_width / width;
        const std::size_t row = panels * parts;
        const std::size_t part = i % row;
        return {i / row, part / parts, static_cast<int>(part % parts) * width};
    } else {
        constexpr std::size_t group = 4;
        const std::size_t first = i / (group * batch) * group;
        const std::size_t size = panels - first < group ? panels - first : group;
        const std::size_t inside = i - first * batch;
        return {inside / size, first + inside % size, 0};
    }
}

}  // namespace snnsim
