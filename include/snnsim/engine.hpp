// Runs a simulation model in time, event by event.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernels/network/sample_windows.hpp"
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

/// Values of one record, [time][cell], in its unit (see cell_values); of a rate [time], in Hz; of
/// weights [time][synapse], or [change][place in the list, weight].
struct StateSamples {
    std::vector<std::uint32_t> step;
    std::vector<float> values;
    std::vector<std::uint64_t> counts{};  // of a histogram, instead: [time][bin]
};

/// What structural plasticity did, each time that it was due.
struct StructureCounts {
    std::vector<std::uint32_t> step;
    std::vector<std::uint64_t> pruned, grown;
};

/// What a projection had to do since the start. A spike counts when it is sent, with all synapses
/// that its cell then has; of synapses that may fail those that let something go, when they do.
struct SynapticWork {
    std::uint64_t events = 0;      // spikes; within a sample those that arrive in it
    std::uint64_t operations = 0;  // synapses that they reach
};

/// Synapses of a projection that change, in the order of their numbers: by (source, delay, target).
struct PlasticState {
    bool plastic = true;
    std::vector<std::int32_t> weight;    // by synapse: see PlasticWeight
    std::vector<float> own;              // by synapse: traces of rules with their own
    std::vector<std::uint8_t> ready;     // by synapse: sites that can release
    std::vector<std::uint32_t> arrived;  // by (source, delay): steps done with its last spike
    std::vector<float> pre;              // their traces just before
    std::vector<float> resources;  // the same, or by synapse: x and u of short-term plasticity
    std::vector<std::uint32_t> post_count;  // by target: its last spikes
    std::vector<std::uint32_t> post_step;   // of each
    std::vector<float> post;                // traces just before
    std::vector<float> late_plus;           // of rules that go by voltages: see LateVoltages
    std::vector<float> late_minus;
    std::vector<std::uint32_t> fired;  // by target: spikes since it was last scaled
    std::vector<float> rate;           // by target: low-passed, Hz
    float reward = 0.0f;               // of rules that wait for it
    std::int64_t rewarded = -1;        // of rules with a variable: see RuleConstants
    std::int64_t done = 0;             // spikes of targets are applied up to there
    std::vector<float> watched;        // weights last recorded of single synapses
    // Of a projection with `structure`:
    std::vector<std::uint32_t> source, target;  // by synapse
    StructureCounts structure;
    std::uint64_t released = 0;  // of synapses that may fail: how often one let something go
};

/// Weights of a projection with `plasticity`, or a part of them, in its unit and in that order.
struct ProjectionWeights {
    std::size_t projection = 0;  // number in the model
    std::uint64_t first = 0;     // number of the first synapse here
    std::vector<std::uint32_t> source, target;
    std::vector<float> delay, weight;  // ms; unit of the weights
    StructureCounts structure;         // with the first part
};
using TakeWeights = std::function<void(const ProjectionWeights&)>;

/// All that decides how a simulation goes on; the same on any number of threads.
struct EngineState {
    std::int64_t now = 0;  // steps done
    std::vector<std::vector<float>>
        states;     // by population: [variable][cell], as the model keeps it
    Spikes recent;  // those that have not reached all their targets
    std::vector<std::uint64_t> spike_counts;  // by population, since the start
    std::vector<SynapticWork> work;           // by projection
    // By record of values of cells: input of the interval under way, in units of the weights' grid.
    std::vector<std::vector<std::int64_t>> inputs;
    bool learns = true;                               // see Engine::set_plastic
    std::vector<PlasticState> plastic;                // by projection that changes
    std::vector<std::vector<double>> rates;           // by population; empty: of the model
    std::vector<std::vector<std::uint32_t>> counted;  // by population; empty: not counted
};

struct EngineOptions {
    int threads = 1;              // with a GPU: those that build the network
    Device device = Device::cpu;  // or cuda
    int cuda_device = 0;          // its number
    bool spikes = true;           // collect them; false: only count
    bool profile = false;  // count synaptic events; on the CPU, time the phases of a step too
};

/// How large the network became.
struct EngineReport {
    std::uint64_t cells = 0, synapses = 0;
    std::size_t bytes = 0;  // of synapses and state
    std::vector<std::uint64_t> projection_synapses;
    std::vector<std::uint64_t> junctions;           // by entry of gap_junctions
    std::vector<double> projection_bytes;           // by projection, of each synapse
    std::vector<std::vector<double>> weight_steps;  // [population][receptor]: of the weights' grid
    double build_seconds = 0.0;
    // With EngineOptions::profile, since the engine was made:
    std::map<std::string, double> phase_seconds;  // of all threads together
    std::uint64_t events = 0;                     // spikes that reached a synapse, which may fail
};

class Engine {
  public:
    virtual ~Engine() = default;

    /// Goes `steps` on. Throws NumericalError where a state is no number any more: what came
    /// together can still be taken, and is sound up to the error's step.
    virtual void advance(std::int64_t steps) = 0;
    virtual std::int64_t now() const = 0;  // steps done
    /// Steps that are best run together: advance() up to multiples of it costs least.
    virtual std::int64_t batch() const { return 1; }

    /// What came together since the last call.
    virtual Spikes take_spikes() = 0;
    /// The same for each record of values of cells, in the order of the model file.
    virtual std::vector<StateSamples> take_states() = 0;

    /// The same for each record of weights.
    virtual std::vector<StateSamples> take_weights() = 0;
    /// Weights of projections with `plasticity`, as the next spike finds them: in parts of about
    /// `most` synapses, at least one of each projection.
    virtual void read_weights(std::size_t most, const TakeWeights& take) const = 0;
    /// All of them.
    std::vector<ProjectionWeights> weights() const;
    /// From now on weights and adaptive thresholds change (as at the start), or stay.
    virtual void set_plastic(bool plastic) = 0;
    /// Gives all projections whose rule waits for it a reward, now.
    virtual void reward(double amount) = 0;
    /// Scales the weights of each target of a projection with `plasticity` so that they sum to
    /// `sum`, in their unit. Weights that would leave their bounds stay there; all 0 stay 0.
    virtual void normalise(std::size_t projection, double sum) = 0;

    /// Rates (Hz) of the cells of a poisson_source or regular_source population, from now on.
    /// Throws UsageError where it is another model or a rate is beyond 0 .. 1 / dt.
    virtual void set_rates(std::size_t population, const std::vector<double>& rates) = 0;
    /// Those that were set; empty: those of the model.
    virtual std::vector<double> rates(std::size_t population) const = 0;
    /// Cells of a population that send nothing from now on: not 0 in `silent`, by cell; empty: all
    /// send again.
    virtual void silence(std::size_t population, const std::vector<std::uint8_t>& silent) = 0;
    /// From now on; populations of no depth go on as always.
    virtual void set_windows(const SampleWindows& windows) = 0;
    /// What the spike_source or value_source population plays from now on, in place of what it
    /// had; steps count from the start of the simulation.
    virtual void play(std::size_t population, std::shared_ptr<const PlayedSpikes> played) = 0;
    /// Counts the spikes of each cell of a population from now on, from 0.
    virtual void count_spikes(std::size_t population) = 0;
    /// What was counted; empty where nothing is.
    virtual std::vector<std::uint32_t> counted_spikes(std::size_t population) const = 0;

    virtual EngineState state() const = 0;
    /// Goes on from there; the engine must have been made from the same model.
    virtual void set_state(const EngineState& state) = 0;

    virtual const EngineReport& report() const = 0;
    virtual std::string device_name() const = 0;  // "cpu, 2 threads", "NVIDIA H200"
    /// Spikes of each population since the start.
    virtual std::vector<std::uint64_t> spike_counts() const = 0;
    /// By projection.
    virtual std::vector<SynapticWork> work() const = 0;
};

/// Builds the network. Throws ModelError, DeviceError, or Error where memory is short.
std::unique_ptr<Engine> make_engine(const SimulationSpec& spec, const EngineOptions& options);

}  // namespace snnsim
