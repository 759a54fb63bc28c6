// Changes of a training sample, drawn anew in each epoch: mirrored, shifted, with fewer spikes.
#pragma once

#include "kernels/random.hpp"

namespace snnsim {

/// What the inputs of a sample, or of one of its steps, are: [channel][row][column].
struct SampleShape {
    std::uint32_t channels = 0, rows = 0, columns = 0;
};

/// How samples are changed; nothing is where `on` is false.
struct Augmentation {
    bool on = false;
    float flip = 0.0f, drop = 0.0f;  // probabilities
    std::uint32_t shift = 0;
    SampleShape shape = {};
};

/// Random numbers of a sample in an epoch, for the input population whose first input is `first`.
SNN_HD inline RandomKey augmentation_key(std::uint64_t seed, std::uint32_t epoch,
                                         std::uint32_t sample, std::uint32_t first) {
    return {seed, Stream::augment, sample, first, epoch};
}

/// One sample in one epoch: mirrored left to right or not, then shifted.
struct MovedSample {
    SampleShape shape;
    bool mirrored = false;
    std::int32_t right = 0, down = 0;

    /// Block 0 of the key; each shift is as likely as any other, also among the rows where there
    /// are several.
    SNN_HD static MovedSample draw(const Augmentation& augment, const RandomKey& key) {
        const Philox4 words = key.draw(0);
        MovedSample out;
        out.shape = augment.shape;
        out.mirrored = uniform(words.word[0]) < augment.flip;
        out.right = shift_of(words.word[1], augment.shift);
        out.down = augment.shape.rows > 1 ? shift_of(words.word[2], augment.shift) : 0;
        return out;
    }

    /// The input whose place in the file's sample input `to` has now; below 0: none.
    SNN_HD std::int64_t source(std::size_t to) const {
        const auto place = static_cast<std::uint32_t>(to);
        const std::uint32_t line = place / shape.columns;
        const auto columns = static_cast<std::int64_t>(shape.columns);
        const std::int64_t shifted = std::int64_t{place % shape.columns} - right;
        const std::int64_t row = std::int64_t{line % shape.rows} - down;
        if (shifted < 0 || shifted >= columns || row < 0 || row >= std::int64_t{shape.rows})
            return -1;
        const std::int64_t column = mirrored ? columns - 1 - shifted : shifted;
        return (std::int64_t{line / shape.rows} * shape.rows + row) * columns + column;
    }

  private:
    /// Any of -most ... most.
    SNN_HD static std::int32_t shift_of(std::uint32_t word, std::uint32_t most) {
        const std::uint64_t count = 2 * std::uint64_t{most} + 1;
        return static_cast<std::int32_t>(std::uint64_t{word} * count >> 32) -
               static_cast<std::int32_t>(most);
    }
};

/// Whether spike number k of a sample is left out; blocks of the key from 1 on.
SNN_HD inline bool is_dropped(const Augmentation& augment, const RandomKey& key, std::uint64_t k) {
    const Philox4 words = key.draw(static_cast<std::uint32_t>(1 + k / 4));
    return uniform(words.select(static_cast<std::uint32_t>(k % 4))) < augment.drop;
}

}  // namespace snnsim
