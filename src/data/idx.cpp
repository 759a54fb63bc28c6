#include "src/data/idx.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <fstream>
#include <iterator>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 32;

std::vector<std::uint8_t> unpack(const std::vector<std::uint8_t>& packed, const std::string& path) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 32) != Z_OK) throw DataError(path + ": zlib cannot start");
    std::vector<std::uint8_t> out(packed.size() * 4 + 1024);
    stream.next_in = const_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    int status = Z_OK;
    while (status == Z_OK) {
        if (stream.total_out == out.size()) out.resize(out.size() * 2);
        if (out.size() > largest_file) break;
        stream.next_out = out.data() + stream.total_out;
        stream.avail_out = static_cast<uInt>(out.size() - stream.total_out);
        status = inflate(&stream, Z_NO_FLUSH);
    }
    const std::string reason = stream.msg ? stream.msg : "the file ends too early";
    out.resize(stream.total_out);
    inflateEnd(&stream);
    // inflate has compared length and CRC-32 with the trailer when it says that the stream has
    // ended.
    if (status != Z_STREAM_END)
        throw DataError(fmt::format("{}: damaged gzip data: {}", path, reason));
    return out;
}

std::uint32_t big_endian(const std::uint8_t* at) {
    return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
           static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

const char* content_of(int dims) {
    return dims == 3 ? "images" : dims == 1 ? "labels" : "other data";
}

}  // namespace

std::vector<std::uint8_t> read_unpacked(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw DataError("cannot open " + path);
    std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file),
                                    std::istreambuf_iterator<char>()};
    if (file.bad()) throw DataError("cannot read " + path);
    const bool gzip = bytes.size() > 2 && bytes[0] == 0x1F && bytes[1] == 0x8B;
    return gzip ? unpack(bytes, path) : bytes;
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
    std::size_t product = 1;
    for (int d = 0; d < dims; ++d) {
        const std::uint32_t size = big_endian(bytes.data() + 4 + 4 * d);
        array.dims.push_back(size);
        if (size != 0 && product > largest_file / size) {
            throw DataError(fmt::format("{}: the header asks for more than 4 GiB", path));
        }
        product *= size;
    }
    if (bytes.size() != header + product) {
        throw DataError(fmt::format("{}: {} bytes, but the header says {}: the file is {}", path,
                                    bytes.size(), header + product,
                                    bytes.size() < header + product ? "cut off" : "too long"));
    }
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
