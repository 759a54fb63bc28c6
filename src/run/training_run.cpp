// From a model file to a run file: start reading here, at run() below.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "snnsim/error.hpp"
#include "snnsim/run.hpp"
#include "src/data/split.hpp"
#include "src/energy/meter.hpp"
#include "src/engine/ranks/process_ranks.hpp"
#include "src/inputs/load_data.hpp"
#include "src/io/digest.hpp"
#include "src/plan/choose_backend.hpp"
#include "src/plan/device_memory.hpp"
#include "src/plan/memory.hpp"
#include "src/plan/run_size.hpp"
#include "src/report/progress.hpp"
#include "src/report/report.hpp"
#include "src/run/checkpoint_clock.hpp"
#include "src/run/fixed_grid.hpp"
#include "src/run/interrupt.hpp"
#include "src/run/provenance.hpp"
#include "src/run/ranks.hpp"
#include "src/run/start.hpp"
#include "src/run/stopwatch.hpp"
#include "src/stats/training_warnings.hpp"
#include "src/text/words.hpp"
#include "src/training/fold_norms.hpp"
#include "src/training/loop.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

Dataset load(const Start& start, const RunOptions& options, RunRecord& record) {
    const Stopwatch watch(record.seconds["data"]);
    Dataset data = load_data(start.spec, options.data_dir);
    std::vector<std::string> inputs = input_files(start.spec);
    if (!start.spec.own_data())
        inputs.push_back(set_line(data));
    else if (!options.data_dir.empty())
        data.warnings.push_back(
            "--data-dir has no effect: the samples are those of the model's file");
    if (!start.tested.empty()) {
        inputs.push_back(file_sha256(start.tested) + "  " + start.tested);
        if (options.data_dir.empty() && of_other_samples(inputs, record.provenance.inputs))
            data.warnings.push_back(
                fmt::format("the samples of {} are others than those of {}; --data-dir names their "
                            "folder",
                            name_of(start.spec.data.set), start.tested));
    }
    if (record.checkpoint) require_same_inputs(inputs, record.provenance.inputs, start.output);
    record.provenance.inputs = std::move(inputs);
    return data;
}

std::unique_ptr<Trainer> start_trainer(const Start& start, const RunOptions& options,
                                       const DeviceChoice& choice, int threads, const Dataset& data,
                                       RunRecord& record) {
    const Stopwatch watch(record.seconds["start"]);
    const ModelSpec& spec = start.spec;
    TrainerOptions how = trainer_options(spec, data, threads, record.network);
    how.cuda_device = choice.cuda.number;
    ModelSpec fitted = spec;  // of ranks each has some of a batch
    if (fitted.train) {
        const std::int64_t ranks = process_ranks().ranks();
        fitted.train->batch = (how.train.batch + ranks - 1) / ranks;
    }
    const std::vector<MemoryPart> memory = estimate_memory(fitted);
    if (choice.backend == Device::cpu)
        require_memory(memory, available_memory() / static_cast<std::size_t>(ranks_on_machine()));
    require_device_memory(choice,
                          device_memory(fitted, data.train.count, data.test.count, bytes_of(data)),
                          memory, less_of_training);
    record.class_names = data.class_names;
    record.classes = data.classes;
    auto trainer = make_trainer_on_ranks(
        {spec, start.tested, options.data_dir, choice.backend, record.network, how, data});
    if (record.checkpoint) trainer->set_state(record.checkpoint->state);
    record.provenance.device = trainer->device_name();
    if (choice.backend == Device::cpu && !process_ranks().alone())
        record.provenance.device += text_of_fewer_cores(threads);
    record.provenance.backend = name_of(choice.backend);
    record.provenance.threads = how.threads;
    return trainer;
}

void take_weights(TrainerState state, Network& network) {
    fold_norms(network, state);
    for (std::size_t k = 0; k < network.projections.size(); ++k) {
        network.projections[k].weights = state.weights[k];
        network.projections[k].bias = state.bias[k];
        network.projections[k].connected = state.masks[k];  // without those that were pruned
        if (!network.projections[k].delays) continue;
        std::vector<float>& steps = network.projections[k].delays->steps;
        steps = state.delays[k];
        for (float& d : steps) d = std::floor(d + 0.5f);  // as tests have them
    }
    for (std::size_t k = 0; k < state.learned.size(); ++k) {
        for (std::size_t n = 0; n < state.learned[k].size(); ++n)
            network.populations[k].trained[n].w = state.learned[k][n].w;
    }
}

/// From now on the trainer has none.
void fold_norms_of(Trainer& trainer, const Network& network) {
    TrainerState state = trainer.state();
    if (state.norms.empty()) return;
    fold_norms(network, state);
    trainer.set_state(state);
}

/// Leaves the trained weights in the trainer, and where the training stands in the record.
LoopEnd train(const Start& start, const RunOptions& options, const Dataset& data, Trainer& trainer,
              EnergyMeter& meter, ProgressDisplay& display, RunRecord& record) {
    const std::string partial = partial_path(start.output);
    Checkpoint at = record.checkpoint.value_or(Checkpoint{});
    const Timer whole;
    CheckpointClock clock(options.checkpoint_every);
    const double seconds_before = record.seconds["train"];
    const auto keep = [&] {
        record.seconds["train"] = seconds_before + whole.seconds();
        record.measured = meter.so_far();
        at.state = trainer.state();
        record.checkpoint = at;
        record.train_counts = at.state.counts;
        take_weights(at.state, record.network);
    };
    const auto save = [&] {
        keep();
        write_run(partial, record, training_warnings(record));
    };
    LoopHooks hooks;
    hooks.report = [&](const TrainingProgress& p) { display.show(p); };
    hooks.test_samples = static_cast<std::uint32_t>(data.test.count);
    hooks.stop_requested = InterruptGuard::asked;
    hooks.save = [&](bool /*epoch_ended*/) {
        if (!clock.due(whole.seconds())) return;
        save();
        clock.saved(whole.seconds());
    };
    save();  // whatever happens from here on, there is a file
    try {
        const LoopEnd end = train_loop(start.spec, split_training(start.spec, data), trainer, at,
                                       record.curves, hooks);
        if (start.spec.test && end != LoopEnd::interrupted)
            save();  // a test may take long
        else
            keep();
        if (end != LoopEnd::interrupted && start.spec.train->best_weights && at.best)
            trainer.set_state(*at.best);
        if (end != LoopEnd::interrupted) fold_norms_of(trainer, record.network);
        return end;
    } catch (const DeviceError& e) {
        // A finished run in its place is overwritten only by who says so.
        throw DeviceError(
            fmt::format("{}; the last checkpoint goes on with: {} --backend cpu", e.what(),
                        fs::exists(start.output) ? resume_command(partial) + " --force"
                                                 : resume_command(start.output)));
    } catch (const DivergedError& e) {
        write_run(
            partial, record,
            training_warnings(record));  // all curves, and the last checkpoint with its weights
        throw Error(fmt::format("{}; the curves up to there and the last checkpoint are in {}",
                                e.what(), partial));
    }
}

/// Nothing when asked to stop meanwhile.
std::optional<Evaluation> test(const ModelSpec& spec, const Dataset& data, Trainer& trainer,
                               RunRecord& record) {
    const Stopwatch watch(record.seconds["test"]);
    std::vector<std::uint32_t> samples(static_cast<std::size_t>(data.test.count));
    std::iota(samples.begin(), samples.end(), 0u);
    if (spec.test->quantize) {
        constexpr std::int64_t most = 1000;
        std::vector<std::uint32_t> calibration(
            static_cast<std::size_t>(std::min(most, data.train.count)));
        std::iota(calibration.begin(), calibration.end(), 0u);
        trainer.quantize(*spec.test->quantize, calibration, InterruptGuard::asked);
    }
    if (spec.test->arithmetic == Arithmetic::fixed) {
        Network trained = record.network;
        take_weights(trainer.state(), trained);
        trainer.fix(fixed_grid(spec, data, trained));
    }
    return evaluate_until(InterruptGuard::asked, trainer, samples,
                          {.test_set = true, .batch = spec.test->batch, .record = spec.record});
}

/// All of it, or what there was time for until a signal came.
RunStatus train_and_test(const Start& start, const RunOptions& options, const Dataset& data,
                         Trainer& trainer, EnergyMeter& meter, ProgressDisplay& display,
                         RunRecord& record) {
    const InterruptGuard guard(options.watcher);
    if (start.spec.train && start.tested.empty() && meter.during("train", [&] {
            return train(start, options, data, trainer, meter, display, record);
        }) == LoopEnd::interrupted)
        return RunStatus::interrupted;
    if (!start.spec.test) return RunStatus::finished;
    if (!record.checkpoint) record.checkpoint.emplace().state = trainer.state();  // not trained
    record.test = meter.during("test", [&] { return test(start.spec, data, trainer, record); });
    return record.test ? RunStatus::finished : RunStatus::interrupted;
}

/// What is known before the training begins.
std::vector<std::string> first_warnings(const Start& start, const Dataset& data) {
    const ModelSpec& spec = start.spec;
    std::vector<std::string> out = spec.warnings;
    for (const auto& more : {start.claim->warnings(), data.warnings})
        out.insert(out.end(), more.begin(), more.end());
    if (spec.train) {
        const std::size_t shown = split_training(spec, data).train.size();
        if (static_cast<std::size_t>(spec.train->batch) > shown)
            out.push_back(fmt::format(
                "train.batch: {} is more than the {} of an epoch, which is one update of them all",
                spec.train->batch, counted(static_cast<std::int64_t>(shown), "sample")));
    }
    return out;
}

/// Writes the file under its final name; the checkpoint beside it has done its duty.
void finish(RunStatus status, const Start& start, const Trainer& trainer, RunRecord& record) {
    // A checkpoint has weights that are not yet rounded for a test.
    take_weights(status == RunStatus::finished ? trainer.state() : record.checkpoint->state,
                 record.network);
    if (status == RunStatus::finished) record.checkpoint.reset();
    record.status = status;
    record.provenance.finished = utc_now();
    write_run(start.output, record, training_warnings(record));
    std::error_code ignored;
    fs::remove(partial_path(start.output), ignored);
}

/// From a run that has begun to its file.
RunRecord run_from(const Start& start, const RunOptions& options) {
    ProgressDisplay display(options.progress, options.watcher);
    const auto tell = [&](const std::string& text) {
        options.summary == Summary::result ? display.result(text) : display.say(text);
    };
    const EnergyModel energy = read_energy_model(energy_model_of(start.spec, options.energy));
    RunRecord record = start.record;
    if (record.status == RunStatus::finished) {
        display.result(start.output + " is finished; there is nothing to resume\n");
        return record;
    }
    const int threads = threads_of(options);
    const DeviceChoice choice =
        choose_backend(start.spec, expected_samples(start.spec),
                       request_on_ranks({options.backend, options.cuda_device}), threads);
    EnergyMeter meter({.gpu = choice.cuda.bus_id,
                       .accounting = options.accounting,
                       .idle_seconds = options.idle_baseline},
                      record.measured);
    const Dataset data = meter.during("data", [&] { return load(start, options, record); });
    tell(require_disk_room(run_file_parts(start.spec, data.train.count, data.test.count),
                           start.output, free_space(start.output)));
    record.warnings = first_warnings(start, data);
    const std::unique_ptr<Trainer> trainer = meter.during(
        "start", [&] { return start_trainer(start, options, choice, threads, data, record); });
    display.say(header_text(start.spec, choice.text(record.provenance.device)) + start.news);

    const RunStatus status = train_and_test(start, options, data, *trainer, meter, display, record);
    record.measured = meter.so_far();
    if (!start.tested.empty() && status != RunStatus::finished) {
        record.status = status;  // half a test is worth nothing, and nothing to go on from
        return record;
    }
    finish(status, start, *trainer, record);
    tell(summary_text(start.spec, record, start.output, energy));
    return record;
}

}  // namespace

RunRecord run(const std::string& model, const RunOptions& options) {
    return run_from(
        options.resume.empty() ? start_anew(model, options) : start_again(model, options), options);
}

RunRecord test_again(const std::string& path, const RunOptions& options) {
    return run_from(start_test(path, options), options);
}

std::string default_output(const std::string& name) {
    return "runs/" + name + ".h5";
}

}  // namespace snnsim
