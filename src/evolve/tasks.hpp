// What circuits are asked to do, and how well they did.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/evolve/cart_pole.hpp"
#include "kernels/evolve/run_trial.hpp"
#include "src/evolve/genome.hpp"

namespace snnsim {

CircuitEnds ends_of(const EvolveSpec& spec);

/// The trials of a generation, the same for all of its circuits.
struct TrialSet {
    std::vector<std::uint32_t> inputs;  // [trial][step - 1]: which send
    std::vector<std::uint8_t> labels;   // what the output is to do, by trial
    std::vector<CartPole> starts;       // cart_pole: in place of both
    std::uint32_t steps = 0;            // of a trial (cart_pole: at most), of 1 ms
    std::uint32_t from = 1, to = 0;     // the steps in which outputs are looked at
    std::uint32_t control = 0;          // cart_pole: steps for a push

    std::size_t size() const { return starts.empty() ? labels.size() : starts.size(); }
    void keep_first();
};
TrialSet trials_of(const EvolveSpec& spec, std::size_t count, SearchDraws draws);

/// In a generation, and of fresh trials.
std::size_t trial_count(const EvolveSpec& spec);
std::size_t test_count(const EvolveSpec& spec);

struct TaskScore {
    double score = 0.0;  // as `goal` is meant
    double fitness =
        0.0;  // from 0 to 1; where the score has few values, one that shows what is near
    double spikes = 0.0;  // of all cells in a trial
};
/// `records` of all trials of one circuit.
TaskScore score_of(const EvolveSpec& spec, const TrialSet& trials, const TrialRecord* records);

}  // namespace snnsim
