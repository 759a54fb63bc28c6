// Structural plasticity: weak synapses go, and others grow in their place.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/random.hpp"
#include "snnsim/engine.hpp"
#include "src/engine/plasticity/plastic_rows.hpp"

namespace snnsim {

struct StructureRule {
    PlasticWeight below = 0;  // what is smaller goes
    bool rewire = true;
    PlasticSynapse grown;  // as it begins; its ends are drawn
    std::uint32_t sources = 0;
    bool skips_itself = false;  // no synapses between cells of one number
};

struct StructureCount {
    std::uint64_t pruned = 0, grown = 0;
};

/// Where and when: the targets of a block, and the random numbers of this time.
struct StructureTargets {
    std::uint32_t first = 0, count = 0;  // in the population
    RandomKey key;                       // its entity becomes the target
};

/// Changes the synapses of some targets, sorted by (source, target) before and after. Every target
/// keeps its in-degree where it is rewired: a new source is drawn from those that it has no
/// synapse of. The same for any division of the targets into blocks.
StructureCount restructure(const StructureRule& rule, const StructureTargets& targets,
                           std::vector<PlasticSynapse>& synapses);

/// What the synapses of a block have beside their rows; null where they have none.
struct SynapseTraces {
    std::vector<float>* own = nullptr;
    std::vector<std::uint8_t>* ready = nullptr;
};
std::vector<PlasticSynapse> synapses_of(const PlasticRows& rows, std::size_t block,
                                        const SynapseTraces& traces);
/// `renumber` afterwards.
void set_synapses(PlasticRows& rows, std::size_t block, const std::vector<PlasticSynapse>& synapses,
                  const SynapseTraces& traces);

/// The ends of all synapses, which no rule tells any more. `slices`: of the targets, by block.
void save_ends(const PlasticRows& rows, const std::vector<Slice>& slices, PlasticState& out);
/// Those of a slice of targets, without weights.
std::vector<PlasticSynapse> synapses_between(const PlasticState& state, const Slice& slice);

}  // namespace snnsim
