// `snnsim compare`.
#include <fmt/format.h>

#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/io/replace_file.hpp"
#include "src/report/file_kind.hpp"
#include "src/run/compare.hpp"
#include "src/run/outputs.hpp"

namespace snnsim {
namespace {

struct CompareCommand {
    std::vector<std::string> models;
    RunOptions options;
    std::string output;
};

void compare(const CompareCommand& given) {
    std::vector<InputFile> inputs{{given.options.energy, "the energy model"}};
    for (const std::string& path : given.models) {
        require_kind(path, "snnsim compare",
                     {FileKind::training, FileKind::training_run, FileKind::simulation_run});
        inputs.push_back({path, "what is compared"});
        if (kind_of(path) == FileKind::simulation_run)
            read_tested_simulation(path);  // before hours of training
    }
    const bool named = !given.output.empty();
    const auto may_write = [&](const std::string& path) {
        require_no_input({path}, inputs);
        require_free(path, own_text("table of `snnsim compare`", "model,"),
                     given.options.force || !named);
    };
    if (named) may_write(given.output);
    if (named && !given.output.ends_with(".csv"))
        throw UsageError("-o " + given.output + ": the table is CSV; name a .csv file");
    const std::string& asked = given.options.energy;
    if (!asked.empty()) read_energy_model(asked);  // before hours of training
    const std::vector<ComparedRun> runs = compare_runs(given.models, given.options);
    const EnergyModel energy = common_energy_model(runs, asked);
    std::string path = given.output.empty() ? "runs/compare" : given.output;
    if (given.output.empty()) {
        for (const ComparedRun& r : runs) path += "_" + r.spec.name;
        path += ".csv";
    }
    if (!named) may_write(path);
    save_text(path, compare_csv(runs, energy));
    fmt::print("{}\n{}\n", compare_markdown(runs, energy), path);
}

}  // namespace

void add_compare_command(CLI::App& app) {
    CLI::App& command =
        *app.add_subcommand("compare", "accuracy, operations and energy of several models or runs");
    command.footer(
        "Models without a finished run in runs/ are trained first.\n"
        "Example: snnsim compare models/mnist_lif.yaml models/mnist_ann.yaml");
    const auto given = std::make_shared<CompareCommand>();
    command.add_option("models", given->models, "model files (.yaml) and run files (.h5)")
        ->required();
    add_run_options(command, given->options);
    command.get_option("--force")->description(
        "overwrite an older table (-o) and existing run files, and no other kind of file");
    add_text(command, "-o,--output", given->output,
             "table to write (.csv), with --force over an older one; default: "
             "runs/compare_<names>.csv, made anew each time");
    command.callback([given] { compare(*given); });
}

}  // namespace snnsim
