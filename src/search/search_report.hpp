// What a search found, as a table to read, as comma-separated values, and as HDF5 for figures.
#pragma once

#include <string>

#include "src/search/search.hpp"

namespace snnsim {

/// "tau_m = 12.3 ms, g = 5.1", with names as short as they may be.
std::string point_text(const SearchSpec& spec, const TriedPoint& point);

std::string search_markdown(const SearchResult& search);
/// A row for each point.
std::string search_csv(const SearchResult& search);
void write_search(const std::string& path, const SearchResult& search);

}  // namespace snnsim
