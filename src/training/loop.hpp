// The training loop: epochs, validation, early stopping, checkpoints. It knows no file and no
// screen.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "snnsim/error.hpp"
#include "snnsim/run_record.hpp"
#include "src/data/split.hpp"

namespace snnsim {

/// What the loop tells while it runs.
struct TrainingProgress {
    std::int64_t epoch = 0, epochs = 0;  // epoch from 1
    std::int64_t samples = 0, samples_in_epoch = 0;
    double loss = 0.0, accuracy = 0.0;  // of the epoch so far
    bool real_targets = false;          // there is no accuracy
    double seconds = 0.0;               // of the epoch so far
    bool epoch_ended = false;
    double validation_accuracy = -1.0, validation_loss = -1.0;  // at the end of a validated epoch
};

struct LoopHooks {
    std::function<void(const TrainingProgress&)> report = [](const TrainingProgress&) {};
    StopRequest stop_requested = [] { return false; };
    /// Called at each epoch's end (true) and between blocks (false); may write a checkpoint.
    std::function<void(bool)> save = [](bool) {};
    std::uint32_t test_samples = 0;  // of the test set, for `test.every`
};

/// The loss is no longer finite; the curves go up to and with it.
struct DivergedError : Error {
    using Error::Error;
};

enum class LoopEnd : std::uint8_t { finished, stopped_early, interrupted };

/// Trains from where `checkpoint` stands (zero: the start) and keeps `checkpoint` and `curves` up
/// to date; only checkpoint.state is left to whoever saves. A block of batches takes about 0.2 s;
/// its length does not change results. Asked to stop in an evaluation, it leaves that to be done
/// again. Throws DivergedError when the loss is no longer finite.
LoopEnd train_loop(const ModelSpec& spec, Split split, Trainer& trainer, Checkpoint& checkpoint,
                   Curves& curves, const LoopHooks& hooks);

/// Nothing when `stop` said so meanwhile.
std::optional<Evaluation> evaluate_until(const StopRequest& stop, Trainer& trainer,
                                         std::span<const std::uint32_t> samples,
                                         Trainer::EvaluateOptions options);

/// Epochs since the last that exceeded the best before it by more than `min_delta`; 0 for an empty
/// curve.
std::int64_t epochs_without_improvement(const std::vector<double>& accuracy, double min_delta);

}  // namespace snnsim
