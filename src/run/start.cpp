#include "src/run/start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "snnsim/error.hpp"
#include "snnsim/played_spikes.hpp"
#include "snnsim/read_model.hpp"
#include "src/data/idx.hpp"
#include "src/energy/energy_model.hpp"
#include "src/files/input_file.hpp"
#include "src/inputs/load_data.hpp"
#include "src/inputs/load_initial_weights.hpp"
#include "src/inputs/taken_weights.hpp"
#include "src/model/prediction.hpp"
#include "src/run/provenance.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

/// The final name that a checkpoint file belongs to; any other name is one itself.
std::string final_path(const std::string& path) {
    const fs::path p = path;
    const fs::path whole = p.parent_path() / (p.stem().stem().string() + p.extension().string());
    return partial_path(whole.string()) == path ? whole.string() : path;
}

std::uint64_t updates_of(const RunRecord& record) {
    return record.checkpoint ? record.checkpoint->state.updates : 0;
}

bool same_run(const RunRecord& a, const RunRecord& b) {
    return a.provenance.model_sha256 == b.provenance.model_sha256 &&
           a.provenance.overrides == b.provenance.overrides;
}

/// Of the final file and the checkpoint the one that is further; a checkpoint that is asked for by
/// its own name is taken in any case.
RunRecord read_furthest(const std::string& named, const std::string& output, bool force) {
    const std::string partial = partial_path(output);
    if (named == partial && fs::exists(output) && !force &&
        read_run(output).status == RunStatus::finished) {
        throw UsageError(fmt::format("--resume {}: {} holds a finished run; --force overwrites it",
                                     named, output));
    }
    if (named == partial) return read_run(partial);
    if (!fs::exists(partial)) return read_run(output);
    if (!fs::exists(output)) return read_run(partial);
    RunRecord record = read_run(output);
    RunRecord checkpoint = read_run(partial);
    if (record.status == RunStatus::finished) {
        if (same_run(record, checkpoint) &&
            checkpoint.provenance.started == record.provenance.started)
            return record;
        throw UsageError(fmt::format(
            "--resume {}: it is finished, and a later run that was to take its place left {}. "
            "--resume {} --force goes on with that run and overwrites the finished one",
            named, partial, shell_word(partial)));
    }
    const bool further =
        same_run(record, checkpoint) && updates_of(checkpoint) > updates_of(record);
    return further ? checkpoint : record;
}

/// The named item of a list that was read from a file.
template <class Item>
Item named(const std::vector<Item>& list, std::string Item::*name, const std::string& wanted) {
    for (const Item& item : list) {
        if (item.*name == wanted) return item;
    }
    throw FileError("the checkpoint has no counts of " + wanted);
}

/// Counts that were read from a file, in the order of the network.
PhaseCounts in_order(const PhaseCounts& file, const Network& network) {
    if (file.forward.empty()) return {};
    PhaseCounts counts{file.samples, {}, {}, {}};
    for (const Population& p : network.populations)
        counts.activity.push_back(named(file.activity, &PopulationActivity::population, p.name));
    for (const Projection& p : network.projections) {
        counts.forward.push_back(named(file.forward, &ProjectionOperations::projection, p.name));
        counts.backward.push_back(named(file.backward, &BackwardOperations::projection, p.name));
    }
    return counts;
}

/// A parameter of a state that was read from a file.
LearnedState learned_of(const TrainerState& state, const Network& file,
                        const std::string& population, const TrainedParameter& parameter) {
    for (std::size_t k = 0; k < file.populations.size(); ++k) {
        if (file.populations[k].name != population) continue;
        const std::vector<TrainedParameter>& all = file.populations[k].trained;
        for (std::size_t n = 0; n < all.size(); ++n) {
            if (all[n].name != parameter.name) continue;
            const LearnedState& found = state.learned[k][n];
            const std::size_t size = parameter.w.size();
            if (found.w.size() != size || found.moments.size() % size != 0)
                throw FileError(fmt::format("the run file's {} of {} has another size",
                                            parameter.name, population));
            return found;
        }
    }
    throw FileError(fmt::format("the run file has no {} of {}", parameter.name, population));
}

/// Those of a state that was read from a file are delays that projection p may have.
void expect_delays(const TrainerState& state, std::size_t k, const Projection& p) {
    const std::vector<float>&steps = state.delays[k], &moments = state.delay_moments[k];
    const std::size_t wanted = p.delays ? p.delays->steps.size() : 0;
    const bool fits = std::all_of(steps.begin(), steps.end(), [&](float d) {
        return d >= 0.0f && d <= static_cast<float>(p.delays->longest);
    });
    if (steps.size() != wanted || (wanted > 0 && moments.size() % wanted != 0) ||
        moments.size() > 2 * wanted)
        throw FileError("the run file's delays of " + p.name + " have another size");
    if (!fits)
        throw FileError(
            fmt::format("the run file's delays of {} lie beyond 0 and the longest ({} "
                        "steps)",
                        p.name, p.delays->longest));
}

/// Puts the projections of a state that was read from a file into the order of the network.
void reorder(TrainerState& state, const Network& file, const Network& network) {
    TrainerState ordered;
    ordered.updates = state.updates;
    for (const Projection& p : network.projections) {
        const auto same = std::find_if(file.projections.begin(), file.projections.end(),
                                       [&](const Projection& q) { return q.name == p.name; });
        if (same == file.projections.end())
            throw FileError("the run file has no weights of " + p.name);
        const auto k = static_cast<std::size_t>(same - file.projections.begin());
        if (state.weights[k].size() != p.weights.size() || state.bias[k].size() != p.bias.size()) {
            throw FileError("the run file's weights of " + p.name + " have another size");
        }
        expect_delays(state, k, p);
        ordered.delays.push_back(std::move(state.delays[k]));
        ordered.delay_moments.push_back(std::move(state.delay_moments[k]));
        ordered.weights.push_back(std::move(state.weights[k]));
        ordered.bias.push_back(std::move(state.bias[k]));
        if (!state.moments.empty()) ordered.moments.push_back(std::move(state.moments[k]));
        ordered.masks.push_back(std::move(state.masks[k]));
    }
    ordered.norms = std::move(state.norms);
    for (const Population& p : network.populations) {
        std::vector<LearnedState>& all = ordered.learned.emplace_back();
        for (const TrainedParameter& t : p.trained)
            all.push_back(learned_of(state, file, p.name, t));
    }
    ordered.counts = in_order(state.counts, network);
    state = std::move(ordered);
}

/// Curves end where the checkpoint stands: a run that diverged has written more.
void cut_curves(Curves& curves, const Checkpoint& at) {
    for (auto* curve : {&curves.step_loss, &curves.step_accuracy, &curves.step_learning_rate}) {
        curve->resize(std::min(curve->size(), static_cast<std::size_t>(at.state.updates)));
    }
    for (OutputCurves& own : curves.by_name) {
        for (auto* curve : {&own.step_loss, &own.step_accuracy})
            curve->resize(std::min(curve->size(), static_cast<std::size_t>(at.state.updates)));
    }
}

void require_same_model(const RunRecord& record, const std::string& model,
                        const RunOptions& options) {
    if (!options.overrides.empty() && options.overrides != record.provenance.overrides) {
        throw UsageError(
            "--set and --seed cannot change a run that is resumed: it goes on as it began");
    }
    if (model.empty()) return;
    const ModelSpec given = read_model(model, record.provenance.overrides);
    if (sha256(given.text.data(), given.text.size()) == record.provenance.model_sha256) return;
    throw UsageError(fmt::format(
        "{} is not the model that {} was started with; leave the model out to go on with "
        "the one in the file",
        model, options.resume));
}

ModelSpec model_of(const std::string& model, const std::vector<std::string>& overrides,
                   const RunOptions& options) {
    return options.model_text ? parse_model(*options.model_text, model, overrides)
                              : read_model(model, overrides);
}

/// Throws UsageError where the output is an input, or is there already.
void claim_output(Start& start, const RunOptions& options) {
    std::vector<InputFile> inputs{{start.spec.path, "the model"}};
    if (!start.tested.empty()) inputs.push_back({start.tested, "the run that is tested"});
    if (!start.spec.data.file.empty() && !start.spec.data.arrays)
        inputs.push_back({beside_model(start.spec.path, start.spec.data.file).string(),
                          "the model's data file"});
    for (InputFile& file : weight_files_read_by(start.spec)) inputs.push_back(std::move(file));
    inputs.push_back({energy_model_of(start.spec, options.energy), "the energy model"});
    require_no_input(run_files(start.output), inputs);
    start.claim = std::make_shared<const OutputClaim>(start.output);
    require_no_folder(start.output);
    if (options.force || !fs::exists(start.output)) return;
    throw UsageError(
        start.tested.empty()
            ? fmt::format("{} exists already; --force overwrites it, -o writes to another file, "
                          "--resume {} goes on with it if it was interrupted",
                          start.output, start.output)
            : fmt::format("{} exists already; --force overwrites it, -o writes to another file",
                          start.output));
}

}  // namespace

void set_losses(const ModelSpec& spec, const Dataset& data, TrainSpec& train) {
    for (std::size_t k = 0; k < data.output_names.size(); ++k) {
        train.losses.push_back(spec.loss_of(data.output_names[k]));
        if (!spec.train)
            train.losses.back().loss = data.train.target(k).outputs > 0
                                           ? Loss::mse_mean
                                           : loss_of(prediction_of(spec, data.output_names[k]));
    }
    if (spec.train) return;
    const auto last =
        std::find_if(spec.populations.begin(), spec.populations.end(),
                     [&](const PopulationSpec& p) { return !sends_on(spec.projections, p.name); });
    SNN_EXPECT(last != spec.populations.end());
    train.loss = data.real() ? Loss::mse_mean : loss_of(prediction_of(spec, last->name));
}

void take_tested_network(const std::string& run, ModelSpec& spec) {
    if (!spec.test) spec.test.emplace();
    if (spec.test->quantize) spec.test->quantize->weights = false;
    put_weights(run, spec);
}

TrainerOptions trainer_options(const ModelSpec& spec, const Dataset& data, int threads,
                               Network& network) {
    TrainerOptions how{spec.train.value_or(TrainSpec{}), spec.seed, threads};
    if (spec.train)
        how.train.batch = std::clamp<std::int64_t>(data.train.count, 1, spec.train->batch);
    how.train.losses.clear();
    set_losses(spec, data, how.train);
    if (spec.data.augment) how.augment = *spec.data.augment;
    network.shown = data.train.form;
    for (std::size_t k = 0; k < network.more_inputs.size(); ++k)
        network.more_inputs[k].shown = data.train.input(k + 1).form;
    return how;
}

Start start_anew(const std::string& model, const RunOptions& options) {
    Start start{model_of(model, options.overrides, options), options.output, {}, nullptr};
    if (!options.weights.empty()) {
        require_readable(options.weights);
        TakenWeights taken = taken_weights(options.weights, start.spec);
        taken.overrides.insert(taken.overrides.begin(), options.overrides.begin(),
                               options.overrides.end());
        start.spec = model_of(model, taken.overrides, options);
        start.news = std::move(taken.text);
    }
    if (options.samples) show_arrays(options.samples, start.spec);
    if (start.output.empty()) start.output = default_output(start.spec.name);
    load_initial_weights(start.spec);
    start.record.network = compile(start.spec);
    start.record.provenance = provenance_of(start.spec);
    claim_output(start, options);
    if (const std::string partial = partial_path(start.output);
        start.spec.train && !options.force && fs::exists(partial)) {
        throw UsageError(fmt::format(
            "{} is left from a run that did not end; go on with --resume {}, or start anew "
            "with --force",
            partial, start.output));
    }
    require_replaceable_run(start.output);
    return start;
}

Start start_test(const std::string& path, const RunOptions& options) {
    const RunRecord of = read_run(path);
    if (of.status != RunStatus::finished)
        throw UsageError(fmt::format("{} is no finished run (status: {}); {}", path,
                                     name_of(of.status),
                                     resume_command(path) + " goes on with it"));
    for (const std::string& setting : options.overrides) {
        if (setting.starts_with("train.") || setting.starts_with("train="))
            throw UsageError(fmt::format("--set {}: a test trains nothing; leave it out", setting));
        const std::string key = setting.substr(0, setting.find('='));
        if (key.starts_with("populations.") && key.find(".trainable") != std::string::npos)
            throw UsageError(fmt::format(
                "--set {}: a test takes what neurons have learned from the run; leave it out",
                setting));
        for (const char* of_run : {".weight", ".bias", ".trainable"}) {
            if (key.starts_with("projections.") && key.find(of_run) != std::string::npos)
                throw UsageError(fmt::format(
                    "--set {}: a test takes weights and biases from the run; leave it out",
                    setting));
        }
    }
    std::vector<std::string> overrides = of.provenance.overrides;
    overrides.insert(overrides.end(), options.overrides.begin(), options.overrides.end());
    const fs::path named = path;
    const std::string beside =
        (named.parent_path() / (named.stem().string() + "_test" + named.extension().string()))
            .string();
    Start start{parse_model(of.provenance.model_text, of.provenance.model_path, overrides),
                options.output.empty() ? beside : options.output,
                {},
                nullptr,
                path};
    ModelSpec& spec = start.spec;
    if (options.samples) show_arrays(options.samples, spec);
    take_tested_network(path, spec);
    start.record.network = compile(spec);
    start.record.provenance = provenance_of(spec);
    start.record.provenance.inputs = of.provenance.inputs;  // until its data is read
    claim_output(start, options);
    require_replaceable_run(start.output);
    return start;
}

Start start_again(const std::string& model, const RunOptions& options) {
    const std::string output = final_path(options.resume);
    if (!options.output.empty() && options.output != output) {
        throw UsageError("--resume goes on in its own file; leave out --output");
    }
    if (!fs::exists(output) && !fs::exists(partial_path(output))) {
        throw FileError(fmt::format("--resume {}: there is no such file, and no {}", options.resume,
                                    partial_path(output)));
    }
    const auto claim = std::make_shared<const OutputClaim>(output);
    RunRecord record = read_furthest(options.resume, output, options.force);
    require_same_model(record, model, options);
    const Provenance& from = record.provenance;
    Start start{parse_model(from.model_text, from.model_path, from.overrides), output, {}, claim};
    if (options.samples) show_arrays(options.samples, start.spec);
    if (record.status == RunStatus::finished) {
        start.record = std::move(record);
        return start;
    }
    if (!record.checkpoint) throw FileError(options.resume + " holds no checkpoint to go on from");
    load_initial_weights(start.spec);
    start.record.network = compile(start.spec);
    start.record.provenance = provenance_of(start.spec);
    start.record.provenance.started = from.started;
    start.record.provenance.inputs = from.inputs;
    reorder(record.checkpoint->state, record.network, start.record.network);
    if (record.checkpoint->best)
        reorder(*record.checkpoint->best, record.network, start.record.network);
    cut_curves(record.curves, *record.checkpoint);
    start.record.curves = std::move(record.curves);
    start.record.seconds = std::move(record.seconds);
    start.record.measured = std::move(record.measured);
    start.record.checkpoint = std::move(record.checkpoint);
    return start;
}

}  // namespace snnsim
