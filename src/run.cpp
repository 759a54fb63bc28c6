// From a model file to a run file: start reading here.
#include "snnsim/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <numeric>

#include "snnsim/dataset.hpp"
#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/cli/progress.hpp"
#include "src/cli/report.hpp"
#include "src/data/idx.hpp"
#include "src/provenance.hpp"
#include "src/training/loop.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

// ---- interruption ----

volatile std::sig_atomic_t stop_signal = 0;

void on_signal(int signal) {
    if (stop_signal) _exit(128 + signal);  // the second time: at once
    stop_signal = signal;
}

/// While it lives, SIGINT and SIGTERM ask for a stop instead of ending the program.
class CatchSignals {
  public:
    CatchSignals() {
        stop_signal = 0;
        for (std::size_t k = 0; k < 2; ++k) before_[k] = std::signal(numbers_[k], on_signal);
    }
    ~CatchSignals() {
        for (std::size_t k = 0; k < 2; ++k) std::signal(numbers_[k], before_[k]);
    }
    CatchSignals(const CatchSignals&) = delete;
    CatchSignals& operator=(const CatchSignals&) = delete;

  private:
    static constexpr int numbers_[2] = {SIGINT, SIGTERM};
    void (*before_[2])(int) = {};
};

// ---- time ----

class Stopwatch {
  public:
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// ---- resuming ----

/// The file to go on from: the one named, or the partial file of a run that was killed.
std::string resume_path(const std::string& named) {
    if (fs::exists(named)) return named;
    const std::string partial = partial_path(named);
    if (fs::exists(partial)) return partial;
    throw FileError(fmt::format("--resume {}: there is no such file, and no {}", named, partial));
}

/// Puts the projections of a state that was read from a file into the order of the network.
void reorder(TrainerState& state, const Network& file, const Network& network) {
    TrainerState ordered;
    ordered.updates = state.updates;
    for (const Projection& p : network.projections) {
        const auto same = std::find_if(file.projections.begin(), file.projections.end(),
                                       [&](const Projection& q) { return q.name == p.name; });
        if (same == file.projections.end()) throw FileError("the run file has no weights of " + p.name);
        const auto k = static_cast<std::size_t>(same - file.projections.begin());
        if (state.weights[k].size() != p.weights.size() || state.bias[k].size() != p.bias.size()) {
            throw FileError("the run file's weights of " + p.name + " have another size");
        }
        ordered.weights.push_back(std::move(state.weights[k]));
        ordered.bias.push_back(std::move(state.bias[k]));
        if (!state.moments.empty()) ordered.moments.push_back(std::move(state.moments[k]));
    }
    state = std::move(ordered);
}

/// What the checks before the work have found out.
struct Plan {
    ModelSpec spec;
    std::string output;
    std::optional<RunRecord> resumed;
};

Plan plan_resume(const std::string& model, const RunOptions& options) {
    const std::string path = resume_path(options.resume);
    RunRecord record = read_run(path);
    if (!model.empty()) {
        const ModelSpec given = read_model(model);
        if (sha256(given.text.data(), given.text.size()) != record.provenance.model_sha256) {
            throw UsageError(fmt::format("{} is not the model that {} was made with; leave the model out to go on "
                                         "with the one in the file",
                                         model, path));
        }
    }
    if (!options.overrides.empty()) {
        throw UsageError("--set cannot be combined with --resume: a resumed run goes on as it began");
    }
    ModelSpec spec = parse_model(record.provenance.model_text, record.provenance.model_path, record.provenance.overrides);
    return {std::move(spec), options.output.empty() ? options.resume : options.output, std::move(record)};
}

Plan make_plan(const std::string& model, const RunOptions& options) {
    if (!options.resume.empty()) return plan_resume(model, options);
    Plan plan{read_model(model, options.overrides), options.output, {}};
    if (plan.output.empty()) plan.output = default_output(plan.spec);
    if (options.force) return plan;
    if (fs::exists(plan.output)) {
        throw UsageError(fmt::format("{} exists already; --force overwrites it, -o writes to another file", plan.output));
    }
    if (const std::string partial = partial_path(plan.output); plan.spec.train && fs::exists(partial)) {
        throw UsageError(fmt::format("{} is left from a run that did not end; go on with --resume {}, or start anew with "
                                     "--force",
                                     partial, plan.output));
    }
    return plan;
}

// ---- the stages ----

Dataset load(const ModelSpec& spec, const RunOptions& options) {
    Dataset data = load_dataset(spec.data.set, options.data_dir);
    const auto limit = [](LabelledImages& images, std::int64_t count) {
        if (count == 0 || count >= images.count) return;
        images.count = count;
        images.pixels.resize(static_cast<std::size_t>(count * images.inputs()));
        images.labels.resize(static_cast<std::size_t>(count));
    };
    limit(data.train, spec.data.train_samples);
    limit(data.test, spec.data.test_samples);
    return data;
}

/// One run under way: what it has, and how it saves itself.
class Run {
  public:
    Run(Plan plan, const RunOptions& options)
        : spec_(std::move(plan.spec)), output_(std::move(plan.output)), options_(options), display_(options.progress) {
        record_.network = compile(spec_);
        record_.provenance = provenance_of(spec_);
        if (plan.resumed) {
            record_.curves = std::move(plan.resumed->curves);
            record_.seconds = std::move(plan.resumed->seconds);
            record_.provenance.started = plan.resumed->provenance.started;
            resume_from(std::move(*plan.resumed));
        }
    }

    RunRecord go() {
        const Stopwatch watch;
        const Dataset data = load(spec_, options_);
        record_.seconds["data"] += watch.seconds();
        start_trainer(data);
        if (spec_.train && !train(data)) return finish(RunStatus::interrupted);
        if (spec_.test) test(data);
        record_.checkpoint.reset();
        return finish(RunStatus::finished);
    }

  private:
    void resume_from(RunRecord resumed) {
        if (!resumed.checkpoint) throw FileError("the run file holds no checkpoint to go on from");
        checkpoint_ = std::move(*resumed.checkpoint);
        reorder(checkpoint_.state, resumed.network, record_.network);
        if (checkpoint_.best) reorder(*checkpoint_.best, resumed.network, record_.network);
        resumed_ = true;
    }

    void start_trainer(const Dataset& data) {
        const Stopwatch watch;
        TrainerOptions options{spec_.train.value_or(TrainSpec{}), spec_.seed, options_.threads};
        if (!spec_.train) options.train.loss = Loss::cross_entropy_last;
        trainer_ = make_trainer(options_.backend, record_.network, options);
        trainer_->load(data);
        if (resumed_) trainer_->set_state(checkpoint_.state);
        record_.provenance.device = trainer_->device_name();
        record_.provenance.backend = record_.provenance.device.starts_with("cpu") ? "cpu" : "cuda";
        record_.provenance.threads = options_.threads;
        record_.seconds["start"] += watch.seconds();
        if (!display_.silent()) fmt::print(stderr, "{}", header_text(spec_, record_.provenance.device));
    }

    /// False when interrupted.
    bool train(const Dataset& data) {
        const CatchSignals signals;
        const Stopwatch watch;
        Stopwatch since_save;
        const double before = record_.seconds["train"];
        LoopHooks hooks;
        hooks.report = [&](const TrainingProgress& p) { display_.show(p); };
        hooks.stop_requested = [] { return stop_signal != 0; };
        hooks.save = [&](bool epoch_ended) {
            if (!epoch_ended && since_save.seconds() < options_.checkpoint_every) return;
            record_.seconds["train"] = before + watch.seconds();
            save_checkpoint(RunStatus::running, partial_path(output_));
            since_save = Stopwatch();
        };
        const auto samples = static_cast<std::uint32_t>(data.train.count);
        const LoopEnd end = train_loop(spec_, samples, *trainer_, checkpoint_, record_.curves, hooks);
        record_.seconds["train"] = before + watch.seconds();
        if (end == LoopEnd::interrupted) return false;
        if (spec_.train->best_weights && checkpoint_.best) trainer_->set_state(*checkpoint_.best);
        return true;
    }

    void test(const Dataset& data) {
        const Stopwatch watch;
        std::vector<std::uint32_t> samples(static_cast<std::size_t>(data.test.count));
        std::iota(samples.begin(), samples.end(), 0u);
        record_.test = trainer_->evaluate(samples, {.test_set = true, .batch = spec_.test->batch, .record = spec_.record});
        record_.seconds["test"] += watch.seconds();
    }

    void take_weights(const TrainerState& state) {
        for (std::size_t k = 0; k < record_.network.projections.size(); ++k) {
            record_.network.projections[k].weights = state.weights[k];
            record_.network.projections[k].bias = state.bias[k];
        }
    }

    void save_checkpoint(RunStatus status, const std::string& path) {
        checkpoint_.state = trainer_->state();
        take_weights(checkpoint_.state);
        record_.checkpoint = checkpoint_;
        record_.status = status;
        write_run(path, record_);
    }

    RunRecord finish(RunStatus status) {
        record_.provenance.finished = utc_now();
        if (status == RunStatus::interrupted) {
            save_checkpoint(status, output_);
        } else {
            take_weights(trainer_->state());
            record_.status = status;
            write_run(output_, record_);
        }
        std::error_code ignored;
        fs::remove(partial_path(output_), ignored);
        if (!display_.silent()) {
            fmt::print(stderr, "{}", summary_text(record_, output_));
            if (status == RunStatus::interrupted) fmt::print(stderr, "go on with: snnsim --resume {}\n", output_);
        }
        return std::move(record_);
    }

    ModelSpec spec_;
    std::string output_;
    const RunOptions& options_;
    ProgressDisplay display_;
    RunRecord record_;
    Checkpoint checkpoint_;
    bool resumed_ = false;
    std::unique_ptr<Trainer> trainer_;
};

}  // namespace

std::string default_output(const ModelSpec& spec) { return "runs/" + spec.name + ".h5"; }

RunRecord run(const std::string& model, const RunOptions& options) {
    Plan plan = make_plan(model, options);
    if (plan.resumed && plan.resumed->status == RunStatus::finished) {
        if (options.progress != ProgressStyle::none) {
            fmt::print(stderr, "{} is finished; there is nothing to resume\n", options.resume);
        }
        return std::move(*plan.resumed);
    }
    return Run(std::move(plan), options).go();
}

}  // namespace snnsim
