// Batch normalisation as part of the weights.
#pragma once

#include "snnsim/trainer.hpp"

namespace snnsim {

/// Multiplies the weights and biases that lead to a population with a norm, and shifts one of its
/// biases, so that they do what the norm does in tests; the state has no norms then.
void fold_norms(const Network& network, TrainerState& state);

}  // namespace snnsim
