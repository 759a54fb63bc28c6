#include "src/nir/import_nir.hpp"

#include "snnsim/error.hpp"

namespace snnsim::nir {

std::string import_nir(const ImportOptions& options) {
    throw FileError(options.file);
}

}  // namespace snnsim::nir
