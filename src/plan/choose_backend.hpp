// Where a run is computed, and whether there is room for it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "snnsim/run.hpp"
#include "snnsim/simulation_spec.hpp"
#include "src/device/choose_device.hpp"
#include "src/inputs/load_data.hpp"

namespace snnsim {

/// Of a network as it is simulated: scaled, its files read.
DeviceChoice choose_backend(const SimulationSpec& spec, const DeviceRequest& request, int threads);
DeviceChoice choose_backend(const ModelSpec& spec, const SampleCounts& samples,
                            const DeviceRequest& request, int threads);

/// Throws DeviceError with the parts where the device chosen has less free memory than they need.
/// `host`: what --backend cpu would take instead.
void require_device_memory(const DeviceChoice& choice, const std::vector<MemoryPart>& parts,
                           const std::vector<MemoryPart>& host, const char* advice);

/// Which backend `auto` takes and why, and what a device would need, for `snnsim check`.
std::string backend_text(const DeviceChoice& choice,
                         const std::function<std::vector<MemoryPart>()>& device_memory);

/// As many as --threads says, or as there are cores.
int threads_of(const RunOptions& options);

}  // namespace snnsim
