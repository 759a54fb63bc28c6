// The input population: it sends what the encoder makes of a sample and computes nothing.
#pragma once

#include "kernels/neurons/model.hpp"

namespace snnsim {

struct SpikeSource {
    static constexpr const char* name = "spike_source";

    struct Params {
        static constexpr auto fields() { return Fields{}; }
    };
};

}  // namespace snnsim
