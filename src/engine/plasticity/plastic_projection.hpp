// A projection whose synapses change: the rule's bodies over the rows of each block.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "snnsim/cell_values.hpp"
#include "snnsim/engine.hpp"
#include "src/engine/cpu/fired_history.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/plasticity/plastic_rows.hpp"

namespace snnsim {

/// Where the cells of a slice have what rules go by that read voltages.
struct TargetVoltages {
    const float *v = nullptr, *u_bar_plus = nullptr, *u_bar_minus = nullptr;
};

/// The numbers of those states in the model of a population.
struct VoltageStates {
    std::size_t v, u_bar_plus, u_bar_minus;
};
inline VoltageStates voltage_states(const CellPopulationSpec& p) {
    return {state_number(p, "v").value(), state_number(p, "u_bar_plus").value(),
            state_number(p, "u_bar_minus").value()};
}

/// What is called with a block touches nothing of the others: a thread a block. Results do not
/// depend on when weights are caught up.
class PlasticProjection {
  public:
    virtual ~PlasticProjection() = default;

    /// Spikes that arrive in step t; `sums`: of the slice's first cell.
    virtual void arrive(std::size_t block, std::int64_t t, const FiredHistory& history,
                        std::int32_t* sums) = 0;
    /// Synapses that the block's last arrive() went through.
    virtual std::uint64_t events(std::size_t block) const = 0;
    /// Cells of the target population that fired in step t, after all that arrived in it.
    virtual void fire(std::size_t block, std::int64_t t, FiredSpan fired) = 0;
    /// The rule goes by voltages of the targets: where they are, before the first step.
    virtual bool reads_voltages() const = 0;
    virtual void set_voltages(std::size_t block, const TargetVoltages& of) = 0;
    /// With gliotransmission: where gamma lies of each cell of the end that it goes by, after even
    /// and odd numbers of steps; before the first.
    virtual void set_gamma(std::array<std::vector<const float*>, 2> gamma) = 0;
    /// Applies all that reaches synapses before step `now`.
    virtual void catch_up(std::size_t block, std::int64_t now) = 0;
    /// A weight in the unit of the model.
    virtual float weight_of(PlasticWeight w) const = 0;
    /// Their values in that unit, [number of the synapse]; caught up before.
    virtual void read_weights(std::size_t block, float* out) const = 0;
    /// Adds how many lie in each of equal bins from w_min to w_max; caught up before.
    virtual void count_weights(std::size_t block, std::vector<std::uint64_t>& bins) const = 0;
    /// The weight once all is applied that reaches it before step `now`; NaN where there is no
    /// synapse. `target`: in the block's slice.
    virtual float weight_at(std::size_t block, std::uint32_t source, std::uint32_t target,
                            std::int64_t now) = 0;
    /// Scales the weights of each target to a sum, in the unit of the model; caught up before.
    virtual void normalise(std::size_t block, double sum) = 0;
    virtual bool waits_for_reward() const = 0;
    /// Between two steps.
    virtual void reward(double amount, std::int64_t now) = 0;
    /// Step t is over: what is done at intervals.
    virtual void end_step(std::size_t block, std::int64_t t) = 0;
    /// The step after `now` before which `change` is called, while no block is at work.
    virtual std::int64_t next_change(std::int64_t now) const = 0;
    /// What is done between two steps: a new learning rate, synapses that go and grow.
    virtual void change(std::int64_t now) = 0;
    /// From `now` on weights change, or stay.
    virtual void set_plastic(bool plastic, std::int64_t now) = 0;

    /// Of several ranks what all have comes to rank 0.
    virtual PlasticState state(std::int64_t now) = 0;
    virtual void set_state(const PlasticState& state, std::int64_t now) = 0;
    /// The same of this rank alone, without the ends of synapses and what became of them: of
    /// synapses, which all ranks number together, it has its own, of targets only its own.
    virtual PlasticState own_state(std::int64_t now) = 0;
    virtual void set_own_state(const PlasticState& state, std::int64_t now) = 0;
    virtual std::size_t bytes() const = 0;
    /// Of synapses that may fail: how often one that weighs something let something go, here.
    virtual std::optional<std::uint64_t> released() const = 0;

    std::size_t projection = 0, from = 0, to = 0;  // their numbers in the model
    PlasticRows rows;
    StructureCounts structure;  // so far
};

/// Of a projection with `plasticity`, `short_term` or `release`. Throws ModelError where a weight
/// of a list lies outside its bounds.
std::unique_ptr<PlasticProjection> make_plastic(const SimulationSpec& spec, std::size_t projection,
                                                const ProjectionPlan& plan, const Layout& layout,
                                                const WeightGrid& grid, ThreadPool& pool,
                                                Exchange& exchange = no_exchange());

/// The weight that stands for 1 in the rows of a projection: w_max, or the greatest there is.
double weight_unit(const SimulationSpec& spec, const SynapsesSpec& projection,
                   const CellPopulationSpec& to);

}  // namespace snnsim
