// How the libraries mean what they write, where the format leaves it open.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/cells/fires.hpp"
#include "kernels/cells/trained.hpp"
#include "kernels/fields.hpp"

namespace snnsim::nir {

/// `definition`: what the format itself says.
enum class Library : std::uint8_t { definition, snntorch, spikingjelly, norse, sinabs };

/// When a spike that a cell with a synaptic current receives reaches its membrane.
enum class Synapse : std::uint8_t { same_step, next_step };

/// How the arrays of a file become steps.
struct Reading {
    double unit = 0.0;  // of the file's times, in seconds times this, is a step
    Integration decay = Integration::exact;
    Fires fires = Fires::above;
    Reset reset = Reset::zero;
    ResetAt reset_at = ResetAt::same_step;
    Synapse synapse = Synapse::same_step;
    bool unit_gain = false;     // of I and IF: r says nothing, what arrives is added as it is
    bool whole_input = false;   // of LI: the same
    bool whole_lif = false;     // of LIF: the same
    bool whole_spikes = false;  // of CubaLI, CubaLIF: w_in is added to the current as it is
};

/// With a step of dt (s).
Reading reading_of(Library library, double dt);

}  // namespace snnsim::nir

namespace snnsim {
template <>
struct Names<nir::Library> {
    static constexpr std::array values{"definition", "snntorch", "spikingjelly", "norse", "sinabs"};
};
template <>
struct Names<nir::Synapse> {
    static constexpr std::array values{"same_step", "next_step"};
};
}  // namespace snnsim
