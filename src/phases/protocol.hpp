// The course of a simulation: what is done to the engine, and when.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/dataset.hpp"
#include "snnsim/engine.hpp"
#include "src/phases/class_responses.hpp"
#include "src/phases/protocol_state.hpp"
#include "src/phases/sample_readout.hpp"
#include "src/phases/shown_samples.hpp"

namespace snnsim {

struct ProtocolProgress {
    std::string phase;  // empty where the model has none
    std::uint64_t trial = 0, trials = 0;
    double share = 0.0;            // of the whole course, about
    std::optional<double> recent;  // share of the last predictions that are right
};

/// Goes through the phases of a model; one that has none is a single one. The caller advances the
/// engine to next(), calls act(), and so on until finished().
class Protocol {
  public:
    /// Loads the samples that phases show where the model has not. Throws DataError.
    Protocol(const SimulationSpec& spec, const std::string& data_dir);

    /// Begins at the engine's step 0.
    void begin(Engine& engine);
    bool finished() const { return state_.phase >= phases_.size(); }
    /// The step at which something is to be done.
    std::int64_t next() const;
    /// Does all that is due now.
    void act(Engine& engine);

    /// Of the samples.
    std::vector<std::string> warnings() const {
        return data_ ? data_->warnings : std::vector<std::string>{};
    }
    /// The set that its phases show, where that lies in a folder.
    const Dataset* set_in_folder() const { return spec_.shown ? nullptr : data_.get(); }
    ProtocolProgress progress(std::int64_t now) const;
    const ProtocolState& state() const { return state_; }
    /// The engine stands where the state was taken.
    void restore(const ProtocolState& state, Engine& engine);

    /// What a trained network's output did in the steps up to `until`; see output_record.
    void observe(const Spikes& spikes, const StateSamples* values, std::int64_t until);

  private:
    struct Phase {
        PhaseSpec spec;
        std::unique_ptr<ShownSamples> shown;
        std::size_t source = 0, responses = 0, repeat = 0;  // populations
        double nominal = 0.0;                               // ms
        bool encoded = false;                               // shows samples to a trained network
    };
    void feed(Engine& engine);
    struct Encoded {
        std::uint64_t phase = 0, trial = 0, count = 0;  // samples from `trial` on
        std::shared_ptr<const PlayedSpikes> spikes;
    };
    std::future<Encoded> encode(std::uint64_t trial);
    void wound(const PhaseSpec& phase, Engine& engine) const;
    bool finds_readout_phase();
    void enter(Engine& engine);
    void leave(Engine& engine);
    void start_trial(Engine& engine);
    void respond(const Engine& engine);
    void darken(Engine& engine);
    void end_trial(Engine& engine);
    void schedule(std::int64_t step, PendingKind kind, double amount = 0.0);
    std::int64_t steps(double ms) const;
    const SampleSet& images(const Phase& phase) const;
    std::int64_t drawn_steps(const Distribution& d, std::uint32_t what) const;

    const SimulationSpec& spec_;
    std::shared_ptr<const Dataset> data_;
    std::optional<SampleReadout> readout_;
    std::vector<Phase> phases_;
    ProtocolState state_;
    // The samples that come next, encoded while the engine runs; it ends before the rest goes.
    std::future<Encoded> ahead_;
};

}  // namespace snnsim
