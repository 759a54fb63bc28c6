// Populations of nodes, and the populations of cells that they become.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/sonata/config.hpp"
#include "src/sonata/nest_cells.hpp"
#include "src/sonata/types_table.hpp"

namespace snnsim::sonata {

/// Names as a model of ours may have them, each once.
class Names {
  public:
    std::string of(const std::string& wanted);

  private:
    std::set<std::string> taken_;
};

/// Cells of one model, or nodes that send what a file says.
struct Part {
    std::string name;
    bool is_virtual = false;
    std::vector<std::uint64_t> node_ids;  // of each cell, ascending
    // Of cells: what each of several types is, and of which type a cell is.
    std::vector<Cell> cells;
    std::vector<std::uint32_t> cell_of;
    /// By the place in Cell::values, what single cells have; NaN where that is what their type has.
    std::map<std::size_t, std::vector<double>> own;

    /// Of all cells.
    std::vector<double> values(std::size_t parameter) const;
    /// Cells that are numbered as their nodes are.
    bool numbered_alike() const {
        return node_ids.empty() || node_ids.back() + 1 == node_ids.size();
    }
};

struct Place {
    std::uint32_t part, cell;
};

struct NodePopulation {
    std::string name, file;
    std::vector<Part> parts;
    std::shared_ptr<const TypesTable> types;
    /// Of the nodes in the order of their file.
    std::vector<std::uint64_t> node_ids;
    std::vector<std::int64_t> type_ids;
    /// By node id; no_part where there is no such node. Empty where the only part has cells that
    /// are numbered as the nodes.
    std::vector<std::uint32_t> part_of, cell_of;
    static constexpr std::uint32_t no_part = 0xFFFFFFFFu;

    std::optional<Place> find(std::uint64_t node_id) const;
    bool has_virtual() const;
};

/// All populations of `networks.nodes`. Throws FileError; models that are not known are told all at
/// once.
std::vector<NodePopulation> read_nodes(const Config& config, double dt, Names& names);

/// Which nodes an input is for: a name of `node_sets` or of a population, "all", a list of such
/// names or of node ids, or an object of properties.
struct Selection {
    std::size_t population;
    std::vector<std::uint64_t> node_ids;
};
std::vector<Selection> select(const Config& config, const std::vector<NodePopulation>& populations,
                              const std::optional<Item>& node_set);

}  // namespace snnsim::sonata
