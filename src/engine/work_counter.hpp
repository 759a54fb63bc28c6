// Synaptic operations of a simulation, from how often each cell fires and how many synapses it has:
// nothing is counted where spikes are delivered.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "kernels/network/sample_windows.hpp"
#include "snnsim/engine.hpp"
#include "src/engine/plasticity/plastic_rows.hpp"

namespace snnsim {

/// Synapses of each source of a projection that bring something.
struct FanOut {
    std::uint32_t same = 0;           // of all of them, or
    std::vector<std::uint32_t> each;  // [source]

    FanOut() = default;
    explicit FanOut(std::vector<std::uint32_t> degrees);
    std::uint32_t of(std::size_t source) const { return each.empty() ? same : each[source]; }
};
/// Of synapses that learn, as they are now.
FanOut fan_out_of(const PlasticRows& rows);

class WorkCounter {
  public:
    /// `fan_out`: [projection][source].
    WorkCounter(const SimulationSpec& spec, std::vector<std::vector<std::uint32_t>> fan_out);

    /// From now on; a spike of a sample counts where it arrives before the sample's end.
    void set_windows(const SampleWindows& windows) { windows_ = windows; }
    /// Cells of a population that fired in step t; `first` is taken off their numbers. What is
    /// called at one time is of different cells.
    void add(std::size_t population, std::int64_t t, const std::uint32_t* cells,
             std::uint32_t count, std::uint32_t first = 0) {
        for (Late& late : counts_[population]) {
            if (!arrives(late, t)) continue;
            std::uint32_t* const to = late.count.data();
            for (std::uint32_t k = 0; k < count; ++k) ++to[cells[k] - first];
        }
    }
    /// Spikes of step t and later meet these synapses. Comes before those are added, and in the
    /// order of the steps.
    void change(std::int64_t t, std::size_t projection, FanOut fan_out);
    /// Steps before t have been added.
    void reach(std::int64_t t) {
        while (!changes_.empty() && changes_.front().t <= t) apply_change();
    }

    /// Of what was added; empty where a run was begun without counting.
    std::vector<SynapticWork> work() const;
    /// Goes on from there.
    void set_work(const std::vector<SynapticWork>& work, std::int64_t now);

  private:
    /// Spikes of a population's cells that arrive so much later in their targets' sample.
    struct Late {
        std::int64_t lag = 0;  // steps
        std::int64_t depth = -1;
        std::vector<std::uint32_t> count;  // by cell
    };
    struct Change {
        std::int64_t t;
        std::size_t projection;
        FanOut fan_out;
    };
    struct Source {
        std::size_t population, late;
    };
    bool arrives(const Late& late, std::int64_t t) const {
        if (late.lag == 0 || windows_.period == 0) return true;
        const std::int64_t place = windows_.place(t, late.depth);
        return place >= 0 && place + late.lag < windows_.length;
    }
    void apply_change();

    std::vector<FanOut> fan_out_;            // by projection
    std::vector<Source> source_;             // by projection
    std::vector<std::vector<Late>> counts_;  // by population; empty: it sends nothing
    std::vector<SynapticWork> done_;         // by projection, of what is no more in counts_
    std::deque<Change> changes_;             // to come
    SampleWindows windows_;
    bool whole_ = true;  // since the start
};

/// How many steps later in its sample a projection's spikes arrive than they were sent; 0 where not
/// both ends are a trained network's.
std::int64_t lag_in_sample(const SimulationSpec& spec, const SynapsesSpec& projection);

}  // namespace snnsim
