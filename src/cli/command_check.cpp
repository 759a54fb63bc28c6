// `snnsim check`.
#include <fmt/format.h>

#include "snnsim/network.hpp"
#include "snnsim/read_model.hpp"
#include "snnsim/simulate.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/inputs/load_data.hpp"
#include "src/inputs/load_initial_weights.hpp"
#include "src/plan/memory.hpp"
#include "src/report/file_kind.hpp"
#include "src/report/report.hpp"
#include "src/run/run_hopfield.hpp"
#include "src/run/run_model.hpp"

namespace snnsim {
namespace {

struct CheckCommand {
    std::string model;
    std::vector<std::string> overrides;
    int cuda_device = -1;
};

void check(const CheckCommand& given) {
    require_kind(given.model, "snnsim check",
                 {FileKind::training, FileKind::simulation, FileKind::hopfield});
    RunOptions options;
    options.overrides = given.overrides;
    if (const auto hopfield = hopfield_of(given.model, options)) {
        fmt::print("{}", hopfield_text(*hopfield));
        return;
    }
    AnyModel any = read_any_model(given.model, given.overrides, read_run_model);
    if (auto* training = std::get_if<ModelSpec>(&any)) {
        if (training->own_data()) {  // whether the file fits
            const std::vector<std::string> warnings = load_data(*training).warnings;
            training->warnings.insert(training->warnings.end(), warnings.begin(), warnings.end());
        }
        load_initial_weights(*training);
        const bool room =
            memory_problem(estimate_memory(*training), available_memory(), less_of_training)
                .empty();
        if (room && training->train && training->train->prune)
            compile(*training);  // whether any is left
    }
    std::visit([&](const auto& spec) { fmt::print("{}", check_text(spec, given.cuda_device)); },
               any);
}

}  // namespace

void add_check_command(CLI::App& app) {
    CLI::App& command =
        *app.add_subcommand("check", "check a model file and show what it describes");
    command.footer("Example: snnsim check models/mnist_lif.yaml");
    const auto given = std::make_shared<CheckCommand>();
    command.add_option("model", given->model, "model file (.yaml)")->required();
    add_overrides(command, given->overrides, "override a value");
    add_cuda_device(command, given->cuda_device);
    command.callback([given] { check(*given); });
}

}  // namespace snnsim
