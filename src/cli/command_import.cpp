// `snnsim import`.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/model/units.hpp"
#include "src/nir/import_nir.hpp"
#include "src/sonata/import_sonata.hpp"

namespace snnsim {
namespace {

struct ImportCommand {
    std::string file, output, dt, duration, data, scale_input;
    nir::Library from{};
    Reset reset{};
    ResetAt reset_at{};
    Integration decay{};
    std::int64_t steps = 0;
    bool force = false;
    CLI::Option *from_given = nullptr, *reset_given = nullptr, *reset_at_given = nullptr,
                *decay_given = nullptr;
};

/// A time of the command line, in ms.
std::optional<double> time_of(const std::string& option, const std::string& text) {
    if (text.empty()) return {};
    double value = 0.0;
    const std::string wrong = read_quantity(text, "ms", option, value);
    if (!wrong.empty()) throw UsageError(wrong);
    if (!(value > 0.0)) throw UsageError(fmt::format("{} {}: write more than 0 ms", option, text));
    return value;
}

std::optional<bool> truth_of(const std::string& text) {
    if (text.empty()) return {};
    if (text != "true" && text != "false")
        throw UsageError(fmt::format("--scale-input {}: write true or false", text));
    return text == "true";
}

template <class T>
std::optional<T> where_given(const CLI::Option* option, T value) {
    return option->count() > 0 ? std::optional<T>(value) : std::nullopt;
}

std::string import_one(const ImportCommand& given) {
    const std::string ending = std::filesystem::path(given.file).extension();
    if (std::filesystem::path(given.output).extension() != ".yaml")
        throw UsageError(fmt::format("-o {}: name a .yaml file", given.output));
    const std::optional<double> dt = time_of("--dt", given.dt);
    const std::optional<double> duration = time_of("--duration", given.duration);
    if (ending == ".json") {
        for (const auto& [option, name] : {std::pair{given.from_given, "--from"},
                                           {given.reset_given, "--reset"},
                                           {given.reset_at_given, "--reset-at"},
                                           {given.decay_given, "--decay"}}) {
            if (option->count() > 0)
                throw UsageError(fmt::format("{} is of networks of NIR; leave it out", name));
        }
        return sonata::import_sonata({given.file, given.output, dt, duration, given.force});
    }
    if (duration)
        throw UsageError("--duration is of networks of SONATA; --steps says how long a sample is");
    const nir::Imported made =
        nir::import_nir({.file = given.file,
                         .output = given.output,
                         .from = where_given(given.from_given, given.from),
                         .dt = dt,
                         .reset = where_given(given.reset_given, given.reset),
                         .reset_at = where_given(given.reset_at_given, given.reset_at),
                         .decay = where_given(given.decay_given, given.decay),
                         .scale_input = truth_of(given.scale_input),
                         .data = given.data,
                         .steps = given.steps,
                         .force = given.force});
    return made.text;
}

}  // namespace

void add_import_command(CLI::App& app) {
    CLI::App& command = *app.add_subcommand(
        "import", "make a model of a network of another tool: NIR (.nir) or SONATA (.json)");
    command.footer(
        "Writes the model, and its weights and spikes beside it. Says what was assumed.\n"
        "Example: snnsim import net.nir -o net.yaml --from snntorch --dt '1 ms' --reset subtract\n"
        "         snnsim import config.json -o circuit.yaml");
    const auto given = std::make_shared<ImportCommand>();
    command.add_option("file", given->file, "network (.nir), or configuration (.json)")->required();
    add_text(command, "-o,--output", given->output, "model to write (.yaml)")->required();
    add_text(command, "--dt", given->dt, "time step, as in '1 ms'");
    add_text(command, "--duration", given->duration, "SONATA: how long to simulate");
    given->from_given =
        add_choice(command, "--from", given->from,
                   "NIR: the library that wrote it, by whose conventions it is read");
    given->reset_given =
        add_choice(command, "--reset", given->reset, "NIR: what a spike does to the membrane");
    given->reset_at_given =
        add_choice(command, "--reset-at", given->reset_at, "NIR: when; default: same_step");
    given->decay_given = add_choice(command, "--decay", given->decay,
                                    "NIR: exact: exp(-dt/tau), the default; euler: 1 - dt/tau");
    add_text(command, "--scale-input", given->scale_input,
             "NIR of Sinabs: norm_input of its LIF cells, true or false");
    add_text(command, "--data", given->data,
             "NIR: file of samples that the model shows; default: those in the network's file, or "
             "a sample of random spikes");
    add_whole(command, "--steps", given->steps, {.low = 1, .high = 1000000},
              "NIR: steps of a sample; default: of the sample in the file, else 100");
    command.add_flag("--force", given->force,
                     "overwrite an older model, and no other kind of file");
    command.callback([given] { fmt::print("{}", import_one(*given)); });
}

}  // namespace snnsim
