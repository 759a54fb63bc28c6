#include "src/space/positions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/random.hpp"
#include "snnsim/error.hpp"

namespace snnsim {
namespace {

/// The least and the greatest of each coordinate.
std::pair<Point, Point> bounds_of(const PositionsSpec& p) {
    Point low{}, high{};
    for (std::size_t k = 0; k < p.columns && !p.listed.empty(); ++k) {
        low[k] = high[k] = p.listed[k];
        for (std::size_t at = k; at < p.listed.size(); at += p.columns) {
            low[k] = std::min(low[k], p.listed[at]);
            high[k] = std::max(high[k], p.listed[at]);
        }
    }
    return {low, high};
}

Point center_of(const SpaceSpec& space) {
    Point center{};
    if (!space.center.empty()) {
        for (std::size_t k = 0; k < std::min<std::size_t>(3, space.center.size()); ++k)
            center[k] = space.center[k];
    } else if (space.extent.empty() && space.grid.empty() && space.positions.listed.size() > 0) {
        const auto [low, high] = bounds_of(space.positions);
        for (std::size_t k = 0; k < 3; ++k) center[k] = 0.5 * (low[k] + high[k]);
    }
    return center;
}

Grid grid_of(const std::vector<std::int64_t>& size, GridOrder order) {
    Grid grid;
    grid.size = {1, 1, 1};
    for (std::size_t k = 0; k < size.size(); ++k)
        grid.size[k] = static_cast<std::uint32_t>(size[k]);
    grid.order = order;
    return grid;
}

/// The middle of a field of a grid that fills the extent.
Point middle_of(const Grid& grid, std::uint32_t field, const Positions& p) {
    const Grid::Field f = grid.field(field);
    Point at{};
    for (std::size_t k = 0; k < p.dimensions; ++k) {
        // y falls from row to row.
        const std::uint32_t n = k == 1 ? grid.size[1] - 1 - f[1] : f[k];
        at[k] = p.center[k] - 0.5 * p.extent[k] +
                (double{1.0} * n + 0.5) * (p.extent[k] / grid.size[k]);
    }
    return at;
}

void place_on_grid(const SpaceSpec& space, Positions& p) {
    p.grid = grid_of(space.grid, space.order);
    for (std::uint32_t i = 0; i < p.at.size(); ++i) p.at[i] = middle_of(p.grid, i, p);
}

/// In an order drawn by the seed; the populations that share the fields take them in the order of
/// the file.
void place_on_fields(const SimulationSpec& spec, std::size_t population, Positions& p) {
    const CellPopulationSpec& cells = spec.populations[population];
    const Grid grid = grid_of(cells.space->positions.fields_of, GridOrder::rows);
    std::size_t first = 0, sharer = population;
    for (std::size_t k = population; k-- > 0;) {
        if (!same_fields(spec.populations[k], cells)) continue;
        first += static_cast<std::size_t>(spec.populations[k].size);
        sharer = k;
    }
    const std::uint32_t count = grid.size[0] * grid.size[1] * grid.size[2];
    const RandomKey key{spec.seed, Stream::positions, static_cast<std::uint32_t>(sharer), 1};
    std::vector<std::pair<std::uint32_t, std::uint32_t>> order;  // random word, field
    for (std::uint32_t field = 0; field < count; ++field)
        order.emplace_back(key.draw(field).word[0], field);
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < p.at.size(); ++i)
        p.at[i] = middle_of(grid, order.at(first + i).second, p);
}

}  // namespace

bool same_fields(const CellPopulationSpec& a, const CellPopulationSpec& b) {
    return a.space && b.space && a.space->positions.fields_of == b.space->positions.fields_of &&
           a.space->extent == b.space->extent && a.space->center == b.space->center;
}

Point Positions::spacing() const {
    Point step{};
    for (std::size_t k = 0; k < dimensions; ++k) step[k] = extent[k] / grid.size[k];
    return step;
}

double Positions::tolerance() const {
    return 1e-9 * std::max({extent[0], extent[1], extent[2]});
}

std::size_t dimensions_of(const SpaceSpec& space) {
    if (!space.grid.empty()) return space.grid.size();
    if (space.positions.columns > 0) return space.positions.columns;
    return space.extent.size();
}

Point extent_of(const SpaceSpec& space) {
    Point extent{};
    const auto [low, high] = bounds_of(space.positions);
    for (std::size_t k = 0; k < dimensions_of(space); ++k) {
        extent[k] = k < space.extent.size() ? space.extent[k]
                    : !space.grid.empty()   ? 1.0
                                            : std::max(1.0, std::ceil(high[k] - low[k]));
    }
    return extent;
}

Positions positions_of(const SimulationSpec& spec, std::size_t population) {
    const CellPopulationSpec& cells = spec.populations[population];
    SNN_EXPECT(cells.space);
    const SpaceSpec& space = *cells.space;
    Positions p;
    p.dimensions = dimensions_of(space);
    p.at.resize(static_cast<std::size_t>(cells.size));
    p.extent = extent_of(space);
    p.center = center_of(space);
    p.periodic = space.periodic;
    if (!space.grid.empty()) {
        place_on_grid(space, p);
    } else if (!space.positions.fields_of.empty()) {
        place_on_fields(spec, population, p);
    } else if (space.positions.uniform) {
        for (std::uint32_t i = 0; i < p.at.size(); ++i) {
            const Philox4 words =
                RandomKey{spec.seed, Stream::positions, static_cast<std::uint32_t>(population), 0}
                    .draw(i);
            for (std::size_t k = 0; k < p.dimensions; ++k)
                p.at[i][k] = p.center[k] + p.extent[k] * ((words.word[k] + 0.5) * 0x1p-32 - 0.5);
        }
    } else {
        SNN_EXPECT(space.positions.listed.size() == p.at.size() * p.dimensions);
        for (std::size_t i = 0; i < p.at.size(); ++i)
            for (std::size_t k = 0; k < p.dimensions; ++k)
                p.at[i][k] = space.positions.listed[i * p.dimensions + k];
    }
    return p;
}

std::string problem_of_positions(const CellPopulationSpec& cells) {
    const SpaceSpec& space = *cells.space;
    const PositionsSpec& p = space.positions;
    if (p.listed.empty()) return "";
    const std::size_t count = p.listed.size() / p.columns;
    if (count != static_cast<std::size_t>(cells.size))
        return fmt::format("there are {} positions, but '{}' has {} cells", count, cells.name,
                           cells.size);
    for (std::size_t k = 0; k < p.listed.size(); ++k) {
        if (!std::isfinite(p.listed[k]))
            return fmt::format("position {} (from 0) has a coordinate of {}", k / p.columns,
                               p.listed[k]);
    }
    if (count == 1 && space.extent.empty())
        return "a single cell has no extent of its own; write one, as in 'extent: [1]'";
    if (space.extent.empty()) return "";
    const Point extent = extent_of(space), center = center_of(space);
    for (std::size_t k = 0; k < p.listed.size(); ++k) {
        const std::size_t d = k % p.columns;
        if (std::abs(p.listed[k] - center[d]) <= 0.5 * extent[d] * (1.0 + 1e-9)) continue;
        return fmt::format(
            "position {} (from 0) lies outside the extent: its {} is {:g}, and the layer goes "
            "from {:g} to {:g}; write a larger extent, or another center",
            k / p.columns, "xyz"[d], p.listed[k], center[d] - 0.5 * extent[d],
            center[d] + 0.5 * extent[d]);
    }
    return "";
}

}  // namespace snnsim
