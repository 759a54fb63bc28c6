// The engine of the GPU, its kernel bodies run one after the other on the host: the same spikes as
// the CPU's engine, which works in another way altogether. With a GPU: the same there.
#include <gtest/gtest.h>

#include <fstream>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/engine/ranks/thread_ranks.hpp"
#include "src/io/read_played_spikes.hpp"
#include "src/plan/device_memory.hpp"
#include "tests/engine/all_kinds.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/engine/serial_engine.hpp"
#include "tests/shipped_model.hpp"

namespace snnsim {
namespace {

struct Case {
    const char* model;
    std::vector<std::string> overrides;
};
const std::vector<Case> cases{
    {"cuba", {"simulate.duration=150 ms"}},
    {"grid_waves", {"simulate.duration=60 ms"}},
    {"coba", {"simulate.duration=60 ms"}},
    {"equations/cuba", {"simulate.duration=60 ms"}},
    {"equations/phase_locking", {"simulate.duration=30 ms", "populations.cells.size=200"}},
    {"brunel", {"simulate.duration=25 ms"}},
    {"brunel_wang", {"simulate.duration=30 ms"}},
    {"izhikevich_1000", {"simulate.duration=200 ms"}},
    {"izhikevich_patterns", {"simulate.duration=100 ms"}},
    {"adex_patterns", {"simulate.duration=60 ms"}},
    {"microcircuit", {"simulate.duration=30 ms", "scale.neurons=0.05", "scale.in_degrees=0.05"}},
};

/// Every kind of stimulus, record and source; parameters that differ from cell to cell; two
/// receptors and one; a synapse to each kind of target.
const char* const mixed = R"(
name: mixed
dt: 0.1 ms
simulate: {duration: 60 ms}
populations:
  E: &cell {model: iaf_psc_exp, size: 403, tau_syn_ex: 2 ms, tau_syn_in: 4 ms, t_ref: 2 ms,
      initial: {v: {distribution: uniform, low: -70 mV, high: -56 mV}}}
  S: {model: poisson_source, size: 50, rate: 200 Hz, amplitude: 100 Hz, frequency: 40 Hz}
  I: {<<: *cell, size: 97, tau_m: {distribution: normal, mean: 10 ms, std: 1 ms, low: 1 ms}}
  A: {model: iaf_psc_alpha, size: 33, i_e: {linspace: [-50 pA, 90 pA]}}
  R: {model: regular_source, size: 3, rate: 100 Hz}
  V: {model: vsn, size: 40}
  F: {model: spike_source, size: 20, file: played.csv}
projections:
  - {from: E, to: E, connect: {rule: fixed_probability, p: 0.1}, weight: {distribution: normal,
      mean: 30 pA, std: 4 pA, low: 0 pA}, delay: {distribution: uniform, low: 0.1 ms, high: 3 ms}}
  - {from: E, to: I, connect: {rule: fixed_in_degree, n: 40}, weight: 50 pA, delay: 0.8 ms}
  - {from: I, to: E, connect: {rule: fixed_total_number, n: 3000}, weight: -90 pA, delay: 0.2 ms}
  - {from: S, to: A, connect: {rule: fixed_out_degree, n: 9}, weight: 150 pA, delay: 1 ms}
  - {from: R, to: A, connect: all_to_all, weight: 300 pA, delay: 2 ms}
  - {from: F, to: V, connect: all_to_all, weight: 0.5, delay: 1 ms}
  - {from: V, to: V, connect: {rule: fixed_in_degree, n: 9}, weight: 0.3, delay: 0.4 ms}
  - {from: V, to: E, connect: {rule: fixed_out_degree, n: 20}, weight: {distribution: uniform,
      low: 10 pA, high: 40 pA}, delay: 1 ms, weight_bits: 32}
stimuli:
  - {to: V, kind: noise, std: 0.5}
  - {to: I, kind: poisson, rate: 3 kHz, weight: 40 pA}
  - {to: E, kind: poisson, rate: 6 kHz, weight: 40 pA, start: 5 ms}
  - {to: E, kind: noise, std: 30 pA}
  - {to: E, kind: dc, amplitude: {distribution: normal, mean: 100 pA, std: 30 pA}, stop: 50 ms}
  - {to: I, kind: sine, amplitude: 100 pA, frequency: 50 Hz, offset: 50 pA}
  - {to: A, kind: ramp, first: 0 pA, last: 400 pA, start: 10 ms, stop: 40 ms}
  - {to: A, kind: white_noise, sigma: 90 pA sqrt(ms), mean: 40 pA}
  - {to: I, kind: noise, std: 60 pA, interval: 0.7 ms, start: 0.2 ms}
  - {to: A, kind: noise, std: 50 pA, interval: 0.3 ms, shared: x}
  - {to: I, kind: noise, std: 40 pA, interval: 0.3 ms, shared: x, lag: 1.7 ms, start: 3 ms}
  - {to: I, kind: dc, amplitude: {linspace: [0 pA, 80 pA]}}
  - {to: R, kind: steps, times: [20 ms, 40 ms], amplitudes: [437 Hz, -50 Hz]}
  - {to: A, kind: waveform, file: none.npy, interval: 0.9 ms, unit: pA}
record:
  - {population: E, what: v, interval: 0.7 ms, cells: 300}
  - {population: I, what: input, interval: 1.1 ms}
  - {population: I, what: input_in, cells: {random: 20}}
  - {population: A, what: v, cells: [32, 3, 17]}
  - {population: E, what: current, interval: 2 ms, cells: 5}
)";

/// Receptors with names, which all kinds of synapses reach.
const char* const named = R"(
name: named
dt: 0.1 ms
simulate: {duration: 60 ms}
populations:
  E: {model: iaf_cond_nmda, size: 203, initial: {v: {distribution: uniform, low: -70 mV,
      high: -56 mV}}}
  B: {model: iaf_cond_nmda, size: 60, t_ref: {distribution: uniform, low: 1 ms, high: 3 ms},
      tau_rise_ampa: 0 ms}
  G: {model: glif_cond, size: 37, level: glif5, i_e: {linspace: [200 pA, 600 pA]}}
  S: {model: poisson_source, size: 50, rate: 200 Hz}
  V: {model: vsn, size: 20}
projections:
  - {from: E, to: E, name: fast, connect: {rule: fixed_probability, p: 0.1}, receptor: ampa,
      weight: {distribution: normal, mean: 2 nS, std: 1 nS, low: 0 nS}, delay: {distribution:
      uniform, low: 0.1 ms, high: 3 ms}}
  - {from: E, to: E, name: slow, connect: {rule: fixed_total_number, n: 3000}, receptor: nmda,
      weight: 1 nS, procedural: true}
  - {from: E, to: B, connect: all_to_all, receptor: 2, weight: 0.3 nS, delay: 1.2 ms}
  - {from: B, to: E, connect: all_to_all, receptor: gaba_a, weight: {distribution: uniform,
      low: 0 nS, high: 2 nS}, delay: 1 ms}
  - {from: B, to: B, connect: {rule: fixed_in_degree, n: 9}, receptor: 4, weight: 2 nS}
  - {from: S, to: E, connect: {rule: fixed_out_degree, n: 30}, receptor: nmda, delay: 1 ms,
      weight: 3 nS, plasticity: {rule: stdp, w_max: 6 nS}}
  - {from: S, to: B, connect: all_to_all, receptor: gaba_b, weight: 0.1 nS, short_term: {u_0: 0.5,
      tau_rec: 50 ms}}
  - {from: V, to: E, connect: {rule: fixed_out_degree, n: 20}, receptor: ampa, weight: 3 nS}
  - {from: G, to: G, connect: {rule: fixed_in_degree, n: 5}, receptor: syn_2, weight: 2 nS}
  - {from: S, to: G, connect: {rule: fixed_in_degree, n: 5}, receptor: syn_3, weight: 4 nS}
stimuli:
  - {to: V, kind: noise, std: 0.5, interval: 0.1 ms}
  - {to: E, kind: poisson, receptor: ampa, rate: 6 kHz, weight: 2 nS}
  - {to: E, kind: poisson, receptor: gaba_a, rate: 1 kHz, weight: 1 nS, start: 5 ms}
  - {to: B, kind: poisson, receptor: 1, rate: 6 kHz, weight: 3 nS}
record:
  - {population: E, what: g_nmda, interval: 0.7 ms}
  - {population: B, what: input, interval: 1.1 ms}
  - {population: B, what: input_gaba_b, interval: 1.1 ms}
  - {population: B, what: input_ampa, interval: 0.1 ms}
  - {population: G, what: g_3, interval: 0.7 ms}
)";

/// Rows of every form that are drawn anew for each spike.
const char* const drawn = R"(
name: drawn
dt: 0.1 ms
simulate: {duration: 15 ms}
populations:
  E: {model: iaf_psc_exp, size: 203, tau_syn_ex: 2 ms, t_ref: 1 ms, initial: {v: {distribution:
      uniform, low: -70 mV, high: -55 mV}}}
  B: {model: iaf_psc_exp, size: 29}
  V: {model: vsn, size: 20}
projections:
  - {from: E, to: E, name: p1, connect: all_to_all, weight: -0.2 pA, delay: 0.3 ms, procedural:
      true}
  - {from: E, to: E, name: p2, connect: {rule: all_to_all, autapses: false}, weight:
      {distribution: normal, mean: 1 pA, std: 1 pA}, delay: 0.7 ms, procedural: true}
  - {from: E, to: E, name: p3, connect: one_to_one, weight: -90 pA, delay: 0.2 ms, procedural:
      true}
  - {from: E, to: B, name: p4, connect: {rule: blocks}, weight: 300 pA, delay: 0.2 ms,
      procedural: true}
  - {from: B, to: E, name: p5, connect: {rule: blocks}, weight: 300 pA, delay: 0.4 ms,
      procedural: true}
  - {from: E, to: E, name: p6, connect: {rule: fixed_probability, p: 0.1}, weight: {distribution:
      normal, mean: 40 pA, std: 20 pA}, delay: {distribution: uniform, low: 0.1 ms, high: 0.4
      ms}, procedural: true}
  - {from: E, to: B, name: p7, connect: {rule: fixed_probability, p: 0.5}, weight: 40 pA, delay:
      0.6 ms, procedural: true}
  - {from: E, to: E, name: p8, connect: {rule: fixed_probability, p: 0.9, autapses: false},
      weight: {distribution: uniform, low: -9 pA, high: 2 pA}, delay: 1 ms, procedural: true}
  - {from: E, to: E, name: p9, connect: {rule: fixed_out_degree, n: 30, autapses: false}, weight:
      20 pA, delay: 0.3 ms, procedural: true}
  - {from: E, to: B, name: p10, connect: {rule: fixed_out_degree, n: 14, multapses: false},
      weight: 9 pA, delay: 0.5 ms, procedural: true}
  - {from: B, to: E, name: p11, connect: {rule: fixed_total_number, n: 900}, weight: -60 pA,
      delay: {distribution: uniform, low: 0.1 ms, high: 0.2 ms}, procedural: true}
  - {from: B, to: B, name: p12, connect: {rule: pairwise_poisson, p: 1.5, autapses: false},
      weight: -9 pA, delay: 1 ms, procedural: true}
  - {from: B, to: E, name: p13, connect: {rule: fixed_in_degree, n: 9}, weight: -20 pA, delay:
      1.5 ms, procedural: true}
  - {from: V, to: E, name: p14, connect: {rule: fixed_out_degree, n: 20}, weight: 30 pA, delay:
      0.1 ms, procedural: true}
stimuli:
  - {to: V, kind: noise, std: 0.5, interval: 0.1 ms}
  - {to: E, kind: dc, amplitude: {linspace: [100 pA, 900 pA]}}
)";

std::vector<SimulationSpec> networks() {
    std::vector<SimulationSpec> out;
    for (const Case& c : cases) {
        const AnyModel model = read_any_model(shipped_model(c.model), c.overrides);
        out.push_back(std::get<SimulationSpec>(model));
    }
    const std::string folder = testing::TempDir();
    std::ofstream file(folder + "played.csv");
    for (int step = 1; step < 600; step += 7) file << 0.1 * step << ", " << step % 20 << '\n';
    file.close();
    out.push_back(with_played_spikes(parse_simulation(mixed, folder + "mixed.yaml")));
    Waveform waveform{{}, {}, 33, 50.0, ""};
    for (int k = 0; k < 50; ++k) {
        waveform.times.push_back(0.9 * k);
        for (int cell = 0; cell < 33; ++cell)
            waveform.values.push_back(static_cast<float>((k * 37 + cell * 11) % 100));
    }
    out.back().stimuli.back().waveform = std::make_shared<const Waveform>(waveform);
    out.push_back(parse_simulation(named, "named.yaml"));
    out.push_back(parse_simulation(drawn, "drawn.yaml"));
    return out;
}

using MakeEngine = std::unique_ptr<Engine> (*)(const SimulationSpec&, EngineOptions);

std::unique_ptr<Engine> make_serial(const SimulationSpec& spec, EngineOptions options) {
    return make_serial_engine(spec, options);
}
std::unique_ptr<Engine> make_cpu(const SimulationSpec& spec, EngineOptions options) {
    return make_engine(spec, options);
}
std::unique_ptr<Engine> make_cuda(const SimulationSpec& spec, EngineOptions options) {
    options.device = Device::cuda;
    return make_engine(spec, options);
}

void expect_the_cpus_spikes(const SimulationSpec& spec, MakeEngine make) {
    const auto cpu = make_engine(spec, {.threads = 2});
    const auto device = make(spec, {.threads = 2});
    const std::vector<Sent> wanted = run(*cpu, spec.steps());
    EXPECT_GT(wanted.size(), 20u) << spec.name;
    EXPECT_EQ(run(*device, spec.steps(), 97), wanted) << spec.name;
    EXPECT_EQ(device->spike_counts(), cpu->spike_counts()) << spec.name;
    const EngineState a = device->state(), b = cpu->state();
    EXPECT_EQ(a.states, b.states) << spec.name;
    const auto samples_a = device->take_states(), samples_b = cpu->take_states();
    ASSERT_EQ(samples_a.size(), samples_b.size());
    for (std::size_t r = 0; r < samples_a.size(); ++r) {
        EXPECT_EQ(samples_a[r].step, samples_b[r].step);
        EXPECT_EQ(samples_a[r].values, samples_b[r].values);
    }
}

/// From one engine to the other in the middle.
void expect_exact_resume(const SimulationSpec& spec, MakeEngine from, MakeEngine to) {
    const std::int64_t half = spec.steps() / 2 + 1;
    const auto whole = from(spec, {.threads = 1});
    const auto first = from(spec, {.threads = 1}), second = to(spec, {.threads = 2});
    run(*whole, half);
    run(*first, half, 31);
    second->set_state(first->state());
    EXPECT_EQ(run(*second, spec.steps() - half, 50), run(*whole, spec.steps() - half)) << spec.name;
    EXPECT_EQ(second->spike_counts(), whole->spike_counts());
}

/// Carries what lies on the "devices" of threads.
class HostCarrier final : public DeviceCarrier {
  public:
    explicit HostCarrier(Exchange& exchange) : exchange_(exchange) {}
    void all_gather(const std::uint32_t* mine, std::size_t words, std::uint32_t* all) override {
        Gathered gathered;
        exchange_.all_gather(std::span(mine, words), gathered);
        std::copy(gathered.words.begin(), gathered.words.end(), all);
    }
    std::string name() const override { return "a carrier"; }

  private:
    Exchange& exchange_;
};

/// Several ranks, each with a part of the network.
void expect_the_cpus_spikes_on(int ranks, const SimulationSpec& spec, bool carried = false) {
    const auto cpu = make_engine(spec, {.threads = 2});
    const std::vector<Sent> wanted = run(*cpu, spec.steps());
    EXPECT_GT(wanted.size(), 20u) << spec.name;
    const EngineState wanted_state = cpu->state();
    const auto wanted_samples = cpu->take_states();
    ThreadRanks(ranks).run([&](Exchange& exchange) {
        const auto device =
            make_serial_engine(spec, {.threads = 1}, exchange,
                               carried ? std::make_unique<HostCarrier>(exchange) : nullptr);
        const std::vector<Sent> spikes = run(*device, spec.steps(), 97);
        const EngineState state = device->state();
        const auto samples = device->take_states();
        const std::vector<SynapticWork> work = device->work();
        if (!exchange.leads()) return;
        const std::string where = spec.name + " on " + std::to_string(ranks) + " ranks";
        EXPECT_NE(device->device_name().find(carried ? "a carrier" : "the host"), std::string::npos)
            << device->device_name();
        EXPECT_EQ(spikes, wanted) << where;
        EXPECT_EQ(device->spike_counts(), cpu->spike_counts()) << where;
        EXPECT_EQ(state.states, wanted_state.states) << where;
        EXPECT_EQ(state.inputs, wanted_state.inputs) << where;
        ASSERT_EQ(samples.size(), wanted_samples.size());
        for (std::size_t r = 0; r < samples.size(); ++r) {
            EXPECT_EQ(samples[r].step, wanted_samples[r].step) << where;
            EXPECT_EQ(samples[r].values, wanted_samples[r].values) << where << ", record " << r;
        }
        EXPECT_EQ(device->report().synapses, cpu->report().synapses);
        EXPECT_EQ(device->report().projection_synapses, cpu->report().projection_synapses);
        for (std::size_t k = 0; k < work.size(); ++k) {
            EXPECT_EQ(work[k].events, cpu->work()[k].events) << where;
            EXPECT_EQ(work[k].operations, cpu->work()[k].operations) << where;
        }
    });
}

TEST(DeviceEngine, TheSpikesOfTheCpu) {
    for (const SimulationSpec& spec : networks()) expect_the_cpus_spikes(spec, make_serial);
}

TEST(DeviceEngine, OnSeveralRanksTheSpikesOfTheCpu) {
    for (const SimulationSpec& spec : networks()) expect_the_cpus_spikes_on(3, spec);
    for (const int ranks : {2, 4, 7}) expect_the_cpus_spikes_on(ranks, all_kinds());
    const std::vector<SimulationSpec> all = networks();
    expect_the_cpus_spikes_on(2, all[0]);
    expect_the_cpus_spikes_on(2, all[0], true);
    for (const std::size_t k : {all.size() - 3, all.size() - 2, all.size() - 1})
        expect_the_cpus_spikes_on(5, all[k], true);
}

TEST(DeviceEngine, GoesOnFromAStateOfOtherRanks) {
    const SimulationSpec spec = all_kinds();
    const std::int64_t half = spec.steps() / 2 + 3;
    const auto cpu = make_engine(spec, {.threads = 1});
    run(*cpu, half);
    EngineState state = cpu->state();
    const std::vector<Sent> wanted = run(*cpu, spec.steps() - half);
    for (const int ranks : {3, 2}) {  // from the CPU, then from each to the next
        std::vector<Sent> got;
        const EngineState at_half = state;
        ThreadRanks(ranks).run([&](Exchange& exchange) {
            const auto first = make_serial_engine(spec, {.threads = 1}, exchange);
            run(*first, half, 77);
            EngineState mine = first->state();
            const auto second = make_serial_engine(spec, {.threads = 1}, exchange);
            second->set_state(at_half);
            const std::vector<Sent> spikes = run(*second, spec.steps() - half);
            if (!exchange.leads()) return;
            got = spikes;
            state = std::move(mine);
        });
        EXPECT_EQ(got, wanted) << ranks;
        const auto alone = make_engine(spec, {.threads = 2});
        alone->set_state(state);
        EXPECT_EQ(run(*alone, spec.steps() - half), wanted) << ranks;
    }
}

TEST(DeviceEngine, AllRanksHearOfTheFirstStateThatStrays) {
    const SimulationSpec spec = parse_simulation(
        "name: test\ndt: 0.1 ms\nsimulate: {duration: 100 ms}\n"
        "populations:\n"
        "  a: {model: iaf_psc_exp, size: 40}\n"
        "  b: {model: iaf_psc_exp, size: 2, c_m: 0.001 pF, i_e: -3e38 pA}\n",
        "test.yaml");
    std::string wanted;
    try {
        make_engine(spec, {.threads = 1})->advance(1000);
    } catch (const NumericalError& e) {
        wanted = e.what();
    }
    ASSERT_NE(wanted, "");
    ThreadRanks(3).run([&](Exchange& exchange) {
        const auto engine = make_serial_engine(spec, {.threads = 1}, exchange);
        try {
            engine->advance(1000);
            ADD_FAILURE() << "no rank heard of it";
        } catch (const NumericalError& e) {
            EXPECT_EQ(e.what(), wanted);
        }
    });
}

TEST(DeviceEngine, DrawsRowsAnewAndStoresNothing) {
    const SimulationSpec spec = parse_simulation(drawn, "drawn.yaml");
    const auto cpu = make_engine(spec, {.threads = 1}),
               device = make_serial_engine(spec, {.threads = 1});
    EXPECT_EQ(device->report().projection_bytes, std::vector<double>(spec.projections.size()));
    EXPECT_EQ(device->report().projection_synapses, cpu->report().projection_synapses);
    SimulationSpec rows = spec;
    // In another way fixed_in_degree would draw another network.
    for (SynapsesSpec& p : rows.projections) p.procedural = p.connect.rule == Rule::fixed_in_degree;
    const std::vector<Sent> wanted = run(rows, 1);
    EXPECT_GT(wanted.size(), 300u);
    EXPECT_EQ(run(*device, spec.steps()), wanted);
    for (const MemoryPart& part : device_memory(spec)) {
        if (part.name.starts_with("synapses of")) {
            EXPECT_EQ(part.bytes, 0u) << part.name;
        }
    }
}

TEST(DeviceEngine, GoesOnWhereTheOtherEngineStopped) {
    const std::vector<SimulationSpec> all = networks();
    for (const std::size_t k : {std::size_t{0}, std::size_t{6}, std::size_t{7}, all.size() - 1}) {
        expect_exact_resume(all[k], make_serial, make_cpu);
        expect_exact_resume(all[k], make_cpu, make_serial);
    }
}

TEST(DeviceEngine, OnAGpuTheSpikesOfTheCpu) {
    if (const std::string reason = why_no_cuda(); !reason.empty())
        GTEST_SKIP() << "no CUDA device: " << reason;
    for (const SimulationSpec& spec : networks()) expect_the_cpus_spikes(spec, make_cuda);
}

TEST(DeviceEngine, GoesOnAcrossGpuAndCpu) {
    if (const std::string reason = why_no_cuda(); !reason.empty())
        GTEST_SKIP() << "no CUDA device: " << reason;
    const std::vector<SimulationSpec> all = networks();
    for (const std::size_t k : {std::size_t{0}, std::size_t{6}, std::size_t{7}, all.size() - 1}) {
        expect_exact_resume(all[k], make_cuda, make_cpu);
        expect_exact_resume(all[k], make_cpu, make_cuda);
    }
}

}  // namespace
}  // namespace snnsim
