#include "src/run/run_any.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "snnsim/error.hpp"
#include "snnsim/simulate.hpp"
#include "src/inputs/name_in_model.hpp"
#include "src/report/file_kind.hpp"
#include "src/run/run_hopfield.hpp"
#include "src/run/run_model.hpp"

namespace snnsim {
namespace {

std::string output_path(const std::string& name, const RunOptions& options) {
    return options.output.empty() ? default_output(name) : options.output;
}
/// Where the simulation of what was trained into `run` goes.
std::string simulated_path(const std::string& run) {
    return std::filesystem::path(run).replace_extension().string() + "_simulated.h5";
}
/// Before hours of training.
void require_free_simulation(const ModelSpec& training, const RunOptions& options) {
    if (!training.simulates_too || options.force) return;
    const std::string path = simulated_path(output_path(training.name, options));
    if (std::filesystem::exists(path))
        throw UsageError(
            fmt::format("{} exists already, where the simulation of what is trained "
                        "goes; --force overwrites it, -o writes to other files",
                        path));
}

/// The file of a training may say how the network that came of it is simulated.
RunStatus simulate_trained(const RunRecord& trained, const RunOptions& options) {
    const Provenance& p = trained.provenance;
    const AnyModel any = parse_any_model(p.model_text, p.model_path, p.overrides, read_run_model);
    const auto* training = std::get_if<ModelSpec>(&any);
    if (!training || !training->simulates_too) return trained.status;
    const std::string run =
        !options.resume.empty() ? options.resume : output_path(training->name, options);
    if (!options.resume.empty()) {
        RunOptions begun = options;
        begun.resume = simulated_path(run);
        if (const auto status = resume_simulation(begun)) return *status;
    }
    RunOptions next = options;
    next.resume.clear();
    next.overrides = p.overrides;
    next.overrides.push_back("simulate.network=" + name_in_model(p.model_path, run));
    next.output = simulated_path(run);
    const AnyModel after =
        parse_any_model(p.model_text, p.model_path, next.overrides, read_run_model);
    return simulate(std::get<SimulationSpec>(after), next);
}

}  // namespace

RunStatus run_any(const std::string& model, const RunOptions& options) {
    if (model.empty() && options.resume.empty())
        throw UsageError("name a model file, or a run file with --resume");
    if (!options.resume.empty())
        require_kind(options.resume, "snnsim --resume",
                     {FileKind::training_run, FileKind::simulation_run, FileKind::checkpoint});
    if (options.resume.empty()) {
        if (!options.model_text)
            require_kind(model, "snnsim run",
                         {FileKind::training, FileKind::simulation, FileKind::hopfield});
        if (const auto hopfield = hopfield_of(model, options))
            return run_hopfield(*hopfield, options);
        const AnyModel any = any_model_of(model, options);
        if (const auto* simulation = std::get_if<SimulationSpec>(&any)) {
            if (!options.weights.empty())
                throw UsageError(
                    "--weights is for trainings; a projection of a simulation takes weights from a "
                    "file by weight: {file: ...}");
            return simulate(*simulation, options);
        }
        require_free_simulation(std::get<ModelSpec>(any), options);
    } else if (!options.weights.empty()) {
        throw UsageError("--resume goes on with the weights that the run has; leave out --weights");
    } else if (const auto status = resume_simulation(options)) {
        return *status;
    }
    if (options.profile)
        throw UsageError("--profile is for simulations; the run file of a training has /profile");
    const RunRecord trained = run(model, options);
    return trained.status == RunStatus::finished ? simulate_trained(trained, options)
                                                 : trained.status;
}

}  // namespace snnsim
