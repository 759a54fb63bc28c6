// A simulation from its model to its run file: start reading here, at simulate() below.
#include "snnsim/simulate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <thread>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/cli/progress.hpp"
#include "src/engine/scale.hpp"
#include "src/io/digest.hpp"
#include "src/io/simulation_file.hpp"
#include "src/provenance.hpp"
#include "src/run/interrupt.hpp"
#include "src/run/memory.hpp"
#include "src/run/stopwatch.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

/// What is simulated, where it is written, and the point from which it goes on.
struct Start {
    SimulationSpec spec;  // as in the file
    std::string output;
    std::optional<SimulationCheckpoint> checkpoint;
};

Start start_anew(const SimulationSpec& spec, const RunOptions& options) {
    const std::string path = options.output.empty() ? "runs/" + spec.name + ".h5" : options.output;
    if (!options.force && fs::exists(path)) {
        throw UsageError(fmt::format(
            "{} exists already; --force overwrites it, -o writes to another file", path));
    }
    if (!options.force && fs::exists(checkpoint_path(path))) {
        throw UsageError(fmt::format(
            "{} is left from a run that did not end; go on with --resume {}, or start anew with "
            "--force",
            checkpoint_path(path), path));
    }
    std::error_code ignored;
    fs::remove(checkpoint_path(path), ignored);
    return {spec, path, std::nullopt};
}

/// `runs/x.partial.h5` and `runs/x.checkpoint.h5` stand for `runs/x.h5`.
std::string run_of(const std::string& path) {
    for (const char* ending : {".partial.h5", ".checkpoint.h5"}) {
        if (path.ends_with(ending))
            return path.substr(0, path.size() - std::string_view(ending).size()) + ".h5";
    }
    return path;
}

Start start_again(const RunOptions& options) {
    const std::string path = run_of(options.resume);
    if (!options.overrides.empty() || !options.output.empty())
        throw UsageError(
            "--resume goes on with the model and file of the run: leave out --set and -o");
    const SimulationOrigin origin = simulation_origin(path);
    const AnyModel model = parse_any_model(origin.model_text, origin.model_path, origin.overrides);
    Start start{std::get<SimulationSpec>(model), path, std::nullopt};
    if (origin.status == RunStatus::finished) return start;
    if (!fs::exists(checkpoint_path(path))) {
        throw FileError(
            fmt::format("--resume {}: there is no {}; the run ended before its first "
                        "checkpoint, so start it anew with --force",
                        path, checkpoint_path(path)));
    }
    start.checkpoint = read_checkpoint(checkpoint_path(path));
    return start;
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
    out += fmt::format("{}: {}\n", name_of(s.status), path);
    if (s.status == RunStatus::interrupted)
        out += fmt::format("go on with: snnsim --resume {}\n", path);
    return out;
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
    std::vector<std::vector<std::uint8_t>> save() const {
        std::vector<std::vector<std::uint8_t>> saved;
        for (const SpikeDigest& d : digests_) saved.push_back(d.save());
        return saved;
    }
    void restore(const std::vector<std::vector<std::uint8_t>>& saved) {
        for (std::size_t p = 0; p < digests_.size(); ++p) digests_[p].restore(saved.at(p));
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

/// Steps for about so many seconds of wall time at the speed so far, but not so many that a part
/// takes much memory.
std::int64_t next_part(std::int64_t done, double seconds, double part, std::int64_t left,
                       double dt) {
    const auto most = std::max<std::int64_t>(1, static_cast<std::int64_t>(1000.0 / dt));
    if (done == 0) return std::min<std::int64_t>(left, 100);
    const double rate = static_cast<double>(done) / std::max(seconds, 1e-6);
    const auto wanted = static_cast<std::int64_t>(rate * part);
    return std::min(left, std::clamp<std::int64_t>(wanted, 1, most));
}

}  // namespace

namespace {

RunStatus run_from(const Start& start, const RunOptions& options) {
    ProgressDisplay display(options.progress);
    const SimulationSpec spec = apply_scale(start.spec);
    require_memory(estimate_memory(spec), available_memory(),
                   "smaller populations or fewer synapses take less, or a smaller `scale`");
    const int threads = options.threads > 0
                            ? options.threads
                            : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    Provenance provenance = provenance_of(start.spec);
    provenance.backend = "cpu";
    provenance.device = fmt::format("cpu, {} thread{}", threads, threads == 1 ? "" : "s");
    provenance.threads = threads;

    const std::unique_ptr<Engine> engine = make_engine(spec, {.threads = threads});
    Digests digests(spec);
    double seconds_before = 0.0;
    std::unique_ptr<SimulationFile> file;
    if (start.checkpoint) {
        engine->set_state(start.checkpoint->engine);
        digests.restore(start.checkpoint->digests);
        seconds_before = start.checkpoint->seconds;
        file = std::make_unique<SimulationFile>(start.output, spec, engine->now());
    } else {
        file = std::make_unique<SimulationFile>(start.output, spec, provenance, engine->report());
    }
    display.say(header(spec, engine->report(), threads));

    // How often the keyboard and the clock are looked at.
    const double part_seconds = std::clamp(options.checkpoint_every, 0.02, 0.1);
    const InterruptGuard guard;
    const Timer timer;
    Timer since_checkpoint;
    const std::int64_t steps = spec.steps(), first = engine->now();
    while (engine->now() < steps && !InterruptGuard::asked()) {
        engine->advance(next_part(engine->now() - first, timer.seconds(), part_seconds,
                                  steps - engine->now(), spec.dt));
        Spikes spikes = engine->take_spikes();
        digests.add(spikes);
        std::optional<SimulationCheckpoint> checkpoint;
        if (since_checkpoint.seconds() >= options.checkpoint_every || InterruptGuard::asked()) {
            checkpoint = SimulationCheckpoint{engine->state(), digests.save(),
                                              seconds_before + timer.seconds()};
            since_checkpoint = Timer();
        }
        file->append(std::move(spikes), engine->take_states(), std::move(checkpoint));
        display.show_time(static_cast<double>(engine->now()) * spec.dt, spec.simulate.duration,
                          timer.seconds());
    }
    if (engine->now() < steps)  // the question may have come after the last part
        file->append({}, engine->take_states(),
                     SimulationCheckpoint{engine->state(), digests.save(),
                                          seconds_before + timer.seconds()});
    SimulationSummary summary;
    summary.seconds["build"] = engine->report().build_seconds;
    summary.seconds["simulate"] = seconds_before + timer.seconds();
    summary.status = engine->now() < steps ? RunStatus::interrupted : RunStatus::finished;
    summary.steps = engine->now();
    summary.spikes = engine->spike_counts();
    digests.finish(summary);
    provenance.finished = utc_now();
    file->finish(provenance, summary);
    display.say(summary_text(spec, summary, start.output));
    return summary.status;
}

}  // namespace

RunStatus simulate(const SimulationSpec& spec, const RunOptions& options) {
    return run_from(start_anew(spec, options), options);
}

bool is_simulation(const std::string& run) {
    const std::string path = run_of(run);
    if (!fs::exists(path) && !fs::exists(partial_path(path))) return false;
    return simulation_origin(path).simulation;
}

RunStatus resume_simulation(const RunOptions& options) {
    const Start start = start_again(options);
    if (start.checkpoint) return run_from(start, options);
    ProgressDisplay(options.progress)
        .say(start.output + " is finished; there is nothing to resume\n");
    return RunStatus::finished;
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
    std::size_t bytes = 0;
    for (const MemoryPart& part : estimate_memory(spec)) bytes += part.bytes;
    return out + fmt::format("{:<34} {:<20} {:>16}\n\n{} steps of {:g} ms; about {} of memory\n",
                             "all", "", grouped(static_cast<std::int64_t>(all)),
                             grouped(spec.steps()), spec.dt, bytes_text(bytes));
}

}  // namespace snnsim
