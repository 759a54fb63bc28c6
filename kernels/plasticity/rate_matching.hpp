// Homeostasis by single spikes: the target comes to fire as often as its sources.
#pragma once

#include "kernels/plasticity/model.hpp"

namespace snnsim {

/// w += a on an arrival, w -= a on a spike of the target.
struct RateMatching {
    static constexpr const char* name = "rate_matching";
    static constexpr int pre_traces = 0, post_traces = 0;
    static constexpr bool pairs_once = false;

    struct Params {
        double a = 0.01;
        static constexpr auto fields() {
            return Fields{Field{"a", &Params::a, "", unlimited,
                                "w += w_max a at a presynaptic spike, w -= w_max a at a "
                                "postsynaptic one"}};
        }
    };
    struct Constants {
        float a;
    };

    static std::array<double, 0> taus(const Params&) { return {}; }
    static Constants prepare(const Params& p) { return {static_cast<float>(p.a)}; }
    SNN_HD static float bumped(const Constants&, float x) { return x; }
    SNN_HD static float arrive(const Constants& c, float, const float*, const float*) {
        return c.a;
    }
    SNN_HD static float fire(const Constants& c, float, const float*, const float*) { return -c.a; }
};

}  // namespace snnsim
