// What a network is shown and taught: the section data of a model file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/encoders/all.hpp"
#include "kernels/fields.hpp"
#include "snnsim/location.hpp"
#include "snnsim/sample_arrays.hpp"

namespace snnsim {

enum class DataSet : std::uint8_t { mnist, fashion_mnist, file };
template <>
struct Names<DataSet> {
    static constexpr std::array values{"mnist", "fashion_mnist", "file"};
};

/// How a sample becomes the input of `duration / dt` steps. `scheme` names the encoder; its
/// parameters stand beside it in the same mapping.
struct EncodeSpec {
    Encoders::Params scheme = Direct::Params{};
    double duration = 0.0;  // ms; 0: one step

    static constexpr auto alternative() {
        return Alternative<EncodeSpec, Encoders>{
            "scheme", &EncodeSpec::scheme, "how a value in [0, 1] becomes spikes", Need::required};
    }
    static constexpr auto fields() {
        return Fields{
            Field{"duration", &EncodeSpec::duration, "ms", positive,
                  "time that a sample is shown, a whole number of dt; default: one step"}};
    }
};

/// What several events of one input in one step are.
enum class SeveralEvents : std::uint8_t { clipped, counted };
template <>
struct Names<SeveralEvents> {
    static constexpr std::array values{"clipped", "counted"};
};
enum class TimeUnit : std::uint8_t { stored, s, ms, us, ns };
template <>
struct Names<TimeUnit> {
    static constexpr std::array values{"stored", "s", "ms", "us", "ns"};
};
/// Whether samples stay in their file until they are needed.
enum class Streaming : std::uint8_t { automatic, always, never };
template <>
struct Names<Streaming> {
    static constexpr std::array values{"auto", "always", "never"};
};

/// Training samples that are changed anew in each epoch.
struct AugmentSpec {
    double flip = 0.0;
    std::int64_t shift = 0;
    double drop = 0.0;

    static constexpr auto fields() {
        return Fields{
            Field{"flip", &AugmentSpec::flip, "", fraction,
                  "probability that a sample is mirrored left to right"},
            Field{"shift", &AugmentSpec::shift, "", Limits{.low = 0, .high = 65535},
                  "a sample is shifted by up to so many columns and rows (of a cochlea channels) "
                  "either way; what leaves is lost, and nothing comes in"},
            Field{"drop", &AugmentSpec::drop, "", fraction,
                  "of samples that are events or spikes: probability that one is left out"},
        };
    }
};

/// One of several input populations, and the array in the file that it is shown.
struct InputSpec {
    static constexpr bool by_name = true;
    static constexpr const char* shorthand = "x";

    std::string name;  // of the population
    std::string x;
    std::optional<EncodeSpec> encode;  // none: as data.encode says
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{"x", &InputSpec::x, "", unlimited,
                  "array of its samples, in the place of x: train/NAME, NAME_train in .npz; of "
                  "events a group: train/NAME/offsets, NAME_offsets_train in .npz",
                  Need::required},
            Field{"encode", &InputSpec::encode, "", unlimited,
                  "how they become input; default: data.encode, whose duration holds for all"},
        };
    }
};

/// One of several output populations, and the array in the file that has its targets.
struct OutputSpec {
    static constexpr bool by_name = true;
    static constexpr const char* shorthand = "y";

    std::string name;  // of the population
    std::string y;
    std::vector<std::string> class_names;
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{"y", &OutputSpec::y, "", unlimited,
                  "array of its targets, in the place of y: train/NAME, NAME_train in .npz",
                  Need::required},
            Field{"class_names", &OutputSpec::class_names, "", unlimited,
                  "names of its classes; default: numbers"},
        };
    }
};

struct DataSpec {
    DataSet set = DataSet::mnist;
    std::string file, valid_file, test_file;  // relative to the model file
    EncodeSpec encode;
    std::int64_t train_samples = 0;  // 0: all
    std::int64_t test_samples = 0;
    double test_share = 0.0;
    std::string groups;
    std::vector<std::string> class_names;
    std::optional<AugmentSpec> augment;
    SeveralEvents events = SeveralEvents::clipped;
    TimeUnit time_unit = TimeUnit::stored;
    std::int64_t height = 0, width = 0;  // of a sensor; 0: as the file says
    Streaming stream = Streaming::automatic;
    Location at;                      // of `file`
    std::vector<InputSpec> inputs;    // by name; empty: the one input is shown x, ...
    std::vector<OutputSpec> outputs;  // ... and the one output is to give y
    // In place of the file, whose name is then only for messages:
    std::shared_ptr<const SampleArrays> arrays;

    static constexpr auto fields() {
        return Fields{
            Field{"set", &DataSpec::set, "", unlimited, "data set; file: samples of your own",
                  Need::required},
            Field{"file", &DataSpec::file, "", unlimited,
                  "of `set: file`: .h5 with train/x, train/y, test/x and test/y, or .npz with "
                  "x_train, y_train, x_test and y_test, or a folder of .npy files with those names "
                  "(write a / behind it), relative to the model file; also valid/x, valid/y. "
                  "Events instead of x: offsets, t, and unit or x, y, p; the layout of "
                  "SHD is read too"},
            Field{"valid_file", &DataSpec::valid_file, "", unlimited,
                  "the validation samples, where they are in a file of their own"},
            Field{"test_file", &DataSpec::test_file, "", unlimited,
                  "the test samples, where they are in a file of their own"},
            Field{"encode", &DataSpec::encode, "", unlimited, "how a sample becomes input",
                  Need::required},
            Field{"train_samples", &DataSpec::train_samples, "", non_negative,
                  "use the first so many training samples; 0: all"},
            Field{"test_samples", &DataSpec::test_samples, "", non_negative,
                  "use the first so many test samples; 0: all"},
            Field{
                "test_share", &DataSpec::test_share, "",
                Limits{.low = 0.0, .high = 1.0, .high_open = true},
                "of `set: file`: the share of the samples that is for testing, by the seed, where "
                "the file has one set only"},
            Field{"groups", &DataSpec::groups, "", unlimited,
                  "of `set: file`: data set with a whole number for each sample, such as its "
                  "speaker; test_share and train.validation then hold out whole groups"},
            Field{"class_names", &DataSpec::class_names, "", unlimited,
                  "of `set: file`: names of the classes; default: `classes` or extra/keys in the "
                  "file, else numbers"},
            Field{"augment", &DataSpec::augment, "", unlimited,
                  "changes of training samples, drawn anew in each epoch"},
            Field{"events", &DataSpec::events, "", unlimited,
                  "several events of one input in one step are one spike, or a value: their "
                  "number"},
            Field{"time_unit", &DataSpec::time_unit, "", unlimited,
                  "of the times of events; stored: the attribute `unit` of t, else s of real and "
                  "us of whole numbers"},
            Field{"height", &DataSpec::height, "", non_negative,
                  "of the sensor of events x, y, p; 0: the attribute `height` in the file"},
            Field{"width", &DataSpec::width, "", non_negative,
                  "of the sensor; 0: the attribute `width` in the file"},
            Field{"stream", &DataSpec::stream, "", unlimited,
                  "of `set: file`: whether samples are read while they are needed; auto: where the "
                  "file would take more than half of the free memory"},
            Field{"inputs", &DataSpec::inputs, "", unlimited,
                  "of `set: file`: mapping of input populations to arrays of the file, where there "
                  "are several: `{eye: image, ear: sound}`"},
            Field{"outputs", &DataSpec::outputs, "", unlimited,
                  "of `set: file`: mapping of output populations to arrays of the file, where "
                  "there are several: `{digit: digit, angle: angle}`"},
        };
    }
};

}  // namespace snnsim
