// A list of synapses in a file, column by column: what trainings and simulations make of it they
// know themselves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/io/read_columns.hpp"

namespace snnsim {

class EdgeColumns {
  public:
    /// Throws DataError where a column is not one of `known`, or `source` or `target` is missing.
    /// `group`: of an HDF5 file, where they are not at the top.
    EdgeColumns(const std::string& path, const std::string& group,
                const std::vector<std::string>& known);

    /// `name`: source or target. Throws DataError where one is no cell of the population.
    std::vector<std::uint32_t> ids(const char* name, const std::string& population,
                                   std::int64_t size) const;
    /// Where the names of the columns stand.
    std::string top() const;

    const ColumnFile file;
};

}  // namespace snnsim
