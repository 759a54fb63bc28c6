// `snnsim stats`.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/io/replace_file.hpp"
#include "src/report/file_kind.hpp"
#include "src/report/stats_report.hpp"
#include "src/run/outputs.hpp"

namespace snnsim {
namespace {

struct StatsCommand {
    std::vector<std::string> runs;
    std::string output;
    StatsOptions options;
    bool json = false, force = false;
};

void show_stats(const StatsCommand& given) {
    const std::string& output = given.output;
    const std::string ending = std::filesystem::path(output).extension().string();
    if (!output.empty() && ending != ".json" && ending != ".csv")
        throw UsageError("-o " + output + ": name a .json or a .csv file");
    std::vector<InputFile> inputs;
    for (const std::string& path : given.runs) {
        const auto same = [&](const InputFile& other) { return other.path == path; };
        if (std::any_of(inputs.begin(), inputs.end(), same))
            throw UsageError(path + " is named twice: it would count as two runs");
        require_kind(path, "snnsim stats",
                     {FileKind::training_run, FileKind::simulation_run, FileKind::other_hdf5});
        inputs.push_back({path, "a run whose numbers are asked for"});
    }
    if (!output.empty()) {
        const std::string begins = ending == ".csv"         ? stats_csv({})
                                   : given.runs.size() == 1 ? "{\n \"run"
                                                            : "{\n\"runs";
        require_no_input({output}, inputs);
        require_free(output, own_text("table of `snnsim stats`", begins), given.force);
    }
    std::vector<RunStats> runs;
    for (const std::string& path : given.runs)
        runs.push_back(run_stats(read_spikes(path), given.options));
    const bool one = runs.size() == 1;
    const std::string json = one ? stats_json(runs[0]) : stats_json(runs);
    if (!output.empty()) save_text(output, ending == ".csv" ? stats_csv(runs) : json);
    fmt::print("{}", given.json ? json : one ? stats_table(runs[0]) : stats_table(runs));
    if (!output.empty() && !given.json) fmt::print("{}\n", output);
}

}  // namespace

void add_stats_command(CLI::App& app) {
    CLI::App& command = *app.add_subcommand(
        "stats", "rates, irregularity, synchrony and correlations of the spikes in a run file");
    command.footer(std::string(stats_definitions) +
                   "Of several runs: mean and standard deviation over the runs (divisor n - 1).\n"
                   "Examples: snnsim stats runs/cuba.h5 --from '500 ms' -o stats.json\n"
                   "          snnsim stats runs/cuba_seed*.h5 -o stats.csv");
    const auto given = std::make_shared<StatsCommand>();
    StatsOptions& options = given->options;
    command.add_option("runs", given->runs, "run files (.h5)")->required();
    command.add_option("--from", options.from, "leave out what is before; default: 0 ms")
        ->type_name("TIME");
    command.add_option("--to", options.to, "leave out what is after; default: the end")
        ->type_name("TIME");
    command.add_option("--bin", options.bin, "bins of synchrony; default: 3 ms")->type_name("TIME");
    add_text(command, "-o,--output", given->output,
             "also write the numbers to a .json file, or to a .csv file: a row for each "
             "run and population");
    command.add_flag("--force", given->force,
                     "overwrite an older table, and no other kind of file");
    command.add_flag("--json", given->json, "print JSON, no table");
    command.callback([given] { show_stats(*given); });
}

}  // namespace snnsim
