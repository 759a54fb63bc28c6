// The digest of recorded spikes: equal digests, equal rasters.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "snnsim/trainer.hpp"
#include "src/data/rows.hpp"

namespace snnsim {

/// SHA-256 of a file's bytes, in hexadecimal. Throws FileError.
std::string file_sha256(const std::string& path);
/// The same of up to 1 GiB; of a larger file that of its size and of 64 KiB at 64 places.
std::string large_file_sha256(const std::string& path);

/// Of the type, the shape and the numbers of an array; of more than 1 GiB those of some 64 rows.
std::string rows_sha256(const Rows& rows);

/// SHA-256 over a population's name and its spikes in the order of the file: (sample, step,
/// neuron), 32 bits each, little endian; where spikes are graded, the value (a float's bits)
/// follows each. A simulation is one sample, 0.
class SpikeDigest {
  public:
    explicit SpikeDigest(const std::string& population);
    ~SpikeDigest();
    SpikeDigest(SpikeDigest&&) noexcept;

    void add(std::uint32_t sample, std::uint32_t step, std::uint32_t neuron);
    void add(std::uint32_t sample, std::uint32_t step, std::uint32_t neuron, float value);
    std::string hex() const;
    /// Where it stands, so that another process can go on with restore().
    std::vector<std::uint8_t> save() const;
    void restore(const std::vector<std::uint8_t>& saved);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string spike_digest(const SpikeRecording& spikes);
/// SHA-256 over the digests of all populations (in hexadecimal), in the order of their names.
std::string spike_digest(const std::vector<SpikeRecording>& populations);
/// The same from (name, digest) pairs.
std::string combined_digest(const std::vector<std::pair<std::string, std::string>>& populations);

}  // namespace snnsim
