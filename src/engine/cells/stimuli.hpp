// What a population's cells get from outside, step by step.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/cells/spike_source.hpp"
#include "kernels/cells/stimulus_current.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/synapses/synapse_rows.hpp"

namespace snnsim {

/// A Poisson stimulus of one population, ready to be added.
struct PoissonPlan {
    std::uint32_t number = 0;              // of the stimulus
    std::int64_t first = 0, last = 0;      // steps
    std::vector<std::int32_t> thresholds;  // see AddPoisson
    int usual = 0;
    std::size_t receptor = 0;
    std::int32_t weight = 0;
};

/// The current of a population's slice, as the sum of its stimuli; of a source whose spikes are
/// given: those.
class Currents {
  public:
    Currents(const SimulationSpec& spec, std::size_t population, const Slice& slice);

    /// The current of each cell in step t.
    const float* at(std::int64_t t);
    const std::vector<StimulusCurrent>& parts() const { return parts_; }
    /// No cell gets less or more in any step.
    std::pair<double, double> range() const;
    const PlayedSpikes* played() const { return played_.get(); }
    /// Calls f(cell of the slice, value) for what is played in step t, by cell.
    template <class F>
    void for_each_played(std::int64_t t, F&& f) const {
        const PlayedKeys keys{played_->keys.data(), played_->keys.size()};
        const auto step = static_cast<std::uint64_t>(t + 1);
        const std::uint64_t last = played_key(step, slice_.first + slice_.count);
        for (std::size_t k = keys_below(keys, played_key(step, slice_.first));
             k < keys.size && keys[k] < last; ++k)
            f(static_cast<std::uint32_t>(keys[k]) - slice_.first,
              played_->values.empty() ? 1.0f : played_->values[k]);
    }
    /// In place of what it played so far.
    void play(std::shared_ptr<const PlayedSpikes> played);

  private:
    bool changes_at(std::int64_t t) const;
    void add(const StimulusCurrent& part, std::int64_t t);
    const float* draw_amplitudes(const Distribution& amplitude, std::uint32_t number);
    void set_changes(const StepsStimulus::Params& steps, double dt, StimulusCurrent& part);
    void set_waveform(const StimulusSpec& stimulus, double dt, StimulusCurrent& part);

    std::uint64_t seed_;
    Slice slice_;
    std::uint32_t size_;  // of the population
    std::vector<StimulusCurrent> parts_;
    std::vector<std::vector<float>> amplitudes_;  // of parts that are dc, steps or a waveform
    std::vector<std::vector<std::int64_t>> changes_;
    std::shared_ptr<const PlayedSpikes> played_;
    std::vector<float> sum_;
    std::int64_t known_ = -1;  // the step that sum_ belongs to
};

/// Adds the spikes that a stimulus brings in step t to what arrives at the cells of a slice.
void add_poisson(const PoissonPlan& p, std::uint64_t seed, const Slice& slice, std::int64_t t,
                 std::int32_t* arriving);

std::vector<PoissonPlan> poisson_plans(const SimulationSpec& spec, std::size_t population,
                                       const WeightGrid& grid);

}  // namespace snnsim
