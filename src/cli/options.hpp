// Options that several commands have.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "snnsim/error.hpp"
#include "snnsim/run.hpp"

namespace snnsim {

/// An option whose values are the names of an enumeration.
template <class Enum>
void add_choice(CLI::App& app, const std::string& name, Enum& value, const std::string& help) {
    std::map<std::string, Enum> choices;
    std::string all;
    for (std::size_t k = 0; k < Names<Enum>::values.size(); ++k) {
        choices[Names<Enum>::values[k]] = static_cast<Enum>(k);
        all += (k ? "|" : "") + std::string(Names<Enum>::values[k]);
    }
    app.add_option_function<std::string>(
           name,
           [&value, choices, name, all](const std::string& text) {
               const auto found = choices.find(text);
               if (found == choices.end())
                   throw CLI::ValidationError(name, text + " is not one of " + all);
               value = found->second;
           },
           help)
        ->type_name(all);
}

/// --set, which may be given several times.
void add_overrides(CLI::App& app, std::vector<std::string>& overrides, const std::string& help);
/// What `run` and `compare` share.
void add_run_options(CLI::App& app, RunOptions& options);
void add_data_dir(CLI::App& app, std::string& folder);

/// Writes a file, and the folders it lies in. Throws FileError.
void save_text(const std::string& path, const std::string& text);

}  // namespace snnsim
