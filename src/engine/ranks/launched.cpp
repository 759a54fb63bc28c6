#include <algorithm>
#include <cstdlib>

#include "src/engine/ranks/process_ranks.hpp"

namespace snnsim {

int launched_processes() {
    // Of Open MPI, of MPICH and what goes by it, of Slurm's srun --mpi.
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
        if (const char* text = std::getenv(name)) return std::max(1, std::atoi(text));
    }
    const char* const pmix = std::getenv("PMIX_RANK");
    const char* const tasks = std::getenv("SLURM_STEP_NUM_TASKS");
    return pmix && tasks ? std::max(1, std::atoi(tasks)) : 1;
}

}  // namespace snnsim
