#include "src/sonata/nodes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/files/room.hpp"
#include "src/io/hdf5.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/suggest.hpp"
#include "src/text/words.hpp"

namespace snnsim::sonata {
namespace {

constexpr std::size_t most_told = 50;
constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// A type of nodes: virtual, or a cell.
struct NodeType {
    bool is_virtual = false;
    Cell cell;
    std::string wrong;  // that nobody has such a cell here
};

/// What a model says of such a cell: that a parameter is beyond its limits.
void check_cell(const Cell& cell, double dt) {
    std::string text = fmt::format(
        "name: c\ndt: {} ms\nsimulate: {{duration: {} ms}}\npopulations:\n"
        "  c:\n    size: 1\n    model: {}\n",
        dt, dt, cell.model);
    for (const auto& [key, choice] : cell.choices) text += fmt::format("    {}: {}\n", key, choice);
    for (const CellValue& v : cell.values) {
        if (!v.initial) text += fmt::format("    {}: {} {}\n", v.name, v.value, v.unit);
    }
    try {
        parse_simulation(text, "");
    } catch (const ModelError& e) {
        // ":8:12: tau_m must be ...", and the line below it
        const std::string what = e.what(), line = what.substr(0, what.find('\n'));
        const std::size_t at = line.find(": ");
        throw FileError(at == line.npos ? line : line.substr(at + 2));
    }
}

/// The parameters that the table of types names, from a file beside the models.
NodeType read_type(const TypesTable::Row& row, const Config& config, double dt) {
    NodeType out;
    const std::string* const type = row.find("model_type");
    if (!type) throw FileError(row.place + ": model_type is missing");
    out.is_virtual = *type == "virtual";
    if (out.is_virtual) return out;
    const std::string* const model_template = row.find("model_template");
    if (*type != "point_neuron" && *type != "point_process") {
        out.wrong = fmt::format("model_type {}", excerpt(*type, 40));
        return out;
    }
    // bmtk makes nest.Create of what follows the colon.
    const bool of_nest = model_template && (model_template->starts_with("nest:") ||
                                            model_template->starts_with("nestml:"));
    if (!of_nest) {
        out.wrong = fmt::format("model_template {}",
                                model_template ? excerpt(*model_template, 60) : "NULL");
        return out;
    }
    if (const std::string* const own = row.find("model_processing"))
        throw FileError(
            fmt::format("{}: model_processing '{}' is a function of Python, which is "
                        "not known here",
                        row.place, excerpt(*own, 40)));
    std::string model = model_template->substr(model_template->find(':') + 1);
    NestParameters given;
    std::string source = row.place;
    if (const std::string* const file = row.find("dynamics_params")) {
        source = config.component("point_neuron_models_dir", *file);
        const std::unique_ptr<Json> json = read_json(source);
        const Item root(*json, source, "");
        if (is_allen_glif(model, root)) {
            std::tie(model, given) = allen_glif(model, root);
        } else if (knows_nest_model(model)) {
            given = parameters_of(root);
        }
    }
    if (!knows_nest_model(model)) {
        out.wrong = fmt::format("model_template {}", excerpt(*model_template, 60));
        return out;
    }
    try {
        out.cell = cell_of(model, given, dt);
        check_cell(out.cell, dt);
    } catch (const FileError& e) {
        throw FileError(fmt::format("{}: {}", source, e.what()));
    }
    return out;
}

/// Where the properties of a node stand in the groups of a population.
struct Groups {
    std::vector<std::int64_t> id;      // of each node
    std::vector<std::uint64_t> index;  // in its group

    static Groups read(hid_t file, const std::string& path, std::size_t nodes) {
        Groups out;
        const std::string id = path + "/node_group_id", index = path + "/node_group_index";
        if (!h5::exists(file, id) || !h5::exists(file, index)) {
            out.id.assign(nodes, 0);
            out.index.resize(nodes);
            std::iota(out.index.begin(), out.index.end(), std::uint64_t{0});
            return out;
        }
        out.id = h5::read_vector<std::int64_t>(file, id);
        out.index = h5::read_vector<std::uint64_t>(file, index);
        if (out.id.size() != nodes || out.index.size() != nodes)
            throw FileError(fmt::format("'{}' and '{}' must have a value for each of {} nodes", id,
                                        index, nodes));
        return out;
    }
};

class Reader {
  public:
    Reader(const Config& config, double dt, Names& names)
        : config_(config), dt_(dt), names_(names) {}

    void add(const Item& files) {
        const std::string path = files.at("nodes_file").path();
        const Item types_file = files.at("node_types_file");
        const auto types = std::make_shared<const TypesTable>(types_file.path(), "node_type_id");
        const h5::Handle file = h5::open_to_read(path);
        placed(path, [&] {
            const std::vector<std::string> found = h5::children(file, "nodes");
            if (found.empty()) throw FileError("there are no populations in '/nodes'");
            for (const std::string& name : found) add_population(file, path, name, types);
        });
    }

    std::vector<NodePopulation> take() {
        if (!wrong_.empty()) {
            std::string text;
            std::size_t told = 0;
            for (const std::string& line : wrong_) {
                if (++told > most_told) break;
                text += "\n  " + line;
            }
            if (wrong_.size() > most_told)
                text += fmt::format("\n  and {} more", wrong_.size() - most_told);
            throw FileError(
                fmt::format("{}: there is no such cell here:{}\nThose of NEST that there are: {}",
                            config_.file, text, known_nest_models()));
        }
        for (NodePopulation& p : out_) name_parts(p);
        return std::move(out_);
    }

  private:
    void add_population(hid_t file, const std::string& path, const std::string& name,
                        const std::shared_ptr<const TypesTable>& types) {
        for (const NodePopulation& other : out_) {
            if (other.name == name)
                throw FileError(fmt::format("there is another population '{}', in {}",
                                            excerpt(name, 60), other.file));
        }
        const std::string group = "nodes/" + name;
        if (!h5::is_group(file, group)) throw FileError("'" + excerpt(group) + "' is no group");
        NodePopulation p;
        p.name = name;
        p.file = path;
        p.types = types;
        p.type_ids = h5::read_vector<std::int64_t>(file, group + "/node_type_id");
        const std::size_t nodes = p.type_ids.size();
        if (nodes == 0) return;
        if (nodes >= NodePopulation::no_part)
            throw FileError(fmt::format("'{}' has {} nodes", excerpt(name, 60), nodes));
        if (h5::exists(file, group + "/node_id")) {
            p.node_ids = h5::read_vector<std::uint64_t>(file, group + "/node_id");
            if (p.node_ids.size() != nodes)
                throw FileError(fmt::format("'{}/node_id' has {} values, and node_type_id {}",
                                            excerpt(group), p.node_ids.size(), nodes));
        } else {
            require_room(nodes * sizeof(std::uint64_t), "nodes");
            p.node_ids.resize(nodes);
            std::iota(p.node_ids.begin(), p.node_ids.end(), std::uint64_t{0});
        }
        make_parts(p, Groups::read(file, group, nodes), file, group);
        out_.push_back(std::move(p));
    }

    const NodeType& type_of(std::int64_t id, const NodePopulation& p) {
        const auto key = std::pair(p.types->path(), id);
        const auto at = types_.find(key);
        if (at != types_.end()) return at->second;
        const TypesTable::Row* const row = p.types->find(id);
        if (!row)
            throw Placed(fmt::format("{}: there is no node_type_id {}, which nodes of '{}' have",
                                     p.types->path(), id, excerpt(p.name, 60)));
        NodeType type;
        try {
            type = read_type(*row, config_, dt_);
        } catch (const FileError& e) {
            throw Placed(e.what());
        }
        if (!type.wrong.empty())
            wrong_.insert(fmt::format("{}: node_type_id {}: {}", row->place, id, type.wrong));
        return types_.emplace(key, std::move(type)).first->second;
    }

    void make_parts(NodePopulation& p, const Groups& groups, hid_t file, const std::string& group) {
        const std::size_t nodes = p.node_ids.size();
        const std::uint64_t last = *std::max_element(p.node_ids.begin(), p.node_ids.end());
        if (last >= NodePopulation::no_part || last / 16 > nodes + 65536)
            throw FileError(fmt::format("'{}': node_id {} is too large for {} nodes",
                                        excerpt(group), last, nodes));
        // Which part and type each row is of.
        std::map<std::string, std::uint32_t> part_by_kind;
        std::unordered_map<std::int64_t, std::pair<std::uint32_t, std::uint32_t>> of_type;
        require_room((last + 1 + nodes) * 16,
                     fmt::format("'{}' ({} nodes)", excerpt(group), nodes));
        std::vector<std::pair<std::uint32_t, std::uint32_t>> of_row(nodes);
        for (std::size_t row = 0; row < nodes; ++row) {
            const auto known = of_type.find(p.type_ids[row]);
            if (known != of_type.end()) {
                of_row[row] = known->second;
                continue;
            }
            const NodeType& type = type_of(p.type_ids[row], p);
            const std::string kind = type.is_virtual || !type.wrong.empty()
                                         ? (type.is_virtual ? "virtual" : "unknown")
                                         : "cell " + type.cell.kind();
            const auto [at, is_new] =
                part_by_kind.emplace(kind, static_cast<std::uint32_t>(p.parts.size()));
            if (is_new) p.parts.emplace_back().is_virtual = type.is_virtual;
            Part& part = p.parts[at->second];
            of_row[row] = {at->second, static_cast<std::uint32_t>(part.cells.size())};
            if (!type.is_virtual) part.cells.push_back(type.cell);
            of_type.emplace(p.type_ids[row], of_row[row]);
        }
        if (!wrong_.empty()) return;  // told when all are read
        // Cells ascend by node id.
        p.part_of.assign(last + 1, NodePopulation::no_part);
        p.cell_of.assign(last + 1, 0);
        std::vector<std::uint32_t> row_of(last + 1);
        for (std::size_t row = 0; row < nodes; ++row) {
            const std::uint64_t id = p.node_ids[row];
            if (p.part_of[id] != NodePopulation::no_part)
                throw FileError(fmt::format("'{}/node_id': {} is there twice", excerpt(group), id));
            p.part_of[id] = of_row[row].first;
            row_of[id] = static_cast<std::uint32_t>(row);
        }
        for (std::uint64_t id = 0; id <= last; ++id) {
            if (p.part_of[id] == NodePopulation::no_part) continue;
            Part& part = p.parts[p.part_of[id]];
            p.cell_of[id] = static_cast<std::uint32_t>(part.node_ids.size());
            part.node_ids.push_back(id);
            if (!part.is_virtual) part.cell_of.push_back(of_row[row_of[id]].second);
        }
        take_own_values(p, groups, file, group);
        if (p.parts.size() == 1 && p.parts[0].numbered_alike()) {
            p.part_of = {};
            p.cell_of = {};
        }
    }

    /// `dynamics_params` of single nodes.
    void take_own_values(NodePopulation& p, const Groups& groups, hid_t file,
                         const std::string& group) {
        std::map<std::int64_t, std::vector<std::uint32_t>> rows;  // of each group
        for (std::size_t row = 0; row < groups.id.size(); ++row)
            rows[groups.id[row]].push_back(static_cast<std::uint32_t>(row));
        for (const auto& [id, of_group] : rows) {
            const std::string path = fmt::format("{}/{}", group, id);
            for (const char* name : {"model_type", "model_template", "dynamics_params"}) {
                const std::string set = path + "/" + name;
                if (h5::exists(file, set) && !h5::is_group(file, set))
                    throw FileError(fmt::format("'{}': this is read from the table of types only",
                                                excerpt(set)));
            }
            const std::string folder = path + "/dynamics_params";
            for (const std::string& name : h5::children(file, folder)) {
                const std::string set = folder + "/" + name;
                take_own(p, groups, of_group, name, h5::read_vector<double>(file, set),
                         "'" + excerpt(set) + "'");
            }
        }
    }
    void take_own(NodePopulation& p, const Groups& groups, const std::vector<std::uint32_t>& rows,
                  const std::string& name, const std::vector<double>& values,
                  const std::string& place) {
        for (const std::uint32_t row : rows) {
            if (groups.index[row] >= values.size())
                throw FileError(fmt::format("{} has {} values, and node_group_index {} is {}",
                                            place, values.size(), row, groups.index[row]));
            const double value = values[groups.index[row]];
            const std::uint64_t node = p.node_ids[row];
            Part& part = p.parts[p.part_of[node]];
            if (std::isnan(value) || part.is_virtual) continue;
            const std::vector<CellValue>& known = part.cells[0].values;
            const auto at = std::find_if(known.begin(), known.end(),
                                         [&](const CellValue& v) { return v.nest == name; });
            if (at == known.end() || name.empty()) {
                std::vector<std::string> names;
                for (const CellValue& v : known) {
                    if (!v.nest.empty()) names.push_back(v.nest);
                }
                throw FileError(fmt::format("{}: {} has no such parameter{}", place,
                                            part.cells[0].model,
                                            did_you_mean(excerpt(name, 40), names)));
            }
            std::vector<double>& own = part.own[static_cast<std::size_t>(at - known.begin())];
            if (own.empty()) own.assign(part.node_ids.size(), none);
            try {
                own[p.cell_of[node]] = value_of(*at, value, dt_);
            } catch (const FileError& e) {
                throw FileError(fmt::format("{}[{}]: {}", place, groups.index[row], e.what()));
            }
        }
    }

    void name_parts(NodePopulation& p) {
        for (Part& part : p.parts) {
            std::string name = p.name;
            if (p.parts.size() > 1 && part.is_virtual) name += "_virtual";
            if (p.parts.size() > 1 && !part.is_virtual) {
                const Cell& cell = part.cells[0];
                const bool told = cell.model == "glif";  // by its level
                name += told ? "" : "_" + cell.model;
                for (const auto& [key, choice] : cell.choices) name += "_" + choice;
            }
            part.name = names_.of(name);
        }
    }

    const Config& config_;
    double dt_;
    Names& names_;
    std::map<std::pair<std::string, std::int64_t>, NodeType> types_;
    std::set<std::string> wrong_;
    std::vector<NodePopulation> out_;
};

}  // namespace

std::string Names::of(const std::string& wanted) {
    std::string name = wanted.substr(0, 100);
    for (char& c : name) {
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!good) c = '_';
    }
    if (name.empty()) name = "_";
    std::string out = name;
    for (int k = 2; !taken_.insert(out).second; ++k) out = fmt::format("{}_{}", name, k);
    return out;
}

std::vector<double> Part::values(std::size_t parameter) const {
    std::vector<double> out(node_ids.size());
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = cells[cell_of[k]].values[parameter].value;
    if (const auto at = own.find(parameter); at != own.end()) {
        for (std::size_t k = 0; k < out.size(); ++k) {
            if (!std::isnan(at->second[k])) out[k] = at->second[k];
        }
    }
    return out;
}

std::optional<Place> NodePopulation::find(std::uint64_t node_id) const {
    if (part_of.empty()) {
        if (node_id >= node_ids.size()) return {};
        return Place{0, static_cast<std::uint32_t>(node_id)};
    }
    if (node_id >= part_of.size() || part_of[node_id] == no_part) return {};
    return Place{part_of[node_id], cell_of[node_id]};
}

bool NodePopulation::has_virtual() const {
    return std::any_of(parts.begin(), parts.end(), [](const Part& p) { return p.is_virtual; });
}

std::vector<NodePopulation> read_nodes(const Config& config, double dt, Names& names) {
    const Item* const networks = config.find("networks");
    if (!networks)
        throw FileError(config.file +
                        ": networks: the section is missing; name a circuit or "
                        "simulation configuration of SONATA");
    if (const std::optional<Item> gaps = networks->find("gap_juncs");
        gaps && !gaps->value().empty())
        gaps->fail("gap junctions are not taken over; take them out");
    Reader reader(config, dt, names);
    for (const Item& files : networks->at("nodes").items()) reader.add(files);
    return reader.take();
}

namespace {

/// Whether a value of a property is one of those that are asked for.
bool is_asked(const std::string& text, const Item& wanted) {
    for (const Item& one : wanted.items()) {
        if (one.value().is_string()
                ? one.text() == text
                : one.value().is_number() && fmt::format("{}", one.number()) == text)
            return true;
    }
    return false;
}
bool is_asked(double number, const Item& wanted) {
    for (const Item& one : wanted.items()) {
        if (one.value().is_number() && one.number() == number) return true;
    }
    return false;
}

/// The nodes of a population that have a property.
void keep(std::vector<std::size_t>& rows, const NodePopulation& p, const std::string& key,
          const Item& wanted) {
    const bool by_id = key == "node_id" || key == "node_ids";
    if (by_id || key == "node_type_id") {
        std::set<double> numbers;
        for (const Item& one : wanted.items()) numbers.insert(one.number());
        std::erase_if(rows, [&](std::size_t row) {
            return !numbers.contains(by_id ? static_cast<double>(p.node_ids[row])
                                           : static_cast<double>(p.type_ids[row]));
        });
        return;
    }
    const h5::Handle file = h5::open_to_read(p.file);
    const std::string group = "nodes/" + p.name;
    bool is_property = false;
    placed(p.file, [&] {
        const Groups groups = Groups::read(file, group, p.node_ids.size());
        std::map<std::int64_t, std::optional<std::vector<double>>> values;
        for (const std::int64_t id : groups.id) {
            const auto [at, is_new] = values.emplace(id, std::nullopt);
            const std::string set = fmt::format("{}/{}/{}", group, id, key);
            if (is_new && h5::exists(file, set)) at->second = h5::read_vector<double>(file, set);
            is_property = is_property || at->second.has_value();
        }
        if (!is_property) return;
        std::erase_if(rows, [&](std::size_t row) {
            const std::optional<std::vector<double>>& all = values.at(groups.id[row]);
            return !all || groups.index[row] >= all->size() ||
                   !is_asked((*all)[groups.index[row]], wanted);
        });
    });
    if (is_property) return;
    if (!p.types->has_column(key))
        wanted.fail(fmt::format("nodes of '{}' have no such property", excerpt(p.name, 60)));
    std::map<std::int64_t, bool> known;
    std::erase_if(rows, [&](std::size_t row) {
        const auto [at, is_new] = known.emplace(p.type_ids[row], false);
        if (is_new) {
            const TypesTable::Row* const type = p.types->find(p.type_ids[row]);
            const std::string* const value = type ? type->find(key) : nullptr;
            at->second = value && is_asked(*value, wanted);
        }
        return !at->second;
    });
}

}  // namespace

namespace {

using Chosen = std::map<std::size_t, std::set<std::uint64_t>>;  // by population

/// What a node set chooses; one of names is all that those choose together.
class Chooser {
  public:
    Chooser(const Config& config, const std::vector<NodePopulation>& populations)
        : populations_(populations), sets_(config.find("node_sets")) {
        const Item* const file = config.find("node_sets_file");
        if (sets_ || !file) return;
        json_ = read_json(file->path());
        from_file_.emplace(*json_, file->path(), "");
        sets_ = &*from_file_;
    }

    std::vector<Selection> choose(const std::optional<Item>& set, int depth) const {
        constexpr int deepest = 32, most = 10000;
        if (!set) return by_properties({}, {});
        if (++looked_up_ > most) set->fail("node sets that name others are too many");
        if (depth > deepest) set->fail("node sets name each other in a circle");
        if (set->value().is_string()) return by_name(*set, depth);
        if (set->value().is_array() && !set->value().empty() && set->value()[0].is_string())
            return together(*set, depth);
        if (set->value().is_array()) return by_properties({}, {{"node_id", *set}});
        std::set<std::string> wanted;
        std::vector<std::pair<std::string, Item>> properties;
        for (const auto& [key, item] : set->members()) {
            if (key != "population" && key != "populations") {
                properties.emplace_back(key, item);
                continue;
            }
            for (const Item& one : item.items()) {
                const std::string name = one.text();
                if (std::none_of(populations_.begin(), populations_.end(),
                                 [&](const NodePopulation& p) { return p.name == name; }))
                    one.fail(fmt::format("there is no population '{}'", excerpt(name, 60)));
                wanted.insert(name);
            }
        }
        return by_properties(wanted, properties);
    }

  private:
    std::vector<Selection> by_name(const Item& set, int depth) const {
        const std::string name = set.text();
        if (const std::optional<Item> found = sets_ ? sets_->find(name) : std::nullopt)
            return choose(found, depth + 1);
        if (name == "all") return by_properties({}, {});
        std::vector<std::string> known{"all"};
        for (const NodePopulation& p : populations_) known.push_back(p.name);
        if (sets_) {
            for (const auto& [key, item] : sets_->members()) known.push_back(excerpt(key, 40));
        }
        if (std::find(known.begin(), known.end(), name) == known.end())
            set.fail(fmt::format("there is no node set '{}'{}", excerpt(name, 60),
                                 did_you_mean(name, known)));
        return by_properties({name}, {});
    }
    std::vector<Selection> together(const Item& names, int depth) const {
        Chosen all;
        for (const Item& one : names.items()) {
            for (const Selection& s : choose(one, depth + 1))
                all[s.population].insert(s.node_ids.begin(), s.node_ids.end());
        }
        std::vector<Selection> out;
        for (const auto& [population, ids] : all)
            out.push_back({population, {ids.begin(), ids.end()}});
        return out;
    }
    std::vector<Selection> by_properties(
        const std::set<std::string>& wanted,
        const std::vector<std::pair<std::string, Item>>& properties) const {
        std::vector<Selection> out;
        for (std::size_t k = 0; k < populations_.size(); ++k) {
            const NodePopulation& p = populations_[k];
            if (!wanted.empty() && !wanted.contains(p.name)) continue;
            require_room(p.node_ids.size() * 64, "the nodes of an input");
            std::vector<std::size_t> rows(p.node_ids.size());
            std::iota(rows.begin(), rows.end(), std::size_t{0});
            for (const auto& [key, item] : properties) keep(rows, p, key, item);
            Selection& s = out.emplace_back(Selection{k, {}});
            for (const std::size_t row : rows) s.node_ids.push_back(p.node_ids[row]);
        }
        return out;
    }

    const std::vector<NodePopulation>& populations_;
    const Item* sets_;
    std::unique_ptr<Json> json_;
    std::optional<Item> from_file_;
    mutable int looked_up_ = 0;
};

}  // namespace

std::vector<Selection> select(const Config& config, const std::vector<NodePopulation>& populations,
                              const std::optional<Item>& node_set) {
    return Chooser(config, populations).choose(node_set, 0);
}

}  // namespace snnsim::sonata
