// What a population's cells get from outside, step by step.
#pragma once

#include <cstdint>
#include <vector>

#include "src/engine/layout.hpp"
#include "src/engine/synapse_rows.hpp"

namespace snnsim {

/// A Poisson stimulus of one population, ready to be added.
struct PoissonPlan {
    std::uint32_t number = 0;              // of the stimulus
    std::int64_t first = 0, last = 0;      // steps
    std::vector<std::int32_t> thresholds;  // see AddPoisson
    int usual = 0;
    std::size_t receptor = 0;
    std::int32_t weight = 0;
};

/// The current of a population's slice, as the sum of its stimuli.
class Currents {
  public:
    Currents(const SimulationSpec& spec, std::size_t population, const Slice& slice);

    /// The current of each cell in step t.
    const float* at(std::int64_t t);

  private:
    struct Part {
        std::uint32_t number;
        Stimuli::Params kind;
        std::int64_t first, last;      // steps
        std::vector<float> amplitude;  // dc: by cell
    };
    bool changes_at(std::int64_t t) const;
    void add(const Part& part, std::int64_t t);

    double dt_;
    std::uint64_t seed_;
    Slice slice_;
    std::vector<Part> parts_;
    std::vector<float> sum_;
    std::int64_t known_ = -1;  // the step that sum_ belongs to
};

std::vector<PoissonPlan> poisson_plans(const SimulationSpec& spec, std::size_t population,
                                       const WeightGrid& grid);

}  // namespace snnsim
