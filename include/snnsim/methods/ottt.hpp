#pragma once

#include "snnsim/methods/method.hpp"

namespace snnsim {

/// Online training through time (Xiao et al. 2022, arXiv 2210.04195).
struct Ottt {
    static constexpr const char* name = "ottt";
    static constexpr const char* help =
        "Online training through time (Xiao et al. 2022): the error of a step goes back through "
        "the layers of that step alone, and meets a trace of each source, which decays as the "
        "membrane of the target. Memory does not grow with the steps of a sample. The loss must "
        "be one of every step.";
    static constexpr Following following = Following::sources;

    struct Params : WithFeedback {};
};

}  // namespace snnsim
