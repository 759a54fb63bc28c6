// An HDF5 file as a list of objects that the bytes of a fuzzer change before it is written. Files
// are always sound for HDF5 itself: what is tried is what our readers make of valid files that hold
// something else than expected.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <string>
#include <vector>

namespace snnsim::fuzz {

struct Hdf5Object {
    enum class Kind { group, array, attribute };
    Kind kind = Kind::group;
    std::string path;  // of an attribute: of the object that has it
    std::string name;  // of an attribute
    std::string type;  // see hdf5_types
    std::vector<hsize_t> dims;
    std::vector<double> numbers;     // one an element, where the type is one of numbers
    std::vector<std::string> texts;  // where it is one of texts
    bool huge = false;               // claims 1e12 rows, of which none is stored
    bool packed = false;             // gzip
    bool gone = false;               // left out
    bool touched = false;            // not as it was first
};

using Hdf5Tree = std::vector<Hdf5Object>;

/// Everything in a file; compound types and the like become numbers.
Hdf5Tree read_tree(const std::string& path);

/// A sound file, written in one piece, in which the objects that the bytes of a fuzzer change are
/// written anew: a file of a hundred objects costs little more than one of three.
class Hdf5Template {
  public:
    explicit Hdf5Template(Hdf5Tree tree);
    void write_changed(const std::string& path, const std::uint8_t* data, std::size_t size) const;

  private:
    Hdf5Tree tree_;
    std::string image_;
};

}  // namespace snnsim::fuzz
