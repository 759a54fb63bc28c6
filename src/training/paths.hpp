// Which way things go through a network: what lies on cycles, and where errors come back.
#pragma once

#include <cstddef>
#include <vector>

#include "snnsim/network.hpp"
#include "src/network/stages.hpp"

namespace snnsim {

/// Populations and projections by number.
class Paths {
  public:
    explicit Paths(const Network& network) : network_(network), stages_(stages_of(network)) {}

    const std::vector<Stage>& stages() const { return stages_; }
    bool is_input(std::size_t k) const { return k < network_.input_count(); }
    bool is_output(std::size_t k) const;
    /// Whether anything listens to population k: other populations, or itself.
    bool sends(std::size_t k) const;
    /// Whether what population k sends is read as events: windows read it as it is.
    bool lists_events(std::size_t k) const;

    bool in_loop(std::size_t k) const { return stage_of(k).loop; }
    /// Whether projection k lies on a cycle.
    bool inside(std::size_t k) const;
    /// The projections to population k, or from it, that lie on a cycle, or those that do not.
    std::vector<std::size_t> inputs_of(std::size_t k, bool inside_loop) const;
    std::vector<std::size_t> outputs_of(std::size_t k, bool inside_loop) const;

    /// What learns from now on: populations themselves, and projections.
    void find_gradients(std::vector<bool> populations, const std::vector<bool>& projections,
                        Objective objective);
    /// A population needs dL/d(output) when a projection that learns enters it or leads to it from
    /// before, or where it learns itself.
    bool needs_gradient(std::size_t k) const { return needs_gradient_[k]; }
    /// Whether the gradient goes on to the sources of projection k.
    bool passes_gradient(std::size_t k) const;
    /// Whether population k learns to go with the error of its cells.
    bool follows_error(std::size_t k) const {
        return objective_ == Objective::correlation && network_.populations[k].dendrites_of;
    }
    /// The projections from population k, but for those on a cycle, through which errors come back.
    std::vector<std::size_t> passing_back(std::size_t k) const;

  private:
    const Stage& stage_of(std::size_t k) const;

    const Network& network_;
    const std::vector<Stage> stages_;
    std::vector<bool> needs_gradient_;
    Objective objective_ = Objective::loss;
};

}  // namespace snnsim
