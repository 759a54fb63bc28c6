// Arrays of NumPy by name in one file (.npz): a zip archive of .npy files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/io/read_npy.hpp"

struct zip;

namespace snnsim {

/// Packed or not, as np.savez and np.savez_compressed write them. What it throws is FileError that
/// begins with the path.
class NpzFile {
  public:
    explicit NpzFile(const std::string& path);
    ~NpzFile();
    NpzFile(const NpzFile&) = delete;
    NpzFile& operator=(const NpzFile&) = delete;

    /// Without ".npy", as they lie in the file.
    const std::vector<std::string>& names() const { return names_; }
    bool has(const std::string& name) const;
    /// At most `most` values, as read_npy.
    NpyArray read(const std::string& name, std::size_t most) const;
    std::vector<std::string> read_texts(const std::string& name, std::size_t most) const;
    /// An array to be read in pieces, while this lives. What that throws has no path.
    NpyReader open(const std::string& name) const;
    /// Where in the file the array lies, its header first; nowhere if it is packed.
    std::optional<std::uint64_t> place_of(const std::string& name) const;

  private:
    [[noreturn]] void fail(const std::string& name, const std::string& why) const;

    std::string path_;
    zip* archive_;
    std::vector<std::string> names_;
};

/// An array to be written: `bytes` of values of NumPy's `type`, last index fastest.
struct NpyEntry {
    std::string name;
    std::vector<std::size_t> shape;
    std::string type;
    std::span<const std::byte> bytes;
};
template <class T>
const char* npy_type();
template <>
inline const char* npy_type<float>() {
    return "<f4";
}
template <>
inline const char* npy_type<double>() {
    return "<f8";
}
template <>
inline const char* npy_type<std::uint32_t>() {
    return "<u4";
}
template <>
inline const char* npy_type<std::uint8_t>() {
    return "|u1";
}
/// Of values that live until it is written.
template <class T>
NpyEntry npy_entry(std::string name, std::vector<std::size_t> shape, const std::vector<T>& values) {
    return {std::move(name), std::move(shape), npy_type<T>(),
            std::as_bytes(std::span<const T>(values))};
}

/// The same entries give the same bytes. They replace the file at `path` (replace_file).
void write_npz(const std::string& path, const std::vector<NpyEntry>& entries);
void write_npy(const std::string& path, const NpyEntry& entry);

}  // namespace snnsim
