// Everything a run leaves behind, in memory; src/io writes it to and reads it from an HDF5 file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/measured_energy.hpp"
#include "snnsim/trainer.hpp"

namespace snnsim {

enum class RunStatus : std::uint8_t { running, interrupted, finished, failed };
template <>
struct Names<RunStatus> {
    static constexpr std::array values{"running", "interrupted", "finished", "failed"};
};

struct Provenance {
    std::string model_name, model_path, model_text, model_sha256;
    std::vector<std::string> overrides;
    std::uint64_t seed = 1;
    double dt = 1.0;
    std::string backend, device, host, git, version;
    std::string started, finished;  // ISO 8601, UTC
    int threads = 1;
    std::vector<std::string> inputs{};  // "SHA-256  path" of the files that the model names
};

/// Of an output that has a name in the data; accuracies are empty where its targets are real
/// numbers, and errors otherwise.
struct OutputCurves {
    std::string name;
    std::vector<double> step_loss, step_accuracy;
    std::vector<double> epoch_train_loss, epoch_train_accuracy;
    std::vector<double> epoch_validation_loss, epoch_validation_accuracy;
    std::vector<double> test_accuracy, test_error;
};
/// Calls f(path in the run file, curve) for each.
template <class Curves, class F>
void for_each_curve(Curves& c, F&& f) {
    f("steps/loss", c.step_loss);
    f("steps/accuracy", c.step_accuracy);
    f("epochs/train_loss", c.epoch_train_loss);
    f("epochs/train_accuracy", c.epoch_train_accuracy);
    f("epochs/validation_loss", c.epoch_validation_loss);
    f("epochs/validation_accuracy", c.epoch_validation_accuracy);
    f("test/accuracy", c.test_accuracy);
    f("test/error", c.test_error);
}

/// One value per weight update, and one per epoch.
struct Curves {
    std::vector<double> step_loss, step_accuracy, step_learning_rate;
    std::vector<double> epoch_train_loss, epoch_train_accuracy;
    std::vector<double> epoch_validation_loss,
        epoch_validation_accuracy;        // empty without validation
    std::vector<double> epoch_connected;  // share of the weights that are not 0, with spines
    std::vector<double> epoch_seconds;
    std::vector<double> test_epoch, test_accuracy;  // with test.every: epochs complete, and then
    std::vector<double> test_error;  // instead of accuracies where targets are real numbers
    std::vector<OutputCurves> by_name = {};
    std::vector<LearnedCurve> learned = {};  // of each parameter of neurons that is trained
};

/// Where training stands, so that it can go on.
struct Checkpoint {
    TrainerState state;
    std::int64_t epoch = 0;                              // epochs complete
    std::int64_t batch_in_epoch = 0;                     // updates done in the epoch under way
    double epoch_loss_sum = 0.0, epoch_right_sum = 0.0;  // over the samples of the epoch under way
    double epoch_samples = 0.0;
    double epoch_seconds = 0.0;
    double best_accuracy = -1.0;
    std::int64_t epochs_since_best = 0;
    std::optional<TrainerState> best;  // weights only
};

struct RunRecord {
    RunStatus status = RunStatus::running;
    Provenance provenance;
    Network network;  // weights as they are at the time of writing
    Curves curves;
    std::optional<Evaluation> test;
    int classes = 10;                        // that its labels are of
    std::vector<std::string> class_names{};  // or none
    PhaseCounts train_counts;                // of all updates; empty without training
    std::optional<Checkpoint> checkpoint;
    std::map<std::string, double> seconds;  // "build", "data", "train", "test", ...
    MeasuredEnergy measured;
    std::vector<std::string> warnings{};
};

/// Writes the whole record to `path` so that a reader ever sees either the old file or the new one,
/// complete: to a temporary file in the same folder, flushed to the disk, then renamed. `warnings`:
/// sentences that are kept with it. Throws FileError.
void write_run(const std::string& path, const RunRecord& record,
               const std::vector<std::string>& warnings = {});

/// Reads what write_run wrote, but for recordings. Of the network only the projections' names,
/// weights and bias come back, and the names of the parameters that are trained, in alphabetical
/// order as those of the checkpoint; the rest follows from the model. Throws FileError that says
/// what is missing.
RunRecord read_run(const std::string& path);

/// What a simulation that showed a trained network samples has in common with it: labels and
/// predictions as those of a test, operations and joules of simulating as those of testing. Throws
/// FileError, and UsageError where it did other things too, or in several phases.
RunRecord read_tested_simulation(const std::string& path);

/// `runs/x.h5` -> `runs/x.partial.h5`: where a run that is still going keeps its last checkpoint.
std::string partial_path(const std::string& path);

}  // namespace snnsim
