#include "src/sonata/nest_cells.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/steps.hpp"
#include "snnsim/error.hpp"

namespace snnsim::sonata {
namespace {

double value_in(const Cell& cell, const std::string& name) {
    const auto at = std::find_if(cell.values.begin(), cell.values.end(),
                                 [&](const CellValue& v) { return v.name == name; });
    return at == cell.values.end() ? -1e9 : at->value;
}
std::string error_of(const std::string& model, const NestParameters& given) {
    try {
        cell_of(model, given, 0.1);
    } catch (const FileError& e) {
        return e.what();
    }
    return "none";
}

TEST(SonataNestCells, WhatDecaysOverARefractoryTimeDoesSoOverNearlyNests) {
    const auto t_ref = [](double given, double level, double dt) {
        const Cell cell =
            cell_of("glif_psc", {{"t_ref", {given}}, {"after_spike_currents", {level}}}, dt);
        return std::pair(value_in(cell, "t_ref"), cell.moved_t_ref);
    };
    // 31 steps in NEST; the nearest number is 30, and 3.05 ms is the first that goes to 31.
    EXPECT_NEAR(t_ref(3.009, 1, 0.1).first, 3.05, 1e-6);
    EXPECT_EQ(rounded_steps(t_ref(3.009, 1, 0.1).first, 0.1), 31.0);
    EXPECT_EQ(t_ref(3.009, 1, 0.1).second, 3.009);
    EXPECT_EQ(rounded_steps(t_ref(2.4, 1, 1.0).first, 1.0), 3.0);
    EXPECT_EQ(t_ref(3.009, 0, 0.1), std::pair(3.1, 0.0));  // nothing decays
    EXPECT_EQ(t_ref(3.09, 1, 0.1), std::pair(3.09, 0.0));
}

TEST(SonataNestCells, WhatIsNotGivenIsAsInNest) {
    const Cell cell = cell_of("iaf_psc_exp", {{"E_L", {-60.0}}, {"tau_m", {12.5}}}, 0.1);
    EXPECT_EQ(cell.model, "iaf_psc_exp");
    EXPECT_EQ(cell.weight_unit, "pA");
    EXPECT_EQ(value_in(cell, "tau_m"), 12.5);
    EXPECT_EQ(value_in(cell, "e_l"), -60.0);
    // All potentials are absolute: they do not follow E_L.
    EXPECT_EQ(value_in(cell, "v"), -70.0);
    EXPECT_EQ(value_in(cell, "v_th"), -55.0);
    EXPECT_EQ(value_in(cell, "v_reset"), -70.0);
}

TEST(SonataNestCells, RefractoryTimesAreRoundedUp) {
    const auto t_ref = [](double given, double dt) {
        return value_in(cell_of("iaf_psc_delta", {{"t_ref", {given}}}, dt), "t_ref");
    };
    EXPECT_DOUBLE_EQ(t_ref(0.04, 0.1), 0.1);
    EXPECT_DOUBLE_EQ(t_ref(0.24, 0.1), 0.3);
    EXPECT_DOUBLE_EQ(t_ref(2.0, 0.1), 2.0);
    EXPECT_DOUBLE_EQ(t_ref(2.0000001, 0.1), 2.0000001);  // NEST counts in 0.001 ms
    EXPECT_DOUBLE_EQ(t_ref(3.75, 0.1), 3.75);            // is rounded up here too
    EXPECT_DOUBLE_EQ(t_ref(0.0, 0.1), 0.0);
}

TEST(SonataNestCells, WhatACellDoesNotDoIsAnError) {
    EXPECT_EQ(error_of("iaf_psc_exp", {{"delta", {1.0}}}),
              "'delta' is 1, which the cell here does not do; leave it out");
    EXPECT_EQ(error_of("iaf_psc_delta", {{"refractory_input", {1.0}}}).substr(0, 18),
              "'refractory_input'");
    EXPECT_EQ(error_of("iaf_psc_exp", {{"taum", {1.0}}}),
              "'taum' is not known of iaf_psc_exp; did you mean 'tau_m'?");
    EXPECT_EQ(error_of("iaf_psc_exp", {{"tau_m", {1.0, 2.0}}}), "'tau_m' must be one number");
    EXPECT_EQ(error_of("iaf_psc_exp", {{"tau_minus", {20.0}}, {"delta", {0.0}}}), "none");
    EXPECT_FALSE(knows_nest_model("iaf_cond_alpha"));
}

TEST(SonataNestCells, LevelsOfGlif) {
    const auto level = [](double threshold, double currents, double adapts) {
        return cell_of("glif_psc",
                       {{"spike_dependent_threshold", {threshold}},
                        {"after_spike_currents", {currents}},
                        {"adapting_threshold", {adapts}}},
                       0.1)
            .choices[0]
            .second;
    };
    EXPECT_EQ(level(0, 0, 0), "glif1");
    EXPECT_EQ(level(1, 0, 0), "glif2");
    EXPECT_EQ(level(0, 1, 0), "glif3");
    EXPECT_EQ(level(1, 1, 0), "glif4");
    EXPECT_EQ(level(1, 1, 1), "glif5");
    EXPECT_THROW(level(1, 0, 1), FileError);
    const Cell cell = cell_of("glif_cond",
                              {{"asc_amps", {-5.0}},
                               {"asc_decay", {0.01}},
                               {"asc_r", {1.0}},
                               {"tau_syn", {1.0, 2.0, 3.0}},
                               {"E_rev", {0.0, -80.0, -90.0}}},
                              0.1);
    EXPECT_EQ(cell.ports, 3);
    EXPECT_EQ(value_in(cell, "asc_decay_1"), 10.0);
    EXPECT_EQ(value_in(cell, "asc_amp_2"), 0.0);
    EXPECT_EQ(value_in(cell, "e_rev_3"), -90.0);
    EXPECT_THROW(cell_of("glif_psc", {{"asc_amps", {1, 2, 3}}}, 0.1), FileError);
    EXPECT_THROW(cell_of("glif_psc", {{"tau_syn", {1, 2, 3, 4, 5}}}, 0.1), FileError);
}

TEST(SonataNestCells, IzhikevichStartsAsInNest) {
    const Cell cell = cell_of("izhikevich", {{"b", {0.25}}, {"V_th", {35.0}}}, 0.1);
    EXPECT_EQ(value_in(cell, "v_peak"), 35.0);
    EXPECT_EQ(value_in(cell, "u"), -13.0);  // whatever b is
    EXPECT_EQ(cell.choices[0].second, "euler");
    EXPECT_EQ(cell_of("izhikevich", {{"consistent_integration", {0.0}}}, 0.1).choices[0].second,
              "published_2003");
}

}  // namespace
}  // namespace snnsim::sonata
