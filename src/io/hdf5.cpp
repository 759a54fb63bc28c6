#include "src/io/hdf5.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "snnsim/error.hpp"

namespace snnsim::h5 {
namespace {

/// HDF5 prints its error stack to stderr unless told not to; the messages go into the exception.
/// And it cleans up at exit, which crashes (1.10) after the close of a file has failed on a full
/// disk.
const bool tamed = H5dont_atexit() >= 0 && H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;

herr_t keep_first(unsigned, const H5E_error2_t* error, void* out) {
    auto& text = *static_cast<std::string*>(out);
    if (text.empty() && error->desc) text = error->desc;
    return 0;
}

[[noreturn]] void fail(const std::string& what) {
    std::string reason;
    if (tamed) H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &reason);
    H5Eclear2(H5E_DEFAULT);
    // Of "file write failed: time = ..., errno = 28, error message = 'No space left on device', buf
    // = ..." only the cause.
    const std::string before = "error message = '";
    if (const std::size_t at = reason.find(before); at != std::string::npos) {
        const std::size_t from = at + before.size();
        reason = reason.substr(from, reason.find('\'', from) - from);
    }
    throw FileError(reason.empty() ? what : fmt::format("{}: {}", what, reason));
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
    return {H5Fopen(path.c_str(), H5F_ACC_RDWR | H5F_ACC_SWMR_WRITE, newest_format()), H5Fclose,
            "cannot open " + path + " to append"};
}
Handle open_to_read(const std::string& path) {
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    return {file >= 0 ? file
                      : H5Fopen(path.c_str(), H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, newest_format()),
            H5Fclose, "cannot open " + path + " as an HDF5 file"};
}
Handle open_to_change(const std::string& path) {
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
void read_attribute(hid_t object, const std::string& name, hid_t type, void* data) {
    const Handle attribute = open_attribute(object, name);
    const Handle space(H5Aget_space(attribute), H5Sclose, "data space");
    if (H5Sget_simple_extent_npoints(space) != 1)
        throw FileError("the attribute '" + name + "' is not one number");
    check(H5Aread(attribute, type, data), "cannot read the attribute '" + name + "'");
}

void write_text(hid_t object, const std::string& name, const std::string& value) {
    const char* text = value.c_str();
    write_attribute(object, name, text_type(), {}, &text);
}
void write_texts(hid_t object, const std::string& name, const std::vector<std::string>& values) {
    std::vector<const char*> texts;
    for (const std::string& v : values) texts.push_back(v.c_str());
    write_attribute(object, name, text_type(), {values.size()}, texts.data());
}
std::vector<std::string> read_texts(hid_t object, const std::string& name) {
    const Handle attribute = open_attribute(object, name);
    const Handle space(H5Aget_space(attribute), H5Sclose, "data space");
    std::vector<char*> texts(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
    if (texts.empty()) return {};
    const Handle type = text_type();
    check(H5Aread(attribute, type, texts.data()), "cannot read the attribute '" + name + "'");
    std::vector<std::string> values(texts.begin(), texts.end());
    check(H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts.data()), "text memory");
    return values;
}
std::string read_text(hid_t object, const std::string& name) {
    const std::vector<std::string> values = read_texts(object, name);
    return values.empty() ? "" : values[0];
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
    const Handle set = open_array(parent, path);
    const Handle space(H5Dget_space(set), H5Sclose, "data space");
    return static_cast<std::size_t>(H5Sget_simple_extent_npoints(space));
}
void read_array(hid_t parent, const std::string& path, hid_t type, void* data) {
    const Handle set = open_array(parent, path);
    check(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data),
          "cannot read the data set '" + path + "'");
}
void read_rows(hid_t parent, const std::string& path, hid_t type, hsize_t first, hsize_t rows,
               void* data) {
    const Handle set = open_array(parent, path);
    const Handle space(H5Dget_space(set), H5Sclose, "data space");
    const std::string what = "cannot read the data set '" + path + "'";
    check(H5Sget_simple_extent_ndims(space) == 1 ? 0 : -1, what + ": it is no list");
    check(H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, nullptr, &rows, nullptr), what);
    const Handle memory = space_of({rows});
    check(H5Dread(set, type, memory, space, H5P_DEFAULT, data), what);
}

}  // namespace snnsim::h5
