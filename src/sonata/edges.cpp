#include "src/sonata/edges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <unordered_map>

#include "kernels/steps.hpp"
#include "snnsim/error.hpp"
#include "snnsim/simulation_spec.hpp"
#include "src/files/room.hpp"
#include "src/io/hdf5.hpp"
#include "src/sonata/edge_lists.hpp"
#include "src/sonata/edge_types.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/suggest.hpp"
#include "src/text/words.hpp"

namespace snnsim::sonata {
namespace {

constexpr std::size_t least_chunk = 1 << 10, most_chunk = 1 << 16;  // rows, in what is written
/// So few types get a projection each, whose weight and delay are then mostly one number.
constexpr std::size_t few_types = 8;
constexpr std::size_t most_edges = 4294967295u;  // as a list of synapses may have
constexpr std::size_t most_projections = 100000;

/// A number for each of some edges, mostly the same for all.
struct Values {
    bool same = true;
    double value = 0.0;
    std::vector<double> each;  // where they are not the same

    double operator[](std::size_t k) const { return same ? value : each[k]; }
    void set(double all) {
        same = true;
        value = all;
    }
    void set(std::vector<double> values) {
        each = std::move(values);
        same = each.empty() ||
               std::all_of(each.begin(), each.end(), [&](double v) { return v == each[0]; });
        if (same) value = each.empty() ? 0.0 : each[0];
    }
};

/// A property of a group of edges, of which parts are read.
class GroupColumn {
  public:
    GroupColumn(hid_t file, std::string path)
        : file_(file), path_(std::move(path)), size_(h5::count_of(file, path_)) {}

    std::size_t size() const { return size_; }
    const std::string& path() const { return path_; }

    /// Of the edges with these places in the group, the least and greatest of which are told.
    std::vector<double> read(const std::vector<std::uint64_t>& index, std::uint64_t low,
                             std::uint64_t high) {
        if (high >= size_)
            throw FileError(fmt::format("'{}' has {} values, and edge_group_index is {}",
                                        excerpt(path_), size_, high));
        const bool in_order = high - low + 1 == index.size() &&
                              std::adjacent_find(index.begin(), index.end(), [](auto a, auto b) {
                                  return b != a + 1;
                              }) == index.end();
        if (in_order) return h5::read_rows<double>(file_, path_, low, index.size());
        std::vector<double> out(index.size());
        if (high - low < 4 * piece) {
            const std::vector<double> near =
                h5::read_rows<double>(file_, path_, low, high - low + 1);
            for (std::size_t k = 0; k < index.size(); ++k) out[k] = near[index[k] - low];
            return out;
        }
        if (all_.empty()) all_ = h5::read_vector<double>(file_, path_);
        for (std::size_t k = 0; k < index.size(); ++k) out[k] = all_[index[k]];
        return out;
    }

  private:
    hid_t file_;
    std::string path_;
    std::size_t size_;
    std::vector<double> all_;  // where edges of a group are in no order
};

/// What the group of an edge says of it, beside its type.
struct Group {
    std::optional<GroupColumn> weight, delay, synapses, port;
};

class Reader {
  public:
    Reader(const Config& config, const std::vector<NodePopulation>& populations,
           const std::map<std::string, std::size_t>& players, double dt, hid_t out)
        : config_(config), populations_(populations), players_(players), dt_(dt), out_(out) {}

    void add(const Item& files) {
        if (const std::optional<Item> on = files.find("enabled"); on && !on->flag()) return;
        const std::string path = files.at("edges_file").path();
        const std::optional<Item> types = files.find("edge_types_file");
        std::optional<TypesTable> table;
        if (types) table.emplace(types->path(), "edge_type_id");
        const h5::Handle file = h5::open_to_read(path);
        placed(path, [&] {
            const std::vector<std::string> found = h5::children(file, "edges");
            if (found.empty()) throw FileError("there are no populations in '/edges'");
            for (const std::string& name : found)
                add_population(file, name, table ? &*table : nullptr);
        });
    }

    EdgesRead take() {
        drop_what_is_lost();
        if (left_out_ > 0)
            notes_.push_back(fmt::format("{} of virtual nodes that get no spikes are left out",
                                         counted(static_cast<std::int64_t>(left_out_), "edge")));
        return {std::move(projections_), std::move(notes_)};
    }

  private:
    // What a population of edges is read with.
    struct Work {
        hid_t file = H5I_INVALID_HID;
        std::string group;
        const TypesTable* table = nullptr;
        const NodePopulation *from = nullptr, *to = nullptr;
        bool by_type = false;  // a projection for each type
        std::size_t chunk = most_chunk;
        std::map<std::int64_t, Group> groups;
        std::vector<EdgeType> types;
        std::vector<std::int64_t> type_ids;
        std::unordered_map<std::int64_t, std::uint32_t> type_index;
        // By type, receptor and the parts of source and target.
        std::map<std::array<std::uint32_t, 4>, std::unique_ptr<Sink>> sinks;
    };
    /// Some edges, by columns.
    struct Edges {
        std::vector<std::uint32_t> source, target;  // cells
        std::vector<std::uint32_t> from, to;        // parts, where there are several
        std::vector<std::uint32_t> type;            // empty: all of types[one_type]
        std::uint32_t one_type = 0;
        Values weight, delay, port;
        std::size_t size() const { return source.size(); }
    };

    const NodePopulation& end_of(hid_t file, const std::string& set) const {
        const h5::Handle data(H5Dopen2(file, set.c_str(), H5P_DEFAULT), H5Dclose,
                              "the data set '" + excerpt(set) + "' is missing");
        for (const char* name : {"node_population", "network"}) {
            if (!h5::has_attribute(data, name)) continue;
            const std::string population = h5::read_text(data, name);
            for (const NodePopulation& p : populations_) {
                if (p.name == population) return p;
            }
            std::vector<std::string> known;
            for (const NodePopulation& p : populations_) known.push_back(excerpt(p.name, 40));
            throw FileError(fmt::format("'{}': there is no population '{}'{}", excerpt(set),
                                        excerpt(population, 60), did_you_mean(population, known)));
        }
        throw FileError(
            fmt::format("'{}': the attribute node_population is missing, which says "
                        "whose nodes these are",
                        excerpt(set)));
    }

    void add_population(hid_t file, const std::string& name, const TypesTable* table) {
        Work w;
        w.file = file;
        w.group = "edges/" + name;
        w.table = table;
        if (!h5::is_group(file, w.group)) throw FileError("'" + excerpt(w.group) + "' is no group");
        const std::string sources = w.group + "/source_node_id",
                          targets = w.group + "/target_node_id";
        w.from = &end_of(file, sources);
        w.to = &end_of(file, targets);
        const std::size_t rows = h5::count_of(file, sources);
        if (rows > most_edges)
            throw FileError(fmt::format("'{}' has {} edges; a list here has {} at most",
                                        excerpt(w.group), rows, most_edges));
        const auto same_length = [&](const std::string& set) {
            if (const std::size_t own = h5::count_of(file, set); own != rows)
                throw FileError(fmt::format("'{}' has {} values, and source_node_id {}",
                                            excerpt(set), own, rows));
        };
        same_length(targets);
        const bool typed = h5::exists(file, w.group + "/edge_type_id");
        if (typed) same_length(w.group + "/edge_type_id");
        const bool grouped = h5::exists(file, w.group + "/edge_group_id") &&
                             h5::exists(file, w.group + "/edge_group_index");
        if (grouped) {
            same_length(w.group + "/edge_group_id");
            same_length(w.group + "/edge_group_index");
        }
        name_ = name;
        const std::size_t types = table ? table->size() : 1;
        w.by_type = types > 1 && types <= few_types;
        w.chunk =
            std::clamp(rows / ((w.by_type ? types : 1) * w.from->parts.size() * w.to->parts.size()),
                       least_chunk, most_chunk);
        Edges edges;
        for (std::size_t first = 0; first < rows; first += piece) {
            const std::size_t count = std::min(piece, rows - first);
            edges.source = h5::read_rows<std::uint32_t>(file, sources, first, count);
            edges.target = h5::read_rows<std::uint32_t>(file, targets, first, count);
            to_cells(*w.from, edges.source, edges.from, sources, first);
            to_cells(*w.to, edges.target, edges.to, targets, first);
            read_types(w, edges, typed, first);
            read_groups(w, edges, grouped, first);
            check_values(w, edges, first);
            send(w, edges);
        }
        for (auto& [key, sink] : w.sinks) {
            sink->flush(out_);
            Projection& p = projections_.emplace_back(std::move(sink->projection));
            p.one_weight = sink->weight.one();
            p.one_delay = sink->delay.one();
            p.weight = sink->weight.value();
            p.delay = sink->delay.value();
        }
    }

    static void to_cells(const NodePopulation& p, std::vector<std::uint32_t>& ids,
                         std::vector<std::uint32_t>& parts, const std::string& set,
                         std::size_t first) {
        const auto fail = [&](std::size_t k) {
            throw FileError(fmt::format("'{}'[{}]: '{}' has no node {}", excerpt(set), first + k,
                                        excerpt(p.name, 60), ids[k]));
        };
        if (p.part_of.empty()) {
            const auto size = static_cast<std::uint32_t>(p.node_ids.size());
            std::uint32_t greatest = 0;
            for (const std::uint32_t id : ids) greatest = std::max(greatest, id);
            if (greatest < size) return;
            for (std::size_t k = 0; k < ids.size(); ++k) {
                if (ids[k] >= size) fail(k);
            }
        }
        parts.resize(ids.size());
        for (std::size_t k = 0; k < ids.size(); ++k) {
            if (ids[k] >= p.part_of.size() || p.part_of[ids[k]] == NodePopulation::no_part) fail(k);
            parts[k] = p.part_of[ids[k]];
            ids[k] = p.cell_of[ids[k]];
        }
    }

    std::uint32_t index_of(Work& w, std::int64_t id) {
        const auto at = w.type_index.find(id);
        if (at != w.type_index.end()) return at->second;
        const TypesTable::Row* const row = w.table ? w.table->find(id) : nullptr;
        if (w.table && !row)
            throw Placed(fmt::format("{}: there is no edge_type_id {}, which '{}' has",
                                     w.table->path(), id, excerpt(w.group)));
        if (w.types.size() == most_projections)
            throw FileError(
                fmt::format("'{}' has more than {} types", excerpt(w.group), most_projections));
        try {
            w.types.push_back(row ? read_type(*row, config_) : EdgeType{});
        } catch (const FileError& e) {
            throw Placed(e.what());
        }
        w.type_ids.push_back(id);
        const auto index = static_cast<std::uint32_t>(w.types.size() - 1);
        w.type_index.emplace(id, index);
        return index;
    }

    void read_types(Work& w, Edges& edges, bool typed, std::size_t first) {
        edges.type.clear();
        if (!typed) {
            edges.one_type = index_of(w, 0);
            return;
        }
        const auto ids =
            h5::read_rows<std::int64_t>(w.file, w.group + "/edge_type_id", first, edges.size());
        std::int64_t last = ids[0];
        std::uint32_t index = index_of(w, last);
        edges.one_type = index;
        if (std::all_of(ids.begin(), ids.end(), [&](std::int64_t id) { return id == ids[0]; }))
            return;
        edges.type.resize(ids.size());
        for (std::size_t k = 0; k < ids.size(); ++k) {
            if (ids[k] != last) {
                last = ids[k];
                index = index_of(w, last);
            }
            edges.type[k] = index;
        }
    }

    Group& group_of(Work& w, std::int64_t id) {
        const auto [at, is_new] = w.groups.try_emplace(id);
        if (!is_new) return at->second;
        if (w.groups.size() > 10000)
            throw FileError("'" + excerpt(w.group) + "' has too many groups");
        Group& group = at->second;
        const std::string path = fmt::format("{}/{}", w.group, id);
        const auto open = [&](std::optional<GroupColumn>& column, const std::string& name) {
            const std::string set = path + "/" + name;
            if (!column && h5::exists(w.file, set) && !h5::is_group(w.file, set))
                column.emplace(w.file, set);
        };
        open(group.weight, "syn_weight");
        open(group.delay, "delay");
        open(group.synapses, "nsyns");
        for (const std::string& name : h5::children(w.file, path + "/dynamics_params")) {
            if (name == "receptor_type") continue;
            notes_.push_back(
                fmt::format("'{}/dynamics_params/{}' is not looked at, as in PointNet of "
                            "bmtk; syn_weight and delay are",
                            excerpt(path), excerpt(name, 40)));
        }
        if (id != 0 && !h5::is_group(w.file, path))
            throw FileError(fmt::format("'{}': there is no group {}, which edge_group_id names",
                                        excerpt(w.group), id));
        open(group.port, "dynamics_params/receptor_type");
        return group;
    }

    /// Weights, delays and receptors of the edges: of their groups, else of their types.
    void read_groups(Work& w, Edges& edges, bool grouped, std::size_t first) {
        const std::size_t count = edges.size();
        std::vector<std::uint64_t> index;
        std::vector<std::int64_t> ids;
        bool one_group = true;
        if (grouped) {
            ids = h5::read_rows<std::int64_t>(w.file, w.group + "/edge_group_id", first, count);
            one_group =
                std::all_of(ids.begin(), ids.end(), [&](std::int64_t id) { return id == ids[0]; });
        }
        if (one_group) {
            Group& group = group_of(w, grouped ? ids[0] : 0);
            if (group.weight || group.delay || group.synapses || group.port)
                index = index_of_rows(w, grouped, first, count);
            fill(w, edges, group, index);
            return;
        }
        index = index_of_rows(w, grouped, first, count);
        // Each group by itself, and all together again.
        std::map<std::int64_t, std::vector<std::uint32_t>> rows;
        for (std::size_t k = 0; k < count; ++k) {
            rows[ids[k]].push_back(static_cast<std::uint32_t>(k));
            if (rows.size() > 10000)
                throw FileError("'" + excerpt(w.group) + "' has too many groups");
        }
        std::vector<double> weight(count), delay(count), port(count);
        for (const auto& [id, of_group] : rows) {
            Edges part;
            part.source.resize(of_group.size());
            part.one_type = edges.one_type;
            std::vector<std::uint64_t> places;
            for (const std::uint32_t k : of_group) {
                places.push_back(index[k]);
                if (!edges.type.empty()) part.type.push_back(edges.type[k]);
            }
            fill(w, part, group_of(w, id), places);
            for (std::size_t k = 0; k < of_group.size(); ++k) {
                weight[of_group[k]] = part.weight[k];
                delay[of_group[k]] = part.delay[k];
                port[of_group[k]] = part.port[k];
            }
        }
        edges.weight.set(std::move(weight));
        edges.delay.set(std::move(delay));
        edges.port.set(std::move(port));
    }

    static std::vector<std::uint64_t> index_of_rows(const Work& w, bool grouped, std::size_t first,
                                                    std::size_t count) {
        if (grouped)
            return h5::read_rows<std::uint64_t>(w.file, w.group + "/edge_group_index", first,
                                                count);
        std::vector<std::uint64_t> out(count);
        for (std::size_t k = 0; k < count; ++k) out[k] = first + k;
        return out;
    }

    static void fill(const Work& w, Edges& edges, Group& group,
                     const std::vector<std::uint64_t>& index) {
        const auto [low, high] = std::minmax_element(index.begin(), index.end());
        const std::uint64_t least = index.empty() ? 0 : *low, most = index.empty() ? 0 : *high;
        const auto take = [&](Values& out, std::optional<GroupColumn>& column, auto of_type) {
            if (column) {
                out.set(column->read(index, least, most));
            } else if (edges.type.empty()) {
                out.set(of_type(w.types[edges.one_type]));
            } else {
                std::vector<double> each(edges.size());
                for (std::size_t k = 0; k < each.size(); ++k)
                    each[k] = of_type(w.types[edges.type[k]]);
                out.set(std::move(each));
            }
        };
        take(edges.weight, group.weight, [&](const EdgeType& t) {
            if (std::isnan(t.weight))
                throw FileError(
                    fmt::format("'{}': edges of edge_type_id {} have no syn_weight, here "
                                "or in the table of types",
                                excerpt(w.group), t.id));
            return t.weight;
        });
        take(edges.delay, group.delay, [](const EdgeType& t) { return t.delay; });
        take(edges.port, group.port, [](const EdgeType& t) { return static_cast<double>(t.port); });
        Values synapses;
        take(synapses, group.synapses, [](const EdgeType& t) { return t.synapses; });
        if (synapses.same && synapses.value == 1.0) return;
        // One row stands for several synapses, which arrive together.
        if (synapses.same && edges.weight.same) {
            edges.weight.set(edges.weight.value * synapses.value);
            return;
        }
        std::vector<double> weight(edges.size());
        for (std::size_t k = 0; k < weight.size(); ++k) weight[k] = edges.weight[k] * synapses[k];
        edges.weight.set(std::move(weight));
    }

    void check_values(const Work& w, Edges& edges, std::size_t first) {
        const std::size_t count = edges.size();
        const auto check = [&](Values& values, auto&& one) {
            const std::size_t last = values.same ? std::min<std::size_t>(count, 1) : count;
            for (std::size_t k = 0; k < last; ++k)
                one(values.same ? values.value : values.each[k], k);
        };
        const auto fail = [&](std::size_t k, const std::string& what) {
            const std::uint32_t type = edges.type.empty() ? edges.one_type : edges.type[k];
            throw FileError(fmt::format("'{}', edge {} (from 0), edge_type_id {}: {}",
                                        excerpt(w.group), first + k, w.type_ids[type], what));
        };
        check(edges.weight, [&](double v, std::size_t k) {
            if (!std::isfinite(v)) fail(k, fmt::format("its weight is {}", v));
        });
        // The nearest step, and NEST refuses what is less than half of one.
        bool short_ones = false;
        check(edges.delay, [&](double v, std::size_t k) {
            const double steps = v / dt_;
            short_ones = short_ones || steps < 1.0;
            if (steps >= 0.5 - step_tolerance && steps <= most_delay_steps + step_tolerance) return;
            fail(k, fmt::format("its delay is {} ms; it must be between dt ({:g} ms) and {:g} ms",
                                v, dt_, most_delay_steps * dt_));
        });
        if (short_ones && edges.delay.same) edges.delay.value = dt_;
        if (short_ones && !edges.delay.same) {
            for (double& v : edges.delay.each) v = std::max(v, dt_);
        }
        check(edges.port, [&](double v, std::size_t k) {
            if (!(v >= 0.0 && v <= 1000.0) || v != std::floor(v))
                fail(k, fmt::format("receptor_type {} is none", v));
        });
    }

    /// The sink of edges from a part to a part; null where nothing would come through them.
    Sink* sink_of(Work& w, std::uint32_t type, std::uint32_t port, std::uint32_t from,
                  std::uint32_t to) {
        const Part &source = w.from->parts[from], &target = w.to->parts[to];
        if (target.is_virtual)
            throw FileError(fmt::format("'{}' has an edge to a virtual node of '{}'",
                                        excerpt(w.group), excerpt(w.to->name, 60)));
        if (source.is_virtual && !players_.contains(source.name)) return nullptr;
        std::unique_ptr<Sink>& sink = w.sinks[{w.by_type ? type : 0, port, from, to}];
        if (sink) return sink.get();
        if (w.sinks.size() > most_projections)
            throw FileError(fmt::format("'{}' becomes more than {} projections", excerpt(w.group),
                                        most_projections));
        const Cell& cell = target.cells[0];
        if (cell.ports == 0 && port > 0)
            throw FileError(
                fmt::format("'{}', edge_type_id {}: receptor_type {}, but {} has none "
                            "that are numbered",
                            excerpt(w.group), w.type_ids[type], port, cell.model));
        if (cell.ports > 0 && (port < 1 || port > static_cast<std::uint32_t>(cell.ports)))
            throw FileError(fmt::format(
                "'{}', edge_type_id {}: receptor_type {} is none of '{}', which has 1 to {}",
                excerpt(w.group), w.type_ids[type], port, excerpt(w.to->name, 60), cell.ports));
        Projection p;
        const bool parts = w.from->parts.size() > 1 || w.to->parts.size() > 1;
        const std::string base = parts ? source.name + "_to_" + target.name : name_;
        p.name = names_.of(w.by_type ? fmt::format("{}_{}", base, w.type_ids[type]) : base);
        p.from = source.name;
        p.to = target.name;
        p.list = "edges/" + p.name;
        p.port = cell.ports > 0 ? static_cast<int>(port) : 0;
        p.weight_unit = cell.weight_unit;
        sink = std::make_unique<Sink>(std::move(p), w.chunk, out_);
        return sink.get();
    }

    void send(Work& w, const Edges& edges) {
        const bool one_from = w.from->parts.size() == 1, one_to = w.to->parts.size() == 1;
        const bool one_type = edges.type.empty() || !w.by_type;
        if (one_type && edges.port.same && one_from && one_to) {
            Sink* const sink =
                sink_of(w, edges.one_type, static_cast<std::uint32_t>(edges.port.value), 0, 0);
            if (!sink) {
                left_out_ += edges.size();
                return;
            }
            if (sink->source.empty()) {
                append(*sink, edges);
                return;
            }
        }
        // Edges of many sinks wait in each of them, all together no more than a few pieces.
        std::array<std::uint32_t, 4> last{};
        Sink* sink = nullptr;
        bool known = false;
        for (std::size_t k = 0; k < edges.size(); ++k) {
            const std::uint32_t type = edges.type.empty() ? edges.one_type : edges.type[k];
            const std::array<std::uint32_t, 4> key{
                w.by_type ? type : 0, static_cast<std::uint32_t>(edges.port[k]),
                one_from ? 0 : edges.from[k], one_to ? 0 : edges.to[k]};
            if (!known || key != last) {
                sink = sink_of(w, type, key[1], key[2], key[3]);
                last = key;
                known = true;
            }
            if (!sink) {
                ++left_out_;
                continue;
            }
            sink->source.push_back(edges.source[k]);
            sink->target.push_back(edges.target[k]);
            sink->weights.push_back(edges.weight[k]);
            sink->delays.push_back(edges.delay[k]);
        }
        const std::size_t most = piece / std::max<std::size_t>(1, w.sinks.size());
        for (auto& [key, one] : w.sinks) {
            if (one->source.size() > most) one->flush(out_);
        }
    }
    void append(Sink& sink, const Edges& edges) {
        sink.write_ids(out_, edges.source, edges.target);
        if (edges.weight.same) sink.look_at(edges.weight.value);
        for (const double w : edges.weight.each) {
            if (!edges.weight.same) sink.look_at(w);
        }
        const auto add = [&](Column& column, const Values& values) {
            if (values.same) {
                column.append(out_, values.value, edges.size());
            } else {
                column.append(out_, values.each.data(), edges.size());
            }
        };
        add(sink.weight, edges.weight);
        add(sink.delay, edges.delay);
    }

    std::size_t copies_of(const Projection& p) const {
        const auto at = players_.find(p.from);
        return at == players_.end() ? 1 : at->second;
    }
    /// Calls f(targets, weights) with the synapses of a projection in pieces; what f changes in the
    /// weights is written when it returns true.
    template <class F>
    void for_pieces(const Projection& p, F&& f) {
        for (std::uint64_t first = 0; first < p.synapses; first += piece) {
            const std::uint64_t count = std::min<std::uint64_t>(piece, p.synapses - first);
            const auto targets =
                h5::read_rows<std::uint32_t>(out_, p.list + "/target", first, count);
            std::vector<double> weights =
                p.one_weight ? std::vector<double>(count, p.weight)
                             : h5::read_rows<double>(out_, p.list + "/weight", first, count);
            if (f(targets, weights)) write_rows(p.list + "/weight", first, weights);
        }
    }
    void write_rows(const std::string& path, hsize_t first, const std::vector<double>& values) {
        const std::string what = "cannot write '" + path + "'";
        const hsize_t count = values.size();
        const h5::Handle set(H5Dopen2(out_, path.c_str(), H5P_DEFAULT), H5Dclose, what),
            space(H5Dget_space(set), H5Sclose, what),
            memory(H5Screate_simple(1, &count, nullptr), H5Sclose, what);
        h5::check(H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, nullptr, &count, nullptr),
                  what);
        h5::check(H5Dwrite(set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values.data()),
                  what);
    }

    /// Weights lie on a grid on which the greatest sum of a cell fits (see weight_plan.cpp): one
    /// that would become 0 there stops a run, and is 0 from here on.
    void drop_what_is_lost() {
        constexpr double most_sum = 2147483000.0 / 2.0;  // steps; half of what there is
        std::map<std::string, std::vector<Projection*>> by_target;
        for (Projection& p : projections_) by_target[p.to].push_back(&p);
        for (const NodePopulation& population : populations_) {
            for (const Part& part : population.parts) {
                const auto at = by_target.find(part.name);
                if (at != by_target.end()) drop_of(part, at->second, most_sum);
            }
        }
    }
    void drop_of(const Part& part, const std::vector<Projection*>& into, double most_sum) {
        double least = std::numeric_limits<double>::infinity(), bound = 0.0;
        for (const Projection* p : into) {
            least = std::min(least, p->least);
            bound += p->largest * static_cast<double>(p->synapses * copies_of(*p));
        }
        if (least * most_sum >= bound) return;  // nothing can be lost
        double sum = 0.0;
        for (const Projection* p : into) {
            std::vector<double> sums(part.node_ids.size());
            for_pieces(*p, [&](const auto& targets, const std::vector<double>& weights) {
                for (std::size_t k = 0; k < targets.size(); ++k)
                    sums[targets[k]] += std::abs(weights[k]);
                return false;
            });
            sum += *std::max_element(sums.begin(), sums.end()) * static_cast<double>(copies_of(*p));
        }
        const double limit = sum / most_sum;
        std::uint64_t lost = 0;
        const auto is_lost = [&](double w) { return w != 0.0 && std::abs(w) < limit; };
        for (Projection* p : into) {
            if (p->least >= limit) continue;
            if (p->one_weight) {
                lost += p->synapses;
                p->weight = 0.0;
                continue;
            }
            for_pieces(*p, [&](const auto&, std::vector<double>& weights) {
                const std::uint64_t before = lost;
                for (double& w : weights) {
                    if (!is_lost(w)) continue;
                    w = 0.0;
                    ++lost;
                }
                return lost > before;
            });
        }
        if (lost > 0)
            notes_.push_back(fmt::format(
                "{} onto {} below {:.3g}{}{} {} 0 now: beside the sum of a cell's weights {} lost",
                counted(static_cast<std::int64_t>(lost), "weight"), part.name, limit,
                part.cells[0].weight_unit.empty() ? "" : " ", part.cells[0].weight_unit,
                lost == 1 ? "is" : "are", lost == 1 ? "it is" : "they are"));
    }

    const Config& config_;
    const std::vector<NodePopulation>& populations_;
    const std::map<std::string, std::size_t>& players_;
    double dt_;
    hid_t out_;
    Names names_;
    std::string name_;  // of the projections of a population
    std::uint64_t left_out_ = 0;
    std::vector<Projection> projections_;
    std::vector<std::string> notes_;
};

}  // namespace

EdgesRead read_edges(const Config& config, const std::vector<NodePopulation>& populations,
                     const std::map<std::string, std::size_t>& players, double dt, hid_t out) {
    Reader reader(config, populations, players, dt, out);
    if (const std::optional<Item> all = config.find("networks")->find("edges")) {
        for (const Item& files : all->items()) reader.add(files);
    }
    return reader.take();
}

}  // namespace snnsim::sonata
