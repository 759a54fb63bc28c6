#include "src/io/hdf5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <thread>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/files/room.hpp"
#include "src/files/whole_number.hpp"
#include "src/text/words.hpp"

namespace snnsim::h5 {
namespace {

/// HDF5 prints its error stack to stderr unless told not to; the messages go into the exception.
/// And it cleans up at exit, which crashes (1.10) after the close of a file has failed on a full
/// disk.
const bool tamed = H5dont_atexit() >= 0 && H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;

herr_t keep_all(unsigned, const H5E_error2_t* error, void* out) {
    auto& text = *static_cast<std::string*>(out);
    if (error->desc) text += std::string(error->desc) + '\n';
    return 0;
}

/// What HDF5's messages say in words of ours; "" where they say nothing that helps.
std::string cause_of(const std::string& messages) {
    constexpr std::array<std::array<const char*, 2>, 6> known{{
        {"file signature not found", "it is no HDF5 file"},
        {"truncated file", "it is cut off"},
        {"unable to lock file", "another program has it open"},
        {"already open for write", "another program is writing it, or was ended while it did"},
        {"is not registered", "it is compressed in a way that is not known here"},
        {"convert between", "it holds another kind of data"},
    }};
    for (const auto& [theirs, ours] : known) {
        if (messages.find(theirs) != std::string::npos) return ours;
    }
    // "file write failed: time = ..., errno = 28, error message = 'No space left on device', ..."
    const std::string before = "error message = '";
    const std::size_t at = messages.find(before);
    if (at == std::string::npos) return "";
    const std::size_t from = at + before.size();
    return messages.substr(from, messages.find('\'', from) - from);
}

[[noreturn]] void fail(const std::string& what) {
    std::string messages;
    if (tamed) H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_all, &messages);
    H5Eclear2(H5E_DEFAULT);
    std::string cause = cause_of(messages);
    if (cause.empty() && (what.starts_with("cannot read") || what.starts_with("cannot open")))
        cause = "it is damaged";
    throw FileError(cause.empty() ? what : fmt::format("{}: {}", what, cause));
}

Handle text_type() {
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "text type");
    check(H5Tset_size(type, H5T_VARIABLE), "text type");
    check(H5Tset_cset(type, H5T_CSET_UTF8), "text type");
    return type;
}
Handle space_of(const Dims& dims) {
    return {dims.empty() ? H5Screate(H5S_SCALAR)
                         : H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr),
            H5Sclose, "data space"};
}
/// Makes the groups on the way to a new link.
Handle with_parents() {
    Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose, "link properties");
    check(H5Pset_create_intermediate_group(links, 1), "link properties");
    return links;
}
Handle open_attribute(hid_t object, const std::string& name) {
    return {H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose,
            "the attribute '" + name + "' is missing"};
}
Handle open_array(hid_t parent, const std::string& path) {
    return {H5Dopen2(parent, path.c_str(), H5P_DEFAULT), H5Dclose,
            "the data set '" + path + "' is missing"};
}

}  // namespace

Handle::Handle(hid_t id, Close close, const std::string& what) : id_(id), close_(close) {
    if (id < 0) fail(what);
}
Handle::~Handle() {
    if (id_ >= 0) close_(id_);
}

void Handle::close(const std::string& what) {
    check(close_(std::exchange(id_, H5I_INVALID_HID)), what);
}

void check(herr_t status, const std::string& what) {
    if (status < 0) fail(what);
}

void print_no_errors() {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Handle create_file(const std::string& path) {
    return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose,
            "cannot create " + path};
}
Handle open_file(const std::string& path) {
    require_readable(path);
    return {H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose,
            "cannot open " + path + " as an HDF5 file"};
}

namespace {

Handle newest_format() {
    Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "file properties");
    check(H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST), "file properties");
    return access;
}

}  // namespace

Handle create_growing_file(const std::string& path) {
    return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, newest_format()), H5Fclose,
            "cannot create " + path};
}
Handle open_to_append(const std::string& path) {
    require_readable(path);
    const auto open = [&] {
        return H5Fopen(path.c_str(), H5F_ACC_RDWR | H5F_ACC_SWMR_WRITE, newest_format());
    };
    hid_t file = open();
    // Whoever opens it to read has a lock on it for a moment, even in HDF5's mode for readers.
    for (int tries = 0; file < 0 && tries < 200; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        file = open();
    }
    return {file, H5Fclose, "cannot open " + path + " to append"};
}
Handle open_to_read(const std::string& path) {
    require_readable(path);
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const Handle access = newest_format();
    // What a writer is about to change is read again. HDF5's hundred times, each after twice the
    // time, would wait for years where a file is damaged.
    check(H5Pset_metadata_read_attempts(access, 20), "file properties");
    return {file >= 0 ? file : H5Fopen(path.c_str(), H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access),
            H5Fclose, "cannot open " + path + " as an HDF5 file"};
}
Handle open_to_change(const std::string& path) {
    require_readable(path);
    const Handle access = newest_format();
    const hbool_t clear = true;  // of the mark that a killed writer leaves, as h5clear does
    H5Pset(access, "clear_status_flags", &clear);
    return {H5Fopen(path.c_str(), H5F_ACC_RDWR, access), H5Fclose,
            "cannot open " + path + " to change it"};
}

void make_whole(const std::string& path) {
    constexpr std::array<char, 9> newest{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n', 3};
    constexpr std::size_t end_of_file = 28;  // its place in a header of version 3
    std::array<char, end_of_file + sizeof(std::uint64_t)> header{};
    if (!why_unreadable(path).empty()) return;
    std::ifstream file(path, std::ios::binary);
    if (!file.read(header.data(), header.size())) return;
    if (!std::equal(newest.begin(), newest.end(), header.begin())) return;
    std::uint64_t wanted = 0;
    std::memcpy(&wanted, header.data() + end_of_file, sizeof(wanted));
    std::error_code ignored;
    const std::uintmax_t size = std::filesystem::file_size(path, ignored);
    if (!ignored && size < wanted && wanted < 2 * size + (1u << 30))
        std::filesystem::resize_file(path, wanted, ignored);
}

Handle open_group(hid_t parent, const std::string& path) {
    return {H5Gopen2(parent, path.c_str(), H5P_DEFAULT), H5Gclose,
            "the group '" + path + "' is missing"};
}
Handle make_group(hid_t parent, const std::string& path) {
    if (exists(parent, path)) return open_group(parent, path);
    const Handle links = with_parents();
    return {H5Gcreate2(parent, path.c_str(), links, H5P_DEFAULT, H5P_DEFAULT), H5Gclose,
            "cannot create the group '" + path + "'"};
}

std::string file_of(hid_t object) {
    const ssize_t size = H5Fget_name(object, nullptr, 0);
    std::string name(static_cast<std::size_t>(std::max<ssize_t>(0, size)), ' ');
    H5Fget_name(object, name.data(), name.size() + 1);
    return name;
}

bool exists(hid_t parent, const std::string& path) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        if (H5Lexists(parent, path.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return false;
        if (slash == std::string::npos) return true;
    }
}

std::vector<std::string> children(hid_t parent, const std::string& path) {
    std::vector<std::string> names;
    if (!exists(parent, path)) return names;
    const Handle g = open_group(parent, path);
    const auto add = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
        static_cast<std::vector<std::string>*>(out)->emplace_back(name);
        return 0;
    };
    check(H5Literate(g, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names),
          "cannot list '" + path + "'");
    return names;
}

bool is_group(hid_t parent, const std::string& path) {
    H5O_info_t info;
    return exists(parent, path) &&
           H5Oget_info_by_name(parent, path.c_str(), &info, H5P_DEFAULT) >= 0 &&
           info.type == H5O_TYPE_GROUP;
}

Dims numeric_dims(hid_t parent, const std::string& path) {
    if (!exists(parent, path)) throw FileError(fmt::format("there is no data set '{}'", path));
    H5O_info_t info;
    check(H5Oget_info_by_name(parent, path.c_str(), &info, H5P_DEFAULT), "cannot read " + path);
    if (info.type != H5O_TYPE_DATASET) throw FileError(fmt::format("'{}' is no data set", path));
    const Handle set(H5Dopen2(parent, path.c_str(), H5P_DEFAULT), H5Dclose, path);
    const Handle type(H5Dget_type(set), H5Tclose, path);
    const H5T_class_t kind = H5Tget_class(type);
    if (kind != H5T_INTEGER && kind != H5T_FLOAT)
        throw FileError(fmt::format("'{}' holds no numbers", path));
    const Handle space(H5Dget_space(set), H5Sclose, path);
    const int rank = H5Sget_simple_extent_ndims(space);
    check(rank, "cannot read " + path);
    Dims dims(static_cast<std::size_t>(rank));
    H5Sget_simple_extent_dims(space, dims.data(), nullptr);
    return dims;
}

std::string unit_of(hid_t parent, const std::string& path) {
    const Handle set(H5Dopen2(parent, path.c_str(), H5P_DEFAULT), H5Dclose, path);
    return has_attribute(set, "units") ? read_text(set, "units") : "";
}

void write_attribute(hid_t object, const std::string& name, hid_t type, const Dims& dims,
                     const void* data) {
    const Handle space = space_of(dims);
    const Handle attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT),
                           H5Aclose, "cannot create the attribute '" + name + "'");
    if (H5Sget_simple_extent_npoints(space) == 0) return;
    check(H5Awrite(attribute, type, data), "cannot write the attribute '" + name + "'");
}
bool has_attribute(hid_t object, const std::string& name) {
    return H5Aexists(object, name.c_str()) > 0;
}
void remove_attribute(hid_t object, const std::string& name) {
    if (has_attribute(object, name))
        check(H5Adelete(object, name.c_str()), "cannot remove the attribute '" + name + "'");
}
void remove_link(hid_t parent, const std::string& path) {
    if (exists(parent, path))
        check(H5Ldelete(parent, path.c_str(), H5P_DEFAULT), "cannot remove '" + path + "'");
}
void write_text(hid_t object, const std::string& name, const std::string& value) {
    const char* text = value.c_str();
    write_attribute(object, name, text_type(), {}, &text);
}
namespace {

std::vector<const char*> pointers_to(const std::vector<std::string>& values) {
    std::vector<const char*> texts;
    for (const std::string& v : values) texts.push_back(v.c_str());
    return texts;
}

}  // namespace

void write_texts(hid_t object, const std::string& name, const std::vector<std::string>& values) {
    write_attribute(object, name, text_type(), {values.size()}, pointers_to(values).data());
}
void write_text_array(hid_t parent, const std::string& path,
                      const std::vector<std::string>& values) {
    write_array(parent, path, text_type(), {values.size()}, pointers_to(values).data(), "");
}

namespace {

/// Reads all values as a type.
using Reader = std::function<herr_t(hid_t type, void* data)>;

constexpr hssize_t most_texts = 1 << 20;
constexpr std::size_t most_text = 64 << 20;  // bytes

/// The texts of strings, each in `size` bytes; what comes after a zero, or is padding, is no part.
std::vector<std::string> fixed_texts(const Reader& read, hid_t type, std::size_t count,
                                     const std::string& what) {
    const std::size_t size = H5Tget_size(type);
    if (size == 0 || size > most_text / count) throw FileError(what + ": it is damaged");
    std::vector<char> bytes(count * size);
    check(read(type, bytes.data()), what);
    std::vector<std::string> out;
    for (std::size_t k = 0; k < count; ++k) {
        const char* const first = bytes.data() + k * size;
        std::string& text = out.emplace_back(first, std::find(first, first + size, '\0'));
        if (H5Tget_strpad(type) == H5T_STR_SPACEPAD) text.erase(text.find_last_not_of(' ') + 1);
    }
    return out;
}

std::vector<std::string> variable_texts(const Reader& read, hid_t type, std::size_t count,
                                        const std::string& what, const Reader& give_back) {
    std::vector<char*> texts(count);
    check(read(type, texts.data()), what);
    std::vector<std::string> out;
    for (const char* text : texts) out.emplace_back(text ? text : "");
    if (give_back) check(give_back(type, texts.data()), "text memory");
    return out;
}

/// Where HDF5 puts the texts of a data set. Many may point to one that is long: all together are
/// bounded. They are freed however the reading ends.
class TextMemory {
  public:
    Handle transfer() {
        Handle properties(H5Pcreate(H5P_DATASET_XFER), H5Pclose, "transfer properties");
        check(H5Pset_vlen_mem_manager(properties, take, this, keep, nullptr), "text memory");
        return properties;
    }

  private:
    static void* take(std::size_t bytes, void* memory) {
        auto& self = *static_cast<TextMemory*>(memory);
        if (bytes > self.left_) return nullptr;
        self.left_ -= bytes;
        return self.texts_.emplace_back(new char[bytes]).get();
    }
    static void keep(void*, void*) {}

    std::size_t left_ = most_text;
    std::vector<std::unique_ptr<char[]>> texts_;
};

std::vector<std::string> enumerated_texts(const Reader& read, hid_t type, std::size_t count,
                                          const std::string& what) {
    const std::size_t size = H5Tget_size(type);
    std::vector<char> bytes(count * size);
    check(read(type, bytes.data()), what);
    std::vector<std::string> out;
    for (std::size_t k = 0; k < count; ++k) {
        std::array<char, 256> name{};
        check(H5Tenum_nameof(type, bytes.data() + k * size, name.data(), name.size() - 1), what);
        out.emplace_back(name.data());
    }
    return out;
}

}  // namespace

namespace {

/// `give_back` frees what `read` took for texts of variable length.
std::vector<std::string> texts_of(const Reader& read, hid_t type, hid_t space,
                                  const std::string& what, const Reader& give_back = {}) {
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    if (count <= 0) return {};
    if (count > most_texts) throw FileError("cannot read " + what + ": it is damaged");
    const auto texts = static_cast<std::size_t>(count);
    if (H5Tget_class(type) == H5T_ENUM)
        return enumerated_texts(read, type, texts, "cannot read " + what);
    if (H5Tget_class(type) != H5T_STRING) throw FileError(what + " must be a text");
    return H5Tis_variable_str(type) > 0
               ? variable_texts(read, type, texts, "cannot read " + what, give_back)
               : fixed_texts(read, type, texts, "cannot read " + what);
}

}  // namespace

std::vector<std::string> read_texts(hid_t object, const std::string& name) {
    const Handle attribute = open_attribute(object, name);
    const std::string what = "the attribute '" + name + "'";
    const Handle space(H5Aget_space(attribute), H5Sclose, "cannot read " + what),
        type(H5Aget_type(attribute), H5Tclose, "cannot read " + what);
    return texts_of([&](hid_t memory, void* data) { return H5Aread(attribute, memory, data); },
                    type, space, what,
                    [&](hid_t memory, void* data) {
                        return H5Dvlen_reclaim(memory, space, H5P_DEFAULT, data);
                    });
}
std::vector<std::string> read_text_array(hid_t parent, const std::string& path) {
    const Handle set = open_array(parent, path);
    const std::string what = "the data set '" + path + "'";
    const Handle space(H5Dget_space(set), H5Sclose, "cannot read " + what),
        type(H5Dget_type(set), H5Tclose, "cannot read " + what);
    TextMemory texts;
    const Handle transfer = texts.transfer();
    return texts_of(
        [&](hid_t memory, void* data) {
            return H5Dread(set, memory, H5S_ALL, H5S_ALL, transfer, data);
        },
        type, space, what);
}
std::string read_text(hid_t object, const std::string& name) {
    const std::vector<std::string> values = read_texts(object, name);
    return values.empty() ? "" : values[0];
}

namespace {

/// Whole numbers as they are stored, read by `read(type in memory, data)`, as T.
template <class T, class Stored, class Read>
void convert(std::size_t count, Read&& read, const std::string& path, std::size_t first, T* out) {
    require_room(count * sizeof(Stored), "'" + path + "'");
    std::vector<Stored> stored(count);
    read(type_of<Stored>(), stored.data());
    for (std::size_t k = 0; k < count; ++k) {
        const std::optional<T> value = whole_number<T>(stored[k]);
        if (!value) {
            throw FileError(fmt::format("'{}'[{}] is {}; it must be a whole number from {} to {}",
                                        path, first + k, stored[k], std::numeric_limits<T>::min(),
                                        std::numeric_limits<T>::max()));
        }
        out[k] = *value;
    }
}

/// `count` numbers of a data set or an attribute with the type `stored` as T.
template <class T, class Read>
void read_numbers(hid_t stored, std::size_t count, Read&& read, const std::string& path,
                  std::size_t first, T* out) {
    const H5T_class_t kind = H5Tget_class(stored);
    if (kind != H5T_INTEGER && kind != H5T_FLOAT)
        throw FileError("'" + path + "' must hold numbers");
    if constexpr (std::floating_point<T>) {
        read(type_of<T>(), out);
    } else if (kind == H5T_FLOAT) {
        convert<T, double>(count, read, path, first, out);
    } else if (const std::size_t size = H5Tget_size(stored); size > sizeof(std::uint64_t)) {
        throw FileError(
            fmt::format("'{}' holds numbers of {} bytes, and 8 are the most", path, size));
    } else {
        const bool may_be_negative = H5Tget_sign(stored) != H5T_SGN_NONE;
        const bool fits = may_be_negative == std::signed_integral<T>
                              ? size <= sizeof(T)
                              : !may_be_negative && size < sizeof(T);
        if (fits) {
            read(type_of<T>(), out);
        } else if (may_be_negative) {
            convert<T, std::int64_t>(count, read, path, first, out);
        } else {
            convert<T, std::uint64_t>(count, read, path, first, out);
        }
    }
}

Handle stored_type(hid_t set, const std::string& path) {
    return {H5Dget_type(set), H5Tclose, "cannot read the data set '" + path + "'"};
}

/// A header can claim any size, and what was never written is read as zeros: the file must hold
/// what it claims, packed as well as deflate can (by 1032 to 1).
std::size_t checked_count(hid_t set, const std::string& path) {
    const std::string what = "cannot read the data set '" + path + "'";
    const Handle space(H5Dget_space(set), H5Sclose, what),
        type = stored_type(set, path), how(H5Dget_create_plist(set), H5Pclose, what);
    const hssize_t points = H5Sget_simple_extent_npoints(space);
    if (points < 0) throw FileError(what + ": it is damaged");
    const auto count = static_cast<std::uint64_t>(points);
    constexpr std::uint64_t small = 64 << 20;
    const auto bytes = static_cast<double>(count) * static_cast<double>(H5Tget_size(type));
    if (bytes <= small || H5Pget_layout(how) == H5D_VIRTUAL) return count;
    // Other filters may pack anything into nothing; what they take is then bounded by the memory.
    bool only_deflate = true;
    for (int k = 0; k < H5Pget_nfilters(how); ++k) {
        unsigned flags = 0, config = 0;
        std::size_t no_values = 0;
        const H5Z_filter_t filter = H5Pget_filter2(how, static_cast<unsigned>(k), &flags,
                                                   &no_values, nullptr, 0, nullptr, &config);
        only_deflate =
            only_deflate && (filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE ||
                             filter == H5Z_FILTER_FLETCHER32);
    }
    const hsize_t stored = H5Dget_storage_size(set);
    if (only_deflate && bytes > 1100.0 * static_cast<double>(stored)) {
        throw FileError(
            fmt::format("the data set '{}' claims {}, but the file holds {} of them: "
                        "it is damaged, or they were never written",
                        path, counted(static_cast<std::int64_t>(count), "value"),
                        counted(static_cast<std::int64_t>(stored), "byte")));
    }
    return count;
}

template <class T>
std::vector<T> read_from(hid_t set, const std::string& path, hid_t memory, hid_t space,
                         std::size_t count, std::size_t first) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max() / sizeof(T);
    require_room(std::min(std::uint64_t{count}, most) * sizeof(T),
                 fmt::format("the data set '{}' ({} values)", path, count));
    std::vector<T> values(count);
    if (count == 0) return values;
    read_numbers(
        stored_type(set, path), count,
        [&](hid_t type, void* data) {
            check(H5Dread(set, type, memory, space, H5P_DEFAULT, data),
                  "cannot read the data set '" + path + "'");
        },
        path, first, values.data());
    return values;
}

}  // namespace

template <class T>
T read_number(hid_t object, const std::string& name) {
    const Handle attribute = open_attribute(object, name);
    const std::string what = "cannot read the attribute '" + name + "'";
    const Handle space(H5Aget_space(attribute), H5Sclose, what),
        type(H5Aget_type(attribute), H5Tclose, what);
    if (H5Sget_simple_extent_npoints(space) != 1)
        throw FileError("the attribute '" + name + "' is not one number");
    T value{};
    read_numbers(
        type, 1, [&](hid_t memory, void* data) { check(H5Aread(attribute, memory, data), what); },
        name, 0, &value);
    return value;
}

void write_array(hid_t parent, const std::string& path, hid_t type, const Dims& dims,
                 const void* data, const std::string& units) {
    const Handle space = space_of(dims);
    const Handle links = with_parents();
    const Handle set(H5Dcreate2(parent, path.c_str(), type, space, links, H5P_DEFAULT, H5P_DEFAULT),
                     H5Dclose, "cannot create the data set '" + path + "'");
    if (H5Sget_simple_extent_npoints(space) > 0) {
        check(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data),
              "cannot write the data set '" + path + "'");
    }
    write_text(set, "units", units);
}
void make_growing(hid_t parent, const std::string& path, hid_t type, const Dims& row,
                  hsize_t rows_per_chunk, const std::string& units) {
    Dims now{0}, most{H5S_UNLIMITED}, chunk{rows_per_chunk};
    for (const hsize_t n : row) {
        now.push_back(n);
        most.push_back(n);
        chunk.push_back(n);
    }
    const Handle space(H5Screate_simple(static_cast<int>(now.size()), now.data(), most.data()),
                       H5Sclose, "data space");
    const Handle how(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "data set properties");
    check(H5Pset_chunk(how, static_cast<int>(chunk.size()), chunk.data()), "chunks of " + path);
    const Handle links = with_parents();
    const Handle set(H5Dcreate2(parent, path.c_str(), type, space, links, how, H5P_DEFAULT),
                     H5Dclose, "cannot create the data set '" + path + "'");
    write_text(set, "units", units);
}
void append_rows(hid_t parent, const std::string& path, hid_t type, hsize_t rows,
                 const void* data) {
    if (rows == 0) return;
    Handle set = open_array(parent, path);
    const std::string what = "cannot write the data set '" + path + "'";
    Dims start, count;
    {
        const Handle space(H5Dget_space(set), H5Sclose, "data space");
        count.resize(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
        H5Sget_simple_extent_dims(space, count.data(), nullptr);
        start.assign(count.size(), 0);
    }
    start[0] = count[0];
    Dims all = count;
    all[0] += rows;
    count[0] = rows;
    check(H5Dset_extent(set, all.data()), what);
    const Handle space(H5Dget_space(set), H5Sclose, "data space");
    check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
          what);
    const Handle memory = space_of(count);
    check(H5Dwrite(set, type, memory, space, H5P_DEFAULT, data), what);
    set.close(what);  // chunks that waited are written now
}
void keep_rows(hid_t parent, const std::string& path, hsize_t rows) {
    const Handle set = open_array(parent, path);
    const Handle space(H5Dget_space(set), H5Sclose, "data space");
    Dims dims(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
    H5Sget_simple_extent_dims(space, dims.data(), nullptr);
    if (dims[0] <= rows) return;
    dims[0] = rows;
    check(H5Dset_extent(set, dims.data()), "cannot shorten '" + path + "'");
}
std::size_t count_of(hid_t parent, const std::string& path) {
    return checked_count(open_array(parent, path), path);
}

template <class T>
std::vector<T> read_vector(hid_t parent, const std::string& path) {
    const Handle set = open_array(parent, path);
    return read_from<T>(set, path, H5S_ALL, H5S_ALL, checked_count(set, path), 0);
}

template <class T>
std::vector<T> read_rows(hid_t parent, const std::string& path, hsize_t first, hsize_t rows) {
    const Handle set = open_array(parent, path);
    const std::string what = "cannot read the data set '" + path + "'";
    const Handle space(H5Dget_space(set), H5Sclose, what);
    if (H5Sget_simple_extent_ndims(space) != 1)
        throw FileError("the data set '" + path + "' must have one dimension");
    check(H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, nullptr, &rows, nullptr), what);
    return read_from<T>(set, path, space_of({rows}), space, rows, first);
}

namespace {

template <class Stored>
std::vector<std::uint32_t> indices_from(const std::vector<Stored>& stored, const std::string& path,
                                        hsize_t first, std::uint64_t count, const char* thing) {
    std::vector<std::uint32_t> out(stored.size());
    for (std::size_t k = 0; k < stored.size(); ++k) {
        const std::optional<std::uint32_t> index = index_below(stored[k], count);
        if (!index)
            throw FileError(fmt::format("'{}'[{}]: {}", path, first + k,
                                        no_such(thing, fmt::format("{}", stored[k]), count)));
        out[k] = *index;
    }
    return out;
}

}  // namespace

std::vector<std::uint32_t> read_indices(hid_t parent, const std::string& path, hsize_t first,
                                        hsize_t rows, std::uint64_t count, const char* thing) {
    const Handle type = stored_type(open_array(parent, path), path);
    // As it is stored, so that a message can tell the value.
    if (H5Tget_class(type) == H5T_FLOAT)
        return indices_from(read_rows<double>(parent, path, first, rows), path, first, count,
                            thing);
    if (H5Tget_class(type) == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_NONE)
        return indices_from(read_rows<std::uint64_t>(parent, path, first, rows), path, first, count,
                            thing);
    return indices_from(read_rows<std::int64_t>(parent, path, first, rows), path, first, count,
                        thing);
}

#define SNN_READS(T)                                                   \
    template T read_number<T>(hid_t, const std::string&);              \
    template std::vector<T> read_vector<T>(hid_t, const std::string&); \
    template std::vector<T> read_rows<T>(hid_t, const std::string&, hsize_t, hsize_t);
SNN_READS(float)
SNN_READS(double)
SNN_READS(std::uint8_t)
SNN_READS(std::uint32_t)
SNN_READS(std::int32_t)
SNN_READS(std::int64_t)
SNN_READS(std::uint64_t)
#undef SNN_READS

}  // namespace snnsim::h5
