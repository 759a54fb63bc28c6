#include "src/run/simulation_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "snnsim/cell_values.hpp"
#include "src/energy/simulation_counts.hpp"
#include "src/engine/cells/seen_states.hpp"
#include "src/engine/device/device_of_rank.hpp"
#include "src/engine/ranks/process_ranks.hpp"
#include "src/engine/records.hpp"
#include "src/engine/scale.hpp"
#include "src/inputs/load_inputs.hpp"
#include "src/model/late_times.hpp"
#include "src/phases/outcome.hpp"
#include "src/plan/device_memory.hpp"
#include "src/plan/memory.hpp"
#include "src/plan/rank_load.hpp"
#include "src/plan/run_size.hpp"
#include "src/report/network_report.hpp"
#include "src/report/simulation_report.hpp"
#include "src/run/interrupt.hpp"
#include "src/run/provenance.hpp"
#include "src/run/ranks.hpp"
#include "src/stats/warnings.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

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

/// A rule may draw none, and a mask may have no cell under it.
std::vector<std::string> empty_projections(const SimulationSpec& spec, const EngineReport& report) {
    std::vector<std::string> all;
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        const SynapsesSpec& p = spec.projections[k];
        if (report.projection_synapses[k] == 0)
            all.push_back(fmt::format("{}:{}:{}: {} has no synapses at all", spec.path, p.at.line,
                                      p.at.column, p.name()));
    }
    return all;
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

/// The network as it is simulated.
SimulationSpec with_room(const SimulationStart& start, int threads, ProgressDisplay& display) {
    SimulationSpec spec = apply_scale(start.spec);
    const Exchange& ranks = process_ranks();
    if (ranks.alone()) {
        require_memory(estimate_memory(spec), available_memory(), less_of_simulation);
    } else {
        require_rank_memory(spec, {ranks.ranks(), threads}, ranks_on_machine(), ranks.leads());
    }
    display.result(require_disk_room(run_file_parts(spec), start.output, free_space(start.output)));
    return spec;
}

Provenance begin_provenance(const SimulationSpec& as_in_file, const SimulationSpec& spec,
                            int threads) {
    Provenance out = provenance_of(as_in_file);
    out.inputs = input_files(spec);
    out.threads = threads;
    return out;
}

DeviceChoice choose_with_room(const SimulationSpec& spec, const RunOptions& options, int threads) {
    const Exchange& ranks = process_ranks();
    if (ranks.alone()) {
        const DeviceChoice choice =
            choose_backend(spec, {options.backend, options.cuda_device}, threads);
        require_device_memory(choice, device_memory(spec), estimate_memory(spec),
                              less_of_simulation);
        return choice;
    }
    if (options.cuda_device >= 0)
        throw UsageError(
            "--device names one device, and each of several processes takes its own: leave it out "
            "(CUDA_VISIBLE_DEVICES says which there are)");
    if (options.backend != Device::cuda) return choose_backend(spec, {Device::cpu, -1}, threads);
    const DeviceChoice choice = choose_backend(spec, {Device::cuda, device_of_rank()}, threads);
    // Each rank has its share of the cells, and of the synapses to them.
    std::vector<MemoryPart> share = device_memory(spec);
    for (MemoryPart& part : share) part.bytes /= static_cast<std::size_t>(ranks.ranks());
    require_device_memory(choice, share, estimate_memory(spec), less_of_simulation);
    return choice;
}

}  // namespace

SimulationRun::SimulationRun(const SimulationStart& start, const RunOptions& options)
    : start_(start),
      options_(options),
      display_(options.progress, options.watcher),
      spec_(with_room(start, threads_of(options), display_)),
      energy_(read_energy_model(energy_model_of(spec_, options.energy))),
      threads_(threads_of(options)),
      provenance_(begin_provenance(start.spec, spec_, threads_)),
      protocol_(spec_, options.data_dir),
      choice_(choose_with_room(spec_, options, threads_)),
      meter_({.gpu = choice_.cuda.bus_id,
              .accounting = options.accounting,
              .idle_seconds = options.idle_baseline},
             start.checkpoint ? start.checkpoint->measured : MeasuredEnergy{}),
      engine_(meter_.during("build",
                            [&] {
                                return make_engine_on_ranks(start.spec, spec_,
                                                            {.threads = threads_,
                                                             .device = choice_.backend,
                                                             .cuda_device = choice_.cuda.number,
                                                             .profile = options.profile});
                            })),
      kept_(spec_),
      file_(open_file()),
      first_(engine_->now()),
      longest_part_(longest_part(spec_)),
      done_(first_),
      clock_(options.checkpoint_every) {
    display_.say(header_text(spec_, *engine_, choice_.text(engine_->device_name())));
}

std::unique_ptr<SimulationFile> SimulationRun::open_file() {
    provenance_.backend = name_of(choice_.backend);
    provenance_.device = engine_->device_name();
    if (const Dataset* const set = protocol_.set_in_folder())
        provenance_.inputs.push_back(set_line(*set));
    if (!start_.checkpoint)
        return std::make_unique<SimulationFile>(start_.output, spec_, provenance_,
                                                engine_->report());
    const SimulationCheckpoint& from = *start_.checkpoint;
    require_same_inputs(provenance_.inputs, start_.inputs, start_.output);
    require_fits(from, spec_, checkpoint_path(start_.output));
    engine_->set_state(from.engine);
    kept_.restore(from);
    protocol_.restore(from.protocol, *engine_);
    return std::make_unique<SimulationFile>(start_.output, spec_, engine_->now());
}

RunStatus SimulationRun::run() {
    const InterruptGuard guard(options_.watcher);
    meter_.begin("simulate");
    timer_ = Timer();
    if (!start_.checkpoint) protocol_.begin(*engine_);
    while (goes_on() && !trouble_) {
        advance();
        keep_part();
    }
    if (!protocol_.finished() && !trouble_)  // the question may have come after the last part
        file_->append(done_, {}, kept_.values(*engine_), checkpoint());
    const SimulationSummary s = summary();
    provenance_.finished = utc_now();
    file_->finish(provenance_, s, *engine_);
    display_.result(summary_text(spec_, s, start_.output, energy_));
    if (options_.profile) display_.result(profile_text(engine_->report()));
    if (trouble_)
        throw NumericalError(
            fmt::format("{}. {} holds all up to there", trouble_->what(), start_.output),
            trouble_->step);
    return s.status;
}

bool SimulationRun::goes_on() const {
    return !protocol_.finished() && !InterruptGuard::asked();
}

/// For about as many seconds of wall time as lie between two looks at the keyboard and the clock,
/// at the speed so far, and no more than were done: nobody knows at the start how long a step
/// takes.
std::int64_t SimulationRun::steps_of_part() const {
    const double part_seconds = std::clamp(options_.checkpoint_every, 0.02, 0.1);
    const std::int64_t done = engine_->now() - first_;
    const double rate = static_cast<double>(done) / std::max(timer_.seconds(), 1e-6);
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(rate * part_seconds), 1,
                                    std::min(longest_part_, std::max<std::int64_t>(1, done)));
}

void SimulationRun::advance() {
    try {
        const std::int64_t wanted = engine_->now() + steps_of_part(), batch = engine_->batch(),
                           end = (wanted + batch - 1) / batch * batch;
        while (engine_->now() < end && goes_on()) {
            engine_->advance(std::min(end, protocol_.next()) - engine_->now());
            if (engine_->now() == protocol_.next()) protocol_.act(*engine_);
        }
    } catch (const NumericalError& e) {
        trouble_ = e;
    } catch (const DeviceError& e) {
        file_->wait();  // a checkpoint may be on its way
        if (!std::filesystem::exists(checkpoint_path(start_.output))) throw;
        throw DeviceError(fmt::format("{}; the last checkpoint goes on with: {} --backend cpu",
                                      e.what(), resume_command(start_.output)));
    }
}

void SimulationRun::keep_part() {
    Kept kept = kept_.take(*engine_, protocol_, trouble_);
    trouble_ = kept.trouble;
    done_ = kept.until;
    std::optional<SimulationCheckpoint> saved;
    if (!trouble_ && (clock_.due(timer_.seconds()) || InterruptGuard::asked())) {
        saved = checkpoint();
        clock_.saved(timer_.seconds());
    }
    file_->append(done_, std::move(kept.spikes), std::move(kept.values), std::move(saved));
    show_progress(display_, spec_, protocol_, engine_->now(), timer_.seconds());
}

double SimulationRun::seconds() const {
    return (start_.checkpoint ? start_.checkpoint->seconds : 0.0) + timer_.seconds();
}

SimulationCheckpoint SimulationRun::checkpoint() {
    SimulationCheckpoint out = kept_.checkpoint(*engine_, protocol_);
    out.seconds = seconds();
    out.measured = meter_.so_far();
    return out;
}

SimulationSummary SimulationRun::summary() {
    SimulationSummary s;
    s.seconds["build"] = engine_->report().build_seconds;
    s.seconds["simulate"] = seconds();
    meter_.end("simulate");
    s.measured = meter_.so_far();
    s.status = trouble_               ? RunStatus::failed
               : protocol_.finished() ? RunStatus::finished
                                      : RunStatus::interrupted;
    s.steps = done_;
    s.events = engine_->report().events;
    for (const auto& [phase, seconds] : engine_->report().phase_seconds) s.seconds[phase] = seconds;
    if (trouble_) s.error = trouble_->what();
    kept_.digests().finish(s);
    for (std::size_t p = 0; p < s.spikes.size(); ++p) {
        if (!collected(spec_, p)) s.spikes[p] = engine_->spike_counts()[p];
    }
    WeightsAtBounds at_bounds(spec_);
    engine_->read_weights(1 << 20, [&](const ProjectionWeights& w) {
        at_bounds.add(w);
        if (w.first == 0) s.structure[w.projection] = w.structure;
    });
    if (spec_.open_ended()) {
        s.phases = protocol_.state();
        s.final_states = seen_states(spec_, engine_->state().states);
    }
    if (const std::vector<SynapticWork> work = engine_->work();
        !trouble_ && (!work.empty() || spec_.projections.empty()))
        s.counts = simulation_counts(
            spec_, {work, engine_->report().projection_synapses, engine_->report().junctions,
                    s.spikes, s.steps, s.phases ? &*s.phases : nullptr});
    s.warnings = start_.warnings;
    for (const auto& more : {empty_projections(spec_, engine_->report()), protocol_.warnings(),
                             warnings_of(spec_, s, at_bounds)})
        s.warnings.insert(s.warnings.end(), more.begin(), more.end());
    return s;
}

}  // namespace snnsim
