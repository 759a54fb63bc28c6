// A simulation from its model to its run file: start reading here, at simulate() below.
#include "snnsim/simulate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <optional>

#include "snnsim/cell_values.hpp"
#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "snnsim/run.hpp"
#include "src/cli/measured_text.hpp"
#include "src/cli/network_report.hpp"
#include "src/cli/phase_report.hpp"
#include "src/cli/progress.hpp"
#include "src/energy/meter.hpp"
#include "src/engine/scale.hpp"
#include "src/io/digest.hpp"
#include "src/io/simulation_file.hpp"
#include "src/model/late_times.hpp"
#include "src/phases/outcome.hpp"
#include "src/phases/protocol.hpp"
#include "src/provenance.hpp"
#include "src/run/checkpoint_clock.hpp"
#include "src/run/choose_backend.hpp"
#include "src/run/device_memory.hpp"
#include "src/run/interrupt.hpp"
#include "src/run/load_data.hpp"
#include "src/run/load_edges.hpp"
#include "src/run/memory.hpp"
#include "src/run/outputs.hpp"
#include "src/run/run_size.hpp"
#include "src/run/stopwatch.hpp"
#include "src/stats/population_rates.hpp"
#include "src/stats/runaway.hpp"
#include "src/stats/warnings.hpp"
#include "src/words.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

/// What is simulated, where it is written, and the point from which it goes on.
struct Start {
    SimulationSpec spec;  // as in the file
    std::string output;
    std::optional<SimulationCheckpoint> checkpoint;
    std::vector<std::string> warnings = {};  // beside those of the model
};

/// An option that would change nothing is a mistake.
void require_options_used(const SimulationSpec& spec, const RunOptions& options) {
    if (!options.energy.empty())
        throw UsageError(
            "--energy is for trainings: it counts the energy of their operations, and this model "
            "is a simulation; leave it out");
    if (!options.data_dir.empty() && !spec.data)
        throw UsageError(
            "--data-dir has no effect: this simulation shows no samples of a data set; leave it "
            "out");
}

Start start_anew(const SimulationSpec& spec, const std::string& path, bool force) {
    if (!force && fs::exists(path)) {
        throw UsageError(fmt::format(
            "{} exists already; --force overwrites it, -o writes to another file", path));
    }
    if (!force && fs::exists(checkpoint_path(path))) {
        throw UsageError(fmt::format(
            "{} is left from a run that did not end; go on with --resume {}, or start anew with "
            "--force",
            checkpoint_path(path), path));
    }
    require_replaceable_run(path);
    Start start{load_inputs(spec), path, std::nullopt};
    require_no_input(run_files(path), files_read_by(start.spec));
    std::error_code ignored;
    fs::remove(checkpoint_path(path), ignored);
    return start;
}

/// `runs/x.partial.h5` and `runs/x.checkpoint.h5` stand for `runs/x.h5`.
std::string run_of(const std::string& path) {
    for (const char* ending : {".partial.h5", ".checkpoint.h5"}) {
        if (path.ends_with(ending))
            return path.substr(0, path.size() - std::string_view(ending).size()) + ".h5";
    }
    return path;
}

Start start_again(const SimulationOrigin& origin, const std::string& path,
                  const RunOptions& options) {
    if (!options.overrides.empty() || !options.output.empty())
        throw UsageError(
            "--resume goes on with the model and file of the run: leave out --set and -o");
    const AnyModel model = parse_any_model(origin.model_text, origin.model_path, origin.overrides);
    Start start{std::get<SimulationSpec>(model), path, std::nullopt};
    require_options_used(start.spec, options);
    if (origin.status == RunStatus::finished) return start;
    if (origin.status == RunStatus::failed) {
        throw UsageError(fmt::format(
            "--resume {}: the run failed, and would again: {}; change the model and start anew "
            "with --force",
            path, origin.error));
    }
    start.spec = load_inputs(start.spec);
    require_same_inputs(input_files(start.spec), origin.inputs, path);
    if (!fs::exists(checkpoint_path(path))) {
        throw FileError(
            fmt::format("--resume {}: there is no {}; the run ended before its first "
                        "checkpoint, so start it anew with --force",
                        path, checkpoint_path(path)));
    }
    start.checkpoint = read_checkpoint(checkpoint_path(path));
    return start;
}

/// What structural plasticity did; nothing where there is none.
std::string structure_text(const SynapsesSpec& p, const StructureCounts& structure,
                           std::size_t width) {
    if (!p.plasticity->structure) return "";
    const auto sum = [](const std::vector<std::uint64_t>& counts) {
        return static_cast<std::int64_t>(std::accumulate(counts.begin(), counts.end(), 0ull));
    };
    const std::int64_t pruned = sum(structure.pruned);
    return fmt::format("  {:<{}} {:>10} {} pruned, {} grown, in {}\n", p.name(), width,
                       grouped(pruned), plural(pruned, "synapse"), grouped(sum(structure.grown)),
                       counted(static_cast<std::int64_t>(structure.step.size()), "interval"));
}

/// Letters of the first column: as many as the longest name in it has.
std::size_t names_width(const SimulationSpec& spec, const SimulationSummary& s) {
    std::size_t width = 16;
    for (const CellPopulationSpec& p : spec.populations) width = std::max(width, p.name.size());
    for (const auto& phase :
         s.phases ? phase_outcomes(spec, *s.phases) : std::vector<PhaseOutcome>{})
        width = std::max(width, phase.name.size());
    for (const auto& entry : s.structure)
        width = std::max(width, spec.projections[entry.first].name().size());
    return width;
}

std::string summary_text(const SimulationSpec& spec, const SimulationSummary& s,
                         const std::string& path) {
    const double seconds = static_cast<double>(s.steps) * spec.dt * 1e-3;
    const std::size_t width = names_width(spec, s);
    std::string out;
    for (std::size_t p = 0; p < spec.populations.size(); ++p) {
        const CellPopulationSpec& population = spec.populations[p];
        const auto spikes = static_cast<std::int64_t>(s.spikes[p]);
        out += fmt::format(
            "  {:<{}} {:>10} {:<6}  {:8.3f} Hz\n", population.name, width, grouped(spikes),
            plural(spikes, "spike"),
            static_cast<double>(s.spikes[p]) / (seconds * static_cast<double>(population.size)));
    }
    if (s.phases) out += phases_text(spec, *s.phases, width);
    for (const auto& [k, structure] : s.structure)
        out += structure_text(spec.projections[k], structure, width);
    for (const std::string& warning : s.warnings) out += "warning: " + warning + '\n';
    const double wall = s.seconds.at("simulate");
    out += fmt::format(
        "digest {}\ntime: build {:.2f} s, simulate {:.2f} s for {:g} s (factor {:.3g})\n", s.digest,
        s.seconds.at("build"), wall, seconds, wall / seconds);
    out += measured_text(s.measured);
    out += fmt::format("{}: {}\n", name_of(s.status), path);
    if (s.status == RunStatus::interrupted)
        out += fmt::format("go on with: snnsim --resume {}\n", path);
    return out;
}

std::vector<std::string> warnings_of(const SimulationSpec& spec, const SimulationSummary& s,
                                     const WeightsAtBounds& weights) {
    std::vector<std::string> all = spec.warnings;
    if (s.status == RunStatus::finished && !known_end(spec))
        tell_late(spec, static_cast<double>(s.steps) * spec.dt,
                  [&](Places::Path path, const std::string& message) {
                      all.push_back(
                          fmt::format("{}: {}", fmt::join(path.begin(), path.end(), "."), message));
                  });
    for (std::string& line : weights.lines()) all.push_back(std::move(line));
    const auto add_silent = [&](const std::vector<std::uint64_t>& spikes, double ms,
                                const std::string& when) {
        for (std::string& line : silent_populations(spec, spikes, ms, when))
            all.push_back(std::move(line));
    };
    if (s.phases) {
        for (const PhaseOutcome& p : phase_outcomes(spec, *s.phases)) {
            if (p.stop) add_silent(p.spikes, *p.stop - p.start, "phase '" + p.name + "'");
        }
    } else if (s.status == RunStatus::finished) {
        add_silent(s.spikes, static_cast<double>(s.steps) * spec.dt, "the whole run");
    }
    return all;
}

std::string profile_text(const EngineReport& report) {
    std::string out = report.phase_seconds.empty() ? "" : "threads together: ";
    for (const auto& [phase, seconds] : report.phase_seconds)
        out += fmt::format("{} {:.3f} s, ", phase, seconds);
    return out +
           fmt::format("{} synaptic events\n", grouped(static_cast<std::int64_t>(report.events)));
}

/// Digests and numbers of all spikes of each population, recorded or not.
class Digests {
  public:
    explicit Digests(const SimulationSpec& spec) {
        for (const CellPopulationSpec& p : spec.populations) {
            names_.push_back(p.name);
            graded_.push_back(p.graded());
            digests_.emplace_back(p.name);
        }
        counts_.resize(names_.size());
    }
    void add(const Spikes& spikes) {
        for (std::size_t k = 0; k < spikes.size(); ++k) {
            const std::size_t p = spikes.population[k];
            if (graded_[p]) {
                digests_[p].add(0, spikes.step[k], spikes.cell[k], spikes.value[k]);
            } else {
                digests_[p].add(0, spikes.step[k], spikes.cell[k]);
            }
            ++counts_[p];
        }
    }
    std::vector<std::vector<std::uint8_t>> save() const {
        std::vector<std::vector<std::uint8_t>> saved;
        for (const SpikeDigest& d : digests_) saved.push_back(d.save());
        return saved;
    }
    void restore(const SimulationCheckpoint& c) {
        for (std::size_t p = 0; p < digests_.size(); ++p) digests_[p].restore(c.digests.at(p));
        counts_ = c.engine.spike_counts;
    }
    void finish(SimulationSummary& summary) const {
        std::vector<std::pair<std::string, std::string>> named;
        for (std::size_t p = 0; p < names_.size(); ++p) {
            summary.digests.push_back(digests_[p].hex());
            named.emplace_back(names_[p], summary.digests.back());
        }
        summary.digest = combined_digest(named);
        summary.spikes = counts_;
    }

  private:
    std::vector<std::string> names_;
    std::vector<bool> graded_;
    std::vector<SpikeDigest> digests_;
    std::vector<std::uint64_t> counts_;
};

/// Drops what lies after a step.
void cut_after(Spikes& spikes, std::int64_t step) {
    const auto count = static_cast<std::size_t>(
        std::upper_bound(spikes.step.begin(), spikes.step.end(), step) - spikes.step.begin());
    for (auto* part : {&spikes.step, &spikes.population, &spikes.cell}) part->resize(count);
    if (!spikes.value.empty()) spikes.value.resize(count);
}
void cut_after(StateSamples& samples, std::int64_t step) {
    if (samples.step.empty()) return;
    const std::size_t width = samples.values.size() / samples.step.size(),
                      bins = samples.counts.size() / samples.step.size();
    samples.step.erase(std::upper_bound(samples.step.begin(), samples.step.end(), step),
                       samples.step.end());
    samples.values.resize(samples.step.size() * width);
    samples.counts.resize(samples.step.size() * bins);
}

/// Values of all records but spikes, in the order of the model, up to a step.
std::vector<StateSamples> take_values(const SimulationSpec& spec, Engine& engine,
                                      std::vector<StateSamples> rates, std::int64_t step) {
    std::vector<StateSamples> out, of_cells = engine.take_states(), weights = engine.take_weights();
    auto cell = of_cells.begin(), rate = rates.begin(), weight = weights.begin();
    for (const SimulationRecordSpec& r : spec.record) {
        if (r.what == "spikes") continue;
        out.push_back(std::move(r.of_weights() ? *weight++ : r.of_cells() ? *cell++ : *rate++));
        cut_after(out.back(), step);
    }
    return out;
}

/// Steps after which a part holds enough: a second, or some megabytes of recorded values.
std::int64_t longest_part(const SimulationSpec& spec) {
    constexpr double most_bytes = 32e6;
    double bytes = 0.0;  // a step
    for (const SimulationRecordSpec& r : spec.record) {
        if (r.of_weights()) {
            const std::vector<SynapsesSpec>& all = spec.projections;
            const auto p = std::find_if(all.begin(), all.end(), [&](const SynapsesSpec& s) {
                return s.name() == r.projection;
            });
            const double synapses =
                expected_synapses(spec)[static_cast<std::size_t>(p - all.begin())];
            const double interval = r.of_synapses() ? spec.dt : r.interval;
            bytes += (r.of_synapses()    ? 8.0 * static_cast<double>(r.synapses.size())
                      : r.of_histogram() ? 8.0 * static_cast<double>(r.bins)
                                         : 4.0 * synapses) *
                     spec.dt / interval;
        }
        if (!r.of_cells()) continue;
        bytes += 4.0 * recorded_cells(spec, r).count * spec.dt / std::max(r.interval, spec.dt);
    }
    const double steps = std::min(1000.0 / spec.dt, bytes > 0.0 ? most_bytes / bytes : 1e18);
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(steps));
}

/// Steps for about so many seconds of wall time at the speed so far, and no more than were done:
/// nobody knows at the start how long a step takes.
std::int64_t next_part(std::int64_t done, double seconds, double part, std::int64_t most) {
    const double rate = static_cast<double>(done) / std::max(seconds, 1e-6);
    const std::int64_t known = std::max<std::int64_t>(1, done);
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(rate * part), 1,
                                    std::min(most, known));
}

void show_progress(ProgressDisplay& display, const SimulationSpec& spec, const Protocol& protocol,
                   std::int64_t now, double seconds) {
    const double time = static_cast<double>(now) * spec.dt;
    if (!spec.open_ended()) {
        display.show_time(time, spec.simulate.duration, seconds);
        return;
    }
    const ProtocolProgress p = protocol.progress(now);
    std::string what = p.phase;
    if (p.trials > 0)
        what += fmt::format("  {} of {} samples", grouped(static_cast<std::int64_t>(p.trial)),
                            grouped(static_cast<std::int64_t>(p.trials)));
    if (p.recent) what += fmt::format("  {:.1f} % right", 100.0 * *p.recent);
    display.show_share(what, p.share, seconds);
}

}  // namespace

namespace {

RunStatus run_from(const Start& start, const RunOptions& options) {
    ProgressDisplay display(options.progress);
    const SimulationSpec spec = apply_scale(start.spec);
    require_memory(estimate_memory(spec), available_memory(), less_of_simulation);
    display.result(require_disk_room(run_file_parts(spec), start.output, free_space(start.output)));
    const int threads = threads_of(options);
    Provenance provenance = provenance_of(start.spec);
    provenance.inputs = input_files(spec);
    provenance.threads = threads;

    Protocol protocol(spec, options.data_dir);
    const DeviceChoice choice =
        choose_backend(spec, {options.backend, options.cuda_device}, threads);
    require_device_memory(choice, device_memory(spec), estimate_memory(spec), less_of_simulation);
    EnergyMeter meter({.gpu = choice.cuda.bus_id,
                       .accounting = options.accounting,
                       .idle_seconds = options.idle_baseline},
                      start.checkpoint ? start.checkpoint->measured : MeasuredEnergy{});
    const std::unique_ptr<Engine> engine = meter.during("build", [&] {
        return make_engine(spec, {.threads = threads,
                                  .device = choice.backend,
                                  .cuda_device = choice.cuda.number,
                                  .profile = options.profile});
    });
    provenance.backend = name_of(choice.backend);
    provenance.device = engine->device_name();
    Digests digests(spec);
    PopulationRates rates(spec);
    RunawayWatch watch(spec);
    double seconds_before = 0.0;
    std::unique_ptr<SimulationFile> file;
    if (start.checkpoint) {
        require_fits(*start.checkpoint, spec, checkpoint_path(start.output));
        engine->set_state(start.checkpoint->engine);
        digests.restore(*start.checkpoint);
        rates.restore(start.checkpoint->rate_counts, engine->now());
        watch.restore(start.checkpoint->watch_counts, engine->now());
        protocol.restore(start.checkpoint->protocol);
        seconds_before = start.checkpoint->seconds;
        file = std::make_unique<SimulationFile>(start.output, spec, engine->now());
    } else {
        file = std::make_unique<SimulationFile>(start.output, spec, provenance, engine->report());
    }
    display.say(header_text(spec, *engine, choice.text(engine->device_name())));

    // How often the keyboard and the clock are looked at.
    const double part_seconds = std::clamp(options.checkpoint_every, 0.02, 0.1);
    const InterruptGuard guard;
    meter.begin("simulate");
    const Timer timer;
    CheckpointClock clock(options.checkpoint_every);
    const std::int64_t first = engine->now(), most = longest_part(spec);
    std::int64_t done = first;
    const auto checkpoint_now = [&] {
        return SimulationCheckpoint{engine->state(), protocol.state(),
                                    digests.save(),  rates.counts(),
                                    watch.counts(),  seconds_before + timer.seconds(),
                                    meter.so_far()};
    };
    std::optional<NumericalError> trouble;
    if (!start.checkpoint) protocol.begin(*engine);
    while (!protocol.finished() && !trouble && !InterruptGuard::asked()) {
        try {
            const std::int64_t wanted =
                engine->now() +
                next_part(engine->now() - first, timer.seconds(), part_seconds, most);
            const std::int64_t batch = engine->batch(), end = (wanted + batch - 1) / batch * batch;
            while (engine->now() < end && !protocol.finished() && !InterruptGuard::asked()) {
                engine->advance(std::min(end, protocol.next()) - engine->now());
                if (engine->now() == protocol.next()) protocol.act(*engine);
            }
        } catch (const NumericalError& e) {
            trouble = e;
        } catch (const DeviceError& e) {
            if (!fs::exists(checkpoint_path(start.output))) throw;
            throw DeviceError(
                fmt::format("{}; the last checkpoint goes on with: snnsim --resume {} "
                            "--backend cpu",
                            e.what(), start.output));
        }
        done = trouble ? trouble->step : engine->now();
        Spikes spikes = engine->take_spikes();
        cut_after(spikes, done);
        if (const auto runaway = watch.add(spikes, done)) {
            trouble = runaway;
            done = runaway->step;
            cut_after(spikes, done);
        }
        digests.add(spikes);
        std::vector<StateSamples> values =
            take_values(spec, *engine, rates.add(spikes, done), done);
        std::optional<SimulationCheckpoint> checkpoint;
        if (!trouble && (clock.due(timer.seconds()) || InterruptGuard::asked())) {
            checkpoint = checkpoint_now();
            clock.saved(timer.seconds());
        }
        file->append(done, std::move(spikes), std::move(values), std::move(checkpoint));
        show_progress(display, spec, protocol, engine->now(), timer.seconds());
    }
    if (!protocol.finished() && !trouble)  // the question may have come after the last part
        file->append(done, {}, take_values(spec, *engine, rates.add({}, done), done),
                     checkpoint_now());
    SimulationSummary summary;
    summary.seconds["build"] = engine->report().build_seconds;
    summary.seconds["simulate"] = seconds_before + timer.seconds();
    meter.end("simulate");
    summary.measured = meter.so_far();
    summary.status = trouble               ? RunStatus::failed
                     : protocol.finished() ? RunStatus::finished
                                           : RunStatus::interrupted;
    summary.steps = done;
    summary.events = engine->report().events;
    for (const auto& [phase, seconds] : engine->report().phase_seconds)
        summary.seconds[phase] = seconds;
    if (trouble) summary.error = trouble->what();
    digests.finish(summary);
    WeightsAtBounds at_bounds(spec);
    engine->read_weights(1 << 20, [&](const ProjectionWeights& w) {
        at_bounds.add(w);
        if (w.first == 0) summary.structure[w.projection] = w.structure;
    });
    if (spec.open_ended()) {
        summary.phases = protocol.state();
        summary.final_states = engine->state().states;
    }
    summary.warnings = start.warnings;
    for (const auto& more : {protocol.warnings(), warnings_of(spec, summary, at_bounds)})
        summary.warnings.insert(summary.warnings.end(), more.begin(), more.end());
    provenance.finished = utc_now();
    file->finish(provenance, summary, *engine);
    display.result(summary_text(spec, summary, start.output));
    if (options.profile) display.result(profile_text(engine->report()));
    if (trouble)
        throw NumericalError(
            fmt::format("{}. {} holds all up to there", trouble->what(), start.output),
            trouble->step);
    return summary.status;
}

}  // namespace

RunStatus simulate(const SimulationSpec& spec, const RunOptions& options) {
    require_options_used(spec, options);
    const std::string path = options.output.empty() ? default_output(spec.name) : options.output;
    require_no_input(run_files(path), {{spec.path, "the model"}});
    const OutputClaim claim(path);
    Start start = start_anew(spec, path, options.force);
    start.warnings = claim.warnings();
    return run_from(start, options);
}

std::optional<RunStatus> resume_simulation(const RunOptions& options) {
    const std::string path = run_of(options.resume);
    if (!fs::exists(path) && !fs::exists(partial_path(path))) {
        if (!fs::exists(checkpoint_path(path))) return std::nullopt;
        throw FileError(fmt::format(
            "--resume {}: there is {}, but what the run had recorded is gone: neither {} nor {} is "
            "there; start anew with --force",
            path, checkpoint_path(path), path, partial_path(path)));
    }
    const OutputClaim claim(path);  // a file that is being written must not be made whole
    const SimulationOrigin origin = simulation_origin(path);
    if (!origin.simulation) return std::nullopt;
    Start start = start_again(origin, path, options);
    start.warnings = claim.warnings();
    if (start.checkpoint) return run_from(start, options);
    ProgressDisplay(options.progress)
        .result(start.output + " is finished; there is nothing to resume\n");
    return RunStatus::finished;
}

}  // namespace snnsim
