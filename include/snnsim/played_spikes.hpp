// The spikes of a file that a spike_source plays.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace snnsim {

struct PlayedSpikes {
    std::vector<std::uint64_t> keys;  // of played_key (kernels/cells/spike_source.hpp), ascending
    std::vector<float> values;        // of each, of a value_source; empty: 1
    std::uint64_t later = 0;          // how many the file has after the end of the simulation
    std::uint64_t rounded = 0;        // how many lie between two steps
    std::uint64_t merged = 0;         // how many a cell had in a step beside another
    bool assumed_unit = false;        // the file does not say that its times are in ms
    std::string sha256;               // of the file
};

/// Where a file named in a model lies: beside the model.
inline std::filesystem::path beside_model(const std::string& model, const std::string& file) {
    return std::filesystem::path(model).parent_path() / file;
}
inline bool is_hdf5(const std::filesystem::path& file) {
    return file.extension() == ".h5" || file.extension() == ".hdf5";
}

}  // namespace snnsim
