// One engine of all ranks, as the program on rank 0 has it.
#pragma once

#include <memory>

#include "snnsim/engine.hpp"
#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

/// Of rank 0, while all others follow(). `spec` is written out at its scale. `exchange` lives
/// longer.
std::unique_ptr<Engine> make_leading_engine(const SimulationSpec& spec,
                                            const EngineOptions& options, Exchange& exchange);

/// Of the other ranks: builds the engine of the same model, and does what rank 0 is asked to do
/// until its engine goes.
void follow(const SimulationSpec& spec, const EngineOptions& options, Exchange& exchange);

}  // namespace snnsim
