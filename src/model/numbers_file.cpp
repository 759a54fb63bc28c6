#include "src/model/numbers_file.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace snnsim {

std::vector<std::pair<const char*, std::string>> numbers_file_problems(const std::string& file,
                                                                       const std::string& dataset,
                                                                       const std::string& column) {
    std::vector<std::pair<const char*, std::string>> out;
    const std::string ending = std::filesystem::path(file).extension();
    const bool hdf5 = ending == ".h5" || ending == ".hdf5", csv = ending == ".csv";
    if (!hdf5 && !csv && ending != ".npy") {
        out.emplace_back("file", fmt::format("file must end in .npy, .csv, .h5 or .hdf5; found "
                                             "'{}'",
                                             file));
    } else if (hdf5 && dataset.empty()) {
        out.emplace_back("file", fmt::format("{} may hold many data sets: add the key 'dataset', "
                                             "for example 'dataset: x'",
                                             file));
    }
    if (!dataset.empty() && !hdf5) out.emplace_back("dataset", "dataset is for .h5 files");
    if (!column.empty() && !csv) out.emplace_back("column", "column is for .csv files");
    return out;
}

}  // namespace snnsim
