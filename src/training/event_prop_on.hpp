// The way back of EventProp where it follows spikes: of layers whose inputs send more than one
// each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

#include "kernels/training/packed_spikes.hpp"
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
        if (!on.event_prop() || !on.paths.is_input(p.from) || !dense(on, in) ||
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
        return out.size() == 1 && on.projections[out[0]].delay == 0 && dense(on, out[0]) &&
               on.populations[on.network.projections[out[0]].to].order.plain() && !in.empty() &&
               std::all_of(in.begin(), in.end(), [&](std::size_t n) { return follow(on, n); });
    }
    void back(NetworkOn<Backend>& on, std::size_t k, const BatchShape& shape) {
        PopulationBuffers<Backend>& p = on.populations[k];
        if (spike_biases_.size() < on.capacity.batch * p.size)
            spike_biases_ = Buffer<float>(on.capacity.batch * p.size);
        const SpikeAdjoints adjoints = adjoints_of(on, k, shape);
        if constexpr (!whole_panels)
            on.backend.for_each(shape.batch * p.size, StoreJumps{adjoints});
        for (const std::size_t in : on.paths.inputs_of(k, false)) {
            ProjectionBuffers<Backend>& projection = on.projections[in];
            if (!projection.trainable) continue;
            on.ranks.in_turn(projection.gradient, [&] {
                if constexpr (whole_panels)
                    add_gradient(on, in, shape, adjoints);
                else
                    gradient(on, in, shape);
                if (projection.has_bias)
                    on.backend.for_each(p.size, AddBiases{spike_biases_.data(), shape.batch, p.size,
                                                          projection.gradients()});
            });
        }
    }
    void gradient(NetworkOn<Backend>& on, std::size_t in, const BatchShape& shape) {
        PopulationBuffers<Backend>& target = on.populations[on.network.projections[in].to];
        add_gradient(on, in, shape,
                     StoredJumps{shape, target.size, target.bits.data(), {target.saved[0].data()}});
    }
    /// MACs for the gradient of projection `in` since they were asked for last.
    std::uint64_t take_macs(std::size_t in) {
        const auto found = macs_.find(in);
        if (found == macs_.end()) return 0;
        std::vector<std::uint64_t> host(found->second.size());
        found->second.copy_to(host.data(), host.size());
        found->second.fill_zero();
        return std::accumulate(host.begin(), host.end(), std::uint64_t{0});
    }

  private:
    static constexpr bool whole_panels = width_of<Columns> == panel_width;
    static constexpr std::size_t parts = panel_width / width_of<Columns>;

    /// Whether weights stand in a full matrix.
    static bool dense(const NetworkOn<Backend>& on, std::size_t k) {
        return !on.sparse(k) && !on.windowed(k);
    }
    static CubaLif::Constants constants(const NetworkOn<Backend>& on, std::size_t k) {
        return CubaLif::prepare(std::get<CubaLif::Params>(on.network.populations[k].neuron),
                                on.network.dt);
    }
    SpikeAdjoints adjoints_of(NetworkOn<Backend>& on, std::size_t k, const BatchShape& shape) {
        PopulationBuffers<Backend>& p = on.populations[k];
        const std::size_t out = on.paths.outputs_of(k, false)[0];
        const CubaLif::Constants c = constants(on, k);
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
        return {shape,
                p.size,
                on.projections[out].targets,
                c,
                p.bits.data(),
                {p.saved[0].data()},
                on.upper_of(out),
                on.weights(out),
                spike_tables_.data(),
                spike_tables_.data() + shape.steps,
                spike_biases_.data()};
    }
    /// Jumps: where those of the targets come from, see PackedSpikeGradient.
    template <class Jumps>
    void add_gradient(NetworkOn<Backend>& on, std::size_t in, const BatchShape& shape,
                      const Jumps& jumps) {
        const Projection& projection = on.network.projections[in];
        ProjectionBuffers<Backend>& p = on.projections[in];
        PopulationBuffers<Backend>& source = on.populations[projection.from];
        const std::size_t panels = panels_of(source.size);
        if (senders_.size() < on.capacity.batch * panels)
            senders_ = Buffer<std::uint32_t>(on.capacity.batch * panels);
        if (spike_sums_.size() < panels * p.targets * panel_width)
            spike_sums_ = Buffer<float>(panels * p.targets * panel_width);
        const UnitPotentials unit{shape, source.size, source.raw(), p.delay,
                                  constants(on, projection.to)};
        const SpikeSums sums{spike_sums_.data(), block(on, p.targets), panels, p.targets};
        if (!on.ranks.leads())
            on.backend.for_each(source.size * p.targets, TakeSpikeSums{sums, p.gradients()});
        on.backend.for_each(shape.batch * panels,
                            FindSenders{shape, panels, source.size, source.raw(), senders_.data()});
        const std::size_t target_panels = panels_of(p.targets);
        const auto macs = macs_.try_emplace(in, on.capacity.batch * target_panels).first;
        on.backend.for_each(
            shape.batch * target_panels,
            CountSpikeMacs{shape, panels, p.targets, senders_.data(),
                           on.populations[projection.to].bits.data(), macs->second.data()});
        if constexpr (whole_panels) {
            const PackedSpikeGradient<Columns, Jumps> body{unit, jumps, senders_.data(), sums};
            on.backend.for_each(body.size(), body);
        } else {
            const std::size_t floats = panels * on.capacity.rows() * panel_width;
            if (potentials_.size() < floats) potentials_ = Buffer<float>(floats);
            const TracePanels potentials{potentials_.data()};
            on.backend.for_each(
                place_count<Columns>(shape.batch, panels),
                FollowPotentials<Columns>{unit, panels, senders_.data(), potentials});
            on.backend.for_each(p.targets * panels * parts,
                                SpikeGradient<Columns>{jumps, senders_.data(), potentials, sums});
        }
        on.backend.for_each(source.size * p.targets, AddSpikeSums{sums, p.gradients()});
    }
    /// Targets whose sums stand together: on a CPU those of a call, and each thread takes a few.
    /// Every call follows the potentials of the sources anew, and so has many.
    static std::size_t block(const NetworkOn<Backend>& on, std::size_t targets) {
        if constexpr (whole_panels) {
            const std::size_t panels = panels_of(targets / (2 * on.backend.concurrency()));
            return std::clamp<std::size_t>(panels, 2, 32) * panel_width;
        } else {
            return 1;
        }
    }

    Buffer<float> spike_sums_, spike_biases_, spike_tables_;
    Buffer<float> potentials_;  // of a GPU
    Buffer<std::uint32_t> senders_;
    std::map<std::size_t, Buffer<std::uint64_t>> macs_;  // [projection], see CountSpikeMacs
};

}  // namespace snnsim
