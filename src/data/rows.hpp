// Arrays in files, read some rows at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace snnsim {

enum class NumberKind : std::uint8_t { boolean, natural, whole, real };
/// How a number lies in memory, little endian: 1 to 8 bytes, real ones 2, 4 or 8 (IEEE).
struct NumberType {
    NumberKind kind = NumberKind::real;
    std::size_t size = 4;

    bool operator==(const NumberType&) const = default;
    /// "uint8", "float32"
    std::string name() const;
};

/// An array whose first dimension counts rows.
class Rows {
  public:
    Rows(std::string file, std::string name, std::vector<std::uint64_t> shape, NumberType type);
    virtual ~Rows() = default;
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;

    const std::string file, name;  // for messages
    const std::vector<std::uint64_t> shape;
    const NumberType type;

    std::uint64_t count() const { return shape[0]; }
    std::uint64_t row_size() const { return row_size_; }  // numbers in a row
    std::uint64_t row_bytes() const { return row_size_ * type.size; }
    /// "[100, 28, 28]"
    std::string shape_text() const;

    /// The bytes of `rows` rows from `first` on, as `type` says.
    virtual void read(std::uint64_t first, std::uint64_t rows, std::byte* out) const = 0;
    /// Empty where rows may be read in any order, one thread at a time: else why not.
    virtual std::string why_not_anywhere() const = 0;
    /// These rows will be read soon.
    virtual void will_read(std::uint64_t first, std::uint64_t rows) const {
        static_cast<void>(first), static_cast<void>(rows);
    }

    /// Numbers of these rows, as those of convert_numbers().
    template <class T>
    void read_to(std::uint64_t first, std::uint64_t rows, T* out) const;
    template <class T>
    std::vector<T> read_as(std::uint64_t first, std::uint64_t rows) const;
    template <class T>
    std::vector<T> all_as() const {
        return read_as<T>(0, count());
    }

  private:
    std::uint64_t row_size_ = 1;
};

/// Numbers as T: float or double, or std::int64_t where they are no real ones.
template <class T>
void convert_numbers(const NumberType& type, const std::byte* from, std::size_t count, T* to);

/// Where the bytes of an array lie in a file.
struct Placement {
    std::uint64_t offset = 0;  // of the whole array, or
    struct Chunk {
        std::uint64_t offset = 0, bytes = 0;
        bool packed = true;  // by the filters below
    };
    std::vector<Chunk> chunks;         // of so many rows each
    std::uint64_t rows_per_chunk = 0;  // 0: no chunks
    bool deflate = false, shuffle = false;
};

/// The rows of such an array, read with no other library. Throws DataError where the file cannot be
/// opened, or is shorter than it says.
std::shared_ptr<const Rows> rows_in_file(const std::string& file, const std::string& name,
                                         const std::vector<std::uint64_t>& shape,
                                         const NumberType& type, const Placement& placement);

}  // namespace snnsim
