#include "src/training/operations.hpp"

#include <algorithm>
#include <numeric>
#include <type_traits>

#include "snnsim/error.hpp"

namespace snnsim {
Sending sending_of(const Network& network, std::size_t k) {
    Sending s;
    if (k < network.input_count()) {
        const ShownInput input = network.input(k);
        if (in_steps(input.shown)) return {input.shown != SampleForm::spikes};
        Encoders::visit(input.encoder, [&]<class E>(const auto&) {
            s = {E::sends == Sends::values, E::constant, false};
        });
        return s;
    }
    NeuronModels::visit(network.populations[k].neuron, [&]<class M>(const auto&) {
        if constexpr (NeuronModel<M>)
            s = {M::output != Output::spikes, false, !std::is_empty_v<typename M::State>};
    });
    return s;
}

namespace {

std::uint64_t size_of(const Network& network, std::size_t k) {
    return static_cast<std::uint64_t>(network.populations[k].size);
}

/// Steps in which something that was sent arrives.
std::uint64_t arrivals_of(const Network& network, const Projection& p) {
    const auto steps = static_cast<std::uint64_t>(network.steps);
    return p.delay < steps ? steps - p.delay : 0;
}

/// Whether all steps have the same input, which is summed once.
bool once(const Network& network, const Projection& p) {
    return sending_of(network, p.from).constant && !p.delays;
}

/// Of those, the ones in which the input of a projection is summed.
std::uint64_t steps_of(const Network& network, const Projection& p) {
    const std::uint64_t arrivals = arrivals_of(network, p);
    return once(network, p) ? std::min<std::uint64_t>(arrivals, 1) : arrivals;
}

/// Steps in which the bias of a projection is added; of constant input it is part of the sum.
std::uint64_t bias_steps_of(const Network& network, const Projection& p) {
    return once(network, p) ? 1 : static_cast<std::uint64_t>(network.steps);
}

/// [offset of the window][channel of the sources]: targets at a stop that have a weight there.
std::vector<std::uint32_t> taps_in_use(const Windowed& windowed,
                                       const std::vector<float>& weights) {
    const SlidingWindow& w = windowed.window;
    if (windowed.pool) return std::vector<std::uint32_t>(w.area() * w.channels_in, 1);
    std::vector<std::uint32_t> count(w.area() * w.channels_in, 0);
    const std::size_t inside = w.channels_in_group(), targets = w.channels_out;
    for (std::size_t at = 0; at < weights.size(); ++at) {
        if (weights[at] == 0.0f) continue;
        const std::size_t tap = at / targets, group = at % targets / w.channels_out_group();
        ++count[tap / inside * w.channels_in + group * inside + tap % inside];
    }
    return count;
}

/// Pairs of a source and a target that a window makes.
std::uint64_t synapses_of(const Windowed& windowed) {
    const SlidingWindow& w = windowed.window;
    std::uint64_t covered = 0;
    for (std::size_t stop = 0; stop < w.places_out(); ++stop)
        w.for_each_source(stop, [&](std::size_t, std::size_t) { ++covered; });
    return covered * w.channels_out * (windowed.pool ? 1 : w.channels_in_group());
}

std::uint64_t synapses_of(const Projection& p) {
    if (p.windowed) return synapses_of(*p.windowed);
    if (p.connected.empty()) return p.weights.size();
    return static_cast<std::uint64_t>(std::count(p.connected.begin(), p.connected.end(), 1));
}

/// Taps of a synapse: while its delay is learned, at each step up to the longest.
std::uint64_t taps_of(const PhaseInput& in, const Projection& p) {
    return p.delays && in.learning ? static_cast<std::uint64_t>(p.delays->longest) + 1 : 1;
}

/// Events of a projection and the weights that they meet.
struct Met {
    std::uint64_t events = 0, operations = 0;
};
Met met_after_delays(const PhaseInput& in, std::size_t k) {
    const Projection& p = in.network.projections[k];
    const auto delays = static_cast<std::size_t>(p.delays->longest) + 1;
    const PopulationEvents& events = in.events[p.from];
    Met sum;
    for (const std::uint64_t n : events.at(0)) sum.events += n;
    for (std::size_t d = 0; d < delays; ++d) {
        const std::vector<std::uint64_t>& arriving = events.at(d);
        SNN_EXPECT(arriving.size() * delays == in.fan_out[k].size());
        for (std::size_t i = 0; i < arriving.size(); ++i)
            sum.operations += arriving[i] * in.fan_out[k][i * delays + d];
    }
    return sum;
}
Met met(const PhaseInput& in, std::size_t k) {
    const Projection& p = in.network.projections[k];
    if (p.delays) return met_after_delays(in, k);
    const std::vector<std::uint64_t>& events = in.events[p.from].at(p.delay);
    SNN_EXPECT(events.size() == in.fan_out[k].size());
    const std::uint64_t divisor =
        once(in.network, p) ? std::max<std::uint64_t>(arrivals_of(in.network, p), 1) : 1;
    Met sum;
    for (std::size_t i = 0; i < events.size(); ++i) {
        sum.events += events[i] / divisor;
        sum.operations += events[i] / divisor * in.fan_out[k][i];
    }
    return sum;
}

std::uint64_t cell_steps_of(const PhaseInput& in, std::size_t population) {
    return size_of(in.network, population) * in.samples *
           static_cast<std::uint64_t>(in.network.steps);
}

ProjectionOperations forward_of(const PhaseInput& in, std::size_t k) {
    const Projection& p = in.network.projections[k];
    const Met m = met(in, k);
    ProjectionOperations out{p.name};
    const std::uint64_t presentations = in.samples * steps_of(in.network, p);
    out.analog = sending_of(in.network, p.from).graded;
    out.dense = synapses_of(p) * presentations * taps_of(in, p);
    (out.analog ? out.macs : out.acs) = m.operations;
    if (p.multiplies) out.macs += cell_steps_of(in, p.to);
    out.events = m.events;
    out.inputs = size_of(in.network, p.from) * presentations;
    out.biases = p.bias.size() * in.samples * bias_steps_of(in.network, p) *
                 (p.windowed ? p.windowed->window.places_out() : 1);
    return out;
}

PopulationActivity activity_of(const PhaseInput& in, std::size_t k) {
    const Network& network = in.network;
    const Sending s = sending_of(network, k);
    PopulationActivity out{network.populations[k].name};
    if (const auto all = in.events[k].find(0); all != in.events[k].end())
        out.events = std::accumulate(all->second.begin(), all->second.end(), std::uint64_t{0});
    const std::uint64_t cells = size_of(network, k) * in.samples;
    const std::uint64_t cell_steps = cell_steps_of(in, k);
    out.possible = cell_steps;
    out.graded = s.graded;
    if (k < network.input_count()) return out;  // what encodes is outside the network
    for (const Projection& p : network.projections) {
        if (p.to == k)
            out.reads += p.bias.size() * in.samples * (s.state ? 1 : bias_steps_of(network, p));
    }
    if (!s.state) {
        out.writes = cell_steps;
        return out;
    }
    out.updates = cell_steps;
    out.reads += cell_steps + 2 * cells;
    out.writes = out.events + cell_steps;
    return out;
}

}  // namespace

std::vector<std::uint32_t> fan_out(const Network& network, std::size_t k,
                                   const std::vector<float>& weights) {
    const Projection& p = network.projections[k];
    const ChannelOrder order = network.populations[p.from].computed();
    std::vector<std::uint32_t> count(order.size(), 0);
    if (p.windowed) {
        const std::vector<std::uint32_t> taps = taps_in_use(*p.windowed, weights);
        const SlidingWindow& w = p.windowed->window;
        for (std::size_t place = 0; place < w.places_in(); ++place) {
            w.for_each_target(place, [&](std::size_t, std::size_t offset) {
                for (std::size_t c = 0; c < w.channels_in; ++c)
                    count[place * w.channels_in + c] += taps[offset * w.channels_in + c];
            });
        }
        return count;
    }
    if (p.synapses) {
        p.synapses->for_each([&](std::size_t source, std::size_t s) {
            count[order.stored(source)] += weights[s] != 0.0f ? 1 : 0;
        });
        return count;
    }
    const auto targets = static_cast<std::size_t>(network.populations[p.to].size);
    for (std::size_t i = 0; i < count.size(); ++i) {
        const auto row = weights.begin() + static_cast<std::ptrdiff_t>(i * targets);
        count[order.stored(i)] = static_cast<std::uint32_t>(
            std::count_if(row, row + static_cast<std::ptrdiff_t>(targets),
                          [](float weight) { return weight != 0.0f; }));
    }
    return count;
}

std::vector<std::uint32_t> fan_out(const std::vector<float>& weights, std::size_t targets,
                                   const LearnedDelays& delays, bool learning) {
    const auto taps = static_cast<std::size_t>(delays.longest) + 1;
    std::vector<std::uint32_t> count(weights.size() / targets * taps);
    for (std::size_t at = 0; at < weights.size(); ++at) {
        if (weights[at] == 0.0f) continue;
        const std::size_t source = at / targets;
        const float d = delays.steps[delays.of == DelayOf::source ? source : at];
        for (std::size_t tap = 0; tap < taps; ++tap) {
            if (learning || tap == static_cast<std::size_t>(d + 0.5f)) ++count[source * taps + tap];
        }
    }
    return count;
}

PhaseCounts count_forward(const PhaseInput& in) {
    PhaseCounts counts{in.samples, {}, {}, {}};
    for (std::size_t k = 0; k < in.network.populations.size(); ++k)
        counts.activity.push_back(activity_of(in, k));
    for (std::size_t k = 0; k < in.network.projections.size(); ++k)
        counts.forward.push_back(forward_of(in, k));
    return counts;
}

std::vector<BackwardOperations> count_backward(const PhaseInput& in,
                                               const std::vector<bool>& passes_down,
                                               std::uint64_t updates) {
    std::vector<BackwardOperations> all;
    const auto learns_now = [&](std::size_t k) { return in.learns.empty() || in.learns[k]; };
    const auto has_gradient = [&](std::size_t k) {
        return passes_down[k] || (in.network.projections[k].trainable && learns_now(k));
    };
    for (std::size_t k = 0; k < in.network.projections.size(); ++k) {
        const Projection& p = in.network.projections[k];
        const std::uint64_t dense =
            synapses_of(p) * in.samples * steps_of(in.network, p) * taps_of(in, p);
        const std::uint64_t there =
            std::accumulate(in.fan_out[k].begin(), in.fan_out[k].end(), std::uint64_t{0});
        BackwardOperations out{p.name};
        const bool learns = learns_now(k);
        if (learns && p.trainable && !p.weights_learn()) out.updates = updates * p.bias.size();
        if (learns && p.weights_learn()) {
            if (!in.macs_of_step.empty())
                out.macs += there * in.samples * steps_of(in.network, p) * in.macs_of_step[k];
            else if (!in.macs_at_spikes.empty() && in.macs_at_spikes[k])
                out.macs += *in.macs_at_spikes[k];
            else
                (sending_of(in.network, p.from).graded ? out.macs : out.acs) +=
                    met(in, k).operations;
            out.dense += dense;
            out.updates =
                updates * (there / taps_of(in, p) + (p.frozen == Frozen::bias ? 0 : p.bias.size()) +
                           (p.delays ? p.delays->steps.size() : 0));
        }
        if (passes_down[k]) {
            const bool at_spikes = !in.passes_at_spikes.empty() && in.passes_at_spikes[k];
            out.macs +=
                at_spikes ? met(in, k).operations : there * in.samples * steps_of(in.network, p);
            out.dense += dense;
        }
        // The sums of both that are multiplied have a gradient in each step.
        if (p.multiplies && (has_gradient(k) || has_gradient(*p.multiplies)))
            out.macs += 2 * cell_steps_of(in, p.to);
        all.push_back(out);
    }
    return all;
}

void add_counts(PhaseCounts& total, const PhaseCounts& more) {
    if (total.forward.empty()) {
        total = more;
        return;
    }
    SNN_EXPECT(total.activity.size() == more.activity.size() &&
               total.forward.size() == more.forward.size() &&
               total.backward.size() == more.backward.size());
    total.samples += more.samples;
    for (std::size_t k = 0; k < more.activity.size(); ++k) {
        PopulationActivity& a = total.activity[k];
        const PopulationActivity& b = more.activity[k];
        a.events += b.events;
        a.possible += b.possible;
        a.updates += b.updates;
        a.reads += b.reads;
        a.writes += b.writes;
    }
    for (std::size_t k = 0; k < more.forward.size(); ++k) {
        ProjectionOperations& a = total.forward[k];
        const ProjectionOperations& b = more.forward[k];
        a.dense += b.dense;
        a.macs += b.macs;
        a.acs += b.acs;
        a.events += b.events;
        a.inputs += b.inputs;
        a.biases += b.biases;
    }
    for (std::size_t k = 0; k < more.backward.size(); ++k) {
        BackwardOperations& a = total.backward[k];
        const BackwardOperations& b = more.backward[k];
        a.dense += b.dense;
        a.macs += b.macs;
        a.acs += b.acs;
        a.updates += b.updates;
    }
}

}  // namespace snnsim
