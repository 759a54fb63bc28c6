// Which cells of two populations are connected, where most are not.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace snnsim {

/// The targets of each source, ascending; a pair has one synapse at most. What synapses have
/// (weights, ...) lies in this order.
struct ConnectedPairs {
    std::vector<std::size_t> first{0};  // [source]: number of its first synapse; and of the end
    std::vector<std::uint32_t> target;

    std::size_t sources() const { return first.size() - 1; }
    std::size_t count() const { return target.size(); }

    bool has(std::size_t source, std::uint32_t to) const {
        return std::binary_search(target.begin() + static_cast<std::ptrdiff_t>(first[source]),
                                  target.begin() + static_cast<std::ptrdiff_t>(first[source + 1]),
                                  to);
    }
    /// Calls f(source, synapse).
    template <class F>
    void for_each(F&& f) const {
        for (std::size_t i = 0; i < sources(); ++i) {
            for (std::size_t s = first[i]; s < first[i + 1]; ++s) f(i, s);
        }
    }
    /// Of each synapse.
    std::vector<std::uint32_t> source() const {
        std::vector<std::uint32_t> out;
        out.reserve(count());
        for_each([&](std::size_t i, std::size_t) { out.push_back(static_cast<std::uint32_t>(i)); });
        return out;
    }
};

}  // namespace snnsim
