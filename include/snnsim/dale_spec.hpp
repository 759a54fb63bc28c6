// Dale's law in a training: what a cell sends excites all of its targets, or inhibits all of them.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/fields.hpp"
#include "kernels/training/dale.hpp"

namespace snnsim {

template <>
struct Names<DaleMethod> {
    static constexpr std::array values{"project", "softplus", "relu"};
};

struct DaleSpec {
    double excitatory = 0.8;
    DaleMethod method = DaleMethod::project;

    /// Of so many cells or channels, the first of all.
    std::int64_t excitatory_of(std::int64_t count) const {
        return std::llround(excitatory * static_cast<double>(count));
    }
    bool excites(std::size_t channel, std::size_t channels) const {
        const std::int64_t first = excitatory_of(static_cast<std::int64_t>(channels));
        return channel < static_cast<std::size_t>(first);
    }
    static constexpr auto fields() {
        return Fields{
            Field{"excitatory", &DaleSpec::excitatory, "", Limits{.low = 0.0, .high = 1.0},
                  "share of the cells (of the channels of a shape) that excite: the first ones, "
                  "all others inhibit. Drawn weights take the sign of their source, and those of "
                  "inhibitory cells are as many times as large as there are excitatory cells for "
                  "each of them, so that the mean input is zero"},
            Field{"method", &DaleSpec::method, "", unlimited,
                  "project: after each update a weight of the wrong sign becomes 0; softplus, "
                  "relu: what learns is a number v without limits, and the weight is its sign "
                  "times ln(1 + e^v), or times max(0, v), whose gradient passes also where v < 0, "
                  "so that a weight of 0 can come back. Weight decay is of v then"},
        };
    }
};

}  // namespace snnsim
