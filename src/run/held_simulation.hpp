// A simulation in the hands of a caller, who advances it, looks at it and changes it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/edge_list.hpp"
#include "snnsim/engine.hpp"
#include "snnsim/run.hpp"
#include "src/device/choose_device.hpp"
#include "src/phases/protocol.hpp"
#include "src/run/kept_parts.hpp"

namespace snnsim {

/// Goes on for as long as it is advanced, whatever `simulate.duration` says; where the model has
/// phases, to the end of the last. Until then its spikes are those of a run of the same model, and
/// so is their digest.
class HeldSimulation {
  public:
    /// Reads the files that the model names and builds the network. Of the options those that say
    /// where it is computed hold, and `resume`: a file of checkpoint() to go on from.
    HeldSimulation(const SimulationSpec& as_in_file, const RunOptions& options);

    const SimulationSpec& spec() const { return spec_; }
    std::int64_t now() const { return engine_->now(); }  // steps done
    bool finished() const { return protocol_->finished(); }
    std::string device_name() const { return engine_->device_name(); }
    const EngineReport& report() const { return engine_->report(); }
    /// Of all spikes so far, as a run file has it.
    std::string digest() const;
    std::vector<std::uint64_t> spike_counts() const { return engine_->spike_counts(); }

    /// Goes so many steps on; less where the watcher stops it or the phases end. Throws
    /// NumericalError of a network that cannot go on: what it gave up to there can be taken.
    void advance(std::int64_t steps, RunWatcher* watcher);
    /// What came together since the last call.
    Kept take();

    /// Hz, of each cell of a poisson_source or regular_source population.
    std::vector<double> rates(std::size_t population) const;
    void set_rates(std::size_t population, const std::vector<double>& rates);
    /// A state variable of all cells, by its number in cell_values(), as it is recorded.
    std::vector<float> state(std::size_t population, std::size_t variable) const;
    void set_state(std::size_t population, std::size_t variable, const std::vector<double>& values);
    /// Every synapse of a projection, by source.
    EdgeList synapses(std::size_t projection) const;
    /// Weights in the order of synapses(); all else goes on as it is. The network is built anew.
    void set_weights(std::size_t projection, const std::vector<double>& weights);
    bool plastic() const { return engine_->state().learns; }
    void set_plastic(bool plastic) { engine_->set_plastic(plastic); }
    void reward(double amount) { engine_->reward(amount); }

    void checkpoint(const std::string& path) const;

  private:
    std::unique_ptr<Engine> build() const;
    void put_synapses(std::size_t projection, std::shared_ptr<const EdgeList> synapses);
    void advance_to(std::int64_t step);
    void keep();

    SimulationSpec spec_;  // as it is simulated
    const int threads_;
    const DeviceChoice choice_;
    std::unique_ptr<Protocol> protocol_;
    std::unique_ptr<Engine> engine_;
    KeptParts parts_;
    Kept kept_;                              // that nobody has taken yet
    std::optional<NumericalError> trouble_;  // why it cannot go on
    NetworkChanges changes_;                 // by set_weights
    double steps_a_second_ = 0.0;            // of the last part
};

}  // namespace snnsim
