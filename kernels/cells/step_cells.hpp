// One time step of a panel of cells: what arrives, then the model's step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/cells/model.hpp"
#include "kernels/random.hpp"

namespace snnsim {

inline constexpr int most_states = 16;
inline constexpr int most_constants = 32;

/// Where the cells of one population in one block keep what they have: element i is cell `first +
/// i` of the population.
struct CellArrays {
    float* state[most_states] = {};
    const float* constants[most_constants] = {};  // where cells differ
    std::int32_t* arriving[2] = {};  // sums of weights in units of the grid; zero after the step
    float unit[2] = {};              // weight per unit of the grid
    const float* current = nullptr;  // of stimuli
    std::uint32_t first = 0;         // a multiple of the panel
};

/// Body over panels of Lanes cells. Writes what each cell sends; false when all are silent. With
/// AsksStrong each panel is asked whether it needs step_strong; a caller that knows that none does
/// saves that.
template <CellModel M, bool Varied, int Lanes, bool AsksStrong = has_strong<M>>
struct StepCells {
    typename M::Constants constants;
    CellArrays cells;
    RandomKey random;  // of this step, its sub_entity: words are numbered by cell

    // Flattened, for a loop with a call in it does not become vector instructions.
    [[gnu::flatten]] SNN_HD bool operator()(std::size_t at, float (&sent)[Lanes]) const {
        std::uint32_t words[Lanes] = {};
        if constexpr (M::uses_random) draw(at, words);
        std::uint32_t any = 0;
        const StepCells own = *this;  // which no store to a state can change
        if constexpr (has_parts<M>) {
            for (int part = M::parts_before(constants); part > 0; --part) {
                SNN_LANES for (int l = 0; l < Lanes; ++l) {
                    own.step_part(at + static_cast<std::size_t>(l));
                }
            }
        }
        if constexpr (AsksStrong) {
            if (own.any_strong(at)) {
                SNN_LANES_OR(any) for (int l = 0; l < Lanes; ++l) {
                    sent[l] =
                        own.template step_cell<true>(at + static_cast<std::size_t>(l), words[l]);
                    any |= sent[l] != 0.0f ? 1u : 0u;
                }
                return any != 0;
            }
        }
        SNN_LANES_OR(any) for (int l = 0; l < Lanes; ++l) {
            sent[l] = own.template step_cell<false>(at + static_cast<std::size_t>(l), words[l]);
            any |= sent[l] != 0.0f ? 1u : 0u;
        }
        return any != 0;
    }

    /// Of the first `count` cells, as they are now.
    SNN_HD bool any_strong_of(std::size_t count) const {
        const StepCells own = *this;
        std::uint32_t any = 0;
        SNN_LANES_OR(any) for (std::size_t i = 0; i < count; ++i) {
            any |= own.is_strong(i) ? 1u : 0u;
        }
        return any != 0;
    }

  private:
    template <std::size_t K>
    static constexpr auto member = field_at<K>(M::states()).member;
    static constexpr std::size_t state_count = M::states().size;
    static constexpr std::size_t constant_count = sizeof(typename M::Constants) / sizeof(float);
    static_assert(state_count <= most_states && constant_count <= most_constants);

    SNN_HD bool any_strong(std::size_t at) const {
        std::uint32_t any = 0;
        SNN_LANES_OR(any) for (int l = 0; l < Lanes; ++l) {
            any |= is_strong(at + static_cast<std::size_t>(l)) ? 1u : 0u;
        }
        return any != 0;
    }
    SNN_HD bool is_strong(std::size_t i) const {
        if constexpr (Varied) {
            return M::is_strong(load_constants(i), load_state(i));
        } else {
            return M::is_strong(constants, load_state(i));
        }
    }
    SNN_HD void step_part(std::size_t i) const {
        CellInput in;
        in.current = cells.current[i];
        typename M::State s = load_state(i);
        if constexpr (Varied) {
            M::step_part(load_constants(i), s, in);
        } else {
            M::step_part(constants, s, in);
        }
        store_state(i, s);
    }
    // Not in the loop itself: structs there would keep it from becoming vector instructions.
    template <bool Strong>
    SNN_HD float step_cell(std::size_t i, std::uint32_t word) const {
        CellInput in;
        if constexpr (M::receptors > 0) in.receptor_0 = take(0, i);
        if constexpr (M::receptors > 1) in.receptor_1 = take(1, i);
        in.current = cells.current[i];
        in.random = word;
        in.step = random.sub_entity;
        typename M::State s = load_state(i);
        float sent;
        if constexpr (Varied) {
            sent = step_with<Strong>(load_constants(i), s, in);
        } else {
            sent = step_with<Strong>(constants, s, in);
        }
        store_state(i, s);
        return sent;
    }
    template <bool Strong>
    SNN_HD static float step_with(const typename M::Constants& c, typename M::State& s,
                                  const CellInput& in) {
        if constexpr (Strong) {
            return M::step_strong(c, s, in);
        } else {
            return step_of_cell<M>(c, s, in);
        }
    }
    SNN_HD float take(int receptor, std::size_t i) const {
        const float sum = static_cast<float>(cells.arriving[receptor][i]) * cells.unit[receptor];
        cells.arriving[receptor][i] = 0;
        return sum;
    }
    SNN_HD typename M::State load_state(std::size_t i) const {
        typename M::State s{};
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            ((s.*member<K> = cells.state[K][i]), ...);
        }
        (std::make_index_sequence<state_count>());
        return s;
    }
    SNN_HD void store_state(std::size_t i, const typename M::State& s) const {
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            ((cells.state[K][i] = s.*member<K>), ...);
        }
        (std::make_index_sequence<state_count>());
    }
    SNN_HD typename M::Constants load_constants(std::size_t i) const {
        return [&]<std::size_t... K>(std::index_sequence<K...>) {
            return typename M::Constants{cells.constants[K][i]...};
        }
        (std::make_index_sequence<constant_count>());
    }
    SNN_HD void draw(std::size_t at, std::uint32_t (&words)[Lanes]) const {
        cell_words(random, cells.first + static_cast<std::uint32_t>(at), words);
    }
};

/// A random word for each of the cells first .. first + Lanes - 1: word cell % 4 of block cell / 4.
template <int Lanes>
SNN_HD inline void cell_words(const RandomKey& key, std::uint32_t first,
                              std::uint32_t (&words)[Lanes]) {
    if constexpr (Lanes % 4 == 0) {
        key.draw(first / 4, words);  // first is a multiple of Lanes
    } else {
        for (int l = 0; l < Lanes; ++l) {
            const std::uint32_t cell = first + static_cast<std::uint32_t>(l);
            words[l] = key.draw(cell / 4).select(cell % 4);
        }
    }
}

/// Body over panels: spikes of many independent sources, a Poisson number in every cell.
template <int Lanes>
struct AddPoisson {
    const std::int32_t* thresholds;  // see poisson_thresholds; with the sign bit turned, so that
                                     // signed comparisons, which vector units have, order them
    int usual, all;                  // of thresholds: hardly any number is beyond `usual`
    std::int32_t weight;             // on the grid
    std::int32_t* arriving;
    std::uint32_t first;  // cell of element 0 in its population
    RandomKey random;     // of this stimulus and step

    SNN_HD void operator()(std::size_t at) const {
        std::int32_t spikes[Lanes] = {};
        count(at, spikes);
        SNN_LANES for (int l = 0; l < Lanes; ++l) {
            arriving[at + static_cast<std::size_t>(l)] += spikes[l] * weight;
        }
    }
    /// The number of spikes of each cell, which are 0 before.
    [[gnu::always_inline]] SNN_HD void count(std::size_t at, std::int32_t (&spikes)[Lanes]) const {
        std::uint32_t words[Lanes];
        cell_words(random, first + static_cast<std::uint32_t>(at), words);
        count_above(words, 0, usual, spikes);
        if (usual < all) {
            const std::int32_t next = thresholds[usual];
            std::uint32_t beyond = 0;
            SNN_LANES_OR(beyond) for (int l = 0; l < Lanes; ++l) {
                beyond |= turned(words[l]) >= next ? 1u : 0u;
            }
            if (beyond) count_above(words, usual, all, spikes);
        }
    }

  private:
    SNN_HD static std::int32_t turned(std::uint32_t word) {
        return static_cast<std::int32_t>(word ^ 0x80000000u);
    }
    SNN_HD void count_above(const std::uint32_t (&words)[Lanes], int from, int to,
                            std::int32_t (&spikes)[Lanes]) const {
        for (int k = from; k < to; ++k) {
            const std::int32_t threshold = thresholds[k];
            SNN_LANES for (int l = 0; l < Lanes; ++l) {
                spikes[l] += turned(words[l]) >= threshold ? 1 : 0;
            }
        }
    }
};

}  // namespace snnsim
