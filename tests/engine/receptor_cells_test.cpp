// Cells whose receptors have names, step by step, against NEST.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "kernels/cells/all.hpp"
#include "kernels/plasticity/decay.hpp"
#include "kernels/plasticity/short_term.hpp"
#include "kernels/random.hpp"
#include "tests/engine/receptor_cells_golden.hpp"

namespace snnsim {
namespace {

/// What arrives at a receptor, by the step at whose end it does.
using Arrivals = std::map<int, float>;

template <class M>
struct Cell {
    typename M::Constants c;
    typename M::State s;

    Cell(const typename M::Params& p, double dt) : c(M::prepare(p, dt)), s(M::rest(p, c)) {}
    bool step(const CellInput& in) {
        if constexpr (has_strong<M>) {
            if (M::is_strong(c, s)) return M::step_strong(c, s, in) != 0.0f;
        }
        return M::step(c, s, in) != 0.0f;
    }
};

CellInput input_at(int n, const std::array<Arrivals, 4>& arrivals) {
    const auto at = [&](std::size_t r) {
        const auto found = arrivals[r].find(n);
        return found == arrivals[r].end() ? 0.0f : found->second;
    };
    CellInput in;
    in.receptor_0 = at(0), in.receptor_1 = at(1), in.receptor_2 = at(2), in.receptor_3 = at(3);
    return in;
}

TEST(IafCondNmda, AnswersSpikesAsNest) {
    const std::array<Arrivals, 4> arrivals{{{{60, 0.6f}, {310, 0.6f}},
                                            {{110, 1.5f}, {130, 1.5f}, {610, 1.5f}},
                                            {{410, 0.4f}},
                                            {{510, 0.3f}, {560, 0.3f}}}};
    IafCondNmda::Params p;
    p.c_m = 16.0, p.g_l = 1.2, p.v_th = 100.0;
    Cell<IafCondNmda> cell(p, 0.1);
    for (int n = 1; n <= 3000; ++n) {
        cell.step(input_at(n, arrivals));
        if (n % 100 == 0)
            EXPECT_NEAR(static_cast<double>(cell.s.v) + p.e_l,
                        golden_nmda[static_cast<std::size_t>(n / 100 - 1)], 3e-4)
                << n;
    }
}

TEST(IafCondNmda, ConductancesPeakAtTheWeight) {
    for (const double rise : {0.01, 1.0, 5.0, 39.9999, 40.0}) {
        IafCondNmda::Params p;
        p.tau_rise_nmda = rise, p.tau_decay_nmda = 40.0, p.v_th = 1e6;
        Cell<IafCondNmda> cell(p, 0.1);
        CellInput in;
        in.receptor_1 = 7.0f;
        cell.step(in);
        float most = 0.0f;
        for (int n = 0; n < 2000; ++n) {
            cell.step({});
            most = std::max(most, cell.s.g_nmda);
        }
        EXPECT_NEAR(most, 7.0f, rise < 0.1 ? 0.02f : 1e-3f) << rise;
    }
}

/// NMDA receptors that saturate (Brunel, Wang 2001), as NEST's iaf_bw_2001 has them: in the source
/// a spike takes s to s + k_0 + k_1 s, and s decays with tau_decay. That is short-term depression
/// with u_0 = -k_1 and tau_rec = tau_decay, and weights k_0 / -k_1 times as large; nothing rises.
TEST(IafCondNmda, SaturatesAsIafBw2001WithShortTermDepression) {
    const double k_0 = 0.64841674, u_0 = 1.0 - std::exp(-1.0);
    const DecayTable recovery(100.0, 0.1);
    std::array<Arrivals, 4> arrivals{
        {{{310, 60.0f}, {1210, 60.0f}}, {}, {{710, 40.0f}, {1510, 40.0f}}, {}}};
    ShortTerm source;
    int before = 0;
    for (const int n : golden_saturating_spikes) {
        source = ShortTerm::at_spike(source, static_cast<float>(u_0), recovery.view()(n - before),
                                     0.0f, before == 0);
        arrivals[1][n + 10] = static_cast<float>(20.0 * k_0 / u_0) * source.released();
        before = n;
    }
    IafCondNmda::Params p;
    p.c_m = 500.0, p.g_l = 25.0, p.v_th = 1000.0;
    p.tau_rise_ampa = 0.0, p.tau_decay_ampa = 2.0;
    p.tau_rise_nmda = 0.0, p.tau_decay_nmda = 100.0;
    p.tau_rise_gaba_a = 0.0, p.tau_decay_gaba_a = 5.0;
    p.k_nmda = 1.0 / 0.062, p.v_half_nmda = p.k_nmda * std::log(1.0 / 3.57);
    Cell<IafCondNmda> cell(p, 0.1);
    for (int n = 1; n <= 3000; ++n) {
        cell.step(input_at(n, arrivals));
        if (n % 100 != 0) continue;
        const auto k = static_cast<std::size_t>(n / 100 - 1);
        EXPECT_NEAR(cell.s.g_nmda, golden_saturating_g[k], 1e-3) << n;
        EXPECT_NEAR(static_cast<double>(cell.s.v) + p.e_l, golden_saturating_v[k], 3e-4) << n;
    }
}

TEST(IafCondNmda, StaysBetweenItsReversalPotentialsHoweverStrong) {
    for (const double dt : {0.1, 1.0, 5.0}) {
        const IafCondNmda::Params p;
        Cell<IafCondNmda> cell(p, dt);
        for (int n = 0; n < 3000; ++n) {
            CellInput in;
            if (n % 7 == 0) in.receptor_0 = std::exp(static_cast<float>(n % 13));
            if (n % 11 == 0) in.receptor_1 = std::exp(static_cast<float>(n % 15));
            if (n % 5 == 0) in.receptor_2 = std::exp(static_cast<float>(n % 14));
            if (n % 90 == 0) in.receptor_3 = std::exp(static_cast<float>(n % 12));
            cell.step(in);
            const double v = static_cast<double>(cell.s.v) + p.e_l;
            ASSERT_GE(v, -90.01) << dt << ", step " << n;
            ASSERT_LE(v, 0.01) << dt << ", step " << n;
        }
    }
}

/// Steps a cell as NEST's was: 400 pA from 1.2 ms on, and what arrives.
template <class M>
void expect_glif(const typename M::Params& p, const std::array<Arrivals, 4>& arrivals,
                 const GoldenGlif& golden, double accuracy) {
    Cell<M> cell(p, 0.1);
    std::vector<int> spikes;
    for (int n = 1; n <= 4000; ++n) {
        CellInput in = input_at(n, arrivals);
        in.current = n >= 12 ? 400.0f : 0.0f;
        if (cell.step(in)) spikes.push_back(n);
        if (n % 200 != 0) continue;
        const auto k = static_cast<std::size_t>(n / 200 - 1);
        EXPECT_NEAR(static_cast<double>(cell.s.v) + p.e_l, golden.v[k], accuracy) << n;
        EXPECT_NEAR(p.v_th + static_cast<double>(cell.s.th_spike + cell.s.th_voltage),
                    golden.threshold[k], 2e-4)
            << n;
    }
    EXPECT_EQ(spikes, golden.spikes);
}

TEST(Glif, IsTheOneOfNestOnEveryLevel) {
    const std::array<Arrivals, 4> arrivals{{{{210, 80.0f}, {260, 80.0f}, {2010, 80.0f}},
                                            {{410, 60.0f}, {1510, 60.0f}},
                                            {{610, -90.0f}, {2110, -90.0f}},
                                            {{3010, 70.0f}, {3060, 70.0f}}}};
    for (std::size_t level = 0; level < golden_glif.size(); ++level) {
        SCOPED_TRACE(level + 1);
        Glif::Params p;
        p.level = static_cast<GlifLevel>(level);
        p.tau_syn_2 = 5.5, p.tau_syn_3 = 2.8, p.tau_syn_4 = 5.8;
        expect_glif<Glif>(p, arrivals, golden_glif[level], 1e-3);
    }
}

TEST(GlifCond, IsTheOneOfNestOnEveryLevel) {
    const std::array<Arrivals, 4> arrivals{{{{210, 9.0f}, {260, 9.0f}, {2010, 9.0f}},
                                            {{410, 5.0f}, {1510, 5.0f}},
                                            {{610, 4.0f}, {2110, 4.0f}},
                                            {{3010, 7.0f}, {3060, 7.0f}}}};
    for (std::size_t level = 0; level < golden_glif_cond.size(); ++level) {
        SCOPED_TRACE(level + 1);
        GlifCond::Params p;
        p.level = static_cast<GlifLevel>(level);
        p.tau_syn_3 = 5.5, p.tau_syn_4 = 2.8;
        p.e_rev_3 = -20.0, p.e_rev_4 = -70.0;
        expect_glif<GlifCond>(p, arrivals, golden_glif_cond[level], 2e-3);
    }
}

TEST(GlifCond, StaysBetweenItsReversalPotentialsHoweverStrong) {
    for (const double dt : {0.1, 1.0, 5.0}) {
        const GlifCond::Params p;
        Cell<GlifCond> cell(p, dt);
        for (int n = 0; n < 3000; ++n) {
            CellInput in;
            if (n % 7 == 0) in.receptor_0 = std::exp(static_cast<float>(n % 13));
            if (n % 5 == 0) in.receptor_1 = std::exp(static_cast<float>(n % 14));
            if (n % 11 == 0) in.receptor_2 = std::exp(static_cast<float>(n % 15));
            cell.step(in);
            const double v = static_cast<double>(cell.s.v) + p.e_l;
            ASSERT_GE(v, -85.01) << dt << ", step " << n;
            ASSERT_LE(v, 0.01) << dt << ", step " << n;
        }
    }
}

TEST(PpCondExp2c, CompartmentsFollowAsInNest) {
    const std::array<Arrivals, 4> arrivals{{{{60, 20.0f}, {310, 20.0f}},
                                            {{110, 15.0f}, {130, 15.0f}},
                                            {{210, 300.0f}, {410, 300.0f}},
                                            {{510, 200.0f}, {530, 200.0f}}}};
    PpCondExp2c::Params p;
    p.phi_max = 0.0, p.g_ps = 50.0, p.i_e = 30.0;
    p.c_m_d = 250.0, p.g_l_d = 20.0, p.tau_syn_ex_d = 2.0, p.tau_syn_in_d = 4.0;
    Cell<PpCondExp2c> cell(p, 0.1);
    for (int n = 1; n <= 800; ++n) {
        EXPECT_FALSE(cell.step(input_at(n, arrivals)));
        if (n % 40 != 0) continue;
        const auto k = static_cast<std::size_t>(n / 40 - 1);
        EXPECT_NEAR(static_cast<double>(cell.s.v) + p.e_l, golden_soma[k], 1e-4) << n;
        EXPECT_NEAR(static_cast<double>(cell.s.v_d) + p.e_l, golden_dendrite[k], 1e-4) << n;
    }
}

TEST(PpCondExp2c, FiresAtTheRateOfItsPotential) {
    PpCondExp2c::Params p;
    p.i_e = 30.0 * 15.0;  // alone the soma would reach theta; the dendrite holds it
    p.g_sp = 0.0;
    for (const double t_ref : {0.0, 3.0}) {
        p.t_ref = t_ref;
        Cell<PpCondExp2c> cell(p, 0.1);
        const RandomKey key{3, Stream::cells, 0, 0};
        int spikes = 0;
        for (std::uint32_t n = 0; n < 400000; ++n) {
            CellInput in;
            in.random = key.draw(n).word[0];
            spikes += cell.step(in) ? 1 : 0;
        }
        // 0.1 per ms at theta; with the dead time 1 / (1 / 0.1 + t_ref).
        const double expected = 40000.0 / (10.0 + t_ref);
        EXPECT_NEAR(spikes, expected, 4.0 * std::sqrt(expected) + 0.006 * expected) << t_ref;
        EXPECT_NEAR(static_cast<double>(cell.s.v) + p.e_l, -55.0, 1e-3);
    }
}

TEST(PpCondExp2c, StaysFiniteHoweverStrongTheConductances) {
    for (const double g : {10.0, 600.0, 1e5, 1e7}) {
        PpCondExp2c::Params p;
        p.g_sp = g, p.g_ps = 0.3 * g, p.phi_max = 0.0, p.i_e = 100.0;
        Cell<PpCondExp2c> cell(p, 0.5);
        for (int n = 0; n < 3000; ++n) {
            CellInput in;
            if (n % 7 == 0) in.receptor_0 = std::exp(static_cast<float>(n % 16));
            if (n % 5 == 0) in.receptor_1 = std::exp(static_cast<float>(n % 17));
            cell.step(in);
            ASSERT_LT(std::abs(cell.s.v), 200.0f) << g << ", step " << n;
            ASSERT_LT(std::abs(cell.s.v_d), 200.0f) << g << ", step " << n;
        }
    }
}

}  // namespace
}  // namespace snnsim
