// What each of several processes that simulate a network holds and exchanges, foretold from the
// model: see docs/scale.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "snnsim/network.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

struct RankShape {
    int ranks = 1;
    int threads = 1;  // of each rank
};

struct RankMemory {
    std::vector<MemoryPart> each;   // of every rank
    std::vector<MemoryPart> first;  // what rank 0 has beside it
};

/// Of a network as it is simulated: scaled, its files read. `rates`: by population, in Hz.
RankMemory memory_of_ranks(const SimulationSpec& spec, RankShape shape,
                           const std::vector<double>& rates);
/// With the rates that the model says or that are assumed.
RankMemory memory_of_ranks(const SimulationSpec& spec, RankShape shape);

/// What ranks tell each other: means, by the rates.
struct ExchangeLoad {
    std::int64_t window = 1;  // steps between two exchanges
    std::string why;          // it is that long: "the shortest delay"
    double windows = 0.0;     // in a second of the network's time
    double spikes = 0.0;      // of all ranks in that second
    double message = 0.0;     // bytes that a rank gives in a window ...
    double states = 0.0;      // ... of which are states of cells that others look at
    double received(int ranks) const { return message * (ranks - 1); }
};
ExchangeLoad exchange_load(const SimulationSpec& spec, RankShape shape,
                           const std::vector<double>& rates);

/// Why the ranks on one machine have no room there: `here` of them, `first` if rank 0 is among
/// them. `machine`: what is free for all of them, `process`: for one. Else empty.
struct RoomForRanks {
    std::size_t machine, process;
};
std::string rank_memory_problem(const RankMemory& memory, RankShape shape, int here, bool first,
                                RoomForRanks room);
/// Throws DeviceError with it. `here`: ranks on this machine; `first`: this is rank 0.
void require_rank_memory(const SimulationSpec& spec, RankShape shape, int here, bool first);

}  // namespace snnsim
