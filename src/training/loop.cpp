#include "src/training/loop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <optional>

#include "snnsim/error.hpp"
#include "src/training/schedule.hpp"
#include "src/training/smaller_weights.hpp"

namespace snnsim {
namespace {

constexpr double block_seconds = 0.2;

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

class Loop {
  public:
    Loop(const ModelSpec& spec, Split split, Trainer& trainer, Checkpoint& at, Curves& curves,
         const LoopHooks& hooks)
        : spec_(spec),
          train_(*spec.train),
          trainer_(trainer),
          at_(at),
          curves_(curves),
          hooks_(hooks),
          split_(std::move(split)),
          per_epoch_(static_cast<std::int64_t>(
              (split_.train.size() + static_cast<std::size_t>(train_.batch) - 1) /
              static_cast<std::size_t>(train_.batch))) {}

    LoopEnd run() {
        if (split_.train.empty())
            throw DataError("there are no training samples left; lower train.validation");
        if (split_.validation.empty() && train_.validation > 0.0) {
            throw DataError(
                fmt::format("train.validation ({:g}) of {} training samples is none; write at "
                            "least {:.3g}, or more train_samples",
                            train_.validation, split_.train.size(),
                            1.0 / static_cast<double>(split_.train.size())));
        }
        while (at_.epoch < train_.epochs) {
            if (stops_early()) return LoopEnd::stopped_early;
            begin_phase();
            if (!run_epoch()) return LoopEnd::interrupted;
            if (!end_epoch()) return LoopEnd::interrupted;
            hooks_.save(true);
            if (hooks_.stop_requested()) return LoopEnd::interrupted;
        }
        return LoopEnd::finished;
    }

  private:
    /// The part of the training that the epoch under way belongs to: its epochs, from the first on.
    struct Part {
        std::size_t number = 0;
        std::int64_t first = 0, epochs = 0;
    };
    Part part() const {
        Part out{0, 0, train_.epochs};
        for (const TrainPhaseSpec& phase : train_.phases) {
            out.epochs = phase.epochs;
            if (at_.epoch < out.first + phase.epochs) break;
            out.first += phase.epochs;
            ++out.number;
        }
        return out;
    }
    void begin_phase() {
        if (train_.phases.empty()) return;
        const Part now = part();
        trainer_.begin_phase(now.number, static_cast<std::uint64_t>(now.first * per_epoch_),
                             at_.epoch == now.first && at_.batch_in_epoch == 0);
    }

    /// False when asked to stop before the end of the epoch.
    bool run_epoch() {
        const auto epoch = static_cast<std::uint32_t>(at_.epoch);
        const std::vector<std::uint32_t> order = shuffled(split_.train, spec_.seed, epoch);
        trainer_.expect(
            std::span(order).subspan(static_cast<std::size_t>(at_.batch_in_epoch * train_.batch)));
        while (at_.batch_in_epoch < per_epoch_) {
            const double start = now();
            const std::int64_t batches = std::min(block_, per_epoch_ - at_.batch_in_epoch);
            run_block(order, epoch, batches);
            const double seconds = now() - start;
            at_.epoch_seconds += seconds;
            const double wanted =
                static_cast<double>(batches) * block_seconds / std::max(seconds, 1e-4);
            block_ = std::clamp<std::int64_t>(static_cast<std::int64_t>(wanted), 1, 4 * block_);
            report(false);
            if (at_.batch_in_epoch == per_epoch_) break;
            if (hooks_.stop_requested()) return false;
            hooks_.save(false);
        }
        return true;
    }

    void run_block(const std::vector<std::uint32_t>& order, std::uint32_t epoch,
                   std::int64_t batches) {
        const std::int64_t first = at_.batch_in_epoch * train_.batch;
        const std::int64_t last = std::min((at_.batch_in_epoch + batches) * train_.batch,
                                           static_cast<std::int64_t>(order.size()));
        std::vector<double> rates;
        const Part now = part();
        const std::int64_t update = (at_.epoch - now.first) * per_epoch_ + at_.batch_in_epoch;
        for (std::int64_t k = 0; k < batches; ++k) {
            rates.push_back(
                base_learning_rate(train_.optimizer) *
                schedule_factor(train_.schedule, update + k, per_epoch_, per_epoch_ * now.epochs));
        }
        const std::span<const std::uint32_t> samples(order.data() + first,
                                                     static_cast<std::size_t>(last - first));
        const std::vector<StepResult> results = trainer_.train(samples, epoch, rates);
        for (std::int64_t k = 0; k < batches; ++k)
            add(results[static_cast<std::size_t>(k)], first + k * train_.batch, last);
        at_.batch_in_epoch += batches;
    }

    void add(const StepResult& step, std::int64_t first, std::int64_t last) {
        curves_.step_loss.push_back(step.loss);
        if (!spec_.real_targets()) curves_.step_accuracy.push_back(step.accuracy);
        curves_.step_learning_rate.push_back(step.learning_rate);
        for (std::size_t k = 0; k < step.outputs.size(); ++k) {
            OutputCurves& own = curves_of(k);
            own.step_loss.push_back(step.outputs[k].loss);
            if (!real(k)) own.step_accuracy.push_back(step.outputs[k].accuracy);
        }
        if (!std::isfinite(step.loss)) {
            throw DivergedError(
                fmt::format("the loss is no longer finite (epoch {}, update {}): try a smaller "
                            "train.optimizer.lr, train.clip_norm=1 or train.schedule.warmup=1",
                            at_.epoch + 1, curves_.step_loss.size()));
        }
        const auto count = static_cast<double>(std::min(train_.batch, last - first));
        at_.epoch_loss_sum += step.loss * count;
        at_.epoch_right_sum += step.accuracy * count;
        at_.epoch_samples += count;
    }

    /// False when asked to stop before its evaluations are done: all of it is left to be done
    /// again.
    bool end_epoch() {
        std::optional<Evaluation> validation, tested;
        if (!split_.validation.empty()) {
            validation = evaluate(split_.validation, {.test_set = false, .batch = 250});
            if (!validation) return false;
        }
        if (spec_.test && spec_.test->every > 0 && (at_.epoch + 1) % spec_.test->every == 0) {
            std::vector<std::uint32_t> samples(hooks_.test_samples);
            std::iota(samples.begin(), samples.end(), 0u);
            tested = evaluate(samples, {.test_set = true, .batch = spec_.test->batch});
            if (!tested) return false;
        }
        curves_.epoch_train_loss.push_back(at_.epoch_loss_sum / at_.epoch_samples);
        if (!spec_.real_targets())
            curves_.epoch_train_accuracy.push_back(at_.epoch_right_sum / at_.epoch_samples);
        for (std::size_t k = 0; k < curves_.by_name.size(); ++k) add_epoch(k);
        if (validation) add_validation(*validation);
        add_learned();
        if (train_.spines) curves_.epoch_connected.push_back(trainer_.connected());
        curves_.epoch_seconds.push_back(at_.epoch_seconds);
        report(true);
        ++at_.epoch;
        if (tested) add_test(*tested);
        if (train_.prune) {
            const double sparsity = sparsity_after(*train_.prune, at_.epoch);
            if (sparsity > 0.0) trainer_.prune(sparsity);
        }
        at_.batch_in_epoch = 0;
        at_.epoch_loss_sum = at_.epoch_right_sum = at_.epoch_samples = at_.epoch_seconds = 0.0;
        return true;
    }

    std::optional<Evaluation> evaluate(const std::vector<std::uint32_t>& samples,
                                       const Trainer::EvaluateOptions& options) {
        return evaluate_until(hooks_.stop_requested, trainer_, samples, options);
    }

    /// Those of a named output; a new one begins.
    OutputCurves& curves_of(std::size_t output) {
        std::vector<OutputCurves>& all = curves_.by_name;
        for (std::size_t k = all.size(); k <= output; ++k)
            all.emplace_back().name = spec_.data.outputs[k].name;
        return all[output];
    }
    bool real(std::size_t output) const {
        return is_real(spec_.loss_of(spec_.data.outputs[output].name).loss);
    }

    /// What an epoch was for an output, from its updates.
    void add_epoch(std::size_t output) {
        OutputCurves& own = curves_.by_name[output];
        const auto samples = static_cast<std::int64_t>(split_.train.size());
        const auto mean = [&](const std::vector<double>& steps) {
            double sum = 0.0;
            for (std::int64_t k = 0; k < per_epoch_; ++k) {
                const auto count = std::min(train_.batch, samples - k * train_.batch);
                sum += steps[steps.size() - static_cast<std::size_t>(per_epoch_ - k)] *
                       static_cast<double>(count);
            }
            return sum / static_cast<double>(samples);
        };
        own.epoch_train_loss.push_back(mean(own.step_loss));
        if (!real(output)) own.epoch_train_accuracy.push_back(mean(own.step_accuracy));
    }

    /// Where the parameters of neurons stand.
    void add_learned() {
        const std::vector<Trainer::LearnedValues> all = trainer_.learned_values();
        for (const Trainer::LearnedValues& l : all) {
            auto own = std::find_if(
                curves_.learned.begin(), curves_.learned.end(), [&](const LearnedCurve& c) {
                    return c.population == l.population && c.parameter == l.parameter;
                });
            if (own == curves_.learned.end())
                own = curves_.learned.insert(
                    own, {l.population, l.parameter, l.unit.empty() ? "1" : l.unit, {}, {}});
            const auto count = static_cast<double>(l.values.size());
            const double mean = std::accumulate(l.values.begin(), l.values.end(), 0.0) / count;
            double squares = 0.0;
            for (const double v : l.values) squares += (v - mean) * (v - mean);
            own->mean.push_back(mean);
            own->std.push_back(std::sqrt(squares / count));
        }
    }

    void add_test(const Evaluation& result) {
        curves_.test_epoch.push_back(static_cast<double>(at_.epoch));
        const auto add = [](const OutputResult& r, auto& curves) {
            if (r.error) {
                curves.test_error.push_back(*r.error);
            } else {
                curves.test_accuracy.push_back(r.accuracy);
            }
        };
        add(result, curves_);
        for (std::size_t k = 0; k < result.by_name.size(); ++k)
            add(result.by_name[k], curves_of(k));
    }

    void add_validation(const Evaluation& result) {
        curves_.epoch_validation_loss.push_back(result.loss);
        for (std::size_t k = 0; k < result.by_name.size(); ++k) {
            OutputCurves& own = curves_of(k);
            own.epoch_validation_loss.push_back(result.by_name[k].loss);
            if (!real(k)) own.epoch_validation_accuracy.push_back(result.by_name[k].accuracy);
        }
        if (spec_.real_targets()) return;  // the checks allow nothing that goes by accuracy
        curves_.epoch_validation_accuracy.push_back(result.accuracy);
        const double margin = train_.early_stopping ? train_.early_stopping->min_delta : 0.0;
        at_.epochs_since_best =
            epochs_without_improvement(curves_.epoch_validation_accuracy, margin);
        if (result.accuracy <= at_.best_accuracy) return;  // the best weights need no margin
        at_.best_accuracy = result.accuracy;
        if (!train_.best_weights) return;
        at_.best = trainer_.state();
        at_.best->moments.clear();
        for (std::vector<LearnedState>& all : at_.best->learned) {
            for (LearnedState& l : all) l.moments.clear();
        }
        at_.best->delay_moments.clear();
        at_.best->counts = {};
    }

    bool stops_early() const {
        return train_.early_stopping && at_.epochs_since_best >= train_.early_stopping->patience;
    }

    void report(bool ended) {
        TrainingProgress p;
        p.epoch = at_.epoch + 1;
        p.epochs = train_.epochs;
        p.samples = static_cast<std::int64_t>(at_.epoch_samples);
        p.samples_in_epoch = static_cast<std::int64_t>(split_.train.size());
        p.loss = at_.epoch_loss_sum / at_.epoch_samples;
        p.accuracy = at_.epoch_right_sum / at_.epoch_samples;
        p.seconds = at_.epoch_seconds;
        p.epoch_ended = ended;
        p.real_targets = spec_.real_targets();
        if (ended && !split_.validation.empty()) {
            p.validation_loss = curves_.epoch_validation_loss.back();
            if (!p.real_targets) p.validation_accuracy = curves_.epoch_validation_accuracy.back();
        }
        hooks_.report(p);
    }

    const ModelSpec& spec_;
    const TrainSpec& train_;
    Trainer& trainer_;
    Checkpoint& at_;
    Curves& curves_;
    const LoopHooks& hooks_;
    const Split split_;
    const std::int64_t per_epoch_;
    std::int64_t block_ = 1;
};

}  // namespace

std::int64_t epochs_without_improvement(const std::vector<double>& accuracy, double min_delta) {
    double best = -1.0;
    std::int64_t since = 0;
    for (const double a : accuracy) {
        const bool better = best < 0.0 || a > best + min_delta;
        if (better) best = a;
        since = better ? 0 : since + 1;
    }
    return since;
}

std::optional<Evaluation> evaluate_until(const StopRequest& stop, Trainer& trainer,
                                         std::span<const std::uint32_t> samples,
                                         Trainer::EvaluateOptions options) {
    bool stopped = false;
    options.stop = [&] { return stopped = stop(); };
    Evaluation result = trainer.evaluate(samples, options);
    if (stopped) return std::nullopt;
    return result;
}

LoopEnd train_loop(const ModelSpec& spec, Split split, Trainer& trainer, Checkpoint& checkpoint,
                   Curves& curves, const LoopHooks& hooks) {
    return Loop(spec, std::move(split), trainer, checkpoint, curves, hooks).run();
}

}  // namespace snnsim
