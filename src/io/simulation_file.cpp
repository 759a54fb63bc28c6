#include "src/io/simulation_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "snnsim/cell_values.hpp"
#include "snnsim/error.hpp"
#include "src/equations/cell_equations.hpp"
#include "src/io/counts.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/measured_energy.hpp"
#include "src/io/model_place.hpp"
#include "src/io/replace_file.hpp"
#include "src/io/write_parts.hpp"
#include "src/io/write_phases.hpp"
#include "src/io/write_positions.hpp"
#include "src/io/write_weights.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

constexpr std::size_t most_waiting = 4;  // parts

std::string spikes_path(const std::string& population) {
    return "spikes/" + population;
}
/// Of what is not spikes; its times are beside it, with `_time` at the end of the name.
std::string values_path(const SimulationRecordSpec& record) {
    return (record.of_cells() ? "state/" : "rates/") + record.population + "/" + record.what;
}

/// By population: the cells whose spikes are written; none: the population is not recorded.
std::vector<CellSet> spike_cells(const SimulationSpec& spec) {
    std::vector<CellSet> cells(spec.populations.size());
    for (std::size_t p = 0; p < cells.size(); ++p) {
        for (const SimulationRecordSpec& r : spec.record) {
            if (r.population == spec.populations[p].name && r.what == "spikes")
                cells[p] = recorded_cells(spec, r);
        }
    }
    return cells;
}

std::vector<std::uint64_t> numbers_of(const CellSet& cells) {
    std::vector<std::uint64_t> out(cells.count);
    for (std::uint32_t k = 0; k < cells.count; ++k) out[k] = cells[k];
    return out;
}

/// A run that goes on plays the same spikes.
void set_status(hid_t file, RunStatus status, const std::string& finished) {
    h5::remove_attribute(file, "status");
    h5::remove_attribute(file, "finished");
    h5::write_text(file, "status", name_of(status));
    h5::write_text(file, "finished", finished);
}

/// The data sets of a record of values: [time, cell] and the cells' numbers; of rates [time].
void make_values(hid_t file, const SimulationSpec& spec, const SimulationRecordSpec& r) {
    const CellPopulationSpec& p = spec.population(r.population);
    const CellSet cells = recorded_cells(spec, r);
    const std::string path = values_path(r);
    std::string unit = "Hz", meaning = "spikes per cell and time since the last value";
    h5::Dims row;
    if (r.of_cells()) {
        const CellValue value = cell_value(p, r.what);
        unit = value.unit.empty() ? "1" : value.unit;
        meaning = value.help;
        row.push_back(cells.count);
    }
    const hsize_t width = row.empty() ? 1 : row[0];
    h5::make_growing(file, path, H5T_NATIVE_FLOAT, row, std::clamp<hsize_t>(65536 / width, 1, 4096),
                     unit);
    h5::make_growing(file, path + "_time", H5T_NATIVE_DOUBLE, {}, 4096, "ms");
    const h5::Handle values(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose, path);
    h5::write_text(values, "time", r.what + "_time");
    h5::write_text(values, "meaning", meaning);
    h5::write_number<std::int64_t>(values, "cells_recorded", cells.count);
    if (!r.of_cells()) return;
    h5::write_vector(file, path + "_node_ids", numbers_of(cells), "1");
    h5::write_text(values, "node_ids", r.what + "_node_ids");
}

}  // namespace

SimulationFile::SimulationFile(std::string path, const SimulationSpec& spec,
                               const Provenance& provenance, const EngineReport& report)
    : path_(std::move(path)), partial_(partial_path(path_)), spec_(spec) {
    // It appears whole: a run killed in its first moment leaves no file that nobody can open.
    replace_file(partial_,
                 [&](const std::string& temporary) { create(temporary, provenance, report); });
    thread_ = std::thread([this] { work(); });
}

SimulationFile::SimulationFile(std::string path, const SimulationSpec& spec, std::int64_t steps)
    : path_(std::move(path)), partial_(partial_path(path_)), spec_(spec) {
    const std::string old = std::filesystem::exists(partial_) ? partial_ : path_;
    replace_file(partial_, [&](const std::string& temporary) {
        std::filesystem::copy_file(old, temporary);
        h5::Handle file = h5::open_to_change(temporary);
        const double end = (static_cast<double>(steps) + 0.5) * spec_.dt;
        const std::vector<double> parts = h5::read_vector<double>(file, "progress/time");
        if (parts.empty() || *std::max_element(parts.begin(), parts.end()) < end - spec_.dt) {
            throw FileError(fmt::format(
                "{} ends at {:g} ms, but the checkpoint was made at {:g} ms: what lay between is "
                "gone; start anew with --force",
                old, parts.empty() ? 0.0 : parts.back(), end - 0.5 * spec_.dt));
        }
        const auto keep = [&](const std::string& times, const std::vector<std::string>& sets) {
            const std::vector<double> time = h5::read_vector<double>(file, times);
            // A part that could not be written leaves zeros.
            hsize_t rows = 0;
            while (rows < time.size() && time[rows] > 0.0 && time[rows] <= end) ++rows;
            for (const std::string& set : sets) h5::keep_rows(file, set, rows);
        };
        const std::vector<CellSet> cells = spike_cells(spec_);
        for (std::size_t p = 0; p < cells.size(); ++p) {
            const std::string at = spikes_path(spec_.populations[p].name);
            if (cells[p].count == 0) continue;
            std::vector<std::string> sets{at + "/timestamps", at + "/node_ids"};
            if (spec_.populations[p].graded()) sets.push_back(at + "/values");
            keep(at + "/timestamps", sets);
        }
        for (const SimulationRecordSpec& r : spec_.record) {
            if (r.what == "spikes") continue;
            const std::string at = values_path(r);
            const std::vector<std::string> sets =
                r.of_weights() ? weight_record_sets(r) : std::vector{at + "_time", at};
            keep(sets[0], sets);
        }
        keep("progress/time", {"progress/time"});
        set_status(file, RunStatus::running, "");
        file.close("cannot write " + temporary);
    });
    thread_ = std::thread([this] { work(); });
}

SimulationFile::~SimulationFile() {
    stop();
}

void SimulationFile::create(const std::string& path, const Provenance& provenance,
                            const EngineReport& report) const {
    h5::Handle file = h5::create_growing_file(path);
    write_provenance(file, provenance, RunStatus::running);
    h5::write_text(file, "kind", "simulation");
    h5::write_texts(file, "inputs", provenance.inputs);
    h5::make_group(file, "spikes");
    h5::make_growing(file, "progress/time", H5T_NATIVE_DOUBLE, {}, 512, "ms");
    const std::vector<CellSet> cells = spike_cells(spec_);
    std::vector<std::string> names;
    for (const CellPopulationSpec& p : spec_.populations) names.push_back(p.name);
    h5::write_texts(h5::make_group(file, "network"), "populations", names);
    for (std::size_t p = 0; p < spec_.populations.size(); ++p) {
        const CellPopulationSpec& population = spec_.populations[p];
        const h5::Handle g = h5::make_group(file, "network/" + population.name);
        h5::write_number(g, "size", population.size);
        h5::write_text(g, "model", population.model_name());
        const std::vector<double>& steps = report.weight_steps[p];
        h5::write_attribute(g, "weight_steps", H5T_NATIVE_DOUBLE, {steps.size()}, steps.data());
        std::visit([&](const auto& params) { write_parameters(g, params); }, population.cell);
        if (const CellEquations* own = population.equations()) {
            const auto& values = std::get<EquationCell::Params>(population.cell).values;
            for (std::size_t k = 0; k < values.size(); ++k) {
                const CellEquations::Parameter& parameter = own->parameters[k];
                h5::write_number(g, parameter.name.c_str(), values[k]);
                h5::write_text(g, parameter.name + "_units",
                               parameter.unit.empty() ? "1" : parameter.unit);
            }
            h5::write_text(g, "method", name_of(own->method));
        }
        for (const NamedDistribution& varied : population.varied) {
            h5::remove_attribute(g, varied.name);
            h5::write_text(g, varied.name, "differs from cell to cell");
        }
        if (population.space) write_positions(g, positions_of(spec_, p), *population.space);
        if (cells[p].count == 0) continue;
        const h5::Handle s = h5::make_group(file, spikes_path(population.name));
        h5::make_growing(s, "timestamps", H5T_NATIVE_DOUBLE, {}, 8192, "ms");
        h5::make_growing(s, "node_ids", H5T_NATIVE_UINT64, {}, 8192, "1");
        if (population.graded()) h5::make_growing(s, "values", H5T_NATIVE_FLOAT, {}, 8192, "1");
        write_sorted_by_time(s);
        h5::write_number<std::int64_t>(s, "cells_recorded", cells[p].count);
        if (!cells[p].listed.empty())
            h5::write_vector(s, "recorded_node_ids", numbers_of(cells[p]), "1");
    }
    for (const SimulationRecordSpec& r : spec_.record) {
        if (r.of_weights()) {
            make_weight_record(file, spec_, report, r);
        } else if (r.what != "spikes") {
            make_values(file, spec_, r);
        }
    }
    for (std::size_t k = 0; k < spec_.projections.size(); ++k) {
        const h5::Handle g = h5::make_group(file, "projections/" + std::to_string(k));
        h5::write_text(g, "name", spec_.projections[k].name());
        h5::write_text(g, "from", spec_.projections[k].from);
        h5::write_text(g, "to", spec_.projections[k].to);
        h5::write_number(g, "synapses", report.projection_synapses[k]);
        h5::write_number(g, "bytes_per_synapse", report.projection_bytes[k]);
    }
    for (std::size_t k = 0; k < spec_.gap_junctions.size(); ++k) {
        const h5::Handle g = h5::make_group(file, "gap_junctions/" + std::to_string(k));
        h5::write_text(g, "from", spec_.gap_junctions[k].from);
        h5::write_text(g, "to", spec_.gap_junctions[k].to);
        h5::write_number(g, "pairs", report.junctions[k]);
    }
    file.close("cannot write " + path);
}

void SimulationFile::append(std::int64_t until, Spikes spikes, std::vector<StateSamples> values,
                            std::optional<SimulationCheckpoint> checkpoint) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() < most_waiting || failure_; });
    if (failure_) std::rethrow_exception(failure_);
    waiting_.push_back({until, std::move(spikes), std::move(values), std::move(checkpoint)});
    changed_.notify_all();
}

void SimulationFile::work() {
    h5::print_no_errors();
    for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        const Part part = std::move(waiting_.front());
        lock.unlock();
        try {
            write(part);
            if (part.checkpoint) write_checkpoint(checkpoint_path(path_), *part.checkpoint);
        } catch (const std::exception& e) {
            h5::make_whole(partial_);
            lock.lock();
            failure_ = std::make_exception_ptr(
                FileError(fmt::format("cannot write {}: {}. {}", partial_, e.what(), advice())));
            waiting_.clear();
            changed_.notify_all();
            return;
        }
        lock.lock();
        waiting_.pop_front();
        changed_.notify_all();
    }
}

void SimulationFile::write(const Part& part) const {
    h5::Handle file = h5::open_to_append(partial_);
    const std::vector<CellSet> recorded = spike_cells(spec_);
    std::vector<std::vector<double>> times(recorded.size());
    std::vector<std::vector<std::uint64_t>> cells(recorded.size());
    std::vector<std::vector<float>> values(recorded.size());
    for (std::size_t k = 0; k < part.spikes.size(); ++k) {
        const std::uint32_t p = part.spikes.population[k], cell = part.spikes.cell[k];
        if (!recorded[p].has(cell)) continue;
        times[p].push_back(part.spikes.step[k] * spec_.dt);
        cells[p].push_back(cell);
        if (spec_.populations[p].graded()) values[p].push_back(part.spikes.value[k]);
    }
    for (std::size_t p = 0; p < recorded.size(); ++p) {
        if (recorded[p].count == 0) continue;
        const std::string path = spikes_path(spec_.populations[p].name);
        h5::append_rows(file, path + "/timestamps", H5T_NATIVE_DOUBLE, times[p].size(),
                        times[p].data());
        h5::append_rows(file, path + "/node_ids", H5T_NATIVE_UINT64, cells[p].size(),
                        cells[p].data());
        if (spec_.populations[p].graded())
            h5::append_rows(file, path + "/values", H5T_NATIVE_FLOAT, values[p].size(),
                            values[p].data());
    }
    std::size_t k = 0;
    for (const SimulationRecordSpec& r : spec_.record) {
        if (r.what == "spikes") continue;
        const StateSamples& s = part.values[k++];
        if (r.of_weights()) {
            append_weight_record(file, spec_, r, s);
            continue;
        }
        std::vector<double> time(s.step.size());
        std::transform(s.step.begin(), s.step.end(), time.begin(),
                       [&](std::uint32_t step) { return step * spec_.dt; });
        h5::append_rows(file, values_path(r), H5T_NATIVE_FLOAT, time.size(), s.values.data());
        h5::append_rows(file, values_path(r) + "_time", H5T_NATIVE_DOUBLE, time.size(),
                        time.data());
    }
    // Only what has reached the file is progress.
    h5::check(H5Fflush(file, H5F_SCOPE_LOCAL), "cannot write the file");
    const double now = static_cast<double>(part.until) * spec_.dt;
    h5::append_rows(file, "progress/time", H5T_NATIVE_DOUBLE, 1, &now);
    file.close("cannot write the file");
}

/// What can be done when the file cannot be written.
std::string SimulationFile::advice() const {
    namespace fs = std::filesystem;
    std::error_code ignored;
    const bool checkpoint = fs::exists(checkpoint_path(path_), ignored);
    const std::string go_on = "go on with: " + resume_command(path_);
    const std::string anew = "start anew with --force";
    if (!fs::exists(partial_, ignored))
        return fmt::format("{} is no longer there: it was removed or moved. {}{}", partial_,
                           checkpoint ? "Put it back and " + go_on + ", or " : "Please ", anew);
    return fmt::format("What was written before stays readable; when the cause is gone, {}",
                       checkpoint ? go_on : anew);
}

void SimulationFile::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.empty(); });
}

void SimulationFile::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void SimulationFile::complete(const Provenance& provenance, const SimulationSummary& summary,
                              const Engine& engine) const {
    replace_file(path_, [&](const std::string& temporary) {
        std::filesystem::copy_file(partial_, temporary);
        h5::Handle file = h5::open_to_change(temporary);
        set_status(file, summary.status, provenance.finished);
        for (const char* name :
             {"backend", "device", "threads", "steps", "spike_digest", "warnings"})
            h5::remove_attribute(file, name);
        // A run that was resumed may have ended on another machine than it began on.
        h5::write_text(file, "backend", provenance.backend);
        h5::write_text(file, "device", provenance.device);
        h5::write_number<std::int64_t>(file, "threads", provenance.threads);
        h5::write_number(file, "steps", summary.steps);
        h5::write_text(file, "spike_digest", summary.digest);
        h5::write_texts(file, "warnings", summary.warnings);
        h5::remove_attribute(file, "error");
        if (!summary.error.empty()) h5::write_text(file, "error", summary.error);
        for (std::size_t p = 0; p < spec_.populations.size(); ++p) {
            const h5::Handle g = h5::open_group(file, "network/" + spec_.populations[p].name);
            for (const char* name : {"spikes", "spike_digest"}) h5::remove_attribute(g, name);
            h5::write_number(g, "spikes", summary.spikes[p]);
            if (!summary.digests[p].empty()) h5::write_text(g, "spike_digest", summary.digests[p]);
        }
        write_weights(file, spec_, engine);
        if (summary.phases) write_phases(file, spec_, *summary.phases, summary.final_states);
        h5::remove_link(file, "profile");
        for (const auto& [phase, seconds] : summary.seconds)
            h5::write_vector(file, "profile/" + phase, std::vector<double>{seconds}, "s");
        if (summary.events > 0)
            h5::write_number(h5::open_group(file, "profile"), "synaptic_events", summary.events);
        write_measured(file, summary.measured);
        h5::remove_link(file, "energy/simulate");
        if (summary.counts)
            write_counts(file, "energy/simulate", *summary.counts, simulation_conventions);
        file.close("cannot write " + temporary);
    });
}

void SimulationFile::finish(const Provenance& provenance, const SimulationSummary& summary,
                            const Engine& engine) {
    stop();
    if (failure_) std::rethrow_exception(failure_);
    try {
        complete(provenance, summary, engine);
    } catch (const FileError& e) {
        throw FileError(fmt::format("{}. The file's last form needs as much room again. {}",
                                    e.what(), advice()));
    }
    remove_with_leftovers(partial_);
    if (summary.status != RunStatus::interrupted) remove_with_leftovers(checkpoint_path(path_));
}

SimulationOrigin simulation_origin(const std::string& path) {
    const std::string partial = partial_path(path);
    const bool unfinished = std::filesystem::exists(partial);
    if (unfinished) h5::make_whole(partial);
    const h5::Handle file = h5::open_to_read(unfinished ? partial : path);
    SimulationOrigin out;
    out.simulation = h5::has_attribute(file, "kind") && h5::read_text(file, "kind") == "simulation";
    const std::string status = h5::read_text(file, "status");
    for (const RunStatus s : {RunStatus::interrupted, RunStatus::finished, RunStatus::failed}) {
        if (status == name_of(s)) out.status = s;
    }
    if (h5::has_attribute(file, "error")) out.error = h5::read_text(file, "error");
    out.model_path = read_model_place(file);
    out.model_text = h5::read_text(file, "model");
    out.overrides = h5::read_texts(file, "overrides");
    if (h5::has_attribute(file, "inputs")) out.inputs = h5::read_texts(file, "inputs");
    return out;
}

}  // namespace snnsim
