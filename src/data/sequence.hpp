// Samples whose values are shown one part after the other: the scheme `sequence`.
#pragma once

#include <string>

#include "snnsim/dataset.hpp"

namespace snnsim {

/// What is wrong with showing a sample of so many values to `inputs` neurons in `steps` steps of
/// `dt` ms, and what to write instead; empty: nothing.
std::string why_no_sequence(std::int64_t values, std::int64_t inputs, std::int64_t steps,
                            double dt);

/// Whether the input is shown its samples so.
bool shows_sequence(const EncodeSpec& encode);

/// Gives images of a published set that form where the model has the scheme.
void show_in_steps(const ModelSpec& spec, Dataset& images);

}  // namespace snnsim
