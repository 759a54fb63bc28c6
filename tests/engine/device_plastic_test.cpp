// Plasticity and phases in the engine of the GPU: the same spikes, weights, records and states as
// the CPU's, from its kernel bodies on the host; with a GPU: the same there.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "snnsim/error.hpp"
#include "src/engine/ranks/thread_ranks.hpp"
#include "src/phases/protocol.hpp"
#include "tests/engine/plastic_networks.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/engine/serial_engine.hpp"
#include "tests/shipped_model.hpp"

namespace snnsim {

bool operator==(const StructureCounts& a, const StructureCounts& b) {
    return a.step == b.step && a.pruned == b.pruned && a.grown == b.grown;
}

namespace {

using MakeEngine = std::unique_ptr<Engine> (*)(const SimulationSpec&);

std::unique_ptr<Engine> make_serial(const SimulationSpec& spec) {
    return make_serial_engine(spec, {.threads = 2});
}
std::unique_ptr<Engine> make_cpu(const SimulationSpec& spec) {
    return make_engine(spec, {.threads = 2});
}
std::unique_ptr<Engine> make_cuda(const SimulationSpec& spec) {
    return make_engine(spec, {.threads = 2, .device = Device::cuda});
}

SimulationSpec shipped(const char* model, const std::vector<std::string>& overrides) {
    return std::get<SimulationSpec>(read_any_model(shipped_model(model), overrides));
}

/// What a run leaves behind.
struct Course {
    std::vector<Sent> spikes;
    std::vector<std::vector<std::uint32_t>> steps;  // of records of weights
    std::vector<std::vector<float>> values;
    std::vector<std::vector<std::uint64_t>> counts;

    void take(Engine& engine) {
        append(spikes, engine.take_spikes());
        const std::vector<StateSamples> records = engine.take_weights();
        steps.resize(records.size());
        values.resize(records.size());
        counts.resize(records.size());
        for (std::size_t r = 0; r < records.size(); ++r) {
            const StateSamples& s = records[r];
            steps[r].insert(steps[r].end(), s.step.begin(), s.step.end());
            for (const float x : s.values) values[r].push_back(std::isnan(x) ? -1e9f : x);
            counts[r].insert(counts[r].end(), s.counts.begin(), s.counts.end());
        }
    }
    void advance(Engine& engine, std::int64_t until, std::int64_t block) {
        while (engine.now() < until) {
            engine.advance(std::min(block, until - engine.now()));
            take(engine);
        }
    }
};

void expect_equal(const Course& a, const Course& b, const std::string& name) {
    EXPECT_EQ(a.spikes, b.spikes) << name;
    EXPECT_EQ(a.steps, b.steps) << name;
    EXPECT_EQ(a.values, b.values) << name;
    EXPECT_EQ(a.counts, b.counts) << name;
}
void expect_equal(const PlasticState& a, const PlasticState& b, const std::string& name) {
    EXPECT_EQ(a.plastic, b.plastic) << name;
    EXPECT_EQ(a.weight, b.weight) << name;
    EXPECT_EQ(a.own, b.own) << name;
    EXPECT_EQ(a.ready, b.ready) << name;
    EXPECT_EQ(a.arrived, b.arrived) << name;
    EXPECT_EQ(a.pre, b.pre) << name;
    EXPECT_EQ(a.resources, b.resources) << name;
    EXPECT_EQ(a.post_count, b.post_count) << name;
    EXPECT_EQ(a.post_step, b.post_step) << name;
    EXPECT_EQ(a.post, b.post) << name;
    EXPECT_EQ(a.fired, b.fired) << name;
    EXPECT_EQ(a.rate, b.rate) << name;
    EXPECT_EQ(a.reward, b.reward) << name;
    EXPECT_EQ(a.done, b.done) << name;
    EXPECT_EQ(a.watched.size(), b.watched.size()) << name;
    EXPECT_EQ(a.source, b.source) << name;
    EXPECT_EQ(a.target, b.target) << name;
    EXPECT_TRUE(a.structure == b.structure) << name;
}
/// All that decides how they go on, and what they tell of weights.
void expect_equal(const Engine& a, const Engine& b, const std::string& name) {
    EXPECT_EQ(a.spike_counts(), b.spike_counts()) << name;
    const EngineState x = a.state(), y = b.state();
    EXPECT_EQ(x.states, y.states) << name;
    EXPECT_EQ(x.learns, y.learns) << name;
    EXPECT_EQ(x.rates, y.rates) << name;
    EXPECT_EQ(x.counted, y.counted) << name;
    ASSERT_EQ(x.plastic.size(), y.plastic.size()) << name;
    for (std::size_t k = 0; k < x.plastic.size(); ++k)
        expect_equal(x.plastic[k], y.plastic[k], name + ", projection " + std::to_string(k));
    const std::vector<ProjectionWeights> v = a.weights(), w = b.weights();
    ASSERT_EQ(v.size(), w.size()) << name;
    for (std::size_t k = 0; k < v.size(); ++k) {
        EXPECT_EQ(v[k].source, w[k].source) << name;
        EXPECT_EQ(v[k].target, w[k].target) << name;
        EXPECT_EQ(v[k].delay, w[k].delay) << name;
        EXPECT_EQ(v[k].weight, w[k].weight) << name;
        EXPECT_TRUE(v[k].structure == w[k].structure) << name;
    }
}

/// Cells that fire in every step: more spikes than lists of them have room for; dendrites of which
/// some are long.
SimulationSpec crowded_network() {
    return parse_simulation(R"(name: crowded
dt: 1 ms
simulate: {duration: 700 ms}
populations:
  S: {model: poisson_source, size: 20, rate: 8 Hz}
  D: {model: regular_source, size: 30, rate: 500 Hz}
  E: {model: iaf_psc_delta, size: 30, tau_m: 10 ms, e_l: 0 mV, v_th: 10 mV, v_reset: 0 mV, t_ref: 0 ms}
stimuli:
  - {to: E, kind: dc, amplitude: 3000 pA, start: 100 ms, stop: 600 ms}
projections:
  - {from: S, to: E, connect: all_to_all, weight: 0.1 mV, delay: 3 ms,
     plasticity: {rule: stdp, a_plus: 0.001, a_minus: 0.002, w_max: 1 mV}}
  - {from: S, to: E, name: dendritic, connect: all_to_all, weight: 0.1 mV,
     delay: {distribution: uniform, low: 1 ms, high: 40 ms},
     plasticity: {rule: stdp_pre_centred, a_plus: 0.01, a_minus: 0.02, w_max: 1 mV, dendritic: true}}
  - {from: D, to: E, name: fast, connect: {rule: fixed_in_degree, n: 5}, weight: 0.1 mV, delay: 1 ms,
     plasticity: {rule: triplet, learning_rate: 0.01, w_max: 1 mV}}
record:
  - {projection: S_to_E, what: weight, synapses: [[3, 5], [19, 0]]}
  - {projection: dendritic, what: weight, interval: 90 ms}
  - {projection: dendritic, what: weight, synapses: [[0, 29], [7, 7], [12, 1]]}
)",
                            "crowded.yaml");
}

/// Learning rates that change inside an interval of a rule that waits for reward, and with the
/// step in which expect_exact_resume stops.
SimulationSpec scheduled_network() {
    return parse_simulation(R"(name: scheduled
dt: 0.5 ms
simulate: {duration: 120 ms}
populations:
  S: {model: poisson_source, size: 30, rate: 80 Hz}
  E: {model: iaf_psc_delta, size: 20, tau_m: 10 ms, e_l: 0 mV, v_th: 5 mV, v_reset: 0 mV, t_ref: 1 ms}
projections:
  - {from: S, to: E, connect: all_to_all, weight: 1.5 mV, delay: 1 ms,
     plasticity: {rule: reward_stdp, a_plus: 0.1, a_minus: 0.12, w_max: 3 mV, interval: 5 ms, baseline: 0.5,
                  schedule: {times: [8.5 ms, 33 ms, 60.5 ms], factors: [0, 3, 0.5]}}}
record:
  - {projection: S_to_E, what: weight, interval: 10 ms}
)",
                            "scheduled.yaml");
}

std::vector<SimulationSpec> networks() {
    return {
        scheduled_network(),
        busy_network(),
        rewired_network(),
        crowded_network(),
        glia_network(),
        shipped("stdp_window", {"simulate.duration=400 ms"}),
        shipped("song_abbott", {"simulate.duration=300 ms"}),
        shipped("triplet_frequency", {"simulate.duration=300 ms"}),
        shipped("inhibitory_plasticity", {"simulate.duration=100 ms"}),
        shipped("stp_demo", {"simulate.duration=250 ms"}),
        shipped("brunel_stdp", {"simulate.duration=10 ms", "projections.0.connect.n=80",
                                "projections.1.connect.n=80", "projections.2.connect.n=20",
                                "projections.3.connect.n=20"}),
    };
}

void expect_the_cpus_course(const SimulationSpec& spec, MakeEngine make) {
    const auto cpu = make_cpu(spec), device = make(spec);
    Course wanted, got;
    wanted.advance(*cpu, spec.steps(), 1 << 20);
    got.advance(*device, spec.steps(), 1234);
    EXPECT_GT(wanted.spikes.size(), 100u) << spec.name;
    expect_equal(got, wanted, spec.name);
    expect_equal(*device, *cpu, spec.name);
}

/// From one engine to the other, at each of some steps.
void expect_exact_resume(const SimulationSpec& spec, MakeEngine from, MakeEngine to) {
    const auto cpu = make_cpu(spec);
    Course wanted;
    wanted.advance(*cpu, spec.steps(), 1 << 20);
    for (const std::int64_t at : {std::int64_t{1}, spec.steps() / 2 + 1}) {
        const auto first = from(spec), second = to(spec);
        Course got;
        got.advance(*first, at, 97);
        second->set_state(first->state());
        got.advance(*second, spec.steps(), 500);
        expect_equal(got, wanted, spec.name);
        expect_equal(*second, *cpu, spec.name);
    }
}

/// What tasks do to a network, in the middle of it.
void first_tasks(Engine& e, Course& c) {
    e.count_spikes(0);
    c.advance(e, 300, 100);
    e.reward(2.5);
    c.advance(e, 500, 100);
    e.normalise(6, 300.0);
    e.set_rates(2, std::vector<double>(50, 200.0));
    c.advance(e, 700, 100);
    e.set_plastic(false);
    e.set_rates(2, std::vector<double>(50, 0.0));
    e.reward(-1.0);
    c.advance(e, 1000, 100);
}
void later_tasks(Engine& e, Course& c) {
    e.set_plastic(true);
    e.count_spikes(0);
    c.advance(e, 1500, 100);
}
void expect_the_same_tasks(MakeEngine make) {
    SimulationSpec spec = busy_network();
    const auto cpu = make_cpu(spec), device = make(spec);
    Course wanted, got;
    const auto both = [&](auto&& f) {
        f(*cpu, wanted);
        f(*device, got);
    };
    both(first_tasks);
    EXPECT_EQ(device->counted_spikes(0), cpu->counted_spikes(0));
    EXPECT_TRUE(device->counted_spikes(1).empty());
    expect_equal(*device, *cpu, "frozen");
    both(later_tasks);
    expect_equal(*device, *cpu, "learns again");
    expect_equal(got, wanted, "course");
    EXPECT_EQ(device->counted_spikes(0), cpu->counted_spikes(0));
    EXPECT_THROW(device->normalise(5, 1.0), UsageError);
    EXPECT_THROW(device->set_rates(0, std::vector<double>(203, 1.0)), UsageError);
    EXPECT_THROW(device->set_rates(2, std::vector<double>(50, 10001.0)), UsageError);
    EXPECT_THROW(make(crowded_network())->reward(1.0), UsageError);
}

/// Several ranks, each with a part of the network: what all of them do to their engines.
template <class F>
void expect_the_cpus_course_on(int ranks, const SimulationSpec& spec, const F& tasks) {
    const auto cpu = make_cpu(spec);
    Course wanted;
    tasks(*cpu, wanted);
    EXPECT_GT(wanted.spikes.size(), 100u) << spec.name;
    ThreadRanks(ranks).run([&](Exchange& exchange) {
        const auto device = make_serial_engine(spec, {.threads = 1}, exchange);
        Course got;
        tasks(*device, got);
        const EngineState state = device->state();
        if (!exchange.leads()) {
            device->state();
            device->weights();
            return;
        }
        const std::string where = spec.name + " on " + std::to_string(ranks) + " ranks";
        expect_equal(got, wanted, where);
        expect_equal(*device, *cpu, where);
        for (std::size_t p = 0; p < state.plastic.size(); ++p)
            EXPECT_EQ(state.plastic[p].released, cpu->state().plastic[p].released) << where;
        EXPECT_EQ(device->counted_spikes(0), cpu->counted_spikes(0)) << where;
    });
}
/// From ranks to the CPU and back, in the middle.
void expect_exact_resume_on(int ranks, const SimulationSpec& spec) {
    const std::int64_t half = spec.steps() / 2 + 1;
    const auto cpu = make_cpu(spec);
    Course start, wanted;
    start.advance(*cpu, half, 1 << 20);
    const EngineState of_cpu = cpu->state();
    wanted.advance(*cpu, spec.steps(), 1 << 20);
    EngineState of_ranks;
    ThreadRanks(ranks).run([&](Exchange& exchange) {
        const auto first = make_serial_engine(spec, {.threads = 1}, exchange);
        Course before, got;
        before.advance(*first, half, 97);
        EngineState mine = first->state();
        const auto second = make_serial_engine(spec, {.threads = 1}, exchange);
        second->set_state(of_cpu);
        got.advance(*second, spec.steps(), 500);
        if (!exchange.leads()) {
            second->state();
            second->weights();
            return;
        }
        expect_equal(got, wanted, spec.name);
        expect_equal(*second, *cpu, spec.name);
        of_ranks = std::move(mine);
    });
    const auto alone = make_cpu(spec);
    alone->set_state(of_ranks);
    Course got;
    got.advance(*alone, spec.steps(), 500);
    expect_equal(got, wanted, spec.name);
    expect_equal(*alone, *cpu, spec.name);
}

/// A folder with a few images of ten bright squares.
std::string small_mnist() {
    const std::filesystem::path folder =
        std::filesystem::path(testing::TempDir()) / "device_plastic_mnist";
    std::filesystem::create_directories(folder);
    const auto write = [&](const std::string& name, std::vector<std::uint32_t> dims,
                           const std::vector<std::uint8_t>& data) {
        std::ofstream file(folder / name, std::ios::binary);
        file << '\0' << '\0' << '\b' << static_cast<char>(dims.size());
        for (const std::uint32_t d : dims) {
            for (int shift = 24; shift >= 0; shift -= 8) file << static_cast<char>(d >> shift);
        }
        file.write(reinterpret_cast<const char*>(data.data()),
                   static_cast<std::streamsize>(data.size()));
    };
    for (const auto& [stem, count] : {std::pair{"train", 4u}, std::pair{"t10k", 2u}}) {
        std::vector<std::uint8_t> images(std::size_t{count} * 784), labels;
        for (std::uint32_t k = 0; k < count; ++k) {
            labels.push_back(static_cast<std::uint8_t>(k % 10));
            for (std::size_t i = 0; i < 784; ++i)
                images[k * 784 + i] = i / 80 == k || i % 28 / 3 == k ? 255 : 0;
        }
        write(std::string(stem) + "-images-idx3-ubyte", {count, 28, 28}, images);
        write(std::string(stem) + "-labels-idx1-ubyte", {count}, labels);
    }
    return folder.string();
}

/// The phases of a model from start to end; from `first` to `second` at step `at`.
struct Phases {
    Course course;
    ProtocolState state;
    std::unique_ptr<Engine> engine;
};
Phases run_phases(const SimulationSpec& spec, MakeEngine first, MakeEngine second,
                  std::int64_t at) {
    Phases out;
    out.engine = first(spec);
    auto protocol = std::make_unique<Protocol>(spec, small_mnist());
    protocol->begin(*out.engine);
    bool changed = false;
    while (!protocol->finished()) {
        const std::int64_t to = std::min(protocol->next(), out.engine->now() + 777);
        out.engine->advance(to - out.engine->now());
        out.course.take(*out.engine);
        if (out.engine->now() == protocol->next()) protocol->act(*out.engine);
        if (changed || out.engine->now() < at) continue;
        changed = true;
        const EngineState state = out.engine->state();
        const ProtocolState course = protocol->state();
        out.engine = second(spec);
        out.engine->set_state(state);
        protocol = std::make_unique<Protocol>(spec, small_mnist());
        protocol->restore(course, *out.engine);
    }
    EXPECT_TRUE(changed);
    out.state = protocol->state();
    return out;
}
void expect_the_same_phases(MakeEngine make) {
    const std::vector<SimulationSpec> specs{
        shipped("rstdp_conditioning",
                {"simulate.phases.0.duration=300 ms", "simulate.phases.1.present.count=8"}),
        shipped("mnist_stdp",
                {"parameters.n=20", "simulate.phases.0.present.running=2",
                 "simulate.phases.1.present.count=2", "simulate.phases.2.present.count=2",
                 "projections.0.plasticity.learning_rate=5"})};
    for (const SimulationSpec& spec : specs) {
        const Phases wanted = run_phases(spec, make_cpu, make_cpu, 1);
        EXPECT_GT(wanted.course.spikes.size(), 500u);
        using Engines = std::pair<MakeEngine, MakeEngine>;
        for (const auto& [first, second] : {Engines{make, make_cpu}, Engines{make_cpu, make}}) {
            const Phases got = run_phases(spec, first, second, 600);
            expect_equal(got.course, wanted.course, spec.name);
            expect_equal(*got.engine, *wanted.engine, spec.name);
            EXPECT_EQ(got.state.trials.prediction, wanted.state.trials.prediction);
            EXPECT_EQ(got.state.trials.spikes, wanted.state.trials.spikes);
            EXPECT_EQ(got.state.log.spikes, wanted.state.log.spikes);
        }
    }
}

TEST(DevicePlastic, TheCourseOfTheCpu) {
    for (const SimulationSpec& spec : networks()) expect_the_cpus_course(spec, make_serial);
}

TEST(DevicePlastic, OnSeveralRanksTheCourseOfTheCpu) {
    for (const SimulationSpec& spec : networks()) {
        const auto whole = [&](Engine& e, Course& c) { c.advance(e, spec.steps(), 1234); };
        expect_the_cpus_course_on(3, spec, whole);
    }
    for (const int ranks : {2, 5})
        expect_the_cpus_course_on(ranks, busy_network(), [](Engine& e, Course& c) {
            first_tasks(e, c);
            later_tasks(e, c);
        });
}

TEST(DevicePlastic, GoesOnFromAndToOtherRanks) {
    for (const SimulationSpec& spec :
         {busy_network(), rewired_network(), glia_network(), scheduled_network()})
        expect_exact_resume_on(3, spec);
}
TEST(DevicePlastic, GoesOnWhereTheOtherEngineStopped) {
    for (const SimulationSpec& spec :
         {busy_network(), rewired_network(), crowded_network(), glia_network()}) {
        expect_exact_resume(spec, make_serial, make_cpu);
        expect_exact_resume(spec, make_cpu, make_serial);
    }
}
TEST(DevicePlastic, DoesWhatTasksAskFor) {
    expect_the_same_tasks(make_serial);
}
TEST(DevicePlastic, RunsPhases) {
    expect_the_same_phases(make_serial);
}

#define NEEDS_A_GPU()                                              \
    if (const std::string reason = why_no_cuda(); !reason.empty()) \
    GTEST_SKIP() << "no CUDA device: " << reason

TEST(DevicePlastic, OnAGpuTheCourseOfTheCpu) {
    NEEDS_A_GPU();
    for (const SimulationSpec& spec : networks()) expect_the_cpus_course(spec, make_cuda);
}
TEST(DevicePlastic, GoesOnAcrossGpuAndCpu) {
    NEEDS_A_GPU();
    for (const SimulationSpec& spec :
         {busy_network(), rewired_network(), crowded_network(), glia_network()}) {
        expect_exact_resume(spec, make_cuda, make_cpu);
        expect_exact_resume(spec, make_cpu, make_cuda);
    }
}
TEST(DevicePlastic, OnAGpuWhatTasksAskFor) {
    NEEDS_A_GPU();
    expect_the_same_tasks(make_cuda);
}
TEST(DevicePlastic, OnAGpuPhases) {
    NEEDS_A_GPU();
    expect_the_same_phases(make_cuda);
}

}  // namespace
}  // namespace snnsim
