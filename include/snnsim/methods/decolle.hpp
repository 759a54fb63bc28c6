#pragma once

#include "snnsim/methods/method.hpp"

namespace snnsim {

/// Deep continuous local learning (Kaiser, Mostafa & Neftci 2020, doi:10.3389/fnins.2020.00424).
struct Decolle {
    static constexpr const char* name = "decolle";
    static constexpr const char* help =
        "Deep continuous local learning (Kaiser et al. 2020): each population has a read-out of "
        "its own, of random weights that never learn, and the error of that read-out in a step "
        "trains what enters the population, by traces of its sources as with ottt; no error goes "
        "to another layer. The output learns by train.loss, which must be one of every step.";
    static constexpr Following following = Following::sources;

    struct Params {
        static constexpr auto fields() { return Fields{}; }
    };
};

}  // namespace snnsim
