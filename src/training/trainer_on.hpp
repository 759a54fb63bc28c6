// The trainer, written once for any backend: data in, weight updates, evaluations and recordings
// out.
#pragma once

#include <algorithm>

#include "src/training/event_counts_on.hpp"
#include "src/training/outputs_on.hpp"
#include "src/training/recordings_on.hpp"
#include "src/training/smaller_weights.hpp"
#include "src/training/spine_gains.hpp"

namespace snnsim {

template <class Backend>
class TrainerOn final : public Trainer {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

  public:
    /// `exchange`: of the ranks that train together, each with a trainer whose members all are
    /// called alike. What they give is whole on the first.
    TrainerOn(const Network& network, const TrainerOptions& options,
              Exchange& exchange = no_exchange())
        : seed_(options.seed),
          augment_(options.augment),
          net_(network, options, exchange),
          outputs_(net_.train) {
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
        outputs_.load(data, net_);
        train_.load(data.train, net_);
        test_.load(data.test, net_);
        test_.test = true;
    }

    void expect(std::span<const std::uint32_t> samples) override {
        if (net_.ranks.alone()) return train_.expect(samples, net_.capacity.batch);
        std::vector<std::uint32_t> own;
        for_each_part(samples.size(), [&](const Part& part) {
            const SampleRange mine = net_.ranks.share(part.count);
            const auto first = samples.begin() + static_cast<std::ptrdiff_t>(part.at + mine.first);
            own.insert(own.end(), first, first + static_cast<std::ptrdiff_t>(mine.count));
        });
        train_.expect(own, std::max<std::size_t>(1, net_.ranks.share(net_.at_once).count));
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
        EventCountsOn<Backend> counts(net_);
        std::vector<SampleRange> own;
        for_each_part(samples.size(), [&](const Part& part) {
            if (part.first == 0) {
                const auto update = static_cast<std::int64_t>(net_.updates) + 1;
                net_.backend.begin("epoch " + std::to_string(epoch + 1) + ", update", update,
                                   update);
            }
            const SampleRange mine = net_.ranks.begin(part.count);
            const std::size_t at = part.at + mine.first;
            own.push_back({at, mine.count});
            net_.start_training({mine.count, net_.capacity.steps}, seed_, part.first + mine.first);
            const std::vector<BatchSamples> shown =
                batch(train_, run, at, mine.count, epoch, Pass::training);
            if (part.first == 0) {
                net_.start_update();
                net_.transpose_weights();
            }
            net_.for_each_piece(mine.count, [&](const BatchShape& shape) {
                net_.forward(shape, shown);
                counts.add(net_, shape);
                outputs_.losses(net_, shape, train_, run, at, part.of, true);
                float* to = penalty.data() + part.update * penalties;
                for (const RateSpec& rate : net_.train.rate_penalty) {
                    net_.penalise_rate(rate, shape, to);
                    to += size_of(rate.population);
                }
                net_.backward(shape, local_targets(run, at, part.of));
            });
            if (part.first + part.count < part.of) return;
            net_.update(learning_rates[part.update]);
            net_.end_training();
        });
        run.fetch(net_.ranks, own);
        count_training(counts, samples.size(), batches);
        if (!net_.ranks.leads()) return {};
        std::vector<float> of_rates(penalty.size());
        penalty.copy_to(of_rates.data(), of_rates.size());
        return outputs_.steps(run, train_, most, learning_rates, of_rates);
    }

    Evaluation evaluate(std::span<const std::uint32_t> samples,
                        const EvaluateOptions& options) override {
        net_.round_delays();
        Evaluation result;
        LoadedSet& set = options.test_set ? test_ : train_;
        Outcome run(samples, set);
        EventCountsOn<Backend> counts(net_);
        RecordingsOn<Backend> recordings(net_, options.record, samples.size(), result);
        const auto most = std::min(net_.capacity.batch, static_cast<std::size_t>(options.batch));
        const SampleRange own = net_.ranks.share(samples.size());
        set.expect(samples.subspan(own.first, own.count), most);
        // As often as the rank with most samples, which all ask at once whether to end.
        for (std::size_t done = 0; done < net_.ranks.most_of(samples.size()); done += most) {
            if (net_.ranks.any(options.stop && options.stop())) return result;
            if (done >= own.count) continue;
            const std::size_t first = own.first + done, part = std::min(most, own.count - done);
            net_.backend.begin(options.test_set ? "test sample" : "validation sample",
                               static_cast<std::int64_t>(first) + 1,
                               static_cast<std::int64_t>(first + part));
            const std::vector<BatchSamples> shown = batch(set, run, first, part, 0, Pass::testing);
            net_.for_each_piece(part, [&](const BatchShape& shape) {
                net_.forward(shape, shown);
                outputs_.losses(net_, shape, set, run, first, part, false);
                counts.add(net_, shape);
                recordings.add(shape, first);
            });
        }
        recordings.finish(net_.ranks, own);
        run.fetch(net_.ranks, {own});
        const std::vector<PopulationEvents> events = counts.read(net_.ranks);
        if (!net_.ranks.leads()) return {};
        outputs_.read(run, set, result);
        result.counts = count_forward({net_.network, events, fan_out_of_weights(), samples.size()});
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

    using Outcome = snnsim::Outcome<Backend>;

    LocalTargets local_targets(Outcome& run, std::size_t first, std::size_t update) {
        if (!std::holds_alternative<Decolle::Params>(net_.train.method)) return {};
        return {train_.targets[0].labels.data(), run.index.data() + first, outputs_.classes_of(0),
                update, seed_};
    }

    void set_weights(std::size_t k, std::vector<float> weights, const std::vector<float>& bias) {
        ProjectionBuffers<Backend>& p = net_.projections[k];
        weights.insert(weights.end(), bias.begin(), bias.end());
        p.upload(p.weight, weights);
        if (p.latent.size() > 0) p.start_latent();
    }

    /// Samples of an update that are computed at once, over all ranks.
    struct Part {
        std::size_t update;     // from 0
        std::size_t of;         // samples of it
        std::size_t at;         // the first one, of all samples ...
        std::size_t first = 0;  // ... and of the update
        std::size_t count = 0;
    };
    /// Calls f(part) for all parts of so many samples.
    template <class F>
    void for_each_part(std::size_t samples, F&& f) const {
        const std::size_t most = net_.update_size;
        for (std::size_t at = 0; at < samples; at += most) {
            const std::size_t of = std::min(most, samples - at);
            for (std::size_t first = 0; first < of; first += net_.at_once)
                f(Part{at / most, of, at + first, first, std::min(net_.at_once, of - first)});
        }
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
            if (in.stream && count > 0) in.load(in.stream->take(run.samples.subspan(first, count)));
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

    std::size_t size_of(const std::string& population) const {
        return net_.populations[net_.number_of(population)].size;
    }
    std::size_t penalties_per_batch() const {
        std::size_t count = 0;
        for (const RateSpec& rate : net_.train.rate_penalty) count += size_of(rate.population);
        return count;
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

    void count_training(const EventCountsOn<Backend>& counts, std::size_t samples,
                        std::size_t updates) {
        if (training_fan_out_.empty()) training_fan_out_ = fan_out_in_training();
        const std::vector<PopulationEvents> events = counts.read(net_.ranks);
        PhaseInput in{net_.network, events, training_fan_out_, samples, true, net_.macs_of_step()};
        std::vector<bool> passes_down;
        for (std::size_t k = 0; k < net_.projections.size(); ++k) {
            passes_down.push_back(net_.passes_error(k));
            in.learns.push_back(net_.projections[k].trainable);
            in.macs_at_spikes.push_back(net_.take_macs_at_spikes(k));
            if (in.macs_at_spikes.back()) {
                std::vector<std::uint64_t> macs{*in.macs_at_spikes.back()};
                net_.ranks.sum(macs);
                in.macs_at_spikes.back() = macs[0];
            }
            in.passes_at_spikes.push_back(net_.passes_at_spikes(k));
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
            if (net_.paths.sends(k) && net_.populations[k].sends_values)
                largest[k] = Buffer<float>(net_.populations[k].size);
        }
        Outcome run(samples, train_);
        train_.expect(samples, net_.capacity.batch);
        for (std::size_t first = 0; first < samples.size(); first += net_.capacity.batch) {
            if (net_.ranks.any(stop && stop())) return;
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

    std::uint64_t seed_;
    AugmentSpec augment_;
    NetworkOn<Backend> net_;
    std::vector<std::vector<std::uint8_t>> masks_;  // [projection], as in TrainerState
    std::vector<std::vector<std::uint32_t>> training_fan_out_;
    PhaseCounts counts_;  // of the training so far
    LoadedSet train_, test_;
    OutputsOn<Backend> outputs_;
};

}  // namespace snnsim
