// Cells whose parameters are trained: constants that differ from cell to cell, and the gradient of
// what they are made of.
#pragma once

#include <cstddef>
#include <utility>

#include "kernels/cells/trained.hpp"
#include "kernels/lanes.hpp"

namespace snnsim {

/// The floats that a struct of nothing else holds.
template <class S>
inline constexpr int floats_of = static_cast<int>(sizeof(S) / sizeof(float));

/// From a column of rows, member by member: in memory it would be no vector instructions' food.
template <class S, std::size_t... K>
SNN_HD inline S of_column(const float* row, std::size_t width, std::index_sequence<K...>) {
    return S{row[K * width]...};
}
template <class S>
SNN_HD inline S of_column(const float* row, std::size_t width) {
    return of_column<S>(row, width, std::make_index_sequence<floats_of<S>>{});
}

// Where a body has the constants of its cells: the same for all, or by cell. `constants_at` gives
// what is then asked by lane.

template <class C>
struct ForAllLanes {
    C shared;  // a copy, which no store can change
    SNN_HD const C& operator[](int) const { return shared; }
};
template <class C>
SNN_HD inline ForAllLanes<C> constants_at(const C& shared, const Place&) {
    return {shared};
}

/// [panel][constant][panel_width].
template <class C>
struct ByCell {
    using Constants = C;
    const float* data = nullptr;
};
template <class C>
struct ByLane {
    const float* row;
    SNN_HD C operator[](int l) const { return of_column<C>(row + l, panel_width); }
};
template <class C>
SNN_HD inline ByLane<C> constants_at(const ByCell<C>& cells, const Place& p) {
    return {cells.data + p.panel * floats_of<C> * panel_width + p.lane};
}

/// Neurons of model M whose parameters are trained: what the bodies of training take in place of M.
template <class M>
struct Learning {};

/// What stands behind that argument of a body.
template <class N>
struct NeuronsOf {
    using Model = N;
    using Constants = typename N::Constants;
    static constexpr bool learn = false;
};
template <class M>
struct NeuronsOf<Learning<M>> {
    using Model = M;
    using Constants = ByCell<typename M::Constants>;
    static constexpr bool learn = true;
};

/// Sums of a model's gradient, for a row of lanes.
template <class Sums, int Lanes>
struct LaneSums {
    float row[floats_of<Sums>][Lanes] = {};

    SNN_HD Sums get(int l) const { return of_column<Sums>(&row[0][l], Lanes); }
    SNN_HD void set(int l, const Sums& sums) { sums.to_column(&row[0][l], Lanes); }
};

/// Those of all samples: [panel][sample][sum][panel_width].
template <class Sums>
struct StoredSums {
    float* data = nullptr;
    std::size_t batch = 0;

    SNN_HD float* at(const Place& p) const {
        return data + (p.panel * batch + p.sample) * floats_of<Sums> * panel_width + p.lane;
    }
    template <int Lanes>
    SNN_HD void load(const Place& p, LaneSums<Sums, Lanes>& sums) const {
        const float* from = at(p);
        for (int k = 0; k < floats_of<Sums>; ++k) {
            for (int l = 0; l < Lanes; ++l) sums.row[k][l] = from[k * panel_width + l];
        }
    }
    template <int Lanes>
    SNN_HD void store(const Place& p, const LaneSums<Sums, Lanes>& sums) const {
        float* to = at(p);
        for (int k = 0; k < floats_of<Sums>; ++k) {
            for (int l = 0; l < Lanes; ++l) to[k * panel_width + l] = sums.row[k][l];
        }
    }
};

/// Body over (panel, sum, columns): adds the samples to `total`, ascending.
template <class Columns>
struct AddSamples {
    static constexpr int lanes = width_of<Columns>;
    static constexpr std::size_t parts = panel_width / lanes;

    const float* sums;  // see StoredSums
    std::size_t batch, count;
    double* total;  // [panel][sum][panel_width]

    SNN_HD std::size_t size(std::size_t panels) const { return panels * count * parts; }
    SNN_HD void operator()(std::size_t i) const {
        const std::size_t row = i / parts, lane = i % parts * lanes;  // row: panel and sum
        const float* from = sums + (row / count * batch * count + row % count) * panel_width + lane;
        double sum[lanes];
        for (int l = 0; l < lanes; ++l) sum[l] = total[row * panel_width + lane + l];
        for (std::size_t b = 0; b < batch; ++b, from += count * panel_width) {
            for (int l = 0; l < lanes; ++l) sum[l] = sum[l] + static_cast<double>(from[l]);
        }
        for (int l = 0; l < lanes; ++l) total[row * panel_width + lane + l] = sum[l];
    }
};

}  // namespace snnsim
