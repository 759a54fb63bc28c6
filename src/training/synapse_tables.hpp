// Which synapses a projection has, on a backend.
#pragma once

#include <algorithm>
#include <limits>
#include <numeric>

#include "kernels/training/sparse.hpp"
#include "snnsim/connected_pairs.hpp"
#include "snnsim/error.hpp"

namespace snnsim {

template <class Backend>
class SynapseTables {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;
    using Numbers = std::vector<std::uint32_t>;
    static constexpr bool by_source = width_of<typename Backend::Columns> == panel_width;  // a CPU

  public:
    /// Between populations of these orders.
    SynapseTables(const ConnectedPairs& synapses, const ChannelOrder& from, const ChannelOrder& to)
        : sources_(synapses.sources()),
          columns_(to.panels() * panel_width),
          count_(synapses.count()) {
        SNN_EXPECT(sources_ == from.size());
        SNN_EXPECT(count_ < std::numeric_limits<std::uint32_t>::max());
        Numbers source(count_), target(count_);  // as they are stored
        synapses.for_each([&](std::size_t i, std::size_t s) {
            source[s] = static_cast<std::uint32_t>(from.stored(i));
            target[s] = static_cast<std::uint32_t>(to.column(synapses.target[s]));
        });
        if (!from.plain() || !to.plain()) sort(source, target);
        fill(first_, starts(source, sources_));
        fill(target_, target);
        if constexpr (!by_source) {
            fill(source_, source);
            sort_by_target(source, target);
        }
    }

    std::size_t count() const { return count_; }
    /// Where synapse s of the network is among these.
    std::size_t place(std::size_t s) const { return place_.empty() ? s : place_[s]; }

    SparseRows rows(const float* weight) {
        return {sources_, first_.data(), target_.data(), weight};
    }
    // Of GPUs:
    SparseColumns by_target(const float* weight) {
        return {columns_, column_first_.data(), entry_source_.data(), entry_synapse_.data(),
                weight};
    }
    const std::uint32_t* source() { return source_.data(); }

  private:
    static void fill(Buffer<std::uint32_t>& to, const Numbers& from) {
        to = Buffer<std::uint32_t>(from.size());
        to.copy_from(from.data(), from.size());
    }
    /// Of numbers below `end` that ascend: how many are smaller than each, and the end.
    static Numbers starts(const Numbers& ascending, std::size_t end) {
        Numbers out(end + 1, 0);
        for (const std::uint32_t x : ascending) ++out[x + 1];
        std::partial_sum(out.begin(), out.end(), out.begin());
        return out;
    }

    /// By source and target as they are stored.
    void sort(Numbers& source, Numbers& target) {
        Numbers order(count_);
        std::iota(order.begin(), order.end(), 0u);
        std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
            return source[a] != source[b] ? source[a] < source[b] : target[a] < target[b];
        });
        Numbers sources(count_), targets(count_);
        place_.resize(count_);
        for (std::size_t at = 0; at < count_; ++at) {
            place_[order[at]] = static_cast<std::uint32_t>(at);
            sources[at] = source[order[at]];
            targets[at] = target[order[at]];
        }
        source = std::move(sources);
        target = std::move(targets);
    }

    void sort_by_target(const Numbers& source, const Numbers& target) {
        Numbers first(columns_ + 1, 0), from(count_), synapse(count_);
        for (const std::uint32_t column : target) ++first[column + 1];
        std::partial_sum(first.begin(), first.end(), first.begin());
        Numbers next = first;
        for (std::uint32_t s = 0; s < count_; ++s) {
            const std::uint32_t at = next[target[s]]++;
            from[at] = source[s];
            synapse[at] = s;
        }
        fill(column_first_, first);
        fill(entry_source_, from);
        fill(entry_synapse_, synapse);
    }

    std::size_t sources_, columns_, count_;
    Numbers place_;  // empty: its own number
    Buffer<std::uint32_t> first_, target_, source_;
    Buffer<std::uint32_t> column_first_, entry_source_, entry_synapse_;
};

}  // namespace snnsim
