#include "src/space/window.hpp"

#include <fmt/format.h>

#include <array>

#include "src/space/positions.hpp"

namespace snnsim {
namespace {

struct Move {
    std::array<std::int64_t, 2> stride{1, 1}, padding{0, 0};
};

Move move_of(const ConnectSpec& c, const std::vector<std::int64_t>& window) {
    Move m;
    for (std::size_t k = 0; k < 2; ++k) {
        if (c.rule == Rule::pool) m.stride[k] = window[k];
        if (!c.stride.empty()) m.stride[k] = c.stride[k];
        if (!c.padding.empty()) m.padding[k] = c.padding[k];
    }
    return m;
}

Grid grid_of(const CellPopulationSpec& p) {
    Grid grid;
    grid.size = {1, 1, 1};
    for (std::size_t k = 0; k < p.space->grid.size(); ++k)
        grid.size[k] = static_cast<std::uint32_t>(p.space->grid[k]);
    grid.order = p.space->order;
    return grid;
}

}  // namespace

std::string window_problem(const CellPopulationSpec& from, const CellPopulationSpec& to,
                           const ConnectSpec& connect, const std::vector<std::int64_t>& window) {
    const Grid in = grid_of(from), out = grid_of(to);
    const Move move = move_of(connect, window);
    const char* const sides[2] = {"rows", "columns"};
    for (std::size_t k = 0; k < 2; ++k) {
        const std::int64_t size = in.size[1 - k], padded = size + 2 * move.padding[k];
        if (move.padding[k] >= window[k])
            return fmt::format("a padding of {} {} is no less than the window, {}", move.padding[k],
                               sides[k], window[k]);
        if (window[k] > padded)
            return fmt::format("the window has {} {}, but '{}' has only {}", window[k], sides[k],
                               from.name, size);
        const std::int64_t places = (padded - window[k]) / move.stride[k] + 1;
        if (places != out.size[1 - k])
            return fmt::format(
                "the window takes {} places along the {} of '{}', but '{}' has {} "
                "{}; write a grid of {} {}",
                places, sides[k], from.name, to.name, out.size[1 - k], sides[k], places, sides[k]);
    }
    if (connect.rule == Rule::pool && in.size[2] != out.size[2])
        return fmt::format("pool keeps layers apart, but '{}' has {} and '{}' has {}", from.name,
                           in.size[2], to.name, out.size[2]);
    return "";
}

EdgeList window_edges(const CellPopulationSpec& from, const CellPopulationSpec& to,
                      const ConnectSpec& connect, const std::vector<std::int64_t>& window,
                      const std::vector<double>& weights) {
    const Grid in = grid_of(from), out = grid_of(to);
    const Move move = move_of(connect, window);
    EdgeList edges;
    for (std::uint32_t target = 0; target < static_cast<std::uint32_t>(to.size); ++target) {
        const Grid::Field place = out.field(target);
        const bool pool = connect.rule == Rule::pool;
        const std::uint32_t first = pool ? place[2] : 0, last = pool ? place[2] + 1 : in.size[2];
        for (std::uint32_t layer = first; layer < last; ++layer) {
            for (std::int64_t row = 0; row < window[0]; ++row) {
                const std::int64_t y = place[1] * move.stride[0] - move.padding[0] + row;
                if (y < 0 || y >= in.size[1]) continue;
                for (std::int64_t column = 0; column < window[1]; ++column) {
                    const std::int64_t x = place[0] * move.stride[1] - move.padding[1] + column;
                    if (x < 0 || x >= in.size[0]) continue;
                    edges.source.push_back(in.cell(
                        {static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), layer}));
                    edges.target.push_back(target);
                    if (weights.empty()) continue;
                    const std::int64_t at =
                        ((std::int64_t{place[2]} * in.size[2] + layer) * window[0] + row) *
                            window[1] +
                        column;
                    edges.weight.push_back(weights[static_cast<std::size_t>(at)]);
                }
            }
        }
    }
    return edges;
}

}  // namespace snnsim
