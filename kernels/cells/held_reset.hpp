// The end of a step, and its derivative, of cells that a spike resets and that wait at v_reset for
// a refractory period.
#pragma once

#include <type_traits>

#include "kernels/cells/model.hpp"

namespace snnsim {

/// Of a cell whose membrane is `v` before the reset, and v_reset where it `waits`. `saved`: v, and
/// 1 where it waits.
template <class Spike, bool Saves, class Constants, class State>
SNN_HD float fire_and_wait(const Constants& c, State& s, float v, bool waits,
                           [[maybe_unused]] float* saved) {
    if constexpr (Saves) {
        saved[0] = v;
        saved[1] = waits ? 1.0f : 0.0f;
    }
    const bool fires = !waits && v >= c.v_th;
    s.refractory = fires ? c.refractory : waits ? s.refractory - 1.0f : 0.0f;
    if constexpr (std::is_same_v<Spike, Heaviside>) {
        s.v = fires ? c.v_reset : v;
        return fires ? 1.0f : 0.0f;
    } else {
        const float spike = waits ? 0.0f : Spike::spike(v - c.v_th);
        s.v = v + spike * (c.v_reset - v);
        return spike;
    }
}
/// The membrane after the reset (mV).
template <class Constants>
SNN_HD float held_membrane(const Constants& c, const float* saved) {
    const bool fires = saved[1] == 0.0f && saved[0] >= c.v_th;
    return (fires ? c.v_reset : saved[0]) + c.e_l;
}
/// dL/d(v before the reset) from that of the step after it, `v_next`.
template <class Spike, class Constants>
SNN_HD float v_backward(const Constants& c, float v_next, const float* saved, float d_output,
                        float surrogate) {
    const float v = saved[0], later = c.decay * v_next;  // dL/d(v after the reset)
    const float kept = 1.0f - Spike::spike(v - c.v_th);
    const float d_spike = d_output + c.reset_slope * (c.v_reset - v) * later;
    return saved[1] > 0.0f ? 0.0f : fused(surrogate, d_spike, kept * later);
}

}  // namespace snnsim
