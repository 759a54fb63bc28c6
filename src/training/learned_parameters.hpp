// The parameters of one population's neurons that are trained: from what an optimiser changes to
// the constants of each cell, and from the gradient of those back. On the host, in double, so that
// both backends have the same bits; there are few of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "snnsim/trainer.hpp"

namespace snnsim {

class LearnedParameters {
  public:
    LearnedParameters(const Population& population, double dt);

    bool any() const { return !population_.trained.empty(); }
    std::size_t count() const { return population_.trained.size(); }
    /// Whether something is learned, and the same for all cells.
    bool by_layer() const;
    const TrainedParameter& parameter(std::size_t k) const { return population_.trained[k]; }

    /// The parameters of one cell.
    NeuronModels::Params of_cell(std::size_t n) const;
    /// [panel][constant][panel_width], as ByCell has them.
    std::vector<float> constants() const;
    /// The floats of the model's Sums.
    std::size_t sum_count() const { return sum_count_; }
    std::size_t constant_count() const { return constant_count_; }

    /// From the sums of a batch, [panel][sum][panel_width].
    void set_gradient(const std::vector<double>& sums);
    /// The squared norm of the gradient.
    double squares() const;

    /// One step of an optimiser on parameter k: `rule` is a body of optimizers.hpp.
    template <class Update>
    void update(std::size_t k, const Update& rule, float scale) {
        std::vector<float>& w = population_.trained[k].w;
        const auto most = static_cast<float>(population_.trained[k].link.most());
        std::vector<float>& m = moments_[k];
        m.resize(Update::moments * w.size());
        for (std::size_t g = 0; g < w.size(); ++g) {
            float none = 0.0f;
            rule(w[g], static_cast<float>(gradient_[k][g]) * scale, m[g],
                 Update::moments > 1 ? m[w.size() + g] : none);
            // Also where it is no number: the loss tells.
            w[g] = w[g] > most ? most : w[g] < -most ? -most : w[g];
        }
    }

    std::vector<LearnedState> state() const;
    /// As much of it as there is.
    void set_state(const std::vector<LearnedState>& state);

  private:
    Population population_;
    double dt_;
    std::size_t sum_count_ = 0, constant_count_ = 0;
    std::vector<std::vector<double>> gradient_;  // [parameter][group]: dL/dw
    std::vector<std::vector<float>> moments_;    // [parameter]
};

}  // namespace snnsim
