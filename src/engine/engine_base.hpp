// What an engine keeps wherever its steps run: where it stands, what was set from outside, and how
// its state is put together. The loop over steps itself is each backend's own: threads that own
// blocks (src/engine/cpu), or kernels in graphs (src/engine/device).
#pragma once

#include <chrono>
#include <utility>
#include <vector>

#include "snnsim/engine.hpp"
#include "snnsim/error.hpp"
#include "src/engine/cells/set_rates.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/records.hpp"

namespace snnsim {

class EngineBase : public Engine {
  public:
    std::int64_t now() const final { return now_; }
    Spikes take_spikes() final { return std::exchange(spikes_, {}); }
    const EngineReport& report() const final { return report_; }

    void set_plastic(bool plastic) final {
        learns_ = plastic;
        apply_plastic(plastic);
    }
    void set_rates(std::size_t population, const std::vector<double>& rates) final {
        check_rates(spec_, population, rates);
        rates_[population] = rates;
        apply_rates(population);
    }
    std::vector<double> rates(std::size_t population) const final { return rates_[population]; }
    void set_windows(const SampleWindows& windows) final {
        windows_ = windows;
        apply_windows();
    }
    void count_spikes(std::size_t population) final {
        counted_[population].assign(layout_.populations[population].size, 0);
    }
    std::vector<std::uint32_t> counted_spikes(std::size_t population) const final {
        return counted_[population];
    }

    EngineState state() const final {
        EngineState out;
        out.now = now_;
        out.learns = learns_;
        out.rates = rates_;
        out.counted = counted_;
        out.spike_counts = spike_counts();
        out.work = work();
        out.states.resize(layout_.populations.size());
        read_state(out);
        return out;
    }
    void set_state(const EngineState& state) final {
        SNN_EXPECT(state.states.size() == layout_.populations.size());
        now_ = state.now;
        write_spikes(state);
        if (state.learns != learns_) set_plastic(state.learns);
        counted_ = state.counted;
        for (std::size_t p = 0; p < state.rates.size(); ++p) {
            if (!state.rates[p].empty()) set_rates(p, state.rates[p]);
        }
        write_state(state);
    }

  protected:
    /// `threads`: that own blocks of cells.
    EngineBase(const SimulationSpec& spec, const EngineOptions& options, ThreadShare threads)
        : spec_(spec),
          options_(options),
          layout_(spec, threads),
          rates_(spec.populations.size()),
          counted_(spec.populations.size()) {
        for (std::size_t p = 0; p < spec.populations.size(); ++p)
            collects_.push_back(options.spikes && collected(spec, p));
        report_.cells = layout_.rows;
    }
    /// The last line of a constructor.
    void built() {
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started_;
        report_.build_seconds = seconds.count();
    }

    /// Brings `learns_`, `rates_` and `windows_` to where the steps run.
    virtual void apply_plastic(bool plastic) = 0;
    virtual void apply_rates(std::size_t population) = 0;
    virtual void apply_windows() = 0;
    /// Cells, synapses that change, spikes on their way, and what is recorded.
    virtual void read_state(EngineState& out) const = 0;
    /// Spikes on their way and their counts; then all else. `now_` is that of the state.
    virtual void write_spikes(const EngineState& state) = 0;
    virtual void write_state(const EngineState& state) = 0;

    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    const SimulationSpec spec_;
    const EngineOptions options_;
    const Layout layout_;
    std::int64_t now_ = 0;
    bool learns_ = true;
    SampleWindows windows_;
    std::vector<std::uint8_t> collects_;               // spikes, by population
    std::vector<std::vector<double>> rates_;           // see Engine::set_rates; by population
    std::vector<std::vector<std::uint32_t>> counted_;  // see Engine::count_spikes
    Spikes spikes_;
    EngineReport report_;
};

}  // namespace snnsim
