// Neurons that are stepped by Euler's method, where the model file says so.
#pragma once

#include <algorithm>
#include <optional>
#include <variant>

#include "kernels/cells/all.hpp"

namespace snnsim {

/// The shortest time constant (ms) that an Euler step divides by; nothing where none is made.
template <class Params>
std::optional<double> euler_tau(const Params& model) {
    if (const auto* lif = std::get_if<Lif::Params>(&model)) {
        if (lif->integration == Integration::euler) return lif->tau_m;
    }
    if (const auto* cuba = std::get_if<CubaLif::Params>(&model)) {
        if (cuba->integration == Integration::euler) return std::min(cuba->tau_m, cuba->tau_s);
    }
    return std::nullopt;
}

}  // namespace snnsim
