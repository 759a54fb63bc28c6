// From a bit per cell to the list of those that fired, and what of it is due in the step after.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/math/bits.hpp"
#include "kernels/network/due_spikes.hpp"
#include "kernels/network/window.hpp"

namespace snnsim {

/// Thirty-two cells of one population whose bits make a word.
struct CellWord {
    std::uint32_t first_row = 0;  // of bit 0
    std::uint32_t population = 0;
};

/// Body of one block of threads. Words are in the order of populations and cells.
struct ListSpikes {
    const StepWindow* window;
    std::int64_t k;  // the step's number in its batch
    const std::uint32_t* bits;
    const CellWord* words;
    std::uint32_t count;  // of words
    const float* sent;    // by row; null: all 1
    DueLists due;

    /// How many have something to do.
    std::uint32_t threads() const { return std::max((count + each - 1) / each, due.count); }

    template <class Block>
    SNN_HD void operator()(Block& block) const {
        std::uint32_t at = window->begins(window->now + k)[0];
        if (count == 0 && block.thread() == 0) begin_all({0, window->populations}, at);
        for (std::uint32_t first = 0; first < count; first += each * block.threads()) {
            const std::uint32_t own = first + each * block.thread();
            std::uint32_t spikes = 0;
            for (std::uint32_t w = own; w < own + each && w < count; ++w)
                spikes += static_cast<std::uint32_t>(count_bits(bits[w]));
            std::uint32_t all = 0;
            std::uint32_t before = at + block.sum_before(spikes, all);
            for (std::uint32_t w = own; w < own + each && w < count; ++w) before = list(w, before);
            at += all;
        }
        block.wait();  // for the begins
        CountDue{{window, k + 1, due}}(block);
    }

  private:
    static constexpr std::uint32_t each = 4;  // words of a thread that follow each other

    /// Returns where the spikes of the next word go.
    SNN_HD std::uint32_t list(std::uint32_t w, std::uint32_t at) const {
        const CellWord word = words[w];
        // Begins of the populations, and of the step that comes next. One without cells has no
        // word.
        begin_all({w > 0 ? words[w - 1].population : 0, word.population}, at);
        for (std::uint32_t left = bits[w]; left != 0; left &= left - 1, ++at) {
            const std::uint32_t row = word.first_row + static_cast<std::uint32_t>(lowest_bit(left));
            window->spikes[at] = row;
            if (sent) window->values[at] = sent[row];
        }
        if (w + 1 == count) begin_all({word.population, window->populations}, at);
        return at;
    }
    /// The spikes of all populations behind one, up to another, begin there.
    struct Populations {
        std::uint32_t behind, last;
    };
    SNN_HD void begin_all(Populations p, std::uint32_t at) const {
        std::uint32_t* const begin = window->begins(window->now + k);
        while (p.behind < p.last) begin[++p.behind] = at;
    }
};

}  // namespace snnsim
