// Samples that lie in the memory of a program that calls this one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace snnsim {

class Rows;

/// Stands in the place of a data file: arrays by the names that they would have in a .npz file, but
/// that those of the training need no "_train": x, y, x_test, y_test, x_valid, t, offsets_test, ...
struct SampleArrays {
    std::map<std::string, std::shared_ptr<const Rows>> rows;
    std::vector<std::string> class_names;  // or none
};

}  // namespace snnsim
