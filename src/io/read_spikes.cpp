#include "src/io/read_spikes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/steps.hpp"
#include "snnsim/error.hpp"
#include "src/io/hdf5.hpp"

namespace snnsim {
namespace {

constexpr auto largest = std::numeric_limits<std::uint32_t>::max();

/// A number of cells or steps.
std::uint32_t read_size(hid_t object, const char* name) {
    const auto size = h5::read_number<std::int64_t>(object, name);
    if (size < 0 || size > largest)
        throw FileError(fmt::format("the attribute '{}' cannot be {}", name, size));
    return static_cast<std::uint32_t>(size);
}

RunStatus read_status(hid_t root) {
    const std::string text = h5::read_text(root, "status");
    const auto& names = Names<RunStatus>::values;
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) throw FileError("unknown status '" + text + "'");
    return static_cast<RunStatus>(found - names.begin());
}

/// Replaces the numbers of cells by their places among those recorded, where these are a choice.
void number_within(const std::vector<std::uint32_t>& recorded, const std::string& path,
                   std::vector<std::uint32_t>& ids) {
    for (std::uint32_t& id : ids) {
        const auto at = std::lower_bound(recorded.begin(), recorded.end(), id);
        if (at == recorded.end() || *at != id)
            throw FileError(
                fmt::format("cell {} of '{}' is none of its recorded_node_ids", id, path));
        id = static_cast<std::uint32_t>(at - recorded.begin());
    }
}

/// `size`: cells of the population, of which `cells` were recorded. `until`: of a file that still
/// grows, what was written as a whole; 0: all.
SpikeTrains read_trains(hid_t root, const std::string& path, double dt, std::uint32_t size,
                        std::uint32_t cells, double until) {
    auto times = h5::read_vector<double>(root, path + "/timestamps");
    const std::size_t count = h5::count_of(root, path + "/node_ids");
    auto ids = h5::read_indices(root, path + "/node_ids", 0, count, size, "cell");
    if (until > 0.0) {  // beyond it a part that could not be written may have left zeros
        std::size_t whole = 0;
        while (whole < times.size() && times[whole] > 0.0 && times[whole] <= until + 0.5 * dt)
            ++whole;
        times.resize(whole);
        ids.resize(std::min(whole, ids.size()));
    }
    if (times.size() != ids.size())
        throw FileError(fmt::format("'{0}/timestamps' and '{0}/node_ids' differ in length", path));
    if (h5::exists(root, path + "/recorded_node_ids"))
        number_within(h5::read_vector<std::uint32_t>(root, path + "/recorded_node_ids"), path, ids);
    SpikeTrains trains;
    trains.cells = cells;
    trains.step.reserve(times.size());
    trains.cell.reserve(times.size());
    for (std::size_t k = 0; k < times.size(); ++k) {
        const double step = rounded_steps(times[k], dt) - 1.0;
        if (!(step >= 0.0 && step < largest) || ids[k] >= cells ||
            (k > 0 && times[k] < times[k - 1])) {
            throw FileError(fmt::format(
                "spike {} of '{}' (cell {} at {:g} ms) does not fit: cells are 0 to {}, times "
                "ascend from {:g} ms",
                k, path, ids[k], times[k], static_cast<std::int64_t>(cells) - 1, dt));
        }
        trains.step.push_back(static_cast<std::uint32_t>(step));
        trains.cell.push_back(ids[k]);
    }
    if (!trains.step.empty()) trains.steps = trains.step.back() + 1;
    return trains;
}

RecordedPopulation read_population(hid_t root, const std::string& name, const RecordedSpikes& run) {
    RecordedPopulation p;
    p.name = name;
    const h5::Handle network = h5::open_group(root, "network/" + name);
    p.size = read_size(network, "size");
    if (run.status != RunStatus::running && h5::has_attribute(network, "spikes"))
        p.counted = h5::read_number<std::uint64_t>(network, "spikes");
    const std::string path = "spikes/" + name;
    if (!h5::exists(root, path)) return p;
    const h5::Handle group = h5::open_group(root, path);
    const std::uint32_t cells =
        h5::has_attribute(group, "cells_recorded") ? read_size(group, "cells_recorded") : p.size;
    const double until = run.status == RunStatus::running ? run.steps * run.dt : 0.0;
    p.spikes = read_trains(root, path, run.dt, p.size, std::min(cells, p.size), until);
    std::uint64_t steps = run.steps;
    if (run.steps_per_sample > 0)
        steps = std::uint64_t{run.steps_per_sample} * read_size(group, "trials");
    if (steps == 0) return p;
    if (steps > largest || p.spikes->steps > steps)
        throw FileError(fmt::format("'{}' does not end with the run ({} steps)", path, steps));
    p.spikes->steps = static_cast<std::uint32_t>(steps);
    return p;
}

void end_with_last_spike(RecordedSpikes& run) {
    for (const RecordedPopulation& p : run.populations)
        if (p.spikes) run.steps = std::max(run.steps, p.spikes->steps);
    for (RecordedPopulation& p : run.populations)
        if (p.spikes) p.spikes->steps = run.steps;
}

/// In the order of the model; files of older versions do not tell it.
std::vector<std::string> population_names(hid_t root) {
    if (!h5::exists(root, "network")) return {};
    const h5::Handle network = h5::open_group(root, "network");
    return h5::has_attribute(network, "populations") ? h5::read_texts(network, "populations")
                                                     : h5::children(root, "network");
}

/// What became of the parameters of neurons that were trained.
std::vector<LearnedSummary> read_learned(hid_t root) {
    std::vector<LearnedSummary> out;
    for (const std::string& population : h5::children(root, "learned")) {
        for (const std::string& name : h5::children(root, "learned/" + population)) {
            const std::string at = population + "/" + name;
            out.push_back(summary_of(population, name, h5::unit_of(root, "learned/" + at),
                                     h5::read_vector<double>(root, "learned_from/" + at),
                                     h5::read_vector<double>(root, "learned/" + at)));
        }
    }
    return out;
}

RecordedSpikes read_all(hid_t root, const std::string& path) {
    RecordedSpikes run;
    run.path = path;
    run.model_name = h5::read_text(root, "model_name");
    run.seed = h5::read_number<std::uint64_t>(root, "seed");
    run.status = read_status(root);
    run.dt = h5::read_number<double>(root, "dt");
    if (!(run.dt > 0.0)) throw FileError("the attribute 'dt' is no step of time");
    // A run that goes on may still have the steps of its last end.
    if (run.status != RunStatus::running && h5::has_attribute(root, "steps"))
        run.steps = read_size(root, "steps");
    if (run.status == RunStatus::running && h5::exists(root, "progress/time")) {
        const auto parts = h5::read_vector<double>(root, "progress/time");
        const auto last = std::max_element(parts.begin(), parts.end());
        if (last != parts.end())
            run.steps = static_cast<std::uint32_t>(rounded_steps(*last, run.dt));
    }
    if (h5::has_attribute(root, "steps_per_sample"))
        run.steps_per_sample = read_size(root, "steps_per_sample");
    for (const std::string& name : population_names(root))
        run.populations.push_back(read_population(root, name, run));
    run.learned = read_learned(root);
    if (run.steps == 0 && run.steps_per_sample == 0) end_with_last_spike(run);
    return run;
}

}  // namespace

RecordedSpikes read_spikes(const std::string& path) {
    const h5::Handle root = h5::open_to_read(path);
    try {
        if (h5::read_text(root, "format") != "snnsim run") throw FileError("another format");
    } catch (const FileError&) {
        throw FileError(path + " is an HDF5 file, but not a run file of snnsim");
    }
    try {
        return read_all(root, path);
    } catch (const FileError& e) {
        throw FileError(fmt::format("{}: {}", path, e.what()));
    }
}

}  // namespace snnsim
