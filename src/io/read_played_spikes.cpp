#include "src/io/read_played_spikes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <set>

#include "kernels/steps.hpp"
#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/files/room.hpp"
#include "src/files/whole_number.hpp"
#include "src/io/digest.hpp"
#include "src/io/hdf5.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/split_words.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

/// Takes the spikes of a file one by one and puts them into order.
class Collector {
  public:
    explicit Collector(const Playing& playing) : playing_(playing) {}

    std::uint32_t size() const { return playing_.size; }
    const Playing& playing() const { return playing_; }

    /// Makes room for as many more.
    void expect(std::size_t count) {
        require_room(std::uint64_t{count} * sizeof(std::uint64_t), fmt::format("{} spikes", count));
        spikes_.keys.reserve(count);
    }
    void assume_unit() { spikes_.assumed_unit = true; }

    /// `time` in ms. Returns what is wrong, or nothing.
    std::string add(double time, std::uint32_t cell) {
        const double dt = playing_.dt;
        if (!std::isfinite(time)) return fmt::format("the time {} is no number", time);
        if (time < 0.0) return fmt::format("the time {:g} ms is negative", time);
        const double step = rounded_steps(time, dt);
        if (step < 1.0) {
            return fmt::format(
                "the time {:g} ms lies before the end of the first step ({:g} ms), "
                "where the first spikes can be",
                time, dt);
        }
        if (!on_grid(time, dt)) ++spikes_.rounded;
        if (step > static_cast<double>(playing_.steps)) {
            ++spikes_.later;
            return "";
        }
        std::vector<std::uint64_t>& keys = spikes_.keys;
        if (keys.size() == keys.capacity()) expect(std::max<std::size_t>(1024, 2 * keys.size()));
        keys.push_back(played_key(static_cast<std::uint64_t>(step), cell));
        return "";
    }

    PlayedSpikes take() {
        std::vector<std::uint64_t>& keys = spikes_.keys;
        if (!std::is_sorted(keys.begin(), keys.end())) std::sort(keys.begin(), keys.end());
        const auto twice = std::adjacent_find(keys.begin(), keys.end());
        if (twice != keys.end() && playing_.same_step == SameStep::error) {
            throw FileError(fmt::format(
                "cell {} has two spikes in the step that ends at {:g} ms, and a cell can send one; "
                "a smaller dt keeps them apart, and `same_step: merge` makes them one",
                *twice & 0xFFFFFFFFu, static_cast<double>(*twice >> 32) * playing_.dt));
        }
        const auto last = std::unique(keys.begin(), keys.end());
        spikes_.merged = static_cast<std::uint64_t>(keys.end() - last);
        keys.erase(last, keys.end());
        keys.shrink_to_fit();
        return std::move(spikes_);
    }

  private:
    const Playing& playing_;
    PlayedSpikes spikes_;
};

/// Milliseconds in the unit of the times; nothing where the file names none.
std::optional<double> unit_of_times(hid_t file, const std::string& path) {
    const h5::Handle set(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose,
                         "the data set '" + path + "' is missing");
    if (!h5::has_attribute(set, "units")) return std::nullopt;
    const std::string unit = h5::read_text(set, "units");
    for (const char* name : {"ms", "millisecond", "milliseconds"})
        if (unit == name) return 1.0;
    for (const char* name : {"s", "sec", "second", "seconds"})
        if (unit == name) return 1000.0;
    throw FileError(fmt::format("'{}' is in '{}'; times are in ms or s", path, excerpt(unit)));
}

FileError no_population(const std::string& name, std::vector<std::string> known) {
    constexpr std::size_t most = 20;
    if (known.size() > most) {
        known.resize(most);
        known.push_back("...");
    }
    return FileError(
        fmt::format("there is no population '{}'{}", name,
                    known.empty() ? "; the file has no spikes"
                                  : " (it has: " + join(known) + "); name it with 'population'"));
}

/// The data sets of the population in the file.
struct Sets {
    std::string group, times, ids;
};
Sets find_population(hid_t file, const std::string& population) {
    const std::string path = "spikes/" + population;
    if (h5::exists(file, path + "/timestamps"))
        return {path, path + "/timestamps", path + "/node_ids"};
    if (h5::exists(file, "spikes/timestamps")) {
        const char* const ids = h5::exists(file, "spikes/gids") ? "/gids" : "/node_ids";
        return {"spikes", "spikes/timestamps", std::string("spikes") + ids};
    }
    const std::vector<std::string> known = h5::children(file, "spikes");
    if (std::find(known.begin(), known.end(), population) != known.end())
        throw FileError(fmt::format("the data set '{}/timestamps' is missing", path));
    throw no_population(population, known);
}

void read_hdf5(const std::string& path, Collector& out) {
    const h5::Handle file = h5::open_to_read(path);
    const auto [group, times, ids] = find_population(file, out.playing().population);
    const std::optional<double> unit = unit_of_times(file, times);
    if (!unit) out.assume_unit();
    if (h5::exists(file, group + "/values"))
        throw FileError(fmt::format(
            "'{}' has graded spikes (a data set 'values'); a spike_source sends plain ones",
            group));
    const std::size_t count = h5::count_of(file, times);
    if (count != h5::count_of(file, ids))
        throw FileError(fmt::format("'{}' and '{}' differ in length", times, ids));
    out.expect(count);
    constexpr std::size_t piece = 1 << 20;
    for (std::size_t from = 0; from < count; from += piece) {
        const std::size_t rows = std::min(piece, count - from);
        const auto time = h5::read_rows<double>(file, times, from, rows);
        const auto cell = h5::read_indices(file, ids, from, rows, out.size(), "cell");
        for (std::size_t k = 0; k < rows; ++k) {
            const std::string wrong = out.add(time[k] * unit.value_or(1.0), cell[k]);
            if (!wrong.empty())
                throw FileError(fmt::format("'{}'[{}]: {}", times, from + k, wrong));
        }
    }
}

std::optional<double> number_in(std::string_view word) {
    double number = 0.0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return number;
}

/// Which word of a line is what.
struct TextColumns {
    static constexpr std::size_t none = static_cast<std::size_t>(-1);
    std::size_t count = 2, time = 0, cell = 1, population = none;

    /// Of a header: "time,cell", "time (ms),cell", "timestamps population node_ids". False where it
    /// is none.
    bool read(std::vector<std::string_view> words) {
        std::erase(words, "(ms)");
        TextColumns found{words.size(), none, none, none};
        for (std::size_t k = 0; k < words.size(); ++k) {
            const std::string_view w = words[k];
            std::size_t* what = nullptr;
            if (w == "time" || w == "time_ms" || w == "times" || w == "timestamps")
                what = &found.time;
            if (w == "cell" || w == "node_id" || w == "node_ids") what = &found.cell;
            if (w == "population") what = &found.population;
            if (!what || *what != none) return false;
            *what = k;
        }
        if (found.time == none || found.cell == none) return false;
        *this = found;
        return true;
    }
};

void read_text(const std::string& path, Collector& out) {
    LineReader lines(path);
    const Playing& wanted = out.playing();
    TextColumns columns;
    bool may_be_header = true, found = false;
    std::set<std::string> others;
    while (const std::optional<std::string_view> line = lines.next()) {
        const std::vector<std::string_view> words = split_words(*line);
        if (words.empty() || words[0].starts_with('#')) continue;
        const bool header = may_be_header && columns.read(words);
        may_be_header = false;
        if (header) continue;
        const bool whole = words.size() == columns.count;
        const std::optional<double> time = whole ? number_in(words[columns.time]) : std::nullopt;
        const std::optional<double> id = whole ? number_in(words[columns.cell]) : std::nullopt;
        if (!time || !id) {
            throw FileError(fmt::format(
                "line {}: a line has a time in ms and the number of a cell, as in '12.5, 3' (with "
                "a point, not a comma, in a fraction){}; found '{}'",
                lines.number(), columns.count > 2 ? " and what its header names" : "",
                excerpt(*line)));
        }
        if (columns.population != TextColumns::none) {
            if (words[columns.population] != wanted.population) {
                others.emplace(excerpt(words[columns.population], 40));
                if (others.size() > 20) others.erase(std::prev(others.end()));
                continue;
            }
            found = true;
        } else if (wanted.named) {
            throw FileError(fmt::format(
                "population '{}' is asked for, but no header names a column 'population'",
                wanted.population));
        }
        const std::optional<std::uint32_t> cell = index_below(*id, out.size());
        const std::string wrong = cell ? out.add(*time, *cell)
                                       : no_such("cell", excerpt(words[columns.cell]), out.size());
        if (!wrong.empty()) throw FileError(fmt::format("line {}: {}", lines.number(), wrong));
    }
    if (!found && !others.empty())
        throw no_population(wanted.population, {others.begin(), others.end()});
}

}  // namespace

PlayedSpikes read_played_spikes(const std::string& path, const Playing& playing) {
    Collector collector(playing);
    try {
        if (is_hdf5(path)) {
            read_hdf5(path, collector);
        } else {
            read_text(path, collector);
        }
        PlayedSpikes spikes = collector.take();
        spikes.sha256 = file_sha256(path);
        return spikes;
    } catch (const FileError& e) {
        const std::string text = e.what();
        throw FileError(text.find(path) == std::string::npos ? path + ": " + text : text);
    }
}

SimulationSpec with_played_spikes(SimulationSpec spec) {
    std::string wrong;  // in any of the files
    for (CellPopulationSpec& p : spec.populations) {
        const auto* source = std::get_if<SpikeSource::Params>(&p.cell);
        if (!source || p.depth >= 0) continue;  // shown samples
        try {
            p.played = std::make_shared<const PlayedSpikes>(
                read_played_spikes(beside_model(spec.path, source->file).string(),
                                   {source->population.empty() ? p.name : source->population,
                                    static_cast<std::uint32_t>(p.size), spec.steps(), spec.dt,
                                    source->same_step, !source->population.empty()}));
            const PlayedSpikes& played = *p.played;
            const auto all = played.keys.size() + played.merged + played.later;
            const auto warn = [&](std::uint64_t spikes, const std::string& what) {
                if (spikes > 0)
                    spec.warnings.push_back(fmt::format("{}:{}:{}: {} of {} spikes of {} {}",
                                                        spec.path, p.at.line, p.at.column, spikes,
                                                        all, source->file, what));
            };
            warn(played.rounded,
                 fmt::format("lie between two steps of dt ({:g} ms) and are rounded", spec.dt));
            warn(played.later, "come after the end of the run and are not sent");
            warn(played.merged, "are merged with another of the same cell and step");
            if (played.assumed_unit)
                spec.warnings.push_back(
                    fmt::format("{}:{}:{}: {} names no unit of its times: ms assumed", spec.path,
                                p.at.line, p.at.column, source->file));
        } catch (const FileError& e) {
            wrong += fmt::format("{}{}:{}:{}: {}", wrong.empty() ? "" : "\n", spec.path, p.at.line,
                                 p.at.column, e.what());
        }
    }
    if (!wrong.empty()) throw FileError(wrong);
    return spec;
}

}  // namespace snnsim
