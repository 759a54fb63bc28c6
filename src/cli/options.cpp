#include "src/cli/options.hpp"

#include <filesystem>
#include <fstream>

#include "src/energy/accounting.hpp"
#include "src/energy/energy_model.hpp"
#include "src/model/suggest.hpp"

namespace snnsim {

void add_overrides(CLI::App& app, std::vector<std::string>& overrides, const std::string& help) {
    app.add_option("--set", overrides, help)->type_name("KEY=VALUE")->allow_extra_args(false);
}

void add_data_dir(CLI::App& app, std::string& folder) {
    app.add_option("--data-dir", folder, "folder with the data set's idx files, gzipped or not");
}

void add_run_options(CLI::App& app, RunOptions& options) {
    add_overrides(app, options.overrides,
                  "override a value of the model, e.g. --set train.epochs=2");
    add_choice(app, "--backend", options.backend,
               "where to compute (auto: CUDA if there is a device)");
    app.add_option("--threads", options.threads, "CPU threads; default: all cores")
        ->check(CLI::Range(1, 4096));
    add_data_dir(app, options.data_dir);
    app.add_flag("--force", options.force, "overwrite an existing run file");
    add_choice(app, "--progress", options.progress, "what to show meanwhile");
    app.add_option("--energy", options.energy,
                   "energy model: " + join(shipped_energy_models()) +
                       ", or a file (.yaml); default: the model's, or " +
                       std::string(default_energy_model))
        ->type_name("NAME|FILE");
    app.add_option("--checkpoint-every", options.checkpoint_every,
                   "seconds between checkpoints in an epoch")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--idle-baseline", options.idle_baseline,
                   "measure the idle machine for so many seconds before the run")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.0, 3600.0));
    app.add_option("--pue", options.accounting.pue,
                   "energy of the data centre for each joule of its computers (1.58)")
        ->check(CLI::Range(1.0, 10.0));
    app.add_option_function<std::string>(
           "--co2e", [&](const std::string& text) { options.accounting.co2e = read_co2e(text); },
           "CO2e of electricity, e.g. '475 g/kWh' ('0.954 lb/kWh')")
        ->type_name("AMOUNT");
}

void save_text(const std::string& path, const std::string& text) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder);
    std::ofstream file(path);
    file << text;
    if (!file.flush()) throw FileError("cannot write " + path);
}

}  // namespace snnsim
