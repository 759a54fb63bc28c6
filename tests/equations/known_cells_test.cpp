// Cells that come with snnsim, written as equations: they fire as the built-in ones do.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "snnsim/engine.hpp"
#include "snnsim/read_model.hpp"
#include "tests/shipped_model.hpp"

namespace snnsim {
namespace {

std::string text_of(const std::string& model) {
    std::stringstream text;
    text << std::ifstream(shipped_model(model)).rdbuf();
    return text.str();
}
std::string replaced(const std::string& text, const std::string& pattern, const std::string& by) {
    const std::string out = std::regex_replace(text, std::regex(pattern), by);
    EXPECT_NE(out, text) << pattern;
    return out;
}

/// Spike times in ms of each cell, by population.
using Trains = std::map<std::string, std::vector<std::vector<double>>>;
Trains trains(const std::string& text) {
    const SimulationSpec spec = parse_simulation(text, "m.yaml");
    const auto engine = make_engine(spec, {.threads = 1});
    engine->advance(spec.steps());
    const Spikes spikes = engine->take_spikes();
    Trains out;
    for (const CellPopulationSpec& p : spec.populations) out[p.name].resize(p.size);
    for (std::size_t k = 0; k < spikes.size(); ++k)
        out[spec.populations[spikes.population[k]].name][spikes.cell[k]].push_back(spikes.step[k] *
                                                                                   spec.dt);
    return out;
}

// The program of Izhikevich (2004): v by a forward step, then u by the new v, in steps of `step`.
const std::string izhikevich = R"(
models:
  written:
    parameters:
      {a: 0.02, b: 0.2, c: -65 mV, d: 6, q1: 5, q0: 140, u_origin: 0 mV, u_decay: 1, i_e: 0, step: 0.25 ms}
    state: {v: -65 mV, u: 0, waited: 0}
    current: "1"
    equations:
      - moves = int(waited + 1.5 > step/dt)
      - v_next = v + moves*step/ms*(0.04*v**2/mV + q1*v + (q0 - u + I + i_e)*mV)
      - dv/dt = (v_next - v)/dt
      - du/dt = moves*step/ms*a*(b*(v_next - u_origin)/mV - u_decay*u)/dt
      - dwaited/dt = where(moves > 0, -waited, 1)/dt
    threshold: v > 30 mV
    reset: [v = c, u += d]
    method: euler
)";

TEST(KnownCells, TheTwentyPatternsOfIzhikevichComeOutOfHisEquations) {
    const std::string built_in = text_of("izhikevich_patterns");
    const Trains wanted = trains(built_in);
    const Trains got = trains(
        izhikevich + replaced(built_in, "model: izhikevich, scheme: sequential", "model: written"));
    EXPECT_EQ(wanted.size(), 20u);
    for (const auto& pattern : wanted) {
        if (pattern.first == "class_2") continue;  // chaotic from its seventh spike on
        EXPECT_EQ(got.at(pattern.first), pattern.second) << pattern.first;
        EXPECT_FALSE(pattern.second[0].empty()) << pattern.first;
    }
    for (std::size_t k = 0; k < 6; ++k)
        EXPECT_EQ(got.at("class_2")[0][k], wanted.at("class_2")[0][k]);
}

// Brette and Gerstner (2005). Where the take-off is cut off at v_peak, what v does beyond is
// nobody's.
const std::string adex = R"(
models:
  written:
    parameters:
      {c_m: 281 pF, g_l: 30 nS, e_l: -70.6 mV, v_th: -50.4 mV, delta_t: 2 mV, v_peak: 0 mV, v_reset: -60 mV, a: 4 nS,
       b: 80.5 pA, tau_w: 144 ms, i_e: 0 pA}
    state: {v: e_l, w: 0 pA}
    equations:
      - v_b = min(v, v_peak)
      - dv/dt = (g_l*(e_l - v_b) + g_l*delta_t*exp((v_b - v_th)/delta_t) - w + i_e + I)/c_m
      - dw/dt = (a*(v_b - e_l) - w)/tau_w
    threshold: v >= v_peak
    reset: [v = v_reset, w += b]
    method: rk4
)";

TEST(KnownCells, AdexFiresInTheSamePatterns) {
    // The built-in cell takes four steps a dt, so that its spikes lie up to a dt earlier.
    const std::string built_in =
        replaced(replaced(text_of("adex_patterns"), "dt: 0.1 ms", "dt: 0.025 ms"), "duration: 1 s",
                 "duration: 400 ms");
    const Trains wanted = trains(built_in);
    const Trains got = trains(adex + replaced(built_in, "model: aeif_cond_exp", "model: written"));
    EXPECT_EQ(wanted.size(), 8u);
    for (const auto& pattern : wanted) {
        SCOPED_TRACE(pattern.first);
        const std::vector<double>& known = pattern.second[0];
        const std::vector<double>& own = got.at(pattern.first)[0];
        const bool chaotic = pattern.first == "irregular_spiking";
        const bool long_train = pattern.first == "tonic_spiking" || chaotic;
        EXPECT_NEAR(static_cast<double>(own.size()), static_cast<double>(known.size()),
                    long_train ? 1.0 : 0.0);
        const std::size_t compared = std::min({own.size(), known.size(), std::size_t{5}});
        for (std::size_t k = 0; k < compared; ++k)
            EXPECT_NEAR(own[k], known[k], chaotic ? 0.4 : 0.15);
    }
}

// Traub and Miles (1991) as in Brette et al. (2007).
const std::string hh = R"(
name: hh
dt: 0.01 ms
simulate: {duration: 150 ms}
models:
  written:
    parameters: {c_m: 200 pF, g_l: 10 nS, g_na: 20 uS, g_k: 6 uS, e_l: -60 mV, e_na: 50 mV, e_k: -90 mV, v_t: -63 mV}
    state: {v: -60 mV, m: 0, h: 1, n: 0}
    equations:
      - x = (v - v_t)/mV
      - dm/dt = (0.32*4/exprel((13 - x)/4)*(1 - m) - 0.28*5/exprel((x - 40)/5)*m)/ms
      - dh/dt = (0.128*exp((17 - x)/18)*(1 - h) - 4/(1 + exp((40 - x)/5))*h)/ms
      - dn/dt = (0.032*5/exprel((15 - x)/5)*(1 - n) - 0.5*exp((10 - x)/40)*n)/ms
      - dv/dt = (g_l*(e_l - v) - g_na*m**3*h*(v - e_na) - g_k*n**4*(v - e_k) + I)/c_m
    threshold: v > v_t + 30 mV
    reset: []
    refractory: 3 ms
    method: rk4
populations:
  own: &cells {model: written, size: 8, initial: {v: -60 mV, m: 0.05, h: 0.6, n: 0.3}}
  known: {<<: *cells, model: hh_cond_exp_traub, t_ref: 3 ms}
stimuli:
  - {to: own, kind: dc, amplitude: {linspace: [0 pA, 1000 pA]}}
  - {to: known, kind: dc, amplitude: {linspace: [0 pA, 1000 pA]}}
)";

TEST(KnownCells, HodgkinAndHuxleysFiresTogetherWithTheBuiltInOne) {
    // The built-in cell is seen to fire at the peak, its twin on the way up: 0.14 to 0.19 ms apart.
    const Trains found = trains(hh);
    for (std::size_t cell = 0; cell < 8; ++cell) {
        const std::vector<double>& own = found.at("own")[cell];
        const std::vector<double>& known = found.at("known")[cell];
        ASSERT_EQ(own.size(), known.size()) << cell;
        EXPECT_FALSE(own.empty());
        for (std::size_t k = 0; k < own.size(); ++k)
            EXPECT_NEAR(known[k] - own[k], 0.165, 0.035) << "cell " << cell << ", spike " << k;
    }
}

TEST(KnownCells, EachReceptorHasItsTimeConstant) {
    // One spike to each receptor, into a cell of its own: v follows the difference of two
    // exponentials.
    const std::string shipped = text_of("equations/multisynapse");
    const std::string cell = shipped.substr(0, shipped.find("populations:"));
    std::string text = replaced(cell, "duration: 1 s", "duration: 160 ms") + R"(
populations:
  s: {model: regular_source, size: 1, rate: 10 Hz}
)";
    const std::vector<std::pair<std::string, double>> receptors{
        {"ampa", 2.0}, {"nmda", 100.0}, {"gaba_a", -5.0}, {"gaba_b", -150.0}};
    std::string projections = "projections:\n";
    for (const auto& r : receptors) {
        text += "  " + r.first + ": {model: multisynapse, size: 1}\n";
        projections += "  - {from: s, to: " + r.first +
                       ", connect: all_to_all, weight: 50 pA, receptor: " + r.first +
                       ", delay: 1 ms}\n";
    }
    const SimulationSpec spec = parse_simulation(text + projections, "m.yaml");
    const auto engine = make_engine(spec, {.threads = 1});
    engine->advance(spec.steps());
    const EngineState state = engine->state();
    const double t = 160.0 - 101.0, tau_m = 10.0;
    for (std::size_t k = 0; k < receptors.size(); ++k) {
        const double tau = std::abs(receptors[k].second), sign = receptors[k].second / tau;
        const double wanted = sign * 50.0 / 250.0 * tau * tau_m / (tau - tau_m) *
                              (std::exp(-t / tau) - std::exp(-t / tau_m));
        EXPECT_NEAR(static_cast<double>(state.states[k + 1][0]) + 70.0, wanted, 1e-4)
            << receptors[k].first;
    }
}

TEST(KnownCells, EscapeNoiseHasItsRate) {
    // v stays 1 mV above v_t, where the rate is lambda_0 e^2.
    std::string text = replaced(text_of("equations/gif"), "q_sfa: 10 mV", "q_sfa: 0 mV");
    text = replaced(text, "q_stc: 20 pA", "q_stc: 0 pA");
    text = replaced(text, "v_reset: -55 mV, v_t: -35 mV", "v_reset: -40 mV, v_t: -41 mV");
    text = replaced(text, R"(\{linspace: \[100 pA, 300 pA\]\})", "120 pA");
    text = replaced(text, "model: gif\\}", "model: gif, initial: {v: -40 mV}}");
    std::size_t count = 0;
    const Trains found = trains(text);
    for (const std::vector<double>& spikes : found.at("cells")) count += spikes.size();
    const double rate = 1.0 / (4e-3 + 1.0 / std::exp(2.0));  // Hz
    EXPECT_NEAR(static_cast<double>(count), rate * 200.0 * 2.0, 4.0 * std::sqrt(rate * 400.0));
}

TEST(KnownCells, RelayCellsFireAsInNest) {
    const std::string shipped = text_of("equations/chs");
    const std::string cell = shipped.substr(0, shipped.find("populations:"));
    const std::string text = replaced(cell, "duration: 2 s", "duration: 400 ms") + R"(
populations:
  a: {model: regular_source, size: 1, rate: 90.0900901 Hz, first: 5 ms}
  b: {model: regular_source, size: 1, rate: 57.8034682 Hz, first: 7.3 ms}
  cells: {model: chs, size: 1}
projections:
  - {from: a, to: cells, connect: all_to_all, weight: 1, delay: 1 ms}
  - {from: b, to: cells, connect: all_to_all, weight: 0.6, delay: 1 ms}
)";
    const std::vector<double> wanted{// iaf_chs_2007 of NEST 3.10.0, its defaults, the same input
                                     11.3,  28.5,  43.6,  62.0,  78.0,  95.9,  112.6, 130.0,
                                     147.5, 164.3, 182.9, 198.9, 217.4, 233.6, 251.4, 268.3,
                                     285.6, 303.3, 319.9, 338.9, 354.7, 373.0, 389.3};
    const std::vector<double> found = trains(text).at("cells")[0];
    ASSERT_EQ(found.size(), wanted.size());
    for (std::size_t k = 0; k < wanted.size(); ++k) EXPECT_NEAR(found[k], wanted[k], 1e-6) << k;
}

}  // namespace
}  // namespace snnsim
