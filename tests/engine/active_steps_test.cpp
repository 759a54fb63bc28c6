// What the reference says of first and last steps, for every stimulus, source and record.
#include "src/model/active_steps.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "snnsim/engine.hpp"
#include "snnsim/read_model.hpp"
#include "src/phases/protocol.hpp"
#include "src/stats/population_rates.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/engine/serial_engine.hpp"

namespace snnsim {
namespace {

const ActiveSteps& row(const std::string& name) {
    for (const ActiveSteps& a : active_steps()) {
        if (a.name == name) return a;
    }
    throw std::runtime_error("the table has no " + name);
}

SimulationSpec model(const std::string& rest, const std::string& simulate = "duration: 30 ms") {
    return parse_simulation(
        "name: test\ndt: 0.1 ms\nsimulate: {" + simulate + "}\npopulations:\n" + rest, "test.yaml");
}

/// The ends (ms) of the first and last step with something in it.
struct Seen {
    double first = 0.0, last = 0.0;
    void add(std::uint32_t step) {
        last = 0.1 * step;
        if (first == 0.0) first = last;
    }
};
void expect(const Seen& seen, const std::string& name, const char* engine) {
    EXPECT_NEAR(seen.first, row(name).first, 1e-6) << name << engine;
    EXPECT_NEAR(seen.last, row(name).last, 1e-6) << name << engine;
}

/// Keys of each kind of stimulus; a population has a record of `what` that shows it.
struct Shown {
    const char* keys;
    const char* what;
};
const std::map<std::string, Shown> stimuli{
    {"poisson", {"rate: 400 kHz, weight: 1 pA", "input"}},
    {"dc", {"amplitude: 3 pA", "current"}},
    {"steps", {"times: [10 ms, 20 ms], amplitudes: [3 pA, 0 pA]", "current"}},
    {"ramp", {"first: 3 pA, last: 7 pA", "current"}},
    {"sine", {"amplitude: 1 pA, offset: 3 pA, frequency: 50 Hz", "current"}},
    {"noise", {"std: 3 pA", "current"}},
    {"white_noise", {"sigma: 3 pA sqrt(ms)", "current"}},
    {"waveform", {"file: none.npy, interval: 1 ms", "current"}},
};

TEST(ActiveSteps, OfEveryStimulus) {
    for (const char* const name : Stimuli::names) {
        ASSERT_TRUE(stimuli.count(name)) << name << " is not in this test";
        const Shown& shown = stimuli.at(name);
        const std::string window =
            std::string(name) == "steps" ? "" : ", start: 10 ms, stop: 20 ms";
        SimulationSpec spec =
            model("  a: {model: iaf_psc_exp, size: 3, v_th: 1000 mV}\nstimuli: [{to: a, kind: " +
                  std::string(name) + ", " + shown.keys + window +
                  "}]\nrecord: [{population: a, what: " + shown.what + "}]\n");
        if (std::string(name) == "waveform") {
            Waveform w;
            w.end = 110.0;
            for (int k = 0; k < 100; ++k) {
                w.times.push_back(10.0 + k);
                w.values.push_back(2.0f);
            }
            spec.stimuli[0].waveform = std::make_shared<const Waveform>(w);
        }
        for (const bool serial : {false, true}) {
            const auto engine = serial ? make_serial_engine(spec, {}) : make_engine(spec, {});
            engine->advance(300);
            const StateSamples samples = engine->take_states()[0];
            Seen seen;
            for (std::size_t k = 0; k < samples.step.size(); ++k) {
                if (samples.values[3 * k + 1] != 0.0f) seen.add(samples.step[k]);
            }
            expect(seen, name, serial ? " (serial)" : "");
        }
    }
}

Seen spikes_of(const SimulationSpec& spec) {
    Seen seen;
    for (const Sent& s : run(spec, 1)) seen.add(s.step);
    return seen;
}

TEST(ActiveSteps, OfEverySource) {
    std::set<std::string> done;
    const auto check = [&](const std::string& name, const Seen& seen) {
        expect(seen, name, "");
        done.insert(name);
    };
    check("regular_source",
          spikes_of(model("  a: {model: regular_source, size: 1, rate: 100 Hz, first: 10 ms}\n")));
    SimulationSpec played =
        model("  a: {model: spike_source, size: 1, file: " SNNSIM_SOURCE_DIR "/CMakeLists.txt}\n");
    PlayedSpikes two;
    two.keys = {played_key(100, 0), played_key(200, 0)};
    played.populations[0].played = std::make_shared<const PlayedSpikes>(two);
    check("spike_source", spikes_of(played));

    const SimulationSpec phases = model(
        "  a: {model: poisson_source, size: 2000, rate: 0 Hz}\n",
        "phases: [{name: before, duration: 10 ms}, {name: on, duration: 10 ms, rates: "
        "[{population: "
        "a, rate: 5 kHz}]}, {name: off, duration: 10 ms, rates: [{population: a, rate: 0 Hz}]}]");
    const auto engine = make_engine(phases, {});
    Protocol protocol(phases, "");
    protocol.begin(*engine);
    while (!protocol.finished()) {
        engine->advance(protocol.next() - engine->now());
        protocol.act(*engine);
    }
    EXPECT_EQ(engine->now(), 300);
    Seen seen;
    std::vector<Sent> sent;
    append(sent, engine->take_spikes());
    for (const Sent& s : sent) seen.add(s.step);
    check("poisson_source", seen);

    for (const ActiveSteps& a : active_steps()) {
        if (std::string(a.what) == "source") {
            EXPECT_TRUE(done.count(a.name)) << a.name;
        }
    }
    for (const char* const name : CellModels::names) {
        // A value_source sends what a trained network is shown, at the steps of a spike_source.
        if (std::string(name).ends_with("source") && name != std::string("value_source")) {
            EXPECT_TRUE(done.count(name)) << name;
        }
    }
}

TEST(ActiveSteps, OfEveryRecord) {
    const SimulationSpec spec = model(
        "  a: {model: iaf_psc_exp, size: 2}\n  s: {model: poisson_source, size: 2, rate: 10 kHz}\n"
        "projections:\n  - {from: s, to: a, connect: all_to_all, weight: 1 pA, plasticity: {rule: "
        "stdp, a_plus: 0.01, a_minus: 0.01, w_max: 2 pA}}\n"
        "record:\n  - {population: a, what: v, interval: 1 ms}\n"
        "  - {population: a, what: input, interval: 1 ms}\n"
        "  - {population: a, what: current, interval: 1 ms}\n"
        "  - {projection: s_to_a, what: weight, interval: 1 ms}\n"
        "  - {population: s, what: rate, interval: 1 ms}\n  - {population: s, what: spikes}\n");
    const auto engine = make_engine(spec, {});
    engine->advance(300);
    std::set<std::string> done;
    const auto check = [&](const std::string& name, const std::vector<std::uint32_t>& steps) {
        Seen seen;
        for (const std::uint32_t step : steps) seen.add(step);
        expect(seen, name, "");
        done.insert(name);
    };
    const Spikes spikes = engine->take_spikes();
    check("spikes", spikes.step);
    check("rate", PopulationRates(spec).add(spikes, 300)[0].step);
    const std::vector<StateSamples> cells = engine->take_states();
    check("v", cells[0].step);
    check("input", cells[1].step);
    check("current", cells[2].step);
    check("weight", engine->take_weights()[0].step);
    for (const ActiveSteps& a : active_steps()) {
        if (std::string(a.what) == "record") {
            EXPECT_TRUE(done.count(a.name)) << a.name;
        }
    }
}

}  // namespace
}  // namespace snnsim
