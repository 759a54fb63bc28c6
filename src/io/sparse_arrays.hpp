// Sparse arrays as scipy.sparse.save_npz writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "src/io/npz.hpp"

namespace snnsim {

/// Its stored values in the order of rows and columns, each pair once.
struct SparseArray {
    std::size_t rows = 0, columns = 0;
    std::vector<std::uint32_t> row, column;
    std::vector<double> value;
};

bool is_sparse_array(const NpzFile& file);

/// Of format csr, csc, coo or bsr; of bsr, whose blocks hold what is not meant to be stored,
/// without zeros. Values of the same pair are added. Throws FileError: another format, numbers that
/// contradict each other, more than `most` values.
SparseArray read_sparse_array(const NpzFile& file, std::size_t most);

/// An array of one dimension of whole numbers from 0 to 2^32 - 1. Throws FileError.
std::vector<std::uint32_t> whole_numbers(const NpzFile& file, const std::string& name,
                                         std::size_t most);

}  // namespace snnsim
