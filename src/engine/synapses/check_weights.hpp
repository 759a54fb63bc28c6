// That weights on their grid are what the model says.
#pragma once

#include "src/engine/synapses/weight_plan.hpp"

namespace snnsim {

/// See plan_weights.
void check_weights(const SimulationSpec& spec, const WeightPlan& plan);

}  // namespace snnsim
