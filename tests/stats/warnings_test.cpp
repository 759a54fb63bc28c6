#include "src/stats/warnings.hpp"

#include <gtest/gtest.h>

#include "snnsim/read_model.hpp"

namespace snnsim {
namespace {

SimulationSpec network() {
    return parse_simulation(R"(name: test
dt: 1 ms
simulate: {duration: 1 s}
populations:
  in: {model: poisson_source, size: 60, rate: 5 Hz}
  out: {model: iaf_psc_delta, size: 20}
projections:
  - {from: in, to: out, connect: all_to_all, weight: 0.5 mV, plasticity: {rule: stdp, w_max: 1 mV, w_min: 0.1 mV}}
)",
                            "test.yaml");
}

TEST(Warnings, TellOfPopulationsWithoutSpikes) {
    const SimulationSpec spec = network();
    EXPECT_TRUE(silent_populations(spec, {3, 1}, 1000.0, "the whole run").empty());
    EXPECT_EQ(silent_populations(spec, {3, 0}, 350.0, "the phase 'train'"),
              std::vector<std::string>{
                  "none of the 20 cells of 'out' fired in the phase 'train' (350 ms)"});
}

TEST(Warnings, TellOfWeightsAtTheirBounds) {
    const SimulationSpec spec = network();
    const auto told = [&](std::size_t low, std::size_t high) {
        ProjectionWeights w;
        w.weight.assign(1000, 0.5f);
        std::fill_n(w.weight.begin(), low, 0.1f);
        std::fill_n(w.weight.rbegin(), high, 1.0f);
        WeightsAtBounds at_bounds(spec);
        for (const std::size_t part : {0, 400}) {  // in two parts
            ProjectionWeights some;
            some.first = part;
            some.weight.assign(w.weight.begin() + static_cast<std::ptrdiff_t>(part),
                               part == 0 ? w.weight.begin() + 400 : w.weight.end());
            at_bounds.add(some);
        }
        return at_bounds.lines();
    };
    EXPECT_TRUE(told(0, 0).empty());
    EXPECT_TRUE(told(489, 500).empty());
    EXPECT_EQ(told(490, 500),
              std::vector<std::string>{"990 of the 1000 weights of 'in_to_out' (99.0 %) lie at a "
                                       "bound: 490 at w_min (0.1 mV), 500 at w_max (1 mV)"});
    EXPECT_EQ(told(0, 1000).size(), 1u);
}

}  // namespace
}  // namespace snnsim
