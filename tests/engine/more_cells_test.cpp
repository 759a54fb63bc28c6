// Cell models against NEST and against solutions in fine steps, sources against their rates, and
// every model at its limits.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <tuple>

#include "kernels/cells/step_cells.hpp"
#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "tests/engine/more_cells_golden.hpp"

namespace snnsim {
namespace {

struct Trace {
    std::vector<int> spikes;
    std::vector<double> v;  // at the end of every step
};

/// `input(n)` is what reaches the cell in the step that ends at n dt.
template <class M, class Input>
Trace run(const typename M::Params& params, typename M::State state, int steps, Input input) {
    const typename M::Constants c = M::prepare(params, 0.1);
    Trace out;
    for (int n = 1; n <= steps; ++n) {
        if (M::step(c, state, input(n)) != 0.0f) out.spikes.push_back(n);
        out.v.push_back(static_cast<double>(state.v) + params.e_l);
    }
    return out;
}
const auto nothing = [](int) { return CellInput{}; };

/// The current that lasts.
template <class M>
Trace under_current(typename M::Params params, double current, int steps) {
    params.i_e = current;
    return run<M>(params, M::rest(params, M::prepare(params, 0.1)), steps, nothing);
}

template <class M>
Trace run(const GoldenCell<M>& g, const typename M::State& start) {
    const int steps = static_cast<int>(20 * g.v.size());
    std::vector<CellInput> inputs(static_cast<std::size_t>(steps) + 1);
    for (const int n : g.sent_ex)
        inputs[static_cast<std::size_t>(n) + 10].receptor_0 += static_cast<float>(g.weight_ex);
    for (const int n : g.sent_in)
        inputs[static_cast<std::size_t>(n) + 10].receptor_1 += static_cast<float>(g.weight_in);
    return run<M>(g.cell, start, steps, [&](int n) { return inputs[static_cast<std::size_t>(n)]; });
}

void expect_spikes_within(int steps, const std::vector<int>& got, const std::vector<int>& wanted) {
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t k = 0; k < got.size(); ++k)
        EXPECT_NEAR(got[k], wanted[k], steps) << "spike " << k;
}

/// Membranes up to the last sample before the first spike's upstroke.
template <class M>
void expect_v_before_spikes(const GoldenCell<M>& g, const Trace& trace, double accuracy) {
    const int end = g.spikes.empty() ? 1 << 30 : g.spikes[0] - 10;
    for (std::size_t k = 0; k < g.v.size() && static_cast<int>(20 * k) < end; ++k)
        EXPECT_NEAR(trace.v[20 * k], g.v[k], accuracy) << "step " << 20 * k + 1;
}

TEST(IafPscAlpha, AnswersCurrentsAndSpikesAsNest) {
    for (const auto& g : golden_alpha) {
        SCOPED_TRACE(g.cell.i_e);
        const Trace trace = run(g, {});
        EXPECT_EQ(trace.spikes, g.spikes);
        for (std::size_t k = 0; k < g.v.size(); ++k) EXPECT_NEAR(trace.v[20 * k], g.v[k], 1e-4);
    }
}

TEST(AeifCondExp, AnswersCurrentsAndSpikesAsNest) {
    for (const auto& g : golden_aeif) {
        SCOPED_TRACE(g.cell.i_e);
        const Trace trace = run(g, {});
        expect_spikes_within(3, trace.spikes, g.spikes);
        expect_v_before_spikes(g, trace, 1e-3);
    }
}

TEST(HhCondExpTraub, AnswersCurrentsAndSpikesAsNest) {
    for (const auto& g : golden_hh) {
        SCOPED_TRACE(g.cell.i_e);
        // Where NEST starts the gates, whatever e_l and v_t are.
        const Trace trace = run(g, {0.0f, 9.8956e-9f, 1.0f, 2.5516e-7f, 0.0f, 0.0f, 0.0f, 0.0f});
        expect_spikes_within(2, trace.spikes, g.spikes);
        expect_v_before_spikes(g, trace, 0.02);
    }
}

/// What an alpha function of slope 1 leaves in v, by the midpoint rule.
double alpha_by_sum(double dt, double c_m, double tau_m, double tau_s) {
    const int pieces = 100000;
    double sum = 0.0;
    for (int k = 0; k < pieces; ++k) {
        const double t = dt * (k + 0.5) / pieces;
        sum += t * std::exp(-t / tau_s) * std::exp(-(dt - t) / tau_m);
    }
    return sum * dt / pieces / c_m;
}

TEST(IafPscAlpha, ThePropagatorIsTheIntegralForEqualTimeConstantsToo) {
    for (const double tau_s : {0.05, 0.5, 0.99, 1.01, 2.0, 9.99999, 10.0, 10.00001, 30.0}) {
        for (const double dt : {0.01, 0.1, 1.0}) {
            const double wanted = alpha_by_sum(dt, 250.0, 10.0, tau_s);
            EXPECT_NEAR(alpha_to_v(dt, 250.0, 10.0, tau_s), wanted, 1e-8 * wanted)
                << tau_s << " ms, " << dt << " ms";
        }
    }
}

TEST(IafPscAlpha, AWeightIsThePeakOfItsCurrent) {
    IafPscAlpha::Params p;
    p.tau_syn_ex = 2.0;
    const auto c = IafPscAlpha::prepare(p, 0.1);
    IafPscAlpha::State s{};
    CellInput in;
    in.receptor_0 = 100.0f;
    IafPscAlpha::step(c, s, in);
    EXPECT_EQ(s.i_ex, 0.0f);
    for (int n = 0; n < 20; ++n) IafPscAlpha::step(c, s, {});
    EXPECT_NEAR(s.i_ex, 100.0, 1e-3);
    for (int n = 0; n < 20; ++n) IafPscAlpha::step(c, s, {});
    EXPECT_NEAR(s.i_ex, 100.0 * 2.0 * std::exp(-1.0), 1e-3);
    EXPECT_NEAR(IafPscAlpha::current_of_rate(p, 1.0), 2.0 * std::exp(1.0), 1e-12);
}

TEST(IafPscAlpha, RestsAtResetWhileRefractory) {
    IafPscAlpha::Params p;
    p.t_ref = 1.5;
    const Trace trace = under_current<IafPscAlpha>(p, 1000.0, 1000);
    ASSERT_GT(trace.spikes.size(), 3u);
    const double interval =
        p.t_ref +
        p.tau_m * std::log(1000.0 * p.tau_m / p.c_m / (1000.0 * p.tau_m / p.c_m + p.e_l - p.v_th));
    for (std::size_t k = 1; k < trace.spikes.size(); ++k)
        EXPECT_EQ(trace.spikes[k] - trace.spikes[k - 1],
                  static_cast<int>(std::ceil(interval / 0.1)));
    const auto first = static_cast<std::size_t>(trace.spikes[0]);
    for (std::size_t n = first - 1; n < first + 15; ++n) EXPECT_EQ(trace.v[n], p.v_reset);
    EXPECT_GT(trace.v[first + 15], p.v_reset);
}

/// Euler steps so small that the method does not matter.
Trace fine(const AeifCondExp::Params& p, double g_ex, double g_in, int steps) {
    const double h = 2e-5;
    const int pieces = 5000;  // of 0.1 ms
    double v = p.e_l, w = 0.0;
    Trace out;
    for (int n = 1; n <= steps; ++n) {
        for (int k = 0; k < pieces; ++k) {
            const double rise = p.g_l * p.delta_t * std::exp((v - p.v_th) / p.delta_t);
            const double flow =
                -p.g_l * (v - p.e_l) + rise - g_ex * (v - p.e_ex) - g_in * (v - p.e_in) - w + p.i_e;
            w += h * (p.a * (v - p.e_l) - w) / p.tau_w;
            v += h * flow / p.c_m;
            g_ex -= h * g_ex / p.tau_syn_ex;
            g_in -= h * g_in / p.tau_syn_in;
            if (v >= p.v_peak) {
                v = p.v_reset;
                w += p.b;
                out.spikes.push_back(n);
            }
        }
        out.v.push_back(v);
    }
    return out;
}

TEST(AeifCondExp, FollowsTheSolutionInFineSteps) {
    AeifCondExp::Params p;
    p.i_e = 900.0, p.tau_syn_ex = 3.0, p.tau_syn_in = 6.0;
    const Trace wanted = fine(p, 20.0, 10.0, 400);
    const Trace got = run<AeifCondExp>(p, {0.0f, 0.0f, 20.0f, 10.0f, 0.0f}, 400, nothing);
    ASSERT_GT(wanted.spikes.size(), 1u);
    expect_spikes_within(1, got.spikes, wanted.spikes);
    for (int n = 0; n < wanted.spikes[0] - 5; n += 7) {
        const auto k = static_cast<std::size_t>(n);
        EXPECT_NEAR(got.v[k], wanted.v[k], 2e-3) << "step " << n + 1;
    }
}

TEST(AeifCondExp, FiresFasterWithMoreCurrentAndNotBelowTheRheobase) {
    // Without adaptation by v, g_l (v_th - e_l - delta_t) is the largest current that the leak can
    // carry off.
    AeifCondExp::Params p;
    p.a = 0.0;
    const double rheobase = p.g_l * (p.v_th - p.e_l - p.delta_t);
    EXPECT_TRUE(under_current<AeifCondExp>(p, rheobase - 5.0, 20000).spikes.empty());
    std::size_t before = 0;
    for (const double more : {5.0, 100.0, 300.0, 1000.0}) {
        const std::size_t count =
            under_current<AeifCondExp>(p, rheobase + more, 20000).spikes.size();
        EXPECT_GT(count, before);
        before = count;
    }
}

TEST(AeifCondExp, RestsAtResetWhileRefractoryAndWithoutTakeOffIsAnIafCell) {
    AeifCondExp::Params p;
    p.delta_t = 0.0, p.a = 0.0, p.b = 0.0, p.t_ref = 1.0;
    const Trace trace = under_current<AeifCondExp>(p, 1000.0, 2000);
    ASSERT_GT(trace.spikes.size(), 3u);
    const double tau = p.c_m / p.g_l, top = p.e_l + 1000.0 / p.g_l;
    // A spike is found up to a substep late, and the cell waits to the end of its dt.
    const double interval = p.t_ref + tau * std::log((top - p.v_reset) / (top - p.v_th));
    for (std::size_t k = 1; k < trace.spikes.size(); ++k)
        EXPECT_NEAR(0.1 * (trace.spikes[k] - trace.spikes[k - 1]), interval, 0.1001);
    const auto first = static_cast<std::size_t>(trace.spikes[0]);
    for (std::size_t n = first - 1; n < first + 10; ++n) EXPECT_NEAR(trace.v[n], p.v_reset, 1e-5);
    EXPECT_GT(trace.v[first + 10], p.v_reset + 0.1);
}

double gate_ratio(double x) {
    return std::abs(x) < 1e-7 ? 1.0 : x / std::expm1(x);
}
/// Euler steps so small that the method does not matter.
Trace fine(const HhCondExpTraub::Params& p, HhCondExpTraub::State s, int steps) {
    const double h = 2e-5;
    const int pieces = 5000;  // of 0.1 ms
    double v = p.e_l, m = s.m, hh = s.h, n = s.n, g_ex = s.g_ex, g_in = s.g_in, before = v;
    int waits = 0;
    Trace out;
    for (int k = 1; k <= steps; ++k) {
        for (int i = 0; i < pieces; ++i) {
            const double u = v - p.v_t;
            const double flow = -p.g_l * (v - p.e_l) - p.g_na * m * m * m * hh * (v - p.e_na) -
                                p.g_k * std::pow(n, 4) * (v - p.e_k) - g_ex * (v - p.e_ex) -
                                g_in * (v - p.e_in) + p.i_e;
            m += h * (1.28 * gate_ratio((13.0 - u) / 4.0) * (1.0 - m) -
                      1.4 * gate_ratio((u - 40.0) / 5.0) * m);
            hh += h * (0.128 * std::exp((17.0 - u) / 18.0) * (1.0 - hh) -
                       4.0 / (1.0 + std::exp((40.0 - u) / 5.0)) * hh);
            n += h * (0.16 * gate_ratio((15.0 - u) / 5.0) * (1.0 - n) -
                      0.5 * std::exp((10.0 - u) / 40.0) * n);
            v += h * flow / p.c_m;
            g_ex -= h * g_ex / p.tau_syn_ex;
            g_in -= h * g_in / p.tau_syn_in;
        }
        if (waits > 0) {
            --waits;
        } else if (v >= p.v_t + 30.0 && before > v) {
            out.spikes.push_back(k);
            waits = static_cast<int>(p.t_ref / 0.1 + 0.5);
        }
        before = v;
        out.v.push_back(v);
    }
    return out;
}

TEST(HhCondExpTraub, FollowsTheSolutionInFineSteps) {
    HhCondExpTraub::Params p;
    p.i_e = 300.0;
    HhCondExpTraub::State s = HhCondExpTraub::rest(p, HhCondExpTraub::prepare(p, 0.1));
    s.g_ex = 10.0f, s.g_in = 20.0f;
    const Trace wanted = fine(p, s, 400);
    const Trace got = run<HhCondExpTraub>(p, s, 400, nothing);
    ASSERT_GT(wanted.spikes.size(), 1u);
    expect_spikes_within(1, got.spikes, wanted.spikes);
    for (int n = 0; n < wanted.spikes[0] - 10; n += 7) {
        const auto k = static_cast<std::size_t>(n);
        EXPECT_NEAR(got.v[k], wanted.v[k], 0.01) << "step " << n + 1;
    }
}

TEST(HhCondExpTraub, FiresFasterWithMoreCurrentAndCountsEachSpikeOnce) {
    HhCondExpTraub::Params p;
    p.e_l = -65.0;
    EXPECT_TRUE(under_current<HhCondExpTraub>(p, 0.0, 10000).spikes.empty());
    std::size_t before = 0;
    for (const double current : {200.0, 400.0, 800.0, 1600.0}) {
        const Trace trace = under_current<HhCondExpTraub>(p, current, 10000);
        EXPECT_GT(trace.spikes.size(), before);
        before = trace.spikes.size();
        std::size_t upward = 0;
        for (std::size_t n = 1; n < trace.v.size(); ++n)
            upward += trace.v[n - 1] < -10.0 && trace.v[n] >= -10.0 ? 1 : 0;
        EXPECT_NEAR(static_cast<double>(trace.spikes.size()), static_cast<double>(upward), 1.0);
    }
}

TEST(Izhikevich, ACellWithAStepMovesAsOneWithThatDt) {
    Izhikevich::Params p;
    p.scheme = IzhikevichScheme::sequential;
    p.i_e = 14.0;
    const auto plain = Izhikevich::prepare(p, 0.5);
    p.step = 0.5;
    const auto stepping = Izhikevich::prepare(p, 0.1);
    Izhikevich::State a = Izhikevich::rest(p, plain), b = a;
    int spikes = 0;
    for (int n = 0; n < 2000; ++n) {
        const float fired = Izhikevich::step(plain, a, {});
        for (int k = 0; k < 4; ++k) EXPECT_EQ(Izhikevich::step(stepping, b, {}), 0.0f);
        EXPECT_EQ(Izhikevich::step(stepping, b, {}), fired);
        EXPECT_EQ(a.v, b.v);
        EXPECT_EQ(a.u, b.u);
        spikes += fired != 0.0f ? 1 : 0;
    }
    EXPECT_GT(spikes, 10);
}

TEST(RegularSource, FiresAtFirstAndThenEveryPeriod) {
    const auto times = [](const RegularSource::Params& p, double dt, int steps) {
        const auto c = RegularSource::prepare(p, dt);
        auto s = RegularSource::rest(p, c);
        std::vector<int> out;
        for (int n = 1; n <= steps; ++n) {
            if (RegularSource::step(c, s, {}) != 0.0f) out.push_back(n);
        }
        return out;
    };
    EXPECT_EQ(times({.rate = 100.0}, 0.1, 350), (std::vector{100, 200, 300}));
    EXPECT_EQ(times({.rate = 100.0, .first = 2.5}, 0.1, 250), (std::vector{25, 125, 225}));
    EXPECT_EQ(times({.rate = 300.0}, 0.1, 100), (std::vector{33, 67, 100}));  // 3.33, 6.67 ms
    EXPECT_EQ(times({.rate = 1000.0, .first = 0.4}, 1.0, 3), (std::vector{1, 2, 3}));
    EXPECT_TRUE(times({.rate = 0.0, .first = 1.0}, 0.1, 100).empty());
}

TEST(PoissonSource, TheRateFollowsTheSine) {
    // 64 steps a period, so that every phase is met equally often.
    PoissonSource::Params p;
    p.rate = 100.0, p.amplitude = 150.0, p.frequency = 15.625, p.phase = 0.7;
    const auto c = PoissonSource::prepare(p, 1.0);
    PoissonSource::State s{};
    std::mt19937 random(1);
    std::vector<int> counts(64);
    const int periods = 20000;
    for (std::uint32_t n = 0; n < 64u * periods; ++n) {
        CellInput in;
        in.step = n;
        in.random = static_cast<std::uint32_t>(random());
        counts[n % 64] += PoissonSource::step(c, s, in) != 0.0f ? 1 : 0;
    }
    for (std::size_t k = 0; k < 64; ++k) {
        const double angle = 6.283185307179586 * (static_cast<double>(k) + 0.5) / 64.0 + 0.7;
        const double probability = std::max(0.0, 0.1 + 0.15 * std::sin(angle));
        const double wanted = periods * probability;
        EXPECT_NEAR(counts[k], wanted, 4.5 * std::sqrt(wanted)) << "phase " << k;
    }
}

/// The words that make it fire are the first ones; as many as the probability says, of 2^32.
TEST(PoissonSource, RareSpikesHaveTheirRate) {
    const auto fires = [](double rate, std::uint32_t word) {
        const auto c = PoissonSource::prepare({.rate = rate}, 1.0);
        PoissonSource::State s{};
        CellInput in;
        in.random = word;
        return PoissonSource::step(c, s, in) != 0.0f;
    };
    for (const double rate : {1e-5, 1e-4, 1e-3, 5e-3, 0.06, 0.061, 0.0611, 1.0, 20.0, 900.0}) {
        std::uint64_t low = 0, high = std::uint64_t{1} << 32;  // low fires, high does not
        ASSERT_TRUE(fires(rate, 0));
        while (high - low > 1) {
            const std::uint64_t middle = (low + high) / 2;
            (fires(rate, static_cast<std::uint32_t>(middle)) ? low : high) = middle;
        }
        const double wanted = rate * 1e-3 * 0x1p32, one = rate < 0.061 ? 1.0 : 256.0;
        EXPECT_NEAR(static_cast<double>(high), wanted, one + wanted * 1e-7) << rate;
        for (const std::uint64_t below : {high / 2, high / 3, high / 97})
            EXPECT_TRUE(fires(rate, static_cast<std::uint32_t>(below))) << rate;
        for (const std::uint64_t above : {2 * high, 3 * high, 5 * high}) {
            if (above >> 32 == 0)
                EXPECT_FALSE(fires(rate, static_cast<std::uint32_t>(above))) << rate;
        }
    }
}

TEST(PoissonSource, TheSineIsAccurateAndDoesNotDrift) {
    PoissonSource::Params p;
    p.rate = 500.0, p.amplitude = 500.0, p.frequency = 1000.0 / 1024.0;
    const auto c = PoissonSource::prepare(p, 1.0);
    for (std::uint32_t n = 0; n < 1024; ++n) {
        const double wanted =
            0.5 + 0.5 * std::sin(6.283185307179586 * (static_cast<double>(n) + 0.5) / 1024.0);
        for (const std::uint32_t later : {0u, 1024u * 3000000u}) {
            const auto fires = [&](double u) {
                PoissonSource::State s{};
                CellInput in;
                in.step = n + later;
                in.random = static_cast<std::uint32_t>(u * 4294967296.0);
                return PoissonSource::step(c, s, in) != 0.0f;
            };
            EXPECT_TRUE(wanted < 2e-6 || fires(wanted - 1e-6)) << n;
            EXPECT_FALSE(wanted < 1.0 - 2e-6 && fires(wanted + 1e-6)) << n;
        }
    }
}

/// Calls f.template operator()<M>() for every model of the list.
template <class F>
void for_each_model(F&& f) {
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        (f.template operator()<std::tuple_element_t<K, CellModels::Types>>(), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<CellModels::Types>>());
}

template <class M>
std::vector<float> state_of(const typename M::State& s) {
    std::vector<float> out;
    M::states().for_each([&](const auto& field) { out.push_back(s.*field.member); });
    return out;
}

template <class M>
void expect_finite_whatever_arrives() {
    const typename M::Params params;
    const auto c = M::prepare(params, 0.1);
    for (const float size : {1e3f, 1e6f, 1e12f, 1e30f}) {
        auto s = M::rest(params, c);
        for (int n = 0; n < 3000; ++n) {
            CellInput in;
            in.receptor_0 = n / 100 % 3 == 0 ? size : 0.0f;
            in.receptor_1 = n / 130 % 2 == 0 ? has_named_receptors<M> ? size : -size : 0.0f;
            in.receptor_2 = in.receptor_0, in.receptor_3 = n / 300 % 3 == 0 ? size : 0.0f;
            in.current = n / 170 % 2 == 0 ? size : n / 90 % 2 == 0 ? -size : 0.0f;
            if constexpr (has_strong<M>) {
                if (M::is_strong(c, s)) {
                    M::step_strong(c, s, in);
                } else {
                    M::step(c, s, in);
                }
            } else {
                M::step(c, s, in);
            }
            for (const float x : state_of<M>(s))
                ASSERT_TRUE(std::isfinite(x)) << M::name << " with " << size << " in step " << n;
        }
    }
}

TEST(CellModels, StayFiniteWhateverArrives) {
    expect_finite_whatever_arrives<IafPscAlpha>();
    expect_finite_whatever_arrives<IafCondExp>();
    expect_finite_whatever_arrives<IafCondNmda>();
    expect_finite_whatever_arrives<Glif>();
    expect_finite_whatever_arrives<GlifCond>();
    expect_finite_whatever_arrives<PpCondExp2c>();
    expect_finite_whatever_arrives<LifCondAdaptive>();
    expect_finite_whatever_arrives<AeifCondExp>();
    expect_finite_whatever_arrives<HhCondExpTraub>();
}

/// The cells of one model in panels of `Lanes`, for some steps with input.
template <class M, bool Varied, int Lanes>
std::vector<float> states_after(int steps, double dt, float unit) {
    constexpr std::size_t cells = 48, states = M::states().size;
    constexpr std::size_t constants = sizeof(typename M::Constants) / sizeof(float);
    const typename M::Params params;
    const auto c = M::prepare(params, dt);
    float values[constants];
    __builtin_memcpy(values, &c, sizeof(c));
    const std::vector<float> start = state_of<M>(M::rest(params, c));
    std::vector<float> state, constant, current(cells), sent;
    for (const float x : start) state.insert(state.end(), cells, x);
    for (const float x : values) constant.insert(constant.end(), cells, x);
    for (std::size_t i = 0; i < cells; ++i) current[i] = 40.0f * static_cast<float>(i);
    constexpr std::size_t receptors = std::max(2, M::receptors);
    std::vector<std::int32_t> arriving(receptors * cells);
    CellArrays arrays;
    for (std::size_t k = 0; k < states; ++k) arrays.state[k] = state.data() + k * cells;
    for (std::size_t k = 0; k < constants; ++k) arrays.constants[k] = constant.data() + k * cells;
    for (std::size_t r = 0; r < receptors; ++r) {
        arrays.arriving[r] = arriving.data() + r * cells;
        arrays.unit[r] = unit;
    }
    arrays.current = current.data();
    for (int n = 0; n < steps; ++n) {
        for (std::size_t i = 0; i < cells; ++i) {
            if ((n + static_cast<int>(i)) % 37 == 0) arriving[i] += 90;
            // Below 0 only where the sign says the receptor.
            if ((n + static_cast<int>(i)) % 53 == 0)
                arriving[cells + i] += has_named_receptors<M> ? 60 : -60;
            for (std::size_t r = 2; r < receptors; ++r)
                if ((n + static_cast<int>(i + r)) % 71 == 0) arriving[r * cells + i] += 70;
        }
        const RandomKey random{1, Stream::cells, 0, static_cast<std::uint32_t>(n)};
        const StepCells<M, Varied, Lanes> step{c, arrays, random};
        for (std::size_t at = 0; at < cells; at += Lanes) {
            float out[Lanes];
            step(at, out);
            sent.insert(sent.end(), out, out + Lanes);
        }
    }
    state.insert(state.end(), sent.begin(), sent.end());
    return state;
}

TEST(CellModels, GiveTheSameBitsInPanelsAndOneByOne) {
    for_each_model([]<class M>() {
        SCOPED_TRACE(M::name);
        // Weak conductances, strong ones, and steps that are made in parts.
        const std::vector<std::pair<double, float>> cases{{0.1, 0.25f}, {0.1, 60.0f}, {0.4, 6.0f}};
        for (const auto& [dt, unit] : cases) {
            const std::vector<float> wanted = states_after<M, false, 1>(600, dt, unit);
            const auto expect_same = [&](const std::vector<float>& got) {
                ASSERT_EQ(got.size(), wanted.size());
                EXPECT_EQ(__builtin_memcmp(got.data(), wanted.data(), got.size() * sizeof(float)),
                          0);
            };
            expect_same(states_after<M, false, 16>(600, dt, unit));
            expect_same(states_after<M, true, 1>(600, dt, unit));
            expect_same(states_after<M, true, 16>(600, dt, unit));
        }
    });
}

std::string error_of(const std::string& cell, const std::string& rest = "") {
    try {
        parse_simulation(
            "name: test\ndt: 0.1 ms\nsimulate: {duration: 1 ms}\npopulations:\n  a: {size: "
            "1, model: " +
                cell + "}\n" + rest,
            "test.yaml");
    } catch (const ModelError& error) {
        return error.what();
    }
    return "";
}
void expect_error(const std::string& cell, const std::string& part) {
    EXPECT_NE(error_of(cell).find(part), std::string::npos) << cell << "\n" << error_of(cell);
}

TEST(CellChecks, SayWhatParametersCannotBe) {
    EXPECT_EQ(error_of("'aeif_cond_exp', v_reset: -46 mV, v_th: -50 mV"), "");
    expect_error("aeif_cond_exp, v_reset: 1 mV", "must lie below v_peak");
    expect_error("iaf_psc_alpha, v_reset: -50 mV", "must lie below v_th");
    EXPECT_EQ(error_of("izhikevich, step: 0.5 ms"), "");
    EXPECT_EQ(error_of("izhikevich, scheme: published_2003, step: 0.1 ms"), "");
    expect_error("izhikevich, step: 0.25 ms", "step (0.25 ms) must be a multiple of dt (0.1 ms)");
    expect_error("izhikevich, step: 0.01 ms", "must be a multiple of dt");
    expect_error("izhikevich, scheme: published_2003, step: 0.5 ms", "leave step out");
    expect_error("izhikevich, step: {distribution: uniform, low: 0.1 ms, high: 1 ms}",
                 "the same for all cells");
    EXPECT_EQ(error_of("regular_source, rate: 10 kHz"), "");
    expect_error("regular_source, rate: 11 kHz", "write at most 10000 Hz");
    EXPECT_EQ(error_of("poisson_source, rate: 6 kHz, amplitude: 4 kHz, frequency: 5 Hz"), "");
    expect_error("poisson_source, rate: 6 kHz, amplitude: -5 kHz, frequency: 5 Hz",
                 "probability of a spike");
}

}  // namespace
}  // namespace snnsim
