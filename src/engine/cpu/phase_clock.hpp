// Where the time of a step goes.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "kernels/fields.hpp"

namespace snnsim {

enum class StepPhase : std::uint8_t { delivery, stimuli, updates, recording, waiting };
template <>
struct Names<StepPhase> {
    static constexpr std::array values{"delivery", "stimuli", "updates", "recording", "waiting"};
};
using PhaseSeconds = std::array<double, Names<StepPhase>::values.size()>;

/// Gives the time since the last lap to a phase; without sums to add to it costs nothing.
class PhaseClock {
  public:
    explicit PhaseClock(PhaseSeconds* sums) : sums_(sums) {
        if (sums_) last_ = std::chrono::steady_clock::now();
    }
    void lap(StepPhase phase) {
        if (!sums_) return;
        const auto now = std::chrono::steady_clock::now();
        (*sums_)[static_cast<std::size_t>(phase)] +=
            std::chrono::duration<double>(now - last_).count();
        last_ = now;
    }
    /// The time since the last lap belongs to none: what only a profile asks for.
    void skip() {
        if (sums_) last_ = std::chrono::steady_clock::now();
    }

  private:
    PhaseSeconds* sums_;
    std::chrono::steady_clock::time_point last_;
};

}  // namespace snnsim
