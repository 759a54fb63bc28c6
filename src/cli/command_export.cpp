// `snnsim export`.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/nir/export_nir.hpp"
#include "src/report/file_kind.hpp"

namespace snnsim {

void add_export_command(CLI::App& app) {
    CLI::App& command =
        *app.add_subcommand("export", "write the network of a training to a file of NIR (.nir)");
    command.footer(
        "The file carries an input and the spikes that it gives; `snnsim verify` runs it.\n"
        "Example: snnsim export runs/mnist_lif.h5 -o net.nir --for sinabs");
    const auto given = std::make_shared<nir::ExportOptions>();
    command.add_option("run", given->run, "run file of a training (.h5)")->required();
    add_text(command, "-o,--output", given->output, "network to write (.nir)")->required();
    add_choice(command, "--for", given->library,
               "the library that is to read it; default: as the format defines it");
    command.add_flag("--force", given->force,
                     "overwrite an older file of NIR, and no other kind of file; and write what "
                     "NIR cannot say exactly, with a warning");
    command.callback([given] {
        require_kind(given->run, "snnsim export", {FileKind::training_run});
        if (std::filesystem::path(given->output).extension() != ".nir")
            throw UsageError(fmt::format("-o {}: name a .nir file", given->output));
        fmt::print("{}", nir::export_nir(*given));
    });
}

void add_verify_command(CLI::App& app, int& status) {
    CLI::App& command = *app.add_subcommand(
        "verify", "run the input that a network of NIR carries, and compare its spikes");
    command.footer("Example: snnsim verify net.nir");
    const auto file = std::make_shared<std::string>();
    command.add_option("file", *file, "network (.nir) that `snnsim export` wrote")->required();
    command.callback([file, &status] {
        const nir::Verified verified = nir::verify_nir(*file);
        fmt::print("{}", verified.text);
        if (!verified.equal) status = 1;
    });
}

}  // namespace snnsim
