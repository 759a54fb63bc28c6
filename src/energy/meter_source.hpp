// What a meter can read: one energy counter of the machine.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "snnsim/error.hpp"

namespace snnsim {

/// A counter is missing, may not be read, or has gone; `what()` is the reason.
struct EnergyUnavailable : Error {
    using Error::Error;
};

/// Tells the seconds since some moment: those of the machine, or of a test.
using Clock = std::function<double()>;
inline double steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

class EnergySource {
  public:
    virtual ~EnergySource() = default;
    /// J since it was opened. Throws EnergyUnavailable.
    virtual double joules() = 0;
    /// Seconds after which it must be read again at the latest; 0: whenever it is wanted.
    virtual double read_within() const { return 0.0; }
};

/// A part of the machine whose energy is asked for.
struct EnergyDomain {
    std::string name;                       // "package-0", "dram-0", "gpu"
    std::string source;                     // "RAPL counter"; empty when absent
    std::unique_ptr<EnergySource> counter;  // null when absent
    std::string absent;                     // why
};

}  // namespace snnsim
