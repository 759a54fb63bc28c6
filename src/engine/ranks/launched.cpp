#include <algorithm>
#include <cstdlib>
#include <thread>
#if defined(__linux__)
#include <sched.h>
#endif

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

int allowed_cores() {
#if defined(__linux__)
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return std::max(1, CPU_COUNT(&cores));
#endif
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace snnsim
