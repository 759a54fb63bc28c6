// `snnsim check`.
#include <fmt/format.h>

#include "snnsim/network.hpp"
#include "snnsim/read_model.hpp"
#include "snnsim/simulate.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/file_kind.hpp"
#include "src/cli/options.hpp"
#include "src/cli/report.hpp"
#include "src/run/load_data.hpp"

namespace snnsim {
namespace {

struct CheckCommand {
    std::string model;
    std::vector<std::string> overrides;
};

void check(const CheckCommand& given) {
    require_kind(given.model, "snnsim check", {FileKind::training, FileKind::simulation});
    const AnyModel any = read_any_model(given.model, given.overrides);
    if (const auto* training = std::get_if<ModelSpec>(&any)) {
        if (training->real_targets()) load_data(*training);                 // whether the file fits
        if (training->train && training->train->prune) compile(*training);  // whether any is left
    }
    std::visit([](const auto& spec) { fmt::print("{}", check_text(spec)); }, any);
}

}  // namespace

void add_check_command(CLI::App& app) {
    CLI::App& command =
        *app.add_subcommand("check", "check a model file and show what it describes");
    command.footer("Example: snnsim check models/mnist_lif.yaml");
    const auto given = std::make_shared<CheckCommand>();
    command.add_option("model", given->model, "model file (.yaml)")->required();
    add_overrides(command, given->overrides, "override a value");
    command.callback([given] { check(*given); });
}

}  // namespace snnsim
