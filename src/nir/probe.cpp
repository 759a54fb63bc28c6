#include "src/nir/probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "kernels/random.hpp"
#include "snnsim/error.hpp"
#include "src/data/rows.hpp"
#include "src/files/room.hpp"
#include "src/inputs/load_data.hpp"
#include "src/run/held_network.hpp"

namespace snnsim::nir {
namespace {

/// An array of this process.
template <class T>
class ArrayRows final : public Rows {
  public:
    ArrayRows(const std::string& name, const std::vector<std::uint64_t>& shape,
              std::vector<T> values)
        : Rows("the input", name, shape,
               {std::is_same_v<T, float> ? NumberKind::real : NumberKind::whole, sizeof(T)}),
          values_(std::move(values)) {}
    std::string why_not_anywhere() const override { return ""; }
    void read(std::uint64_t first, std::uint64_t rows, std::byte* out) const override {
        std::memcpy(out, values_.data() + first * row_size(), rows * row_bytes());
    }

  private:
    const std::vector<T> values_;
};

/// Something in the place of the targets, so that there is a sample: nobody asks for its loss.
std::shared_ptr<const Rows> no_targets(const HeldNetwork& network, std::int64_t steps) {
    const ModelSpec& spec = network.spec();
    if (!spec.train || !spec.real_targets())
        return std::make_shared<ArrayRows<std::int32_t>>("y", std::vector<std::uint64_t>{1},
                                                         std::vector<std::int32_t>{0});
    const Network& net = network.network();
    std::vector<std::uint64_t> shape{
        1, static_cast<std::uint64_t>(net.populations[net.output(0)].size)};
    if (has_targets_by_step(spec.train->loss))
        shape.insert(shape.begin() + 1, static_cast<std::uint64_t>(steps));
    const std::size_t count = shape.size() == 3 ? shape[1] * shape[2] : shape[1];
    return std::make_shared<ArrayRows<float>>("y", shape, std::vector<float>(count, 0.0f));
}

/// Puts what the encoder makes of the first sample of the test into [step][input].
template <class E>
void encode(const ModelSpec& spec, const typename E::Params& params, const SampleSet& samples,
            ProbeInput& out) {
    if constexpr (!shows_over_steps<E>) {
        const auto inputs = static_cast<std::size_t>(samples.inputs);
        std::vector<float> x(inputs);
        std::vector<std::uint32_t> rank(inputs);
        std::uint32_t active = 0;
        if (samples.form == SampleForm::values) {
            std::copy_n(samples.in.values.begin(), inputs, x.begin());
            active = rank_values(x.data(), inputs, rank.data());
        } else {
            for (std::size_t i = 0; i < inputs; ++i)
                x[i] = static_cast<float>(samples.in.pixels[i]) / 255.0f;
            active = rank_pixels(samples.in.pixels.data(), inputs, rank.data());
        }
        const typename E::Constants constants = E::prepare(params, spec.dt, spec.steps());
        for (std::size_t i = 0; i < inputs; ++i) {
            const RandomKey key =
                encoding_key(spec.seed, 0, 0, true, static_cast<std::uint32_t>(i));
            E::encode(constants, key, {x[i], rank[i], active}, spec.steps(),
                      [&](int t, float value) {
                          out.values[static_cast<std::size_t>(t) * inputs + i] = value;
                      });
        }
    }
}

void require_room_for(const ProbeInput& input) {
    require_room(static_cast<std::uint64_t>(input.steps) *
                     static_cast<std::uint64_t>(input.inputs) * 3 * sizeof(double),
                 fmt::format("a sample of {} inputs and {} steps", input.inputs, input.steps));
}

ProbeInput first_of(const ModelSpec& spec, const SampleSet& samples) {
    ProbeInput out;
    out.inputs = samples.inputs;
    out.steps = spec.steps();
    require_room_for(out);
    const auto inputs = static_cast<std::size_t>(out.inputs),
               steps = static_cast<std::size_t>(out.steps);
    out.values.assign(inputs * steps, 0.0f);
    out.said = "the first test sample";
    switch (samples.form) {
        case SampleForm::pixels:
        case SampleForm::values:
            Encoders::visit(spec.data.encode.scheme,
                            [&]<class E>(const typename E::Params& params) {
                                encode<E>(spec, params, samples, out);
                            });
            break;
        case SampleForm::steps:
            std::copy_n(samples.in.values.begin(), inputs * steps, out.values.begin());
            break;
        case SampleForm::pixel_steps:
            for (std::size_t k = 0; k < inputs * steps; ++k)
                out.values[k] = static_cast<float>(samples.in.pixels[k]) / 255.0f;
            break;
        case SampleForm::spikes:
        case SampleForm::counts:
            for (std::uint64_t k = samples.in.trains.first[0]; k < samples.in.trains.first[1];
                 ++k) {
                const std::size_t at = samples.in.trains.at[k];
                float& value = out.values[at % steps * inputs + at / steps];
                value = samples.form == SampleForm::counts ? value + 1.0f : 1.0f;
            }
            break;
    }
    return out;
}

}  // namespace

ProbeInput test_sample(const ModelSpec& spec) {
    ModelSpec shown = spec;
    hold_nothing_out(shown);
    shown.data.test_samples = 1;
    if (!shown.own_data()) shown.data.train_samples = 1;
    shown.data.stream = Streaming::never;
    try {
        const Dataset data = load_data(shown);
        if (data.test.count > 0) return first_of(spec, data.test);
    } catch (const DataError&) {
    } catch (const FileError&) {
    }
    return {};
}

ProbeInput random_spikes(std::int64_t inputs, std::int64_t steps, int kind) {
    constexpr double chances[random_kinds] = {0.05, 0.1, 0.2, 0.5};
    ProbeInput out{steps, inputs, {}, {}};
    require_room_for(out);
    out.said = fmt::format("Poisson spikes, {} in a step of an input", chances[kind]);
    const auto count = static_cast<std::size_t>(steps * inputs);
    out.values.resize(count);
    const RandomKey key{1, Stream::patterns, 0, 0};
    for (std::size_t k = 0; k < count; ++k) {
        const std::uint32_t word = key.draw(static_cast<std::uint32_t>(k / 4)).word[k % 4];
        out.values[k] = static_cast<double>(uniform(word)) < chances[kind] ? 1.0f : 0.0f;
    }
    return out;
}

ProbeOutput probe_output(const Evaluation& evaluation) {
    ProbeOutput out;
    for (const SpikeRecording& r : evaluation.spikes) {
        Parameters& to = out.spikes[r.population];
        for (std::size_t k = 0; k < r.neuron.size(); ++k) {
            if (r.sample[k] != 0) continue;
            to.values.push_back(r.step[k] - 1.0);  // the recording counts ends of steps
            to.values.push_back(r.neuron[k]);
        }
        to.shape = {static_cast<std::int64_t>(to.values.size() / 2), 2};
    }
    for (const StateRecording& r : evaluation.states) {
        const auto count = static_cast<std::size_t>(r.steps * r.neurons);
        out.values[r.population] = {
            {r.steps, r.neurons},
            {r.values.begin(), r.values.begin() + static_cast<std::ptrdiff_t>(count)}};
    }
    return out;
}

ProbeOutput probe_run(const std::string& run, const ProbeInput& input,
                      const std::vector<std::string>& spiking,
                      const std::vector<std::string>& valued) {
    const RunRecord record = read_run(run);
    RunOptions options;
    options.backend = Device::cpu;
    options.threads = 1;
    // In steps, whatever the run was shown; weights are rounded already where they are to be.
    options.overrides = {
        fmt::format(
            "data={{set: file, file: input.npz, encode: {{scheme: direct, duration: {} ms}}}}",
            static_cast<double>(input.steps) * record.provenance.dt),
        "test={batch: 1}"};
    HeldNetwork network(run, options);
    SampleArrays samples;
    // A training sample has to be there too.
    samples.rows["x"] = samples.rows["x_test"] = std::make_shared<ArrayRows<float>>(
        "x_test",
        std::vector<std::uint64_t>{1, static_cast<std::uint64_t>(input.steps),
                                   static_cast<std::uint64_t>(input.inputs)},
        input.values);
    samples.rows["y"] = samples.rows["y_test"] = no_targets(network, input.steps);
    std::vector<RecordSpec> wanted;
    for (const std::string& p : spiking) wanted.push_back({p, RecordWhat::spikes, 1, {}});
    for (const std::string& p : valued) wanted.push_back({p, RecordWhat::v, 1, {}});
    const std::optional<Evaluation> done = network.evaluate(samples, nullptr, wanted);
    SNN_EXPECT(done);
    return probe_output(*done);
}

}  // namespace snnsim::nir
