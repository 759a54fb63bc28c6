#pragma once

#include "snnsim/methods/method.hpp"

namespace snnsim {

/// Online spatio-temporal learning (Bohnstingl et al. 2022, doi:10.1109/TNNLS.2022.3153985).
struct Ostl {
    static constexpr const char* name = "ostl";
    static constexpr const char* help =
        "Online spatio-temporal learning (Bohnstingl et al. 2022): the error of a step goes back "
        "through the layers of that step alone, and meets the eligibility of each synapse, the "
        "derivative of its target's state, reset included. For one layer that is the gradient "
        "itself. Memory does not grow with the steps of a sample, but is that of a few numbers a "
        "synapse and sample. The loss must be one of every step.";
    static constexpr Following following = Following::eligibility;

    struct Params : WithFeedback {};
};

}  // namespace snnsim
