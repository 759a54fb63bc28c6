// What an evolution found, as a text to read, as comma-separated values, and as HDF5 for figures.
#pragma once

#include <string>

#include "src/evolve/evolve.hpp"

namespace snnsim {

std::string evolution_markdown(const EvolveResult& result);
/// A row for each generation.
std::string evolution_csv(const EvolveResult& result);
void write_evolution(const std::string& path, const EvolveResult& result);

}  // namespace snnsim
