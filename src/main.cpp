// The command line; the one place that prints errors.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <new>

#include "snnsim/error.hpp"
#include "src/cli/commands.hpp"
#include "src/compare.hpp"
#include "src/model/suggest.hpp"
#include "src/provenance.hpp"

namespace snnsim {
namespace {

int dispatch(std::vector<std::string> arguments) {
    CLI::App app{
        "snnsim simulates and trains spiking neural networks.\n"
        "A model is a YAML file, a run an HDF5 file:\n\n"
        "    snnsim models/mnist_lif.yaml\n"
        "    snnsim compare models/mnist_lif.yaml models/mnist_ann.yaml\n",
        "snnsim"};
    app.set_version_flag("--version", "snnsim " + program_version());
    app.require_subcommand(1);
    int status = 0;

    add_run_command(app, status);
    add_check_command(app);
    add_compare_command(app);
    add_study_command(app);
    add_encode_command(app);
    add_stats_command(app);
    add_devices_command(app);
    add_reference_command(app);

    // `snnsim model.yaml` and `snnsim --resume run.h5` are `snnsim run ...`.
    std::vector<std::string> first{"--help", "-h", "--version"};
    for (const CLI::App* command : app.get_subcommands(nullptr))
        first.push_back(command->get_name());
    const bool named =
        !arguments.empty() && std::find(first.begin(), first.end(), arguments[0]) != first.end();
    if (!named && !arguments.empty()) {
        const bool a_word = arguments[0].find_first_of("./-") == std::string::npos;
        if (a_word && !std::filesystem::exists(arguments[0])) {
            throw UsageError("'" + arguments[0] + "' is neither a command nor a file" +
                             did_you_mean(arguments[0], first));
        }
        arguments.insert(arguments.begin(), "run");
    }
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    try {
        app.parse(arguments);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return app.exit(e);  // --help, --version
        throw UsageError(std::string(e.what()) + "; --help shows what there is");
    }
    return status;
}

}  // namespace
}  // namespace snnsim

int main(int argc, char** argv) {
    const auto fail = [](const char* what, int status) {
        fmt::print(stderr, "snnsim: error: {}\n", what);
        return status;
    };
    std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit of file sizes fails, and tells why
    try {
        return snnsim::dispatch({argv + 1, argv + argc});
    } catch (const snnsim::ModelError& e) {
        return fail(e.what(), 2);
    } catch (const snnsim::UsageError& e) {
        return fail(e.what(), 2);
    } catch (const snnsim::InterruptedError& e) {
        return fail(e.what(), snnsim::interrupted_status);
    } catch (const std::bad_alloc&) {
        return fail(
            "out of memory; `snnsim check` shows what the model takes. A smaller train.batch takes "
            "less",
            1);
    } catch (const std::exception& e) {
        return fail(e.what(), 1);
    }
}
