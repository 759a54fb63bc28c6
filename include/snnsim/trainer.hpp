// Trains and tests a network on labelled samples or real targets; the coarse interface that each
// backend implements.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "snnsim/dataset.hpp"
#include "snnsim/device.hpp"
#include "snnsim/network.hpp"

namespace snnsim {

/// What one weight update saw.
struct StepResult {
    double loss;      // mean over the batch; of several outputs the weighted sum
    double accuracy;  // share of the batch; 0 where targets are real numbers, of several outputs
                      // the mean of those with classes
    double learning_rate;
    struct OfOutput {
        double loss, accuracy;
    };
    std::vector<OfOutput> outputs = {};  // where they have names
};

/// What a population did, summed over samples and steps. Memory as in Garg et al. 2026 (arXiv
/// 2603.21674): a neuron with a state reads and writes it at every step and reads its two
/// parameters once a sample; biases are read once a sample; outputs are written.
struct PopulationActivity {
    std::string population;
    std::uint64_t events = 0;    // non-zero outputs: spikes, or graded values
    std::uint64_t possible = 0;  // size * steps * samples
    bool graded = false;         // sends values, not spikes
    std::uint64_t updates = 0;   // size * steps * samples of neurons that keep a state, else 0
    std::uint64_t reads = 0, writes = 0;  // words, but for those of the synapses
};
/// Synaptic operations of a projection, forward, summed over samples and steps.
struct ProjectionOperations {
    std::string projection;
    std::uint64_t dense = 0;   // weights * steps * samples
    std::uint64_t macs = 0;    // effective multiply-accumulates: input and weight non-zero
    std::uint64_t acs = 0;     // effective accumulates: the same where all inputs are in {-1, 0, 1}
    std::uint64_t events = 0;  // inputs that are not zero ...
    std::uint64_t inputs = 0;  // ... of so many
    std::uint64_t biases = 0;  // biases * steps * samples
    bool analog = false;       // inputs are values, so that operations are MACs

    /// Words: every input that arrives, and the weights it meets.
    std::uint64_t reads() const { return events + macs + acs; }
    /// As syops-counter counts (Chen et al. 2023): dense operations, biases included, times the
    /// share of inputs that are not zero; all of them MACs where inputs are values.
    double syops_macs() const { return analog ? static_cast<double>(dense + biases) : 0.0; }
    double syops_acs() const {
        if (analog || inputs == 0) return 0.0;
        return static_cast<double>(dense + biases) * static_cast<double>(events) /
               static_cast<double>(inputs);
    }
};
/// Synaptic operations of a projection in the backward pass: dL/dw, an operation for each input
/// that is not zero and each weight (AC where inputs are in {-1, 0, 1}), and dL/d(output) of the
/// sources where it goes further down, a MAC for each weight and step.
struct BackwardOperations {
    std::string projection;
    std::uint64_t dense = 0, macs = 0, acs = 0;
    std::uint64_t updates = 0;  // weights and biases changed
};
struct PhaseCounts {
    std::uint64_t samples = 0;
    std::vector<PopulationActivity> activity;  // of the populations that send, or keep a state
    std::vector<ProjectionOperations> forward;
    std::vector<BackwardOperations> backward;  // empty where nothing was trained
};

/// Recorded output of the first samples of an evaluation.
struct SpikeRecording {
    std::string population;
    std::vector<std::uint32_t> sample, step,
        neuron;                // by sample, then step, then neuron; step from 1: its end
    std::int64_t samples = 0;  // recorded, silent ones included
};
struct StateRecording {
    std::string population, variable, unit;
    std::int64_t samples, steps, neurons;
    std::vector<float> values;  // [sample][step][neuron]
    std::string shows = {};     // when in a step, in words
};

/// What an output gave.
struct OutputResult {
    double loss = 0.0;
    double accuracy = 0.0;                          // of classes
    std::vector<std::int32_t> labels, predictions;  // empty where targets are real numbers, ...
    std::optional<double> error = {};  // ... which have |output - y| / |y|, L2 over all samples,
    std::vector<float> outputs = {};   // and the output averaged over the steps: [sample][output]
    std::size_t output_size = 0;

    std::size_t samples() const {
        return output_size > 0 ? outputs.size() / output_size : labels.size();
    }
};

/// Of an output that has a name in the data.
struct NamedResult : OutputResult {
    std::string name;
    int classes = 0;
    std::vector<std::string> class_names = {};
};

/// Of outputs with names the loss is the weighted sum, and the accuracy the mean of those with
/// classes; where none has, the error is the mean. All else is in `by_name`.
struct Evaluation : OutputResult {
    std::vector<NamedResult> by_name = {};

    std::size_t samples() const {
        return by_name.empty() ? OutputResult::samples() : by_name[0].samples();
    }
    PhaseCounts counts;
    std::vector<SpikeRecording> spikes;
    std::vector<StateRecording> states;
};

/// Where the batch normalisation of a population stands, by channel.
struct NormState {
    std::string population;
    std::vector<float> scale, shift, mean, variance;
    std::vector<float> moments;  // the optimiser's: [moment][scale, shift][channel]
};

/// Calls f(name, values) for each part.
template <class State, class F>
void for_each_part(State& norm, F&& f) {
    f("scale", norm.scale);
    f("shift", norm.shift);
    f("mean", norm.mean);
    f("variance", norm.variance);
    f("moments", norm.moments);
}

/// Where a parameter of neurons stands.
struct LearnedState {
    std::vector<float> w;        // see Link; by group
    std::vector<float> moments;  // the optimiser's: [moment][group]
};

/// Everything a resume needs to go on with the same bits.
struct TrainerState {
    std::vector<std::vector<float>> weights;  // per projection, as in Projection
    std::vector<std::vector<float>> bias;     // per projection [post], or empty
    std::vector<std::vector<float>>
        moments;                // per projection: the optimiser's, [moment][weights, then biases]
    std::uint64_t updates = 0;  // weight updates done
    std::vector<std::vector<std::uint8_t>> masks =
        {};                   // per projection, of each weight: 0 where pruning took it, or empty
    PhaseCounts counts = {};  // of the training so far
    std::vector<NormState> norms = {};                    // none once they are folded into weights
    std::vector<std::vector<LearnedState>> learned = {};  // [population][Population::trained]
    // Per projection: learned delays in steps, [pre][post] or [pre], and their moments; or empty.
    std::vector<std::vector<float>> delays = {}, delay_moments = {};
};

struct TrainerOptions {
    TrainSpec train;
    std::uint64_t seed = 1;
    int threads = 0;           // 0: as many as cores
    int cuda_device = 0;       // its number
    AugmentSpec augment = {};  // of training samples
};

/// Whether what is under way is to end early.
using StopRequest = std::function<bool()>;

class Trainer {
  public:
    virtual ~Trainer() = default;

    /// Copies the data to where it is computed, or holds on to the streams that bring them.
    virtual void load(const Dataset& data) = 0;

    /// Training samples that train() will be asked for, in this order, so that a stream can read
    /// ahead.
    virtual void expect(std::span<const std::uint32_t> samples) { static_cast<void>(samples); }

    /// What comes next belongs to that part of `TrainSpec::phases`, whose first update is so many
    /// updates after the first of all. `fresh`: it begins, with a new optimiser.
    virtual void begin_phase(std::size_t phase, std::uint64_t first_update, bool fresh) = 0;
    /// Share of the weights that learn which are not 0.
    virtual double connected() const = 0;

    /// One weight update per `TrainSpec::batch` of the training samples named, the last one perhaps
    /// smaller. `epoch` keys the encoder's random numbers; `learning_rates` has one value per
    /// update.
    virtual std::vector<StepResult> train(std::span<const std::uint32_t> samples,
                                          std::uint32_t epoch,
                                          std::span<const double> learning_rates) = 0;

    struct EvaluateOptions {
        bool test_set = true;  // false: samples of the training set (validation)
        std::int64_t batch = 250;
        std::vector<RecordSpec> record = {};
        /// Asked before each batch: where it says so the evaluation ends, and is worth nothing.
        StopRequest stop = {};
    };
    virtual Evaluation evaluate(std::span<const std::uint32_t> samples,
                                const EvaluateOptions& options) = 0;

    /// Sets the smallest weights of each trainable projection to zero for good, until the share
    /// `sparsity` of them is.
    virtual void prune(double sparsity) = 0;
    /// Rounds weights, and from now on the values that populations send, as `spec` says; the
    /// `calibration` samples of the training set show how large values get. `stop` as above.
    virtual void quantize(const QuantizeSpec& spec, std::span<const std::uint32_t> calibration,
                          const StopRequest& stop) = 0;

    /// Rounds weights and biases to whole numbers of 1 / `grid`, by population of the targets, in
    /// the order of the network; from now on sums are computed in those (see Arithmetic).
    virtual void fix(const std::vector<double>& grid) = 0;

    /// The parameters of neurons that are trained, as they are now.
    struct LearnedValues {
        std::string population, parameter, unit;
        std::vector<double> values;  // by cell
    };
    virtual std::vector<LearnedValues> learned_values() const { return {}; }

    virtual TrainerState state() const = 0;
    virtual void set_state(const TrainerState& state) = 0;

    virtual std::string device_name() const = 0;  // "cpu, 2 threads", "NVIDIA H200"
};

/// `device`: cpu or cuda. Throws DeviceError where CUDA cannot be used.
std::unique_ptr<Trainer> make_trainer(Device device, const Network& network,
                                      const TrainerOptions& options);

}  // namespace snnsim
