#include "src/engine/cells/stimuli.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/cells/step_cells.hpp"
#include "kernels/steps.hpp"
#include "snnsim/error.hpp"
#include "snnsim/receptors.hpp"
#include "src/engine/quantile.hpp"

namespace snnsim {
namespace {

/// 2^-64 turns that a sine of `frequency` goes on in a step.
std::uint64_t turn_of(double frequency, double dt) {
    const double turns = frequency * dt * 1e-3;
    return static_cast<std::uint64_t>((turns - std::floor(turns)) * 0x1p64);
}

void set_rate(PoissonPlan& plan, double mean) {
    plan.thresholds.clear();
    plan.usual = 0;
    for (const std::uint32_t t : poisson_thresholds(mean)) {
        plan.thresholds.push_back(static_cast<std::int32_t>(t ^ 0x80000000u));
        if (t < 0.999 * 4294967296.0) ++plan.usual;  // the next is reached by one in 1,000
    }
}

/// The first noise of this name, whose numbers the others have, too.
std::uint32_t first_of(const SimulationSpec& spec, const std::string& shared) {
    std::uint32_t k = 0;
    for (const StimulusSpec& s : spec.stimuli) {
        const auto* noise = std::get_if<NoiseStimulus::Params>(&s.kind);
        if (noise && noise->shared == shared) break;
        ++k;
    }
    return k;
}

StimulusCurrent current_of(const SimulationSpec& spec, std::uint32_t number) {
    const StimulusSpec& s = spec.stimuli[number];
    StimulusCurrent out;
    out.number = number;
    out.first = step_of(s.start, spec.dt);
    out.last = step_of(s.stop, spec.dt);
    if (const auto* ramp = std::get_if<RampStimulus::Params>(&s.kind)) {
        out.kind = CurrentKind::ramp;
        out.from = ramp->first.mean;
        out.rise = ramp->last.mean - ramp->first.mean;
    } else if (const auto* sine = std::get_if<SineStimulus::Params>(&s.kind)) {
        out.kind = CurrentKind::sine;
        out.mean = static_cast<float>(sine->offset.mean);
        out.size = static_cast<float>(sine->amplitude.mean);
        out.turn = turn_of(sine->frequency, spec.dt);
    } else if (const auto* noise = std::get_if<NoiseStimulus::Params>(&s.kind)) {
        out.kind = CurrentKind::noise;
        out.mean = static_cast<float>(noise->mean.mean);
        out.size = static_cast<float>(noise->std.mean);
        out.held = std::max<std::int64_t>(1, step_of(noise->interval, spec.dt));
        out.shared = !noise->shared.empty();
        out.lag = step_of(noise->lag, spec.dt);
        if (out.shared) out.number = first_of(spec, noise->shared);
    } else if (const auto* white = std::get_if<WhiteNoiseStimulus::Params>(&s.kind)) {
        out.kind = CurrentKind::noise;
        out.mean = static_cast<float>(white->mean.mean);
        out.size = static_cast<float>(white->sigma.mean / std::sqrt(spec.dt));
    }
    return out;
}

}  // namespace

Currents::Currents(const SimulationSpec& spec, std::size_t population, const Slice& slice)
    : seed_(spec.seed),
      slice_(slice),
      size_(static_cast<std::uint32_t>(spec.populations[population].size)),
      played_(spec.populations[population].played) {
    const bool has_to_play = CellModels::visit(spec.populations[population].cell,
                                               []<class M>(const auto&) { return plays<M>; });
    if (has_to_play && !played_) played_ = std::make_shared<const PlayedSpikes>();
    for (std::uint32_t k = 0; k < spec.stimuli.size(); ++k) {
        const StimulusSpec& s = spec.stimuli[k];
        if (s.to != spec.populations[population].name) continue;
        if (std::holds_alternative<PoissonStimulus::Params>(s.kind)) continue;
        parts_.push_back(current_of(spec, k));
        if (const auto* dc = std::get_if<DcStimulus::Params>(&s.kind))
            parts_.back().amplitude = draw_amplitudes(dc->amplitude, k);
        if (const auto* steps = std::get_if<StepsStimulus::Params>(&s.kind))
            set_changes(*steps, spec.dt, parts_.back());
        if (std::holds_alternative<WaveformStimulus::Params>(s.kind))
            set_waveform(s, spec.dt, parts_.back());
    }
    sum_.resize(slice.padded());
}

const float* Currents::draw_amplitudes(const Distribution& amplitude, std::uint32_t number) {
    const Quantile quantile(amplitude);
    const RandomKey key{seed_, Stream::stimulus, number, 0xFFFFFFFFu};
    std::vector<float> values;
    for (std::uint32_t cell = slice_.first; cell < slice_.first + slice_.padded(); ++cell) {
        if (amplitude.by_cell()) {
            values.push_back(static_cast<float>(amplitude.of_cell(cell, size_)));
            continue;
        }
        const std::uint32_t word = key.draw(cell / 4).word[cell % 4];
        const float u = (static_cast<float>(word >> 9) + 0.5f) * (1.0f / 8388608.0f);
        values.push_back(static_cast<float>(quantile(u)));
    }
    amplitudes_.push_back(std::move(values));
    return amplitudes_.back().data();
}

void Currents::set_changes(const StepsStimulus::Params& steps, double dt, StimulusCurrent& part) {
    std::vector<std::int64_t>& changes = changes_.emplace_back();
    std::vector<float>& values = amplitudes_.emplace_back();
    for (const double time : steps.times) changes.push_back(step_of(time, dt));
    for (const Distribution& d : steps.amplitudes) values.push_back(static_cast<float>(d.mean));
    part.kind = CurrentKind::steps;
    part.changes = {changes.data(), changes.size()};
    part.values = values.data();
}

void Currents::set_waveform(const StimulusSpec& s, double dt, StimulusCurrent& part) {
    SNN_EXPECT(s.waveform);
    const Waveform& w = *s.waveform;
    std::vector<std::int64_t>& changes = changes_.emplace_back();
    for (const double time : w.times) changes.push_back(step_of(time, dt));
    part.last = std::min(part.last, step_of(w.end, dt));
    part.changes = {changes.data(), changes.size()};
    if (w.cells == 0) {
        part.kind = CurrentKind::steps;
        part.values = amplitudes_.emplace_back(w.values).data();
        return;
    }
    part.kind = CurrentKind::waveform;
    part.row = slice_.padded();
    std::vector<float>& rows = amplitudes_.emplace_back(changes.size() * part.row);
    for (std::size_t k = 0; k < changes.size(); ++k) {
        const float* const from = w.values.data() + k * w.cells + slice_.first;
        std::copy(from, from + slice_.count,
                  rows.begin() + static_cast<std::ptrdiff_t>(k * part.row));
    }
    part.values = rows.data();
}

const float* Currents::at(std::int64_t t) {
    if (changes_at(t)) {
        std::fill(sum_.begin(), sum_.end(), 0.0f);
        for (const StimulusCurrent& part : parts_) {
            if (part.on(t)) add(part, t);
        }
    }
    known_ = t;
    return sum_.data();
}

std::pair<double, double> Currents::range() const {
    double least = 0.0, greatest = 0.0;
    for (const StimulusCurrent& p : parts_) {
        double low = 0.0, high = 0.0;  // as none is on all the time
        const auto widen = [&](double x) { low = std::min(low, x), high = std::max(high, x); };
        const auto widen_by = [&](const float* values, std::size_t count) {
            for (std::size_t i = 0; i < count; ++i) widen(static_cast<double>(values[i]));
        };
        const auto mean = static_cast<double>(p.mean), size = std::abs(static_cast<double>(p.size));
        // Noise goes as far as quantiles of 23 bits, 5.3 standard deviations.
        const double reach = p.kind == CurrentKind::noise ? 6.0 * size : size;
        widen(mean - reach), widen(mean + reach);
        widen(p.from), widen(p.from + p.rise);
        if (p.amplitude) widen_by(p.amplitude, slice_.count);
        if (p.values)
            widen_by(p.values,
                     p.kind == CurrentKind::waveform ? p.changes.size * p.row : p.changes.size);
        least += low, greatest += high;
    }
    return {least, greatest};
}

bool Currents::changes_at(std::int64_t t) const {
    return std::any_of(parts_.begin(), parts_.end(), [&](const StimulusCurrent& p) {
        if (p.on(t) != p.on(known_)) return true;
        if (!p.on(t) || p.kind == CurrentKind::dc) return false;
        if (p.kind == CurrentKind::noise) return drawn_in(p, t) != drawn_in(p, known_);
        if (p.kind == CurrentKind::waveform) return current_row(p, t) != current_row(p, known_);
        return common_current(p, t) != common_current(p, known_);
    });
}

void Currents::play(std::shared_ptr<const PlayedSpikes> played) {
    played_ = std::move(played);
}

void Currents::add(const StimulusCurrent& part, std::int64_t t) {
    const RandomKey random{seed_, Stream::stimulus, part.number,
                           static_cast<std::uint32_t>(drawn_in(part, t))};
    const AddCurrent<cell_panel> body{
        part, common_current(part, t), current_row(part, t), random, slice_.first, sum_.data()};
    for (std::size_t at = 0; at < sum_.size(); at += cell_panel) body(at);
}

std::vector<PoissonPlan> poisson_plans(const SimulationSpec& spec, std::size_t population,
                                       const WeightGrid& grid) {
    std::vector<PoissonPlan> plans;
    for (std::size_t k = 0; k < spec.stimuli.size(); ++k) {
        const StimulusSpec& s = spec.stimuli[k];
        const auto* poisson = std::get_if<PoissonStimulus::Params>(&s.kind);
        if (!poisson || s.to != spec.populations[population].name) continue;
        const double weight = poisson->weight.mean;
        const std::size_t receptor =
            reached_receptors(spec.populations[population], poisson->receptor).of(weight);
        const std::int64_t stop = step_of(s.stop, spec.dt);
        PoissonPlan plan;
        plan.number = static_cast<std::uint32_t>(k);
        plan.receptor = receptor;
        plan.weight = grid.on_grid(population, receptor, weight);
        plan.first = step_of(s.start, spec.dt);
        // One after the other: a plan for each rate.
        for (std::size_t r = 0; r <= poisson->rates.size(); ++r) {
            const double rate = r == 0 ? poisson->rate : poisson->rates[r - 1];
            plan.last = r == poisson->rates.size()
                            ? stop
                            : std::min(stop, step_of(poisson->times[r], spec.dt));
            if (plan.last <= plan.first) continue;
            set_rate(plan, rate * spec.dt * 1e-3);
            plans.push_back(plan);
            plan.first = plan.last;
        }
    }
    return plans;
}

void add_poisson(const PoissonPlan& p, std::uint64_t seed, const Slice& slice, std::int64_t t,
                 std::int32_t* arriving) {
    const RandomKey random{seed, Stream::stimulus, p.number, static_cast<std::uint32_t>(t)};
    const auto count = static_cast<int>(p.thresholds.size());
    const auto add = [&]<int Lanes>(std::uint32_t from, std::uint32_t to) {
        const AddPoisson<Lanes> body{p.thresholds.data(), p.usual, count, p.weight, arriving,
                                     slice.first,         random};
        for (std::uint32_t at = from; at < to; at += Lanes) body(at);
    };
    // Two panels at once fill the vectors that random numbers are made in.
    constexpr int panel = cell_panel;
    const std::uint32_t pairs = slice.padded() / (2 * panel) * (2 * panel);
    add.template operator()<2 * panel>(0, pairs);
    add.template operator()<panel>(pairs, slice.padded());
}

}  // namespace snnsim
