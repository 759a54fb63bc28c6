#include "src/report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "snnsim/device.hpp"
#include "snnsim/run.hpp"
#include "src/energy/image_cost.hpp"
#include "src/model/loops.hpp"
#include "src/model/prediction.hpp"
#include "src/network/source_signs.hpp"
#include "src/network/stored_weights.hpp"
#include "src/network/weight_count.hpp"
#include "src/plan/choose_backend.hpp"
#include "src/plan/device_memory.hpp"
#include "src/plan/room_warnings.hpp"
#include "src/report/learned_text.hpp"
#include "src/report/measured_text.hpp"
#include "src/report/progress.hpp"
#include "src/stats/classes.hpp"
#include "src/stats/training_warnings.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

std::size_t memory_of(const ModelSpec& spec) {
    return sum_of(estimate_memory(spec));
}

std::string cost_text(const ModelSpec& spec, const PhaseCounts& counts, const EnergyModel& energy) {
    const ImageCost cost = image_cost(spec, counts);
    const ImageEnergy e = image_energy(spec, cost, energy);
    return fmt::format(
        "per {}: {}, {}, {}, {} (synapses), {} with neurons and memory ({}{}, {})\n",
        spec.own_data() ? "sample" : "image", counted(std::llround(cost.spikes), "spike"),
        counted(std::llround(cost.macs), "MAC"), counted(std::llround(cost.acs), "AC"),
        energy_text(e.synapses), energy_text(e.all), energy.name,
        tested_in_int8(spec) && energy.of_int8 ? " in int8" : "", energy.source);
}

/// "mnist", "sine.h5"
std::string data_text(const ModelSpec& spec) {
    return spec.own_data() ? spec.data.file : name_of(spec.data.set);
}

/// "poisson", "poisson (eye), direct (ear)"
std::string code_text(const ModelSpec& spec) {
    const auto name = [](const EncodeSpec& encode) { return Encoders::name_of(encode.scheme); };
    const bool same = std::none_of(spec.data.inputs.begin(), spec.data.inputs.end(),
                                   [](const InputSpec& in) { return in.encode.has_value(); });
    if (same) return name(spec.data.encode);
    std::string out;
    for (const InputSpec& in : spec.data.inputs)
        out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", name(spec.encode_of(in.name)),
                           in.name);
    return out;
}

/// "25 steps of 1 ms"
std::string steps_text(const ModelSpec& spec) {
    return fmt::format("{} of {:g} ms", counted(spec.steps(), "step"), spec.dt);
}

/// How weights learn, in which phases, and what spines do to them; a line each.
std::string learning_text(const TrainSpec& train) {
    const auto* const truncated = std::get_if<TruncatedBptt::Params>(&train.method);
    std::string out = fmt::format(
        "learns by {}{}{}\n", Methods::name_of(train.method),
        truncated ? fmt::format(", {} at a time", counted(truncated->steps, "step")) : "",
        feedback_of(train.method) == Feedback::random ? ", errors go back by random weights" : "");
    for (std::size_t k = 0; k < train.phases.size(); ++k) {
        const TrainPhaseSpec& p = train.phases[k];
        out += fmt::format("phase {}: {}{}; {} {}\n", k + 1, counted(p.epochs, "epoch"),
                           p.objective == Objective::loss
                               ? ""
                               : fmt::format(", objective {}", name_of(p.objective)),
                           p.learns.empty() ? "all that is trainable" : join(p.learns),
                           p.learns.size() < 2 ? "learns" : "learn");
    }
    if (train.spines) {
        const SpineSpec& s = *train.spines;
        out += fmt::format("spines: shift up to {:g} by epoch {} of {}, gains {:g} to {:g}{}\n",
                           s.shift, s.until > 0 ? s.until : train.epochs, train.epochs, s.gain_low,
                           s.gain_high,
                           s.least > 0.0 ? fmt::format(", weights below {:g} are 0", s.least) : "");
    }
    return out;
}

/// What training and test do to the weights beside learning; a line each.
std::string savings_text(const ModelSpec& spec) {
    std::string out;
    if (spec.train && spec.train->prune) {
        const PruneSpec& p = *spec.train->prune;
        out += fmt::format("pruned to {:g} % of the trainable weights after epochs {} to {}\n",
                           100.0 * (1.0 - p.sparsity), p.from, p.to);
    }
    if (spec.test && spec.test->quantize) {
        const QuantizeSpec& q = *spec.test->quantize;
        out += fmt::format("tested with weights{} of {} bits, a scale per {}\n",
                           q.values ? " and values" : "", q.bits, name_of(q.scale));
    }
    return out;
}

}  // namespace

std::string loss_text(double loss) {
    return std::abs(loss) < 1e5 ? fmt::format("{:.4f}", loss) : fmt::format("{:.4g}", loss);
}

std::string energy_number(double microjoules, int decimals) {
    const double size = std::abs(microjoules);
    if (size == 0.0 || !std::isfinite(size)) return fmt::format("{:g}", microjoules);
    if (size < 1e-4) return fmt::format("{:.2e}", microjoules);
    const int needed = 2 - static_cast<int>(std::floor(std::log10(size)));
    return fmt::format("{:.{}f}", microjoules, std::max(decimals, needed));
}

std::string energy_text(const std::optional<double>& microjoules) {
    return microjoules ? energy_number(*microjoules, 3) + " uJ" : "no energy known";
}

std::string header_text(const ModelSpec& spec, const std::string& device) {
    std::string populations;
    for (const PopulationSpec& p : spec.populations) {
        populations += fmt::format("{}{} ({} {})", populations.empty() ? "" : ", ", p.name,
                                   grouped(p.size), NeuronModels::name_of(p.neuron));
    }
    const WeightCount w = count_weights(spec);
    return fmt::format(
        "{} ({}), seed {}\n  {}: {} code, {}\n  {}\n"
        "  weights: {} trainable, {} fixed, {}\n  {}; about {} of memory\n",
        spec.name, spec.path, spec.seed, data_text(spec), code_text(spec), steps_text(spec),
        populations, grouped(w.trainable), grouped(w.fixed), counted(w.bias, "bias", "biases"),
        device, bytes_text(memory_of(spec)));
}

std::string check_text(const ModelSpec& spec, int cuda_device) {
    std::string out = fmt::format("{}: no errors\n", spec.path);
    const SampleCounts samples = expected_samples(spec);
    const DeviceChoice choice =
        choose_backend(spec, samples, {.number = cuda_device}, threads_of({}));
    // A device has memory of its own.
    const bool in_host = choice.backend == Device::cpu;
    for (const auto& warnings :
         {spec.warnings,
          room_warnings(in_host ? estimate_memory(spec) : std::vector<MemoryPart>{},
                        less_of_training, run_file_parts(spec), default_output(spec.name))}) {
        for (const std::string& warning : warnings) out += "warning: " + warning + '\n';
    }
    const std::size_t wide =
        column_width(spec.populations, 20, [](const PopulationSpec& p) { return p.name; });
    out += fmt::format("\n{:<{}} {:<16} {:>12}\n", "population", wide, "model", "neurons");
    for (const PopulationSpec& p : spec.populations) {
        std::vector<std::string> trained;
        for (const TrainableSpec& t : p.trainable)
            trained.push_back(
                t.per == Per::layer ? t.name : fmt::format("{} per {}", t.name, name_of(t.per)));
        out += fmt::format("{:<{}} {:<16} {:>12}{}{}{}\n", p.name, wide,
                           NeuronModels::name_of(p.neuron), grouped(p.size),
                           trained.empty() ? "" : "  trainable: ", join(trained),
                           p.dendrites_of.empty() ? "" : "  dendrites of " + p.dendrites_of);
    }
    const auto shown = [](const ProjectionSpec& p) { return p.from + " -> " + p.to; };
    const std::size_t broad = column_width(spec.projections, 34, shown);
    out += fmt::format("\n{:<{}} {:<12} {:>12} {:>8}\n", "projection", broad, "rule", "weights",
                       "biases");
    const std::vector<std::size_t> delays = delays_of(spec);
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        const ProjectionSpec& p = spec.projections[k];
        out += fmt::format(
            "{:<{}} {:<12} {:>12} {:>8}  {}{}{}\n", shown(p), broad, name_of(p.connect.rule),
            grouped(weights_of(spec, k)), p.bias ? grouped(weight_matrix(spec, p).columns) : "-",
            p.bias && p.trainable != p.bias_learns()
                ? (p.trainable ? "trainable, biases fixed" : "fixed, biases trainable")
            : is_pool(p.connect.rule) ? "-"
            : p.trainable             ? "trainable"
                                      : "fixed",
            p.learned_delay ? fmt::format(", learned delays of each {} up to {:g} ms",
                                          name_of(p.learned_delay->learn), p.learned_delay->max)
            : delays[k] == 0
                ? ""
                : fmt::format(", delay {:g} ms", static_cast<double>(delays[k]) * spec.dt),
            p.multiplies.empty() ? "" : ", multiplies " + p.multiplies);
    }
    const WeightCount w = count_weights(spec);
    out += fmt::format("{:<{}} {:<12} {:>12} {:>8}  trainable; fixed: {}\n", "all", broad, "",
                       grouped(w.trainable), grouped(w.bias), grouped(w.fixed));
    out += fmt::format("\n{} per sample\n{}{}\nmemory, about:\n", steps_text(spec),
                       spec.train ? learning_text(*spec.train) : "", savings_text(spec));
    for (const MemoryPart& part : estimate_memory(spec)) {
        out += fmt::format("  {:<44} {:>10}\n", part.name, bytes_text(part.bytes));
    }
    return out + fmt::format("  {:<44} {:>10}\n", "all", bytes_text(memory_of(spec))) +
           backend_text(choice,
                        [&] { return device_memory(spec, samples.training, samples.test); }) +
           run_file_text(run_file_parts(spec));
}

namespace {

/// What a test gave; `of`: " of digit", where the output has a name in the data.
std::string result_text(const OutputResult& test, const std::string& of, int classes,
                        const std::vector<std::string>& class_names) {
    const std::string samples = counted(static_cast<std::int64_t>(test.samples()), "sample");
    if (test.error)
        return fmt::format("test error{} {:.4f} (relative L2), loss {:.4g} ({})\n", of, *test.error,
                           test.loss, samples);
    const std::string recalls =
        recall_text(recall(test, static_cast<std::size_t>(classes)), class_names);
    return fmt::format("test accuracy{} {:.2f} %, loss {} ({})\n{}", of, 100.0 * test.accuracy,
                       loss_text(test.loss), samples, recalls.empty() ? "" : recalls + '\n');
}

/// How classes were told, where no loss says it.
std::string prediction_text(const ModelSpec& spec, const Evaluation& test) {
    if (spec.train || test.error) return "";
    std::string out;
    for (const PopulationSpec& p : spec.populations) {
        if (sends_on(spec.projections, p.name)) continue;
        const Prediction how = prediction_of(spec, p.name);
        out += fmt::format("classes by the {} of {} (test.prediction: {})\n",
                           how == Prediction::count  ? "most spikes"
                           : how == Prediction::max  ? "highest value"
                           : how == Prediction::mean ? "highest mean"
                                                     : "highest last value",
                           p.name, name_of(how));
    }
    return out;
}

/// Weights that Dale's law has taken to 0; a line each.
std::string signs_text(const Network& network) {
    std::string out;
    for (const Projection& p : network.projections) {
        const std::optional<DaleSpec>& dale = network.populations[p.from].dale;
        if (!dale || p.weights.empty()) continue;
        const CountedWeights w = count_weights_at_zero(p);
        out += fmt::format("dale {} ({}): {} of {} at 0 ({:.1f} %)\n", p.name,
                           name_of(dale->method), grouped(w.zero), counted(w.all, "weight"),
                           100.0 * static_cast<double>(w.zero) / static_cast<double>(w.all));
    }
    return out;
}

std::string result_text(const RunRecord& r) {
    if (r.test->by_name.empty()) return result_text(*r.test, "", r.classes, r.class_names);
    std::string out;
    for (const NamedResult& one : r.test->by_name)
        out += result_text(one, " of " + one.name, one.classes, one.class_names);
    return out + fmt::format("loss of all {}\n", loss_text(r.test->loss));
}

}  // namespace

std::string summary_text(const ModelSpec& spec, const RunRecord& r, const std::string& path,
                         const EnergyModel& energy) {
    std::string out;
    if (r.test) {
        out += result_text(r) + prediction_text(spec, *r.test);
        out += cost_text(spec, r.test->counts, energy);
    }
    std::vector<LearnedSummary> learned;
    for (const Population& p : r.network.populations) {
        const auto cells = static_cast<std::size_t>(p.size);
        for (const TrainedParameter& t : p.trained)
            learned.push_back(summary_of(p.name, t.name, t.unit, values_of(t, t.first, cells),
                                         values_of(t, t.w, cells)));
    }
    out += learned_text(learned);
    out += signs_text(r.network);
    for (const std::string& warning : training_warnings(r)) out += "warning: " + warning + '\n';
    double total = 0.0;
    out += "time:";
    for (const auto& [phase, seconds] : r.seconds) {
        out += fmt::format(" {} {:.2f} s,", phase, seconds);
        total += seconds;
    }
    out += fmt::format(" in all {:.2f} s\n", total);
    out += measured_text(r.measured);
    out += fmt::format("{}: {}\n", name_of(r.status), path);
    if (r.status == RunStatus::interrupted)
        out += fmt::format("go on with: {}\n", resume_command(path));
    return out;
}

}  // namespace snnsim
