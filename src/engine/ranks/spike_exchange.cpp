#include "src/engine/ranks/spike_exchange.hpp"

#include <algorithm>

namespace snnsim {
namespace {

constexpr std::size_t header = sizeof(std::int64_t) / sizeof(std::uint32_t);  // words: trouble

}  // namespace

SpikeExchange::SpikeExchange(const SimulationSpec& spec, const Layout& layout, Exchange& exchange)
    : exchange_(exchange), blocks_(layout.blocks.size()) {
    for (const CellPopulationSpec& p : spec.populations) graded_.push_back(p.graded() ? 1 : 0);
}

void SpikeExchange::start(const FiredHistory& history, Steps steps, std::int64_t trouble) {
    steps_ = steps;
    mine_.resize(header);
    std::memcpy(mine_.data(), &trouble, sizeof(trouble));
    pack(history);
    exchange_.start(mine_);
    started_ = true;
}

SpikeExchange::Steps SpikeExchange::finish(FiredHistory& history, std::int64_t& trouble) {
    started_ = false;
    exchange_.finish(all_);
    entries_.clear();
    for (int r = 0; r < exchange_.ranks(); ++r) {
        std::int64_t theirs = 0;
        std::memcpy(&theirs, all_.of(r).data(), sizeof(theirs));
        trouble = std::min(trouble, theirs);
        if (r != exchange_.rank()) find_entries(all_.of(r).subspan(header));
    }
    unpack(history);
    return steps_;
}

void SpikeExchange::pack(const FiredHistory& history) {
    for (std::int64_t t = steps_.from; t < steps_.to; ++t) {
        for (std::size_t p = 0; p < graded_.size(); ++p) {
            const std::size_t entry = mine_.size();
            mine_.resize(entry + 3);
            for (std::size_t b = 0; b < blocks_; ++b) {
                const FiredSpan fired = history.at(t, b).of(p);
                mine_.insert(mine_.end(), fired.cells, fired.cells + fired.count);
            }
            const std::size_t count = mine_.size() - entry - 3;
            if (count == 0) {
                mine_.resize(entry);
                continue;
            }
            mine_[entry] = static_cast<std::uint32_t>(t - steps_.from);
            mine_[entry + 1] = static_cast<std::uint32_t>(p);
            mine_[entry + 2] = static_cast<std::uint32_t>(count);
            if (!graded_[p]) continue;
            std::size_t at = mine_.size();
            mine_.resize(at + count);
            for (std::size_t b = 0; b < blocks_; ++b) {
                const FiredSpan fired = history.at(t, b).of(p);
                if (fired.count == 0) continue;
                std::memcpy(mine_.data() + at, fired.values, fired.count * sizeof(float));
                at += fired.count;
            }
        }
    }
}

void SpikeExchange::find_entries(std::span<const std::uint32_t> message) {
    for (const std::uint32_t *at = message.data(), *end = at + message.size(); at != end;) {
        const Entry e{at[0], at[1], at[2], at + 3};
        entries_.push_back(e);
        at += 3 + std::size_t{e.count} * (graded_[e.population] ? 2 : 1);
    }
}

/// Population after population, and within one the cells in ascending order: each rank's are, and
/// ranks own ascending ranges.
void SpikeExchange::unpack(FiredHistory& history) {
    const auto [from, to] = steps_;
    const std::size_t populations = graded_.size();
    count_.assign(static_cast<std::size_t>(to - from) * populations, 0);
    for (const Entry& e : entries_) count_[e.step * populations + e.population] += e.count;
    for (std::int64_t t = from; t < to; ++t) {
        FiredCells& f = history.at(t, blocks_);
        std::uint32_t* const count =
            count_.data() + static_cast<std::size_t>(t - from) * populations;
        std::uint32_t end = 0;
        for (std::size_t p = 0; p < populations; ++p) {
            if (graded_[p]) f.values[p].resize(count[p]);
            f.end[p] = end += count[p];
            count[p] = f.end[p] - count[p];  // now where the next goes
        }
        f.cells.resize(end);
    }
    for (const Entry& e : entries_) {
        FiredCells& f = history.at(from + e.step, blocks_);
        std::uint32_t& at = count_[e.step * populations + e.population];
        std::copy_n(e.cells, e.count, f.cells.data() + at);
        if (graded_[e.population]) {
            const std::uint32_t first = e.population == 0 ? 0 : f.end[e.population - 1];
            std::memcpy(f.values[e.population].data() + (at - first), e.cells + e.count,
                        e.count * sizeof(float));
        }
        at += e.count;
    }
}

}  // namespace snnsim
