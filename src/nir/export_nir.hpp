// A trained network of ours becomes one of NIR.
#pragma once

#include <string>

#include "src/nir/dialect.hpp"

namespace snnsim::nir {

struct ExportOptions {
    std::string run;     // a finished run of a training or a test
    std::string output;  // .nir
    Library library = Library::definition;
    bool force = false;  // overwrite; and write what the format cannot say exactly, with a warning
};

/// Returns what is to be said of it, in lines for the user.
std::string export_nir(const ExportOptions& options);

/// Runs the input that a file carries and compares the spikes with those that it carries.
struct Verified {
    bool equal = false;
    std::string text;  // for the user
};
Verified verify_nir(const std::string& file);

}  // namespace snnsim::nir
