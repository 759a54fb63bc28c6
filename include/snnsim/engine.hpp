// Runs a simulation model in time, event by event.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Spikes of a stretch of time, ordered by (step, population, cell). A spike of step n was found in
/// the step that ends at n * dt.
struct Spikes {
    std::vector<std::uint32_t> step, population, cell;
    std::size_t size() const { return step.size(); }
};

/// Values of one recorded state variable, [time][cell], in the unit of its table.
struct StateSamples {
    std::vector<std::uint32_t> step;
    std::vector<float> values;
};

/// All that decides how a simulation goes on; the same on any number of threads.
struct EngineState {
    std::int64_t now = 0;  // steps done
    std::vector<std::vector<float>>
        states;     // by population: [variable][cell], as the model keeps it
    Spikes recent;  // those that have not reached all their targets
    std::vector<std::uint64_t> spike_counts;  // by population, since the start
};

struct EngineOptions {
    int threads = 1;
    bool spikes = true;  // collect them; false: only count
};

/// How large the network became.
struct EngineReport {
    std::uint64_t cells = 0, synapses = 0;
    std::size_t bytes = 0;  // of synapses and state
    std::vector<std::uint64_t> projection_synapses;
    double build_seconds = 0.0;
};

class Engine {
  public:
    virtual ~Engine() = default;

    /// Goes `steps` on.
    virtual void advance(std::int64_t steps) = 0;
    virtual std::int64_t now() const = 0;  // steps done

    /// What came together since the last call.
    virtual Spikes take_spikes() = 0;
    /// The same for each record of a state variable, in the order of the model file.
    virtual std::vector<StateSamples> take_states() = 0;

    virtual EngineState state() const = 0;
    /// Goes on from there; the engine must have been made from the same model.
    virtual void set_state(const EngineState& state) = 0;

    virtual const EngineReport& report() const = 0;
    /// Spikes of each population since the start.
    virtual std::vector<std::uint64_t> spike_counts() const = 0;
};

/// Builds the network. Throws ModelError, or Error where memory is short.
std::unique_ptr<Engine> make_engine(const SimulationSpec& spec, const EngineOptions& options);

}  // namespace snnsim
