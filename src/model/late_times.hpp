// What a simulation never comes to: times that lie after its end.
#pragma once

#include <functional>
#include <optional>

#include "snnsim/simulation_spec.hpp"
#include "src/model/places.hpp"

namespace snnsim {

/// When the simulation ends (ms), where the model says it; phases that show samples take as long as
/// they take.
std::optional<double> known_end(const SimulationSpec& spec);

using TellLate = std::function<void(Places::Path, const std::string& message)>;
/// Tells of every stimulus, record, reward, delay and change that lies after `end` (ms).
void tell_late(const SimulationSpec& spec, double end, const TellLate& tell);

}  // namespace snnsim
