// A plan as the files of a model: YAML, and its arrays beside it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/nir/plan.hpp"

namespace snnsim::nir {

/// The attribute `format` of the file of parameters of cells.
inline constexpr const char* cells_format = "snnsim cells";

/// What the model shows.
struct ModelData {
    std::string file;  // as the model names it
    std::int64_t steps = 0;
    bool one_sample = false;
};

/// Files beside the model, as it names them.
struct ArrayFiles {
    std::string weights;  // .npz
    std::string cells;    // .h5: parameters that differ from cell to cell
};

std::string model_text(const Plan& plan, const std::string& name, double dt, const ModelData& data,
                       const ArrayFiles& arrays, const std::string& comment);
/// An array by which the archives of an import are known, so that no other is overwritten.
inline constexpr const char* archive_mark = "snnsim_import";
/// Throws UsageError where the file is there and is none, or where anything is without `force`.
void require_own_archive(const std::string& path, bool force);

/// Populations that no other leads to (`sources`), or that lead to no other.
std::vector<std::string> ends(const Plan& plan, bool sources);

bool has_weights(const Plan& plan);
void write_weights(const std::string& path, const Plan& plan);
bool has_cells(const Plan& plan);
void write_cells(const std::string& path, const Plan& plan);

}  // namespace snnsim::nir
