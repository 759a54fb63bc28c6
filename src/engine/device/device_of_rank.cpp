#include "src/engine/device/device_of_rank.hpp"

#include <cstdlib>
#include <map>
#include <utility>

#include "snnsim/device.hpp"
#include "src/engine/ranks/process_ranks.hpp"

namespace snnsim {

int device_of_rank() {
    const auto devices = static_cast<int>(cuda_devices().size());
    if (devices == 0) throw DeviceError("--backend cuda: " + why_no_cuda() + "; use --backend cpu");
    return rank_on_machine() % devices;
}

void require_own_device(Exchange& exchange, const std::string& id, const std::string& name) {
    WordWriter mine;
    mine.add(id);
    mine.add(name);
    Gathered all;
    exchange.all_gather(mine.words, all);
    std::map<std::string, int> taken;  // by which rank
    for (int r = 0; r < exchange.ranks(); ++r) {
        WordReader theirs(all.of(r));
        std::string of_rank, device;
        theirs.get(of_rank);
        theirs.get(device);
        const auto [known, is_new] = taken.emplace(of_rank, r);
        if (is_new || of_rank.empty()) continue;
        throw UsageError("ranks " + std::to_string(known->second) + " and " + std::to_string(r) +
                         " would share a GPU (" + device +
                         "): start one rank a GPU, as by mpirun --map-by ppr:2:node on machines of "
                         "two, or use --backend cpu");
    }
}

std::unique_ptr<DeviceCarrier> make_carrier(Exchange& exchange, int number) {
    if (exchange.alone()) return nullptr;
    const char* const named = std::getenv("SNNSIM_GPU_EXCHANGE");
    WordWriter of_leader;
    of_leader.add(std::string(named && *named ? named : "host"));
    exchange.broadcast(of_leader.words);
    std::string way;
    WordReader(of_leader.words).get(way);
    if (way == "host") return nullptr;
    if (way == "nccl") return make_nccl_carrier(exchange);
    if (way == "mpi")
        return make_mpi_carrier(cuda_devices().at(static_cast<std::size_t>(number)).interpreted);
    throw UsageError("SNNSIM_GPU_EXCHANGE is '" + way + "'; it may be host, mpi or nccl");
}

}  // namespace snnsim
