// `snnsim stats`.
#include <fmt/format.h>

#include <filesystem>

#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/cli/stats_report.hpp"

namespace snnsim {
namespace {

struct StatsCommand {
    std::string run, output;
    StatsOptions options;
    bool json = false;
};

void show_stats(const StatsCommand& command) {
    const std::string& output = command.output;
    if (!output.empty() && std::filesystem::path(output).extension() != ".json")
        throw UsageError("-o " + output + ": name a .json file");
    const RunStats stats = run_stats(read_spikes(command.run), command.options);
    if (!output.empty()) save_text(output, stats_json(stats));
    fmt::print("{}", command.json ? stats_json(stats) : stats_table(stats));
    if (!output.empty() && !command.json) fmt::print("{}\n", output);
}

}  // namespace

void add_stats_command(CLI::App& app) {
    CLI::App& command = *app.add_subcommand(
        "stats", "rates, irregularity, synchrony and correlations of the spikes in a run file");
    command.footer(std::string(stats_definitions) +
                   "Example: snnsim stats runs/cuba.h5 --from '500 ms' -o stats.json");
    const auto given = std::make_shared<StatsCommand>();
    StatsOptions& options = given->options;
    command.add_option("run", given->run, "run file (.h5)")->required();
    command.add_option("--from", options.from, "leave out what is before; default: 0 ms")
        ->type_name("TIME");
    command.add_option("--to", options.to, "leave out what is after; default: the end")
        ->type_name("TIME");
    command.add_option("--bin", options.bin, "bins of synchrony; default: 3 ms")->type_name("TIME");
    command.add_option("-o,--output", given->output, "also write the numbers to a .json file");
    command.add_flag("--json", given->json, "print JSON, no table");
    command.callback([given] { show_stats(*given); });
}

}  // namespace snnsim
