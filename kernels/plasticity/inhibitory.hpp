// Plasticity of inhibitory synapses that holds the rate of their targets.
#pragma once

#include "kernels/plasticity/model.hpp"

namespace snnsim {

/// On an arrival: w += eta (y - 2 rate tau); on a spike of the target: w += eta x. Vogels et al.
/// (2011).
struct InhibitoryStdp {
    static constexpr const char* name = "inhibitory";
    static constexpr int pre_traces = 1, post_traces = 1;
    static constexpr bool pairs_once = false;

    struct Params {
        double tau = 20.0, eta = 1e-3, rate = 5.0;
        static constexpr auto fields() {
            return Fields{
                Field{"tau", &Params::tau, "ms", positive, "of the traces x and y"},
                Field{"eta", &Params::eta, "", unlimited,
                      "w += w_max eta (y - 2 rate tau) at a presynaptic spike, w_max eta x at a "
                      "postsynaptic one"},
                Field{"rate", &Params::rate, "Hz", non_negative, "that targets are brought to"}};
        }
    };
    struct Constants {
        float eta, depression;
    };

    static std::array<double, 2> taus(const Params& p) { return {p.tau, p.tau}; }
    static Constants prepare(const Params& p) {
        return {static_cast<float>(p.eta), static_cast<float>(2e-3 * p.rate * p.tau)};
    }
    SNN_HD static float bumped(const Constants&, float x) { return x + 1.0f; }

    SNN_HD static float arrive(const Constants& c, float, const float*, const float* post) {
        return c.eta * (post[0] - c.depression);
    }
    SNN_HD static float fire(const Constants& c, float, const float* pre, const float*) {
        return c.eta * pre[0];
    }
};

}  // namespace snnsim
