// States that are no numbers any more.
#pragma once

#include <cstdint>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Steps between two looks: often enough to tell the time, rare enough to cost nothing.
inline constexpr std::int64_t check_interval = 32;

/// Throws the NumericalError of a cell whose state was found when `step` steps were done.
[[noreturn]] void throw_no_number(const SimulationSpec& spec, std::size_t population,
                                  std::int64_t cell, std::int64_t step);

}  // namespace snnsim
