// What came out of one run of a model: the numbers that studies compare and searches look at.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/read_model.hpp"
#include "snnsim/run.hpp"
#include "src/energy/image_cost.hpp"
#include "src/report/run_stats.hpp"

namespace snnsim {

struct CellResult {
    /// Of a test, or of the last phase of a simulation that predicts classes; else no number.
    double accuracy = std::numeric_limits<double>::quiet_NaN();
    std::optional<double> error;  // instead of the accuracy, where targets are real numbers
    ImageCost cost;               // of a sample; of a simulation without samples, of all
    ImageEnergy energy;
    TrainingCost training;
    bool int8 = false;
    std::size_t weights = 0;  // trainable ones that are not zero after the training, biases not
    double footprint = 0.0;   // bytes: weights (at their precision) and biases, states of a sample
    double train_seconds = 0.0, test_seconds = 0.0;
    std::uint64_t test_samples = 0;
    int steps = 1;  // per sample
    MeasuredEnergy measured;
    std::vector<double> test_epoch, test_accuracy, test_error;  // with test.every
    // Of a simulation; where it has failed (a state that is no number, runaway activity), `failed`
    // says how, and there are no statistics.
    std::optional<RunStats> stats;
    std::string failed;
};

/// From the run file of the model. Throws FileError, UsageError where `stats` do not fit the run.
CellResult read_cell_result(const std::string& path, const AnyModel& model,
                            const EnergyModel& energy, const StatsOptions& stats);

/// Of a run that has come to its end, the files and samples with which it was made (a simulation
/// that failed would fail again); nothing of others.
std::optional<std::vector<std::string>> inputs_of_finished(const std::string& path,
                                                           bool simulation);

}  // namespace snnsim
