// Exponential decay over a whole number of steps, as a product of two tabulated factors: the same
// bits however long nobody looked, and no exp at run time.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/cells/model.hpp"
#include "kernels/host_device.hpp"

namespace snnsim {

/// exp(-age dt / tau) for an age in steps; 0 once that is below 1e-30.
struct Decay {
    static constexpr int fine_bits = 8;
    const float* fine = nullptr;    // [age % 256]
    const float* coarse = nullptr;  // [age / 256]
    std::uint32_t coarse_count = 0;

    SNN_HD float operator()(std::int64_t age) const {
        const std::int64_t block = age >> fine_bits;
        if (block >= coarse_count) return 0.0f;
        return coarse[block] * fine[age & ((1 << fine_bits) - 1)];
    }
};

/// The tables of a time constant; a tau of 0 leaves nothing of what is one step old.
class DecayTable {
  public:
    DecayTable() = default;
    DecayTable(double tau, double dt) {
        constexpr std::uint32_t size = 1u << Decay::fine_bits;
        const double rate = tau > 0.0 ? dt / tau : 1e9;
        for (std::uint32_t k = 0; k < size; ++k) fine_.push_back(factor(rate * k));
        for (double age = 0.0; age * rate < 69.0; age += size)
            coarse_.push_back(factor(rate * age));
    }
    /// Valid as long as the table.
    Decay view() const {
        return {fine_.data(), coarse_.data(), static_cast<std::uint32_t>(coarse_.size())};
    }

  private:
    static float factor(double x) { return flushed(static_cast<float>(std::exp(-x))); }
    std::vector<float> fine_, coarse_;
};

}  // namespace snnsim
