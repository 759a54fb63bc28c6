// Several processes: rank 0 runs the program, the others do their part of its engine, or run jobs
// for it.
#pragma once

#include <cstdint>
#include <memory>

#include "snnsim/engine.hpp"
#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

/// What rank 0 wants of the others next, the first word of what it tells them.
enum class RunOrder : std::uint32_t { leave, build, jobs };

/// The engine of a run, on all ranks that there are. `as_in_file`: the model before its scale.
/// Throws UsageError of a device where there are several.
std::unique_ptr<Engine> make_engine_on_ranks(const SimulationSpec& as_in_file,
                                             const SimulationSpec& spec,
                                             const EngineOptions& options);

/// Of ranks but 0: builds the network of each run of rank 0 and follows its engine, or runs its
/// jobs, until rank 0 leaves, or one of them fails: that is told on rank 0.
void follow_runs(Exchange& exchange);
/// Of rank 0, at its end.
void dismiss_ranks(Exchange& exchange) noexcept;

}  // namespace snnsim
