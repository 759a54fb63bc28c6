// What a search can ask of a run.
#pragma once

#include <optional>
#include <string>

#include "snnsim/read_model.hpp"
#include "snnsim/search_spec.hpp"
#include "src/study/cell_result.hpp"

namespace snnsim {

/// "E.rate_hz", "accuracy".
std::string key_of(const ObjectiveSpec& objective);

/// Whether runs of the model can have it; else what is wrong, and which there are.
std::string why_not_measured(const ObjectiveSpec& objective, const AnyModel& model);

/// Not a number where it is not defined (no spikes, ...); none where the run does not have it.
std::optional<double> measured(const ObjectiveSpec& objective, const CellResult& result);

/// The less, the better; not a number where the measure is none.
double cost_of(const ObjectiveSpec& objective, double measure);

}  // namespace snnsim
