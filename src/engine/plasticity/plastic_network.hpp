// All projections of a network whose synapses change, and the records of their weights.
#pragma once

#include <memory>
#include <vector>

#include "src/engine/plasticity/gliotransmission.hpp"
#include "src/engine/plasticity/plastic_projection.hpp"
#include "src/engine/plasticity/weight_records.hpp"
#include "src/engine/synapses/synapse_rows.hpp"
#include "src/engine/work_counter.hpp"

namespace snnsim {

class PlasticNetwork {
  public:
    PlasticNetwork() = default;
    PlasticNetwork(const SimulationSpec& spec, const Layout& layout,
                   std::vector<NumberedPlan> plans, const WeightGrid& grid, int threads,
                   Exchange& exchange = no_exchange());

    const std::vector<std::unique_ptr<PlasticProjection>>& projections() const {
        return projections_;
    }
    /// Cells of a population that fired in step t, in a block.
    void fire(std::size_t block, std::size_t population, std::int64_t t, FiredSpan fired) {
        for (const auto& p : projections_) {
            if (p->to == population) p->fire(block, t, fired);
        }
    }

    /// See WeightRecords.
    void reserve_samples(std::int64_t first, std::int64_t last) { records_.reserve(first, last); }
    /// Step t is over: what is done and recorded at intervals.
    void end_step(std::size_t block, std::int64_t t);
    std::vector<StateSamples> take_weights() { return records_.take(*exchange_); }
    WeightRecords& records() { return records_; }
    /// See PlasticProjection.
    std::int64_t next_change(std::int64_t now) const;
    void change(std::int64_t now);

    /// See Engine.
    void read_weights(std::int64_t now, std::size_t most, const TakeWeights& take) const;
    void normalise(std::size_t projection, double sum, std::int64_t now);
    void reward(double amount, std::int64_t now);
    /// Throws UsageError where no rule waits for a reward.
    void check_reward() const;
    void set_plastic(bool plastic, std::int64_t now);
    std::vector<PlasticState> state(std::int64_t now) const;
    void set_state(const std::vector<PlasticState>& state, std::int64_t now);
    std::size_t bytes() const;

    /// Tells of synapses that were pruned and grown in the change at `now`, or of all that ever
    /// were.
    enum class Rewired : std::uint8_t { now, ever };
    void report_rewired(std::int64_t now, WorkCounter& work, Rewired which) const;
    /// The operations of synapses that may fail, of all ranks.
    void add_released(std::vector<SynapticWork>& work) const;

  private:
    ProjectionWeights part(std::size_t k, std::uint32_t from, std::uint32_t to) const;

    std::vector<bool> learns_;  // by projection here
    double dt_ = 1.0;
    Exchange* exchange_ = &no_exchange();
    std::vector<std::unique_ptr<PlasticProjection>> projections_;
    std::vector<std::uint32_t> first_target_;  // [block * projections + projection]
    WeightRecords records_;
};

}  // namespace snnsim
