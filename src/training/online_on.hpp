// What methods keep that learn while a sample goes on, in place of its past steps: traces of
// sources, eligibilities of synapses, read-outs of populations.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "kernels/training/eligibility.hpp"
#include "kernels/training/local_errors.hpp"
#include "kernels/training/traces.hpp"
#include "snnsim/trainer.hpp"
#include "src/network/steps_at_once.hpp"
#include "src/training/buffers.hpp"

namespace snnsim {

/// What the read-outs of populations are trained for; see Decolle.
struct LocalTargets {
    const std::int32_t* labels = nullptr;    // of the whole set
    const std::uint32_t* samples = nullptr;  // of the batch
    std::size_t classes = 0, update = 0;     // update: samples of it
    std::uint64_t seed = 0;
};

template <class Backend>
class OnlineOn {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;
    using Columns = typename Backend::Columns;
    static constexpr bool whole_panels = width_of<Columns> == panel_width;  // a CPU

  public:
    OnlineOn(const Network& network, const Methods::Params& method)
        : following(following_of(method)),
          local(std::holds_alternative<Decolle::Params>(method)),
          direct(std::holds_alternative<EProp::Params>(method)),
          network_(network),
          pieces_(comes_in_pieces(method, network.steps)),
          traces_(network.projections.size()),
          kept_(network.projections.size()),
          readouts_(network.populations.size()) {}

    const Following following;
    const bool local, direct;  // how errors reach a population: see Decolle, EProp

    /// Errors go back through the layers of a step, and to no step before it.
    bool forgets() const { return following != Following::nothing; }

    /// Whether weights of projection k meet something else than what its sources send in a step.
    bool follows(std::size_t k) const {
        return network_.projections[k].trainable && lag(k) > 0 && (pieces_ || forgets());
    }
    std::size_t lag(std::size_t k) const { return network_.projections[k].delay; }

    void reserve(std::size_t k, const BatchShape& most, std::size_t sources, bool windowed) {
        if (traces_[k] || !network_.projections[k].trainable) return;
        const float decay =
            following == Following::sources ? decay_of(network_.projections[k].to).value() : 0.0f;
        if (decay == 0.0f && !follows(k)) return;
        Traces& of = traces_[k].emplace();
        of.decay = decay;
        const std::size_t entries = most.batch * sources;
        if (pieces_) of.kept = Buffer<float>(2 * entries);
        of.values = Buffer<float>(entries * most.steps);
        of.size = sources;
        if (windowed || following == Following::eligibility) return;
        of.listed = Buffer<float>(entries * most.steps);
        of.count = Buffer<std::uint32_t>(most.batch);
        of.constant = Buffer<std::uint32_t>(most.batch);
        of.neuron = Buffer<std::uint32_t>(entries);
    }

    /// Brings the traces of projection k's sources up to date.
    void follow(Backend& backend, std::size_t k, const BatchShape& shape, const RawOutput& raw) {
        if (!traces_[k]) return;
        Traces& of = *traces_[k];
        backend.for_each(shape.batch * of.size, FollowSources{shape, raw, of.decay, lag(k),
                                                              of.kept.data(), of.values.data()});
        if (of.neuron.size() > 0)
            backend.for_each(shape.batch, CollectEvents{shape, of.raw(), of.events()});
    }
    /// What the weights of projection k meet in its place, or null.
    const Events* events(std::size_t k) {
        if (!traces_[k]) return nullptr;
        events_ = traces_[k]->events();
        return &events_;
    }
    RawOutput raw(std::size_t k, const RawOutput& sent) {
        return traces_[k] ? traces_[k]->raw() : sent;
    }

    /// dL/d(output) of a population, by its own read-out.
    void local_errors(Backend& backend, std::size_t k, const BatchShape& shape,
                      PopulationBuffers<Backend>& of, const LocalTargets& targets) {
        Buffer<float>& readout = readouts_[k];
        if (readout.size() == 0) {
            readout = Buffer<float>(of.size * targets.classes);
            backend.for_each(
                readout.size(),
                DrawReadout{targets.seed, static_cast<std::uint32_t>(k), of.size, targets.classes,
                            1.0f / std::sqrt(static_cast<float>(of.size)), readout.data()});
        }
        if (scratch_.size() < shape.rows() * targets.classes)
            scratch_ = Buffer<float>(shape.rows() * targets.classes);
        backend.for_each(shape.rows(), LocalErrors{shape,
                                                   of.size,
                                                   targets.classes,
                                                   of.order,
                                                   of.raw(),
                                                   readout.data(),
                                                   targets.labels,
                                                   targets.samples,
                                                   targets.update,
                                                   scratch_.data(),
                                                   {of.gradient.data()}});
    }

    /// Before the step back of a population, what its synapses' eligibilities need of it.
    template <class N>
    void find_slopes(Backend& backend, const StepNeuronsBack<N, Columns>& cells,
                     std::size_t floats) {
        constexpr int states = state_count<typename NeuronsOf<N>::Model>;
        plane_ = floats;
        states_ = states;
        const std::size_t all = floats * static_cast<std::size_t>(slope_count(states));
        if (slopes_.size() < all) slopes_ = Buffer<float>(all);
        backend.for_each(place_count<Columns>(cells.shape.batch, cells.panels),
                         FindSlopes<N, Columns>{cells, slopes_.data(), plane_});
    }
    /// Some panels of the targets of a projection, of `all`.
    struct SomePanels {
        std::size_t first, count, all;
    };
    /// Of the weights of projection k, whose target's slopes were found last.
    void eligibility_gradient(Backend& backend, std::size_t k, const BatchShape& shape,
                              const RawOutput& sent, const SomePanels& panels,
                              const BatchShape& most, WeightPanels gradient) {
        if (states_ == 0)
            return add_eligibility<0>(backend, k, shape, sent, panels, most, gradient);
        if (states_ == 1)
            return add_eligibility<1>(backend, k, shape, sent, panels, most, gradient);
        SNN_EXPECT(states_ == 2);
        add_eligibility<2>(backend, k, shape, sent, panels, most, gradient);
    }

  private:
    struct Traces {
        float decay = 0.0f;
        std::size_t size = 0;
        Buffer<float> kept, values, listed;
        Buffer<std::uint32_t> count, constant, neuron;

        RawOutput raw() { return {nullptr, values.data()}; }
        Events events() {
            return {count.data(),  constant.data(), neuron.data(), nullptr,
                    listed.data(), nullptr,         size};
        }
    };

    /// Of traces of sources of population k; none where no single number says that.
    std::optional<float> decay_of(std::size_t k) const {
        std::optional<float> decay;
        NeuronModels::visit(network_.populations[k].neuron, [&]<class M>(const auto& params) {
            if constexpr (NeuronModel<M>) decay = trace_decay<M>(M::prepare(params, network_.dt));
        });
        return decay;
    }
    /// Of the output that errors come from, where eligibilities are low-passed as it does.
    float passed_on(std::size_t k) const {
        const std::size_t output = network_.output(0);
        if (!direct || network_.projections[k].to == output) return 0.0f;
        return decay_of(output).value_or(0.0f);
    }

    template <int States>
    void add_eligibility(Backend& backend, std::size_t k, const BatchShape& shape,
                         const RawOutput& sent, const SomePanels& panels, const BatchShape& most,
                         WeightPanels gradient) {
        using Body = EligibilityGradient<Columns, States>;
        if (pieces_ && kept_[k].size() == 0)
            kept_[k] = Buffer<float>(most.batch * panels.all * gradient.rows * panel_width *
                                     static_cast<std::size_t>(Body::kept_count));
        std::size_t block = 1;
        if constexpr (whole_panels)
            block = panels.count >= 16 ? gradient.rows : Backend::gradient_block;
        const TracePanels slopes = TracePanels{slopes_.data()}.from(shape, panels.first);
        float* const kept = kept_[k].size() == 0
                                ? nullptr
                                : kept_[k].data() + panels.first * shape.batch * gradient.rows *
                                                        panel_width * Body::kept_count;
        const Body body{shape,        panels.count, block,
                        raw(k, sent), slopes.data,  plane_,
                        passed_on(k), kept,         gradient.from(panels.first)};
        backend.for_each(body.size(), body);
    }

    const Network& network_;
    const bool pieces_;
    std::vector<std::optional<Traces>> traces_;  // [projection]
    std::vector<Buffer<float>> kept_;            // [projection]: eligibilities
    std::vector<Buffer<float>> readouts_;        // [population]
    Buffer<float> scratch_, slopes_;
    std::size_t plane_ = 0;
    int states_ = 0;
    Events events_;
};

}  // namespace snnsim
