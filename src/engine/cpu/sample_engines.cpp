#include "src/engine/cpu/sample_engines.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "kernels/launch/thread_pool.hpp"
#include "snnsim/edge_list.hpp"
#include "src/device/choose_device.hpp"
#include "src/engine/make_engine_on.hpp"

namespace snnsim {
namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

/// One engine, `current_`, is where the simulation is. Of several whole samples each engine takes
/// some, beginning from rest: between two samples all populations sleep, and what is on its way
/// arrives at none.
class SampleEngines : public Engine {
  public:
    SampleEngines(int threads, const MakeOneThread& make) : pool_(threads), threads_(threads) {
        engines_.resize(static_cast<std::size_t>(threads));
        pool_.run(static_cast<std::uint32_t>(threads),
                  [&](std::uint32_t e) { engines_[e] = make(); });
        rest_ = engines_[0]->state();
        report_ = engines_[0]->report();
        report_.bytes *= engines_.size();
    }

    void advance(std::int64_t steps) override {
        const std::int64_t now = this->now(), last = now + steps;
        std::vector<std::int64_t> ends = pieces(now, last);
        const std::size_t first = current_;
        // The engine where the simulation is goes on; those after it begin at rest.
        std::vector<std::int64_t> from{now};
        for (std::size_t k = 0; k + 1 < ends.size(); ++k) from.push_back(ends[k]);
        std::vector<std::exception_ptr> trouble(ends.size());
        pool_.run(static_cast<std::uint32_t>(ends.size()), [&](std::uint32_t k) {
            Engine& engine = *engines_[(first + k) % engines_.size()];
            if (engine.now() != from[k]) begin_at(engine, from[k]);
            try {
                engine.advance(ends[k] - from[k]);
            } catch (...) {
                trouble[k] = std::current_exception();
            }
        });
        for (std::size_t k = 0; k < ends.size(); ++k) {
            current_ = (first + k) % engines_.size();
            collect(*engines_[current_]);
            if (trouble[k]) std::rethrow_exception(trouble[k]);
        }
    }

    std::int64_t now() const override { return engines_[current_]->now(); }
    Spikes take_spikes() override { return std::exchange(spikes_, {}); }
    std::vector<StateSamples> take_states() override {
        if (states_.empty()) return engines_[current_]->take_states();
        return std::exchange(states_, {});
    }
    std::vector<StateSamples> take_weights() override { return engines_[current_]->take_weights(); }
    void read_weights(std::size_t most, const TakeWeights& take) const override {
        engines_[current_]->read_weights(most, take);
    }
    void set_plastic(bool plastic) override {
        for (const auto& e : engines_) e->set_plastic(plastic);
    }
    void reward(double amount) override { engines_[current_]->reward(amount); }
    void normalise(std::size_t projection, double sum) override {
        engines_[current_]->normalise(projection, sum);
    }
    void set_rates(std::size_t population, const std::vector<double>& rates) override {
        for (const auto& e : engines_) e->set_rates(population, rates);
    }
    std::vector<double> rates(std::size_t population) const override {
        return engines_[current_]->rates(population);
    }
    void silence(std::size_t population, const std::vector<std::uint8_t>& silent) override {
        for (const auto& e : engines_) e->silence(population, silent);
    }
    void set_windows(const SampleWindows& windows) override {
        windows_ = windows;
        for (const auto& e : engines_) e->set_windows(windows);
    }
    void play(std::size_t population, std::shared_ptr<const PlayedSpikes> played) override {
        for (const auto& e : engines_) e->play(population, played);
    }
    void count_spikes(std::size_t population) override {
        for (const auto& e : engines_) e->count_spikes(population);
    }
    std::vector<std::uint32_t> counted_spikes(std::size_t population) const override {
        std::vector<std::uint32_t> sum;
        for (const auto& e : engines_) {
            const std::vector<std::uint32_t> one = e->counted_spikes(population);
            sum.resize(one.size());
            for (std::size_t n = 0; n < one.size(); ++n) sum[n] += one[n];
        }
        return sum;
    }

    EngineState state() const override {
        EngineState out = engines_[current_]->state();
        out.spike_counts = spike_counts();
        out.work = work();
        for (std::size_t p = 0; p < out.counted.size(); ++p) out.counted[p] = counted_spikes(p);
        return out;
    }
    void set_state(const EngineState& state) override {
        current_ = 0;
        engines_[0]->set_state(state);
        for (std::size_t e = 1; e < engines_.size(); ++e) {
            EngineState other = rest_;
            for (std::size_t p = 0; p < state.counted.size(); ++p)
                other.counted[p].assign(state.counted[p].size(), 0);
            engines_[e]->set_state(other);
        }
    }

    const EngineReport& report() const override {
        report_.events = 0;
        report_.phase_seconds.clear();
        for (const auto& e : engines_) {
            report_.events += e->report().events;
            for (const auto& [phase, seconds] : e->report().phase_seconds)
                report_.phase_seconds[phase] += seconds;
        }
        return report_;
    }
    std::string device_name() const override { return cpu_name(threads_); }
    std::vector<std::uint64_t> spike_counts() const override {
        std::vector<std::uint64_t> sum(rest_.spike_counts.size());
        for (const auto& e : engines_) {
            const std::vector<std::uint64_t> one = e->spike_counts();
            for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += one[p];
        }
        return sum;
    }
    std::vector<SynapticWork> work() const override {
        std::vector<SynapticWork> sum = engines_[0]->work();
        for (std::size_t e = 1; e < engines_.size(); ++e) {
            const std::vector<SynapticWork> one = engines_[e]->work();
            for (std::size_t k = 0; k < sum.size(); ++k) {
                sum[k].events += one[k].events;
                sum[k].operations += one[k].operations;
            }
        }
        return sum;
    }

  private:
    /// Where each engine ends that takes part: at starts of samples, the last at `last`.
    std::vector<std::int64_t> pieces(std::int64_t now, std::int64_t last) const {
        if (windows_.period == 0) return {last};
        const auto sample_of = [&](std::int64_t t) {  // the first that begins at t or later
            return (t - windows_.start + windows_.period - 1) / windows_.period;
        };
        const std::int64_t first = sample_of(now), count = sample_of(last) - first,
                           engines = std::min<std::int64_t>(count, threads_);
        std::vector<std::int64_t> ends;
        for (std::int64_t e = 1; e < engines; ++e)
            ends.push_back(windows_.start + (first + count * e / engines) * windows_.period);
        ends.push_back(last);
        return ends;
    }
    void begin_at(Engine& engine, std::int64_t step) const {
        EngineState state = rest_;
        state.now = step;
        state.spike_counts = engine.spike_counts();
        state.work = engine.work();
        for (std::size_t p = 0; p < state.counted.size(); ++p)
            state.counted[p] = engine.counted_spikes(p);
        engine.set_state(state);
    }
    void collect(Engine& engine) {
        const Spikes spikes = engine.take_spikes();
        append(spikes_.step, spikes.step);
        append(spikes_.population, spikes.population);
        append(spikes_.cell, spikes.cell);
        append(spikes_.value, spikes.value);
        const std::vector<StateSamples> states = engine.take_states();
        if (states_.empty()) states_.resize(states.size());
        for (std::size_t r = 0; r < states.size(); ++r) {
            append(states_[r].step, states[r].step);
            append(states_[r].values, states[r].values);
        }
    }

    ThreadPool pool_;
    const int threads_;
    std::vector<std::unique_ptr<Engine>> engines_;
    std::size_t current_ = 0;
    EngineState rest_;  // at time 0
    SampleWindows windows_;
    Spikes spikes_;
    std::vector<StateSamples> states_;
    mutable EngineReport report_;
};

}  // namespace

bool samples_are_apart(const SimulationSpec& spec) {
    if (!spec.trained || !spec.gap_junctions.empty()) return false;
    const bool reset = std::all_of(spec.populations.begin(), spec.populations.end(),
                                   [](const CellPopulationSpec& p) { return p.depth >= 0; });
    const bool fixed = std::none_of(spec.projections.begin(), spec.projections.end(),
                                    [](const SynapsesSpec& s) { return s.changes(); });
    const bool of_moments =
        std::none_of(spec.record.begin(), spec.record.end(),
                     [](const SimulationRecordSpec& r) { return r.what.starts_with("input"); });
    constexpr std::size_t most_synapses = 100'000'000;  // of each copy
    std::size_t synapses = 0;
    for (const SynapsesSpec& s : spec.projections) synapses += s.edges ? s.edges->source.size() : 0;
    return reset && fixed && of_moments && synapses < most_synapses;
}

std::unique_ptr<Engine> make_sample_engines(int threads, const MakeOneThread& make) {
    return std::make_unique<SampleEngines>(threads, make);
}

}  // namespace snnsim
