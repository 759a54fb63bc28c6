#include "src/engine/device/device_of_rank.hpp"

#include <cstdlib>
#include <map>
#include <utility>

#include "snnsim/device.hpp"
#include "src/device/device_id.hpp"
#include "src/engine/ranks/process_ranks.hpp"

namespace snnsim {

int device_of_rank() {
    const auto devices = static_cast<int>(cuda_devices().size());
    if (devices == 0) throw DeviceError("--backend cuda: " + why_no_cuda() + "; use --backend cpu");
    return rank_on_machine() % devices;
}

void require_own_devices(Exchange& exchange, int number) {
    const std::string id = id_of_cuda_device(number);
    WordWriter mine;
    mine.add(id);
    mine.add(cuda_devices().at(static_cast<std::size_t>(number)).text());
    Gathered all;
    exchange.all_gather(mine.words, all);
    std::map<std::string, int> taken;  // by which rank
    for (int r = 0; r < exchange.ranks(); ++r) {
        WordReader theirs(all.of(r));
        std::string of_rank, text;
        theirs.get(of_rank);
        theirs.get(text);
        const auto [known, is_new] = taken.emplace(of_rank, r);
        if (is_new || of_rank.empty()) continue;
        throw UsageError("ranks " + std::to_string(known->second) + " and " + std::to_string(r) +
                         " would share a GPU (" + text +
                         "): start one rank a GPU, as by mpirun --map-by ppr:2:node on machines of "
                         "two, or use --backend cpu");
    }
}

std::unique_ptr<DeviceCarrier> make_carrier(Exchange& exchange, int number) {
    if (exchange.alone()) return nullptr;
    const char* const named = std::getenv("SNNSIM_GPU_EXCHANGE");
    WordWriter of_leader;
    of_leader.add(std::string(named ? named : "host"));
    exchange.broadcast(of_leader.words);
    std::string way;
    WordReader(of_leader.words).get(way);
    const bool on_host = cuda_devices().at(static_cast<std::size_t>(number)).interpreted;
    if (way == "host") return nullptr;
    if (way == "mpi") return make_mpi_carrier(on_host);
    if (way != "nccl")
        throw UsageError("SNNSIM_GPU_EXCHANGE is '" + way + "'; it may be host, mpi or nccl");
    if (on_host) throw UsageError("SNNSIM_GPU_EXCHANGE is nccl, which works on GPUs only");
    return make_nccl_carrier(exchange);
}

}  // namespace snnsim
