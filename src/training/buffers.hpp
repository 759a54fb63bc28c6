// The buffers of one layer and one projection on a backend.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "kernels/training/optimizers.hpp"
#include "kernels/training/quantize.hpp"
#include "kernels/training/recurrent.hpp"
#include "kernels/training/spines.hpp"
#include "kernels/training/weight_gradient.hpp"
#include "snnsim/network.hpp"
#include "src/network/source_signs.hpp"
#include "src/training/synapse_tables.hpp"

namespace snnsim {

/// Weights of a projection in the order of the kernels, with what training adds: panels of a
/// matrix; or of synapses one after the other, and the biases behind them by column of the targets.
template <class Backend>
struct ProjectionBuffers {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

    std::size_t sources, targets, delay;
    std::size_t target_panels;
    ChannelOrder source_order, target_order;  // of what the rows and columns stand for
    bool trainable, has_bias;
    Frozen frozen;
    std::optional<double> lr, weight_decay;  // in place of the optimiser's
    std::optional<SynapseTables<Backend>> synapses;
    Buffer<float> weight, gradient, moment[2], transposed;
    Buffer<float> scaled;  // weights of sources with dropout that spike, in training
    Buffer<float> mask;    // of the gradient, 1 or 0; empty where every weight is there and learns
    // Of Dale's law: the sign of each weight, 0 of biases, and what learns in place of the weights,
    // where the method has such numbers.
    std::optional<DaleMethod> dale;
    Buffer<float> sign, latent;
    // Of weights by spines, which learn by latent numbers too.
    Buffer<float> gain;
    float spread = 0.0f;  // standard deviation of the initial weights
    SpineShape spines{};
    Buffer<float> feedback;  // random weights by which errors go back in place of the weights

    /// Between populations of these orders. A window has rows and columns of its own: its taps, and
    /// the channels of a place.
    ProjectionBuffers(const Projection& p, const ChannelOrder& from, const ChannelOrder& to)
        : sources(!p.windowed        ? from.size()
                  : p.windowed->pool ? 0
                                     : p.windowed->window.taps()),
          targets(p.windowed ? to.channels : to.size()),
          delay(p.delay),
          target_panels(p.windowed ? panels_of(to.channels) : to.panels()),
          source_order(p.windowed ? ChannelOrder{sources, 1} : from),
          target_order(p.windowed ? ChannelOrder{targets, 1} : to),
          trainable(p.trainable),
          has_bias(!p.bias.empty()),
          frozen(p.frozen),
          lr(p.lr),
          weight_decay(p.weight_decay) {
        if (p.synapses) synapses.emplace(*p.synapses, from, to);
        weight = Buffer<float>(element_count());
        if (p.feedback.empty()) return;
        std::vector<float> values = p.feedback;
        values.resize(value_count(), 0.0f);
        feedback = Buffer<float>(element_count());
        upload(feedback, values);
    }

    bool weights_learn() const { return trainable && frozen != Frozen::weights; }
    std::size_t rows() const { return sources + (has_bias ? 1 : 0); }
    std::size_t element_count() const {
        if (synapses) return first_bias() + (has_bias ? target_panels * panel_width : 0);
        return target_panels * rows() * panel_width;
    }
    /// Of synapses.
    std::size_t first_bias() const { return panels_of(synapses->count()) * panel_width; }
    /// Numbers on the host: weights, and with biases.
    std::size_t weight_count() const { return synapses ? synapses->count() : sources * targets; }
    std::size_t value_count() const { return weight_count() + (has_bias ? targets : 0); }

    void reserve_training(int moments, std::size_t transposed_size) {
        if (transposed.size() < transposed_size) transposed = Buffer<float>(transposed_size);
        if (!trainable || gradient.size() != 0) return;
        gradient = Buffer<float>(element_count());
        for (int m = 0; m < moments; ++m) moment[m] = Buffer<float>(element_count());
        if ((dale && *dale != DaleMethod::project) || gain.size() > 0) {
            latent = Buffer<float>(element_count());
            start_latent();
        }
    }
    /// What the updates change, and what they keep beside it.
    Buffer<float>& learning() { return latent.size() > 0 ? latent : weight; }
    std::array<Buffer<float>*, 3> kept() { return {&moment[0], &moment[1], &latent}; }
    std::array<const Buffer<float>*, 3> kept() const { return {&moment[0], &moment[1], &latent}; }

    void set_signs(DaleMethod method, std::vector<float> signs) {
        dale = method;
        signs.resize(value_count(), 0.0f);
        sign = Buffer<float>(element_count());
        upload(sign, signs);
    }
    void set_gains(std::vector<float> gains, float spread_of_weights) {
        spread = spread_of_weights;
        gains.resize(value_count(), 0.0f);
        gain = Buffer<float>(element_count());
        upload(gain, gains);
        spines.gain = gain.data();
    }
    /// From the weights.
    void start_latent() {
        std::vector<float> values = download(weight);
        if (gain.size() > 0) {
            const std::vector<float> gains = download(gain);
            for (std::size_t i = 0; i < values.size(); ++i) {
                if (gains[i] == 0.0f || values[i] == 0.0f) continue;
                const float size = std::abs(values[i]) / gains[i] + spines.shift;
                values[i] = values[i] < 0.0f ? -size : size;
            }
            upload(latent, values);
            return;
        }
        const std::vector<float> signs = download(sign);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (signs[i] != 0.0f) values[i] = latent_of(*dale, signs[i] * values[i]);
        }
        upload(latent, values);
    }

    WeightPanels weights() { return {weight.data(), rows(), sources}; }
    WeightPanels scaled_weights() { return {scaled.data(), rows(), sources}; }
    WeightPanels gradients() { return {gradient.data(), rows(), sources}; }
    /// Rows of the transposed weights: columns of the targets, padding included.
    std::size_t target_columns() const {
        return target_order.plain() ? targets : target_panels * panel_width;
    }
    std::size_t transposed_size() const {
        return source_order.panels() * target_columns() * panel_width;
    }
    TransposedPanels transposed_weights() { return {transposed.data(), target_columns()}; }

    /// As the network has them on the host, biases last, to and from the order of the kernels.
    void upload(Buffer<float>& to, const std::vector<float>& values) const {
        SNN_EXPECT(values.size() == value_count());
        std::vector<float> elements(element_count(), 0.0f);
        for_each_value([&](std::size_t value, std::size_t at) { elements[at] = values[value]; });
        to.copy_from(elements.data(), elements.size());
    }
    std::vector<float> download(const Buffer<float>& from) const {
        std::vector<float> elements(element_count()), values(value_count());
        from.copy_to(elements.data(), elements.size());
        for_each_value([&](std::size_t value, std::size_t at) { values[value] = elements[at]; });
        return values;
    }

  private:
    /// Calls f(number of a value on the host, that of its element).
    template <class F>
    void for_each_value(F&& f) const {
        if (synapses) {
            for (std::size_t s = 0; s < synapses->count(); ++s) f(s, synapses->place(s));
            for (std::size_t j = 0; has_bias && j < targets; ++j)
                f(synapses->count() + j, first_bias() + target_order.column(j));
            return;
        }
        for (std::size_t r = 0; r < rows(); ++r) {
            for (std::size_t j = 0; j < targets; ++j) f(r * targets + j, place(r, j));
        }
    }
    std::size_t place(std::size_t row, std::size_t target) const {
        if (row < sources) row = source_order.stored(row);
        target = target_order.column(target);
        return (target / panel_width * rows() + row) * panel_width + target % panel_width;
    }
};

/// What a population on a cycle sent in one step.
template <class Backend>
struct FiredBuffers {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

    Buffer<std::uint32_t> count, neuron;
    Buffer<float> value;  // empty where spikes are sent

    FiredBuffers(std::size_t batch, std::size_t size, bool values)
        : count(batch), neuron(batch * size), value(values ? batch * size : 0) {}
    Fired fired() { return {count.data(), neuron.data(), value.data()}; }
};

/// What a population needs to be computed, for batches of up to a given size.
template <class Backend>
struct PopulationBuffers {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

    std::size_t size = 0;
    ChannelOrder order;
    bool sends_values = false;  // else spikes
    ValueGrid grid;             // of the values sent
    Buffer<float> saved[2], output, gradient, values, event_values;
    Buffer<std::byte> states, adjoints;  // of populations on cycles, between steps
    std::map<std::size_t, FiredBuffers<Backend>>
        fired;  // ... and so many steps ago, what they sent
    Buffer<std::uint32_t> bits, event_bits, event_count, event_constant, event_neuron;
    Buffer<std::uint8_t> expanded;
    Buffer<std::uint32_t> event_index;  // see IndexEvents
    Buffer<float> rate_gradient;
    float dropout = 0.0f;
    Buffer<float> kept;  // of dropout, see DrawKept
    Buffer<std::uint64_t> spike_count;
    // Of neurons whose parameters are trained; see ByCell, LayerBuffers and StoredSums.
    Buffer<float> constants, held, sums;
    Buffer<double> summed;  // over the samples

    std::size_t panels() const { return order.panels(); }
    Events events() {
        return {event_count.data(),
                event_constant.data(),
                event_neuron.data(),
                event_bits.data(),
                event_values.data(),
                expanded.data(),
                size};
    }
    RawOutput raw() { return {bits.data(), values.data()}; }
    LayerBuffers layer(bool drops) {
        return {size,
                order.channels,
                {{saved[0].data()}, {saved[1].data()}},
                {output.data()},
                raw(),
                {gradient.data()},
                {held.data()},
                drops && dropout > 0.0f ? kept.data() : nullptr};
    }

    /// Buffers for the population's output.
    void reserve_output(const BatchShape& shape) {
        const std::size_t entries = shape.batch * size;
        if (sends_values) {
            values = Buffer<float>(entries * shape.steps);
        } else {
            bits = Buffer<std::uint32_t>(entries * shape.words());
        }
        spike_count = Buffer<std::uint64_t>(size);
    }
    /// ... and for the events made of it.
    void reserve_events(const BatchShape& shape) {
        const std::size_t entries = shape.batch * size;
        if (sends_values) {
            event_values = Buffer<float>(entries * shape.steps);
        } else {
            event_bits = Buffer<std::uint32_t>(entries * shape.words());
            if (Backend::expands_spikes) {
                event_values = Buffer<float>(entries * shape.steps);
                expanded = Buffer<std::uint8_t>(shape.batch);
            }
        }
        event_count = Buffer<std::uint32_t>(shape.batch);
        event_constant = Buffer<std::uint32_t>(shape.batch);
        event_neuron = Buffer<std::uint32_t>(entries);
    }
    std::size_t trace_size(const BatchShape& shape) const {
        return panels() * shape.rows() * panel_width;
    }
};

}  // namespace snnsim
