// How well each class is told from the others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "snnsim/trainer.hpp"

namespace snnsim {

/// Of more classes there is no table of all pairs.
constexpr int most_classes_of_confusion = 1024;

/// [label][prediction]
std::vector<std::uint64_t> confusion(const OutputResult& test, std::size_t classes);

/// Of each class the share of its samples that was found; NaN of one without samples.
std::vector<double> recall(const OutputResult& test, std::size_t classes);

/// "recall 91.2 % (class 8) to 98.9 % (class 1)"; empty of fewer than two classes.
std::string recall_text(const std::vector<double>& recall, const std::vector<std::string>& names);

}  // namespace snnsim
