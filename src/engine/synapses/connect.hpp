// Connection rules: how many synapses a source has, and with which targets.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/random.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// A projection as the rules see it.
struct Connection {
    ConnectSpec connect;
    std::uint64_t seed = 1;
    std::uint32_t number = 0;  // of the projection
    std::uint32_t sources = 0, targets = 0;
    bool same_population = false;
    std::uint64_t total = 0;  // fixed_total_number

    /// Synapses to the cell of the same number are left out.
    bool skips_itself() const { return same_population ? !connect.autapses : !connect.own; }
    RandomKey key(std::uint32_t entity) const {
        return {seed, Stream::synapses, entity, number, 0};
    }
};

/// Synapses of fixed_total_number: n, or from the probability that a pair has at least one
/// (Potjans & Diesmann 2014): ln(1 - p) / ln(1 - 1 / (sources targets)).
std::uint64_t total_number(const ConnectSpec& connect, double sources, double targets);

Connection connection_of(const SimulationSpec& spec, std::size_t number, std::size_t from,
                         std::size_t to);

/// Synapses that a target has on average, where a rule draws them.
double mean_in_degree(const Connection& c);

/// Synapses of each source, for rules that draw by source.
std::vector<std::uint32_t> out_degrees(const Connection& c);

/// Random words of one cell's synapses: two a synapse, the first for the partner, the second for
/// weight (low half) and delay (high half).
class SynapseWords {
  public:
    explicit SynapseWords(const RandomKey& key) : key_(key) {}
    struct Pair {
        std::uint32_t partner, attributes;
    };
    Pair next() {
        if (at_ == count) refill();
        at_ += 2;
        return {words_[at_ - 2], words_[at_ - 1]};
    }

  private:
    static constexpr std::uint32_t count = 64;
    void refill() {
        key_.draw(block_, words_);
        block_ += count / 4;
        at_ = 0;
    }

    RandomKey key_;
    std::uint32_t words_[count];
    std::uint32_t block_ = 0, at_ = count;
};

/// A word as a number below n.
inline std::uint32_t below(std::uint32_t word, std::uint32_t n) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(word) * n >> 32);
}

/// Marks partners that are taken.
class Taken {
  public:
    void start(std::uint32_t size) { bits_.assign((size + 63) / 64, 0); }
    /// False when it was taken before.
    bool take(std::uint32_t k) {
        const std::uint64_t bit = std::uint64_t{1} << (k % 64);
        const bool free = (bits_[k / 64] & bit) == 0;
        bits_[k / 64] |= bit;
        return free;
    }
    bool taken(std::uint32_t k) const { return bits_[k / 64] >> (k % 64) & 1; }

  private:
    std::vector<std::uint64_t> bits_;
};

/// Calls emit(partner, attributes) for `degree` random partners of `n` (other than `self`, if that
/// is below n); distinct ones unless `repeats`.
template <class Emit>
void draw_partners(const RandomKey& key, std::uint32_t degree, std::uint32_t n, std::uint32_t self,
                   bool repeats, Taken& taken, Emit&& emit) {
    SynapseWords words(key);
    if (repeats) {
        for (std::uint32_t k = 0; k < degree;) {
            const auto [word, attributes] = words.next();
            const std::uint32_t partner = below(word, n);
            if (partner == self) continue;
            emit(partner, attributes);
            ++k;
        }
        return;
    }
    taken.start(n);
    const std::uint32_t candidates = self < n ? n - 1 : n;
    if (self < n) taken.take(self);
    if (degree <= candidates / 2) {
        for (std::uint32_t k = 0; k < degree;) {
            const auto [word, attributes] = words.next();
            const std::uint32_t partner = below(word, n);
            if (!taken.take(partner)) continue;
            emit(partner, attributes);
            ++k;
        }
        return;
    }
    for (std::uint32_t k = 0; k < candidates - degree;) {  // draw those that are left out
        if (taken.take(below(words.next().partner, n))) ++k;
    }
    for (std::uint32_t partner = 0; partner < n; ++partner) {
        if (!taken.taken(partner)) emit(partner, words.next().attributes);
    }
}

/// Calls emit(target, attributes) for the synapses of a source; `degree` as out_degrees gave it.
template <class Emit>
void draw_row(const Connection& c, std::uint32_t source, std::uint32_t degree, Taken& taken,
              Emit&& emit) {
    const std::uint32_t self = c.skips_itself() ? source : c.targets;
    switch (c.connect.rule) {
        case Rule::one_to_one:
            emit(source, SynapseWords(c.key(source)).next().attributes);
            return;
        case Rule::blocks: {
            SynapseWords words(c.key(source));
            const std::uint32_t first =
                degree > 1 ? source * degree : source / std::max(1u, c.sources / c.targets);
            for (std::uint32_t k = 0; k < degree; ++k) emit(first + k, words.next().attributes);
            return;
        }
        case Rule::all_to_all:
        case Rule::fixed_probability:
            draw_partners(c.key(source), degree, c.targets, self, false, taken, emit);
            return;
        case Rule::fixed_out_degree:
        case Rule::fixed_total_number:
            draw_partners(c.key(source), degree, c.targets, self,
                          c.connect.rule == Rule::fixed_total_number || c.connect.multapses, taken,
                          emit);
            return;
        case Rule::fixed_in_degree:
        case Rule::list:
            return;  // not drawn by source
    }
}

}  // namespace snnsim
