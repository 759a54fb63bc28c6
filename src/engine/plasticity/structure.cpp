#include "src/engine/plasticity/structure.hpp"

#include <algorithm>
#include <tuple>

#include "snnsim/error.hpp"
#include "src/engine/synapses/connect.hpp"

namespace snnsim {
namespace {

/// Removes those that are too weak; how many of each target.
std::vector<std::uint32_t> prune(PlasticWeight below, std::uint32_t targets,
                                 std::vector<PlasticSynapse>& synapses) {
    std::vector<std::uint32_t> lost(targets);
    std::erase_if(synapses, [&](const PlasticSynapse& s) {
        if (s.weight >= below) return false;
        ++lost[s.target];
        return true;
    });
    return lost;
}

/// The sources that have no synapse to a target, ascending.
std::vector<std::uint32_t> free_sources(const StructureRule& rule, std::uint32_t itself,
                                        const std::vector<std::uint32_t>& connected) {
    Taken taken;
    taken.start(rule.sources);
    for (const std::uint32_t source : connected) taken.take(source);
    if (rule.skips_itself && itself < rule.sources) taken.take(itself);
    std::vector<std::uint32_t> free;
    for (std::uint32_t source = 0; source < rule.sources; ++source) {
        if (!taken.taken(source)) free.push_back(source);
    }
    return free;
}

}  // namespace

StructureCount restructure(const StructureRule& rule, const StructureTargets& targets,
                           std::vector<PlasticSynapse>& synapses) {
    StructureCount count;
    const std::vector<std::uint32_t> lost = prune(rule.below, targets.count, synapses);
    for (const std::uint32_t n : lost) count.pruned += n;
    if (!rule.rewire || count.pruned == 0) return count;

    std::vector<std::vector<std::uint32_t>> connected(targets.count);
    for (const PlasticSynapse& s : synapses) {
        if (lost[s.target] > 0) connected[s.target].push_back(s.source);
    }
    for (std::uint32_t i = 0; i < targets.count; ++i) {
        if (lost[i] == 0) continue;
        std::vector<std::uint32_t> free = free_sources(rule, targets.first + i, connected[i]);
        SNN_EXPECT(free.size() >= lost[i]);
        RandomKey key = targets.key;
        key.entity = targets.first + i;
        for (std::uint32_t r = 0; r < lost[i]; ++r) {
            const std::uint32_t word = key.draw(r / 4).word[r % 4];
            const std::uint32_t k = below(word, static_cast<std::uint32_t>(free.size()));
            PlasticSynapse s = rule.grown;
            s.source = free[k];
            s.target = static_cast<std::uint16_t>(i);
            synapses.push_back(s);
            free.erase(free.begin() + static_cast<std::ptrdiff_t>(k));
        }
    }
    count.grown = count.pruned;
    std::stable_sort(synapses.begin(), synapses.end(),
                     [](const PlasticSynapse& a, const PlasticSynapse& b) {
                         return std::tie(a.source, a.target) < std::tie(b.source, b.target);
                     });
    return count;
}

std::vector<PlasticSynapse> synapses_of(const PlasticRows& rows, std::size_t block,
                                        const SynapseTraces& traces) {
    const PlasticRows::Block& row = rows.blocks[block];
    std::vector<PlasticSynapse> out;
    for (std::uint32_t source = 0; source < rows.sources; ++source) {
        for (std::uint32_t k = row.edge[source]; k < row.edge[source + 1]; ++k) {
            PlasticSynapse s{source, row.target[k]};
            s.weight = row.weight[k];
            if (traces.own) s.own = (*traces.own)[k];
            if (traces.ready) s.ready = (*traces.ready)[k];
            out.push_back(s);
        }
    }
    return out;
}

void set_synapses(PlasticRows& rows, std::size_t block, const std::vector<PlasticSynapse>& synapses,
                  const SynapseTraces& traces) {
    rows.set_synapses(block, synapses);
    if (traces.own) traces.own->resize(synapses.size());
    if (traces.ready) traces.ready->resize(synapses.size());
    for (std::size_t k = 0; k < synapses.size(); ++k) {
        if (traces.own) (*traces.own)[k] = synapses[k].own;
        if (traces.ready) (*traces.ready)[k] = synapses[k].ready;
    }
}

void save_ends(const PlasticRows& rows, const std::vector<Slice>& slices, PlasticState& out) {
    out.source.resize(rows.size());
    out.target.resize(rows.size());
    for (std::size_t b = 0; b < rows.blocks.size(); ++b) {
        const PlasticRows::Block& row = rows.blocks[b];
        for (std::uint32_t segment = 0; segment < rows.segments(); ++segment) {
            std::uint64_t number = rows.first_number(b, segment);
            for (std::uint32_t k = row.edge[segment]; k < row.edge[segment + 1]; ++k, ++number) {
                out.source[number] = segment / rows.delays.count;
                out.target[number] = slices[b].first + row.target[k];
            }
        }
    }
}

std::vector<PlasticSynapse> synapses_between(const PlasticState& state, const Slice& slice) {
    std::vector<PlasticSynapse> out;
    for (std::size_t k = 0; k < state.source.size(); ++k) {
        const std::uint32_t target = state.target[k] - slice.first;
        if (target < slice.count)
            out.push_back({state.source[k], static_cast<std::uint16_t>(target)});
    }
    return out;
}

}  // namespace snnsim
