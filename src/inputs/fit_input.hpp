// The input of a trained network, made for the samples that it is shown.
#pragma once

#include "snnsim/dataset.hpp"
#include "snnsim/sample_form.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Samples that are spikes already are sent as spikes, other ones as values; weights then get a
/// grid for the largest of those that the phases show. Goes through samples that are streamed.
/// Throws DataError where a record asks for values of an input that has none.
void fit_input(SimulationSpec& spec, const Dataset& data);

}  // namespace snnsim
