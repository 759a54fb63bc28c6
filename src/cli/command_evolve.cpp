// `snnsim evolve`.
#include <fmt/format.h>

#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/evolve/evolve_report.hpp"
#include "src/evolve/winner_file.hpp"
#include "src/io/replace_file.hpp"
#include "src/report/file_kind.hpp"

namespace snnsim {
namespace {

struct EvolveCommand {
    std::string path;
    EvolveOptions options;
};

void evolve(const EvolveCommand& given) {
    require_kind(given.path, "snnsim evolve", {FileKind::evolution});
    const EvolveResult result = run_evolution(given.path, given.options);
    const std::string text = evolution_markdown(result);
    write_winner(result);
    save_text(result.folder + "/evolve.md", text);
    save_text(result.folder + "/evolve.csv", evolution_csv(result));
    write_evolution(result.folder + "/evolve.h5", result);
    fmt::print("{}\n{}/evolve.md, evolve.csv, evolve.h5; figures: tools/plot_study.py {}\n", text,
               result.folder, result.folder);
}

}  // namespace

void add_evolve_command(CLI::App& app) {
    CLI::App& command = *app.add_subcommand(
        "evolve", "small circuits of spiking cells that do a task, by evolution");
    command.footer(
        "What generations did is written down and not run again, so that an interrupted evolution "
        "goes on.\n"
        "Example: snnsim evolve models/evolve/coincidence.yaml && snnsim "
        "runs/coincidence/coincidence_winner.yaml");
    const auto given = std::make_shared<EvolveCommand>();
    EvolveOptions& options = given->options;
    command.add_option("evolution", given->path, "evolution file (.yaml)")->required();
    add_whole(command, "--threads", options.threads, {1, 4096}, "CPU threads; default: all cores");
    command.add_flag("--force", options.force,
                     "overwrite what another evolution wrote in the folder, and begin anew");
    add_text(command, "-o,--output", options.output,
             "folder to write; default: runs/<name of the evolution>");
    add_backend(command, options.backend, options.cuda_device);
    add_choice(command, "--progress", options.progress, "what to show meanwhile");
    command.callback([given] { evolve(*given); });
}

}  // namespace snnsim
