// Recorded spikes and states, and the table of the samples that they belong to. All lie on one time
// axis: sample k takes the time from k * steps * dt to (k + 1) * steps * dt, and what happens in a
// step has the time of its end.
#pragma once

#include "snnsim/run_record.hpp"
#include "src/io/hdf5.hpp"

namespace snnsim {

struct TimeAxis {
    std::uint64_t steps;  // per sample
    double dt;            // ms

    double end_of(std::uint64_t sample, std::uint64_t step) const {
        return static_cast<double>(sample * steps + step) * dt;
    }
};

/// /spikes/<population> and the digests: a SONATA spike file, sorted by time, with `trial` beside
/// it.
void write_spikes(hid_t root, const TimeAxis& axis, const std::vector<SpikeRecording>& spikes);
/// /state/<population>/<variable> [time, neuron] and <variable>_time.
void write_states(hid_t root, const TimeAxis& axis, const std::vector<StateRecording>& states);
/// /trials: the samples recorded.
void write_trials(hid_t root, const TimeAxis& axis, const Evaluation& test);

}  // namespace snnsim
