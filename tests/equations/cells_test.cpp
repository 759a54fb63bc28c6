// Cells that the model file writes as equations: their steps, and the spikes of the cells that come
// with snnsim for the same equations.
#include <gtest/gtest.h>

#include <cmath>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/engine/serial_engine.hpp"

namespace snnsim {
namespace {

SimulationSpec model(const std::string& text) {
    return parse_simulation("name: test\ndt: 0.1 ms\nsimulate: {duration: 200 ms}\n" + text,
                            "m.yaml");
}
std::string error_of(const std::string& text) {
    try {
        model(text);
    } catch (const ModelError& e) {
        const std::string all = e.what();
        return all.substr(0, all.find('\n'));
    }
    return "no error";
}

/// A state of cell 0 at the end of each step.
std::vector<float> course(const SimulationSpec& spec, const std::string& variable,
                          std::size_t steps) {
    SimulationSpec own = spec;
    SimulationRecordSpec record;
    record.population = own.populations[0].name;
    record.what = variable;
    own.record = {record};
    const auto engine = make_engine(own, {.threads = 1});
    engine->advance(static_cast<std::int64_t>(steps));
    std::vector<float> out;
    const StateSamples samples = engine->take_states()[0];
    const std::size_t cells = samples.values.size() / steps;
    for (std::size_t k = 0; k < steps; ++k) out.push_back(samples.values[k * cells]);
    return out;
}

const std::string decay = R"(
models:
  m:
    parameters: {tau: 10 ms, e: -65 mV}
    state: {v: -55 mV}
    equations: ["dv/dt = (e - v) / tau"]
    threshold: "false"
)";

TEST(EquationCells, AreSteppedAsTheirMethodSays) {
    const auto v_after = [](const std::string& method) {
        return course(model(decay + method + "populations: {p: {size: 1, model: m}}\n"), "v",
                      100)[99];
    };
    const double exact = -65.0 + 10.0 * std::exp(-1.0);
    EXPECT_NEAR(v_after(""), exact, 2e-5);
    EXPECT_NEAR(v_after("    method: exact\n"), exact, 2e-5);
    EXPECT_NEAR(v_after("    method: exponential_euler\n"), exact, 2e-5);
    EXPECT_NEAR(v_after("    method: rk4\n"), exact, 2e-5);
    EXPECT_NEAR(v_after("    method: euler\n"), -65.0 + 10.0 * std::pow(0.99, 100), 2e-5);
}

TEST(EquationCells, CoupledStatesHaveTheirPropagator) {
    // An alpha function: g = t e^(1 - t / tau) / tau.
    const SimulationSpec spec = model(R"(
models:
  m:
    parameters: {tau: 5 ms}
    state: {g: 0, x: 2.718281828459045}
    equations: [dg/dt = (x - g) / tau, dx/dt = -x / tau]
    threshold: "false"
populations: {p: {size: 1, model: m}}
)");
    const std::vector<float> g = course(spec, "g", 100);
    for (const std::size_t k : {9u, 49u, 99u}) {
        const double t = 0.1 * static_cast<double>(k + 1) / 5.0;
        EXPECT_NEAR(g[k], t * std::exp(1.0 - t), 1e-5);
    }
}

TEST(EquationCells, ParametersDifferFromCellToCellAndPopulationToPopulation) {
    const SimulationSpec spec = model(decay + R"(
populations:
  a: {size: 3, model: m, tau: 20 ms}
  b: {size: 3, model: m, tau: {values: [5 ms, 10 ms, 20 ms]}, initial: {v: -60 mV}}
)");
    EXPECT_NEAR(course(spec, "v", 100)[99], -65.0 + 10.0 * std::exp(-0.5), 2e-5);
    const auto engine = make_engine(spec, {.threads = 2});
    engine->advance(100);
    const std::vector<float> b = engine->state().states[1];
    const double tau[] = {5.0, 10.0, 20.0};
    for (std::size_t k = 0; k < 3; ++k)
        EXPECT_NEAR(b[k], -65.0 + 5.0 * std::exp(-10.0 / tau[k]), 2e-5);
}

/// The equations of iaf_psc_exp, with two time constants.
const std::string written = R"(
models:
  written:
    parameters: {c_m: 250 pF, tau_m: 10 ms, e_l: -70 mV, v_th: -55 mV, v_reset: -70 mV, tau_ex: 2 ms, tau_in: 4 ms}
    state: {v: -70 mV, i_ex: 0 pA, i_in: 0 pA}
    equations:
      - dv/dt = (e_l - v) / tau_m + (i_ex + i_in + I) / c_m (unless refractory)
      - di_ex/dt = -i_ex / tau_ex
      - di_in/dt = -i_in / tau_in
    receptors: {ex: i_ex += w, in: i_in += w}
    threshold: v >= v_th
    reset: [v = v_reset]
    refractory: 2 ms
)";

/// Both cells, in one network.
const std::string twins = written + R"(
populations:
  s: {model: regular_source, size: 40, rate: {linspace: [50 Hz, 400 Hz]}}
  own: {model: written, size: 300}
  known: {model: iaf_psc_exp, size: 300, tau_syn_ex: 2 ms, tau_syn_in: 4 ms}
projections:
  - {from: s, to: own, connect: {rule: fixed_in_degree, n: 8}, weight: 300 pA, receptor: ex, delay: 1 ms}
  - {from: s, to: known, connect: {rule: fixed_in_degree, n: 8}, weight: 300 pA, delay: 1 ms}
  - {from: own, to: own, connect: {rule: fixed_in_degree, n: 5}, weight: -100 pA, receptor: in, delay: 1 ms, name: oo}
  - {from: own, to: known, connect: {rule: fixed_in_degree, n: 5}, weight: -100 pA, delay: 1 ms}
stimuli:
  - {to: own, kind: dc, amplitude: 150 pA, start: 20 ms}
  - {to: known, kind: dc, amplitude: 150 pA, start: 20 ms}
  - {to: own, kind: poisson, rate: 500 Hz, weight: 50 pA, receptor: 1}
)";

TEST(EquationCells, FireOnAnyNumberOfThreadsAndOnADeviceAlike) {
    const SimulationSpec spec = model(twins);
    const std::vector<Sent> wanted = run(spec, 1);
    EXPECT_GT(wanted.size(), 2000u);
    EXPECT_EQ(run(spec, 3, 7), wanted);
    EXPECT_EQ(run(*make_serial_engine(spec, {}), spec.steps()), wanted);
}

TEST(EquationCells, GoOnFromTheirState) {
    const SimulationSpec spec = model(twins);
    const auto first = make_engine(spec, {.threads = 2});
    std::vector<Sent> all = run(*first, 700);
    const auto second = make_serial_engine(spec, {});
    second->set_state(first->state());
    const std::vector<Sent> rest = run(*second, spec.steps() - 700);
    all.insert(all.end(), rest.begin(), rest.end());
    EXPECT_EQ(all, run(spec, 1));
}

/// The spikes of population `p`, as (step, cell).
std::vector<std::pair<std::uint32_t, std::uint32_t>> of(const std::vector<Sent>& all,
                                                        std::uint32_t p) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> out;
    for (const Sent& s : all)
        if (s.population == p) out.emplace_back(s.step, s.cell);
    return out;
}

TEST(EquationCells, GiveTheSpikesOfTheBuiltInCell) {
    // The same input to each: constant currents, and spikes of sources one to one.
    const std::string both = written + R"(
populations:
  s: {model: regular_source, size: 100, rate: {linspace: [50 Hz, 400 Hz]}}
  own: {model: written, size: 100}
  known: {model: iaf_psc_exp, size: 100, tau_syn_ex: 2 ms, tau_syn_in: 4 ms}
projections:
  - {from: s, to: own, connect: one_to_one, weight: 700 pA, receptor: ex, delay: 1 ms}
  - {from: s, to: known, connect: one_to_one, weight: 700 pA, delay: 1 ms}
stimuli:
  - {to: own, kind: dc, amplitude: {linspace: [100 pA, 500 pA]}}
  - {to: known, kind: dc, amplitude: {linspace: [100 pA, 500 pA]}}
)";
    const std::vector<Sent> all = run(model(both), 1);
    EXPECT_GT(of(all, 1).size(), 500u);
    EXPECT_EQ(of(all, 1), of(all, 2));
}

TEST(EquationCells, NoiseHasItsVariance) {
    const auto spread = [](const std::string& method) {
        const SimulationSpec spec = model(R"(
models:
  m:
    parameters: {tau: 5 ms, sigma: 2 mV}
    state: {v: 0 mV}
    equations: ["dv/dt = -v / tau + sigma*sqrt(2/tau)*xi"]
    threshold: "false"
    method: )" + method + "\npopulations: {p: {size: 4000, model: m}}\n");
        const auto engine = make_engine(spec, {.threads = 1});
        engine->advance(500);
        double sum = 0.0;
        const EngineState state = engine->state();
        for (const float v : state.states[0]) sum += static_cast<double>(v) * v;
        return std::sqrt(sum / 4000.0);
    };
    EXPECT_NEAR(spread("exponential_euler"), 2.0, 0.07);
    EXPECT_NEAR(spread("euler"), 2.0 / std::sqrt(1.0 - 0.01), 0.07);
}

TEST(EquationCells, GradedSpikesCarryTheirOutput) {
    const SimulationSpec spec = model(R"(
models:
  m:
    parameters: {tau: 10 ms, drive: 2}
    state: {v: 0}
    equations: [dv/dt = (drive - v) / tau]
    threshold: v > 1
    reset: [v = 0]
    output: 0.25 * drive
    output_max: 3
populations:
  a: {size: 1, model: m}
  b: {size: 1, model: lif}
projections: [{from: a, to: b, connect: all_to_all, weight: 1}]
)");
    const std::vector<Sent> all = run(spec, 1);
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(all[0].value, 0.5f);
    EXPECT_EQ(all[0].step, 70u);  // 10 ms ln 2 = 6.93 ms
}

// ---- what is said of what is wrong

std::string with(const std::string& key) {
    return "models:\n  m:\n    parameters: {tau: 20 ms, v_rest: -65 mV, R: 10 Mohm}\n    state: "
           "{v: -65 mV}\n" +
           key + "\npopulations: {p: {size: 1, model: m}}\n";
}
const std::string sound =
    "    equations: [\"dv/dt = (v_rest - v + R*I) / tau\"]\n    threshold: v > -50 mV";

TEST(EquationErrors, PointAtTheCharacter) {
    EXPECT_EQ(error_of(with(sound)), "no error");
    EXPECT_EQ(
        error_of(
            with("    equations: [\"dv/dt = (v_rest - v + I) / tau\"]\n    threshold: v > -50 mV")),
        "m.yaml:8:38: '+' cannot join a voltage (mV) and a current (pA)");
    EXPECT_EQ(error_of(with("    equations: [\"dv/dt = v_rest - v\"]\n    threshold: v > -50 mV")),
              "m.yaml:8:26: dv/dt is a quantity in mV/ms, but this is a voltage (mV)");
    EXPECT_EQ(error_of(with(
                  "    equations:\n      - dv/dt = (v_rest - u) / tau\n    threshold: v > -50 mV")),
              "m.yaml:9:27: 'u' is not defined (there are: tau, v_rest, R, v, "
              "t, dt, I)");
    EXPECT_EQ(error_of(with("    equations: |\n      dv/dt = (v_rest - v) / tau\n      dw/dt = -w "
                            "/ tau\n    threshold: v > -50 mV")),
              "m.yaml:10:8: there is no state variable 'w': state: {w: ...}");
    EXPECT_EQ(error_of(with("    equations: [\"dv/dt = (v_rest - v) / tau\"]")),
              "m.yaml:5:3: 'm' has no threshold: threshold: \"v > v_th\", or threshold: \"false\" "
              "of cells that send nothing");
    EXPECT_EQ(error_of(with(sound + "\n    reset: [v = tau]")),
              "m.yaml:10:17: v is a voltage (mV), but this is a time (ms)");
    EXPECT_EQ(
        error_of(with(sound + "\n    receptors: {ex: v += w*w}")),
        "m.yaml:10:26: what arrives in a step is summed, so that this must be proportional to w");
    EXPECT_EQ(error_of(with(sound + "\n    refractory: 5 mV")),
              "m.yaml:10:17: a refractory period is a time (ms), but this is a voltage (mV)");
    EXPECT_EQ(error_of(with(sound + "\n    method: magic")),
              "m.yaml:10:13: unknown method 'magic' (known: exact, exponential_euler, euler, rk4)");
    EXPECT_EQ(error_of(with("    equations: [\"dv/dt = (v_rest - v)*v / (tau*mV)\"]\n    "
                            "threshold: v > -50 mV\n    method: exact")),
              "m.yaml:8:27: the method exact takes linear equations; dv/dt is not linear in v");
    EXPECT_EQ(error_of(with("    equations: [\"dv/dt = (v_rest - v)/(5 msec)\"]\n    "
                            "threshold: v > -50 mV")),
              "m.yaml:8:42: unknown unit 'msec'; did you mean 'ms'?");
    EXPECT_EQ(error_of(with("    equations:\n      - dv/dt = (v_rest - v)/tau : volt\n    "
                            "threshold: v > 1 mV")),
              "m.yaml:9:9: to YAML, a line of equations with ': ' in it is a mapping; put it in "
              "quotes");
    EXPECT_EQ(error_of(with("    equations: [dv/dt = (v_rest - v)/tau]\n    threshold: v = 1 mV")),
              "m.yaml:9:18: '=' was not expected here; == compares");
    EXPECT_EQ(error_of(with(sound + "\n    refractory: 0.04 ms")),
              "m.yaml:11:18: the refractory period (0.04 ms) is less than half a dt (0.1 ms) and "
              "would become 0 for 'p'; write at least 0.1 ms, or a smaller dt");
}

TEST(EquationErrors, OfPopulations) {
    const std::string models = with(sound).substr(0, with(sound).find("\npopulations") + 1);
    EXPECT_EQ(error_of(models + "populations: {p: {size: 1, model: n}}\n").substr(0, 46),
              "m.yaml:10:35: unknown model 'n' (known: iaf_ps");
    EXPECT_EQ(error_of(models + "populations: {p: {size: 1, model: m, tau: 5 mV}}\n"),
              "m.yaml:10:43: '5 mV' is a voltage, but tau is a time, for example '20 ms'");
    EXPECT_EQ(error_of(models + "populations: {p: {size: 1, model: m, R: 5 mV}}\n"),
              "m.yaml:10:41: '5 mV' is a voltage (mV), but R is a resistance (Gohm)");
    EXPECT_EQ(error_of(models + "populations: {p: {size: 1, model: m, R: 5 Mohm, taw: 5 ms}}\n")
                  .substr(0, 60),
              "m.yaml:10:49: unknown key 'taw' in p; did you mean 'tau'? (k");
    EXPECT_EQ(error_of(models + "populations: {p: {size: 1, model: equations}}\n").substr(0, 38),
              "m.yaml:10:35: unknown model 'equations");
    const std::string zero =
        error_of(models + "populations: {p: {size: 1, model: m, tau: 0 ms}}\n");
    EXPECT_EQ(zero, "m.yaml:8:45: a division by 0: this divisor is 0 for 'p', with tau = 0 ms");
}

/// The only warning.
std::string warning_of(const std::string& text) {
    const std::vector<std::string> all = model(text).warnings;
    if (all.size() > 1) return all[0] + " and more";
    return all.empty() ? "none" : all[0];
}

TEST(EquationErrors, AStepThatIsTooLongIsWarnedOf) {
    const auto warning = [](const std::string& method, const std::string& tau) {
        return warning_of(decay + "    method: " + method +
                          "\npopulations: {p: {size: 1, model: m, tau: " + tau + "}}\n");
    };
    EXPECT_EQ(warning("euler", "0.1 ms"), "none");
    EXPECT_EQ(warning("euler", "0.08 ms"),
              "m.yaml:9:16: a step of euler of dt (0.1 ms) is longer than the time constant of v "
              "(0.08 ms) for 'p', with tau = 0.08 ms: it overshoots; take a smaller dt, or the "
              "method exact or exponential_euler");
    EXPECT_NE(warning("euler", "0.02 ms").find("it is unstable, what deviates is multiplied by 4"),
              std::string::npos);
    EXPECT_NE(warning("rk4", "0.05 ms").find("(0.05 ms) for 'p', with tau = 0.05 ms: it is not"),
              std::string::npos);
    EXPECT_NE(warning("rk4", "0.025 ms").find("multiplied by 5 in"), std::string::npos);
    EXPECT_EQ(warning("exponential_euler", "0.02 ms"), "none");
    EXPECT_EQ(warning("exact", "0.02 ms"), "none");
    // Of cells that differ, the shortest.
    EXPECT_NE(
        warning("euler", "{distribution: uniform, low: 0.05 ms, high: 1 ms}").find("tau = 0.05"),
        std::string::npos);
    EXPECT_EQ(warning_of(R"(
models:
  m:
    parameters: {C: 1 pF, g: 1 nS}
    state: {v: 1 mV}
    equations: [dv/dt = -g*v / C]
    threshold: "false"
    method: euler
populations: {p: {size: 9, model: m, C: {linspace: [1 pF, 9 pF]}, g: {linspace: [11 nS, 16 nS]}}}
)"),
              "m.yaml:9:16: a step of euler of dt (0.1 ms) is longer than the time constant of v "
              "(0.0625 ms) for 'p', with C = 1 pF, g = 16 nS: it overshoots; take a smaller dt, or "
              "the method exact or exponential_euler");
    EXPECT_EQ(warning("euler", "{distribution: normal, mean: 1 ms, std: 0.1 ms}"), "none");
}

TEST(EquationErrors, AStateThatGrowsByItselfIsWarnedOf) {
    for (const char* method : {"exact", "exponential_euler", "euler", "rk4"})
        EXPECT_EQ(warning_of(decay + "    method: " + method +
                             "\npopulations: {p: {size: 1, model: m, tau: -10 ms}}\n"),
                  "m.yaml:9:16: v does not decay but grows by itself, by a factor of e every 10 "
                  "ms, for 'p', with tau = -10 ms; look at the signs of dv/dt");
    // What another state holds back does not.
    EXPECT_EQ(warning_of(R"(
models:
  m:
    state: {x: 1, y: 0}
    equations: [dx/dt = (x - 3*y)/(9 ms), dy/dt = (x - 2*y)/(9 ms)]
    threshold: "false"
populations: {p: {size: 1, model: m}}
)"),
              "none");
}

TEST(EquationErrors, ACircleIsNamed) {
    const auto circle = [](const std::string& lines) {
        return error_of("models:\n  m:\n    state: {v: 0}\n    equations:\n" + lines +
                        "    threshold: v > 1\npopulations: {p: {size: 1, model: m}}\n");
    };
    EXPECT_EQ(circle("      - a = 2*b\n      - b = c\n      - c = 1 + a\n"),
              "m.yaml:10:17: the definition of 'a' is circular: a -> b -> c -> a");
    EXPECT_EQ(circle("      - a = a\n"), "m.yaml:8:13: the definition of 'a' is circular: a -> a");
    EXPECT_EQ(circle("      - a = u\n      - b = a\n"),
              "m.yaml:8:13: 'u' is not defined (there are: v, a, b, t, dt, I)");
}

/// What an engine says of a model that has been read.
std::string built(const std::string& text) {
    const SimulationSpec spec = model(text);
    std::string found;
    for (const int threads : {1, 3}) {  // from whatever thread it comes
        std::string message = "no error";
        try {
            make_engine(spec, {.threads = threads});
        } catch (const ModelError& e) {
            message = e.what();
        }
        EXPECT_TRUE(found.empty() || found == message) << message;
        found = message;
    }
    return found;
}

TEST(EquationErrors, OfACellNameIt) {
    EXPECT_EQ(
        built(decay + "    refractory: tau\npopulations: {p: {size: 3, model: m, tau: {values: "
                      "[5 ms, 1 ms, 0.04 ms]}}}\n"),
        "m.yaml:12:15: the refractory period (0.04 ms) is less than half a dt (0.1 ms) and "
        "would become 0 for cell 2 of 'p', with tau = 0.04 ms; write at least 0.1 ms, or a "
        "smaller dt");
    EXPECT_EQ(built(decay + "populations: {p: {size: 3, model: m, tau: {values: [5 ms, 0 ms, 1 "
                            "ms]}}}\n"),
              "m.yaml:9:34: a division by 0: this divisor is 0 for cell 1 of 'p', with tau = 0 ms");
    const std::string root = R"(
models:
  m:
    parameters: {a: 4, b: 1}
    state: {x: 0}
    equations: [dx/dt = (a*sqrt(a) + log(b)) / (10 ms)]
    threshold: "false"
populations: {p: {size: 2, model: m, )";
    EXPECT_EQ(built(root + "a: {values: [1, -4]}}}\n"),
              "m.yaml:9:33: there is no root of -4, which this is for cell 1 of 'p', with a = -4");
    EXPECT_EQ(built(root + "b: {values: [1, 0]}}}\n"),
              "m.yaml:9:42: there is no logarithm of 0, which this is for cell 1 of 'p', with b = "
              "0");
    EXPECT_EQ(built(root + "a: {values: [1, 1e30]}}}\n"),
              "m.yaml:11:15: the equations of 'm' give 1e+43, which single precision does not "
              "hold, for cell 1 of 'p', with a = 1e+30, b = 1");
    // Of what is not asked for there need be none.
    const std::string other = "if a > 0 else 1) + log(b)";
    std::string guarded = root + "a: -4}}\n";
    guarded.replace(guarded.find("a*sqrt(a) + log(b)"), 18, "(a*sqrt(a) " + other);
    EXPECT_EQ(error_of(guarded), "no error");
    // Where cells are alike the file says it.
    EXPECT_EQ(error_of(root + "a: -4}}\n"),
              "m.yaml:9:33: there is no root of -4, which this is for 'p', with a = -4");
}

TEST(EquationErrors, AParameterHasANameOfItsOwnInTheRunFile) {
    EXPECT_EQ(error_of("models:\n  m:\n    parameters: {a: 1, a_units: 2}\n    state: {v: a}\n    "
                       "threshold: v > 1\npopulations: {p: {size: 1, model: m}}\n"),
              "m.yaml:6:33: 'a_units' is where the run file has the unit of 'a'; call the "
              "parameter otherwise");
}

std::string trouble(Engine& engine, std::int64_t steps) {
    try {
        engine.advance(steps);
    } catch (const NumericalError& e) {
        return e.what();
    }
    return "none";
}

TEST(EquationErrors, AnInfiniteStateIsToldOfThoughItFires) {
    const SimulationSpec spec = model(R"(
models:
  m:
    state: {u: 0 mV, v: 0, n: 0}
    equations: [dv/dt = exp(v)/ms, du/dt = -u/(5 ms)]
    threshold: v > 1e20
    reset: [v = 0, u = 0 mV, n += 1]
    refractory: 1 ms
populations: {p: {size: 2, model: m}}
)");
    const std::string wanted =
        "v of cell 0 of 'p' is infinite; it became so between 0 ms and 3.2 ms. A smaller dt or "
        "smaller weights may help";
    EXPECT_EQ(trouble(*make_engine(spec, {.threads = 1}), 64), wanted);
    EXPECT_EQ(trouble(*make_serial_engine(spec, {}), 64), wanted);
}

TEST(EquationErrors, ARootOfLessThanNothingIsNoMatterOfDt) {
    const SimulationSpec spec = model(R"(
models:
  m:
    state: {x: 1}
    equations: [dx/dt = (-0.1 - sqrt(x)) / (1 ms)]
    threshold: "false"
populations: {p: {size: 2, model: m}}
)");
    EXPECT_EQ(trouble(*make_engine(spec, {.threads = 1}), 64),
              "x of cell 0 of 'p' is no number any more; it became so between 0 ms and 3.2 ms. "
              "Look for sqrt of a number below 0 in its equations: max(x, ...) keeps x above a "
              "bound");
}

// ---- as Brian2 has them

TEST(EquationCells, AreRefractoryAsLongAsAConditionHolds) {
    // v falls from 20 mV by 1 mV a step: the eleventh after a spike is the first that begins at 10.
    const SimulationSpec spec = model(R"(
models:
  m:
    state: {v: 5 mV}
    equations: [dv/dt = -10 mV/ms]
    threshold: v > 0 mV
    reset: v = 20 mV
    refractory: v > 10 mV
populations: {p: {size: 1, model: m}}
)");
    const std::vector<Sent> all = run(spec, 1);
    ASSERT_EQ(all.size(), 182u);
    for (std::size_t k = 0; k < all.size(); ++k) EXPECT_EQ(all[k].step, 11 * k + 1);
    EXPECT_EQ(run(*make_serial_engine(spec, {}), spec.steps()), all);
}

TEST(EquationCells, HaveRemaindersCommentsAndStatesThatBeginAtOthers) {
    const SimulationSpec spec = model(R"(
models:
  m:
    parameters: {a: 7 ms, c: 3}
    state: {s: 2*c, x: s + 1, q: 0, r: 0 ms}
    equations: |
      # comments, and two in one line
      dx/dt = 0/ms; on = int(t % (2.5*ms) < 1 ms)   # of t
      dq/dt = (t // (2.5*ms) - q) / dt
      dr/dt = (t % (2.5 ms) - r) / dt
      ds/dt = (on - s) / dt
    threshold: "false"
    method: euler
populations: {p: {size: 1, model: m}}
)");
    EXPECT_EQ(course(spec, "x", 1)[0], 7.0f);
    const std::vector<float> on = course(spec, "s", 2000), times = course(spec, "q", 2000),
                             left = course(spec, "r", 2000);
    for (std::size_t k = 0; k < 2000; ++k) {
        EXPECT_EQ(times[k], static_cast<float>(k / 25)) << k;
        EXPECT_NEAR(left[k], 0.1 * static_cast<double>(k % 25), 2e-5) << k;
        EXPECT_EQ(on[k], k % 25 < 10 ? 1.0f : 0.0f) << k;
    }
}

TEST(EquationErrors, OfThoseWhoComeFromBrian2) {
    const auto line = [](const std::string& equation) {
        return error_of(
            "models:\n  m:\n    parameters: {tau: 5 ms}\n    state: {v: 0}\n    equations:\n      "
            "- \"" +
            equation + "\"\n    threshold: v > 1\npopulations: {p: {size: 1, model: m}}\n");
    };
    EXPECT_EQ(line("v0 : 1"),
              "m.yaml:9:10: 'v0' has no equation; parameters and what they are stand in the key "
              "'parameters': {v0: ...}");
    EXPECT_EQ(line("x = v : 1 (constant over dt)"),
              "m.yaml:9:20: (constant over dt) has no meaning here; leave it out");
    EXPECT_EQ(line("dv/dt = i/(N*tau)").substr(0, 72),
              "m.yaml:9:18: 'i' is not defined; cells differ by their parameters, which");
    EXPECT_EQ(error_of("models:\n  m:\n    state: {v: 0}\n    equations: [dv/dt = max(v, 1)/ms]\n  "
                       "  threshold: v > 1\npopulations: {p: {size: 1, model: m}}\n"),
              "m.yaml:7:17: a ')' is missing; in a list [...] of equations YAML ends an item at "
              "','; put a line with ',' in it in quotes");
}

}  // namespace
}  // namespace snnsim
