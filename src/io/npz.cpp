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
