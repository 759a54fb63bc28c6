// How the libraries mean what they write and read, where the format leaves it open.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "kernels/cells/trained.hpp"
#include "kernels/fields.hpp"

namespace snnsim::nir {

/// `definition`: what the format itself says.
enum class Library : std::uint8_t { definition, snntorch, spikingjelly, norse, sinabs };

}  // namespace snnsim::nir

namespace snnsim {
template <>
struct Names<nir::Library> {
    static constexpr std::array values{"definition", "snntorch", "spikingjelly", "norse", "sinabs"};
};
}  // namespace snnsim
