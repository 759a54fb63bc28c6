// What a population sends during the steps of a batch: per sample, the neurons that sent anything.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/math/bits.hpp"

namespace snnsim {

/// Rows of one batch: sample b, step t. Of a long sample some steps may be computed at once, then
/// the steps that follow them.
struct BatchShape {
    std::size_t batch = 0;
    std::size_t steps = 0;  // computed at once
    std::size_t first = 0;  // steps of the sample that came before them ...
    std::size_t more = 0;   // ... and that follow

    SNN_HD std::size_t total() const { return first + steps + more; }
    SNN_HD bool begins() const { return first == 0; }
    SNN_HD bool ends() const { return more == 0; }

    SNN_HD std::size_t words() const {
        return (steps + 31) / 32;
    }  // of a spike train, a bit a step
    SNN_HD std::size_t rows() const { return batch * steps; }
    /// Steps whose senders arrive before the end, `lag` steps later.
    SNN_HD std::size_t reach(std::size_t lag) const { return lag < steps ? steps - lag : 0; }
};

/// Output as the neurons write it: a spike train of bits, or a value per step, for every neuron.
struct RawOutput {
    std::uint32_t* bits = nullptr;  // [sample][neuron][word]; null where values are sent
    float* values = nullptr;        // [sample][neuron][step]; null where spikes are sent
};

/// The same without the silent neurons. Entries [0, constant) send the same at every step (their
/// input is summed once for all steps), entries [constant, count) do not; each group in ascending
/// order of neurons.
struct Events {
    std::uint32_t* count = nullptr;     // [sample]
    std::uint32_t* constant = nullptr;  // [sample]
    std::uint32_t* neuron = nullptr;    // [sample][entry]
    std::uint32_t* bits = nullptr;      // [sample][entry][word], or null
    float* values = nullptr;            // [sample][entry][step], or null
    std::uint8_t* expanded =
        nullptr;               // [sample]: spikes stand in `values` too, as ones and zeros; or null
    std::size_t capacity = 0;  // entries per sample: the size of the population

    SNN_HD bool has_values(std::size_t b) const {
        return bits == nullptr || (expanded && expanded[b]);
    }

    SNN_HD const std::uint32_t* neurons_of(std::size_t b) const { return neuron + b * capacity; }
    SNN_HD const std::uint32_t* bits_of(std::size_t b, std::size_t entry, std::size_t words) const {
        return bits + (b * capacity + entry) * words;
    }
    SNN_HD const float* values_of(std::size_t b, std::size_t entry, std::size_t steps) const {
        return values + (b * capacity + entry) * steps;
    }
};

/// Calls f(t) for each set bit, ascending, t < steps.
template <class F>
SNN_HD inline void for_each_bit(const std::uint32_t* bits, std::size_t words, F&& f) {
    for (std::size_t w = 0; w < words; ++w) {
        for (std::uint32_t word = bits[w]; word != 0; word &= word - 1) {
            f(w * 32 + static_cast<std::size_t>(lowest_bit(word)));
        }
    }
}

/// Word w of a train that is on at every step.
SNN_HD inline std::uint32_t full_word(std::size_t steps, std::size_t w) {
    const std::size_t left = steps - 32 * w;
    return left >= 32 ? 0xFFFFFFFFu : (1u << left) - 1u;
}

enum class Train : std::uint8_t { silent, constant, varying };

SNN_HD inline Train classify(const std::uint32_t* bits, const BatchShape& shape) {
    std::uint32_t any = 0, missing = 0;
    for (std::size_t w = 0; w < shape.words(); ++w) {
        any |= bits[w];
        missing |= bits[w] ^ full_word(shape.steps, w);
    }
    return any == 0 ? Train::silent : missing == 0 ? Train::constant : Train::varying;
}
SNN_HD inline Train classify(const float* values, const BatchShape& shape) {
    bool any = false, same = true;
    for (std::size_t t = 0; t < shape.steps; ++t) {
        any |= values[t] != 0.0f;
        same &= values[t] == values[0];
    }
    return !any ? Train::silent : same ? Train::constant : Train::varying;
}

/// Body over samples: raw output to events. Where there is room for it, spikes are also written out
/// as values if they are so many that a loop over all steps is faster than one over the spikes.
struct CollectEvents {
    // Spikes per entry and step; measured on an AVX2 machine with 25 steps.
    static constexpr float many = 0.25f;

    BatchShape shape;
    RawOutput raw;
    Events events;

    SNN_HD void operator()(std::size_t b) const {
        if (raw.values && shape.steps == 1) {
            events.constant[b] = events.count[b] = collect_values(b);
            return;
        }
        const bool short_trains = raw.bits && shape.steps <= 32;
        const std::uint32_t constant =
            short_trains ? collect_words(b, Train::constant, 0) : collect(b, Train::constant, 0);
        events.constant[b] = constant;
        if (shape.steps == 1) {
            events.count[b] = constant;
            return;
        }
        events.count[b] = short_trains ? collect_words(b, Train::varying, constant)
                                       : collect(b, Train::varying, constant);
        if (raw.bits && events.expanded) expand(b);
    }

  private:
    /// As collect, for trains of one word: every neuron is written, and the next one over it unless
    /// it counts. Without branches that depend on the spikes this is several times as fast.
    SNN_HD std::uint32_t collect_words(std::size_t b, Train wanted, std::uint32_t at) const {
        const std::uint32_t* bits = raw.bits + b * events.capacity;
        std::uint32_t* neuron = events.neuron + b * events.capacity;
        std::uint32_t* word = events.bits + b * events.capacity;
        const std::uint32_t full = full_word(shape.steps, 0);
        for (std::uint32_t n = 0; n < events.capacity && at < events.capacity; ++n) {
            const std::uint32_t train = bits[n];
            neuron[at] = n;
            word[at] = train;
            at += wanted == Train::constant ? train == full : (train != 0) & (train != full);
        }
        return at;
    }

    /// As collect_words, for values of a single step: all of them are constant.
    SNN_HD std::uint32_t collect_values(std::size_t b) const {
        const float* values = raw.values + b * events.capacity;
        std::uint32_t* neuron = events.neuron + b * events.capacity;
        float* value = events.values + b * events.capacity;
        std::uint32_t at = 0;
        for (std::uint32_t n = 0; n < events.capacity; ++n) {
            const float x = values[n];
            neuron[at] = n;
            value[at] = x;
            at += x != 0.0f ? 1u : 0u;
        }
        return at;
    }

    SNN_HD void expand(std::size_t b) const {
        const std::size_t words = shape.words();
        const std::uint32_t first = events.constant[b], last = events.count[b];
        std::size_t spikes = 0;
        for (std::size_t k = first; k < last; ++k) {
            for (std::size_t w = 0; w < words; ++w) {
                spikes += static_cast<std::size_t>(count_bits(events.bits_of(b, k, words)[w]));
            }
        }
        events.expanded[b] =
            static_cast<float>(spikes) >= many * static_cast<float>((last - first) * shape.steps);
        if (!events.expanded[b]) return;
        for (std::size_t k = first; k < last; ++k) {
            const std::uint32_t* bits = events.bits_of(b, k, words);
            float* values = events.values + (b * events.capacity + k) * shape.steps;
            for (std::size_t t = 0; t < shape.steps; ++t) {
                values[t] = (bits[t / 32] >> (t % 32)) & 1u ? 1.0f : 0.0f;
            }
        }
    }

    SNN_HD std::uint32_t collect(std::size_t b, Train wanted, std::uint32_t at) const {
        const std::size_t size = events.capacity, words = shape.words();
        for (std::size_t n = 0; n < size; ++n) {
            const std::size_t from = b * size + n, to = b * size + at;
            if (raw.bits) {
                const std::uint32_t* bits = raw.bits + from * words;
                if (classify(bits, shape) != wanted) continue;
                for (std::size_t w = 0; w < words; ++w) events.bits[to * words + w] = bits[w];
            } else {
                const float* values = raw.values + from * shape.steps;
                if (classify(values, shape) != wanted) continue;
                for (std::size_t t = 0; t < shape.steps; ++t) {
                    events.values[to * shape.steps + t] = values[t];
                }
            }
            events.neuron[to] = static_cast<std::uint32_t>(n);
            ++at;
        }
        return at;
    }
};

/// Non-zero outputs before step `until`, of one neuron in one sample.
struct CountOutput {
    BatchShape shape;
    RawOutput raw;
    std::size_t until;

    SNN_HD std::uint32_t operator()(std::size_t at) const {
        std::uint32_t sum = 0;
        if (raw.bits) {
            for (std::size_t w = 0; w * 32 < until; ++w) {
                const std::uint32_t word = raw.bits[at * shape.words() + w] & full_word(until, w);
                sum += static_cast<std::uint32_t>(count_bits(word));
            }
        } else {
            for (std::size_t t = 0; t < until; ++t)
                sum += raw.values[at * shape.steps + t] != 0.0f ? 1u : 0u;
        }
        return sum;
    }
};

/// Body over neurons: adds the outputs that `count` finds to `total`, over the batch. For GPUs,
/// where neighbouring threads read neighbouring words.
struct CountEvents {
    CountOutput count;
    std::size_t size;
    std::uint64_t* total;  // [neuron]

    SNN_HD void operator()(std::size_t n) const {
        std::uint64_t sum = 0;
        for (std::size_t b = 0; b < count.shape.batch; ++b) sum += count(b * size + n);
        total[n] += sum;
    }
};

/// Body over chunks of samples, for CPUs, which read memory in its order: sums of each chunk.
struct CountChunk {
    CountOutput count;
    std::size_t size;
    std::uint32_t* sum;  // [chunk][neuron]
    std::size_t chunks;

    /// Enough to share out, and few of a small batch: each is as long as the population.
    static std::size_t chunks_of(std::size_t batch) {
        return std::min<std::size_t>((batch + 3) / 4, 32);
    }

    SNN_HD void operator()(std::size_t chunk) const {
        const std::size_t batch = count.shape.batch;
        const std::size_t first = batch * chunk / chunks, last = batch * (chunk + 1) / chunks;
        std::uint32_t* own = sum + chunk * size;
        for (std::size_t n = 0; n < size; ++n) own[n] = 0;
        for (std::size_t b = first; b < last; ++b) add_sample(b * size, own);
    }

  private:
    SNN_HD void add_sample(std::size_t at, std::uint32_t* own) const {
        // The two common forms, in vector instructions.
        if (count.raw.bits && count.shape.words() == 1) {
            const std::uint32_t* train = count.raw.bits + at;
            const std::uint32_t mask = full_word(count.until, 0);
            for (std::size_t n = 0; n < size; ++n)
                own[n] += static_cast<std::uint32_t>(count_bits(train[n] & mask));
        } else if (count.raw.values && count.shape.steps == 1 && count.until == 1) {
            const float* value = count.raw.values + at;
            for (std::size_t n = 0; n < size; ++n) own[n] += value[n] != 0.0f ? 1u : 0u;
        } else {
            for (std::size_t n = 0; n < size; ++n) own[n] += count(at + n);
        }
    }
};

/// Body over neurons: adds the sums of all chunks to `total`.
struct AddChunks {
    const std::uint32_t* sum;
    std::size_t size, chunks;
    std::uint64_t* total;

    SNN_HD void operator()(std::size_t n) const {
        for (std::size_t c = 0; c < chunks; ++c) total[n] += sum[c * size + n];
    }
};

}  // namespace snnsim
