// Texts of variable length lie in heaps of a file: whether they lie where a file says, before HDF5
// is asked for them.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <unordered_map>

namespace snnsim::h5 {

/// Of a file that nobody writes. What is stored in an unusual way (in chunks, behind a user block,
/// with short addresses) is not looked at.
class TextHeaps {
  public:
    explicit TextHeaps(const std::string& path);

    /// Throws FileError where texts of a data set do not lie in heaps that end in the file.
    void check(hid_t parent, const std::string& name);

  private:
    using Heap = std::unordered_map<std::uint32_t, std::uint64_t>;  // bytes by number

    const Heap& heap(std::uint64_t address);
    void read(std::uint64_t offset, void* out, std::uint64_t bytes);

    std::ifstream file_;
    std::uint64_t size_, left_;  // of the file; what may still be read of heaps
    std::unordered_map<std::uint64_t, Heap> heaps_;
};

}  // namespace snnsim::h5
