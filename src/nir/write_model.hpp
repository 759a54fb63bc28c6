// A plan as the files of a model: YAML, and its arrays in HDF5.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/nir/plan.hpp"

namespace snnsim::nir {

/// The attribute `format` of the file of arrays.
inline constexpr const char* arrays_format = "snnsim arrays";

/// What the model shows.
struct ModelData {
    std::string file;  // as the model names it
    std::int64_t steps = 0;
    bool one_sample = false;
};

/// The text of the model; `arrays` is how it names the file of its arrays.
std::string model_text(const Plan& plan, const std::string& name, double dt, const ModelData& data,
                       const std::string& arrays, const std::string& comment);
/// Whether any of it lies in that file.
bool has_arrays(const Plan& plan);
void write_arrays(const std::string& path, const Plan& plan);

}  // namespace snnsim::nir
