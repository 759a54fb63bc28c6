// Two populations in space: which pairs of cells a projection may connect, and how likely.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "src/space/cell_bins.hpp"
#include "src/space/mask.hpp"
#include "src/space/positions.hpp"

namespace snnsim {

/// A displacement is that from the source to the target, the shortest way: for masks, kernels,
/// weights and delays alike.
class PairSpace {
  public:
    /// From one field of a grid to another: columns, rows downward, layers.
    struct Offset {
        std::array<std::int32_t, 3> fields;
        double distance, chance;
    };

    /// `skips_itself`: the cell of the same number is no partner.
    PairSpace(const SimulationSpec& spec, const ConnectSpec& connect, std::size_t from,
              std::size_t to, bool skips_itself);
    PairSpace(const PairSpace&) = delete;

    double distance(std::uint32_t source, std::uint32_t target) const;
    /// Calls f(target, chance) for the cells that a source may connect to: chance is p times the
    /// kernel, above 0, and may be above 1.
    template <class F>
    void for_each_target(std::uint32_t source, F&& f) const {
        for_each_partner<1>(source, f);
    }
    /// The same the other way round.
    template <class F>
    void for_each_source(std::uint32_t target, F&& f) const {
        for_each_partner<-1>(target, f);
    }
    /// No target has more partners to choose from.
    double most_sources() const;
    /// The mean number of synapses that chances give a source.
    double mean_degree() const;
    /// What a chance may be at most.
    double most_chance() const;

    /// Both populations lie on one grid: partners are the same offsets for all. Empty otherwise,
    /// and for nearest neighbours.
    const std::vector<Offset>& offsets() const { return offsets_; }
    bool on_one_grid() const { return one_grid_; }
    const Positions& from() const { return from_; }
    const Positions& to() const { return to_; }

  private:
    template <int Sign, class F>
    void for_each_partner(std::uint32_t driver, F& f) const {
        if (by_offsets_) return for_each_offset<Sign>(driver, f);
        if (nearest_ > 0) return for_each_nearest<Sign>(driver, f);
        const Positions& own = Sign > 0 ? from_ : to_;
        const Point& at = own.at[driver];
        Point low{}, high{};
        for (std::size_t k = 0; k < own.dimensions; ++k) {
            low[k] = at[k] + (Sign > 0 ? low_[k] : -high_[k]);
            high[k] = at[k] + (Sign > 0 ? high_[k] : -low_[k]);
        }
        const auto look = [&](std::uint32_t other) {
            if (skips_itself_ && other == driver) return;
            const Point d = Sign > 0 ? to_.displacement(at, to_.at[other])
                                     : to_.displacement(from_.at[other], at);
            if (mask_ && !mask_->contains(d)) return;
            const double chance = chance_at(length(d));
            if (chance > 0.0) f(other, chance);
        };
        bins<Sign>().for_each(low, high, look);
    }
    template <int Sign, class F>
    void for_each_offset(std::uint32_t driver, F& f) const {
        const Grid& grid = to_.grid;
        const Grid::Field at = grid.field(driver);
        for (const Offset& o : offsets_) {
            Grid::Field other;
            bool inside = true;
            for (std::size_t k = 0; k < 3; ++k) {
                const auto size = static_cast<std::int32_t>(grid.size[k]);
                std::int32_t place = static_cast<std::int32_t>(at[k]) + Sign * o.fields[k];
                if (place < 0 || place >= size) {
                    inside = inside && to_.periodic;
                    place += place < 0 ? size : -size;
                }
                other[k] = static_cast<std::uint32_t>(place);
            }
            if (inside) f(grid.cell(other), o.chance);
        }
    }
    template <int Sign, class F>
    void for_each_nearest(std::uint32_t driver, F& f) const {
        for (const std::uint32_t other : nearest<Sign>(driver)) {
            const double chance =
                chance_at(Sign > 0 ? distance(driver, other) : distance(other, driver));
            if (chance > 0.0) f(other, chance);
        }
    }
    template <int Sign>
    std::vector<std::uint32_t> nearest(std::uint32_t driver) const;
    template <int Sign>
    const CellBins& bins() const {
        return Sign > 0 ? *target_bins_ : *source_bins_;
    }
    double chance_at(double distance) const;
    void find_offsets();

    Positions from_, to_;
    bool skips_itself_, one_grid_ = false, by_offsets_ = false;
    std::optional<MaskSpec> mask_spec_;
    std::optional<Mask> mask_;
    std::optional<KernelSpec> kernel_;
    double p_ = 1.0, reach_;
    std::size_t nearest_ = 0;
    Point low_, high_;  // of the displacements that there may be
    std::vector<Offset> offsets_;
    std::unique_ptr<const CellBins> source_bins_, target_bins_;
};

/// The farthest distance of a cell of one population from one of another.
double farthest(const CellPopulationSpec& from, const CellPopulationSpec& to);

}  // namespace snnsim
