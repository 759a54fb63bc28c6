// Several processes: rank 0 runs the program, the others do their part of its engine or its
// trainer, or run jobs for it.
#pragma once

#include <cstdint>
#include <memory>

#include "snnsim/engine.hpp"
#include "snnsim/trainer.hpp"
#include "src/device/choose_device.hpp"
#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

/// What rank 0 wants of the others next, the first word of what it tells them.
enum class RunOrder : std::uint32_t { leave, simulate, train, jobs };

/// The engine of a run, on all ranks that there are. `as_in_file`: the model before its scale. Of
/// GPUs each rank takes its own; see device_of_rank.
std::unique_ptr<Engine> make_engine_on_ranks(const SimulationSpec& as_in_file,
                                             const SimulationSpec& spec,
                                             const EngineOptions& options);

/// The trainer of a run, and what the other ranks make theirs of.
struct RankTraining {
    const ModelSpec& spec;
    const std::string &tested, &data_dir;  // as in Start and RunOptions
    Device backend;
    const Network& network;
    const TrainerOptions& options;
    const Dataset& data;
};
/// It has its data.
std::unique_ptr<Trainer> make_trainer_on_ranks(const RankTraining& training);

/// What a training asks for: several ranks take the CPU where no other device is asked for, and else
/// each its own. Throws UsageError where one is named.
DeviceRequest request_on_ranks(const DeviceRequest& asked);

/// Of ranks but 0: builds the network of each run of rank 0 and follows its engine or trainer, or
/// runs its jobs, until rank 0 leaves, or one of them fails: that is told on rank 0.
void follow_runs(Exchange& exchange);
/// Of rank 0, at its end.
void dismiss_ranks(Exchange& exchange) noexcept;

}  // namespace snnsim
