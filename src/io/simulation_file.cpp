#include "src/io/simulation_file.hpp"

#include <algorithm>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/replace_file.hpp"
#include "src/io/write_parts.hpp"

namespace snnsim {
namespace {

constexpr std::size_t most_waiting = 4;  // parts

std::string spikes_path(const std::string& population) {
    return "spikes/" + population;
}
std::string state_path(const SimulationRecordSpec& record) {
    return "state/" + record.population + "/" + record.what;
}

/// The unit of a state variable of a population's model.
std::string unit_of(const CellPopulationSpec& population, const std::string& variable) {
    return CellModels::visit(population.cell, [&]<class M>(const typename M::Params&) {
        std::string unit = "1";
        const auto look = [&](const auto& field) {
            if (variable == field.name && *field.unit) unit = field.unit;
        };
        std::apply([&](const auto&... fields) { (look(fields), ...); }, M::states());
        return unit;
    });
}

/// How many cells of each population have their spikes written; -1: the population is not recorded.
std::vector<std::int64_t> recorded_cells(const SimulationSpec& spec) {
    std::vector<std::int64_t> cells;
    for (const CellPopulationSpec& p : spec.populations) {
        std::int64_t most = -1;
        for (const SimulationRecordSpec& r : spec.record) {
            if (r.population != p.name || r.what != "spikes") continue;
            most = std::max(most, r.cells == 0 ? p.size : r.cells);
        }
        cells.push_back(most);
    }
    return cells;
}

void set_status(hid_t file, RunStatus status, const std::string& finished) {
    h5::remove_attribute(file, "status");
    h5::remove_attribute(file, "finished");
    h5::write_text(file, "status", name_of(status));
    h5::write_text(file, "finished", finished);
}

}  // namespace

SimulationFile::SimulationFile(std::string path, const SimulationSpec& spec,
                               const Provenance& provenance, const EngineReport& report)
    : path_(std::move(path)), partial_(partial_path(path_)), spec_(spec) {
    create(provenance, report);
    thread_ = std::thread([this] { work(); });
}

SimulationFile::SimulationFile(std::string path, const SimulationSpec& spec, std::int64_t steps)
    : path_(std::move(path)), partial_(partial_path(path_)), spec_(spec) {
    const std::string old = std::filesystem::exists(partial_) ? partial_ : path_;
    replace_file(partial_, [&](const std::string& temporary) {
        std::filesystem::copy_file(old, temporary);
        h5::Handle file = h5::open_to_change(temporary);
        const double end = (static_cast<double>(steps) + 0.5) * spec_.dt;
        const auto keep = [&](const std::string& times, const std::vector<std::string>& sets) {
            const std::vector<double> time = h5::read_vector<double>(file, times);
            hsize_t rows = static_cast<hsize_t>(std::upper_bound(time.begin(), time.end(), end) -
                                                time.begin());
            for (const std::string& set : sets) h5::keep_rows(file, set, rows);
        };
        const std::vector<std::int64_t> cells = recorded_cells(spec_);
        for (std::size_t p = 0; p < cells.size(); ++p) {
            const std::string at = spikes_path(spec_.populations[p].name);
            if (cells[p] >= 0) keep(at + "/timestamps", {at + "/timestamps", at + "/node_ids"});
        }
        for (const SimulationRecordSpec& r : spec_.record) {
            const std::string at = state_path(r);
            if (r.what != "spikes") keep(at + "_time", {at, at + "_time"});
        }
        set_status(file, RunStatus::running, "");
        file.close("cannot write " + temporary);
    });
    thread_ = std::thread([this] { work(); });
}

SimulationFile::~SimulationFile() {
    stop();
}

void SimulationFile::create(const Provenance& provenance, const EngineReport& report) {
    const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
    std::error_code error;
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    const h5::Handle file = h5::create_growing_file(partial_);
    write_provenance(file, provenance, RunStatus::running);
    h5::write_text(file, "kind", "simulation");
    h5::make_group(file, "spikes");
    const std::vector<std::int64_t> cells = recorded_cells(spec_);
    for (std::size_t p = 0; p < spec_.populations.size(); ++p) {
        const CellPopulationSpec& population = spec_.populations[p];
        const h5::Handle g = h5::make_group(file, "network/" + population.name);
        h5::write_number(g, "size", population.size);
        h5::write_text(g, "model", CellModels::name_of(population.cell));
        std::visit([&](const auto& params) { write_parameters(g, params); }, population.cell);
        if (cells[p] < 0) continue;
        const h5::Handle s = h5::make_group(file, spikes_path(population.name));
        h5::make_growing(s, "timestamps", H5T_NATIVE_DOUBLE, {}, 8192, "ms");
        h5::make_growing(s, "node_ids", H5T_NATIVE_UINT64, {}, 8192, "1");
        write_sorted_by_time(s);
        h5::write_number(s, "cells_recorded", cells[p]);
    }
    for (const SimulationRecordSpec& r : spec_.record) {
        if (r.what == "spikes") continue;
        const auto p = std::find_if(spec_.populations.begin(), spec_.populations.end(),
                                    [&](const auto& q) { return q.name == r.population; });
        const auto count =
            static_cast<hsize_t>(r.cells == 0 ? p->size : std::min(r.cells, p->size));
        const std::string set = state_path(r);
        h5::make_growing(file, set, H5T_NATIVE_FLOAT, {count},
                         std::clamp<hsize_t>(65536 / count, 1, 4096), unit_of(*p, r.what));
        h5::make_growing(file, set + "_time", H5T_NATIVE_DOUBLE, {}, 4096, "ms");
        const h5::Handle values(H5Dopen2(file, set.c_str(), H5P_DEFAULT), H5Dclose, set);
        h5::write_text(values, "time", r.what + "_time");
    }
    for (std::size_t k = 0; k < spec_.projections.size(); ++k) {
        const h5::Handle g = h5::make_group(file, "projections/" + std::to_string(k));
        h5::write_text(g, "from", spec_.projections[k].from);
        h5::write_text(g, "to", spec_.projections[k].to);
        h5::write_number(g, "synapses", report.projection_synapses[k]);
    }
}

void SimulationFile::append(Spikes spikes, std::vector<StateSamples> states,
                            std::optional<SimulationCheckpoint> checkpoint) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() < most_waiting || failure_; });
    if (failure_) std::rethrow_exception(failure_);
    waiting_.push_back({std::move(spikes), std::move(states), std::move(checkpoint)});
    changed_.notify_all();
}

void SimulationFile::work() {
    for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        const Part part = std::move(waiting_.front());
        lock.unlock();
        try {
            write(part);
            if (part.checkpoint) write_checkpoint(checkpoint_path(path_), *part.checkpoint);
        } catch (...) {
            lock.lock();
            failure_ = std::current_exception();
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
    const h5::Handle file = h5::open_to_append(partial_);
    const std::vector<std::int64_t> recorded = recorded_cells(spec_);
    std::vector<std::vector<double>> times(recorded.size());
    std::vector<std::vector<std::uint64_t>> cells(recorded.size());
    for (std::size_t k = 0; k < part.spikes.size(); ++k) {
        const std::uint32_t p = part.spikes.population[k], cell = part.spikes.cell[k];
        if (static_cast<std::int64_t>(cell) >= recorded[p]) continue;
        times[p].push_back(part.spikes.step[k] * spec_.dt);
        cells[p].push_back(cell);
    }
    for (std::size_t p = 0; p < recorded.size(); ++p) {
        if (recorded[p] < 0) continue;
        const std::string path = spikes_path(spec_.populations[p].name);
        h5::append_rows(file, path + "/timestamps", H5T_NATIVE_DOUBLE, times[p].size(),
                        times[p].data());
        h5::append_rows(file, path + "/node_ids", H5T_NATIVE_UINT64, cells[p].size(),
                        cells[p].data());
    }
    std::size_t k = 0;
    for (const SimulationRecordSpec& r : spec_.record) {
        if (r.what == "spikes") continue;
        const StateSamples& s = part.states[k++];
        std::vector<double> time(s.step.size());
        std::transform(s.step.begin(), s.step.end(), time.begin(),
                       [&](std::uint32_t step) { return step * spec_.dt; });
        h5::append_rows(file, state_path(r), H5T_NATIVE_FLOAT, time.size(), s.values.data());
        h5::append_rows(file, state_path(r) + "_time", H5T_NATIVE_DOUBLE, time.size(), time.data());
    }
}

void SimulationFile::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void SimulationFile::finish(const Provenance& provenance, const SimulationSummary& summary) {
    stop();
    if (failure_) std::rethrow_exception(failure_);
    replace_file(path_, [&](const std::string& temporary) {
        std::filesystem::copy_file(partial_, temporary);
        h5::Handle file = h5::open_to_change(temporary);
        set_status(file, summary.status, provenance.finished);
        for (const char* name : {"steps", "spike_digest"}) h5::remove_attribute(file, name);
        h5::write_number(file, "steps", summary.steps);
        h5::write_text(file, "spike_digest", summary.digest);
        for (std::size_t p = 0; p < spec_.populations.size(); ++p) {
            const h5::Handle g = h5::open_group(file, "network/" + spec_.populations[p].name);
            for (const char* name : {"spikes", "spike_digest"}) h5::remove_attribute(g, name);
            h5::write_number(g, "spikes", summary.spikes[p]);
            h5::write_text(g, "spike_digest", summary.digests[p]);
        }
        h5::remove_link(file, "profile");
        for (const auto& [phase, seconds] : summary.seconds)
            h5::write_vector(file, "profile/" + phase, std::vector<double>{seconds}, "s");
        file.close("cannot write " + temporary);
    });
    std::error_code ignored;
    std::filesystem::remove(partial_, ignored);
    if (summary.status == RunStatus::finished)
        std::filesystem::remove(checkpoint_path(path_), ignored);
}

SimulationOrigin simulation_origin(const std::string& path) {
    const std::string partial = partial_path(path);
    const h5::Handle file = h5::open_to_read(std::filesystem::exists(partial) ? partial : path);
    SimulationOrigin out;
    out.simulation = h5::has_attribute(file, "kind") && h5::read_text(file, "kind") == "simulation";
    const std::string status = h5::read_text(file, "status");
    for (const RunStatus s : {RunStatus::interrupted, RunStatus::finished}) {
        if (status == name_of(s)) out.status = s;
    }
    out.model_path = h5::read_text(file, "model_path");
    out.model_text = h5::read_text(file, "model");
    out.overrides = h5::read_texts(file, "overrides");
    return out;
}

}  // namespace snnsim
