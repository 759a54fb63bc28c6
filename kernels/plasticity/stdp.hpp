// Spike-timing-dependent plasticity of pairs of spikes.
#pragma once

#include <cmath>

#include "kernels/plasticity/model.hpp"

namespace snnsim {

/// How the size of a change depends on the weight w (in units of w_max).
enum class Dependence : std::uint8_t { additive, multiplicative, power_law, morrison };
template <>
struct Names<Dependence> {
    static constexpr std::array values{"additive", "multiplicative", "power_law", "morrison"};
};

struct PairStdpParams {
    double tau_plus = 20.0, tau_minus = 20.0;
    double a_plus = 0.01, a_minus = 0.0105;
    Dependence dependence = Dependence::additive;
    double mu_plus = 1.0, mu_minus = 1.0, w_0 = 0.01;

    static constexpr auto pair_fields() {
        using P = PairStdpParams;
        return Fields{
            Field{"tau_plus", &P::tau_plus, "ms", positive, "of the presynaptic trace x"},
            Field{"tau_minus", &P::tau_minus, "ms", positive, "of the postsynaptic trace y"},
            Field{"a_plus", &P::a_plus, "", unlimited,
                  "w += w_max a_plus f_plus(w / w_max) x at a postsynaptic spike"},
            Field{"a_minus", &P::a_minus, "", unlimited,
                  "w -= w_max a_minus f_minus(w / w_max) y at a presynaptic one"},
            Field{"dependence", &P::dependence, "", unlimited,
                  "f_plus(u), f_minus(u): additive 1, 1; multiplicative 1 - u, u; power_law (1 - "
                  "u)^mu_plus, u^mu_minus (Guetig et al. 2003); morrison w_0^(1 - mu_plus) "
                  "u^mu_plus, u (Morrison et al. 2007)"},
            Field{"mu_plus", &P::mu_plus, "", non_negative, "of power_law and morrison"},
            Field{"mu_minus", &P::mu_minus, "", non_negative, "of power_law"},
            Field{"w_0", &P::w_0, "", positive, "of morrison, in units of w_max"}};
    }
};

struct PairStdpConstants {
    float a_plus, a_minus, mu_plus, mu_minus;
    Dependence dependence;
    Pairing pairing;
};

/// On an arrival: w -= a_minus f_minus(w) y; on a spike of the target: w += a_plus f_plus(w) x.
/// Morrison, Diesmann & Gerstner (2008); NEST's stdp_synapse where `dendritic: true`.
struct PairStdp {
    static constexpr const char* name = "stdp";
    static constexpr int pre_traces = 1, post_traces = 1;
    static constexpr bool pairs_once = false;

    struct Params : PairStdpParams {
        Pairing pairing = Pairing::all_to_all;
        static constexpr auto fields() {
            return pair_fields().with(Field{"pairing", &Params::pairing, "", unlimited,
                                            "all_to_all: every pair of spikes; nearest: each spike "
                                            "with the last one of the other side (nearest "
                                            "symmetric)"});
        }
    };
    using Constants = PairStdpConstants;

    static std::array<double, 2> taus(const PairStdpParams& p) { return {p.tau_plus, p.tau_minus}; }
    static Constants prepare(const Params& p) { return prepare(p, p.pairing); }
    static Constants prepare(const PairStdpParams& p, Pairing pairing) {
        const bool morrison = p.dependence == Dependence::morrison;
        const double scale = morrison ? std::pow(p.w_0, 1.0 - p.mu_plus) : 1.0;
        return {static_cast<float>(p.a_plus * scale),
                static_cast<float>(p.a_minus),
                static_cast<float>(p.mu_plus),
                static_cast<float>(p.mu_minus),
                p.dependence,
                pairing};
    }
    SNN_HD static float bumped(const Constants& c, float x) { return bumped_trace(c.pairing, x); }
    static double arrival_bound(const Constants& c, const double*) {
        return std::abs(double{c.a_minus});
    }

    SNN_HD static float arrive(const Constants& c, float w, const float*, const float* post) {
        return -c.a_minus * f_minus(c, w) * post[0];
    }
    SNN_HD static float fire(const Constants& c, float w, const float* pre, const float*) {
        return c.a_plus * f_plus(c, w) * pre[0];
    }

  private:
    SNN_HD static float f_plus(const Constants& c, float w) {
        switch (c.dependence) {
            case Dependence::additive:
                return 1.0f;
            case Dependence::multiplicative:
                return 1.0f - w;
            case Dependence::power_law:
                return power_of(1.0f - w, c.mu_plus);
            case Dependence::morrison:
                break;
        }
        return power_of(w, c.mu_plus);
    }
    SNN_HD static float f_minus(const Constants& c, float w) {
        switch (c.dependence) {
            case Dependence::additive:
                return 1.0f;
            case Dependence::power_law:
                return power_of(w, c.mu_minus);
            default:
                return w;
        }
    }
};

/// The same, with each presynaptic spike paired with the last postsynaptic spike before it and the
/// first one after it: a spike of the target uses up the trace of the synapse.
struct PreCentredStdp {
    static constexpr const char* name = "stdp_pre_centred";
    static constexpr int pre_traces = 1, post_traces = 1;
    static constexpr bool pairs_once = true;

    struct Params : PairStdpParams {
        static constexpr auto fields() { return pair_fields(); }
    };
    using Constants = PairStdpConstants;

    static std::array<double, 2> taus(const Params& p) { return PairStdp::taus(p); }
    static Constants prepare(const Params& p) { return PairStdp::prepare(p, Pairing::all_to_all); }
    SNN_HD static float bumped(const Constants&, float x) { return x + 1.0f; }
    /// The last postsynaptic spike only.
    SNN_HD static float bumped_post(const Constants&, float) { return 1.0f; }
    SNN_HD static float arrive(const Constants& c, float w, const float* pre, const float* post) {
        return PairStdp::arrive(c, w, pre, post);
    }
    SNN_HD static float fire(const Constants& c, float w, const float* pre, const float* post) {
        return PairStdp::fire(c, w, pre, post);
    }
};

}  // namespace snnsim
