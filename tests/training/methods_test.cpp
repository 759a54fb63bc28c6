// Methods of learning beside back-propagation through time: their gradients against those of
// PyTorch, of finite differences, and of each other.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/training/fold_norms.hpp"
#include "src/training/network_on.hpp"
#include "tests/training/methods_golden.hpp"
#include "tests/training/small_network.hpp"

namespace snnsim {
namespace {

constexpr std::size_t steps = 70, samples = 2;

/// As methods_golden.py makes them.
std::vector<float> values(std::size_t rows, std::size_t columns, double phase, double scale,
                          double mean) {
    std::vector<float> out;
    for (std::size_t i = 0; i < rows * columns; ++i)
        out.push_back(
            static_cast<float>(mean + scale * std::sin(phase + 1.7 * static_cast<double>(i))));
    return out;
}
float input(std::size_t t, std::size_t b, std::size_t i) {
    return (7 * t + 13 * b + 5 * i) % 11 < 4 ? 1.0f : 0.0f;
}
float coefficient(std::size_t t, std::size_t b, std::size_t n) {
    return static_cast<float>(0.1 *
                              std::sin(0.3 * static_cast<double>(t) + 2.0 * static_cast<double>(b) +
                                       static_cast<double>(n)));
}

Lif::Params lif(double tau, bool detach) {
    Lif::Params p;
    p.tau_m = tau;
    p.detach_reset = detach;
    return p;
}
LeakyReadout::Params readout() {
    LeakyReadout::Params p;
    p.tau_m = 10.0;
    return p;
}

Network chain(bool detach = true) {
    Network n{1.0, static_cast<int>(steps), Direct::Params{}, {}, {}};
    n.populations = {{"input", 3, SpikeSource::Params{}},
                     {"first", 4, lif(5.0, detach)},
                     {"second", 3, lif(8.0, detach)},
                     {"output", 2, readout()}};
    n.projections = {{"one", 0, 1, true, values(3, 4, 0.2, 0.3, 0.35), {}},
                     {"two", 1, 2, true, values(4, 3, 0.9, 0.35, 0.3), {}},
                     {"three", 2, 3, true, values(3, 2, 0.5, 0.5, 0.0), {}}};
    return n;
}
Network loop(NeuronModels::Params cell) {
    Network n{1.0, static_cast<int>(steps), Direct::Params{}, {}, {}};
    n.populations = {{"input", 3, SpikeSource::Params{}},
                     {"hidden", 4, std::move(cell)},
                     {"output", 2, readout()}};
    n.projections = {{"in", 0, 1, true, values(3, 4, 0.2, 0.3, 0.35), {}},
                     {"own", 1, 1, true, values(4, 4, 0.4, 0.3, 0.0), {}},
                     {"out", 1, 2, true, values(4, 2, 0.5, 0.5, 0.0), {}}};
    n.projections[1].delay = 1;
    return n;
}
Network adaptive_loop(bool detach = true) {
    AdaptiveLif::Params p;
    p.tau_m = 6.0;
    p.tau_a = 15.0;
    p.adaptation = 0.6;
    p.detach_reset = detach;
    return loop(p);
}
Network shallow() {
    Network n{1.0, static_cast<int>(steps), Direct::Params{}, {}, {}};
    n.populations = {{"input", 3, SpikeSource::Params{}}, {"output", 2, lif(6.0, false)}};
    n.projections = {{"one", 0, 1, true, values(3, 2, 0.2, 0.3, 0.35), {}}};
    return n;
}

/// dL/d(weights) of each projection, L the sum of all outputs times their coefficients.
template <class Backend>
std::vector<std::vector<float>> gradients(const Network& network, const Methods::Params& method) {
    TrainerOptions options;
    options.train.batch = samples;
    options.train.method = method;
    options.train.surrogate = FastSigmoid::Params{5.0};
    NetworkOn<Backend> net(network, options);
    for (std::size_t k = 0; k < network.projections.size(); ++k)
        net.projections[k].upload(net.projections[k].weight, network.projections[k].weights);
    net.reserve_training();
    net.transpose_weights();
    PopulationBuffers<Backend>& output = net.output(0);
    net.for_each_piece(samples, [&](const BatchShape& shape) {
        for (std::size_t b = 0; b < samples; ++b) {
            for (std::size_t t = 0; t < shape.steps; ++t) {
                for (std::size_t i = 0; i < 3; ++i)
                    net.populations[0].values.data()[(b * 3 + i) * shape.steps + t] =
                        input(shape.first + t, b, i);
            }
        }
        net.propagate(shape);
        for (std::size_t b = 0; b < samples; ++b) {
            for (std::size_t t = 0; t < shape.steps; ++t) {
                for (std::size_t n = 0; n < 2; ++n)
                    output.gradient.data()[(b * shape.steps + t) * panel_width + n] =
                        coefficient(shape.first + t, b, n);
            }
        }
        net.backward(shape);
    });
    std::vector<std::vector<float>> out;
    for (auto& p : net.projections) out.push_back(p.download(p.gradient));
    return out;
}

void expect_near(const std::string& name, const std::vector<std::vector<float>>& have,
                 const std::vector<std::vector<double>>& wanted) {
    ASSERT_EQ(have.size(), wanted.size());
    for (std::size_t k = 0; k < have.size(); ++k) {
        ASSERT_EQ(have[k].size(), wanted[k].size()) << name;
        double largest = 0.0;
        for (const double w : wanted[k]) largest = std::max(largest, std::abs(w));
        for (std::size_t i = 0; i < have[k].size(); ++i)
            EXPECT_NEAR(have[k][i], wanted[k][i], 2e-5 * largest)
                << name << ", projection " << k << ", weight " << i;
    }
}

template <class Backend>
void check(const std::string& name, const Network& network, const Methods::Params& method) {
    const auto found = std::find_if(golden::methods.begin(), golden::methods.end(),
                                    [&](const golden::MethodCase& c) { return c.name == name; });
    ASSERT_NE(found, golden::methods.end()) << name;
    expect_near(name, gradients<Backend>(network, method), found->gradients);
}

template <class Backend>
void check_all() {
    const SurrogateGradient::Params whole;
    const TruncatedBptt::Params eight{{}, 8};
    check<Backend>("bptt chain", chain(), whole);
    check<Backend>("bptt loop", adaptive_loop(), whole);
    check<Backend>("bptt shallow", shallow(), whole);
    check<Backend>("bptt chain", chain(), TruncatedBptt::Params{{}, steps});
    check<Backend>("truncated chain", chain(), eight);
    check<Backend>("truncated loop", adaptive_loop(), eight);
    check<Backend>("ottt chain", chain(), Ottt::Params{});
    check<Backend>("ottt loop", loop(lif(6.0, true)), Ottt::Params{});
    check<Backend>("ostl chain", chain(false), Ostl::Params{});
    check<Backend>("ostl loop", adaptive_loop(false), Ostl::Params{});
    check<Backend>("bptt shallow", shallow(), Ostl::Params{});
    check<Backend>("e_prop loop", adaptive_loop(), EProp::Params{});
    Network random = chain();
    random.projections[1].feedback = values(4, 3, 2.0, 0.4, 0.0);
    random.projections[2].feedback = values(3, 2, 3.0, 0.4, 0.0);
    check<Backend>("feedback chain", random, SurrogateGradient::Params{Feedback::random});
}

TEST(Methods, GoldenInPanelsOfColumns) {
    check_all<Cpu>();
}
TEST(Methods, GoldenFewColumnsAtATime) {
    check_all<testing::CpuAsGpu>();
}

double angle(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (std::size_t k = 0; k < a.size(); ++k) {
        for (std::size_t i = 0; i < a[k].size(); ++i) {
            const double x = a[k][i], y = b[k][i];
            ab += x * y;
            aa += x * x;
            bb += y * y;
        }
    }
    return std::acos(ab / std::sqrt(aa * bb)) * 180.0 / 3.14159265358979323846;
}

/// In degrees, of the whole gradient of these small networks; right angles are chance.
TEST(Methods, AnglesToBackPropagation) {
    const auto exact = gradients<Cpu>(chain(), SurrogateGradient::Params{});
    const auto off = [&](const Methods::Params& method) {
        return angle(exact, gradients<Cpu>(chain(), method));
    };
    EXPECT_NEAR(off(TruncatedBptt::Params{{}, 35}), 42.0, 0.5);
    EXPECT_NEAR(off(TruncatedBptt::Params{{}, 8}), 76.4, 0.5);
    EXPECT_NEAR(off(Ottt::Params{}), 47.2, 0.5);
    EXPECT_NEAR(off(Ostl::Params{}), 47.2, 0.5);
    const auto of_loop = gradients<Cpu>(adaptive_loop(), SurrogateGradient::Params{});
    EXPECT_NEAR(angle(of_loop, gradients<Cpu>(adaptive_loop(), EProp::Params{})), 13.3, 0.5);
    EXPECT_NEAR(angle(of_loop, gradients<Cpu>(adaptive_loop(), Ostl::Params{})), 38.6, 0.5);
    Network random = chain();
    random.projections[1].feedback = values(4, 3, 2.0, 0.4, 0.0);
    random.projections[2].feedback = values(3, 2, 3.0, 0.4, 0.0);
    const auto aligned = gradients<Cpu>(random, SurrogateGradient::Params{Feedback::random});
    EXPECT_NEAR(angle(exact, aligned), 136.4, 0.5);
}

/// A cell in continuous time: tau_m v' = i - v, tau_s i' = -i, a spike where v reaches 1, and then
/// v = 0. The times of its spikes until `end`, in ms.
std::vector<double> spikes_of(std::vector<std::pair<double, double>> arriving, double end) {
    constexpr double tau_m = 20.0, tau_s = 5.0;
    std::sort(arriving.begin(), arriving.end());
    arriving.emplace_back(end, 0.0);
    std::vector<double> spikes;
    double now = 0.0, v = 0.0, i = 0.0;
    for (const auto& [time, weight] : arriving) {
        const auto v_at = [&](double t) {
            const double m = std::exp(-(t - now) / tau_m), s = std::exp(-(t - now) / tau_s);
            return v * m + i * tau_s / (tau_m - tau_s) * (m - s);
        };
        const auto go_to = [&](double t) {
            v = v_at(t);
            i *= std::exp(-(t - now) / tau_s);
            now = t;
        };
        for (double t = now; t < time;) {
            const double next = std::min(t + 0.01, time);
            if (v_at(next) < 1.0) {
                t = next;
                continue;
            }
            double before = t, after = next;
            for (int k = 0; k < 60; ++k) {
                const double middle = 0.5 * (before + after);
                (v_at(middle) < 1.0 ? before : after) = middle;
            }
            go_to(after);
            v = 0.0;
            spikes.push_back(after);
            t = after;
        }
        go_to(time);
        i += weight;
    }
    return spikes;
}

/// Three inputs, two cells and one that these drive: the time of its first spike, in ms, from
/// weights [input][cell], then [cell], and, where there are as many, [cell][cell] of what the two
/// send each other and themselves.
constexpr double input_times[] = {1.0, 3.0, 6.0};
constexpr double loop_delay = 0.5;
double first_spike(const std::vector<double>& w, std::size_t* hidden_spikes = nullptr) {
    // What they send each other is right for longer each time, and in the end for all of it.
    std::vector<std::vector<double>> spikes(2), before;
    do {
        before = spikes;
        for (std::size_t cell = 0; cell < 2; ++cell) {
            std::vector<std::pair<double, double>> arriving;
            for (std::size_t k = 0; k < 3; ++k)
                arriving.emplace_back(input_times[k], w[2 * k + cell]);
            for (std::size_t from = 0; w.size() > 8 && from < 2; ++from) {
                for (const double t : before[from])
                    if (t + loop_delay < 20.0)
                        arriving.emplace_back(t + loop_delay, w[8 + 2 * from + cell]);
            }
            spikes[cell] = spikes_of(arriving, 20.0);
        }
    } while (w.size() > 8 && spikes != before);
    if (hidden_spikes) *hidden_spikes = spikes[0].size() + spikes[1].size();
    std::vector<std::pair<double, double>> arriving;
    for (std::size_t cell = 0; cell < 2; ++cell)
        for (const double t : spikes[cell]) arriving.emplace_back(t, w[6 + cell]);
    return spikes_of(arriving, 20.0).at(0);
}

/// The same in steps of 1 us: dL/d(weights), L that time. Gradients of what enters the cells follow
/// their spikes, or where an encoder sends one spike an input, those.
std::vector<double> event_prop_gradient(const std::vector<double>& w, const Encoders::Params& how,
                                        double& time) {
    constexpr double dt = 1e-3;
    constexpr int count = 20000;
    CubaLif::Params cell;
    cell.tau_m = 20.0;
    cell.tau_s = 5.0;
    const std::vector<float> weights(w.begin(), w.end());
    Network n{dt, count, how, {}, {}};
    n.populations = {{"input", 3, SpikeSource::Params{}}, {"hidden", 2, cell}, {"output", 1, cell}};
    n.projections = {{"in", 0, 1, true, {weights.begin(), weights.begin() + 6}, {}},
                     {"out", 1, 2, true, {weights.begin() + 6, weights.begin() + 8}, {}}};
    if (w.size() > 8) {
        n.projections.push_back({"loop", 1, 1, true, {weights.begin() + 8, weights.end()}, {}});
        n.projections.back().delay = static_cast<std::size_t>(loop_delay / dt);
    }
    TrainerOptions options;
    options.train.batch = 1;
    options.train.method = EventProp::Params{};
    NetworkOn<Cpu> net(n, options);
    for (std::size_t k = 0; k < n.projections.size(); ++k)
        net.projections[k].upload(net.projections[k].weight, n.projections[k].weights);
    const std::size_t words = BatchShape{1, count}.words();
    for (std::size_t i = 0; i < 3; ++i) {
        const auto t = static_cast<std::size_t>(input_times[i] / dt);
        if (net.populations[0].sends_values)
            net.populations[0].values.data()[i * count + t] = 1.0f;
        else
            net.populations[0].bits.data()[i * words + t / 32] |= 1u << (t % 32);
    }
    net.reserve_training();
    const BatchShape shape{1, count};
    net.propagate(shape);
    std::size_t first = 0;
    while (net.output(0).saved[0].data()[first * panel_width] < 1.0f) ++first;
    time = static_cast<double>(first) * dt;
    for (std::size_t k = 0; k <= first; ++k)
        net.output(0).gradient.data()[k * panel_width] = -1.0f;  // see SpikeTimesBack
    net.transpose_weights();
    net.backward(shape);
    std::vector<double> out;
    for (auto& p : net.projections) {
        for (const float g : p.download(p.gradient)) out.push_back(static_cast<double>(g) * dt);
    }
    return out;
}

/// Against differences of the times in continuous time.
void check_event_prop(const std::vector<double>& weights, std::size_t least_spikes) {
    std::size_t hidden_spikes = 0;
    const double wanted_time = first_spike(weights, &hidden_spikes);
    ASSERT_GE(hidden_spikes, least_spikes);
    double largest = 0.0;
    std::vector<double> wanted;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        constexpr double h = 1e-5;
        std::vector<double> more = weights, less = weights;
        more[i] += h;
        less[i] -= h;
        wanted.push_back((first_spike(more) - first_spike(less)) / (2.0 * h));
        largest = std::max(largest, std::abs(wanted.back()));
    }
    for (const Encoders::Params& how :
         {Encoders::Params{Direct::Params{}}, Encoders::Params{Poisson::Params{}},
          Encoders::Params{Latency::Params{}}}) {
        double time = 0.0;
        const std::vector<double> have = event_prop_gradient(weights, how, time);
        EXPECT_NEAR(time, wanted_time, 0.01);
        for (std::size_t i = 0; i < weights.size(); ++i)
            EXPECT_NEAR(have[i], wanted[i], 1e-3 * largest)
                << Encoders::name_of(how) << ", weight " << i;
    }
}

TEST(Methods, EventPropHasTheDerivativeOfSpikeTimes) {
    // A cell fires twice: its reset matters.
    check_event_prop({5.0, 4.0, 3.5, 5.4, 4.2, 4.6, 2.5, 2.2}, 3);
}

TEST(Methods, EventPropHasThoseOfCellsOnACycle) {
    const std::vector<double> weights{5.0, 4.0, 3.5, 5.4, 4.2, 4.6, 2.5, 2.2, -1.5, 2.0, 1.2, -0.8};
    EXPECT_GT(std::abs(first_spike(weights) - first_spike({weights.begin(), weights.begin() + 8})),
              0.1);
    check_event_prop(weights, 3);
}

/// The gradient of a population's own read-out, against finite differences of its loss.
TEST(Methods, LocalErrors) {
    constexpr std::size_t neurons = 5, classes = 3, local_steps = 2, local_samples = 2;
    const BatchShape shape{local_samples, local_steps, 4, 6};
    std::vector<float> weights(neurons * classes), sent, scratch(local_samples * local_steps * 3);
    for (std::size_t i = 0; i < weights.size(); ++i)
        DrawReadout{7, 2, neurons, classes, 0.4f, weights.data()}(i);
    for (const float w : weights) EXPECT_LE(std::abs(w), 0.4f);
    for (std::size_t i = 0; i < local_samples * neurons * local_steps; ++i)
        sent.push_back(static_cast<float>(i % 3) * 0.5f);
    const std::vector<std::int32_t> labels{0, 2, 1};
    const std::vector<std::uint32_t> index{2, 1};
    std::vector<float> gradient(local_samples * local_steps * panel_width);
    const auto run = [&](const std::vector<float>& values) {
        std::vector<float> copy = values;
        const LocalErrors body{shape,
                               neurons,
                               classes,
                               {neurons, 1},
                               {nullptr, copy.data()},
                               weights.data(),
                               labels.data(),
                               index.data(),
                               8,
                               scratch.data(),
                               {gradient.data()}};
        for (std::size_t i = 0; i < shape.rows(); ++i) body(i);
    };
    const auto loss = [&](const std::vector<float>& values) {
        double sum = 0.0;
        for (std::size_t b = 0; b < local_samples; ++b) {
            for (std::size_t t = 0; t < local_steps; ++t) {
                double y[classes] = {}, all = 0.0;
                for (std::size_t n = 0; n < neurons; ++n) {
                    for (std::size_t c = 0; c < classes; ++c)
                        y[c] += static_cast<double>(values[(b * neurons + n) * local_steps + t]) *
                                static_cast<double>(weights[n * classes + c]);
                }
                for (const double v : y) all += std::exp(v);
                sum += std::log(all) - y[labels[index[b]]];
            }
        }
        return sum / (8.0 * 12.0);  // samples of the update, steps of a sample
    };
    run(sent);
    for (std::size_t i = 0; i < sent.size(); ++i) {
        std::vector<float> more = sent, less = sent;
        more[i] += 0.01f;
        less[i] -= 0.01f;
        const std::size_t b = i / local_steps / neurons, n = i / local_steps % neurons;
        EXPECT_NEAR(gradient[(b * local_steps + i % local_steps) * panel_width + n],
                    (loss(more) - loss(less)) / 0.02, 1e-6);
    }
}

/// dL/d(weights) of two projections of which one multiplies the other, against finite differences.
TEST(Methods, ProductsOfProjections) {
    const auto network = [](const std::vector<float>& w, const std::vector<float>& v) {
        Network n{1.0, 1, Direct::Params{}, {}, {}};
        n.populations = {{"input", 2, SpikeSource::Params{}}, {"output", 1, Linear::Params{}}};
        n.projections = {{"w", 0, 1, true, w, {}}, {"v", 0, 1, true, v, {}}};
        n.projections[1].multiplies = 0;
        return n;
    };
    const auto output = [&](const std::vector<float>& w, const std::vector<float>& v, float x0,
                            float x1, std::vector<std::vector<float>>* gradient = nullptr) {
        TrainerOptions options;
        options.train.batch = 1;
        NetworkOn<Cpu> net(network(w, v), options);
        for (std::size_t k = 0; k < 2; ++k)
            net.projections[k].upload(net.projections[k].weight,
                                      net.network.projections[k].weights);
        net.reserve_training();
        net.populations[0].values.data()[0] = x0;
        net.populations[0].values.data()[1] = x1;
        const BatchShape shape{1, 1};
        net.propagate(shape);
        const float out = net.output(0).output.data()[0];
        if (gradient) {
            net.output(0).gradient.data()[0] = 1.0f;
            net.transpose_weights();
            net.backward(shape);
            for (auto& p : net.projections) gradient->push_back(p.download(p.gradient));
        }
        return out;
    };
    // Exclusive or: no linear cell tells these apart.
    const std::vector<float> one{1.0f, 1.0f}, half{-0.5f, -0.5f};
    EXPECT_EQ(output(one, half, 0.0f, 0.0f), 0.0f);
    EXPECT_EQ(output(one, half, 1.0f, 0.0f), 0.5f);
    EXPECT_EQ(output(one, half, 0.0f, 1.0f), 0.5f);
    EXPECT_EQ(output(one, half, 1.0f, 1.0f), 0.0f);
    const std::vector<float> w{0.7f, -0.4f}, v{0.3f, 0.9f};
    std::vector<std::vector<float>> gradient;
    output(w, v, 0.5f, 1.5f, &gradient);
    const double a = 0.7 * 0.5 - 0.4 * 1.5, g = 0.3 * 0.5 + 0.9 * 1.5;
    EXPECT_NEAR(gradient[0][0], (1.0 + g) * 0.5, 1e-6);
    EXPECT_NEAR(gradient[0][1], (1.0 + g) * 1.5, 1e-6);
    EXPECT_NEAR(gradient[1][0], a * 0.5, 1e-6);
    EXPECT_NEAR(gradient[1][1], a * 1.5, 1e-6);
}

using Matrix = std::vector<double>;

/// x (rows) times w of so many columns.
Matrix times(const Matrix& x, const Matrix& w, std::size_t columns) {
    Matrix out(columns, 0.0);
    for (std::size_t i = 0; i < x.size(); ++i)
        for (std::size_t j = 0; j < columns; ++j) out[j] += x[i] * w[i * columns + j];
    return out;
}
std::vector<float> in_float(const Matrix& m) {
    return {m.begin(), m.end()};
}
Matrix in_double(const std::vector<float>& m) {
    return {m.begin(), m.end()};
}

/// dL/dw of a loss in double, by central differences.
template <class Loss>
Matrix differences(Matrix w, const Loss& loss) {
    constexpr double h = 1e-5;
    Matrix out;
    for (double& one : w) {
        const double at = one;
        one = at + h;
        const double more = loss(w);
        one = at - h;
        out.push_back((more - loss(w)) / (2.0 * h));
        one = at;
    }
    return out;
}
void expect_near(const std::vector<float>& have, const Matrix& wanted, const char* what) {
    for (std::size_t i = 0; i < wanted.size(); ++i)
        EXPECT_NEAR(have[i], wanted[i], 1e-5) << what << ' ' << i;
}

/// A layer W x + (W x)(V x) on another, against finite differences in double: of W, V, and through
/// both of what makes x.
TEST(Methods, ProductsAgainstDifferences) {
    constexpr std::size_t in = 3, middle = 4, out = 2;
    const Matrix u = in_double(values(in, middle, 0.4, 0.6, 0.1)),
                 w = in_double(values(middle, out, 1.1, 0.7, 0.0)),
                 v = in_double(values(middle, out, 2.3, 0.8, 0.2));
    const Matrix inputs[samples] = {{0.5, 1.0, -0.7}, {-0.2, 0.3, 0.9}};
    const double share[samples][out] = {{0.6, -0.4}, {0.3, 0.8}};
    const auto loss = [&](const Matrix& of_u, const Matrix& of_w, const Matrix& of_v) {
        double sum = 0.0;
        for (std::size_t b = 0; b < samples; ++b) {
            Matrix x = times(inputs[b], of_u, middle);
            for (double& one : x) one = std::tanh(one);
            const Matrix a = times(x, of_w, out), g = times(x, of_v, out);
            for (std::size_t j = 0; j < out; ++j) sum += share[b][j] * a[j] * (1.0 + g[j]);
        }
        return sum;
    };
    Network n{1.0, 1, Direct::Params{}, {}, {}};
    n.populations = {{"input", in, SpikeSource::Params{}},
                     {"middle", middle, Tanh::Params{}},
                     {"output", out, Linear::Params{}}};
    n.projections = {{"u", 0, 1, true, in_float(u), {}},
                     {"w", 1, 2, true, in_float(w), {}},
                     {"v", 1, 2, true, in_float(v), {}}};
    n.projections[2].multiplies = 1;
    TrainerOptions options;
    options.train.batch = samples;
    NetworkOn<Cpu> net(n, options);
    for (auto& p : net.projections)
        p.upload(p.weight,
                 n.projections[static_cast<std::size_t>(&p - net.projections.data())].weights);
    net.reserve_training();
    const BatchShape shape{samples, 1};
    for (std::size_t b = 0; b < samples; ++b)
        for (std::size_t i = 0; i < in; ++i)
            net.populations[0].values.data()[b * in + i] = static_cast<float>(inputs[b][i]);
    net.propagate(shape);
    for (std::size_t b = 0; b < samples; ++b)
        for (std::size_t j = 0; j < out; ++j)
            net.output(0).gradient.data()[b * panel_width + j] = static_cast<float>(share[b][j]);
    net.transpose_weights();
    net.backward(shape);
    const auto gradient = [&](std::size_t k) {
        return net.projections[k].download(net.projections[k].gradient);
    };
    expect_near(gradient(0), differences(u, [&](const Matrix& m) { return loss(m, w, v); }), "u");
    expect_near(gradient(1), differences(w, [&](const Matrix& m) { return loss(u, m, v); }), "w");
    expect_near(gradient(2), differences(v, [&](const Matrix& m) { return loss(u, w, m); }), "v");
}

/// A dendrite climbs S = sum over samples (D - mean D)(e - mean e) by its inputs' weights: its
/// gradient is -dS/dv over the samples and the spread of e, here against finite differences.
TEST(Methods, CorrelationAgainstDifferences) {
    constexpr std::size_t in = 3, cells = 2, count = 5;
    const Matrix w = in_double(values(in, cells, 0.9, 0.5, 0.1)),
                 v = in_double(values(in, cells, 0.2, 0.6, 0.0));
    Matrix inputs[count], error[count];
    for (std::size_t b = 0; b < count; ++b) {
        inputs[b] = in_double(values(1, in, 0.7 + static_cast<double>(b * b), 0.9, 0.0));
        error[b] = in_double(values(1, cells, 1.9 + static_cast<double>(b), 0.4, 0.3));
    }
    double spread[cells];
    for (std::size_t j = 0; j < cells; ++j) {
        double mean = 0.0, squares = 0.0;
        for (const Matrix& e : error) mean += e[j] / count;
        for (const Matrix& e : error) squares += (e[j] - mean) * (e[j] - mean);
        spread[j] = std::sqrt(squares / count);
    }
    const auto s = [&](const Matrix& of_v) {
        double sum = 0.0;
        for (std::size_t j = 0; j < cells; ++j) {
            double d[count], mean_d = 0.0, mean_e = 0.0;
            for (std::size_t b = 0; b < count; ++b) {
                d[b] = std::tanh(times(inputs[b], of_v, cells)[j]);
                mean_d += d[b] / count;
                mean_e += error[b][j] / count;
            }
            for (std::size_t b = 0; b < count; ++b)
                sum -= (d[b] - mean_d) * (error[b][j] - mean_e) / (count * spread[j]);
        }
        return sum;
    };
    Network n{1.0, 1, Direct::Params{}, {}, {}};
    n.populations = {{"input", in, SpikeSource::Params{}},
                     {"dendrites", cells, Tanh::Params{}},
                     {"output", cells, Linear::Params{}}};
    n.populations[1].dendrites_of = 2;
    n.projections = {{"v", 0, 1, true, in_float(v), {}},
                     {"w", 0, 2, true, in_float(w), {}},
                     {"s", 1, 2, true, {0.0f, 0.0f, 0.0f, 0.0f}, {}}};
    TrainerOptions options;
    options.train.batch = count;
    NetworkOn<Cpu> net(n, options);
    for (std::size_t k = 0; k < n.projections.size(); ++k)
        net.projections[k].upload(net.projections[k].weight, n.projections[k].weights);
    TrainPhaseSpec phase;
    phase.learns = {"v"};
    phase.objective = Objective::correlation;
    net.begin_phase(phase, 0, true);
    const BatchShape shape{count, 1};
    for (std::size_t b = 0; b < count; ++b)
        for (std::size_t i = 0; i < in; ++i)
            net.populations[0].values.data()[b * in + i] = static_cast<float>(inputs[b][i]);
    net.propagate(shape);
    for (std::size_t b = 0; b < count; ++b)
        for (std::size_t j = 0; j < cells; ++j)
            net.output(0).gradient.data()[b * panel_width + j] = static_cast<float>(error[b][j]);
    net.transpose_weights();
    net.backward(shape);
    expect_near(net.projections[0].download(net.projections[0].gradient), differences(v, s), "v");
}

/// A norm behind (W x + b)(1 + V x + c) + U x + d is W, b, U and d.
TEST(Methods, ANormBehindAProductBecomesPartOfWeights) {
    constexpr std::size_t inputs = 3, cells = 2;
    Network n{1.0, 1, Direct::Params{}, {}, {}};
    n.populations = {{"input", inputs, SpikeSource::Params{}}, {"output", cells, Linear::Params{}}};
    n.projections = {{"v", 0, 1, true, values(inputs, cells, 0.9, 0.4, 0.1), {0.3f, -0.2f}},
                     {"w", 0, 1, true, values(inputs, cells, 0.2, 0.5, 0.2), {0.1f, 0.6f}},
                     {"u", 0, 1, true, values(inputs, cells, 0.5, 0.3, 0.0), {-0.4f, 0.2f}}};
    n.projections[0].multiplies = 1;
    BatchNormSpec& spec = n.populations[1].batch_norm.emplace();
    const NormState norm{"output", {1.5f, 0.7f}, {0.2f, -0.3f}, {0.4f, -0.1f}, {2.0f, 0.5f}, {}};
    TrainerState state;
    for (const Projection& p : n.projections) {
        state.weights.push_back(p.weights);
        state.bias.push_back(p.bias);
    }
    state.norms = {norm};
    const float x[inputs] = {0.5f, -1.0f, 2.0f};
    const auto output = [&](std::size_t cell) {
        double sums[3];
        for (std::size_t k = 0; k < 3; ++k) {
            sums[k] = state.bias[k][cell];
            for (std::size_t i = 0; i < inputs; ++i)
                sums[k] += double{state.weights[k][i * cells + cell]} * double{x[i]};
        }
        return sums[1] * (1.0 + sums[0]) + sums[2];
    };
    double wanted[cells];
    for (std::size_t c = 0; c < cells; ++c)
        wanted[c] = double{norm.scale[c]} * (output(c) - double{norm.mean[c]}) /
                        std::sqrt(double{norm.variance[c]} + spec.eps) +
                    double{norm.shift[c]};
    fold_norms(n, state);
    EXPECT_TRUE(state.norms.empty());
    for (std::size_t c = 0; c < cells; ++c) {
        EXPECT_NEAR(output(c), wanted[c], 1e-5);
        EXPECT_GT(std::abs(wanted[c]), 0.05);
    }
}

}  // namespace
}  // namespace snnsim
