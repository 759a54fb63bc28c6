// `snnsim study`.
#include <fmt/format.h>

#include "snnsim/error.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/io/replace_file.hpp"
#include "src/report/file_kind.hpp"
#include "src/study/study_report.hpp"

namespace snnsim {
namespace {

struct StudyCommand {
    std::string path;
    ManyRunsOptions options;
};

void study(const StudyCommand& given) {
    require_kind(given.path, "snnsim study", {FileKind::study});
    const StudyResult result = run_study(given.path, given.options);
    const std::string text = study_markdown(result);
    save_text(result.folder + "/study.md", text);
    save_text(result.folder + "/study.csv", study_csv(result));
    write_study(result.folder + "/study.h5", result);
    fmt::print("{}\n{}/study.md, study.csv, study.h5; figures: tools/plot_study.py {}\n", text,
               result.folder, result.folder);
    if (!result.failed.empty())
        throw Error(
            fmt::format("{} of {} cells failed (see above); the same command runs them again",
                        result.failed.size(), result.failed.size() + result.cells.size()));
}

}  // namespace

void add_study_command(CLI::App& app) {
    CLI::App& command = *app.add_subcommand(
        "study",
        "a grid of models, settings and seeds: accuracy against energy, or of simulations the "
        "statistics of their activity");
    command.footer(
        "Each cell is a run file; finished ones are not run again, so that an interrupted study "
        "goes on.\n"
        "Example: snnsim study models/studies/li.yaml --jobs 2 && tools/plot_study.py runs/li");
    const auto given = std::make_shared<StudyCommand>();
    command.add_option("study", given->path, "study file (.yaml)")->required();
    add_many_runs(command, given->options, "study", "cells");
    command.callback([given] { study(*given); });
}

}  // namespace snnsim
