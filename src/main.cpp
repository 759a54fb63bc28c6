// The command line; the one place that prints errors.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <system_error>

#include "snnsim/error.hpp"
#include "src/cli/commands.hpp"
#include "src/engine/ranks/process_ranks.hpp"
#include "src/run/compare.hpp"
#include "src/run/interrupt.hpp"
#include "src/run/provenance.hpp"
#include "src/run/ranks.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {

constexpr int usage_status = 2;

namespace {

/// What people type for a command, and what it is called here.
constexpr std::pair<const char*, const char*> meant[] = {
    {"train", "`snnsim MODEL.yaml` trains and tests a model with a section `train`"},
    {"evaluate", "`snnsim test RUN.h5` tests a trained network again"},
    {"convert",
     "`snnsim import NET.nir -o NET.yaml` reads a network of another tool, `snnsim export` writes "
     "one"},
    {"simulate", "`snnsim MODEL.yaml` simulates a model with a section `simulate`"},
    {"sim", "`snnsim MODEL.yaml` simulates a model with a section `simulate`"},
    {"resume", "`snnsim --resume RUN.h5` goes on with a run that was interrupted"},
    {"continue", "`snnsim --resume RUN.h5` goes on with a run that was interrupted"},
    {"plot", "`tools/plot_run.py RUN.h5` draws a run, `tools/plot_study.py FOLDER` a study"},
    {"draw", "`tools/plot_run.py RUN.h5` draws a run, `tools/plot_study.py FOLDER` a study"},
    {"show",
     "`snnsim check MODEL.yaml` shows a model, `snnsim stats RUN.h5` the activity of a run"},
    {"info",
     "`snnsim check MODEL.yaml` shows a model, `snnsim stats RUN.h5` the activity of a run"},
    {"validate", "`snnsim check MODEL.yaml` says what is wrong with a model"},
    {"lint", "`snnsim check MODEL.yaml` says what is wrong with a model"},
    {"sweep", "`snnsim study STUDY.yaml` runs a grid of models, settings and seeds"},
    {"grid", "`snnsim study STUDY.yaml` runs a grid of models, settings and seeds"},
    {"optimise", "`snnsim search SEARCH.yaml` looks for the parameters of a model"},
    {"optimize", "`snnsim search SEARCH.yaml` looks for the parameters of a model"},
    {"fit", "`snnsim search SEARCH.yaml` looks for the parameters of a model"},
    {"tune", "`snnsim search SEARCH.yaml` looks for the parameters of a model"},
    {"neat", "`snnsim evolve EVOLUTION.yaml` looks for small circuits that do a task"},
    {"statistics", "`snnsim stats RUN.h5` tells rates, irregularity and synchrony"},
    {"version", "`snnsim --version` tells it"},
};

bool is_option(const std::string& word) {
    return word.starts_with("-");
}

/// Throws for a first word that is neither a command nor a file.
void require_command_or_file(const std::string& word, const std::vector<std::string>& commands) {
    const bool a_word = word.find_first_of("./-") == std::string::npos;
    if (!a_word || std::filesystem::exists(word)) return;
    for (const auto& [other, text] : meant) {
        if (word == other)
            throw UsageError(fmt::format("there is no command '{}': {}", word, text));
    }
    throw UsageError(fmt::format(
        "'{}' is neither a command nor a file{} (commands: {}; `snnsim help` tells of each)", word,
        did_you_mean(word, commands), join(commands)));
}

/// `snnsim help` and `snnsim help CMD` are the --help of both; other words are given back.
std::vector<std::string> without_help(std::vector<std::string> words,
                                      const std::vector<std::string>& commands) {
    if (words.empty() || words[0] != "help") return words;
    if (words.size() == 1) return {"--help"};
    if (words[1] != "help" &&
        std::find(commands.begin(), commands.end(), words[1]) == commands.end())
        require_command_or_file(words[1], commands);
    return {words[1] == "help" ? "--help" : words[1], "--help"};
}

int dispatch(std::vector<std::string> arguments) {
    CLI::App app{
        "snnsim simulates and trains spiking neural networks.\n"
        "A model is a YAML file, a run an HDF5 file:\n\n"
        "    snnsim models/mnist_lif.yaml\n"
        "    snnsim compare models/mnist_lif.yaml models/mnist_ann.yaml\n",
        "snnsim"};
    app.footer("`snnsim help COMMAND` shows the options of a command, with an example.");
    app.set_version_flag("--version", "snnsim " + program_version());
    app.require_subcommand(1);
    int status = 0;

    add_run_command(app, status);
    add_check_command(app);
    add_compare_command(app);
    add_test_command(app, status);
    add_weights_command(app);
    add_study_command(app);
    add_search_command(app);
    add_evolve_command(app);
    add_encode_command(app);
    add_events_command(app);
    add_import_command(app);
    add_export_command(app);
    add_verify_command(app, status);
    add_stats_command(app);
    add_devices_command(app);
    add_reference_command(app);

    std::vector<std::string> commands;
    for (const CLI::App* command : app.get_subcommands(nullptr))
        commands.push_back(command->get_name());
    const bool alone = arguments.empty();
    if (alone) arguments = {"--help"};
    arguments = without_help(std::move(arguments), commands);
    // `snnsim model.yaml` and `snnsim --resume run.h5` are `snnsim run ...`.
    const std::vector<std::string> own{"--help", "-h", "--version"};
    const std::string& first = arguments[0];
    if (std::find(commands.begin(), commands.end(), first) == commands.end() &&
        std::find(own.begin(), own.end(), first) == own.end()) {
        if (!is_option(first)) require_command_or_file(first, commands);
        arguments.insert(arguments.begin(), "run");
    }
    const std::string command = arguments[0];
    const bool shared =
        command == "run" || command == "test" || command == "study" || command == "search";
    if (!shared && !process_ranks().alone())
        throw UsageError(fmt::format(
            "several processes run a model together, or share out the runs of a study or a "
            "search; start `snnsim {}` without mpirun",
            command));
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    try {
        app.parse(arguments);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() != 0)
            throw UsageError(
                fmt::format("{}; `snnsim {} --help` shows what there is", e.what(), command));
        const int shown = app.exit(e);  // --help, --version
        return alone ? usage_status : shown;
    }
    return status;
}

/// The processes that this one was started with, while the program runs.
class RankGuard {
  public:
    RankGuard() : ranks_(process_ranks()) {
        if (launched_processes() > 1 && !why_no_mpi().empty())
            throw UsageError("several processes were started together, and " + why_no_mpi());
    }
    ~RankGuard() {
        if (leads()) dismiss_ranks(ranks_);
        leave_ranks();
    }
    RankGuard(const RankGuard&) = delete;
    RankGuard& operator=(const RankGuard&) = delete;
    bool leads() const { return ranks_.leads(); }

  private:
    Exchange& ranks_;
};

}  // namespace
}  // namespace snnsim

int main(int argc, char** argv) {
    const auto fail = [](const char* what, int status) {
        // Not fmt::print, which throws where stderr is gone.
        std::fputs(fmt::format("snnsim: error: {}\n", snnsim::bounded(what)).c_str(), stderr);
        return status;
    };
    const auto fail_of_stdout = [&](int error) {
        return fail((std::string("writing to stdout failed: ") + std::strerror(error)).c_str(), 1);
    };
    std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit of file sizes fails, and tells why
    snnsim::end_with_watched_process();
    try {
        const snnsim::RankGuard ranks;
        if (!ranks.leads()) {
            snnsim::follow_runs(snnsim::process_ranks());
            return 0;
        }
        const int status = snnsim::dispatch({argv + 1, argv + argc});
        if (std::fflush(stdout) != 0 || std::ferror(stdout)) return fail_of_stdout(errno);
        return status;
    } catch (const snnsim::RankError& e) {
        return e.of_user ? fail(e.said.c_str(), snnsim::usage_status) : fail(e.what(), 1);
    } catch (const snnsim::ModelError& e) {
        return fail(e.what(), snnsim::usage_status);
    } catch (const snnsim::UsageError& e) {
        return fail(e.what(), snnsim::usage_status);
    } catch (const snnsim::InterruptedError& e) {
        return fail(e.what(), snnsim::interrupted_status);
    } catch (const std::bad_alloc&) {
        if (snnsim::launched_processes() > 1)
            return fail((std::string("rank 0: ") + snnsim::rank_out_of_memory).c_str(), 1);
        return fail(
            "out of memory; `snnsim check` shows what the model takes. A smaller train.batch, or "
            "smaller populations, take less",
            1);
    } catch (const std::filesystem::filesystem_error& e) {
        return fail((e.path1().string() + ": " + e.code().message()).c_str(), 1);
    } catch (const std::system_error& e) {  // of fmt::print
        return std::ferror(stdout) ? fail_of_stdout(e.code().value()) : fail(e.what(), 1);
    } catch (const std::exception& e) {
        return fail(e.what(), 1);
    }
}
