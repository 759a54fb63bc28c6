// Short-term plasticity: what a spike releases depends on those before it.
#pragma once

#include "kernels/host_device.hpp"

namespace snnsim {

/// Tsodyks & Markram (1997), from spike to spike: resources x recover to 1 with tau_rec, the
/// release probability u falls to 0 with tau_fac; a spike raises u by u_0 (1 - u), then releases
/// u x. The first finds x = 1, u = u_0. As NEST's tsodyks2_synapse.
struct ShortTerm {
    float x = 1.0f, u = 0.0f;  // as the last spike found them; u after its rise

    /// What the next spike finds; `first`: there was none before. Since the last one that share of
    /// what lacks of x still lacks, and that share of u is left.
    SNN_HD static ShortTerm at_spike(const ShortTerm& last, float u_0, float lacking, float left,
                                     bool first) {
        if (first) return {1.0f, u_0};
        const float empty = 1.0f - last.x * (1.0f - last.u);
        return {1.0f - empty * lacking, u_0 + last.u * (1.0f - u_0) * left};
    }
    SNN_HD float released() const { return x * u; }
};

}  // namespace snnsim
