// Which GPU a rank has, and how spikes come from one to the others.
#pragma once

#include <memory>
#include <string>

#include "src/engine/ranks/device_carrier.hpp"
#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

/// The device that this process takes of its machine's, by its number among the ranks there.
/// Throws DeviceError where there is none.
int device_of_rank();
/// Throws UsageError, on all ranks, where two of them have taken one GPU. `id`: see
/// id_of_cuda_device; `name`: for the error.
void require_own_device(Exchange& exchange, const std::string& id, const std::string& name);

/// The way that SNNSIM_GPU_EXCHANGE names on rank 0: "host" (where it is not set), "mpi" or "nccl";
/// null for the host, and for a process alone. Throws UsageError where the way is none of these, or
/// is not there.
std::unique_ptr<DeviceCarrier> make_carrier(Exchange& exchange, int number);

/// Of NCCL's library: its version; or empty, and why_no_nccl() says why.
std::string nccl_name();
std::string why_no_nccl();
std::unique_ptr<DeviceCarrier> make_nccl_carrier(Exchange& exchange);

}  // namespace snnsim
