// The astrocyte against an independent integration, and what it releases.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/cells/astrocyte_gchi.hpp"

namespace snnsim {
namespace {

struct Course {
    std::vector<double> releases;              // s
    std::vector<AstrocyteGchi::State> states;  // every 2 s
};

Course run(const AstrocyteGchi::Params& params, double dt, double seconds) {
    const auto c = AstrocyteGchi::prepare(params, dt);
    AstrocyteGchi::State s = AstrocyteGchi::rest(params, c);
    Course out;
    const auto sample = static_cast<int>(std::lround(2e3 / dt));
    for (int n = 1; n <= static_cast<int>(std::lround(1e3 * seconds / dt)); ++n) {
        if (AstrocyteGchi::step(c, s, {}) != 0.0f) out.releases.push_back(1e-3 * dt * n);
        if (n % sample == 0) out.states.push_back(s);
    }
    return out;
}

TEST(Astrocyte, CalciumAndIp3OfAnIndependentIntegration) {
    // scipy 1.17.1 solve_ivp, LSODA, rtol 1e-10: c and ip3 every 2 s, and when c crosses 0.5 uM
    // upwards.
    const struct {
        double i_b;
        std::vector<double> crossings, c, ip3;
    } cases[] = {
        {0.8,
         {2.1851, 19.4484},
         {.222081, .942615, .491917, .156024, .030697, .032797, .035491, .039354, .047965, .963988},
         {.727782, .512132, .590579, 1.010550, .959729, .925617, .908949, .907714, .928835,
          .559317}},
        {1.25,
         {1.1431, 10.4221},
         {1.180491, .862295, .469259, .254889, .396571, .610105, .477444, .386871, .450432,
          .480829},
         {.916547, .938559, 1.012841, 1.278018, 1.460472, .976454, 1.014259, 1.117371, 1.138942,
          1.017642}},
    };
    for (const auto& k : cases) {
        AstrocyteGchi::Params p;
        p.f = 2.0;
        p.i_b = k.i_b;
        for (const double dt : {0.1, 1.0}) {
            const Course found = run(p, dt, 20.0);
            ASSERT_EQ(found.releases.size(), k.crossings.size()) << k.i_b;
            for (std::size_t i = 0; i < k.crossings.size(); ++i)
                EXPECT_NEAR(found.releases[i], k.crossings[i], 2e-3);
            for (std::size_t i = 0; i < k.c.size(); ++i) {
                EXPECT_NEAR(static_cast<double>(found.states[i].c), k.c[i], 2e-3 * k.c[i]);
                EXPECT_NEAR(static_cast<double>(found.states[i].ip3), k.ip3[i], 2e-3 * k.ip3[i]);
            }
        }
    }
}

TEST(Astrocyte, ReleasesAShareOfWhatIsReady) {
    AstrocyteGchi::Params p;
    p.f = 2.0;
    const auto c = AstrocyteGchi::prepare(p, 1.0);
    AstrocyteGchi::State s = AstrocyteGchi::rest(p, c);
    while (AstrocyteGchi::step(c, s, {}) == 0.0f) {
    }
    EXPECT_NEAR(s.g_a, 6.5e-4 * 2e5 * 0.6, 1e-3);
    EXPECT_NEAR(s.x_a, 0.4f, 1e-6f);
    for (int n = 0; n < 100; ++n) EXPECT_EQ(AstrocyteGchi::step(c, s, {}), 0.0f);  // once
    EXPECT_NEAR(s.g_a, 78.0 * std::exp(-6.0), 1e-3);
    EXPECT_NEAR(s.x_a, 1.0 - 0.6 * std::exp(-0.06), 1e-5);
}

TEST(Astrocyte, TakesIp3FromSpikes) {
    const AstrocyteGchi::Params p;
    const auto c = AstrocyteGchi::prepare(p, 1.0);
    AstrocyteGchi::State s = AstrocyteGchi::rest(p, c);
    CellInput in;
    in.receptor_0 = 0.5f;
    AstrocyteGchi::step(c, s, in);
    EXPECT_NEAR(s.ip3, 0.51f, 1e-4f);
    in.receptor_0 = -9.0f;  // no less than none
    AstrocyteGchi::step(c, s, in);
    EXPECT_EQ(s.ip3, 0.0f);
}

}  // namespace
}  // namespace snnsim
