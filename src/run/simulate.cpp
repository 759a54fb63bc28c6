// A simulation from its model, or from its checkpoint, to its run file: start reading here, at
// simulate() below.
#include "snnsim/simulate.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string_view>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "snnsim/run.hpp"
#include "src/energy/energy_model.hpp"
#include "src/inputs/load_data.hpp"
#include "src/inputs/load_inputs.hpp"
#include "src/io/simulation_file.hpp"
#include "src/report/progress.hpp"
#include "src/run/outputs.hpp"
#include "src/run/run_model.hpp"
#include "src/run/simulation_run.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

/// An option that would change nothing is a mistake.
void require_options_used(const SimulationSpec& spec, const RunOptions& options) {
    if (!options.data_dir.empty() && !spec.data)
        throw UsageError(
            "--data-dir has no effect: this simulation shows no samples of a data set; leave it "
            "out");
}

SimulationStart start_anew(const SimulationSpec& spec, const std::string& path, bool force) {
    require_no_folder(path);
    if (!force && fs::exists(path)) {
        throw UsageError(fmt::format(
            "{} exists already; --force overwrites it, -o writes to another file", path));
    }
    if (!force && fs::exists(checkpoint_path(path))) {
        throw UsageError(fmt::format(
            "{} is left from a run that did not end; go on with --resume {}, or start anew with "
            "--force",
            checkpoint_path(path), path));
    }
    require_replaceable_run(path);
    SimulationStart start{load_inputs(spec), path, std::nullopt};
    require_no_input(run_files(path), files_read_by(start.spec));
    std::error_code ignored;
    fs::remove(checkpoint_path(path), ignored);
    return start;
}

/// `runs/x.partial.h5` and `runs/x.checkpoint.h5` stand for `runs/x.h5`.
std::string run_of(const std::string& path) {
    for (const char* ending : {".partial.h5", ".checkpoint.h5"}) {
        if (path.ends_with(ending))
            return path.substr(0, path.size() - std::string_view(ending).size()) + ".h5";
    }
    return path;
}

SimulationStart start_again(const SimulationOrigin& origin, const std::string& path,
                            const RunOptions& options) {
    if (!options.overrides.empty() || !options.output.empty())
        throw UsageError(
            "--resume goes on with the model and file of the run: leave out --set and -o");
    const AnyModel model =
        parse_any_model(origin.model_text, origin.model_path, origin.overrides, read_run_model);
    SimulationStart start{std::get<SimulationSpec>(model), path, std::nullopt};
    require_options_used(start.spec, options);
    if (origin.status == RunStatus::finished) return start;
    if (origin.status == RunStatus::failed) {
        throw UsageError(fmt::format(
            "--resume {}: the run failed, and would again: {}; change the model and start anew "
            "with --force",
            path, origin.error));
    }
    start.spec = load_inputs(start.spec);
    require_same_inputs(input_files(start.spec), origin.inputs, path);
    start.inputs = origin.inputs;
    if (!fs::exists(checkpoint_path(path))) {
        throw FileError(
            fmt::format("--resume {}: there is no {}; the run ended before its first "
                        "checkpoint, so start it anew with --force",
                        path, checkpoint_path(path)));
    }
    start.checkpoint = read_checkpoint(checkpoint_path(path));
    return start;
}

}  // namespace

RunStatus simulate(const SimulationSpec& spec, const RunOptions& options) {
    require_options_used(spec, options);
    read_energy_model(energy_model_of(spec, options.energy));  // before anything is built
    const std::string path = options.output.empty() ? default_output(spec.name) : options.output;
    require_no_input(run_files(path), {{spec.path, "the model"}});
    const OutputClaim claim(path);
    SimulationStart start = start_anew(spec, path, options.force);
    start.warnings = claim.warnings();
    return SimulationRun(start, options).run();
}

std::optional<RunStatus> resume_simulation(const RunOptions& options) {
    const std::string path = run_of(options.resume);
    if (!fs::exists(path) && !fs::exists(partial_path(path))) {
        if (!fs::exists(checkpoint_path(path))) return std::nullopt;
        throw FileError(fmt::format(
            "--resume {}: there is {}, but what the run had recorded is gone: neither {} nor {} is "
            "there; start anew with --force",
            path, checkpoint_path(path), path, partial_path(path)));
    }
    const OutputClaim claim(path);  // a file that is being written must not be made whole
    const SimulationOrigin origin = simulation_origin(path);
    if (!origin.simulation) return std::nullopt;
    SimulationStart start = start_again(origin, path, options);
    start.warnings = claim.warnings();
    if (start.checkpoint) return SimulationRun(start, options).run();
    ProgressDisplay(options.progress, options.watcher)
        .result(start.output + " is finished; there is nothing to resume\n");
    return RunStatus::finished;
}

}  // namespace snnsim
