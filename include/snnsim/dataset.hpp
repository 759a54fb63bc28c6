// Samples that a network is shown, what it is to give back, and where both come from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/training/augment.hpp"
#include "snnsim/model_spec.hpp"
#include "snnsim/sample_form.hpp"

namespace snnsim {

/// When each input of a sample spikes.
struct SampleSpikes {
    std::vector<std::uint64_t> first{0};  // [sample + 1] index into `at`
    std::vector<std::uint32_t>
        at;  // input * steps + step, ascending; one that repeats, counts so often
};

/// The inputs of samples, one sample after the other. Which of them depends on the form.
struct SampleInputs {
    std::vector<std::uint8_t> pixels;  // [sample][input], or [sample][step][input]
    std::vector<float> values;         // [sample][input], or [sample][step][input]
    SampleSpikes trains;
};

class SampleStream;

/// What one input population is shown.
struct InputSamples {
    std::int64_t inputs = 0;
    SampleForm form = SampleForm::pixels;
    std::int64_t steps = 0;                // of a form in steps
    SampleShape shape = {};                // of all inputs (of a step)
    SampleInputs in;                       // of all samples, or
    std::shared_ptr<SampleStream> stream;  // what reads them when they are needed
};

/// What one output population is to give: classes, or real numbers.
struct SampleTargets {
    std::vector<std::int32_t> labels;  // [sample], or
    std::int64_t outputs = 0;          // real targets of a sample; 0: classes
    std::vector<float> y;              // [sample][output]
    std::vector<float> weights;        // [sample] factor on its loss; empty: 1
};

/// Samples and their targets: of most networks for one input and one output, which the set itself
/// holds.
struct SampleSet : InputSamples, SampleTargets {
    std::int64_t count = 0;
    std::vector<std::int32_t> groups;         // [sample], such as the speaker; empty: none
    std::vector<InputSamples> more_inputs;    // of the network's other inputs, ...
    std::vector<SampleTargets> more_targets;  // ... and outputs

    InputSamples& input(std::size_t k) { return k == 0 ? *this : more_inputs[k - 1]; }
    const InputSamples& input(std::size_t k) const { return k == 0 ? *this : more_inputs[k - 1]; }
    SampleTargets& target(std::size_t k) { return k == 0 ? *this : more_targets[k - 1]; }
    const SampleTargets& target(std::size_t k) const {
        return k == 0 ? *this : more_targets[k - 1];
    }
};

/// Classes that an output tells.
struct TargetClasses {
    int classes = 10;                           // 0: real targets
    std::vector<std::string> class_names = {};  // empty: numbers
};

struct Dataset : TargetClasses {
    std::string name;
    SampleSet train, test;
    std::int64_t own_validation = 0;  // so many of the training set, its last, are for validation
    std::vector<std::string> warnings = {};
    std::vector<TargetClasses> more_classes = {};  // of the network's other outputs
    std::vector<std::string> output_names = {};    // where the data name them

    bool real() const { return train.outputs > 0; }
    TargetClasses& target(std::size_t k) { return k == 0 ? *this : more_classes[k - 1]; }
    const TargetClasses& target(std::size_t k) const {
        return k == 0 ? *this : more_classes[k - 1];
    }
};

/// Loads a data set of images from `data_dir` if given, else from the cache, fetching it first
/// where it is not there. Throws DataError that names the file, what is wrong and where to put
/// which files.
Dataset load_dataset(DataSet set, const std::string& data_dir = {});

}  // namespace snnsim
