// The processes that mpirun, or a cluster's launcher, started together.
#pragma once

#include <memory>
#include <string>

#include "src/engine/ranks/device_carrier.hpp"
#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

/// Those that this process is one of; no_exchange() where it was started alone, and where there is
/// no MPI. Called by the thread of main() first, before it has made others, and it alone exchanges.
/// Throws UsageError where the library knows nothing of what started them.
Exchange& process_ranks();
/// As many of them as share this machine, and the number of this one among those.
int ranks_on_machine();
int rank_on_machine();
/// Where the library takes the addresses of a device's memory; `on_host`: where that is the host's
/// (ptxrun). Throws UsageError where it does not.
std::unique_ptr<DeviceCarrier> make_mpi_carrier(bool on_host);
/// The last that a process does of this; every rank does it, or all are ended.
void leave_ranks();

/// The library's name and version; empty where this build has none, and why_no_mpi() says why.
std::string mpi_name();
std::string why_no_mpi();

/// How many processes the launcher says that it started; 1 where it says nothing.
int launched_processes();
/// Whether an environment variable ("NAME=value") is one with which a launcher tells a process what
/// it is.
bool of_launcher(const char* variable);
/// The cores that this process may use: those that it was bound to, or its share of the machine's.
int cores_of_process();

/// Cores that this process may use: of a launcher that binds its processes, not all of the machine.
int allowed_cores();
/// What is said of a rank that may use fewer cores than it has threads; else nothing.
std::string text_of_fewer_cores(int threads);

}  // namespace snnsim
