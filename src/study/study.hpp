// Runs the cells of a study, each in a process and a run file of its own, and gathers what came
// out.
#pragma once

#include <string>
#include <vector>

#include "snnsim/run.hpp"
#include "src/energy/image_cost.hpp"
#include "src/study/study_spec.hpp"

namespace snnsim {

struct StudyOptions {
    int jobs = 1;          // processes at a time
    std::string output;    // folder; empty: runs/<name>
    std::string energy;    // empty: what the study says
    std::string data_dir;  // as in RunOptions
    bool force = false;    // overwrite the tables of another study
    Device backend = Device::automatic;
    int cuda_device = -1;  // as in RunOptions
    ProgressStyle progress = ProgressStyle::automatic;
};

/// One run of a configuration.
struct StudyCell {
    Configuration configuration;
    std::uint64_t seed = 0;
    std::string file;  // of the run, in the folder of the study
    double accuracy = 0.0;
    std::optional<double> error;  // instead of the accuracy, where targets are real numbers
    ImageCost cost;
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

struct StudyResult {
    StudySpec spec;
    std::string folder;
    EnergyModel energy;
    std::vector<StudyCell> cells;  // by configuration, then seed
    bool simulations = false;      // not trainings
};

/// A cell whose run file is there, finished, is not run again: the file's name is a hash of the
/// model's text, all settings, the seed and the program's version; an interrupted one goes on.
/// Throws InterruptedError after Ctrl-C, Error with the message of a cell that failed.
StudyResult run_study(const std::string& path, const StudyOptions& options);

}  // namespace snnsim
