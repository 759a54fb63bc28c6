#include "src/sonata/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/files/room.hpp"
#include "src/io/hdf5.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/split_words.hpp"
#include "src/text/suggest.hpp"
#include "src/text/words.hpp"

namespace snnsim::sonata {
namespace {

/// The inputs that are on, with their names in `inputs`.
std::vector<std::pair<std::string, Item>> inputs_of(const Config& config) {
    std::vector<std::pair<std::string, Item>> out;
    const Item* const all = config.find("inputs");
    if (!all || all->value().empty()) return out;
    for (const auto& [name, item] : all->members()) {
        if (item.value().is_null()) continue;
        const std::optional<Item> on = item.find("enabled");
        if (!on || on->flag()) out.emplace_back(name, item);
    }
    return out;
}

bool is_spikes(const Item& input) {
    return input.at("input_type").text() == "spikes";
}

constexpr double latest_step = 4294967295.0;

struct Spike {
    double time;  // ms
    std::uint64_t node;
};

/// Of the populations in a file of spikes, the one that nodes of `population` play: theirs, or the
/// only one that there is. Nothing where there is none.
std::optional<std::string> played_of(const std::vector<std::string>& found,
                                     const std::string& population) {
    if (std::find(found.begin(), found.end(), population) != found.end()) return population;
    if (found.size() == 1) return found[0];
    if (found.empty()) return {};
    std::vector<std::string> some;
    for (const std::string& name : found) {
        if (some.size() < 20) some.push_back(excerpt(name, 40));
    }
    throw FileError(fmt::format("there are no spikes of '{}' (there are those of: {})",
                                excerpt(population, 60), join(some)));
}

/// The spikes of a population in SONATA's layout, or in that of its first files.
std::vector<Spike> spikes_of_hdf5(const std::string& path, const std::string& population) {
    const h5::Handle file = h5::open_to_read(path);
    std::string group = "spikes";
    if (!h5::exists(file, "spikes/timestamps")) {
        const std::optional<std::string> played =
            played_of(h5::children(file, "spikes"), population);
        if (!played) return {};
        group += "/" + *played;
    }
    const std::string times = group + "/timestamps", ids = h5::exists(file, group + "/gids")
                                                               ? group + "/gids"
                                                               : group + "/node_ids";
    const std::string unit = h5::exists(file, times) ? h5::unit_of(file, times) : "";
    double factor = 1.0;
    if (unit == "s" || unit == "seconds") {
        factor = 1000.0;
    } else if (!unit.empty() && unit != "ms" && unit != "milliseconds") {
        throw FileError(fmt::format("'{}': times in '{}'; ms and s are known", excerpt(times),
                                    excerpt(unit, 40)));
    }
    const std::size_t count = h5::count_of(file, times);
    if (count != h5::count_of(file, ids))
        throw FileError(
            fmt::format("'{}' and '{}' differ in length", excerpt(times), excerpt(ids)));
    require_room(count * 40, counted(static_cast<std::int64_t>(count), "spike"));
    const std::vector<double> time = h5::read_vector<double>(file, times);
    const std::vector<std::uint64_t> node = h5::read_vector<std::uint64_t>(file, ids);
    std::vector<Spike> out(count);
    for (std::size_t k = 0; k < count; ++k) out[k] = {time[k] * factor, node[k]};
    return out;
}

template <class T>
T number_in(std::string_view word, const std::string& what, std::size_t line) {
    T out{};
    const char* const last = word.data() + word.size();
    const auto [end, error] = std::from_chars(word.data(), last, out);
    if (error != std::errc{} || end != last)
        throw FileError(fmt::format("line {}: {}; found '{}'", line, what, excerpt(word, 40)));
    return out;
}

/// "timestamps population node_ids", as bmtk writes it.
std::vector<Spike> spikes_of_csv(const std::string& path, const std::string& population) {
    LineReader lines(path);
    constexpr std::size_t most_populations = 10000;
    std::map<std::string, std::vector<Spike>> by_population;
    std::size_t columns = 0, time = 0, node = 0, of = 0;
    bool named = false;
    while (const std::optional<std::string_view> line = lines.next()) {
        const std::vector<std::string_view> words = split_words(*line);
        if (words.empty()) continue;
        if (columns == 0) {
            columns = words.size();
            const auto place = [&](std::initializer_list<std::string_view> any) {
                for (const std::string_view name : any) {
                    const auto at = std::find(words.begin(), words.end(), name);
                    if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
                }
                return columns;
            };
            time = place({"timestamps", "times", "time"});
            node = place({"node_ids", "node_id", "gids"});
            of = place({"population"});
            named = of < columns;
            if (time == columns || node == columns)
                throw FileError("line 1: it must name the columns timestamps and node_ids");
            continue;
        }
        if (words.size() != columns)
            throw FileError(fmt::format("line {}: {}, but the first line names {}", lines.number(),
                                        counted(static_cast<std::int64_t>(words.size()), "value"),
                                        columns));
        std::vector<Spike>& out = by_population[named ? std::string(words[of]) : population];
        if (by_population.size() > most_populations)
            throw FileError(fmt::format("it has more than {} populations", most_populations));
        if (out.size() == out.capacity()) {
            const std::size_t more = std::max<std::size_t>(1024, 2 * out.size());
            require_room(more * 40, "spikes");
            out.reserve(more);
        }
        out.push_back({number_in<double>(words[time], "a time must be a number", lines.number()),
                       number_in<std::uint64_t>(words[node], "a node must be a whole number from 0",
                                                lines.number())});
    }
    std::vector<std::string> found;
    for (const auto& [name, spikes] : by_population) found.push_back(name);
    const std::optional<std::string> played = played_of(found, population);
    return played ? std::move(by_population[*played]) : std::vector<Spike>{};
}

/// The step in whose end NEST's spike_generator with precise_times sends: the first that does not
/// end before the time. Its arithmetic, as times that a file has can lie a bit off the grid.
double step_of(double time, double dt) {
    double step = std::floor(time / dt);
    if (!(step < latest_step)) return step;  // where a step more is no other number
    if ((step - 1.0) * dt >= time) step -= 1.0;
    while (step * dt < time) step += 1.0;
    return step;
}

/// Spikes on their way from files to populations that play them.
class Spikes {
  public:
    Spikes(const std::vector<NodePopulation>& populations, double dt)
        : populations_(populations), dt_(dt), keys_(populations.size()) {}

    void add(const Item& input, const std::vector<Selection>& selections) {
        const Item file = input.at("input_file");
        if (file.value().is_array())
            file.fail("a list is for several runs one after the other; name one file");
        const std::string path = file.path(), module = input.at("module").text();
        const bool text = module == "csv";
        if (!text && module != "sonata" && module != "h5" && module != "hdf5")
            input.at("module").fail(fmt::format(
                "spikes of '{}' are not taken over; those of sonata, h5, hdf5 and csv are",
                excerpt(module, 40)));
        const std::optional<Item> parrots = input.find("use_parrot_neurons");
        const double later = parrots && parrots->flag() ? 1.0 : 0.0;
        bool any = false;
        for (const Selection& s : selections) {
            const NodePopulation& p = populations_[s.population];
            if (!p.has_virtual()) continue;
            any = true;
            if (keys_[s.population])
                notes_.push_back(fmt::format(
                    "{} gets the spikes of several inputs, and plays all; PointNet of bmtk plays "
                    "the first, and makes all its synapses again for each other",
                    excerpt(p.name, 60)));
            if (s.node_ids.size() < p.node_ids.size())
                notes_.push_back(
                    fmt::format("{}: all virtual nodes of {} play, whichever of them node_set "
                                "names, as in PointNet of bmtk",
                                excerpt(input.place()), excerpt(p.name, 60)));
            try {
                const std::vector<Spike> spikes =
                    text ? spikes_of_csv(path, p.name) : spikes_of_hdf5(path, p.name);
                if (spikes.empty())
                    notes_.push_back(
                        fmt::format("{}: it has no spikes for {}", path, excerpt(p.name, 60)));
                take(s.population, spikes, later);
            } catch (const FileError& e) {
                const std::string what = e.what();
                throw FileError(what.find(path) == what.npos ? path + ": " + what : what);
            }
        }
        if (!any) input.fail("its node_set has no virtual nodes, which would play the spikes");
    }

    SpikesRead write(Names& names, hid_t out) {
        SpikesRead read;
        read.notes = std::move(notes_);
        for (std::size_t k = 0; k < keys_.size(); ++k) {
            if (!keys_[k]) continue;
            read.playing.insert(populations_[k].name);
            for (const Part& part : populations_[k].parts) {
                if (part.is_virtual) write_part(k, part, names, out, read);
            }
        }
        if (unknown_ > 0)
            read.notes.push_back(
                fmt::format("{} of nodes that are not there, or not virtual, are left out",
                            counted(static_cast<std::int64_t>(unknown_), "spike")));
        return read;
    }

  private:
    void take(std::size_t population, const std::vector<Spike>& spikes, double later) {
        const NodePopulation& p = populations_[population];
        if (!keys_[population]) keys_[population].emplace();
        std::vector<std::uint64_t>& keys = *keys_[population];
        for (std::size_t k = 0; k < spikes.size(); ++k) {
            const auto [time, node] = spikes[k];
            if (!std::isfinite(time))
                throw FileError(
                    fmt::format("spike {} (from 0): the time {} is no number", k, time));
            if (time <= 0.0)
                throw FileError(fmt::format(
                    "spike {} (from 0): the time {:g} ms; the first step begins at 0, and NEST too "
                    "plays only what comes after",
                    k, time));
            const double step = step_of(time, dt_) + later;
            if (!(step < latest_step))
                throw FileError(
                    fmt::format("spike {} (from 0): the time {:g} ms is too late", k, time));
            const std::optional<Place> place = p.find(node);
            if (!place || !p.parts[place->part].is_virtual) {
                ++unknown_;
                continue;
            }
            keys.push_back(static_cast<std::uint64_t>(step) << 32 | place->cell);
        }
        std::sort(keys.begin(), keys.end());
    }

    /// Two spikes of a node in one step are two; a cell sends one: another plays the second.
    void write_part(std::size_t population, const Part& part, Names& names, hid_t out,
                    SpikesRead& read) {
        constexpr std::size_t most_players = 16;
        std::vector<std::uint64_t> left = *keys_[population];
        for (std::size_t n = 1; n == 1 || !left.empty(); ++n) {
            if (n > most_players)
                throw FileError(
                    fmt::format("inputs: node {} of '{}' has more than {} spikes in the step that "
                                "ends at {:g} ms; "
                                "a smaller dt keeps those of different times apart",
                                part.node_ids[left[0] & 0xFFFFFFFFu], populations_[population].name,
                                most_players, static_cast<double>(left[0] >> 32) * dt_));
            std::vector<std::uint64_t> again;
            std::vector<double> times;
            std::vector<std::uint64_t> cells;
            for (std::size_t k = 0; k < left.size(); ++k) {
                if (k > 0 && left[k] == left[k - 1]) {
                    again.push_back(left[k]);
                    continue;
                }
                times.push_back(static_cast<double>(left[k] >> 32) * dt_);
                cells.push_back(left[k] & 0xFFFFFFFFu);
            }
            Player player;
            player.of = part.name;
            player.name = n == 1 ? part.name : names.of(fmt::format("{}_again", part.name));
            player.cells = part.node_ids.size();
            player.spikes = times.size();
            const std::string group = "spikes/" + player.name;
            h5::write_vector(out, group + "/timestamps", times, "ms");
            h5::write_vector(out, group + "/node_ids", cells, "");
            if (n == 2)
                read.notes.push_back(fmt::format(
                    "{} of '{}' {} in a step in which the node has sent one already: {} plays {}",
                    counted(static_cast<std::int64_t>(left.size()), "spike"), part.name,
                    left.size() == 1 ? "comes" : "come", player.name,
                    left.size() == 1 ? "it" : "them"));
            read.players.push_back(std::move(player));
            left = std::move(again);
        }
    }

    const std::vector<NodePopulation>& populations_;
    double dt_;
    std::vector<std::optional<std::vector<std::uint64_t>>> keys_;  // step << 32 | cell, sorted
    std::uint64_t unknown_ = 0;
    std::vector<std::string> notes_;
};

/// A current that changes at times, 0 before the first.
struct Steps {
    std::vector<double> times, amplitudes;
};

std::vector<double> numbers_of(const Item& item) {
    std::vector<double> out;
    for (const Item& one : item.items()) out.push_back(one.number());
    return out;
}

/// A list of clamps: one that begins before the last one ends takes its place.
Steps steps_of_clamps(const Item& input) {
    const std::vector<double> amp = numbers_of(input.at("amp")),
                              delay = numbers_of(input.at("delay")),
                              duration = numbers_of(input.at("duration"));
    if (amp.size() != delay.size() || amp.size() != duration.size())
        input.fail("amp, delay and duration must be of one length");
    Steps out;
    for (std::size_t k = 0; k < amp.size(); ++k) {
        if (!(delay[k] >= 0.0) || !(duration[k] > 0.0))
            input.fail(
                fmt::format("delay {} ms and duration {} ms: write at least 0, and more "
                            "than 0",
                            delay[k], duration[k]));
        if (k > 0 && delay[k] <= delay[k - 1]) input.fail("delays must ascend");
        if (!out.times.empty() && out.times.back() == delay[k]) {
            out.amplitudes.back() = amp[k];
        } else {
            out.times.push_back(delay[k]);
            out.amplitudes.push_back(amp[k]);
        }
        const double stop = delay[k] + duration[k];
        if (k + 1 < amp.size() && delay[k + 1] < stop) continue;
        out.times.push_back(stop);
        out.amplitudes.push_back(0.0);
    }
    return out;
}

/// "timestamps amps" in a file of text.
Steps steps_of_file(const Item& input) {
    const std::string path = input.at("file").path();
    const auto name_of = [&](const char* key, const char* standard) {
        const std::optional<Item> given = input.find(key);
        return given ? given->text() : std::string(standard);
    };
    const std::string time = name_of("timestamps_column", "timestamps"),
                      amp = name_of("amplitudes_column", "amps"),
                      separator = name_of("separator", " ");
    const std::string between = separator + "\r";
    Steps out;
    try {
        LineReader lines(path);
        std::size_t columns = 0, at_time = 0, at_amp = 0;
        while (const std::optional<std::string_view> line = lines.next()) {
            const std::vector<std::string_view> words = split_words(*line, between);
            if (words.empty()) continue;
            if (columns == 0) {
                columns = words.size();
                const auto place = [&](const std::string& name) {
                    const auto at = std::find(words.begin(), words.end(), name);
                    if (at == words.end())
                        throw FileError(fmt::format(
                            "line 1: there is no column '{}'; between columns stands '{}', or what "
                            "'separator' says",
                            excerpt(name, 40), excerpt(separator, 10)));
                    return static_cast<std::size_t>(at - words.begin());
                };
                at_time = place(time);
                at_amp = place(amp);
                continue;
            }
            if (words.size() != columns)
                throw FileError(
                    fmt::format("line {}: another number of values than columns", lines.number()));
            const auto t = number_in<double>(words[at_time], "a time must be a number",
                                             lines.number()),
                       a = number_in<double>(words[at_amp], "an amplitude must be a number",
                                             lines.number());
            if (!std::isfinite(t) || !std::isfinite(a) || t < 0.0 ||
                (!out.times.empty() && t <= out.times.back()))
                throw FileError(fmt::format("line {}: times ascend from 0 on, and all is finite",
                                            lines.number()));
            if (out.times.size() == out.times.capacity()) {
                const std::size_t more = std::max<std::size_t>(1024, 2 * out.times.size());
                require_room(more * 32, "currents");
                out.times.reserve(more);
                out.amplitudes.reserve(more);
            }
            out.times.push_back(t);
            out.amplitudes.push_back(a);
        }
        if (out.times.empty()) throw FileError("it has no currents");
    } catch (const FileError& e) {
        const std::string what = e.what();
        throw FileError(what.find(path) == what.npos ? path + ": " + what : what);
    }
    return out;
}

/// Without the last digits of a sum, for people.
double tidy(double time) {
    return std::round(time * 1e9) / 1e9;
}

/// A part of whose cells some get a current.
void add_current(CurrentsRead& read, const std::string& input, const Part& part,
                 const std::vector<std::uint32_t>& cells, const Steps& steps, double dt,
                 hid_t out) {
    Current c;
    c.to = part.name;
    c.unit = part.cells[0].current_unit;
    const bool all = cells.size() == part.node_ids.size();
    // NEST's generator is joined by a delay of dt.
    const bool one =
        steps.times.size() == 1 || (steps.times.size() == 2 && steps.amplitudes[1] == 0.0);
    if (one) {
        c.start = tidy(steps.times[0] + dt);
        c.stop = steps.times.size() == 2 ? tidy(steps.times[1] + dt) : 0.0;
        c.amplitude = steps.amplitudes[0];
    }
    const std::string group = fmt::format("currents/{}/{}", input, part.name);
    const std::size_t columns = all ? 1 : part.node_ids.size();
    if (one && !all) {
        std::vector<double> values(columns, 0.0);
        for (const std::uint32_t cell : cells) values[cell] = c.amplitude;
        c.values = group + "/amplitude";
        h5::write_vector(out, c.values, values, c.unit);
    } else if (!one) {
        constexpr std::size_t most = 1u << 28;  // as a waveform may have
        const std::size_t rows = steps.times.size();
        if (rows > most / columns)
            throw FileError(
                fmt::format("inputs.{}: {} times and {} cells are more currents than a "
                            "waveform may have",
                            input, rows, columns));
        require_room(rows * columns * sizeof(double), "the currents of " + input);
        std::vector<double> values(rows * columns, 0.0), times;
        for (std::size_t row = 0; row < rows; ++row) {
            times.push_back(steps.times[row] + dt);
            if (all) values[row] = steps.amplitudes[row];
            for (const std::uint32_t cell : cells) {
                if (!all) values[row * columns + cell] = steps.amplitudes[row];
            }
        }
        c.waveform = group + "/current";
        h5::write_vector(out, c.waveform, values, c.unit,
                         all ? h5::Dims{rows} : h5::Dims{rows, columns});
        h5::write_vector(out, group + "/times", times, "ms");
    }
    read.currents.push_back(std::move(c));
}

}  // namespace

SpikesRead read_spike_inputs(const Config& config, const std::vector<NodePopulation>& populations,
                             double dt, Names& names, hid_t out) {
    Spikes spikes(populations, dt);
    for (const auto& [name, input] : inputs_of(config)) {
        if (!is_spikes(input)) continue;
        spikes.add(input, select(config, populations, input.find("node_set")));
    }
    return spikes.write(names, out);
}

CurrentsRead read_current_inputs(const Config& config,
                                 const std::vector<NodePopulation>& populations, double dt,
                                 hid_t out) {
    CurrentsRead read;
    Names names;
    for (const auto& [name, input] : inputs_of(config)) {
        if (is_spikes(input)) continue;
        const std::string module = input.at("module").text(), type = input.at("input_type").text();
        const bool clamp = type == "current_clamp", file = type == "csv" || type == "file";
        if (module != "IClamp" || (!clamp && !file))
            input.fail(
                fmt::format("the module '{}' with input_type '{}' is not taken over; spikes "
                            "and IClamp are; '\"enabled\": false' leaves it out",
                            excerpt(module, 40), excerpt(type, 40)));
        const Steps steps = clamp ? steps_of_clamps(input) : steps_of_file(input);
        for (std::size_t k = 0; k < steps.times.size(); ++k) {
            if (steps.times[k] > dt * (1.0 + 1e-9) || steps.amplitudes[k] == 0.0) continue;
            read.notes.push_back(
                fmt::format("inputs.{}: its current begins at {:g} ms, and acts "
                            "here; PointNet of bmtk leaves out what begins in the "
                            "first step",
                            excerpt(name, 60), steps.times[k]));
        }
        if (input.find("gids"))
            read.notes.push_back(
                fmt::format("inputs.{}: gids is not looked at, as in PointNet of "
                            "bmtk; node_set says which cells get the current",
                            excerpt(name, 60)));
        const std::string own = names.of(name);
        std::size_t reached = 0;
        for (const Selection& s : select(config, populations, input.find("node_set"))) {
            const NodePopulation& p = populations[s.population];
            std::vector<std::vector<std::uint32_t>> cells(p.parts.size());
            for (const std::uint64_t node : s.node_ids) {
                const Place place = p.find(node).value();
                if (!p.parts[place.part].is_virtual) cells[place.part].push_back(place.cell);
            }
            for (std::size_t k = 0; k < cells.size(); ++k) {
                if (cells[k].empty()) continue;
                add_current(read, own, p.parts[k], cells[k], steps, dt, out);
                reached += cells[k].size();
            }
        }
        if (reached == 0) input.fail("its node_set has no cells");
    }
    return read;
}

}  // namespace snnsim::sonata
