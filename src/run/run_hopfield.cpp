#include "src/run/run_hopfield.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "snnsim/error.hpp"
#include "src/device/choose_device.hpp"
#include "src/energy/image_cost.hpp"
#include "src/files/input_file.hpp"
#include "src/files/room.hpp"
#include "src/io/digest.hpp"
#include "src/io/model_place.hpp"
#include "src/memory/hopfield_file.hpp"
#include "src/memory/read_hopfield.hpp"
#include "src/plan/choose_backend.hpp"
#include "src/report/file_kind.hpp"
#include "src/report/progress.hpp"
#include "src/report/report.hpp"
#include "src/run/interrupt.hpp"
#include "src/run/outputs.hpp"
#include "src/run/provenance.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// An option that would change nothing is a mistake.
void require_options_used(const RunOptions& options) {
    const auto refuse = [](const char* option) {
        throw UsageError(
            fmt::format("{} has no effect on a Hopfield network (hopfield); leave it out", option));
    };
    if (!options.data_dir.empty()) refuse("--data-dir");
    if (!options.weights.empty()) refuse("--weights");
    if (options.profile) refuse("--profile");
    if (options.idle_baseline > 0.0) refuse("--idle-baseline");
    if (options.checkpoint_every != RunOptions{}.checkpoint_every) refuse("--checkpoint-every");
}

double numbers_of(const HopfieldSpec& h) {
    return static_cast<double>(h.trials) * static_cast<double>(h.cells);
}
/// Bytes of the patterns, and of states and overlaps of all trials, on either device.
double bytes_of(const HopfieldSpec& h) {
    const double words = std::ceil(static_cast<double>(h.patterns) / 32.0),
                 cells = static_cast<double>(h.cells), trials = static_cast<double>(h.trials);
    return 4.0 * words * cells + numbers_of(h) + trials * (128.0 * words + 100.0) +
           8.0 * trials * static_cast<double>(h.max_sweeps);
}
void require_memory_for(const HopfieldModel& model) {
    const double bytes = 2.0 * bytes_of(model.hopfield),
                 free = static_cast<double>(available_memory());
    if (bytes > free)
        throw UsageError(fmt::format(
            "{}: {} of {} in {} take about {} of memory, of which {} are free; fewer trials take "
            "less",
            model.path, counted(model.hopfield.patterns, "pattern"),
            counted(model.hopfield.cells, "unit"), counted(model.hopfield.trials, "trial"),
            bytes_text(static_cast<std::size_t>(std::min(bytes, 1e18))),
            bytes_text(available_memory())));
}

/// A thread of a device takes a trial.
Plan plan_of(const HopfieldSpec& h) {
    const double sweeps = std::min<double>(10.0, static_cast<double>(h.max_sweeps));
    const double additions =
        static_cast<double>(h.cells) * static_cast<double>(h.patterns) * sweeps;
    Plan plan;
    plan.work.cpu_seconds = 3e-10 * additions * static_cast<double>(h.trials);
    plan.work.launches = sweeps;
    plan.work.launch = 1e-5;
    plan.work.serial_instructions = 5.0 * additions;
    plan.device_memory = static_cast<std::size_t>(std::min(bytes_of(h), 1e18));
    return plan;
}

std::vector<InputFile> files_of(const HopfieldModel& model) {
    std::vector<InputFile> out;
    for (const std::string& name : {model.hopfield.file, model.hopfield.start}) {
        if (!name.empty())
            out.push_back({beside_model(model.path, name).string(), "a file of the model"});
    }
    return out;
}

std::string header(const HopfieldModel& model) {
    const HopfieldSpec& h = model.hopfield;
    return fmt::format(
        "{}: {}, {} (load {:.3g}), {}{}{}\n", model.name, counted(h.cells, "unit"),
        counted(h.patterns, "pattern"),
        static_cast<double>(h.patterns) / static_cast<double>(h.cells), counted(h.trials, "trial"),
        model.starts.empty() ? fmt::format(", {:g} % of the units flipped", 100.0 * h.flip) : "",
        h.temperature > 0.0 ? fmt::format(", temperature {:g}", h.temperature) : "");
}

/// Of each trial the overlap with its own pattern; of states from a file the largest.
std::vector<double> recalled(const HopfieldModel& model, const RecallOutcome& out) {
    const auto patterns = static_cast<std::size_t>(model.hopfield.patterns);
    std::vector<double> all;
    for (std::size_t t = 0; t < out.sweeps.size(); ++t) {
        const std::int32_t* const row = out.overlaps.data() + t * patterns;
        const std::int32_t m =
            model.starts.empty() ? row[t % patterns] : *std::max_element(row, row + patterns);
        all.push_back(static_cast<double>(m) / static_cast<double>(model.hopfield.cells));
    }
    return all;
}

std::string summary(const HopfieldModel& model, const RecallOutcome& out,
                    const EnergyModel& energy) {
    const auto mean = [](const auto& values) {
        double sum = 0.0;
        for (const auto v : values) sum += static_cast<double>(v);
        return sum / static_cast<double>(values.size());
    };
    const std::size_t trials = out.sweeps.size();
    const std::vector<double> m = recalled(model, out);
    const auto close =
        std::count_if(m.begin(), m.end(), [](double overlap) { return overlap >= 0.95; });
    const auto settled = std::count(out.settled.begin(), out.settled.end(), 1);
    const std::vector<double> first(out.energy.begin(),
                                    out.energy.begin() + static_cast<std::ptrdiff_t>(trials)),
        last(out.energy.end() - static_cast<std::ptrdiff_t>(trials), out.energy.end());
    const double n = static_cast<double>(model.hopfield.cells);
    const ImageCost cost = image_cost(std::vector<std::string>{}, recall_counts(model, out));
    const ImageEnergy e = image_energy(cost, energy);
    return fmt::format(
        "settled: {} of {}; sweeps: {:.1f} in the mean, {} at most\n"
        "overlap with {}: mean {:.4f}, least {:.4f}; 0.95 or more in {:.1f} % of the trials\n"
        "energy a unit: {:.4f} at the start, {:.4f} at the end\n"
        "per trial, with a stored matrix: {}, {}; {} (synapses), {} with neurons and memory ({}, "
        "{})\n"
        "time: {:.3f} s\n",
        settled, counted(static_cast<std::int64_t>(trials), "trial"), mean(out.sweeps),
        *std::max_element(out.sweeps.begin(), out.sweeps.end()),
        model.starts.empty() ? "the pattern of the start" : "the nearest pattern", mean(m),
        *std::min_element(m.begin(), m.end()),
        100.0 * static_cast<double>(close) / static_cast<double>(trials), mean(first) / n,
        mean(last) / n, counted(std::llround(cost.neuron_updates), "neuron update"),
        counted(std::llround(cost.acs), "AC"), energy_text(e.synapses), energy_text(e.all),
        energy.name, energy.source, out.seconds);
}

}  // namespace

std::optional<HopfieldModel> hopfield_of(const std::string& path, const RunOptions& options) {
    const bool from_file = !options.model_text;
    if (from_file && kind_of(path) != FileKind::hopfield) return std::nullopt;
    const std::string text = from_file ? read_small_text(path) : *options.model_text;
    if (!is_hopfield(text)) return std::nullopt;
    return parse_hopfield(text, path, options.overrides);
}

std::string hopfield_text(const HopfieldModel& model) {
    return fmt::format(
        "{}: no errors\n\n{}memory, about: {}\n", model.path, header(model),
        bytes_text(static_cast<std::size_t>(std::min(2.0 * bytes_of(model.hopfield), 1e18))));
}

RunStatus run_hopfield(const HopfieldModel& model, const RunOptions& options) {
    require_options_used(options);
    const EnergyModel energy =
        read_energy_model(options.energy.empty() ? default_energy_model : options.energy);
    const std::string path = options.output.empty() ? default_output(model.name) : options.output;
    std::vector<InputFile> inputs = files_of(model);
    Provenance provenance = provenance_of(model);
    for (const InputFile& file : inputs)
        provenance.inputs.push_back(file_sha256(file.path) + "  " + file.path);
    inputs.push_back({model.path, "the model"});
    require_no_input(run_files(path), inputs);
    require_no_folder(path);
    const OutputClaim claim(path);
    require_free(path, own_run_file(), options.force);
    require_memory_for(model);
    const int threads = threads_of(options);
    const DeviceChoice choice =
        choose_device({options.backend, options.cuda_device}, this_machine(threads),
                      [&] { return plan_of(model.hopfield); });
    ProgressDisplay display(options.progress, options.watcher);
    display.say(header(model));
    for (const std::string& warning : claim.warnings())
        display.result("warning: " + warning + '\n');

    const InterruptGuard guard(options.watcher);
    const AskToEnd ask = [](std::uint32_t) { return InterruptGuard::asked(); };
    const bool cuda = choice.backend == Device::cuda;
    if (cuda) use_cuda_device(choice.cuda.number);
    const RecallOutcome outcome =
        cuda ? recall_on_cuda(model, ask) : recall_on_cpu(model, threads, ask);
    if (outcome.interrupted) {
        display.result("interrupted: trials of recall are not kept halfway\n");
        return RunStatus::interrupted;
    }
    provenance.threads = threads;
    provenance.backend = name_of(choice.backend);
    provenance.device = outcome.device;
    provenance.finished = utc_now();
    write_hopfield(path, model, outcome, provenance);
    display.result(summary(model, outcome, energy) + "finished: " + path + '\n');
    return RunStatus::finished;
}

}  // namespace snnsim
