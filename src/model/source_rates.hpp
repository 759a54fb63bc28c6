// What a step of dt cannot show of a source or a sine: more than a spike, or half a period.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

struct TooFast {
    std::size_t stimulus;  // number of the last one to begin
    std::string what;
};
/// A poisson_source or regular_source whose rate with all its stimuli is, as far as known in
/// advance, above 1 / dt.
std::optional<TooFast> too_fast(const SimulationSpec& spec, const CellPopulationSpec& p);

/// What is wrong with a frequency (Hz) that is not below 1 / (2 dt); else empty.
std::string aliased(double frequency, double dt);

}  // namespace snnsim
