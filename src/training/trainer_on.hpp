// The trainer, written once for any backend: data in, weight updates, evaluations and recordings
// out.
#pragma once

#include <algorithm>

#include "src/training/network_on.hpp"
#include "src/training/operations.hpp"

namespace snnsim {

template <class Backend>
class TrainerOn final : public Trainer {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

  public:
    TrainerOn(const Network& network, const TrainerOptions& options)
        : seed_(options.seed), net_(network, options) {
        for (std::size_t k = 0; k < network.projections.size(); ++k) {
            set_weights(k, network.projections[k].weights, network.projections[k].bias);
        }
    }

    void load(const Dataset& data) override {
        classes_ = static_cast<std::size_t>(data.classes);
        SNN_EXPECT(net_.populations.back().size >= classes_);
        logits_ = Buffer<float>(2 * net_.capacity.batch * classes_);
        load_set(train_, data.train);
        load_set(test_, data.test);
    }

    std::vector<StepResult> train(std::span<const std::uint32_t> samples, std::uint32_t epoch,
                                  std::span<const double> learning_rates) override {
        net_.reserve_training();
        const std::size_t most = net_.capacity.batch;
        const std::size_t batches = (samples.size() + most - 1) / most;
        SNN_EXPECT(learning_rates.size() == batches);
        Outcome run(samples);
        const std::size_t penalties = penalties_per_batch();
        Buffer<float> penalty(batches * penalties);
        for (std::size_t k = 0; k < batches; ++k) {
            const std::size_t first = k * most;
            const BatchShape shape{std::min(most, samples.size() - first), net_.capacity.steps};
            net_.forward(shape, batch(train_, run, first, epoch));
            loss(shape, train_, run, first, net_.populations.back().gradient.data());
            float* at = penalty.data() + k * penalties;
            for (const RateSpec& rate : net_.train.rate_penalty) {
                net_.penalise_rate(rate, shape, at);
                at += size_of(rate.population);
            }
            net_.backward(shape);
            net_.update(learning_rates[k]);
        }
        return step_results(run, learning_rates, penalty);
    }

    Evaluation evaluate(std::span<const std::uint32_t> samples,
                        const EvaluateOptions& options) override {
        Evaluation result;
        Outcome run(samples);
        SpikeCounts counts(net_.populations.size());
        for (std::size_t k = 0; k < counts.size(); ++k) {
            if (!net_.sends(k)) continue;
            counts[k].all = Buffer<std::uint64_t>(net_.populations[k].size);
            counts[k].delayed = Buffer<std::uint64_t>(net_.populations[k].size);
        }
        for (const RecordSpec& spec : options.record) start_recording(result, spec, samples.size());
        ImageSet& set = options.test_set ? test_ : train_;
        const auto most = std::min(net_.capacity.batch, static_cast<std::size_t>(options.batch));
        for (std::size_t first = 0; first < samples.size(); first += most) {
            const BatchShape shape{std::min(most, samples.size() - first), net_.capacity.steps};
            net_.forward(shape, batch(set, run, first, 0));
            loss(shape, set, run, first, nullptr);
            count_events(shape, counts);
            record(result, options.record, shape, first);
        }
        read_outcome(run, set, result);
        finish_counts(result, counts, samples.size());
        return result;
    }

    TrainerState state() const override {
        TrainerState state;
        for (const ProjectionBuffers<Backend>& p : net_.projections) {
            std::vector<float> rows = p.download(p.weight);
            const auto bias = rows.begin() + static_cast<std::ptrdiff_t>(p.sources * p.targets);
            state.bias.emplace_back(bias, rows.end());
            rows.erase(bias, rows.end());
            state.weights.push_back(std::move(rows));
            std::vector<float>& moments = state.moments.emplace_back();
            for (const Buffer<float>& m : p.moment) {
                if (m.size() == 0) continue;
                const std::vector<float> one = p.download(m);
                moments.insert(moments.end(), one.begin(), one.end());
            }
        }
        state.updates = net_.updates;
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
            const auto count = static_cast<std::ptrdiff_t>(p.rows() * p.targets);
            for (Buffer<float>& m : p.moment) {
                if (m.size() == 0) continue;
                SNN_EXPECT(state.moments[k].end() - from >= count);
                p.upload(m, std::vector<float>(from, from + count));
                from += count;
            }
        }
        net_.updates = state.updates;
    }

    std::string device_name() const override { return net_.backend.name(); }

  private:
    struct ImageSet {
        Buffer<std::uint8_t> pixels, labels;
        std::vector<std::uint8_t> labels_host;
        std::size_t inputs = 0;
        bool test = false;
    };

    /// The samples of one call, and what came out for each.
    struct Outcome {
        std::span<const std::uint32_t> samples;
        Buffer<std::uint32_t> index;
        Buffer<float> loss;
        Buffer<std::uint8_t> prediction;

        explicit Outcome(std::span<const std::uint32_t> samples)
            : samples(samples),
              index(samples.size()),
              loss(samples.size()),
              prediction(samples.size()) {
            index.copy_from(samples.data(), samples.size());
        }
    };

    /// Events per neuron: all, and those that a projection with a delay of one step delivers.
    struct Counts {
        Buffer<std::uint64_t> all, delayed;
    };
    using SpikeCounts = std::vector<Counts>;

    void load_set(ImageSet& set, const LabelledImages& images) {
        set.inputs = static_cast<std::size_t>(images.inputs());
        set.pixels = Buffer<std::uint8_t>(images.pixels.size());
        set.pixels.copy_from(images.pixels.data(), images.pixels.size());
        set.labels = Buffer<std::uint8_t>(images.labels.size());
        set.labels.copy_from(images.labels.data(), images.labels.size());
        set.labels_host = images.labels;
        set.test = &set == &test_;
        SNN_EXPECT(images.count == 0 || set.inputs == net_.populations.front().size);
    }

    void set_weights(std::size_t k, std::vector<float> weights, const std::vector<float>& bias) {
        ProjectionBuffers<Backend>& p = net_.projections[k];
        weights.insert(weights.end(), bias.begin(), bias.end());
        SNN_EXPECT(weights.size() == p.rows() * p.targets);
        p.upload(p.weight, weights);
    }

    BatchSamples batch(ImageSet& set, Outcome& run, std::size_t first, std::uint32_t epoch) {
        return {set.pixels.data(), run.index.data() + first, set.inputs, seed_, epoch, set.test};
    }

    void loss(const BatchShape& shape, ImageSet& set, Outcome& run, std::size_t first,
              float* gradient) {
        static_assert(static_cast<int>(Readout::rate_error) == static_cast<int>(Loss::mse_count));
        net_.backend.for_each(shape.batch, SampleLoss{shape,
                                                      classes_,
                                                      static_cast<Readout>(net_.train.loss),
                                                      {net_.populations.back().output.data()},
                                                      {gradient},
                                                      logits_.data(),
                                                      set.labels.data(),
                                                      run.index.data() + first,
                                                      run.loss.data() + first,
                                                      run.prediction.data() + first});
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

    /// Fills labels, predictions, loss and accuracy; returns the loss of each sample.
    std::vector<float> read_outcome(const Outcome& run, const ImageSet& set,
                                    Evaluation& result) const {
        const std::size_t count = run.samples.size();
        std::vector<float> losses(count);
        run.loss.copy_to(losses.data(), count);
        result.predictions.resize(count);
        run.prediction.copy_to(result.predictions.data(), count);
        double sum = 0.0, right = 0.0;
        for (std::size_t i = 0; i < count; ++i) {
            result.labels.push_back(set.labels_host[run.samples[i]]);
            sum += static_cast<double>(losses[i]);
            right += result.predictions[i] == result.labels[i] ? 1.0 : 0.0;
        }
        result.loss = count == 0 ? 0.0 : sum / static_cast<double>(count);
        result.accuracy = count == 0 ? 0.0 : right / static_cast<double>(count);
        return losses;
    }

    std::vector<StepResult> step_results(const Outcome& run, std::span<const double> rates,
                                         const Buffer<float>& penalty) const {
        Evaluation all;
        const std::vector<float> losses = read_outcome(run, train_, all);
        std::vector<float> penalties(penalty.size());
        penalty.copy_to(penalties.data(), penalties.size());
        const std::size_t per_batch = penalties_per_batch();
        std::vector<StepResult> steps;
        for (std::size_t k = 0; k < rates.size(); ++k) {
            const std::size_t first = k * net_.capacity.batch;
            const std::size_t last = std::min(first + net_.capacity.batch, losses.size());
            double sum = 0.0, right = 0.0, extra = 0.0;
            for (std::size_t i = first; i < last; ++i) {
                sum += static_cast<double>(losses[i]);
                right += all.predictions[i] == all.labels[i] ? 1.0 : 0.0;
            }
            for (std::size_t i = 0; i < per_batch; ++i) {
                extra += static_cast<double>(penalties[k * per_batch + i]);
            }
            const auto count = static_cast<double>(last - first);
            steps.push_back({sum / count + extra, right / count, rates[k]});
        }
        return steps;
    }

    void count_events(const BatchShape& shape, SpikeCounts& counts) {
        for (std::size_t k = 0; k < counts.size(); ++k) {
            if (counts[k].all.size() == 0) continue;
            PopulationBuffers<Backend>& p = net_.populations[k];
            net_.backend.for_each(
                p.size, CountEvents{shape, p.raw(), p.size, shape.steps, counts[k].all.data()});
            net_.backend.for_each(p.size, CountEvents{shape, p.raw(), p.size, shape.steps - 1,
                                                      counts[k].delayed.data()});
        }
    }

    void finish_counts(Evaluation& result, const SpikeCounts& counts, std::size_t samples) const {
        const Network& network = net_.network;
        const TrainerState weights = state();
        bool constant_input = false, ternary_input = false;
        Encoders::visit(network.encoder, [&]<class E>(const auto&) {
            constant_input = E::constant;
            ternary_input = E::sends != Sends::values;
        });
        const auto read = [](const Buffer<std::uint64_t>& from) {
            std::vector<std::uint64_t> host(from.size());
            from.copy_to(host.data(), host.size());
            return host;
        };
        const auto steps = static_cast<std::uint64_t>(network.steps);
        for (std::size_t k = 0; k < counts.size(); ++k) {
            if (counts[k].all.size() == 0) continue;
            std::uint64_t events = 0;
            for (const std::uint64_t n : read(counts[k].all)) events += n;
            result.activity.push_back(
                {network.populations[k].name, events, net_.populations[k].size * steps * samples});
        }
        for (std::size_t k = 0; k < network.projections.size(); ++k) {
            const Projection& p = network.projections[k];
            const bool from_input = p.from == 0;
            ProjectionEvents in{
                p, net_.projections[k].sources, net_.projections[k].targets,
                read(p.recurrent() ? counts[p.from].delayed : counts[p.from].all),
                from_input ? ternary_input : !net_.populations[p.from].sends_values};
            std::uint64_t presentations = samples * (p.recurrent() ? steps - 1 : steps);
            if (from_input &&
                constant_input) {  // the same at every step: summed once, counted once
                presentations = samples;
                for (std::uint64_t& n : in.events) n /= steps;
            }
            result.operations.push_back(count_operations(in, weights.weights[k], presentations));
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
                             "1",
                             count,
                             net_.network.steps,
                             static_cast<std::int64_t>(size_of(spec.population)),
                             {}};
        result.states.push_back(std::move(state));
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
                record_membrane(result.states[states++], k, shape, count);
            }
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
                    const std::size_t at = b * p.size + n;
                    const bool sent = p.sends_values
                                          ? values[at * shape.steps + t] != 0.0f
                                          : ((bits[at * words + t / 32] >> (t % 32)) & 1u) != 0;
                    if (!sent) continue;
                    to.sample.push_back(static_cast<std::uint32_t>(first + b));
                    to.step.push_back(static_cast<std::uint32_t>(t + 1));
                    to.neuron.push_back(static_cast<std::uint32_t>(n));
                }
            }
        }
    }

    void record_membrane(StateRecording& to, std::size_t k, const BatchShape& shape,
                         std::size_t count) {
        PopulationBuffers<Backend>& p = net_.populations[k];
        if (count == 0) return;
        std::vector<float> traces[2];
        for (int s = 0; s < 2; ++s) {
            traces[s].resize(p.saved[s].size() == 0 ? 0 : p.panels() * shape.rows() * panel_width);
            p.saved[s].copy_to(traces[s].data(), traces[s].size());
        }
        NeuronModels::visit(net_.network.populations[k].neuron, [&]<class M>(const auto& params) {
            if constexpr (NeuronModel<M>) {
                const typename M::Constants constants = M::prepare(params, net_.network.dt);
                for (std::size_t row = 0; row < count * shape.steps; ++row) {
                    for (std::size_t n = 0; n < p.size; ++n) {
                        const std::size_t at =
                            (n / panel_width * shape.rows() + row) * panel_width + n % panel_width;
                        const float saved[2] = {traces[0][at],
                                                traces[1].empty() ? 0.0f : traces[1][at]};
                        to.values.push_back(M::membrane(constants, saved));
                    }
                }
            }
        });
    }

    std::uint64_t seed_;
    NetworkOn<Backend> net_;
    ImageSet train_, test_;
    std::size_t classes_ = 0;
    Buffer<float> logits_;
};

}  // namespace snnsim
