// What a sample is made of.
#pragma once

#include <cstdint>

namespace snnsim {

enum class SampleForm : std::uint8_t {
    pixels,       // a byte for each input, value / 255, which an encoder turns into spikes
    values,       // a real number, which an encoder turns into spikes
    steps,        // a real number for each step and input
    pixel_steps,  // a byte for each step and input, value / 255
    spikes,       // the steps in which each input spikes
    counts,       // the same where several spikes in a step count: a value for each step and input
};

/// Whether it has a time of its own, which no encoder gives it.
constexpr bool in_steps(SampleForm form) {
    return form >= SampleForm::steps;
}
/// Whether its numbers are bytes.
constexpr bool in_pixels(SampleForm form) {
    return form == SampleForm::pixels || form == SampleForm::pixel_steps;
}
/// The same numbers, a part of them in each step.
constexpr SampleForm over_steps(SampleForm form) {
    return in_pixels(form) ? SampleForm::pixel_steps : SampleForm::steps;
}

}  // namespace snnsim
