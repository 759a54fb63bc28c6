#include "src/data/encode_samples.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "snnsim/error.hpp"
#include "src/files/room.hpp"

namespace snnsim {
namespace {

std::string input_name(const ModelSpec& spec) {
    for (const PopulationSpec& p : spec.populations) {
        if (std::holds_alternative<SpikeSource::Params>(p.neuron)) return p.name;
    }
    throw InternalError("no input population");
}

}  // namespace

SpikeRecording encode_samples(const ModelSpec& spec, const SampleSet& samples, bool test,
                              std::size_t first, std::size_t count) {
    SpikeRecording out{input_name(spec), {}, {}, {}, static_cast<std::int64_t>(count)};
    const auto inputs = static_cast<std::size_t>(samples.inputs);
    std::vector<std::uint32_t> rank(inputs);
    const bool real = samples.form == SampleForm::values;
    SNN_EXPECT(!in_steps(samples.form) && !samples.stream);
    // Here, while they are collected and written.
    constexpr double bytes_a_spike = 48.0;
    std::size_t next_look = 1'000'000;
    Encoders::visit(spec.encode_of(out.population).scheme, [&]<class E>(
                                                               const typename E::Params& params) {
        const typename E::Constants constants = E::prepare(params, spec.dt, spec.steps());
        for (std::size_t k = 0; k < count; ++k) {
            const std::size_t row = (first + k) * inputs;
            const std::uint32_t active =
                real ? rank_values(samples.in.values.data() + row, inputs, rank.data())
                     : rank_pixels(samples.in.pixels.data() + row, inputs, rank.data());
            std::vector<std::pair<int, std::uint32_t>> spikes;  // step, neuron
            for (std::size_t i = 0; i < inputs; ++i) {
                const auto input = static_cast<std::uint32_t>(i);
                const RandomKey key =
                    encoding_key(spec.seed, 0, static_cast<std::uint32_t>(first + k), test, input);
                E::encode(constants, key,
                          {real ? samples.in.values[row + i]
                                : static_cast<float>(samples.in.pixels[row + i]) / 255.0f,
                           rank[i], active},
                          spec.steps(), [&](int t, float) { spikes.emplace_back(t, input); });
            }
            std::sort(spikes.begin(), spikes.end());
            for (const auto& [t, neuron] : spikes) {
                out.sample.push_back(static_cast<std::uint32_t>(k));
                out.step.push_back(static_cast<std::uint32_t>(t + 1));
                out.neuron.push_back(neuron);
            }
            if (out.neuron.size() >= next_look) {
                const double all = static_cast<double>(out.neuron.size()) /
                                   static_cast<double>(k + 1) * static_cast<double>(count);
                require_room(static_cast<std::uint64_t>(all * bytes_a_spike),
                             fmt::format("encoding {} samples, about {:.2g} spikes,", count, all));
                next_look += out.neuron.size();
            }
        }
    });
    return out;
}

}  // namespace snnsim
