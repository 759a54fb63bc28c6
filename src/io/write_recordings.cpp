#include "src/io/write_recordings.hpp"

#include <algorithm>

#include "snnsim/error.hpp"
#include "src/io/digest.hpp"
#include "src/io/write_parts.hpp"

namespace snnsim {

void write_spikes(hid_t root, const TimeAxis& axis, const std::vector<SpikeRecording>& spikes) {
    h5::make_group(root, "spikes");
    for (const SpikeRecording& s : spikes) {
        SNN_EXPECT(s.sample.size() == s.step.size() && s.step.size() == s.neuron.size());
        std::vector<double> times(s.step.size());
        for (std::size_t i = 0; i < times.size(); ++i)
            times[i] = axis.end_of(s.sample[i], s.step[i]);
        SNN_EXPECT(std::is_sorted(times.begin(), times.end()));
        const h5::Handle g = h5::make_group(root, "spikes/" + s.population);
        h5::write_vector(g, "timestamps", times, "ms");
        h5::write_vector(g, "node_ids",
                         std::vector<std::uint64_t>(s.neuron.begin(), s.neuron.end()), "1");
        h5::write_vector(g, "trial", s.sample, "1");
        h5::write_number(g, "trials", s.samples);
        write_sorted_by_time(g);
        h5::write_text(g, "spike_digest", spike_digest(s));
    }
    h5::write_text(root, "spike_digest", spikes.empty() ? "" : spike_digest(spikes));
}

void write_states(hid_t root, const TimeAxis& axis, const std::vector<StateRecording>& states) {
    for (const StateRecording& s : states) {
        const auto rows = static_cast<hsize_t>(s.samples * s.steps),
                   neurons = static_cast<hsize_t>(s.neurons);
        SNN_EXPECT(s.values.size() == rows * neurons);
        const h5::Handle g = h5::make_group(root, "state/" + s.population);
        h5::write_vector(g, s.variable, s.values, s.unit, {rows, neurons});
        std::vector<double> time(rows);
        for (hsize_t k = 0; k < rows; ++k) time[k] = axis.end_of(0, k + 1);
        h5::write_vector(g, s.variable + "_time", time, "ms");
        const h5::Handle set(H5Dopen2(g, s.variable.c_str(), H5P_DEFAULT), H5Dclose, s.variable);
        h5::write_text(set, "time", s.variable + "_time");
        if (!s.shows.empty()) h5::write_text(set, "shows", s.shows);
    }
}

void write_trials(hid_t root, const TimeAxis& axis, const Evaluation& test) {
    std::size_t trials = 0;
    for (const StateRecording& s : test.states)
        trials = std::max(trials, static_cast<std::size_t>(s.samples));
    for (const SpikeRecording& s : test.spikes)
        trials = std::max(trials, static_cast<std::size_t>(s.samples));
    trials = std::min(trials, test.samples());
    const auto first = [&](const std::vector<std::int32_t>& of_all) {
        return std::vector<std::int32_t>(of_all.begin(),
                                         of_all.begin() + static_cast<std::ptrdiff_t>(trials));
    };
    std::vector<double> start(trials), stop(trials);
    std::vector<std::uint64_t> sample(trials);
    for (std::size_t k = 0; k < trials; ++k) {
        start[k] = axis.end_of(k, 0);
        stop[k] = axis.end_of(k + 1, 0);
        sample[k] = k;
    }
    h5::write_vector(root, "trials/start", start, "ms");
    h5::write_vector(root, "trials/stop", stop, "ms");
    if (!test.by_name.empty()) {  // labels and predictions are those of /test/outputs/NAME
        h5::write_vector(root, "trials/sample", sample, "1");
        return;
    }
    if (!test.error) write_classes(root, "trials/label", first(test.labels));
    if (test.predictions.empty() && !test.error) return;  // encoded, which no network has seen
    if (!test.error) write_classes(root, "trials/prediction", first(test.predictions));
    h5::write_vector(root, "trials/sample", sample, "1");  // row of /test/prediction
}

}  // namespace snnsim
