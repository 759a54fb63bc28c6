#include "src/report/run_stats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/steps.hpp"
#include "snnsim/error.hpp"
#include "src/model/units.hpp"

namespace snnsim {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

/// An option's time in steps. Throws UsageError where it is none, or no whole number of them.
std::uint32_t steps_of(const char* option, const std::string& text, double dt) {
    double ms = 0.0;
    const std::string problem = read_quantity(text, "ms", option, ms);
    if (!problem.empty()) throw UsageError(problem);
    const double steps = rounded_steps(ms, dt);
    if (steps < 0.0 || steps > std::numeric_limits<std::uint32_t>::max())
        throw UsageError(fmt::format("{} {}: such a time is in no run", option, text));
    if (!on_grid(ms, dt)) {
        throw UsageError(fmt::format("{} {} is no whole number of the run's steps of {:g} ms",
                                     option, text, dt));
    }
    return static_cast<std::uint32_t>(steps);
}

/// In steps.
struct Window {
    std::uint32_t from, to;
};
struct Bins {
    std::uint32_t synchrony, fano, correlation;
};

std::uint32_t nearest_steps(double ms, double dt) {
    return static_cast<std::uint32_t>(std::max(1.0, rounded_steps(ms, dt)));
}

Window window_of(const RecordedSpikes& run, const StatsOptions& options) {
    const std::uint32_t end = run.steps;
    Window w{0, end};
    if (!options.from.empty()) w.from = steps_of("--from", options.from, run.dt);
    if (!options.to.empty()) w.to = steps_of("--to", options.to, run.dt);
    if (w.to > end) {
        throw UsageError(
            fmt::format("--to {}: {} ends at {:g} ms", options.to, run.path, end * run.dt));
    }
    if (w.from >= w.to) {
        throw UsageError(fmt::format("nothing lies from {:g} ms to {:g} ms; {} has 0 to {:g} ms",
                                     w.from * run.dt, w.to * run.dt, run.path, end * run.dt));
    }
    return w;
}

Bins bins_of(const RunStats& stats, const StatsOptions& options, double dt) {
    Bins bins{nearest_steps(stats.synchrony_bin, dt), nearest_steps(stats.fano_window, dt),
              nearest_steps(stats.correlation_bin, dt)};
    if (!options.bin.empty()) bins.synchrony = steps_of("--bin", options.bin, dt);
    if (bins.synchrony == 0) throw UsageError("--bin must be at least one step");
    return bins;
}

/// What is known without or before the spikes in the window.
PopulationStats start(const RecordedPopulation& p, const RecordedSpikes& run) {
    PopulationStats s;
    s.name = p.name;
    s.size = p.size;
    s.rate = {undefined, undefined};
    s.cv_isi = s.fano = s.correlation = {undefined, 0};
    s.synchrony = undefined;
    if (p.spikes) s.recorded = p.spikes->cells;
    if (p.counted && run.steps > 0 && p.size > 0)
        s.counted_rate = static_cast<double>(*p.counted) / p.size / (run.steps * run.dt * 1e-3);
    return s;
}

void add_rate(PopulationStats& s, const SpikeTrains& trains, double dt) {
    s.spikes = trains.step.size();
    const MeanSd spikes = spikes_per_cell(trains);
    const double seconds = trains.steps * dt * 1e-3;
    s.rate = {spikes.mean / seconds, spikes.sd / seconds};
}

RunStats training_stats(const RecordedSpikes& run, const StatsOptions& options, RunStats stats) {
    if (!options.from.empty() || !options.to.empty() || !options.bin.empty()) {
        throw UsageError(fmt::format(
            "{} is the run of a training, whose samples start anew: it has rates over all recorded "
            "samples; --from, --to and --bin are for simulations",
            run.path));
    }
    stats.training = true;
    stats.learned = run.learned;
    stats.sample = run.steps_per_sample * run.dt;
    for (const RecordedPopulation& p : run.populations) {
        PopulationStats s = start(p, run);
        if (p.spikes) {
            s.samples = p.spikes->steps / run.steps_per_sample;
            add_rate(s, *p.spikes, run.dt);
        }
        stats.populations.push_back(s);
    }
    return stats;
}

}  // namespace

const std::array<Statistic, 7> statistics{{
    {"rate_hz", [](const PopulationStats& p) { return p.rate.mean; }},
    {"rate_sd_hz", [](const PopulationStats& p) { return p.rate.sd; }},
    {"cv_isi", [](const PopulationStats& p) { return p.cv_isi.mean; }},
    {"fano", [](const PopulationStats& p) { return p.fano.mean; }},
    {"synchrony", [](const PopulationStats& p) { return p.synchrony; }},
    {"correlation", [](const PopulationStats& p) { return p.correlation.mean; }},
    {"counted_rate_hz",
     [](const PopulationStats& p) { return p.counted_rate.value_or(undefined); }},
}};

Spread spread_of(const std::vector<double>& values) {
    Spread out{0.0, 0.0, 0};
    // From the first value on: equal ones have that mean, and the deviation 0, without rounding.
    double first = 0.0;
    for (const double x : values) {
        if (!std::isfinite(x)) continue;
        if (out.runs++ == 0) first = x;
        out.mean += x - first;
    }
    const auto n = static_cast<double>(out.runs);
    out.mean = out.runs > 0 ? first + out.mean / n : undefined;
    for (const double x : values) {
        if (std::isfinite(x)) out.sd += (x - out.mean) * (x - out.mean);
    }
    out.sd = out.runs > 1 ? std::sqrt(out.sd / (n - 1.0)) : undefined;
    return out;
}

RunStats run_stats(const RecordedSpikes& run, const StatsOptions& options) {
    if (run.populations.empty()) {
        throw FileError(run.path +
                        " holds no populations (/network): encoded samples have no statistics of "
                        "cells; name the run file of a simulation or a training");
    }
    RunStats stats;
    stats.path = run.path;
    stats.model_name = run.model_name;
    stats.seed = run.seed;
    stats.status = run.status;
    if (run.steps_per_sample > 0) return training_stats(run, options, stats);
    if (run.steps == 0) throw FileError(run.path + " holds no time and no spikes yet");

    const Window w = window_of(run, options);
    const Bins bins = bins_of(stats, options, run.dt);
    stats.from = w.from * run.dt;
    stats.to = w.to * run.dt;
    stats.synchrony_bin = bins.synchrony * run.dt;
    stats.fano_window = bins.fano * run.dt;
    stats.correlation_bin = bins.correlation * run.dt;
    for (const RecordedPopulation& p : run.populations) {
        PopulationStats s = start(p, run);
        if (p.spikes) {
            const SpikeTrains trains = cut(*p.spikes, w.from, w.to);
            add_rate(s, trains, run.dt);
            s.cv_isi = cv_of_intervals(trains);
            s.fano = fano_factor(trains, bins.fano);
            s.synchrony = synchrony(trains, bins.synchrony);
            s.correlation = mean_correlation(trains, bins.correlation);
        }
        stats.populations.push_back(s);
    }
    return stats;
}

}  // namespace snnsim
