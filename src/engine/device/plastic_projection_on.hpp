// A projection whose synapses change, on a device, whatever its rule.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/network/window.hpp"
#include "src/engine/plasticity/plastic_projection.hpp"
#include "src/engine/plasticity/weight_records.hpp"

namespace snnsim {

/// Where a projection's spikes come from and go to in the device engine.
struct PlasticPlace {
    std::uint32_t from_row = 0, to_row = 0;  // of the first cells, in the network; of targets here
    std::uint32_t first_target = 0;          // of this process, in its population
    std::vector<std::uint32_t> targets;      // by block of the host
    std::vector<std::uint32_t> slot;         // [target of this process]: of its sum
    std::int32_t* sums = nullptr;
    std::int64_t* events = nullptr;  // see SynapseArrays
};

/// What is said of steps is enqueued; a window's step is the one that comes next. The projection of
/// the CPU, made first, is the one that checks, that remembers the ends of synapses, and that what
/// is rare is done with: `to_host` and `from_host` bring all between the two.
template <class Steps>
class PlasticProjectionOn {
  public:
    virtual ~PlasticProjectionOn() = default;
    /// The k-th step of a batch: what arrives in it, before the cells step.
    virtual void arrive(const StepWindow* window, std::int64_t k) = 0;
    /// The spikes of the targets, once they are listed.
    virtual void note_targets(const StepWindow* window, std::int64_t k) = 0;
    /// The weights that are watched, at the end of it; see WatchPlastic.
    virtual void watch(const StepWindow* window, std::int64_t k) = 0;
    /// After a batch.
    virtual void make_room(const StepWindow* window) = 0;
    /// The step after `now` after which `at_interval` has something to do.
    virtual std::int64_t next_interval(std::int64_t now) const = 0;
    virtual void at_interval(const StepWindow* window, std::int64_t now) = 0;
    /// Where the targets' states lie, of rules that go by them; the projection of the CPU has been
    /// given those of time 0.
    virtual void set_voltages(const std::vector<const float*>& v,
                              const std::vector<const float*>& u_bar_plus,
                              const std::vector<const float*>& u_bar_minus) = 0;
    /// With gliotransmission: where gamma lies of each cell of the end that it goes by.
    virtual void set_gamma(const std::vector<const float*>& gamma) = 0;
    /// Synapses to watch, by their ends, and room for so many steps.
    virtual void set_watched(std::vector<WatchedSynapse> synapses, std::int64_t steps) = 0;
    /// Weights [step][synapse] of the first steps of a chunk, in the unit of the model.
    virtual std::vector<float> watched(std::int64_t steps) = 0;

    virtual void normalise(const StepWindow* window, double sum) = 0;
    virtual void reward(const StepWindow* window, std::int64_t now, double amount) = 0;
    virtual void set_plastic(const StepWindow* window, std::int64_t now, bool plastic) = 0;
    virtual void to_host(const StepWindow* window, std::int64_t now) = 0;
    virtual void from_host(std::int64_t now) = 0;
    virtual std::size_t bytes() const = 0;
    /// See PlasticProjection.
    virtual std::optional<std::uint64_t> released() = 0;

    PlasticProjection& host() { return host_; }

  protected:
    explicit PlasticProjectionOn(PlasticProjection& host) : host_(host) {}
    PlasticProjection& host_;
};

}  // namespace snnsim
