// Arrays of NumPy (.npy): format versions 1 and 2, of numbers or texts, from any source of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace snnsim {

struct NpyArray {
    std::vector<std::size_t> shape;
    std::vector<double> values;  // the last index runs fastest
};

/// Gives up to `most` bytes, the next ones; none at the end. Throws FileError.
using ReadBytes = std::function<std::size_t(char* to, std::size_t most)>;
ReadBytes bytes_of_file(const std::string& path);
/// Of what lies in memory, as long as that does.
ReadBytes bytes_of(const char* data, std::size_t size);

/// An array that is read from its begin to its end, in pieces. Real and whole numbers of any width
/// and byte order are read, and booleans, as doubles. Throws FileError with what is wrong with
/// "it".
class NpyReader {
  public:
    /// Reads the header. `size`: of all bytes; a header that claims another number is refused.
    NpyReader(ReadBytes bytes, std::uint64_t size);

    const std::vector<std::size_t>& shape() const { return shape_; }
    std::size_t count() const { return count_; }
    /// The first index runs fastest (fortran_order).
    bool first_index_fastest() const { return fortran_ && shape_.size() > 1; }
    bool is_text() const { return texts_ != Texts::none; }
    /// As NumPy writes it: "<f4".
    const std::string& type() const { return type_; }
    std::uint64_t header_bytes() const { return header_bytes_; }

    /// All values as they lie in the file.
    std::vector<std::byte> read_stored();

    /// The next `count` numbers, as they are stored.
    void read(double* values, std::size_t count);
    /// After the last of them: a packed array is compared with its sum only when its end is asked
    /// for.
    void end();
    /// All at once; the last index runs fastest. `most`: where there are more, it is refused
    /// before memory is taken.
    NpyArray read_all(std::size_t most);
    /// All texts, as numpy's S (bytes) and U (Unicode), at most `most` characters in sum.
    std::vector<std::string> read_texts(std::size_t most);

  private:
    enum class Texts { none, bytes, unicode };
    using Convert = void (*)(const char* bytes, double* values, std::size_t count, bool swapped);
    void set_type(const std::string& name);
    void fill(char* to, std::size_t count);

    ReadBytes bytes_;
    std::vector<std::size_t> shape_;
    std::string type_;
    std::uint64_t header_bytes_ = 0;
    std::size_t count_ = 1, item_size_ = 0;
    bool fortran_ = false, swapped_ = false;
    Texts texts_ = Texts::none;
    Convert convert_ = nullptr;
    std::vector<char> piece_;
};

/// Reads at most `most` values: a file that claims more, or another length than it has, is refused
/// before memory is taken. Throws FileError.
NpyArray read_npy(const std::string& path, std::size_t most);

}  // namespace snnsim
