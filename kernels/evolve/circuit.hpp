// Small circuits of `lif` cells that an evolution tries: many lie side by side, a thread steps one.
#pragma once

#include <cstdint>

#include "kernels/cells/lif.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/bits.hpp"
#include "kernels/view.hpp"

namespace snnsim {

// A step is 1 ms. The cells that fire in it, and the inputs that send in it, are bits of a word.
inline constexpr std::uint32_t most_circuit_cells = 32, most_circuit_inputs = 32;
inline constexpr std::uint32_t circuit_slots = 32;  // steps that sums wait; more than any delay
inline constexpr int longest_circuit_delay = 20;    // steps
/// Weights are whole numbers of it: sums do not depend on the order of spikes, and the grid of a
/// simulation (WeightPlan) holds them exactly.
inline constexpr double circuit_weight_step = 1.0 / 1024.0;
inline constexpr double largest_circuit_weight = 31.0;

struct CircuitEdge {
    std::int16_t weight;         // in circuit_weight_step; negative from inhibitory cells
    std::uint8_t target, delay;  // cell; steps
};

/// Where a circuit's cells and edges lie.
struct Circuit {
    std::uint32_t first_cell, cells;
    std::uint32_t first_row;  // of its sources: inputs, then cells; one row more than there are
    std::uint32_t inputs;
};

struct Circuits {
    View<Circuit> circuits;
    View<Lif::Constants> cells;
    View<std::uint32_t> rows;  // the first edge of each source
    View<CircuitEdge> edges;
};

/// What came out of a circuit in one trial.
struct TrialRecord {
    std::uint32_t spikes = 0;         // of all cells
    std::uint32_t count[2] = {0, 0};  // of the outputs, cells 0 and 1, where they are looked at
    std::uint32_t first[2] = {0, 0};  // step of the first of these; 0: none
    std::uint32_t survived = 0;       // cart_pole: control steps
};

/// A circuit while it runs, with the steps of a simulation: what a source sends in step k arrives
/// in step k + delay, before the cell looks at its threshold.
class RunningCircuit {
  public:
    SNN_HD RunningCircuit(const Circuits& all, std::size_t number)
        : all_(all), circuit_(all.circuits[number]) {
        for (std::uint32_t c = 0; c < circuit_.cells; ++c) cells_[c] = {};
        for (std::uint32_t k = 0; k < circuit_slots * circuit_.cells; ++k) sums_[k] = 0;
    }

    /// Step `step`, in which `inputs` send; which cells fire.
    SNN_HD std::uint32_t advance(std::uint32_t step, std::uint32_t inputs) {
        std::int32_t* const arrived = sums_ + step % circuit_slots * circuit_.cells;
        std::uint32_t fired = 0;
        for (std::uint32_t c = 0; c < circuit_.cells; ++c) {
            const float input = static_cast<float>(arrived[c]) * step_of_weights;
            arrived[c] = 0;
            float saved[Lif::saved_count];
            const float spike =
                Lif::step(all_.cells[circuit_.first_cell + c], cells_[c], input, saved);
            fired |= (spike != 0.0f ? 1u : 0u) << c;
        }
        send(step, inputs, circuit_.first_row);
        send(step, fired, circuit_.first_row + circuit_.inputs);
        return fired;
    }

  private:
    static constexpr auto step_of_weights = static_cast<float>(circuit_weight_step);

    SNN_HD void send(std::uint32_t step, std::uint32_t sources, std::uint32_t row) {
        while (sources != 0) {
            const std::uint32_t source = row + static_cast<std::uint32_t>(lowest_bit(sources));
            sources &= sources - 1;
            for (std::uint32_t k = all_.rows[source]; k < all_.rows[source + 1]; ++k) {
                const CircuitEdge edge = all_.edges[k];
                sums_[(step + edge.delay) % circuit_slots * circuit_.cells + edge.target] +=
                    edge.weight;
            }
        }
    }

    const Circuits& all_;
    const Circuit circuit_;
    Lif::State cells_[most_circuit_cells];
    std::int32_t sums_[circuit_slots * most_circuit_cells];  // [slot][cell]
};

/// What happened in each step, of circuits that are looked at afterwards; else empty.
struct CircuitHistory {
    View<std::uint32_t> sent, fired;  // [item][step - 1]

    SNN_HD void keep(std::size_t at, std::uint32_t inputs, std::uint32_t cells) const {
        if (fired.size == 0) return;
        sent[at] = inputs;
        fired[at] = cells;
    }
};

}  // namespace snnsim
