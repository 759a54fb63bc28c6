// What sources fire at with their stimuli: no more than one spike in a step.
#include "src/model/source_rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/model/distribution.hpp"

namespace snnsim {
namespace {

/// The rate that a stimulus adds in steps from .. to - 1: `first` at its beginning, `last` at its
/// end, and a line between.
struct Piece {
    double from, to, first, last;

    double at(double step) const {
        if (first == last) return first;
        return first + (last - first) * (step - from) / (to - from);
    }
};
using Pieces = std::vector<Piece>;  // in their order in time

/// The changes of a rate, each valid until the next, cut to the time in which the stimulus is on.
class Cutter {
  public:
    Cutter(double start, double stop, double dt) : start_(start), stop_(stop), dt_(dt) {}

    void add(double from, double to, double rate) {
        const double begin = rounded_steps(std::max(from, start_), dt_),
                     end = rounded_steps(std::min(to, stop_), dt_);
        if (begin < end) pieces.push_back({begin, end, rate, rate});
    }

    Pieces pieces;

  private:
    double start_, stop_, dt_;
};

/// The greatest rates that the stimulus brings to a cell; of noise, its mean. Not finite where they
/// have no bound, or stand in a file that has not been read.
Pieces rates_of(const StimulusSpec& s, double dt) {
    constexpr double forever = std::numeric_limits<double>::infinity();
    Cutter on(s.start, s.stop, dt);
    if (const auto* dc = std::get_if<DcStimulus::Params>(&s.kind)) {
        on.add(s.start, s.stop, extent(dc->amplitude).second);
    } else if (const auto* sine = std::get_if<SineStimulus::Params>(&s.kind)) {
        on.add(s.start, s.stop, sine->offset.mean + std::abs(sine->amplitude.mean));
    } else if (const auto* noise = std::get_if<NoiseStimulus::Params>(&s.kind)) {
        on.add(s.start, s.stop, noise->mean.mean);
    } else if (const auto* white = std::get_if<WhiteNoiseStimulus::Params>(&s.kind)) {
        on.add(s.start, s.stop, white->mean.mean);
    } else if (const auto* ramp = std::get_if<RampStimulus::Params>(&s.kind)) {
        on.add(s.start, s.stop, ramp->first.mean);
        for (Piece& p : on.pieces) p.last = ramp->last.mean;
    } else if (const auto* steps = std::get_if<StepsStimulus::Params>(&s.kind)) {
        const std::size_t count = std::min(steps->times.size(), steps->amplitudes.size());
        for (std::size_t k = 0; k < count; ++k)
            on.add(steps->times[k], k + 1 < count ? steps->times[k + 1] : forever,
                   steps->amplitudes[k].mean);
    } else if (std::holds_alternative<WaveformStimulus::Params>(s.kind) && s.waveform) {
        const Waveform& w = *s.waveform;
        const std::size_t width = std::max<std::size_t>(1, w.cells);
        for (std::size_t k = 0; k < w.times.size(); ++k) {
            const auto row = w.values.begin() + static_cast<std::ptrdiff_t>(k * width);
            on.add(w.times[k], k + 1 < w.times.size() ? w.times[k + 1] : w.end,
                   *std::max_element(row, row + static_cast<std::ptrdiff_t>(width)));
        }
    }
    return std::move(on.pieces);
}

/// The piece that holds in a step; null where the stimulus brings nothing.
const Piece* piece_at(const Pieces& pieces, double step) {
    const auto after =
        std::upper_bound(pieces.begin(), pieces.end(), step,
                         [](double wanted, const Piece& p) { return wanted < p.from; });
    if (after == pieces.begin()) return nullptr;
    const Piece& p = *(after - 1);
    return step < p.to ? &p : nullptr;
}

/// The greatest value among the cells of a parameter.
double greatest(const CellPopulationSpec& p, std::string_view name, double constant) {
    for (const NamedDistribution& d : p.varied) {
        if (d.name != name) continue;
        const auto [least, most] = extent(d.value);
        return name == "amplitude" ? std::max(std::abs(least), std::abs(most)) : most;
    }
    return std::abs(constant);
}

/// Without stimuli; nothing where the population is no source of a rate.
std::optional<double> greatest_rate(const CellPopulationSpec& p) {
    if (const auto* poisson = std::get_if<PoissonSource::Params>(&p.cell))
        return greatest(p, "rate", poisson->rate) + greatest(p, "amplitude", poisson->amplitude);
    if (const auto* regular = std::get_if<RegularSource::Params>(&p.cell))
        return greatest(p, "rate", regular->rate);
    return std::nullopt;
}

}  // namespace

std::optional<TooFast> too_fast(const SimulationSpec& spec, const CellPopulationSpec& p) {
    const std::optional<double> own_rate = greatest_rate(p);
    if (!own_rate) return std::nullopt;
    const double most = 1e3 / spec.dt * (1.0 + 1e-9);
    // Phases set the rate of a source, to 0 as well: then only its stimuli are known.
    const double own = spec.open_ended() ? 0.0 : *own_rate;
    if (!(own <= most)) return std::nullopt;  // not known, or told of its own keys
    std::vector<std::size_t> numbers;
    std::vector<Pieces> all;
    for (std::size_t n = 0; n < spec.stimuli.size(); ++n) {
        if (spec.stimuli[n].to != p.name) continue;
        Pieces pieces = rates_of(spec.stimuli[n], spec.dt);
        for (const Piece& piece : pieces) {
            if (!std::isfinite(piece.first) || !std::isfinite(piece.last)) return std::nullopt;
        }
        numbers.push_back(n);
        all.push_back(std::move(pieces));
    }
    std::vector<double> steps;  // where a sum of lines can be greatest
    for (const Pieces& pieces : all) {
        for (const Piece& piece : pieces) {
            steps.push_back(piece.from);
            if (piece.first != piece.last) steps.push_back(piece.to - 1.0);
        }
    }
    std::sort(steps.begin(), steps.end());
    for (const double step : steps) {
        double sum = own;
        std::size_t latest = 0;
        double begun = -1.0;
        for (std::size_t k = 0; k < all.size(); ++k) {
            const Piece* const piece = piece_at(all[k], step);
            if (!piece) continue;
            sum += piece->at(step);
            if (piece->at(step) > 0.0 && piece->from > begun) {
                begun = piece->from;
                latest = numbers[k];
            }
        }
        if (sum <= most) continue;
        return TooFast{
            latest,
            fmt::format(
                "the rate of '{}' ({:g} Hz) and its stimuli come to {:g} Hz at {:g} ms, which "
                "is {:.6g} spikes in a step of dt ({:g} ms), and a cell sends one at most; "
                "write at most {:g} Hz in all, or a smaller dt",
                p.name, own, sum, step * spec.dt, sum * spec.dt * 1e-3, spec.dt, 1e3 / spec.dt)};
    }
    return std::nullopt;
}

std::string aliased(double frequency, double dt) {
    const double rate = 1e3 / dt;  // steps a second
    if (!std::isfinite(frequency) || frequency < 0.5 * rate * (1.0 - 1e-9)) return "";
    const double seen = std::abs(frequency - rate * std::round(frequency / rate));
    const bool half = std::abs(seen - 0.5 * rate) < 1e-9 * rate;  // on the zeros, or on the peaks
    return fmt::format(
        "frequency ({:g} Hz) must be less than 1 / (2 dt), which is {:g} Hz at dt "
        "({:g} ms): steps of dt would show {}; write a lower one, or a smaller dt",
        frequency, 0.5 * rate, dt,
        half ? "nothing of it, or only its peaks" : fmt::format("{:g} Hz", seen));
}

}  // namespace snnsim
