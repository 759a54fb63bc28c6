// Networks with synapses that change: the same spikes and weights whatever the layout, and after a
// resume; what the engine lets tasks do.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "snnsim/edge_list.hpp"
#include "snnsim/engine.hpp"
#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "tests/engine/plastic_networks.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/engine/serial_engine.hpp"

namespace snnsim {
namespace {

struct Result {
    std::vector<Sent> spikes;
    std::vector<std::vector<float>> weights;
    std::vector<float> snapshots;
    bool operator==(const Result&) const = default;
};

void advance(Engine& engine, Result& out, std::int64_t until, std::int64_t block) {
    while (engine.now() < until) {
        engine.advance(std::min(block, until - engine.now()));
        append(out.spikes, engine.take_spikes());
        for (const StateSamples& samples : engine.take_weights())
            out.snapshots.insert(out.snapshots.end(), samples.values.begin(), samples.values.end());
    }
}
void finish(const Engine& engine, Result& out) {
    for (ProjectionWeights& w : engine.weights()) out.weights.push_back(std::move(w.weight));
}

Result result_of(const SimulationSpec& spec, int threads, std::int64_t block) {
    const auto engine = make_engine(spec, {.threads = threads});
    Result out;
    advance(*engine, out, spec.steps(), block);
    finish(*engine, out);
    return out;
}

TEST(Plastic, TheSameSpikesAndWeightsOnAnyNumberOfThreadsAndWithAnyBlock) {
    const SimulationSpec spec = busy_network();
    const Result wanted = result_of(spec, 1, 2000);
    EXPECT_GT(wanted.spikes.size(), 1500u);
    ASSERT_EQ(wanted.weights.size(), 6u);
    for (const std::vector<float>& w : wanted.weights)
        EXPECT_NE(*std::min_element(w.begin(), w.end()), *std::max_element(w.begin(), w.end()));
    EXPECT_EQ(wanted.snapshots.size(), 6 * wanted.weights[1].size());
    for (const int threads : {1, 2, 3, 7})
        EXPECT_EQ(result_of(spec, threads, threads == 1 ? 13 : 700), wanted)
            << threads << " threads";
    SimulationSpec other = spec;
    other.seed = 2;
    EXPECT_NE(result_of(other, 1, 2000).spikes, wanted.spikes);
}

TEST(Plastic, GoesOnFromAStateOnOtherThreads) {
    const SimulationSpec spec = busy_network();
    const Result wanted = result_of(spec, 1, 2000);
    for (const auto& [before, after] : {std::pair{1, 2}, {3, 1}}) {
        for (const std::int64_t at : {1, 333, 1400}) {
            const auto first = make_engine(spec, {.threads = before});
            Result out;
            advance(*first, out, at, 500);
            const auto second = make_engine(spec, {.threads = after});
            second->set_state(first->state());
            advance(*second, out, spec.steps(), 500);
            finish(*second, out);
            EXPECT_EQ(out, wanted) << before << " then " << after << " at " << at;
        }
    }
}

TEST(Plastic, SourceTargetAndDelayBelongToTheirWeights) {
    const SimulationSpec spec = busy_network();
    const auto weights = make_engine(spec, {.threads = 3})->weights();
    const ProjectionWeights& w = weights[1];  // in-degree 10
    ASSERT_EQ(w.weight.size(), 2030u);
    std::vector<int> in_degree(203);
    for (std::size_t k = 0; k < w.weight.size(); ++k) {
        ++in_degree[w.target[k]];
        EXPECT_NEAR(w.weight[k], 10.0f, 1e-3f);
        EXPECT_GE(w.delay[k], 0.29f);
        EXPECT_LE(w.delay[k], 4.01f);
        if (k > 0) {
            EXPECT_GE(w.source[k], w.source[k - 1]);
        }
    }
    for (const int n : in_degree) EXPECT_EQ(n, 10);
}

SimulationSpec task_network() {
    return parse_simulation(R"(name: test
dt: 0.5 ms
simulate: {duration: 2 s}
populations:
  in: {model: poisson_source, size: 60, rate: 0 Hz}
  out: {model: iaf_psc_delta, size: 20, tau_m: 20 ms, e_l: 0 mV, v_th: 10 mV, v_reset: 0 mV, t_ref: 2 ms}
projections:
  - {from: in, to: out, connect: all_to_all, weight: {distribution: uniform, low: 0.1 mV, high: 0.9 mV}, delay: 1 ms,
     plasticity: {rule: stdp, a_plus: 0.02, w_max: 1 mV}}
)",
                            "test.yaml");
}
std::vector<double> image(int k) {
    std::vector<double> rates(60, 0.0);
    for (int i = 0; i < 20; ++i) rates[static_cast<std::size_t>(20 * k + i)] = 60.0;
    return rates;
}

/// What a task would do: show, normalise, freeze, evaluate; stopped and resumed after `stop` calls.
struct Done {
    std::vector<std::uint32_t> counts;
    std::vector<float> weights;
    bool operator==(const Done&) const = default;
};
Done task(int threads, int stop) {
    const SimulationSpec spec = task_network();
    auto engine = make_engine(spec, {.threads = threads});
    Done out;
    for (int k = 0; k < 6; ++k) {
        if (k == 4) engine->set_plastic(false);
        engine->normalise(0, 20.0);
        engine->set_rates(0, image(k % 3));
        engine->count_spikes(1);
        engine->advance(250);
        if (k == stop) {  // amid a presentation
            auto again = make_engine(spec, {.threads = threads + 1});
            again->set_state(engine->state());
            engine = std::move(again);
        }
        engine->advance(250);
        const auto counts = engine->counted_spikes(1);
        out.counts.insert(out.counts.end(), counts.begin(), counts.end());
        if (k == 3) out.weights = engine->weights()[0].weight;
    }
    return out;
}

TEST(Plastic, TasksAreExactOnResume) {
    const Done wanted = task(1, -1);
    EXPECT_GT(std::accumulate(wanted.counts.begin(), wanted.counts.end(), 0u), 100u);
    for (const int stop : {0, 3, 5}) EXPECT_EQ(task(2, stop), wanted) << stop;
}

TEST(Plastic, FrozenWeightsStayAndLearnNothingOfTheTimeBetween) {
    const auto engine = make_engine(task_network(), {});
    engine->set_rates(0, std::vector<double>(60, 50.0));
    const auto weights = [&] { return engine->weights()[0].weight; };
    const std::vector<float> start = weights();
    engine->set_plastic(false);
    engine->advance(1000);
    EXPECT_EQ(weights(), start);
    EXPECT_GT(engine->spike_counts()[1], 100u);
    engine->set_plastic(true);
    EXPECT_EQ(weights(), start);
    engine->advance(1000);
    EXPECT_NE(weights(), start);
}

TEST(Plastic, NormalisedWeightsSumToWhatIsAsked) {
    const auto engine = make_engine(task_network(), {.threads = 2});
    engine->normalise(0, 15.0);
    const ProjectionWeights w = engine->weights()[0];
    std::vector<double> sums(20);
    for (std::size_t k = 0; k < w.weight.size(); ++k)
        sums[w.target[k]] += static_cast<double>(w.weight[k]);
    for (const double sum : sums) EXPECT_NEAR(sum, 15.0, 1e-4);
}

TEST(Plastic, ScalingBringsTargetsToTheirRate) {
    SimulationSpec spec = parse_simulation(R"(name: test
dt: 0.5 ms
simulate: {duration: 20 s}
populations:
  in: {model: poisson_source, size: 200, rate: 10 Hz}
  out: {model: iaf_psc_delta, size: 4, tau_m: 20 ms, e_l: 0 mV, v_th: 10 mV, v_reset: 0 mV}
projections:
  - {from: in, to: out, connect: all_to_all, weight: 0.6 mV, delay: 1 ms,
     plasticity: {rule: rate_matching, a: 0, w_max: 2 mV, scaling: {rate: 10 Hz, kappa: 0.1, tau: 1 s, interval: 500 ms}}}
)",
                                           "test.yaml");
    const auto engine = make_engine(spec, {});
    engine->advance(20000);
    EXPECT_GT(engine->spike_counts()[1], 4u * 10u * 12u);  // too many at first
    engine->advance(10000);
    const double before = static_cast<double>(engine->spike_counts()[1]);
    engine->advance(10000);
    EXPECT_NEAR((static_cast<double>(engine->spike_counts()[1]) - before) / (4 * 5.0), 10.0, 1.5);
}

TEST(Plastic, RateMatchingGivesTheTargetTheRateOfItsSource) {
    SimulationSpec spec = parse_simulation(R"(name: test
dt: 0.1 ms
simulate: {duration: 10 s}
populations:
  in: {model: regular_source, size: 1, rate: 50 Hz}
  other: {model: regular_source, size: 1, rate: 25 Hz}
  out: {model: iaf_psc_delta, size: 1, tau_m: 10 ms, e_l: 0 mV, v_th: 1 mV, v_reset: 0 mV, t_ref: 0 ms}
projections:
  - {from: other, to: out, connect: all_to_all, weight: 1.5 mV, delay: 3 ms}
  - {from: in, to: out, connect: all_to_all, weight: 0.5 mV, delay: 1 ms,
     plasticity: {rule: rate_matching, a: 0.025, w_max: 2 mV}}
)",
                                           "test.yaml");
    const auto engine = make_engine(spec, {});
    engine->advance(50000);
    const double before = static_cast<double>(engine->spike_counts()[2]);
    engine->advance(50000);
    EXPECT_NEAR((static_cast<double>(engine->spike_counts()[2]) - before) / 5.0, 50.0, 7.5);
}

TEST(Plastic, AnAdaptiveThresholdGrowsDecaysAndFreezes) {
    const SimulationSpec spec = parse_simulation(R"(name: test
dt: 0.5 ms
simulate: {duration: 20 s}
populations:
  in: {model: regular_source, size: 1, rate: 20 Hz}
  out: {model: lif_cond_adaptive, size: 1}
  silent: {model: lif_cond_adaptive, size: 1, tau_theta: 1000 s}
projections:
  - {from: in, to: out, connect: all_to_all, weight: 60, delay: 1 ms}
record:
  - {population: out, what: theta, interval: 1 s}
  - {population: silent, what: theta, interval: 1 s}
)",
                                                 "test.yaml");
    const auto engine = make_engine(spec, {.threads = 2});
    engine->advance(20000);
    const double spikes = static_cast<double>(engine->spike_counts()[1]);
    EXPECT_GT(spikes, 150.0);
    auto theta = engine->take_states();
    EXPECT_NEAR(theta[0].values[9], 20.0 + 0.05 * spikes - 25.0 * 1e-3, 0.002);
    // A step takes 1e-5 mV, five of its last digits; of `out` 1e-6, less than one.
    EXPECT_NEAR(theta[1].values[9], 20.0 * std::exp(-0.01), 1e-5);
    engine->set_plastic(false);
    const auto again = make_engine(spec, {});
    again->set_state(engine->state());
    again->advance(20000);
    EXPECT_GT(static_cast<double>(again->spike_counts()[1]), spikes + 100.0);
    const auto frozen = again->take_states();
    EXPECT_EQ(frozen[0].values.back(), theta[0].values[9]);
    EXPECT_EQ(frozen[1].values.back(), theta[1].values[9]);
}

/// Ten stimuli in turn; spikes that answer the first are rewarded. The answers to it in the first
/// and in the last tenth of the trials, and the final weights.
struct Conditioned {
    double first = 0.0, last = 0.0;
    std::vector<float> weights;
    bool operator==(const Conditioned&) const = default;
};
Conditioned condition(int threads, bool rewarded) {
    const SimulationSpec spec = parse_simulation(R"(name: test
dt: 1 ms
simulate: {duration: 1000 s}
populations:
  in: {model: poisson_source, size: 200, rate: 0 Hz}
  out: {model: iaf_psc_delta, size: 5, tau_m: 20 ms, e_l: 0 mV, v_th: 10 mV, v_reset: 0 mV, t_ref: 3 ms}
projections:
  - {from: in, to: out, connect: all_to_all, weight: 0.9 mV, delay: 1 ms,
     plasticity: {rule: reward_stdp, a_plus: 0.1, a_minus: 0.08, tau_c: 200 ms, tau_n: 100 ms, w_max: 4 mV, learning_rate: 3}}
)",
                                                 "test.yaml");
    auto engine = make_engine(spec, {.threads = threads});
    Conditioned out;
    constexpr int trials = 100;  // of each stimulus
    for (int trial = 0; trial < 10 * trials; ++trial) {
        std::vector<double> rates(200, 0.0);
        for (int i = 0; i < 20; ++i) rates[static_cast<std::size_t>(trial % 10 * 20 + i)] = 40.0;
        engine->set_rates(0, rates);
        engine->count_spikes(1);
        engine->advance(50);
        const auto counts = engine->counted_spikes(1);
        const double answer = std::accumulate(counts.begin(), counts.end(), 0.0);
        engine->set_rates(0, std::vector<double>(200, 0.0));
        if (trial % 10 == 0) {
            if (rewarded && answer > 0.0) engine->reward(0.5);
            (trial < trials ? out.first : out.last) +=
                trial < trials || trial >= 9 * trials ? answer : 0.0;
        }
        engine->advance(250);
        if (trial == 700 && threads > 1) {  // on other threads from here on
            auto again = make_engine(spec, {.threads = 1});
            again->set_state(engine->state());
            engine = std::move(again);
        }
    }
    out.weights = engine->weights()[0].weight;
    return out;
}

/// What a pair of spikes, rewards and a baseline make of a weight.
double rewarded_change(const std::string& interval, double first_ms, double baseline,
                       const std::vector<std::pair<double, double>>& rewards, bool device,
                       bool pauses) {
    const SimulationSpec spec = parse_simulation(
        "name: test\ndt: 0.5 ms\nsimulate: {duration: 4 s}\npopulations:\n"
        "  a: {model: regular_source, size: 1, rate: 0.01 Hz, first: " +
            std::to_string(first_ms) +
            " ms}\n  b: {model: regular_source, size: 1, rate: 0.01 Hz, first: " +
            std::to_string(first_ms + 4.0) +
            " ms}\n  c: {model: iaf_psc_delta, size: 1}\nprojections:\n"
            "  - {from: b, to: c, connect: one_to_one, weight: 100 mV, delay: 1 ms}\n"
            "  - {from: a, to: c, connect: one_to_one, weight: 0.5 mV, delay: 1 ms, plasticity: "
            "{rule: reward_stdp, a_plus: 0.1, a_minus: 0, tau_plus: 20 ms, tau_c: 400 ms, tau_n: "
            "200 ms, w_max: 1 mV, baseline: " +
            std::to_string(baseline) + ", interval: " + interval + "}}\n",
        "test.yaml");
    const auto engine = device ? make_serial_engine(spec, {}) : make_engine(spec, {});
    for (const auto& [time, amount] : rewards) {
        const auto step = static_cast<std::int64_t>(time / spec.dt + 0.5);
        engine->advance(step - engine->now());
        engine->reward(amount);
    }
    if (pauses) {  // from 1003 to 1101.5 ms
        engine->advance(2006 - engine->now());
        engine->set_plastic(false);
        engine->advance(197);
        engine->set_plastic(true);
    }
    engine->advance(spec.steps() - engine->now());
    return static_cast<double>(engine->weights()[0].weight[0]) - 0.5;
}
/// The integral of c (n - baseline), in steps of 0.01 ms by the midpoint rule.
double integrated_change(double first_ms, double baseline,
                         const std::vector<std::pair<double, double>>& rewards, bool pauses) {
    const double paired = first_ms + 5.0, c_0 = 0.1 * std::exp(-4.0 / 20.0), h = 0.01;
    double sum = 0.0;
    for (int k = static_cast<int>(paired / h + 0.5); k < 400000; ++k) {
        const double t = (k + 0.5) * h;
        if (pauses && t > 1003.0 && t < 1101.5) continue;
        double n = 0.0;
        for (const auto& [time, amount] : rewards)
            n += t > time ? amount * std::exp(-(t - time) / 200.0) : 0.0;
        sum += c_0 * std::exp(-(t - paired) / 400.0) * (n - baseline) * h * 1e-3;
    }
    return sum;
}

TEST(Plastic, RewardIsIntegratedExactlyWhateverTheInterval) {
    const std::vector<std::pair<double, double>> once{{100.0, 8.0}},
        often{{52.5, 8.0}, {203.5, 4.0}, {1000.0, 4.0}};
    for (const double first : {40.0, 43.5, 98.0}) {
        for (const double baseline : {0.0, 0.5}) {
            for (const auto& rewards : {once, often}) {
                for (const bool pauses : {false, true}) {
                    const double wanted = integrated_change(first, baseline, rewards, pauses);
                    for (const char* const interval : {"0.5 ms", "10 ms", "7 ms", "100 ms"}) {
                        for (const bool device : {false, true})
                            EXPECT_NEAR(
                                rewarded_change(interval, first, baseline, rewards, device, pauses),
                                wanted, 3e-4 * std::abs(wanted) + 1e-6)
                                << interval << ", " << first << " ms, baseline " << baseline;
                    }
                }
            }
        }
    }
}

TEST(Plastic, RewardConditionsOneOfTenStimuli) {
    const Conditioned with = condition(1, true), without = condition(1, false);
    EXPECT_GT(with.last, 2.0 * with.first);
    EXPECT_GT(with.first, 5.0);
    EXPECT_EQ(without.weights, std::vector<float>(1000, without.weights[0]));  // nothing moves
    const auto mean = [&](std::size_t from, std::size_t to) {
        return std::accumulate(with.weights.begin() + static_cast<std::ptrdiff_t>(from),
                               with.weights.begin() + static_cast<std::ptrdiff_t>(to), 0.0) /
               static_cast<double>(to - from);
    };
    EXPECT_GT(mean(0, 100), 1.5 * mean(100, 1000));  // of the rewarded stimulus, of the others
    EXPECT_EQ(condition(2, true), with);
}

TEST(Plastic, RefusesWeightsThatCannotBe) {
    const auto error = [](const SimulationSpec& spec) -> std::string {
        try {
            make_engine(spec, {});
        } catch (const ModelError& e) {
            return e.what();
        }
        return "no error";
    };
    SimulationSpec listed = task_network();
    listed.projections[0].connect.rule = Rule::list;
    EdgeList edges;
    edges.source = edges.target = {0, 1};
    edges.weight = {0.5, 1.2};
    listed.projections[0].edges = std::make_shared<const EdgeList>(edges);
    EXPECT_EQ(error(listed),
              "test.yaml:8:5: in_to_out: a weight of 1.2 lies outside w_min (0) and w_max (1)");

    SimulationSpec sparse = task_network();
    sparse.projections[0].connect.rule = Rule::fixed_total_number;
    sparse.projections[0].connect.n = 10;
    sparse.projections[0].plasticity->normalise =
        NormaliseSpec{sparse.projections[0].weight, 100.0};
    const std::string message = error(sparse);
    EXPECT_NE(message.find("of 'out' has no weights to normalise: their sum is 0"),
              std::string::npos)
        << message;
}

TEST(Plastic, RefusesWhatCannotBe) {
    const SimulationSpec spec = task_network();
    const auto engine = make_engine(spec, {});
    EXPECT_THROW(engine->set_rates(1, std::vector<double>(20, 1.0)), UsageError);
    EXPECT_THROW(engine->set_rates(0, std::vector<double>(20, 1.0)), UsageError);
    EXPECT_THROW(engine->set_rates(0, std::vector<double>(60, 2001.0)), UsageError);
    EXPECT_THROW(engine->normalise(1, 1.0), UsageError);
    EXPECT_THROW(engine->reward(1.0), UsageError);
}

}  // namespace
}  // namespace snnsim
