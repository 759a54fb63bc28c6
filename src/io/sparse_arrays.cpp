#include "src/io/sparse_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "snnsim/error.hpp"
#include "src/files/whole_number.hpp"

namespace snnsim {
namespace {

[[noreturn]] void fail(const std::string& what) {
    throw FileError("the sparse array is damaged: " + what);
}

/// Rows of csr, columns of csc, rows of blocks of bsr: the stored ones of line k are begin[k] ...
/// begin[k + 1] - 1.
std::vector<std::uint32_t> line_of_each(const NpzFile& file, std::size_t lines,
                                        std::size_t stored) {
    const std::vector<std::uint32_t> begin = whole_numbers(file, "indptr", lines + 1);
    if (begin.size() != lines + 1 || begin.front() != 0 || begin.back() != stored ||
        !std::is_sorted(begin.begin(), begin.end()))
        fail(fmt::format("'indptr' must ascend from 0 to {} in {} numbers", stored, lines + 1));
    std::vector<std::uint32_t> line;
    line.reserve(stored);
    for (std::size_t k = 0; k < lines; ++k)
        line.insert(line.end(), begin[k + 1] - begin[k], static_cast<std::uint32_t>(k));
    return line;
}

/// Blocks of R x C values, in the order of csr.
void read_blocks(const NpzFile& file, std::size_t most, SparseArray& out) {
    const NpyArray data = file.read("data", most);
    if (data.shape.size() != 3) fail("'data' of format bsr has three dimensions");
    const std::size_t blocks = data.shape[0], high = data.shape[1], wide = data.shape[2];
    if (high == 0 || wide == 0 || out.rows % high != 0 || out.columns % wide != 0)
        fail("its blocks do not fill it");
    const std::vector<std::uint32_t> line = line_of_each(file, out.rows / high, blocks);
    const std::vector<std::uint32_t> index = whole_numbers(file, "indices", most);
    if (index.size() != blocks) fail("'indices' and 'data' have different lengths");
    for (std::size_t k = 0; k < data.values.size(); ++k) {
        if (data.values[k] == 0.0) continue;
        const std::size_t block = k / (high * wide), row = k / wide % high, column = k % wide;
        if (index[block] >= out.columns / wide) fail("an index is too large");
        out.row.push_back(static_cast<std::uint32_t>(line[block] * high + row));
        out.column.push_back(static_cast<std::uint32_t>(index[block] * wide + column));
        out.value.push_back(data.values[k]);
    }
}

void sort_and_add(SparseArray& a) {
    std::vector<std::size_t> order(a.row.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto place = [&](std::size_t k) { return std::pair{a.row[k], a.column[k]}; };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t j, std::size_t k) { return place(j) < place(k); });
    SparseArray sorted{a.rows, a.columns, {}, {}, {}};
    for (const std::size_t k : order) {
        if (!sorted.row.empty() && std::pair{sorted.row.back(), sorted.column.back()} == place(k)) {
            sorted.value.back() += a.value[k];
            continue;
        }
        sorted.row.push_back(a.row[k]);
        sorted.column.push_back(a.column[k]);
        sorted.value.push_back(a.value[k]);
    }
    a = std::move(sorted);
}

}  // namespace

bool is_sparse_array(const NpzFile& file) {
    return file.has("format") && file.has("shape") && file.has("data");
}

std::vector<std::uint32_t> whole_numbers(const NpzFile& file, const std::string& name,
                                         std::size_t most) {
    const NpyArray array = file.read(name, most);
    if (array.shape.size() != 1)
        throw FileError(
            fmt::format("the array '{}' has {} dimensions; one is read", name, array.shape.size()));
    std::vector<std::uint32_t> out;
    out.reserve(array.values.size());
    for (const double value : array.values) {
        const std::optional<std::uint32_t> index = index_below(value, std::uint64_t{1} << 32);
        if (!index)
            throw FileError(fmt::format(
                "the array '{}' has the value {:g}; whole numbers from 0 are read", name, value));
        out.push_back(*index);
    }
    return out;
}

SparseArray read_sparse_array(const NpzFile& file, std::size_t most) {
    constexpr std::size_t longest_name = 64;
    const std::vector<std::string> format = file.read_texts("format", longest_name);
    const std::vector<std::uint32_t> shape = whole_numbers(file, "shape", 2);
    if (format.size() != 1 || shape.size() != 2)
        fail("'format' is one name, and 'shape' two numbers");
    SparseArray out;
    out.rows = shape[0];
    out.columns = shape[1];
    if (format[0] == "bsr") {
        read_blocks(file, most, out);
    } else if (format[0] == "csr" || format[0] == "csc" || format[0] == "coo") {
        const NpyArray data = file.read("data", most);
        if (data.shape.size() != 1) fail("'data' has one dimension");
        out.value = data.values;
        const std::size_t stored = out.value.size();
        if (format[0] == "coo") {
            out.row = whole_numbers(file, "row", most);
            out.column = whole_numbers(file, "col", most);
        } else if (format[0] == "csr") {
            out.row = line_of_each(file, out.rows, stored);
            out.column = whole_numbers(file, "indices", most);
        } else {
            out.column = line_of_each(file, out.columns, stored);
            out.row = whole_numbers(file, "indices", most);
        }
        if (out.row.size() != stored || out.column.size() != stored)
            fail("its indices and 'data' have different lengths");
    } else {
        throw FileError(
            fmt::format("sparse arrays of format '{}' are not read; save scipy.sparse.csr_array(x)",
                        format[0]));
    }
    for (std::size_t k = 0; k < out.row.size(); ++k) {
        if (out.row[k] >= out.rows || out.column[k] >= out.columns) fail("an index is too large");
    }
    sort_and_add(out);
    return out;
}

}  // namespace snnsim
