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
#include "src/data/sample_stream.hpp"

namespace snnsim {
namespace {

std::int64_t greatest_depth(const SimulationSpec& spec) {
    std::int64_t deepest = 0;
    for (const CellPopulationSpec& p : spec.populations)
        deepest = std::max<std::int64_t>(deepest, p.depth);
    return deepest;
}

/// Until the last population has seen all of a sample and nothing is on its way any more.
std::int64_t steps_after_sample(const SimulationSpec& spec) {
    std::int64_t most = greatest_depth(spec);
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

/// What the input sends of one sample, by step and then cell.
class SampleEvents {
  public:
    explicit SampleEvents(std::size_t steps) : before_(steps + 1) {}

    void start() {
        sent_.clear();
        std::fill(before_.begin(), before_.end(), 0);
    }
    /// In each step the cells come in their order.
    void add(std::size_t step, std::size_t cell, float value) {
        sent_.push_back(
            {static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(cell), value});
        ++before_[step + 1];
    }
    /// Appends them to `to`; the sample begins at step `first`.
    void move_to(PlayedSpikes& to, std::int64_t first, bool values) {
        for (std::size_t t = 0; t + 1 < before_.size(); ++t) before_[t + 1] += before_[t];
        const std::size_t start = to.keys.size();
        to.keys.resize(start + sent_.size());
        if (values) to.values.resize(start + sent_.size());
        for (const Sent& s : sent_) {
            const std::size_t at = start + before_[s.step]++;
            to.keys[at] = played_key(static_cast<std::uint64_t>(first) + s.step + 1, s.cell);
            if (values) to.values[at] = s.value;
        }
    }

    struct Sent {
        std::uint32_t step, cell;
        float value;
    };
    const std::vector<Sent>& sent() const { return sent_; }

  private:
    std::vector<Sent> sent_;
    std::vector<std::size_t> before_;  // [step]: of earlier ones
};

/// Samples with values, or spikes, for each step.
void take_steps(const SampleSet& images, const SampleInputs& in, std::size_t row,
                SampleEvents& out) {
    const auto inputs = static_cast<std::size_t>(images.inputs),
               steps = static_cast<std::size_t>(images.steps);
    const bool bytes = images.form == SampleForm::pixel_steps;
    if (bytes || images.form == SampleForm::steps) {
        for (std::size_t t = 0, place = row * steps * inputs; t < steps; ++t) {
            for (std::size_t n = 0; n < inputs; ++n, ++place) {
                const float value =
                    bytes ? static_cast<float>(in.pixels[place]) / 255.0f : in.values[place];
                if (value != 0.0f) out.add(t, n, value);
            }
        }
        return;
    }
    const std::uint32_t* const at = in.trains.at.data();
    for (std::uint64_t k = in.trains.first[row]; k < in.trains.first[row + 1];) {
        const std::uint64_t first = k++;
        while (k < in.trains.first[row + 1] && at[k] == at[first]) ++k;  // counted events
        out.add(at[first] % steps, at[first] / steps, static_cast<float>(k - first));
    }
}

/// Encodes samples as the training does.
template <class E>
class SampleEncoder {
  public:
    SampleEncoder(const ModelSpec& model, const typename E::Params& params, const SampleSet& images,
                  bool test_set)
        : model_(model),
          constants_(E::prepare(params, model.dt, model.steps())),
          inputs_(static_cast<std::size_t>(images.inputs)),
          real_(images.form == SampleForm::values),
          test_set_(test_set),
          rank_(inputs_) {}

    void take(const SampleInputs& in, std::size_t row, std::uint32_t sample, SampleEvents& out) {
        const std::size_t first = row * inputs_;
        const std::uint32_t active =
            real_ ? rank_values(in.values.data() + first, inputs_, rank_.data())
                  : rank_pixels(in.pixels.data() + first, inputs_, rank_.data());
        for (std::size_t i = 0; i < inputs_; ++i) {
            const float x =
                real_ ? in.values[first + i] : static_cast<float>(in.pixels[first + i]) / 255.0f;
            E::encode(
                constants_,
                encoding_key(model_.seed, 0, sample, test_set_, static_cast<std::uint32_t>(i)),
                {x, rank_[i], active}, model_.steps(),
                [&](int t, float value) { out.add(static_cast<std::size_t>(t), i, value); });
        }
    }

  private:
    const ModelSpec& model_;
    const typename E::Constants constants_;
    const std::size_t inputs_;
    const bool real_, test_set_;
    std::vector<std::uint32_t> rank_;
};

/// The input was made for the samples of the data set as it was found.
void check_size(const SampleEvents& events, float largest, std::uint32_t sample) {
    for (const SampleEvents::Sent& s : events.sent()) {
        if (std::abs(s.value) > largest)
            throw DataError(fmt::format(
                "sample {} makes input {} send {:g}, but no sample had more than {:g} when the "
                "simulation began: has the file changed?",
                sample, s.cell, s.value, largest));
    }
}

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
    return spec.trained->model->steps() + greatest_depth(spec);
}

std::uint64_t samples_at_once(const SimulationSpec& spec, const SampleSet& images) {
    constexpr std::int64_t most_samples = 64, most_values = 8 << 20;
    const std::int64_t each = images.inputs * spec.trained->model->steps();
    return static_cast<std::uint64_t>(
        std::clamp<std::int64_t>(most_values / std::max<std::int64_t>(each, 1), 1, most_samples));
}

std::shared_ptr<const PlayedSpikes> encoded(const SimulationSpec& spec, const SampleSet& images,
                                            bool test_set, CarryOver state, std::int64_t start,
                                            const std::uint32_t* samples, std::size_t count) {
    const ModelSpec& model = *spec.trained->model;
    const std::int64_t period = sample_period(spec, state);
    const SampleInputs& in = images.stream ? images.stream->take({samples, count}) : images.in;
    const auto* source =
        std::get_if<ValueSource::Params>(&spec.population(spec.trained->input).cell);
    auto out = std::make_shared<PlayedSpikes>();
    SampleEvents events(static_cast<std::size_t>(model.steps()));
    const auto show_all = [&](auto&& take) {
        for (std::size_t k = 0; k < count; ++k) {
            events.start();
            take(images.stream ? k : samples[k], samples[k]);
            if (source) check_size(events, static_cast<float>(source->largest), samples[k]);
            events.move_to(*out, start + static_cast<std::int64_t>(k) * period, source != nullptr);
        }
    };
    if (in_steps(images.form)) {
        show_all([&](std::size_t row, std::uint32_t) { take_steps(images, in, row, events); });
        return out;
    }
    const EncodeSpec& encode = model.encode_of(spec.trained->input);
    Encoders::visit(encode.scheme, [&]<class E>(const typename E::Params& params) {
        if constexpr (shows_over_steps<E>) {
            throw InternalError("samples of a sequence are in steps");
        } else {
            SampleEncoder<E> encoder(model, params, images, test_set);
            show_all([&](std::size_t row, std::uint32_t sample) {
                encoder.take(in, row, sample, events);
            });
        }
    });
    return out;
}

}  // namespace snnsim
