// Gap junctions against closed forms and a joint integration; the same bits on any engine.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <complex>
#include <filesystem>
#include <fstream>
#include <map>
#include <numbers>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/energy/simulation_counts.hpp"
#include "src/inputs/load_gap_junctions.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/engine/serial_engine.hpp"
#include "tests/model/model_text.hpp"

namespace snnsim {
namespace {

SimulationSpec model(const std::string& text) {
    return parse_simulation("name: test\ndt: 0.1 ms\n" + text, "m.yaml");
}

/// Ten cells, v' = (1.05 - v + sum w (v_j - v_i)) / 10 ms, from 0 to 1, at first evenly spread.
SimulationSpec ten_cells(const std::string& w) {
    return model(
        "simulate: {duration: 500 ms}\n"
        "populations: {a: {model: lif, size: 10, tau_m: 10 ms, integration: euler, reset: zero, "
        "scale_input: true, initial: {v: {linspace: [0, 1]}}}}\n"
        "stimuli: [{to: a, kind: dc, amplitude: 1.05}]\n"
        "gap_junctions: [{from: a, to: a, connect: all_to_all, g: " +
        w + "}]\n");
}

/// Order of the phases of all cells at `time` (ms), between two spikes each.
double order(const std::vector<Sent>& spikes, double time) {
    std::complex<double> sum = 0.0;
    int cells = 0;
    for (std::uint32_t cell = 0; cell < 10; ++cell) {
        double last = -1.0, next = -1.0;
        for (const Sent& s : spikes) {
            if (s.cell != cell) continue;
            const double t = 0.1 * s.step;
            if (t <= time) last = t;
            if (t > time && next < 0.0) next = t;
        }
        if (last < 0.0 || next < 0.0) continue;
        sum += std::polar(1.0, 2.0 * std::numbers::pi * (time - last) / (next - last));
        ++cells;
    }
    return std::abs(sum) / cells;
}

TEST(GapJunctions, SpreadCellsThatAreResetAtOnce) {
    const std::vector<Sent> alone = run(ten_cells("0"), 1), joined = run(ten_cells("0.02"), 1);
    std::map<std::uint32_t, int> alone_counts, joined_counts;
    for (const Sent& s : alone) ++alone_counts[s.cell];
    for (const Sent& s : joined) ++joined_counts[s.cell];
    for (std::uint32_t cell = 0; cell < 10; ++cell) {
        EXPECT_NEAR(alone_counts[cell], 16.5, 0.5) << cell;
        EXPECT_NEAR(joined_counts[cell], 12.5, 0.5) << cell;
    }
    for (const double t : {100.0, 250.0, 400.0}) EXPECT_NEAR(order(alone, t), 0.479, 0.01) << t;
    for (const double t : {250.0, 300.0, 400.0}) EXPECT_LE(order(joined, t), 0.01) << t;
}

/// Values of a record of both cells, by step.
std::vector<std::array<float, 2>> voltages(Engine& engine, std::int64_t steps) {
    std::vector<std::array<float, 2>> out;
    engine.advance(steps);
    const std::vector<float> values = engine.take_states()[0].values;
    for (std::size_t k = 0; k + 1 < values.size(); k += 2)
        out.push_back({values[k], values[k + 1]});
    return out;
}

/// Of two cells at rest, the second of which gets what flows from the first.
double coupling(const std::string& cells, double g) {
    const SimulationSpec spec = model(
        "simulate: {duration: 400 ms}\n"
        "populations: {a: " +
        cells + ", b: " + cells +
        "}\n"
        "stimuli: [{to: a, kind: dc, amplitude: 10 pA, start: 300 ms}]\n"
        "gap_junctions: [{from: a, to: b, connect: one_to_one, g: " +
        std::to_string(g) +
        " nS}]\n"
        "record: [{population: a, what: v, interval: 1 ms}, {population: b, what: v, interval: 1 "
        "ms}]\n");
    const auto engine = make_engine(spec, {});
    engine->advance(spec.steps());
    const auto samples = engine->take_states();
    const auto rise = [&](std::size_t r) {
        return static_cast<double>(samples[r].values[399] - samples[r].values[299]);
    };
    return rise(1) / rise(0);
}

TEST(GapJunctions, CouplingCoefficients) {
    // NEST 3.10.0; g / (g + 8.9443 nS) gives .1006, .3586, .5279.
    for (const auto& [g, wanted] :
         {std::pair{1.0, 0.09945}, std::pair{5.0, 0.35623}, std::pair{10.0, 0.52559}}) {
        const double found = coupling("{model: hh_psc_alpha_gap, size: 1}", g);
        EXPECT_NEAR(found, wanted, 2e-3 * wanted) << g;
        EXPECT_NEAR(found, g / (g + 8.9443), 0.02 * found) << g;
    }
    // A leak alone: g / (g + g_l), exactly.
    EXPECT_NEAR(coupling("{model: iaf_psc_exp, size: 1, c_m: 250 pF, tau_m: 10 ms}", 5.0),
                5.0 / 30.0, 1e-4);
}

TEST(GapJunctions, TwoCellsAgainstAJointIntegration) {
    SimulationSpec spec = model(
        "simulate: {duration: 60 ms}\n"
        "populations: {a: {model: hh_psc_alpha_gap, size: 2, i_e: 100 pA, initial: {v: {values: "
        "[-10 mV, -69.60401191631222 mV]}}}}\n"
        "gap_junctions: [{from: a, to: a, connect: all_to_all, g: 0.5 nS}]\n"
        "record: [{population: a, what: v}]\n");
    spec.dt = 0.01;
    const auto engine = make_engine(spec, {});
    const auto v = voltages(*engine, 6000);
    std::vector<Sent> spikes;
    append(spikes, engine->take_spikes());
    const double times[2][2] = {{0.17, 40.83}, {14.89, 49.00}};  // of spikes
    ASSERT_EQ(spikes.size(), 4u);
    for (std::uint32_t cell = 0; cell < 2; ++cell) {
        std::vector<double> found;
        for (const Sent& s : spikes) {
            if (s.cell == cell) found.push_back(0.01 * s.step);
        }
        ASSERT_EQ(found.size(), 2u);
        for (int k = 0; k < 2; ++k) EXPECT_NEAR(found[k], times[cell][k], 0.02);
    }
    // With rtol 1e-10, on which NEST 3.10.0 with waveform relaxation agrees to 1e-4.
    const struct {
        double time, v[2];
    } reference[] = {
        {1, {-21.6963, -66.4233}},  {5, {-75.5427, -61.7311}},  {10, {-65.0184, -57.0689}},
        {14, {-61.6693, -46.7943}}, {15, {-60.6921, 37.6296}},  {20, {-59.4224, -73.7926}},
        {30, {-56.7400, -60.9573}}, {40, {-43.6167, -56.6167}}, {50, {-66.4345, -77.1701}}};
    int compared = 0;
    for (const auto& r : reference) {
        for (int cell = 0; cell < 2; ++cell) {
            const bool near =
                std::any_of(std::begin(times[cell]), std::end(times[cell]),
                            [&](double t) { return std::abs(r.time - t) <= 1.0 + 1e-9; });
            if (near) continue;
            ++compared;
            const auto step = static_cast<std::size_t>(std::lround(100.0 * r.time)) - 1;
            EXPECT_NEAR(static_cast<double>(v[step][cell]), r.v[cell], 0.02)
                << "cell " << cell << " at " << r.time;
        }
    }
    EXPECT_EQ(compared, 13);
}

/// Junctions within and between populations of different reversal potentials, drawn and all; cells
/// that send spikes too.
SimulationSpec mixed() {
    return model(R"(simulate: {duration: 60 ms}
populations:
  a: {model: iaf_psc_exp, size: 203, e_l: -70 mV, i_e: {distribution: uniform, low: 300 pA, high: 500 pA}}
  b: {model: iaf_psc_exp, size: 77, e_l: -62 mV, v_reset: -66 mV, i_e: 200 pA}
  h: {model: hh_psc_alpha_gap, size: 33, i_e: {linspace: [0 pA, 200 pA]}}
  z: {model: izhikevich, size: 19, initial: {v: {linspace: [-70 mV, -60 mV]}}}
  s: {model: poisson_source, size: 20, rate: 300 Hz}
projections:
  - {from: a, to: b, connect: {rule: fixed_probability, p: 0.1}, weight: 30 pA, delay: 1.5 ms}
  - {from: s, to: h, connect: all_to_all, weight: 20 pA, delay: 3 ms}
stimuli:
  - {to: b, kind: noise, std: 100 pA}
  - {to: h, kind: dc, amplitude: 10 pA, start: 20 ms}
  - {to: z, kind: dc, amplitude: 10}
gap_junctions:
  - {from: a, to: b, connect: {rule: fixed_probability, p: 0.05}, g: {distribution: lognormal, mean: 1 nS, std: 0.5}}
  - {from: a, to: a, connect: {rule: fixed_probability, p: 0.1}, g: 0.2 nS}
  - {from: h, to: h, connect: all_to_all, g: 0.1 nS}
  - {from: h, to: a, connect: {rule: fixed_probability, p: 0.02}, g: 0.3 nS}
  - {from: z, to: z, connect: all_to_all, g: 0.01}
record:
  - {population: a, what: v, interval: 1 ms}
  - {population: h, what: current, interval: 1 ms}
)");
}

void expect_same(Engine& a, Engine& b, const char* what) {
    EXPECT_EQ(a.state().states, b.state().states) << what;
    const auto x = a.take_states(), y = b.take_states();
    ASSERT_EQ(x.size(), y.size());
    for (std::size_t r = 0; r < x.size(); ++r) EXPECT_EQ(x[r].values, y[r].values) << what;
}

TEST(GapJunctions, TheSameBitsOnAnyThreadsAndOnADevice) {
    const SimulationSpec spec = mixed();
    const auto one = make_engine(spec, {.threads = 1});
    const std::vector<Sent> wanted = run(*one, spec.steps());
    EXPECT_GT(wanted.size(), 500u);
    for (const int threads : {2, 3}) {
        const auto other = make_engine(spec, {.threads = threads});
        EXPECT_EQ(run(*other, spec.steps(), 97), wanted);
        EXPECT_EQ(other->report().junctions, one->report().junctions);
        EXPECT_EQ(other->state().states, one->state().states);
    }
    const auto device = make_serial_engine(spec, {.threads = 2});
    EXPECT_EQ(run(*device, spec.steps(), 97), wanted);
    EXPECT_EQ(device->report().junctions, one->report().junctions);
    expect_same(*device, *one, "device");
}

TEST(GapJunctions, GoOnAfterAResume) {
    const SimulationSpec spec = mixed();
    const auto whole = make_engine(spec, {.threads = 1});
    run(*whole, 251);
    const EngineState state = whole->state();
    const auto cpu = make_engine(spec, {.threads = 2});
    const auto device = make_serial_engine(spec, {.threads = 1});
    cpu->set_state(state);
    device->set_state(state);
    const std::vector<Sent> wanted = run(*whole, 349);
    EXPECT_EQ(run(*cpu, 349), wanted);
    EXPECT_EQ(run(*device, 349), wanted);
}

TEST(GapJunctions, EachPairIsDrawnOnce) {
    const std::string cells =
        "populations: {a: {model: iaf_psc_exp, size: 1000}, b: {model: "
        "iaf_psc_exp, size: 400}}\nsimulate: {duration: 1 ms}\n";
    const auto pairs = [&](const std::string& ends, const std::string& connect) {
        const SimulationSpec spec = model(cells + "gap_junctions: [{" + ends +
                                          ", connect: " + connect + ", g: 0.001 nS}]\n");
        return static_cast<double>(make_engine(spec, {})->report().junctions[0]);
    };
    EXPECT_EQ(pairs("from: a, to: a", "all_to_all"), 499500.0);
    EXPECT_EQ(pairs("from: a, to: b", "all_to_all"), 400000.0);
    EXPECT_EQ(pairs("from: a, to: a", "{rule: fixed_probability, p: 0}"), 0.0);
    EXPECT_EQ(pairs("from: a, to: a", "{rule: fixed_probability, p: 1}"), 499500.0);
    // 5 standard deviations.
    EXPECT_NEAR(pairs("from: a, to: a", "{rule: fixed_probability, p: 0.1}"), 49950.0,
                5.0 * std::sqrt(49950.0 * 0.9));
    EXPECT_NEAR(pairs("from: a, to: b", "{rule: fixed_probability, p: 0.02}"), 8000.0,
                5.0 * std::sqrt(8000.0 * 0.98));
}

TEST(GapJunctions, JoinNeighboursInSpace) {
    const auto pairs = [](const std::string& space, const std::string& connect) {
        return make_engine(
                   model("simulate: {duration: 1 ms}\npopulations: {a: {model: iaf_psc_exp, space: "
                         "{grid: [10, 10]" +
                         space + "}}}\ngap_junctions: [{from: a, to: a, connect: " + connect +
                         ", g: 1 nS}]\n"),
                   {})
            ->report()
            .junctions[0];
    };
    const std::string moore = "{rule: all_to_all, mask: moore}",
                      nearest = "{rule: all_to_all, mask: {shape: nearest, n: 1}}";
    EXPECT_EQ(pairs("", moore), 2u * 9u * 10u + 2u * 9u * 9u);
    EXPECT_EQ(pairs(", periodic: true", moore), 400u);
    EXPECT_EQ(pairs("", "{rule: all_to_all, mask: von_neumann}"), 180u);
    // Cells take the neighbour of the lower number: a pair for each but the first.
    EXPECT_EQ(pairs("", nearest), 99u);
    const double drawn = static_cast<double>(
        pairs(", periodic: true", "{rule: fixed_probability, p: 0.5, mask: moore}"));
    EXPECT_NEAR(drawn, 200.0, 50.0);  // 5 standard deviations
}

TEST(GapJunctions, WhatFlowsOutFlowsIn) {
    // Without a leak worth speaking of, the sum of v stays.
    const SimulationSpec spec = model(
        "simulate: {duration: 5 ms}\n"
        "populations: {a: {model: iaf_psc_exp, size: 50, tau_m: 1000 s, e_l: 0 mV, v_th: 100 mV, "
        "v_reset: 0 mV, initial: {v: {distribution: uniform, low: 0 mV, high: 50 mV}}}}\n"
        "gap_junctions: [{from: a, to: a, connect: {rule: fixed_probability, p: 0.2}, g: "
        "{distribution: uniform, low: 1 nS, high: 9 nS}}]\n");
    const auto engine = make_engine(spec, {});
    const auto sums = [&] {
        double sum = 0.0, squares = 0.0;
        for (int i = 0; i < 50; ++i) {
            const auto v =
                static_cast<double>(engine->state().states[0][static_cast<std::size_t>(i)]);
            sum += v, squares += v * v;
        }
        return std::pair{sum, squares - sum * sum / 50.0};
    };
    const auto before = sums();
    engine->advance(50);
    const auto after = sums();
    EXPECT_NEAR(after.first, before.first, 1e-4 * before.first);
    EXPECT_LT(after.second, 0.2 * before.second);
}

TEST(GapJunctions, AreMultiplyAccumulatesInEveryStep) {
    SimulationWork done;
    done.junctions = {45};
    done.spikes = {7};
    done.steps = 1000;
    const PhaseCounts counts = simulation_counts(ten_cells("0.02"), done);
    ASSERT_EQ(counts.forward.size(), 1u);
    EXPECT_EQ(counts.forward[0].macs, 90000u);
    EXPECT_EQ(counts.forward[0].acs, 0u);
    EXPECT_EQ(counts.forward[0].projection, "a_gap_a");
    SimulationSpec twice = ten_cells("0.02");  // as two groups of a run file
    twice.gap_junctions.push_back(twice.gap_junctions[0]);
    done.junctions.push_back(7);
    EXPECT_EQ(simulation_counts(twice, done).forward[1].projection, "a_gap_a_2");
}

class ListedJunctions : public testing::Test {
  protected:
    ListedJunctions()
        : folder_(std::filesystem::temp_directory_path() /
                  ("snnsim_gaps_" + std::to_string(getpid()))) {
        std::filesystem::create_directories(folder_);
    }
    ~ListedJunctions() override { std::filesystem::remove_all(folder_); }

    SimulationSpec load(const std::string& csv, const std::string& more = "") const {
        std::ofstream(folder_ / "gaps.csv") << csv;
        SimulationSpec spec = parse_simulation(
            "name: test\ndt: 0.1 ms\nsimulate: {duration: 1 ms}\n"
            "populations: {a: {model: iaf_psc_exp, size: 4}}\n"
            "gap_junctions: [{from: a, to: a, connect: {rule: list, file: gaps.csv}" +
                more + "}]\n",
            (folder_ / "m.yaml").string());
        load_gap_junctions(spec);
        return spec;
    }
    void expect_data_error(const std::string& csv, const std::string& more,
                           const std::string& part) const {
        try {
            load(csv, more);
            ADD_FAILURE() << "no error: " << part;
        } catch (const DataError& e) {
            EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
        }
    }

  private:
    std::filesystem::path folder_;
};

TEST_F(ListedJunctions, AreReadWithTheirConductances) {
    const SimulationSpec spec = load("source,target,g (uS)\n0,1,0.001\n3,2,0.002\n");
    EXPECT_EQ(make_engine(spec, {})->report().junctions, std::vector<std::uint64_t>{2});
    // From either end they are the same.
    const SimulationSpec turned = load("source,target,g (uS)\n1,0,0.001\n2,3,0.002\n");
    const auto a = make_engine(spec, {}), b = make_engine(turned, {});
    a->advance(10), b->advance(10);
    EXPECT_EQ(a->state().states, b->state().states);
}

TEST_F(ListedJunctions, SayWhatIsWrongWithThem) {
    expect_data_error("source,target\n0,1\n", "", "there is no column 'g'");
    expect_data_error("source,target,g\n0,1,1\n", ", g: 1 nS", "g is a column here and a key");
    expect_data_error("source,target,g\n0,1,1\n0,2,-1\n", "", "gaps.csv:3: g is -1");
    expect_data_error("source,target,g\n2,2,1\n", "", "gaps.csv:2: cell 2 is joined to itself");
    expect_data_error("source,target,g\n0,4,1\n", "", "is no cell of 'a'");
    expect_data_error("source,target,g (mV)\n0,1,1\n", "", "g");
}

std::string joined(const std::string& junction, const std::string& more = "") {
    return "name: test\ndt: 0.1 ms\nsimulate: {duration: 1 s}\npopulations:\n"
           "  a: {model: iaf_psc_exp, size: 4}\n  b: {model: lif, size: 3}\n"
           "  c: {model: iaf_psc_exp, size: 3}\n  s: {model: poisson_source, size: 2}\n"
           "gap_junctions:\n  - {" +
           junction + "}\n" + more;
}

TEST(GapJunctions, SayWhatIsWrong) {
    EXPECT_EQ(error_of(joined("from: a, to: c, connect: all_to_all, g: 1 nS")), "no error");
    expect_error(joined("from: a, to: d, connect: all_to_all, g: 1 nS"),
                 "m.yaml:10:19: there is no population 'd'");
    expect_error(joined("from: a, to: s, connect: all_to_all, g: 1 nS"),
                 "m.yaml:10:19: gap junctions join cells by their v and the current that it "
                 "drives; 's' is a poisson_source, a source");
    expect_error(joined("from: a, to: b, connect: all_to_all, g: 1 nS"),
                 "m.yaml:10:5: a junction has one conductance for both ends, but 'a' "
                 "(iaf_psc_exp) takes a conductance and 'b' (lif) a number without a unit");
    expect_error(joined("from: a, to: a, connect: all_to_all"),
                 "m.yaml:10:5: gap_junctions[0] is missing the key 'g'");
    expect_error(joined("from: a, to: a, connect: all_to_all, g: 1 pA"),
                 "g is a current, but 'a' (iaf_psc_exp) takes a conductance (nS)");
    expect_error(joined("from: a, to: a, connect: all_to_all, g: -1 nS"), "m.yaml:10:46: g");
    expect_error(
        joined("from: a, to: a, connect: all_to_all, g: {distribution: normal, mean: 1 "
               "nS, std: 1 nS}"),
        "m.yaml:10:46: g must be at least 0 nS, but normal can give other values; add low");
    expect_error(joined("from: a, to: a, connect: one_to_one, g: 1 nS"),
                 "m.yaml:10:31: one_to_one would join each cell of 'a' to itself");
    expect_error(joined("from: a, to: c, connect: one_to_one, g: 1 nS"),
                 "one_to_one needs populations of one size; 'a' has 4 cells and 'c' has 3");
    expect_error(
        joined("from: a, to: a, connect: {rule: fixed_in_degree, n: 2}, g: 1 nS"),
        "fixed_in_degree says which cell sends and which receives, but a gap junction does "
        "both");
    expect_error(joined("from: a, to: a, connect: fixed_probability, g: 1 nS"),
                 "fixed_probability is missing the key 'p'");
    expect_error(joined("from: a, to: a, connect: {rule: all_to_all, autapses: true}, g: 1 nS"),
                 "no current flows between a cell and itself");
    expect_error(joined("from: a, to: a, connect: {rule: all_to_all, mask: moore}, g: 1 nS"),
                 "mask depends on the distance, but 'a' says not where its cells are");
    expect_error(joined("from: a, to: a, connect: {rule: fixed_probability, p: 1.5}, g: 1 nS"),
                 "m.yaml:10:");
    expect_error(joined("from: a, to: a, connect: all_to_all, g: 1 nS, delay: 1 ms"),
                 "unknown key 'delay'");
    expect_error(joined("from: a, to: a, connect: all_to_all, g: 1 nS", "scale: {neurons: 0.5}\n"),
                 "scale cannot make gap junctions fewer");
    expect_error(joined("from: a, to: a, connect: {rule: list, file: x.txt}, g: 1 nS"),
                 "'x.txt' must end in .csv, .h5 or .hdf5");
}

TEST(GapJunctions, WarnOfConductancesThatSwing) {
    const SimulationSpec spec =
        parse_simulation(joined("from: a, to: a, connect: all_to_all, g: 900 nS"), "m.yaml");
    ASSERT_EQ(spec.warnings.size(), 1u);
    EXPECT_NE(spec.warnings[0].find("takes v of 'a' (c_m 250 pF)"), std::string::npos)
        << spec.warnings[0];
    EXPECT_TRUE(parse_simulation(joined("from: a, to: a, connect: all_to_all, g: 9 nS"), "m.yaml")
                    .warnings.empty());
}

}  // namespace
}  // namespace snnsim
