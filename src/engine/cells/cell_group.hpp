// The cells of one population in one block, behind one call a step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "kernels/network/find_strayed.hpp"
#include "snnsim/played_spikes.hpp"
#include "src/engine/cells/strayed.hpp"

namespace snnsim {

/// Cells of a slice.
struct SliceCells {
    std::uint32_t count = 0;
    const std::uint32_t* listed = nullptr;  // numbers in the population; null: the slice's first

    /// Calls f(k, number in the slice) for the k-th of them; `first`: of the slice.
    template <class F>
    void for_each(std::uint32_t first, F&& f) const {
        if (!listed) {
            for (std::uint32_t k = 0; k < count; ++k) f(k, k);
        } else {
            for (std::uint32_t k = 0; k < count; ++k) f(k, listed[k] - first);
        }
    }
};

/// A state as it is stored.
struct StrayedCell {
    std::int64_t cell;  // in the population
    std::size_t variable;
    float value;
};

class CellGroup {
  public:
    virtual ~CellGroup() = default;
    /// Step t begins: what stimuli bring.
    virtual void stimulate(std::int64_t t) = 0;
    /// Adds what has arrived at a receptor for this step, in units of the grid.
    virtual void add_arrived(std::size_t receptor, SliceCells cells, std::int64_t* sums) const = 0;
    /// Step t: takes what arrived, appends the cells that fire, and where their spikes are graded
    /// the values.
    virtual void step(std::int64_t t, std::vector<std::uint32_t>& fired,
                      std::vector<float>& values) = 0;
    /// The state at time 0 again.
    virtual void reset() = 0;
    /// In place of a step: what has arrived is lost.
    virtual void drop_arrived() = 0;
    /// See Engine::play; false: the model plays nothing.
    virtual bool play(const std::shared_ptr<const PlayedSpikes>& played) = 0;
    /// The current of stimuli in the step last begun.
    virtual const float* current() const = 0;
    /// Takes that one, of the slice with padding, in place of it for the step.
    virtual void take_current(const float* current) = 0;
    /// What is added to a state variable where a user sees it, of each cell.
    virtual void read_origin(std::size_t variable, float* out) const = 0;
    /// Values of a state variable as a user sees them.
    virtual void read_state(std::size_t variable, SliceCells cells, float* out) const = 0;
    /// The first cell with a state that is no number, or beyond what its model allows.
    virtual std::optional<StrayedCell> find_strayed() const = 0;
    /// Between what values a state variable stays, as it is stored.
    virtual StateBounds bounds(std::size_t variable) const = 0;
    /// For the message.
    virtual StrayedState strayed(const StrayedCell& cell) const = 0;
    virtual std::size_t bytes() const = 0;
    /// Rates of the slice's cells, of sources that have one (see Engine::set_rates); false: none.
    virtual bool set_rates(const double* rates) = 0;
    /// Adaptive thresholds change, or stay.
    virtual void set_adaptive(bool adaptive) = 0;
    /// The state as the model keeps it: an array over the slice's cells for each variable.
    virtual std::vector<const float*> raw_state() const = 0;
    virtual void set_raw_state(std::size_t variable, const float* values) = 0;
};

}  // namespace snnsim
