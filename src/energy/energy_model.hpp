// Energy of one arithmetic operation in a given technology.
#pragma once

namespace snnsim {

struct EnergyModel {
    const char* name;
    const char* source;
    double mac;  // pJ per multiply-accumulate
    double ac;   // pJ per accumulate

    /// uJ; arithmetic only: no memory traffic, no leakage.
    constexpr double microjoules(double macs, double acs) const {
        return (mac * macs + ac * acs) * 1e-6;
    }
};

inline constexpr EnergyModel energy_45nm{
    "45 nm", "Horowitz 2014 (ISSCC): 32-bit float multiply 3.7 pJ, add 0.9 pJ", 4.6, 0.9};

}  // namespace snnsim
