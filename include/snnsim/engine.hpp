// Runs a simulation model in time, event by event.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "snnsim/device.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Spikes of a stretch of time, ordered by (step, population, cell). A spike of step n was found in
/// the step that ends at n * dt.
struct Spikes {
    std::vector<std::uint32_t> step, population, cell;
    /// Of a network with graded spikes, else empty: by spike, 1 for those that are not graded.
    std::vector<float> value{};
    std::size_t size() const { return step.size(); }
};

/// Values of one record, [time][cell], in its unit (see cell_values); of a rate [time], in Hz.
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
    // By record of values of cells: input of the interval under way, in units of the weights' grid.
    std::vector<std::vector<std::int64_t>> inputs;
};

struct EngineOptions {
    int threads = 1;  // with a GPU: those that build the network
    Device device = Device::cpu;
    bool spikes = true;    // collect them; false: only count
    bool profile = false;  // measure what the phases of a step take; on the CPU only
};

/// How large the network became.
struct EngineReport {
    std::uint64_t cells = 0, synapses = 0;
    std::size_t bytes = 0;  // of synapses and state
    std::vector<std::uint64_t> projection_synapses;
    std::vector<double> projection_bytes;           // by projection, of each synapse
    std::vector<std::vector<double>> weight_steps;  // [population][receptor]: of the weights' grid
    double build_seconds = 0.0;
    // With EngineOptions::profile, since the engine was made:
    std::map<std::string, double> phase_seconds;  // of all threads together
    std::uint64_t events = 0;                     // spikes that synapses delivered
};

class Engine {
  public:
    virtual ~Engine() = default;

    /// Goes `steps` on. Throws NumericalError where a state is no number any more: what came
    /// together can still be taken, and is sound up to the error's step.
    virtual void advance(std::int64_t steps) = 0;
    virtual std::int64_t now() const = 0;  // steps done

    /// What came together since the last call.
    virtual Spikes take_spikes() = 0;
    /// The same for each record of values of cells, in the order of the model file.
    virtual std::vector<StateSamples> take_states() = 0;

    virtual EngineState state() const = 0;
    /// Goes on from there; the engine must have been made from the same model.
    virtual void set_state(const EngineState& state) = 0;

    virtual const EngineReport& report() const = 0;
    virtual std::string device_name() const = 0;  // "cpu, 2 threads", "NVIDIA H200"
    /// Spikes of each population since the start.
    virtual std::vector<std::uint64_t> spike_counts() const = 0;
};

/// Builds the network. Throws ModelError, DeviceError, or Error where memory is short.
std::unique_ptr<Engine> make_engine(const SimulationSpec& spec, const EngineOptions& options);

}  // namespace snnsim
