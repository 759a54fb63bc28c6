#pragma once

#include "snnsim/methods/method.hpp"

namespace snnsim {

/// The same through some steps at a time (Williams & Peng 1990, doi:10.1162/neco.1990.2.4.490).
struct TruncatedBptt {
    static constexpr const char* name = "truncated_bptt";
    static constexpr const char* help =
        "Back-propagation through `steps` steps at a time: the state goes on from one piece to the "
        "next, the gradient does not (Williams & Peng 1990). Memory is that of a piece. The loss "
        "must be one of every step.";
    static constexpr Following following = Following::nothing;

    struct Params : FeedbackParams {
        std::int64_t steps = 0;
        static constexpr auto fields() {
            return Fields{
                Field{"steps", &Params::steps, "", at_least(1), "that a gradient goes back at most",
                      Need::required},
                feedback_field,
            };
        }
    };
};

}  // namespace snnsim
