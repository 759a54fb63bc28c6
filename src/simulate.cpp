// A simulation from its model to its run file: start reading here, at simulate() below.
#include "snnsim/simulate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "snnsim/error.hpp"
#include "src/cli/progress.hpp"
#include "src/engine/scale.hpp"
#include "src/io/digest.hpp"
#include "src/io/simulation_file.hpp"
#include "src/provenance.hpp"
#include "src/run/interrupt.hpp"
#include "src/run/stopwatch.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

constexpr double part_seconds = 0.5;  // of wall time between looks at the clock and the keyboard

std::string output_of(const SimulationSpec& spec, const RunOptions& options) {
    const std::string path = options.output.empty() ? "runs/" + spec.name + ".h5" : options.output;
    if (!options.force && fs::exists(path)) {
        throw UsageError(fmt::format(
            "{} exists already; --force overwrites it, -o writes to another file", path));
    }
    return path;
}

std::string header(const SimulationSpec& spec, const EngineReport& report, int threads) {
    return fmt::format(
        "{} ({}), seed {}\n  {} cells in {} populations, {} synapses; {:g} ms in steps of {:g} ms\n"
        "  cpu, {} thread{}; {} of memory; built in {:.2f} s\n",
        spec.name, spec.path, spec.seed, grouped(static_cast<std::int64_t>(report.cells)),
        spec.populations.size(), grouped(static_cast<std::int64_t>(report.synapses)),
        spec.simulate.duration, spec.dt, threads, threads == 1 ? "" : "s", bytes_text(report.bytes),
        report.build_seconds);
}

std::string summary_text(const SimulationSpec& spec, const SimulationSummary& s,
                         const std::string& path) {
    const double seconds = static_cast<double>(s.steps) * spec.dt * 1e-3;
    std::string out;
    for (std::size_t p = 0; p < spec.populations.size(); ++p) {
        const CellPopulationSpec& population = spec.populations[p];
        out += fmt::format(
            "  {:<16} {:>10} spikes  {:8.3f} Hz\n", population.name,
            grouped(static_cast<std::int64_t>(s.spikes[p])),
            static_cast<double>(s.spikes[p]) / (seconds * static_cast<double>(population.size)));
    }
    const double wall = s.seconds.at("simulate");
    out += fmt::format(
        "digest {}\ntime: build {:.2f} s, simulate {:.2f} s for {:g} s (factor {:.3g})\n", s.digest,
        s.seconds.at("build"), wall, seconds, wall / seconds);
    return out + fmt::format("{}: {}\n", name_of(s.status), path);
}

/// Digests of all spikes of each population, recorded or not.
class Digests {
  public:
    explicit Digests(const SimulationSpec& spec) {
        for (const CellPopulationSpec& p : spec.populations) {
            names_.push_back(p.name);
            digests_.emplace_back(p.name);
        }
    }
    void add(const Spikes& spikes) {
        for (std::size_t k = 0; k < spikes.size(); ++k)
            digests_[spikes.population[k]].add(0, spikes.step[k], spikes.cell[k]);
    }
    void finish(SimulationSummary& summary) const {
        std::vector<std::pair<std::string, std::string>> named;
        for (std::size_t p = 0; p < names_.size(); ++p) {
            summary.digests.push_back(digests_[p].hex());
            named.emplace_back(names_[p], summary.digests.back());
        }
        summary.digest = combined_digest(named);
    }

  private:
    std::vector<std::string> names_;
    std::vector<SpikeDigest> digests_;
};

/// Steps for about part_seconds at the speed so far, and not so many that a part takes much memory.
std::int64_t next_part(std::int64_t done, double seconds, std::int64_t left, double dt) {
    const auto most = std::max<std::int64_t>(1, static_cast<std::int64_t>(1000.0 / dt));
    if (done == 0) return std::min<std::int64_t>(left, 100);
    const double rate = static_cast<double>(done) / std::max(seconds, 1e-6);
    const auto wanted = static_cast<std::int64_t>(rate * part_seconds);
    return std::min(left, std::clamp<std::int64_t>(wanted, 1, most));
}

}  // namespace

RunStatus simulate(const SimulationSpec& full, const RunOptions& options) {
    ProgressDisplay display(options.progress);
    const SimulationSpec spec = apply_scale(full);
    const std::string path = output_of(spec, options);
    const int threads = options.threads > 0
                            ? options.threads
                            : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    Provenance provenance = provenance_of(full);
    provenance.backend = "cpu";
    provenance.device = fmt::format("cpu, {} thread{}", threads, threads == 1 ? "" : "s");
    provenance.threads = threads;

    const std::unique_ptr<Engine> engine = make_engine(spec, {.threads = threads});
    SimulationFile file(path, spec, provenance, engine->report());
    display.say(header(spec, engine->report(), threads));

    SimulationSummary summary;
    summary.seconds["build"] = engine->report().build_seconds;
    Digests digests(spec);
    const InterruptGuard guard;
    const Timer timer;
    const std::int64_t steps = spec.steps();
    while (engine->now() < steps && !InterruptGuard::asked()) {
        engine->advance(next_part(engine->now(), timer.seconds(), steps - engine->now(), spec.dt));
        Spikes spikes = engine->take_spikes();
        digests.add(spikes);
        file.append(std::move(spikes), engine->take_states());
        display.show_time(static_cast<double>(engine->now()) * spec.dt, spec.simulate.duration,
                          timer.seconds());
    }
    summary.seconds["simulate"] = timer.seconds();
    summary.status = engine->now() < steps ? RunStatus::interrupted : RunStatus::finished;
    summary.steps = engine->now();
    summary.spikes = engine->spike_counts();
    digests.finish(summary);
    provenance.finished = utc_now();
    file.finish(provenance, summary);
    display.say(summary_text(spec, summary, path));
    return summary.status;
}

std::string check_text(const SimulationSpec& full) {
    const SimulationSpec spec = apply_scale(full);
    std::string out = fmt::format("{}: no errors\n\n{:<20} {:<16} {:>12}\n", spec.path,
                                  "population", "model", "cells");
    for (const CellPopulationSpec& p : spec.populations)
        out += fmt::format("{:<20} {:<16} {:>12}\n", p.name, CellModels::name_of(p.cell),
                           grouped(p.size));
    const std::vector<double> counts = expected_synapses(spec);
    out += fmt::format("\n{:<34} {:<20} {:>16}\n", "projection", "rule", "synapses, about");
    double all = 0.0;
    for (std::size_t k = 0; k < counts.size(); ++k) {
        const SynapsesSpec& p = spec.projections[k];
        out += fmt::format("{:<34} {:<20} {:>16}\n", p.from + " -> " + p.to,
                           name_of(p.connect.rule), grouped(static_cast<std::int64_t>(counts[k])));
        all += counts[k];
    }
    return out + fmt::format("{:<34} {:<20} {:>16}\n\n{} steps of {:g} ms; about {} of memory\n",
                             "all", "", grouped(static_cast<std::int64_t>(all)),
                             grouped(spec.steps()), spec.dt,
                             bytes_text(static_cast<std::size_t>(expected_bytes(spec, all))));
}

}  // namespace snnsim
