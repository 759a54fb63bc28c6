// What one neuron sent in a sample, step by step.
#pragma once

#include "kernels/training/events.hpp"

namespace snnsim {

/// Calls f(step, value) for each output that is not zero, ascending: of entry k of the events of
/// sample b.
template <class F>
SNN_HD inline void for_each_sent(const Events& events, const BatchShape& shape, std::size_t b,
                                 std::size_t k, F&& f) {
    if (events.bits) {
        for_each_bit(events.bits_of(b, k, shape.words()), shape.words(),
                     [&](std::size_t t) { f(t, 1.0f); });
        return;
    }
    const float* const values = events.values_of(b, k, shape.steps);
    for (std::size_t t = 0; t < shape.steps; ++t) {
        if (values[t] != 0.0f) f(t, values[t]);
    }
}

/// The same of neuron `at` = sample * size + number, of what a population put out.
template <class F>
SNN_HD inline void for_each_sent(const RawOutput& raw, const BatchShape& shape, std::size_t at,
                                 F&& f) {
    if (raw.bits) {
        for_each_bit(raw.bits + at * shape.words(), shape.words(),
                     [&](std::size_t t) { f(t, 1.0f); });
        return;
    }
    const float* const values = raw.values + at * shape.steps;
    for (std::size_t t = 0; t < shape.steps; ++t) {
        if (values[t] != 0.0f) f(t, values[t]);
    }
}

/// What that neuron put out in one step.
SNN_HD inline float sent_at(const RawOutput& raw, const BatchShape& shape, std::size_t at,
                            std::size_t t) {
    if (raw.values) return raw.values[at * shape.steps + t];
    return (raw.bits[at * shape.words() + t / 32] >> (t % 32)) & 1u ? 1.0f : 0.0f;
}

}  // namespace snnsim
