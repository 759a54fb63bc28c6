#include "src/io/digest.hpp"

#include <openssl/evp.h>

#include <map>

#include "snnsim/error.hpp"
#include "src/data/idx.hpp"

namespace snnsim {
namespace {

struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

}  // namespace

struct SpikeDigest::State {
    Context context{EVP_MD_CTX_new()};
    std::string bytes;  // not yet in the context

    void flush() {
        SNN_EXPECT(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1);
        bytes.clear();
    }
};

SpikeDigest::SpikeDigest(const std::string& population) : state_(std::make_unique<State>()) {
    SNN_EXPECT(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1);
    state_->bytes = population + '\n';
}
SpikeDigest::~SpikeDigest() = default;
SpikeDigest::SpikeDigest(SpikeDigest&&) noexcept = default;

void SpikeDigest::add(std::uint32_t sample, std::uint32_t step, std::uint32_t neuron) {
    for (const std::uint32_t x : {sample, step, neuron}) {
        for (int shift = 0; shift < 32; shift += 8)
            state_->bytes += static_cast<char>(x >> shift & 0xFFu);
    }
    if (state_->bytes.size() > 65536) state_->flush();
}

std::string SpikeDigest::hex() const {
    state_->flush();
    const Context copy(EVP_MD_CTX_new());
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    SNN_EXPECT(EVP_MD_CTX_copy_ex(copy.get(), state_->context.get()) == 1);
    SNN_EXPECT(EVP_DigestFinal_ex(copy.get(), digest, &length) == 1);
    constexpr const char* digits = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < length; ++i) {
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 15];
    }
    return text;
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
