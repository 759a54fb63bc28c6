// Weights that a model takes from a file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/fields.hpp"
#include "snnsim/location.hpp"

namespace snnsim {

/// A matrix, or a list of synapses where the file stores those alone. Of biases: `dense`.
struct FileWeights {
    bool is_list = false;
    std::vector<float> dense;        // [source][target]
    std::vector<std::uint8_t> mask;  // [source][target], 0: no synapse; empty: all are there

    std::vector<std::uint32_t> source, target;  // of a list, a synapse each
    std::vector<float> weight;
    // ms; of a matrix [source][target], as a training learned them. Empty where the file has none.
    std::vector<double> delay;

    std::string unit;  // as the file says it ("mV"); "": none

    bool has_weights() const { return !dense.empty() || !weight.empty(); }  // a list may have none
};

/// The file that a projection's weights, or biases, are in.
struct WeightFile {
    std::string file;     // relative to the model file; empty: none
    std::string dataset;  // of a file that holds several
    Location at;
    std::shared_ptr<const FileWeights> loaded = {};  // what is there is taken in any case

    bool from_file() const { return !file.empty(); }
    static constexpr auto fields();
};

inline constexpr Field weight_dataset_field{
    "dataset", &WeightFile::dataset, "", unlimited,
    "its name in `file`, or that of a projection of a run; default: this projection's own name, or "
    "the only one that fits"};
/// Where a file is one way among others.
constexpr auto weight_file_field(Need need) {
    return Field{"file",
                 &WeightFile::file,
                 "",
                 unlimited,
                 "where they are read from, relative to the model file: a run of snnsim, another "
                 "HDF5 file (.h5), .npy, or .npz as NumPy, scipy.sparse and `snnsim weights` write "
                 "it. Weights are [source, target]; of a sparse array what is not stored is no "
                 "synapse",
                 need};
}
constexpr auto WeightFile::fields() {
    return Fields{weight_file_field(Need::required), weight_dataset_field};
}

}  // namespace snnsim
