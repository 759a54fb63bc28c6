// The command line; the one place that prints errors.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <new>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "snnsim/run.hpp"
#include "snnsim/simulate.hpp"
#include "src/cli/progress.hpp"
#include "src/cli/report.hpp"
#include "src/cli/stats_report.hpp"
#include "src/compare.hpp"
#include "src/data/encode_samples.hpp"
#include "src/energy/accounting.hpp"
#include "src/energy/meter.hpp"
#include "src/model/suggest.hpp"
#include "src/provenance.hpp"
#include "src/run/load_data.hpp"
#include "src/study/study_report.hpp"

namespace snnsim {
namespace {

constexpr int interrupted_status = 130;

/// What `snnsim encode` uses when no model is given.
constexpr const char* encode_model = R"(name: encode
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, duration: 100 ms}}
populations:
  input: {size: 784, model: spike_source}
  output: {size: 10, model: linear}
projections: [{from: input, to: output}]
)";

template <class Enum>
void add_choice(CLI::App& app, const std::string& name, Enum& value, const std::string& help) {
    std::map<std::string, Enum> choices;
    std::string all;
    for (std::size_t k = 0; k < Names<Enum>::values.size(); ++k) {
        choices[Names<Enum>::values[k]] = static_cast<Enum>(k);
        all += (k ? "|" : "") + std::string(Names<Enum>::values[k]);
    }
    app.add_option_function<std::string>(
           name,
           [&value, choices, name, all](const std::string& text) {
               const auto found = choices.find(text);
               if (found == choices.end())
                   throw CLI::ValidationError(name, text + " is not one of " + all);
               value = found->second;
           },
           help)
        ->type_name(all);
}

void add_run_options(CLI::App& app, RunOptions& options) {
    app.add_option("--set", options.overrides,
                   "override a value of the model, e.g. --set train.epochs=2")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    add_choice(app, "--backend", options.backend,
               "where to compute (auto: CUDA if there is a device)");
    app.add_option("--threads", options.threads, "CPU threads; default: all cores")
        ->check(CLI::Range(1, 4096));
    app.add_option("--data-dir", options.data_dir,
                   "folder with the data set's idx files, gzipped or not");
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

struct EncodeOptions {
    std::string model, output, data_dir;
    std::vector<std::string> overrides;
    std::size_t samples = 100, first = 0;
    bool train = false, force = false;
};

void encode(const EncodeOptions& options) {
    if (!options.force && std::filesystem::exists(options.output)) {
        throw UsageError(options.output + " exists already; --force overwrites it");
    }
    ModelSpec spec = options.model.empty()
                         ? parse_model(encode_model, "(built in)", options.overrides)
                         : read_model(options.model, options.overrides);
    if (spec.real_targets())
        throw UsageError(options.model +
                         ": encode is for images; real numbers are shown as they are");
    const Dataset data = load_dataset(spec.data.set, options.data_dir);
    const LabelledImages& set = options.train ? data.train : data.test;
    const auto count = static_cast<std::size_t>(set.count);
    if (options.first >= count)
        throw UsageError(fmt::format("--first {}: there are {} samples", options.first, count));
    const std::size_t samples = std::min(options.samples, count - options.first);
    RunRecord record;
    record.status = RunStatus::finished;
    record.provenance = provenance_of(spec);
    record.network.dt = spec.dt;
    record.network.steps = spec.steps();
    record.test.emplace();
    const auto from = set.labels.begin() + static_cast<std::ptrdiff_t>(options.first);
    record.test->labels.assign(from, from + static_cast<std::ptrdiff_t>(samples));
    record.test->spikes.push_back(
        encode_samples(spec, set, !options.train, options.first, samples));
    record.provenance.finished = utc_now();
    write_run(options.output, record);
    fmt::print("{} samples, {} spikes: {}\n", samples, record.test->spikes[0].neuron.size(),
               options.output);
}

struct StatsCommand {
    std::string run, output;
    StatsOptions options;
    bool json = false;
};

void show_stats(const StatsCommand& command) {
    const std::string& output = command.output;
    if (!output.empty() && std::filesystem::path(output).extension() != ".json")
        throw UsageError("-o " + output + ": name a .json file");
    const RunStats stats = run_stats(read_spikes(command.run), command.options);
    if (!output.empty()) save_text(output, stats_json(stats));
    fmt::print("{}", command.json ? stats_json(stats) : stats_table(stats));
    if (!output.empty() && !command.json) fmt::print("{}\n", output);
}

RunStatus run_any(const std::string& model, const RunOptions& options) {
    if (options.resume.empty()) {
        const AnyModel any = read_any_model(model, options.overrides);
        if (const auto* simulation = std::get_if<SimulationSpec>(&any))
            return simulate(*simulation, options);
    } else if (is_simulation(options.resume)) {
        return resume_simulation(options);
    }
    if (options.profile)
        throw UsageError("--profile is for simulations; the run file of a training has /profile");
    return run(model, options).status;
}

void print_devices() {
    fmt::print("cpu   available\n");
    const std::string reason = why_no_cuda();
    fmt::print("cuda  {}\n", reason.empty() ? "available" : "not available: " + reason);
    fmt::print("\nenergy can be measured of\n");
    for (const EnergyDomain& d : energy_domains(cuda_bus_id()))
        fmt::print("{:<10} {}\n", d.name, d.counter ? d.source : "unavailable: " + d.absent);
}

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

    RunOptions options;
    std::string model, output;
    CLI::App& run_command = *app.add_subcommand(
        "run", "train, test and record a model (the word `run` may be left out)");
    run_command.footer(
        "Example: snnsim models/mnist_lif.yaml --set train.epochs=2 -o runs/short.h5");
    run_command.add_option("model", model, "model file (.yaml)");
    add_run_options(run_command, options);
    run_command.add_option("-o,--output", options.output,
                           "run file to write; default: runs/<name of the model>.h5");
    run_command.add_flag("--profile", options.profile,
                         "of a simulation: measure the time of delivery, stimuli, updates, "
                         "recording and waiting, and count synaptic events");
    run_command.add_option("--resume", options.resume, "go on with an interrupted run file");
    run_command.add_option_function<std::uint64_t>(
        "--seed",
        [&](std::uint64_t seed) { options.overrides.push_back("seed=" + std::to_string(seed)); },
        "the same as --set seed=N");
    run_command.callback([&] {
        if (model.empty() && options.resume.empty())
            throw UsageError("name a model file, or a run file with --resume");
        if (run_any(model, options) == RunStatus::interrupted) status = interrupted_status;
    });

    CLI::App& check_command =
        *app.add_subcommand("check", "check a model file and show what it describes");
    check_command.footer("Example: snnsim check models/mnist_lif.yaml");
    check_command.add_option("model", model, "model file (.yaml)")->required();
    check_command.add_option("--set", options.overrides, "override a value")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    check_command.callback([&] {
        const AnyModel any = read_any_model(model, options.overrides);
        if (const auto* training = std::get_if<ModelSpec>(&any);
            training && training->real_targets())
            load_data(*training);  // whether the file fits
        std::visit([](const auto& spec) { fmt::print("{}", check_text(spec)); }, any);
    });

    std::vector<std::string> compared;
    CLI::App& compare_command =
        *app.add_subcommand("compare", "accuracy, operations and energy of several models or runs");
    compare_command.footer(
        "Models without a finished run in runs/ are trained first.\n"
        "Example: snnsim compare models/mnist_lif.yaml models/mnist_ann.yaml");
    compare_command.add_option("models", compared, "model files (.yaml) and run files (.h5)")
        ->required();
    add_run_options(compare_command, options);
    compare_command.add_option("-o,--output", output,
                               "table to write (.csv); default: runs/compare_<names>.csv");
    compare_command.callback([&] {
        if (!options.energy.empty()) read_energy_model(options.energy);  // before hours of training
        const std::vector<ComparedRun> runs = compare_runs(compared, options);
        const EnergyModel energy = common_energy_model(runs, options.energy);
        std::string path = output.empty() ? "runs/compare" : output;
        if (output.empty()) {
            for (const ComparedRun& r : runs) path += "_" + r.name;
            path += ".csv";
        }
        save_text(path, compare_csv(runs, energy));
        fmt::print("{}\n{}\n", compare_markdown(runs, energy), path);
    });

    StudyOptions study;
    std::string study_path;
    CLI::App& study_command = *app.add_subcommand(
        "study", "a grid of models, settings and seeds: accuracy against energy");
    study_command.footer(
        "Each cell is a run file; finished ones are not run again, so that an interrupted study "
        "goes on.\n"
        "Example: snnsim study models/studies/li.yaml --jobs 2 && tools/plot_study.py runs/li");
    study_command.add_option("study", study_path, "study file (.yaml)")->required();
    study_command.add_option("--jobs", study.jobs, "cells at a time; they share the cores (1)")
        ->check(CLI::Range(1, 4096));
    study_command.add_option("-o,--output", study.output,
                             "folder to write; default: runs/<name of the study>");
    study_command
        .add_option(
            "--energy", study.energy,
            "energy model; default: what the study says, or " + std::string(default_energy_model))
        ->type_name("NAME|FILE");
    add_choice(study_command, "--backend", study.backend,
               "where to compute (auto: CUDA if there is a device)");
    study_command.add_option("--data-dir", study.data_dir,
                             "folder with the data set's idx files, gzipped or not");
    add_choice(study_command, "--progress", study.progress, "what to show meanwhile");
    study_command.callback([&] {
        const StudyResult result = run_study(study_path, study);
        const std::string text = study_markdown(result);
        save_text(result.folder + "/study.md", text);
        save_text(result.folder + "/study.csv", study_csv(result));
        write_study(result.folder + "/study.h5", result);
        fmt::print("{}\n{}/study.md, study.csv, study.h5; figures: tools/plot_study.py {}\n", text,
                   result.folder, result.folder);
    });

    EncodeOptions encoding;
    CLI::App& encode_command =
        *app.add_subcommand("encode", "write samples as spike trains, in the layout of a run file");
    encode_command.footer(
        "Examples: snnsim encode --set data.encode.scheme=latency -o spikes.h5\n"
        "          snnsim encode --set data.encode.max_rate='100 Hz' --samples 1000 -o rates.h5");
    encode_command.add_option("model", encoding.model,
                              "model file; default: MNIST, Poisson rates up to 1000 Hz, 100 ms");
    encode_command.add_option("--set", encoding.overrides, "override a value")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    encode_command.add_option("-o,--output", encoding.output, "file to write")->required();
    encode_command.add_option("--samples", encoding.samples, "how many samples (100)")
        ->check(CLI::PositiveNumber);
    encode_command.add_option("--first", encoding.first, "the first sample (0)");
    encode_command.add_flag("--train", encoding.train,
                            "of the training set; default: of the test set");
    encode_command.add_option("--data-dir", encoding.data_dir,
                              "folder with the data set's idx files");
    encode_command.add_flag("--force", encoding.force, "overwrite an existing file");
    encode_command.callback([&] { encode(encoding); });

    StatsCommand stats;
    CLI::App& stats_command = *app.add_subcommand(
        "stats", "rates, irregularity, synchrony and correlations of the spikes in a run file");
    stats_command.footer(std::string(stats_definitions) +
                         "Example: snnsim stats runs/cuba.h5 --from '500 ms' -o stats.json");
    stats_command.add_option("run", stats.run, "run file (.h5)")->required();
    stats_command
        .add_option("--from", stats.options.from, "leave out what is before; default: 0 ms")
        ->type_name("TIME");
    stats_command.add_option("--to", stats.options.to, "leave out what is after; default: the end")
        ->type_name("TIME");
    stats_command.add_option("--bin", stats.options.bin, "bins of synchrony; default: 3 ms")
        ->type_name("TIME");
    stats_command.add_option("-o,--output", stats.output, "also write the numbers to a .json file");
    stats_command.add_flag("--json", stats.json, "print JSON, no table");
    stats_command.callback([&] { show_stats(stats); });

    app.add_subcommand(
           "devices",
           "list where snnsim can compute and what energy it can measure, and why not elsewhere")
        ->footer("Example: snnsim devices")
        ->callback(print_devices);
    app.add_subcommand("reference", "print the reference of the model file (Markdown)")
        ->footer("Example: snnsim reference | less")
        ->callback([] { fmt::print("{}", model_reference()); });

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
