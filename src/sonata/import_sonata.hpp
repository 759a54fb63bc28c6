// A network of SONATA becomes a model of ours.
#pragma once

#include <optional>
#include <string>

namespace snnsim::sonata {

struct ImportOptions {
    std::string file;                    // circuit or simulation configuration (.json)
    std::string output;                  // .yaml; synapses and spikes go beside it
    std::optional<double> dt, duration;  // ms; none: what the configuration says
    bool force = false;
};

/// Writes the model and its arrays; returns what was assumed, in lines for the user.
std::string import_sonata(const ImportOptions& options);

}  // namespace snnsim::sonata
