// Files of numbers that a model names: .npy, .csv, .h5.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace snnsim {

/// What can be seen of the keys before the file is read: key and what is wrong with it.
std::vector<std::pair<const char*, std::string>> numbers_file_problems(const std::string& file,
                                                                       const std::string& dataset,
                                                                       const std::string& column);

}  // namespace snnsim
