// Astrocytes that change what synapses release: against an independent integration; on any engine.
#include "src/engine/plasticity/gliotransmission.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "kernels/cells/spike_source.hpp"
#include "snnsim/played_spikes.hpp"
#include "tests/engine/plastic_networks.hpp"
#include "tests/engine/sent_spikes.hpp"

namespace snnsim {
namespace {

/// Spikes at 16.5 s and after 50, 100, 150, 200, 300, 310, ... 400 ms, to three cells whose
/// astrocytes do nothing, or are driven to i_b of 0.8 and 1.25 uM.
SimulationSpec three_synapses(const std::string& alpha, const std::string& at) {
    SimulationSpec spec = parse_simulation(
        "name: test\ndt: 1 ms\nsimulate: {duration: 17 s}\n"
        "populations:\n"
        "  s: {model: spike_source, size: 3, file: CMakeLists.txt}\n"  // see below
        "  b: {model: leaky_readout, size: 3}\n"
        "  glia: {model: astrocyte_gchi, size: 3, f: {values: [0, 2, 2]}, i_b: {values: [0.8, 0.8, "
        "1.25]}}\n"
        "projections:\n"
        "  - {from: s, to: b, connect: one_to_one, weight: 1, delay: 1 ms, short_term: {u_0: 0.6, "
        "tau_rec: 500 ms, tau_fac: 300.3003 ms}, gliotransmission: {from: glia, alpha: " +
            alpha + ", at: " + at +
            "}}\n"
            "record: [{population: b, what: input, interval: 1 ms}, {population: glia, what: "
            "gamma, interval: 1 ms}]\n",
        std::string(SNNSIM_SOURCE_DIR) + "/tests/test.yaml");
    PlayedSpikes played;
    for (const int after :
         {0, 50, 100, 150, 200, 300, 310, 320, 330, 340, 350, 360, 370, 380, 390, 400}) {
        for (std::uint32_t cell = 0; cell < 3; ++cell)
            played.keys.push_back(played_key(16500 + after, cell));
    }
    spec.populations[0].played = std::make_shared<const PlayedSpikes>(played);
    return spec;
}

std::vector<float> released(const SimulationSpec& spec, std::size_t cell) {
    const auto engine = make_engine(spec, {.threads = 2});
    engine->advance(spec.steps());
    std::vector<float> out;
    const std::vector<float> values = engine->take_states()[0].values;
    for (std::size_t k = cell; k < values.size(); k += 3) {
        if (values[k] != 0.0f) out.push_back(values[k]);
    }
    return out;
}

TEST(Gliotransmission, ReleaseOfAnIndependentIntegration) {
    // scipy 1.10.1 solve_ivp, LSODA, rtol 1e-10, of Stimberg et al. 2018.
    const std::vector<double> alone{0.6,      0.367136, 0.153963, 0.103508, 0.095842, 0.162926,
                                    0.042911, 0.021956, 0.020096, 0.019885, 0.019827, 0.019806,
                                    0.019798, 0.019795, 0.019794, 0.019793};
    const std::vector<double> modulated[2][2] = {
        {{0.143139, 0.215136, 0.222084, 0.195209, 0.161297, 0.146327, 0.111587, 0.075511, 0.049145,
          0.03372, 0.026052, 0.022658, 0.021245, 0.020645, 0.02036, 0.020199},
         {0.046316, 0.080416, 0.101839, 0.112594, 0.11563, 0.106468, 0.111679, 0.107913, 0.098033,
          0.085001, 0.071292, 0.05862, 0.047918, 0.039488, 0.033213, 0.028755}},
        {{0.904574, 0.177446, 0.097208, 0.095088, 0.095018, 0.177361, 0.024729, 0.019869, 0.019804,
          0.0198, 0.0198, 0.0198, 0.0198, 0.0198, 0.0198, 0.0198},
         {0.969123, 0.122416, 0.095311, 0.095118, 0.095115, 0.180001, 0.021397, 0.019808, 0.019801,
          0.019801, 0.019801, 0.019801, 0.019801, 0.019801, 0.019801, 0.019801}}};
    for (const char* const at : {"source", "target"}) {
        for (int alpha = 0; alpha < 2; ++alpha) {
            const SimulationSpec spec = three_synapses(std::to_string(alpha), at);
            for (std::size_t cell = 0; cell < 3; ++cell) {
                const std::vector<double>& wanted = cell == 0 ? alone : modulated[alpha][cell - 1];
                const std::vector<float> found = released(spec, cell);
                ASSERT_EQ(found.size(), wanted.size()) << at << alpha << cell;
                for (std::size_t k = 0; k < wanted.size(); ++k)
                    EXPECT_NEAR(found[k], wanted[k], 2e-3 * wanted[k]) << at << alpha << cell << k;
            }
        }
    }
}

TEST(Gliotransmission, GammaOfAnIndependentIntegration) {
    const SimulationSpec spec = three_synapses("0", "source");
    const auto engine = make_engine(spec, {});
    engine->advance(spec.steps());
    const std::vector<float> gamma = engine->take_states()[1].values;
    for (const auto& [time, cell, wanted] : {std::tuple{2000, 1, 0.0},
                                             {5000, 1, 0.838016},
                                             {16500, 1, 0.761434},
                                             {2000, 2, 0.851802},
                                             {10000, 2, 0.796866},
                                             {12000, 2, 0.958069}})
        EXPECT_NEAR(gamma[static_cast<std::size_t>(3 * (time - 1) + cell)], wanted, 1e-3 * wanted)
            << time;
}

TEST(Gliotransmission, TheSameOnAnyNumberOfThreadsAndAfterAResume) {
    const SimulationSpec spec = glia_network();
    const auto one = make_engine(spec, {.threads = 1});
    const std::vector<Sent> first = run(*one, 777);
    const EngineState state = one->state();
    const std::vector<Sent> rest = run(*one, spec.steps() - 777);
    std::size_t of_glia = 0;
    for (const Sent& s : rest) of_glia += s.population == spec.population_index("G");
    EXPECT_GT(first.size(), 200u);
    EXPECT_GT(of_glia, 0u);
    for (const int threads : {2, 3}) {
        const auto whole = make_engine(spec, {.threads = threads});
        EXPECT_EQ(run(*whole, 777, 97), first);
        EXPECT_EQ(run(*whole, spec.steps() - 777, 97), rest);
        const auto resumed = make_engine(spec, {.threads = threads});
        resumed->set_state(state);
        EXPECT_EQ(run(*resumed, spec.steps() - 777), rest);
        EXPECT_EQ(resumed->state().plastic[0].resources, one->state().plastic[0].resources);
    }
    SimulationSpec without = spec;  // it matters
    for (SynapsesSpec& s : without.projections) s.gliotransmission.reset();
    EXPECT_NE(run(without, 2), run(spec, 2));
}

TEST(Gliotransmission, TakesTheNearestAstrocyte) {
    const SimulationSpec spec = parse_simulation(
        "name: test\ndt: 1 ms\nsimulate: {duration: 1 ms}\n"
        "populations:\n"
        "  a: {model: lif, size: 4, space: {positions: [[-0.4, 0.4], [0.4, -0.4], [0.1, 0.4], [0, "
        "0]]}}\n"
        "  glia: {model: astrocyte_light, size: 4, space: {grid: [2, 2]}}\n"
        "projections: [{from: a, to: a, connect: all_to_all, weight: 1, release: {p: 0.5}, "
        "gliotransmission: {from: glia, alpha: 1}}]\n",
        "test.yaml");
    // Down the columns of the grid; of four as near the first.
    EXPECT_EQ(astrocytes_of(spec, 0).of, (std::vector<std::uint32_t>{0, 3, 2, 0}));
}

TEST(Gliotransmission, OfTheLightAstrocyteFollowsSpikesAround) {
    // p = p_0 + (alpha - p_0) tanh(a), a' = -a / tau_a + 0.01 a spike.
    SimulationSpec spec = parse_simulation(
        "name: test\ndt: 1 ms\nsimulate: {duration: 20 s}\n"
        "populations:\n"
        "  s: {model: regular_source, size: 1, rate: 100 Hz}\n"
        "  b: {model: leaky_readout, size: 400}\n"
        "  glia: {model: astrocyte_light, size: 1}\n"
        "projections:\n"
        "  - {from: s, to: glia, connect: all_to_all, weight: 0.01}\n"
        "  - {from: s, to: b, connect: all_to_all, weight: 1, release: {p: 0.2}, "
        "gliotransmission: {from: glia, alpha: 0.9, at: source}}\n"
        "record: [{population: b, what: input, interval: 1 s}, {population: glia, what: gamma, "
        "interval: 1 s}]\n",
        "test.yaml");
    const auto engine = make_engine(spec, {});
    engine->advance(spec.steps());
    const auto states = engine->take_states();
    for (const std::size_t second : {1u, 5u, 19u}) {
        const double t = static_cast<double>(second) + 0.5;
        double sum = 0.0;
        for (std::size_t k = 0; k < 400; ++k)
            sum += static_cast<double>(states[0].values[400 * second + k]);
        const double p = 0.2 + 0.7 * std::tanh(5.0 * (1.0 - std::exp(-t / 5.0)));
        EXPECT_NEAR(sum / 40000.0, p, 0.015) << second;
    }
    const double a = 5.0 * (1.0 - std::exp(-4.0));
    EXPECT_NEAR(states[1].values[19], std::tanh(a), 1e-3);
}

}  // namespace
}  // namespace snnsim
