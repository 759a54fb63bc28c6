// The whole program as calls: run a model, compare models, encode samples.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/model_spec.hpp"
#include "snnsim/run_record.hpp"
#include "snnsim/run_watcher.hpp"
#include "snnsim/sample_arrays.hpp"
#include "snnsim/trainer.hpp"

namespace snnsim {

enum class ProgressStyle : std::uint8_t { automatic, bar, plain, none };
template <>
struct Names<ProgressStyle> {
    static constexpr std::array values{"auto", "bar", "plain", "none"};
};

/// What the text of what came of a run is: the result, or only news on the way to another one.
enum class Summary : std::uint8_t { result, progress };

struct RunOptions {
    std::vector<std::string> overrides;  // "train.epochs=2"
    Device backend = Device::automatic;
    int cuda_device = -1;  // its number; -1: none is named
    int threads = 0;       // 0: as many as cores
    std::string data_dir;  // empty: the cache
    std::string output;    // empty: runs/<name of the model>.h5
    bool force = false;    // overwrite an existing run file
    std::string resume;    // run file to go on from
    std::string weights;   // run to begin a training with the weights of
    ProgressStyle progress = ProgressStyle::automatic;
    Summary summary = Summary::result;
    std::string energy;  // energy model: a shipped one by name, or a file; empty: the model's
    double checkpoint_every = 10.0;  // seconds
    bool profile = false;            // of a simulation: measure the phases of its steps
    double idle_baseline = 0.0;      // seconds before the run in which the idle machine is measured
    EnergyAccounting accounting;
    // Of a program that calls this one:
    std::optional<std::string> model_text;  // the model, where it is in no file; its path is then
                                            // only for messages
    RunWatcher* watcher = nullptr;          // in place of the terminal and of signals; lives longer
    std::shared_ptr<const SampleArrays> samples;  // of a training or test, in place of its data
};

/// Trains (where the model says so), tests, and writes the run file; returns what it holds. A first
/// SIGINT or SIGTERM (or the watcher) ends training after the block of batches under way, with a
/// checkpoint and status `interrupted`. `model` may be empty with `resume`. Throws the exceptions
/// of error.hpp.
RunRecord run(const std::string& model, const RunOptions& options);

/// Tests the network of a finished training run again, with its weights, on the data that `options`
/// (data_dir, overrides) name, and writes a run file of its own; default: runs/x_test.h5.
RunRecord test_again(const std::string& path, const RunOptions& options);

/// Where a run of the model of that name goes when no output is named.
std::string default_output(const std::string& name);

}  // namespace snnsim
