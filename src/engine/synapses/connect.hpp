// Connection rules: how many synapses a source has, and with which targets.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/random.hpp"
#include "kernels/synapses/draw_row.hpp"
#include "kernels/synapses/permutation.hpp"
#include "snnsim/simulation_spec.hpp"
#include "src/space/pair_space.hpp"

namespace snnsim {

/// A projection as the rules see it.
struct Connection {
    ConnectSpec connect;
    std::uint64_t seed = 1;
    std::uint32_t number = 0;  // of the projection
    std::uint32_t sources = 0, targets = 0;
    bool same_population = false;
    std::uint64_t total = 0;  // fixed_total_number
    // fixed_in_degree, by source: each target has n places, and the sources share out all places
    // in random order. Those of a source begin at first_stub in that order.
    bool by_stubs = false;
    Permutation stubs;
    std::vector<std::uint64_t> first_stub;
    std::shared_ptr<const PairSpace> space;  // where the distance matters

    /// Synapses to the cell of the same number are left out.
    bool skips_itself() const { return same_population ? !connect.autapses : !connect.own; }
    /// Synapses of a source cannot be told without those of all others.
    bool by_target() const {
        return (connect.rule == Rule::fixed_in_degree && !by_stubs) ||
               connect.rule == Rule::symmetric_pairwise_bernoulli || connect.rule == Rule::list;
    }
    /// Which partners there are depends on where the cells are.
    bool near() const { return space && connect.by_distance(); }
    RandomKey key(std::uint32_t entity) const {
        return {seed, Stream::synapses, entity, number, 0};
    }
};

/// Synapses of fixed_total_number: n, or from the probability that a pair has at least one
/// (Potjans & Diesmann 2014): ln(1 - p) / ln(1 - 1 / (sources targets)).
std::uint64_t total_number(const ConnectSpec& connect, double sources, double targets);

/// A word as a Poisson number.
std::uint32_t poisson_number(double mean, std::uint32_t word);

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

/// Partners to choose from, with chances that need not be equal.
struct Candidates {
    std::vector<std::uint32_t> cells;
    std::vector<double> up_to;  // sums of chances

    void clear() {
        cells.clear();
        up_to.clear();
    }
    void add(std::uint32_t cell, double chance) {
        cells.push_back(cell);
        up_to.push_back((up_to.empty() ? 0.0 : up_to.back()) + chance);
    }
    /// The place of one of them.
    std::size_t choose(std::uint32_t word) const {
        const double at = (word + 0.5) * 0x1p-32 * up_to.back();
        const auto found = std::upper_bound(up_to.begin(), up_to.end(), at);
        return std::min<std::size_t>(static_cast<std::size_t>(found - up_to.begin()),
                                     cells.size() - 1);
    }
    void erase(std::size_t place) {
        const double chance = up_to[place] - (place == 0 ? 0.0 : up_to[place - 1]);
        for (std::size_t k = place + 1; k < cells.size(); ++k) {
            cells[k - 1] = cells[k];
            up_to[k - 1] = up_to[k] - chance;
        }
        cells.pop_back();
        up_to.pop_back();
    }
};

/// Calls emit(partner, attributes) for `degree` of the candidates, in proportion to their chances;
/// distinct ones unless `repeats`: then there must be so many.
template <class Emit>
void choose_partners(const RandomKey& key, std::uint32_t degree, Candidates& from, bool repeats,
                     Emit&& emit) {
    SynapseWords words(key);
    if (repeats) {
        for (std::uint32_t k = 0; k < degree && !from.cells.empty(); ++k) {
            const auto [word, attributes] = words.next();
            emit(from.cells[from.choose(word)], attributes);
        }
        return;
    }
    // Where most stay free a second draw of one is rare, and cheaper than taking it out.
    if (degree <= from.cells.size() / 8) {
        std::vector<std::uint8_t> taken(from.cells.size());
        std::uint32_t done = 0;
        for (std::uint32_t tries = 0; done < degree && tries < 4 * degree; ++tries) {
            const auto [word, attributes] = words.next();
            const std::size_t place = from.choose(word);
            if (taken[place]) continue;
            taken[place] = 1;
            emit(from.cells[place], attributes);
            ++done;
        }
        if (done == degree) return;
        Candidates left;
        for (std::size_t k = 0; k < taken.size(); ++k) {
            if (!taken[k])
                left.add(from.cells[k], from.up_to[k] - (k == 0 ? 0.0 : from.up_to[k - 1]));
        }
        from = std::move(left);
        degree -= done;
    }
    for (std::uint32_t k = 0; k < degree && !from.cells.empty(); ++k) {
        const auto [word, attributes] = words.next();
        const std::size_t place = from.choose(word);
        emit(from.cells[place], attributes);
        from.erase(place);
    }
}

/// Calls emit(target, attributes) for the synapses of a source by the distance. Two words a
/// candidate: whether it is one, and its attributes.
template <class Emit>
void draw_near(const Connection& c, std::uint32_t source, Emit&& emit) {
    SynapseWords words(c.key(source));
    switch (c.connect.rule) {
        case Rule::all_to_all:
        case Rule::fixed_probability:
            c.space->for_each_target(source, [&](std::uint32_t target, double chance) {
                const auto [word, attributes] = words.next();
                if (static_cast<double>(word) < chance * 4294967296.0) emit(target, attributes);
            });
            return;
        case Rule::pairwise_poisson:
            c.space->for_each_target(source, [&](std::uint32_t target, double chance) {
                const std::uint32_t count = poisson_number(chance, words.next().partner);
                for (std::uint32_t k = 0; k < count; ++k) emit(target, words.next().attributes);
            });
            return;
        case Rule::fixed_out_degree: {
            Candidates all;
            c.space->for_each_target(
                source, [&](std::uint32_t target, double chance) { all.add(target, chance); });
            choose_partners(c.key(source), static_cast<std::uint32_t>(c.connect.n), all,
                            c.connect.multapses, emit);
            return;
        }
        default:
            return;  // others do not ask for the distance, or are not drawn by source
    }
}

/// Calls emit(target, attributes) for the synapses of a source; `degree` as out_degrees gave it.
template <class Emit>
void draw_row(const Connection& c, std::uint32_t source, std::uint32_t degree, Taken& taken,
              Emit&& emit) {
    if (c.near()) return draw_near(c, source, emit);
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
        case Rule::pairwise_poisson:
            draw_partners(c.key(source), degree, c.targets, self,
                          c.connect.rule != Rule::fixed_out_degree || c.connect.multapses, taken,
                          emit);
            return;
        case Rule::fixed_in_degree: {
            if (!c.by_stubs) return;
            SynapseWords words(c.key(source));
            const auto in_degree = static_cast<std::uint64_t>(c.connect.n);
            for (std::uint32_t k = 0; k < degree; ++k)
                emit(static_cast<std::uint32_t>(c.stubs(c.first_stub[source] + k) / in_degree),
                     words.next().attributes);
            return;
        }
        case Rule::symmetric_pairwise_bernoulli:
        case Rule::conv:
        case Rule::pool:
        case Rule::list:
        default:
            return;  // not drawn by source
    }
}

}  // namespace snnsim
