// Rows of procedural projections: not stored, drawn anew whenever their source fires.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "src/engine/synapses/dense.hpp"
#include "src/engine/synapses/synapse_rows.hpp"

namespace snnsim {

/// The rows of the cells of one block that fired in one step, kept until all of it is delivered.
struct GeneratedRows {
    std::vector<PackedSynapse> synapses;
    std::vector<std::uint32_t> edges;       // a row after the other, as in SynapseRows
    std::vector<std::uint32_t> first_edge;  // [population]: of its first row
};

/// Draws rows. Whoever steps a cell draws its row, so that threads share this work as they share
/// the cells, and each row is drawn once for all its targets.
class RowGenerator {
  public:
    RowGenerator() = default;
    RowGenerator(const Layout& layout, std::vector<ProjectionPlan> plans,
                 std::vector<std::uint8_t> wide)
        : plans_(std::move(plans)),
          wide_(std::move(wide)),
          delays_(delay_ranges(plans_, layout.populations.size())),
          blocks_(static_cast<std::uint32_t>(layout.blocks.size())) {}

    /// By population; a count of 0: none of its projections is procedural.
    const std::vector<DelayRange>& delays() const { return delays_; }
    bool empty() const { return plans_.empty(); }
    std::uint32_t edges_per_row(std::size_t population) const {
        return blocks_ * delays_[population].count + 1;
    }

    void clear(GeneratedRows& rows) const {
        rows.synapses.clear();
        rows.edges.clear();
        rows.first_edge.assign(delays_.size(), 0);
    }
    /// Adds the rows of a population's cells, one population after the other.
    void add(std::size_t population, FiredSpan fired, RowWriter& writer,
             GeneratedRows& rows) const {
        rows.first_edge[population] = static_cast<std::uint32_t>(rows.edges.size());
        if (delays_[population].count == 0) return;
        for (std::uint32_t k = 0; k < fired.count; ++k) {
            writer.start(delays_[population],
                         wide_[population] ? words_per_wide : words_per_narrow);
            for (const ProjectionPlan& plan : plans_) {
                if (plan.from == population) writer.add(plan, fired.cells[k]);
            }
            const auto first = static_cast<std::uint32_t>(rows.synapses.size());
            const std::size_t edge = rows.edges.size();
            rows.synapses.resize(first + writer.size_in_words());
            rows.edges.resize(edge + edges_per_row(population));
            writer.finish(rows.edges.data() + edge, rows.synapses.data() + first);
            for (std::size_t e = edge; e < rows.edges.size(); ++e) rows.edges[e] += first;
        }
    }

    /// Gives back what a step with many spikes took.
    static void trim(GeneratedRows& rows) {
        if (rows.synapses.capacity() > 2 * rows.synapses.size()) rows.synapses.shrink_to_fit();
    }

  private:
    std::vector<ProjectionPlan> plans_;
    std::vector<std::uint8_t> wide_;
    std::vector<DelayRange> delays_;
    std::uint32_t blocks_ = 0;
};

}  // namespace snnsim
