// Spike-timing-dependent plasticity that waits for a reward.
#pragma once

#include "kernels/plasticity/model.hpp"

namespace snnsim {

/// What a rule with `eligibility` does with the changes that its pairs of spikes make: they go to
/// the synapse's trace c, and the weight follows c as long as there is reward.
struct Eligibility {
    double tau_c, tau_n, baseline, interval;
};

/// Pairs of spikes change c as additive STDP changes a weight; c' = -c / tau_c, w' = w_max c (n -
/// baseline) per second, where the reward n' = -n / tau_n jumps when a reward is given. Izhikevich
/// (2007). Weights get the integral of this at an interval, whatever its length. Between two they
/// lack what they will get for c as it was; for a change of c or n amid an interval, the part of
/// that which lies before is taken off at once.
struct RewardStdp {
    static constexpr const char* name = "reward_stdp";
    static constexpr int pre_traces = 1, post_traces = 1;
    static constexpr bool pairs_once = false;

    struct Params {
        double a_plus = 0.01, a_minus = 0.015, tau_plus = 20.0, tau_minus = 20.0;
        double tau_c = 1000.0, tau_n = 200.0, baseline = 0.0, interval = 10.0;
        static constexpr auto fields() {
            return Fields{
                Field{"a_plus", &Params::a_plus, "", unlimited,
                      "c += a_plus x at a postsynaptic spike"},
                Field{"a_minus", &Params::a_minus, "", unlimited,
                      "c -= a_minus y at a presynaptic one"},
                Field{"tau_plus", &Params::tau_plus, "ms", positive, "of the presynaptic trace x"},
                Field{"tau_minus", &Params::tau_minus, "ms", positive,
                      "of the postsynaptic trace y"},
                Field{"tau_c", &Params::tau_c, "ms", positive, "of the eligibility trace c"},
                Field{"tau_n", &Params::tau_n, "ms", positive, "of the reward n"},
                Field{"baseline", &Params::baseline, "", unlimited,
                      "w += w_max c (n - baseline), per second"},
                Field{"interval", &Params::interval, "ms", positive,
                      "after which weights get what they gained meanwhile; at most tau_c. The sum "
                      "is exact"}};
        }
    };
    struct Constants {
        float a_plus, a_minus;
    };

    static std::array<double, 2> taus(const Params& p) { return {p.tau_plus, p.tau_minus}; }
    static Constants prepare(const Params& p) {
        return {static_cast<float>(p.a_plus), static_cast<float>(p.a_minus)};
    }
    static Eligibility eligibility(const Params& p) {
        return {p.tau_c, p.tau_n, p.baseline, p.interval};
    }
    SNN_HD static float bumped(const Constants&, float x) { return x + 1.0f; }
    SNN_HD static float arrive(const Constants& c, float, const float*, const float* post) {
        return -c.a_minus * post[0];
    }
    SNN_HD static float fire(const Constants& c, float, const float* pre, const float*) {
        return c.a_plus * pre[0];
    }
};

}  // namespace snnsim
