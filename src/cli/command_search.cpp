// `snnsim search`.
#include <fmt/format.h>

#include "snnsim/error.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/io/replace_file.hpp"
#include "src/report/file_kind.hpp"
#include "src/search/search_report.hpp"

namespace snnsim {
namespace {

struct SearchCommand {
    std::string path;
    SearchOptions options;
};

void search(const SearchCommand& given) {
    require_kind(given.path, "snnsim search", {FileKind::search});
    const SearchResult result = run_search(given.path, given.options);
    const std::string text = search_markdown(result);
    save_text(result.folder + "/search.md", text);
    save_text(result.folder + "/search.csv", search_csv(result));
    write_search(result.folder + "/search.h5", result);
    fmt::print("{}\n{}/search.md, search.csv, search.h5; figures: tools/plot_study.py {}\n", text,
               result.folder, result.folder);
    if (!result.best) throw Error("no point has a cost: every run failed, or had no measure");
}

}  // namespace

void add_search_command(CLI::App& app) {
    CLI::App& command = *app.add_subcommand(
        "search",
        "the parameters of a model that bring measures of its runs nearest to what is asked");
    command.footer(
        "Finished runs are written down and not run again, so that an interrupted search goes "
        "on.\n"
        "Example: snnsim search models/searches/cell_rate.yaml --jobs 2 && tools/plot_study.py "
        "runs/cell_rate");
    const auto given = std::make_shared<SearchCommand>();
    command.add_option("search", given->path, "search file (.yaml)")->required();
    add_many_runs(command, given->options, "search", "runs");
    command.add_flag("--keep", given->options.keep,
                     "keep the run files of all points, not only those of the best");
    command.callback([given] { search(*given); });
}

}  // namespace snnsim
