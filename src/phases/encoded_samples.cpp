#include "src/phases/encoded_samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/cells/spike_source.hpp"
#include "kernels/encoders/model.hpp"
#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "snnsim/model_spec.hpp"

namespace snnsim {
namespace {

/// Until the last population has seen all of a sample and nothing is on its way any more.
std::int64_t steps_after_sample(const SimulationSpec& spec) {
    std::int64_t most = 0;
    for (const CellPopulationSpec& p : spec.populations)
        most = std::max<std::int64_t>(most, p.depth);
    for (const SynapsesSpec& s : spec.projections) {
        const bool inside = spec.population(s.from).depth >= 0 && spec.population(s.to).depth >= 0;
        if (!inside) continue;
        const bool listed = s.edges && !s.edges->delay.empty();
        const double longest =
            listed ? *std::max_element(s.edges->delay.begin(), s.edges->delay.end()) : s.delay.mean;
        most = std::max(most, step_of(longest, spec.dt));
    }
    return most;
}

struct Sent {
    std::uint32_t step, cell;
    float value;
};

}  // namespace

std::int64_t sample_period(const SimulationSpec& spec, CarryOver state) {
    const std::int64_t steps = spec.trained->model->steps();
    return state == CarryOver::keep ? steps : steps + steps_after_sample(spec);
}

SampleWindows sample_windows(const SimulationSpec& spec, CarryOver state, std::int64_t start) {
    if (state == CarryOver::keep) return {};
    return {start, sample_period(spec, state), spec.trained->model->steps()};
}

std::int64_t steps_of_last_sample(const SimulationSpec& spec) {
    std::int64_t deepest = 0;
    for (const CellPopulationSpec& p : spec.populations)
        deepest = std::max<std::int64_t>(deepest, p.depth);
    return spec.trained->model->steps() + deepest;
}

std::shared_ptr<const PlayedSpikes> encoded(const SimulationSpec& spec, const SampleSet& images,
                                            bool test_set, CarryOver state, std::int64_t start,
                                            const std::uint32_t* samples, std::size_t count) {
    const ModelSpec& model = *spec.trained->model;
    const auto inputs = static_cast<std::size_t>(images.inputs);
    const auto steps = static_cast<std::size_t>(model.steps());
    const std::int64_t period = sample_period(spec, state);
    const bool real = images.form == SampleForm::values;
    if (!real && images.form != SampleForm::pixels)
        throw DataError(
            "a trained network is shown images, or one value for each input; samples over time "
            "and events can be trained and tested, not simulated");
    const auto* source =
        std::get_if<ValueSource::Params>(&spec.population(spec.trained->input).cell);
    const float largest = source ? static_cast<float>(source->largest) : 1.0f;
    auto out = std::make_shared<PlayedSpikes>();
    std::vector<std::uint32_t> rank(inputs);
    std::vector<Sent> sent;
    std::vector<std::size_t> place;
    const EncodeSpec& encode = model.encode_of(spec.trained->input);
    Encoders::visit(encode.scheme, [&]<class E>(const typename E::Params& params) {
        constexpr bool values = E::sends != Sends::spikes;
        const typename E::Constants constants = E::prepare(params, model.dt, model.steps());
        for (std::size_t k = 0; k < count; ++k) {
            const std::size_t row = std::size_t{samples[k]} * inputs;
            const std::uint32_t active =
                real ? rank_values(images.in.values.data() + row, inputs, rank.data())
                     : rank_pixels(images.in.pixels.data() + row, inputs, rank.data());
            sent.clear();
            place.assign(steps + 1, 0);
            for (std::size_t i = 0; i < inputs; ++i) {
                const auto cell = static_cast<std::uint32_t>(i);
                E::encode(constants, encoding_key(model.seed, 0, samples[k], test_set, cell),
                          {real ? images.in.values[row + i]
                                : static_cast<float>(images.in.pixels[row + i]) / 255.0f,
                           rank[i], active},
                          model.steps(), [&](int t, float value) {
                              sent.push_back({static_cast<std::uint32_t>(t), cell, value});
                              ++place[static_cast<std::size_t>(t) + 1];
                          });
            }
            for (std::size_t t = 0; t < steps; ++t) place[t + 1] += place[t];
            const std::size_t before = out->keys.size();
            out->keys.resize(before + sent.size());
            if (values) out->values.resize(before + sent.size());
            const auto first =
                static_cast<std::uint64_t>(start + static_cast<std::int64_t>(k) * period);
            for (const Sent& s : sent) {  // by step, then cell
                if (values && std::abs(s.value) > largest)
                    throw DataError(fmt::format(
                        "sample {} makes input {} send {:g}, but a simulation is made for values "
                        "up to {:g}: scale the samples to [0, 1], and train again",
                        samples[k], s.cell, s.value, largest));
                const std::size_t at = before + place[s.step]++;
                out->keys[at] = played_key(first + s.step + 1, s.cell);
                if (values) out->values[at] = s.value;
            }
        }
    });
    return out;
}

}  // namespace snnsim
