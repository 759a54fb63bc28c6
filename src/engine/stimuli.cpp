#include "src/engine/stimuli.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/cells/step_cells.hpp"
#include "kernels/math/normal.hpp"
#include "src/engine/quantile.hpp"

namespace snnsim {
namespace {

std::int64_t step_of(double time, double dt) {
    return time > 1e15 ? std::numeric_limits<std::int64_t>::max()
                       : static_cast<std::int64_t>(std::floor(time / dt + 0.5));
}

/// A uniform number in (0, 1) with 24 bits.
float open_uniform(std::uint32_t word) {
    return (static_cast<float>(word >> 9) + 0.5f) * (1.0f / 8388608.0f);
}

}  // namespace

Currents::Currents(const SimulationSpec& spec, std::size_t population, const Slice& slice)
    : dt_(spec.dt), seed_(spec.seed), slice_(slice) {
    for (std::size_t k = 0; k < spec.stimuli.size(); ++k) {
        const StimulusSpec& s = spec.stimuli[k];
        if (s.to != spec.populations[population].name) continue;
        if (std::holds_alternative<PoissonStimulus::Params>(s.kind)) continue;
        Part part{
            static_cast<std::uint32_t>(k), s.kind, step_of(s.start, dt_), step_of(s.stop, dt_), {}};
        if (const auto* dc = std::get_if<DcStimulus::Params>(&s.kind)) {
            const Quantile quantile(dc->amplitude);
            const RandomKey key{seed_, Stream::stimulus, part.number, 0xFFFFFFFFu};
            for (std::uint32_t i = 0; i < slice.padded(); ++i) {
                const std::uint32_t cell = slice.first + i;
                const std::uint32_t word = key.draw(cell / 4).word[cell % 4];
                part.amplitude.push_back(static_cast<float>(quantile(open_uniform(word))));
            }
        }
        parts_.push_back(std::move(part));
    }
    sum_.resize(slice.padded());
}

const float* Currents::at(std::int64_t t) {
    if (changes_at(t)) {
        std::fill(sum_.begin(), sum_.end(), 0.0f);
        for (const Part& part : parts_) {
            if (t >= part.first && t < part.last) add(part, t);
        }
    }
    known_ = t;
    return sum_.data();
}

bool Currents::changes_at(std::int64_t t) const {
    return std::any_of(parts_.begin(), parts_.end(), [&](const Part& p) {
        const bool steady = std::holds_alternative<DcStimulus::Params>(p.kind);
        const bool on = t >= p.first && t < p.last;
        const bool was_on = known_ >= p.first && known_ < p.last;
        return on != was_on || (on && !steady);
    });
}

void Currents::add(const Part& part, std::int64_t t) {
    const double time = static_cast<double>(t) * dt_;
    const auto add_same = [&](double value) {
        for (float& x : sum_) x += static_cast<float>(value);
    };
    if (std::holds_alternative<DcStimulus::Params>(part.kind)) {
        for (std::size_t i = 0; i < sum_.size(); ++i) sum_[i] += part.amplitude[i];
    } else if (const auto* ramp = std::get_if<RampStimulus::Params>(&part.kind)) {
        const double share =
            static_cast<double>(t - part.first) / static_cast<double>(part.last - part.first);
        add_same(ramp->first.mean + share * (ramp->last.mean - ramp->first.mean));
    } else if (const auto* sine = std::get_if<SineStimulus::Params>(&part.kind)) {
        const double angle = 2.0 * 3.14159265358979323846 * sine->frequency * time * 1e-3;
        add_same(sine->offset.mean + sine->amplitude.mean * std::sin(angle));
    } else if (const auto* noise = std::get_if<NoiseStimulus::Params>(&part.kind)) {
        const RandomKey key{seed_, Stream::stimulus, part.number, static_cast<std::uint32_t>(t)};
        const auto mean = static_cast<float>(noise->mean.mean);
        const auto std = static_cast<float>(noise->std.mean);
        for (std::uint32_t i = 0; i < sum_.size(); i += 16) {
            std::uint32_t words[16];
            cell_words(key, slice_.first + i, words);
            for (std::uint32_t l = 0; l < 16; ++l)
                sum_[i + l] += fused(std, normal_quantile(open_uniform(words[l])), mean);
        }
    }
}

std::vector<PoissonPlan> poisson_plans(const SimulationSpec& spec, std::size_t population,
                                       const WeightGrid& grid) {
    std::vector<PoissonPlan> plans;
    for (std::size_t k = 0; k < spec.stimuli.size(); ++k) {
        const StimulusSpec& s = spec.stimuli[k];
        const auto* poisson = std::get_if<PoissonStimulus::Params>(&s.kind);
        if (!poisson || s.to != spec.populations[population].name) continue;
        const double weight = poisson->weight.mean;
        const std::size_t receptor = grid.scale[population].size() == 2 && weight < 0.0 ? 1 : 0;
        PoissonPlan plan;
        plan.number = static_cast<std::uint32_t>(k);
        plan.first = step_of(s.start, spec.dt);
        plan.last = step_of(s.stop, spec.dt);
        plan.receptor = receptor;
        plan.weight = grid.on_grid(population, receptor, weight);
        for (const std::uint32_t t : poisson_thresholds(poisson->rate * spec.dt * 1e-3)) {
            plan.thresholds.push_back(static_cast<std::int32_t>(t ^ 0x80000000u));
            if (t < 0.999 * 4294967296.0) ++plan.usual;  // the next is reached by one in 1,000
        }
        plans.push_back(std::move(plan));
    }
    return plans;
}

}  // namespace snnsim
