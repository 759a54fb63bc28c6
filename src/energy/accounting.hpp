// From joules to kWh and CO2e, and sums over the domains and phases of a run.
#pragma once

#include <string>
#include <vector>

#include "snnsim/measured_energy.hpp"

namespace snnsim {

/// kWh that a data centre draws for so many joules of its computers: p_t of Strubell et al. 2019
/// with J = 3600 t (p_c + p_r + g p_g).
constexpr double kilowatt_hours(double joules, const EnergyAccounting& a) {
    return a.pue * joules / 3.6e6;
}

/// kg of CO2e of so many kWh.
constexpr double co2e_kg(double kwh, const EnergyAccounting& a) {
    return a.co2e * kwh;
}

/// Reads "0.954 lb/kWh", "475 g/kWh" or "0.4 kg/kWh" as kg per kWh. Throws UsageError.
double read_co2e(const std::string& text);

/// Energy of all domains of a kind.
struct KindEnergy {
    const char* kind;     // "package", "dram" or "gpu"
    Measure used, idle;   // J; idle over the time of `used`
    std::string without;  // "start (reason)": phases that `used` lacks
};
/// Over one phase, or over all of them when none is named. A kind that no phase knows is left out.
std::vector<KindEnergy> energy_by_kind(const MeasuredEnergy& measured,
                                       const std::string& phase = "");

/// The sum of what was measured; unavailable where nothing was.
Measure sum_of_used(const std::vector<KindEnergy>& kinds);

/// The reason of a phase that has just begun; adds nothing to the sums of `combined`.
inline constexpr const char* not_yet = "the counter has not moved yet";

/// The same run, first one part and then another: sums, and unavailable where either part is.
MeasuredEnergy combined(const MeasuredEnergy& before, const MeasuredEnergy& then);
PhaseEnergy combined(const PhaseEnergy& before, const PhaseEnergy& then);

}  // namespace snnsim
