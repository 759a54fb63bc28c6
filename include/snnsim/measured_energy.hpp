// What counters of the machine say a run took, phase by phase.
#pragma once

#include <map>
#include <string>

namespace snnsim {

/// A measured value, or why there is none; what is not known is never 0.
struct Measure {
    double value = 0.0;
    std::string unavailable;  // the reason; empty: `value` was measured
};

/// What one domain took over one phase. Counters see all of the domain, whoever used it.
struct DomainEnergy {
    std::string source;  // "RAPL counter"
    Measure used;        // J
    Measure idle;        // J that the idle domain takes in the same time
    std::string note;    // why to read it with care; mostly empty
};

struct PhaseEnergy {
    double seconds = 0.0;
    std::map<std::string, DomainEnergy> domains;  // "package-0", "dram-0", "gpu"
};

/// Strubell, Ganesh and McCallum 2019 (ACL): PUE of the mean data centre of 2018, CO2e of the mean
/// kWh of the USA, 0.954 lb.
struct EnergyAccounting {
    static constexpr double kg_per_pound = 0.45359237;
    double pue = 1.58;
    double co2e = 0.954 * kg_per_pound;  // kg per kWh
};

struct MeasuredEnergy {
    std::map<std::string, PhaseEnergy> phases;  // as in RunRecord::seconds
    EnergyAccounting accounting;
};

}  // namespace snnsim
