// The buffers of one layer and one projection on a backend.
#pragma once

#include <algorithm>
#include <map>

#include "kernels/training/optimizers.hpp"
#include "kernels/training/quantize.hpp"
#include "kernels/training/recurrent.hpp"
#include "kernels/training/weight_gradient.hpp"
#include "snnsim/network.hpp"

namespace snnsim {

/// Weights of a projection in the order of the kernels, with what training adds.
template <class Backend>
struct ProjectionBuffers {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

    std::size_t sources, targets, delay;
    bool trainable, has_bias;
    Frozen frozen;
    Buffer<float> weight, gradient, moment[2], transposed;
    Buffer<float> mask;  // of the gradient, 1 or 0; empty where every weight is there and learns

    ProjectionBuffers(const Projection& p, std::size_t sources, std::size_t targets)
        : sources(sources),
          targets(targets),
          delay(p.delay),
          trainable(p.trainable),
          has_bias(!p.bias.empty()),
          frozen(p.frozen),
          weight(element_count()) {}

    bool weights_learn() const { return trainable && frozen != Frozen::weights; }
    std::size_t rows() const { return sources + (has_bias ? 1 : 0); }
    std::size_t element_count() const { return panels_of(targets) * rows() * panel_width; }

    void reserve_training(int moments, bool transposes) {
        if (transposes && transposed.size() == 0) {
            transposed = Buffer<float>(panels_of(sources) * targets * panel_width);
        }
        if (!trainable || gradient.size() != 0) return;
        gradient = Buffer<float>(element_count());
        for (int m = 0; m < moments; ++m) moment[m] = Buffer<float>(element_count());
    }

    WeightPanels weights() { return {weight.data(), rows(), sources}; }
    WeightPanels gradients() { return {gradient.data(), rows(), sources}; }
    TransposedPanels transposed_weights() { return {transposed.data(), targets}; }

    /// [row][target] on the host, bias row last, to and from the order of the kernels.
    void upload(Buffer<float>& to, const std::vector<float>& matrix) const {
        std::vector<float> panels(element_count(), 0.0f);
        for (std::size_t r = 0; r < rows(); ++r) {
            for (std::size_t j = 0; j < targets; ++j) panels[place(r, j)] = matrix[r * targets + j];
        }
        to.copy_from(panels.data(), panels.size());
    }
    std::vector<float> download(const Buffer<float>& from) const {
        std::vector<float> panels(element_count()), matrix(rows() * targets);
        from.copy_to(panels.data(), panels.size());
        for (std::size_t r = 0; r < rows(); ++r) {
            for (std::size_t j = 0; j < targets; ++j) matrix[r * targets + j] = panels[place(r, j)];
        }
        return matrix;
    }

  private:
    std::size_t place(std::size_t row, std::size_t target) const {
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
    Buffer<std::uint64_t> spike_count;

    std::size_t panels() const { return panels_of(size); }
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
    LayerBuffers layer() {
        return {size,
                {{saved[0].data()}, {saved[1].data()}},
                {output.data()},
                raw(),
                {gradient.data()}};
    }

    /// Buffers for the population's output and the events made of it.
    void reserve_events(const BatchShape& shape) {
        const std::size_t entries = shape.batch * size;
        if (sends_values) {
            values = Buffer<float>(entries * shape.steps);
            event_values = Buffer<float>(entries * shape.steps);
        } else {
            bits = Buffer<std::uint32_t>(entries * shape.words());
            event_bits = Buffer<std::uint32_t>(entries * shape.words());
            if (Backend::expands_spikes) {
                event_values = Buffer<float>(entries * shape.steps);
                expanded = Buffer<std::uint8_t>(shape.batch);
            }
        }
        event_count = Buffer<std::uint32_t>(shape.batch);
        event_constant = Buffer<std::uint32_t>(shape.batch);
        event_neuron = Buffer<std::uint32_t>(entries);
        spike_count = Buffer<std::uint64_t>(size);
    }
    std::size_t trace_size(const BatchShape& shape) const {
        return panels() * shape.rows() * panel_width;
    }
};

}  // namespace snnsim
