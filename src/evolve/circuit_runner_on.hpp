// A CircuitRunner, written once for both machines.
#pragma once

#include "src/evolve/run_circuits.hpp"

namespace snnsim {

template <class Backend>
class CircuitRunnerOn final : public CircuitRunner {
  public:
    explicit CircuitRunnerOn(int threads) : backend_(threads) {}

    std::string name() const override { return backend_.name(); }
    std::vector<TrialRecord> run(const CircuitSet& circuits, const TrialSet& trials) override {
        return run(circuits, trials, {});
    }
    RecordedTrial record(const CircuitSet& circuits, const TrialSet& trials) override {
        SNN_EXPECT(circuits.circuits.size() == 1 && trials.size() == 1);
        RecordedTrial out;
        Buffer<std::uint32_t> sent(trials.steps), fired(trials.steps);
        out.record = run(circuits, trials, {view(sent), view(fired)})[0];
        out.sent.resize(trials.steps);
        out.fired.resize(trials.steps);
        sent.copy_to(out.sent.data(), trials.steps);
        fired.copy_to(out.fired.data(), trials.steps);
        return out;
    }

  private:
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

    template <class T>
    static Buffer<T> copied(const std::vector<T>& from) {
        Buffer<T> out(from.size());
        out.copy_from(from.data(), from.size());
        return out;
    }
    template <class T>
    static View<T> view(Buffer<T>& buffer) {
        return {buffer.data(), buffer.size()};
    }

    std::vector<TrialRecord> run(const CircuitSet& set, const TrialSet& trials,
                                 const CircuitHistory& history) {
        auto circuits = copied(set.circuits);
        auto cells = copied(set.cells);
        auto rows = copied(set.rows);
        auto edges = copied(set.edges);
        const Circuits all{view(circuits), view(cells), view(rows), view(edges)};
        const std::size_t count = set.circuits.size() * trials.size();
        const auto per_circuit = static_cast<std::uint32_t>(trials.size());
        Buffer<TrialRecord> records(count);
        if (!trials.starts.empty()) {
            auto starts = copied(trials.starts);
            backend_.for_each(
                count, RunCartPole{all, view(starts), per_circuit, trials.steps / trials.control,
                                   trials.control, view(records), history});
            return fetched(records);
        }
        auto inputs = copied(trials.inputs);
        backend_.for_each(count, RunTrial{all, view(inputs), per_circuit, trials.steps, trials.from,
                                          trials.to, view(records), history});
        return fetched(records);
    }
    static std::vector<TrialRecord> fetched(const Buffer<TrialRecord>& records) {
        std::vector<TrialRecord> out(records.size());
        records.copy_to(out.data(), out.size());
        return out;
    }

    Backend backend_;
};

}  // namespace snnsim
