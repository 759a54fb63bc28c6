#include "tools/fuzz/hdf5_tree.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "tools/fuzz/fuzz.hpp"

namespace snnsim::fuzz {
namespace {

using Kind = Hdf5Object::Kind;

constexpr const char* types[] = {"f64", "f32",  "i8",    "u8",   "i32",  "u32",  "i64",
                                 "u64", "f16b", "fixed", "text", "enum", "pair", "bits"};

bool of_texts(const std::string& type) {
    return type == "text" || type == "fixed";
}

/// In memory all numbers are doubles, and texts are pointers or 16 bytes.
hid_t make_type(const std::string& type) {
    if (type == "f64") return H5Tcopy(H5T_IEEE_F64LE);
    if (type == "f32") return H5Tcopy(H5T_IEEE_F32LE);
    if (type == "f16b") return H5Tcopy(H5T_IEEE_F32BE);
    if (type == "i8") return H5Tcopy(H5T_STD_I8LE);
    if (type == "u8") return H5Tcopy(H5T_STD_U8LE);
    if (type == "i32") return H5Tcopy(H5T_STD_I32LE);
    if (type == "u32") return H5Tcopy(H5T_STD_U32BE);
    if (type == "i64") return H5Tcopy(H5T_STD_I64LE);
    if (type == "u64") return H5Tcopy(H5T_STD_U64LE);
    if (type == "bits") return H5Tcopy(H5T_STD_B16LE);
    if (type == "enum") {
        const hid_t t = H5Tenum_create(H5T_STD_U8LE);
        std::uint8_t value = 0;
        for (const char* name : {"none", "by_id", "by_time"}) {
            H5Tenum_insert(t, name, &value);
            ++value;
        }
        return t;
    }
    if (type == "pair") {
        const hid_t t = H5Tcreate(H5T_COMPOUND, 16);
        H5Tinsert(t, "a", 0, H5T_IEEE_F64LE);
        H5Tinsert(t, "b", 8, H5T_STD_I64LE);
        return t;
    }
    const hid_t t = H5Tcopy(H5T_C_S1);
    H5Tset_size(t, type == "text" ? H5T_VARIABLE : 16);
    if (type == "text") H5Tset_cset(t, H5T_CSET_UTF8);
    return t;
}

std::size_t count_of(const std::vector<hsize_t>& dims) {
    std::size_t count = 1;
    for (const hsize_t d : dims) count *= d;
    return count;
}

/// Calls write(type in memory, data) with the values as HDF5 wants them.
template <class F>
void with_data(const Hdf5Object& o, hid_t stored, F&& write) {
    const std::size_t count = count_of(o.dims);
    if (o.type == "text") {
        std::vector<const char*> pointers(count, "");
        for (std::size_t k = 0; k < count && k < o.texts.size(); ++k)
            pointers[k] = o.texts[k].c_str();
        write(stored, pointers.data());
    } else if (o.type == "fixed") {
        std::vector<char> bytes(16 * count + 1);
        for (std::size_t k = 0; k < count && k < o.texts.size(); ++k)
            std::memcpy(&bytes[16 * k], o.texts[k].data(),
                        std::min<std::size_t>(16, o.texts[k].size()));
        write(stored, bytes.data());
    } else if (o.type == "pair" || o.type == "enum" || o.type == "bits") {
        std::vector<std::uint8_t> bytes(16 * count + 1);
        for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<std::uint8_t>(k % 3);
        write(stored, bytes.data());
    } else {
        std::vector<double> numbers(count + 1);
        for (std::size_t k = 0; k < count; ++k)
            numbers[k] = o.numbers.empty() ? 0.0 : o.numbers[k % o.numbers.size()];
        // A time of 64 bits and a cell of 64 bits go through a double: beyond 2^53 and negative
        // they are what the conversion of HDF5 makes of them.
        write(H5T_NATIVE_DOUBLE, numbers.data());
    }
}

void write_object(hid_t file, const Hdf5Object& o) {
    const hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    if (o.kind == Kind::group) {
        if (o.path != "/") {
            const hid_t g = H5Gcreate2(file, o.path.c_str(), links, H5P_DEFAULT, H5P_DEFAULT);
            if (g >= 0) H5Gclose(g);
        }
        H5Pclose(links);
        return;
    }
    const hid_t type = make_type(o.type);
    std::vector<hsize_t> dims = o.dims;
    if (o.huge && !dims.empty()) dims[0] = 1000000000000ull;
    const hid_t space = dims.empty()
                            ? H5Screate(H5S_SCALAR)
                            : H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
    if (o.kind == Kind::attribute) {
        const hid_t at = H5Oopen(file, o.path.c_str(), H5P_DEFAULT);
        if (at >= 0) {
            const hid_t a = H5Acreate2(at, o.name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT);
            if (a >= 0) {
                with_data(o, type,
                          [&](hid_t memory, const void* data) { H5Awrite(a, memory, data); });
                H5Aclose(a);
            }
            H5Oclose(at);
        }
    } else {
        const hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
        if (!dims.empty() && (o.huge || o.packed)) {
            std::vector<hsize_t> chunk = dims;
            for (hsize_t& c : chunk) c = std::clamp<hsize_t>(c, 1, 64);
            H5Pset_chunk(plist, static_cast<int>(chunk.size()), chunk.data());
            if (o.packed) H5Pset_deflate(plist, 1);
        }
        const hid_t d = H5Dcreate2(file, o.path.c_str(), type, space, links, plist, H5P_DEFAULT);
        if (d >= 0) {
            if (!o.huge && count_of(dims) > 0) {
                with_data(o, type, [&](hid_t memory, const void* data) {
                    H5Dwrite(d, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
                });
            }
            H5Dclose(d);
        }
        H5Pclose(plist);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Pclose(links);
}

// Reading a template.

void read_values(hid_t object, bool attribute, Hdf5Object& o) {
    const hid_t space = attribute ? H5Aget_space(object) : H5Dget_space(object);
    const hid_t type = attribute ? H5Aget_type(object) : H5Dget_type(object);
    const int rank = H5Sget_simple_extent_ndims(space);
    o.dims.resize(static_cast<std::size_t>(std::max(rank, 0)));
    H5Sget_simple_extent_dims(space, o.dims.data(), nullptr);
    const std::size_t count = count_of(o.dims);
    const auto read = [&](hid_t memory, void* data) {
        return attribute ? H5Aread(object, memory, data)
                         : H5Dread(object, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    };
    if (H5Tget_class(type) == H5T_STRING) {
        o.type = "text";
        if (H5Tis_variable_str(type) > 0 && count > 0) {
            std::vector<char*> pointers(count, nullptr);
            read(type, pointers.data());
            for (const char* text : pointers) o.texts.emplace_back(text ? text : "");
            H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
        }
    } else if (H5Tget_class(type) == H5T_ENUM) {
        o.type = "enum";
    } else {
        const std::size_t size = H5Tget_size(type);
        const bool is_float = H5Tget_class(type) == H5T_FLOAT;
        const bool is_signed = H5Tget_class(type) == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_2;
        o.type = is_float    ? (size == 4 ? "f32" : "f64")
                 : size == 1 ? (is_signed ? "i8" : "u8")
                 : size == 4 ? (is_signed ? "i32" : "u32")
                 : is_signed ? "i64"
                             : "u64";
        o.numbers.resize(count);
        if (count > 0) read(H5T_NATIVE_DOUBLE, o.numbers.data());
    }
    H5Tclose(type);
    H5Sclose(space);
}

herr_t add_attribute(hid_t object, const char* name, const H5A_info_t*, void* out) {
    auto& [tree, path] = *static_cast<std::pair<Hdf5Tree*, std::string>*>(out);
    Hdf5Object o;
    o.kind = Kind::attribute;
    o.path = path;
    o.name = name;
    const hid_t a = H5Aopen(object, name, H5P_DEFAULT);
    read_values(a, true, o);
    H5Aclose(a);
    tree->push_back(std::move(o));
    return 0;
}

herr_t add_object(hid_t file, const char* name, const H5O_info_t* info, void* out) {
    auto& tree = *static_cast<Hdf5Tree*>(out);
    Hdf5Object o;
    o.path = std::string(name) == "." ? "/" : "/" + std::string(name);
    const hid_t id = H5Oopen(file, name, H5P_DEFAULT);
    if (info->type == H5O_TYPE_DATASET) {
        o.kind = Kind::array;
        read_values(id, false, o);
    }
    const std::string path = o.path;
    tree.push_back(std::move(o));
    std::pair<Hdf5Tree*, std::string> at{&tree, path};
    H5Aiterate2(id, H5_INDEX_NAME, H5_ITER_INC, nullptr, add_attribute, &at);
    H5Oclose(id);
    return 0;
}

/// The bytes of a fuzzer as a stream of choices; zeros when they are used up.
class Choices {
  public:
    Choices(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
    bool more() const { return at_ < size_; }
    std::size_t below(std::size_t end) {
        std::size_t value = next();
        if (end > 256) value = value * 256 + next();
        return value % end;
    }

  private:
    std::size_t next() { return at_ < size_ ? data_[at_++] : 0; }
    const std::uint8_t* data_;
    std::size_t size_, at_ = 0;
};

constexpr double strange_numbers[] = {0.0,
                                      1.0,
                                      -1.0,
                                      0.7,
                                      1.9,
                                      3.0,
                                      7.0,
                                      1e-320,
                                      1e-3,
                                      255.0,
                                      4294967295.0,
                                      4294967296.0,
                                      9007199254740993.0,
                                      18446744073709551615.0,
                                      1e12,
                                      1e40,
                                      1e308,
                                      -1e9,
                                      std::numeric_limits<double>::quiet_NaN(),
                                      std::numeric_limits<double>::infinity()};
constexpr const char* strange_texts[] = {
    "",      "ms",       "s",        "milliseconds", "mV", "by_time",    "none", "snnsim run",
    "a\xff", "finished", "spikes/p", "interrupted",  ".",  "1e99999 ms", "/",    "x: [1, {y: 2}]",
    "LIF",   "NIRGraph", "Conv2d",   "same",         "in", "fc"};

void change(Hdf5Tree& tree, Choices& choose) {
    const std::size_t which = choose.below(tree.size());
    Hdf5Object& o = tree[which];
    o.touched = true;
    switch (choose.below(10)) {
        case 0:
            o.gone = true;
            return;
        case 1: {
            o.type = types[choose.below(std::size(types))];
            if (of_texts(o.type) && o.texts.empty()) o.texts = {"1", "ms", ""};
            return;
        }
        case 2: {
            constexpr hsize_t sizes[] = {0, 1, 2, 3, 5, 17, 300};
            o.dims.resize(choose.below(4));
            for (hsize_t& d : o.dims) d = sizes[choose.below(o.dims.size() > 1 ? 6 : 7)];
            return;
        }
        case 3: {
            if (o.numbers.empty()) o.numbers.resize(1);
            const double value = strange_numbers[choose.below(std::size(strange_numbers))];
            if (choose.below(3) == 0) {
                std::fill(o.numbers.begin(), o.numbers.end(), value);
            } else {
                o.numbers[choose.below(o.numbers.size())] = value;
            }
            return;
        }
        case 4: {
            if (o.texts.empty()) o.texts.resize(1);
            o.texts[choose.below(o.texts.size())] =
                strange_texts[choose.below(std::size(strange_texts))];
            return;
        }
        case 5: {  // a group where an array was, and the reverse
            if (o.kind == Kind::attribute) return;
            const bool group = o.kind == Kind::group;
            o.kind = group ? Kind::array : Kind::group;
            if (group) o.type = "f64";
            return;
        }
        case 6:
            o.huge = o.kind == Kind::array;
            return;
        case 7:
            o.packed = true;
            return;
        case 8: {  // the values of another object
            const Hdf5Object from = tree[choose.below(tree.size())];
            o.type = from.type.empty() ? "f64" : from.type;
            o.dims = from.dims;
            o.numbers = from.numbers;
            o.texts = from.texts;
            return;
        }
        default: {  // a letter of a text or a digit more
            if (!o.texts.empty()) {
                std::string& text = o.texts[choose.below(o.texts.size())];
                if (text.empty()) return;
                text[choose.below(text.size())] = static_cast<char>(choose.below(256));
            } else if (!o.numbers.empty()) {
                o.numbers[choose.below(o.numbers.size())] += static_cast<double>(choose.below(256));
            }
        }
    }
}

/// Access to a file through memory, which is written to the disk at the end, or is not.
hid_t in_memory(bool kept) {
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 1 << 16, kept);
    return access;
}

}  // namespace

Hdf5Tree read_tree(const std::string& path) {
    Hdf5Tree tree;
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) {
        fmt::print(stderr, "cannot open the template {}\n", path);
        std::exit(1);
    }
    H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, add_object, &tree, H5O_INFO_BASIC);
    H5Fclose(file);
    return tree;
}

Hdf5Template::Hdf5Template(Hdf5Tree tree) : tree_(std::move(tree)) {
    // An open file of HDF5 is half a MB of tables. Kept and cleared they cost a tenth of what new
    // pages cost.
    H5set_free_list_limits(-1, -1, -1, -1, -1, -1);
    const hid_t access = in_memory(false);
    const hid_t file = H5Fcreate("template", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    for (const Hdf5Object& o : tree_) write_object(file, o);
    H5Fflush(file, H5F_SCOPE_GLOBAL);
    image_.resize(static_cast<std::size_t>(H5Fget_file_image(file, nullptr, 0)));
    H5Fget_file_image(file, image_.data(), image_.size());
    H5Fclose(file);
    H5Pclose(access);
}

void Hdf5Template::write_changed(const std::string& path, const std::uint8_t* data,
                                 std::size_t size) const {
    Hdf5Tree tree = tree_;
    Choices choose(data, size);
    for (int n = 0; n < 8 && choose.more(); ++n) change(tree, choose);

    save(path, reinterpret_cast<const std::uint8_t*>(image_.data()), image_.size());
    const hid_t access = in_memory(true);
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, access);
    std::vector<std::string> rewritten;
    for (std::size_t k = 0; k < tree.size(); ++k) {
        if (!tree[k].touched || (tree[k].path == "/" && tree_[k].kind != Kind::attribute)) continue;
        if (tree_[k].kind == Kind::attribute) {
            H5Adelete_by_name(file, tree[k].path.c_str(), tree[k].name.c_str(), H5P_DEFAULT);
        } else {
            H5Ldelete(file, tree[k].path.c_str(), H5P_DEFAULT);
            rewritten.push_back(tree[k].path);
        }
    }
    const auto in_rewritten = [&](const std::string& at) {
        return std::any_of(rewritten.begin(), rewritten.end(), [&](const std::string& top) {
            return at.starts_with(top) && (at.size() == top.size() || at[top.size()] == '/');
        });
    };
    for (const Hdf5Object& o : tree) {
        if (!o.gone && (o.touched || in_rewritten(o.path))) write_object(file, o);
    }
    H5Fclose(file);
    H5Pclose(access);
}

}  // namespace snnsim::fuzz
