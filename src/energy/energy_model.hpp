// Counted operations to joules.
#pragma once

#include "snnsim/trainer.hpp"

namespace snnsim {

/// Energy per operation, in picojoules.
struct EnergyModel {
    const char* name;
    const char* source;
    double mac, ac;
};

/// 32-bit floating point in a 45 nm process: 0.9 pJ an addition, 3.7 a multiplication.
inline constexpr EnergyModel energy_45nm{"45nm", "Horowitz, ISSCC 2014", 4.6, 0.9};

/// What an evaluation counted, per sample.
struct OperationsPerSample {
    double spikes = 0.0;  // non-zero outputs of all populations but the input
    double dense = 0.0, macs = 0.0, acs = 0.0;

    double microjoules(const EnergyModel& model) const { return (macs * model.mac + acs * model.ac) * 1e-6; }
};

/// Averages over the samples of an evaluation; `input` is the name of the input population.
OperationsPerSample per_sample(const Evaluation& test, const std::string& input);

}  // namespace snnsim
