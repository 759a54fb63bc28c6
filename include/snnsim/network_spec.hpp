// What every model describes, whatever is done with it: a name, a seed, a step, and a network of
// populations and projections. ModelSpec adds what is trained, SimulationSpec what is simulated.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/fields.hpp"
#include "snnsim/connect_spec.hpp"
#include "snnsim/location.hpp"

namespace snnsim {

struct NamedPopulation {
    std::string name;
    std::int64_t size = 0;
    Location at = {};

    static constexpr auto size_field(std::int64_t most) {
        return Field{"size",
                     &NamedPopulation::size,
                     "",
                     Limits{.low = 1, .high = static_cast<double>(most)},
                     "number of cells",
                     Need::required};
    }
};

struct NamedProjection {
    std::string from, to;
    std::string given_name;  // empty: see name()
    ConnectSpec connect;
    Location at = {};

    std::string name() const { return given_name.empty() ? from + "_to_" + to : given_name; }

    static constexpr auto ends() {
        return Fields{
            Field{"from", &NamedProjection::from, "", unlimited, "population that sends",
                  Need::required},
            Field{"to", &NamedProjection::to, "", unlimited,
                  "population that receives; the same as `from` for a recurrent projection",
                  Need::required},
            Field{
                "name", &NamedProjection::given_name, "", unlimited,
                "default: FROM_to_TO; a second projection between the same populations needs one"},
        };
    }
    static constexpr auto connect_field(Need need) {
        return Field{"connect", &NamedProjection::connect, "", unlimited, "connection rule", need};
    }
};

/// Whether one of the projections leads from that population to another.
template <class Projections>
bool sends_on(const Projections& projections, const std::string& population) {
    return std::any_of(projections.begin(), projections.end(), [&](const NamedProjection& p) {
        return p.from == population && p.to != population;
    });
}

struct NamedModel {
    std::string name;
    std::uint64_t seed = 1;
    double dt = 0.1;  // ms

    std::string path;                    // of the model file
    std::string text;                    // of the model file, as read
    std::vector<std::string> overrides;  // "train.epochs=2", in the order given
    std::vector<std::string> warnings;   // of what can be run, but is hardly meant so

    static constexpr auto head() {
        return Fields{
            Field{"name", &NamedModel::name, "", unlimited,
                  "letters, digits, '_' and '-'; the run is written to runs/<name>.h5",
                  Need::required},
            Field{"seed", &NamedModel::seed, "", unlimited, "of all random numbers"},
            Field{"dt", &NamedModel::dt, "ms", positive, "time step", Need::required},
        };
    }
};

}  // namespace snnsim
