// Things in a random order that every machine finds alike.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/random.hpp"

namespace snnsim {

/// Sorts by a random key each, ties by the number itself.
inline std::vector<std::uint32_t> by_random_key(const std::vector<std::uint32_t>& numbers,
                                                const RandomKey& key) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> keyed;
    keyed.reserve(numbers.size());
    Philox4 words{};
    for (std::uint32_t i = 0; i < numbers.size(); ++i) {
        if (i % 4 == 0) words = key.draw(i / 4);
        keyed.emplace_back(words.word[i % 4], numbers[i]);
    }
    std::sort(keyed.begin(), keyed.end());
    std::vector<std::uint32_t> out;
    out.reserve(keyed.size());
    for (const auto& [random, number] : keyed) out.push_back(number);
    return out;
}

}  // namespace snnsim
