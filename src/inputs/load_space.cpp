#include "src/inputs/load_space.hpp"

#include <fmt/format.h>

#include <cmath>

#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "src/io/digest.hpp"
#include "src/io/npz.hpp"
#include "src/io/read_npy.hpp"
#include "src/io/read_numbers.hpp"
#include "src/space/pair_space.hpp"
#include "src/space/settle.hpp"
#include "src/space/window.hpp"
#include "src/text/suggest.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

constexpr std::size_t most_values = 1u << 28;

[[noreturn]] void fail(const SimulationSpec& spec, const Location& at, const std::string& name,
                       const std::string& what) {
    throw DataError(fmt::format("{}:{}:{}: {}: {}", spec.path, at.line, at.column, name, what));
}

void load_positions(const SimulationSpec& spec, CellPopulationSpec& p) {
    PositionsSpec& positions = p.space->positions;
    NumbersFile where = positions.from;
    where.file = beside_model(spec.path, where.file).string();
    const NumberTable table = read_numbers(where, Times::none, most_values);
    if (table.columns > 3)
        throw DataError(fmt::format("{}: it has {} columns; positions have x, y and z at most",
                                    where.file, table.columns));
    if (!p.space->extent.empty() && p.space->extent.size() != table.columns)
        throw DataError(fmt::format("{}: it has {}, but the extent has {} numbers", where.file,
                                    counted(static_cast<std::int64_t>(table.columns), "column"),
                                    p.space->extent.size()));
    positions.columns = table.columns;
    positions.listed = table.values;
    positions.from.sha256 = file_sha256(where.file);
    const std::string wrong = problem_of_positions(p);
    if (!wrong.empty()) throw DataError(fmt::format("{}: {}", where.file, wrong));
}

/// What could not be checked before a file said how many dimensions there are.
std::string problem_of(const SimulationSpec& spec, const SynapsesSpec& s) {
    const CellPopulationSpec &from = spec.population(s.from), &to = spec.population(s.to);
    const std::size_t of_from = dimensions_of(*from.space), of_to = dimensions_of(*to.space);
    if (of_from != of_to)
        return fmt::format(
            "'{}' has {} dimensions and '{}' has {}: there is no distance between "
            "them",
            from.name, of_from, to.name, of_to);
    if (from.space->periodic != to.space->periodic)
        return fmt::format("'{}' and '{}' have different borders", from.name, to.name);
    if (s.dale && s.weight.of_distance() && s.weight.low < 0.0 && s.weight.high > 0.0)
        return "with dale: true all weights have one sign, but this law of the distance gives both";
    if (!s.connect.mask) return "";
    const MaskSpec& m = *s.connect.mask;
    if (m.of_grid())
        return fmt::format(
            "{} counts fields of a grid, so that '{}' and '{}' must lie on the same "
            "one",
            name_of(m.shape), from.name, to.name);
    for (const auto& [key, count] :
         {std::pair{"axes", m.axes.size()}, std::pair{"lower", m.lower.size()},
          std::pair{"upper", m.upper.size()}, std::pair{"anchor", m.anchor.size()}}) {
        if (count != 0 && count != of_to)
            return fmt::format("{} of the mask has {} numbers, but the cells have {} coordinates",
                               key, count, of_to);
    }
    const CellPopulationSpec& pool = s.connect.rule == Rule::fixed_in_degree ? from : to;
    if (m.shape == MaskShape::nearest &&
        m.n > pool.size - (&from == &to && !s.connect.autapses ? 1 : 0))
        return fmt::format("the mask is of {} cells, but '{}' has only {}", m.n, pool.name,
                           pool.size);
    return "";
}

NpyArray read_kernel(const std::string& path, const ConnectSpec& c) {
    if (path.ends_with(".npz")) {
        const NpzFile file(path);
        if (c.dataset.empty() && file.names().size() != 1)
            throw DataError(fmt::format("{}: name one of its arrays by `dataset`: {}", path,
                                        join(file.names())));
        return file.read(c.dataset.empty() ? file.names()[0] : c.dataset, most_values);
    }
    if (!path.ends_with(".npy"))
        throw DataError(path + ": a kernel is read from a .npy or .npz file");
    return read_npy(path, most_values);
}

EdgeList load_window(const SimulationSpec& spec, const SynapsesSpec& s) {
    const CellPopulationSpec &from = spec.population(s.from), &to = spec.population(s.to);
    const ConnectSpec& c = s.connect;
    if (c.file.empty()) {
        EdgeList edges = window_edges(from, to, c, c.window, {});
        edges.path = s.name();
        return edges;
    }
    const std::string path = beside_model(spec.path, c.file).string();
    const NpyArray kernel = read_kernel(path, c);
    const auto layers = [](const CellPopulationSpec& p) {
        return p.space->grid.size() > 2 ? static_cast<std::size_t>(p.space->grid[2]) : 1u;
    };
    std::vector<std::size_t> shape = kernel.shape;
    if (shape.size() == 2) shape.insert(shape.begin(), {1, 1});
    if (shape.size() != 4 || shape[0] != layers(to) || shape[1] != layers(from))
        throw DataError(fmt::format(
            "{}: its shape is [{}], but weights from '{}' to '{}' are [{}, {}, rows, columns]",
            path, fmt::join(kernel.shape, ", "), from.name, to.name, layers(to), layers(from)));
    for (const double w : kernel.values) {
        if (!std::isfinite(w)) throw DataError(fmt::format("{}: a weight is {}", path, w));
    }
    const std::vector<std::int64_t> window{static_cast<std::int64_t>(shape[2]),
                                           static_cast<std::int64_t>(shape[3])};
    const std::string wrong = window_problem(from, to, c, window);
    if (!wrong.empty()) throw DataError(fmt::format("{}: {}", path, wrong));
    EdgeList edges = window_edges(from, to, c, window, kernel.values);
    edges.path = c.file;
    edges.sha256 = file_sha256(path);
    return edges;
}

}  // namespace

void load_space(SimulationSpec& spec) {
    bool read = false;
    for (CellPopulationSpec& p : spec.populations) {
        if (!p.space || p.space->positions.from.file.empty()) continue;
        try {
            load_positions(spec, p);
        } catch (const DataError& e) {
            fail(spec, p.space->positions.from.at, "positions of '" + p.name + "'", e.what());
        }
        read = true;
    }
    settle_space(spec);
    for (SynapsesSpec& s : spec.projections) {
        if (read && s.in_space()) {
            const std::string wrong = problem_of(spec, s);
            if (!wrong.empty() && (!spec.population(s.from).space->positions.from.file.empty() ||
                                   !spec.population(s.to).space->positions.from.file.empty()))
                fail(spec, s.at, s.name(), wrong);
        }
        if (s.connect.rule != Rule::conv && s.connect.rule != Rule::pool) continue;
        try {
            s.edges = std::make_shared<const EdgeList>(load_window(spec, s));
        } catch (const DataError& e) {
            fail(spec, s.at, s.name(), e.what());
        } catch (const FileError& e) {
            fail(spec, s.at, s.name(), e.what());
        }
    }
}

std::vector<std::string> position_files(const SimulationSpec& spec) {
    std::vector<std::string> lines;
    for (const CellPopulationSpec& p : spec.populations) {
        if (!p.space || p.space->positions.from.sha256.empty()) continue;
        const NumbersFile& from = p.space->positions.from;
        lines.push_back(from.sha256 + "  " + beside_model(spec.path, from.file).string());
    }
    return lines;
}

}  // namespace snnsim
