// Gap junctions: pairs of cells between which a current flows in every step.
#pragma once

#include <memory>
#include <string>

#include "kernels/fields.hpp"
#include "snnsim/connect_spec.hpp"
#include "snnsim/distribution.hpp"
#include "snnsim/location.hpp"

namespace snnsim {

struct EdgeList;

/// The current g (v_j - v_i) into i, and its opposite into j; see kernels/network/couple.hpp.
struct GapJunctionsSpec {
    std::string from, to;
    ConnectSpec connect;
    Distribution g;
    Location at = {};
    bool g_given = false;                   // set by the reader
    std::shared_ptr<const EdgeList> edges;  // of rule list, once loaded; `weight` is g

    std::string name() const { return from + "_gap_" + to; }

    static constexpr auto fields() {
        return Fields{
            Field{"from", &GapJunctionsSpec::from, "", unlimited, "population at one end",
                  Need::required},
            Field{"to", &GapJunctionsSpec::to, "", unlimited,
                  "population at the other end, or the same; both ends get a current",
                  Need::required},
            Field{"connect", &GapJunctionsSpec::connect, "", unlimited,
                  "all_to_all; fixed_probability (each pair is drawn once); one_to_one, of two "
                  "populations; or list. No cell is joined to itself",
                  Need::required},
            Field{"g", &GapJunctionsSpec::g, "*", non_negative,
                  "conductance of a junction, value or distribution: current of the cell per unit "
                  "of v, so nS for cells with currents in pA and v in mV, else a pure number; "
                  "required, but for lists with a column `g`"},
        };
    }
};

}  // namespace snnsim
