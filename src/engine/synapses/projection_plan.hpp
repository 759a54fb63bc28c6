// A projection made ready to be drawn: its random keys, and its weights and delays in the engine's
// units.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "kernels/launch/thread_pool.hpp"
#include "kernels/steps.hpp"
#include "snnsim/receptors.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/synapses/connect.hpp"
#include "src/engine/synapses/weight_plan.hpp"

namespace snnsim {

/// Values by the attributes of a synapse.
template <class T>
struct Choices {
    const T* values;
    std::uint32_t mask, shift;

    T operator[](std::uint32_t attributes) const { return values[attributes >> shift & mask]; }
};

/// Values to choose from, or the one value there is.
template <class T>
struct Table {
    T constant{};
    std::shared_ptr<const std::vector<T>> values;

    /// Valid as long as the table.
    Choices<T> choices(std::uint32_t mask, std::uint32_t shift) const {
        return values ? Choices<T>{values->data(), mask, shift} : Choices<T>{&constant, 0, 0};
    }
    T smallest() const {
        return values ? *std::min_element(values->begin(), values->end()) : constant;
    }
    T largest() const {
        return values ? *std::max_element(values->begin(), values->end()) : constant;
    }
};

/// The delays, in steps, that a population's synapses may have: first, first + 1, ..., first +
/// count - 1.
struct DelayRange {
    std::uint32_t first = 1, count = 0;

    void add(std::uint32_t low, std::uint32_t high) {
        const std::uint32_t end = count ? std::max(first + count - 1, high) : high;
        first = count ? std::min(first, low) : low;
        count = end - first + 1;
    }
};

struct ProjectionPlan {
    Connection connection;
    std::size_t from = 0, to = 0;
    ReachedReceptors reached;  // of `to`, by the sign of a weight
    // By source. Of what is not drawn by source (see `drawn`) synapses of targets that lie in this
    // process, else all.
    std::vector<std::uint32_t> degree;
    Table<std::int32_t> weights;  // on the grid
    Table<std::uint16_t> delays;  // steps
    // Attributes of a synapse are 16 random bits each for weight and delay. Of a list they are its
    // number in the list.
    std::uint32_t weight_mask = 0xFFFFu, delay_shift = 16;

    DelayRange reach;  // of the delays that there are

    // Where weights or delays follow from the distance: to grid units, and to steps.
    std::optional<ByDistance> weight_by, delay_by;
    double weight_scale[2] = {1.0, 1.0};  // of positive and negative ones
    double dt = 1.0;                      // ms

    std::int32_t weight_at(double distance) const {
        const double w = (*weight_by)(distance);
        return static_cast<std::int32_t>(std::floor(w * weight_scale[w < 0.0 ? 1 : 0] + 0.5));
    }
    /// May be 0, which is no delay.
    std::uint32_t delay_at(double distance) const {
        return static_cast<std::uint32_t>(std::clamp(
            std::floor((*delay_by)(distance) / dt + (0.5 + step_tolerance)), 0.0, 65535.0));
    }

    // What is not drawn by source (fixed_in_degree, lists), sorted by source in `degree` pieces.
    struct Drawn {
        std::uint32_t target, attributes;
        auto operator<=>(const Drawn&) const = default;
    };
    std::vector<std::uint64_t> drawn_start;
    std::vector<Drawn> drawn;
    bool by_source() const { return drawn_start.empty(); }

    /// Calls emit(target, attributes) for the synapses of a source.
    template <class Emit>
    void for_each(std::uint32_t source, Taken& taken, Emit&& emit) const {
        if (by_source()) {
            draw_row(connection, source, degree[source], taken, emit);
            return;
        }
        for (std::uint64_t k = drawn_start[source]; k < drawn_start[source + 1]; ++k)
            emit(drawn[k].target, drawn[k].attributes);
    }
    /// Calls emit(target, weight, delay) for them.
    template <class Emit>
    void for_each_weight(std::uint32_t source, Taken& taken, Emit&& emit) const {
        const Choices<std::int32_t> weight = weights.choices(weight_mask, 0);
        const Choices<std::uint16_t> delay = delays.choices(0xFFFFFFFFu, delay_shift);
        if (!weight_by && !delay_by) {
            for_each(
                source, taken,
                [&](std::uint32_t target, std::uint32_t attributes)
                    __attribute__((always_inline)) {  // a call would cost as much again
                        emit(target, weight[attributes], std::uint32_t{delay[attributes]});
                    });
            return;
        }
        for_each(source, taken, [&](std::uint32_t target, std::uint32_t attributes) {
            const double far = connection.space->distance(source, target);
            emit(target, weight_by ? weight_at(far) : weight[attributes],
                 delay_by ? delay_at(far) : std::uint32_t{delay[attributes]});
        });
    }
};

/// Of each of `populations` populations; a count of 0 where none of the projections begins there.
std::vector<DelayRange> delay_ranges(const std::vector<ProjectionPlan>& plans,
                                     std::size_t populations);

/// `layout`: which targets lie in this process; null: all of them.
std::vector<ProjectionPlan> plan_projections(const SimulationSpec& spec, const WeightGrid& grid,
                                             ThreadPool& pool, const Layout* layout = nullptr);

}  // namespace snnsim
