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
/// dL/d(spike) from dL/d(v before the reset) of the step after it, `v_next`.
template <class Constants>
SNN_HD float held_d_spike(const Constants& c, float v_next, float v, float d_output) {
    return d_output + c.reset_slope * (c.v_reset - v) * (c.decay * v_next);
}
/// dL/d(v before the reset) from that of the step after it, `v_next`.
template <class Spike, class Constants>
SNN_HD float v_backward(const Constants& c, float v_next, const float* saved, float d_output,
                        float surrogate) {
    const float v = saved[0], later = c.decay * v_next;  // dL/d(v after the reset)
    const float kept = 1.0f - Spike::spike(v - c.v_th);
    const float d_s = held_d_spike(c, v_next, v, d_output);
    return saved[1] > 0.0f ? 0.0f : fused(surrogate, d_s, kept * later);
}

/// The membrane after the reset, as it is kept.
template <class Spike, class Constants>
SNN_HD float held_after(const Constants& c, const float* saved) {
    const float spike = saved[1] > 0.0f ? 0.0f : Spike::spike(saved[0] - c.v_th);
    return spike == 1.0f ? c.v_reset : saved[0] + spike * (c.v_reset - saved[0]);
}
/// Adds to the sums decay, drive (of what is added to v), v_th and v_reset.
template <class Spike, class Constants, class Step, class Sums>
SNN_HD void add_held_gradient(const Constants& c, const Step& step, Sums& sums) {
    const float v = step.saved[0], d_v = step.now.v_next, later = c.decay * step.later.v_next;
    const bool waits = step.saved[1] > 0.0f;
    const float d_s = held_d_spike(c, step.later.v_next, v, step.d_output);
    const float reset = waits ? 1.0f : Spike::spike(v - c.v_th);  // v is v_reset while it waits
    sums.decay = fused(d_v, step.before.v, sums.decay);
    sums.drive = sums.drive + d_v;
    sums.v_th = sums.v_th - (waits ? 0.0f : step.surrogate * d_s);
    sums.v_reset = fused(reset, later, sums.v_reset);
}

}  // namespace snnsim
