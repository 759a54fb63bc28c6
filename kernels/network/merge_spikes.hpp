// Spikes of several processes that step parts of one network, each on a device of its own: those of
// one as a message, and the messages of all as the list of the whole network.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/math/exp.hpp"

namespace snnsim {

/// Body over the words of a message: where the spikes of each pair of step and population begin,
/// from 0 on, and their end; their rows; and their values, where spikes are graded.
struct PackSpikes {
    const std::uint32_t* begin;  // of the first pair, in the window; see StepWindow
    const std::uint32_t* spikes;
    const float* values;
    std::uint32_t pairs, count;  // of steps and populations, of spikes
    std::uint32_t* message;

    SNN_HD void operator()(std::size_t i) const {
        const std::uint32_t base = begin[0];
        if (i <= pairs) {
            message[i] = begin[i] - base;
        } else if (i - pairs <= count) {
            message[i] = spikes[base + (i - pairs - 1)];
        } else {
            message[i] = float_to_bits(values[base + (i - pairs - 1 - count)]);
        }
    }
};

/// The messages of all ranks.
struct SpikeMessages {
    const std::uint32_t* words;
    const std::uint32_t* start;  // [rank]
    std::uint32_t ranks, pairs;

    SNN_HD std::uint32_t begin(std::uint32_t rank, std::uint32_t pair) const {
        return words[start[rank] + pair];
    }
    SNN_HD const std::uint32_t* rows(std::uint32_t rank) const {
        return words + start[rank] + pairs + 1;
    }
};

/// Body over pairs of step and population: where the spikes of the next begin in the list of all.
struct MergeBegins {
    SpikeMessages all;
    std::uint32_t* begin;  // of the first pair: the same as before

    SNN_HD void operator()(std::size_t i) const {
        const auto pair = static_cast<std::uint32_t>(i) + 1;
        std::uint32_t sum = begin[0];
        for (std::uint32_t r = 0; r < all.ranks; ++r) sum += all.begin(r, pair);
        begin[pair] = sum;
    }
};

/// Body for teams, one a rank and pair, once all begins are there: ranks hold ascending cells of
/// each population, so one rank's go behind those of the rank before.
struct MergeSpikes {
    SpikeMessages all;
    const std::uint32_t* begin;
    std::uint32_t* spikes;
    float* values;  // null: all 1

    template <class Team>
    SNN_HD void operator()(std::size_t i, const Team& team) const {
        const auto rank = static_cast<std::uint32_t>(i / all.pairs),
                   pair = static_cast<std::uint32_t>(i % all.pairs);
        const std::uint32_t from = all.begin(rank, pair), count = all.begin(rank, pair + 1) - from;
        if (count == 0) return;
        std::uint32_t to = begin[pair];
        for (std::uint32_t r = 0; r < rank; ++r) to += all.begin(r, pair + 1) - all.begin(r, pair);
        const std::uint32_t* const rows = all.rows(rank);
        for (std::uint32_t k = team.lane; k < count; k += team.lanes) {
            spikes[to + k] = rows[from + k];
            if (values) values[to + k] = bits_to_float(rows[all.begin(rank, all.pairs) + from + k]);
        }
    }
};

}  // namespace snnsim
