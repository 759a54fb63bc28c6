// Cells sorted into boxes, so that those near a place are found without a look at all.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "src/space/positions.hpp"

namespace snnsim {

class CellBins {
  public:
    CellBins() = default;
    /// Boxes of the wanted size, or larger where that would make more boxes than cells.
    CellBins(const Positions& cells, Point wanted) : cells_(&cells) {
        Point high{};
        for (std::size_t k = 0; k < cells.dimensions; ++k) {
            low_[k] = cells.center[k] - 0.5 * cells.extent[k];
            high[k] = low_[k] + cells.extent[k];
            for (const Point& p : cells.at) {
                low_[k] = std::min(low_[k], p[k]);
                high[k] = std::max(high[k], p[k]);
            }
            if (cells.periodic) {  // a period is a whole number of boxes
                low_[k] = cells.center[k] - 0.5 * cells.extent[k];
                high[k] = low_[k] + cells.extent[k];
            }
        }
        const double most = std::pow(static_cast<double>(std::max<std::size_t>(1, cells.at.size())),
                                     1.0 / static_cast<double>(cells.dimensions));
        for (std::size_t k = 0; k < cells.dimensions; ++k) {
            const double range = std::max(high[k] - low_[k], 1e-300);
            count_[k] = static_cast<std::int64_t>(
                std::clamp(std::floor(range / std::max(wanted[k], 1e-300)), 1.0,
                           std::max(1.0, std::floor(most))));
            size_[k] = range / static_cast<double>(count_[k]);
        }
        const auto boxes = static_cast<std::size_t>(count_[0] * count_[1] * count_[2]);
        start_.assign(boxes + 1, 0);
        std::vector<std::uint32_t> box(cells.at.size());
        for (std::size_t i = 0; i < box.size(); ++i) {
            box[i] = box_of(cells.at[i]);
            ++start_[box[i] + 1];
        }
        for (std::size_t b = 0; b < boxes; ++b) start_[b + 1] += start_[b];
        sorted_.resize(box.size());
        std::vector<std::uint32_t> next(start_.begin(), start_.end() - 1);
        for (std::size_t i = 0; i < box.size(); ++i)
            sorted_[next[box[i]]++] = static_cast<std::uint32_t>(i);
    }

    /// Calls f(cell), once for each cell that may lie between two corners; some others, too.
    template <class F>
    void for_each(const Point& low, const Point& high, F&& f) const {
        std::array<std::int64_t, 3> first{}, last{};
        for (std::size_t k = 0; k < cells_->dimensions; ++k) {
            const double from = std::floor((low[k] - low_[k]) / size_[k]),
                         to = std::floor((high[k] - low_[k]) / size_[k]);
            const auto most = static_cast<double>(count_[k] - 1);
            if (!cells_->periodic) {
                first[k] = static_cast<std::int64_t>(std::clamp(from, 0.0, most));
                last[k] = static_cast<std::int64_t>(std::clamp(to, 0.0, most));
            } else if (to - from >= most) {
                last[k] = count_[k] - 1;
            } else {
                first[k] = static_cast<std::int64_t>(from);
                last[k] = static_cast<std::int64_t>(to);
            }
        }
        for (std::int64_t x = first[0]; x <= last[0]; ++x)
            for (std::int64_t y = first[1]; y <= last[1]; ++y)
                for (std::int64_t z = first[2]; z <= last[2]; ++z) {
                    const auto box = static_cast<std::size_t>(
                        (around(x, 0) * count_[1] + around(y, 1)) * count_[2] + around(z, 2));
                    for (std::uint32_t i = start_[box]; i < start_[box + 1]; ++i) f(sorted_[i]);
                }
    }
    /// The most cells in boxes that touch each other, 3 in each dimension.
    std::uint32_t most_around() const {
        std::uint32_t most = 0;
        for (std::int64_t x = 0; x < count_[0]; ++x)
            for (std::int64_t y = 0; y < count_[1]; ++y)
                for (std::int64_t z = 0; z < count_[2]; ++z)
                    most = std::max(most, count_around({x, y, z}));
        return most;
    }
    const Point& size() const { return size_; }

  private:
    std::int64_t around(std::int64_t n, std::size_t k) const {
        const std::int64_t rest = n % count_[k];
        return rest < 0 ? rest + count_[k] : rest;
    }
    std::uint32_t box_of(const Point& p) const {
        std::int64_t box = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            const double n = k < cells_->dimensions ? std::floor((p[k] - low_[k]) / size_[k]) : 0.0;
            box = box * count_[k] +
                  static_cast<std::int64_t>(std::clamp(n, 0.0, static_cast<double>(count_[k] - 1)));
        }
        return static_cast<std::uint32_t>(box);
    }
    std::uint32_t count_around(const std::array<std::int64_t, 3>& box) const {
        std::array<std::vector<std::int64_t>, 3> at;
        for (std::size_t k = 0; k < 3; ++k) {
            for (std::int64_t n = box[k] - 1; n <= box[k] + 1; ++n) {
                if (!cells_->periodic && (n < 0 || n >= count_[k])) continue;
                at[k].push_back(around(n, k));
            }
            std::sort(at[k].begin(), at[k].end());
            at[k].erase(std::unique(at[k].begin(), at[k].end()), at[k].end());
        }
        std::uint32_t sum = 0;
        for (const std::int64_t x : at[0])
            for (const std::int64_t y : at[1])
                for (const std::int64_t z : at[2]) {
                    const auto b = static_cast<std::size_t>((x * count_[1] + y) * count_[2] + z);
                    sum += start_[b + 1] - start_[b];
                }
        return sum;
    }

    const Positions* cells_ = nullptr;
    Point low_{}, size_{1.0, 1.0, 1.0};
    std::array<std::int64_t, 3> count_{1, 1, 1};
    std::vector<std::uint32_t> start_, sorted_;
};

}  // namespace snnsim
