// What several ranks have of the synapses of a projection, put together on rank 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "snnsim/engine.hpp"
#include "src/engine/plasticity/plastic_rows.hpp"

namespace snnsim {

/// `state`: of this rank. `resources_by_synapse`: else by source.
void collect_state(const PlasticRows& rows, bool resources_by_synapse, PlasticState& state);

/// Segments from .. to - 1 of `weights`.
void collect_weights(const PlasticRows& rows, std::uint32_t from, std::uint32_t to,
                     ProjectionWeights& weights);

/// `values`: [time][number of the synapse].
void collect_numbered(const PlasticRows& rows, std::size_t times, std::vector<float>& values);

}  // namespace snnsim
