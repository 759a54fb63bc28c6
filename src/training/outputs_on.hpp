// The outputs of a network in a training or a test: their losses, and what came out.
#pragma once

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "kernels/training/target_loss.hpp"
#include "src/training/loaded_set.hpp"

namespace snnsim {

/// The samples of one call, and what came out of each output for each.
template <class Backend>
struct Outcome {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

    struct OfOutput {
        Buffer<float> loss;
        Buffer<std::int32_t> prediction;
        Buffer<float> mean;  // of the output over the steps, where targets are real
    };
    std::span<const std::uint32_t> samples;
    Buffer<std::uint32_t> index;
    std::vector<OfOutput> outputs;

    Outcome(std::span<const std::uint32_t> samples, const LoadedSet<Backend>& set)
        : samples(samples), index(samples.size()) {
        index.copy_from(samples.data(), samples.size());
        for (const LoadedTargets<Backend>& t : set.targets)
            outputs.push_back({Buffer<float>(samples.size()),
                               Buffer<std::int32_t>(t.outputs > 0 ? 0 : samples.size()),
                               Buffer<float>(samples.size() * t.outputs)});
    }

    /// The first rank has what came out on the others; `own`: what this one has computed.
    void fetch(RanksOn<Backend>& ranks, const std::vector<SampleRange>& own) {
        if (ranks.alone()) return;
        WordWriter message;
        message.add(own);
        for_each_array([&](auto& array, std::size_t width) {
            const auto host = download(array);
            for (const SampleRange& r : own)
                message.add_array(host.data() + r.first * width, r.count * width);
        });
        ranks.tell_first(message, [&](WordReader& theirs) {
            std::vector<SampleRange> range;
            theirs.get(range);
            for_each_array([&](auto& array, std::size_t width) {
                auto host = download(array);
                for (const SampleRange& r : range)
                    theirs.get_array(host.data() + r.first * width, r.count * width);
                array.copy_from(host.data(), host.size());
            });
        });
    }

  private:
    /// Calls f(array, elements of a sample).
    template <class F>
    void for_each_array(F&& f) {
        for (OfOutput& out : outputs) {
            f(out.loss, 1);
            if (out.prediction.size() > 0) f(out.prediction, 1);
            if (out.mean.size() > 0) f(out.mean, out.mean.size() / samples.size());
        }
    }
    template <class Array>
    static auto download(Array& array) {
        std::vector<std::remove_pointer_t<decltype(array.data())>> host(array.size());
        array.copy_to(host.data(), host.size());
        return host;
    }
};

template <class Backend>
class OutputsOn {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;
    using LoadedSet = snnsim::LoadedSet<Backend>;
    using LoadedTargets = snnsim::LoadedTargets<Backend>;
    using Outcome = snnsim::Outcome<Backend>;

  public:
    explicit OutputsOn(const TrainSpec& train) : train_(train) {}

    void load(const Dataset& data, NetworkOn<Backend>& net) {
        names_ = data.output_names;
        SNN_EXPECT(names_.empty() || names_.size() == net.network.output_count());
        classes_.clear();
        for (std::size_t k = 0; k < net.network.output_count(); ++k)
            classes_.push_back(data.target(k));
        std::size_t most = 0;
        for (std::size_t k = 0; k < classes_.size(); ++k) {
            SNN_EXPECT(net.output(k).size >= classes_of(k));
            most = std::max(most, classes_of(k));
        }
        logits_.clear();
        for (std::size_t k = 0; k < classes_.size(); ++k)
            logits_.emplace_back(2 * net.capacity.batch * most);
    }

    std::size_t classes_of(std::size_t output) const {
        return static_cast<std::size_t>(classes_[output].classes);
    }

    /// The loss of each output. That of a training has gradients, and its samples have weights.
    /// `update`: samples over which the gradient is a mean.
    void losses(NetworkOn<Backend>& net, const BatchShape& shape, LoadedSet& set, Outcome& run,
                std::size_t first, std::size_t update, bool trains) {
        for (std::size_t k = 0; k < set.targets.size(); ++k) {
            LoadedTargets& targets = set.targets[k];
            typename Outcome::OfOutput& out = run.outputs[k];
            PopulationBuffers<Backend>& population = net.output(k);
            float* const gradient = trains ? population.gradient.data() : nullptr;
            const float* const weights =
                trains && targets.weights.size() > 0 ? targets.weights.data() : nullptr;
            const auto factor = static_cast<float>(factor_of(k));
            if (targets.outputs > 0) {
                net.backend.for_each(shape.batch,
                                     TargetLoss{shape,
                                                targets.outputs,
                                                population.size,
                                                {population.output.data()},
                                                {gradient},
                                                targets.y.data(),
                                                weights,
                                                run.index.data() + first,
                                                out.loss.data() + first,
                                                out.mean.data() + first * targets.outputs,
                                                factor,
                                                update,
                                                is_binary(k)});
                continue;
            }
            static_assert(static_cast<int>(Readout::rate_error) ==
                              static_cast<int>(Loss::mse_count) &&
                          static_cast<int>(Readout::latency) ==
                              static_cast<int>(Loss::cross_entropy_latency));
            net.backend.for_each(shape.batch, SampleLoss{shape,
                                                         classes_of(k),
                                                         static_cast<Readout>(loss_of(k)),
                                                         {population.output.data()},
                                                         {gradient},
                                                         logits_[k].data(),
                                                         targets.labels.data(),
                                                         weights,
                                                         run.index.data() + first,
                                                         out.loss.data() + first,
                                                         out.prediction.data() + first,
                                                         factor,
                                                         update});
        }
    }

    /// Of the only output, or of each by its name and what follows for all of them.
    void read(const Outcome& run, const LoadedSet& set, Evaluation& result) const {
        if (names_.empty()) {
            read_outcome(run, set, 0, result);
            return;
        }
        double with_classes = 0.0, errors = 0.0;
        for (std::size_t k = 0; k < names_.size(); ++k) {
            NamedResult& one = result.by_name.emplace_back();
            one.name = names_[k];
            one.classes = classes_[k].classes;
            one.class_names = classes_[k].class_names;
            read_outcome(run, set, k, one);
            result.loss += factor_of(k) * one.loss;
            result.accuracy += one.accuracy;
            with_classes += one.error ? 0.0 : 1.0;
            errors += one.error.value_or(0.0);
        }
        if (with_classes > 0.0) {
            result.accuracy /= with_classes;
        } else {
            result.error = errors / static_cast<double>(names_.size());
        }
    }

    /// Of each weight update of a training; `penalties` [update][...] are part of its loss.
    std::vector<StepResult> steps(const Outcome& run, const LoadedSet& set, std::size_t update,
                                  std::span<const double> rates,
                                  const std::vector<float>& penalties) const {
        const std::size_t outputs = run.outputs.size();
        std::vector<OutputResult> results(outputs);
        std::vector<std::vector<float>> losses;
        for (std::size_t k = 0; k < outputs; ++k)
            losses.push_back(read_outcome(run, set, k, results[k]));
        const std::size_t per_batch = rates.empty() ? 0 : penalties.size() / rates.size();
        std::vector<StepResult> steps;
        for (std::size_t n = 0; n < rates.size(); ++n) {
            const std::size_t first = n * update;
            const std::size_t last = std::min(first + update, run.samples.size());
            const auto count = static_cast<double>(last - first);
            StepResult step{0.0, 0.0, rates[n]};
            double with_classes = 0.0, extra = 0.0;
            for (std::size_t k = 0; k < outputs; ++k) {
                const OutputResult& r = results[k];
                double sum = 0.0, right = 0.0;
                for (std::size_t i = first; i < last; ++i) {
                    sum += static_cast<double>(losses[k][i]);
                    if (!r.error) right += r.predictions[i] == r.labels[i] ? 1.0 : 0.0;
                }
                step.loss += factor_of(k) * (sum / count);
                step.accuracy += right / count;
                with_classes += r.error ? 0.0 : 1.0;
                if (!names_.empty()) step.outputs.push_back({sum / count, right / count});
            }
            if (with_classes > 1.0) step.accuracy /= with_classes;
            for (std::size_t i = 0; i < per_batch; ++i)
                extra += static_cast<double>(penalties[n * per_batch + i]);
            step.loss += extra;
            steps.push_back(std::move(step));
        }
        return steps;
    }

  private:
    Loss loss_of(std::size_t output) const {
        return train_.losses.empty() ? train_.loss : train_.losses[output].loss;
    }
    bool is_binary(std::size_t output) const {
        return loss_of(output) == Loss::binary_cross_entropy_step;
    }
    /// Of the loss in the sum of all.
    double factor_of(std::size_t output) const {
        return train_.losses.empty() ? 1.0 : train_.losses[output].weight;
    }

    /// Fills labels, predictions and accuracy, or outputs and error, and the loss; returns the loss
    /// of each sample.
    std::vector<float> read_outcome(const Outcome& run, const LoadedSet& set, std::size_t k,
                                    OutputResult& result) const {
        const LoadedTargets& targets = set.targets[k];
        const typename Outcome::OfOutput& out = run.outputs[k];
        const std::size_t count = run.samples.size();
        std::vector<float> losses(count);
        out.loss.copy_to(losses.data(), count);
        if (targets.outputs > 0) {
            read_error(run, targets, out, losses, result, is_binary(k));
            return losses;
        }
        result.predictions.resize(count);
        out.prediction.copy_to(result.predictions.data(), count);
        double sum = 0.0, right = 0.0;
        for (std::size_t i = 0; i < count; ++i) {
            result.labels.push_back(targets.labels_host[run.samples[i]]);
            sum += static_cast<double>(losses[i]);
            right += result.predictions[i] == result.labels[i] ? 1.0 : 0.0;
        }
        result.loss = count == 0 ? 0.0 : sum / static_cast<double>(count);
        result.accuracy = count == 0 ? 0.0 : right / static_cast<double>(count);
        return losses;
    }

    static void read_error(const Outcome& run, const LoadedTargets& of,
                           const typename Outcome::OfOutput& out, const std::vector<float>& losses,
                           OutputResult& result, bool binary) {
        result.output_size = of.outputs;
        result.outputs.resize(out.mean.size());
        out.mean.copy_to(result.outputs.data(), result.outputs.size());
        double sum = 0.0, targets = 0.0, squares = 0.0;
        for (std::size_t i = 0; i < losses.size(); ++i) {
            sum += static_cast<double>(losses[i]);
            const float* y = of.y_host.data() + run.samples[i] * of.outputs;
            for (std::size_t n = 0; n < of.outputs; ++n) {
                targets += static_cast<double>(y[n]) * static_cast<double>(y[n]);
                const double e = static_cast<double>(result.outputs[i * of.outputs + n]) -
                                 static_cast<double>(y[n]);
                squares += e * e;
            }
        }
        // Other losses are squares, of the same mean.
        if (!binary) squares = sum * static_cast<double>(of.outputs);
        result.loss = losses.empty() ? 0.0 : sum / static_cast<double>(losses.size());
        result.error = std::sqrt(squares / targets);
    }

    const TrainSpec& train_;
    std::vector<std::string> names_;      // where they have names
    std::vector<TargetClasses> classes_;  // [output]
    std::vector<Buffer<float>> logits_;   // [output]; see SampleLoss
};

}  // namespace snnsim
