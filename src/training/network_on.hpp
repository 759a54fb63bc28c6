// A network on a backend: forward through its layers, back through them, and the weight update.
#pragma once

#include <cstring>
#include <memory>
#include <optional>

#include "kernels/training/correlation.hpp"
#include "kernels/training/dropout.hpp"
#include "kernels/training/encode_batch.hpp"
#include "kernels/training/losses.hpp"
#include "kernels/training/single_step.hpp"
#include "kernels/training/sum_rounded.hpp"
#include "snnsim/error.hpp"
#include "snnsim/trainer.hpp"
#include "src/training/buffers.hpp"
#include "src/training/delays_on.hpp"
#include "src/training/event_prop_on.hpp"
#include "src/training/learned_parameters.hpp"
#include "src/training/loop_on.hpp"
#include "src/training/norms_on.hpp"
#include "src/training/online_on.hpp"
#include "src/training/operations.hpp"
#include "src/training/paths.hpp"
#include "src/training/products_on.hpp"
#include "src/training/ranks_on.hpp"
#include "src/training/sparse_on.hpp"
#include "src/training/spine_gains.hpp"
#include "src/training/weight_update.hpp"
#include "src/training/windows_on.hpp"

namespace snnsim {

template <class Backend>
class NetworkOn {
    friend class LoopOn<Backend>;
    friend class EventPropOn<Backend>;
    friend class ProductsOn<Backend>;
    using Columns = typename Backend::Columns;
    static constexpr bool whole_panels = width_of<Columns> == panel_width;  // a CPU
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

  public:
    NetworkOn(const Network& network, const TrainerOptions& options,
              Exchange& exchange = no_exchange())
        : backend(options.threads),
          network(network),
          train(options.train),
          ranks(exchange, this->network),
          update_size(static_cast<std::size_t>(std::max<std::int64_t>(options.train.batch, 1))),
          capacity{part_of_update(), steps_at_once(train.method, network.steps)},
          at_once(std::min(update_size, ranks.all_of(capacity.batch))),
          paths(this->network),
          products_(this->network),
          online_(this->network, train.method) {
        Surrogates::visit(train.surrogate, [&]<class S>(const typename S::Params& params) {
            surrogate_.kind = static_cast<int>(train.surrogate.index());
            if constexpr (!std::is_empty_v<typename S::Constants>) {
                const typename S::Constants constants = S::prepare(params);
                std::memcpy(surrogate_.constants, &constants, sizeof(constants));
            }
        });
        for (const Projection& p : network.projections) {
            projections.emplace_back(p, network.populations[p.from].computed(),
                                     network.populations[p.to].computed());
        }
        for (std::size_t k = 0; k < network.populations.size(); ++k) {
            const Population& p = network.populations[k];
            learned.emplace_back(p, network.dt);
            reserve_population(k);
            if (p.batch_norm) norms.try_emplace(k, *p.batch_norm, p.computed());
        }
        for (std::size_t k = 0; k < projections.size(); ++k) {
            const Projection& p = network.projections[k];
            if (!whole_panels && sparse(k)) reserve_index(p.from);
            const bool values = populations[p.from].sends_values;
            delays.push_back(p.delays ? std::make_unique<DelaysOn<Backend>>(
                                            *p.delays, projections[k].sources,
                                            projections[k].targets, capacity, values)
                                      : nullptr);
        }
        for (std::size_t k = 0; k < projections.size(); ++k) {
            const std::optional<std::size_t> first = network.projections[k].multiplies;
            if (first)
                products_.add(*first, k,
                              populations[network.projections[k].to].trace_size(capacity));
        }
        find_gradients(Objective::loss);
    }

    Backend backend;
    const Network network;
    const TrainSpec train;
    RanksOn<Backend> ranks;
    const std::size_t update_size;  // samples of a weight update
    const BatchShape capacity;      // the largest batch: an update, or what the caches hold, and
                                    // the steps that are computed at once
    const std::size_t at_once;      // such batches of all ranks together
    Paths paths;
    std::vector<PopulationBuffers<Backend>> populations;
    std::vector<ProjectionBuffers<Backend>> projections;
    std::vector<LearnedParameters> learned;                  // [population]
    std::map<std::size_t, NormOn<Backend>> norms;            // of populations that have one
    std::vector<std::unique_ptr<DelaysOn<Backend>>> delays;  // of projections
    std::uint64_t updates = 0;                               // weight updates done

    /// What comes next trains, so that dropout leaves outputs out and norms go by the batch: the
    /// samples of this update from `first` on. Before the first of them comes start_update().
    void start_training(const BatchShape& shape, std::uint64_t seed, std::size_t first) {
        training_ = true;
        for (std::size_t k = 0; k < populations.size(); ++k) {
            PopulationBuffers<Backend>& p = populations[k];
            if (p.dropout == 0.0f) continue;
            backend.for_each(
                p.panels() * shape.batch * (panel_width / 4),
                DrawKept{seed, static_cast<std::uint32_t>(updates), static_cast<std::uint32_t>(k),
                         static_cast<std::uint32_t>(first), p.dropout,
                         p.sends_values ? 1.0f / (1.0f - p.dropout) : 1.0f, shape, p.kept.data()});
        }
    }
    void start_update() {
        for (std::size_t k = 0; k < projections.size(); ++k) {
            ProjectionBuffers<Backend>& p = projections[k];
            if (scales(k) && p.scaled.size() > 0) scale_weights(k, p.weight, p.scaled);
        }
    }
    void end_training() { training_ = false; }

    /// Calls f(shape) for the steps of so many samples that are computed at once, one part after
    /// the other.
    template <class F>
    void for_each_piece(std::size_t batch, F&& f) const {
        const auto all = static_cast<std::size_t>(network.steps);
        for (std::size_t first = 0; first < all; first += capacity.steps) {
            const std::size_t steps = std::min(capacity.steps, all - first);
            f(BatchShape{batch, steps, first, all - first - steps});
        }
    }

    /// Encodes what each input is shown of the samples, and runs all layers.
    void forward(const BatchShape& shape, const std::vector<BatchSamples>& samples) {
        SNN_EXPECT(samples.size() == network.input_count());
        for (std::size_t k = 0; k < samples.size(); ++k) encode(k, shape, samples[k]);
        propagate(shape);
    }

    /// Delays that are learned act as in such an epoch (from 0) of the training ...
    void learn_delays(std::uint32_t epoch) {
        for (const auto& d : delays) {
            if (d) d->set_sigma(delay_sigma(d->spec, epoch, train.epochs));
        }
    }
    /// ... or as whole numbers of steps.
    void round_delays() {
        for (const auto& d : delays) {
            if (d) d->set_sigma(0.0);
        }
    }

    /// Spines have to be as large as in such an epoch (from 0) of the training.
    void set_spines(std::uint32_t epoch) {
        if (!train.spines) return;
        const double share = spine_shift(*train.spines, epoch, train.epochs);
        for (ProjectionBuffers<Backend>& p : projections) {
            if (p.gain.size() == 0 || !p.trainable)
                continue;  // a phase leaves the others as they are
            p.spines.least = static_cast<float>(train.spines->least);
            const float shift = static_cast<float>(share) * p.spread;
            if (p.spines.shift == shift) continue;
            p.spines.shift = shift;
            backend.for_each(p.element_count(),
                             SpineWeight{p.spines, p.latent.data(), p.weight.data()});
        }
    }

    /// From now on only some projections learn, and perhaps for another objective; see
    /// TrainPhaseSpec.
    void begin_phase(const TrainPhaseSpec& phase, std::uint64_t first_update, bool fresh) {
        reserve_training();
        phase_begins_ = first_update;
        for (std::size_t k = 0; k < projections.size(); ++k) {
            const Projection& p = network.projections[k];
            projections[k].trainable =
                p.trainable &&
                (phase.learns.empty() ||
                 std::find(phase.learns.begin(), phase.learns.end(), p.name) != phase.learns.end());
            for (Buffer<float>& moment : projections[k].moment) {
                if (fresh && moment.size() > 0) moment.fill_zero();
            }
        }
        find_gradients(phase.objective);
    }
    std::uint64_t updates_of_phase() const { return updates - phase_begins_; }

    /// Runs all layers on what stands in the input population's output.
    void propagate(const BatchShape& shape) {
        for (std::size_t k = 0; k < delays.size(); ++k) {
            if (delays[k]) delays[k]->build(backend, weights(k));
        }
        for (const Stage& stage : paths.stages()) {
            if (stage.loop) {
                LoopOn<Backend>{*this, stage, shape}.forward();
            } else if (!paths.is_input(stage.first)) {
                visit_forward(stage.first, [&]<class N>(const auto& constants) {
                    step_layer<N>(stage.first, shape, constants);
                });
            }
            for (std::size_t k = stage.first; k <= stage.last; ++k) {
                if (paths.sends(k)) collect(k, shape);
            }
        }
    }

    /// Before the first backward pass of an update.
    void transpose_weights() {
        for (std::size_t k = 0; k < projections.size(); ++k) {
            if (!transposes(k)) continue;
            ProjectionBuffers<Backend>& p = projections[k];
            if (p.feedback.size() > 0) {
                back_by_random(k);
                continue;
            }
            if (windowed(k)) {
                window(k, {}).transpose(weights(k), p.transposed.data());
                continue;
            }
            backend.for_each(p.transposed.size(),
                             Transpose{weights(k), p.transposed_weights(), p.source_order});
        }
    }

    /// From dL/d(output) of the outputs, which the losses have written, to the gradients of all
    /// weights. `targets`: of read-outs of populations, where they have such.
    void backward(const BatchShape& shape, const LocalTargets& targets = {}) {
        if (online_.forgets()) {
            backward_in_step(shape, targets);
            return;
        }
        for (std::size_t k = 0; k < projections.size(); ++k)
            online_.follow(backend, k, shape, populations[network.projections[k].from].raw());
        for (auto stage = paths.stages().rbegin(); stage != paths.stages().rend(); ++stage) {
            // All populations of a cycle need one, or none does.
            if (!paths.needs_gradient(stage->first)) continue;
            if (spikes_.follow_all(*this, stage->first)) {
                spikes_.back(*this, stage->first, shape);
                continue;
            }
            if (stage->loop) {
                LoopOn<Backend>{*this, *stage, shape}.backward();
            } else {
                visit_neurons(stage->first, [&]<class N>(const auto& constants) {
                    const auto step = back_step<N>(stage->first, shape, constants);
                    if constexpr (std::is_same_v<N, CubaLif>) {
                        if (event_prop()) {
                            step_layer_back(stage->first, shape, SpikeTimesBack<N, Columns>{step});
                            return;
                        }
                    }
                    step_layer_back(stage->first, shape, step);
                });
            }
            for (const std::size_t in : entering(*stage)) back_to_arriving(in, shape);
            if (ranks.alone()) add_gradients(*stage, shape);
        }
        if (ranks.alone()) return;
        // Ranks do first what needs no others, so that none of them waits for all of it.
        for (auto stage = paths.stages().rbegin(); stage != paths.stages().rend(); ++stage) {
            if (paths.needs_gradient(stage->first) && !spikes_.follow_all(*this, stage->first))
                add_gradients(*stage, shape);
        }
        settle_gradients();
    }

    /// Clips the gradients if asked to, updates the weights and sets the gradients to zero.
    void update(double learning_rate) {
        ++updates;
        for (std::size_t k = 0; k < projections.size(); ++k) {
            ProjectionBuffers<Backend>& p = projections[k];
            if (p.trainable && scales(k)) scale_weights(k, p.gradient, p.gradient);
        }
        for (std::size_t k = 0; k < learned.size(); ++k) read_gradient(k);
        update_.run(*this, learning_rate);
    }

    /// After what is learned of population k has changed.
    void upload_constants(std::size_t k) {
        if (!learned[k].any()) return;
        const std::vector<float> constants = learned[k].constants();
        populations[k].constants.copy_from(constants.data(), constants.size());
    }

    /// Adds the penalty on a population's rates to the gradient of its next backward pass; its loss
    /// per neuron goes to `loss`.
    void penalise_rate(const RateSpec& spec, const BatchShape& shape, float* loss) {
        const std::size_t k = number_of(spec.population);
        PopulationBuffers<Backend>& p = populations[k];
        p.spike_count.fill_zero();
        count_events(k, shape, shape.steps, p.spike_count.data());
        ranks.sum(p.spike_count);
        const std::size_t rows = ranks.samples(shape.batch) * shape.steps;
        backend.for_each(
            p.size,
            RatePenalty{p.spike_count.data(), p.size, 1.0f / static_cast<float>(rows),
                        static_cast<float>(spec.lower), static_cast<float>(spec.upper),
                        static_cast<float>(spec.strength), p.rate_gradient.data(), loss, p.order});
    }

    /// Adds the events of population k before step `until` to `total` [neuron].
    void count_events(std::size_t k, const BatchShape& shape, std::size_t until,
                      std::uint64_t* total) {
        PopulationBuffers<Backend>& p = populations[k];
        const CountOutput count{shape, p.raw(), until};
        if constexpr (!whole_panels) {
            backend.for_each(p.size, CountEvents{count, p.size, total});
        } else {
            const std::size_t chunks = CountChunk::chunks_of(shape.batch);
            if (chunk_counts_.size() < chunks * p.size)
                chunk_counts_ = Buffer<std::uint32_t>(chunks * p.size);
            backend.for_each(chunks, CountChunk{count, p.size, chunk_counts_.data(), chunks});
            backend.for_each(p.size, AddChunks{chunk_counts_.data(), p.size, chunks, total});
        }
    }

    /// Buffers that only training needs, at the first update.
    void reserve_training() {
        if (training_reserved_) return;
        training_reserved_ = true;
        const bool sgd = std::holds_alternative<Sgd::Params>(train.optimizer);
        for (std::size_t k = 0; k < projections.size(); ++k) {
            const std::size_t transposed = !transposes(k) ? 0
                                           : windowed(k)  ? window(k, {}).transposed_size()
                                                          : projections[k].transposed_size();
            projections[k].reserve_training(sgd ? 1 : 2, transposed);
            online_.reserve(k, capacity, populations[network.projections[k].from].size,
                            windowed(k));
            if (delays[k]) delays[k]->reserve_training(sgd ? 1 : 2, paths.passes_gradient(k));
            if (!whole_panels && projections[k].trainable && !windowed(k))
                reserve_index(network.projections[k].from);
        }
        for (std::size_t k = 0; k < projections.size(); ++k) {
            if (scales(k)) projections[k].scaled = Buffer<float>(projections[k].element_count());
        }
        products_.reserve_training();
        for (PopulationBuffers<Backend>& p : populations) {
            if (p.dropout > 0.0f) p.kept = Buffer<float>(p.panels() * capacity.batch * panel_width);
        }
        for (std::size_t k = network.input_count(); k < populations.size(); ++k) {
            PopulationBuffers<Backend>& p = populations[k];
            if (!paths.needs_gradient(k)) continue;
            p.gradient = Buffer<float>(p.trace_size(capacity));
            if (const auto norm = norms.find(k); norm != norms.end())
                norm->second.reserve_training(p.trace_size(capacity), at_once, sgd ? 1 : 2);
            if (learned[k].any()) reserve_learning(k);
            if (paths.in_loop(k)) {
                NeuronModels::visit(network.populations[k].neuron, [&]<class M>(const auto&) {
                    if constexpr (NeuronModel<M>) {
                        const std::size_t of_cell =
                            sizeof(typename M::Adjoint) + (event_prop() ? sizeof(float) : 0);
                        p.adjoints =
                            Buffer<std::byte>(p.panels() * capacity.batch * panel_width * of_cell);
                    }
                });
            }
        }
        for (const RateSpec& spec : train.rate_penalty) {
            PopulationBuffers<Backend>& p = populations[number_of(spec.population)];
            p.rate_gradient = Buffer<float>(p.panels() * panel_width);
        }
    }

    /// From now on products of weights and values are rounded to the grid of the target: units in
    /// 1, by population. Weights must lie on it.
    void fix(std::vector<float> grid) { grid_ = std::move(grid); }

    /// Whether errors go on to the sources of projection k by the method that is in use.
    bool passes_error(std::size_t k) const {
        const Projection& p = network.projections[k];
        if (!paths.passes_gradient(k) || online_.local) return false;
        return !online_.forgets() || (p.delay == 0 && (!online_.direct || paths.is_output(p.to)));
    }
    /// See PhaseInput.
    std::vector<std::uint64_t> macs_of_step() const {
        std::vector<std::uint64_t> macs;
        if (!online_.forgets()) return macs;
        for (const Projection& p : network.projections) {
            int states = 0;
            NeuronModels::visit(network.populations[p.to].neuron, [&]<class M>(const auto&) {
                if constexpr (NeuronModel<M>) states = state_count<M>;
            });
            const auto k = static_cast<std::uint64_t>(states);
            macs.push_back(online_.following == Following::sources ? 1 : k * k + 2 * k + 3);
        }
        return macs;
    }

    /// See PhaseInput.
    std::optional<std::uint64_t> take_macs_at_spikes(std::size_t k) {
        return spikes_.follow(*this, k) ? std::optional(spikes_.take_macs(k)) : std::nullopt;
    }
    bool passes_at_spikes(std::size_t k) const {
        return spikes_.follow_all(*this, network.projections[k].from);
    }

    std::size_t number_of(const std::string& population) const {
        std::size_t k = 0;
        while (network.populations[k].name != population) ++k;
        return k;
    }
    PopulationBuffers<Backend>& output(std::size_t k) { return populations[network.output(k)]; }

  private:
    /// Spikes that dropout has left count more: the weights that they meet do.
    bool scales(std::size_t k) const {
        const PopulationBuffers<Backend>& source = populations[network.projections[k].from];
        return source.dropout > 0.0f && !source.sends_values;
    }
    float value_of_spike(std::size_t k) const {
        return 1.0f / (1.0f - populations[network.projections[k].from].dropout);
    }
    /// Those that the next pass takes.
    WeightPanels weights(std::size_t k) {
        return training_ && scales(k) ? projections[k].scaled_weights() : projections[k].weights();
    }
    /// factor * `from`, but for biases.
    void scale_weights(std::size_t k, Buffer<float>& from, Buffer<float>& to) {
        const ProjectionBuffers<Backend>& p = projections[k];
        const float factor = value_of_spike(k);
        if (p.synapses) {
            backend.for_each(p.element_count(),
                             ScaleSynapses{from.data(), to.data(), p.first_bias(), factor});
        } else {
            backend.for_each(p.element_count(),
                             ScaleRows{{from.data(), p.rows(), p.sources}, to.data(), factor});
        }
    }
    bool sparse(std::size_t k) const { return projections[k].synapses.has_value(); }
    SparseOn<Backend> synapses(std::size_t k, const BatchShape& shape) {
        const Projection& p = network.projections[k];
        ProjectionBuffers<Backend>& own = projections[k];
        const float* const weight = training_ && scales(k) ? own.scaled.data() : own.weight.data();
        return {backend,
                own,
                populations[p.from],
                populations[p.to],
                shape,
                weight,
                own.has_bias ? weight + own.first_bias() : nullptr};
    }
    bool windowed(std::size_t k) const { return network.projections[k].windowed.has_value(); }
    WindowOn<Backend> window(std::size_t k, const BatchShape& shape) {
        const Projection& p = network.projections[k];
        return {backend,
                *p.windowed,
                shape,
                populations[p.from].raw(),
                sends_constant(p.from),
                p.delay,
                training_ && scales(k) ? value_of_spike(k) : 1.0f};
    }
    /// Values that the encoder shows unchanged at every step.
    bool sends_constant(std::size_t k) const {
        const Sending s = sending_of(network, k);
        return s.constant && s.graded;
    }
    std::size_t part_of_update() const {
        std::size_t most = update_size;
        if constexpr (whole_panels)
            most = samples_at_once(network, train, update_size, backend.concurrency());
        if (ranks.alone()) return most;
        return std::min(ranks.most_of(most), ranks.most_of(update_size));
    }

    void reserve_population(std::size_t k) {
        PopulationBuffers<Backend>& p = populations.emplace_back();
        p.size = static_cast<std::size_t>(network.populations[k].size);
        p.order = network.populations[k].computed();
        p.dropout = network.populations[k].dropout;
        if (paths.is_input(k)) {
            const ShownInput input = network.input(k);
            Encoders::visit(input.encoder, [&]<class E>(const auto&) {
                p.sends_values = in_steps(input.shown) ? input.shown != SampleForm::spikes
                                                       : E::sends != Sends::spikes;
                if constexpr (E::needs_rank) {
                    if (rank_.size() < capacity.batch * p.size)
                        rank_ = Buffer<std::uint32_t>(capacity.batch * p.size);
                    if (active_.size() == 0) active_ = Buffer<std::uint32_t>(capacity.batch);
                }
            });
            p.reserve_output(capacity);
            if (paths.lists_events(k)) p.reserve_events(capacity);
            return;
        }
        NeuronModels::visit(network.populations[k].neuron, [&]<class M>(const auto&) {
            if constexpr (NeuronModel<M>) {
                p.sends_values = M::output != Output::spikes;
                for (int s = 0; s < M::saved_count; ++s)
                    p.saved[s] = Buffer<float>(p.trace_size(capacity));
                if (paths.in_loop(k) || comes_in_pieces(train.method, network.steps)) {
                    p.states = Buffer<std::byte>(p.panels() * capacity.batch * panel_width *
                                                 sizeof(typename M::State));
                    for (std::size_t out = 0; out < projections.size(); ++out) {
                        if (network.projections[out].from == k && paths.inside(out))
                            p.fired.try_emplace(projections[out].delay, capacity.batch, p.size,
                                                p.sends_values);
                    }
                }
                if (M::output != Output::trace) {
                    p.reserve_output(capacity);
                    if (paths.lists_events(k)) p.reserve_events(capacity);
                }
            }
        });
        if (paths.is_output(k)) p.output = Buffer<float>(p.trace_size(capacity));
        if (!learned[k].any()) return;
        p.constants = Buffer<float>(p.panels() * learned[k].constant_count() * panel_width);
        upload_constants(k);
    }

    void reserve_index(std::size_t k) {
        PopulationBuffers<Backend>& p = populations[k];
        if (p.event_index.size() == 0)
            p.event_index = Buffer<std::uint32_t>(capacity.batch * p.size);
    }
    void reserve_learning(std::size_t k) {
        PopulationBuffers<Backend>& p = populations[k];
        const std::size_t sums = p.panels() * learned[k].sum_count() * panel_width;
        p.sums = Buffer<float>(sums * capacity.batch);
        p.summed = Buffer<double>(sums);
        NeuronModels::visit(network.populations[k].neuron, [&]<class M>(const auto&) {
            if constexpr (LearnsParameters<M>) {
                if (has_held<M>) p.held = Buffer<float>(p.trace_size(capacity));
            }
        });
    }

    std::vector<std::size_t> entering(const Stage& stage) const {
        std::vector<std::size_t> found;
        for (std::size_t in = 0; in < projections.size(); ++in) {
            const std::size_t to = network.projections[in].to;
            if (to >= stage.first && to <= stage.last) found.push_back(in);
        }
        return found;
    }
    /// Adds what the samples of a batch have to say of what its populations, and the projections to
    /// them, learn.
    void add_gradients(const Stage& stage, const BatchShape& shape) {
        for (std::size_t k = stage.first; k <= stage.last; ++k) add_samples(k, shape);
        for (const std::size_t in : entering(stage)) weight_gradient(in, shape);
    }
    /// All ranks have those of all samples.
    void settle_gradients() {
        for (ProjectionBuffers<Backend>& p : projections) {
            if (p.trainable) ranks.settle(p.gradient);
        }
        for (const auto& d : delays) {
            if (d) ranks.settle(d->gradient());
        }
        for (PopulationBuffers<Backend>& p : populations) ranks.settle(p.summed);
    }
    /// Calls add(first, count) for panels of the targets of a projection, see RanksOn.
    template <class Add>
    void panels_in_turn(ProjectionBuffers<Backend>& p, Add&& add) {
        ranks.pieces_in_turn(p.gradient, p.target_panels, p.rows() * panel_width, add);
    }

    void add_samples(std::size_t k, const BatchShape& shape) {
        if (!learned[k].any()) return;
        PopulationBuffers<Backend>& p = populations[k];
        const AddSamples<Columns> body{p.sums.data(), shape.batch, learned[k].sum_count(),
                                       p.summed.data()};
        ranks.in_turn(p.summed, [&] { backend.for_each(body.size(p.panels()), body); });
    }
    void read_gradient(std::size_t k) {
        if (!learned[k].any()) return;
        std::vector<double> sums(populations[k].summed.size());
        populations[k].summed.copy_to(sums.data(), sums.size());
        learned[k].set_gradient(sums);
        populations[k].summed.fill_zero();
    }

    void find_gradients(Objective objective) {
        std::vector<bool> of_populations, of_projections;
        for (std::size_t k = 0; k < populations.size(); ++k)
            of_populations.push_back(learned[k].any() || norms.count(k) > 0);
        for (const ProjectionBuffers<Backend>& p : projections)
            of_projections.push_back(p.trainable);
        paths.find_gradients(std::move(of_populations), of_projections, objective);
    }

    /// Calls f<M>(constants) for the model M of a population's neurons; where their parameters are
    /// trained, f<Learning<M>>(constants by cell).
    template <class F>
    void visit_neurons(std::size_t k, F&& f) {
        NeuronModels::visit(network.populations[k].neuron, [&]<class M>(const auto& params) {
            if constexpr (LearnsParameters<M>) {
                if (learned[k].any())
                    return f.template operator()<Learning<M>>(
                        ByCell<typename M::Constants>{populations[k].constants.data()});
            }
            if constexpr (NeuronModel<M>) f.template operator()<M>(M::prepare(params, network.dt));
        });
    }

    /// The same to go forward: neurons that learn by layer, and hold nothing for the way back, do
    /// as those that learn nothing.
    template <class F>
    void visit_forward(std::size_t k, F&& f) {
        NeuronModels::visit(network.populations[k].neuron, [&]<class M>(const auto&) {
            if constexpr (LearnsParameters<M> && !has_held<M>) {
                if (learned[k].by_layer()) {
                    const auto params = std::get<typename M::Params>(learned[k].of_cell(0));
                    return f.template operator()<M>(M::prepare(params, network.dt));
                }
            }
            visit_neurons(k, f);
        });
    }

    /// What a population has sent, as events.
    void collect(std::size_t k, const BatchShape& shape) {
        PopulationBuffers<Backend>& p = populations[k];
        if (p.grid.step > 0.0f)
            backend.for_each(shape.rows() * p.size, QuantizeValues{p.grid, p.values.data()});
        if (paths.lists_events(k))
            backend.for_each(shape.batch, CollectEvents{shape, p.raw(), p.events()});
    }

    void encode(std::size_t k, const BatchShape& shape, const BatchSamples& samples) {
        PopulationBuffers<Backend>& input = populations[k];
        const ShownInput how = network.input(k);
        if (in_steps(how.shown)) {
            backend.for_each(shape.batch * samples.inputs, ShowSteps{shape, samples, input.raw()});
            return;
        }
        Encoders::visit(how.encoder, [&]<class E>(const typename E::Params& params) {
            if constexpr (shows_over_steps<E>) {
                throw InternalError("samples of a sequence are in steps");
            } else {
                if constexpr (E::needs_rank)
                    backend.for_each(shape.batch,
                                     RankInputs{samples, rank_.data(), active_.data()});
                backend.for_each(
                    shape.batch * samples.inputs,
                    EncodeInputs<E>{shape, samples, E::prepare(params, network.dt, network.steps),
                                    input.raw(), rank_.data(), active_.data()});
            }
        });
    }

    template <class N>
    void step_layer(std::size_t k, const BatchShape& shape,
                    const typename NeuronsOf<N>::Constants& constants) {
        PopulationBuffers<Backend>& p = populations[k];
        const std::size_t count = place_count<Columns>(shape.batch, p.panels());
        const StepNeurons<N, Columns> step{
            shape, p.panels(), constants, p.layer(training_), {p.states.data()}};
        bool begun = products_.forward(*this, k, shape);
        std::vector<std::size_t> inputs = paths.inputs_of(k, false);
        std::erase_if(inputs, [&](std::size_t in) { return products_.has(in); });
        const bool norm = norms.count(k) > 0;
        for (std::size_t n = 0; n < inputs.size(); ++n) {
            const std::size_t in = inputs[n];
            const bool last = n + 1 == inputs.size() && !norm;
            if (last && windowed(in)) {
                window(in, shape).sum(weights(in), {p.saved[0].data()}, begun, step);
                return;
            }
            if (last && projections[in].delay == 0 && !delays[in] && !sparse(in) &&
                !single_values(in, shape) && !rounds(in)) {
                backend.for_each(count, Then{sum_inputs<false>(in, shape, begun), step});
                return;
            }
            sum_all_steps(in, shape, begun, projections[in].delay);
            begun = true;
        }
        if (norm) norms.at(k).forward(backend, ranks, shape, {p.saved[0].data()}, training_);
        backend.for_each(count, step);
    }

    /// Where the sums of projection `in` go, and where dL/d of them stands.
    TracePanels sums_of(std::size_t in) {
        if (float* const own = products_.sums_of(in)) return {own};
        return {populations[network.projections[in].to].saved[0].data()};
    }
    TracePanels upper_of(std::size_t in) {
        if (float* const own = products_.gradients_of(in)) return {own};
        return {populations[network.projections[in].to].gradient.data()};
    }

    template <bool Delayed>
    SumInputs<Columns, Delayed> sum_inputs(std::size_t in, const BatchShape& shape, bool accumulate,
                                           std::size_t lag = 0) {
        const std::size_t panels = populations[network.projections[in].to].panels();
        return {shape, panels, arriving(in), weights(in), sums_of(in), accumulate, lag};
    }

    /// What acts on the targets of a projection, as events: what its sources have sent, or, where
    /// they learn delays, what was made of it.
    Events arriving(std::size_t in) {
        if (delays[in] && delays[in]->by_source()) return delays[in]->arriving_events();
        return populations[network.projections[in].from].events();
    }

    /// See fix; sums of spikes are exact without.
    bool rounds(std::size_t in) const {
        return !grid_.empty() && populations[network.projections[in].from].sends_values;
    }

    /// What projection `in` brings in all steps, `lag` steps after it was sent.
    void sum_all_steps(std::size_t in, const BatchShape& shape, bool accumulate, std::size_t lag) {
        if (windowed(in)) {
            window(in, shape).sum(weights(in), sums_of(in), accumulate, Nothing{});
            return;
        }
        if (sparse(in)) {
            synapses(in, shape).sum(accumulate, lag,
                                    rounds(in) ? grid_[network.projections[in].to] : 0.0f);
            return;
        }
        if (delays[in] && delays[in]->by_source()) {
            delays[in]->filter(backend, shape, populations[network.projections[in].from].raw());
        } else if (delays[in]) {
            const std::size_t to = network.projections[in].to;
            delays[in]->sum(backend, shape, arriving(in), weights(in), sums_of(in), accumulate,
                            rounds(in) ? grid_[to] : 0.0f);
            return;
        }
        const SumInputs<Columns> sum = sum_inputs<false>(in, shape, accumulate);
        const std::size_t count = place_count<Columns>(shape.batch, sum.panels);
        if (rounds(in)) {
            backend.for_each(
                count, SumRounded<Columns>{shape, sum.panels, sum.events, sum.weights, sum.input,
                                           accumulate, lag, grid_[network.projections[in].to]});
        } else if (lag > 0) {
            backend.for_each(count, sum_inputs<true>(in, shape, accumulate, lag));
        } else if (single_values(in, shape)) {
            if constexpr (whole_panels) {
                const SumValues<Columns> values{shape,       sum.panels, sum.events,
                                                sum.weights, sum.input,  sum.accumulate};
                backend.for_each(values.size(), values);
            }
        } else {
            backend.for_each(count, sum);
        }
    }

    /// Of neurons that learn with the place for their sums.
    template <class N>
    StepNeuronsBack<N, Columns> back_step(std::size_t k, const BatchShape& shape,
                                          const typename NeuronsOf<N>::Constants& constants) {
        PopulationBuffers<Backend>& p = populations[k];
        return {shape,
                p.panels(),
                constants,
                surrogate_,
                p.layer(training_),
                p.rate_gradient.data(),
                {p.sums.data(), shape.batch},
                online_.forgets()};
    }

    bool event_prop() const { return std::holds_alternative<EventProp::Params>(train.method); }

    template <class Step>
    void step_layer_back(std::size_t k, const BatchShape& shape, const Step& step) {
        const std::size_t count = place_count<Columns>(shape.batch, populations[k].panels());
        const std::vector<std::size_t> outputs = paths.passing_back(k);
        for (std::size_t n = 0; n < outputs.size(); ++n) {
            const std::size_t out = outputs[n];
            const bool last = n + 1 == outputs.size();
            if (last && windowed(out)) {
                back_window(out, shape, n > 0, step);
                continue;
            }
            if (last && !single_back(out, shape) && !delays[out] && !sparse(out)) {
                backend.for_each(count,
                                 Then{back_data(out, shape, n > 0, projections[out].delay), step});
                continue;
            }
            pass_back(out, shape, n > 0, projections[out].delay);
            if (last) backend.for_each(count, step);
        }
        if (outputs.empty()) {
            start_gradient(k, shape);
            backend.for_each(count, step);
        }
        if (norms.count(k) > 0)
            norms.at(k).backward(backend, ranks, shape, {populations[k].gradient.data()});
        products_.backward(*this, k, shape);
    }

    /// dL/d(output) of a population to which nothing comes back: of an output the loss has written
    /// it.
    void start_gradient(std::size_t k, const BatchShape& shape) {
        PopulationBuffers<Backend>& p = populations[k];
        if (paths.follows_error(k)) {
            PopulationBuffers<Backend>& cells = populations[*network.populations[k].dendrites_of];
            const std::size_t all = ranks.samples(shape.batch);
            if (errors_.size() < all * p.size) errors_ = Buffer<float>(all * p.size);
            backend.for_each(
                shape.batch * p.size,
                CellErrors{shape, p.size, p.order, {cells.gradient.data()}, errors_.data()});
            ranks.gather_rows(errors_, shape.batch, p.size);
            backend.for_each(p.size, CorrelationGradient{shape,
                                                         p.size,
                                                         p.order,
                                                         errors_.data(),
                                                         all,
                                                         ranks.first_sample(),
                                                         {p.gradient.data()}});
        } else if (!paths.is_output(k)) {
            p.gradient.fill_zero();
        }
    }

    /// dL/d(output) of the sources of projection `out`, for all steps.
    void pass_back(std::size_t out, const BatchShape& shape, bool accumulate, std::size_t lag) {
        if (windowed(out)) {
            back_window(out, shape, accumulate, Nothing{});
            return;
        }
        if (sparse(out)) {
            synapses(out, shape).back(accumulate, lag, upper_);
            return;
        }
        if (delays[out]) {
            const std::size_t from = network.projections[out].from;
            delays[out]->pass_back(backend, shape, upper_of(out), weights(out),
                                   {populations[from].gradient.data()}, accumulate);
            return;
        }
        const BackData<Columns> back = back_data(out, shape, accumulate, lag);
        if (lag == 0 && single_back(out, shape)) {
            if constexpr (whole_panels) {
                const BackValues<Columns, TransposedPanels> values{
                    shape, back.panels, back.upper, back.weights, back.gradient, back.accumulate};
                backend.for_each(values.size(), values);
            }
        } else {
            backend.for_each(place_count<Columns>(shape.batch, back.panels), back);
        }
    }

    template <class After>
    void back_window(std::size_t out, const BatchShape& shape, bool accumulate,
                     const After& after) {
        window(out, shape)
            .back(weights(out), projections[out].transposed.data(), upper_of(out),
                  {populations[network.projections[out].from].gradient.data()}, accumulate, after);
    }

    BackData<Columns> back_data(std::size_t out, const BatchShape& shape, bool accumulate,
                                std::size_t lag) {
        PopulationBuffers<Backend>& lower = populations[network.projections[out].from];
        return {shape,
                lower.panels(),
                upper_of(out),
                projections[out].transposed_weights(),
                {lower.gradient.data()},
                accumulate,
                lag};
    }

    void weight_gradient(std::size_t in, const BatchShape& shape) {
        ProjectionBuffers<Backend>& p = projections[in];
        if (!p.trainable) return;
        PopulationBuffers<Backend>& target = populations[network.projections[in].to];
        if (windowed(in)) {
            WindowOn<Backend> of = window(in, shape);
            of.raw = online_.raw(in, of.raw);
            const auto add = of.weight_gradient(p.gradients(), upper_of(in), partial_);
            ranks.in_turn(p.gradient, [&] { backend.for_each(add.elements, add); });
            return;
        }
        if (sparse(in)) {
            synapses(in, shape).add_gradient(p.delay, upper_, ranks);
            return;
        }
        if (spikes_.follow(*this, in)) {
            ranks.in_turn(p.gradient, [&] {
                spikes_.gradient(*this, in, shape);
                if (p.has_bias)
                    backend.for_each(target.panels() * (panel_width / width_of<Columns>),
                                     BiasGradient<Columns>{shape, upper_of(in), p.gradients()});
            });
            return;
        }
        if (delays[in] && delay_gradient(in, shape)) return;
        const Events* const followed = online_.events(in);
        const Events events = followed ? *followed : arriving(in);
        const std::size_t lag = followed ? 0 : p.delay;
        if constexpr (!whole_panels) {
            PopulationBuffers<Backend>& source = populations[network.projections[in].from];
            backend.for_each(shape.batch * source.size,
                             IndexEvents{events, source.event_index.data()});
            const RowGradient<Columns> body{
                shape,        target.panels(), events, source.event_index.data(),
                upper_of(in), p.gradients(),   lag};
            ranks.in_turn(p.gradient, [&] { backend.for_each(body.size(), body); });
        } else {
            const bool values = !followed && single_values(in, shape);
            panels_in_turn(p, [&](std::size_t first, std::size_t count) {
                const TracePanels upper = upper_of(in).from(shape, first);
                const WeightPanels gradients = p.gradients().from(first);
                if (values) {
                    add_values(in, shape, count, upper, gradients);
                    return;
                }
                // Whole panels where there are enough of them to share out, else blocks of rows.
                const bool whole = count >= 16;
                const WeightGradient<Columns> body{
                    shape,     count, whole ? p.rows() : Backend::gradient_block, events, upper,
                    gradients, lag};
                backend.for_each(body.size(), body);
            });
        }
    }
    /// The same of values in a single step.
    void add_values(std::size_t in, const BatchShape& shape, std::size_t panels,
                    const TracePanels& upper, const WeightPanels& gradients) {
        using Gradient = ValueGradient<Columns>;
        const float* const values = populations[network.projections[in].from].values.data();
        for (std::size_t first = 0; first < shape.batch; first += Gradient::block) {
            const Gradient body{shape,
                                panels,
                                values,
                                upper,
                                gradients,
                                first,
                                std::min(first + Gradient::block, shape.batch)};
            backend.for_each(body.size(), body);
        }
    }

    /// The backward pass of methods whose errors stay in a step.
    void backward_in_step(const BatchShape& shape, const LocalTargets& targets) {
        std::vector<std::size_t> later;  // see backward()
        for (std::size_t k = 0; k < projections.size(); ++k)
            online_.follow(backend, k, shape, populations[network.projections[k].from].raw());
        for (std::size_t k = populations.size(); k-- > 0;) {
            if (!paths.needs_gradient(k)) continue;
            bool begun = paths.is_output(k);  // the loss has written its gradient
            if (online_.local && !begun) {
                online_.local_errors(backend, k, shape, populations[k], targets);
                begun = true;
            }
            for (std::size_t out = 0; !online_.local && out < projections.size(); ++out) {
                if (network.projections[out].from != k || !passes_error(out)) continue;
                pass_back(out, shape, begun, 0);
                begun = true;
            }
            if (!begun) start_gradient(k, shape);
            visit_neurons(k, [&]<class N>(const auto& constants) {
                const auto step = back_step<N>(k, shape, constants);
                if (online_.following == Following::eligibility)
                    online_.find_slopes(backend, step, populations[k].trace_size(shape));
                backend.for_each(place_count<Columns>(shape.batch, populations[k].panels()), step);
            });
            for (std::size_t in = 0; in < projections.size(); ++in) {
                ProjectionBuffers<Backend>& p = projections[in];
                if (network.projections[in].to != k || !p.trainable) continue;
                back_to_arriving(in, shape);
                if (online_.following == Following::eligibility) {
                    panels_in_turn(p, [&](std::size_t first, std::size_t count) {
                        online_.eligibility_gradient(
                            backend, in, shape, populations[network.projections[in].from].raw(),
                            {first, count, p.target_panels}, capacity, p.gradients());
                    });
                } else if (ranks.alone()) {
                    weight_gradient(in, shape);
                } else {
                    later.push_back(in);
                }
            }
        }
        if (ranks.alone()) return;
        for (const std::size_t in : later) weight_gradient(in, shape);
        settle_gradients();
    }

    /// Where the sources of projection `in` learn delays, dL/d of what arrives of them.
    void back_to_arriving(std::size_t in, const BatchShape& shape) {
        if (!delays[in] || !delays[in]->by_source() || !projections[in].trainable) return;
        BackData<Columns> back = back_data(in, shape, false, 0);
        back.gradient = delays[in]->arriving_gradient();
        backend.for_each(place_count<Columns>(shape.batch, back.panels), back);
    }
    /// Of the delays of projection `in`; true where that of its weights is found too.
    bool delay_gradient(std::size_t in, const BatchShape& shape) {
        DelaysOn<Backend>& d = *delays[in];
        PopulationBuffers<Backend>& source = populations[network.projections[in].from];
        if (d.by_source()) {
            d.add_gradients(backend, ranks, shape, source.raw());
            return false;
        }
        d.add_gradients(backend, ranks, shape, source.events(), upper_of(in), weights(in),
                        projections[in]);
        return true;
    }

    /// Whether the backward pass needs the weights of projection k with sources as columns.
    bool transposes(std::size_t k) const {
        if (sparse(k)) return false;
        return delays[k] ? delays[k]->by_source() : paths.passes_gradient(k);
    }

    /// Writes the weights by which errors go back, where they are not those of the network.
    void back_by_random(std::size_t k) {
        ProjectionBuffers<Backend>& p = projections[k];
        const WeightPanels random{p.feedback.data(), p.rows(), p.sources};
        if (windowed(k))
            window(k, {}).transpose(random, p.transposed.data());
        else
            backend.for_each(p.transposed.size(),
                             Transpose{random, p.transposed_weights(), p.source_order});
    }

    /// Whether the bodies of single_step.hpp will do.
    bool single_back(std::size_t k, const BatchShape& shape) const {
        return shape.steps == 1 && whole_panels && projections[k].delay == 0;
    }
    bool single_values(std::size_t k, const BatchShape& shape) const {
        return single_back(k, shape) && populations[network.projections[k].from].sends_values;
    }

    WeightUpdate<Backend> update_;
    std::vector<float> grid_;  // see fix; empty: none
    Surrogate surrogate_;
    std::uint64_t phase_begins_ = 0;  // of the one that is under way
    ProductsOn<Backend> products_;
    OnlineOn<Backend> online_;
    EventPropOn<Backend> spikes_;
    Buffer<std::uint32_t> rank_, active_, chunk_counts_;
    Buffer<float> partial_;  // of chunks of samples, see ConvGradient
    Buffer<float> errors_;   // see CellErrors
    typename SparseOn<Backend>::Upper upper_;
    bool training_reserved_ = false;
    bool training_ = false;  // see start_training
};

}  // namespace snnsim
