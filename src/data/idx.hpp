// Reader of IDX files, the format of MNIST, gzipped or not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace snnsim {

struct IdxArray {
    std::vector<std::int64_t> dims;
    std::vector<std::uint8_t> data;  // row-major
};

/// The file, unpacked where it is gzip: then no more than a byte beyond what its header says.
/// Throws DataError.
std::vector<std::uint8_t> read_unpacked(const std::string& path);

/// Bytes of an IDX file to an array of bytes with the number of dimensions wanted (3: images, 1:
/// labels). Throws DataError that names `path`, what was found and what was expected.
IdxArray parse_idx(const std::vector<std::uint8_t>& bytes, const std::string& path,
                   int dims_wanted);

/// SHA-256 in hexadecimal.
std::string sha256(const void* data, std::size_t size);

}  // namespace snnsim
