// Arrays of a .npz file or of a folder of .npy files, for data sets: read whole, or where their
// bytes lie if they are not packed.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/files/room.hpp"
#include "src/io/data_file.hpp"
#include "src/io/npz.hpp"

namespace snnsim {
namespace {

/// Bytes in memory.
class RowsInMemory final : public Rows {
  public:
    RowsInMemory(const std::string& file, const std::string& name,
                 const std::vector<std::uint64_t>& shape, const NumberType& type,
                 std::vector<std::byte> bytes)
        : Rows(file, name, shape, type), bytes_(std::move(bytes)) {}

    std::string why_not_anywhere() const override {
        return "it is packed, or not in the order of C and of this machine";
    }
    void read(std::uint64_t first, std::uint64_t rows, std::byte* out) const override {
        const auto from = bytes_.begin() + static_cast<std::ptrdiff_t>(first * row_bytes());
        std::copy(from, from + static_cast<std::ptrdiff_t>(rows * row_bytes()), out);
    }

  private:
    const std::vector<std::byte> bytes_;
};

/// "<f4", "|u1"; texts have none.
NumberType type_named(const std::string& name) {
    const NumberKind kind = name[1] == 'b'   ? NumberKind::boolean
                            : name[1] == 'u' ? NumberKind::natural
                            : name[1] == 'i' ? NumberKind::whole
                                             : NumberKind::real;
    return {kind, static_cast<std::size_t>(name[2] - '0')};
}

/// Doubles as numbers of a type that holds them.
template <class T>
std::vector<std::byte> bytes_of_values(const std::vector<double>& values) {
    std::vector<std::byte> out(values.size() * sizeof(T));
    for (std::size_t k = 0; k < values.size(); ++k) {
        const T value = static_cast<T>(values[k]);
        std::memcpy(out.data() + k * sizeof(T), &value, sizeof(T));
    }
    return out;
}

template <class F>
auto with_error(F&& f) {
    try {
        return f();
    } catch (const FileError& e) {
        throw DataError(e.what());
    }
}

/// A folder with a file NAME.npy for each array, as NpzFile has them in one.
class NpyFolder {
  public:
    explicit NpyFolder(const std::string& path) : path_(path) {
        std::error_code error;
        for (std::filesystem::directory_iterator at(path, error), end; !error && at != end;
             at.increment(error)) {
            if (at->path().extension() == ".npy") names_.push_back(at->path().stem().string());
        }
        if (error) throw FileError(fmt::format("cannot read {}: {}", path, error.message()));
        std::sort(names_.begin(), names_.end());
    }

    const std::vector<std::string>& names() const { return names_; }
    bool has(const std::string& name) const {
        return std::binary_search(names_.begin(), names_.end(), name);
    }
    NpyReader open(const std::string& name) const {
        const std::string file = file_of(name);
        require_readable(file);
        try {
            return {bytes_of_file(file), size_of_input(file)};
        } catch (const FileError& e) {
            throw FileError(file + ": " + e.what());
        }
    }
    std::vector<std::string> read_texts(const std::string& name, std::size_t most) const {
        return open(name).read_texts(most);
    }
    std::string file_of(const std::string& name) const {
        return (std::filesystem::path(path_) / (name + ".npy")).string();
    }
    std::optional<std::uint64_t> place_of(const std::string&) const { return 0; }

  private:
    const std::string path_;
    std::vector<std::string> names_;
};

/// The file that an array lies in.
std::string file_of(const NpzFile&, const std::string& path, const std::string&) {
    return path;
}
std::string file_of(const NpyFolder& folder, const std::string&, const std::string& name) {
    return folder.file_of(name);
}

template <class Archive>
class NpzData final : public DataFile {
  public:
    explicit NpzData(const std::string& path)
        : DataFile(path), npz_(with_error([&] { return std::make_unique<Archive>(path); })) {}

    std::string name_of(const std::string& set, const std::string& key) const override {
        return set.empty() ? key : key + "_" + set;
    }
    bool has(const std::string& name) const override { return npz_->has(name); }
    std::vector<std::string> keys(const std::string& set) const override {
        std::vector<std::string> out;
        const std::string end = set.empty() ? "" : "_" + set;
        for (const std::string& name : npz_->names()) {
            if (name.ends_with(end)) out.push_back(name.substr(0, name.size() - end.size()));
        }
        return out;
    }
    std::string in_group(const std::string& group, const std::string& key) const override {
        return group + "_" + key;
    }

    std::shared_ptr<const Rows> rows(const std::string& name) const override {
        return with_error([&]() -> std::shared_ptr<const Rows> {
            NpyReader reader = npz_->open(name);
            if (reader.is_text())
                throw FileError(
                    fmt::format("{}: {} must hold numbers; it holds texts", path, name));
            const std::vector<std::uint64_t> shape(reader.shape().begin(), reader.shape().end());
            if (shape.empty())
                throw FileError(
                    fmt::format("{}: {} is a single value; it must be an array", path, name));
            const NumberType type = type_named(reader.type());
            const bool native = reader.type()[0] != '>' && !reader.first_index_fastest();
            if (native) {
                if (const auto at = npz_->place_of(name)) {
                    Placement place;
                    place.offset = *at + reader.header_bytes();
                    return rows_in_file(file_of(*npz_, path, name), name, shape, type, place);
                }
            }
            require_room(reader.count() * (native ? type.size : 24),
                         fmt::format("the array '{}' of {}", name, path));
            if (native)
                return std::make_shared<RowsInMemory>(path, name, shape, type,
                                                      reader.read_stored());
            const std::vector<double> values = reader.read_all(reader.count()).values;
            if (type.kind == NumberKind::real)
                return std::make_shared<RowsInMemory>(path, name, shape, NumberType{type.kind, 8},
                                                      bytes_of_values<double>(values));
            if (type.size == 1 && type.kind != NumberKind::whole)
                return std::make_shared<RowsInMemory>(path, name, shape, type,
                                                      bytes_of_values<std::uint8_t>(values));
            return std::make_shared<RowsInMemory>(path, name, shape,
                                                  NumberType{NumberKind::whole, 8},
                                                  bytes_of_values<std::int64_t>(values));
        });
    }
    std::vector<std::string> texts(const std::string& name) const override {
        constexpr std::size_t most = 64 << 20;
        return with_error([&] { return npz_->read_texts(name, most); });
    }
    /// Of the array itself there are none: "height" of "x_train" is the array "height".
    std::string attribute(const std::string&, const std::string& key) const override {
        if (!npz_->has(key)) return "";
        return with_error([&] {
            NpyReader reader = npz_->open(key);
            if (reader.is_text()) {
                const std::vector<std::string> texts = reader.read_texts(1024);
                return texts.empty() ? "" : texts[0];
            }
            const std::vector<double> values = reader.read_all(1).values;
            return values.empty() ? "" : fmt::format("{}", values[0]);
        });
    }
    std::shared_ptr<const EventRows> ragged_events(const std::string&, const std::string&,
                                                   double) const override {
        return nullptr;
    }

  private:
    const std::unique_ptr<Archive> npz_;
};

}  // namespace

std::unique_ptr<DataFile> open_npz_data(const std::string& path) {
    return std::make_unique<NpzData<NpzFile>>(path);
}

std::unique_ptr<DataFile> open_data_file(const std::string& path) {
    if (is_array_folder(path)) return std::make_unique<NpzData<NpyFolder>>(path);
    return std::filesystem::path(path).extension() == ".npz" ? open_npz_data(path)
                                                             : open_hdf5_data(path);
}

}  // namespace snnsim
