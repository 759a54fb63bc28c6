#include "src/data/idx.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <string_view>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/files/room.hpp"

namespace snnsim {
namespace {

// Twenty times MNIST. What a small file unpacks to is bounded by it, and zlib counts 32 bits.
constexpr std::uint64_t largest_file = std::uint64_t{1} << 30;
constexpr std::uint64_t longest_header = 4 + 4 * 8;

std::uint32_t big_endian(const std::uint8_t* at) {
    return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
           static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

/// How many bytes the file has, as its header says. Of what is no IDX file only the header is
/// wanted, for the message.
std::uint64_t size_from_header(const std::vector<std::uint8_t>& begin) {
    if (begin.size() < 4 || begin[0] != 0 || begin[1] != 0 || begin[3] < 1 || begin[3] > 8)
        return longest_header;
    const std::size_t header = 4 + 4 * std::size_t{begin[3]};
    if (begin.size() < header) return longest_header;
    std::uint64_t product = 1;
    for (std::size_t at = 4; at < header; at += 4) {
        const std::uint32_t size = big_endian(begin.data() + at);
        if (size != 0 && product > largest_file / size) return longest_header;
        product *= size;
    }
    return header + product;
}

/// Inflates as much as is asked for.
class Unpacker {
  public:
    Unpacker(const std::vector<std::uint8_t>& packed, const std::string& path) : path_(path) {
        if (inflateInit2(&stream_, 15 + 32) != Z_OK) throw DataError(path + ": zlib cannot start");
        stream_.next_in = const_cast<Bytef*>(packed.data());
        stream_.avail_in = static_cast<uInt>(packed.size());
    }
    ~Unpacker() { inflateEnd(&stream_); }
    Unpacker(const Unpacker&) = delete;
    Unpacker& operator=(const Unpacker&) = delete;

    /// Goes on until `out` has `size` bytes, or the stream has ended. inflate has compared length
    /// and CRC-32 with the trailer when it says that it has.
    void fill(std::vector<std::uint8_t>& out, std::uint64_t size) {
        const std::size_t before = out.size();
        out.resize(size);
        stream_.next_out = out.data() + before;
        stream_.avail_out = static_cast<uInt>(size - before);
        while (!ended_ && stream_.avail_out > 0) {
            const int status = inflate(&stream_, Z_NO_FLUSH);
            ended_ = status == Z_STREAM_END;
            if (status == Z_OK || ended_) continue;
            throw DataError(path_ + ": damaged gzip data: " +
                            (status == Z_BUF_ERROR ? "the file ends too early"
                             : another_checksum()  ? "its checksum is another"
                                                   : "it cannot be unpacked"));
        }
        out.resize(size - stream_.avail_out);
    }

  private:
    /// zlib has no other way to tell it.
    bool another_checksum() const {
        return stream_.msg && std::string_view(stream_.msg).ends_with("check");
    }

    z_stream stream_{};
    const std::string& path_;
    bool ended_ = false;
};

/// As long as the header says, and a byte more where there is one: a small file may unpack to
/// anything.
std::vector<std::uint8_t> unpack(const std::vector<std::uint8_t>& packed, const std::string& path) {
    Unpacker unpacker(packed, path);
    std::vector<std::uint8_t> out;
    unpacker.fill(out, longest_header);
    const std::uint64_t size = size_from_header(out) + 1;
    constexpr std::uint64_t most_packed = 1032;  // bytes in one
    if (size / most_packed > packed.size())
        throw DataError(
            fmt::format("{}: the header says {}, more than {} can unpack to: the file "
                        "is cut off or damaged",
                        path, bytes_text(size), bytes_text(packed.size())));
    require_room(2 * size, path + ": what it unpacks to");
    if (size > out.size()) unpacker.fill(out, size);
    return out;
}

const char* content_of(int dims) {
    return dims == 3 ? "images" : dims == 1 ? "labels" : "other data";
}

}  // namespace

std::vector<std::uint8_t> read_unpacked(const std::string& path) {
    try {
        const std::uint64_t size = size_of_input(path);
        if (size > largest_file)
            throw DataError(fmt::format("{} is larger than 1 GiB: no such data set is read", path));
        require_room(size, path);
        std::ifstream file(path, std::ios::binary);
        std::vector<std::uint8_t> bytes(size);
        file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
        if (file.bad()) throw DataError("cannot read " + path);
        bytes.resize(static_cast<std::size_t>(file.gcount()));
        const bool gzip = bytes.size() > 2 && bytes[0] == 0x1F && bytes[1] == 0x8B;
        return gzip ? unpack(bytes, path) : bytes;
    } catch (const FileError& e) {
        throw DataError(e.what());
    }
}

IdxArray parse_idx(const std::vector<std::uint8_t>& bytes, const std::string& path,
                   int dims_wanted) {
    if (bytes.size() < 4) {
        throw DataError(
            fmt::format("{}: {} bytes are too few for an IDX file", path, bytes.size()));
    }
    const int dims = bytes[3];
    if (bytes[0] != 0 || bytes[1] != 0 || dims < 1 || dims > 8) {
        throw DataError(
            fmt::format("{}: not an IDX file: it begins with {:02x} {:02x} {:02x} {:02x}, expected "
                        "00 00 08 {:02x}",
                        path, bytes[0], bytes[1], bytes[2], bytes[3], dims_wanted));
    }
    if (bytes[2] != 0x08) {
        throw DataError(fmt::format("{}: element type {:#04x}, expected 0x08 (unsigned bytes)",
                                    path, bytes[2]));
    }
    if (dims != dims_wanted) {
        throw DataError(fmt::format(
            "{}: {} file given where {} were expected: magic {}, expected {}", path,
            content_of(dims), content_of(dims_wanted), 0x800 + dims, 0x800 + dims_wanted));
    }
    const std::size_t header = 4 + 4 * static_cast<std::size_t>(dims);
    if (bytes.size() < header) throw DataError(fmt::format("{}: the header is cut off", path));
    IdxArray array;
    std::uint64_t product = 1;
    for (int d = 0; d < dims; ++d) {
        const std::uint32_t size = big_endian(bytes.data() + 4 + 4 * d);
        array.dims.push_back(size);
        if (size != 0 && product > largest_file / size) {
            throw DataError(fmt::format("{}: the header asks for more than 1 GiB", path));
        }
        product *= size;
    }
    if (bytes.size() < header + product)
        throw DataError(fmt::format("{}: {} bytes, but the header says {}: the file is cut off",
                                    path, bytes.size(), header + product));
    if (bytes.size() > header + product)
        throw DataError(
            fmt::format("{}: the header says {} bytes, and more follow: the file is "
                        "too long",
                        path, header + product));
    array.data.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end());
    return array;
}

std::string sha256(const void* data, std::size_t size) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    if (EVP_Digest(data, size, digest, &length, EVP_sha256(), nullptr) != 1) {
        throw InternalError("SHA-256 failed");
    }
    std::string hex;
    for (unsigned int i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
    return hex;
}

}  // namespace snnsim
