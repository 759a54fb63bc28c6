#include "src/engine/cells/gap_junctions.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "snnsim/cell_values.hpp"
#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "src/engine/quantile.hpp"
#include "src/space/pair_space.hpp"

namespace snnsim {
namespace {

/// A junction: numbers in the network.
struct Junction {
    std::uint32_t a, b;
    float g;
};

ConnectSpec with_chance(const GapJunctionsSpec& gaps) {
    ConnectSpec connect = gaps.connect;
    if (connect.rule == Rule::all_to_all) {
        connect.rule = Rule::fixed_probability;
        connect.p = 1.0;
    }
    return connect;
}

/// Calls f(a, b) for each pair by distance. Within a population a pair is joined where either is
/// under the mask of the other.
template <class F>
void for_each_near(const SimulationSpec& spec, const GapJunctionsSpec& gaps, std::uint32_t number,
                   F&& f) {
    const std::size_t from = spec.population_index(gaps.from), to = spec.population_index(gaps.to);
    const PairSpace space(spec, with_chance(gaps), from, to, from == to);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
    for (std::uint32_t cell = 0; cell < space.from().at.size(); ++cell) {
        space.for_each_target(cell, [&](std::uint32_t other, double chance) {
            const auto [a, b] = from == to ? std::minmax({cell, other}) : std::pair{cell, other};
            const RandomKey key{spec.seed, Stream::junctions, a, number, 0};
            const std::uint32_t word = key.draw(b / 4).word[b % 4];
            if ((double{1.0} * word + 0.5) / 4294967296.0 < chance) pairs.emplace_back(a, b);
        });
    }
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    for (const auto& pair : pairs) f(pair.first, pair.second);
}

/// Calls f(a, b) for each pair of cells that the rule joins, a of `from` and b of `to`.
template <class F>
void for_each_pair(const GapJunctionsSpec& gaps, std::uint64_t seed, std::uint32_t number,
                   std::uint32_t from, std::uint32_t to, F&& f) {
    const bool within = gaps.from == gaps.to;
    switch (gaps.connect.rule) {
        case Rule::one_to_one:
            for (std::uint32_t a = 0; a < from; ++a) f(a, a);
            return;
        case Rule::all_to_all:
        case Rule::fixed_probability: {
            const double p = gaps.connect.rule == Rule::all_to_all ? 1.0 : gaps.connect.p;
            for (std::uint32_t a = 0; a < from && p > 0.0; ++a) {
                const RandomKey key{seed, Stream::junctions, a, number, 0};
                // From one success to the next: geometric numbers of failures.
                std::uint64_t b = within ? a + 1 : 0;
                for (std::uint32_t k = 0; b < to; ++k, ++b) {
                    if (p < 1.0) {
                        const std::uint32_t word = key.draw(k / 4).word[k % 4];
                        const double u = (double{1.0} * word + 0.5) / 4294967296.0;
                        const double failures = std::floor(std::log(u) / std::log1p(-p));
                        if (failures >= static_cast<double>(to - b)) break;
                        b += static_cast<std::uint64_t>(failures);
                    }
                    f(a, static_cast<std::uint32_t>(b));
                }
            }
            return;
        }
        default:
            SNN_EXPECT(gaps.edges);
            for (std::size_t k = 0; k < gaps.edges->source.size(); ++k)
                f(gaps.edges->source[k], gaps.edges->target[k]);
    }
}

class Builder {
  public:
    Builder(const SimulationSpec& spec, const Layout& layout) : spec_(spec), layout_(layout) {
        out_.v.assign(spec.populations.size(), GapJunctions::none);
    }
    GapJunctions build() {
        for (std::uint32_t n = 0; n < spec_.gap_junctions.size(); ++n) add(n);
        out_.begin.assign(layout_.rows + std::size_t{1}, 0);
        for (const Junction& j : junctions_) ++out_.begin[j.a + 1], ++out_.begin[j.b + 1];
        for (std::size_t k = 1; k < out_.begin.size(); ++k) out_.begin[k] += out_.begin[k - 1];
        out_.neighbour.resize(out_.begin.back());
        out_.g.resize(out_.begin.back());
        std::stable_sort(junctions_.begin(), junctions_.end(),
                         [](const Junction& x, const Junction& y) {
                             return std::tie(x.a, x.b) < std::tie(y.a, y.b);
                         });
        fill();
        return std::move(out_);
    }

  private:
    void add(std::uint32_t n) {
        const GapJunctionsSpec& gaps = spec_.gap_junctions[n];
        const std::size_t from = spec_.population_index(gaps.from),
                          to = spec_.population_index(gaps.to);
        for (const std::size_t p : {from, to})
            out_.v[p] = state_number(spec_.populations[p], gap_state(spec_.populations[p])).value();
        const Quantile quantile(gaps.g);
        const std::uint32_t first = layout_.populations[from].first_row,
                            other = layout_.populations[to].first_row;
        const std::size_t before = junctions_.size();
        const auto join = [&](std::uint32_t a, std::uint32_t b) {
            double g = gaps.g.mean;
            if (gaps.edges && !gaps.edges->weight.empty()) {
                g = gaps.edges->weight[junctions_.size() - before];
            } else if (gaps.g.drawn()) {
                // Counters that pairs are not drawn from.
                const RandomKey key{spec_.seed, Stream::junctions, a, n, 1};
                const std::uint32_t word = key.draw(b / 4).word[b % 4];
                g = quantile((double{1.0} * word + 0.5) / 4294967296.0);
            }
            // One order of the ends, whichever way a list has them.
            std::uint32_t low = first + a, high = other + b;
            if (low > high) std::swap(low, high);
            junctions_.push_back({low, high, static_cast<float>(g)});
        };
        if (gaps.connect.by_distance()) {
            for_each_near(spec_, gaps, n, join);
        } else {
            for_each_pair(gaps, spec_.seed, n, layout_.populations[from].size,
                          layout_.populations[to].size, join);
        }
        out_.counts.push_back(junctions_.size() - before);
    }
    /// Junctions are sorted by (a, b), a < b: so a cell's neighbours below it come in order where
    /// it is b, and those above it where it is a; the former go first.
    void fill() {
        std::vector<std::uint64_t> at(out_.begin.begin(), out_.begin.end() - 1);
        const auto put = [&](std::uint32_t cell, std::uint32_t neighbour, float g) {
            out_.neighbour[at[cell]] = neighbour;
            out_.g[at[cell]++] = g;
        };
        for (const Junction& j : junctions_) put(j.b, j.a, j.g);
        for (const Junction& j : junctions_) put(j.a, j.b, j.g);
    }

    const SimulationSpec& spec_;
    const Layout& layout_;
    GapJunctions out_;
    std::vector<Junction> junctions_;
};

}  // namespace

GapJunctions build_gap_junctions(const SimulationSpec& spec, const Layout& layout) {
    if (spec.gap_junctions.empty()) return {};
    return Builder(spec, layout).build();
}

std::vector<double> expected_junctions(const SimulationSpec& spec) {
    std::vector<double> out;
    for (const GapJunctionsSpec& gaps : spec.gap_junctions) {
        const auto a = static_cast<double>(spec.population(gaps.from).size),
                   b = static_cast<double>(spec.population(gaps.to).size);
        const bool within = gaps.from == gaps.to;
        const double pairs = within ? 0.5 * a * (a - 1.0) : a * b;
        if (gaps.connect.by_distance()) {
            const PairSpace space(spec, with_chance(gaps), spec.population_index(gaps.from),
                                  spec.population_index(gaps.to), within);
            out.push_back(space.mean_degree() * (within ? 0.5 * a : a));
            continue;
        }
        switch (gaps.connect.rule) {
            case Rule::all_to_all:
                out.push_back(pairs);
                break;
            case Rule::fixed_probability:
                out.push_back(gaps.connect.p * pairs);
                break;
            case Rule::one_to_one:
                out.push_back(a);
                break;
            default:
                out.push_back(gaps.edges ? static_cast<double>(gaps.edges->source.size()) : 0.0);
        }
    }
    return out;
}

}  // namespace snnsim
