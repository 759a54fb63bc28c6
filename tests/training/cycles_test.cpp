// Delays and cycles of projections: by hand, against a plain network, and that against finite
// differences.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "kernels/math/exp.hpp"
#include "src/training/network_on.hpp"
#include "tests/training/small_network.hpp"

namespace snnsim {
namespace {

using Row = std::vector<float>;     // [neuron]
using Matrix = std::vector<Row>;    // [step][neuron]
using Gradient = std::vector<Row>;  // [projection][weights, bias]

/// A smooth spike function, whose derivative is what `Sigmoid` gives.
struct Smooth {
    static constexpr float slope = 4.0f;
    static float spike(float distance) { return 1.0f / (1.0f + exact_exp(-slope * distance)); }
};

/// A population of the plain network.
struct Layer {
    virtual ~Layer() = default;
    virtual float step(std::size_t n, float input, float* saved) = 0;
    virtual float back(std::size_t n, const float* saved, float d_output) = 0;
};

template <class M, class Spike, class S>
struct LayerOf : Layer {
    LayerOf(std::size_t size, const typename M::Params& params, const typename S::Params& surrogate)
        : constants(M::prepare(params, 1.0)),
          surrogate(S::prepare(surrogate)),
          states(size),
          adjoints(size) {}

    float step(std::size_t n, float input, float* saved) override {
        if constexpr (smooth) {
            return M::template step<Spike>(constants, states[n], input, saved);
        } else {
            return M::step(constants, states[n], input, saved);
        }
    }
    float back(std::size_t n, const float* saved, float d_output) override {
        if constexpr (smooth) {
            const float slope = S::derivative(surrogate, M::distance(constants, saved));
            return M::template backward<Spike>(constants, adjoints[n], saved, d_output, slope);
        } else {
            return M::backward(constants, adjoints[n], saved, d_output, 0.0f);
        }
    }

    /// Its spike function may be another; a relay has none that is smooth.
    static constexpr bool smooth = has_threshold<M> && !std::is_same_v<M, Relay>;

    typename M::Constants constants;
    typename S::Constants surrogate;
    std::vector<typename M::State> states;
    std::vector<typename M::Adjoint> adjoints;
};

/// One sample through a network, and back, every projection by every step: no events, no order of
/// stages, no batches.
template <class Spike, class S>
class PlainNetwork {
  public:
    PlainNetwork(const Network& network, const typename S::Params& surrogate) : network_(network) {
        for (const Population& p : network.populations) {
            NeuronModels::visit(p.neuron, [&]<class M>(const typename M::Params& params) {
                layers_.emplace_back();
                if constexpr (NeuronModel<M>)
                    layers_.back() = std::make_unique<LayerOf<M, Spike, S>>(
                        static_cast<std::size_t>(p.size), params, surrogate);
            });
        }
    }

    /// What the last population puts out.
    Matrix forward(const Matrix& input) {
        sent_.assign(layers_.size(), Matrix(input.size()));
        saved_.assign(layers_.size(), Matrix(input.size()));
        sent_[0] = input;
        for (std::size_t t = 0; t < input.size(); ++t) {
            for (std::size_t k = 1; k < layers_.size(); ++k) {
                const auto size = static_cast<std::size_t>(network_.populations[k].size);
                Row sum(size);
                for (const Projection& p : network_.projections) {
                    if (p.to != k) continue;
                    for (std::size_t j = 0; j < size; ++j) {
                        if (!p.bias.empty()) sum[j] += p.bias[j];
                        if (t < p.delay) continue;
                        const Row& from = sent_[p.from][t - p.delay];
                        for (std::size_t i = 0; i < from.size(); ++i)
                            sum[j] += from[i] * p.weights[i * size + j];
                    }
                }
                sent_[k][t].resize(size);
                saved_[k][t].resize(2 * size);
                for (std::size_t j = 0; j < size; ++j)
                    sent_[k][t][j] = layers_[k]->step(j, sum[j], &saved_[k][t][2 * j]);
            }
        }
        return sent_.back();
    }
    const Matrix& sent(std::size_t k) const { return sent_[k]; }

    /// From dL/d(output) of the last population.
    Gradient backward(const Matrix& d_output) {
        Gradient gradient;
        for (const Projection& p : network_.projections)
            gradient.emplace_back(p.weights.size() + p.bias.size());
        std::vector<Matrix> d_sent(layers_.size(), Matrix(d_output.size()));
        for (std::size_t k = 0; k < layers_.size(); ++k) {
            for (Row& row : d_sent[k])
                row.resize(static_cast<std::size_t>(network_.populations[k].size));
        }
        d_sent.back() = d_output;
        for (std::size_t t = d_output.size(); t-- > 0;) {
            for (std::size_t k = layers_.size(); k-- > 1;) {
                const auto size = static_cast<std::size_t>(network_.populations[k].size);
                for (std::size_t j = 0; j < size; ++j) {
                    const float d = layers_[k]->back(j, &saved_[k][t][2 * j], d_sent[k][t][j]);
                    for (std::size_t n = 0; n < network_.projections.size(); ++n)
                        if (network_.projections[n].to == k) pass(n, t, j, d, d_sent, gradient[n]);
                }
            }
        }
        return gradient;
    }

  private:
    void pass(std::size_t n, std::size_t t, std::size_t j, float d, std::vector<Matrix>& d_sent,
              Row& gradient) const {
        const Projection& p = network_.projections[n];
        const auto size = static_cast<std::size_t>(network_.populations[p.to].size);
        if (!p.bias.empty()) gradient[p.weights.size() + j] += d;
        if (t < p.delay) return;
        const Row& from = sent_[p.from][t - p.delay];
        for (std::size_t i = 0; i < from.size(); ++i) {
            gradient[i * size + j] += from[i] * d;
            d_sent[p.from][t - p.delay][i] += p.weights[i * size + j] * d;
        }
    }

    const Network& network_;
    std::vector<std::unique_ptr<Layer>> layers_;
    std::vector<Matrix> sent_;
    std::vector<Matrix> saved_;  // [population][step][2 neuron]
};

/// Numbers that are the same everywhere.
struct Numbers {
    std::uint32_t at = 0;
    std::uint32_t below(std::uint32_t n) {
        return RandomKey{5, Stream::split, 1, 2}.draw(at++).word[0] % n;
    }
    /// A multiple of 1/64, so that sums of some are exact in any order.
    float weight(int from, int to) {
        return static_cast<float>(
                   from + static_cast<int>(below(static_cast<std::uint32_t>(to - from + 1)))) /
               64.0f;
    }
};

/// input -> E <-> I, twice E -> E, I -> I, E -> layer -> output, and input -> output past them. The
/// delays are those of the projections.
constexpr std::size_t projection_count = 10;
using Delays = std::array<std::size_t, projection_count>;
constexpr std::array<Delays, 5> all_delays{{
    {0, 1, 2, 0, 1, 1, 0, 0, 0, 0},
    {3, 3, 1, 1, 0, 3, 1, 3, 1, 3},
    {1, 1, 3, 3, 0, 1, 3, 0, 3, 1},
    {0, 9, 5, 40, 1, 1, 0, 12, 0, 40},
    {2, 1, 33, 0, 34, 31, 32, 1, 31, 33},
}};

template <class M>
Network network_of(const typename M::Params& neuron, const Delays& delay,
                   std::array<std::int64_t, 5> sizes, int steps) {
    Network n{1.0, steps, Poisson::Params{}, {}, {}};
    // I before E where I -> E is the one without delay.
    const bool inhibition_first = delay[4] == 0;
    const std::size_t e = inhibition_first ? 2 : 1, i = inhibition_first ? 1 : 2;
    const float scale = M::output == Output::spikes ? 1.0f : 0.25f;  // values that do not saturate
    n.populations.resize(5);
    n.populations[0] = {"input", sizes[0], SpikeSource::Params{}};
    n.populations[e] = {"E", sizes[1], neuron};
    n.populations[i] = {"I", sizes[2], neuron};
    n.populations[3] = {"layer", sizes[3], neuron};
    n.populations[4] = {"output", sizes[4], LeakyReadout::Params{}};
    Numbers numbers;
    const auto project = [&](std::size_t from, std::size_t to, int low, int high, bool bias) {
        const auto pre = static_cast<std::size_t>(n.populations[from].size),
                   post = static_cast<std::size_t>(n.populations[to].size);
        Projection p{"p" + std::to_string(n.projections.size()), from, to, true, {}, {}};
        p.delay = delay[n.projections.size()];
        for (std::size_t k = 0; k < pre * post; ++k)
            p.weights.push_back(scale * numbers.weight(low, high));
        for (std::size_t k = 0; bias && k < post; ++k) p.bias.push_back(numbers.weight(0, 9));
        n.projections.push_back(std::move(p));
    };
    project(0, e, 5, 60, true);
    project(e, e, -10, 20, false);
    project(e, e, -20, 20, true);
    project(e, i, 5, 40, false);
    project(i, e, -40, 5, false);
    project(i, i, -20, 10, true);
    project(e, 3, -10, 40, true);
    project(3, 4, -30, 30, true);
    project(e, 4, -30, 30, false);
    project(0, 4, -30, 30, false);
    return n;
}

Matrix input_of(std::uint32_t sample, std::size_t size, std::size_t steps) {
    Numbers numbers{1000 * (sample + 1)};
    Matrix input(steps, Row(size));
    for (Row& row : input) {
        for (float& x : row) x = numbers.below(3) == 0 ? 1.0f : 0.0f;
    }
    for (Row& row : input) row[size - 1] = 1.0f;  // fires at every step
    return input;
}

Matrix coefficients(std::uint32_t sample, std::size_t size, std::size_t steps) {
    Numbers numbers{1000 * (sample + 1) + 500};
    Matrix c(steps, Row(size));
    for (Row& row : c) {
        for (float& x : row) x = numbers.weight(-64, 64);
    }
    return c;
}

double product(const Matrix& a, const Matrix& b) {
    double sum = 0.0;
    for (std::size_t t = 0; t < a.size(); ++t) {
        for (std::size_t n = 0; n < a[t].size(); ++n) sum += double{a[t][n]} * double{b[t][n]};
    }
    return sum;
}

/// The plain network's gradient is that of its output.
template <class M>
void expect_true_gradient(const typename M::Params& neuron, const Delays& delay, int steps) {
    Network network = network_of<M>(neuron, delay, {3, 4, 2, 3, 2}, steps);
    const Matrix input = input_of(0, 3, static_cast<std::size_t>(steps));
    const Matrix c = coefficients(0, 2, static_cast<std::size_t>(steps));
    const typename Sigmoid::Params surrogate{Smooth::slope};
    PlainNetwork<Smooth, Sigmoid> plain(network, surrogate);
    plain.forward(input);
    const Gradient found = plain.backward(c);
    const auto loss = [&] {
        return product(PlainNetwork<Smooth, Sigmoid>(network, surrogate).forward(input), c);
    };
    double largest = 0.0;
    for (const Row& row : found) {
        for (const float g : row) largest = std::max(largest, std::abs(double{g}));
    }
    ASSERT_GT(largest, 0.1);
    constexpr float h = 1.0f / 256.0f;
    for (std::size_t k = 0; k < found.size(); ++k) {
        Projection& p = network.projections[k];
        for (std::size_t w = 0; w < found[k].size(); ++w) {
            float& x = w < p.weights.size() ? p.weights[w] : p.bias[w - p.weights.size()];
            const float kept = x;
            x = kept + h;
            const double above = loss();
            x = kept - h;
            const double below = loss();
            x = kept;
            EXPECT_NEAR(found[k][w], (above - below) / (2.0 * double{h}), 4e-3 * largest)
                << M::name << " projection " << k << " weight " << w;
        }
    }
}

TEST(Cycles, ThePlainGradientIsThatOfFiniteDifferences) {
    for (const Delays& delay : all_delays) {
        Lif::Params lif;
        lif.detach_reset = false;
        expect_true_gradient<Lif>(lif, delay, 12);
        expect_true_gradient<Tanh>({}, delay, 12);
        Vsn::Params vsn;
        vsn.detach_reset = false;
        expect_true_gradient<Vsn>(vsn, delay, 6);
    }
}

template <class Backend>
void fill_input(NetworkOn<Backend>& net, const std::vector<Matrix>& input,
                const BatchShape& shape) {
    PopulationBuffers<Backend>& p = net.populations[0];
    std::vector<std::uint32_t> bits(shape.batch * p.size * shape.words());
    for (std::size_t b = 0; b < shape.batch; ++b) {
        for (std::size_t t = 0; t < shape.steps; ++t) {
            for (std::size_t n = 0; n < p.size; ++n) {
                if (input[b][t][n] != 0.0f)
                    bits[(b * p.size + n) * shape.words() + t / 32] |= 1u << (t % 32);
            }
        }
    }
    p.bits.copy_from(bits.data(), bits.size());
}

template <class Backend>
std::size_t trace_at(const PopulationBuffers<Backend>& p, const BatchShape& shape, std::size_t b,
                     std::size_t t, std::size_t n) {
    return ((n / panel_width * shape.batch + b) * shape.steps + t) * panel_width + n % panel_width +
           0 * p.size;
}

template <class Backend>
void load_weights(NetworkOn<Backend>& net) {
    for (std::size_t k = 0; k < net.projections.size(); ++k) {
        const Projection& p = net.network.projections[k];
        Row rows = p.weights;
        rows.insert(rows.end(), p.bias.begin(), p.bias.end());
        net.projections[k].upload(net.projections[k].weight, rows);
    }
    net.reserve_training();
}

/// What a population sent, of one sample.
template <class Backend>
Matrix sent_by(NetworkOn<Backend>& net, std::size_t k, const BatchShape& shape, std::size_t b) {
    PopulationBuffers<Backend>& p = net.populations[k];
    Matrix out(shape.steps, Row(p.size));
    for (std::size_t t = 0; t < shape.steps; ++t) {
        for (std::size_t n = 0; n < p.size; ++n) {
            const std::size_t at = b * p.size + n;
            if (p.output.size() > 0) {
                out[t][n] = p.output.data()[trace_at(p, shape, b, t, n)];
            } else if (p.sends_values) {
                out[t][n] = p.values.data()[at * shape.steps + t];
            } else {
                const std::uint32_t word = p.bits.data()[at * shape.words() + t / 32];
                out[t][n] = (word >> (t % 32)) & 1u ? 1.0f : 0.0f;
            }
        }
    }
    return out;
}

template <class Backend, class M>
void expect_as_plain(const typename M::Params& neuron, const Delays& delay, int step_count) {
    constexpr std::size_t samples = 3;
    const auto steps = static_cast<std::size_t>(step_count);
    const BatchShape shape{samples, steps};
    const bool moderate = std::ranges::max(delay) <= 3;  // so that something comes of each
    const Network network = network_of<M>(neuron, delay, {5, 21, 7, 18, 3}, step_count);
    TrainerOptions options;
    options.threads = 2;
    options.train.batch = samples;
    options.train.surrogate = Sigmoid::Params{4.0};
    NetworkOn<Backend> net(network, options);
    load_weights(net);
    std::vector<Matrix> input;
    for (std::uint32_t b = 0; b < samples; ++b) input.push_back(input_of(b, 5, steps));
    fill_input(net, input, shape);
    net.propagate(shape);
    Gradient wanted(network.projections.size());
    for (std::uint32_t b = 0; b < samples; ++b) {
        PlainNetwork<Heaviside, Sigmoid> plain(network, {4.0});
        plain.forward(input[b]);
        for (std::size_t k = 1; k < network.populations.size(); ++k) {
            const Matrix found = sent_by(net, k, shape, b);
            double sum = 0.0;
            for (std::size_t t = 0; t < steps; ++t) {
                for (std::size_t n = 0; n < found[t].size(); ++n) {
                    const float bound = M::output == Output::spikes && k < 4 ? 0.0f : 2e-4f;
                    ASSERT_NEAR(found[t][n], plain.sent(k)[t][n], bound)
                        << M::name << " population " << k << " step " << t << " neuron " << n;
                    sum += std::abs(double{found[t][n]});
                }
            }
            if (moderate) {
                ASSERT_GT(sum, 0.1) << M::name << " population " << k;
            }
        }
        const Matrix c = coefficients(b, 3, steps);
        for (std::size_t t = 0; t < steps; ++t) {
            for (std::size_t n = 0; n < 3; ++n)
                net.populations[4].gradient.data()[trace_at(net.populations[4], shape, b, t, n)] =
                    c[t][n];
        }
        const Gradient of_sample = plain.backward(c);
        for (std::size_t k = 0; k < wanted.size(); ++k) {
            wanted[k].resize(of_sample[k].size());
            for (std::size_t w = 0; w < wanted[k].size(); ++w) wanted[k][w] += of_sample[k][w];
        }
    }
    net.transpose_weights();
    net.backward(shape);
    for (std::size_t k = 0; k < wanted.size(); ++k) {
        const Row found = net.projections[k].download(net.projections[k].gradient);
        double largest = 0.0;
        for (const float g : wanted[k]) largest = std::max(largest, std::abs(double{g}));
        if (moderate) {
            EXPECT_GT(largest, 1e-4) << M::name << " projection " << k;
        }
        for (std::size_t w = 0; w < found.size(); ++w)
            ASSERT_NEAR(found[w], wanted[k][w], 1e-4 * largest + 1e-5)
                << M::name << " projection " << k << " weight " << w;
    }
}

template <class Backend>
void expect_all_as_plain() {
    for (const Delays& delay : all_delays) {
        for (const int steps : {20, 36}) {
            expect_as_plain<Backend, Lif>({}, delay, steps);
            expect_as_plain<Backend, AdaptiveLif>({}, delay, steps);
            expect_as_plain<Backend, Tanh>({}, delay, 12);
            expect_as_plain<Backend, Vsn>(Vsn::Params{0.9, 0.2, Activation::tanh, false}, delay,
                                          12);
        }
    }
}
TEST(Cycles, PanelsOfColumnsAreAsThePlainNetwork) {
    expect_all_as_plain<Cpu>();
}
TEST(Cycles, FewColumnsAtATimeAreAsThePlainNetwork) {
    expect_all_as_plain<testing::CpuAsGpu>();
}

/// E fires when the input does, I a step after E, and E gets that another step later.
template <class Backend>
void expect_two_neurons_by_hand() {
    Lif::Params lif;  // u[t] = v[t-1] / 2 + I[t], fires from 1 on, then v = 0
    lif.tau_m = 2.0;
    lif.integration = Integration::euler;
    lif.reset = Reset::zero;
    Network network{1.0, 5, Poisson::Params{}, {}, {}};
    network.populations = {{"input", 1, SpikeSource::Params{}},
                           {"E", 1, lif},
                           {"I", 1, lif},
                           {"out", 1, Linear::Params{}}};
    network.projections = {{"input_to_E", 0, 1, true, {1.0f}, {}},
                           {"E_to_I", 1, 2, true, {1.5f}, {}},
                           {"I_to_E", 2, 1, true, {-0.5f}, {}},
                           {"E_to_out", 1, 3, true, {2.0f}, {}}};
    for (std::size_t k = 1; k < 4; ++k) network.projections[k].delay = 1;
    TrainerOptions options;
    options.threads = 1;
    options.train.batch = 1;
    options.train.surrogate = Triangle::Params{1.0};  // 1 - |u - 1|, or 0
    NetworkOn<Backend> net(network, options);
    load_weights(net);
    const BatchShape shape{1, 5};
    fill_input(net, {{{1.0f}, {0.0f}, {1.0f}, {0.0f}, {0.0f}}}, shape);
    net.propagate(shape);
    EXPECT_EQ(net.populations[1].bits.data()[0], 0b00001u);
    EXPECT_EQ(net.populations[2].bits.data()[0], 0b00010u);
    const float u_of_e[] = {1.0f, 0.0f, 0.5f, 0.25f, 0.125f};  // 1 - 0.5 in step 2
    const float u_of_i[] = {0.0f, 1.5f, 0.0f, 0.0f, 0.0f};
    const float out[] = {0.0f, 2.0f, 0.0f, 0.0f, 0.0f};
    for (std::size_t t = 0; t < 5; ++t) {
        EXPECT_EQ(net.populations[1].saved[0].data()[t * panel_width], u_of_e[t]) << t;
        EXPECT_EQ(net.populations[2].saved[0].data()[t * panel_width], u_of_i[t]) << t;
        EXPECT_EQ(net.populations[3].output.data()[t * panel_width], out[t]) << t;
        // L = sum of 2^t out[t]
        net.populations[3].gradient.data()[t * panel_width] = static_cast<float>(1u << t);
    }
    net.transpose_weights();
    net.backward(shape);
    // d[t] = slope[t] (what a spike of step t brings) + (1 - s[t]) d[t + 1] / 2
    const float d_of_e[] = {-0.5f, 6.0f, 12.0f, 8.0f, 0.0f};  // brings 2 2^(t+1) + 1.5 d_of_i[t+1]
    const float d_of_i[] = {-1.5f, -3.0f, 0.0f, 0.0f, 0.0f};  // brings -0.5 d_of_e[t+1]
    for (std::size_t t = 0; t < 5; ++t) {
        EXPECT_EQ(net.populations[1].gradient.data()[t * panel_width], d_of_e[t]) << t;
        EXPECT_EQ(net.populations[2].gradient.data()[t * panel_width], d_of_i[t]) << t;
    }
    const float d_weight[] = {11.5f, -3.0f, 12.0f, 2.0f};
    for (std::size_t k = 0; k < 4; ++k)
        EXPECT_EQ(net.projections[k].download(net.projections[k].gradient)[0], d_weight[k]) << k;
}
TEST(Cycles, TwoNeuronsByHand) {
    expect_two_neurons_by_hand<Cpu>();
    expect_two_neurons_by_hand<testing::CpuAsGpu>();
}

}  // namespace
}  // namespace snnsim
