// A network with every way in which synapses are kept.
#pragma once

#include "snnsim/read_model.hpp"

namespace snnsim {

/// Every way in which synapses are kept, and what goes with them.
inline SimulationSpec all_kinds() {
    return parse_simulation(
        "name: test\ndt: 0.1 ms\nsimulate: {duration: 100 ms}\n"
        "populations:\n"
        "  E: {model: iaf_psc_exp, size: 203, tau_m: 20 ms, c_m: 200 pF, e_l: -49 mV, v_th: -50 "
        "mV, v_reset: -60 mV, t_ref: 5 ms, initial: {v: {distribution: uniform, low: -60 mV, high: "
        "-50 mV}}}\n"
        "  I: {model: iaf_psc_exp, size: 5, tau_m: 20 ms, c_m: 200 pF, e_l: -49 mV, v_th: -50 mV, "
        "v_reset: -60 mV, t_ref: 5 ms}\n"
        "projections:\n"
        "  - {from: E, to: E, connect: {rule: fixed_in_degree, n: 9}, weight: 20 pA, delay: 0.7 "
        "ms, "
        "procedural: true}\n"
        "  - {name: pairs, from: E, to: E, connect: {rule: symmetric_pairwise_bernoulli, p: "
        "0.02}, weight: 11 pA, delay: 0.5 ms}\n"
        "  - {from: E, to: I, connect: all_to_all, weight: {distribution: normal, mean: 3 pA, std: "
        "1 pA}, delay: 0.4 ms}\n"
        "  - {from: I, to: E, connect: all_to_all, weight: -30 pA, delay: 0.3 ms}\n"
        "  - {name: may_fail, from: E, to: E, connect: {rule: fixed_in_degree, n: 5}, weight: 15 "
        "pA, delay: 1 ms, "
        "release: {p: 0.5}}\n"
        "gap_junctions:\n"
        "  - {from: I, to: I, connect: all_to_all, g: 2 nS}\n"
        "stimuli:\n"
        "  - {to: I, kind: poisson, rate: 3 kHz, weight: 12 pA}\n"
        "record:\n"
        "  - {population: E, what: v, cells: 33, interval: 0.5 ms}\n"
        "  - {population: I, what: v, interval: 1 ms}\n",
        "test.yaml");
}

}  // namespace snnsim
