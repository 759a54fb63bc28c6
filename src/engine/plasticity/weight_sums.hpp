// Sums of the weights of each target of a block, brought to a given value.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/plasticity/intervals.hpp"

namespace snnsim {

/// A target whose weights stayed since its sum was brought to the wanted value is left alone: the
/// factor is so near to 1 that it would round back to the same weights.
class WeightSums {
  public:
    void resize(std::uint32_t targets) { settled_.assign(targets, 0); }
    /// A weight of the target has, or may have.
    void changed(std::uint32_t target) { settled_[target] = 0; }
    void all_changed() { std::fill(settled_.begin(), settled_.end(), 0u); }

    /// Multiplies the weights of each target so that their sum becomes `wanted` (in steps of a
    /// weight), as far as bounds allow.
    template <class R>
    void normalise(const std::vector<std::uint16_t>& target, std::vector<PlasticWeight>& weight,
                   double wanted, const RuleConstants<R>& c) {
        if (wanted != wanted_) all_changed();
        wanted_ = wanted;
        const std::size_t size = weight.size();
        const std::uint16_t* const to = target.data();
        PlasticWeight* const w = weight.data();
        std::vector<std::int64_t> before(settled_.size()), after(settled_.size());  // in any order
        for (std::size_t k = 0; k < size; ++k) before[to[k]] += w[k];
        std::vector<double> factor(settled_.size());
        for (std::size_t i = 0; i < factor.size(); ++i)
            factor[i] = normalising_factor(wanted, before[i]);
        const std::uint32_t* const settled = settled_.data();
        for (std::size_t k = 0; k < size; ++k) {
            if (settled[to[k]]) continue;
            w[k] = multiplied(c, w[k], factor[to[k]]);
            after[to[k]] += w[k];
        }
        for (std::size_t i = 0; i < factor.size(); ++i)
            settled_[i] |= rounds_back(normalising_factor(wanted, after[i]));
    }

  private:
    /// A weight is at most 2^30 steps: its change would be less than a quarter of one.
    static bool rounds_back(double factor) {
        return std::fabs(factor - 1.0) * double{weight_one} < 0.25;
    }

    std::vector<std::uint32_t> settled_;  // [target]; no bytes, which compilers take for anything
    double wanted_ = 0.0;
};

}  // namespace snnsim
