// `snnsim MODEL`, and `snnsim run`.
#include "snnsim/read_model.hpp"
#include "snnsim/simulate.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"

namespace snnsim {
namespace {

struct RunCommand {
    RunOptions options;
    std::string model;
};

RunStatus run_any(const std::string& model, const RunOptions& options) {
    if (model.empty() && options.resume.empty())
        throw UsageError("name a model file, or a run file with --resume");
    if (options.resume.empty()) {
        const AnyModel any = read_any_model(model, options.overrides);
        if (const auto* simulation = std::get_if<SimulationSpec>(&any))
            return simulate(*simulation, options);
    } else if (is_simulation(options.resume)) {
        return resume_simulation(options);
    }
    if (options.profile)
        throw UsageError("--profile is for simulations; the run file of a training has /profile");
    return run(model, options).status;
}

}  // namespace

void add_run_command(CLI::App& app, int& status) {
    CLI::App& command = *app.add_subcommand(
        "run", "train, test and record a model (the word `run` may be left out)");
    command.footer("Example: snnsim models/mnist_lif.yaml --set train.epochs=2 -o runs/short.h5");
    const auto given = std::make_shared<RunCommand>();
    RunOptions& options = given->options;
    command.add_option("model", given->model, "model file (.yaml)");
    add_run_options(command, options);
    command.add_option("-o,--output", options.output,
                       "run file to write; default: runs/<name of the model>.h5");
    command.add_flag("--profile", options.profile,
                     "of a simulation: measure the time of delivery, stimuli, updates, "
                     "recording and waiting, and count synaptic events");
    command.add_option("--resume", options.resume, "go on with an interrupted run file");
    command.add_option_function<std::uint64_t>(
        "--seed",
        [&options](std::uint64_t seed) {
            options.overrides.push_back("seed=" + std::to_string(seed));
        },
        "the same as --set seed=N");
    command.callback([given, &status] {
        if (run_any(given->model, given->options) == RunStatus::interrupted)
            status = interrupted_status;
    });
}

}  // namespace snnsim
