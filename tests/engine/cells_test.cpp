// Cell models step by step, against NEST.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/cells_golden.hpp"

namespace snnsim {
namespace {

struct Trace {
    std::vector<int> spikes;
    std::vector<double> v;  // at the end of every step
};

/// `input(n)` is what reaches the cell in the step that ends at n dt.
template <class M, class Input>
Trace run(const typename M::Params& params, typename M::State state, int steps, Input input) {
    const typename M::Constants constants = M::prepare(params, 0.1);
    Trace out;
    const auto of_v = field_at<0>(M::states()).origin;
    const double origin = of_v == nullptr ? 0.0 : static_cast<double>(constants.*of_v);
    for (int n = 1; n <= steps; ++n) {
        if (M::step(constants, state, input(n)) != 0.0f) out.spikes.push_back(n);
        out.v.push_back(static_cast<double>(state.v) + origin);
    }
    return out;
}

void expect_same_spikes(const std::vector<int>& got, const std::vector<int>& wanted) {
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t k = 0; k < got.size(); ++k) EXPECT_NEAR(got[k], wanted[k], 1) << "spike " << k;
}

TEST(IafPscExp, FiresAsNestUnderConstantCurrent) {
    for (const GoldenCurrent& g : golden_currents) {
        SCOPED_TRACE(g.cell.i_e);
        const Trace trace = run<IafPscExp>(g.cell, {}, 10000, [](int) { return CellInput{}; });
        expect_same_spikes(trace.spikes, g.spikes);
        for (std::size_t k = 0; k < g.v.size(); ++k) EXPECT_NEAR(trace.v[40 * k], g.v[k], 2e-4);
    }
}

TEST(IafPscExp, AnswersSpikesAsNest) {
    for (const GoldenInput& g : golden_inputs) {
        std::vector<CellInput> inputs(2002);
        const auto arrive = [&](const std::vector<int>& sent, int delay, double weight,
                                float CellInput::*receptor) {
            for (const int n : sent) {
                if (n + delay <= 2000)
                    inputs[static_cast<std::size_t>(n + delay)].*receptor +=
                        static_cast<float>(weight);
            }
        };
        arrive(g.sent_ex, g.delay_ex, g.weight_ex, &CellInput::receptor_0);
        arrive(g.sent_in, g.delay_in, g.weight_in, &CellInput::receptor_1);
        const Trace trace = run<IafPscExp>(
            g.cell, {}, 2000, [&](int n) { return inputs[static_cast<std::size_t>(n)]; });
        EXPECT_EQ(trace.spikes, g.spikes);
        for (std::size_t k = 0; k < g.v.size(); ++k) EXPECT_NEAR(trace.v[40 * k], g.v[k], 2e-4);
    }
}

TEST(IafPscExp, TheFormulaOfIntervalsHolds) {
    IafPscExp::Params p;
    p.i_e = 500.0;
    const Trace trace = run<IafPscExp>(p, {}, 20000, [](int) { return CellInput{}; });
    const double r = p.tau_m / p.c_m;
    const double interval = p.t_ref + p.tau_m * std::log((r * p.i_e + p.e_l - p.v_reset) /
                                                         (r * p.i_e + p.e_l - p.v_th));
    for (std::size_t k = 1; k < trace.spikes.size(); ++k)
        EXPECT_EQ(trace.spikes[k] - trace.spikes[k - 1],
                  static_cast<int>(std::ceil(interval / 0.1)));
}

TEST(IafPscExp, EqualTimeConstantsHaveTheLimitOfThePropagator) {
    EXPECT_NEAR(current_to_v(0.1, 250.0, 10.0, 10.0), current_to_v(0.1, 250.0, 10.0, 10.0 + 1e-6),
                1e-12);
}

TEST(Izhikevich, FiresAsNest) {
    for (const GoldenIzhikevich& g : golden_izhikevich) {
        Izhikevich::Params p;
        p.a = g.a, p.b = g.b, p.c = g.c, p.d = g.d, p.i_e = g.current;
        const Izhikevich::Constants c = Izhikevich::prepare(p, 0.1);
        const Izhikevich::State start{-65.0f - c.v_vertex, static_cast<float>(g.u - c.u_vertex)};
        Trace trace =
            run<Izhikevich>(p, start, g.compare_until + 1, [](int) { return CellInput{}; });
        std::vector<int> wanted;
        for (const int n : g.spikes) {
            if (n <= g.compare_until) wanted.push_back(n);
        }
        // A spike at the end of the window may lie a step on either side of it.
        if (trace.spikes.size() > wanted.size() && trace.spikes.back() >= g.compare_until)
            trace.spikes.pop_back();
        expect_same_spikes(trace.spikes, wanted);
        for (std::size_t k = 0; k < g.v.size() && trace.spikes.size() > 0; ++k) {
            if (static_cast<int>(20 * k) < trace.spikes[0] - 5) {
                EXPECT_NEAR(trace.v[20 * k], g.v[k], 0.02 + 1e-3 * std::abs(g.v[k]));
            }
        }
    }
}

/// v and the conductances by steps so small that the method does not matter.
double fine_v(const IafCondExp::Params& p, double v, double g_ex, double g_in, double dt) {
    const int pieces = 20000;
    const double h = dt / pieces;
    for (int k = 0; k < pieces; ++k) {
        v += h / p.c_m * (-p.g_l * (v - p.e_l) - g_ex * (v - p.e_ex) - g_in * (v - p.e_in) + p.i_e);
        g_ex *= std::exp(-h / p.tau_syn_ex);
        g_in *= std::exp(-h / p.tau_syn_in);
    }
    return v;
}

TEST(IafCondExp, OneStepIsTheSolution) {
    IafCondExp::Params p;
    p.tau_syn_ex = 5.0, p.tau_syn_in = 10.0, p.i_e = 100.0;
    const IafCondExp::Constants c = IafCondExp::prepare(p, 0.1);
    IafCondExp::State s{10.0f, 30.0f, 50.0f, 0.0f};  // v is relative to e_l
    IafCondExp::step(c, s, {});
    EXPECT_NEAR(s.v + p.e_l, fine_v(p, p.e_l + 10.0, 30.0, 50.0, 0.1), 2e-5);
    EXPECT_NEAR(s.g_ex, 30.0 * std::exp(-0.1 / 5.0), 1e-5);
    EXPECT_NEAR(s.g_in, 50.0 * std::exp(-0.1 / 10.0), 1e-5);
}

TEST(IafPscDelta, JumpsByTheWeightAndIsDeafWhileRefractory) {
    IafPscDelta::Params p;
    p.tau_m = 20.0, p.e_l = 0.0, p.v_th = 20.0, p.v_reset = 10.0, p.t_ref = 0.3;
    const Trace trace = run<IafPscDelta>(p, {}, 8, [](int n) {
        CellInput in;
        if (n == 1) in.receptor_0 = 5.0f;
        if (n == 2 || n == 3) in.receptor_0 = 16.0f;
        return in;
    });
    EXPECT_NEAR(trace.v[0], 5.0, 1e-6);
    EXPECT_EQ(trace.spikes, std::vector<int>{2});
    for (std::size_t n = 1; n <= 4; ++n) EXPECT_EQ(trace.v[n], 10.0);  // steps 2 to 5: at reset
    EXPECT_NEAR(trace.v[5], 10.0 * std::exp(-0.1 / 20.0), 1e-5);
}

}  // namespace
}  // namespace snnsim
