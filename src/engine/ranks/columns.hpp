// Arrays of which each rank has some columns, and that rank 0 gets whole, or all.
#pragma once

#include <cstddef>
#include <vector>

#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

struct ArraySize {
    std::size_t rows, columns;
};
struct ColumnRange {
    std::uint32_t first, count;
};

/// Adds those that this rank has of an array to a message.
template <class T>
void add_columns(WordWriter& message, const T* array, ArraySize size, ColumnRange mine) {
    message.add(std::uint64_t{size.rows});
    message.add(std::uint64_t{size.columns});
    message.add(mine);
    for (std::size_t row = 0; row < size.rows && mine.count > 0; ++row)
        message.add_array(array + row * size.columns + mine.first, mine.count);
}

/// Rank 0 takes the columns of all others into its arrays, in the order in which they were added.
template <class T>
void fetch_columns(Exchange& exchange, const WordWriter& mine,
                   const std::vector<std::vector<T>*>& arrays) {
    if (exchange.alone()) return;
    Gathered all;
    exchange.gather(mine.words, all);
    for (int r = 1; exchange.leads() && r < exchange.ranks(); ++r) {
        WordReader theirs(all.of(r));
        for (std::vector<T>* const array : arrays) {
            const auto rows = theirs.get<std::uint64_t>(), columns = theirs.get<std::uint64_t>();
            const auto range = theirs.get<ColumnRange>();
            SNN_EXPECT(array->size() == rows * columns);
            for (std::size_t row = 0; row < rows && range.count > 0; ++row)
                theirs.get_array(array->data() + row * columns + range.first, range.count);
        }
        SNN_EXPECT(theirs.done());
    }
}

/// What this rank knows of an array that all need.
struct SharedColumns {
    float* values;
    ColumnRange mine;
};

/// Each rank takes the columns of all others into its arrays. Calls f(array, columns) for each that
/// came.
template <class F>
void share_columns(Exchange& exchange, const std::vector<SharedColumns>& arrays, F&& f) {
    WordWriter mine;
    for (const SharedColumns& array : arrays) {
        mine.add(array.mine);
        mine.add_array(array.values + array.mine.first, array.mine.count);
    }
    Gathered all;
    exchange.all_gather(mine.words, all);
    for (int r = 0; r < exchange.ranks(); ++r) {
        if (r == exchange.rank()) continue;
        WordReader theirs(all.of(r));
        for (std::size_t k = 0; k < arrays.size(); ++k) {
            const auto there = theirs.get<ColumnRange>();
            theirs.get_array(arrays[k].values + there.first, there.count);
            if (there.count > 0) f(k, there);
        }
    }
}

}  // namespace snnsim
