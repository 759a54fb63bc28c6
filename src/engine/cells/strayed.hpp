// States beyond what their model allows, and states that are no numbers any more.
#pragma once

#include <cstdint>
#include <string>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Steps between two looks: often enough to tell the time, rare enough to cost nothing.
inline constexpr std::int64_t check_interval = 32;

/// A state variable of a cell that has strayed, as a user sees it.
struct StrayedState {
    const char* name;
    const char* unit;
    double value, low, high;  // and what is allowed
    std::string hint = {};    // what may be to blame, where more is known
};

/// Throws the NumericalError of a cell whose state was found when `step` steps were done.
[[noreturn]] void throw_strayed(const SimulationSpec& spec, std::size_t population,
                                std::int64_t cell, std::int64_t step, const StrayedState& state);

}  // namespace snnsim
