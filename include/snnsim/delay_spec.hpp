// Delays that a training learns, as the model file says it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "kernels/fields.hpp"
#include "snnsim/location.hpp"

namespace snnsim {

/// Whose delays: each synapse's own, or one of each source for all of its synapses.
enum class DelayOf : std::uint8_t { synapse, source };
template <>
struct Names<DelayOf> {
    static constexpr std::array values{"synapse", "source"};
};

enum class DelayInit : std::uint8_t { uniform, constant };
template <>
struct Names<DelayInit> {
    static constexpr std::array values{"uniform", "constant"};
};

/// How wide the Gaussian around a delay is, over the epochs.
struct DelaySigmaSpec {
    std::optional<double> from, to;  // ms
    double until = 0.5;

    static constexpr auto fields() {
        return Fields{
            Field{"from", &DelaySigmaSpec::from, "ms", positive,
                  "in the first epoch; default: half of `max`"},
            Field{"to", &DelaySigmaSpec::to, "ms", positive,
                  "from `until` on; at least 0.1 dt, the default, which is the grid but for delays "
                  "halfway between two steps"},
            Field{"until", &DelaySigmaSpec::until, "", fraction,
                  "share of the epochs after which it is `to`; before, it falls by the same factor "
                  "in each"},
        };
    }
};

/// `delay: {learn: synapse, max: 25 ms}` of a projection.
struct LearnedDelaySpec {
    DelayOf learn = DelayOf::synapse;
    double max = 0.0;  // ms
    DelayInit init = DelayInit::uniform;
    double value = 0.0;  // ms
    DelaySigmaSpec sigma;
    std::optional<double> lr;

    static constexpr auto fields() {
        return Fields{
            Field{"learn", &LearnedDelaySpec::learn, "", unlimited,
                  "each synapse its own, or each source one for all of its synapses",
                  Need::required},
            Field{"max", &LearnedDelaySpec::max, "ms", positive,
                  "the longest, a whole number of dt: 64 at most, and less than a sample",
                  Need::required},
            Field{"init", &LearnedDelaySpec::init, "", unlimited,
                  "where they start: uniform: U(0, max); constant: all at `value`. Those of a run "
                  "come with its weights (`weight: {file: RUN}`)"},
            Field{"value", &LearnedDelaySpec::value, "ms", non_negative,
                  "of constant; at most `max`"},
            Field{"sigma", &LearnedDelaySpec::sigma, "", unlimited,
                  "width of the Gaussian around each delay, over the epochs"},
            Field{"lr", &LearnedDelaySpec::lr, "", positive,
                  "learning rate of delays in steps of dt, with the schedule of the others and "
                  "without weight decay; default: 100 times that of the optimizer"},
        };
    }
};

}  // namespace snnsim
