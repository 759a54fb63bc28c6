// How a model file names a file: the inverse of beside_model.
#pragma once

#include <string>

namespace snnsim {

/// The YAML scalar, in quotes, with which the file `model` names `file`: relative to its folder,
/// but an absolute path as it is.
std::string name_in_model(const std::string& model, const std::string& file);

}  // namespace snnsim
