#pragma once

#include "snnsim/methods/method.hpp"

namespace snnsim {

/// e-prop (Bellec et al. 2020, doi:10.1038/s41467-020-17236-y).
struct EProp {
    static constexpr const char* name = "e_prop";
    static constexpr const char* help =
        "e-prop (Bellec et al. 2020): the error of the output in a step goes straight to each cell "
        "that projects to it, and meets the eligibility of its synapses, low-passed as the output "
        "does. Recurrent weights learn as all others; what a spike causes later in other cells is "
        "left out. Memory as with ostl. The loss must be one of every step.";
    static constexpr Following following = Following::eligibility;

    struct Params : WithFeedback {};
};

}  // namespace snnsim
