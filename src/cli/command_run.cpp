// `snnsim MODEL`, and `snnsim run`.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "snnsim/read_model.hpp"
#include "snnsim/run.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/report/file_kind.hpp"
#include "src/run/run_any.hpp"
#include "src/run/run_hopfield.hpp"
#include "src/run/run_model.hpp"
#include "src/run/seeds.hpp"

namespace snnsim {
namespace {

struct RunCommand {
    RunOptions options;
    std::string model, seeds;
};

std::string name_of_model(const std::string& path, const RunOptions& options) {
    if (const auto hopfield = hopfield_of(path, options)) return hopfield->name;
    const AnyModel any = read_any_model(path, options.overrides, read_run_model);
    return std::visit([](const auto& spec) { return spec.name; }, any);
}

/// One run after the other, each with a file of its own.
RunStatus run_seeds(const RunCommand& given) {
    const std::vector<std::uint64_t> seeds = read_seeds(given.seeds, "--seeds");
    const RunOptions& options = given.options;
    if (!options.resume.empty())
        throw UsageError("--resume goes on with one run; leave out --seeds");
    for (const std::string& o : options.overrides) {
        if (o.starts_with("seed="))
            throw UsageError("--seeds and one seed (--seed, --set seed=) exclude each other");
    }
    std::string output = options.output;
    if (output.empty()) {
        if (given.model.empty()) throw UsageError("name a model file");
        output = default_output(name_of_model(given.model, options));
    }
    for (const std::uint64_t seed : seeds) {  // before hours of the first ones
        const std::string path = seed_path(output, seed);
        if (options.force || !std::filesystem::exists(path)) continue;
        throw UsageError(path + " exists already; --force overwrites it, -o writes to other files");
    }
    std::string files;
    for (const std::uint64_t seed : seeds) {
        RunOptions one = options;
        one.output = seed_path(output, seed);
        one.overrides.push_back("seed=" + std::to_string(seed));
        files += " " + one.output;
        const RunStatus status = run_any(given.model, one);
        if (status == RunStatus::finished) continue;
        std::vector<std::string> left;
        for (auto s = std::find(seeds.begin(), seeds.end(), seed) + 1; s != seeds.end(); ++s)
            left.push_back(std::to_string(*s));
        if (!left.empty()) fmt::print("then: --seeds {}\n", fmt::join(left, ","));
        return status;
    }
    if (kind_of(given.model) != FileKind::hopfield)
        fmt::print("all seeds: snnsim stats{}\n", files);
    return RunStatus::finished;
}

}  // namespace

void add_run_command(CLI::App& app, int& status) {
    CLI::App& command = *app.add_subcommand(
        "run", "train, test and record a model (the word `run` may be left out)");
    command.footer(
        "Examples: snnsim models/mnist_lif.yaml --set train.epochs=2 -o runs/short.h5\n"
        "          snnsim models/brunel.yaml --seeds 1..5 && snnsim stats runs/brunel_seed*.h5\n"
        "          mpirun -n 4 snnsim models/microcircuit.yaml    (on several processes)");
    const auto given = std::make_shared<RunCommand>();
    RunOptions& options = given->options;
    command.add_option("model", given->model, "model file (.yaml)");
    add_run_options(command, options);
    add_text(command, "-o,--output", options.output,
             "run file to write; default: runs/<name of the model>.h5");
    command.add_flag("--profile", options.profile,
                     "of a simulation: measure the time of delivery, stimuli, updates, "
                     "recording and waiting, and count synaptic events");
    add_text(command, "--resume", options.resume, "go on with an interrupted run file");
    add_text(
        command, "--weights", options.weights,
        "begin a training with the weights of a run (or of what `snnsim weights` wrote), by the "
        "names of projections")
        ->type_name("RUN");
    command
        .add_option_function<std::string>(
            "--seed",
            [&options](const std::string& seed) { options.overrides.push_back("seed=" + seed); },
            "the same as --set seed=N")
        ->type_name("N");
    add_text(command, "--seeds", given->seeds,
             "one run for each seed, into files of their own: x_seed1.h5, ...")
        ->type_name("1..10|1,2,5");
    command.callback([given, &status] {
        const RunStatus ended =
            given->seeds.empty() ? run_any(given->model, given->options) : run_seeds(*given);
        if (ended == RunStatus::interrupted) status = interrupted_status;
    });
}

}  // namespace snnsim
