// Samples that a network is shown, what it is to give back, and where both come from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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
    std::vector<std::uint8_t> pixels;  // [sample][input]
    std::vector<float> values;         // [sample][input], or [sample][step][input]
    SampleSpikes trains;
};

class SampleStream;

/// Samples and their targets: classes, or real numbers.
struct SampleSet {
    std::int64_t count = 0;
    std::int64_t inputs = 0;
    SampleForm form = SampleForm::pixels;
    std::int64_t steps = 0;                // of a form in steps
    SampleInputs in;                       // of all samples, or
    std::shared_ptr<SampleStream> stream;  // what reads them when they are needed
    std::vector<std::int32_t> labels;      // [sample], or
    std::int64_t outputs = 0;              // real targets of a sample; 0: classes
    std::vector<float> y;                  // [sample][output]
    std::vector<float> weights;            // [sample] factor on its loss; empty: 1
    std::vector<std::int32_t> groups;      // [sample], such as the speaker; empty: none
};

struct Dataset {
    std::string name;
    int classes = 10;                           // 0: real targets
    std::vector<std::string> class_names = {};  // empty: numbers
    SampleSet train, test;
    std::int64_t own_validation = 0;  // so many of the training set, its last, are for validation
    std::vector<std::string> warnings = {};

    bool real() const { return train.outputs > 0; }
};

/// Loads a data set of images from `data_dir` if given, else from the cache, fetching it first
/// where it is not there. Throws DataError that names the file, what is wrong and where to put
/// which files.
Dataset load_dataset(DataSet set, const std::string& data_dir = {});

}  // namespace snnsim
