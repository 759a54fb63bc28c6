#include "src/cli/options.hpp"

#include <fmt/format.h>

#include <fstream>

#include "src/energy/accounting.hpp"
#include "src/energy/energy_model.hpp"
#include "src/run/checkpoint_clock.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {

CLI::Option* add_text(CLI::App& app, const std::string& name, std::string& value,
                      const std::string& help) {
    const auto read = [&value, name](const std::string& text) {
        if (text.empty())
            throw UsageError(name + " has an empty value; write one, or leave it out");
        value = text;
    };
    return app.add_option_function<std::string>(name, read, help);
}

void add_overrides(CLI::App& app, std::vector<std::string>& overrides, const std::string& help) {
    app.add_option("--set", overrides, help)->type_name("KEY=VALUE")->allow_extra_args(false);
}

void add_data_dir(CLI::App& app, std::string& folder) {
    add_text(app, "--data-dir", folder, "folder with the data set's idx files, gzipped or not");
}

void add_cuda_device(CLI::App& app, int& number) {
    add_whole(app, "--device", number, {0, 1023},
              "number of the CUDA device, of those that `snnsim devices` lists (0)");
}

void add_backend(CLI::App& app, Device& backend, int& cuda_device) {
    add_choice(app, "--backend", backend,
               "where to compute (auto: where it takes less time, as `snnsim check` says)");
    add_cuda_device(app, cuda_device);
}

void add_run_options(CLI::App& app, RunOptions& options) {
    add_overrides(app, options.overrides,
                  "override a value of the model, e.g. --set train.epochs=2");
    add_backend(app, options.backend, options.cuda_device);
    add_whole(app, "--threads", options.threads, {1, 4096}, "CPU threads; default: all cores");
    add_data_dir(app, options.data_dir);
    app.add_flag("--force", options.force,
                 "overwrite an existing run file, and no other kind of file");
    add_choice(app, "--progress", options.progress, "what to show meanwhile");
    add_text(app, "--energy", options.energy,
             "energy model: " + join(shipped_energy_models()) +
                 ", or a file (.yaml); default: the model's, or " +
                 std::string(default_energy_model))
        ->type_name("NAME|FILE");
    add_number(app, "--checkpoint-every", options.checkpoint_every, {0.0, 1e6},
               fmt::format("a checkpoint every so many seconds (10); the first comes after {:g} at "
                           "most",
                           first_checkpoint))
        ->type_name("SECONDS");
    add_number(app, "--idle-baseline", options.idle_baseline, {0.0, 3600.0},
               "measure the idle machine for so many seconds before the run")
        ->type_name("SECONDS");
    add_number(app, "--pue", options.accounting.pue, {1.0, 10.0},
               "energy of the data centre for each joule of its computers (1.58)");
    app.add_option_function<std::string>(
           "--co2e", [&](const std::string& text) { options.accounting.co2e = read_co2e(text); },
           "CO2e of electricity, e.g. '475 g/kWh' ('0.954 lb/kWh')")
        ->type_name("AMOUNT");
}

CLI::Option* add_number(CLI::App& app, const std::string& name, double& value, NumberRange range,
                        const std::string& help) {
    const auto read = [&value, range, name](const std::string& text) {
        double number = 0.0;
        std::string_view rest;
        std::string wrong = read_decimal(text, number, rest);
        if (wrong.empty() && !rest.empty())
            wrong = fmt::format("must be a number; found '{}'", excerpt(text));
        if (wrong.empty() && !(number >= range.low && number <= range.high))
            wrong = fmt::format("must be between {:g} and {:g}; found '{}'", range.low, range.high,
                                excerpt(text));
        if (!wrong.empty())
            throw UsageError(
                fmt::format("{}{} {}", name, wrong.starts_with("must") ? "" : ":", wrong));
        value = number;
    };
    return app.add_option_function<std::string>(name, read, help)->type_name("NUMBER");
}

void add_many_runs(CLI::App& app, ManyRunsOptions& options, const std::string& what,
                   const std::string& runs) {
    add_whole(app, "--jobs", options.jobs, {1, 4096},
              runs + " at a time, on each process of mpirun (1)");
    add_whole(app, "--threads", options.threads, {1, 4096},
              "CPU threads of each; default: all cores, shared by those at a time");
    app.add_option_function<std::string>(
           "--launcher",
           [&options](const std::string& text) { options.launcher = read_launcher(text); },
           "what starts each of them elsewhere, e.g. 'srun -n1 -c8 --exclusive'")
        ->type_name("COMMAND");
    app.add_flag("--force", options.force,
                 "overwrite the tables of another " + what + " in the folder");
    add_text(app, "-o,--output", options.output,
             "folder to write; default: runs/<name of the " + what + ">");
    add_text(app, "--energy", options.energy,
             "energy model; default: what the " + what + " says, or " +
                 std::string(default_energy_model))
        ->type_name("NAME|FILE");
    add_backend(app, options.backend, options.cuda_device);
    add_data_dir(app, options.data_dir);
    add_choice(app, "--progress", options.progress, "what to show meanwhile");
}

}  // namespace snnsim
