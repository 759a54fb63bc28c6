// Where that stands in the model file which is found wrong as an engine is built.
#pragma once

#include <fmt/format.h>

#include <string>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// "m.yaml:7:3: ", which begins a message.
inline std::string place_of(const SimulationSpec& spec, const Location& at) {
    return fmt::format("{}:{}:{}: ", spec.path, at.line, at.column);
}

}  // namespace snnsim
