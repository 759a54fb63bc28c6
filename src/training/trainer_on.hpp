// The trainer, written once for any backend: data in, weight updates, evaluations and recordings
// out.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/training/target_loss.hpp"
#include "src/training/loaded_set.hpp"
#include "src/training/operations.hpp"
#include "src/training/smaller_weights.hpp"
#include "src/training/spine_gains.hpp"

namespace snnsim {

template <class Backend>
class TrainerOn final : public Trainer {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

  public:
    TrainerOn(const Network& network, const TrainerOptions& options)
        : seed_(options.seed), augment_(options.augment), net_(network, options) {
        for (std::size_t k = 0; k < network.projections.size(); ++k) {
            const Projection& p = network.projections[k];
            if (const auto& dale = network.populations[p.from].dale; dale && p.weights_learn())
                net_.projections[k].set_signs(dale->method, signs_of(network, p));
            if (options.train.spines && p.weights_learn()) {
                const float spread = spread_of(p.weights);
                net_.projections[k].set_gains(spine_gains(*options.train.spines, options.seed, k, p,
                                                          net_.projections[k].targets),
                                              spread);
            }
            set_weights(k, p.weights, p.bias);
            masks_.emplace_back();
            set_mask(k, p.connected);
        }
    }

    void load(const Dataset& data) override {
        for (std::size_t k = 0; k < net_.network.input_count(); ++k)
            SNN_EXPECT(data.train.input(k).form == net_.network.input(k).shown);
        output_names_ = data.output_names;
        SNN_EXPECT(output_names_.empty() || output_names_.size() == net_.network.output_count());
        classes_.clear();
        for (std::size_t k = 0; k < net_.network.output_count(); ++k)
            classes_.push_back(data.target(k));
        std::size_t most = 0;
        for (std::size_t k = 0; k < classes_.size(); ++k) {
            SNN_EXPECT(net_.output(k).size >= classes_of(k));
            most = std::max(most, classes_of(k));
        }
        logits_.clear();
        for (std::size_t k = 0; k < classes_.size(); ++k)
            logits_.emplace_back(2 * net_.capacity.batch * most);
        train_.load(data.train, net_);
        test_.load(data.test, net_);
        test_.test = true;
    }

    void expect(std::span<const std::uint32_t> samples) override {
        train_.expect(samples, net_.capacity.batch);
    }

    void begin_phase(std::size_t phase, std::uint64_t first_update, bool fresh) override {
        net_.begin_phase(net_.train.phases[phase], first_update, fresh);
    }
    double connected() const override {
        std::size_t all = 0, there = 0;
        for (std::size_t k = 0; k < net_.projections.size(); ++k) {
            const ProjectionBuffers<Backend>& p = net_.projections[k];
            if (!net_.network.projections[k].weights_learn()) continue;
            const std::vector<float> weights = p.download(p.weight);
            for (std::size_t i = 0; i < p.weight_count(); ++i) {
                if (!masks_[k].empty() && masks_[k][i] == 0) continue;
                ++all;
                there += weights[i] != 0.0f;
            }
        }
        return all == 0 ? 1.0 : static_cast<double>(there) / static_cast<double>(all);
    }

    std::vector<StepResult> train(std::span<const std::uint32_t> samples, std::uint32_t epoch,
                                  std::span<const double> learning_rates) override {
        net_.reserve_training();
        net_.learn_delays(epoch);
        net_.set_spines(epoch);
        const std::size_t most = net_.update_size;
        const std::size_t batches = (samples.size() + most - 1) / most;
        SNN_EXPECT(learning_rates.size() == batches);
        Outcome run(samples, train_);
        const std::size_t penalties = penalties_per_batch();
        Buffer<float> penalty(batches * penalties);
        SpikeCounts counts = make_counts();
        for (std::size_t k = 0; k < batches; ++k) {
            const std::size_t first = k * most, count = std::min(most, samples.size() - first);
            const auto update = static_cast<std::int64_t>(net_.updates) + 1;
            net_.backend.begin("epoch " + std::to_string(epoch + 1) + ", update", update, update);
            for (std::size_t done = 0; done < count; done += net_.capacity.batch) {
                const std::size_t part = std::min(net_.capacity.batch, count - done);
                net_.start_training({part, net_.capacity.steps}, seed_, done);
                const std::vector<BatchSamples> shown =
                    batch(train_, run, first + done, part, epoch, Pass::training);
                if (done == 0) net_.transpose_weights();
                net_.for_each_piece(part, [&](const BatchShape& shape) {
                    net_.forward(shape, shown);
                    count_events(shape, counts);
                    losses(shape, train_, run, first + done, count, Pass::training);
                    float* at = penalty.data() + k * penalties;
                    for (const RateSpec& rate : net_.train.rate_penalty) {
                        net_.penalise_rate(rate, shape, at);
                        at += size_of(rate.population);
                    }
                    net_.backward(shape, local_targets(run, first + done, count));
                });
            }
            net_.update(learning_rates[k]);
            net_.end_training();
        }
        count_training(counts, samples.size(), batches);
        return step_results(run, learning_rates, penalty);
    }

    Evaluation evaluate(std::span<const std::uint32_t> samples,
                        const EvaluateOptions& options) override {
        net_.round_delays();
        Evaluation result;
        LoadedSet& set = options.test_set ? test_ : train_;
        Outcome run(samples, set);
        SpikeCounts counts = make_counts();
        for (const RecordSpec& spec : options.record) start_recording(result, spec, samples.size());
        const auto most = std::min(net_.capacity.batch, static_cast<std::size_t>(options.batch));
        set.expect(samples, most);
        for (std::size_t first = 0; first < samples.size(); first += most) {
            if (options.stop && options.stop()) return result;
            const std::size_t part = std::min(most, samples.size() - first);
            net_.backend.begin(options.test_set ? "test sample" : "validation sample",
                               static_cast<std::int64_t>(first) + 1,
                               static_cast<std::int64_t>(first + part));
            const std::vector<BatchSamples> shown = batch(set, run, first, part, 0, Pass::testing);
            net_.for_each_piece(part, [&](const BatchShape& shape) {
                net_.forward(shape, shown);
                losses(shape, set, run, first, part, Pass::testing);
                count_events(shape, counts);
                record(result, options.record, shape, first);
            });
        }
        for (SpikeRecording& spikes : result.spikes) sort_by_sample(spikes);
        read_outcomes(run, set, result);
        result.counts = count_forward(
            {net_.network, read_counts(counts), fan_out_of_weights(), samples.size()});
        return result;
    }

    std::vector<LearnedValues> learned_values() const override {
        std::vector<LearnedValues> out;
        for (std::size_t k = 0; k < net_.learned.size(); ++k) {
            for (std::size_t n = 0; n < net_.learned[k].count(); ++n) {
                const TrainedParameter& p = net_.learned[k].parameter(n);
                out.push_back({net_.network.populations[k].name, p.name, p.unit,
                               values_of(p, p.w, net_.populations[k].size)});
            }
        }
        return out;
    }

    TrainerState state() const override {
        TrainerState state;
        for (const ProjectionBuffers<Backend>& p : net_.projections) {
            std::vector<float> rows = p.download(p.weight);
            const auto bias = rows.begin() + static_cast<std::ptrdiff_t>(p.weight_count());
            state.bias.emplace_back(bias, rows.end());
            rows.erase(bias, rows.end());
            state.weights.push_back(std::move(rows));
            std::vector<float>& moments = state.moments.emplace_back();
            for (const Buffer<float>* m : p.kept()) {
                if (m->size() == 0) continue;
                const std::vector<float> one = p.download(*m);
                moments.insert(moments.end(), one.begin(), one.end());
            }
        }
        for (const auto& [k, norm] : net_.norms) {
            state.norms.push_back(norm.state());
            state.norms.back().population = net_.network.populations[k].name;
        }
        for (const LearnedParameters& l : net_.learned) state.learned.push_back(l.state());
        for (const auto& d : net_.delays) {
            state.delays.push_back(d ? d->delays() : std::vector<float>{});
            state.delay_moments.push_back(d ? d->moments() : std::vector<float>{});
        }
        state.updates = net_.updates;
        state.masks = masks_;
        state.counts = counts_;
        return state;
    }

    void set_state(const TrainerState& state) override {
        SNN_EXPECT(state.weights.size() == net_.projections.size());
        for (std::size_t k = 0; k < net_.projections.size(); ++k) {
            set_weights(k, state.weights[k], state.bias[k]);
            if (state.moments.empty() || state.moments[k].empty()) continue;
            net_.reserve_training();
            ProjectionBuffers<Backend>& p = net_.projections[k];
            auto from = state.moments[k].begin();
            const auto count = static_cast<std::ptrdiff_t>(p.value_count());
            for (Buffer<float>* m : p.kept()) {
                if (m->size() == 0) continue;
                SNN_EXPECT(state.moments[k].end() - from >= count);
                p.upload(*m, std::vector<float>(from, from + count));
                from += count;
            }
        }
        for (std::size_t k = 0; k < state.learned.size(); ++k) {
            net_.learned[k].set_state(state.learned[k]);
            net_.upload_constants(k);
        }
        for (std::size_t k = 0; k < state.delays.size(); ++k) {
            if (state.delays[k].empty()) continue;
            net_.delays[k]->set_delays(state.delays[k]);
            if (!state.delay_moments.empty()) net_.delays[k]->set_moments(state.delay_moments[k]);
        }
        for (std::size_t k = 0; k < state.masks.size(); ++k) set_mask(k, state.masks[k]);
        if (state.norms.empty()) net_.norms.clear();  // they are part of the weights
        for (const NormState& s : state.norms) {
            for (auto& [k, norm] : net_.norms) {
                if (net_.network.populations[k].name == s.population) norm.set_state(s);
            }
        }
        net_.updates = state.updates;
        counts_ = state.counts;
    }

    void prune(double sparsity) override {
        for (std::size_t k = 0; k < net_.projections.size(); ++k) {
            ProjectionBuffers<Backend>& p = net_.projections[k];
            if (!p.weights_learn()) continue;
            std::vector<float> weights = p.download(p.weight);
            weights.resize(p.weight_count());
            set_mask(k, prune_mask(weights, net_.network.projections[k].connected, sparsity));
        }
    }

    void quantize(const QuantizeSpec& spec, std::span<const std::uint32_t> calibration,
                  const StopRequest& stop) override {
        for (std::size_t k = 0; spec.weights && k < net_.projections.size(); ++k) {
            ProjectionBuffers<Backend>& p = net_.projections[k];
            const std::optional<ConnectedPairs>& synapses = net_.network.projections[k].synapses;
            std::vector<float> rows = p.download(p.weight);
            const std::vector<float> bias(
                rows.begin() + static_cast<std::ptrdiff_t>(p.weight_count()), rows.end());
            rows.resize(p.weight_count());
            quantize_weights(spec, p.targets, synapses ? &synapses->target : nullptr, rows);
            rows.insert(rows.end(), bias.begin(), bias.end());
            p.upload(p.weight, rows);
        }
        if (spec.values) set_value_grids(spec.bits, calibration, stop);
    }

    void fix(const std::vector<double>& grid) override {
        for (std::size_t k = 0; k < net_.projections.size(); ++k) {
            ProjectionBuffers<Backend>& p = net_.projections[k];
            std::vector<float> rows = p.download(p.weight);
            for (float& w : rows) w = on_grid(w, grid[net_.network.projections[k].to]);
            p.upload(p.weight, rows);
        }
        net_.fix({grid.begin(), grid.end()});
    }

    std::string device_name() const override { return net_.backend.name(); }

  private:
    using LoadedSet = snnsim::LoadedSet<Backend>;
    using LoadedTargets = snnsim::LoadedTargets<Backend>;

    /// The samples of one call, and what came out of each output for each.
    struct Outcome {
        struct OfOutput {
            Buffer<float> loss;
            Buffer<std::int32_t> prediction;
            Buffer<float> mean;  // of the output over the steps, where targets are real
        };
        std::span<const std::uint32_t> samples;
        Buffer<std::uint32_t> index;
        std::vector<OfOutput> outputs;

        Outcome(std::span<const std::uint32_t> samples, const LoadedSet& set)
            : samples(samples), index(samples.size()) {
            index.copy_from(samples.data(), samples.size());
            for (const LoadedTargets& t : set.targets)
                outputs.push_back({Buffer<float>(samples.size()),
                                   Buffer<std::int32_t>(t.outputs > 0 ? 0 : samples.size()),
                                   Buffer<float>(samples.size() * t.outputs)});
        }
    };

    LocalTargets local_targets(Outcome& run, std::size_t first, std::size_t update) {
        if (!std::holds_alternative<Decolle::Params>(net_.train.method)) return {};
        return {train_.targets[0].labels.data(), run.index.data() + first, classes_of(0), update,
                seed_};
    }

    using SpikeCounts =
        std::vector<std::map<std::size_t, Buffer<std::uint64_t>>>;  // see PopulationEvents

    void set_weights(std::size_t k, std::vector<float> weights, const std::vector<float>& bias) {
        ProjectionBuffers<Backend>& p = net_.projections[k];
        weights.insert(weights.end(), bias.begin(), bias.end());
        p.upload(p.weight, weights);
        if (p.latent.size() > 0) p.start_latent();
    }

    enum class Pass : std::uint8_t { training, testing };

    /// What each input is shown of a batch.
    std::vector<BatchSamples> batch(LoadedSet& set, Outcome& run, std::size_t first,
                                    std::size_t count, std::uint32_t epoch, Pass pass) {
        const auto or_null = [](auto& buffer) {
            return buffer.size() > 0 ? buffer.data() : nullptr;
        };
        std::vector<BatchSamples> out;
        std::uint32_t first_input = 0;
        for (LoadedInput<Backend>& in : set.inputs) {
            if (in.stream) in.load(in.stream->take(run.samples.subspan(first, count)));
            out.push_back({or_null(in.pixels), run.index.data() + first, in.inputs, seed_, epoch,
                           set.test, or_null(in.values), or_null(in.first), or_null(in.at),
                           in.stream != nullptr, first_input, net_.populations[out.size()].order,
                           pass == Pass::training ? augmentation(in.shape) : Augmentation{}});
            first_input += static_cast<std::uint32_t>(in.inputs);
        }
        return out;
    }

    Augmentation augmentation(const SampleShape& shape) const {
        const bool on = augment_.flip > 0.0 || augment_.shift > 0 || augment_.drop > 0.0;
        SNN_EXPECT(!on || shape.columns > 0);
        return {on, static_cast<float>(augment_.flip), static_cast<float>(augment_.drop),
                static_cast<std::uint32_t>(augment_.shift), shape};
    }

    /// The loss of each output. That of a training has gradients, and its samples have weights.
    /// `update`: samples over which the gradient is a mean.
    void losses(const BatchShape& shape, LoadedSet& set, Outcome& run, std::size_t first,
                std::size_t update, Pass pass) {
        for (std::size_t k = 0; k < set.targets.size(); ++k) {
            LoadedTargets& targets = set.targets[k];
            typename Outcome::OfOutput& out = run.outputs[k];
            PopulationBuffers<Backend>& population = net_.output(k);
            const bool trains = pass == Pass::training;
            float* const gradient = trains ? population.gradient.data() : nullptr;
            const float* const weights =
                trains && targets.weights.size() > 0 ? targets.weights.data() : nullptr;
            const auto factor = static_cast<float>(factor_of(k));
            if (targets.outputs > 0) {
                net_.backend.for_each(shape.batch,
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
                                                 update});
                continue;
            }
            static_assert(static_cast<int>(Readout::rate_error) ==
                              static_cast<int>(Loss::mse_count) &&
                          static_cast<int>(Readout::latency) ==
                              static_cast<int>(Loss::cross_entropy_latency));
            net_.backend.for_each(shape.batch, SampleLoss{shape,
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

    std::size_t classes_of(std::size_t output) const {
        return static_cast<std::size_t>(classes_[output].classes);
    }
    Loss loss_of(std::size_t output) const {
        return net_.train.losses.empty() ? net_.train.loss : net_.train.losses[output].loss;
    }
    /// Of the loss in the sum of all.
    double factor_of(std::size_t output) const {
        return net_.train.losses.empty() ? 1.0 : net_.train.losses[output].weight;
    }

    std::size_t size_of(const std::string& population) const {
        for (const Population& p : net_.network.populations) {
            if (p.name == population) return static_cast<std::size_t>(p.size);
        }
        return 0;
    }
    std::size_t penalties_per_batch() const {
        std::size_t count = 0;
        for (const RateSpec& rate : net_.train.rate_penalty) count += size_of(rate.population);
        return count;
    }

    /// Fills labels, predictions and accuracy, or outputs and error, and the loss; returns the loss
    /// of each sample.
    static std::vector<float> read_outcome(const Outcome& run, const LoadedSet& set, std::size_t k,
                                           OutputResult& result) {
        const LoadedTargets& targets = set.targets[k];
        const typename Outcome::OfOutput& out = run.outputs[k];
        const std::size_t count = run.samples.size();
        std::vector<float> losses(count);
        out.loss.copy_to(losses.data(), count);
        if (targets.outputs > 0) {
            read_error(run, targets, out, losses, result);
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
                           OutputResult& result) {
        result.output_size = of.outputs;
        result.outputs.resize(out.mean.size());
        out.mean.copy_to(result.outputs.data(), result.outputs.size());
        double sum = 0.0, targets = 0.0;
        for (std::size_t i = 0; i < losses.size(); ++i) {
            sum += static_cast<double>(losses[i]);
            const float* y = of.y_host.data() + run.samples[i] * of.outputs;
            for (std::size_t n = 0; n < of.outputs; ++n)
                targets += static_cast<double>(y[n]) * static_cast<double>(y[n]);
        }
        result.loss = losses.empty() ? 0.0 : sum / static_cast<double>(losses.size());
        result.error = std::sqrt(sum * static_cast<double>(of.outputs) / targets);
    }

    /// Of the only output, or of each by its name and what follows for all of them.
    void read_outcomes(const Outcome& run, const LoadedSet& set, Evaluation& result) const {
        if (output_names_.empty()) {
            read_outcome(run, set, 0, result);
            return;
        }
        double with_classes = 0.0, errors = 0.0;
        for (std::size_t k = 0; k < output_names_.size(); ++k) {
            NamedResult& one = result.by_name.emplace_back();
            one.name = output_names_[k];
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
            result.error = errors / static_cast<double>(output_names_.size());
        }
    }

    std::vector<StepResult> step_results(const Outcome& run, std::span<const double> rates,
                                         const Buffer<float>& penalty) const {
        const std::size_t outputs = run.outputs.size();
        std::vector<OutputResult> results(outputs);
        std::vector<std::vector<float>> losses;
        for (std::size_t k = 0; k < outputs; ++k)
            losses.push_back(read_outcome(run, train_, k, results[k]));
        std::vector<float> penalties(penalty.size());
        penalty.copy_to(penalties.data(), penalties.size());
        const std::size_t per_batch = penalties_per_batch();
        std::vector<StepResult> steps;
        for (std::size_t n = 0; n < rates.size(); ++n) {
            const std::size_t first = n * net_.update_size;
            const std::size_t last = std::min(first + net_.update_size, run.samples.size());
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
                if (!output_names_.empty()) step.outputs.push_back({sum / count, right / count});
            }
            if (with_classes > 1.0) step.accuracy /= with_classes;
            for (std::size_t i = 0; i < per_batch; ++i)
                extra += static_cast<double>(penalties[n * per_batch + i]);
            step.loss += extra;
            steps.push_back(std::move(step));
        }
        return steps;
    }

    /// Counters of the populations that send; see PopulationEvents.
    SpikeCounts make_counts() const {
        SpikeCounts counts(net_.populations.size());
        for (const Projection& p : net_.network.projections) {
            const auto longest =
                p.delays ? static_cast<std::size_t>(p.delays->longest) : std::size_t{0};
            for (std::size_t delay = 0; delay <= longest; ++delay)
                counts[p.from].try_emplace(delay, net_.populations[p.from].size);
            counts[p.from].try_emplace(p.delay, net_.populations[p.from].size);
        }
        return counts;
    }

    void count_events(const BatchShape& shape, SpikeCounts& counts) {
        for (std::size_t k = 0; k < counts.size(); ++k) {
            for (auto& [delay, count] : counts[k]) {
                if (!shape.ends())  // all of it acts
                    net_.count_events(k, shape, shape.steps, count.data());
                else if (delay < shape.steps)
                    net_.count_events(k, shape, shape.steps - delay, count.data());
            }
        }
    }

    static std::vector<PopulationEvents> read_counts(const SpikeCounts& counts) {
        std::vector<PopulationEvents> events(counts.size());
        for (std::size_t k = 0; k < counts.size(); ++k) {
            for (const auto& [delay, count] : counts[k]) {
                std::vector<std::uint64_t>& host = events[k][delay];
                host.resize(count.size());
                count.copy_to(host.data(), host.size());
            }
        }
        return events;
    }

    std::vector<std::vector<std::uint32_t>> fan_out_of_weights() const {
        std::vector<std::vector<std::uint32_t>> all;
        for (std::size_t k = 0; k < net_.projections.size(); ++k) {
            const ProjectionBuffers<Backend>& p = net_.projections[k];
            std::vector<float> weights = p.download(p.weight);
            weights.resize(p.weight_count());
            all.push_back(fan_out_of(k, weights));
        }
        return all;
    }

    /// In training every weight that is there counts, also one that passes zero on its way.
    std::vector<std::vector<std::uint32_t>> fan_out_in_training() const {
        std::vector<std::vector<std::uint32_t>> all = fan_out_of_weights();
        for (std::size_t k = 0; k < all.size(); ++k) {
            const ProjectionBuffers<Backend>& p = net_.projections[k];
            if (!p.weights_learn()) continue;
            std::vector<float> there(p.weight_count(), 1.0f);
            for (std::size_t i = 0; i < masks_[k].size(); ++i) there[i] = masks_[k][i];
            all[k] = fan_out_of(k, there);
        }
        return all;
    }
    std::vector<std::uint32_t> fan_out_of(std::size_t k, const std::vector<float>& weights) const {
        const std::size_t targets = net_.projections[k].targets;
        if (!net_.delays[k]) return fan_out(net_.network, k, weights);
        LearnedDelays now = net_.delays[k]->spec;
        now.steps = net_.delays[k]->delays();
        return fan_out(weights, targets, now, !net_.delays[k]->on_grid());
    }

    void count_training(const SpikeCounts& counts, std::size_t samples, std::size_t updates) {
        if (training_fan_out_.empty()) training_fan_out_ = fan_out_in_training();
        const std::vector<PopulationEvents> events = read_counts(counts);
        PhaseInput in{net_.network, events, training_fan_out_, samples, true, net_.macs_of_step()};
        std::vector<bool> passes_down;
        for (std::size_t k = 0; k < net_.projections.size(); ++k) {
            passes_down.push_back(net_.passes_error(k));
            in.learns.push_back(net_.projections[k].trainable);
        }
        PhaseCounts more = count_forward(in);
        more.backward = count_backward(in, passes_down, updates);
        add_counts(counts_, more);
    }

    /// Puts a mask into effect: no weight, no gradient and no moment where there is no synapse, and
    /// no gradient of what is frozen.
    void set_mask(std::size_t k, std::vector<std::uint8_t> mask) {
        ProjectionBuffers<Backend>& p = net_.projections[k];
        masks_[k] = std::move(mask);
        training_fan_out_.clear();
        if (masks_[k].empty() && p.frozen == Frozen::nothing) return;
        std::vector<float> factor(p.value_count(), 1.0f);  // biases stay
        std::copy(masks_[k].begin(), masks_[k].end(), factor.begin());
        std::vector<float> learns = factor;
        const auto bias = learns.begin() + static_cast<std::ptrdiff_t>(p.weight_count());
        if (p.frozen == Frozen::weights) std::fill(learns.begin(), bias, 0.0f);
        if (p.frozen == Frozen::bias) std::fill(bias, learns.end(), 0.0f);
        p.mask = Buffer<float>(p.element_count());
        p.upload(p.mask, learns);
        if (masks_[k].empty()) return;
        for (Buffer<float>* values : {&p.weight, &p.moment[0], &p.moment[1], &p.latent}) {
            if (values->size() == 0) continue;
            std::vector<float> kept = p.download(*values);
            for (std::size_t i = 0; i < kept.size(); ++i) {
                if (factor[i] == 0.0f) kept[i] = 0.0f;
            }
            p.upload(*values, kept);
        }
    }

    /// The grid of each population that sends values, from what the samples cause.
    void set_value_grids(std::int64_t bits, std::span<const std::uint32_t> samples,
                         const StopRequest& stop) {
        std::vector<Buffer<float>> largest(net_.populations.size());
        const std::size_t inputs = net_.network.input_count();
        for (std::size_t k = inputs; k < largest.size(); ++k) {
            if (net_.sends(k) && net_.populations[k].sends_values)
                largest[k] = Buffer<float>(net_.populations[k].size);
        }
        Outcome run(samples, train_);
        train_.expect(samples, net_.capacity.batch);
        for (std::size_t first = 0; first < samples.size(); first += net_.capacity.batch) {
            if (stop && stop()) return;
            const std::size_t part = std::min(net_.capacity.batch, samples.size() - first);
            const std::vector<BatchSamples> shown =
                batch(train_, run, first, part, 0, Pass::testing);
            net_.for_each_piece(part, [&](const BatchShape& shape) {
                net_.forward(shape, shown);
                for (std::size_t k = inputs; k < largest.size(); ++k) {
                    PopulationBuffers<Backend>& p = net_.populations[k];
                    if (largest[k].size() == 0) continue;
                    net_.backend.for_each(p.size, LargestValue{p.values.data(), shape.batch, p.size,
                                                               shape.steps, largest[k].data()});
                }
            });
        }
        for (std::size_t k = inputs; k < largest.size(); ++k) {
            std::vector<float> host(largest[k].size());
            largest[k].copy_to(host.data(), host.size());
            const float most = host.empty() ? 0.0f : *std::max_element(host.begin(), host.end());
            const auto limit = static_cast<float>((std::int64_t{1} << (bits - 1)) - 1);
            net_.populations[k].grid = {most / limit, limit};
        }
    }

    void start_recording(Evaluation& result, const RecordSpec& spec, std::size_t samples) const {
        const auto count = std::min<std::int64_t>(spec.samples, static_cast<std::int64_t>(samples));
        if (spec.what == RecordWhat::spikes) {
            result.spikes.push_back({spec.population, {}, {}, {}, count});
            return;
        }
        StateRecording state{spec.population,
                             "v",
                             unit_of_v(spec.population),
                             count,
                             net_.network.steps,
                             static_cast<std::int64_t>(size_of(spec.population)),
                             {},
                             shown_v(spec.population)};
        state.values.resize(static_cast<std::size_t>(state.samples * state.steps * state.neurons));
        result.states.push_back(std::move(state));
    }

    /// Of models that have one.
    std::string unit_of_v(const std::string& population) const {
        for (const Population& p : net_.network.populations) {
            if (p.name != population) continue;
            return NeuronModels::visit(p.neuron, []<class M>(const auto&) -> std::string {
                std::string unit;
                if constexpr (CellModel<M>) {
                    M::states().for_each([&](const auto& state) {
                        if (state.name == std::string("v")) unit = state.unit;
                    });
                }
                return unit.empty() ? "1" : unit;
            });
        }
        return "1";
    }
    std::string shown_v(const std::string& population) const {
        std::size_t k = 0;
        while (net_.network.populations[k].name != population) ++k;
        return NeuronModels::visit(net_.network.populations[k].neuron,
                                   []<class M>(const auto& params) -> std::string {
                                       if constexpr (NeuronModel<M>) return shows_v<M>(params);
                                       return "";
                                   });
    }

    /// Appends what the batch's samples from `first` on have to the recordings.
    void record(Evaluation& result, const std::vector<RecordSpec>& specs, const BatchShape& shape,
                std::size_t first) {
        std::size_t spikes = 0, states = 0;
        for (const RecordSpec& spec : specs) {
            const auto wanted = static_cast<std::size_t>(spec.samples);
            const std::size_t count = wanted > first ? std::min(wanted - first, shape.batch) : 0;
            std::size_t k = 0;
            while (net_.network.populations[k].name != spec.population) ++k;
            if (spec.what == RecordWhat::spikes) {
                record_spikes(result.spikes[spikes++], k, shape, first, count);
            } else {
                record_membrane(result.states[states++], k, shape, first, count);
            }
        }
    }

    /// Of samples that were computed one part of their steps after the other.
    static void sort_by_sample(SpikeRecording& spikes) {
        if (std::is_sorted(spikes.sample.begin(), spikes.sample.end())) return;
        std::vector<std::size_t> order(spikes.sample.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return spikes.sample[a] < spikes.sample[b];
        });
        for (auto* values : {&spikes.sample, &spikes.step, &spikes.neuron}) {
            std::vector<std::uint32_t> sorted;
            for (const std::size_t k : order) sorted.push_back((*values)[k]);
            *values = std::move(sorted);
        }
    }

    void record_spikes(SpikeRecording& to, std::size_t k, const BatchShape& shape,
                       std::size_t first, std::size_t count) {
        PopulationBuffers<Backend>& p = net_.populations[k];
        const std::size_t words = shape.words();
        std::vector<std::uint32_t> bits(p.sends_values ? 0 : count * p.size * words);
        std::vector<float> values(p.sends_values ? count * p.size * shape.steps : 0);
        p.bits.copy_to(bits.data(), bits.size());
        p.values.copy_to(values.data(), values.size());
        for (std::size_t b = 0; b < count; ++b) {
            for (std::size_t t = 0; t < shape.steps; ++t) {
                for (std::size_t n = 0; n < p.size; ++n) {
                    const std::size_t at = b * p.size + p.order.stored(n);
                    const bool sent = p.sends_values
                                          ? values[at * shape.steps + t] != 0.0f
                                          : ((bits[at * words + t / 32] >> (t % 32)) & 1u) != 0;
                    if (!sent) continue;
                    to.sample.push_back(static_cast<std::uint32_t>(first + b));
                    to.step.push_back(static_cast<std::uint32_t>(shape.first + t + 1));
                    to.neuron.push_back(static_cast<std::uint32_t>(n));
                }
            }
        }
    }

    void record_membrane(StateRecording& to, std::size_t k, const BatchShape& shape,
                         std::size_t first, std::size_t count) {
        PopulationBuffers<Backend>& p = net_.populations[k];
        if (count == 0) return;
        std::vector<float> traces[2];
        for (int s = 0; s < 2; ++s) {
            traces[s].resize(p.saved[s].size() == 0 ? 0 : p.panels() * shape.rows() * panel_width);
            p.saved[s].copy_to(traces[s].data(), traces[s].size());
        }
        NeuronModels::visit(net_.network.populations[k].neuron, [&]<class M>(const auto& params) {
            if constexpr (NeuronModel<M>) {
                std::vector<typename M::Constants> constants;
                for (std::size_t n = 0; n < p.size; ++n) {
                    using Params = std::remove_cvref_t<decltype(params)>;
                    constants.push_back(
                        M::prepare(std::get<Params>(net_.learned[k].of_cell(n)), net_.network.dt));
                }
                for (std::size_t row = 0; row < count * shape.steps; ++row) {
                    const std::size_t sample = first + row / shape.steps,
                                      step = shape.first + row % shape.steps;
                    float* const values =
                        to.values.data() + (sample * shape.total() + step) * p.size;
                    for (std::size_t n = 0; n < p.size; ++n) {
                        const std::size_t column = p.order.column(n);
                        const std::size_t at =
                            (column / panel_width * shape.rows() + row) * panel_width +
                            column % panel_width;
                        const float saved[2] = {traces[0][at],
                                                traces[1].empty() ? 0.0f : traces[1][at]};
                        values[n] = M::membrane(constants[n], saved);
                    }
                }
            }
        });
    }

    std::uint64_t seed_;
    AugmentSpec augment_;
    NetworkOn<Backend> net_;
    std::vector<std::vector<std::uint8_t>> masks_;  // [projection], as in TrainerState
    std::vector<std::vector<std::uint32_t>> training_fan_out_;
    PhaseCounts counts_;  // of the training so far
    LoadedSet train_, test_;
    std::vector<std::string> output_names_;  // where they have names
    std::vector<TargetClasses> classes_;     // [output]
    std::vector<Buffer<float>> logits_;      // [output]; see SampleLoss
};

}  // namespace snnsim
