// Arrays of an HDF5 file, for data sets: where their bytes lie, or read by the library.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "snnsim/error.hpp"
#include "src/io/data_file.hpp"
#include "src/io/hdf5.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// Calls f(); what it throws of the file becomes a DataError that begins with its name.
template <class F>
auto with_name(const std::string& path, F&& f) {
    try {
        return f();
    } catch (const FileError& e) {
        const std::string text = e.what();
        throw DataError(text.find(path) == std::string::npos ? path + ": " + text : text);
    }
}

struct OpenArray {
    h5::Handle set, space, type;

    OpenArray(hid_t file, const std::string& name)
        : set(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose, "'" + name + "'"),
          space(H5Dget_space(set), H5Sclose, name),
          type(H5Dget_type(set), H5Tclose, name) {}

    h5::Dims dims() const {
        h5::Dims dims(static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
        if (!dims.empty()) H5Sget_simple_extent_dims(space, dims.data(), nullptr);
        return dims;
    }
};

/// IEEE of 16 bits, which HDF5 1.10 has no name for.
bool is_half(hid_t type) {
    std::size_t sign = 0, exponent = 0, exponent_bits = 0, mantissa = 0, mantissa_bits = 0;
    return H5Tget_size(type) == 2 && H5Tget_order(type) == H5T_ORDER_LE &&
           H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) >= 0 &&
           sign == 15 && exponent == 10 && exponent_bits == 5 && mantissa_bits == 10 &&
           H5Tget_ebias(type) == 15;
}

/// How numbers of this type are read: as they are stored, or converted by HDF5.
struct Numbers {
    NumberType type;
    hid_t memory = H5I_INVALID_HID;  // invalid: the stored type
    bool as_stored = false;
};
std::optional<Numbers> numbers_of(hid_t type) {
    const H5T_class_t kind = H5Tget_class(type);
    const std::size_t size = H5Tget_size(type);
    if (kind == H5T_ENUM && size == 1)
        return Numbers{{NumberKind::boolean, 1}, H5I_INVALID_HID, true};
    if (kind == H5T_FLOAT) {
        if (is_half(type)) return Numbers{{NumberKind::real, 2}, H5I_INVALID_HID, true};
        if (size <= 4)
            return Numbers{
                {NumberKind::real, 4}, H5T_NATIVE_FLOAT, H5Tequal(type, H5T_IEEE_F32LE) > 0};
        return Numbers{
            {NumberKind::real, 8}, H5T_NATIVE_DOUBLE, H5Tequal(type, H5T_IEEE_F64LE) > 0};
    }
    if (kind != H5T_INTEGER || size > 8) return std::nullopt;
    const bool natural = H5Tget_sign(type) == H5T_SGN_NONE;
    constexpr std::size_t sizes[] = {1, 2, 4, 8};
    const std::size_t wide =
        *std::find_if(std::begin(sizes), std::end(sizes), [&](std::size_t s) { return s >= size; });
    const hid_t memory = natural ? (wide == 1   ? H5T_NATIVE_UINT8
                                    : wide == 2 ? H5T_NATIVE_UINT16
                                    : wide == 4 ? H5T_NATIVE_UINT32
                                                : H5T_NATIVE_UINT64)
                                 : (wide == 1   ? H5T_NATIVE_INT8
                                    : wide == 2 ? H5T_NATIVE_INT16
                                    : wide == 4 ? H5T_NATIVE_INT32
                                                : H5T_NATIVE_INT64);
    return Numbers{{natural ? NumberKind::natural : NumberKind::whole, wide},
                   memory,
                   H5Tequal(type, memory) > 0};
}

const char* class_name(H5T_class_t kind) {
    switch (kind) {
        case H5T_STRING:
            return "texts";
        case H5T_COMPOUND:
            return "records of several fields";
        case H5T_VLEN:
            return "rows of variable length";
        default:
            return "no numbers";
    }
}

/// Read through HDF5, by the thread that opened the file.
class Hdf5Rows final : public Rows {
  public:
    Hdf5Rows(std::shared_ptr<const h5::Handle> root, const std::string& file,
             const std::string& name, const Numbers& numbers, std::string why_not)
        : Rows(file, name, dims_of(*root, name), numbers.type),
          root_(std::move(root)),
          array_(*root_, name),
          memory_(numbers.memory == H5I_INVALID_HID ? hid_t{array_.type} : numbers.memory),
          why_not_(std::move(why_not)) {}

    std::string why_not_anywhere() const override { return why_not_; }

    void read(std::uint64_t first, std::uint64_t rows, std::byte* out) const override {
        if (rows == 0 || row_size() == 0) return;
        h5::Dims start(shape.size(), 0), count(shape.begin(), shape.end());
        start[0] = first;
        count[0] = rows;
        const h5::Handle space(H5Dget_space(array_.set), H5Sclose, name),
            memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr),
                   H5Sclose, name);
        with_name(file, [&] {
            h5::check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr,
                                          count.data(), nullptr),
                      "cannot read " + name);
            h5::check(H5Dread(array_.set, memory_, memory, space, H5P_DEFAULT, out),
                      "cannot read " + name);
        });
    }

  private:
    static std::vector<std::uint64_t> dims_of(hid_t root, const std::string& name) {
        const h5::Dims dims = OpenArray(root, name).dims();
        return {dims.begin(), dims.end()};
    }

    const std::shared_ptr<const h5::Handle> root_;
    const OpenArray array_;
    const hid_t memory_;
    const std::string why_not_;
};

/// Before it the file may hold something else.
bool has_user_block(hid_t file) {
    hsize_t size = 0;
    const h5::Handle how(H5Fget_create_plist(file), H5Pclose, "file");
    return H5Pget_userblock(how, &size) < 0 || size > 0;
}

/// Where the array's bytes lie, or why they cannot be read without HDF5.
std::string find_bytes(hid_t file, const OpenArray& array, const Numbers& numbers, Placement& out) {
    if (h5::file_of(array.set) != h5::file_of(file)) return "it lies in another file";
    if (!numbers.as_stored) return "its numbers are stored big-endian or in an unusual type";
    const h5::Handle how(H5Dget_create_plist(array.set), H5Pclose, "storage");
    const h5::Dims dims = array.dims();
    if (H5Pget_external_count(how) > 0) return "it lies in another file";
    if (H5Pget_layout(how) == H5D_CONTIGUOUS) {
        const haddr_t at = H5Dget_offset(array.set);
        if (at == HADDR_UNDEF) return "it was never written";
        out.offset = at;
        return "";
    }
    if (H5Pget_layout(how) != H5D_CHUNKED) return "it is stored neither contiguous nor in chunks";
    // H5Dget_chunk_info_by_coord does not count it up to HDF5 1.14.2, later it does.
    if (has_user_block(file)) return "it is stored in chunks, behind a user block";
    for (int k = 0; k < H5Pget_nfilters(how); ++k) {
        unsigned flags = 0, config = 0;
        std::size_t no_values = 0;
        const H5Z_filter_t filter = H5Pget_filter2(how, static_cast<unsigned>(k), &flags,
                                                   &no_values, nullptr, 0, nullptr, &config);
        if (filter == H5Z_FILTER_SHUFFLE && !out.deflate) {
            out.shuffle = true;
        } else if (filter == H5Z_FILTER_DEFLATE && !out.deflate) {
            out.deflate = true;
        } else {
            return "it is packed by another filter than gzip";
        }
    }
    h5::Dims chunk(dims.size());
    H5Pget_chunk(how, static_cast<int>(chunk.size()), chunk.data());
    if (!std::equal(chunk.begin() + 1, chunk.end(), dims.begin() + 1))
        return "its chunks hold parts of samples; store chunks of whole ones";
    out.rows_per_chunk = chunk[0];
    h5::Dims at(dims.size(), 0);
    for (at[0] = 0; at[0] < dims[0]; at[0] += chunk[0]) {
        unsigned mask = 0;
        haddr_t address = HADDR_UNDEF;
        hsize_t bytes = 0;
        if (H5Dget_chunk_info_by_coord(array.set, at.data(), &mask, &address, &bytes) < 0 ||
            address == HADDR_UNDEF)
            return "a part of it was never written";
        if (mask != 0 && H5Pget_nfilters(how) > 1) return "its chunks are packed in several ways";
        out.chunks.push_back({address, bytes, mask == 0});
    }
    return "";
}

/// Rows of variable length, read in their order through HDF5.
class RaggedEvents final : public EventRows {
  public:
    RaggedEvents(std::shared_ptr<const h5::Handle> root, const std::string& path,
                 const std::string& times, const std::string& units, double us)
        : root_(std::move(root)),
          path_(path),
          times_name_(times),
          units_name_(units),
          times_(*root_, times),
          units_(*root_, units) {
        for (const auto& [array, name] :
             {std::pair{&times_, &times_name_}, std::pair{&units_, &units_name_}}) {
            const h5::Handle base(H5Tget_super(array->type), H5Tclose, *name);
            const H5T_class_t kind = H5Tget_class(base);
            if (kind != H5T_INTEGER && kind != H5T_FLOAT)
                throw DataError(
                    fmt::format("{}: the rows of {} hold {}", path, *name, class_name(kind)));
            if (array->dims().size() != 1)
                throw DataError(fmt::format("{}: {} must have one dimension", path, *name));
        }
        const h5::Handle base(H5Tget_super(times_.type), H5Tclose, times);
        us_ = us > 0.0 ? us : H5Tget_class(base) == H5T_FLOAT ? 1e6 : 1.0;
        samples_ = times_.dims()[0];
        if (samples_ != units_.dims()[0])
            throw DataError(fmt::format("{}: {} has {} rows, but {} has {}", path, times, samples_,
                                        units, units_.dims()[0]));
    }

    std::string place() const override { return path_ + ": " + times_name_; }
    std::uint64_t samples() const override { return samples_; }
    std::uint64_t events() const override {  // as the file is long
        return H5Dget_storage_size(times_.set) / 4;
    }
    std::string why_not_anywhere() const override { return "its rows are of variable length"; }
    void will_read(std::uint64_t, std::uint64_t) const override {}

    void read(std::uint64_t first, std::uint64_t samples, Read& out) const override {
        constexpr std::uint64_t at_once = 1024;
        out = {{0}, {}, {}};
        for (std::uint64_t done = 0; done < samples; done += at_once)
            read_some(first + done, std::min(at_once, samples - done), out);
    }

    std::string what_is_outside(std::uint64_t sample, std::uint64_t event,
                                std::int64_t inputs) const override {
        Read read;
        read_some(sample, 1, read);
        return fmt::format("{}: {} is {} in event {} of sample {} (from 0); the input has {}",
                           path_, units_name_, read.input.at(event), event, sample,
                           counted(inputs, "neuron"));
    }

  private:
    /// Rows of HDF5, freed by it.
    struct Lists {
        const OpenArray& array;
        const h5::Handle type, memory;
        std::vector<hvl_t> rows;

        Lists(const OpenArray& array, hid_t element, hsize_t first, hsize_t count,
              const std::string& name)
            : array(array),
              type(H5Tvlen_create(element), H5Tclose, name),
              memory(H5Screate_simple(1, &count, nullptr), H5Sclose, name),
              rows(count) {
            const h5::Handle space(H5Dget_space(array.set), H5Sclose, name);
            h5::check(H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, nullptr, &count, nullptr),
                      "cannot read " + name);
            h5::check(H5Dread(array.set, type, memory, space, H5P_DEFAULT, rows.data()),
                      "cannot read " + name);
        }
        ~Lists() { H5Dvlen_reclaim(type, memory, H5P_DEFAULT, rows.data()); }
        Lists(const Lists&) = delete;
        Lists& operator=(const Lists&) = delete;
    };

    void read_some(std::uint64_t first, std::uint64_t count, Read& out) const {
        with_name(path_, [&] {
            const Lists times(times_, H5T_NATIVE_DOUBLE, first, count, times_name_),
                units(units_, H5T_NATIVE_INT64, first, count, units_name_);
            if (out.first.empty()) out.first.push_back(0);
            for (std::uint64_t k = 0; k < count; ++k) {
                const std::size_t length = times.rows[k].len;
                if (length != units.rows[k].len)
                    throw DataError(fmt::format(
                        "{}: row {} of {} has {} values, but that of {} "
                        "has {}",
                        path_, first + k, times_name_, length, units_name_, units.rows[k].len));
                const auto* t = static_cast<const double*>(times.rows[k].p);
                const auto* u = static_cast<const std::int64_t*>(units.rows[k].p);
                for (std::size_t n = 0; n < length; ++n) {
                    out.t.push_back(std::floor(t[n] * us_));
                    out.input.push_back(u[n]);
                }
                out.first.push_back(out.t.size());
            }
        });
    }

    const std::shared_ptr<const h5::Handle> root_;
    const std::string path_, times_name_, units_name_;
    const OpenArray times_, units_;
    double us_ = 1.0;
    std::uint64_t samples_ = 0;
};

class Hdf5Data final : public DataFile {
  public:
    explicit Hdf5Data(const std::string& path)
        : DataFile(path), root_(with_name(path, [&] {
              return std::make_shared<const h5::Handle>(h5::open_file(path));
          })) {}

    std::string name_of(const std::string& set, const std::string& key) const override {
        return set.empty() ? key : set + "/" + key;
    }
    bool has(const std::string& name) const override {
        for (std::size_t slash = name.find('/'); slash != std::string::npos;
             slash = name.find('/', slash + 1)) {
            if (!h5::exists(*root_, name.substr(0, slash))) return false;
        }
        if (!h5::exists(*root_, name)) return false;
        H5O_info_t info;
        return H5Oget_info_by_name(*root_, name.c_str(), &info, H5P_DEFAULT) >= 0 &&
               info.type == H5O_TYPE_DATASET;
    }
    std::vector<std::string> keys(const std::string& set) const override {
        return with_name(path, [&]() -> std::vector<std::string> {
            if (set.empty()) return h5::children(*root_, "/");
            if (!h5::exists(*root_, set)) return {};
            return h5::children(*root_, set);
        });
    }
    std::string in_group(const std::string& group, const std::string& key) const override {
        return group + "/" + key;
    }
    std::shared_ptr<const Rows> rows(const std::string& name) const override {
        return with_name(path, [&]() -> std::shared_ptr<const Rows> {
            const OpenArray array(*root_, name);
            const std::optional<Numbers> numbers = numbers_of(array.type);
            if (!numbers)
                throw FileError(fmt::format("{} must hold numbers; it holds {}", name,
                                            class_name(H5Tget_class(array.type))));
            const h5::Dims dims = array.dims();
            if (dims.empty()) throw FileError(name + " is a single value; it must be an array");
            h5::count_of(*root_, name);  // whether the file is as long as it says
            Placement placement;
            std::string why_not = find_bytes(*root_, array, *numbers, placement);
            if (why_not.empty())
                return rows_in_file(path, name, {dims.begin(), dims.end()}, numbers->type,
                                    placement);
            return std::make_shared<Hdf5Rows>(root_, path, name, *numbers, std::move(why_not));
        });
    }
    std::vector<std::string> texts(const std::string& name) const override {
        return with_name(path, [&] { return h5::read_text_array(*root_, name); });
    }
    std::string attribute(const std::string& name, const std::string& key) const override {
        return with_name(path, [&]() -> std::string {
            const h5::Handle object(H5Oopen(*root_, name.c_str(), H5P_DEFAULT), H5Oclose, name);
            if (!h5::has_attribute(object, key)) return "";
            const h5::Handle attribute(H5Aopen(object, key.c_str(), H5P_DEFAULT), H5Aclose, key),
                type(H5Aget_type(attribute), H5Tclose, key);
            if (H5Tget_class(type) == H5T_STRING) return h5::read_text(object, key);
            return fmt::format("{}", h5::read_number<std::int64_t>(object, key));
        });
    }
    std::shared_ptr<const EventRows> ragged_events(const std::string& times,
                                                   const std::string& units,
                                                   double us) const override {
        const auto ragged = [&](const std::string& name) {
            return has(name) && H5Tget_class(OpenArray(*root_, name).type) == H5T_VLEN;
        };
        if (!ragged(times) || !ragged(units)) return nullptr;
        return with_name(
            path, [&] { return std::make_shared<RaggedEvents>(root_, path, times, units, us); });
    }

  private:
    const std::shared_ptr<const h5::Handle> root_;
};

}  // namespace

std::unique_ptr<DataFile> open_hdf5_data(const std::string& path) {
    return std::make_unique<Hdf5Data>(path);
}

}  // namespace snnsim
