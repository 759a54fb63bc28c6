// Learned delays: gradients against PyTorch and finite differences, and spikes on the grid against
// sums by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "src/training/network_on.hpp"
#include "src/training/schedule.hpp"
#include "tests/training/delays_golden.hpp"
#include "tests/training/small_network.hpp"

namespace snnsim {
namespace {

constexpr std::size_t sizes[3] = {5, 18, 3};
constexpr BatchShape shape{3, 40};

Network network_of(const golden::DelayCase& c, NeuronModels::Params hidden) {
    Network n{1.0, 40, Poisson::Params{}, {}, {}};
    n.populations = {{"input", 5, SpikeSource::Params{}},
                     {"hidden", 18, std::move(hidden)},
                     {"output", 3, LeakyReadout::Params{}}};
    for (std::size_t k = 0; k < 2; ++k) {
        Projection p{"p" + std::to_string(k), k, k + 1, true, c.w[k], {}};
        p.delays = LearnedDelays{c.by_source ? DelayOf::source : DelayOf::synapse, c.longest,
                                 c.delay[k], c.sigma, c.sigma};
        n.projections.push_back(std::move(p));
    }
    return n;
}

TrainerOptions options_of(int threads = 1) {
    TrainerOptions o;
    o.threads = threads;
    o.train.batch = 3;
    o.train.surrogate = FastSigmoid::Params{5.0};
    return o;
}

std::size_t trace_at(std::size_t b, std::size_t t, std::size_t n) {
    return ((n / panel_width * shape.batch + b) * shape.steps + t) * panel_width + n % panel_width;
}

/// A network with the weights and the input of a case, while it learns.
template <class Backend>
struct Learning {
    NetworkOn<Backend> net;

    Learning(const Network& network, const TrainerOptions& options) : net(network, options) {
        for (std::size_t k = 0; k < 2; ++k) {
            std::vector<float> rows = network.projections[k].weights;
            const std::vector<float>& bias = network.projections[k].bias;
            rows.insert(rows.end(), bias.begin(), bias.end());
            net.projections[k].upload(net.projections[k].weight, rows);
        }
        net.reserve_training();
        net.learn_delays(0);
        std::vector<std::uint32_t> bits(shape.batch * sizes[0] * shape.words());
        for (std::size_t at = 0; at < golden::delay_input.size(); ++at) {
            const std::size_t t = at % shape.steps;
            if (golden::delay_input[at] != 0.0f)
                bits[at / shape.steps * shape.words() + t / 32] |= 1u << (t % 32);
        }
        net.populations[0].bits.copy_from(bits.data(), bits.size());
    }
    float output(std::size_t b, std::size_t t, std::size_t n) {
        return net.populations[2].output.data()[trace_at(b, t, n)];
    }
    double loss() {
        net.propagate(shape);
        double sum = 0.0;
        for (std::size_t b = 0; b < shape.batch; ++b) {
            for (std::size_t n = 0; n < 3; ++n) {
                for (std::size_t t = 0; t < shape.steps; ++t)
                    sum += double{output(b, t, n)} * double{coefficient(b, n, t)};
            }
        }
        return sum;
    }
    void backward() {
        for (std::size_t b = 0; b < shape.batch; ++b) {
            for (std::size_t n = 0; n < 3; ++n) {
                for (std::size_t t = 0; t < shape.steps; ++t)
                    net.populations[2].gradient.data()[trace_at(b, t, n)] = coefficient(b, n, t);
            }
        }
        net.transpose_weights();
        net.backward(shape);
    }
    static float coefficient(std::size_t b, std::size_t n, std::size_t t) {
        return golden::delay_coefficients[(b * 3 + n) * shape.steps + t];
    }
    std::vector<float> weight_gradient(std::size_t k) {
        return net.projections[k].download(net.projections[k].gradient);
    }
};

void expect_near(const std::vector<float>& found, const std::vector<double>& wanted, double bound,
                 const std::string& what) {
    ASSERT_GE(found.size(), wanted.size()) << what;
    double largest = 0.0;
    for (const double g : wanted) largest = std::max(largest, std::abs(g));
    EXPECT_GT(largest, 0.1) << what;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        ASSERT_NEAR(found[i], wanted[i], bound * largest) << what << " " << i;
}

template <class Backend>
void expect_golden() {
    for (const golden::DelayCase& c : golden::delay_cases) {
        Learning<Backend> learning(network_of(c, Lif::Params{}), options_of());
        learning.loss();
        learning.backward();
        std::vector<double> spikes(sizes[1]);
        PopulationBuffers<Backend>& hidden = learning.net.populations[1];
        for (std::size_t at = 0; at < shape.batch * sizes[1] * shape.words(); ++at)
            spikes[at / shape.words() % sizes[1]] += count_bits(hidden.bits.data()[at]);
        EXPECT_EQ(spikes, c.spikes) << c.name;
        for (std::size_t k = 0; k < 2; ++k) {
            const std::string what = std::string(c.name) + " projection " + std::to_string(k);
            expect_near(learning.weight_gradient(k), c.d_w[k], 2e-5, what + " weight");
            expect_near(learning.net.delays[k]->delay_gradients(), c.d_delay[k], 2e-5,
                        what + " delay");
        }
    }
}
TEST(Delays, GradientsAreThoseOfPyTorch) {
    expect_golden<Cpu>();
}
TEST(Delays, GradientsOfFewColumnsAreThoseOfPyTorch) {
    expect_golden<testing::CpuAsGpu>();
}

/// The gradient of values that flow through, biases included, from both sides.
template <class Backend>
void expect_finite_differences() {
    for (const golden::DelayCase& c : golden::delay_cases) {
        Network network = network_of(c, Tanh::Params{});
        for (Projection& p : network.projections) {
            for (float& w : p.weights) w *= 0.25f;
            for (std::size_t j = 0; j < sizes[p.to]; ++j)
                p.bias.push_back(static_cast<float>(j % 5) / 16.0f - 0.125f);
        }
        Learning<Backend> learning(network, options_of());
        learning.loss();
        learning.backward();
        constexpr float h = 1.0f / 128.0f;
        const auto difference = [&](std::size_t k, auto change) {
            Network above = network, below = network;
            change(above.projections[k], h);
            change(below.projections[k], -h);
            return (Learning<Backend>(above, options_of()).loss() -
                    Learning<Backend>(below, options_of()).loss()) /
                   (2.0 * double{h});
        };
        for (std::size_t k = 0; k < 2; ++k) {
            const std::vector<float> weights = learning.weight_gradient(k),
                                     delays = learning.net.delays[k]->delay_gradients();
            const std::string what = std::string(c.name) + " projection " + std::to_string(k);
            std::vector<double> some_weights, some_delays;
            std::vector<float> found_weights, found_delays;
            for (std::size_t i = 0; i < weights.size(); i += 3) {
                found_weights.push_back(weights[i]);
                some_weights.push_back(difference(k, [&](Projection& p, float by) {
                    (i < p.weights.size() ? p.weights[i] : p.bias[i - p.weights.size()]) += by;
                }));
            }
            for (std::size_t i = 0; i < delays.size(); i += 2) {
                found_delays.push_back(delays[i]);
                some_delays.push_back(
                    difference(k, [&](Projection& p, float by) { p.delays->steps[i] += by; }));
            }
            expect_near(found_weights, some_weights, 4e-3, what + " weight");
            expect_near(found_delays, some_delays, 4e-3, what + " delay");
        }
    }
}
TEST(Delays, GradientsAreThoseOfFiniteDifferences) {
    expect_finite_differences<Cpu>();
}
TEST(Delays, GradientsOfFewColumnsAreThoseOfFiniteDifferences) {
    expect_finite_differences<testing::CpuAsGpu>();
}

/// In tests each spike acts once on each target, by the nearest step.
template <class Backend>
void expect_rounded() {
    for (const golden::DelayCase& c : golden::delay_cases) {
        const Network network = network_of(c, Tanh::Params{});  // sends values into the second
        Learning<Backend> learning(network, options_of());
        learning.net.round_delays();
        learning.net.propagate(shape);
        const auto delay = [&](std::size_t k, std::size_t i, std::size_t j) {
            const float d = c.delay[k][c.by_source ? i : i * sizes[k + 1] + j];
            return static_cast<std::size_t>(std::floor(d + 0.5f));
        };
        const double decay = std::exp(-1.0 / 20.0);
        for (std::size_t b = 0; b < shape.batch; ++b) {
            std::vector<std::vector<double>> sent(5);
            for (std::size_t i = 0; i < 5; ++i) {
                for (std::size_t t = 0; t < shape.steps; ++t)
                    sent[i].push_back(golden::delay_input[(b * 5 + i) * shape.steps + t]);
            }
            for (std::size_t k = 0; k < 2; ++k) {
                std::vector<std::vector<double>> next(sizes[k + 1],
                                                      std::vector<double>(shape.steps));
                for (std::size_t j = 0; j < sizes[k + 1]; ++j) {
                    double v = 0.0;
                    for (std::size_t t = 0; t < shape.steps; ++t) {
                        double sum = 0.0;
                        for (std::size_t i = 0; i < sizes[k]; ++i) {
                            if (t >= delay(k, i, j))
                                sum += double{c.w[k][i * sizes[k + 1] + j]} *
                                       sent[i][t - delay(k, i, j)];
                        }
                        v = decay * v + sum;
                        next[j][t] = k == 0 ? std::tanh(sum) : v;
                    }
                }
                sent = std::move(next);
            }
            for (std::size_t n = 0; n < 3; ++n) {
                for (std::size_t t = 0; t < shape.steps; ++t)
                    ASSERT_NEAR(learning.output(b, t, n), sent[n][t], 2e-4)
                        << c.name << " sample " << b << " output " << n << " step " << t;
            }
        }
    }
}
TEST(Delays, AreWholeStepsInTests) {
    expect_rounded<Cpu>();
    expect_rounded<testing::CpuAsGpu>();
}

/// Weights and delays after some updates.
template <class Backend>
std::vector<std::vector<float>> learned(const golden::DelayCase& c, int threads, double lr,
                                        const char* optimizer) {
    TrainerOptions o = options_of(threads);
    if (optimizer == std::string("sgd")) o.train.optimizer = Sgd::Params{0.01, 0.9, 0.01};
    o.train.clip_norm = 50.0;
    Network network = network_of(c, Lif::Params{});
    for (Projection& p : network.projections) p.delays->lr = lr;
    Learning<Backend> learning(network, o);
    for (int n = 0; n < 4; ++n) {
        learning.loss();
        learning.backward();
        learning.net.update(1e-3);
    }
    std::vector<std::vector<float>> all;
    for (std::size_t k = 0; k < 2; ++k) {
        all.push_back(learning.net.projections[k].download(learning.net.projections[k].weight));
        all.push_back(learning.net.delays[k]->delays());
    }
    return all;
}
TEST(Delays, AreTheSameBitsOnAnyNumberOfThreadsAndColumns) {
    for (const golden::DelayCase& c : golden::delay_cases) {
        for (const char* optimizer : {"adam", "sgd"}) {
            const auto one = learned<Cpu>(c, 1, 0.0, optimizer);
            EXPECT_NE(one[1], c.delay[0]) << c.name;
            EXPECT_EQ(one, learned<Cpu>(c, 2, 0.0, optimizer)) << c.name;
            EXPECT_EQ(one, learned<Cpu>(c, 3, 0.0, optimizer)) << c.name;
            EXPECT_EQ(one, learned<testing::CpuAsGpu>(c, 2, 0.0, optimizer)) << c.name;
        }
    }
}
TEST(Delays, StayBetweenZeroAndTheLongest) {
    for (const golden::DelayCase& c : golden::delay_cases) {
        const auto all = learned<Cpu>(c, 1, 1000.0, "adam");
        const auto [low, high] = std::minmax_element(all[1].begin(), all[1].end());
        const auto longest = static_cast<float>(c.longest);
        EXPECT_GE(*low, 0.0f) << c.name;
        EXPECT_LE(*high, longest) << c.name;
        EXPECT_TRUE(*low == 0.0f || *high == longest) << c.name;
    }
}

TEST(Delays, TheGaussianNarrowsByTheSameFactorInEachEpoch) {
    const LearnedDelays d{DelayOf::synapse, 25, {}, 12.0, 0.5, 0.5, 0.0};
    EXPECT_DOUBLE_EQ(delay_sigma(d, 0, 8), 12.0);
    EXPECT_NEAR(delay_sigma(d, 2, 8), std::sqrt(12.0 * 0.5), 1e-12);
    EXPECT_DOUBLE_EQ(delay_sigma(d, 4, 8), 0.5);
    EXPECT_DOUBLE_EQ(delay_sigma(d, 7, 8), 0.5);
}

}  // namespace
}  // namespace snnsim
