// What the runs of a search have given, kept from one call of the program to the next.
#pragma once

#include <fstream>
#include <map>
#include <optional>
#include <string>

namespace snnsim {

struct JournalEntry {
    std::string failure;                   // of the network itself; empty: it finished
    std::map<std::string, double> values;  // measures by key
};

/// A line of text for each run, complete or not counted.
class RunJournal {
  public:
    /// Reads what is there. Throws FileError.
    explicit RunJournal(const std::string& path);

    /// By the name of the run file.
    const JournalEntry* find(const std::string& file) const;
    /// Throws FileError where it cannot be written down.
    void add(const std::string& file, const JournalEntry& entry);

  private:
    std::string path_;
    std::map<std::string, JournalEntry> entries_;
    std::ofstream out_;
};

}  // namespace snnsim
