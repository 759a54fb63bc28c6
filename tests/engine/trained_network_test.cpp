// A trained network that is shown samples: when its populations are awake, cells that are lost, on
// the CPU and with the kernel bodies of a device, and with a stop on the way.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include "kernels/random.hpp"
#include "serial_engine.hpp"
#include "snnsim/edge_list.hpp"
#include "snnsim/read_model.hpp"
#include "src/engine/records.hpp"
#include "src/phases/encoded_samples.hpp"
#include "src/phases/protocol.hpp"

namespace snnsim {
namespace {

/// A folder with four images of each set.
std::string images() {
    const std::filesystem::path folder =
        std::filesystem::path(testing::TempDir()) / ("trained_network_" + std::to_string(getpid()));
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
    for (const char* const stem : {"train", "t10k"}) {
        std::vector<std::uint8_t> pixels(4 * 784), labels{0, 1, 2, 3};
        for (std::size_t i = 0; i < pixels.size(); ++i)
            pixels[i] = static_cast<std::uint8_t>(i % 784 / 200 == i / 784 ? 255 : i % 7 * 20);
        write(std::string(stem) + "-images-idx3-ubyte", {4, 28, 28}, pixels);
        write(std::string(stem) + "-labels-idx1-ubyte", {4}, labels);
    }
    return folder.string();
}

std::shared_ptr<const EdgeList> weights(std::uint32_t sources, std::uint32_t targets,
                                        std::uint32_t number, double size) {
    EdgeList out;
    out.trained = out.all_pairs = true;
    const RandomKey key{7, Stream::weights, number, 0};
    for (std::uint32_t i = 0; i < sources * targets; ++i) {
        out.source.push_back(i / targets);
        out.target.push_back(i % targets);
        out.weight.push_back(size * (key.draw(i).word[0] / 4294967296.0 - 0.4));
    }
    return std::make_shared<const EdgeList>(std::move(out));
}

/// `input` -> `hidden` (to itself too) -> `output`, shown in `phases`.
SimulationSpec trained(const std::string& encode, const std::string& hidden,
                       const std::string& phases) {
    const auto run = [&](const std::string&, const std::string& name) {
        return RunModel{name,
                        "name: net\ndt: 1 ms\ndata: {set: mnist, encode: " + encode +
                            "}\npopulations:\n  input: {size: 784, model: spike_source}\n"
                            "  hidden: {size: 40, model: " +
                            hidden +
                            "}\n  output: {size: 10, model: leaky_readout}\nprojections:\n"
                            "  - {from: input, to: hidden}\n  - {from: hidden, to: output}\n" +
                            (hidden.starts_with("vsn") ? "" : "  - {from: hidden, to: hidden}\n") +
                            "train: {}\ntest: {}\n",
                        "net.yaml",
                        {}};
    };
    const AnyModel any = parse_any_model(
        "name: shown\nsimulate:\n  network: run.h5\n  phases:\n" + phases +
            "record: [{population: hidden, what: " + (hidden.starts_with("vsn") ? "m" : "v") +
            ", interval: 1 ms}]\nstimuli: [{kind: dc, to: hidden, amplitude: 0.05}]\n",
        "shown.yaml", {}, run);
    SimulationSpec spec = std::get<SimulationSpec>(any);
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        SynapsesSpec& s = spec.projections[k];
        s.edges = weights(static_cast<std::uint32_t>(spec.population(s.from).size),
                          static_cast<std::uint32_t>(spec.population(s.to).size),
                          static_cast<std::uint32_t>(k), s.from == "input" ? 0.05 : 0.2);
        s.connect.rule = Rule::list;
    }
    return spec;
}

struct Shown {
    Spikes spikes;
    std::vector<float> states;
    ProtocolState state;

    std::size_t count(std::size_t population, std::uint32_t first, std::uint32_t last) const {
        std::size_t sum = 0;
        for (std::size_t k = 0; k < spikes.size(); ++k)
            sum += spikes.population[k] == population && spikes.step[k] > first &&
                   spikes.step[k] <= last;
        return sum;
    }
};

using MakeEngine = std::unique_ptr<Engine> (*)(const SimulationSpec&);
std::unique_ptr<Engine> on_cpu(const SimulationSpec& spec) {
    return make_engine(spec, {.threads = 2});
}
std::unique_ptr<Engine> on_device(const SimulationSpec& spec) {
    return make_serial_engine(spec, {});
}

/// All phases; from `first` to `second` at step `at`.
Shown show(const SimulationSpec& spec, MakeEngine first, MakeEngine second, std::int64_t at) {
    Shown out;
    const std::string folder = images();
    std::unique_ptr<Engine> engine = first(spec);
    auto protocol = std::make_unique<Protocol>(spec, folder);
    protocol->begin(*engine);
    while (!protocol->finished()) {
        std::int64_t to = std::min(protocol->next(), engine->now() + 5);
        if (at > engine->now()) to = std::min(to, at);
        engine->advance(to - engine->now());
        if (engine->now() == protocol->next()) protocol->act(*engine);
        const Spikes spikes = engine->take_spikes();
        const std::vector<StateSamples> states = engine->take_states();
        protocol->observe(spikes, &states.back(), engine->now());
        out.states.insert(out.states.end(), states[0].values.begin(), states[0].values.end());
        for (std::size_t k = 0; k < spikes.size(); ++k) {
            if (spikes.population[k] == 0) continue;  // the input need not be collected
            out.spikes.step.push_back(spikes.step[k]);
            out.spikes.population.push_back(spikes.population[k]);
            out.spikes.cell.push_back(spikes.cell[k]);
            if (!spikes.value.empty()) out.spikes.value.push_back(spikes.value[k]);
        }
        if (engine->now() != at || protocol->finished()) continue;
        const EngineState state = engine->state();
        const ProtocolState course = protocol->state();
        engine = second(spec);
        engine->set_state(state);
        protocol = std::make_unique<Protocol>(spec, folder);
        protocol->restore(course, *engine);
    }
    out.state = protocol->state();
    return out;
}

constexpr const char* poisson = "{scheme: poisson, max_rate: 300 Hz, duration: 6 ms}";
constexpr const char* direct = "{scheme: direct, duration: 4 ms}";
constexpr const char* phases =
    "    - {name: test, present: {samples: test, passes: 2}}\n"
    "    - {name: train, lesions: [{population: hidden, share: 0.25}], present: {samples: train}}\n"
    "    - {name: kept, lesions: [{population: hidden, share: 0}], "
    "present: {samples: test, state: keep}}\n"
    "    - {name: free, duration: 9 ms}\n";

TEST(TrainedNetwork, TheCpuAndADeviceShowTheSame) {
    for (const auto& [encode, hidden] :
         {std::pair{poisson, "lif, v_th: 0.5"}, std::pair{poisson, "cuba_lif, v_th: 0.1"},
          std::pair{poisson, "adaptive_lif, v_th: 0.5"}, std::pair{direct, "lif, v_th: 0.5"},
          std::pair{direct, "vsn, v_th: 0.2"}}) {
        const SimulationSpec spec = trained(encode, hidden, phases);
        const Shown wanted = show(spec, on_cpu, on_cpu, 1000000);
        EXPECT_EQ(wanted.state.trials.size(), 16u);
        EXPECT_GT(wanted.count(1, 0, 1000), 50u) << hidden;
        for (const std::int64_t at : {7, 60, 75, 130}) {
            for (const auto& [first, second] :
                 {std::pair{&on_device, &on_cpu}, std::pair{&on_cpu, &on_device}}) {
                const Shown got = show(spec, first, second, at);
                EXPECT_EQ(got.spikes.step, wanted.spikes.step) << hidden << at;
                EXPECT_EQ(got.spikes.cell, wanted.spikes.cell);
                EXPECT_EQ(got.spikes.value, wanted.spikes.value);
                EXPECT_EQ(got.states, wanted.states);
                EXPECT_EQ(got.state.trials.prediction, wanted.state.trials.prediction);
                EXPECT_EQ(got.state.trials.start, wanted.state.trials.start);
            }
        }
    }
}

TEST(TrainedNetwork, SleepsBetweenSamplesAndBeginsEachAnew) {
    const SimulationSpec spec = trained(poisson, "lif, v_th: 0.5",
                                        "    - {name: a, present: {samples: test, passes: 2}}\n");
    const std::int64_t period = sample_period(spec, CarryOver::reset);
    EXPECT_EQ(period, 6 + 2);
    const Shown shown = show(spec, on_cpu, on_cpu, -1);
    for (std::uint32_t k = 0; k < 8; ++k) {
        const auto start = static_cast<std::uint32_t>(k * period);
        EXPECT_EQ(shown.state.trials.start[k], start);
        EXPECT_EQ(shown.count(1, start, start + 1), 0u);  // hidden comes a step later
        EXPECT_GT(shown.count(1, start + 1, start + 7), 0u);
        EXPECT_EQ(shown.count(1, start + 7, start + 8), 0u);
        // The second pass shows the same samples, which are encoded alike.
        EXPECT_EQ(shown.state.trials.prediction[k], shown.state.trials.prediction[k % 4]);
        EXPECT_EQ(shown.count(1, start, start + 8), shown.count(1, k % 4 * 8, k % 4 * 8 + 8));
    }
    const SimulationSpec kept = trained(poisson, "lif, v_th: 0.5",
                                        "    - {name: a, present: {samples: test, state: keep}}\n");
    EXPECT_EQ(sample_period(kept, CarryOver::keep), 6);
    EXPECT_EQ(show(kept, on_cpu, on_cpu, -1).state.trials.start,
              (std::vector<std::uint32_t>{0, 6, 12, 18}));
}

TEST(TrainedNetwork, LostCellsSendNothingAndFewerAreAPartOfMore) {
    const SimulationSpec spec = trained(
        poisson, "lif, v_th: 0.3",
        "    - {name: a, present: {samples: test}}\n"
        "    - {name: b, lesions: [{population: hidden, share: 0.5}], present: {samples: test}}\n"
        "    - {name: c, lesions: [{population: hidden, share: 0.8}], present: {samples: test}}\n"
        "    - {name: d, lesions: [{population: hidden, share: 0}], present: {samples: test}}\n");
    const Shown shown = show(spec, on_cpu, on_cpu, -1);
    std::vector<std::vector<std::uint8_t>> sent(4, std::vector<std::uint8_t>(40));
    for (std::size_t k = 0; k < shown.spikes.size(); ++k) {
        if (shown.spikes.population[k] == 1)
            sent[(shown.spikes.step[k] - 1) / 32][shown.spikes.cell[k]] = 1;
    }
    const auto count = [](const auto& s) { return std::count(s.begin(), s.end(), 1); };
    EXPECT_GT(count(sent[0]), 35);
    EXPECT_EQ(sent[0], sent[3]);
    EXPECT_LE(count(sent[1]), 20);
    EXPECT_LE(count(sent[2]), 8);
    EXPECT_GT(count(sent[2]), 0);
    for (std::size_t n = 0; n < 40; ++n) EXPECT_GE(sent[1][n], sent[2][n]);
}

}  // namespace
}  // namespace snnsim
