// Samples as the files of a user have them, found by the names of their arrays.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/model_spec.hpp"
#include "src/io/data_file.hpp"

namespace snnsim {

/// What one input is shown: numbers or events.
struct StoredInput {
    std::shared_ptr<const Rows> x;            // [sample][...], or
    std::shared_ptr<const EventRows> events;  // of a sensor, where it has a size, or of units
    Sensor sensor;

    std::uint64_t count() const { return x ? x->count() : events->samples(); }
    /// "lines.h5: train/x"
    std::string place() const { return x ? x->file + ": " + x->name : events->place(); }
};

/// One set: what each input is shown, and what is known of each sample. Its samples and targets are
/// as many.
struct StoredSet {
    std::string file;                            // as the model names it
    std::vector<StoredInput> inputs;             // as asked for
    std::vector<std::shared_ptr<const Rows>> y;  // of each output: [sample] or [sample][value]
    std::shared_ptr<const Rows> weight, groups;  // [sample], or null

    std::uint64_t count() const { return inputs[0].count(); }
    /// "lines.h5: train/x"
    std::string place() const { return inputs[0].place(); }
};

/// The names of arrays that stand in the places of x and y, where there are several.
struct ArrayNames {
    std::vector<std::string> inputs, targets;  // empty: x, or events beside it; y
};

struct StoredSamples {
    StoredSet train;
    std::optional<StoredSet> valid, test;
    std::vector<std::string> class_names;
    std::vector<std::string> unused = {};  // arrays of a set that nothing asked for, beside named
                                           // ones
};

/// Opens the files that `data` names, relative to `folder`. In a file with one set the arrays may
/// have no set in their names. Where nothing is trained (`needs_train`) those of the test may stand
/// for all. Throws DataError that names what is missing or does not fit.
StoredSamples open_samples(const DataSpec& data, const std::filesystem::path& folder,
                           const ArrayNames& names = {}, bool needs_train = true);

}  // namespace snnsim
