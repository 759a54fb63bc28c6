// The currents of stimuli, cell by cell and step by step.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cells/step_cells.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/fused.hpp"
#include "kernels/math/normal.hpp"
#include "kernels/math/sin.hpp"
#include "kernels/random.hpp"
#include "kernels/view.hpp"

namespace snnsim {

enum class CurrentKind : std::uint8_t { dc, steps, ramp, sine, noise, waveform };

/// A stimulus that brings a current, as a population's cells get it. Steps count from the start of
/// the simulation; step t begins at t dt.
struct StimulusCurrent {
    CurrentKind kind = CurrentKind::dc;
    std::uint32_t number = 0;          // of the stimulus
    std::int64_t first = 0, last = 0;  // on in steps first .. last - 1
    const float* amplitude = nullptr;  // dc: by cell, from the slice's first
    // Steps: when it becomes values[k], ascending; waveform: when row k begins.
    View<const std::int64_t> changes;
    const float* values = nullptr;
    std::size_t row = 0;             // waveform: values from one row to the next, by cell
    std::int64_t held = 1;           // noise: steps for which a value lasts
    std::int64_t lag = 0;            // of shared noise, in steps
    bool shared = false;             // noise: one for all cells
    double from = 0.0, rise = 0.0;   // ramp: the value in step `first`, what is added to `last`
    float mean = 0.0f, size = 0.0f;  // sine: offset, amplitude; noise: mean, standard deviation
    std::uint64_t turn = 0;          // sine: 2^-64 turns a step

    SNN_HD bool on(std::int64_t t) const { return t >= first && t < last; }
};

/// How many of the changes have come when step t begins.
SNN_HD inline std::size_t changes_until(const StimulusCurrent& s, std::int64_t t) {
    std::size_t low = 0, high = s.changes.size;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (s.changes[middle] <= t) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
/// The values of the cells in step t, of dc and a waveform; null: none, or nothing yet.
SNN_HD inline const float* current_row(const StimulusCurrent& s, std::int64_t t) {
    if (s.kind == CurrentKind::dc) return s.amplitude;
    if (s.kind != CurrentKind::waveform) return nullptr;
    const std::size_t begun = changes_until(s, t);
    return begun > 0 ? s.values + (begun - 1) * s.row : nullptr;
}
/// The step in which the noise of step t was drawn; of what came before step 0 below 0.
SNN_HD inline std::int64_t drawn_in(const StimulusCurrent& s, std::int64_t t) {
    if (!s.shared) return t - (t - s.first) % s.held;
    const std::int64_t sent = t - s.lag, since = sent % s.held;
    return sent - (since < 0 ? since + s.held : since);
}

/// What steps, a ramp or a sine give all cells in step t: the value at the beginning of the step. A
/// ramp is reckoned in double, which counts the steps of any run.
SNN_HD inline float common_current(const StimulusCurrent& s, std::int64_t t) {
    if (s.kind == CurrentKind::steps) {
        const std::size_t come = changes_until(s, t);
        return come > 0 ? s.values[come - 1] : 0.0f;
    }
    if (s.kind == CurrentKind::ramp) {
        const double share =
            static_cast<double>(t - s.first) / static_cast<double>(s.last - s.first);
        return static_cast<float>(s.from + share * s.rise);
    }
    if (s.kind == CurrentKind::sine) {
        const std::uint64_t phase = static_cast<std::uint64_t>(t) * s.turn;
        return fused(s.size, sin_of_turns(static_cast<std::uint32_t>(phase >> 32)), s.mean);
    }
    return 0.0f;
}

/// Noise of a cell whose random word of this step is `word`.
SNN_HD inline float noise_current(const StimulusCurrent& s, std::uint32_t word) {
    const float u = (static_cast<float>(word >> 9) + 0.5f) * (1.0f / 8388608.0f);  // in (0, 1)
    return fused(s.size, normal_quantile(u), s.mean);
}

/// Body over panels of Lanes cells: adds one stimulus, in a step in which it is on. A cell's
/// stimuli are added in their order in the model file, to a sum that begins at 0.
template <int Lanes>
struct AddCurrent {
    StimulusCurrent stimulus;
    float common;         // common_current of this step
    const float* row;     // current_row of this step
    RandomKey random;     // Stream::stimulus, of this stimulus and the step drawn_in
    std::uint32_t first;  // cell of element 0 in its population; a multiple of the panel
    float* sum;

    SNN_HD void operator()(std::size_t at) const {
        if (stimulus.kind == CurrentKind::dc || stimulus.kind == CurrentKind::waveform) {
            if (!row) return;
            SNN_LANES for (std::size_t i = at; i < at + Lanes; ++i) sum[i] += row[i];
        } else if (stimulus.kind == CurrentKind::noise && stimulus.shared) {
            const float noise = noise_current(stimulus, random.draw(0).word[0]);
            SNN_LANES for (std::size_t i = at; i < at + Lanes; ++i) sum[i] += noise;
        } else if (stimulus.kind == CurrentKind::noise) {
            std::uint32_t words[Lanes];
            cell_words(random, first + static_cast<std::uint32_t>(at), words);
            for (std::size_t l = 0; l < Lanes; ++l)
                sum[at + l] += noise_current(stimulus, words[l]);
        } else {
            SNN_LANES for (std::size_t i = at; i < at + Lanes; ++i) sum[i] += common;
        }
    }
};

}  // namespace snnsim
