// The fitnesses of an evolution's generations, kept from one call of the program to the next.
#pragma once

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/evolve_spec.hpp"

namespace snnsim {

/// What running the circuits of a generation has given: the rest follows from it.
struct GenerationEntry {
    std::vector<double> fitness;
    double score = 0.0, spikes = 0.0;  // of the fittest
};

/// A line of text for each generation, complete or not counted.
class GenerationJournal {
  public:
    /// Reads what is there of the same evolution; of another one only with `anew`, which begins a
    /// new list. Throws FileError, UsageError.
    GenerationJournal(const std::string& path, const EvolveFile& file, bool anew);

    const GenerationEntry* find(std::size_t generation) const;
    void add(const GenerationEntry& entry);

  private:
    std::string path_;
    std::vector<GenerationEntry> entries_;
    std::ofstream out_;
};

/// Of all that fitnesses depend on: not of how long it goes on.
std::string evolution_digest(const EvolveFile& file);

}  // namespace snnsim
