// What a phase shows: the samples in their order, and the rates that stand for each.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/dataset.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Of the phase with that number, which presents something: `images` of so many classes, which it
/// holds on to, or, where they are null, patterns.
class ShownSamples {
  public:
    ShownSamples(const SimulationSpec& spec, std::size_t phase, const SampleSet* images,
                 int classes);

    /// Samples of all passes together.
    std::uint64_t trials() const { return passes_ * count_; }
    std::size_t classes() const { return classes_; }
    /// Number of the sample (pattern) of a trial, in its set.
    std::uint32_t sample(std::uint64_t trial);
    std::int32_t label(std::uint32_t sample) const;
    /// Of each cell of the source, Hz.
    std::vector<double> rates(std::uint32_t sample, double max_rate) const;

  private:
    void draw_patterns(const PatternsSpec& patterns);

    const PresentSpec& spec_;
    const std::uint64_t seed_;
    const std::uint32_t phase_;
    const SampleSet* images_;
    const std::size_t cells_;
    std::uint64_t passes_, count_;
    std::size_t classes_;
    std::vector<std::vector<std::uint32_t>> patterns_;  // their cells
    std::vector<std::uint32_t> order_;                  // of the samples of a pass
    std::uint64_t pass_ = ~std::uint64_t{0};            // that `order_` is of
};

}  // namespace snnsim
