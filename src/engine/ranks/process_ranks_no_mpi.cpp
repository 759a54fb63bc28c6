// Of the library, and of a program that is built without MPI: every process is alone.
#include "src/engine/ranks/process_ranks.hpp"

namespace snnsim {

Exchange& process_ranks() {
    return no_exchange();
}
int ranks_on_machine() {
    return 1;
}
int rank_on_machine() {
    return 0;
}
std::unique_ptr<DeviceCarrier> make_mpi_carrier(bool) {
    throw UsageError(why_no_mpi());
}
void leave_ranks() {}
std::string mpi_name() {
    return {};
}
std::string why_no_mpi() {
    return "this snnsim was built without MPI; install it (libopenmpi-dev) and build again";
}

}  // namespace snnsim
