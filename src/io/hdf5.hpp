// A thin, checked layer over the HDF5 C library: handles that close themselves, typed attributes
// and data sets.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace snnsim::h5 {

/// An HDF5 identifier that is closed with its owner. Construction throws FileError when the call
/// that made it failed.
class Handle {
  public:
    using Close = herr_t (*)(hid_t);
    Handle(hid_t id, Close close, const std::string& what);
    ~Handle();
    Handle(Handle&& other) noexcept
        : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    Handle& operator=(Handle&&) = delete;
    operator hid_t() const { return id_; }
    /// Closes now and throws when that fails: the last write errors of a file show here.
    void close(const std::string& what);

  private:
    hid_t id_;
    Close close_;
};

/// HDF5 prints its errors in every thread that has not asked it not to; the first one has.
void print_no_errors();

/// Throws FileError with what is known of the cause when `status` is negative.
void check(herr_t status, const std::string& what);

template <class T>
hid_t type_of();
template <>
inline hid_t type_of<float>() {
    return H5T_NATIVE_FLOAT;
}
template <>
inline hid_t type_of<double>() {
    return H5T_NATIVE_DOUBLE;
}
template <>
inline hid_t type_of<std::uint8_t>() {
    return H5T_NATIVE_UINT8;
}
template <>
inline hid_t type_of<std::uint32_t>() {
    return H5T_NATIVE_UINT32;
}
template <>
inline hid_t type_of<std::int32_t>() {
    return H5T_NATIVE_INT32;
}
template <>
inline hid_t type_of<std::int64_t>() {
    return H5T_NATIVE_INT64;
}
template <>
inline hid_t type_of<std::uint64_t>() {
    return H5T_NATIVE_UINT64;
}

using Dims = std::vector<hsize_t>;

Handle create_file(const std::string& path);
/// Throws FileError when the file is missing, no plain file or no HDF5 file.
Handle open_file(const std::string& path);
/// The same for a file that may be growing, or whose writer was killed.
Handle open_to_read(const std::string& path);
/// A file whose data sets grow while others may read it, and which stays readable when the program
/// is killed in between (HDF5's single-writer mode): made once, then opened for every addition.
Handle create_growing_file(const std::string& path);
Handle open_to_append(const std::string& path);
/// Opened for any change, even after a writer was killed.
Handle open_to_change(const std::string& path);
/// A writer that found no room leaves a file shorter than its header says, which HDF5 does not
/// open. Makes it as long, with zeros where something is missing; other files stay as they are.
void make_whole(const std::string& path);
Handle open_group(hid_t parent, const std::string& path);
/// Opens the group, making it and its parents where they are missing.
Handle make_group(hid_t parent, const std::string& path);
bool exists(hid_t parent, const std::string& path);
/// The file that holds an open object, as it was opened: another one behind an external link.
std::string file_of(hid_t object);
std::vector<std::string> children(hid_t parent, const std::string& path);
bool is_group(hid_t parent, const std::string& path);
/// The dimensions of a data set of real or whole numbers. Throws FileError where it is none.
Dims numeric_dims(hid_t parent, const std::string& path);
/// The attribute `units` of a data set; "" where there is none.
std::string unit_of(hid_t parent, const std::string& path);

void write_text(hid_t object, const std::string& name, const std::string& value);
void write_texts(hid_t object, const std::string& name, const std::vector<std::string>& values);
/// Texts of any kind: of fixed or variable length, ASCII or UTF-8, or the names of an enumeration.
/// Of an attribute without any, "".
std::string read_text(hid_t object, const std::string& name);
std::vector<std::string> read_texts(hid_t object, const std::string& name);
/// Those of a data set.
void write_text_array(hid_t parent, const std::string& path,
                      const std::vector<std::string>& values);
std::vector<std::string> read_text_array(hid_t parent, const std::string& path);

void write_attribute(hid_t object, const std::string& name, hid_t type, const Dims& dims,
                     const void* data);
bool has_attribute(hid_t object, const std::string& name);
/// Removes an attribute, or a data set or group, if it is there.
void remove_attribute(hid_t object, const std::string& name);
void remove_link(hid_t parent, const std::string& path);
template <class T>
void write_number(hid_t object, const std::string& name, T value) {
    write_attribute(object, name, type_of<T>(), {}, &value);
}
/// A single number; of a whole one, only where it is one and fits (see whole_number).
template <class T>
T read_number(hid_t object, const std::string& name);

/// A data set of any rank with an attribute `units`.
void write_array(hid_t parent, const std::string& path, hid_t type, const Dims& dims,
                 const void* data, const std::string& units);
template <class T>
void write_vector(hid_t parent, const std::string& path, const std::vector<T>& values,
                  const std::string& units, Dims dims = {}) {
    if (dims.empty()) dims = {values.size()};
    write_array(parent, path, type_of<T>(), dims, values.data(), units);
}
/// A data set that can grow: empty at first, [0, ...row]. `rows_per_chunk` are stored together.
void make_growing(hid_t parent, const std::string& path, hid_t type, const Dims& row,
                  hsize_t rows_per_chunk, const std::string& units);
/// Adds rows at the end of a data set of make_growing.
void append_rows(hid_t parent, const std::string& path, hid_t type, hsize_t rows, const void* data);
/// Keeps the first rows of a data set of make_growing.
void keep_rows(hid_t parent, const std::string& path, hsize_t rows);
/// How many values there are. Throws FileError where a file claims more than it can hold.
std::size_t count_of(hid_t parent, const std::string& path);
/// All values of a data set, of any rank. What a file holds as another type, of any width, is
/// converted; a whole number that does not fit (-1, 0.7, 2^40), and more values than there is
/// memory for, throw FileError.
template <class T>
std::vector<T> read_vector(hid_t parent, const std::string& path);
/// Elements first .. first + rows - 1 of a data set of rank 1.
template <class T>
std::vector<T> read_rows(hid_t parent, const std::string& path, hsize_t first, hsize_t rows);
/// The same of the numbers of `count` things, which a message calls by the word `thing`.
std::vector<std::uint32_t> read_indices(hid_t parent, const std::string& path, hsize_t first,
                                        hsize_t rows, std::uint64_t count, const char* thing);

}  // namespace snnsim::h5
