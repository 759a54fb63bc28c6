#include "src/io/digest.hpp"

#include <map>

#include "src/data/idx.hpp"

namespace snnsim {

std::string spike_digest(const SpikeRecording& spikes) {
    std::string bytes = spikes.population + '\n';
    const auto append = [&](std::uint32_t x) {
        for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(x >> shift & 0xFFu);
    };
    for (std::size_t i = 0; i < spikes.neuron.size(); ++i) {
        append(spikes.sample[i]);
        append(spikes.step[i]);
        append(spikes.neuron[i]);
    }
    return sha256(bytes.data(), bytes.size());
}

std::string spike_digest(const std::vector<SpikeRecording>& populations) {
    std::map<std::string, std::string> digests;
    for (const SpikeRecording& p : populations) digests[p.population] = spike_digest(p);
    std::string all;
    for (const auto& [population, digest] : digests) all += digest;
    return sha256(all.data(), all.size());
}

}  // namespace snnsim
