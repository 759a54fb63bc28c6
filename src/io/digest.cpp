#include "src/io/digest.hpp"

// The functions that OpenSSL 3 recommends instead cannot save their state.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <map>

#include "kernels/math/exp.hpp"
#include "snnsim/error.hpp"
#include "src/data/idx.hpp"
#include "src/files/input_file.hpp"

namespace snnsim {

namespace {

std::string finished(SHA256_CTX& context) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SNN_EXPECT(SHA256_Final(digest, &context) == 1);
    constexpr const char* digits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace

std::string file_sha256(const std::string& path) {
    require_readable(path);
    std::ifstream file(path, std::ios::binary);
    if (!file) throw FileError("cannot read " + path);
    SHA256_CTX context;
    SNN_EXPECT(SHA256_Init(&context) == 1);
    std::vector<char> piece(1 << 20);
    while (file) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        SNN_EXPECT(SHA256_Update(&context, piece.data(), static_cast<std::size_t>(file.gcount())) ==
                   1);
    }
    if (file.bad()) throw FileError("cannot read " + path);
    return finished(context);
}

std::string large_file_sha256(const std::string& path) {
    const std::uint64_t size = size_of_input(path);
    if (size <= std::uint64_t{1} << 30) return file_sha256(path);
    std::ifstream file(path, std::ios::binary);
    SHA256_CTX context;
    SNN_EXPECT(SHA256_Init(&context) == 1);
    const std::string length = std::to_string(size);
    SNN_EXPECT(SHA256_Update(&context, length.data(), length.size()) == 1);
    constexpr std::uint64_t pieces = 64, bytes = 64 << 10;
    std::vector<char> piece(bytes);
    for (std::uint64_t k = 0; k < pieces; ++k) {
        file.seekg(static_cast<std::streamoff>((size - bytes) / (pieces - 1) * k));
        file.read(piece.data(), static_cast<std::streamsize>(bytes));
        if (!file) throw FileError("cannot read " + path);
        SNN_EXPECT(SHA256_Update(&context, piece.data(), bytes) == 1);
    }
    return finished(context);
}

std::string rows_sha256(const Rows& rows) {
    SHA256_CTX context;
    SNN_EXPECT(SHA256_Init(&context) == 1);
    const std::string what = rows.type.name() + " " + rows.shape_text();
    SNN_EXPECT(SHA256_Update(&context, what.data(), what.size()) == 1);
    const std::uint64_t row = rows.row_bytes(), count = rows.count();
    if (row == 0) return finished(context);
    const bool large = row * count > std::uint64_t{1} << 30;
    const std::uint64_t at_once =
        large ? 1 : std::max<std::uint64_t>(1, (std::uint64_t{1} << 20) / row);
    const std::uint64_t step = large ? std::max<std::uint64_t>(1, count / 64) : at_once;
    std::vector<std::byte> piece(at_once * row);
    for (std::uint64_t first = 0; first < count; first += step) {
        const std::uint64_t here = std::min(at_once, count - first);
        rows.read(first, here, piece.data());
        SNN_EXPECT(SHA256_Update(&context, piece.data(), here * row) == 1);
    }
    return finished(context);
}

struct SpikeDigest::State {
    SHA256_CTX context;
    std::vector<std::uint8_t> bytes;  // not yet in the context

    /// Little-endian, as all machines that this runs on.
    template <std::size_t N>
    void append(const std::uint32_t (&words)[N]) {
        static_assert(std::endian::native == std::endian::little);
        const std::size_t at = bytes.size();
        bytes.resize(at + sizeof(words));
        std::memcpy(bytes.data() + at, words, sizeof(words));
    }
    void flush() {
        SNN_EXPECT(SHA256_Update(&context, bytes.data(), bytes.size()) == 1);
        bytes.clear();
    }
};

SpikeDigest::SpikeDigest(const std::string& population) : state_(std::make_unique<State>()) {
    SNN_EXPECT(SHA256_Init(&state_->context) == 1);
    const std::string line = population + '\n';
    SNN_EXPECT(SHA256_Update(&state_->context, line.data(), line.size()) == 1);
}
SpikeDigest::~SpikeDigest() = default;
SpikeDigest::SpikeDigest(SpikeDigest&&) noexcept = default;

void SpikeDigest::add(std::uint32_t sample, std::uint32_t step, std::uint32_t neuron) {
    state_->append({sample, step, neuron});
    if (state_->bytes.size() > 16384) state_->flush();  // small pieces would take most of the time
}
void SpikeDigest::add(std::uint32_t sample, std::uint32_t step, std::uint32_t neuron, float value) {
    add(sample, step, neuron);
    state_->append({float_to_bits(value)});
}

std::string SpikeDigest::hex() const {
    state_->flush();
    SHA256_CTX copy = state_->context;
    return finished(copy);
}

std::vector<std::uint8_t> SpikeDigest::save() const {
    state_->flush();
    std::vector<std::uint8_t> bytes(sizeof(SHA256_CTX));
    std::memcpy(bytes.data(), &state_->context, bytes.size());
    return bytes;
}
void SpikeDigest::restore(const std::vector<std::uint8_t>& saved) {
    if (saved.size() != sizeof(SHA256_CTX))
        throw FileError("the checkpoint comes from a machine of another kind");
    std::memcpy(&state_->context, saved.data(), saved.size());
    state_->bytes.clear();
}

std::string spike_digest(const SpikeRecording& spikes) {
    SpikeDigest digest(spikes.population);
    for (std::size_t i = 0; i < spikes.neuron.size(); ++i)
        digest.add(spikes.sample[i], spikes.step[i], spikes.neuron[i]);
    return digest.hex();
}

std::string spike_digest(const std::vector<SpikeRecording>& populations) {
    std::vector<std::pair<std::string, std::string>> digests;
    for (const SpikeRecording& p : populations) digests.emplace_back(p.population, spike_digest(p));
    return combined_digest(digests);
}

std::string combined_digest(const std::vector<std::pair<std::string, std::string>>& populations) {
    const std::map<std::string, std::string> by_name(populations.begin(), populations.end());
    std::string all;
    for (const auto& [population, digest] : by_name) all += digest;
    return sha256(all.data(), all.size());
}

}  // namespace snnsim
