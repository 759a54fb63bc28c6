// A network of NIR becomes a model of ours.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "src/nir/dialect.hpp"

namespace snnsim::nir {

struct ImportOptions {
    std::string file;    // .nir
    std::string output;  // .yaml; weights and samples go beside it
    std::optional<Library> from;
    std::optional<double> dt;  // ms; none: what the file's own metadata say
    std::optional<Reset> reset;
    std::optional<ResetAt> reset_at;
    std::optional<Integration> decay;
    std::optional<bool> scale_input;  // of a LIF of Sinabs: its norm_input
    std::string data;  // samples for the model to show; empty: those in the file, or random spikes
    std::int64_t steps = 0;  // of a sample; 0: 100, or as many as `data` tells
    bool force = false;
};

struct Imported {
    std::string text;                                // what was assumed, in lines for the user
    std::map<std::string, std::string> populations;  // by node
};

/// Writes the model and its arrays. Throws UsageError where something is to be said that the file
/// does not tell, FileError for what cannot be carried over.
Imported import_nir(const ImportOptions& options);

}  // namespace snnsim::nir
