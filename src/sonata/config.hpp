// The configuration of a network or a simulation of SONATA.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/sonata/json_file.hpp"

namespace snnsim::sonata {

/// Its sections, of which some may stand in other files: `network` and `simulation` name them.
struct Config {
    std::string file;
    std::vector<std::unique_ptr<Json>> texts;
    std::map<std::string, Item> sections;

    const Item* find(const std::string& section) const;
    /// Where a file of parameters lies: in a folder that `components` names.
    std::string component(const char* folder, const std::string& name) const;
};

/// Reads it and puts in what the manifest says. Throws FileError: variables that name each other,
/// files that do.
Config read_config(const std::string& file);

}  // namespace snnsim::sonata
