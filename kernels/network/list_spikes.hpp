// From a bit per cell to the list of those that fired.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/math/bits.hpp"
#include "kernels/network/window.hpp"

namespace snnsim {

/// Thirty-two cells of one population whose bits make a word.
struct CellWord {
    std::uint32_t first_row = 0;  // of bit 0
    std::uint32_t population = 0;
};

/// Body over words, which are in the order of populations and cells. `offsets` are the numbers of
/// bits set before each word.
struct ListSpikes {
    const StepWindow* window;
    std::int64_t k;  // the step's number in its batch
    const std::uint32_t* bits;
    const std::uint32_t* offsets;
    const CellWord* words;
    std::size_t count;  // of words
    const float* sent;  // by row; null: all 1

    SNN_HD void operator()(std::size_t w) const {
        std::uint32_t* const begin = window->begins(window->now + k);
        std::uint32_t at = begin[0] + offsets[w];
        const CellWord word = words[w];
        // Begins of the populations, and of the step that comes next.
        if (w > 0 && words[w - 1].population != word.population) begin[word.population] = at;
        if (w + 1 == count)
            begin[window->populations] = at + static_cast<std::uint32_t>(count_bits(bits[w]));
        for (std::uint32_t left = bits[w]; left != 0; left &= left - 1, ++at) {
            const std::uint32_t row = word.first_row + static_cast<std::uint32_t>(lowest_bit(left));
            window->spikes[at] = row;
            if (sent) window->values[at] = sent[row];
        }
    }
};

}  // namespace snnsim
