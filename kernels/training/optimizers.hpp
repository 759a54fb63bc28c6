// Weight updates: one element at a time, the gradient set to zero for the next batch.
#pragma once

#include <cmath>

#include "kernels/lanes.hpp"

namespace snnsim {

/// Buffers of one projection, all of the shape of its weights.
struct Parameters {
    float* weight = nullptr;
    float* gradient = nullptr;
    float* moment[2] = {nullptr, nullptr};

    /// Those from element `first` on.
    Parameters from(std::size_t first) const {
        Parameters out{weight + first, gradient + first, {moment[0] + first, moment[1]}};
        if (moment[1]) out.moment[1] += first;
        return out;
    }
};

/// v = momentum v + (g + decay w); w -= lr v.
struct SgdUpdate {
    static constexpr int moments = 1;
    float lr, momentum, weight_decay;

    SNN_HD void operator()(float& w, float g, float& v, float&) const {
        v = fused(momentum, v, fused(weight_decay, w, g));
        w = fused(-lr, v, w);
    }
};

/// Adam (Kingma & Ba 2015) and AdamW, with the operations of torch.optim in their order.
struct AdamUpdate {
    static constexpr int moments = 2;
    float beta1, beta2, eps;
    float rest1, rest2;  // 1 - beta
    float step;          // lr / (1 - beta1^n)
    float root;          // 1 / sqrt(1 - beta2^n)
    float l2, keep;      // adam: L2 penalty; adamw: 1 - lr decay

    SNN_HD void operator()(float& w, float g, float& m, float& v) const {
        w = w * keep;
        g = fused(l2, w, g);
        m = fused(beta1, m, rest1 * g);
        v = fused(beta2, v, rest2 * g * g);
        w = w - step * m / fused(sqrtf(v), root, eps);
    }
};

/// Body over rows of 16 elements on a CPU, of four on a GPU.
template <class Update, class Columns>
struct UpdateWeights {
    Parameters p;
    Update update;
    const float* scale;  // one factor on every gradient (clipping), or null

    SNN_HD void operator()(std::size_t i) const {
        constexpr int lanes = width_of<Columns>;
        const std::size_t at = i * lanes;
        const float factor = scale ? *scale : 1.0f;
        LaneRow<lanes> w(p.weight + at), g(p.gradient + at), m0(p.moment[0] + at),
            m1(p.moment[Update::moments > 1 ? 1 : 0] + at);
        for (int l = 0; l < lanes; ++l) {
            float weight = w[l], first = m0[l], second = 0.0f;
            if constexpr (Update::moments > 1) second = m1[l];
            update(weight, g[l] * factor, first, second);
            w[l] = weight;
            m0[l] = first;
            if constexpr (Update::moments > 1) m1[l] = second;
            g[l] = 0.0f;
        }
        w.store(), g.store(), m0.store();
        if constexpr (Update::moments > 1) m1.store();
    }
};

/// A body over groups of elements, on some rows of each panel alone; a row has `groups` of them.
template <class Body, int groups>
struct InRows {
    Body body;
    std::size_t rows;          // of a panel
    std::size_t first, count;  // those that are meant

    std::size_t size(std::size_t panels) const { return panels * count * groups; }
    SNN_HD void operator()(std::size_t i) const {
        const std::size_t row = i / groups;
        body((row / count * rows + first + row % count) * groups + i % groups);
    }
};

/// Body of one call: the factor that brings the gradient's norm down to `limit`.
struct ClipScale {
    const double* squares;
    std::size_t count;
    double limit;
    float* scale;

    SNN_HD void operator()(std::size_t) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < count; ++i) sum = sum + squares[i];
        const double norm = sqrt(sum);
        *scale = norm > limit ? static_cast<float>(limit / (norm + 1e-6)) : 1.0f;
    }
};

}  // namespace snnsim
