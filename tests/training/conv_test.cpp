// Windows: convolutions and pools against sums written by hand, against each other, and against
// PyTorch.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "src/training/network_on.hpp"
#include "tests/training/conv_golden.hpp"
#include "tests/training/small_network.hpp"

namespace snnsim {
namespace {

using testing::CpuAsGpu;

struct Case {
    const char* name;
    SlidingWindow window;
    std::size_t steps, samples, lag;
};

SlidingWindow window(std::uint32_t channels_in, std::uint32_t channels_out, std::uint32_t rows,
                     std::uint32_t columns, std::uint32_t kernel, std::uint32_t stride = 1,
                     std::uint32_t padding = 0, std::uint32_t dilation = 1,
                     std::uint32_t groups = 1) {
    SlidingWindow w;
    w.channels_in = channels_in;
    w.channels_out = channels_out;
    w.groups = groups;
    const std::uint32_t in[2] = {rows, columns};
    for (int axis = 0; axis < 2; ++axis) {
        w.in[axis] = in[axis];
        w.kernel[axis] = kernel;
        w.stride[axis] = stride;
        w.padding[axis] = padding;
        w.dilation[axis] = dilation;
        w.out[axis] = (in[axis] + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
    }
    return w;
}

const std::vector<Case>& cases() {
    static const std::vector<Case> all{
        {"plain", window(3, 5, 6, 7, 3), 5, 3, 0},
        {"padded", window(2, 17, 5, 5, 3, 1, 1), 4, 2, 0},
        {"strided", window(4, 3, 9, 8, 3, 2, 1), 6, 5, 0},
        {"dilated", window(2, 4, 8, 9, 2, 1, 1, 3), 3, 2, 0},
        {"late", window(3, 4, 5, 4, 2), 7, 2, 3},
        {"never", window(1, 2, 3, 3, 2), 3, 1, 3},
        {"long", window(2, 3, 4, 4, 3), 70, 6, 0},
        {"wide", window(20, 100, 4, 3, 2), 4, 9, 1},
        {"grouped", window(6, 4, 5, 6, 3, 1, 1, 1, 2), 5, 5, 0},
        {"depthwise", window(18, 18, 4, 5, 2, 2, 0, 1, 18), 4, 2, 1},
        {"one place", window(40, 33, 1, 1, 1), 6, 3, 0},
    };
    return all;
}

/// What the sources send, [sample][place][channel][step], as spikes or values.
struct Sent {
    std::vector<std::uint32_t> bits;
    std::vector<float> values;
    RawOutput spikes() { return {bits.data(), nullptr}; }
    RawOutput graded() { return {nullptr, values.data()}; }
};

class Windows : public ::testing::TestWithParam<Case> {
  protected:
    const SlidingWindow& w = GetParam().window;
    const BatchShape shape{GetParam().samples, GetParam().steps};
    const std::size_t lag = GetParam().lag;
    Cpu cpu{2};
    CpuAsGpu gpu{1};
    std::mt19937 random{7};

    float draw() { return std::uniform_real_distribution<float>(-1.0f, 1.0f)(random); }
    std::vector<float> draw(std::size_t count) {
        std::vector<float> out(count);
        for (float& x : out) x = draw();
        return out;
    }
    std::size_t sources() const { return w.places_in() * w.channels_in; }
    /// Few spikes and many, sample by sample: each kind has its own way on a CPU.
    Sent send(bool spikes) {
        Sent out;
        out.bits.assign(shape.batch * sources() * shape.words(), 0);
        for (std::size_t k = 0; k < shape.batch * sources(); ++k) {
            for (std::size_t t = 0; t < shape.steps; ++t) {
                const float x = draw();
                const bool fires = x > (k / sources() % 2 == 0 ? 0.6f : -0.2f);
                out.values.push_back(spikes ? (fires ? 1.0f : 0.0f) : x);
                if (fires) out.bits[k * shape.words() + t / 32] |= 1u << (t % 32);
            }
        }
        return out;
    }
    float sent(const Sent& s, std::size_t b, std::size_t place, std::size_t c,
               std::size_t t) const {
        return s.values[((b * w.places_in() + place) * w.channels_in + c) * shape.steps + t];
    }

    std::size_t weight_rows() const { return w.taps() + 1; }
    std::size_t weight_size() const {
        return panels_of(w.channels_out) * weight_rows() * panel_width;
    }
    std::vector<float> draw_weights() {
        std::vector<float> out(weight_size(), 0.0f);
        for (std::size_t r = 0; r < weight_rows(); ++r) {
            for (std::size_t n = 0; n < w.channels_out; ++n) out[place_of_weight(r, n)] = draw();
        }
        return out;
    }
    std::size_t place_of_weight(std::size_t row, std::size_t n) const {
        return (n / panel_width * weight_rows() + row) * panel_width + n % panel_width;
    }
    ChannelOrder targets() const { return {w.channels_out, w.places_out()}; }
    ChannelOrder source_order() const { return {w.channels_in, w.places_in()}; }
    std::size_t trace(const ChannelOrder& order, std::size_t b, std::size_t place, std::size_t n,
                      std::size_t t) const {
        const std::size_t column = place * order.padded() + n;
        return ((column / panel_width * shape.batch + b) * shape.steps + t) * panel_width +
               column % panel_width;
    }
    std::size_t trace_size(const ChannelOrder& order) const {
        return order.panels() * shape.rows() * panel_width;
    }

    /// Calls f(sample, stop, target, tap, place, source channel) for every pair.
    template <class F>
    void for_each_pair(F&& f) const {
        for (std::size_t b = 0; b < shape.batch; ++b) {
            for (std::size_t stop = 0; stop < w.places_out(); ++stop) {
                w.for_each_source(stop, [&](std::size_t place, std::size_t offset) {
                    for (std::size_t n = 0; n < w.channels_out; ++n) {
                        const std::size_t group = n / w.channels_out_group();
                        for (std::size_t k = 0; k < w.channels_in_group(); ++k)
                            f(b, stop, n, offset * w.channels_in_group() + k, place,
                              group * w.channels_in_group() + k);
                    }
                });
            }
        }
    }

    template <class Backend>
    WindowOn<Backend> on(Backend& backend, const Windowed& windowed, const RawOutput& raw,
                         bool constant = false) const {
        return {backend, windowed, shape, raw, constant, lag, 1.0f};
    }
};

TEST_P(Windows, SumsAreThoseWrittenByHand) {
    for (const bool spikes : {true, false}) {
        Sent s = send(spikes);
        std::vector<float> weights = draw_weights();
        const WeightPanels panels{weights.data(), weight_rows(), w.taps()};
        std::vector<double> wanted(trace_size(targets()), 0.0);
        for (std::size_t b = 0; b < shape.batch; ++b) {
            for (std::size_t stop = 0; stop < w.places_out(); ++stop) {
                for (std::size_t n = 0; n < w.channels_out; ++n) {
                    for (std::size_t t = 0; t < shape.steps; ++t)
                        wanted[trace(targets(), b, stop, n, t)] =
                            weights[place_of_weight(w.taps(), n)];
                }
            }
        }
        for_each_pair([&](std::size_t b, std::size_t stop, std::size_t n, std::size_t tap,
                          std::size_t place, std::size_t c) {
            for (std::size_t t = lag; t < shape.steps; ++t)
                wanted[trace(targets(), b, stop, n, t)] +=
                    static_cast<double>(weights[place_of_weight(tap, n)]) *
                    sent(s, b, place, c, t - lag);
        });
        const Windowed conv{w, std::nullopt};
        std::vector<float> one(wanted.size(), -1.0f), two(wanted.size(), -1.0f), general(one);
        const RawOutput raw = spikes ? s.spikes() : s.graded();
        on(cpu, conv, raw).sum(panels, {one.data()}, false, Nothing{});
        on(gpu, conv, raw).sum(panels, {two.data()}, false, Nothing{});
        for (std::size_t k = 0; k < wanted.size(); ++k)
            ASSERT_NEAR(one[k], wanted[k], 2e-5) << k << (spikes ? " spikes" : " values");
        EXPECT_EQ(one, two);
        // On top of what is there already.
        std::vector<float> more = draw(wanted.size()), more_too = more;
        const std::vector<float> before = more;
        on(cpu, conv, raw).sum(panels, {more.data()}, true, Nothing{});
        on(gpu, conv, raw).sum(panels, {more_too.data()}, true, Nothing{});
        for (std::size_t k = 0; k < wanted.size(); ++k)
            ASSERT_NEAR(more[k], wanted[k] + before[k], 2e-5);
        EXPECT_EQ(more, more_too);
    }
}

TEST_P(Windows, ValuesThatStayAreSummedOnce) {
    Sent s = send(false);
    for (std::size_t k = 0; k < s.values.size(); ++k)
        s.values[k] = s.values[k / shape.steps * shape.steps];
    if (w.groups > 1) return;
    std::vector<float> weights = draw_weights();
    const WeightPanels panels{weights.data(), weight_rows(), w.taps()};
    const Windowed conv{w, std::nullopt};
    std::vector<float> one(trace_size(targets())), plain(one), two(one);
    on(cpu, conv, s.graded(), true).sum(panels, {one.data()}, false, Nothing{});
    on(gpu, conv, s.graded(), true).sum(panels, {two.data()}, false, Nothing{});
    on(cpu, conv, s.graded(), false).sum(panels, {plain.data()}, false, Nothing{});
    for (std::size_t k = 0; k < one.size(); ++k) ASSERT_NEAR(one[k], plain[k], 2e-5);
    EXPECT_EQ(one, two);
}

TEST_P(Windows, GradientsAreThoseWrittenByHand) {
    for (const bool spikes : {true, false}) {
        Sent s = send(spikes);
        std::vector<float> weights = draw_weights();
        const WeightPanels panels{weights.data(), weight_rows(), w.taps()};
        std::vector<float> up = draw(trace_size(targets()));
        std::vector<double> of_sources(trace_size(source_order()), 0.0);
        std::vector<double> of_weights(weight_size(), 0.0);
        for_each_pair([&](std::size_t b, std::size_t stop, std::size_t n, std::size_t tap,
                          std::size_t place, std::size_t c) {
            for (std::size_t t = lag; t < shape.steps; ++t) {
                const double d = up[trace(targets(), b, stop, n, t)];
                of_sources[trace(source_order(), b, place, c, t - lag)] +=
                    d * weights[place_of_weight(tap, n)];
                of_weights[place_of_weight(tap, n)] += d * sent(s, b, place, c, t - lag);
            }
        });
        for (std::size_t b = 0; b < shape.batch; ++b) {
            for (std::size_t stop = 0; stop < w.places_out(); ++stop) {
                for (std::size_t n = 0; n < w.channels_out; ++n) {
                    for (std::size_t t = 0; t < shape.steps; ++t)
                        of_weights[place_of_weight(w.taps(), n)] +=
                            up[trace(targets(), b, stop, n, t)];
                }
            }
        }
        const Windowed conv{w, std::nullopt};
        const RawOutput raw = spikes ? s.spikes() : s.graded();
        std::vector<std::vector<float>> found[2];
        const auto run = [&](auto& backend, std::vector<std::vector<float>>& out) {
            using Backend = std::remove_reference_t<decltype(backend)>;
            const auto own = on(backend, conv, raw);
            std::vector<float> transposed(own.transposed_size());
            own.transpose(panels, transposed.data());
            std::vector<float> back(of_sources.size(), -1.0f), gradient(weight_size(), 0.0f);
            own.back(panels, transposed.data(), {up.data()}, {back.data()}, false, Nothing{});
            typename Backend::template Buffer<float> partial;
            backend.for_each(gradient.size(),
                             own.weight_gradient({gradient.data(), weight_rows(), w.taps()},
                                                 {up.data()}, partial));
            out = {back, gradient};
        };
        run(cpu, found[0]);
        run(gpu, found[1]);
        for (std::size_t b = 0; b < shape.batch; ++b) {
            for (std::size_t place = 0; place < w.places_in(); ++place) {
                for (std::size_t c = 0; c < w.channels_in; ++c) {
                    for (std::size_t t = 0; t < shape.steps; ++t) {
                        const std::size_t at = trace(source_order(), b, place, c, t);
                        ASSERT_NEAR(found[0][0][at], of_sources[at], 2e-5);
                    }
                }
            }
        }
        for (std::size_t r = 0; r < weight_rows(); ++r) {
            for (std::size_t n = 0; n < w.channels_out; ++n) {
                const std::size_t at = place_of_weight(r, n);
                ASSERT_NEAR(found[0][1][at], of_weights[at], 2e-4) << r << " " << n;
            }
        }
        EXPECT_EQ(found[0], found[1]);
    }
}

TEST_P(Windows, PoolsAreThoseWrittenByHand) {
    SlidingWindow own = w;
    own.channels_out = own.groups = own.channels_in;
    if (own.dilation[0] > 1) return;
    const ChannelOrder to{own.channels_out, own.places_out()};
    for (const PoolKind kind : {PoolKind::average, PoolKind::sum, PoolKind::max}) {
        for (const bool spikes : {true, false}) {
            Sent s = send(spikes);
            std::vector<float> up = draw(trace_size(to));
            std::vector<double> sum(trace_size(to), 0.0), back(trace_size(source_order()), 0.0);
            for (std::size_t b = 0; b < shape.batch; ++b) {
                for (std::size_t stop = 0; stop < own.places_out(); ++stop) {
                    for (std::size_t c = 0; c < own.channels_in; ++c) {
                        for (std::size_t t = lag; t < shape.steps; ++t) {
                            double all = 0.0, most = -10.0;
                            std::size_t winner = 0;
                            const double d = up[trace(to, b, stop, c, t)];
                            const double share =
                                kind == PoolKind::average ? 1.0 / double(own.area()) : 1.0;
                            own.for_each_source(stop, [&](std::size_t place, std::size_t) {
                                const double x = sent(s, b, place, c, t - lag);
                                all += x;
                                if (x > most) winner = place;
                                most = std::max(most, x);
                                if (kind != PoolKind::max)
                                    back[trace(source_order(), b, place, c, t - lag)] += share * d;
                            });
                            sum[trace(to, b, stop, c, t)] =
                                kind == PoolKind::max ? most : all * share;
                            if (kind == PoolKind::max)
                                back[trace(source_order(), b, winner, c, t - lag)] += d;
                        }
                    }
                }
            }
            const Windowed pool{own, kind};
            const RawOutput raw = spikes ? s.spikes() : s.graded();
            std::vector<float> one(sum.size()), two(one), down(back.size()), down_too(down);
            on(cpu, pool, raw).sum({}, {one.data()}, false, Nothing{});
            on(gpu, pool, raw).sum({}, {two.data()}, false, Nothing{});
            on(cpu, pool, raw).back({}, nullptr, {up.data()}, {down.data()}, false, Nothing{});
            on(gpu, pool, raw).back({}, nullptr, {up.data()}, {down_too.data()}, false, Nothing{});
            for (std::size_t b = 0; b < shape.batch; ++b) {
                for (std::size_t c = 0; c < own.channels_in; ++c) {
                    for (std::size_t t = 0; t < shape.steps; ++t) {
                        for (std::size_t stop = 0; stop < own.places_out(); ++stop) {
                            const std::size_t at = trace(to, b, stop, c, t);
                            ASSERT_NEAR(one[at], sum[at], 1e-5);
                            ASSERT_EQ(one[at], two[at]);
                        }
                        for (std::size_t place = 0; place < own.places_in(); ++place) {
                            const std::size_t at = trace(source_order(), b, place, c, t);
                            ASSERT_NEAR(down[at], back[at], 1e-5);
                            ASSERT_EQ(down[at], down_too[at]);
                        }
                    }
                }
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Conv, Windows, ::testing::ValuesIn(cases()), [](const auto& info) {
    std::string name = info.param.name;
    std::replace(name.begin(), name.end(), ' ', '_');
    return name;
});

// ---- against PyTorch ----

constexpr std::size_t steps = 6, samples = 2;

/// [target][source][row][column] as PyTorch has it, from and to [tap][target].
std::vector<float> taps(const std::vector<double>& w, const SlidingWindow& window) {
    std::vector<float> out(w.size());
    const std::size_t area = window.area(), sources = window.channels_in_group();
    for (std::size_t n = 0; n < window.channels_out; ++n) {
        for (std::size_t c = 0; c < sources; ++c) {
            for (std::size_t o = 0; o < area; ++o)
                out[(o * sources + c) * window.channels_out + n] =
                    static_cast<float>(w[(n * sources + c) * area + o]);
        }
    }
    return out;
}

Network golden_network(bool norm) {
    namespace g = golden::conv;
    Lif::Params lif;
    lif.tau_m = -1.0 / std::log(0.8);
    LeakyReadout::Params readout;
    readout.tau_m = -1.0 / std::log(0.9);
    readout.scale_input = false;
    Network n{1.0, static_cast<int>(steps), Direct::Params{}, {}, {}};
    n.shown = SampleForm::spikes;
    n.populations = {{"input", 60, SpikeSource::Params{}, {2, 30}}, {"one", 90, lif, {3, 30}},
                     {"pooled", 18, Relay::Params{}, {3, 6}},       {"two", 16, lif, {4, 4}},
                     {"average", 4, Linear::Params{}, {4, 1}},      {"output", 3, readout}};
    if (norm) n.populations[1].batch_norm.emplace();
    const SlidingWindow w1 = window(2, 3, 6, 5, 3, 1, 1);
    SlidingWindow p1 = window(3, 3, 6, 5, 2, 2, 0, 1, 3), w2 = window(3, 4, 3, 2, 1);
    w2.kernel[0] = 2;
    w2.out[0] = 2;
    const SlidingWindow p2 = window(4, 4, 2, 2, 2, 2, 0, 1, 4);
    std::vector<float> dense(12);
    for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t j = 0; j < 3; ++j) dense[i * 3 + j] = static_cast<float>(g::w3[j * 4 + i]);
    }
    n.projections = {{"w1", 0, 1, true, taps(g::w1, w1), {g::b1.begin(), g::b1.end()}},
                     {"p1", 1, 2, false, {}, {}},
                     {"w2", 2, 3, true, taps(g::w2, w2), {}},
                     {"p2", 3, 4, false, {}, {}},
                     {"w3", 4, 5, true, dense, {}}};
    n.projections[0].windowed = Windowed{w1, std::nullopt};
    n.projections[1].windowed = Windowed{p1, PoolKind::max};
    n.projections[2].windowed = Windowed{w2, std::nullopt};
    n.projections[3].windowed = Windowed{p2, PoolKind::average};
    return n;
}

template <class Backend>
void expect_golden(const golden::conv::Results& wanted) {
    namespace g = golden::conv;
    const bool norm = !wanted.mean.empty();
    TrainerOptions options;
    options.threads = 2;
    options.train.batch = samples;
    options.train.surrogate = Arctan::Params{};
    NetworkOn<Backend> net(golden_network(norm), options);
    for (std::size_t k = 0; k < net.projections.size(); ++k) {
        std::vector<float> rows = net.network.projections[k].weights;
        const std::vector<float>& bias = net.network.projections[k].bias;
        rows.insert(rows.end(), bias.begin(), bias.end());
        net.projections[k].upload(net.projections[k].weight, rows);
    }
    net.reserve_training();
    if (norm) {
        NormState start = net.norms.at(1).state();
        start.scale = {1.5f, 0.75f, 1.0f};
        start.shift = {0.25f, 0.5f, 0.0f};
        start.moments.clear();
        net.norms.at(1).set_state(start);
    }
    std::vector<std::uint32_t> bits(samples * 60, 0);
    for (std::size_t t = 0; t < steps; ++t) {
        for (std::size_t b = 0; b < samples; ++b) {
            for (std::size_t n = 0; n < 60; ++n) {
                const bool spike = g::x[(t * samples + b) * 60 + n] != 0.0;
                bits[b * 60 + net.populations[0].order.stored(n)] |= spike ? 1u << t : 0u;
            }
        }
    }
    net.populations[0].bits.copy_from(bits.data(), bits.size());
    const BatchShape shape{samples, steps};
    net.start_training(shape, 1, 0);
    net.propagate(shape);
    const auto expect_spikes = [&](std::size_t k, const std::vector<double>& wanted) {
        PopulationBuffers<Backend>& p = net.populations[k];
        std::vector<std::uint32_t> found(samples * p.size);
        p.bits.copy_to(found.data(), found.size());
        for (std::size_t at = 0; at < wanted.size(); ++at) {
            const std::size_t n = at % p.size, b = at / p.size % samples, t = at / p.size / samples;
            ASSERT_EQ((found[b * p.size + p.order.stored(n)] >> t) & 1u,
                      static_cast<std::uint32_t>(wanted[at]));
        }
    };
    expect_spikes(1, wanted.spikes1);
    expect_spikes(3, wanted.spikes2);
    for (std::size_t t = 0; t < steps; ++t) {
        for (std::size_t b = 0; b < samples; ++b) {
            for (std::size_t n = 0; n < 3; ++n)
                net.populations[5].gradient.data()[(b * steps + t) * panel_width + n] =
                    static_cast<float>(g::coefficients[(t * samples + b) * 3 + n]);
        }
    }
    net.transpose_weights();
    net.backward(shape);
    const auto expect_gradient = [&](std::size_t k, const std::vector<float>& expected,
                                     std::size_t from) {
        const std::vector<float> found = net.projections[k].download(net.projections[k].gradient);
        ASSERT_GE(found.size(), from + expected.size());
        double largest = 0.0;
        for (const float x : expected) largest = std::max(largest, std::abs(double{x}));
        for (std::size_t at = 0; at < expected.size(); ++at)
            EXPECT_NEAR(found[from + at], expected[at], 1e-5 * largest) << k << " " << at;
    };
    expect_gradient(0, taps(wanted.d_w1, net.network.projections[0].windowed->window), 0);
    if (!norm)  // which takes it away again
        expect_gradient(0, {wanted.d_b1.begin(), wanted.d_b1.end()}, 18 * 3);
    expect_gradient(2, taps(wanted.d_w2, net.network.projections[2].windowed->window), 0);
    std::vector<float> dense(12);
    for (std::size_t at = 0; at < 12; ++at)
        dense[at % 4 * 3 + at / 4] = static_cast<float>(wanted.d_w3[at]);
    expect_gradient(4, dense, 0);
    if (!norm) return;
    const NormState state = net.norms.at(1).state();
    for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_NEAR(state.mean[c], wanted.mean[c], 1e-6);
        EXPECT_NEAR(state.variance[c], wanted.variance[c], 1e-6);
        EXPECT_NEAR(net.norms.at(1).parameters().gradient[c], wanted.d_scale[c], 1e-4);
        EXPECT_NEAR(net.norms.at(1).parameters().gradient[panel_width + c], wanted.d_shift[c],
                    1e-4);
    }
}

TEST(ConvGolden, GradientsAreThoseOfPyTorch) {
    expect_golden<Cpu>(golden::conv::plain);
    expect_golden<Cpu>(golden::conv::with_norm);
}
TEST(ConvGolden, AlsoAsAGpuComputesThem) {
    expect_golden<CpuAsGpu>(golden::conv::plain);
    expect_golden<CpuAsGpu>(golden::conv::with_norm);
}

}  // namespace
}  // namespace snnsim
