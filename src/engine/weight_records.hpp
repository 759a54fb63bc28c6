// Records of the weights of projections that change: of all synapses at an interval, of their
// numbers by weight, and of single synapses whenever one changes.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "src/engine/plastic_projection.hpp"

namespace snnsim {

class WeightRecords {
  public:
    WeightRecords() = default;
    /// Throws ModelError with the place of a record of a synapse that is not there.
    WeightRecords(const SimulationSpec& spec, const Layout& layout,
                  const std::vector<std::unique_ptr<PlasticProjection>>& projections);

    /// Makes room for the records of steps up to `last`, from `first` on.
    void reserve(std::int64_t first, std::int64_t last);
    /// Step t is over. Weights are those that spikes find which arrive in the next step. A thread
    /// a block.
    void end_step(std::size_t block, std::int64_t t);
    /// In the order of the model file, since the last call.
    std::vector<StateSamples> take();

    /// The weights last recorded of single synapses of a projection: what a checkpoint needs.
    std::vector<float> last_of(const PlasticProjection& projection) const;
    void set_last(const PlasticProjection& projection, const std::vector<float>& last);

  private:
    /// A synapse that is looked at after every step.
    struct Watched {
        std::size_t block;
        std::uint32_t source, target;  // target: in the block's slice
        float last = std::numeric_limits<float>::quiet_NaN();
        std::vector<std::pair<std::uint32_t, float>> changes{};  // steps done, weight
    };
    struct Record {
        PlasticProjection* projection = nullptr;
        std::int64_t interval = 0;  // steps; 0: of single synapses
        std::size_t bins = 0;       // 0: no histogram
        std::int64_t base = 0;      // row of sample 0
        std::vector<Watched> watched;
        StateSamples samples;
    };
    static void sample(Record& record, std::size_t block, std::int64_t t);
    static void watch(Record& record, std::size_t block, std::int64_t t);
    static void collect_changes(Record& record);

    std::vector<Record> records_;
};

}  // namespace snnsim
