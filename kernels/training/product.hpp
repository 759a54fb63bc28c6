// Dendrites that multiply: what two projections bring in a step, a and g, is integrated as a + a g
// (Cai et al. 2025, arXiv 2508.21566).
#pragma once

#include <cstddef>

#include "kernels/lanes.hpp"

namespace snnsim {

/// Body over columns of all steps: input (+)= a + a g.
template <class Columns>
struct AddProduct {
    const float* a;
    const float* g;
    float* input;
    bool accumulate;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t at = i * width_of<Columns>;
        const Columns first = load_columns(a + at, Columns{});
        const Columns sum = fused(first, load_columns(g + at, Columns{}), first);
        store_columns(input + at, accumulate ? add(load_columns(input + at, Columns{}), sum) : sum);
    }
};

/// Body over the same: dL/da = (1 + g) dL/d(input), dL/dg = a dL/d(input).
template <class Columns>
struct ProductBack {
    const float* a;
    const float* g;
    const float* gradient;
    float* of_a;
    float* of_g;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t at = i * width_of<Columns>;
        const Columns d = load_columns(gradient + at, Columns{});
        const Columns zero = broadcast(0.0f, Columns{});
        store_columns(of_a + at, fused(load_columns(g + at, Columns{}), d, d));
        store_columns(of_g + at, fused(load_columns(a + at, Columns{}), d, zero));
    }
};

}  // namespace snnsim
