// What stimuli bring, against formulas and libm.
#include "src/engine/cells/stimuli.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "snnsim/read_model.hpp"

namespace snnsim {
namespace {

SimulationSpec model(const std::string& stimuli, const std::string& dt = "0.1 ms") {
    return parse_simulation("name: test\ndt: " + dt +
                                "\nsimulate: {duration: 100 ms}\npopulations:\n"
                                "  a: {model: iaf_psc_exp, size: 37}\nstimuli:\n" +
                                stimuli,
                            "test.yaml");
}

/// All of population 0 in one slice.
Slice slice_of(const SimulationSpec& spec) {
    return Layout(spec, 1).blocks[0].slices[0];
}

TEST(Currents, ASineIsThatOfLibmHoweverLate) {
    const SimulationSpec spec =
        model("  - {to: a, kind: sine, amplitude: 300 pA, offset: -20 pA, frequency: 37.3 Hz}\n");
    Currents currents(spec, 0, slice_of(spec));
    for (const std::int64_t from : {std::int64_t{0}, std::int64_t{4000000000}}) {
        for (std::int64_t t = from; t < from + 1000; ++t) {
            const long double turns =
                std::fmod(37.3 * 0.1 * 1e-3 * static_cast<long double>(t), 1.0L);
            const double wanted =
                -20.0 + 300.0 * std::sin(6.283185307179586 * static_cast<double>(turns));
            EXPECT_NEAR(currents.at(t)[36], wanted, 1e-4) << t;
        }
    }
}

TEST(Currents, ARampGoesFromFirstToLast) {
    const SimulationSpec spec =
        model("  - {to: a, kind: ramp, first: 10 pA, last: 30 pA, start: 5 ms, stop: 15 ms}\n");
    Currents currents(spec, 0, slice_of(spec));
    EXPECT_EQ(currents.at(49)[0], 0.0f);
    EXPECT_EQ(currents.at(50)[0], 10.0f);
    EXPECT_NEAR(currents.at(75)[1], 15.0, 1e-5);
    EXPECT_NEAR(currents.at(149)[2], 29.8, 1e-5);
    EXPECT_EQ(currents.at(150)[3], 0.0f);
}

TEST(Currents, SharedNoiseIsTheSameForAllCellsAndComesLaterByItsLag) {
    const SimulationSpec spec = model(
        "  - {to: a, kind: noise, std: 30 pA, interval: 0.2 ms, shared: x}\n"
        "  - {to: a, kind: dc, amplitude: 0 pA}\n");
    const SimulationSpec later = model(
        "  - {to: a, kind: noise, std: 15 pA, interval: 0.2 ms, shared: x, lag: 0.7 ms, start: 1 "
        "ms}\n");
    Currents now(spec, 0, slice_of(spec)), then(later, 0, slice_of(later));
    std::vector<float> seen;
    for (std::int64_t t = 0; t < 100; ++t) {
        const float first = now.at(t)[0], lagged = then.at(t)[0];
        EXPECT_EQ(now.at(t)[36], first) << t;
        seen.push_back(first);
        if (t % 2 == 1) {
            EXPECT_EQ(seen[t], seen[t - 1]) << t;
        }
        EXPECT_EQ(lagged, t < 10 ? 0.0f : 0.5f * seen[t - 7]) << t;
    }
    EXPECT_GT(std::set<float>(seen.begin(), seen.end()).size(), 45u);
}

// What a GPU does: a cell at a time.
TEST(Currents, OneCellGetsWhatItGetsInAPanel) {
    StimulusCurrent s;
    s.kind = CurrentKind::noise;
    s.number = 3, s.last = 1000, s.mean = 5.0f, s.size = 30.0f;
    const RandomKey random{1, Stream::stimulus, s.number, 77};
    std::vector<float> panel(32), single(32);
    for (std::size_t at = 0; at < 32; at += 16)
        AddCurrent<16>{s, common_current(s, 77), nullptr, random, 64, panel.data()}(at);
    for (std::size_t at = 0; at < 32; ++at)
        AddCurrent<1>{s, common_current(s, 77), nullptr, random, 64, single.data()}(at);
    EXPECT_EQ(panel, single);
    EXPECT_NE(panel[0], panel[1]);
}

}  // namespace
}  // namespace snnsim
