// Sequence: the values of a sample one part after the other, instead of all at every step.
#pragma once

#include "kernels/encoders/model.hpp"

namespace snnsim {

/// Step t shows values t n to (t + 1) n - 1 of a sample to the n inputs: an image row by row, or
/// pixel by pixel (Le et al. 2015, arXiv 1504.00941). Samples take the form of those that are in
/// steps already (see in_steps), so that there is no `encode`.
struct Sequence {
    static constexpr const char* name = "sequence";
    static constexpr Sends sends = Sends::values;
    static constexpr bool constant = false;
    static constexpr bool needs_rank = false;
    static constexpr bool any_value = true;
    static constexpr bool over_steps = true;

    static constexpr const char* help =
        "An input of n neurons is shown values 0 to n - 1 of a sample in the first step, the next "
        "n in the second, and so on: an image of 28 x 28 row by row where n is 28 (duration: 28 "
        "steps), pixel by pixel where it is 1 (784 steps). Inputs times steps must be the values "
        "of a sample.";

    struct Params {
        static constexpr auto fields() { return Fields{}; }
    };
    struct Constants {};
    static Constants prepare(const Params&, double, int) { return {}; }
};

}  // namespace snnsim
