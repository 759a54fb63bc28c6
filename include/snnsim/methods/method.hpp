// What methods of learning have in common. Each is a file here, an entry of the list in
// learning_methods.hpp, and what src/model/check_method.cpp says of what it cannot train.
#pragma once

#include <cstdint>

#include "kernels/fields.hpp"

namespace snnsim {

/// The weights by which errors of targets go back to sources.
enum class Feedback : std::uint8_t { symmetric, random };
template <>
struct Names<Feedback> {
    static constexpr std::array values{"symmetric", "random"};
};

struct FeedbackParams {
    Feedback feedback = Feedback::symmetric;
};
inline constexpr Field feedback_field{
    "feedback", &FeedbackParams::feedback, "", unlimited,
    "errors go back to sources by the weights themselves (symmetric), or by random ones that are "
    "drawn once in the same way and never learn (feedback alignment, Lillicrap et al. 2016)"};
struct WithFeedback : FeedbackParams {
    static constexpr auto fields() { return Fields{feedback_field}; }
};

/// What follows the past inputs of a weight where the gradient does not go back through time.
enum class Following : std::uint8_t {
    nothing,      // the gradient itself goes back, through the steps that are computed at once
    sources,      // a trace of each source
    eligibility,  // of each synapse the derivative of its target's state
};

}  // namespace snnsim
