#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "src/engine/ranks/process_ranks.hpp"
#include "src/text/words.hpp"

namespace snnsim {

int launched_processes() {
    // Of Open MPI, of MPICH and what goes by it, of Slurm's srun --mpi. What Slurm says of a whole
    // job (SLURM_NTASKS) holds for a plain call in its script too, and is not asked.
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
        if (const char* text = std::getenv(name)) return std::max(1, std::atoi(text));
    }
    const char* const pmix = std::getenv("PMIX_RANK");
    const char* const tasks = std::getenv("SLURM_STEP_NUM_TASKS");
    return pmix && tasks ? std::max(1, std::atoi(tasks)) : 1;
}

int allowed_cores() {
    cpu_set_t cores;
    CPU_ZERO(&cores);  // it fails on machines of more than 1024
    if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return std::max(1, CPU_COUNT(&cores));
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::string text_of_fewer_cores(int threads) {
    const int cores = allowed_cores();
    if (cores >= threads) return {};
    return fmt::format(", which may use {} (with mpirun --bind-to none, all of their machine)",
                       counted(cores, "core"));
}

bool of_launcher(const char* variable) {
    for (const char* prefix :
         {"OMPI_", "PMIX_", "PRTE_", "PMI_", "PMI2_", "MPI_", "HYDRA_", "HYDI_"}) {
        if (std::strncmp(variable, prefix, std::strlen(prefix)) == 0) return true;
    }
    return false;
}

int cores_of_process() {
    const int all = static_cast<int>(std::thread::hardware_concurrency());
    const int own = allowed_cores();
    return std::max(1, own < all ? own : all / ranks_on_machine());
}

}  // namespace snnsim
