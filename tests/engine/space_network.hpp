// A network in space of one population.
#pragma once

#include <string>

#include "snnsim/read_model.hpp"

namespace snnsim {

/// One population, connected to itself.
inline SimulationSpec network(const std::string& space, const std::string& projection,
                              const std::string& more = "") {
    return parse_simulation(
        "name: test\ndt: 0.1 ms\nseed: 5\nsimulate: {duration: 40 ms}\npopulations:\n"
        "  E: {model: iaf_psc_exp, tau_m: 20 ms, tau_syn_ex: 5 ms, tau_syn_in: 10 ms, c_m: 200 "
        "pF, e_l: -49 mV, v_th: -50 mV, v_reset: -60 mV, t_ref: 5 ms, initial: {v: {distribution: "
        "uniform, low: -60 mV, high: -50 mV}}, space: {" +
            space + "}" + more + "}\nprojections:\n  - {from: E, to: E, " + projection + "}\n",
        "test.yaml");
}

}  // namespace snnsim
