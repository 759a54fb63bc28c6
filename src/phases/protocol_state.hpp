// How far a simulation has come in its phases, and what they found.
#pragma once

#include <cstdint>
#include <vector>

#include "src/phases/class_responses.hpp"

namespace snnsim {

/// What is due at a step, in the order in which it is done.
enum class PendingKind : std::uint8_t { reward, respond, darken, end, feed };

/// Samples that were shown, in their order. Times are steps done.
struct Trials {
    std::vector<std::uint32_t> phase, sample;
    std::vector<std::int32_t> label;
    std::vector<std::uint32_t> start, stop;  // of the last time that it was shown
    std::vector<std::uint32_t> repeats;      // before that
    std::vector<std::uint32_t> spikes;       // of the responses
    std::vector<std::int32_t> prediction;    // -1: none
    std::size_t size() const { return phase.size(); }
};

/// Phases that have begun.
struct PhaseLog {
    std::vector<std::uint32_t> start, stop;  // steps done; stop of those that have ended
    std::vector<std::uint64_t> spikes;       // [phase that has ended][population]
    std::vector<std::int32_t> assignment;    // of each that assigns, one after the other: by cell
};

/// The output of a trained network, as far as it has been read.
struct ReadoutState {
    std::uint64_t done = 0;              // steps
    std::uint64_t phase = 0, trial = 0;  // whose samples are read; seen whole in it
    std::uint32_t spikes = 0;            // of the sample under way
    std::vector<float> output;           // of that: [panel][step][panel_width]
};

struct ProtocolState {
    std::uint64_t phase = 0, trial = 0, repeat = 0;
    std::vector<std::uint32_t> pending_step;
    std::vector<std::uint8_t> pending_kind;
    std::vector<double> pending_amount;
    std::vector<std::uint64_t> spikes_before;     // of the phase under way, by population
    std::uint64_t trial_start = 0;                // of the trial under way
    std::uint8_t too_few = 0;                     // spikes, so that it is repeated
    std::vector<std::uint32_t> response;          // of the trial, by cell
    ClassResponses all, recent;                   // of the phase; since the last assignment
    std::vector<std::int32_t> assigned, running;  // by cell: for `evaluate`, while it learns
    Trials trials;
    PhaseLog log;
    ReadoutState readout;
};

}  // namespace snnsim
