// The way back of EventProp where it follows spikes: of layers whose inputs send more than one
// each.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/training/spike_gradient.hpp"
#include "snnsim/network.hpp"
#include "src/training/buffers.hpp"

namespace snnsim {

template <class Backend>
class NetworkOn;

template <class Backend>
class EventPropOn {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;
    using Columns = typename Backend::Columns;

  public:
    /// Whether spikes of the targets of projection `in` are fewer than those of its sources, and
    /// say all of its gradient: inputs that send more than one.
    bool follow(const NetworkOn<Backend>& on, std::size_t in) const {
        const Projection& p = on.network.projections[in];
        if (!on.event_prop() || !on.paths.is_input(p.from) ||
            !std::holds_alternative<CubaLif::Params>(on.network.populations[p.to].neuron) ||
            !on.populations[p.to].order.plain())
            return false;
        const ShownInput input = on.network.input(p.from);
        return in_steps(input.shown) || !(std::holds_alternative<Latency::Params>(input.encoder) ||
                                          std::holds_alternative<RankOrder::Params>(input.encoder));
    }
    /// Whether all that enters population k does, and no more of its errors is asked for than at
    /// its spikes: one projection takes them on.
    bool follow_all(const NetworkOn<Backend>& on, std::size_t k) const {
        if (!on.event_prop() || on.paths.in_loop(k) || on.paths.is_output(k)) return false;
        const std::vector<std::size_t> in = on.paths.inputs_of(k, false),
                                       out = on.paths.outputs_of(k, false);
        return out.size() == 1 && on.projections[out[0]].delay == 0 &&
               on.populations[on.network.projections[out[0]].to].order.plain() && !in.empty() &&
               std::all_of(in.begin(), in.end(), [&](std::size_t n) { return follow(on, n); });
    }
    void back(NetworkOn<Backend>& on, std::size_t k, const BatchShape& shape) {
        PopulationBuffers<Backend>& p = on.populations[k];
        const std::size_t out = on.paths.outputs_of(k, false)[0];
        const auto c = CubaLif::prepare(std::get<CubaLif::Params>(on.network.populations[k].neuron),
                                        on.network.dt);
        if (spike_biases_.size() < on.capacity.batch * p.size)
            spike_biases_ = Buffer<float>(on.capacity.batch * p.size);
        // Of v after so many steps, and of an input of 1 in every step.
        std::vector<float> tables(2 * shape.steps);
        float decay = 1.0f, current = 0.0f, potential = 0.0f;
        for (std::size_t t = 0; t < shape.steps; ++t) {
            tables[t] = decay;
            decay = decay * c.decay_m;
            potential = fused(c.decay_m, potential, c.coupling * current);
            current = fused(c.decay_s, current, 1.0f);
            tables[shape.steps + t] = potential;
        }
        if (spike_tables_.size() != tables.size()) spike_tables_ = Buffer<float>(tables.size());
        spike_tables_.copy_from(tables.data(), tables.size());
        on.backend.for_each(shape.batch * p.size, SpikeAdjoints{shape,
                                                                p.size,
                                                                on.projections[out].targets,
                                                                c,
                                                                p.bits.data(),
                                                                {p.saved[0].data()},
                                                                on.upper_of(out),
                                                                on.weights(out),
                                                                spike_tables_.data(),
                                                                spike_tables_.data() + shape.steps,
                                                                spike_biases_.data()});
        for (const std::size_t in : on.paths.inputs_of(k, false)) {
            if (!on.projections[in].trainable) continue;
            gradient(on, in, shape);
            if (on.projections[in].has_bias)
                on.backend.for_each(p.size, AddBiases{spike_biases_.data(), shape.batch, p.size,
                                                      on.projections[in].gradients()});
        }
    }
    void gradient(NetworkOn<Backend>& on, std::size_t in, const BatchShape& shape) {
        ProjectionBuffers<Backend>& p = on.projections[in];
        PopulationBuffers<Backend>& source = on.populations[on.network.projections[in].from];
        PopulationBuffers<Backend>& target = on.populations[on.network.projections[in].to];
        const std::size_t panels = panels_of(source.size), parts = panel_width / width_of<Columns>;
        const std::size_t floats = panels * on.capacity.rows() * panel_width;
        if (potentials_.size() < floats) potentials_ = Buffer<float>(floats);
        if (sent_.size() < on.capacity.batch * panels * parts)
            sent_ = Buffer<std::uint8_t>(on.capacity.batch * panels * parts);
        if (spike_sums_.size() < panels * target.size * panel_width)
            spike_sums_ = Buffer<float>(panels * target.size * panel_width);
        const auto c = CubaLif::prepare(
            std::get<CubaLif::Params>(on.network.populations[on.network.projections[in].to].neuron),
            on.network.dt);
        on.backend.for_each(place_count<Columns>(shape.batch, panels),
                            FollowPotentials<Columns>{shape,
                                                      panels,
                                                      source.size,
                                                      source.raw(),
                                                      p.delay,
                                                      c.decay_m,
                                                      c.decay_s,
                                                      c.coupling,
                                                      {potentials_.data()},
                                                      sent_.data()});
        const SpikeGradient<Columns> body{shape,
                                          panels,
                                          target.size,
                                          {potentials_.data()},
                                          sent_.data(),
                                          target.bits.data(),
                                          {target.saved[0].data()},
                                          spike_sums_.data()};
        on.backend.for_each(body.size(), body);
        on.backend.for_each(source.size * target.size,
                            AddSpikeSums{target.size, spike_sums_.data(), p.gradients()});
    }

  private:
    Buffer<float> potentials_, spike_sums_, spike_biases_, spike_tables_;
    Buffer<std::uint8_t> sent_;
};

}  // namespace snnsim
