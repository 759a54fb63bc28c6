#include "src/phases/shown_samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "snnsim/error.hpp"
#include "src/data/random_order.hpp"
#include "src/data/sample_stream.hpp"
#include "src/engine/synapses/weight_plan.hpp"

namespace snnsim {

ShownSamples::ShownSamples(const SimulationSpec& spec, std::size_t phase, const SampleSet* images,
                           int classes)
    : spec_(*spec.simulate.phases[phase].present),
      seed_(spec.seed),
      phase_(static_cast<std::uint32_t>(phase)),
      images_(images),
      cells_(static_cast<std::size_t>(spec.population(spec_.population).size)),
      passes_(static_cast<std::uint64_t>(spec_.passes)),
      count_(static_cast<std::uint64_t>(spec_.count)),
      classes_(images ? static_cast<std::size_t>(classes)
                      : static_cast<std::size_t>(spec_.patterns->number)) {
    if (!images) {
        draw_patterns(*spec_.patterns);
        return;
    }
    const std::string& name = spec.simulate.phases[phase].name;
    if (cells_ != static_cast<std::size_t>(images->inputs))
        throw DataError(fmt::format("phase '{}' shows samples of {} values, but '{}' has {} cells",
                                    name, images->inputs, spec_.population, cells_));
    const bool encoded = spec.trained && spec_.population == spec.trained->input;
    if (in_steps(images->form) && !encoded)
        throw DataError(
            fmt::format("phase '{}' shows samples as rates; these have values for each "
                        "step",
                        name));
    if (images->outputs > 0)
        throw DataError(
            fmt::format("phase '{}' shows samples of classes; the targets of these are "
                        "real numbers",
                        name));
    const std::int64_t left = images->count - spec_.first;
    if (left <= 0 || spec_.count > left)
        throw DataError(fmt::format(
            "phase '{}' shows samples {} to {}, but there are only {}", name, spec_.first,
            spec_.first + std::max<std::int64_t>(1, spec_.count) - 1, images->count));
    if (count_ == 0) count_ = static_cast<std::uint64_t>(left);
}

void ShownSamples::draw_patterns(const PatternsSpec& patterns) {
    std::vector<std::uint32_t> all(cells_);
    std::iota(all.begin(), all.end(), 0u);
    for (std::uint32_t k = 0; k < patterns.number; ++k) {
        std::vector<std::uint32_t> cells = by_random_key(all, {seed_, Stream::patterns, phase_, k});
        cells.resize(static_cast<std::size_t>(patterns.cells));
        patterns_.push_back(std::move(cells));
    }
}

std::uint32_t ShownSamples::sample(std::uint64_t trial) {
    const auto t = static_cast<std::uint32_t>(trial);
    if (!images_) {
        const std::uint32_t word = RandomKey{seed_, Stream::trials, phase_, t}.draw(0).word[0];
        return static_cast<std::uint32_t>(std::uint64_t{word} * patterns_.size() >> 32);
    }
    const std::uint64_t pass = trial / count_, place = trial % count_;
    if (spec_.order == Order::file)
        return static_cast<std::uint32_t>(static_cast<std::uint64_t>(spec_.first) + place);
    if (pass != pass_) {
        std::vector<std::uint32_t> samples(count_);
        std::iota(samples.begin(), samples.end(), static_cast<std::uint32_t>(spec_.first));
        order_ = by_random_key(samples,
                               {seed_, Stream::order, phase_, static_cast<std::uint32_t>(pass)});
        pass_ = pass;
    }
    return order_[place];
}

std::int32_t ShownSamples::label(std::uint32_t sample) const {
    return images_ ? images_->labels[sample] : static_cast<std::int32_t>(sample);
}

std::vector<double> ShownSamples::rates(std::uint32_t sample, double max_rate) const {
    std::vector<double> rates(cells_, 0.0);
    if (!images_) {
        for (const std::uint32_t cell : patterns_[sample]) rates[cell] = max_rate;
        return rates;
    }
    const SampleInputs& in = images_->stream ? images_->stream->take({&sample, 1}) : images_->in;
    const std::size_t first = images_->stream ? 0 : std::size_t{sample} * cells_;
    const bool real = images_->form == SampleForm::values;
    for (std::size_t k = 0; k < cells_; ++k)
        rates[k] = (real ? double{in.values[first + k]} : in.pixels[first + k] / 255.0) * max_rate;
    return rates;
}

}  // namespace snnsim
