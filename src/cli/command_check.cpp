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
#include "src/report/rank_report.hpp"
#include "src/report/report.hpp"
#include "src/run/run_hopfield.hpp"
#include "src/run/run_model.hpp"

namespace snnsim {
namespace {

struct CheckCommand {
    std::string model;
    std::vector<std::string> overrides;
    int cuda_device = -1;
    RankShape shape{.ranks = 0};  // 0: not asked for
    GivenRates rates;
};

/// Throws UsageError of options of several processes where they have no meaning.
void require_ranks_fit(const CheckCommand& given, const std::string& kind) {
    if (given.shape.ranks > 0)
        throw UsageError(
            fmt::format("--ranks: {} is a {}; what ranks take and exchange is told of simulations",
                        given.model, kind));
}

void check(const CheckCommand& given) {
    require_kind(given.model, "snnsim check",
                 {FileKind::training, FileKind::simulation, FileKind::hopfield});
    RunOptions options;
    options.overrides = given.overrides;
    if (const auto hopfield = hopfield_of(given.model, options)) {
        require_ranks_fit(given, "Hopfield network");
        fmt::print("{}", hopfield_text(*hopfield));
        return;
    }
    AnyModel any = read_any_model(given.model, given.overrides, read_run_model);
    if (auto* training = std::get_if<ModelSpec>(&any)) {
        require_ranks_fit(given, "training");
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
    if (given.shape.ranks > 0)
        fmt::print("{}", ranks_text(std::get<SimulationSpec>(any), given.shape, given.rates));
}

}  // namespace

void add_check_command(CLI::App& app) {
    CLI::App& command =
        *app.add_subcommand("check", "check a model file and show what it describes");
    command.footer(
        "Examples: snnsim check models/mnist_lif.yaml\n"
        "          snnsim check models/microcircuit.yaml --ranks 64 --threads 48");
    const auto given = std::make_shared<CheckCommand>();
    command.add_option("model", given->model, "model file (.yaml)")->required();
    add_overrides(command, given->overrides, "override a value");
    add_cuda_device(command, given->cuda_device);
    CLI::Option* const ranks =
        add_whole(command, "--ranks", given->shape.ranks, {.low = 1, .high = 1 << 20},
                  "of a simulation: say what each of so many processes (mpirun) takes of memory, "
                  "and what they exchange");
    add_whole(command, "--threads", given->shape.threads, {.low = 1, .high = 1 << 10},
              "of each of these processes; default: 1")
        ->needs(ranks);
    add_text(command, "--rates", given->rates.run,
             "rates of cells as a run (.h5) has counted them; default: what the model says, or "
             "10 Hz")
        ->needs(ranks);
    command
        .add_option("--rate", given->rates.told,
                    "how often cells of a population fire, as 'E: 4 Hz', or all, as '4 Hz'; may be "
                    "given several times")
        ->needs(ranks);
    command.callback([given] { check(*given); });
}

}  // namespace snnsim
