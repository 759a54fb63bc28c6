// How a run begins: anew from a model file, or again from a run file.
#pragma once

#include <memory>
#include <string>

#include "snnsim/dataset.hpp"
#include "snnsim/run.hpp"
#include "src/run/outputs.hpp"

namespace snnsim {

struct Start {
    ModelSpec spec;
    std::string output;                        // final name of the run file
    RunRecord record;                          // status `finished`: there is nothing left to do
    std::shared_ptr<const OutputClaim> claim;  // of the run file
    std::string tested = {};                   // the run whose network is tested again; no training
    std::string news = {};                     // lines to be told
};

/// Reads the model. Throws UsageError where its run file, or the checkpoint of an unfinished run,
/// would be overwritten without --force.
Start start_anew(const std::string& model, const RunOptions& options);

/// Reads the finished run file `path`, whose network is to be tested again.
Start start_test(const std::string& path, const RunOptions& options);

/// Reads the run file `options.resume`, or its checkpoint where that is further; weights and
/// checkpoint come in the order of the compiled network. Throws UsageError where the command line
/// names another model or other settings.
Start start_again(const std::string& model, const RunOptions& options);

/// How outputs are read: `loss` and, of those that have names in the data, `losses`. Where nothing
/// is trained, as the test says it.
void set_losses(const ModelSpec& spec, const Dataset& data, TrainSpec& train);

/// `spec` is tested with what the finished run file `run` has learned.
void take_tested_network(const std::string& run, ModelSpec& spec);

/// How the trainer of a model is made, and, in its network, how its samples are shown. A batch
/// needs no room for more of them than there are.
TrainerOptions trainer_options(const ModelSpec& spec, const Dataset& data, int threads,
                               Network& network);

}  // namespace snnsim
