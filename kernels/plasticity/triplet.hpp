// Spike-timing-dependent plasticity of triplets of spikes.
#pragma once

#include <cmath>

#include "kernels/plasticity/model.hpp"

namespace snnsim {

/// On an arrival: w -= o1 (a2_minus + a3_minus r2); on a spike of the target: w += r1 (a2_plus +
/// a3_plus o2). Pfister & Gerstner (2006); the defaults are their fit to visual cortex, all to all.
/// With nearest pairing, a2_plus = a3_minus = 0 it is the rule of Diehl & Cook (2015).
struct TripletStdp {
    static constexpr const char* name = "triplet";
    static constexpr int pre_traces = 2, post_traces = 2;
    static constexpr bool pairs_once = false;

    struct Params {
        double a2_plus = 5e-10, a3_plus = 6.2e-3, a2_minus = 7e-3, a3_minus = 2.3e-4;
        double tau_plus = 16.8, tau_x = 101.0, tau_minus = 33.7, tau_y = 125.0;
        Pairing pairing = Pairing::all_to_all;
        static constexpr auto fields() {
            return Fields{
                Field{"a2_plus", &Params::a2_plus, "", unlimited,
                      "w += w_max r1 (a2_plus + a3_plus o2) at a postsynaptic spike"},
                Field{"a3_plus", &Params::a3_plus, "", unlimited, "see a2_plus"},
                Field{"a2_minus", &Params::a2_minus, "", unlimited,
                      "w -= w_max o1 (a2_minus + a3_minus r2) at a presynaptic one"},
                Field{"a3_minus", &Params::a3_minus, "", unlimited, "see a2_minus"},
                Field{"tau_plus", &Params::tau_plus, "ms", positive, "of the presynaptic trace r1"},
                Field{"tau_x", &Params::tau_x, "ms", positive, "of the presynaptic trace r2"},
                Field{"tau_minus", &Params::tau_minus, "ms", positive,
                      "of the postsynaptic trace o1"},
                Field{"tau_y", &Params::tau_y, "ms", positive, "of the postsynaptic trace o2"},
                Field{"pairing", &Params::pairing, "", unlimited,
                      "all_to_all: traces count all spikes; nearest: they know the last one"}};
        }
    };
    struct Constants {
        float a2_plus, a3_plus, a2_minus, a3_minus;
        Pairing pairing;
    };

    static std::array<double, 4> taus(const Params& p) {
        return {p.tau_plus, p.tau_x, p.tau_minus, p.tau_y};
    }
    static Constants prepare(const Params& p) {
        return {static_cast<float>(p.a2_plus), static_cast<float>(p.a3_plus),
                static_cast<float>(p.a2_minus), static_cast<float>(p.a3_minus), p.pairing};
    }
    SNN_HD static float bumped(const Constants& c, float x) { return bumped_trace(c.pairing, x); }
    static double arrival_bound(const Constants& c, const double* pre) {
        return std::abs(double{c.a2_minus}) + std::abs(double{c.a3_minus}) * pre[1];
    }

    SNN_HD static float arrive(const Constants& c, float, const float* pre, const float* post) {
        return -post[0] * fused(c.a3_minus, pre[1], c.a2_minus);
    }
    SNN_HD static float fire(const Constants& c, float, const float* pre, const float* post) {
        return pre[0] * fused(c.a3_plus, post[1], c.a2_plus);
    }
};

}  // namespace snnsim
