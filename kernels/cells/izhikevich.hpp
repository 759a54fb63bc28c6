// The quadratic cell of Izhikevich.
#pragma once

#include <cmath>

#include "kernels/cells/model.hpp"
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

    struct Params {
        IzhikevichScheme scheme = IzhikevichScheme::euler;
        double a = 0.02, b = 0.2, c = -65.0, d = 8.0;
        double q2 = 0.04, q1 = 5.0, q0 = 140.0;
        double u_origin = 0.0;
        double u_decay = 1.0;
        double v_peak = 30.0;
        double i_e = 0.0;
        double step = 0.0;

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
    };
    struct State {
        float v, u;
        float waited = 0.0f;
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
                f(u)};
    }
    static State rest(const Params& p, const Constants& c) {
        const double v = -65.0;
        return {static_cast<float>(v - static_cast<double>(c.v_vertex)),
                static_cast<float>(p.b * (v - p.u_origin) - static_cast<double>(c.u_vertex))};
    }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const bool halves = c.half_step > 0.0f, sequential = c.sequential > 0.0f;
        const bool moves = s.waited >= c.last;
        const float current = c.i_e + in.current + (halves ? in.receptor_0 : 0.0f);
        const float drive = current - s.u;
        const float first =
            fused(halves ? c.half_step : c.step, fused(c.q2 * s.v, s.v, drive), s.v);
        const float second = fused(c.half_step, fused(c.q2 * first, first, drive), first);
        const float whole = (moves ? first : s.v) + in.receptor_0;
        const float v = halves ? second : whole;
        const float v_of_u = halves || sequential ? v : s.v;
        const float u =
            fused(c.step * c.a, fused(c.b, v_of_u, fused(-c.u_decay, s.u, c.shift)), s.u);
        const float peak = moves ? v : -1e30f;
        const bool fires = peak > c.v_peak || (peak == c.v_peak && !sequential);
        s.v = fires ? c.c : v;
        s.u = fires ? u + c.d : moves ? u : s.u;
        s.waited = moves ? 0.0f : s.waited + 1.0f;
        return fires ? 1.0f : 0.0f;
    }
};

}  // namespace snnsim
