// What a run would do, counted from its model alone: for the choice of a backend.
#pragma once

#include <cstdint>
#include <optional>

#include "snnsim/model_spec.hpp"
#include "snnsim/simulation_spec.hpp"
#include "src/device/modelled_time.hpp"

namespace snnsim {

/// Taken of cells of which neither the model nor a file says how often they fire.
constexpr double assumed_rate = 10.0;  // Hz
/// What they say, of a run of so many ms; in Hz.
std::optional<double> rate_of_model(const CellPopulationSpec& population, double duration);

/// Of a network as it is simulated: scaled, its files read.
ExpectedWork expected_work(const SimulationSpec& spec);
/// `training`, `test`: samples.
ExpectedWork expected_work(const ModelSpec& spec, std::int64_t training, std::int64_t test);

}  // namespace snnsim
