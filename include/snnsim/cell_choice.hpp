// Which cells of a population a record takes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/random.hpp"

namespace snnsim {

/// As the model file has it: one of these; nothing: all cells.
struct CellChoice {
    std::int64_t first = 0;            // the first so many
    std::vector<std::int64_t> listed;  // by number
    std::int64_t random = 0;           // so many
};

/// Cells of a population in ascending order.
struct CellSet {
    std::uint32_t count = 0;
    std::vector<std::uint32_t> listed;  // empty: 0 ... count - 1

    std::uint32_t operator[](std::uint32_t k) const { return listed.empty() ? k : listed[k]; }
    bool has(std::uint32_t cell) const {
        return listed.empty() ? cell < count
                              : std::binary_search(listed.begin(), listed.end(), cell);
    }
    /// How many of them are below `end`.
    std::uint32_t count_below(std::uint32_t end) const {
        if (listed.empty()) return std::min(end, count);
        return static_cast<std::uint32_t>(std::lower_bound(listed.begin(), listed.end(), end) -
                                          listed.begin());
    }
};

/// Of a population (number `population`) of `size` cells; more than there are means all. Random
/// cells are those of the least random numbers, so that a smaller choice is part of a larger one.
inline CellSet chosen_cells(const CellChoice& choice, std::int64_t size, std::uint64_t seed,
                            std::size_t population) {
    CellSet set;
    const std::int64_t wanted = std::max(choice.first, choice.random);
    set.count = static_cast<std::uint32_t>(wanted > 0 ? std::min(wanted, size) : size);
    if (!choice.listed.empty()) {
        set.listed.assign(choice.listed.begin(), choice.listed.end());
        set.count = static_cast<std::uint32_t>(set.listed.size());
    } else if (choice.random > 0 && choice.random < size) {
        const RandomKey key{seed, Stream::record, static_cast<std::uint32_t>(population), 0};
        std::vector<std::pair<std::uint32_t, std::uint32_t>> drawn;  // number, cell
        for (std::uint32_t cell = 0; cell < static_cast<std::uint32_t>(size); ++cell)
            drawn.emplace_back(key.draw(cell / 4).word[cell % 4], cell);
        std::nth_element(drawn.begin(), drawn.begin() + choice.random, drawn.end());
        for (std::uint32_t k = 0; k < set.count; ++k) set.listed.push_back(drawn[k].second);
    }
    std::sort(set.listed.begin(), set.listed.end());
    return set;
}

}  // namespace snnsim
