// What a network does with one sample, step by step.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "snnsim/run_record.hpp"
#include "src/nir/graph.hpp"

namespace snnsim::nir {

/// A sample: [step][input].
struct ProbeInput {
    std::int64_t steps = 0, inputs = 0;
    std::vector<float> values;
    std::string said;  // where it comes from
};
/// The first sample of the test, as the encoder gives it; where the data are not to be had, or the
/// run has no test, random spikes: the `kind`-th sample, with more spikes the greater it is.
ProbeInput test_sample(const ModelSpec& spec);
ProbeInput random_spikes(std::int64_t inputs, std::int64_t steps, int kind);
constexpr int random_kinds = 4;

/// What the trained network of a run gives, by population.
struct ProbeOutput {
    std::map<std::string, Parameters> spikes;  // [n][2]: step, cell
    std::map<std::string, Parameters> values;  // [step][cell]
};
/// Of a finished run; `spiking`, `valued`: populations that are looked at.
ProbeOutput probe_run(const std::string& run, const ProbeInput& input,
                      const std::vector<std::string>& spiking,
                      const std::vector<std::string>& valued);
/// Of an evaluation of one sample.
ProbeOutput probe_output(const Evaluation& evaluation);

}  // namespace snnsim::nir
