#include "src/sonata/import_sonata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <system_error>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/inputs/load_values.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/replace_file.hpp"
#include "src/run/outputs.hpp"
#include "src/sonata/edges.hpp"
#include "src/sonata/inputs.hpp"
#include "src/sonata/nodes.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/words.hpp"

namespace snnsim::sonata {
namespace {

namespace fs = std::filesystem;

constexpr const char* first_line = "# A network of SONATA";
constexpr const char* arrays_format = "snnsim arrays of a model";

/// An error of the input, on its way through what writes the output.
struct InputError : DataError {
    using DataError::DataError;
};

std::string quantity(double value, const std::string& unit) {
    return unit.empty() ? fmt::format("{}", value) : fmt::format("{} {}", value, unit);
}

/// A name as YAML takes it for a text.
std::string yaml_key(const std::string& name) {
    static const char* const words[] = {"null", "Null",  "NULL",  "true",  "True",
                                        "TRUE", "false", "False", "FALSE", "yes",
                                        "no",   "on",    "off",   "y",     "n"};
    const bool plain = std::isalpha(static_cast<unsigned char>(name[0])) &&
                       std::none_of(std::begin(words), std::end(words),
                                    [&](const char* word) { return name == word; });
    return plain ? name : "'" + name + "'";
}

/// The model's text, line by line, and the arrays that it names.
class Writer {
  public:
    Writer(const ImportOptions& options, const Config& config, double dt, double duration)
        : options_(options), config_(config), dt_(dt), duration_(duration) {
        fs::path arrays(options.output);
        arrays.replace_extension(".h5");
        arrays_ = arrays.string();
    }
    const std::string& arrays() const { return arrays_; }

    /// Writes the arrays into the file `path`.
    void write_arrays(const std::string& path) {
        h5::Handle out = h5::create_file(path);
        h5::write_text(out, "format", arrays_format);
        try {
            Names names;
            populations_ = read_nodes(config_, dt_, names);
            spikes_ = read_spike_inputs(config_, populations_, dt_, names, out);
            currents_ = read_current_inputs(config_, populations_, dt_, out);
            std::map<std::string, std::size_t> players;
            for (const Player& player : spikes_.players) ++players[player.of];
            edges_ = read_edges(config_, populations_, players, dt_, out);
            if (std::none_of(populations_.begin(), populations_.end(), [&](const auto& p) {
                    return std::any_of(p.parts.begin(), p.parts.end(),
                                       [](const Part& part) { return !part.is_virtual; });
                }))
                throw FileError(config_.file + ": networks.nodes: there are no cells");
        } catch (const FileError& e) {
            throw InputError(e.what());
        }
        write_header();
        write_populations(out);
        write_projections();
        write_stimuli();
        text_ += "record:\n";
        for (const std::string& name : recorded_)
            text_ += fmt::format("  - {{population: {}, what: spikes}}\n", yaml_key(name));
        out.close("cannot write " + path);
    }

    const std::string& text() const { return text_; }

    std::string summary() const {
        std::uint64_t synapses = 0, cells = 0;
        for (const Projection& p : edges_.projections) synapses += p.synapses;
        for (const NodePopulation& p : populations_) {
            for (const Part& part : p.parts) {
                if (!part.is_virtual) cells += part.node_ids.size();
            }
        }
        std::string out =
            fmt::format("{}: {}, {}, {}; arrays are in {}\n", options_.output,
                        counted(static_cast<std::int64_t>(cells), "cell"),
                        counted(static_cast<std::int64_t>(edges_.projections.size()), "projection"),
                        counted(static_cast<std::int64_t>(synapses), "synapse"), arrays_);
        for (const std::string& note : notes()) out += "  " + note + "\n";
        return out;
    }

  private:
    std::vector<std::string> notes() const {
        std::vector<std::string> out = notes_;
        for (const auto* of : {&spikes_.notes, &currents_.notes, &edges_.notes})
            out.insert(out.end(), of->begin(), of->end());
        for (const NodePopulation& p : populations_) {
            for (const Part& part : p.parts) {
                const auto moved = std::find_if(part.cells.begin(), part.cells.end(),
                                                [](const Cell& c) { return c.moved_t_ref > 0.0; });
                if (moved == part.cells.end()) continue;
                out.push_back(fmt::format(
                    "{}: t_ref {:g} ms lies just above a step: NEST rounds it up and lets currents "
                    "and threshold decay over {:g} ms; here they decay over a little more",
                    part.name, moved->moved_t_ref, moved->moved_t_ref));
            }
        }
        constexpr double least_dt = 0.02;  // ms: see docs/sonata.md
        if (dt_ < least_dt)
            out.push_back(fmt::format(
                "dt is {:g} ms: cells are stepped in single precision, and slow changes of v are "
                "lost in such short steps; with --dt '0.1 ms' spikes are closer to NEST's",
                dt_));
        const Item* const run = config_.find("run");
        for (const char* key : {"n_runs", "tstart", "precise_times", "allow_offgrid_spikes"}) {
            const std::optional<Item> found =
                run && run->value().is_object() ? run->find(key) : std::nullopt;
            const std::string value = found ? found->value().dump() : "";
            const bool usual = value.empty() || value == "0" || value == "0.0" || value == "1" ||
                               (value == "true" && key == std::string("precise_times")) ||
                               (value == "false" && key == std::string("allow_offgrid_spikes"));
            if (!usual)
                out.push_back(fmt::format("run.{} ({}) is not looked at", key, excerpt(value, 40)));
        }
        const Item* const reports = config_.find("reports");
        if (reports && reports->value().is_object() && !reports->value().empty())
            out.push_back("reports are not taken over: spikes of all cells are recorded");
        return out;
    }

    void write_header() {
        std::string name;
        for (const char c : fs::path(options_.output).stem().string())
            name += std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ? c : '_';
        const std::string from = excerpt(fs::path(config_.file).filename().string());
        text_ = fmt::format("{}, made of {} by snnsim import. Arrays are in {}.\n", first_line,
                            from, file());
        text_ += fmt::format("name: {}\nseed: 1\ndt: {}\nsimulate: {{duration: {}}}\n",
                             yaml_key(name.substr(0, 100)), quantity(dt_, "ms"),
                             quantity(duration_, "ms"));
    }

    /// The arrays, as the model names them.
    std::string file() const { return "'" + quoted(fs::path(arrays_).filename().string()) + "'"; }
    static std::string quoted(const std::string& text) {
        std::string out;
        for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
        return out;
    }
    std::string array(const std::string& set) const {
        return fmt::format("{{file: {}, dataset: '{}'}}", file(), set);
    }

    void write_populations(hid_t out) {
        text_ += "populations:\n";
        for (const NodePopulation& p : populations_) {
            for (const Part& part : p.parts) {
                if (!part.is_virtual) write_cells(part, out);
            }
        }
        for (const Player& player : spikes_.players) {
            text_ += fmt::format("  {}: {{model: spike_source, size: {}, file: {}}}\n",
                                 yaml_key(player.name), player.cells, file());
        }
        for (const NodePopulation& p : populations_) {
            for (const Part& part : p.parts) {
                const bool plays = part.is_virtual && spikes_.playing.contains(p.name);
                if (part.is_virtual && !plays) continue;
                h5::write_vector(out, "nodes/" + part.name + "/node_id", part.node_ids, "");
                const h5::Handle group = h5::open_group(out, "nodes/" + part.name);
                h5::write_text(group, "population", p.name);
                if (!part.numbered_alike())
                    notes_.push_back(fmt::format("cell k of {} is node nodes/{}/node_id[k] of '{}'",
                                                 part.name, part.name, excerpt(p.name, 60)));
            }
        }
    }

    void write_cells(const Part& part, hid_t out) {
        recorded_.push_back(part.name);
        const Cell& cell = part.cells[0];
        text_ += fmt::format("  {}:\n    size: {}\n    model: {}\n", yaml_key(part.name),
                             part.node_ids.size(), cell.model);
        for (const auto& [key, choice] : cell.choices)
            text_ += fmt::format("    {}: {}\n", key, choice);
        std::string initial;
        for (std::size_t k = 0; k < cell.values.size(); ++k) {
            const CellValue& v = cell.values[k];
            std::vector<double> all;
            const bool one = !part.own.contains(k) &&
                             std::all_of(part.cells.begin(), part.cells.end(), [&](const Cell& c) {
                                 return c.values[k].value == v.value;
                             });
            if (!one) all = part.values(k);
            std::string value = quantity(v.value, v.unit);
            if (!all.empty() &&
                std::all_of(all.begin(), all.end(), [&](double x) { return x == all[0]; })) {
                value = quantity(all[0], v.unit);
            } else if (!all.empty()) {
                const std::string set =
                    fmt::format("cells/{}/{}{}", part.name, v.initial ? "initial_" : "", v.name);
                h5::write_vector(out, set, all, v.unit.empty() ? "1" : v.unit);
                value = array(set);
            }
            if (!v.initial) {
                text_ += fmt::format("    {}: {}\n", v.name, value);
            } else {
                initial += fmt::format("{}{}: {}", initial.empty() ? "" : ", ", v.name, value);
            }
        }
        if (!initial.empty()) text_ += fmt::format("    initial: {{{}}}\n", initial);
    }

    void write_projections() {
        if (edges_.projections.empty()) return;
        text_ += "projections:\n";
        Names names;
        for (const Projection& p : edges_.projections) names.of(p.name);
        for (const Projection& p : edges_.projections) {
            std::vector<std::string> sources{p.from};
            for (const Player& player : spikes_.players) {
                if (player.of == p.from && player.name != p.from) sources.push_back(player.name);
            }
            for (std::size_t k = 0; k < sources.size(); ++k) {
                const std::string name = k == 0 ? p.name : names.of(p.name + "_again");
                text_ += fmt::format(
                    "  - name: {}\n    from: {}\n    to: {}\n    connect: {{rule: list, file: {}, "
                    "dataset: '{}'}}\n",
                    yaml_key(name), yaml_key(sources[k]), yaml_key(p.to), file(), p.list);
                if (p.one_weight)
                    text_ += fmt::format("    weight: {}\n", quantity(p.weight, p.weight_unit));
                if (p.one_delay) text_ += fmt::format("    delay: {}\n", quantity(p.delay, "ms"));
                if (p.port > 0) text_ += fmt::format("    receptor: syn_{}\n", p.port);
                text_ += "    weight_bits: 32\n";
            }
        }
    }

    void write_stimuli() {
        if (currents_.currents.empty()) return;
        text_ += "stimuli:\n";
        for (const Current& c : currents_.currents) {
            if (!c.waveform.empty()) {
                text_ += fmt::format("  - {{to: {}, kind: waveform, file: {}, dataset: '{}'}}\n",
                                     yaml_key(c.to), file(), c.waveform);
                continue;
            }
            text_ += fmt::format("  - {{to: {}, kind: dc, start: {}, ", yaml_key(c.to),
                                 quantity(c.start, "ms"));
            if (c.stop > 0.0) text_ += fmt::format("stop: {}, ", quantity(c.stop, "ms"));
            text_ +=
                fmt::format("amplitude: {}}}\n",
                            c.values.empty() ? quantity(c.amplitude, c.unit) : array(c.values));
        }
    }

    const ImportOptions& options_;
    const Config& config_;
    double dt_, duration_;
    std::string arrays_, text_;
    std::vector<NodePopulation> populations_;
    SpikesRead spikes_;
    CurrentsRead currents_;
    EdgesRead edges_;
    std::vector<std::string> recorded_, notes_;
};

/// Of the options, else of the section `run`.
double time_of(const Config& config, const std::optional<double>& given,
               std::initializer_list<const char*> keys, const char* option) {
    if (given) return *given;
    const Item* const run = config.find("run");
    for (const char* key : keys) {
        const std::optional<Item> found = run ? run->find(key) : std::nullopt;
        if (!found) continue;
        const double value = found->number();
        if (!(value > 0.0)) found->fail(fmt::format("{} ms; write more than 0", value));
        return value;
    }
    throw FileError(
        fmt::format("{}: run.{} is missing; say {}", config.file, *keys.begin(), option));
}

}  // namespace

std::string import_sonata(const ImportOptions& options) {
    const Config config = read_config(options.file);
    const double dt = time_of(config, options.dt, {"dt"}, "--dt '0.1 ms'");
    const double duration =
        time_of(config, options.duration, {"duration", "tstop"}, "--duration '1 s'");
    Writer writer(options, config, dt, duration);
    require_free(options.output, {"model that snnsim import has made", "", first_line},
                 options.force);
    require_free(writer.arrays(), {"file of arrays that snnsim import has made", arrays_format, ""},
                 options.force);
    try {
        replace_file(writer.arrays(), [&](const std::string& path) { writer.write_arrays(path); });
    } catch (const InputError& e) {
        throw FileError(e.what());
    } catch (const OutputError& e) {
        throw FileError(fmt::format("cannot write {}: {}", writer.arrays(), e.what()));
    }
    try {
        // It looks for the arrays too.
        SimulationSpec spec = parse_simulation(writer.text(), options.output);
        load_values(spec);
    } catch (const Error& e) {
        std::error_code ignored;
        fs::remove(writer.arrays(), ignored);
        throw FileError(fmt::format(
            "{}: what it says of the network makes no sound model, in which it would be:\n{}",
            options.file, bounded(e.what())));
    }
    save_text(options.output, writer.text());
    return writer.summary();
}

}  // namespace snnsim::sonata
