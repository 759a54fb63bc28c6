#include "src/engine/cpu/found_spikes.hpp"

#include <algorithm>
#include <utility>

namespace snnsim {
namespace {

/// Orders spikes by step, then population, then cell.
std::uint64_t spike_key(std::int64_t since, std::size_t population, std::uint32_t cell) {
    return static_cast<std::uint64_t>(since) << 40 | static_cast<std::uint64_t>(population) << 30 |
           cell;
}

}  // namespace

void FoundSpikes::add(std::size_t block, std::int64_t t, std::size_t population, FiredSpan fired) {
    Block& b = blocks_[block];
    for (std::uint32_t k = 0; k < fired.count; ++k) {
        b.keys.push_back(spike_key(t - first_, population, fired.cells[k]));
        if (graded_) b.values.push_back(fired.value(k));
    }
}

void FoundSpikes::move_to(Spikes& to) {
    if (graded_) move_values_to(to);
    std::vector<std::uint64_t> all;
    for (Block& b : blocks_) {  // each in order already
        const auto middle = static_cast<std::ptrdiff_t>(all.size());
        if (middle == 0) {
            all.swap(b.keys);
            continue;
        }
        all.insert(all.end(), b.keys.begin(), b.keys.end());
        std::inplace_merge(all.begin(), all.begin() + middle, all.end());
        b.keys.clear();
    }
    const std::size_t before = to.size(), count = all.size();
    for (auto* part : {&to.step, &to.population, &to.cell}) part->resize(before + count);
    for (std::size_t k = 0; k < count; ++k) {
        to.step[before + k] =
            static_cast<std::uint32_t>(first_ + 1) + static_cast<std::uint32_t>(all[k] >> 40);
        to.population[before + k] = static_cast<std::uint32_t>(all[k] >> 30 & 0x3FFu);
        to.cell[before + k] = static_cast<std::uint32_t>(all[k] & 0x3FFFFFFFu);
    }
}

void FoundSpikes::move_values_to(Spikes& to) {
    std::vector<std::pair<std::uint64_t, float>> all;
    for (Block& b : blocks_) {
        for (std::size_t k = 0; k < b.keys.size(); ++k) all.emplace_back(b.keys[k], b.values[k]);
        b.values.clear();
    }
    std::sort(all.begin(), all.end());  // no two of one key
    for (const auto& [key, value] : all) to.value.push_back(value);
}

}  // namespace snnsim
