// Small networks with synapses that change in every way.
#pragma once

#include "snnsim/read_model.hpp"

namespace snnsim {

/// Every rule, both places of the delay, short-term plasticity and release.
inline SimulationSpec busy_network() {
    return parse_simulation(R"(name: test
dt: 0.1 ms
simulate: {duration: 200 ms}
populations:
  E: &cell {model: iaf_psc_exp, size: 203, tau_m: 20 ms, tau_syn_ex: 5 ms, tau_syn_in: 10 ms, c_m: 200 pF,
            e_l: -49 mV, v_th: -50 mV, v_reset: -60 mV, t_ref: 2 ms,
            initial: {v: {distribution: uniform, low: -60 mV, high: -50 mV}}}
  I: {<<: *cell, size: 47}
  S: {model: poisson_source, size: 50, rate: 50 Hz}
projections:
  - {from: E, to: E, connect: {rule: fixed_probability, p: 0.1}, weight: {distribution: uniform, low: 0 pA, high: 20 pA},
     delay: {distribution: normal, mean: 1.5 ms, std: 0.7 ms, low: 0.3 ms},
     plasticity: {rule: stdp, dependence: power_law, mu_plus: 0.4, a_plus: 0.05, a_minus: 0.05, w_max: 20 pA}}
  - {from: E, to: E, name: dendritic, connect: {rule: fixed_in_degree, n: 10}, weight: 10 pA,
     delay: {distribution: uniform, low: 0.3 ms, high: 4 ms},
     plasticity: {rule: triplet, w_max: 20 pA, w_min: 5 pA, dendritic: true, learning_rate: 3}}
  - {from: E, to: I, connect: {rule: fixed_in_degree, n: 40}, weight: 20 pA, delay: 0.8 ms,
     plasticity: {rule: stdp_pre_centred, a_plus: 0.05, a_minus: 0.04, w_max: 40 pA},
     short_term: {u_0: 0.3, tau_rec: 200 ms, tau_fac: 50 ms}, release: {sites: 3}}
  - {from: I, to: E, connect: {rule: fixed_total_number, n: 3000}, weight: -90 pA, delay: 0.5 ms,
     plasticity: {rule: inhibitory, eta: 0.01, rate: 5 Hz, w_max: -200 pA}}
  - {from: I, to: E, name: rewarded, connect: {rule: fixed_in_degree, n: 5}, weight: -20 pA, delay: 0.4 ms,
     plasticity: {rule: reward_stdp, a_plus: 1, a_minus: 0.5, baseline: -1, interval: 7 ms, w_max: -40 pA}}
  - {from: I, to: I, connect: {rule: fixed_out_degree, n: 20}, weight: -90 pA, delay: 0.3 ms, release: {p: 0.6}}
  - {from: S, to: E, connect: all_to_all, weight: 8 pA, delay: 1 ms,
     plasticity: {rule: stdp, pairing: nearest, w_max: 20 pA, scaling: {rate: 20 Hz, kappa: 0.01, interval: 25 ms, tau: 50 ms},
                  normalise: {sum: 400 pA, interval: 20 ms}}}
record:
  - {projection: dendritic, what: weight, interval: 30 ms}
)",
                            "test.yaml");
}

/// Structural plasticity; rules with and without a trace of each synapse, short-term plasticity and
/// release.
inline SimulationSpec rewired_network() {
    return parse_simulation(R"(name: test
dt: 0.1 ms
simulate: {duration: 200 ms}
populations:
  E: {model: iaf_psc_exp, size: 203, tau_m: 20 ms, tau_syn_ex: 5 ms, tau_syn_in: 10 ms, c_m: 200 pF,
      e_l: -49 mV, v_th: -50 mV, v_reset: -60 mV, t_ref: 2 ms,
      initial: {v: {distribution: uniform, low: -60 mV, high: -50 mV}}}
  S: {model: poisson_source, size: 60, rate: 50 Hz}
projections:
  - {from: E, to: E, connect: {rule: fixed_in_degree, n: 20, multapses: false, autapses: false},
     weight: {distribution: uniform, low: 2 pA, high: 8 pA}, delay: 1.5 ms,
     plasticity: {rule: stdp, a_plus: 0.05, a_minus: 0.06, w_max: 10 pA, structure: {interval: 25 ms, below: 3 pA, weight: 5 pA}}}
  - {from: S, to: E, connect: {rule: fixed_probability, p: 0.3}, weight: 8 pA, delay: 1 ms,
     plasticity: {rule: stdp_pre_centred, a_plus: 0.1, a_minus: 0.1, dendritic: true, w_max: 20 pA,
                  normalise: {sum: 150 pA, interval: 20 ms}, structure: {interval: 40 ms, below: 6 pA, weight: 10 pA}},
     short_term: {u_0: 0.3, tau_rec: 200 ms, tau_fac: 50 ms}, release: {sites: 3}}
  - {from: S, to: E, name: pruned, connect: all_to_all, weight: {distribution: uniform, low: 0 pA, high: 4 pA}, delay: 1 ms,
     plasticity: {rule: reward_stdp, a_plus: 1, a_minus: 0.5, baseline: -1, interval: 7 ms, w_max: 6 pA,
                  structure: {interval: 50 ms, below: 1 pA, rewire: false}}}
record:
  - {projection: pruned, what: weight_histogram, bins: 7, interval: 30 ms}
  - {projection: pruned, what: weight, synapses: [[0, 0], [7, 150], [59, 202]]}
)",
                            "test.yaml");
}

/// Astrocytes, whose calcium begins below what makes them release, at both ends of synapses with
/// short-term plasticity and release.
inline SimulationSpec glia_network() {
    return parse_simulation(R"(name: test
dt: 0.1 ms
simulate: {duration: 200 ms}
models:
  count: {state: {a: 0.1}, parameters: {tau: 50 ms}, receptors: {up: a += w}, equations: ["da/dt = -a / tau"],
          threshold: "false"}
populations:
  E: &cell {model: iaf_psc_exp, size: 203, tau_m: 20 ms, tau_syn_ex: 5 ms, tau_syn_in: 10 ms, c_m: 200 pF,
            e_l: -49 mV, v_th: -50 mV, v_reset: -60 mV, t_ref: 2 ms, space: {positions: uniform, extent: [1, 1]},
            initial: {v: {distribution: uniform, low: -60 mV, high: -50 mV}}}
  I: {<<: *cell, size: 47, space: {positions: uniform, extent: [1, 1]}}
  G: {model: astrocyte_gchi, size: 36, space: {grid: [6, 6]}, i_b: {distribution: uniform, low: 0.8, high: 1.25}, f: 2,
      initial: {c: {distribution: uniform, low: 0.2, high: 0.499}, ip3: 0.9, h: 0.8, y: 0}}
  L: {model: astrocyte_light, size: 47, tau_a: 100 ms}
  C: {model: count, size: 203}
projections:
  - {from: E, to: E, connect: {rule: fixed_probability, p: 0.1}, weight: 20 pA, delay: {distribution: uniform, low: 0.3 ms,
     high: 2 ms}, short_term: {u_0: 0.6, tau_rec: 500 ms, tau_fac: 300 ms}, gliotransmission: {from: G, alpha: 0}}
  - {from: E, to: I, connect: {rule: fixed_in_degree, n: 40}, weight: 20 pA, delay: 0.8 ms, short_term: {u_0: 0.3, tau_rec: 200
     ms}, gliotransmission: {from: G, alpha: 1, at: source}, plasticity: {rule: stdp, w_max: 40 pA}}
  - {from: I, to: E, connect: {rule: fixed_in_degree, n: 10}, weight: -90 pA, delay: 0.4 ms, release: {sites: 3},
     short_term: {u_0: 0.4, tau_rec: 200 ms}, gliotransmission: {from: G, alpha: 0.9}, plasticity: {rule: stdp, w_max: -180 pA}}
  - {from: I, to: I, connect: {rule: fixed_out_degree, n: 20}, weight: -90 pA, delay: 0.3 ms, release: {p: 0.6},
     gliotransmission: {from: L, alpha: 0.1}}
  - {from: E, to: I, name: sites, connect: {rule: fixed_in_degree, n: 9}, weight: 20 pA, delay: 0.9 ms, release: {sites: 2},
     short_term: {u_0: 0.3, tau_rec: 200 ms}, gliotransmission: {from: C, state: a, alpha: 0.8, at: source}}
  - {from: E, to: G, connect: {rule: all_to_all, mask: {shape: nearest, n: 2}}, receptor: glutamate, weight: 0.5,
     short_term: {u_0: 0.6, tau_rec: 500 ms}, gliotransmission: {from: G, alpha: 0}}
  - {from: I, to: L, connect: one_to_one, weight: 0.1}
  - {from: E, to: C, connect: one_to_one, weight: 0.1}
gap_junctions: [{from: G, to: G, connect: {rule: fixed_probability, p: 0.1}, g: 0.3}]
)",
                            "test.yaml");
}

}  // namespace snnsim
