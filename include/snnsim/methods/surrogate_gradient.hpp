#pragma once

#include "snnsim/methods/method.hpp"

namespace snnsim {

/// Back-propagation through time, with a surrogate derivative of the spike (Neftci, Mostafa & Zenke
/// 2019, doi:10.1109/MSP.2019.2931595).
struct SurrogateGradient {
    static constexpr const char* name = "surrogate_gradient";
    static constexpr const char* help =
        "Back-propagation through time with a surrogate derivative of the spike (Neftci et al. "
        "2019). Its memory grows with the steps of a sample.";
    static constexpr Following following = Following::nothing;

    struct Params : WithFeedback {};
};

}  // namespace snnsim
