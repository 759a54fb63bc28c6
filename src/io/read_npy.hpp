// Arrays of NumPy (.npy): format versions 1 and 2, real numbers, one or two dimensions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace snnsim {

struct NpyArray {
    std::vector<std::size_t> shape;
    std::vector<double> values;  // the last index runs fastest
};

/// Reads at most `most` values: a file that claims more, or another length than it has, is refused
/// before memory is taken. Throws FileError.
NpyArray read_npy(const std::string& path, std::size_t most);

}  // namespace snnsim
