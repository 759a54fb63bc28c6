// Trains and tests a network on labelled samples; the coarse interface that each backend
// implements.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "snnsim/dataset.hpp"
#include "snnsim/device.hpp"
#include "snnsim/network.hpp"

namespace snnsim {

/// What one weight update saw.
struct StepResult {
    double loss;      // mean over the batch
    double accuracy;  // share of the batch
    double learning_rate;
};

/// What the samples of an evaluation caused, summed over samples and steps.
struct PopulationActivity {
    std::string population;
    std::uint64_t events;    // non-zero outputs (spikes, or non-zero values)
    std::uint64_t possible;  // size * steps * samples
};
struct ProjectionOperations {
    std::string projection;
    std::uint64_t dense;  // weights * steps * samples
    std::uint64_t
        macs;  // effective multiply-accumulates: input and weight non-zero, input not in {-1, 0, 1}
    std::uint64_t acs;  // effective accumulates: inputs all in {-1, 0, 1}
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
};

struct Evaluation {
    double loss = 0.0;
    double accuracy = 0.0;
    std::vector<std::uint8_t> labels, predictions;
    std::vector<PopulationActivity> activity;
    std::vector<ProjectionOperations> operations;
    std::vector<SpikeRecording> spikes;
    std::vector<StateRecording> states;
};

/// Everything a resume needs to go on with the same bits.
struct TrainerState {
    std::vector<std::vector<float>> weights;  // per projection [pre][post]
    std::vector<std::vector<float>> bias;     // per projection [post], or empty
    std::vector<std::vector<float>>
        moments;                // per projection: the optimiser's, [moment][pre (+ bias row)][post]
    std::uint64_t updates = 0;  // weight updates done
};

struct TrainerOptions {
    TrainSpec train;
    std::uint64_t seed = 1;
    int threads = 0;  // 0: as many as cores
};

class Trainer {
  public:
    virtual ~Trainer() = default;

    /// Copies the data to where it is computed.
    virtual void load(const Dataset& data) = 0;

    /// One weight update per `TrainSpec::batch` of the training samples named, the last one perhaps
    /// smaller. `epoch` keys the encoder's random numbers; `learning_rates` has one value per
    /// update.
    virtual std::vector<StepResult> train(std::span<const std::uint32_t> samples,
                                          std::uint32_t epoch,
                                          std::span<const double> learning_rates) = 0;

    struct EvaluateOptions {
        bool test_set = true;  // false: samples of the training set (validation)
        std::int64_t batch = 250;
        std::vector<RecordSpec> record;
    };
    virtual Evaluation evaluate(std::span<const std::uint32_t> samples,
                                const EvaluateOptions& options) = 0;

    virtual TrainerState state() const = 0;
    virtual void set_state(const TrainerState& state) = 0;

    virtual std::string device_name() const = 0;  // "cpu, 2 threads", "NVIDIA H200"
};

std::unique_ptr<Trainer> make_trainer(Device device, const Network& network,
                                      const TrainerOptions& options);

}  // namespace snnsim
