// Plasticity rules that the model file writes as equations: the weights of the rules that come with
// snnsim for the same equations, and of a simulation event by event where none does.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/engine/serial_engine.hpp"
#include "tests/shipped_model.hpp"

namespace snnsim {
namespace {

const std::string rules = R"yaml(rules:
  pairs: &pairs
    parameters: {tau_plus: 20 ms, tau_minus: 20 ms, a_plus: 0.01, a_minus: 0.0105}
    pre: [dx/dt = -x/tau_plus]
    post: [dy/dt = -y/tau_minus]
    on_pre: [w -= a_minus*y, x += 1]
    on_post: [w += a_plus*x, y += 1]
  nearest: {<<: *pairs, on_pre: [w -= a_minus*y, x = 1], on_post: [w += a_plus*x, y = 1]}
  multiplicative: {<<: *pairs, on_pre: [w -= a_minus*w*y, x += 1], on_post: [w += a_plus*(1 - w)*x, y += 1]}
  powers:
    <<: *pairs
    parameters: {tau_plus: 20 ms, tau_minus: 20 ms, a_plus: 0.01, a_minus: 0.0105, mu: 0.4, w_0: 0.01}
    on_pre: [w -= a_minus*w*y, x += 1]
    on_post: [w += a_plus*w_0**(1 - mu)*w**mu*x, y += 1]
  triples:
    parameters: {a2_plus: 5e-10, a3_plus: 6.2e-3, a2_minus: 7e-3, a3_minus: 2.3e-4, tau_plus: 16.8 ms, tau_x: 101 ms,
                 tau_minus: 33.7 ms, tau_y: 125 ms}
    pre: [dr1/dt = -r1/tau_plus, dr2/dt = -r2/tau_x]
    post: [do1/dt = -o1/tau_minus, do2/dt = -o2/tau_y]
    on_pre: [w -= o1*(a2_minus + a3_minus*r2), r1 += 1, r2 += 1]
    on_post: [w += r1*(a2_plus + a3_plus*o2), o1 += 1, o2 += 1]
  holding:
    parameters: {tau: 20 ms, eta: 1e-3, rate: 5 Hz}
    pre: [dx/dt = -x/tau]
    post: [dy/dt = -y/tau]
    on_pre: [w += eta*(y - 2*rate*tau), x += 1]
    on_post: [w += eta*x, y += 1]
  rewarded:
    parameters: {tau_plus: 20 ms, tau_minus: 30 ms, tau_c: 40 ms, a_plus: 0.02, a_minus: 0.03, left: 0.5}
    pre: [dx/dt = -x/tau_plus]
    post: [dy/dt = -y/tau_minus]
    synapse: [dc/dt = -c/tau_c]
    on_pre: [c -= a_minus*y, x += 1]
    on_post: [c += a_plus*x*(1 - w), y += 1]
    on_reward: [w += c*reward, c *= left]
  coupled:
    parameters: {k: 50 Hz}
    pre: [du/dt = -u/(30 ms), dv/dt = -k*v]
    post: [dy/dt = -y/(25 ms)]
    on_pre: ["w = clip(w - 0.01*y*exp(-v), 0, 1)", "v += 0.5*u - 0.1*v", u += 1 - 0.2*u]
    on_post: [w += 0.01*u/(1 + v*v), y *= 0.5, y += 1]
)yaml";

SimulationSpec model(const std::string& text) {
    return parse_simulation("name: test\ndt: 0.1 ms\nsimulate: {duration: 300 ms}\n" + text,
                            "m.yaml");
}

/// Two populations and several delays; one projection of each of the rules.
SimulationSpec network(const std::string& plasticity, const std::string& more = "") {
    return model(rules + fmt::format(R"(populations:
  s: {{model: poisson_source, size: 40, rate: 40 Hz}}
  t: {{model: iaf_psc_delta, size: 33, tau_m: 10 ms, e_l: 0 mV, v_th: 10 mV, v_reset: 0 mV, t_ref: 1 ms}}
stimuli:
  - {{to: t, kind: poisson, rate: 2 kHz, weight: 1.5 mV}}
projections:
  - {{from: s, to: t, connect: {{rule: fixed_probability, p: 0.6}}, weight: {{distribution: uniform, low: 0 mV, high: 1 mV}},
     delay: {{distribution: uniform, low: 0.2 ms, high: 3 ms}}, plasticity: {{w_max: 1 mV, {}}}}}
{})",
                                     plasticity, more));
}

PlasticState state_of(const Engine& engine, std::size_t projection = 0) {
    return engine.state().plastic[projection];
}

void expect_same(const Engine& a, const Engine& b, const std::string& of) {
    const EngineState x = a.state(), y = b.state();
    EXPECT_EQ(x.states, y.states) << of;
    ASSERT_EQ(x.plastic.size(), y.plastic.size());
    for (std::size_t k = 0; k < x.plastic.size(); ++k) {
        EXPECT_EQ(x.plastic[k].weight, y.plastic[k].weight) << of;
        EXPECT_EQ(x.plastic[k].own, y.plastic[k].own) << of;
        EXPECT_EQ(x.plastic[k].pre, y.plastic[k].pre) << of;
        EXPECT_EQ(x.plastic[k].post, y.plastic[k].post) << of;
        EXPECT_EQ(x.plastic[k].rewarded, y.plastic[k].rewarded) << of;
    }
}

TEST(WrittenRules, HaveTheWeightsOfTheRulesThatComeWithSnnsim) {
    const std::string stdp = "tau_plus: 15 ms, tau_minus: 30 ms, a_plus: 0.03, a_minus: 0.02";
    const struct {
        std::string written, known;
    } twins[] = {
        {"rule: pairs, " + stdp, "rule: stdp, " + stdp},
        {"rule: nearest, " + stdp, "rule: stdp, pairing: nearest, " + stdp},
        {"rule: multiplicative, " + stdp, "rule: stdp, dependence: multiplicative, " + stdp},
        {"rule: powers, " + stdp, "rule: stdp, dependence: morrison, mu_plus: 0.4, " + stdp},
        {"rule: triples, tau_y: 90 ms", "rule: triplet, tau_y: 90 ms"},
        {"rule: holding, eta: 0.02", "rule: inhibitory, eta: 0.02"},
    };
    for (const auto& twin : twins) {
        for (const char* more : {"", ", dendritic: true", ", learning_rate: 0.3"}) {
            const SimulationSpec own = network(twin.written + more),
                                 known = network(twin.known + more);
            const auto a = make_engine(own, {}), b = make_engine(known, {});
            const std::vector<std::int32_t> start = state_of(*a).weight;
            const std::vector<Sent> spikes = run(*a, own.steps());
            EXPECT_GT(spikes.size(), 800u);
            EXPECT_EQ(spikes, run(*b, own.steps())) << twin.written << more;
            EXPECT_NE(state_of(*a).weight, start);
            EXPECT_EQ(state_of(*a).weight, state_of(*b).weight) << twin.written << more;
        }
    }
}

TEST(WrittenRules, TheShippedModelHasTheWeightsOfStdp) {
    SimulationSpec spec =
        std::get<SimulationSpec>(read_any_model(shipped_model("equations/stdp"), {}));
    const auto own = make_engine(spec, {});
    run(*own, spec.steps());
    spec.projections[0].plasticity->rule = PairStdp::Params{};
    const auto known = make_engine(spec, {});
    run(*known, spec.steps());
    EXPECT_EQ(state_of(*own).weight, state_of(*known).weight);
}

const std::string recurrent =
    "  - {from: t, to: t, connect: {rule: fixed_in_degree, n: 9}, weight: 0.3 mV, delay: 1.1 ms, "
    "plasticity: {rule: rewarded, w_max: 1 mV, dendritic: true}}\n"
    "  - {from: s, to: t, name: more, connect: {rule: fixed_in_degree, n: 5}, weight: 0.3 mV, "
    "delay: 1.1 ms, plasticity: {rule: coupled, w_max: 1 mV, normalise: {sum: 2 mV, interval: 40 "
    "ms}}}\n";

/// What tasks do meanwhile.
void go_on(Engine& engine, std::int64_t to) {
    for (; engine.now() < to; engine.advance(1)) {
        if (engine.now() == 700) engine.reward(3.0);
        if (engine.now() == 1313) engine.reward(-2.0);
        if (engine.now() == 900) engine.set_plastic(false);
        if (engine.now() == 1250) engine.set_plastic(true);
    }
}

TEST(WrittenRules, TheSameBitsOnAnyThreadsOnADeviceAndAfterAResume) {
    const SimulationSpec spec = network("rule: rewarded", recurrent);
    const auto one = make_engine(spec, {.threads = 1}), two = make_engine(spec, {.threads = 2});
    const auto device = make_serial_engine(spec, {.threads = 1});
    const PlasticState start = state_of(*one);
    go_on(*one, 1100);
    const EngineState half = one->state();
    go_on(*one, 2000);
    EXPECT_NE(state_of(*one).weight, start.weight);
    EXPECT_EQ(state_of(*one).rewarded, 1312);
    go_on(*two, 2000);
    expect_same(*two, *one, "two threads");
    go_on(*device, 2000);
    expect_same(*device, *one, "device");
    const auto resumed = make_engine(spec, {.threads = 2}),
               on_device = make_serial_engine(spec, {.threads = 2});
    for (Engine* engine : {resumed.get(), on_device.get()}) {
        engine->set_state(half);
        go_on(*engine, 2000);
        expect_same(*engine, *one, "resumed");
    }
}

/// The weights of `rewarded`, from its events in their order. Times are steps.
std::vector<double> simulated(const SimulationSpec& spec, const std::vector<Sent>& spikes,
                              const ProjectionWeights& synapses, const std::vector<float>& start,
                              const std::vector<std::pair<std::int64_t, double>>& rewards) {
    const bool dendritic = spec.projections[0].plasticity->dendritic;
    std::vector<double> out;
    for (std::size_t k = 0; k < synapses.weight.size(); ++k) {
        const std::int64_t delay = std::lround(synapses.delay[k] / 0.1f);
        enum What { first, second, reward };
        struct Event {
            std::int64_t step;
            What what;
            bool pre;
            double amount;
        };
        std::vector<Event> events;
        std::vector<std::int64_t> pre, post;
        for (const Sent& s : spikes) {
            if (s.population == 0 && s.cell == synapses.source[k]) {
                pre.push_back(s.step - 1 + delay);
                events.push_back({pre.back(), dendritic ? second : first, true, 0.0});
            }
            if (s.population == 1 && s.cell == synapses.target[k]) {
                post.push_back(s.step - 1 + (dendritic ? 2 * delay : 0));
                events.push_back({post.back(), dendritic ? first : second, false, 0.0});
            }
        }
        for (const auto& [now, amount] : rewards)
            events.push_back({now - 1, reward, false, amount});
        std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
            return std::pair(a.step, a.what) < std::pair(b.step, b.what);
        });
        const auto trace = [](const std::vector<std::int64_t>& of, std::int64_t at, double tau) {
            double sum = 0.0;
            for (const std::int64_t s : of)
                sum += s < at ? std::exp(static_cast<double>(s - at) * 0.1 / tau) : 0.0;
            return sum;
        };
        double w = static_cast<double>(start[k]), c = 0.0;
        std::int64_t last = 0;
        for (const Event& e : events) {
            if (e.step >= static_cast<std::int64_t>(spec.steps())) break;
            c *= std::exp(static_cast<double>(last - e.step) * 0.1 / 40.0);
            last = e.step;
            if (e.what == reward) {
                w = std::clamp(w + c * e.amount, 0.0, 1.0);
                c *= 0.5;
            } else if (e.pre) {
                c -= 0.03 * trace(post, e.step, 30.0);
            } else {
                c += 0.02 * trace(pre, e.step, 20.0) * (1.0 - w);
            }
        }
        out.push_back(w);
    }
    return out;
}

TEST(WrittenRules, AVariableOfASynapseWaitsForARewardAndDecays) {
    for (const char* place : {"", ", dendritic: true"}) {
        const SimulationSpec spec = network(std::string("rule: rewarded") + place);
        const auto engine = make_engine(spec, {});
        const std::vector<float> start = engine->weights()[0].weight;
        std::vector<Sent> spikes;
        for (const std::int64_t next : {900, 901, 2200}) {
            const std::vector<Sent> more = run(*engine, next - engine->now());
            spikes.insert(spikes.end(), more.begin(), more.end());
            engine->reward(2.0);
        }
        const std::vector<Sent> more = run(*engine, spec.steps() - engine->now());
        spikes.insert(spikes.end(), more.begin(), more.end());
        const ProjectionWeights end = engine->weights()[0];
        const std::vector<double> wanted =
            simulated(spec, spikes, end, start, {{900, 2.0}, {901, 2.0}, {2200, 2.0}});
        double moved = 0.0;
        for (std::size_t k = 0; k < wanted.size(); ++k) {
            ASSERT_NEAR(static_cast<double>(end.weight[k]), wanted[k], 2e-6) << k << place;
            moved = std::max(moved, std::abs(wanted[k] - static_cast<double>(start[k])));
        }
        EXPECT_GT(moved, 0.02);
    }
}

TEST(WrittenRules, StatementsGoInOrder) {
    // The second statement finds the trace, the third the weight that those before made.
    const auto weight = [](const std::string& on_pre) {
        const SimulationSpec spec = model(R"(rules:
  r: {pre: [dx/dt = -x/(10 ms)], on_pre: [)" +
                                          on_pre + R"(]}
populations:
  s: {model: regular_source, size: 1, rate: 1 Hz, first: 5 ms}
  t: {model: iaf_psc_delta, size: 1}
projections:
  - {from: s, to: t, connect: all_to_all, weight: 0.5 mV, plasticity: {rule: r, w_max: 1 mV}}
)");
        const auto engine = make_engine(spec, {});
        engine->advance(200);
        return engine->weights()[0].weight[0];
    };
    EXPECT_FLOAT_EQ(weight("w += 0.125*x, x += 1"), 0.5f);
    EXPECT_FLOAT_EQ(weight("x += 1, w += 0.125*x"), 0.625f);
    EXPECT_FLOAT_EQ(weight("x = 2, w += 0.125*x, w *= 0.5"), 0.375f);
    EXPECT_FLOAT_EQ(weight("w = 0.25, w += w"), 0.5f);
    EXPECT_FLOAT_EQ(weight("w -= 7"), 0.0f);
}

std::string error_of(const std::string& rule, const std::string& plasticity = "rule: r") {
    try {
        model("rules:\n  r:\n" + rule + R"(populations:
  s: {model: poisson_source, size: 3, rate: 9 Hz}
  t: {model: iaf_psc_delta, size: 3}
projections:
  - {from: s, to: t, connect: all_to_all, weight: 0.5 mV, plasticity: {w_max: 1 mV, )" +
              plasticity + "}}\n");
    } catch (const ModelError& e) {
        const std::string all = e.what();
        return all.substr(0, all.find('\n'));
    }
    return "no error";
}

TEST(WrittenRules, ProblemsAreToldAtTheirPlace) {
    const std::string traces =
        "    parameters: {tau: 20 ms, a: 0.1}\n"
        "    pre: [dx/dt = -x/tau]\n"
        "    post: [dy/dt = -y/tau]\n";
    const auto on_pre = [&](const std::string& statement) {
        return error_of(traces + "    on_pre: [\"" + statement + "\"]\n");
    };
    EXPECT_EQ(on_pre("w += a*x"), "no error");
    EXPECT_EQ(on_pre("w += tau*x"),
              "m.yaml:9:20: w is a number without a unit, but this is a time (ms)");
    EXPECT_EQ(on_pre("w += b*x"), "m.yaml:9:20: 'b' is not defined (there are: tau, a, x, y, w)");
    EXPECT_EQ(on_pre("y += 1"),
              "m.yaml:9:15: y is a trace of the target, which spikes of the target change: in "
              "on_post");
    EXPECT_EQ(on_pre("x += y"),
              "m.yaml:9:20: all synapses of a source share x, which therefore depends on traces of "
              "the source and on parameters alone");
    EXPECT_EQ(on_pre("x += w"),
              "m.yaml:9:20: all synapses of a source share x, which therefore depends on traces of "
              "the source and on parameters alone");
    EXPECT_EQ(on_pre("a += 1"), "m.yaml:9:15: a is a parameter, which stays");
    EXPECT_EQ(on_pre("w += reward"),
              "m.yaml:9:20: reward has a meaning in on_reward only, not in on_pre");
    EXPECT_EQ(on_pre("x += 1"),
              "m.yaml:5:3: 'r' changes no weights: on_pre: [w += ...], or on_post");
    EXPECT_EQ(on_pre("w += log(y)"), "no error");  // without bound, but a number
    EXPECT_EQ(on_pre("w += x/y"),
              "m.yaml:9:15: on_pre of 'r' gives no finite number where w = 0, x = 0, y = 0");
    EXPECT_EQ(error_of(traces + "    on_reward: [w += x]\n"),
              "m.yaml:9:22: at a reward traces are not at hand: let on_pre or on_post keep what "
              "on_reward needs of x in a variable of the synapse");
    const auto pre = [&](const std::string& equation) {
        return error_of("    parameters: {tau: 20 ms}\n    pre: [\"" + equation +
                        "\"]\n    on_pre: [w += 0.1]\n");
    };
    EXPECT_EQ(pre("dx/dt = -x*x/tau"),
              "m.yaml:7:20: x decays exponentially, so that it need be looked at when spikes come "
              "only: dx/dt = -x/tau, or -k*x");
    EXPECT_EQ(pre("dx/dt = (1 - x)/tau"),
              "m.yaml:7:21: x decays exponentially, so that it need be looked at when spikes come "
              "only: dx/dt = -x/tau, or -k*x");
    EXPECT_EQ(pre("dx/dt = -x"),
              "m.yaml:7:20: dx/dt is a rate (1/ms), but this is a number without a unit");
    EXPECT_EQ(pre("x = 3"), "m.yaml:7:12: a trace is written as dx/dt = -x/tau");
    EXPECT_EQ(pre("dx/dt = -x/tau (event-driven)"), "no error");
    EXPECT_EQ(pre("dx/dt = -x/tau : 1 (clock-driven)"),
              "m.yaml:7:31: (clock-driven) has no meaning here; leave it out");
    EXPECT_EQ(pre("dw/dt = -w/tau"),
              "m.yaml:7:13: weights change at spikes and rewards only, not by dw/dt");
    EXPECT_EQ(on_pre("w += v_post"),
              "m.yaml:9:20: 'v_post' is not defined; a rule knows its traces, w and its "
              "parameters, not the states of cells");
    EXPECT_EQ(error_of(traces + "    on_pre: [w = min(w, 1)]\n"),
              "m.yaml:9:14: a ')' is missing; in a list [...] of on_pre YAML ends an item at ','; "
              "put a line with ',' in it in quotes");
    EXPECT_EQ(error_of(traces + "    on_pre: w += a*x; x += 1   # both\n"), "no error");
    EXPECT_EQ(pre("dx/dt = x/tau"),
              "m.yaml:7:20: x must decay, in a time of at most 10 million steps of dt; that of "
              "'s_to_t' is -20 ms, with tau = 20 ms");
    EXPECT_EQ(error_of(traces + "    on_pre: [w += x]\n", "rule: r, tau: 0 ms"),
              "m.yaml:7:21: a division by 0: this divisor is 0 for 's_to_t', with tau = 0 ms");
    EXPECT_EQ(
        error_of(traces + "    on_pre: [w += x]\n", "rule: r, b: 2"),
        "m.yaml:14:94: unknown key 'b' in plasticity (known: rule, w_max, w_min, learning_rate, "
        "dendritic, normalise, scaling, structure, schedule, tau, a)");
    EXPECT_EQ(error_of(traces + "    on_pre: [w += x]\n", "rule: s").substr(0, 40),
              "m.yaml:14:91: unknown rule 's' (known: s");
}

#define NEEDS_A_GPU()                                              \
    if (const std::string reason = why_no_cuda(); !reason.empty()) \
    GTEST_SKIP() << "no CUDA device: " << reason

TEST(DeviceRules, OnAGpuTheBitsOfTheCpu) {
    NEEDS_A_GPU();
    const SimulationSpec spec = network("rule: rewarded", recurrent);
    const auto cpu = make_engine(spec, {});
    const auto cuda = make_engine(spec, {.device = Device::cuda});
    for (Engine* engine : {cpu.get(), cuda.get()}) {
        engine->advance(300);
        engine->reward(3.0);
        engine->advance(200);
        engine->set_plastic(false);
        engine->advance(50);
        engine->set_plastic(true);
        engine->advance(250);
        engine->reward(-1.0);
        engine->advance(100);
    }
    expect_same(*cuda, *cpu, "cuda");
}

}  // namespace
}  // namespace snnsim
