// Runs an engine, and its spikes in a form that tests compare and print.
#pragma once

#include <algorithm>
#include <ostream>
#include <vector>

#include "snnsim/engine.hpp"

namespace snnsim {

struct Sent {
    std::uint32_t step, population, cell;
    float value;  // 1: not graded
    bool operator==(const Sent&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const Sent& s) {
    return out << "step " << s.step << ": cell " << s.cell << " of population " << s.population
               << " sent " << s.value;
}

inline void append(std::vector<Sent>& all, const Spikes& s) {
    for (std::size_t k = 0; k < s.size(); ++k)
        all.push_back({s.step[k], s.population[k], s.cell[k], s.value.empty() ? 1.0f : s.value[k]});
}

/// Goes `steps` on, at most `block` at a time.
inline std::vector<Sent> run(Engine& engine, std::int64_t steps, std::int64_t block = 1 << 20) {
    std::vector<Sent> all;
    for (const std::int64_t last = engine.now() + steps; engine.now() < last;) {
        engine.advance(std::min(block, last - engine.now()));
        append(all, engine.take_spikes());
    }
    return all;
}
/// From the start to the end of the model.
inline std::vector<Sent> run(const SimulationSpec& spec, int threads,
                             std::int64_t block = 1 << 20) {
    return run(*make_engine(spec, {.threads = threads}), spec.steps(), block);
}

}  // namespace snnsim
