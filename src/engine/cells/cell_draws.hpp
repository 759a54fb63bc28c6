// Parameters and initial states that differ from cell to cell: given for each, or drawn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/random.hpp"
#include "src/engine/quantile.hpp"

namespace snnsim {

/// A float in (0, 1) for every cell of a population, the same in any layout.
inline double cell_uniform(const RandomKey& key, std::uint32_t cell) {
    const std::uint32_t word = key.draw(cell / 4).word[cell % 4];
    return (static_cast<double>(word >> 8) + 0.5) / 16777216.0;
}

/// Of the cells of a slice.
struct CellDraws {
    std::uint64_t seed;
    std::size_t population;
    std::uint32_t first, size;  // of the slice; of the population

    /// Of cell i of the slice: the k-th of the parameters that vary. `number`: of the parameter in
    /// its model.
    double parameter(const std::vector<NamedDistribution>& varied, std::size_t k,
                     const Quantile& quantile, std::uint32_t number, std::uint32_t i) const {
        return value(varied[k].value, quantile, Stream::parameters, draw_of(varied, k, number), i);
    }
    /// A state variable at time 0.
    double initial(const Distribution& d, const Quantile& quantile, std::size_t variable,
                   std::uint32_t i) const {
        return value(d, quantile, Stream::initial, static_cast<std::uint32_t>(variable), i);
    }

  private:
    double value(const Distribution& d, const Quantile& quantile, Stream stream,
                 std::uint32_t number, std::uint32_t i) const {
        const RandomKey key{seed, stream, static_cast<std::uint32_t>(population), number};
        return d.by_cell() ? d.of_cell(first + i, size) : quantile(cell_uniform(key, first + i));
    }
    /// The number of the draw: the parameter's own, or one for all that name the same draw.
    static std::uint32_t draw_of(const std::vector<NamedDistribution>& varied, std::size_t k,
                                 std::uint32_t number) {
        const std::string& name = varied[k].value.draw;
        if (name.empty()) return number;
        std::uint32_t one = 0;
        while (varied[one].value.draw != name) ++one;
        return 1000 + one;  // beyond the numbers of parameters
    }
};

}  // namespace snnsim
