// Takes the recorded values of cells while they are stepped.
#pragma once

#include <memory>
#include <vector>

#include "snnsim/engine.hpp"
#include "src/engine/cells/cell_group.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/ranks/exchange.hpp"
#include "src/engine/records.hpp"

namespace snnsim {

/// Each block's part may be called by a thread of its own.
class CellRecorder {
  public:
    CellRecorder(const SimulationSpec& spec, const Layout& layout, const WeightGrid& grid);

    /// Makes room for the samples of the steps from `first` to `last`.
    void reserve(std::int64_t first, std::int64_t last);
    /// All has arrived for a step, and the cells of the block have not taken it yet.
    void add_inputs(std::size_t block, std::size_t population, const CellGroup& cells);
    /// Step t of a block is done; its cells by population.
    void sample(std::size_t block, std::int64_t t,
                const std::vector<std::unique_ptr<CellGroup>>& cells);

    /// By record, since the last call. What other ranks recorded comes to rank 0.
    std::vector<StateSamples> take(Exchange& exchange);
    /// See EngineState; the same.
    std::vector<std::vector<std::int64_t>> inputs(Exchange& exchange) const;
    void set_inputs(const std::vector<std::vector<std::int64_t>>& inputs);

  private:
    /// The cells that a record has in a slice.
    struct Part {
        std::uint32_t column = 0;  // of the first of them
        SliceCells cells;
    };
    void sample(std::size_t r, std::size_t block, std::int64_t t, const CellGroup& cells);
    void take_inputs(std::size_t r, const Part& part, float* out);

    const Layout& layout_;
    const WeightGrid& grid_;
    const std::vector<CellRecord> records_;
    std::vector<std::vector<Part>> parts_;           // by record: [block]
    std::vector<std::vector<std::int64_t>> inputs_;  // by record: [receptor][cell]
    std::vector<StateSamples> samples_;
    std::vector<std::int64_t> base_;  // row of a record's sample 0
};

}  // namespace snnsim
