// A network of NIR becomes a model of ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernels/cells/trained.hpp"
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
    std::string data;  // samples for the model to show; empty: those in the file, or random spikes
    std::int64_t steps = 0;  // of a sample that is made; 0: 100
    bool force = false;
};

/// Writes the model and its arrays; returns what was assumed, in lines for the user.
std::string import_nir(const ImportOptions& options);

}  // namespace snnsim::nir
