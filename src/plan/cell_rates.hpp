// How often cells fire, and who says so: for what is told of a run before it is begun.
#pragma once

#include <string>
#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

struct CellRate {
    double hertz = 0.0;
    std::string from;  // "the model", "assumed", the path of a run ...
};

/// As on the command line.
struct GivenRates {
    std::string run;                // a run file, or empty
    std::vector<std::string> told;  // "E: 4 Hz", or "4 Hz" for all
};

/// By population. What is told counts most, then what the run counted, then what the model says (a
/// file of spikes, `rate`); else assumed_rate. Throws UsageError of a rate that cannot be read or
/// of no population, FileError of a file that is no run of such populations.
std::vector<CellRate> cell_rates(const SimulationSpec& spec, const GivenRates& given);

}  // namespace snnsim
