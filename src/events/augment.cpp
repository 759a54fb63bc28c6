#include "src/events/augment.hpp"

#include "kernels/random.hpp"

namespace snnsim {
namespace {

/// Any of -most ... most.
std::int64_t shift_of(std::uint32_t word, std::int64_t most) {
    const auto count = static_cast<std::uint64_t>(2 * most + 1);
    return static_cast<std::int64_t>(std::uint64_t{word} * count >> 32) - most;
}

}  // namespace

Events augmented(const Events& events, const Sensor& sensor, const EventChoices& choices,
                 CopyNumber number) {
    const RandomKey key{static_cast<std::uint64_t>(choices.seed), Stream::copies, number.sample,
                        number.copy};
    // Block 0 is of the sample, those that follow are of four events each.
    const Philox4 whole = key.draw(0);
    const bool mirrored = uniform(whole.word[0]) < choices.flip;
    const std::int64_t dx = shift_of(whole.word[1], choices.shift),
                       dy = sensor.height > 1 ? shift_of(whole.word[2], choices.shift) : 0;
    Events out;
    out.reserve(events.size());
    Philox4 four{};
    for (std::size_t k = 0; k < events.size(); ++k) {
        if (k % 4 == 0) four = key.draw(static_cast<std::uint32_t>(1 + k / 4));
        const std::int64_t column = mirrored ? sensor.width - 1 - events.x[k] : events.x[k],
                           x = column + dx, y = events.y[k] + dy;
        if (uniform(four.word[k % 4]) < choices.drop) {
            ++out.left_out[LeftOut::dropped];
        } else if (x < 0 || x >= sensor.width || y < 0 || y >= sensor.height) {
            ++out.left_out[LeftOut::shifted_out];
        } else {
            out.add(events.t[k], static_cast<std::uint16_t>(x), static_cast<std::uint16_t>(y),
                    events.p[k]);
        }
    }
    return out;
}

}  // namespace snnsim
