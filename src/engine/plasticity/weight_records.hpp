// Records of the weights of projections that change: of all synapses at an interval, of their
// numbers by weight, and of single synapses whenever one changes.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "src/engine/plasticity/plastic_projection.hpp"

namespace snnsim {

/// A synapse that is looked at after every step, by its ends.
struct WatchedSynapse {
    std::size_t block;
    std::uint32_t source, target;  // target: in the block's slice
};

class WeightRecords {
  public:
    WeightRecords() = default;
    /// Throws ModelError with the place of a record of a synapse that is not there.
    WeightRecords(const SimulationSpec& spec, const Layout& layout,
                  const std::vector<std::unique_ptr<PlasticProjection>>& projections);

    /// Makes room for the records of steps up to `last`, from `first` on.
    void reserve(std::int64_t first, std::int64_t last);
    /// Step t is over. Weights have all that reached them up to its end. A thread a block.
    void end_step(std::size_t block, std::int64_t t);
    // The same for an engine that keeps the weights elsewhere:
    /// The step after `now` that ends with samples at an interval.
    std::int64_t next_sample(std::int64_t now) const;
    /// Takes those that are due when `now` steps are done; bring(projection) before the weights of
    /// one are read.
    template <class F>
    void sample(std::int64_t now, F&& bring) {
        for (Record& r : records_) {
            if (r.interval == 0 || now % r.interval != 0) continue;
            bring(*r.projection);
            for (std::size_t b = 0; b < r.projection->rows.blocks.size(); ++b)
                sample(r, b, now - 1);
        }
    }
    std::vector<WatchedSynapse> watched(const PlasticProjection& projection) const;
    /// Weights of those after each step from `first` on: [step][synapse].
    void note(const PlasticProjection& projection, std::int64_t first,
              const std::vector<float>& weights);

    /// In the order of the model file, since the last call.
    /// What other ranks recorded comes to rank 0.
    std::vector<StateSamples> take(Exchange& exchange = no_exchange());

    /// The weights last recorded of single synapses of a projection: what a checkpoint needs.
    std::vector<float> last_of(const PlasticProjection& projection, Exchange& exchange) const;
    void set_last(const PlasticProjection& projection, const std::vector<float>& last);

  private:
    struct Watched {
        WatchedSynapse at;
        float last = std::numeric_limits<float>::quiet_NaN();
        std::vector<std::pair<std::uint32_t, float>> changes{};  // steps done, weight

        void note(std::int64_t steps_done, float weight);
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
    static void collect_changes(Record& record, Exchange& exchange);

    std::vector<Record> records_;
};

}  // namespace snnsim
