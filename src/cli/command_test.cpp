// `snnsim test`.
#include <filesystem>

#include "snnsim/run.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/inputs/name_in_model.hpp"
#include "src/report/file_kind.hpp"

namespace snnsim {
namespace {

struct TestCommand {
    std::string run, data;
    RunOptions options;
};

RunStatus test(TestCommand given) {
    require_kind(given.run, "snnsim test", {FileKind::training_run});
    namespace fs = std::filesystem;
    if (fs::is_directory(given.data)) {
        given.options.data_dir = given.data;
    } else if (!given.data.empty()) {
        given.options.overrides.push_back("data.file=" +
                                          name_in_model("", fs::absolute(given.data).string()));
    }
    return test_again(given.run, given.options).status;
}

}  // namespace

void add_test_command(CLI::App& app, int& status) {
    CLI::App& command = *app.add_subcommand(
        "test", "test the network of a finished training run again, on other data too");
    command.footer(
        "Examples: snnsim test runs/mnist_lif.h5 --data fashion/ -o runs/other.h5\n"
        "          snnsim test runs/mnist_lif.h5 --set data.test_samples=1000");
    const auto given = std::make_shared<TestCommand>();
    command.add_option("run", given->run, "run file of a training (.h5)")->required();
    add_text(command, "--data", given->data,
             "data to test on: a folder of idx files (--data-dir), or the file of data.set: file")
        ->type_name("FOLDER|FILE");
    add_run_options(command, given->options);
    add_text(command, "-o,--output", given->options.output,
             "run file to write; default: x_test.h5 of x.h5");
    command.callback([given, &status] {
        if (test(*given) == RunStatus::interrupted) status = interrupted_status;
    });
}

}  // namespace snnsim
