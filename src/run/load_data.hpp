// The data set of a training, as its model asks for it.
#pragma once

#include <string>
#include <vector>

#include "snnsim/dataset.hpp"

namespace snnsim {

/// Loads the data set, cut to `train_samples` and `test_samples`. Throws DataError; where samples
/// of `set: file` do not fit the populations, with the place in the model. Its
/// warnings tell of more samples than there are.
Dataset load_data(const ModelSpec& spec, const std::string& data_dir = {});

/// "SHA-256  name" of the file that the model names; empty where it names none.
std::vector<std::string> input_files(const ModelSpec& spec, const Dataset& data);

/// Throws FileError where a run was begun with files of another content than they have now.
void require_same_inputs(const std::vector<std::string>& now, const std::vector<std::string>& then,
                         const std::string& run);

}  // namespace snnsim
