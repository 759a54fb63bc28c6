// A trained network as part of a simulation's model file: `simulate: {network: run.h5}`.
#pragma once

#include <memory>
#include <string>

#include "snnsim/read_model.hpp"
#include "src/model/problems.hpp"

namespace snnsim {

/// Before the file is read: puts the populations and projections of the run's model into it, with
/// weights from the run, and its dt and data set where the file says none. What the file says of a
/// projection of the network itself (its delay, `release`, `plasticity`) is kept. `network`: where
/// the run is named.
void add_network(Value& root, const Value& network, const RunModel& run, Problems& problems);

/// After it is read: which populations are the network's, how deep they lie and what its input is.
/// `own_samples`: the file says itself what is shown.
void describe_network(SimulationSpec& spec, std::shared_ptr<const ModelSpec> model,
                      const Value& network, bool own_samples);

/// Why a simulation cannot have the trained network; empty where it can.
std::string why_not_simulated(const ModelSpec& model);
/// The same of a run, with what would do; of a model that is not trained yet where `run` is empty.
std::string no_simulation_of(const ModelSpec& model, const std::string& run);

}  // namespace snnsim
