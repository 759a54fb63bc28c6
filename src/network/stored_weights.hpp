// How the weights of a projection that is trained are stored: as a full matrix, or synapse by
// synapse where there are few.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "snnsim/connected_pairs.hpp"
#include "snnsim/model_spec.hpp"

namespace snnsim {

/// Of all pairs. A synapse that stands alone takes, at a few spikes in a hundred steps, some six
/// times the time of a pair in a full matrix, which computes 16 at once, and twice its memory:
/// between 1000 and 1000 neurons both took the same time with synapses for a sixth of the pairs.
inline constexpr double most_stored_sparse = 0.125;

/// Whether projection k is stored synapse by synapse: where its rule, or the file that its weights
/// are from, makes few. Windows have weights of another kind, and learned delays are those of a
/// full matrix.
bool stored_sparse(const ModelSpec& spec, std::size_t k);
/// The same of so many synapses.
bool stored_sparse(const ModelSpec& spec, const ProjectionSpec& p, double synapses);

/// Those of projection k: that its rule makes and, where its weights are from a file, that this
/// stores. Nothing where they are not stored so.
std::optional<ConnectedPairs> synapses_of(const ModelSpec& spec, std::size_t k);
/// Of a list that a file has.
ConnectedPairs synapses_of_list(const FileWeights& list, std::size_t sources, std::size_t targets);
/// Of one that is stored as a full matrix: which of them there are, 1 or 0. Empty: all.
std::vector<std::uint8_t> connected_of(const ModelSpec& spec, std::size_t k);

/// How many weights there are, without biases.
std::int64_t weights_of(const ModelSpec& spec, std::size_t k);
/// How many numbers are stored for them; before a rule by chance has drawn them, on average.
double stored_weights(const ModelSpec& spec, std::size_t k);
/// Bytes on a backend, biases included, and with what a training needs besides.
std::size_t bytes_of_synapses(const ModelSpec& spec, std::size_t k);

}  // namespace snnsim
