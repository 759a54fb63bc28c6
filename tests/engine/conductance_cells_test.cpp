// Cells whose membranes are driven by conductances, against solutions in fine steps, however strong
// the conductances are and however long dt is; and states that no conductance allows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "kernels/cells/all.hpp"
#include "snnsim/engine.hpp"
#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/engine/serial_engine.hpp"
#include "tests/shipped_model.hpp"

namespace snnsim {
namespace {

/// One step as both engines make it.
template <class M>
float stepped(const typename M::Constants& c, typename M::State& s, const CellInput& in = {}) {
    if constexpr (has_parts<M>) {
        for (int k = 0; k < M::parts_before(c); ++k) M::step_part(c, s, in);
    }
    if constexpr (has_strong<M>) {
        if (M::is_strong(c, s)) return M::step_strong(c, s, in);
    }
    return M::step(c, s, in);
}

/// A membrane without threshold by steps of the classical Runge-Kutta method, so small that the
/// method does not matter.
double fine_v(const IafCondExp::Params& p, double v, double g_ex, double g_in, double dt) {
    const double per_ms =
        (p.g_l + g_ex + g_in) / p.c_m + 1.0 / std::min(p.tau_syn_ex, p.tau_syn_in);
    const int pieces = 200 + static_cast<int>(20.0 * dt * per_ms);
    const double h = dt / pieces;
    const auto slope = [&](double v, double t) {
        const double ex = g_ex * std::exp(-t / p.tau_syn_ex);
        const double in = g_in * std::exp(-t / p.tau_syn_in);
        return (-p.g_l * (v - p.e_l) - ex * (v - p.e_ex) - in * (v - p.e_in) + p.i_e) / p.c_m;
    };
    for (int k = 0; k < pieces; ++k) {
        const double t = k * h, a = slope(v, t), b = slope(v + h / 2 * a, t + h / 2);
        const double c = slope(v + h / 2 * b, t + h / 2), d = slope(v + h * c, t + h);
        v += h / 6 * (a + 2 * b + 2 * c + d);
    }
    return v;
}

double error_of_a_step(const IafCondExp::Params& p, double g_ex, double g_in, double dt,
                       double from) {
    const auto c = IafCondExp::prepare(p, dt);
    IafCondExp::State s{static_cast<float>(from - p.e_l), static_cast<float>(g_ex),
                        static_cast<float>(g_in), 0.0f};
    stepped<IafCondExp>(c, s);
    return static_cast<double>(s.v) + p.e_l - fine_v(p, from, g_ex, g_in, dt);
}

TEST(ConductanceCells, AStepIsTheSolutionHoweverStrongTheConductances) {
    IafCondExp::Params p;
    p.v_th = 1e6, p.i_e = 300.0;
    for (const double tau_ex : {0.2, 5.0}) {
        p.tau_syn_ex = tau_ex;
        for (const double g_ex : {0.0, 10.0, 300.0, 5000.0, 1e5}) {
            for (const double g_in : {0.0, 30.0, 300.0, 5000.0, 1e5}) {
                for (const double dt : {0.01, 0.1, 0.25, 1.0}) {
                    // Within a thousandth of the distance of the reversal potentials where the
                    // conductances last for the step; some per cent where they come and go in it.
                    const double allowed = dt < 0.6 * tau_ex ? 0.05 : 4.0;
                    EXPECT_NEAR(error_of_a_step(p, g_ex, g_in, dt, -60.0), 0.0, allowed)
                        << tau_ex << " ms, " << g_ex << " nS, " << g_in << " nS, dt " << dt;
                }
            }
        }
    }
}

TEST(ConductanceCells, StrongConductancesAreMetToTheFourthOrder) {
    IafCondExp::Params p;
    p.v_th = 1e6;
    const auto greatest = [&](double dt) {
        double out = 0.0;
        for (const double g_ex : {4000.0, 8000.0}) {
            for (const double g_in : {3000.0, 9000.0})
                out = std::max(out, std::abs(error_of_a_step(p, g_ex, g_in, dt, -60.0)));
        }
        return out;
    };
    // The error of one step falls by up to 2^5 when dt is halved.
    EXPECT_GT(greatest(0.1), 5e-4);
    EXPECT_LT(greatest(0.1), greatest(0.2) / 6.0);
    EXPECT_LT(greatest(0.05), greatest(0.1) / 11.0);
}

template <class M>
void expect_v_between(double low, double high) {
    std::mt19937 random(7);
    const auto uniform = [&](double a, double b) {
        return std::uniform_real_distribution(a, b)(random);
    };
    for (const double dt : {0.1, 0.5}) {
        for (int trial = 0; trial < 40; ++trial) {
            const typename M::Params p;
            const auto c = M::prepare(p, dt);
            typename M::State s = M::rest(p, c);
            for (int n = 0; n < 400; ++n) {
                CellInput in;
                if (n % 7 == 0) in.receptor_0 = static_cast<float>(std::exp(uniform(0.0, 16.0)));
                if (n % 5 == 0) in.receptor_1 = -static_cast<float>(std::exp(uniform(0.0, 16.0)));
                if (trial % 3 == 0) in.receptor_0 = 0.0f;
                if (trial % 3 == 1) in.receptor_1 = 0.0f;
                stepped<M>(c, s, in);
                double v = static_cast<double>(s.v);
                if constexpr (!std::is_same_v<M, LifCondAdaptive>) v += p.e_l;
                ASSERT_GE(v, low - 0.01) << M::name << ", dt " << dt << ", step " << n;
                ASSERT_LE(v, high + 0.01) << M::name << ", dt " << dt << ", step " << n;
            }
        }
    }
}

TEST(ConductanceCells, StayBetweenTheirReversalPotentials) {
    expect_v_between<IafCondExp>(-85.0, 0.0);
    expect_v_between<LifCondAdaptive>(-100.0, 0.0);
    expect_v_between<HhCondExpTraub>(-90.0, 50.0);
    // The adaptation of a spike in every step pulls v down further, but not inhibition alone.
    const AeifCondExp::Params p;
    const auto c = AeifCondExp::prepare(p, 1.0);
    for (const float g : {1e3f, 1e4f, 1e6f}) {
        AeifCondExp::State s = AeifCondExp::rest(p, c);
        s.g_in = g;
        for (int n = 0; n < 200; ++n) {
            EXPECT_EQ(stepped<AeifCondExp>(c, s), 0.0f) << g;
            EXPECT_GE(static_cast<double>(s.v) + p.e_l, p.e_in - 0.01) << g << ", step " << n;
            EXPECT_LE(static_cast<double>(s.v) + p.e_l, p.v_th) << g << ", step " << n;
        }
    }
}

/// The adaptive exponential cell in steps so small that the method does not matter.
double fine_v(const AeifCondExp::Params& p, double g_ex, double g_in, double duration) {
    const int pieces = static_cast<int>(duration / 2e-5 + 0.5);
    const double h = duration / pieces;
    double v = p.e_l, w = 0.0;
    for (int k = 0; k < pieces; ++k) {
        const double rise = p.g_l * p.delta_t * std::exp((v - p.v_th) / p.delta_t);
        const double flow =
            -p.g_l * (v - p.e_l) + rise - g_ex * (v - p.e_ex) - g_in * (v - p.e_in) - w + p.i_e;
        w += h * (p.a * (v - p.e_l) - w) / p.tau_w;
        v += h * flow / p.c_m;
        g_ex -= h * g_ex / p.tau_syn_ex;
        g_in -= h * g_in / p.tau_syn_in;
    }
    return v;
}

TEST(ConductanceCells, AnAdaptiveExponentialCellFollowsStrongInhibition) {
    AeifCondExp::Params p;
    p.c_m = 100.0, p.tau_syn_ex = 3.0, p.tau_syn_in = 6.0;
    for (const double dt : {0.1, 0.5, 1.0}) {
        const auto c = AeifCondExp::prepare(p, dt);
        // 4 c_m / dt is where four steps of Runge-Kutta each have made one of dt / 4 diverge.
        for (const double g_in : {400.0, 4000.0, 40000.0}) {
            const double g_ex = 0.1 * g_in;
            AeifCondExp::State s{0.0f, 0.0f, static_cast<float>(g_ex), static_cast<float>(g_in),
                                 0.0f};
            const int steps = static_cast<int>(5.0 / dt + 0.5);
            for (int n = 0; n < steps; ++n) EXPECT_EQ(stepped<AeifCondExp>(c, s), 0.0f);
            EXPECT_NEAR(static_cast<double>(s.v) + p.e_l, fine_v(p, g_ex, g_in, 5.0), 0.02)
                << "dt " << dt << ", " << g_in << " nS";
        }
    }
}

/// Spikes in steps and the states after each, of population 1.
struct Answer {
    std::vector<std::uint32_t> spikes;
    std::vector<double> v;
};
Answer answer_of(const std::string& cell, const std::string& weight, double dt) {
    const SimulationSpec spec = parse_simulation(
        "name: test\ndt: " + std::to_string(dt) +
            " ms\nsimulate: {duration: 60 ms}\npopulations:\n"
            "  s: {size: 1, model: regular_source, rate: 1 Hz, first: 5 ms}\n  c: {size: 1, "
            "model: " +
            cell + "}\nprojections: [{from: s, to: c, connect: one_to_one, weight: " + weight +
            ", delay: 1 ms}]\nrecord: [{population: c, what: v}]\n",
        "test.yaml");
    const auto engine = make_engine(spec, {});
    engine->advance(spec.steps());
    Answer out;
    const Spikes spikes = engine->take_spikes();
    for (std::size_t k = 0; k < spikes.size(); ++k) {
        if (spikes.population[k] == 1) out.spikes.push_back(spikes.step[k]);
    }
    const std::vector<StateSamples> states = engine->take_states();
    out.v.assign(states[0].values.begin(), states[0].values.end());
    return out;
}
/// The same cell: its membrane in fine steps, spikes and resets at the ends of steps of dt.
std::vector<std::uint32_t> fine_spikes(const IafCondExp::Params& p, double weight, double dt) {
    const int steps = static_cast<int>(60.0 / dt + 0.5), arrives = static_cast<int>(6.0 / dt + 0.5);
    const int rest = static_cast<int>(p.t_ref / dt + 0.5);
    double v = p.e_l, g = 0.0;
    int waits = 0;
    std::vector<std::uint32_t> out;
    for (int n = 1; n <= steps; ++n) {
        v = waits > 0 ? p.v_reset : fine_v(p, v, g, 0.0, dt);
        g *= std::exp(-dt / p.tau_syn_ex);
        if (n == arrives) g += weight;
        if (waits > 0) {
            --waits;
        } else if (v >= p.v_th) {
            v = p.v_reset;
            waits = rest;
            out.push_back(static_cast<std::uint32_t>(n));
        }
    }
    return out;
}

TEST(ConductanceCells, OneStrongSpikeDoesWhatItShould) {
    for (const double dt : {1.0, 0.5, 0.1}) {
        const Answer down =
            answer_of("iaf_cond_exp, c_m: 100 pF, tau_syn_in: 10 ms", "-600 nS", dt);
        EXPECT_TRUE(down.spikes.empty()) << dt;
        const auto lowest = std::min_element(down.v.begin(), down.v.end());
        EXPECT_GE(*lowest, -85.0);
        EXPECT_LT(*lowest, -84.0);

        IafCondExp::Params p;
        p.c_m = 100.0, p.tau_syn_ex = 5.0;
        const Answer up = answer_of("iaf_cond_exp, c_m: 100 pF, tau_syn_ex: 5 ms", "600 nS", dt);
        EXPECT_EQ(up.spikes, fine_spikes(p, 600.0, dt)) << dt;
        EXPECT_TRUE(dt > 0.1 || up.spikes.size() == 10) << up.spikes.size();
        EXPECT_GE(*std::min_element(up.v.begin(), up.v.end()), -70.0 - 1e-4);
        EXPECT_LE(*std::max_element(up.v.begin(), up.v.end()), 0.0);
    }
}

TEST(ConductanceCells, CobaWithStepsOfAMillisecondStaysAboveItsReversalPotential) {
    const AnyModel model = read_any_model(
        shipped_model("coba"), {"dt=1 ms", "projections.0.delay=1 ms", "projections.1.delay=1 ms",
                                "projections.2.delay=1 ms", "projections.3.delay=1 ms",
                                "simulate.duration=500 ms", "record=[]"});
    const auto& spec = std::get<SimulationSpec>(model);
    for (const auto& engine : {make_engine(spec, {.threads = 2}), make_serial_engine(spec, {})}) {
        float lowest = 0.0f;
        for (int n = 0; n < 100; ++n) {
            engine->advance(5);
            for (std::size_t p = 0; p < 2; ++p) {
                const auto& cell = std::get<IafCondExp::Params>(spec.populations[p].cell);
                const std::vector<float> states = engine->state().states[p];
                const auto size = static_cast<std::ptrdiff_t>(states.size() / 4);
                const float v = *std::min_element(states.begin(), states.begin() + size);
                lowest = std::min(lowest, v + static_cast<float>(cell.e_l - cell.e_in));
            }
        }
        EXPECT_GE(lowest, -1e-3f);  // relative to e_in
        EXPECT_GT(engine->take_spikes().size(), 1000u);
    }
}

double gate_ratio(double x) {
    return std::abs(x) < 1e-7 ? 1.0 : x / std::expm1(x);
}
/// Times of the peaks of v above v_t + 30 mV of a Hodgkin-Huxley cell under a current, by steps of
/// the classical Runge-Kutta method of 0.0025 ms.
std::vector<double> fine_peaks(double current, double duration) {
    const HhCondExpTraub::Params p;
    using Y = std::array<double, 4>;
    const auto slope = [&](const Y& y) {
        const double u = y[0] - p.v_t;
        const double flow = -p.g_l * (y[0] - p.e_l) -
                            p.g_na * std::pow(y[1], 3) * y[2] * (y[0] - p.e_na) -
                            p.g_k * std::pow(y[3], 4) * (y[0] - p.e_k) + current;
        return Y{flow / p.c_m,
                 1.28 * gate_ratio((13.0 - u) / 4.0) * (1.0 - y[1]) -
                     1.4 * gate_ratio((u - 40.0) / 5.0) * y[1],
                 0.128 * std::exp((17.0 - u) / 18.0) * (1.0 - y[2]) -
                     4.0 / (1.0 + std::exp((40.0 - u) / 5.0)) * y[2],
                 0.16 * gate_ratio((15.0 - u) / 5.0) * (1.0 - y[3]) -
                     0.5 * std::exp((10.0 - u) / 40.0) * y[3]};
    };
    const auto moved = [](const Y& y, double h, const Y& by) {
        Y out;
        for (std::size_t k = 0; k < 4; ++k) out[k] = y[k] + h * by[k];
        return out;
    };
    const auto c = HhCondExpTraub::prepare(p, 0.1);
    const HhCondExpTraub::State rest = HhCondExpTraub::rest(p, c);
    Y y{p.e_l, static_cast<double>(rest.m), static_cast<double>(rest.h),
        static_cast<double>(rest.n)};
    const double h = 0.0025;
    double before = y[0];
    bool passed = false;
    std::vector<double> peaks;
    for (int k = 1; k <= static_cast<int>(duration / h + 0.5); ++k) {
        const Y a = slope(y), b = slope(moved(y, h / 2, a)), d = slope(moved(y, h / 2, b)),
                e = slope(moved(y, h, d));
        for (std::size_t i = 0; i < 4; ++i) y[i] += h / 6 * (a[i] + 2 * b[i] + 2 * d[i] + e[i]);
        const bool high = before >= p.v_t + 30.0;
        if (high && y[0] < before && !passed) {
            peaks.push_back((k - 1) * h);
            passed = true;
        }
        if (y[0] < p.v_t + 30.0) passed = false;
        before = y[0];
    }
    return peaks;
}

TEST(HhCondExpTraub, FindsEachActionPotentialOnceWithAnyDt) {
    for (const double current : {300.0, 1000.0, 1600.0}) {
        const std::vector<double> wanted = fine_peaks(current, 300.0);
        ASSERT_GT(wanted.size(), 10u);
        for (const double dt : {0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5}) {
            for (const double t_ref : {0.0, 2.0}) {
                HhCondExpTraub::Params p;
                p.i_e = current, p.t_ref = t_ref;
                const auto c = HhCondExpTraub::prepare(p, dt);
                auto s = HhCondExpTraub::rest(p, c);
                std::vector<double> got;
                for (int n = 1; n * dt < 300.0 + 0.5 * dt; ++n) {
                    if (stepped<HhCondExpTraub>(c, s) != 0.0f) got.push_back(n * dt);
                }
                ASSERT_EQ(got.size(), wanted.size()) << current << " pA, dt " << dt;
                // Found at the end of the dt in which v has fallen for 0.1 ms at most, after steps
                // of 0.025 ms at most that have it a thousandth late.
                for (std::size_t k = 0; k < got.size(); ++k) {
                    EXPECT_GT(got[k], wanted[k] - 0.01) << current << " pA, dt " << dt;
                    EXPECT_LT(got[k], wanted[k] + dt + 0.1 + 1.2e-3 * wanted[k])
                        << current << " pA, dt " << dt;
                }
            }
        }
    }
}

std::string error_of(const std::string& text) {
    try {
        parse_simulation(text, "test.yaml");
    } catch (const ModelError& error) {
        return error.what();
    }
    return "";
}

TEST(HhCondExpTraub, SaysTheLongestDt) {
    const auto with = [](const std::string& dt) {
        return error_of("name: test\ndt: " + dt +
                        "\nsimulate: {duration: 6 ms}\npopulations:\n  a: {size: 1, model: "
                        "hh_cond_exp_traub}\n");
    };
    EXPECT_EQ(with("0.5 ms"), "");
    EXPECT_NE(with("0.6 ms").find(": hh_cond_exp_traub finds its spikes with a dt of "
                                  "up to 0.5 ms; dt is 0.6 ms"),
              std::string::npos)
        << with("0.6 ms");
}

std::string trouble_of(Engine& engine, std::int64_t steps) {
    try {
        engine.advance(steps);
    } catch (const NumericalError& e) {
        return e.what();
    }
    return "";
}
SimulationSpec two_cells(const std::string& model, const std::string& more = "") {
    return parse_simulation(
        "name: test\ndt: 0.1 ms\nsimulate: {duration: 20 ms}\npopulations:\n  a: {size: 7, "
        "model: " +
            model + "}\n" + more,
        "test.yaml");
}

TEST(Bounds, AStateThatNothingAllowsEndsTheRun) {
    const auto expect_error = [](const std::string& model, std::size_t variable, float value,
                                 const std::string& message) {
        const SimulationSpec spec = two_cells(model);
        for (int k = 0; k < 3; ++k) {
            const auto engine =
                k < 2 ? make_engine(spec, {.threads = k + 1}) : make_serial_engine(spec, {});
            EXPECT_EQ(trouble_of(*engine, 64), "") << model;
            EngineState state = engine->state();
            state.states[0][7 * variable + 5] = value;
            engine->set_state(state);
            const std::string found = trouble_of(*engine, 100);
            EXPECT_NE(found.find(message), std::string::npos) << found << "\n" << message;
            EXPECT_NE(found.find("it became so between 6.4 ms and 9.6 ms"), std::string::npos)
                << found;
        }
    };
    const std::string of = " of cell 5 of 'a' is ",
                      not_allowed = ", which its parameters and currents do not allow; ";
    expect_error("iaf_cond_exp, v_th: 1e9 mV", 0, -46000.0f, "v" + of + "-");
    expect_error("iaf_cond_exp, v_th: 1e9 mV", 0, -46000.0f, "mV, below -86.85 mV" + not_allowed);
    expect_error("iaf_cond_exp, v_th: 1e9 mV, i_e: -1666.67 pA", 0, -46000.0f, "below -187.85 mV");
    expect_error("iaf_cond_exp, v_th: 1e9 mV", 0, 9000.0f, "mV, above 1.85 mV" + not_allowed);
    expect_error("iaf_cond_exp", 1, -3.0f, "below 0 nS" + not_allowed);
    expect_error("iaf_cond_exp", 1, -3.0f, "Look for initial values below 0");
    expect_error("aeif_cond_exp", 3, -30.0f, "g_in" + of + "-");
    expect_error("hh_cond_exp_traub", 0, -9000.0f, "below -92.4 mV");
    expect_error("hh_cond_exp_traub", 2, 1e9f, "h" + of);
    expect_error("lif_cond_adaptive", 0, -9000.0f, "below -102 mV");
}

TEST(Bounds, AConductanceBelowZeroIsToldWithItsCause) {
    const SimulationSpec spec = two_cells(
        "vsn, v_th: -10, i_e: -1, activation: identity",
        "  c: {size: 1, model: iaf_cond_exp}\n"
        "projections: [{from: a, to: c, connect: all_to_all, weight: 1 nS, delay: 0.1 ms}]\n");
    for (const auto& engine : {make_engine(spec, {.threads = 2}), make_serial_engine(spec, {})}) {
        const std::string found = trouble_of(*engine, 200);
        EXPECT_NE(found.find("g_ex of cell 0 of 'c' is -"), std::string::npos) << found;
        EXPECT_NE(found.find("between 0 ms and 3.2 ms"), std::string::npos) << found;
        EXPECT_NE(found.find("spikes with negative values"), std::string::npos) << found;
    }
}

TEST(Bounds, HoldForWhateverAUserMayDo) {
    std::mt19937 random(11);
    const auto between = [&](double a, double b) {
        return std::to_string(std::uniform_real_distribution(a, b)(random));
    };
    const char* const models[] = {"iaf_cond_exp", "aeif_cond_exp", "hh_cond_exp_traub"};
    for (int trial = 0; trial < 60; ++trial) {
        const std::string model = models[trial % 3];
        const bool aeif = trial % 3 == 1;
        std::string cell =
            "{size: 20, model: " + model + ", g_l: " + between(0.5, 30.0) +
            " nS, e_l: {distribution: uniform, low: -90 mV, high: -50 mV}, e_in: " +
            between(-110.0, -40.0) + " mV, i_e: " + between(-5000.0, 5000.0) +
            " pA, initial: {v: {distribution: normal, mean: " + between(-300.0, 100.0) +
            " mV, std: 30 mV}}";
        if (aeif)
            cell += ", a: " + between(-0.4, 30.0) + " nS, b: " + between(-50.0, 500.0) + " pA";
        const std::string text =
            "name: test\ndt: " + std::string(trial % 2 ? "0.1" : "0.5") +
            " ms\nseed: " + std::to_string(trial + 1) +
            "\nsimulate: {duration: 200 ms, runaway: allow}\npopulations:\n  a: " + cell + "}\n" +
            "projections:\n  - {from: a, to: a, connect: {rule: fixed_in_degree, n: 5}, weight: " +
            between(-2000.0, 2000.0) +
            " nS, delay: 1 ms}\nstimuli:\n  - {to: a, kind: noise, std: " + between(0.0, 3000.0) +
            " pA}\n  - {to: a, kind: dc, amplitude: {distribution: normal, " +
            "mean: 0 pA, std: 1000 pA}}\n  - {to: a, kind: sine, amplitude: -2000 pA, frequency: "
            "20 "
            "Hz, offset: -300 pA}\n  - {to: a, kind: poisson, rate: 2 kHz, weight: " +
            between(-100.0, 100.0) + " nS}\n  - {to: a, kind: steps, times: [20 ms, 90 ms], " +
            "amplitudes: [-9000 pA, 0 pA]}\n";
        const SimulationSpec spec = parse_simulation(text, "test.yaml");
        const auto engine = trial % 4 ? make_engine(spec, {}) : make_serial_engine(spec, {});
        EXPECT_EQ(trouble_of(*engine, spec.steps()), "") << text;
    }
}

TEST(CellModels, StartAsTheReferenceSays) {
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        const auto expect_start = []<class M>(const M*) {
            const typename M::Params params;
            const auto c = M::prepare(params, 0.1);
            const auto start = M::rest(params, c);
            const auto look = [&](const auto& field) {
                double value = static_cast<double>(start.*field.member);
                if (field.origin) value += static_cast<double>(c.*field.origin);
                const std::string text = field.start;
                if (text == "0") {
                    EXPECT_EQ(value, 0.0) << M::name << " " << field.name;
                }
                if constexpr (requires { params.e_l; }) {
                    if (text == "`e_l`") {
                        EXPECT_NEAR(value, params.e_l, 1e-5) << M::name;
                    }
                }
                if constexpr (std::is_same_v<M, Izhikevich>) {
                    const std::string name = field.name;
                    if (name != "waited") {
                        EXPECT_NEAR(value, name == "v" ? -65.0 : -13.0, 1e-5);
                    }
                }
            };
            M::states().for_each(look);
        };
        (expect_start(static_cast<std::tuple_element_t<K, CellModels::Types>*>(nullptr)), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<CellModels::Types>>());
    const std::string reference = model_reference();
    EXPECT_EQ(reference.find("| at rest |"), std::string::npos);
    EXPECT_NE(reference.find("| `v` | mV | -65 mV | membrane potential |"), std::string::npos);
    EXPECT_NE(reference.find("| `u` |  | `b` (-65 mV - `u_origin`) | recovery |"),
              std::string::npos);
}

TEST(IafPscDelta, LosesWhatArrivesAtTheEndOfTheRefractoryTimeAsNest) {
    // A spike at 2 ms and t_ref 1 ms: deaf up to 3 ms, the end included.
    IafPscDelta::Params p;
    p.tau_m = 1e9, p.e_l = 0.0, p.v_th = 20.0, p.v_reset = 0.0, p.t_ref = 1.0;
    const auto c = IafPscDelta::prepare(p, 0.1);
    for (int arrives = 20; arrives <= 33; ++arrives) {
        IafPscDelta::State s{};
        for (int n = 1; n <= 40; ++n) {
            CellInput in;
            if (n == 20) in.receptor_0 = 25.0f;
            if (n == arrives) in.receptor_0 += 5.0f;
            EXPECT_EQ(IafPscDelta::step(c, s, in), n == 20 ? 1.0f : 0.0f);
        }
        EXPECT_NEAR(s.v, arrives > 30 ? 5.0 : 0.0, 1e-4) << arrives;
    }
}

}  // namespace
}  // namespace snnsim
