// A network on a backend: forward through its layers, back through them, and the weight update.
#pragma once

#include <cmath>
#include <cstring>

#include "kernels/training/encode_batch.hpp"
#include "kernels/training/losses.hpp"
#include "kernels/training/mask.hpp"
#include "kernels/training/single_step.hpp"
#include "kernels/training/sum_rounded.hpp"
#include "snnsim/error.hpp"
#include "snnsim/trainer.hpp"
#include "src/network/stages.hpp"
#include "src/training/buffers.hpp"

namespace snnsim {

template <class Backend>
class NetworkOn {
    using Columns = typename Backend::Columns;
    static constexpr bool whole_panels = width_of<Columns> == panel_width;  // a CPU
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

  public:
    NetworkOn(const Network& network, const TrainerOptions& options)
        : backend(options.threads),
          network(network),
          train(options.train),
          capacity{static_cast<std::size_t>(std::max<std::int64_t>(options.train.batch, 1)),
                   static_cast<std::size_t>(network.steps)},
          stages_(stages_of(network)) {
        Surrogates::visit(train.surrogate, [&]<class S>(const typename S::Params& params) {
            surrogate_.kind = static_cast<int>(train.surrogate.index());
            if constexpr (!std::is_empty_v<typename S::Constants>) {
                const typename S::Constants constants = S::prepare(params);
                std::memcpy(surrogate_.constants, &constants, sizeof(constants));
            }
        });
        for (const Projection& p : network.projections) {
            projections.emplace_back(p, static_cast<std::size_t>(network.populations[p.from].size),
                                     static_cast<std::size_t>(network.populations[p.to].size));
        }
        for (std::size_t k = 0; k < network.populations.size(); ++k) reserve_population(k);
        find_gradients_needed();
    }

    Backend backend;
    const Network network;
    const TrainSpec train;
    const BatchShape capacity;  // the largest batch
    std::vector<PopulationBuffers<Backend>> populations;
    std::vector<ProjectionBuffers<Backend>> projections;
    std::uint64_t updates = 0;  // weight updates done

    /// Encodes what each input is shown of the samples, and runs all layers.
    void forward(const BatchShape& shape, const std::vector<BatchSamples>& samples) {
        SNN_EXPECT(samples.size() == network.input_count());
        for (std::size_t k = 0; k < samples.size(); ++k) encode(k, shape, samples[k]);
        propagate(shape);
    }

    /// Runs all layers on what stands in the input population's output.
    void propagate(const BatchShape& shape) {
        for (const Stage& stage : stages_) {
            if (stage.loop) {
                step_loop(stage, shape);
            } else if (!is_input(stage.first)) {
                visit_neurons(stage.first, [&]<class M>(const typename M::Constants& constants) {
                    step_layer<M>(stage.first, shape, constants);
                });
            }
            for (std::size_t k = stage.first; k <= stage.last; ++k) {
                if (sends(k)) collect(k, shape);
            }
        }
    }

    /// From dL/d(output) of the outputs, which the losses have written, to the gradients of all
    /// weights.
    void backward(const BatchShape& shape) {
        for (std::size_t k = 0; k < projections.size(); ++k) {
            if (!passes_gradient(k)) continue;
            ProjectionBuffers<Backend>& p = projections[k];
            backend.for_each(p.transposed.size(), Transpose{p.weights(), p.transposed_weights()});
        }
        for (auto stage = stages_.rbegin(); stage != stages_.rend(); ++stage) {
            // All populations of a cycle need one, or none does.
            if (!needs_gradient_[stage->first]) continue;
            if (stage->loop) {
                step_loop_back(*stage, shape);
            } else {
                visit_neurons(stage->first, [&]<class M>(const typename M::Constants& constants) {
                    step_layer_back<M>(stage->first, shape, constants);
                });
            }
            for (std::size_t in = 0; in < projections.size(); ++in) {
                const std::size_t to = network.projections[in].to;
                if (to >= stage->first && to <= stage->last) weight_gradient(in, shape);
            }
        }
    }

    /// Clips the gradients if asked to, updates the weights and sets the gradients to zero.
    void update(double learning_rate) {
        ++updates;
        for (ProjectionBuffers<Backend>& p : projections) {
            if (!p.trainable || p.mask.size() == 0) continue;
            backend.for_each(p.element_count(), MaskGradient{p.mask.data(), p.gradient.data()});
        }
        const float* scale = clip();
        Optimizers::visit(train.optimizer, [&]<class O>(const typename O::Params& params) {
            const auto rule = rule_of<O>(params, learning_rate);
            for (ProjectionBuffers<Backend>& p : projections) {
                if (!p.trainable) continue;
                using Update = std::remove_const_t<decltype(rule)>;
                const UpdateWeights<Update, Columns> body{
                    {p.weight.data(), p.gradient.data(), {p.moment[0].data(), p.moment[1].data()}},
                    rule,
                    scale};
                if (p.frozen == Frozen::nothing) {
                    backend.for_each(p.element_count() / width_of<Columns>, body);
                    continue;
                }
                const bool bias = p.frozen == Frozen::weights;  // it alone learns
                const InRows<UpdateWeights<Update, Columns>, panel_width / width_of<Columns>> some{
                    body, p.rows(), bias ? p.sources : 0, bias ? 1 : p.sources};
                backend.for_each(some.size(panels_of(p.targets)), some);
            }
        });
    }

    /// Adds the penalty on a population's rates to the gradient of its next backward pass; its loss
    /// per neuron goes to `loss`.
    void penalise_rate(const RateSpec& spec, const BatchShape& shape, float* loss) {
        std::size_t k = 0;
        while (network.populations[k].name != spec.population) ++k;
        PopulationBuffers<Backend>& p = populations[k];
        p.spike_count.fill_zero();
        count_events(k, shape, shape.steps, p.spike_count.data());
        backend.for_each(
            p.size,
            RatePenalty{p.spike_count.data(), p.size, 1.0f / static_cast<float>(shape.rows()),
                        static_cast<float>(spec.lower), static_cast<float>(spec.upper),
                        static_cast<float>(spec.strength), p.rate_gradient.data(), loss});
    }

    /// Adds the events of population k before step `until` to `total` [neuron].
    void count_events(std::size_t k, const BatchShape& shape, std::size_t until,
                      std::uint64_t* total) {
        PopulationBuffers<Backend>& p = populations[k];
        const CountOutput count{shape, p.raw(), until};
        if constexpr (!whole_panels) {
            backend.for_each(p.size, CountEvents{count, p.size, total});
        } else {
            const std::size_t chunks = CountChunk::chunks;
            if (chunk_counts_.size() < chunks * p.size)
                chunk_counts_ = Buffer<std::uint32_t>(chunks * p.size);
            backend.for_each(chunks, CountChunk{count, p.size, chunk_counts_.data()});
            backend.for_each(p.size, AddChunks{chunk_counts_.data(), p.size, total});
        }
    }

    /// Buffers that only training needs, at the first update.
    void reserve_training() {
        if (training_reserved_) return;
        training_reserved_ = true;
        const bool sgd = std::holds_alternative<Sgd::Params>(train.optimizer);
        for (std::size_t k = 0; k < projections.size(); ++k) {
            projections[k].reserve_training(sgd ? 1 : 2, passes_gradient(k));
            PopulationBuffers<Backend>& source = populations[network.projections[k].from];
            if (!whole_panels && projections[k].trainable)
                source.event_index = Buffer<std::uint32_t>(capacity.batch * source.size);
        }
        clip_scale_ = Buffer<float>(1);
        for (std::size_t k = network.input_count(); k < populations.size(); ++k) {
            PopulationBuffers<Backend>& p = populations[k];
            if (!needs_gradient_[k]) continue;
            p.gradient = Buffer<float>(p.trace_size(capacity));
            if (in_loop(k)) {
                NeuronModels::visit(network.populations[k].neuron, [&]<class M>(const auto&) {
                    if constexpr (NeuronModel<M>) {
                        p.adjoints = Buffer<std::byte>(p.panels() * capacity.batch * panel_width *
                                                       sizeof(typename M::Adjoint));
                    }
                });
            }
        }
        for (const RateSpec& spec : train.rate_penalty) {
            for (std::size_t k = 0; k < populations.size(); ++k) {
                if (network.populations[k].name != spec.population) continue;
                populations[k].rate_gradient = Buffer<float>(populations[k].panels() * panel_width);
            }
        }
    }

    /// From now on products of weights and values are rounded to the grid of the target: units in
    /// 1, by population. Weights must lie on it.
    void fix(std::vector<float> grid) { grid_ = std::move(grid); }

    /// Whether anything listens to population k: other populations, or itself.
    bool sends(std::size_t k) const {
        return std::any_of(network.projections.begin(), network.projections.end(),
                           [&](const Projection& p) { return p.from == k; });
    }

    /// Whether the gradient goes on to the sources of projection k.
    bool passes_gradient(std::size_t k) const {
        return needs_gradient_[network.projections[k].from];
    }

    PopulationBuffers<Backend>& output(std::size_t k) { return populations[network.output(k)]; }

  private:
    bool is_input(std::size_t k) const { return k < network.input_count(); }
    bool is_output(std::size_t k) const {
        if (network.outputs.empty()) return k + 1 == network.populations.size();
        return std::find(network.outputs.begin(), network.outputs.end(), k) !=
               network.outputs.end();
    }

    void reserve_population(std::size_t k) {
        PopulationBuffers<Backend>& p = populations.emplace_back();
        p.size = static_cast<std::size_t>(network.populations[k].size);
        if (is_input(k)) {
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
            p.reserve_events(capacity);
            return;
        }
        NeuronModels::visit(network.populations[k].neuron, [&]<class M>(const auto&) {
            if constexpr (NeuronModel<M>) {
                p.sends_values = M::output != Output::spikes;
                for (int s = 0; s < M::saved_count; ++s)
                    p.saved[s] = Buffer<float>(p.trace_size(capacity));
                if (in_loop(k)) {
                    p.states = Buffer<std::byte>(p.panels() * capacity.batch * panel_width *
                                                 sizeof(typename M::State));
                    for (std::size_t out = 0; out < projections.size(); ++out) {
                        if (network.projections[out].from == k && inside(out))
                            p.fired.try_emplace(projections[out].delay, capacity.batch, p.size,
                                                p.sends_values);
                    }
                }
                if (M::output != Output::trace) p.reserve_events(capacity);
            }
        });
        if (is_output(k)) p.output = Buffer<float>(p.trace_size(capacity));
    }

    /// A population needs dL/d(output) when a trainable projection enters it or leads to it from
    /// before.
    void find_gradients_needed() {
        needs_gradient_.assign(populations.size(), false);
        for (bool grew = true; grew;) {
            grew = false;
            for (const Projection& p : network.projections) {
                if (needs_gradient_[p.to] || !(p.trainable || needs_gradient_[p.from])) continue;
                needs_gradient_[p.to] = grew = true;
            }
        }
    }

    const Stage& stage_of(std::size_t k) const {
        std::size_t at = 0;
        while (stages_[at].last < k) ++at;
        return stages_[at];
    }
    bool in_loop(std::size_t k) const { return stage_of(k).loop; }
    /// Whether projection k lies on a cycle.
    bool inside(std::size_t k) const {
        const Stage& stage = stage_of(network.projections[k].from);
        return stage.loop && &stage == &stage_of(network.projections[k].to);
    }
    /// The projections to population k, or from it, that lie on a cycle, or those that do not.
    std::vector<std::size_t> inputs_of(std::size_t k, bool inside_loop) const {
        return find_projections([&](std::size_t n) {
            return network.projections[n].to == k && inside(n) == inside_loop;
        });
    }
    std::vector<std::size_t> outputs_of(std::size_t k, bool inside_loop) const {
        return find_projections([&](std::size_t n) {
            return network.projections[n].from == k && inside(n) == inside_loop;
        });
    }
    template <class Wanted>
    std::vector<std::size_t> find_projections(Wanted&& wanted) const {
        std::vector<std::size_t> found;
        for (std::size_t n = 0; n < projections.size(); ++n) {
            if (wanted(n)) found.push_back(n);
        }
        return found;
    }

    /// Calls f<M>(constants) for the model M of a population's neurons.
    template <class F>
    void visit_neurons(std::size_t k, F&& f) const {
        NeuronModels::visit(network.populations[k].neuron, [&]<class M>(const auto& params) {
            if constexpr (NeuronModel<M>) f.template operator()<M>(M::prepare(params, network.dt));
        });
    }

    /// What a population has sent, as events.
    void collect(std::size_t k, const BatchShape& shape) {
        PopulationBuffers<Backend>& p = populations[k];
        if (p.grid.step > 0.0f)
            backend.for_each(shape.rows() * p.size, QuantizeValues{p.grid, p.values.data()});
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
            if constexpr (E::needs_rank) {
                backend.for_each(shape.batch, RankInputs{samples, rank_.data(), active_.data()});
            }
            backend.for_each(
                shape.batch * samples.inputs,
                EncodeInputs<E>{shape, samples, E::prepare(params, network.dt, network.steps),
                                input.raw(), rank_.data(), active_.data()});
        });
    }

    template <NeuronModel M>
    void step_layer(std::size_t k, const BatchShape& shape,
                    const typename M::Constants& constants) {
        PopulationBuffers<Backend>& p = populations[k];
        const std::size_t count = place_count<Columns>(shape.batch, p.panels());
        const StepNeurons<M, Columns> step{shape, p.panels(), constants, p.layer()};
        const std::vector<std::size_t> inputs = inputs_of(k, false);
        for (std::size_t n = 0; n < inputs.size(); ++n) {
            const std::size_t in = inputs[n];
            const bool last = n + 1 == inputs.size();
            if (last && projections[in].delay == 0 && !single_values(in, shape) && !rounds(in)) {
                backend.for_each(count, Then{sum_inputs<false>(in, shape, n > 0), step});
                continue;
            }
            sum_all_steps(in, shape, n > 0, projections[in].delay);
            if (last) backend.for_each(count, step);
        }
    }

    template <bool Delayed>
    SumInputs<Columns, Delayed> sum_inputs(std::size_t in, const BatchShape& shape, bool accumulate,
                                           std::size_t lag = 0) {
        PopulationBuffers<Backend>& target = populations[network.projections[in].to];
        return {shape,
                target.panels(),
                populations[network.projections[in].from].events(),
                projections[in].weights(),
                {target.saved[0].data()},
                accumulate,
                lag};
    }

    /// See fix; sums of spikes are exact without.
    bool rounds(std::size_t in) const {
        return !grid_.empty() && populations[network.projections[in].from].sends_values;
    }

    /// What projection `in` brings in all steps, `lag` steps after it was sent.
    void sum_all_steps(std::size_t in, const BatchShape& shape, bool accumulate, std::size_t lag) {
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

    /// The populations of a cycle, step by step: first what comes from outside, and biases, for all
    /// steps; then, in each, what they have sent each other.
    void step_loop(const Stage& stage, const BatchShape& shape) {
        for (std::size_t k = stage.first; k <= stage.last; ++k) {
            bool begun = false;
            for (const std::size_t in : inputs_of(k, false)) {
                sum_all_steps(in, shape, begun, projections[in].delay);
                begun = true;
            }
            for (const std::size_t in : inputs_of(k, true)) {
                if (begun && !projections[in].has_bias) continue;
                sum_all_steps(in, shape, begun, shape.steps);  // the bias alone
                begun = true;
            }
        }
        for (std::size_t t = 0; t < shape.steps; ++t) {
            for (std::size_t k = stage.first; k <= stage.last; ++k) {
                for (auto& [delay, fired] : populations[k].fired) {
                    if (delay > 0 && t >= delay) list_fired(k, shape, t - delay, fired.fired());
                }
            }
            for (std::size_t k = stage.first; k <= stage.last; ++k) {
                visit_neurons(k, [&]<class M>(const typename M::Constants& constants) {
                    step_in_loop<M>(k, shape, constants, t);
                });
                const auto at_once = populations[k].fired.find(0);
                if (at_once != populations[k].fired.end())
                    list_fired(k, shape, t, at_once->second.fired());
            }
        }
    }

    void list_fired(std::size_t k, const BatchShape& shape, std::size_t t, const Fired& fired) {
        PopulationBuffers<Backend>& p = populations[k];
        if (p.sends_values) {
            backend.for_each(shape.batch,
                             ListValues{shape, p.size, p.values.data(), p.grid, t, fired});
        } else {
            backend.for_each(shape.batch, ListFired{shape, p.size, p.bits.data(), t, fired});
        }
    }

    template <NeuronModel M>
    void step_in_loop(std::size_t k, const BatchShape& shape,
                      const typename M::Constants& constants, std::size_t t) {
        PopulationBuffers<Backend>& p = populations[k];
        const std::size_t count = place_count<Columns>(shape.batch, p.panels());
        const StepNeurons<M, Columns> step{shape, p.panels(), constants, p.layer()};
        const std::vector<std::size_t> inputs = inputs_of(k, true);
        for (const std::size_t in : inputs) {
            const std::size_t delay = projections[in].delay;
            const Fired fired = populations[network.projections[in].from].fired.at(delay).fired();
            const AddFired<Columns> add{shape,
                                        p.panels(),
                                        projections[in].weights(),
                                        t >= delay ? fired : Fired{},
                                        {p.saved[0].data()},
                                        t};
            if (in == inputs.back()) {
                backend.for_each(count, RecurrentStep<M, Columns>{step, add, {p.states.data()}});
            } else if (t >= delay) {
                backend.for_each(count, add);
            }
        }
    }

    template <NeuronModel M>
    void step_layer_back(std::size_t k, const BatchShape& shape,
                         const typename M::Constants& constants) {
        PopulationBuffers<Backend>& p = populations[k];
        const std::size_t count = place_count<Columns>(shape.batch, p.panels());
        const StepNeuronsBack<M, Columns> step{shape,      p.panels(), constants,
                                               surrogate_, p.layer(),  p.rate_gradient.data()};
        const std::vector<std::size_t> outputs = outputs_of(k, false);
        for (std::size_t n = 0; n < outputs.size(); ++n) {
            const std::size_t out = outputs[n];
            const bool last = n + 1 == outputs.size();
            if (last && !single_back(out, shape)) {
                backend.for_each(count,
                                 Then{back_data(out, shape, n > 0, projections[out].delay), step});
                continue;
            }
            pass_back(out, shape, n > 0, projections[out].delay);
            if (last) backend.for_each(count, step);
        }
        // An output: the loss has written its gradient.
        if (outputs.empty()) backend.for_each(count, step);
    }

    /// dL/d(output) of the sources of projection `out`, for all steps.
    void pass_back(std::size_t out, const BatchShape& shape, bool accumulate, std::size_t lag) {
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

    /// As step_loop, backward: first what targets outside pass back, for all steps.
    void step_loop_back(const Stage& stage, const BatchShape& shape) {
        for (std::size_t k = stage.first; k <= stage.last; ++k) {
            bool begun = is_output(k);  // the loss has written its gradient
            for (const std::size_t out : outputs_of(k, false)) {
                pass_back(out, shape, begun, projections[out].delay);
                begun = true;
            }
            if (!begun) pass_back(outputs_of(k, true)[0], shape, false, shape.steps);  // zeros
        }
        for (std::size_t t = shape.steps; t-- > 0;) {
            for (std::size_t k = stage.last + 1; k-- > stage.first;) {
                visit_neurons(k, [&]<class M>(const typename M::Constants& constants) {
                    step_back_in_loop<M>(k, shape, constants, t);
                });
            }
        }
    }

    template <NeuronModel M>
    void step_back_in_loop(std::size_t k, const BatchShape& shape,
                           const typename M::Constants& constants, std::size_t t) {
        PopulationBuffers<Backend>& p = populations[k];
        const std::size_t count = place_count<Columns>(shape.batch, p.panels());
        const StepNeuronsBack<M, Columns> step{shape,      p.panels(), constants,
                                               surrogate_, p.layer(),  p.rate_gradient.data()};
        const std::vector<std::size_t> outputs = outputs_of(k, true);
        for (const std::size_t out : outputs) {
            const std::size_t lag = projections[out].delay;
            const BackStep<Columns> back{back_data(out, shape, true, lag), t};
            if (out == outputs.back()) {
                backend.for_each(count,
                                 RecurrentStepBack<M, Columns>{step, back, {p.adjoints.data()}});
            } else if (t + lag < shape.steps) {
                backend.for_each(count, back);
            }
        }
    }

    BackData<Columns> back_data(std::size_t out, const BatchShape& shape, bool accumulate,
                                std::size_t lag) {
        PopulationBuffers<Backend>& lower = populations[network.projections[out].from];
        PopulationBuffers<Backend>& upper = populations[network.projections[out].to];
        return {shape,
                lower.panels(),
                {upper.gradient.data()},
                projections[out].transposed_weights(),
                {lower.gradient.data()},
                accumulate,
                lag};
    }

    void weight_gradient(std::size_t in, const BatchShape& shape) {
        ProjectionBuffers<Backend>& p = projections[in];
        if (!p.trainable) return;
        PopulationBuffers<Backend>& target = populations[network.projections[in].to];
        if (single_values(in, shape)) {
            if constexpr (whole_panels) {
                using Gradient = ValueGradient<Columns>;
                for (std::size_t first = 0; first < shape.batch; first += Gradient::block) {
                    const Gradient body{shape,
                                        target.panels(),
                                        populations[network.projections[in].from].values.data(),
                                        {target.gradient.data()},
                                        p.gradients(),
                                        first,
                                        std::min(first + Gradient::block, shape.batch)};
                    backend.for_each(body.size(), body);
                }
            }
            return;
        }
        if constexpr (!whole_panels) {
            PopulationBuffers<Backend>& source = populations[network.projections[in].from];
            backend.for_each(shape.batch * source.size,
                             IndexEvents{source.events(), source.event_index.data()});
            const RowGradient<Columns> body{shape,
                                            target.panels(),
                                            source.events(),
                                            source.event_index.data(),
                                            {target.gradient.data()},
                                            p.gradients(),
                                            p.delay};
            backend.for_each(body.size(), body);
        } else {
            // Whole panels where there are enough of them to share out, else blocks of rows.
            const bool whole = target.panels() >= 16;
            const WeightGradient<Columns> body{shape,
                                               target.panels(),
                                               whole ? p.rows() : Backend::gradient_block,
                                               populations[network.projections[in].from].events(),
                                               {target.gradient.data()},
                                               p.gradients(),
                                               p.delay};
            backend.for_each(body.size(), body);
        }
    }

    /// Whether the bodies of single_step.hpp will do.
    bool single_back(std::size_t k, const BatchShape& shape) const {
        return shape.steps == 1 && whole_panels && projections[k].delay == 0;
    }
    bool single_values(std::size_t k, const BatchShape& shape) const {
        return single_back(k, shape) && populations[network.projections[k].from].sends_values;
    }

    const float* clip() {
        if (train.clip_norm <= 0.0) return nullptr;
        std::size_t rows = 0;
        for (ProjectionBuffers<Backend>& p : projections) rows += p.gradient.size() / panel_width;
        if (squares_.size() != rows) squares_ = Buffer<double>(rows);
        std::size_t first = 0;
        for (ProjectionBuffers<Backend>& p : projections) {
            const std::size_t count = p.gradient.size() / panel_width;
            backend.for_each(count, SquareRows{p.gradient.data(), squares_.data() + first});
            first += count;
        }
        backend.for_each(1, ClipScale{squares_.data(), rows, train.clip_norm, clip_scale_.data()});
        return clip_scale_.data();
    }

    template <class O>
    auto rule_of(const typename O::Params& p, double lr) const {
        if constexpr (std::is_same_v<O, Sgd>) {
            return SgdUpdate{static_cast<float>(lr), static_cast<float>(p.momentum),
                             static_cast<float>(p.weight_decay)};
        } else {
            constexpr bool decoupled = std::is_same_v<O, AdamW>;
            const auto n = static_cast<double>(updates);
            return AdamUpdate{static_cast<float>(p.beta1),
                              static_cast<float>(p.beta2),
                              static_cast<float>(p.eps),
                              static_cast<float>(1.0 - p.beta1),
                              static_cast<float>(1.0 - p.beta2),
                              static_cast<float>(lr / (1.0 - std::pow(p.beta1, n))),
                              static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(p.beta2, n))),
                              static_cast<float>(decoupled ? 0.0 : p.weight_decay),
                              static_cast<float>(decoupled ? 1.0 - lr * p.weight_decay : 1.0)};
        }
    }

    std::vector<float> grid_;  // see fix; empty: none
    Surrogate surrogate_;
    const std::vector<Stage> stages_;
    std::vector<bool> needs_gradient_;
    Buffer<std::uint32_t> rank_, active_, chunk_counts_;
    Buffer<double> squares_;
    Buffer<float> clip_scale_;
    bool training_reserved_ = false;
};

}  // namespace snnsim
