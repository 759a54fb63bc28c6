// From a YAML model file to a checked ModelSpec or SimulationSpec.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "snnsim/model_spec.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// A file with `simulate` describes a simulation, any other a training. One with `train` or `test`
/// besides describes a training, and the simulation of the network that comes of it: that one is
/// read where `simulate.network` names its run.
using AnyModel = std::variant<ModelSpec, SimulationSpec>;

/// The model of a run file.
struct RunModel {
    std::string run;         // as the model file names it
    std::string text, path;  // of the model, as the run keeps it
    std::vector<std::string> overrides;
};
/// Gets at the run that `simulate.network` names: `model` is the file that names it. Throws
/// FileError.
using ReadRunModel = std::function<RunModel(const std::string& model, const std::string& run)>;

/// Reads and checks a model file. Each override is "dotted.path=value" (`train.epochs=2`,
/// `populations.hidden.size=256`, `projections.0.bias=true`), the value in YAML, applied before
/// checking. Throws ModelError with every problem of the file (file:line:column, the line, a
/// suggestion), FileError when the file can't be read, UsageError for an override that names
/// nothing.
AnyModel read_any_model(const std::string& path, const std::vector<std::string>& overrides = {},
                        const ReadRunModel& read_run = {});
/// The same where only a training will do: a simulation is an error.
ModelSpec read_model(const std::string& path, const std::vector<std::string>& overrides = {});

/// The same from text; `path` is used in messages only.
AnyModel parse_any_model(const std::string& text, const std::string& path,
                         const std::vector<std::string>& overrides = {},
                         const ReadRunModel& read_run = {});
ModelSpec parse_model(const std::string& text, const std::string& path,
                      const std::vector<std::string>& overrides = {});
SimulationSpec parse_simulation(const std::string& text, const std::string& path,
                                const std::vector<std::string>& overrides = {});

/// The reference of the model file in Markdown, made from the tables the reader uses.
std::string model_reference();
/// Its chapter on cells and rules that are written as equations.
std::string equations_reference();

}  // namespace snnsim
