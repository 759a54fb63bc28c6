#pragma once

#include "snnsim/methods/method.hpp"

namespace snnsim {

/// EventProp (Wunderlich & Pehle 2021, doi:10.1038/s41598-021-91786-z).
struct EventProp {
    static constexpr const char* name = "event_prop";
    static constexpr const char* help =
        "EventProp (Wunderlich & Pehle 2021): the exact gradient of spike times and voltages, by "
        "adjoint equations that jump where the cell fired. It needs no surrogate derivative, and "
        "follows spikes, not steps; a spike that appears or goes is not seen. Cells are cuba_lif "
        "with reset: zero and integration: exact, outputs leaky_readout or the same cells.";
    static constexpr Following following = Following::nothing;

    struct Params {
        static constexpr auto fields() { return Fields{}; }
    };
};

}  // namespace snnsim
