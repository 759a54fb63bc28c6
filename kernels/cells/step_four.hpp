// One time step of four neighbouring cells, for a thread of a GPU: what StepCells does, with one
// access for each array and one block of random words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/cells/step_cells.hpp"
#include "kernels/lanes.hpp"

namespace snnsim {

/// Of models that take a step in one part.
template <CellModel M>
inline constexpr bool steps_by_four = !has_parts<M> && !has_strong<M>;

/// Sums of what arrives besides at `Lanes` cells: a row for each receptor, and one for none.
template <CellModel M, int Lanes>
using OutsideSums = std::int32_t[M::receptors > 0 ? M::receptors : 1][Lanes];

template <CellModel M, bool Varied>
struct StepFour {
    const typename M::Constants& constants;
    const CellArrays& cells;
    RandomKey random;  // see StepCells

    /// `outside`: what arrives besides, at each receptor, in units of the grid. Bit k of what it
    /// returns: cell `at` + k sends sent[k].
    SNN_HD std::uint32_t operator()(std::size_t at, const OutsideSums<M, 4>& outside,
                                    float (&sent)[4]) const {
        CellInput in[4];
        typename M::State state[4] = {};
        if constexpr (M::uses_random) draw(at, in);
        [&]<int... R>(std::integer_sequence<int, R...>) {
            (take<R>(at, outside[R], in), ...);
        }
        (std::make_integer_sequence<int, M::receptors>());
        const Four<float> current = load_four(cells.current + at);
        SNN_UNROLL
        for (int l = 0; l < 4; ++l) in[l].current = current.x[l];
        for_each_state([&]<std::size_t K>(auto value) {
            const Four<float> x = load_four(cells.state[K] + at);
            SNN_UNROLL
            for (int l = 0; l < 4; ++l) state[l].*value = x.x[l];
        });
        step(at, state, in, sent, std::make_index_sequence<constant_count>());
        for_each_state([&]<std::size_t K>(auto value) {
            Four<float> x;
            SNN_UNROLL
            for (int l = 0; l < 4; ++l) x.x[l] = state[l].*value;
            store_four(cells.state[K] + at, x);
        });
        std::uint32_t fired = 0;
        SNN_UNROLL
        for (int l = 0; l < 4; ++l) fired |= (sent[l] != 0.0f ? 1u : 0u) << l;
        return fired;
    }

  private:
    template <std::size_t K>
    static constexpr auto member = field_at<K>(M::states()).member;
    static constexpr std::size_t state_count = M::states().size;
    static constexpr std::size_t constant_count = sizeof(typename M::Constants) / sizeof(float);

    template <class F>
    SNN_HD static void for_each_state(const F& f) {
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (f.template operator()<K>(member<K>), ...);
        }
        (std::make_index_sequence<state_count>());
    }
    SNN_HD void draw(std::size_t at, CellInput (&in)[4]) const {
        std::uint32_t words[4];
        cell_words(random, cells.first + static_cast<std::uint32_t>(at), words);
        SNN_UNROLL
        for (int l = 0; l < 4; ++l) in[l].random = words[l], in[l].step = random.sub_entity;
    }
    template <int R>
    SNN_HD void take(std::size_t at, const std::int32_t (&outside)[4], CellInput (&in)[4]) const {
        std::int32_t* const arriving = cells.arriving[R] + at;
        const Four<std::int32_t> sums = load_four(arriving);
        store_four(arriving, Four<std::int32_t>{});
        SNN_UNROLL
        for (int l = 0; l < 4; ++l)
            in[l].template receptor<R>() =
                static_cast<float>(sums.x[l] + outside[l]) * cells.unit[R];
    }
    template <std::size_t... K>
    SNN_HD void step(std::size_t at, typename M::State (&state)[4], const CellInput (&in)[4],
                     float (&sent)[4], std::index_sequence<K...>) const {
        if constexpr (Varied) {
            const Four<float> c[] = {load_four(cells.constants[K] + at)...};
            SNN_UNROLL
            for (int l = 0; l < 4; ++l)
                sent[l] = step_of_cell<M>(typename M::Constants{c[K].x[l]...}, state[l], in[l]);
        } else {
            // Not read where a condition holds: that would be a branch.
            const typename M::Constants c = constants;
            SNN_UNROLL
            for (int l = 0; l < 4; ++l) sent[l] = step_of_cell<M>(c, state[l], in[l]);
        }
    }
};

}  // namespace snnsim
