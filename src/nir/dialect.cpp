#include "src/nir/dialect.hpp"

namespace snnsim::nir {

Reading reading_of(Library library, double dt) {
    constexpr double snntorch_dt = 1e-4;  // s, whatever its networks are run with
    Reading r;
    r.unit = dt;
    switch (library) {
        case Library::definition:
            break;
        case Library::snntorch:
            r.unit = snntorch_dt;
            r.decay = Integration::euler;
            r.reset_at = ResetAt::next_step;
            break;
        case Library::spikingjelly:
            r.decay = Integration::euler;
            r.fires = Fires::at;
            break;
        case Library::norse:  // its writer multiplies time constants by the step
            r.unit = dt * dt;
            r.decay = Integration::euler;
            r.unit_gain = true;
            r.whole_spikes = true;
            break;
        case Library::sinabs:
            r.unit = 1.0;
            r.fires = Fires::at;
            r.unit_gain = true;
            r.whole_input = true;
            break;
    }
    return r;
}

}  // namespace snnsim::nir
