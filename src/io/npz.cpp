#include "src/io/npz.hpp"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/io/replace_file.hpp"

namespace snnsim {
namespace {

std::string reason(int code) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string text = zip_error_strerror(&error);
    zip_error_fini(&error);
    return text;
}

/// The header of a .npy file, with the data after it at a multiple of 64 bytes.
std::string npy_header(const NpyEntry& entry) {
    std::string shape;
    for (const std::size_t n : entry.shape) shape += fmt::format("{}, ", n);
    std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                   entry.type, shape);
    text.resize((10 + text.size() + 1 + 63) / 64 * 64 - 10 - 1, ' ');
    text += '\n';
    std::string out("\x93NUMPY\x01\0", 8);
    out += static_cast<char>(text.size() & 0xff);
    out += static_cast<char>(text.size() >> 8);
    return out + text;
}

/// An archive that is not written unless it is closed.
struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};

void write_archive(const std::string& path, const std::vector<NpyEntry>& entries) {
    int code = 0;
    std::unique_ptr<zip_t, Discard> archive(
        zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
    if (!archive) throw FileError(reason(code));
    const auto failed = [&] { return FileError(zip_strerror(archive.get())); };
    std::vector<std::string> headers(entries.size());  // must live until the archive is closed
    for (std::size_t k = 0; k < entries.size(); ++k) {
        const NpyEntry& entry = entries[k];
        headers[k] = npy_header(entry);
        auto* const data =
            reinterpret_cast<zip_uint8_t*>(const_cast<std::byte*>(entry.bytes.data()));
        const zip_buffer_fragment_t parts[] = {
            {reinterpret_cast<zip_uint8_t*>(headers[k].data()), headers[k].size()},
            {data, entry.bytes.size()}};
        zip_source_t* const source = zip_source_buffer_fragment(archive.get(), parts, 2, 0);
        if (!source) throw failed();
        const std::string name = entry.name + ".npy";
        const zip_int64_t index =
            zip_file_add(archive.get(), name.c_str(), source, ZIP_FL_ENC_UTF_8);
        if (index < 0) {
            zip_source_free(source);
            throw failed();
        }
        const auto at = static_cast<zip_uint64_t>(index);
        // Weights pack badly, and a time of writing would make other bytes: the first day of DOS.
        constexpr zip_uint16_t first_day = 1 << 5 | 1;
        if (zip_set_file_compression(archive.get(), at, ZIP_CM_STORE, 0) != 0 ||
            zip_file_set_dostime(archive.get(), at, 0, first_day, 0) != 0)
            throw failed();
    }
    if (zip_close(archive.get()) != 0) throw failed();
    archive.release();
}

std::uint64_t little_endian(const char* at, std::size_t bytes) {
    std::uint64_t out = 0;
    for (std::size_t k = bytes; k-- > 0;) out = out << 8 | static_cast<unsigned char>(at[k]);
    return out;
}

/// Where the bytes of an entry that is not packed begin. libzip does not say it: by the directory
/// at the end of the archive (APPNOTE.TXT 4.3), and in it the entry's own header.
std::optional<std::uint64_t> place_in_zip(const std::string& path, const std::string& entry) {
    std::ifstream file(path, std::ios::binary);
    const auto read = [&](std::uint64_t from, std::uint64_t bytes) {
        std::string out(bytes, '\0');
        file.seekg(static_cast<std::streamoff>(from));
        file.read(out.data(), static_cast<std::streamsize>(bytes));
        out.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
        return out;
    };
    const std::uint64_t size = size_of_input(path);
    constexpr std::uint64_t end_bytes = 22, locator_bytes = 20, longest_comment = 65535;
    const std::uint64_t from = size - std::min(size, end_bytes + locator_bytes + longest_comment);
    const std::string tail = read(from, size - from);
    const std::size_t end = tail.rfind("PK\5\6");
    if (end == std::string::npos || end + end_bytes > tail.size()) return std::nullopt;
    std::uint64_t entries = little_endian(&tail[end + 10], 2),
                  directory = little_endian(&tail[end + 16], 4);
    if (end >= locator_bytes && tail.compare(end - locator_bytes, 4, "PK\6\7") == 0) {
        const std::string large = read(little_endian(&tail[end - locator_bytes + 8], 8), 56);
        if (large.size() < 56 || !large.starts_with("PK\6\6")) return std::nullopt;
        entries = little_endian(&large[32], 8);
        directory = little_endian(&large[48], 8);
    }
    for (std::uint64_t k = 0; k < entries; ++k) {
        const std::string fixed = read(directory, 46);
        if (fixed.size() < 46 || !fixed.starts_with("PK\1\2")) return std::nullopt;
        const std::uint64_t name = little_endian(&fixed[28], 2),
                            extra = little_endian(&fixed[30], 2),
                            comment = little_endian(&fixed[32], 2);
        const std::string rest = read(directory + 46, name + extra);
        directory += 46 + name + extra + comment;
        if (rest.compare(0, name, entry) != 0) continue;
        std::uint64_t local = little_endian(&fixed[42], 4);
        if (local == 0xFFFFFFFFu) {  // it stands behind the sizes that are too large as well
            std::size_t at = name;
            while (at + 4 <= rest.size() && little_endian(&rest[at], 2) != 1)
                at += 4 + little_endian(&rest[at + 2], 2);
            std::size_t value = at + 4;
            for (const std::size_t field : {24u, 20u})
                value += little_endian(&fixed[field], 4) == 0xFFFFFFFFu ? 8 : 0;
            if (value + 8 > rest.size()) return std::nullopt;
            local = little_endian(&rest[value], 8);
        }
        const std::string header = read(local, 30);
        if (header.size() < 30 || !header.starts_with("PK\3\4")) return std::nullopt;
        return local + 30 + little_endian(&header[26], 2) + little_endian(&header[28], 2);
    }
    return std::nullopt;
}

}  // namespace

NpzFile::NpzFile(const std::string& path) : path_(path) {
    if (const std::string wrong = why_unreadable(path); !wrong.empty())
        throw FileError(fmt::format("{}: {}", path, wrong));
    int code = 0;
    archive_ = zip_open(path.c_str(), ZIP_RDONLY, &code);
    if (!archive_) throw FileError(fmt::format("{}: it is no .npz file ({})", path, reason(code)));
    const zip_int64_t count = zip_get_num_entries(archive_, 0);
    for (zip_int64_t k = 0; k < count; ++k) {
        const char* const name = zip_get_name(archive_, static_cast<zip_uint64_t>(k), 0);
        std::string text = name ? name : "";
        if (!text.ends_with(".npy")) continue;
        text.resize(text.size() - 4);
        names_.push_back(std::move(text));
    }
}

NpzFile::~NpzFile() {
    zip_discard(archive_);
}

bool NpzFile::has(const std::string& name) const {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
}

void NpzFile::fail(const std::string& name, const std::string& why) const {
    throw FileError(fmt::format("{}: the array '{}': {}", path_, name, why));
}

NpyReader NpzFile::open(const std::string& name) const {
    if (!has(name))
        throw FileError(
            fmt::format("{}: there is no array '{}'; there {} {}", path_, name,
                        names_.size() == 1 ? "is" : "are",
                        names_.empty() ? "none" : fmt::format("{}", fmt::join(names_, ", "))));
    try {
        const std::string entry = name + ".npy";
        zip_stat_t info;
        zip_stat_init(&info);
        if (zip_stat(archive_, entry.c_str(), 0, &info) != 0 || !(info.valid & ZIP_STAT_SIZE))
            throw FileError(zip_strerror(archive_));
        const std::shared_ptr<zip_file_t> file(zip_fopen(archive_, entry.c_str(), 0),
                                               [](zip_file_t* f) {
                                                   if (f) zip_fclose(f);
                                               });
        if (!file) throw FileError(zip_strerror(archive_));
        const auto bytes = [file](char* to, std::size_t most) {
            const zip_int64_t got = zip_fread(file.get(), to, most);
            if (got < 0)
                throw FileError(fmt::format("it is damaged ({})", zip_file_strerror(file.get())));
            return static_cast<std::size_t>(got);
        };
        return NpyReader(bytes, info.size);
    } catch (const FileError& e) {
        fail(name, e.what());
    }
}

std::optional<std::uint64_t> NpzFile::place_of(const std::string& name) const {
    const std::string entry = name + ".npy";
    zip_stat_t info;
    zip_stat_init(&info);
    if (zip_stat(archive_, entry.c_str(), 0, &info) != 0 || !(info.valid & ZIP_STAT_COMP_METHOD) ||
        info.comp_method != ZIP_CM_STORE)
        return std::nullopt;
    return place_in_zip(path_, entry);
}

NpyArray NpzFile::read(const std::string& name, std::size_t most) const {
    NpyReader reader = open(name);
    try {
        return reader.read_all(most);
    } catch (const FileError& e) {
        fail(name, e.what());
    }
}

std::vector<std::string> NpzFile::read_texts(const std::string& name, std::size_t most) const {
    NpyReader reader = open(name);
    try {
        return reader.read_texts(most);
    } catch (const FileError& e) {
        fail(name, e.what());
    }
}

void write_npz(const std::string& path, const std::vector<NpyEntry>& entries) {
    replace_file(path, [&](const std::string& temporary) { write_archive(temporary, entries); });
}

void write_npy(const std::string& path, const NpyEntry& entry) {
    replace_file(path, [&](const std::string& temporary) {
        std::ofstream file(temporary, std::ios::binary);
        file << npy_header(entry);
        file.write(reinterpret_cast<const char*>(entry.bytes.data()),
                   static_cast<std::streamsize>(entry.bytes.size()));
        file.close();
        if (!file) throw FileError("no room, or the disk failed");
    });
}

}  // namespace snnsim
