// `snnsim compare`.
#include <fmt/format.h>

#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/compare.hpp"

namespace snnsim {
namespace {

struct CompareCommand {
    std::vector<std::string> models;
    RunOptions options;
    std::string output;
};

void compare(const CompareCommand& given) {
    const std::string& asked = given.options.energy;
    if (!asked.empty()) read_energy_model(asked);  // before hours of training
    const std::vector<ComparedRun> runs = compare_runs(given.models, given.options);
    const EnergyModel energy = common_energy_model(runs, asked);
    std::string path = given.output.empty() ? "runs/compare" : given.output;
    if (given.output.empty()) {
        for (const ComparedRun& r : runs) path += "_" + r.spec.name;
        path += ".csv";
    }
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
    command.add_option("-o,--output", given->output,
                       "table to write (.csv); default: runs/compare_<names>.csv");
    command.callback([given] { compare(*given); });
}

}  // namespace snnsim
