#include "src/io/read_played_spikes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>

#include "kernels/steps.hpp"
#include "snnsim/error.hpp"
#include "src/io/digest.hpp"
#include "src/io/hdf5.hpp"

namespace snnsim {
namespace {

/// Takes the spikes of a file one by one and puts them into order.
class Collector {
  public:
    Collector(std::uint32_t size, std::int64_t steps, double dt)
        : size_(size), steps_(steps), dt_(dt) {}

    /// `time` in ms. Returns what is wrong, or nothing.
    std::string add(double time, std::uint64_t cell) {
        if (!std::isfinite(time)) return fmt::format("the time {} is no number", time);
        if (time < 0.0) return fmt::format("the time {:g} ms is negative", time);
        const double step = rounded_steps(time, dt_);
        if (step < 1.0) {
            return fmt::format(
                "the time {:g} ms lies before the end of the first step ({:g} ms), "
                "where the first spikes can be",
                time, dt_);
        }
        if (cell >= size_) {
            return fmt::format("there is no cell {}: the population has {}, numbered from 0", cell,
                               size_);
        }
        if (!on_grid(time, dt_)) ++spikes_.rounded;
        if (step > static_cast<double>(steps_)) {
            ++spikes_.later;
        } else {
            spikes_.keys.push_back(
                played_key(static_cast<std::uint64_t>(step), static_cast<std::uint32_t>(cell)));
        }
        return "";
    }

    PlayedSpikes take() {
        std::vector<std::uint64_t>& keys = spikes_.keys;
        if (!std::is_sorted(keys.begin(), keys.end())) std::sort(keys.begin(), keys.end());
        const auto twice = std::adjacent_find(keys.begin(), keys.end());
        if (twice != keys.end()) {
            throw FileError(fmt::format(
                "cell {} has two spikes in the step that ends at {:g} ms, and a cell can send one; "
                "a smaller dt keeps them apart",
                *twice & 0xFFFFFFFFu, static_cast<double>(*twice >> 32) * dt_));
        }
        keys.shrink_to_fit();
        return std::move(spikes_);
    }

  private:
    const std::uint32_t size_;
    const std::int64_t steps_;
    const double dt_;
    PlayedSpikes spikes_;
};

/// Milliseconds in the unit of the times.
double unit_of_times(hid_t file, const std::string& path, bool first_layout) {
    const h5::Handle set(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose, path);
    if (!h5::has_attribute(set, "units")) {
        if (first_layout) return 1.0;
        throw FileError(
            fmt::format("'{}' does not say its unit: it needs an attribute 'units', "
                        "ms or s",
                        path));
    }
    const std::string unit = h5::read_text(set, "units");
    if (unit == "ms") return 1.0;
    if (unit == "s") return 1000.0;
    throw FileError(fmt::format("'{}' is in '{}'; times are in ms or s", path, unit));
}

/// The group of the population in the file.
std::string find_population(hid_t file, const std::string& population) {
    const std::string path = "spikes/" + population;
    if (h5::exists(file, path)) return path;
    std::string known;
    for (const std::string& name : h5::children(file, "spikes"))
        known += (known.empty() ? "" : ", ") + name;
    throw FileError(fmt::format("there is no population '{}'{}", population,
                                known.empty() ? "; the file has no spikes"
                                              : " (it has: " + known +
                                                    "); name it with "
                                                    "'population'"));
}

void read_hdf5(const std::string& path, const std::string& population, Collector& out) {
    const h5::Handle file = h5::open_to_read(path);
    const bool first_layout = h5::exists(file, "spikes/gids");
    const std::string at = first_layout ? "spikes" : find_population(file, population);
    const std::string times = at + "/timestamps", ids = at + (first_layout ? "/gids" : "/node_ids");
    const double unit = unit_of_times(file, times, first_layout);
    if (h5::exists(file, at + "/values"))
        throw FileError(fmt::format(
            "'{}' has graded spikes (a data set 'values'); a spike_source sends plain ones", at));
    const std::size_t count = h5::count_of(file, times);
    if (count != h5::count_of(file, ids))
        throw FileError(fmt::format("'{}' and '{}' differ in length", times, ids));
    constexpr std::size_t piece = 1 << 20;
    for (std::size_t from = 0; from < count; from += piece) {
        const std::size_t rows = std::min(piece, count - from);
        const auto time = h5::read_rows<double>(file, times, from, rows);
        const auto id = h5::read_rows<std::uint64_t>(file, ids, from, rows);
        for (std::size_t k = 0; k < rows; ++k) {
            const std::string wrong = out.add(time[k] * unit, id[k]);
            if (!wrong.empty()) throw FileError(fmt::format("'{}'[{}]: {}", at, from + k, wrong));
        }
    }
}

/// The words of a line, cut at commas, semicolons and blanks.
std::vector<std::string_view> words_of(std::string_view line) {
    constexpr std::string_view between = ",; \t\r";
    std::vector<std::string_view> words;
    for (std::size_t at = line.find_first_not_of(between); at != std::string_view::npos;) {
        const std::size_t end = std::min(line.find_first_of(between, at), line.size());
        words.push_back(line.substr(at, end - at));
        at = line.find_first_not_of(between, end);
    }
    return words;
}

template <class T>
bool number_in(std::string_view word, T& out) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
    return error == std::errc{} && end == word.data() + word.size();
}

void read_text(const std::string& path, Collector& out) {
    std::ifstream file(path);
    if (!file) throw FileError("cannot open it");
    std::string line;
    bool may_be_header = true;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        const std::vector<std::string_view> words = words_of(line);
        if (words.empty() || words[0].front() == '#') continue;
        const bool header = may_be_header && words.size() == 2 && words[1] == "cell" &&
                            (words[0] == "time" || words[0] == "time_ms");
        may_be_header = false;
        if (header) continue;
        double time = 0.0;
        std::uint64_t cell = 0;
        if (words.size() != 2 || !number_in(words[0], time) || !number_in(words[1], cell)) {
            throw FileError(
                fmt::format("line {}: a line has a time in ms and the number of a "
                            "cell, as in '12.5, 3'; found '{}'",
                            number, line));
        }
        const std::string wrong = out.add(time, cell);
        if (!wrong.empty()) throw FileError(fmt::format("line {}: {}", number, wrong));
    }
}

}  // namespace

PlayedSpikes read_played_spikes(const std::string& path, const std::string& population,
                                std::uint32_t size, std::int64_t steps, double dt) {
    Collector collector(size, steps, dt);
    try {
        if (is_hdf5(path)) {
            read_hdf5(path, population, collector);
        } else {
            read_text(path, collector);
        }
        PlayedSpikes spikes = collector.take();
        spikes.sha256 = file_sha256(path);
        return spikes;
    } catch (const FileError& e) {
        throw FileError(fmt::format("{}: {}", path, e.what()));
    }
}

SimulationSpec with_played_spikes(SimulationSpec spec) {
    std::string wrong;  // in any of the files
    for (CellPopulationSpec& p : spec.populations) {
        const auto* source = std::get_if<SpikeFileSource::Params>(&p.cell);
        if (!source) continue;
        try {
            p.played = std::make_shared<const PlayedSpikes>(
                read_played_spikes(beside_model(spec.path, source->file).string(),
                                   source->population.empty() ? p.name : source->population,
                                   static_cast<std::uint32_t>(p.size), spec.steps(), spec.dt));
            if (p.played->rounded > 0)
                spec.warnings.push_back(fmt::format(
                    "{}:{}:{}: {} of {} spikes of {} lie between two steps of dt ({:g} ms) and are "
                    "rounded",
                    spec.path, p.at.line, p.at.column, p.played->rounded,
                    p.played->keys.size() + p.played->later, source->file, spec.dt));
        } catch (const FileError& e) {
            wrong += fmt::format("{}{}:{}:{}: {}", wrong.empty() ? "" : "\n", spec.path, p.at.line,
                                 p.at.column, e.what());
        }
    }
    if (!wrong.empty()) throw FileError(wrong);
    return spec;
}

}  // namespace snnsim
