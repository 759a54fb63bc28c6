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

/// The spikes of one sample after the other, in the order of a recording.
class SpikeWriter {
  public:
    SpikeWriter(std::size_t samples, SpikeRecording& out) : samples_(samples), out_(out) {}

    /// A spike of the sample that finish() will end.
    void add(std::uint32_t step, std::uint32_t neuron) { spikes_.emplace_back(step, neuron); }
    /// Events of an input in one step are one spike.
    void finish() {
        std::sort(spikes_.begin(), spikes_.end());
        spikes_.erase(std::unique(spikes_.begin(), spikes_.end()), spikes_.end());
        for (const auto& [step, neuron] : spikes_) {
            out_.sample.push_back(sample_);
            out_.step.push_back(step + 1);
            out_.neuron.push_back(neuron);
        }
        spikes_.clear();
        ++sample_;
        look_for_room();
    }

  private:
    void look_for_room() {
        constexpr double bytes_a_spike = 48.0;  // here, while they are collected and written
        if (out_.neuron.size() < next_look_) return;
        const double all =
            static_cast<double>(out_.neuron.size()) / sample_ * static_cast<double>(samples_);
        require_room(static_cast<std::uint64_t>(all * bytes_a_spike),
                     fmt::format("encoding {} samples, about {:.2g} spikes,", samples_, all));
        next_look_ += out_.neuron.size();
    }

    const std::size_t samples_;
    SpikeRecording& out_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> spikes_;  // step, neuron
    std::uint32_t sample_ = 0;
    std::size_t next_look_ = 1'000'000;
};

/// Samples that are spikes already.
void take_trains(const SampleSet& samples, std::size_t sample, SpikeWriter& out) {
    const SampleSpikes& trains = samples.in.trains;
    const auto steps = static_cast<std::uint32_t>(samples.steps);
    for (std::uint64_t k = trains.first[sample]; k < trains.first[sample + 1]; ++k)
        out.add(trains.at[k] % steps, trains.at[k] / steps);
}

template <class E>
void encode_one(const ModelSpec& spec, const typename E::Constants& constants,
                const SampleSet& samples, bool test, std::size_t sample,
                std::vector<std::uint32_t>& rank, SpikeWriter& out) {
    const auto inputs = static_cast<std::size_t>(samples.inputs);
    const bool real = samples.form == SampleForm::values;
    const std::size_t row = sample * inputs;
    const std::uint32_t active =
        real ? rank_values(samples.in.values.data() + row, inputs, rank.data())
             : rank_pixels(samples.in.pixels.data() + row, inputs, rank.data());
    for (std::size_t i = 0; i < inputs; ++i) {
        const auto input = static_cast<std::uint32_t>(i);
        const RandomKey key =
            encoding_key(spec.seed, 0, static_cast<std::uint32_t>(sample), test, input);
        const float x = real ? samples.in.values[row + i]
                             : static_cast<float>(samples.in.pixels[row + i]) / 255.0f;
        E::encode(constants, key, {x, rank[i], active}, spec.steps(),
                  [&](int t, float) { out.add(static_cast<std::uint32_t>(t), input); });
    }
}

}  // namespace

SpikeRecording encode_samples(const ModelSpec& spec, const SampleSet& samples, bool test,
                              std::size_t first, std::size_t count) {
    SNN_EXPECT(!samples.stream);
    SpikeRecording out{input_name(spec), {}, {}, {}, static_cast<std::int64_t>(count)};
    SpikeWriter writer(count, out);
    if (samples.form == SampleForm::spikes || samples.form == SampleForm::counts) {
        for (std::size_t k = first; k < first + count; ++k) {
            take_trains(samples, k, writer);
            writer.finish();
        }
        return out;
    }
    Encoders::visit(
        spec.encode_of(out.population).scheme, [&]<class E>(const typename E::Params& params) {
            if constexpr (!shows_over_steps<E>) {
                SNN_EXPECT(!in_steps(samples.form));
                const typename E::Constants constants = E::prepare(params, spec.dt, spec.steps());
                std::vector<std::uint32_t> rank(static_cast<std::size_t>(samples.inputs));
                for (std::size_t k = first; k < first + count; ++k) {
                    encode_one<E>(spec, constants, samples, test, k, rank, writer);
                    writer.finish();
                }
            }
        });
    return out;
}

}  // namespace snnsim
