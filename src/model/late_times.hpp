// What a simulation never comes to: times that lie after its end.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/simulation_spec.hpp"
#include "src/model/places.hpp"

namespace snnsim {

/// When the simulation ends (ms), where the model says it; phases that show samples take as long as
/// they take.
std::optional<double> known_end(const SimulationSpec& spec);

/// "3 of WHAT VERB not before the end of the run ...", of ascending times (ms); empty where none is
/// late. What is at the end itself changes nothing any more.
std::string not_before_end(const std::vector<double>& times, double dt, double end,
                           const std::string& what, const char* verb_of_one, const char* verb);

using TellLate = std::function<void(Places::Path, const std::string& message)>;
/// Tells of every stimulus, record, reward, delay and change that lies after `end` (ms).
void tell_late(const SimulationSpec& spec, double end, const TellLate& tell);

}  // namespace snnsim
