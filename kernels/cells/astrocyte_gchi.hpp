// Astrocyte: calcium, IP3 and what it releases.
#pragma once

#include <array>
#include <cmath>

#include "kernels/cells/model.hpp"
#include "kernels/math/exp.hpp"
#include "kernels/math/tanh.hpp"

namespace snnsim {

/// The G-ChI model (De Pitta et al. 2009) as in Stimberg et al. (2018), concentrations in uM, times
/// in s:
///     dip3/dt = o_delta / (1 + ip3 / kappa_delta) c^2 / (c^2 + k_delta^2)
///               - o_3k c^4 / (c^4 + k_d^4) ip3 / (ip3 + k_3k) - omega_5p ip3
///               - f / 2 (1 + tanh((|ip3 - i_b| - 0.3) / 0.05)) sign(ip3 - i_b)
///               + o_beta gamma_a + i_e + stimuli + gap junctions
///     dc/dt = (omega_c (m h)^3 + omega_l) (c_t - (1 + rho_a) c) - o_p c^2 / (c^2 + k_p^2)
///     dh/dt = o_2 (q_2 + c) (q_2 / (q_2 + c) - h),  m = ip3 / (ip3 + d_1) c / (c + d_5),
///     q_2 = d_2 (ip3 + d_1) / (ip3 + d_3)
/// Where c crosses c_th upwards the cell sends a spike and releases: g_a += rho_e g_t u_a x_a,
/// x_a -= u_a x_a; dx_a/dt = omega_a (1 - x_a), dg_a/dt = -omega_e g_a. At the synapses around it
///     dgamma/dt = o_g g_a (1 - gamma) - omega_g gamma.
/// Weights of the receptor ip3 add to ip3, those of glutamate to y:
///     dy/dt = -omega_y y
///     dgamma_a/dt = o_n y (1 - gamma_a) - omega_n (1 + zeta c / (c + k_kc)) gamma_a
/// ip3, c and h by Runge-Kutta 4; the rest exactly, were what they depend on constant in a step.
struct AstrocyteGchi {
    static constexpr const char* name = "astrocyte_gchi";
    static constexpr const char* input_unit = "";
    static constexpr int receptors = 2;
    static constexpr std::array named_receptors{NamedReceptor{"ip3", ""},
                                                NamedReceptor{"glutamate", ""}};
    static constexpr const char* gap_state = "ip3";
    static constexpr bool uses_random = false;
    static constexpr double longest_dt = 5.0;  // ms

    struct Params {
        double o_delta = 0.6, kappa_delta = 1.5, k_delta = 0.1;
        double o_3k = 4.5, k_d = 0.7, k_3k = 1.0, omega_5p = 0.05;
        double omega_c = 6.0, omega_l = 0.1, c_t = 2.0, rho_a = 0.18, o_p = 0.9, k_p = 0.05;
        double d_1 = 0.13, d_2 = 1.05, d_3 = 0.9434, d_5 = 0.08, o_2 = 0.2;
        double f = 0.0, i_b = 0.8, i_e = 0.0;
        double c_th = 0.5, u_a = 0.6, omega_a = 0.6, omega_e = 60.0, rho_e = 6.5e-4, g_t = 2e5;
        double o_g = 1.5, omega_g = 0.5 / 60.0;
        double omega_y = 40.0, o_n = 0.3, omega_n = 0.5, zeta = 10.0, k_kc = 0.5, o_beta = 0.5;

        static constexpr auto fields() {
            return Fields{
                Field{"o_delta", &Params::o_delta, "", non_negative,
                      "uM/s: greatest production of IP3 by PLC delta"},
                Field{"kappa_delta", &Params::kappa_delta, "", positive, "uM: IP3 that halves it"},
                Field{"k_delta", &Params::k_delta, "", positive, "uM: calcium that halves it"},
                Field{"o_3k", &Params::o_3k, "", non_negative,
                      "uM/s: greatest loss of IP3 by 3-kinase"},
                Field{"k_d", &Params::k_d, "", positive, "uM: calcium that halves it"},
                Field{"k_3k", &Params::k_3k, "", positive, "uM: IP3 that halves it"},
                Field{"omega_5p", &Params::omega_5p, "Hz", non_negative,
                      "loss of IP3 by 5-phosphatase, per s"},
                Field{"omega_c", &Params::omega_c, "Hz", non_negative,
                      "greatest flow of calcium through IP3 receptors, per s"},
                Field{"omega_l", &Params::omega_l, "Hz", non_negative, "leak of calcium, per s"},
                Field{"c_t", &Params::c_t, "", positive, "uM: calcium of the cell"},
                Field{"rho_a", &Params::rho_a, "", positive,
                      "volume of the stores, as a share of the cytosol's"},
                Field{"o_p", &Params::o_p, "", non_negative, "uM/s: greatest uptake by SERCA"},
                Field{"k_p", &Params::k_p, "", positive, "uM: calcium that halves it"},
                Field{"d_1", &Params::d_1, "", positive, "uM: dissociation of IP3"},
                Field{"d_2", &Params::d_2, "", positive, "uM: of inactivating calcium"},
                Field{"d_3", &Params::d_3, "", positive, "uM: of IP3 from the inactive receptor"},
                Field{"d_5", &Params::d_5, "", positive, "uM: of activating calcium"},
                Field{"o_2", &Params::o_2, "", non_negative,
                      "per uM and s: binding of inactivating calcium"},
                Field{"f", &Params::f, "", non_negative,
                      "uM/s: drive of IP3 towards within 0.3 uM of i_b, from outside"},
                Field{"i_b", &Params::i_b, "", non_negative, "uM: where it drives to"},
                Field{"i_e", &Params::i_e, "", unlimited, "uM/s: constant production of IP3"},
                Field{"c_th", &Params::c_th, "", positive, "uM: calcium that makes it release"},
                Field{"u_a", &Params::u_a, "", fraction, "share of x_a that is released"},
                Field{"omega_a", &Params::omega_a, "Hz", non_negative, "recovery of x_a, per s"},
                Field{"omega_e", &Params::omega_e, "Hz", non_negative, "clearance of g_a, per s"},
                Field{"rho_e", &Params::rho_e, "", non_negative,
                      "volume of what is released, as a share of the space around"},
                Field{"g_t", &Params::g_t, "", non_negative, "uM: gliotransmitter in vesicles"},
                Field{"o_g", &Params::o_g, "", non_negative,
                      "per uM and s: rate at which g_a activates receptors of synapses"},
                Field{"omega_g", &Params::omega_g, "Hz", non_negative,
                      "rate at which they are inactivated, per s"},
                Field{"omega_y", &Params::omega_y, "Hz", non_negative,
                      "clearance of glutamate, per s"},
                Field{"o_n", &Params::o_n, "", non_negative,
                      "per uM and s: rate at which glutamate activates receptors of the astrocyte"},
                Field{"omega_n", &Params::omega_n, "Hz", non_negative,
                      "rate at which they are inactivated without calcium, per s"},
                Field{"zeta", &Params::zeta, "", non_negative,
                      "how much of that rate calcium adds at most, by PKC"},
                Field{"k_kc", &Params::k_kc, "", positive, "uM: calcium that adds half of it"},
                Field{"o_beta", &Params::o_beta, "", non_negative,
                      "uM/s: greatest production of IP3 by PLC beta, where all are active"},
            };
        }
    };
    struct Constants {
        float o_delta, by_kappa, k_delta_2, o_3k, k_d_4, k_3k, omega_5p;
        float omega_c, omega_l, c_t, space, o_p, k_p_2, d_1, d_2, d_3, d_5, o_2;
        float half_f, i_b, i_e;
        float c_th, u_a, released;  // by all of x_a
        float recovery, clearance;  // in a dt
        float o_g, omega_g;         // of the mean of g_a in a dt; in a dt
        float clearance_y, o_n;     // in a dt; of the mean of y in a dt
        float omega_n, zeta, k_kc;  // in a dt
        float o_beta;
        float dt;  // s
    };
    struct State {
        float c, ip3, h, x_a, g_a, gamma, y, gamma_a;
    };

    static constexpr auto states() {
        using F = StateField<State, Constants>;
        return Fields{
            F{"c", &State::c, "", "calcium in the cytosol (uM)", nullptr, "0.01"},
            F{"ip3", &State::ip3, "", "IP3 (uM)", nullptr, "0.01"},
            F{"h", &State::h, "", "share of IP3 receptors that are not inactivated", nullptr,
              "0.9"},
            F{"x_a", &State::x_a, "", "share of gliotransmitter that is ready", nullptr, "1"},
            F{"g_a", &State::g_a, "", "gliotransmitter around the cell (uM)"},
            F{"gamma", &State::gamma, "", "share of the synapses' receptors that it activates"},
            F{"y", &State::y, "", "glutamate around the cell (uM)"},
            F{"gamma_a", &State::gamma_a, "",
              "share of the cell's receptors that glutamate activates"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        const double s = 1e-3 * dt;
        return {f(p.o_delta),
                f(1.0 / p.kappa_delta),
                f(p.k_delta * p.k_delta),
                f(p.o_3k),
                f(std::pow(p.k_d, 4.0)),
                f(p.k_3k),
                f(p.omega_5p),
                f(p.omega_c),
                f(p.omega_l),
                f(p.c_t),
                f(1.0 + p.rho_a),
                f(p.o_p),
                f(p.k_p * p.k_p),
                f(p.d_1),
                f(p.d_2),
                f(p.d_3),
                f(p.d_5),
                f(p.o_2),
                f(0.5 * p.f),
                f(p.i_b),
                f(p.i_e),
                f(p.c_th),
                f(p.u_a),
                f(p.rho_e * p.g_t * p.u_a),
                f(-std::expm1(-p.omega_a * s)),
                f(std::exp(-p.omega_e * s)),
                f(p.o_g * integral(p.omega_e, s)),
                f(p.omega_g * s),
                f(std::exp(-p.omega_y * s)),
                f(p.o_n * integral(p.omega_y, s)),
                f(p.omega_n * s),
                f(p.zeta),
                f(p.k_kc),
                f(p.o_beta),
                f(s)};
    }
    static State rest(const Params&, const Constants&) {
        return {.c = 0.01f,
                .ip3 = 0.01f,
                .h = 0.9f,
                .x_a = 1.0f,
                .g_a = 0.0f,
                .gamma = 0.0f,
                .y = 0.0f,
                .gamma_a = 0.0f};
    }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const float before = s.c;
        const float off = c.omega_n * fused(c.zeta, s.c / (s.c + c.k_kc), 1.0f);
        s.gamma_a = activated(s.gamma_a, c.o_n * s.y, off);
        s.y = at_least_0(flushed(c.clearance_y * s.y) + in.receptor_1);
        const float current = fused(c.o_beta, s.gamma_a, c.i_e + in.current);
        const Slope a = slope(c, s.c, s.ip3, s.h, current);
        const Slope b = slope(c, after(c, s, a, 0.5f), current);
        const Slope d = slope(c, after(c, s, b, 0.5f), current);
        const Slope e = slope(c, after(c, s, d, 1.0f), current);
        const float sixth = c.dt * (1.0f / 6.0f);
        s.c = at_least_0(fused(sixth, a.c + 2.0f * (b.c + d.c) + e.c, s.c));
        s.ip3 = fused(sixth, a.ip3 + 2.0f * (b.ip3 + d.ip3) + e.ip3, s.ip3);
        s.ip3 = at_least_0(s.ip3 + in.receptor_0);
        s.h = fused(sixth, a.h + 2.0f * (b.h + d.h) + e.h, s.h);
        s.x_a = fused(c.recovery, 1.0f - s.x_a, s.x_a);
        s.gamma = activated(s.gamma, c.o_g * s.g_a, c.omega_g);
        s.g_a = flushed(c.clearance * s.g_a);
        const bool fires = before < c.c_th && s.c >= c.c_th;
        s.g_a = fires ? fused(c.released, s.x_a, s.g_a) : s.g_a;
        s.x_a = fires ? fused(-c.u_a, s.x_a, s.x_a) : s.x_a;
        return fires ? 1.0f : 0.0f;
    }

  private:
    struct Slope {
        float c, ip3, h;  // per s
    };
    /// The integral of e^(-rate t) over a step.
    static double integral(double rate, double s) {
        return rate > 0.0 ? -std::expm1(-rate * s) / rate : s;
    }
    /// A share of receptors after a step in which the rates are `on` and `off`, times dt.
    SNN_HD static float activated(float share, float on, float off) {
        const float rate = on + off, left = exact_exp(-rate);
        return rate > 0.0f ? fused(left, share - on / rate, on / rate) : share;
    }
    SNN_HD static float at_least_0(float x) { return x > 0.0f ? x : 0.0f; }
    SNN_HD static Slope after(const Constants& c, const State& s, const Slope& k, float share) {
        const float h = share * c.dt;
        return {at_least_0(fused(h, k.c, s.c)), at_least_0(fused(h, k.ip3, s.ip3)),
                fused(h, k.h, s.h)};
    }
    SNN_HD static Slope slope(const Constants& c, const Slope& at, float current) {
        return slope(c, at.c, at.ip3, at.h, current);
    }
    SNN_HD static Slope slope(const Constants& c, float calcium, float ip3, float h,
                              float current) {
        const float c_2 = calcium * calcium, c_4 = c_2 * c_2;
        const float made = c.o_delta / fused(ip3, c.by_kappa, 1.0f) * (c_2 / (c_2 + c.k_delta_2));
        const float lost = c.o_3k * (c_4 / (c_4 + c.k_d_4)) * (ip3 / (ip3 + c.k_3k));
        const float off = ip3 - c.i_b, far = off < 0.0f ? -off : off;
        const float driven = c.half_f * (1.0f + exact_tanh(20.0f * (far - 0.3f)));
        const float m = ip3 / (ip3 + c.d_1) * (calcium / (calcium + c.d_5));
        const float open = m * h, flow = fused(c.omega_c, open * open * open, c.omega_l);
        const float q_2 = c.d_2 * (ip3 + c.d_1) / (ip3 + c.d_3);
        return {fused(flow, fused(-c.space, calcium, c.c_t), -c.o_p * (c_2 / (c_2 + c.k_p_2))),
                made - lost - c.omega_5p * ip3 + (off < 0.0f ? driven : -driven) + current,
                c.o_2 * (q_2 - (q_2 + calcium) * h)};
    }
};

}  // namespace snnsim
