#include "src/plan/rank_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/steps.hpp"
#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "snnsim/played_spikes.hpp"
#include "snnsim/receptors.hpp"
#include "src/engine/block_count.hpp"
#include "src/engine/cells/gap_junctions.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/quantile.hpp"
#include "src/engine/scale.hpp"
#include "src/engine/synapses/projection_plan.hpp"
#include "src/engine/synapses/weight_plan.hpp"
#include "src/equations/cell_equations.hpp"
#include "src/plan/cell_rates.hpp"
#include "src/plan/memory.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

constexpr double bytes_of_program = 30e6;  // with its libraries; measured
// Beside the entries of a window: sizes, whether the rank failed, and the step of a trouble.
constexpr double words_of_message = 4.0, words_of_entry = 3.0;
constexpr double word = sizeof(std::uint32_t);
constexpr std::uint32_t longest_window = 64;  // see DelayReach

double size_of(const SimulationSpec& spec, const std::string& name) {
    return static_cast<double>(spec.population(name).size);
}

/// The delays that the synapses of a projection may have.
DelayRange delays_of(const SimulationSpec& spec, const SynapsesSpec& p) {
    double low = p.delay.mean, high = p.delay.mean;
    if (p.edges && !p.edges->delay.empty()) {
        const auto [least, most] =
            std::minmax_element(p.edges->delay.begin(), p.edges->delay.end());
        low = *least;
        high = *most;
    } else if (p.delay.of_distance()) {
        low = p.delay.low;
        high = p.delay.high;
    } else if (!p.delay.constant()) {  // the ends of the table that it is drawn from
        constexpr double end = 0.5 / static_cast<double>(drawn_table_size);
        const Quantile quantile(p.delay);
        low = quantile(end);
        high = quantile(1.0 - end);
    }
    const auto steps = [&](double ms) {
        return static_cast<std::uint32_t>(
            std::clamp(std::isfinite(ms) ? rounded_steps(ms, spec.dt) : 1.0, 1.0, 65535.0));
    };
    DelayRange range;
    range.add(steps(low), std::max(steps(low), steps(high)));
    return range;
}

DelayRange delays_of_all(const SimulationSpec& spec) {
    DelayRange all;
    for (const SynapsesSpec& p : spec.projections) {
        const DelayRange range = delays_of(spec, p);
        all.add(range.first, range.first + range.count - 1);
    }
    return all;
}

struct CellSizes {
    double states = 0.0, constants = 0.0;  // numbers of 4 bytes
};
CellSizes sizes_of(const CellPopulationSpec& p) {
    if (const CellEquations* own = p.equations())
        return {static_cast<double>(own->states.size()), 0.0};
    return CellModels::visit(p.cell, [&]<class M>(const typename M::Params&) -> CellSizes {
        return {static_cast<double>(M::states().size),
                p.varied.empty() ? 0.0 : sizeof(typename M::Constants) / word};
    });
}

/// The rule draws the sources of each target, or there is a list: only what has its target here is
/// drawn, and kept with target and attributes until it lies in its rows.
bool by_target(const SynapsesSpec& p) {
    switch (p.connect.rule) {
        case Rule::fixed_in_degree:
            return !p.procedural;
        case Rule::symmetric_pairwise_bernoulli:
        case Rule::list:
        case Rule::conv:
        case Rule::pool:
            return true;
        default:
            return false;
    }
}

/// All sources have as many synapses, which then is one number; see FanOut.
bool of_one_degree(const SynapsesSpec& p) {
    switch (p.connect.rule) {
        case Rule::all_to_all:
        case Rule::one_to_one:
        case Rule::blocks:
        case Rule::fixed_out_degree:
            return !p.connect.by_distance();
        default:
            return false;
    }
}

/// Sums up bytes under names, in the order in which those first come.
class Parts {
  public:
    void add(const std::string& name, double bytes) {
        if (!(bytes >= 1.0)) return;
        const auto same = [&](const MemoryPart& p) { return p.name == name; };
        const auto at = std::find_if(parts.begin(), parts.end(), same);
        if (at == parts.end()) {
            parts.push_back({name, static_cast<std::size_t>(bytes)});
        } else {
            at->bytes += static_cast<std::size_t>(bytes);
        }
    }
    std::vector<MemoryPart> parts;
};

/// What a plastic target keeps: its last spikes and the sum of its weights.
constexpr double bytes_of_plastic_target = 300.0;

struct PerRank {
    double share, blocks;  // of all targets; on a rank
};

void add_cells(const SimulationSpec& spec, const PerRank& rank, Parts& parts) {
    for (const CellPopulationSpec& p : spec.populations) {
        const CellSizes sizes = sizes_of(p);
        const double receptors = static_cast<double>(receptors_of(p).size());
        double numbers = sizes.states * (p.depth >= 0 ? 2.0 : 1.0) + sizes.constants + receptors;
        for (const StimulusSpec& s : spec.stimuli)
            numbers += s.to == p.name && !std::holds_alternative<PoissonStimulus::Params>(s.kind)
                           ? 1.0
                           : 0.0;
        parts.add("its cells", rank.share * word * numbers * static_cast<double>(p.size));
    }
}

void add_synapses(const SimulationSpec& spec, const PerRank& rank, Parts& parts) {
    const std::vector<double> counts = expected_synapses(spec);
    const WeightPlan plan = plan_weights(spec);
    for (std::size_t k = 0; k < counts.size(); ++k) {
        const SynapsesSpec& p = spec.projections[k];
        const double each = bytes_per_synapse(spec, plan, p, storage_of(p));
        parts.add("its synapses", rank.share * each * counts[k]);
    }
    for (std::size_t k = 0; k < counts.size(); ++k) {
        const SynapsesSpec& p = spec.projections[k];
        constexpr double drawn = 8.0;  // target, attributes
        if (by_target(p))
            parts.add("synapses while they are drawn", rank.share * drawn * counts[k]);
    }
}

/// What every rank has of the cells and sources of all.
void add_sources(const SimulationSpec& spec, const PerRank& rank, Parts& parts) {
    const std::string rows = "rows, of all sources", degrees = "synapses counted, of all sources",
                      places = "where cells lie, of all cells";
    const std::vector<double> counts = expected_synapses(spec);
    std::vector<DelayRange> delays(spec.populations.size());
    std::vector<double> in_rows(spec.populations.size());  // synapses of the rank, by source
    for (std::size_t k = 0; k < counts.size(); ++k) {
        const SynapsesSpec& p = spec.projections[k];
        const std::size_t from = spec.population_index(p.from);
        const double sources = size_of(spec, p.from);
        const DelayRange range = delays_of(spec, p);
        if (!of_one_degree(p)) parts.add(degrees, word * sources);
        switch (storage_of(p)) {
            case Storage::rows:
                delays[from].add(range.first, range.first + range.count - 1);
                in_rows[from] += rank.share * counts[k];
                break;
            case Storage::plastic: {
                // By segment: numbers here and before; by block an edge, the last arrival and what
                // short_term keeps.
                const double segment = 8.0 + 8.0, of_block = 4.0 + 8.0 + (p.short_term ? 8.0 : 0.0);
                parts.add(rows, sources * range.count * (segment + of_block * rank.blocks));
                if (p.plasticity)
                    parts.add("its cells",
                              rank.share * bytes_of_plastic_target * size_of(spec, p.to));
                break;
            }
            default:
                break;
        }
        // Until the rows are made, where each one's begin.
        parts.add("synapses while they are drawn", (word + (by_target(p) ? 8.0 : 0.0)) * sources);
    }
    for (std::size_t k = 0; k < spec.populations.size(); ++k) {
        const CellPopulationSpec& p = spec.populations[k];
        const auto size = static_cast<double>(p.size);
        // Of each an offset, or of each synapse the number of its segment: see SynapseRows.
        const double edges = size * (rank.blocks * delays[k].count + 1.0);
        const bool numbered = in_rows[k] < edges && rank.blocks * delays[k].count < 65535.0;
        parts.add(rows, 8.0 * size + (numbered ? 2.0 * in_rows[k] : word * edges));
        parts.add(places, size * sizeof(PanelPlace) / cell_panel);
        const bool sends = std::any_of(spec.projections.begin(), spec.projections.end(),
                                       [&](const SynapsesSpec& s) { return s.from == p.name; });
        if (sends) parts.add("spikes counted, of all sources", word * size);
        if (p.space) parts.add(places, sizeof(Point) * size);
        if (p.played)
            parts.add("spikes that are played",
                      static_cast<double>(p.played->keys.size() * sizeof(std::uint64_t) +
                                          p.played->values.size() * sizeof(float)));
    }
    for (const SynapsesSpec& p : spec.projections) {
        if (!p.edges) continue;
        const EdgeList& e = *p.edges;
        parts.add("lists of synapses, whole",
                  static_cast<double>(4 * (e.source.size() + e.target.size()) +
                                      8 * (e.weight.size() + e.delay.size())));
    }
    for (const MemoryPart& part : memory_of_junctions(spec))
        parts.add("gap junctions of all cells", static_cast<double>(part.bytes));
    if (!spec.gap_junctions.empty()) {
        for (const CellPopulationSpec& p : spec.populations)
            parts.add("gap junctions of all cells",
                      (8.0 + 2.0 * word) * static_cast<double>(p.size));
    }
}

std::vector<double> hertz_of(const std::vector<CellRate>& rates) {
    std::vector<double> out;
    for (const CellRate& r : rates) out.push_back(r.hertz);
    return out;
}

/// A checkpoint has the states of all cells, and rank 0 gets those of the others.
double bytes_of_states(const SimulationSpec& spec) {
    double sum = 0.0;
    for (const CellPopulationSpec& p : spec.populations)
        sum += word * sizes_of(p).states * static_cast<double>(p.size);
    return sum;
}

}  // namespace

RankMemory memory_of_ranks(const SimulationSpec& spec, RankShape shape,
                           const std::vector<double>& rates) {
    const auto threads =
        static_cast<std::uint32_t>(shape.ranks) * static_cast<std::uint32_t>(shape.threads);
    const PerRank rank{1.0 / shape.ranks, double{1.0} * block_count(spec, threads) / shape.ranks};
    const ExchangeLoad load = exchange_load(spec, shape, rates);
    Parts each, first;
    add_synapses(spec, rank, each);
    add_cells(spec, rank, each);
    add_sources(spec, rank, each);
    // In the history as long as they are on their way, and twice where they come in.
    const DelayRange delays = delays_of_all(spec);
    const double steps = delays.first + delays.count - 1.0 + static_cast<double>(load.window);
    const double graded = spec.graded() ? 2.0 : 1.0;
    each.add("spikes on their way",
             word * graded * load.spikes * steps * spec.dt * 1e-3 +
                 2.0 * load.message * shape.ranks +
                 steps * (rank.blocks + 1.0) *
                     (128.0 + 28.0 * static_cast<double>(spec.populations.size())));
    each.add("states of all cells, in a checkpoint", bytes_of_states(spec));
    each.add("the program", bytes_of_program);
    first.add("states that the others send, in a checkpoint",
              (1.0 - rank.share) * bytes_of_states(spec));
    const std::vector<double> counts = expected_synapses(spec);
    for (std::size_t k = 0; k < counts.size(); ++k) {
        // Weights of all; those of the others come in, and theirs with their numbers.
        if (spec.projections[k].changes())
            first.add("weights of all synapses, in a checkpoint", 3.0 * word * counts[k]);
    }
    // As keys, and as step, population and cell; a part of a run is at most a second long.
    constexpr double bytes_of_recorded = 8.0 + 12.0;
    for (std::size_t p = 0; p < spec.populations.size(); ++p) {
        const CellPopulationSpec& population = spec.populations[p];
        const bool recorded =
            std::any_of(spec.record.begin(), spec.record.end(), [&](const SimulationRecordSpec& r) {
                return r.what == "spikes" && r.population == population.name;
            });
        if (recorded)
            first.add("spikes of a second, to be written",
                      bytes_of_recorded * rates[p] * static_cast<double>(population.size));
    }
    return {std::move(each.parts), std::move(first.parts)};
}

RankMemory memory_of_ranks(const SimulationSpec& spec, RankShape shape) {
    return memory_of_ranks(spec, shape, hertz_of(cell_rates(spec, {})));
}

ExchangeLoad exchange_load(const SimulationSpec& spec, RankShape shape,
                           const std::vector<double>& rates) {
    ExchangeLoad out;
    const DelayRange delays = delays_of_all(spec);
    const bool glia = std::any_of(spec.projections.begin(), spec.projections.end(),
                                  [](const SynapsesSpec& p) { return p.gliotransmission; });
    if (!spec.gap_junctions.empty() || glia) {
        out.window = 1;
        out.why = spec.gap_junctions.empty() ? "a step: astrocytes are seen in the next"
                                             : "a step: gap junctions see v in the next";
    } else if (delays.count == 0) {
        out.window = longest_window;
        out.why = "64 steps, as no synapse waits for a spike";
    } else {
        const bool longer = delays.first > longest_window;
        out.window = longer ? longest_window : delays.first;
        out.why = longer ? "64 steps; delays are longer" : "the shortest delay";
    }
    if (out.window > 1 && shape.ranks > 1) {
        out.window /= 2;
        out.why = "half of " + out.why + ", so that the next is stepped meanwhile";
    }
    const auto steps = static_cast<double>(out.window);
    out.windows = 1e3 / (spec.dt * steps);
    double words = words_of_message;
    for (std::size_t p = 0; p < spec.populations.size(); ++p) {
        const CellPopulationSpec& population = spec.populations[p];
        const auto size = static_cast<double>(population.size);
        out.spikes += rates[p] * size;
        const double in_step = rates[p] * spec.dt * 1e-3 * size / shape.ranks;
        // Of a step without a spike nothing is said.
        words += steps * (words_of_entry * -std::expm1(-in_step) +
                          in_step * (population.graded() ? 2.0 : 1.0));
        bool seen = false;
        for (const GapJunctionsSpec& g : spec.gap_junctions)
            seen |= g.from == population.name || g.to == population.name;
        for (const SynapsesSpec& s : spec.projections)
            seen |= s.gliotransmission && s.gliotransmission->from == population.name;
        if (seen) out.states += word * (size / shape.ranks + 2.0);
    }
    out.message = word * words + out.states;
    return out;
}

std::string rank_memory_problem(const RankMemory& memory, RankShape shape, int here, bool first,
                                RoomForRanks room) {
    const char* const advice =
        "smaller populations or fewer synapses take less, and more machines have more room";
    std::vector<MemoryPart> one = memory.each, all = memory.each;
    for (MemoryPart& p : all) p.bytes *= static_cast<std::size_t>(here);
    if (first) {
        all.insert(all.end(), memory.first.begin(), memory.first.end());
        one.insert(one.end(), memory.first.begin(), memory.first.end());
    }
    const std::string wrong = memory_problem(
        all, room.machine, advice,
        here == shape.ranks
            ? fmt::format("memory for all of its {} ranks, which share this machine,", here)
            : fmt::format("memory for the {} of its {} ranks on this machine", here, shape.ranks));
    return wrong.empty() ? memory_problem(one, room.process, advice, "memory for a rank") : wrong;
}

void require_rank_memory(const SimulationSpec& spec, RankShape shape, int here, bool first) {
    const std::string wrong = rank_memory_problem(memory_of_ranks(spec, shape), shape, here, first,
                                                  {available_on_machine(), available_memory()});
    if (!wrong.empty()) throw DeviceError(wrong);
}

}  // namespace snnsim
