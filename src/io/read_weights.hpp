// Weights and biases of a projection from a file: a run of ours, any HDF5 file, .npy, or .npz as
// NumPy, SciPy (sparse) and `snnsim weights` write it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "snnsim/weight_file.hpp"

namespace snnsim {

/// What the weights are for; names for messages, and where a file holds those of several.
struct WeightShape {
    std::string projection, from, to;
    std::size_t sources, targets;
    /// Of a convolution, whose sources are taps, also as PyTorch has it: [channels of the targets,
    /// channels of a group, row, column].
    std::vector<std::size_t> kernel = {};
};

/// `dataset`: the name of an array or HDF5 data set, or of a projection in a run or in what `snnsim
/// weights` wrote; empty: the projection's own, else the only one there is. Throws FileError that
/// begins with the path: shapes that do not fit, weights that are NaN or infinite, cells that do
/// not exist; where a name is missing those that are there.
FileWeights read_weights(const std::string& path, const std::string& dataset,
                         const WeightShape& shape);
/// [target].
std::vector<float> read_bias(const std::string& path, const std::string& dataset,
                             const WeightShape& shape);

/// Numbers of the synapses of a list by source and target; those of a pair stay as they stand.
std::vector<std::size_t> order_by_pair(const std::vector<std::uint32_t>& source,
                                       const std::vector<std::uint32_t>& target);
/// Puts a list into the order of sources and targets; synapses of the same pair are added. Without
/// delays: those of a simulation are not those of a training.
void sort_synapses(FileWeights& weights);
/// Makes a list a matrix with a mask; synapses of the same pair are added.
void make_dense(FileWeights& weights, const WeightShape& shape);

/// What a run, or what `snnsim weights` wrote, has of a projection.
struct StoredWeights {
    std::string projection;
    std::size_t sources = 0, targets = 0;  // 0: a list, whose biases alone say how many
    bool bias = false;
};
/// Throws FileError where the file is neither, or holds none.
std::vector<StoredWeights> list_weights(const std::string& path);

}  // namespace snnsim
