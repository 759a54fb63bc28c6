// The gradient of weights by the spikes of their targets: the sums of a CPU, which packs its
// sources, and of a GPU, which does not, against each other and against the definition.
#include "kernels/training/spike_gradient.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "kernels/launch/panel_columns.hpp"
#include "kernels/training/packed_spikes.hpp"

namespace snnsim {
namespace {

constexpr std::size_t sources = 150, targets = 70, samples = 3, steps = 75, lag = 2;
constexpr BatchShape shape{samples, steps};
constexpr std::size_t panels = panels_of(sources);

/// Few sources send, so that panels share rows; of sample 1 none does. A target without a spike,
/// too.
bool sends(std::size_t b, std::size_t source) {
    return b != 1 && (source * 7 + b) % 11 < 3;
}
float sent(std::size_t b, std::size_t source, std::size_t t) {
    return sends(b, source) && (3 * t + 5 * source + b) % 7 < 2 ? 1.0f : 0.0f;
}
bool fires(std::size_t b, std::size_t target, std::size_t t) {
    return target != 5 && (t * 13 + target * 3 + b) % 17 == 0;
}
float jump(std::size_t b, std::size_t target, std::size_t t) {
    return static_cast<float>((t * 5 + target * 11 + b * 3) % 23) / 23.0f - 0.4f;
}

struct Arrays {
    std::vector<std::uint32_t> sent_bits =
        std::vector<std::uint32_t>(samples * sources * shape.words());
    std::vector<float> sent_values = std::vector<float>(samples * sources * steps);
    std::vector<std::uint32_t> fired =
        std::vector<std::uint32_t>(samples * targets * shape.words());
    std::vector<float> jumps =
        std::vector<float>(panels_of(targets) * samples * steps * panel_width);
    std::vector<std::uint32_t> senders = std::vector<std::uint32_t>(samples * panels);

    Arrays() {
        const auto set = [](std::vector<std::uint32_t>& bits, std::size_t row, std::size_t t) {
            bits[row * shape.words() + t / 32] |= 1u << (t % 32);
        };
        for (std::size_t b = 0; b < samples; ++b) {
            for (std::size_t t = 0; t < steps; ++t) {
                for (std::size_t s = 0; s < sources; ++s) {
                    if (sent(b, s, t) == 0.0f) continue;
                    set(sent_bits, b * sources + s, t);
                    sent_values[(b * sources + s) * steps + t] = 1.0f;
                }
                for (std::size_t n = 0; n < targets; ++n) {
                    if (!fires(b, n, t)) continue;
                    set(fired, b * targets + n, t);
                    trace().at(shape, {b, n / panel_width,
                                       static_cast<int>(n % panel_width)})[t * panel_width] =
                        jump(b, n, t);
                }
            }
        }
    }
    TracePanels trace() { return {jumps.data()}; }
    StoredJumps stored() { return {shape, targets, fired.data(), trace()}; }
    UnitPotentials unit(bool values) {
        const RawOutput raw{values ? nullptr : sent_bits.data(),
                            values ? sent_values.data() : nullptr};
        const FindSenders find{shape, panels, sources, raw, senders.data()};
        for (std::size_t i = 0; i < senders.size(); ++i) find(i);
        return {shape, sources, raw, lag, CubaLif::prepare(CubaLif::Params{}, 1.0)};
    }
};

std::vector<float> packed(Arrays& a, bool values, std::size_t block) {
    std::vector<float> sums(panels * targets * panel_width), out;
    const SpikeSums to{sums.data(), block, panels, targets};
    const PackedSpikeGradient<PanelColumns, StoredJumps> body{a.unit(values), a.stored(),
                                                              a.senders.data(), to};
    for (std::size_t i = 0; i < body.size(); ++i) body(i);
    for (std::size_t s = 0; s < sources; ++s)
        for (std::size_t n = 0; n < targets; ++n)
            out.push_back(to.at(s / panel_width, n)[s % panel_width]);
    return out;
}
std::vector<float> by_columns(Arrays& a) {
    std::vector<float> sums(panels * targets * panel_width), out;
    std::vector<float> potentials(panels * shape.rows() * panel_width);
    const SpikeSums to{sums.data(), 1, panels, targets};
    const FollowPotentials<FourColumns> follow{
        a.unit(false), panels, a.senders.data(), {potentials.data()}};
    for (std::size_t i = 0; i < place_count<FourColumns>(samples, panels); ++i) follow(i);
    const SpikeGradient<FourColumns> body{a.stored(), a.senders.data(), {potentials.data()}, to};
    for (std::size_t i = 0; i < targets * panels * body.parts; ++i) body(i);
    for (std::size_t s = 0; s < sources; ++s)
        for (std::size_t n = 0; n < targets; ++n)
            out.push_back(to.at(s / panel_width, n)[s % panel_width]);
    return out;
}

/// Of a weight: the sum over spikes of its target of the jump times what the source has brought.
double wanted(std::size_t source, std::size_t target) {
    const auto c = CubaLif::prepare(CubaLif::Params{}, 1.0);
    double sum = 0.0;
    for (std::size_t b = 0; b < samples; ++b) {
        double current = 0.0, potential = 0.0;
        for (std::size_t t = 0; t < steps; ++t) {
            potential = static_cast<double>(c.decay_m) * potential +
                        static_cast<double>(c.coupling) * current;
            current = static_cast<double>(c.decay_s) * current +
                      (t < lag ? 0.0 : static_cast<double>(sent(b, source, t - lag)));
            if (fires(b, target, t)) sum += static_cast<double>(jump(b, target, t)) * potential;
        }
    }
    return sum;
}

TEST(SpikeGradient, IsTheSumOverSpikesOfTheTargets) {
    Arrays a;
    const std::vector<float> have = packed(a, false, 32);
    double largest = 0.0;
    for (std::size_t s = 0; s < sources; ++s) {
        for (std::size_t n = 0; n < targets; ++n) {
            largest = std::max(largest, std::abs(wanted(s, n)));
            EXPECT_NEAR(have[s * targets + n], wanted(s, n), 1e-5) << s << " to " << n;
        }
    }
    EXPECT_GT(largest, 0.1);
}

TEST(SpikeGradient, HasTheSameBitsHoweverItIsCut) {
    Arrays a;
    const std::vector<float> have = packed(a, false, 32);
    EXPECT_EQ(have, packed(a, false, 48));
    EXPECT_EQ(have, packed(a, false, 128));
    EXPECT_EQ(have, packed(a, true, 32));
    EXPECT_EQ(have, by_columns(a));
}

TEST(SpikeGradient, PacksPanelsWhoseSendersStandInDifferentColumns) {
    const std::vector<std::uint32_t> senders{0x000F, 0, 0x00F0, 0x0018, 0xFF00, 0x0001};
    PackedSenders packed;
    packed.pack(senders.data(), senders.size());
    ASSERT_EQ(packed.count(), 2u);
    EXPECT_EQ(packed.row(0).members, 3u);
    EXPECT_EQ(packed.row(0).taken, 0xFFFFu);
    EXPECT_EQ(packed.row(0).source[2], 2u);
    EXPECT_EQ(packed.row(0).source[5], 37u);
    EXPECT_EQ(packed.row(0).source[15], 79u);
    EXPECT_EQ(packed.row(1).members, 2u);
    EXPECT_EQ(packed.row(1).source[0], 80u);
    EXPECT_EQ(packed.row(1).source[3], 51u);
    EXPECT_EQ(packed.row(1).source[1], UnitPotentials::none);
}

TEST(SpikeGradient, CountsWhatIsMultiplied) {
    Arrays a;
    std::uint64_t wanted = 0;
    for (std::size_t b = 0; b < samples; ++b) {
        std::uint64_t senders = 0, spikes = 0;
        for (std::size_t s = 0; s < sources; ++s) {
            bool any = false;
            for (std::size_t t = 0; t < steps; ++t) any = any || sent(b, s, t) != 0.0f;
            senders += any ? 1 : 0;
        }
        for (std::size_t n = 0; n < targets; ++n)
            for (std::size_t t = 0; t < steps; ++t) spikes += fires(b, n, t) ? 1 : 0;
        wanted += senders * spikes;
    }
    for (const bool values : {false, true}) {
        a.unit(values);  // finds the senders
        std::vector<std::uint64_t> total(samples * panels_of(targets));
        const CountSpikeMacs count{shape,          panels,      targets, a.senders.data(),
                                   a.fired.data(), total.data()};
        for (std::size_t i = 0; i < total.size(); ++i) count(i);
        EXPECT_EQ(std::accumulate(total.begin(), total.end(), std::uint64_t{0}), wanted);
    }
    EXPECT_GT(wanted, 1000u);
}

}  // namespace
}  // namespace snnsim
