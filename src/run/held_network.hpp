// A trained network in the hands of a caller, who shows it samples and changes its weights.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "snnsim/model_spec.hpp"
#include "snnsim/run.hpp"
#include "snnsim/trainer.hpp"
#include "src/device/choose_device.hpp"

namespace snnsim {

class HeldNetwork {
  public:
    /// Of a finished run of a training. Of the options those that say where it is computed hold,
    /// and `overrides`, after those of the run.
    HeldNetwork(const std::string& run, const RunOptions& options);

    const ModelSpec& spec() const { return spec_; }
    const Network& network() const { return network_; }
    /// Classes of the (first) output, as it was trained or tested; its size where nobody said.
    int classes() const { return classes_; }
    /// Of a projection as Projection has them; what is written there holds from the next
    /// evaluation on. A weight where there is no synapse stays 0.
    std::vector<float>& weights(std::size_t projection) {
        return network_.projections[projection].weights;
    }
    std::vector<float>& bias(std::size_t projection) {
        return network_.projections[projection].bias;
    }

    /// Shows it the test samples of `samples`, in the order and with the random numbers of a test.
    /// Without y they are classes - 1, or 1 for real targets: loss and accuracy then say nothing.
    /// Nothing where the watcher stopped it.
    std::optional<Evaluation> evaluate(const SampleArrays& samples, RunWatcher* watcher,
                                       const std::vector<RecordSpec>& record = {});

  private:
    ModelSpec spec_;
    Network network_;
    int classes_ = 0;
    int threads_ = 1;
    RunOptions options_;
};

}  // namespace snnsim
