// Reads the files that the weights and biases of a training come from.
#pragma once

#include <string>
#include <vector>

#include "snnsim/model_spec.hpp"
#include "src/files/input_file.hpp"

namespace snnsim {

/// Fills in `loaded` of every weight and bias that names a file. Throws DataError with the place in
/// the model, for all of them at once: files and data sets that are missing, shapes that do not
/// fit, weights that are no numbers, or that are not 0 where `connect` makes no synapse.
void load_initial_weights(ModelSpec& spec);

/// "SHA-256  path" of each file, as the model names it.
std::vector<std::string> weight_files(const ModelSpec& spec);
/// By paths that can be opened.
std::vector<InputFile> weight_files_read_by(const ModelSpec& spec);

}  // namespace snnsim
