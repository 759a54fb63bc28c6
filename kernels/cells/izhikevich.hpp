// The quadratic cell of Izhikevich.
#pragma once

#include <array>
#include <cmath>
#include <type_traits>

#include "kernels/cells/model.hpp"
#include "kernels/math/bits.hpp"
#include "kernels/steps.hpp"

namespace snnsim {

enum class IzhikevichScheme : std::uint8_t { euler, sequential, published_2003 };
template <>
struct Names<IzhikevichScheme> {
    static constexpr std::array values{"euler", "sequential", "published_2003"};
};

/// v' = q2 v^2 + q1 v + q0 - u + I, u' = a (b (v - u_origin) - u_decay u); after a spike v = c, u =
/// u + d (Izhikevich 2003, 2004). Cells start as in his programs, at v = -65 mV and u = b v, which
/// is not where they rest: with the default parameters that is at -70 mV and -14. Weights and
/// stimuli are in the model's own unit of current. Schemes: euler: both from the values at the
/// start of the step, spike if v >= v_peak, and arriving weights jump v (NEST). sequential: v
/// first, then u with the new v, spike if v > v_peak: the program of the twenty patterns.
/// published_2003: v makes two half steps and u one step, spike if v >= v_peak; arriving weights
/// act as current through the step: the program of the 1000-cell network, with dt and delays of 1
/// ms. With `step`, a cell moves only in the last dt of each of its steps, by the whole step and
/// with the current of that dt; a program that takes steps of 0.25 ms can so be repeated beside
/// others. An explicit step of h overshoots where v lies under -62.5 mV - 25 mV ms / h (default
/// parameters): strong inhibition can then fire a cell, here as in NEST and in his programs; a
/// smaller dt helps.
struct Izhikevich {
    static constexpr const char* name = "izhikevich";
    static constexpr const char* input_unit = "";
    static constexpr int receptors = 1;
    static constexpr bool uses_random = false;
    static constexpr Output output = Output::spikes;
    static constexpr int saved_count = 2;  // v before the reset, and v at the start of the step

    struct Params {
        IzhikevichScheme scheme = IzhikevichScheme::euler;
        double a = 0.02, b = 0.2, c = -65.0, d = 8.0;
        double q2 = 0.04, q1 = 5.0, q0 = 140.0;
        double u_origin = 0.0;
        double u_decay = 1.0;
        double v_peak = 30.0;
        double i_e = 0.0;
        double step = 0.0;
        bool detach_reset = true;

        static constexpr auto fields() {
            return Fields{
                Field{"scheme", &Params::scheme, "", unlimited,
                      "euler (NEST), sequential (program of the 20 patterns), or published_2003 "
                      "(program of the 1000-cell network)"},
                Field{"a", &Params::a, "", unlimited, "rate of u (1/ms)"},
                Field{"b", &Params::b, "", unlimited, "sensitivity of u to v"},
                Field{"c", &Params::c, "mV", unlimited, "v after a spike"},
                Field{"d", &Params::d, "", unlimited, "added to u by a spike"},
                Field{"q2", &Params::q2, "", positive, "factor of v^2"},
                Field{"q1", &Params::q1, "", unlimited, "factor of v"},
                Field{"q0", &Params::q0, "", unlimited, "constant term"},
                Field{"u_origin", &Params::u_origin, "mV", unlimited, "v at which u moves to 0"},
                Field{"u_decay", &Params::u_decay, "", fraction, "0: u does not decay by itself"},
                Field{"v_peak", &Params::v_peak, "mV", unlimited, "v at which a spike is cut off"},
                Field{"i_e", &Params::i_e, "", unlimited, "constant current"},
                Field{"step", &Params::step, "ms", non_negative,
                      "time step of the cell, a multiple of dt; 0: dt"},
                Field{"detach_reset", &Params::detach_reset, "", unlimited,
                      "of a training: no gradient through the reset"},
            };
        }
    };
    /// v and u are kept relative to the vertex of the parabola, where they are small: v' is then
    /// q2 v^2 - u + I, and single precision has ten times the accuracy.
    struct Constants {
        float step, half_step;  // ms; half_step is 0 where v makes one step
        float last;             // dt in a step, but for one
        float q2, a, b, u_decay;
        float shift;  // b (v_vertex - u_origin) - u_decay u_vertex
        float c, d, v_peak, i_e;
        float sequential;  // 1 or 0, a float as all constants
        float v_vertex, u_vertex;
        float start_u;      // at time 0, as u is kept
        float reset_slope;  // 0 where the reset carries no gradient
    };
    struct State {
        float v, u;
        float waited = 0.0f;
    };
    struct Adjoint {
        float v_next = 0.0f, u_next = 0.0f;  // after the reset
    };

    static constexpr auto states() {
        return Fields{
            StateField{"v", &State::v, "mV", "membrane potential", &Constants::v_vertex, "-65 mV"},
            StateField{"u", &State::u, "", "recovery", &Constants::u_vertex,
                       "`b` (-65 mV - `u_origin`)"},
            StateField<State, Constants>{"waited", &State::waited, "",
                                         "dt since the cell moved, where `step` is not dt"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        const double v = -p.q1 / (2.0 * p.q2), u = p.q0 + 0.5 * p.q1 * v;
        const double step = p.step > 0.0 ? p.step : dt;
        return {f(step),
                p.scheme == IzhikevichScheme::published_2003 ? f(0.5 * step) : 0.0f,
                f(rounded_steps(step, dt) - 1.0),
                f(p.q2),
                f(p.a),
                f(p.b),
                f(p.u_decay),
                f(p.b * (v - p.u_origin) - p.u_decay * u),
                f(p.c - v),
                f(p.d),
                f(p.v_peak - v),
                f(p.i_e),
                p.scheme == IzhikevichScheme::sequential ? 1.0f : 0.0f,
                f(v),
                f(u),
                f(p.b * (start_v - p.u_origin) - static_cast<double>(f(u))),
                p.detach_reset ? 0.0f : 1.0f};
    }
    static constexpr double start_v = -65.0;
    static State rest(const Params&, const Constants& c) { return start(c); }
    /// At the start of a sample too.
    SNN_HD static State start(const Constants& c) {
        return {static_cast<float>(start_v - static_cast<double>(c.v_vertex)), c.start_u};
    }

    template <class Spike, bool Saves>
    SNN_HD static float advance(const Constants& c, State& s, const CellInput& in,
                                [[maybe_unused]] float* saved) {
        const std::uint32_t halves = mask_of(c.half_step > 0.0f),
                            sequential = mask_of(c.sequential > 0.0f),
                            moves = mask_of(s.waited >= c.last);
        const float current = c.i_e + in.current + chosen(halves, in.receptor_0, 0.0f);
        const float drive = current - s.u;
        const float first =
            fused(chosen(halves, c.half_step, c.step), fused(c.q2 * s.v, s.v, drive), s.v);
        const float second = fused(c.half_step, fused(c.q2 * first, first, drive), first);
        const float whole = chosen(moves, first, s.v) + in.receptor_0;
        const float v = chosen(halves, second, whole);
        const float v_of_u = chosen(halves | sequential, v, s.v);
        const float u =
            fused(c.step * c.a, fused(c.b, v_of_u, fused(-c.u_decay, s.u, c.shift)), s.u);
        if constexpr (Saves) {
            saved[0] = v;
            saved[1] = s.v;
        }
        if constexpr (!std::is_same_v<Spike, Heaviside>) {
            const float spike = Spike::spike(v - c.v_peak);
            s.v = v + spike * (c.c - v);
            s.u = fused(spike, c.d, u);
            return spike;
        }
        const float peak = chosen(moves, v, -1e30f);
        const std::uint32_t fires =
            mask_of(peak > c.v_peak) | (mask_of(peak == c.v_peak) & ~sequential);
        s.v = chosen(fires, c.c, v);
        s.u = chosen(fires, u + c.d, chosen(moves, u, s.u));
        s.waited = chosen(moves, 0.0f, s.waited + 1.0f);
        return chosen(fires, 1.0f, 0.0f);
    }

    /// A step of a cell, and of a neuron that is trained: `input` is what arrives.
    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        return advance<Heaviside, false>(c, s, in, nullptr);
    }
    template <class Spike = Heaviside>
    SNN_HD static float step(const Constants& c, State& s, float input, float* saved) {
        CellInput in;
        in.receptor_0 = input;
        return advance<Spike, true>(c, s, in, saved);
    }

    SNN_HD static float distance(const Constants& c, const float* saved) {
        return saved[0] - c.v_peak;
    }
    SNN_HD static float membrane(const Constants& c, const float* saved) {
        const bool fires = saved[0] > c.v_peak || (saved[0] == c.v_peak && !(c.sequential > 0.0f));
        return (fires ? c.c : saved[0]) + c.v_vertex;
    }

    /// Of the schemes euler and sequential, with steps of dt.
    template <class Spike = Heaviside>
    SNN_HD static float backward(const Constants& c, Adjoint& a, const float* saved, float d_output,
                                 float surrogate) {
        const float v = saved[0], before = saved[1];
        const float spike = Spike::spike(v - c.v_peak);
        const float d_u = a.u_next;  // dL/d(u before the reset)
        const float v_to_u = c.step * c.a * c.b * d_u;
        const bool sequential = c.sequential > 0.0f;
        float d_v = fused(surrogate, d_spike(c, a, v, d_output), (1.0f - spike) * a.v_next);
        d_v = sequential ? d_v + v_to_u : d_v;
        const float own = fused(2.0f * c.step * c.q2, before, 1.0f);
        a.v_next = fused(d_v, own, sequential ? 0.0f : v_to_u);
        a.u_next = fused(-(c.step * c.a * c.u_decay), d_u, d_u) - c.step * d_v;
        return d_v;
    }
    /// dL/d(spike) from what follows from the step after it.
    SNN_HD static float d_spike(const Constants& c, const Adjoint& later, float v, float d_output) {
        const float by_reset = fused(c.c - v, later.v_next, c.d * later.u_next);
        return fused(c.reset_slope, by_reset, d_output);
    }

    static constexpr std::array learns{"a",  "b",        "c",       "d",      "q2", "q1",
                                       "q0", "u_origin", "u_decay", "v_peak", "i_e"};
    template <class T>
    struct SumsOf {
        T drive{}, q2{}, a{}, b{}, u_decay{}, shift{}, c{}, d{}, v_peak{};  // of the constants ...
        T start_v{}, start_u{};                                             // ... and the start

        SNN_HD void to_column(T* to, int width) const {
            to[0] = drive;
            to[1 * width] = q2;
            to[2 * width] = a;
            to[3 * width] = b;
            to[4 * width] = u_decay;
            to[5 * width] = shift;
            to[6 * width] = c;
            to[7 * width] = d;
            to[8 * width] = v_peak;
            to[9 * width] = start_v;
            to[10 * width] = start_u;
        }
    };
    using Sums = SumsOf<float>;

    SNN_HD static float held(const State& s) { return s.u; }
    template <class Spike = Heaviside>
    SNN_HD static State after(const Constants&, const float*, float held) {
        return {0.0f, held};  // v at the start of a step is saved
    }
    template <class Spike = Heaviside>
    SNN_HD static void add_gradient(const Constants& c, const StepBack<Izhikevich>& step,
                                    Sums& sums) {
        const float v = step.saved[0], before = step.saved[1], u = step.before.u;
        const bool sequential = c.sequential > 0.0f;
        const float spike = Spike::spike(v - c.v_peak);
        const float d_threshold = step.surrogate * d_spike(c, step.later, v, step.d_output);
        const float d_u = step.later.u_next, v_of_u = sequential ? v : before;
        float d_v = fused(1.0f - spike, step.later.v_next, d_threshold);
        d_v = sequential ? fused(c.step * c.a * c.b, d_u, d_v) : d_v;
        const float moved = fused(c.b, v_of_u, fused(-c.u_decay, u, c.shift));  // u' / a
        sums.drive = fused(c.step, d_v, sums.drive);
        sums.q2 = fused(c.step * before * before, d_v, sums.q2);
        sums.a = fused(c.step * moved, d_u, sums.a);
        sums.b = fused(c.step * c.a * v_of_u, d_u, sums.b);
        sums.u_decay = fused(-(c.step * c.a * u), d_u, sums.u_decay);
        sums.shift = fused(c.step * c.a, d_u, sums.shift);
        sums.c = fused(spike, step.later.v_next, sums.c);
        sums.d = fused(spike, d_u, sums.d);
        sums.v_peak = sums.v_peak - d_threshold;
    }
    SNN_HD static void add_start(const Adjoint& first, Sums& sums) {
        sums.start_v = sums.start_v + first.v_next;
        sums.start_u = sums.start_u + first.u_next;
    }
    static void chain(const Params& p, double, const SumsOf<double>& sums, Params& d) {
        // The vertex, to which all is relative: v = -q1 / (2 q2), u = q0 + q1 v / 2.
        const double v = -p.q1 / (2.0 * p.q2), u = p.q0 + 0.5 * p.q1 * v;
        const double by_v = p.b * sums.shift - sums.c - sums.v_peak - sums.start_v;
        const double by_u = -p.u_decay * sums.shift - sums.start_u;
        d.a = sums.a;
        d.b = sums.b + (v - p.u_origin) * sums.shift + (start_v - p.u_origin) * sums.start_u;
        d.u_decay = sums.u_decay - u * sums.shift;
        d.c = sums.c;
        d.d = sums.d;
        d.v_peak = sums.v_peak;
        d.i_e = sums.drive;
        d.u_origin = -p.b * (sums.shift + sums.start_u);
        d.q0 = by_u;
        d.q1 = -by_v / (2.0 * p.q2) + v * by_u;
        d.q2 = sums.q2 - v / p.q2 * by_v + v * v * by_u;
    }
};

}  // namespace snnsim
